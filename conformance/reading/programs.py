"""Update programs of a slide: which rule they are, in which dialect, or what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradspec.spec import rule as rule_called

from .assignments import (
    GRADIENTS,
    Assignment,
    assignments,
    beside,
    moves_a_parameter,
    parameter_rows,
    program_of,
)
from .candidates import candidates
from .compiling import COUNTERS, compiled
from .finding import Reading, Verdict
from .machine import Machine, Unsupported
from .matching import Abstract, Match, abstracted, certain, matches, turned
from .partial import judge_row
from .repair import Repair, repaired
from .rereading import starting_anew, with_changes_as_gradients
from .starts import counts, steps_of
from .tree import Call, Name, walk
from .witness import witness

ASCENT = re.compile(r"ascent|maximi[sz]|reward|polic(y|ies)|likelihood|adversar|utility", re.IGNORECASE)
DESCENT = re.compile(r"descent|cost|loss|error|minimi[sz]|backprop|sgd|learning rate", re.IGNORECASE)
COSTS = frozenset({"L", "C", "E", "loss", "cost", "error", "ell", "Loss", "Cost", "mse"})
MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class _Way:
    """A way in which a program can be read, and the rule that it then is."""

    abstract: Abstract
    match: Match | None


def judge(readings: Sequence[Reading]) -> list[Verdict | None]:
    """Return a verdict for every row of one slide that belongs to an update program, None for the others."""
    groups: dict[tuple[int, int], list[int]] = {}
    for place, one in enumerate(readings):
        groups.setdefault((id(one.piece), one.scope) if one.scope else (0, 0), []).append(place)
    verdicts: list[Verdict | None] = [None] * len(readings)
    for places in groups.values():
        for place, verdict in zip(places, _in_one_scope([readings[place] for place in places]), strict=True):
            verdicts[place] = verdict
    return verdicts


def _in_one_scope(readings: Sequence[Reading]) -> list[Verdict | None]:
    verdicts: list[Verdict | None] = [None] * len(readings)
    found, letters = assignments([one.row for one in readings], [one.piece.kind == "code" for one in readings])
    found, around = steps_of(found, letters)
    movers = parameter_rows(found, letters)
    for mover in movers:
        rows = program_of(mover, found, movers, letters)
        wider = beside(mover, rows, found, movers)
        verdict = _judged(rows, wider, mover.target.key, letters, readings) if len(rows) <= MOST_ROWS else None
        if verdict is None:
            continue
        for row in rows:
            if verdicts[row.place] is None or verdict.verdict == "wrong":
                verdicts[row.place] = verdict
        if verdict.verdict in ("correct", "convention", "assumption"):
            for row in _belonging(around, rows, letters):
                verdicts[row.place] = verdicts[row.place] or verdict
    for assignment in found:
        if verdicts[assignment.place] is None:
            verdicts[assignment.place] = judge_row(assignment, letters)
    return verdicts


def _belonging(
    around: Sequence[Assignment], rows: Sequence[Assignment], letters: frozenset[str]
) -> Iterator[Assignment]:
    """The rows that say how the states of a program begin, the nearest for each, or that count its steps."""
    last = rows[-1].place
    given = {row.target.key for row in rows}
    for key in dict.fromkeys(one.target.key.removesuffix("_0") for one in around):
        begins = [one for one in around if one.target.key.removesuffix("_0") == key and one.place < last]
        yield from begins[-1:] if key in given else [one for one in begins if counts(one, letters) or key in COUNTERS]


def _judged(
    rows: Sequence[Assignment],
    wider: Sequence[Assignment],
    parameter: str,
    letters: frozenset[str],
    readings: Sequence[Reading],
) -> Verdict | None:
    """The verdict on a program; None if nothing in it is a gradient, or if it cannot be run."""
    ways = [_Way(one, _first(one)) for one in map(abstracted, _ways(rows, parameter, letters))]
    if not any(_has_gradient(way.abstract.machine) for way in ways):
        match = _best(with_changes_as_gradients(rows, parameter, letters), parameter, letters)
        return None if match is None else _right(match, rows, readings)
    known = [way.match for way in ways if way.match is not None]
    right = next((match for match in known if match.candidate.error is None), None)
    if right is not None:
        return _right(right, rows, readings)
    name, anew = starting_anew(rows, letters) or ("", [])
    if (match := _best(anew, parameter, letters)) is not None:
        told = _right(match, rows, readings)
        return replace(
            told, verdict="assumption", message=f"{told.message}, if every step begins with the first {name}"
        )
    if not moves_a_parameter(parameter, rows, letters):
        return None
    written = [one.row for one in readings]
    repair = repaired(wider, parameter, letters, written, lambda changed: _best(changed, parameter, letters))
    for way in ways:
        if way.match is not None:
            return _wrong(way.abstract, way.match, repair, rows, readings)
    if repair is not None:
        return _wrong(ways[0].abstract, repair.match, repair, rows, readings)
    others = {row.target.key.split("_")[0] for row in rows if row.target.key != parameter}
    if others <= GRADIENTS and (verdict := judge_row(rows[-1], letters)) is not None:
        return verdict
    return Verdict(
        verdict="unknown",
        message=f"moves {parameter} in a way that is no rule of the specification, nor one slip away from one",
    )


def _best(rows: Sequence[Assignment], parameter: str, letters: frozenset[str]) -> Match | None:
    """The rule, without an error, that rows come to in some way of reading them."""
    for machine in _ways(rows, parameter, letters):
        match = _first(abstracted(machine))
        if match is not None and match.candidate.error is None and match.candidate.relative is None:
            return match
    return None


def _ways(rows: Sequence[Assignment], parameter: str, letters: frozenset[str]) -> list[Machine]:
    """The machines that rows may mean, the likeliest first, without those that cannot be stated."""
    found: list[Machine] = []
    code = bool(rows) and rows[0].code
    for in_order in (True,) if code else (False, True):
        try:
            machines = compiled(rows, parameter, letters, in_order)
        except Unsupported:
            continue
        for machine in machines:
            name, first = machine.step
            for start in (first, 0) if code else (first,):  # range(n) counts from 0
                found += [one for one in [replace(machine, step=(name, start))] if one not in found]
    return found


def _has_gradient(machine: Machine) -> bool:
    return any(isinstance(one, Call) and one.head == "gradient" for _, tree in machine.lines for one in walk(tree))


def _first(abstract: Abstract) -> Match | None:
    """The plainest rule that a program is, compared exactly."""
    plain = next((match for match in matches(abstract) if certain(abstract, match)), None)
    if plain is not None and plain.candidate.error is None:
        return plain
    for names, other in turned(abstract):
        for match in matches(other):
            if match.candidate.error is None and certain(other, match):
                return replace(match, turned=names)
    return plain


# -- verdicts ------------------------------------------------------------------------------------------------


def _right(match: Match, rows: Sequence[Assignment], readings: Sequence[Reading]) -> Verdict:
    candidate = match.candidate
    title = rule_called(candidate.rule).title
    if candidate.relative is not None:
        return Verdict(
            verdict="unknown", message=f"{candidate.relative}, which is published but no rule of the specification"
        )
    slip = next((one for row in rows for one in readings[row.place].repairs), None)
    if slip is not None:
        return Verdict(
            verdict="slip",
            rule=candidate.rule,
            dialect=candidate.dialect,
            message=f"{title}, once the damage is repaired: {slip}",
            suspect="extraction",
        )
    if candidate.canonical:
        return Verdict(
            verdict="correct", rule=candidate.rule, dialect=candidate.dialect, message=f"{title}{_with(match)}"
        )
    return Verdict(
        verdict="convention",
        rule=candidate.rule,
        dialect=candidate.dialect,
        message=f"{title}{_with(match)}, {_conventions(match)}",
    )


def _with(match: Match) -> str:
    options = match.candidate.options
    return f" with {', '.join(name.replace('_', ' ') for name in options)}" if options else ""


def _conventions(match: Match) -> str:
    """The axes on which a dialect is not that of the cited source, with who has it so."""
    rule = rule_called(match.candidate.rule)
    told = []
    for name, value in match.candidate.dialect.items():
        axis = rule.axis(name)
        if value != axis.names[0]:
            told.append(f"{name}={value} as {axis.value(value).source}")
    return "; ".join(told)


def _wrong(
    abstract: Abstract, match: Match, repair: Repair | None, rows: Sequence[Assignment], readings: Sequence[Reading]
) -> Verdict:
    """The verdict on a program that is a named error, or one change away from a rule."""
    candidate = match.candidate
    rule = rule_called(candidate.rule)
    right = match
    if candidate.error is not None:
        why = f"{rule.title}, but {rule.error(candidate.error).doc} ({candidate.error})"
        same = [
            one for one in candidates()
            if (one.rule, one.options, one.error) == (candidate.rule, candidate.options, None)
        ]  # fmt: skip
        shared = [one for one in same if all(candidate.dialect.get(a, v) == v for a, v in one.dialect.items())]
        right = replace(match, candidate=(shared or same)[0])
    else:
        why = f"one change away from {rule.title}"
    if repair is not None:
        right = repair.match
        why += f": line {readings[repair.place].line} would be right with {repair.words}"
    if _may_climb(match, repair, rows, readings):
        return Verdict(
            verdict="assumption",
            rule=candidate.rule,
            dialect=right.candidate.dialect,
            message=f"{rule.title} on the negative: right where the function is to be made large, not small",
        )
    lost = candidate.error == "lost_minus" or (repair is not None and repair.words == "a minus sign")
    return Verdict(
        verdict="wrong",
        rule=candidate.rule,
        dialect=right.candidate.dialect,
        message=why,
        suggestion=repair.suggestion if repair is not None else f"gradspec show {candidate.rule}",
        witness=witness(abstract, right),
        suspect="extraction" if lost else None,
    )


def _may_climb(match: Match, repair: Repair | None, rows: Sequence[Assignment], readings: Sequence[Reading]) -> bool:
    """Whether the only fault is the sign of the step, and the words around speak of making something large."""
    if match.candidate.error != "climbs" and (repair is None or repair.words != "another sign"):
        return False
    around = " ".join(f"{one.piece.before} {one.piece.text}" for one in readings)
    inside = [one for row in rows for one in walk(row.expression)]
    if ASCENT.search(around) or any(isinstance(one, Call) and one.head == "log" for one in inside):
        return True
    costs = {one.base for call in inside if isinstance(call, Call) for one in walk(call) if isinstance(one, Name)}
    return match.candidate.rule == "gradient_descent" and not (DESCENT.search(around) or costs & COSTS)
