"""Rows of a slide that are no update programs: functions, losses, penalties, variances, layers, chains, numbers."""

from __future__ import annotations

from collections.abc import Sequence

from .finding import Reading, Verdict
from .formulas import Slide, judge_formula
from .tree import Row


def judge(rows: Sequence[Reading], context: Sequence[Reading] = ()) -> list[Verdict | None]:
    """Return a verdict for each row of one slide, None where it states nothing.

    `context` are the readings of earlier slides, as far as definitions on them matter here.
    """
    slide = Slide(rows, context)
    return [_judged(one, one.row, slide) if one.row is not None else None for one in rows]


def _judged(reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    if len(row.sides) < 2:
        return None
    return judge_formula(reading, row, slide)
