"""Exact numbers at which a row and the rule that it is meant to be part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr, I, nan, oo, simplify, zoo

from .comparing import FAILURES, Binding, Match, Prepared, bindings, situation, value_at

NO_NUMBERS = (I, nan, oo, -oo, zoo)
EXACTLY = 2


def witness(one: Prepared, meant: Match, argument: str | None) -> Mapping[str, Any] | None:
    """Return the inputs, what is printed and what a rule says; rational numbers where there are some, None if none differ.

    `meant` says which name plays which role, as far as the printed row has the same names.
    """
    binding = _binding(one, meant, argument)
    if binding is None:
        return None
    best: Mapping[str, Any] | None = None
    for k in range(len(meant.variation.frame.nice)):
        shown = _at(k, one, binding, meant)
        if shown is None:
            continue
        if shown[1]:
            return shown[0]
        best = best or shown[0]
    return best


def _binding(one: Prepared, meant: Match, argument: str | None) -> Binding | None:
    needed = {key for key in one.names if key not in one.sizes and not key.endswith("()")}
    if needed <= set(meant.binding):
        return meant.binding
    return next(bindings(one, meant.variation.frame, meant.target, argument), None)


def _at(k: int, one: Prepared, binding: Binding, meant: Match) -> tuple[Mapping[str, Any], bool] | None:
    at = situation(meant.variation, k, True, EXACTLY)
    try:
        expected = simplify(at.quantity(meant.target))
        roles = {
            key: at.role(part.role) for key, part in binding.items() if part.role != "@length" and key in one.names
        }
    except FAILURES:
        return None
    found = _printed(one, binding, at)
    if found is not None and found - expected == 0:
        return None
    inputs = {key.replace("#", "number "): _shown(value) for key, value in roles.items()}
    printed = "no number" if found is None else str(found)
    exact = found is not None and bool(found.is_Rational and expected.is_Rational)
    return {"inputs": inputs, "printed": printed, "expected": str(expected)}, exact


def _printed(one: Prepared, binding: Binding, at: Any) -> Expr | None:
    try:
        found = simplify(value_at(one, binding, at))
    except FAILURES:
        return None
    return None if found.has(*NO_NUMBERS) else found


def _shown(value: Any) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)
