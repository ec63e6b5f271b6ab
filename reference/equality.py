"""Decides whether two programs are the same function, by proof: equal from the initial state on, step after step."""

from __future__ import annotations

from functools import lru_cache

from sympy import Add, Eq, Expr, Mul, Piecewise, Pow, S, Symbol, simplify, sympify
from sympy.core.function import AppliedUndef
from sympy.core.relational import StrictGreaterThan

from gradspec.spec import Program
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
    mirrored = [s for s in sorted(shared, key=str) if one.state[s] == 0 and not s.is_nonnegative]
    return any(_step_by_step(one, other, shared, flip) for flip in ((), *((s,) for s in mirrored)))


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
    """Prove that an expression is zero wherever it is defined; `Piecewise` on `x > 0` and `t = n` is split into its cases."""
    expression = _decide_steps(expression)
    for piecewise in expression.atoms(Piecewise):
        (then, condition), (otherwise, _) = piecewise.args
        if isinstance(condition, StrictGreaterThan) and condition.rhs == 0:
            zero = zeros(condition.lhs)
            if zero is None:
                return False
            beyond = expression.xreplace({piecewise: otherwise}).xreplace(zero)
            return vanishes(expression.xreplace({piecewise: then})) and vanishes(beyond)
        return False
    # The gradient is any number; as a plain symbol it does not stand in the way of simplification.
    calls = {call: Symbol(f"g{k}", real=True) for k, call in enumerate(sorted(expression.atoms(AppliedUndef), key=str))}
    return bool(simplify(expression.xreplace(calls)) == 0)


def _decide_steps(expression: Expr) -> Expr:
    for piecewise in expression.atoms(Piecewise):
        (then, condition), (otherwise, _) = piecewise.args
        if condition in (S.true, S.false):
            return _decide_steps(expression.xreplace({piecewise: then if condition == S.true else otherwise}))
        if isinstance(condition, Eq):
            held = simplify(condition)
            if held in (S.true, S.false):
                return _decide_steps(expression.xreplace({piecewise: then if held == S.true else otherwise}))
    return expression


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
