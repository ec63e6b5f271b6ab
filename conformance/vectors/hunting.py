"""What each vector hunts: dialects that it tells apart, known errors and altered formulas that it catches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from gradspec.reference.arithmetic import arithmetic
from gradspec.spec import Program, Rule

from ..judging import essence
from ..mutants import mutants
from ..programs import program_of
from ..scoring import is_special
from ..simulation import simulate
from .enclosing import Allowed, allowed
from .stating import Expectation, Stated

MUCH = 1000  # times as much: rounding alone will be seen to take it out of what is allowed


@dataclass(frozen=True, slots=True)
class Note:
    """What a key among the `hunts` of a vector stands for."""

    kind: str  # dialect, error or mutant
    description: str


Notes = Mapping[str, Note]


def hunted(rule: Rule, on: tuple[str, ...], stated: Sequence[Stated]) -> tuple[list[list[str]], Notes]:
    """Return, for every vector of one set of options, the keys of what it hunts, and a note for every key."""
    notes = {**dict(_axis_notes(rule)), **dict(_error_notes(rule))}
    keys = [[*_axes_told_apart(rule, one), *_errors_caught(rule, on, one)] for one in stated]
    for mutant, note, caught_by in _mutants_caught(rule, on, stated):
        keys[caught_by].append(mutant)
        notes[mutant] = note
    return keys, notes


def axis_key(axis: str, one: str, other: str) -> str:
    """Return the key for two values of an axis, which are told apart."""
    return f"{axis}: {one} | {other}"


def _axis_notes(rule: Rule) -> Iterator[tuple[str, Note]]:
    for axis in rule.axes:
        for one, other in combinations(axis.values, 2):
            words = f"{axis.doc}: {one.name} ({one.source}) is told from {other.name} ({other.source})"
            yield axis_key(axis.name, one.name, other.name), Note("dialect", words)


def _axes_told_apart(rule: Rule, stated: Stated) -> list[str]:
    """The pairs of values that exclude each other here, for some choice of the other axes at least."""
    found = {
        (axis, frozenset((value, other[axis])))
        for a, b in stated.apart
        for one in a.dialects
        for other in b.dialects
        for axis, value in _only_difference(one, other)
    }
    return [
        axis_key(axis.name, one, other)
        for axis in rule.axes
        for one, other in combinations(axis.names, 2)
        if (axis.name, frozenset((one, other))) in found
    ]


def _only_difference(one: Mapping[str, str], other: Mapping[str, str]) -> list[tuple[str, str]]:
    """The axis in which two dialects differ, and its value in the first; nothing if there are several."""
    differing = [(axis, value) for axis, value in one.items() if other[axis] != value]
    return differing if len(differing) == 1 else []


def error_key(name: str) -> str:
    """Return the key for a named error."""
    return f"error: {name}"


def _error_notes(rule: Rule) -> Iterator[tuple[str, Note]]:
    for error in rule.errors:
        yield error_key(error.name), Note("error", f"{error.doc} ({error.source})")


def _errors_caught(rule: Rule, on: tuple[str, ...], stated: Stated) -> list[str]:
    """The known errors, made in the first dialect they are about, that are not that dialect here."""
    found = []
    for error in rule.errors:
        if error.under is None or error.under in on:
            base = next(d for d in rule.dialects(frozenset(on), frozenset(on)) if _agree(d, error.dialect))
            wrong = essence(program_of(rule, base, on, error.name))
            right = _of(base, stated)
            if not _passes(wrong, stated, right) or _loses_digits(wrong, stated, right):
                found.append(error_key(error.name))
    return found


def _agree(dialect: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two dialects have the same values on the axes of both."""
    return all(dialect.get(axis, value) == value for axis, value in other.items())


def _of(dialect: Mapping[str, str], stated: Stated) -> Expectation:
    return next(one for one in stated.expectations if dialect in one.dialects)


def _passes(program: Program, stated: Stated, right: Expectation) -> bool:
    """Whether an ideal implementation of `program` does what is right."""
    outcome = simulate(program, stated.case)
    return right.accepts(outcome.parameters, outcome.refused)


def _loses_digits(program: Program, stated: Stated, right: Expectation) -> bool:
    """Whether the same function, written otherwise, has rounding errors of quite another size."""
    if is_special(stated.case) or right.rows is None:
        return False
    rows = allowed(program, stated.case, arithmetic(stated.case.dtype))
    return any(
        _width(other) > MUCH * _width(one)
        for row, others in zip(right.rows, rows, strict=True)
        for one, other in zip(row, others, strict=True)
    )


def _width(one: Allowed) -> float:
    return sum(high - low for low, high in one.intervals)


def _mutants_caught(rule: Rule, on: tuple[str, ...], stated: Sequence[Stated]) -> Iterator[tuple[str, Note, int]]:
    """The first dialect with one node of its formulas changed, and the smallest vector on which it is not that dialect."""
    program = program_of(rule, {}, on)
    first = dict(next(rule.dialects(frozenset(on), frozenset(on))))
    smallest_first = sorted(range(len(stated)), key=lambda k: stated[k].case.size)
    for mutant in mutants(program):
        for k in smallest_first:
            if not _passes(mutant.program, stated[k], _of(first, stated[k])):
                words = f"{' '.join(f'{axis}={value}' for axis, value in first.items()) or rule.name}, {mutant.change}"
                digest = hashlib.sha256(f"{rule.name} {on} {words}".encode()).hexdigest()[:10]
                yield f"mutant: {digest}", Note("mutant", words), k
                break
