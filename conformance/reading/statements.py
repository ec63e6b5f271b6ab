"""Rows of a slide that are no update programs: functions, losses, penalties, variances, layers, chains, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .bounds import judge_bounds
from .clipped_examples import judge_example
from .derivative_chains import judge_chain, judge_factors
from .dropout_rows import INPUT, judge_mask
from .evidence import Slide, slide_of
from .finding import Reading, Verdict
from .formulas import judge_formula, judge_side
from .laws_of_weights import judge_law
from .members import with_numbers
from .penalties_composed import PENALTIES, composed
from .subjects import Subject
from .suggestions import written
from .tree import Call, Row, walk

MOST_PARTS = 300  # of a row: no rule that is known has a tenth of them
SHORTENING = frozenset({"max_norm", "clip_by_norm", "clip_by_global_norm"})
FAILURES = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)


def judge(rows: Sequence[Reading], context: Sequence[Reading] = ()) -> list[Verdict | None]:
    """Return a verdict for each row of one slide, None where it states nothing. Never raises.

    `context` are the readings of earlier slides, as far as definitions on them matter here.
    """
    rows, context = list(map(_with_numbers, rows)), list(map(_with_numbers, context))
    short = [one for one in rows if _is_short(one)]
    verdicts = dict(zip(map(id, short), _judged(short, context), strict=True))
    return [verdicts.get(id(one)) for one in rows]


def _with_numbers(one: Reading) -> Reading:
    return one if one.row is None else replace(one, row=with_numbers(one.row))


def _is_short(one: Reading) -> bool:
    return one.row is not None and sum(len(walk(side)) for side in one.row.sides) <= MOST_PARTS


def _judged(rows: Sequence[Reading], context: Sequence[Reading]) -> list[Verdict | None]:
    try:
        slide, found = slide_of(rows, context), judge_factors(rows)
    except FAILURES:
        return [None] * len(rows)
    for place, one in enumerate(rows):
        if found[place] is None and one.row is not None and len(one.row.sides) > 1:
            try:
                found[place] = _of_row(place, one, one.row, slide)
            except FAILURES as trouble:
                found[place] = Verdict(verdict="unknown", message=f"could not be worked out: {type(trouble).__name__}")
    return [verdict or _of_condition(one, found) for one, verdict in zip(rows, found, strict=True)]


def _of_condition(reading: Reading, found: Sequence[Verdict | None]) -> Verdict | None:
    """A comparison of a norm says when the constraint on the same slide acts."""
    row = reading.row
    if row is None or row.relations not in ((">",), ("<",), (">=",), ("<=",)):
        return None
    if not any(isinstance(one, Call) and one.head == "norm" for side in row.sides for one in walk(side)):
        return None
    right = (one for one in found if one and one.rule in SHORTENING and one.verdict in ("correct", "convention"))
    constraint = next((one for one in right if "size" not in one.message), None)
    return constraint and replace(constraint, message=f"the condition of: {constraint.message}")


def _of_row(place: int, reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    if place in slide.masks:
        return _of_mask(place, reading, row, slide)
    everything = [*slide.context, *slide.readings]
    known = judge_example(reading, row) or judge_bounds(reading, row, slide) or judge_chain(reading, row, everything)
    found = known or judge_law(reading, row, slide) or judge_formula(reading, row, slide)
    if found is not None and found.rule in PENALTIES:
        return composed(found, reading, row, everything)
    if found is not None and found.rule == "dropout" and found.dialect.get("scale_at") == "test":
        return _after_scaled_mask(found, slide)
    return found


def _of_mask(place: int, reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    one = slide.masks[place]
    if one.scaled is None:
        return judge_mask(one, row, slide.rate_meaning, lambda changed: written(changed, reading))
    whole = Row((row.sides[0], Call("*", (one.scaled, INPUT))), row.relations)
    return judge_side(reading, whole, 1, slide, Subject("name", "y", "y"))


def _after_scaled_mask(found: Verdict, slide: Slide) -> Verdict:
    """A product with a mask that is scaled already is scaled."""
    if all(one.scaled is None for one in slide.masks.values()):
        return found
    dialect = {**found.dialect, "scale_at": "train"}
    return Verdict(verdict="correct", rule="dropout", dialect=dialect, message="Dropout, with a mask that is scaled")
