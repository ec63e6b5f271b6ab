"""Which rules a row may be about: what its left side names, and what the words around it speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from gradspec.spec import rule as rule_called

from .dropout_rows import Mask, masks, multiplies
from .entries import prepared
from .finding import Reading
from .frame import Frame
from .frames_of_layers import DROPOUT_ROLES
from .subjects import Subject, quantities
from .tree import Call, Name, Tree, walk
from .worlds import Variation, variations

MASKS = DROPOUT_ROLES["mask"].usual
LEFT, NEAR, FAR, NONE = range(
    4
)  # how a candidate is known: by the left side, the words just before, those of the slide
EXPLICIT = re.compile(r"fan|avg|average|n_?in\b|n_?out\b|in_|out_|_in|_out|inputs|outputs", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quantity that a row may be about, and how that is known."""

    frame: Frame
    target: str
    evidence: int


@dataclass(frozen=True, slots=True)
class Slide:
    """What surrounds a row: all rows with the prose before them, and what stood on earlier slides."""

    readings: Sequence[Reading]
    context: Sequence[Reading] = ()
    masks: Mapping[int, Mask] = field(default_factory=dict)
    text: str = ""
    normalises: bool = False
    moments: bool = False  # whether a mean and a variance about it stand below one another

    @property
    def rate_meaning(self) -> str | None:
        """What the rate of dropout means, if a mask tells."""
        return next((one.meaning for one in self.masks.values() if one.meaning is not None), None)


def slide_of(readings: Sequence[Reading], context: Sequence[Reading]) -> Slide:
    """Return what is known about a slide as a whole."""
    found = {k: one for k, one in enumerate(masks(readings)) if one is not None}
    sides = [[prepared(side) for side in one.row.sides] if one.row is not None else [] for one in readings]
    used = {
        place: one
        for place, one in found.items()
        if any(multiplies(side, one.name) for k, row in enumerate(sides) if k != place for side in row[1:])
    }
    text = "\n".join(one.piece.before for one in readings)
    scaled = {place: one for place, one in found.items() if one.scaled is not None and one.name in MASKS}
    used = {**scaled, **used}
    if not used and re.search(r"drop-?out", text, re.IGNORECASE):
        used = found
    return Slide(
        readings, context, used, text, any(_normalises(row[-1]) for row in sides if len(row) > 1), _moments(sides)
    )


def _moments(sides: Sequence[Sequence[Tree]]) -> bool:
    """Whether one row is a mean, and another one a mean of squares of what differs from it."""
    means = {row[0] for row in sides if len(row) == 2 and isinstance(row[0], Name) and _averages(row[1])}
    for row in sides:
        squares = [one for side in row[1:] for one in walk(side) if isinstance(one, Call) and one.head == "^"]
        if any(name in walk(one.args[0]) for one in squares for name in means):
            return True
    return False


def _averages(side: Tree) -> bool:
    return any(isinstance(one, Call) and one.head in ("sum", "mean") for one in walk(side))


def _normalises(one: Tree) -> bool:
    """Whether a side is a difference over the root of a sum, which hardly anything but a normalisation is."""
    if not (isinstance(one, Call) and one.head == "/"):
        return False
    above, below = one.args
    if not (isinstance(above, Call) and above.head == "+" and len(above.args) == 2):
        return False
    inner = below.args[0] if isinstance(below, Call) and below.head == "sqrt" else None
    return isinstance(inner, Call) and inner.head == "+" and len(walk(inner)) < 8


def candidates(what: Subject, reading: Reading, slide: Slide) -> list[Candidate]:
    """Return the quantities that a row may be about, those that are best known first."""
    found = []
    for frame, target, clear in quantities(what):
        if clear:
            evidence = LEFT
        elif speaks_of(frame, reading.piece.before):
            evidence = NEAR
        elif speaks_of(frame, slide.text) or _is_evident(frame, slide):
            evidence = FAR
        else:
            evidence = NONE
        if evidence < NONE or frame.anonymous or (frame.rule == "batch_normalization" and slide.moments):
            found.append(Candidate(frame, target, evidence))
    return sorted(
        found, key=lambda one: (one.evidence, not speaks_of(one.frame, slide.text), one.frame.condition != "")
    )


def speaks_of(frame: Frame, text: str) -> bool:
    """Whether words name the rule of a frame."""
    return bool(text) and bool(_words(frame.rule, frame.words).search(text))


@lru_cache(maxsize=256)
def _words(rule: str, words: str) -> re.Pattern[str]:
    title = re.escape(rule_called(rule).title)
    return re.compile(rf"{words}|{title}|{rule.replace('_', '[ _-]')}(?![a-z])", re.IGNORECASE)


def _is_evident(frame: Frame, slide: Slide) -> bool:
    """Whether other rows of the slide can only be about a rule."""
    if frame.rule == "dropout":
        return bool(slide.masks)
    return frame.rule == "batch_normalization" and slide.normalises


def certain(found: Sequence[Candidate]) -> list[Candidate]:
    """Return the quantities that a row is surely meant to say: those its left side names, else those the words name."""
    for evidence in (LEFT, NEAR, FAR):
        known = [one for one in found if one.evidence == evidence]
        rules = {_family(one.frame) for one in known} - {"dense"}
        if evidence == FAR and len(rules) > 1:
            return []
        if known:
            return known
    return []


def _family(frame: Frame) -> str:
    return frame.rule.rsplit("_", 1)[0] if is_law(frame) else frame.rule


def is_law(frame: Frame) -> bool:
    """Whether a frame is about the law of initial weights."""
    return "receptive_field" in frame.inputs[0]


def of_slide(slide: Slide) -> Callable[[Frame, str], Sequence[Variation]]:
    """Return what gives the variations of a quantity on this slide: dropout with the meaning that its rate has here."""

    def chosen(frame: Frame, target: str) -> Sequence[Variation]:
        meaning = slide.rate_meaning if frame.rule == "dropout" else None
        return variations(frame, target, *([("rate_meaning", meaning)] if meaning is not None else []))

    return chosen
