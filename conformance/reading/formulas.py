"""The verdict on a row that gives a quantity a value: which rule says the same, or which slip keeps it from doing so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sympy import Expr, simplify

from gradspec.spec import rule as rule_called

from .comparing import (
    FAILURES,
    Match,
    Prepared,
    agrees,
    bindings,
    certainly_agrees,
    matches,
    prepare,
    situation,
    value_at,
)
from .entries import bound_letters, prepared
from .finding import Reading, Verdict
from .frames import FRAMES, Frame
from .slips import slips
from .subjects import Subject, quantities, subject
from .tree import Call, Name, Row, Tree, walk
from .worlds import variations

MOST_TRIES = 4000
CONDITIONS = {
    ("leaky_relu", "branches", "maximum"): "the slope is at most 1",
}
# Named errors that are no mistakes where a slide does not claim more than they are.
HARMLESS = {
    "sum_for_mean": "added up, not averaged",
    "mean_for_sum": "averaged, not added up",
    "swapped_fans": "keeps the variance of gradients on their way back, where the usual form keeps that of activations",
    "bias_missing": "without a bias",
    "one_pass_variance": "the mean square less the squared mean",
}
CONDITIONAL = re.compile(
    r"\b(if|when|whenever|exceeds?|larger than|greater than|longer than|above|in case)\b|>", re.IGNORECASE
)
EXPLICIT = re.compile(r"fan|n_?in\b|n_?out\b|in_|out_|_in|_out|inputs|outputs", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Slide:
    """What surrounds a row: the prose, all rows, and what stood on earlier slides."""

    readings: Sequence[Reading]
    context: Sequence[Reading] = ()

    @property
    def text(self) -> str:
        return "\n".join(one.piece.before for one in self.readings)


def judge_formula(reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    """Return the verdict on a row `left = right`, None if it names nothing that rules give a value for."""
    row = prepared_row_of(row, reading, slide)
    if len(row.sides) < 2:
        return None
    verdicts = [
        _of_pair(reading, row, k, slide) for k in range(1, len(row.sides)) if row.relations[k - 1] in ("=", ":=")
    ]
    known = [one for one in verdicts if one is not None]
    if not known:
        return None
    order = ("wrong", "unknown", "assumption", "convention", "correct")
    recognised = [one for one in known if one.verdict != "unknown"] or known
    return min(recognised, key=lambda one: order.index(one.verdict) if one.verdict in order else 9)


def prepared_row_of(row: Row, reading: Reading, slide: Slide) -> Row:
    """Return the row ready to be compared, with the condition under which code does it."""
    row = Row(tuple(map(prepared, row.sides)), row.relations, row.condition and prepared(row.condition))
    if row.condition is not None and len(row.sides) == 2:
        whole = Call("cases", (row.sides[1], row.condition, row.sides[0], Call("otherwise", ())))
        return Row((row.sides[0], whole), row.relations)
    del reading, slide
    return row


def _of_pair(reading: Reading, row: Row, place: int, slide: Slide) -> Verdict | None:
    left, right = row.sides[0], row.sides[place]
    letters = bound_letters(row.sides)
    what = subject(left, letters)
    if what is None or isinstance(right, Name):
        return None
    return _judged(reading, row, place, what, right, slide, letters)


@dataclass(frozen=True, slots=True)
class _Candidate:
    frame: Frame
    target: str
    evidence: int  # 0: the left side says so; 1: the words just before; 2: those of the slide; 3: nothing does


def _candidates(what: Subject, reading: Reading, slide: Slide) -> list[_Candidate]:
    found = []
    near, far = reading.piece.before, slide.text
    for frame, target, clear in quantities(what):
        if clear:
            evidence = 0
        elif _speaks_of(frame, near):
            evidence = 1
        elif _speaks_of(frame, far) or _is_evident(frame, slide):
            evidence = 2
        else:
            evidence = 3
        if evidence < 3 or frame.anonymous:
            found.append(_Candidate(frame, target, evidence))
    return sorted(found, key=lambda one: one.evidence)


def _speaks_of(frame: Frame, text: str) -> bool:
    return bool(text) and bool(_words(frame.rule, frame.words).search(text))


@lru_cache(maxsize=256)
def _words(rule: str, words: str) -> re.Pattern[str]:
    title = re.escape(rule_called(rule).title)
    return re.compile(rf"{words}|{title}|{rule.replace('_', '[ _-]')}(?![a-z])", re.IGNORECASE)


def _is_evident(frame: Frame, slide: Slide) -> bool:
    """Whether other rows of the slide can only be about a rule."""
    if frame.rule != "batch_normalization":
        return False
    return any(_normalises(one) for one in slide.readings if one.row is not None)


def _normalises(reading: Reading) -> bool:
    """Whether a row divides by a root of something plus a small number, and something else multiplies what comes out."""
    row = reading.row
    if row is None or len(row.sides) != 2:
        return False
    one = prepared(row.sides[1])
    if not (isinstance(one, Call) and one.head == "/" and isinstance(one.args[1], Call) and one.args[1].head == "sqrt"):
        return False
    above = one.args[0]
    return isinstance(above, Call) and above.head == "+" and len(above.args) == 2


def _judged(
    reading: Reading, row: Row, place: int, what: Subject, right: Tree, slide: Slide, letters: frozenset[str]
) -> Verdict | None:
    candidates = _candidates(what, reading, slide)
    if not candidates:
        return None
    own = frozenset({f"{what.name}()"}) if what.kind == "derivative" else frozenset()
    one = replace_own(prepare(right, letters, own), what)
    found = _first(one, candidates, what)
    conditional = _conditional(reading, row, slide)
    if found is None or found.variation.error is not None:
        wrapped = _with_condition(row, place, slide)
        if wrapped is not None:
            other = _first(prepare(wrapped, letters, own), candidates, what)
            if other is not None and other.variation.error is None:
                found = other
    if found is not None and found.variation.error is None:
        return right_verdict(found, reading)
    certain = _certain(candidates, slide)
    if found is not None and found.variation.error == "always_scaled" and conditional:
        return _assumed(found, "the norm exceeds the bound, as the text says")
    if found is not None and found.variation.error in HARMLESS and not _claims(what, candidates):
        error = HARMLESS[found.variation.error or ""]
        return Verdict(verdict="convention", rule=found.variation.rule, dialect=dict(found.variation.dialect), message=f"{_title(found)}, {error}")  # fmt: skip
    if not certain or conditional:
        if any(one.evidence < 3 for one in candidates):
            names = sorted({rule_called(one.frame.rule).title for one in candidates if one.evidence < 3})
            return Verdict(verdict="unknown", message=f"near the words {', '.join(names)}, but not what these rules say, nor surely meant to be")  # fmt: skip
        return None
    return _wrong(one, right, certain, what, row, place, reading, slide, found, letters, own)


def replace_own(one: Prepared, what: Subject) -> Prepared:
    """Return the prepared side knowing that σ' = σ(1 − σ) speaks of σ as a value."""
    if what.kind != "derivative" or what.name not in one.names:
        return one
    return one


def _claims(what: Subject, candidates: Sequence[_Candidate]) -> bool:
    return candidates[0].evidence == 0 or what.name in ("MSE", "mse")


def _first(one: Prepared, candidates: Sequence[_Candidate], what: Subject) -> Match | None:
    """The likeliest rule that says the same; one with a named error only if no rule without one does."""
    wrong: Match | None = None
    for candidate in candidates:
        if candidate.evidence == 3 and not _all_usual(one, candidate):
            continue
        frames = [(candidate.frame, candidate.target)]
        for match in matches(one, frames, what.argument, variations):
            if match.variation.error is None:
                return match
            if candidate.evidence < 3:
                wrong = wrong or match
            break
    return wrong


def _all_usual(one: Prepared, candidate: _Candidate) -> bool:
    frame = candidate.frame
    usual = set().union(*(role.usual for role in frame.roles.values())) | frame.length_names
    for key, known in one.names.items():
        if key in one.sizes or key.startswith("#") or key.endswith("()"):
            continue
        if not ({key, known.key, f"{known.key}^2", key.split("_")[0]} & usual or key.split("[")[0] in usual):
            return False
    if "receptive_field" in candidate.frame.inputs[0]:
        return all(len(key) > 1 and EXPLICIT.search(key) for key in one.names)
    return True


def _certain(candidates: Sequence[_Candidate], slide: Slide) -> list[_Candidate]:
    """The quantities that a row is surely meant to say: those its left side names, else those the words name."""
    for evidence in (0, 1, 2):
        found = [one for one in candidates if one.evidence == evidence]
        rules = {
            one.frame.rule.rsplit("_", 1)[0] if "receptive_field" in one.frame.inputs[0] else one.frame.rule
            for one in found
        }
        if evidence == 2 and len(rules - {"dense"}) > 1:
            return []
        if found:
            return found
    del slide
    return []


def _conditional(reading: Reading, row: Row, slide: Slide) -> bool:
    """Whether the text around says that the row is done only under a condition that it does not show."""
    if any(isinstance(one, Call) and one.head in ("cases", "max", "min") for side in row.sides for one in walk(side)):
        return False
    shown = any(isinstance(one, Call) and one.head == "norm" for side in row.sides for one in walk(side))
    return shown and bool(CONDITIONAL.search(f"{reading.piece.before} {reading.piece.text}"))


def _with_condition(row: Row, place: int, slide: Slide) -> Tree | None:
    """The right side done where a comparison on the slide holds, else left as it was."""
    for one in slide.readings:
        other = one.row
        if other is not None and len(other.sides) == 2 and other.relations[0] in ("<", ">", "<=", ">="):
            sides = tuple(map(prepared, other.sides))
            if any(isinstance(part, Call) and part.head == "norm" for side in sides for part in walk(side)):
                condition = Call(other.relations[0], sides)
                return Call("cases", (row.sides[place], condition, row.sides[0], Call("otherwise", ())))
    return None


# -- verdicts ------------------------------------------------------------------------------------------------


def _title(match: Match) -> str:
    title = rule_called(match.variation.rule).title
    shown = {"d_x": "its derivative", "fan": "the average of the fans"}.get(
        match.target, match.target.replace("_", " ")
    )
    plain = ("y", "loss", "penalty", "clipped", "bounded")
    return title if match.target in plain else f"{title}: {shown}"


def right_verdict(match: Match, reading: Reading) -> Verdict:
    """Return the verdict on a row that a rule without an error says too."""
    one = match.variation
    rule = rule_called(one.rule)
    dialect = dict(one.dialect)
    if reading.repairs:
        return Verdict(verdict="slip", rule=one.rule, dialect=dialect, message=f"{_title(match)}, once the damage is repaired: {reading.repairs[0]}", suspect="extraction")  # fmt: skip
    if one.frame.condition:
        return _assumed(match, one.frame.condition)
    for (name, axis, value), condition in CONDITIONS.items():
        if one.rule == name and dialect.get(axis) == value:
            if all(number <= 1 for number in match.literals.values()) and match.literals:
                break
            return _assumed(match, condition)
    if one.canonical:
        return Verdict(verdict="correct", rule=one.rule, dialect=dialect, message=_title(match))
    told = [f"{axis}={value} as {rule.axis(axis).value(value).source}" for axis, value in dialect.items() if value != rule.axis(axis).names[0]]  # fmt: skip
    return Verdict(verdict="convention", rule=one.rule, dialect=dialect, message=f"{_title(match)}, {'; '.join(told)}")


def _assumed(match: Match, condition: str) -> Verdict:
    one = match.variation
    return Verdict(verdict="assumption", rule=one.rule, dialect=dict(one.dialect), message=f"{_title(match)}, if {condition}")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Repair:
    tree: Tree
    words: str
    match: Match


def _wrong(
    one: Prepared,
    right: Tree,
    certain: Sequence[_Candidate],
    what: Subject,
    row: Row,
    place: int,
    reading: Reading,
    slide: Slide,
    found: Match | None,
    letters: frozenset[str],
    own: frozenset[str],
) -> Verdict | None:
    repair = _repaired(right, certain, what, slide, letters, own)
    named = found.variation.error if found is not None else None
    if repair is None and named is None:
        title = rule_called(certain[0].frame.rule).title
        return Verdict(verdict="unknown", rule=certain[0].frame.rule, message=f"said to be {title}, but no dialect of it, nor one slip away from one")  # fmt: skip
    if repair is not None:
        meant, binding_of = repair.match, repair.match
    else:
        assert found is not None
        plain = [v for v in variations(found.variation.frame, found.target) if v.error is None]
        same = next((v for v in plain if v.dialect == found.variation.dialect), plain[0])
        meant = binding_of = replace(found, variation=same)
    shown = witness(one, binding_of, meant, what)
    if shown is None and repair is not None and found is not None:
        shown = witness(one, found, meant, what)
    if shown is None:
        return Verdict(verdict="unknown", rule=meant.variation.rule, message="near a rule, but no numbers were found that tell them apart")  # fmt: skip
    rule = rule_called(meant.variation.rule)
    why = (
        f"{_title(meant)}, but {rule.error(named).doc} ({named})" if named else f"one change away from {_title(meant)}"
    )
    if repair is not None:
        why += f": it would be right with {repair.words}"
    return Verdict(
        verdict="wrong",
        rule=meant.variation.rule,
        dialect=dict(meant.variation.dialect),
        message=why,
        suggestion=_suggestion(row, place, repair.tree, reading)
        if repair is not None
        else f"gradspec show {rule.name}",
        witness=shown,
        suspect="extraction" if repair is not None and repair.words == "a minus sign" and reading.repairs else None,
    )


def _repaired(
    right: Tree,
    certain: Sequence[_Candidate],
    what: Subject,
    slide: Slide,
    letters: frozenset[str],
    own: frozenset[str],
) -> _Repair | None:
    tries = 0
    others = _names_of(slide, right, certain)
    for slip in slips(right, others):
        one = prepare(slip.tree, letters, own)
        for candidate in certain:
            for variation in variations(candidate.frame, candidate.target):
                if variation.error is not None:
                    break
                for binding in bindings(one, candidate.frame, candidate.target, what.argument):
                    tries += 1
                    if tries > MOST_TRIES:
                        return None
                    if agrees(one, binding, variation, candidate.target) and certainly_agrees(
                        one, binding, variation, candidate.target
                    ):
                        match = Match(variation, candidate.target, binding, one.literals)
                        return _Repair(slip.tree, slip.words, match)
    return None


def _names_of(slide: Slide, right: Tree, certain: Sequence[_Candidate]) -> list[Name]:
    """The names of the slide that usually play a role of the rules that are meant."""
    usual = set().union(*(role.usual for one in certain for role in one.frame.roles.values()))
    found: dict[Name, None] = {}
    for tree in [right, *(prepared(side) for one in slide.readings if one.row for side in one.row.sides)]:
        for part in walk(tree):
            if isinstance(part, Name) and (
                part.base in usual or any(u.split("^")[0].split("_")[0] == part.base for u in usual)
            ):
                found.setdefault(part)
    return list(found)[:10]


def _suggestion(row: Row, place: int, tree: Tree, reading: Reading) -> str:
    from .notation import latex, python  # late: it is about writing

    sides = (row.sides[0], tree)
    changed = Row(sides, (row.relations[0],))
    return python(changed) if reading.piece.kind == "code" else latex(changed)


# -- witness -------------------------------------------------------------------------------------------------


def witness(one: Prepared, bound: Match, meant: Match, what: Subject) -> Mapping[str, Any] | None:
    """Return exact numbers at which a row and the rule that it is meant to be part; None if none were found."""
    binding = _binding_for(one, bound, meant, what)
    if binding is None:
        return None
    best: Mapping[str, Any] | None = None
    for k in range(len(meant.variation.frame.nice)):
        at = situation(meant.variation, k, True, 2)
        try:
            expected = simplify(at.quantity(meant.target))
            inputs = {key: _shown(at.role(part.role)) for key, part in binding.items() if part.role != "@length"}
        except FAILURES:
            continue
        try:
            found: Expr | str = simplify(value_at(one, binding, at))
            if found.has(*_NO_NUMBERS):
                found = "no number"
        except FAILURES:
            found = "no number"
        if found != "no number" and (found - expected) == 0:
            continue
        inputs = {key.replace("#", "number "): value for key, value in inputs.items()}
        shown = {"inputs": inputs, "printed": str(found), "expected": str(expected)}
        if found != "no number" and found.is_Rational and expected.is_Rational:
            return shown
        best = best or shown
    return best


def _binding_for(one: Prepared, bound: Match, meant: Match, what: Subject) -> Mapping[str, Any] | None:
    if set(one.names) - set(one.sizes) - {key for key in one.names if key.endswith("()")} <= set(bound.binding):
        return bound.binding
    return next(bindings(one, meant.variation.frame, meant.target, what.argument), None)


def _shown(value: Any) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)


def _no_numbers() -> tuple[Any, ...]:
    from sympy import I, nan, oo, zoo

    return I, nan, oo, -oo, zoo


_NO_NUMBERS = _no_numbers()


def anonymous_frames() -> Iterator[Frame]:
    """Yield the frames that a right side alone can be recognised by."""
    yield from (frame for frame in FRAMES if frame.anonymous)
