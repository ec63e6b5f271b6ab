"""From the pieces of a document to a verdict on each: programs of a slide first, then what stands alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from .finding import Item, Piece, Reading, Verdict
from .programs import judge as judge_programs
from .python_code import OPAQUE
from .reading import read
from .statements import judge as judge_statements
from .tree import Call, Name, Number

NOTHING = "states nothing that a rule could be compared with"
MOST_EARLIER = 30  # readings of earlier slides that a later one may lean on


def judged(pieces: Sequence[Piece], advance: Callable[[], None]) -> list[Item]:
    """Return an item for every formula and update in `pieces`, in order; `advance` is called once for each piece."""
    items: list[Item] = []
    earlier: deque[Reading] = deque(maxlen=MOST_EARLIER)
    for slide in _slides(pieces):
        readings: list[Reading] = []
        for piece in slide:
            readings += read(piece)
            advance()
        items += _of_slide(readings, [one for one in earlier if one.piece.file == slide[0].file])
        earlier += readings
    return items


def _slides(pieces: Sequence[Piece]) -> list[list[Piece]]:
    slides: dict[int, list[Piece]] = {}
    for piece in pieces:
        slides.setdefault(piece.slide, []).append(piece)
    return list(slides.values())


def _of_slide(readings: list[Reading], earlier: Sequence[Reading]) -> list[Item]:
    verdicts: list[Verdict | None] = [
        Verdict(verdict="unreadable", message=one.trouble) if one.row is None else None for one in readings
    ]
    for judge in (judge_programs, partial(judge_statements, context=earlier)):
        places = [k for k, verdict in enumerate(verdicts) if verdict is None]
        for k, verdict in zip(places, judge([readings[k] for k in places]), strict=True):
            verdicts[k] = verdict
    return [
        Item(reading, verdict or Verdict(verdict="unknown", message=f"{_kind(reading)}{NOTHING}"))
        for reading, verdict in zip(readings, verdicts, strict=True)
        if verdict is not None or not _is_opaque(reading)
    ]


def _kind(reading: Reading) -> str:
    """What stands by itself: a label such as ∇ 1 that numbers a picture, a name, or an expression."""
    if reading.row is None or len(reading.row.sides) > 1:
        return ""
    (side,) = reading.row.sides
    if isinstance(side, Call) and side.head in ("grad", "partial") and isinstance(side.args[0], Number):
        return "a label: "
    return "a name by itself: " if isinstance(side, Name) else "an expression by itself: "


def _is_opaque(reading: Reading) -> bool:
    """Whether a statement gives a name a value that is no formula, as `model = Sequential()` or `epochs = 10`."""
    row = reading.row
    return (
        row is not None and reading.piece.kind == "code" and (OPAQUE in row.sides or isinstance(row.sides[-1], Number))
    )
