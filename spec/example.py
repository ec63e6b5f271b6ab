"""Puts numbers or symbols for arrays into an equation, so that a claim can speak of an example of stated size."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from sympy import Add, Expr, Indexed, Integer, Sum, Symbol, sympify

from .program import Program, at


def example(
    equation: Expr, sizes: Mapping[Symbol, int], positions: Mapping[Symbol, int], **arrays: Sequence[Any]
) -> Expr:
    """Return `equation` at `positions` with sums written out for `sizes` and every array's elements in their places.

    Arrays are known by name; one of two dimensions is a sequence of rows.
    """
    numbers = {symbol: Integer(number) for symbol, number in {**sizes, **positions}.items()}
    written = equation.xreplace(numbers).doit()
    while elements := [e for e in written.atoms(Indexed) if all(p.is_Integer for p in e.indices)]:
        written = written.xreplace({e: _element(arrays[str(e.base.label)], e.indices) for e in elements}).doit()
    return written


def worked_example(
    program: Program, target: Expr, sizes: Mapping[Symbol, int], place: Sequence[int] = (), **arrays: Any
) -> Expr:
    """Return the element of `target` at `place` for an example of stated size, every intermediate worked out by itself.

    Unlike `example` it follows recurrences, and branches within sums, whose conditions SymPy would take out of the sum.
    Arrays are known by name; one of two dimensions is a sequence of rows, one of none is a number.
    """
    numbers = {symbol: Integer(number) for symbol, number in sizes.items()}
    equations = {**program.let, **program.update}
    defined = {_name(symbol): symbol for symbol in equations}
    known: dict[tuple[str, tuple[Expr, ...]], Expr] = {}

    def value(name: str, positions: tuple[Expr, ...]) -> Expr:
        if name in arrays:
            return _element(arrays[name], positions)
        if (name, positions) not in known:
            symbol = defined[name]
            equation = equations[symbol]
            if isinstance(symbol, Indexed):
                equation = at(equation, symbol.indices, positions)
            known[name, positions] = resolved(equation)
        return known[name, positions]

    def resolved(expression: Expr) -> Expr:
        expression = _written_out(expression.xreplace(numbers))
        while parts := _named(expression, {*arrays, *defined}):
            first = [e for e in parts if _name(e) in arrays] or parts
            expression = expression.xreplace({e: value(_name(e), getattr(e, "indices", ())) for e in first})
        return expression

    return value(_name(target), tuple(map(Integer, place)))


def _name(symbol: Expr) -> str:
    return str(symbol.base.label if isinstance(symbol, Indexed) else symbol)


def _named(expression: Expr, names: Set[str]) -> list[Expr]:
    """Elements at positions that are numbers; once there are none, what has no positions."""
    elements = [e for e in expression.atoms(Indexed) if all(p.is_Integer for p in e.indices)]
    return elements or [s for s in expression.atoms(Symbol) if str(s) in names]


def _written_out(expression: Expr) -> Expr:
    """The expression with the terms of every sum."""
    while totals := [s for s in expression.atoms(Sum) if not s.function.has(Sum)]:
        expression = expression.xreplace({total: Add(*_terms(total)) for total in totals})
    return expression


def _terms(total: Sum) -> Iterator[Expr]:
    ((position, start, end),) = total.limits
    yield from (total.function.xreplace({position: Integer(p)}) for p in range(int(start), int(end) + 1))


def _element(values: Any, indices: Sequence[Integer]) -> Expr:
    for position in indices:
        values = values[int(position)]
    return sympify(values)
