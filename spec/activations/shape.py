"""Statements on the shape of a curve of two straight branches: how it rises, how fast, and how it bends at 0."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Integer, S, Symbol, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import at_least, every
from ..rule import Dialect, Rule
from .scalar import d_x, upstream, x, y

size, step = symbols("size step", positive=True)
spare = Symbol("spare", nonnegative=True)
UP_TO_ONE = (S.Zero, 1 / (1 + spare))  # every number from 0 to 1
FROM_ONE_ON = 1 + spare
EVERY_TWO_INPUTS = "two inputs on one side of 0, at it, or on both sides"
Curve = Callable[[Expr], Expr]
# Every two inputs, lower and upper: on one side of 0, at it, or on both sides of it.
ORDERED = (
    (-size - step, -size),
    (-size, S.Zero),
    (-size, step),
    (S.Zero, size),
    (size, size + step),
)


def curve(rule: Rule, dialect: Dialect | None = None) -> Curve:
    """Return the rule's value as a function of the input."""
    written = rule.program(dialect).formula(y)
    return lambda at: written.xreplace({x: at})


def slope_of(rule: Rule, dialect: Dialect | None = None) -> Curve:
    """Return the slope that the rule hands back as a function of the input."""
    written = rule.program(dialect, ("derivative",)).formula(d_x).xreplace({upstream: S.One})
    return lambda at: written.xreplace({x: at})


def rises(value: Curve) -> Boolean:
    """Of two inputs the larger one never has the smaller value."""
    return every(*(at_least(value(upper) - value(lower), 0) for lower, upper in ORDERED))


def at_most_times(constant: Expr, value: Curve) -> Boolean:
    """Values are never further apart than `constant` times the inputs."""
    gaps = [(value(upper) - value(lower), constant * (upper - lower)) for lower, upper in ORDERED]
    return every(*(every(at_least(most - gap, 0), at_least(most + gap, 0)) for gap, most in gaps))


def zero_and_both_sides() -> tuple[Expr, ...]:
    """Inputs that stand for all: one for each sign."""
    return (size, Integer(0), -size)
