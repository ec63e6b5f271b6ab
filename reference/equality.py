"""Decides whether two programs are the same function, by proof: equal from the initial state on, step after step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sympy import (
    Abs,
    Add,
    Dummy,
    Eq,
    Expr,
    Function,
    Indexed,
    Integer,
    Mul,
    Piecewise,
    Pow,
    S,
    Sum,
    Symbol,
    cosh,
    diff,
    exp,
    expand,
    factor,
    simplify,
    symbols,
    sympify,
    tanh,
)
from sympy.codegen.cfunctions import expm1
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from gradspec.spec import Program
from gradspec.spec.derivative import straight_through
from gradspec.spec.nonfinite import UNLESS_FINITE
from gradspec.spec.symbols import t as STEP


@lru_cache(maxsize=8192)
def same_function(one: Program, other: Program) -> bool:
    """Prove that two programs give the same parameters on all inputs, or return False.

    By induction: from the initial state both give the same parameter and state at the first step; from equal states they
    do so at every later step. A state that only one of them has is left free throughout. A False is no refutation.
    """
    if one == other:
        return True
    shared = set(one.state) & set(other.state)
    if any(one.state[s] != other.state[s] for s in shared) or one.parameter != other.parameter:
        return False
    if one.arrays:
        return _functions(one, other)
    mirrored = [s for s in sorted(shared, key=str) if one.state[s] == 0 and not s.is_nonnegative]
    return any(_step_by_step(one, other, shared, flip) for flip in ((), *((s,) for s in mirrored)))


def _functions(one: Program, other: Program) -> bool:
    targets = list(one.update)
    if targets != list(other.update) or _beyond_the_reals(one) != _beyond_the_reals(other):
        return False
    return all(vanishes(one.formula(t) - other.formula(t)) for t in targets)


def _beyond_the_reals(program: Program) -> set[Expr]:
    """What the program does with infinities and NaN: equal numbers may be equal functions only if this is the same."""
    used = [*program.update.values(), *(program.let[target] for target in program.needed())]
    return {call for equation in used for call in equation.atoms(*UNLESS_FINITE)}


def _step_by_step(one: Program, other: Program, shared: set[Symbol], flip: tuple[Symbol, ...]) -> bool:
    """The induction, with the states in `flip` of opposite sign in the other program: a sign nobody can observe."""
    mirror = {s: -s for s in flip}
    later = Symbol("n", integer=True, positive=True) + 1
    for step, start in ((sympify(1), {**one.state, **other.state}), (later, {})):
        for target in (one.parameter, *shared):
            sign = -1 if target in mirror else 1
            difference = one.formula(target) - sign * other.formula(target).xreplace(mirror)
            if not vanishes(difference.xreplace({STEP: step}).xreplace(start)):
                return False
    return True


def vanishes(expression: Expr) -> bool:
    """Prove that an expression is zero wherever it is defined, whatever the sizes of its sums; a False is no refutation.

    Where pieces meet, every case is proved: a difference that decides is positive, zero or negative.
    """
    plain = _as_symbols(_decide_steps(expression))
    differences = {c.lhs - c.rhs for p in plain.atoms(Piecewise) for c in p.atoms(Relational)}
    if not differences:
        return bool(simplify(plain.rewrite((tanh, cosh, expm1), exp)) == 0)
    difference = min(differences, key=lambda d: (not d.is_Symbol, str(d)))  # a symbol's sign settles most others
    zeros_there = _zero_sets(difference)
    return zeros_there is not None and all(vanishes(case) for case in _cases(plain, difference, zeros_there))


def _cases(expression: Expr, difference: Expr, zeros_there: list[dict[Expr, Expr]]) -> Iterator[Expr]:
    """The expression where the difference is positive, where it is negative, and wherever it is zero."""
    if difference.is_Symbol and not difference.is_nonnegative:
        size = Dummy(f"{difference}_size", positive=True)
        yield from (expression.xreplace({difference: value}) for value in (size, S.Zero, -size))
        return
    factors = factor(difference)
    if not (difference.is_nonpositive or factors.is_nonpositive):
        yield _decided(expression, difference, 1)
    if not (difference.is_nonnegative or factors.is_nonnegative):
        yield _decided(expression, difference, -1)
    yield from (_decided(expression, difference, 0).xreplace(zero) for zero in zeros_there)


def _decided(expression: Expr, difference: Expr, sign: int) -> Expr:
    """The expression with all conditions on the difference, or on its opposite, settled by its sign."""
    truths = {}
    for condition in {c for p in expression.atoms(Piecewise) for c in p.atoms(Relational)}:
        own = condition.lhs - condition.rhs
        for side in (1, -1):
            if expand(own - side * difference) == 0:
                truths[condition] = condition.func(Integer(side * sign), 0)
    return expression.xreplace(truths)


def _zero_sets(difference: Expr) -> list[dict[Expr, Expr]] | None:
    """Substitutions that cover all zeros: the joint zero of non-negative terms, else the zeros of every factor."""
    if difference.is_Symbol:
        return [{difference: S.Zero}]
    joint = zeros(difference)
    if joint is not None:
        return [joint]
    found = []
    for part in Mul.make_args(factor(difference)):
        if part.is_nonzero:
            continue
        linear = [s for s in sorted(part.free_symbols, key=str) if diff(part, s, 2) == 0 and diff(part, s).is_nonzero]
        if not linear:
            return None
        found.append({linear[0]: linear[0] - part / diff(part, linear[0])})
    return found


def _as_symbols(expression: Expr) -> Expr:
    """The expression with a symbol for every gradient, sum and element of an array; sums with equal terms are one symbol.

    As plain symbols they do not stand in the way of simplification. An inner sum becomes a function of the positions of
    the sum around it.
    """
    expression = expression.replace(straight_through, lambda value, _: value)
    for identity in UNLESS_FINITE:
        expression = expression.replace(identity, lambda value: value)
    known: list[tuple[Expr, Expr]] = []
    while inner := sorted((s for s in expression.atoms(Sum) if not s.function.has(Sum)), key=str):
        names = {}
        for written in inner:
            coefficient, summand = written.function.as_independent(*written.variables, as_Add=False)
            total = Sum(summand, *written.limits)
            free = sorted((s for s in total.free_symbols if _is_position(s)), key=str)
            placed = total.xreplace(dict(zip(free, _PLACES, strict=False)))
            named = next((name for other, name in known if _equal_sums(other, placed)), None)
            if named is None:
                named = Function(f"sum_{len(known)}", real=True)
                known.append((placed, named))
            names[written] = coefficient * (named(*free) if free else named(S.Zero))
        expression = expression.xreplace(names)
    calls = sorted(expression.atoms(AppliedUndef), key=str)
    expression = expression.xreplace({call: Symbol(f"g{k}", real=True) for k, call in enumerate(calls)})
    expression = expression.replace(Abs, lambda x: Piecewise((x, x >= 0), (-x, True)))
    elements = sorted(expression.atoms(Indexed), key=str)
    return expression.xreplace({e: Dummy(str(e), **_known(e)) for e in elements})


_PLACES = symbols("place_0:6", integer=True, nonnegative=True)


def _is_position(symbol: Expr) -> bool:
    """Positions count from 0; sizes are positive."""
    return bool(isinstance(symbol, Symbol) and symbol.is_integer and symbol.is_nonnegative and not symbol.is_positive)


def _known(element: Indexed) -> dict[str, bool]:
    return {key: value for key, value in element.assumptions0.items() if key in ("real", "positive", "nonnegative")}


def _equal_sums(one: Expr, other: Expr) -> bool:
    ((position, *bounds),), ((other_position, *other_bounds),) = one.limits, other.limits
    moved = other.function.xreplace({other_position: position})
    return bounds == other_bounds and vanishes(one.function - moved)


def _decide_steps(expression: Expr) -> Expr:
    """The expression with conditions on the number of the step settled, as far as they can be."""
    conditions = {c for p in expression.atoms(Piecewise) for c in p.atoms(Eq)}
    settled = {c: simplify(c) for c in conditions if all(s.is_integer for s in c.free_symbols)}
    return expression.xreplace({c: value for c, value in settled.items() if value in (S.true, S.false)})


def zeros(expression: Expr) -> dict[Expr, Expr] | None:
    """Where a sum of non-negative terms is not positive every term is zero; return what that makes zero, or None."""
    found: dict[Expr, Expr] = {}
    for term in Add.make_args(expression):
        base = _vanishing_factor(term)
        if base is None:
            return None
        found[base] = S.Zero
    return found


def _vanishing_factor(term: Expr) -> Expr | None:
    candidates = [f for f in Mul.make_args(term) if not f.is_positive]
    if len(candidates) != 1:
        return None
    (factor,) = candidates
    if isinstance(factor, Pow) and factor.exp.is_even and factor.base.is_real:
        return factor.base
    return factor if factor.is_nonnegative and (factor.is_Symbol or isinstance(factor, AppliedUndef)) else None
