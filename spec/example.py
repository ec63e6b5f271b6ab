"""Puts numbers or symbols for arrays into an equation, so that a claim can speak of an example of stated size."""

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Indexed, Integer, Symbol, sympify


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


def _element(values: Any, indices: Sequence[Integer]) -> Expr:
    for position in indices:
        values = values[int(position)]
    return sympify(values)
