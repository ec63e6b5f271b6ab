"""Wrong rules made from right ones: one node of one formula changed. A judge that lets one pass is not testing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import (
    Add,
    Basic,
    Expr,
    Function,
    Indexed,
    IndexedBase,
    KroneckerDelta,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    false,
    nan,
    true,
    zoo,
)
from sympy.core.function import AppliedUndef

from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.equality import same_function
from gradspec.spec import Program, Rule
from gradspec.spec.symbols import POSITIONS
from gradspec.spec.symbols import t as STEP

from .case import AnyCase
from .cases import build_cases
from .scoring import score
from .simulation import simulate


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program that differs from a dialect by one change, and what was changed."""

    change: str
    program: Program


@dataclass(frozen=True, slots=True)
class Killing:
    """What became of a mutant: the case that kills it, or a proof that it is no mutant at all."""

    mutant: Mutant
    case: str | None
    equivalent: bool

    @property
    def settled(self) -> bool:
        return self.case is not None or self.equivalent


def mutants(program: Program) -> list[Mutant]:
    """Every program that differs from `program` in one node of one equation that it uses; no two of equal formula."""
    found: dict[object, Mutant] = {}
    program = replace(program, forms=())  # a form is right, whatever is changed beside it
    named = [target for target, value in program.update.items() if not isinstance(value, Symbol)]
    for target in (*program.needed(), *named):
        let, update = dict(program.let), dict(program.update)
        equations = let if target in let else update
        for what, expression in changes(equations[target], program):
            equations[target] = expression
            changed = replace(program, let=dict(let), update=dict(update))
            found.setdefault(changed.key, Mutant(f"{target}: {what}", changed))
    for target, changed in _state_changes(program):
        found.setdefault(changed.key, Mutant(target, changed))
    found.pop(program.key, None)
    return [m for m in found.values() if _sound(m.program)]


def _sound(program: Program) -> bool:
    try:
        program.needed()
    except ValueError:  # a swap has made an equation refer to itself
        return False
    return True


def changes(expression: Expr, program: Program) -> Iterator[tuple[str, Expr]]:
    """The expression with one of its nodes changed, with a word for the change."""
    seen = set()
    for node in _nodes(expression):
        if node in seen or not isinstance(node, Expr):
            continue
        seen.add(node)
        for what, other in _node_changes(node, program):
            changed = expression.xreplace({node: other})
            if not isinstance(node, Sum) and _limits(changed) - _limits(expression):
                continue  # a number that also stands in the limit of a sum: beyond the array there is nothing to be read
            if changed != expression and not changed.is_Boolean and not changed.has(nan, zoo):
                yield f"{node} -> {other} ({what})", changed


def _limits(expression: Expr) -> set[tuple[Basic, ...]]:
    return {limit for total in expression.atoms(Sum) for limit in total.limits}


def _nodes(expression: Basic) -> Iterator[Basic]:
    """Every node that a formula shows: an element of an array is one, and of a sum only what is summed is looked into."""
    yield expression
    if isinstance(expression, Sum):
        yield from _nodes(expression.function)
    elif _picks(expression):
        for piece, _ in expression.args:
            yield from _nodes(piece)
    elif not isinstance(expression, (Indexed, KroneckerDelta)):
        for part in expression.args:
            yield from _nodes(part)


def _picks(expression: Basic) -> bool:
    """Whether its pieces are chosen by positions alone; beyond the array, where another one may lead, nothing is read."""
    return isinstance(expression, Piecewise) and all(
        condition in (true, false) or (condition.has(*POSITIONS) and all(s.is_integer for s in condition.free_symbols))
        for _, condition in expression.args
    )


def _node_changes(node: Expr, program: Program) -> Iterator[tuple[str, Expr]]:
    if isinstance(node, Add):
        for i, term in enumerate(node.args):
            rest = node.args[:i] + node.args[i + 1 :]
            yield "sign", Add(*rest, -term)
            yield "dropped term", Add(*rest)
            yield "duplicated term", Add(*node.args, term)
    elif isinstance(node, Mul):
        for i, factor in enumerate(node.args):
            rest = node.args[:i] + node.args[i + 1 :]
            if not factor.is_Number:
                yield "dropped factor", Mul(*rest)
                yield "duplicated factor", Mul(*rest, factor**2)
                if factor.has(Indexed) or not factor.has(
                    *POSITIONS
                ):  # a position may be 0, or its distance from another
                    yield "operator", Mul(*rest, 1 / factor)
    elif isinstance(node, Pow):
        if node.exp == Rational(1, 2):
            yield "operator", node.base
        elif node.exp.is_Number:
            yield "exponent", node.base ** (node.exp + 1) if node.exp > 0 else node.base ** (node.exp - 1)
            yield "exponent", node.base
        else:
            yield "off-by-one step", node.base ** (node.exp + 1)
            yield "exponent", node.base
    elif isinstance(node, Max):
        yield "operator", _minimum(node)
        for argument in node.args:
            yield "operand", argument
    elif isinstance(node, Piecewise) and not _picks(node):
        for piece, _ in node.args:
            yield "branch", piece
        for k, ((piece, condition), (other, following)) in enumerate(pairwise(node.args)):
            exchanged = (*node.args[:k], (other, condition), (piece, following), *node.args[k + 2 :])
            yield "branches exchanged", Piecewise(*exchanged)
    elif isinstance(node, Sum):
        ((position, start, end),) = node.limits
        yield "first term left out", Sum(node.function, (position, start + 1, end))
        yield "last term left out", Sum(node.function, (position, start, end - 1))
    elif isinstance(node, Function) and not isinstance(node, AppliedUndef) and len(node.args) == 1:
        yield "operator", node.args[0]
    elif isinstance(node, Rational) and node != 0:
        yield "constant", node + 1
    elif isinstance(node, Indexed):
        yield "constant", 2 * node
        for other in _alike(node, program):
            yield "operand", other
    elif isinstance(node, Symbol) and node != STEP:
        yield "constant", 2 * node
        for other in _comparable(node, program):
            yield "operand", other


def _minimum(node: Max) -> Expr:
    """min(a, b) = a + b − max(a, b); the tree has no minimum of its own."""
    return Add(*node.args, -node) if len(node.args) == 2 else Min(*node.args)


def _comparable(symbol: Symbol, program: Program) -> list[Symbol]:
    """Other symbols that a slip of the pen could put here: of the same kind, state or hyperparameter."""
    scalars = {a.symbol for a in program.arrays if isinstance(a.symbol, Symbol)}
    for family in (set(program.state), set(program.symbols.values()), scalars):
        if symbol in family:
            return sorted(family - {symbol}, key=str)
    return []


def _alike(element: Indexed, program: Program) -> list[Indexed]:
    """The same element of other arrays that were handed over, as far as they have it."""
    bases = [a.symbol for a in program.arrays if isinstance(a.symbol, IndexedBase) and a.labels is None]
    others = [b for b in bases if b.shape == element.base.shape and b.label != element.base.label]
    return [b[element.indices] for b in others] if any(b.label == element.base.label for b in bases) else []


def _state_changes(program: Program) -> Iterator[tuple[str, Program]]:
    states = sorted(program.state, key=str)
    for i, one in enumerate(states):
        yield f"{one} is never updated", replace(program, update={**program.update, one: one})
        for other in states[i + 1 :]:
            swapped = {**program.update, one: program.update[other], other: program.update[one]}
            yield f"swapped state {one}, {other}", replace(program, update=swapped)


def kill(
    rule: Rule, program: Program, on: tuple[str, ...], dtype: str, *, level: int = 2, seed: int = 0
) -> list[Killing]:
    """Judge every mutant of `program` as an implementation that claims to be `program`, on the cases up to `level`."""
    cases = sorted(build_cases(rule, dtype, on, level=level, seed=seed), key=lambda case: case.size)
    return [_kill(program, mutant, cases) for mutant in mutants(program)]


def _kill(program: Program, mutant: Mutant, cases: list[AnyCase]) -> Killing:
    for case in cases:
        if not survives(program, mutant.program, case):
            return Killing(mutant, case.name, equivalent=False)
    return Killing(mutant, None, equivalent=same_function(program, mutant.program))


def survives(program: Program, other: Program, case: AnyCase) -> bool:
    """Whether an ideal implementation of `other` would pass for `program` on `case`."""
    return score(program, case, simulate(other, case), arithmetic(case.dtype)).accepted
