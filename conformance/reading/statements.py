"""Rows of a slide that are no update programs: functions, losses, penalties, variances, layers, chains, numbers."""

from __future__ import annotations

from collections.abc import Sequence

from .bounds import judge_bounds
from .clipped_examples import judge_example
from .derivative_chains import judge_chain, judge_factors
from .dropout_rows import INPUT, judge_mask
from .entries import bound_letters
from .evidence import Slide, slide_of
from .finding import Reading, Verdict
from .formulas import judge_formula, judge_side
from .laws_of_weights import judge_law
from .penalties_composed import PENALTIES, composed
from .subjects import Subject
from .tree import Call, Name, Row


def judge(rows: Sequence[Reading], context: Sequence[Reading] = ()) -> list[Verdict | None]:
    """Return a verdict for each row of one slide, None where it states nothing.

    `context` are the readings of earlier slides, as far as definitions on them matter here.
    """
    slide = slide_of(rows, context)
    found = judge_factors(rows)
    for k, one in enumerate(rows):
        if found[k] is None and one.row is not None:
            found[k] = _judged(k, one, one.row, slide)
    return found


def _judged(place: int, reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    if len(row.sides) < 2:
        return None
    if place in slide.masks:
        return _of_mask(place, reading, row, slide)
    known = judge_example(reading, row) or judge_bounds(reading, row, slide)
    if known is not None:
        return known
    chain = judge_chain(reading, row, [*slide.context, *slide.readings])
    if chain is not None:
        return chain
    found = judge_law(reading, row, slide) or judge_formula(reading, row, slide)
    if found is not None and found.rule in PENALTIES:
        return composed(found, reading, row, [*slide.context, *slide.readings])
    if found is not None and found.rule == "dropout" and found.dialect.get("scale_at") == "test":
        return _after_scaled_mask(found, slide)
    return found


def _of_mask(place: int, reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    one = slide.masks[place]
    if one.scaled is None:
        named = True
        return judge_mask(one, row, slide.rate_meaning, named, lambda changed: _written(changed, reading))
    whole = Row((row.sides[0], Call("*", (one.scaled, INPUT))), row.relations)
    return judge_side(reading, whole, 1, slide, Subject("name", "y", "y"))


def _after_scaled_mask(found: Verdict, slide: Slide) -> Verdict:
    """A product with a mask that is scaled already is scaled."""
    if all(one.scaled is None for one in slide.masks.values()):
        return found
    dialect = {**found.dialect, "scale_at": "train"}
    return Verdict(verdict="correct", rule="dropout", dialect=dialect, message="Dropout, with a mask that is scaled")


def _written(changed: Row, reading: Reading) -> str:
    from .notation import latex, python  # late: it is about writing

    return python(changed) if reading.piece.kind == "code" else latex(changed)


__all__ = ["Name", "bound_letters", "judge"]
