"""Exact numbers that show where a program and the rule that it is meant to be part."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flint import arb, ctx

from .machine import Gradient, Machine, Value, run
from .matching import BITS, Abstract, Match, same, slope

STEPS = 3
DIGITS = 12
SHARES = (Fraction(1, 2), Fraction(1, 4), Fraction(3, 4), Fraction(1, 8), Fraction(1, 3), Fraction(2, 3))
CURVES: tuple[tuple[str, Gradient], ...] = (("w", lambda x: x), ("(2w + 1)/(1 + w²)", slope))


def witness(abstract: Abstract, right: Match) -> Mapping[str, Any] | None:
    """Return a start, hyperparameters and a gradient for which the program as printed and the rule go different ways.

    `step` is the first step after which they differ; numbers are exact, or rounded where they end in an ellipsis.
    None if they agree at all points that are tried.
    """
    for constant in (True, False):
        for formula, gradient in CURVES:
            for start in (Fraction(1), Fraction(2)):
                for turn in range(3):
                    values = _values(abstract, turn)
                    paths = _paths(abstract.machine, right, values, gradient, start, constant)
                    if paths is None:
                        continue
                    for step, (mine, rules) in enumerate(zip(*paths, strict=True), start=1):
                        if not same(mine, rules):
                            return {
                                "gradient": formula,
                                "start": _shown(start),
                                "hyperparameters": {_plain(n, abstract): _shown(v) for n, v in values.items()},
                                "learning_rate": "constant" if constant else "times 1, 3/4, 5/4",
                                "step": step,
                                "printed": _shown(mine),
                                "expected": _shown(rules),
                            }
    return None


def _values(abstract: Abstract, turn: int) -> dict[str, Fraction]:
    turned = (*SHARES[turn:], *SHARES[:turn])
    chosen = dict(zip(abstract.names, turned, strict=False))
    return chosen | {name: number for name, number in abstract.literals.items() if name in chosen}


def _plain(name: str, abstract: Abstract) -> str:
    return str(abstract.literals[name]) if name in abstract.literals else name.split("@")[0]


def _paths(
    machine: Machine, right: Match, values: Mapping[str, Fraction], gradient: Gradient, start: Fraction, constant: bool
) -> tuple[list[Value], list[Value]] | None:
    candidate = right.candidate
    rate = right.roles.get(candidate.rate)
    theirs = dict.fromkeys(candidate.hyperparameters, Fraction(0))
    theirs |= {role: values[name] for role, name in right.roles.items() if name in values}
    try:
        with ctx.workprec(BITS):
            return (
                run(machine, start, values, gradient, STEPS, rate if rate in values else None, constant),
                run(candidate.machine, start, theirs, gradient, STEPS, candidate.rate, constant),
            )
    except (ArithmeticError, ValueError):
        return None


def _shown(value: Value) -> str:
    if isinstance(value, arb):
        return f"{value.str(DIGITS, radius=False)}…"
    return str(value) if value.denominator < 10**DIGITS else f"{float(value):.{DIGITS}g}…"
