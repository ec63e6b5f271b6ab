"""Gradients in numbers and what clipping makes of them: [0.9, 100] → [0.9, 1]."""

from __future__ import annotations

import re
from fractions import Fraction

from gradspec.spec import rule as rule_called

from .arithmetic_of_formulas import DOUBLES
from .finding import Reading, Verdict
from .specified import Specified
from .tree import Call, Number, Row, Tree

SETTING = re.compile(r"(?:clip[ _-]?)?(value|norm)\w*\s*(?:=|:|of)?\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
RULES = {"value": "clip_by_value", "norm": "clip_by_norm"}
MOST = 16


def judge_example(reading: Reading, row: Row) -> Verdict | None:
    """Return the verdict on numbers before and after clipping, None where the row or its words say no such thing."""
    if len(row.sides) != 2 or row.relations[0] not in (":=", "=", "->", "maps"):
        return None
    before, after = map(_numbers, row.sides)
    said = SETTING.search(reading.piece.text) or SETTING.search(reading.piece.before)
    if before is None or after is None or said is None or len(before) != len(after) or "clip" not in _words(reading):
        return None
    name, bound = RULES[said[1].lower()], Fraction(said[2])
    expected = _clipped(name, [one.value for one in before], bound)
    shown = {"inputs": {"g": _shown(before), "c": str(bound)}, "printed": _shown(after)}
    title = rule_called(name).title
    if all(_rounds(one, value) for one, value in zip(after, expected, strict=True)):
        return Verdict(verdict="correct", rule=name, message=f"{title}: right to the digits that are printed")
    exact = ", ".join(f"{value:.10g}" for value in expected)
    return Verdict(
        verdict="wrong",
        rule=name,
        message=f"{title} gives other numbers",
        suggestion=f"[{exact}]",
        witness={**shown, "expected": f"({exact})"},
    )


def _words(reading: Reading) -> str:
    return f"{reading.piece.before} {reading.piece.text}".lower()


def _numbers(tree: Tree) -> list[Number] | None:
    if not isinstance(tree, Call) or tree.head not in ("vector", "interval") or not 1 < len(tree.args) <= MOST:
        return None
    found = [_signed(arg) for arg in tree.args]
    return [one for one in found if one is not None] if all(one is not None for one in found) else None


def _signed(tree: Tree) -> Number | None:
    if isinstance(tree, Call) and tree.head == "neg" and isinstance(tree.args[0], Number):
        return Number(-tree.args[0].value, tree.args[0].digits)
    return tree if isinstance(tree, Number) else None


def _clipped(name: str, numbers: list[Fraction], bound: Fraction) -> list[float]:
    program = rule_called(name).program()
    if name == "clip_by_value":
        return [Specified(program, {"g": float(x), "c": float(bound)}, DOUBLES).value("clipped") for x in numbers]
    given = {"g": tuple(map(float, numbers)), "c": float(bound), "n": len(numbers)}
    at = Specified(program, given, DOUBLES)
    return [at.value("clipped", k) for k in range(len(numbers))]


def _rounds(printed: Number, value: float) -> bool:
    """Whether a number is another one rounded, or cut, to the digits that are printed."""
    digits = printed.digits if printed.digits is not None else 0
    return abs(float(printed.value) - value) < 1.0000001 * 10.0**-digits


def _shown(numbers: list[Number]) -> str:
    return f"({', '.join(str(one.value) for one in numbers)})"
