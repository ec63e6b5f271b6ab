"""The gain of an activation f, 1/√(E f(Z)²) for Z standard normal: what keeps the second moment at 1, enclosed.

The integral goes on for ever; up to 12 on both sides it is enclosed, and what lies beyond is at most what the normal
law has there, 4 parts in 10 to the 33.
"""

from __future__ import annotations

from sympy import Expr, Integral, Rational, erfc, exp, oo, pi, sqrt

from ..derivation import Step, greater, less
from ..rule import Rule
from .scalar import x
from .shape import Curve, curve, size

END = 12
BEYOND = erfc(END / sqrt(2))  # the share of a standard normal law further than that from 0
PRINCIPLE = "a second moment of 1 is kept where the gain is 1/√(E f(Z)²), Z standard normal"


def bell(at: Expr) -> Expr:
    """The standard normal density."""
    return exp(-(at**2) / 2) / sqrt(2 * pi)


def halves(value: Curve) -> tuple[Integral, Integral]:
    """E f(Z)² as far as Z is above 0, and as far as it is below."""
    above, below = (Integral(value(at) ** 2 * bell(size), (size, 0, oo)) for at in (size, -size))
    return above, below


def mean_square(rule: Rule) -> Integral:
    """Return E f(Z)² as far as Z is between -12 and 12. Raises `ValueError` for values that may have a pole."""
    value = curve(rule)(x)
    if not value.is_finite:
        raise ValueError(f"{rule.name}: {value} must be finite everywhere to have a mean square; take another formula")
    return Integral(value**2 * bell(x), (x, -END, END))


def enclosed_gain(rule: Rule, published: Rational, least: str, most: str) -> tuple[Step, ...]:
    """Enclose the gain of a rule whose values lie between -1 and 1, as a claim of its own says, between two decimals.

    All steps compare numbers, so that no integral is enclosed more than once for each.
    """
    inside = mean_square(rule)
    aside = (
        greater(1 / published**2, inside + BEYOND) if published < Rational(least) else less(1 / published**2, inside)
    )
    return (
        Step(
            "a normal law has erfc(12/√2) of its mass beyond 12, where f² is at most 1", less(BEYOND, Rational("4e-33"))
        ),
        Step(f"with the gain {published} of PyTorch the second moment is not kept", aside),
        Step("the gain is less than", less(1 / sqrt(inside), Rational(most))),
        Step("and, with all that may lie beyond, more than", greater(1 / sqrt(inside + BEYOND), Rational(least))),
    )
