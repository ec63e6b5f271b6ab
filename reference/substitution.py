"""What SymPy makes of an equation at a position or for a size, asked for again and again and made once.

The programs of a rule have most of their equations in common, and are built for the same few sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import Any

from sympy import Basic, Expr, Indexed, Integer, Sum, Symbol

from gradspec.spec.program import at


@lru_cache(maxsize=65536)
def rebuilt(function: Any, *arguments: Basic) -> Basic:
    """Return `function(*arguments)`; equal ones are one object, which knows what it was asked about itself before."""
    return function(*arguments)


def replaced(expression: Expr, by: Mapping[Basic, Basic]) -> Expr:
    """Return `expression.xreplace(by)`."""
    done: dict[Basic, Basic] = dict(by)

    def visit(e: Basic) -> Basic:
        if e in done:
            return done[e]
        if not e.args:
            return e
        arguments = [visit(argument) for argument in e.args]
        changed = any(new is not old for new, old in zip(arguments, e.args, strict=True))
        done[e] = rebuilt(e.func, *arguments) if changed else e
        return done[e]

    return visit(expression)


@lru_cache(maxsize=16384)
def with_sizes(equation: Expr, sizes: tuple[tuple[Symbol, int], ...]) -> Expr:
    """Return `equation` with numbers for sizes."""
    return replaced(equation, {size: Integer(number) for size, number in sizes})


@lru_cache(maxsize=16384)
def placed(equation: Expr, indices: tuple[Expr, ...], positions: tuple[Integer, ...]) -> Expr:
    """Return `equation`, which is written at `indices`, at `positions`, which are numbers."""
    if not _bound(equation).isdisjoint(indices):
        return at(equation, indices, positions)
    return replaced(equation, dict(zip(indices, positions, strict=True)))


@lru_cache(maxsize=16384)
def _bound(equation: Expr) -> frozenset[Basic]:
    return frozenset(limit[0] for total in equation.atoms(Sum) for limit in total.limits)


@lru_cache(maxsize=16384)
def terms_of(total: Sum) -> tuple[Expr, ...]:
    """Return what a sum with numbers for limits adds up."""
    positions = [limit[0] for limit in total.limits]  # SymPy merges a sum of sums into one
    ranges = (range(int(start), int(end) + 1) for _, start, end in total.limits)
    places = (dict(zip(positions, map(Integer, place), strict=True)) for place in product(*ranges))
    return tuple(replaced(total.function, place) for place in places)


@lru_cache(maxsize=16384)
def elements_of(expression: Expr) -> tuple[Indexed, ...]:
    """Return the elements of arrays that stand in `expression` and whose positions are numbers."""
    return tuple(e for e in expression.atoms(Indexed) if all(position.is_Integer for position in e.indices))
