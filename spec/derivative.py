"""Gradients of programs, derived equation by equation with SymPy's `diff`: the chain rule read backwards.

Every intermediate `L` gets one of its own, `d_L`, the gradient of the cost with respect to it: the sum over all equations
in which `L` stands of their own gradient times the partial derivative. Nothing here is typed by hand, so a change of a
formula changes its gradient. Where a branch meets another the derivative is that of the branch which claims the tie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from sympy import Add, And, Dummy, Expr, Indexed, IndexedBase, KroneckerDelta, Piecewise, S, Sum, Symbol, diff
from sympy.core.function import Function
from sympy.logic.boolalg import Boolean

from .program import Program, at, primed
from .rule import Array
from .symbols import POSITIONS

Target: TypeAlias = Expr  # a symbol, or an element of an array


class straight_through(Function):  # type: ignore[misc]  # lower case, as SymPy writes functions
    """The value of the first argument with the derivative of the second: a gradient that ignores what was done to a value."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return S.One if argindex == 2 else S.Zero


def differentiated(program: Program, arrays: Sequence[Symbol | IndexedBase]) -> Program:
    """Return the program that computes the gradients of `arrays` from those of the outputs, which it takes as `upstream`.

    What a rule keeps for its next call is no output: nothing is differentiated through it.
    """
    outputs = {target: value for target, value in program.update.items() if target not in program.state}
    program = replace(program, update=outputs, state={})
    sizes = {base: tuple(base.shape) for base in _bases(program)}
    equations = {**program.let, **program.update}
    order = [*program.needed(), *program.update]
    upstream = tuple(_upstream(target, len(program.update)) for target in program.update)
    gradients: dict[Target, Expr] = {_gradient(t): u for t, u in zip(program.update, upstream, strict=True)}
    wanted: list[Target] = [a[_positions(a)] if isinstance(a, IndexedBase) else a for a in arrays]
    for target in [*reversed(program.needed()), *wanted]:
        parts = [
            part
            for user in order
            if gradients.get(_gradient(user)) != 0
            for part in _parts(target, user, equations[user], sizes)
        ]
        gradients[_gradient(target)] = Add(*parts)
    given = tuple(
        Array(u.base if isinstance(u, Indexed) else u, f"gradient with respect to {t}")
        for t, u in zip(program.update, upstream, strict=True)
    )
    update = {_gradient(target): gradients.pop(_gradient(target)) for target in wanted}
    let = {**program.let, **program.update, **gradients}
    return replace(program, parameter=next(iter(update)), let=let, update=update, arrays=program.arrays + given)


def _bases(program: Program) -> set[IndexedBase]:
    indexed = {e for e in (*program.let, *program.update) if isinstance(e, Indexed)}
    return {e.base for e in indexed} | {a.symbol for a in program.arrays if isinstance(a.symbol, IndexedBase)}


def _positions(base: IndexedBase) -> tuple[Symbol, ...]:
    return tuple(POSITIONS[: len(base.shape)])


def _gradient(target: Target) -> Target:
    """`d_L` for L, with L's shape and positions."""
    if isinstance(target, Indexed):
        return IndexedBase(f"d_{target.base.label}", shape=target.base.shape, real=True)[target.indices]
    return Symbol(f"d_{target}", real=True)


def _upstream(output: Target, outputs: int) -> Target:
    name = "upstream" if outputs == 1 else f"upstream_{output.base.label if isinstance(output, Indexed) else output}"
    if isinstance(output, Indexed):
        return IndexedBase(name, shape=output.base.shape, real=True)[output.indices]
    return Symbol(name, real=True)


def _parts(target: Target, user: Target, equation: Expr, sizes: dict[IndexedBase, tuple[Expr, ...]]) -> Iterator[Expr]:
    """What the equation of `user` adds to the gradient of `target`, one term for every way in which it stands there."""
    outer = user.indices if isinstance(user, Indexed) else ()
    ranges = dict(zip(outer, sizes[user.base], strict=True)) if isinstance(user, Indexed) else {}
    here = target.indices if isinstance(target, Indexed) else ()
    for element, partial, running, size in _partials(target, equation):
        fixed: dict[Symbol, Expr] = {}
        chosen: list[tuple[Expr, Expr]] = []  # other positions pick one element out of the target
        there: list[Boolean] = []  # whether the user has an element at that distance
        sides = target.base.shape if isinstance(target, Indexed) else ()
        for position, wanted, side in zip(element.indices if here else (), here, sides, strict=True):
            if side == 1:
                continue  # there is nothing to pick from
            outer_position, distance = _moved_by(position, ranges)
            if position not in fixed and (position in ranges or position == running):
                fixed[position] = wanted
            elif outer_position is not None and outer_position not in fixed:
                fixed[outer_position] = wanted - distance
                there.append(_inside(wanted - distance, ranges[outer_position]))
            else:
                chosen.append((wanted, position))
        whole = _gradient(user) * partial
        fresh = {p: primed(p, whole, *here, *fixed) for p in outer if p not in fixed}
        moved = {**fixed, **fresh}
        whole = at(whole, tuple(moved), tuple(moved.values()))
        for wanted, position in chosen:
            whole *= KroneckerDelta(wanted, at(position, tuple(moved), tuple(moved.values())))
        if running is not None and running not in fixed:  # it picks elements in another way than being their position
            whole = _total(whole, running, size)
        for p, position in fresh.items():
            whole = _total(whole, position, ranges[p])
        yield Piecewise((whole, And(*there)), (S.Zero, True)) if there else whole


def _moved_by(position: Expr, ranges: dict[Symbol, Expr]) -> tuple[Symbol | None, Expr]:
    """The position of the user that `position` lies at a fixed distance from, and the distance."""
    return next(((p, position - p) for p in ranges if (position - p).is_Integer and position != p), (None, S.Zero))


def _inside(position: Expr, size: Expr) -> Boolean:
    return And(position >= 0, position < size)


def _total(summand: Expr, position: Symbol, size: Expr) -> Expr:
    """The sum over all positions; a Kronecker delta picks its one term where it is a plain factor."""
    for delta in sorted(summand.atoms(KroneckerDelta), key=str):
        other = next((a for a in delta.args if a != position), None)
        if position in delta.args and other is not None and not other.has(position) and not other.has(Indexed):
            rest = (summand / delta).xreplace({position: other})
            if not rest.has(KroneckerDelta):
                return rest
    return Sum(summand, (position, 0, size - 1))


def _partials(target: Target, equation: Expr) -> Iterator[tuple[Target, Expr, Symbol | None, Expr]]:
    """(element of the target, partial derivative by it, the position of a sum if it chooses the element, its size)."""
    inner = {s for total in equation.atoms(Sum) for s in total.function.atoms(Sum)}
    totals = {total: Dummy(real=True) for total in sorted(equation.atoms(Sum) - inner, key=str)}
    plain = equation.xreplace(totals)
    back = {dummy: total for total, dummy in totals.items()}
    for element in _elements(target, plain):
        yield element, _by(plain, element).xreplace(back), None, S.Zero
    for total, dummy in totals.items():
        weight = diff(plain, dummy).xreplace(back)
        ((position, start, end),) = total.limits
        running = primed(position, equation)
        summand = total.function.xreplace({position: running})
        if summand.has(Sum):
            raise NotImplementedError(f"{equation}: a sum within a sum; name the inner one")
        for element in _elements(target, summand):
            partial = _by(summand, element)
            if isinstance(element, Indexed) and any(p.has(running) for p in element.indices):
                yield element, weight * partial, running, end + 1
            else:
                yield element, weight * Sum(partial, (running, start, end)), None, S.Zero


def _elements(target: Target, expression: Expr) -> list[Target]:
    if not isinstance(target, Indexed):
        return [target] if expression.has(target) else []
    return sorted((e for e in expression.atoms(Indexed) if e.base == target.base), key=str)


def _by(expression: Expr, element: Target) -> Expr:
    stand_in = Dummy(**element.assumptions0)
    return diff(expression.xreplace({element: stand_in}), stand_in).xreplace({stand_in: element})
