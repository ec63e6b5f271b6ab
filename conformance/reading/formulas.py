"""The verdict on a row that gives a quantity a value: which rule says the same, or which slip keeps it from doing so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradspec.spec import rule as rule_called

from .comparing import Match, Prepared, agrees, bindings, certainly_agrees, matches, prepare
from .entries import bound_letters, prepared
from .evidence import EXPLICIT, LEFT, NONE, Candidate, Slide, candidates, certain, is_law, of_slide
from .exact_witness import witness
from .finding import Reading, Verdict
from .frame import Frame
from .frames_of_layers import DROPOUT_ROLES
from .proofs import is_proved
from .slips import slips
from .subjects import Subject, subject
from .suggestions import written
from .tree import Call, Name, Row, Tree, walk
from .worlds import Variation, variations

MOST_TRIES = 4000
STRICT = frozenset({"dropout"})  # rules so plain that any product looks like them: every name must be a usual one
PLAIN_NAMES = frozenset({"dense"})  # whose names must be exactly usual ones, since any line looks like it
GENERIC = frozenset({"y", "a", "o", "h", "s", "u", "q", "out", "output", "e"})
MASKS = DROPOUT_ROLES["mask"].usual
CONDITIONS = {("leaky_relu", "branches", "maximum"): "the slope is at most 1"}
# Named errors that are no mistakes where a slide does not claim more than they are.
HARMLESS = {
    "sum_for_mean": "added up, not averaged",
    "mean_for_sum": "averaged, not added up",
    "swapped_fans": "which keeps the variance of gradients on their way back, not that of activations",
    "bias_missing": "without a bias",
    "one_pass_variance": "the mean square less the squared mean",
}
CONDITIONAL = re.compile(
    r"\b(if|when|whenever|exceeds?|larger than|greater than|longer than|above|in case)\b|>", re.IGNORECASE
)
ORDER = ("wrong", "unknown", "assumption", "slip", "convention", "correct")
Of = Callable[[Frame, str], Sequence[Variation]]


def judge_formula(reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    """Return the verdict on a row `left = right`, None if it names nothing that rules give a value for."""
    found = []
    telling = any(not isinstance(side, Name) for side in row.sides[1:])  # in σ(z) = a = 1/(1 + e⁻ᶻ) a is but a name
    for place in range(1, len(row.sides)):
        if row.relations[place - 1] in ("=", ":=") and not (telling and isinstance(row.sides[place], Name)):
            found.append(judge_side(reading, row, place, slide))
    known = [one for one in found if one is not None]
    recognised = [one for one in known if one.verdict != "unknown"] or known
    return min(recognised, key=lambda one: ORDER.index(one.verdict)) if recognised else None


@dataclass(frozen=True, slots=True)
class _Case:
    """A row with one of its right sides, read in one way."""

    reading: Reading
    row: Row
    what: Subject
    right: Tree
    slide: Slide
    letters: frozenset[str]
    candidates: Sequence[Candidate]

    def prepared(self, tree: Tree) -> Prepared:
        return prepare(
            tree, self.letters, frozenset({f"{self.what.name}()"}) if self.what.kind == "derivative" else frozenset()
        )


def judge_side(reading: Reading, row: Row, place: int, slide: Slide, what: Subject | None = None) -> Verdict | None:
    """Return the verdict on one right side of a row, which is about `what` if the left side does not tell."""
    cases = [
        one for products in (False, True) if (one := _case(reading, row, place, slide, products, what)) is not None
    ]
    if not cases:
        return None
    of, wrong = of_slide(slide), None
    for one in cases:
        found = _first(one, of)
        if found is not None and found.variation.error is None:
            return right_verdict(found, reading)
        wrong = wrong or (found and (one, found))
    one, found = wrong or (cases[0], None)
    conditional = _conditional(one)
    if found is not None and found.variation.error == "always_scaled" and conditional:
        return _assumed(found, "the norm exceeds the bound, as the text says")
    if found is not None and found.variation.error in HARMLESS and not _claims(one):
        told = HARMLESS[found.variation.error or ""]
        return Verdict(
            verdict="convention",
            rule=found.variation.rule,
            dialect=dict(found.variation.dialect),
            message=f"{_title(found)}, {told}",
        )
    sure = [
        candidate for candidate in certain(one.candidates) if _all_usual(one.prepared(one.right), candidate, named=True)
    ]
    if sure and not conditional and not _is_changed_later(one):
        return _wrong(cases, sure, found, of)
    named = sorted({rule_called(c.frame.rule).title for c in one.candidates if c.evidence < NONE})
    if not named:
        return None
    return Verdict(
        verdict="unknown",
        message=f"the words speak of {', '.join(named)}, but this is none of it, nor surely meant to be",
    )


def _case(reading: Reading, row: Row, place: int, slide: Slide, products: bool, what: Subject | None) -> _Case | None:
    sides = tuple(prepared(side, products) for side in row.sides)
    right = sides[place]
    if all(isinstance(side, Call) and side.head == "var" for side in (sides[0], right)):
        return None  # Var(y) = Var(x) gives neither a value
    if row.condition is not None:
        condition = prepared(row.condition, products)
        right = Call("cases", (right, condition, sides[0], Call("otherwise", ())))
    letters = bound_letters(sides)
    what = what or subject(sides[0], letters)
    if what is None or (isinstance(right, Name) and not slide.text):
        return None
    if what.kind == "function" and _prime_is_lost(reading, what):
        what = replace(what, kind="derivative")
    found = candidates(what, reading, slide)
    whole = Row((sides[0], right), (row.relations[place - 1],))
    return _Case(reading, whole, what, right, slide, letters, found) if found else None


def _prime_is_lost(reading: Reading, what: Subject) -> bool:
    """Whether the printed function has a prime that its tree has not."""
    left = re.split(r"=|:=|\\leftarrow", reading.text)[0]
    return what.name in ("tanh", "sigmoid", "relu", "softmax") and bool(re.search(r"'|\\prime|′", left))


def _claims(one: _Case) -> bool:
    return one.candidates[0].evidence == LEFT or one.what.name in ("MSE", "mse")


def _first(one: _Case, of: Of) -> Match | None:
    """The likeliest rule that says the same; one with a named error only if no rule without one does."""
    wrong: Match | None = None
    ways = [one.prepared(one.right)]
    if (wrapped := _with_condition(one)) is not None:
        ways.append(one.prepared(wrapped))
    for way in ways:
        usual = [candidate for candidate in one.candidates if _all_usual(way, candidate)]
        others = [candidate for candidate in one.candidates if candidate.evidence < NONE and candidate not in usual]
        for candidate in (*usual, *(other for other in others if other.frame.rule not in STRICT | PLAIN_NAMES)):
            for match in matches(way, [(candidate.frame, candidate.target)], one.what.argument, of):
                if match.variation.error is None:
                    return match
                if candidate.evidence < NONE or _is_harmless(match, one):
                    wrong = wrong or match
                break
    return wrong


def _is_harmless(match: Match, one: _Case) -> bool:
    """Whether a named error is no mistake on a slide that claims nothing."""
    return match.variation.error in HARMLESS or (match.variation.error == "always_scaled" and _conditional(one))


def _is_changed_later(one: _Case) -> bool:
    """Whether code gives the same name another value afterwards, so that this one is on the way to it."""
    if one.reading.piece.kind != "code" or not isinstance(one.row.sides[0], Name):
        return False
    rows = [reading.row for reading in one.slide.readings if reading is not one.reading and reading.row is not None]
    return any(row.sides[0] == one.row.sides[0] for row in rows)


def _all_usual(one: Prepared, candidate: Candidate, named: bool = False) -> bool:
    """Whether every name is one that is usual for a role; fans must be spelled out unless the rule is `named`.

    A name that plays no role makes a formula another one, so that nothing can be said to be wrong with it.
    """
    frame = candidate.frame
    usual = frozenset().union(*(role.usual for role in frame.roles.values()))
    usual |= frame.length_names if frame.length else frozenset()
    if frame.rule in PLAIN_NAMES and any(key.endswith("()") for key in one.names):
        return False  # x Φ(x) is no layer
    for key, known in one.names.items():
        if key in one.sizes or key.startswith("#") or key.endswith("()"):
            continue
        loose = set() if frame.rule in PLAIN_NAMES and not key.split("_")[-1].isdigit() else {key.split("_")[0]}
        if not ({key, known.key, f"{known.key}^2", key.split("[")[0], *loose} & usual):
            return False
    if isinstance(one.tree, Name) and not named:
        return False
    return named or not is_law(frame) or all(len(key) > 1 and EXPLICIT.search(key) for key in one.names)


def _conditional(one: _Case) -> bool:
    """Whether the text around says that the row is done only under a condition that it does not show."""
    parts = [part for part in walk(one.right) if isinstance(part, Call)]
    if any(part.head in ("cases", "max", "min") for part in parts):
        return False
    shown = any(part.head == "norm" for part in parts)
    return shown and bool(CONDITIONAL.search(f"{one.reading.piece.before} {one.reading.piece.text}"))


def _with_condition(one: _Case) -> Tree | None:
    """The right side done where a comparison on the slide holds, else left as it was."""
    if not any(isinstance(part, Call) and part.head == "norm" for part in walk(one.right)):
        return None
    for other in (reading.row for reading in one.slide.readings):
        if other is not None and len(other.sides) == 2 and other.relations[0] in ("<", ">", "<=", ">="):
            sides = tuple(map(prepared, other.sides))
            if any(isinstance(part, Call) and part.head == "norm" for side in sides for part in walk(side)):
                condition = Call(other.relations[0], sides)
                return Call("cases", (one.right, condition, one.row.sides[0], Call("otherwise", ())))
    return None


# -- verdicts ------------------------------------------------------------------------------------------------


def _title(match: Match) -> str:
    title = rule_called(match.variation.rule).title
    shown = {"d_x": "its derivative", "fan": "the average of the fans"}.get(
        match.target, match.target.replace("_", " ")
    )
    plain = ("y", "loss", "penalty", "clipped", "bounded")
    return title if match.target in plain else f"{title}: {shown}"


def _how(match: Match) -> str:
    """How it is known that a row is what a rule says."""
    if match.row is not None and is_proved(match.row, match):
        return "proved equal"
    return f"equal in exact numbers at {len(match.variation.frame.inputs)} points"


def right_verdict(match: Match, reading: Reading) -> Verdict:
    """Return the verdict on a row that a rule without an error says too."""
    one = match.variation
    rule, dialect = rule_called(one.rule), dict(one.dialect)
    if reading.repairs:
        return Verdict(
            verdict="slip",
            rule=one.rule,
            dialect=dialect,
            message=f"{_title(match)}, once the damage is repaired: {reading.repairs[0]}",
            suspect="extraction",
        )
    if one.frame.condition:
        return _assumed(match, one.frame.condition)
    for (name, axis, value), condition in CONDITIONS.items():
        holds = bool(match.literals) and all(number <= 1 for number in match.literals.values())
        if one.rule == name and dialect.get(axis) == value and not holds:
            return _assumed(match, condition)
    if one.canonical:
        return Verdict(verdict="correct", rule=one.rule, dialect=dialect, message=f"{_title(match)}, {_how(match)}")
    told = [
        f"{axis}={value} as {rule.axis(axis).value(value).source}"
        for axis, value in dialect.items()
        if value != rule.axis(axis).names[0]
    ]
    return Verdict(
        verdict="convention",
        rule=one.rule,
        dialect=dialect,
        message=f"{_title(match)}, {'; '.join(told)}, {_how(match)}",
    )


def _assumed(match: Match, condition: str) -> Verdict:
    one = match.variation
    message = f"{_title(match)}, if {condition}"
    return Verdict(verdict="assumption", rule=one.rule, dialect=dict(one.dialect), message=message)


@dataclass(frozen=True, slots=True)
class _Repair:
    tree: Tree
    words: str
    match: Match


def _wrong(cases: Sequence[_Case], sure: Sequence[Candidate], found: Match | None, of: Of) -> Verdict:
    one = cases[0]
    repair = next((r for case in cases if (r := _repaired(case, sure, of)) is not None), None)
    named = found.variation.error if found is not None else None
    if repair is None and found is None:
        title = rule_called(sure[0].frame.rule).title
        left = sure[0].evidence == LEFT
        said = f"said to be {title}" if left else f"the words speak of {title}"
        message = f"{said}, but this is no dialect of it, nor one slip away from one"
        return Verdict(verdict="unknown", rule=sure[0].frame.rule if left else None, message=message)
    meant = repair.match if repair is not None else _without_error(found)
    shown = witness(one.prepared(one.right), meant, one.what.argument)
    if shown is None:
        message = "near a rule, but no numbers were found that tell them apart"
        return Verdict(verdict="unknown", rule=meant.variation.rule, message=message)
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
        suggestion=written(Row((one.row.sides[0], repair.tree), one.row.relations), one.reading)
        if repair is not None
        else f"gradspec show {rule.name}",
        witness=shown,
        suspect="extraction" if one.reading.repairs else None,
    )


def _without_error(found: Match | None) -> Match:
    assert found is not None
    plain = [one for one in variations(found.variation.frame, found.target) if one.error is None]
    same = next((one for one in plain if one.dialect == found.variation.dialect), plain[0])
    return replace(found, variation=same)


def _repaired(one: _Case, sure: Sequence[Candidate], of: Of) -> _Repair | None:
    """The smallest change that makes the row what a rule says, if there is one."""
    tries = 0
    for slip in slips(one.right, _names_of(one, sure)):
        if slip.words == "the sum of all below it" and one.what.kind == "name" and one.what.name in GENERIC:
            continue
        changed = one.prepared(slip.tree)
        for candidate in sure:
            if "inference" in candidate.frame.options and any(name in changed.names for name in MASKS):
                continue
            for variation in of(candidate.frame, candidate.target):
                if variation.error is not None:
                    break
                for binding in bindings(changed, candidate.frame, candidate.target, one.what.argument):
                    tries += 1
                    if tries > MOST_TRIES:
                        return None
                    asked = (changed, binding, variation, candidate.target)
                    if agrees(*asked) and certainly_agrees(*asked):
                        return _Repair(
                            slip.tree, slip.words, Match(variation, candidate.target, binding, changed.literals)
                        )
    return None


def _names_of(one: _Case, sure: Sequence[Candidate]) -> list[Name]:
    """The names of the slide that usually play a role of the rules that are meant."""
    usual = frozenset().union(*(role.usual for candidate in sure for role in candidate.frame.roles.values()))
    bases = {word.split("^")[0].split("_")[0] for word in usual} | usual
    left = one.row.sides[0]
    own = left if isinstance(left, Name) else left.args[0] if isinstance(left, Call) and left.head == "^" else None
    found: dict[Name, None] = {}
    rows = [one.row, *(reading.row for reading in one.slide.readings if reading.row is not None)]
    for tree in (prepared(side) for row in rows for side in row.sides):
        for part in walk(tree):
            if (
                isinstance(part, Name)
                and isinstance(own, Name)
                and (part.base, part.accents) == (own.base, own.accents)
            ):
                continue  # μ is not to be given by itself
            if isinstance(part, Name) and part.base in bases:
                found.setdefault(part)
    return list(found)[:10]
