"""Proves that a row and a rule are one function, where they agree at all points that were tried."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import Expr, Piecewise, Symbol

from gradspec.reference.equality import vanishes

from .arithmetic_of_formulas import EXACT
from .comparing import FAILURES, Match, Prepared, value_at
from .tree import walk
from .worlds import Situation

MOST_PARTS, MOST_OPERATIONS, MOST_BRANCHES = 60, 160, 12
POSITIVE = frozenset({"lambda", "c", "r", "epsilon", "inputs", "outputs", "batch", "alpha"})
COUNTED = frozenset({"mask", "label", "targets"})  # what has few values, of which each is proved


def is_proved(one: Prepared, match: Match) -> bool:
    """Whether the row equals the rule for all numbers; lists are those of as many entries as the points have.

    A False says nothing: the proof is not tried for long formulas.
    """
    if len(walk(one.tree)) > MOST_PARTS:
        return False
    points = match.variation.frame.inputs
    counted = {
        tuple((name, str(point[name])) for name in sorted(COUNTED & point.keys())): k for k, point in enumerate(points)
    }
    return all(_is_proved_at(one, match, k) for k in counted.values())


def _is_proved_at(one: Prepared, match: Match, point: int) -> bool:
    at = Situation(match.variation, point, False, EXACT)
    symbols = {
        name: _symbols(name, value)
        for name, value in at.point.items()
        if name in match.variation.frame.roles and name not in COUNTED
    }
    at.given |= symbols
    at.specified.inputs = {**at.specified.inputs, **symbols}
    try:
        difference = value_at(one, match.binding, at) - at.quantity(match.target)
        return difference == 0 or (_is_short(difference) and _vanishes(difference))
    except (*FAILURES, AttributeError):
        return False


def _symbols(name: str, value: object) -> Any:
    if isinstance(value, tuple):
        return tuple(_symbols(f"{name}_{k}", part) for k, part in enumerate(value))
    return Symbol(name, positive=True) if name.split("_")[0] in POSITIVE else Symbol(name, real=True)


def _is_short(difference: Expr) -> bool:
    branches = sum(len(one.args) for one in difference.atoms(Piecewise))
    return bool(difference.count_ops() <= MOST_OPERATIONS) and branches <= MOST_BRANCHES


@lru_cache(maxsize=1024)
def _vanishes(difference: Expr) -> bool:
    return vanishes(difference)
