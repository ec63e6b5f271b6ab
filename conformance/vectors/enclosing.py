"""Which numbers a program allows, as intervals that can be written down before anything is run.

The judge anchors every step at the parameter that was observed. A file cannot know it, so each step starts here from *all*
parameters that the steps before it allow: the interval takes the place of the number, in the same tree and in the same
bound. What the judge accepts step by step lies inside, whatever the roundings were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from flint import arb, ctx

from gradspec.reference.arithmetic import Arithmetic, Format
from gradspec.reference.evaluate import PRECISION, Field, Gradient, Prediction, Run
from gradspec.reference.generate import ball
from gradspec.reference.special import NUMBER, REFUSED, Kind, kinds
from gradspec.reference.tree import FIELD, GIVEN
from gradspec.spec import Program

from ..case import Case, FunctionCase, Outcome, Slopes
from ..scoring import K, is_special, numbers, predict
from .rounding import above, below

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The numbers of the format that are right for one element: closed intervals in order, and perhaps NaN."""

    intervals: tuple[Interval, ...]
    nan: bool = False

    @property
    def informative(self) -> bool:
        return self != ANYTHING

    def holds(self, value: float) -> bool:
        """Whether `value` is right."""
        return self.nan if value != value else any(low <= value <= high for low, high in self.intervals)

    def meets(self, other: Allowed) -> bool:
        """Whether some value is right for both."""
        pairs = ((one, two) for one in self.intervals for two in other.intervals)
        return (self.nan and other.nan) or any(max(a, c) <= min(b, d) for (a, b), (c, d) in pairs)


ANYTHING = Allowed(((-inf, inf),), nan=True)
Row = tuple[Allowed, ...]


class Refused(Exception):
    """The rule refuses the arguments: there is no output at all."""


def allowed(program: Program, case: Case | FunctionCase, how: Arithmetic) -> tuple[Row, ...]:
    """Return what the program allows for every element: a row for each step, or for each output of a function.

    Raises `Refused` where the program refuses the arguments.
    """
    if is_special(case):
        return _of_kinds(kinds(program, case.arrays, numbers(case)), how.storage)
    if isinstance(case, FunctionCase):
        rows = predict(program, case, Outcome((), None), how)
        with ctx.workprec(PRECISION):
            return tuple(tuple(_allowed(p, how.storage) for p in row) for row in rows)
    with ctx.workprec(PRECISION):
        return tuple(_steps(program, case, how))


def _steps(program: Program, case: Case, how: Arithmetic) -> list[Row]:
    field = any(isinstance(step, Slopes) for step in case.steps)
    run = Run(program, numbers(case), len(case.w), gradient=FIELD if field else GIVEN, how=how)
    start: Sequence[arb] = [arb(x) for x in case.w]
    rows = []
    for given, rate in zip(case.steps, case.learning_rates, strict=True):
        gradient: Gradient = Field(given.slope, given.offset) if isinstance(given, Slopes) else given
        # Balls are taken where numbers are: every operation encloses what it does to all that they hold.
        row = tuple(_allowed(p, how.storage) for p in run.step(start, gradient, rate))  # type: ignore[arg-type]
        rows.append(row)
        start = [_hull(one) for one in row]
    return rows


def _hull(one: Allowed) -> arb:
    if not one.informative:
        return arb.nan()
    return arb(one.intervals[0][0]).union(arb(one.intervals[-1][1]))


def _allowed(prediction: Prediction, format: Format) -> Allowed:
    """The accepted set, rounded outward; anything at all where it is unbounded or leaves the format."""
    largest = ball(format.largest)
    found, nan = [], False
    if not prediction.informative:
        return ANYTHING
    for value, bound, maybe_nan in prediction.worlds:
        reach = value + arb(0, (K * bound).abs_upper())
        if not abs(reach).upper() <= largest:
            return ANYTHING
        found.append((below(reach.lower(), format), above(reach.upper(), format)))
        nan = nan or maybe_nan
    return Allowed(_merged(found), nan)


def _merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    """The same set as intervals that do not touch, in order."""
    merged: list[Interval] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _of_kinds(rows: list[list[Kind]], format: Format) -> tuple[Row, ...]:
    if any(kind.name == REFUSED for row in rows for kind in row):
        raise Refused
    return tuple(tuple(_of_kind(kind, format) for kind in row) for row in rows)


def _of_kind(kind: Kind, format: Format) -> Allowed:
    if kind.name == NUMBER:
        small, large = float(format.smallest_subnormal), float(format.largest)
        return Allowed(((-large, -small), (small, large)))
    value = float(kind.name)
    return Allowed((), nan=True) if value != value else Allowed(((value, value),))
