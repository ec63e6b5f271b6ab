"""Rules with one node of one equation changed: what a claim about the rule must refute if it says anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, sympify

from gradspec.reference.decide import refutes
from gradspec.spec import Claim, Program, Rule
from gradspec.spec.rule import AxisValue, Dialect, Option, Source

from .cases import contexts
from .mutants import changes


@dataclass(frozen=True, slots=True)
class Place:
    """Where an equation of a rule is written: by the rule itself, by an option, or by an axis value."""

    owner: str  # "" for the rule, else the name of the option, or AXIS=VALUE
    part: str  # let, update, state, equations or then
    target: Any

    def __str__(self) -> str:
        start = "start of " if self.part == "state" else ""
        return f"{start}{self.target}{f' ({self.owner})' if self.owner else ''}"


@dataclass(frozen=True, slots=True)
class Altered:
    """A rule with one change to one equation, which `source` defines."""

    rule: Rule
    place: Place
    change: str
    source: Source


def altered_rules(rule: Rule) -> tuple[Altered, ...]:
    """Return the rule in every form that differs in one node of one equation that some program of it uses."""
    used = _used(rule)
    return tuple(
        Altered(changed, place, change, source)
        for place, equation, on, source in _equations(rule)
        if place in used
        for change, other in _different(equation, rule.program({}, on))
        if (changed := _replaced(rule, place, other)) is not None
    )


def _different(equation: Expr, program: Program) -> Iterator[tuple[str, Expr]]:
    """Every change of an equation; two changes that come to the same are one."""
    seen = {equation}
    for change, other in (*changes(equation, program), ("sign", -equation), ("off by one", equation + 1)):
        if other not in seen:
            seen.add(other)
            yield change, other


def _equations(rule: Rule) -> Iterator[tuple[Place, Expr, tuple[str, ...], Source]]:
    """Every equation with its place, the options under which it is there, and what defines it."""
    for part in ("let", "update", "state"):
        for target, equation in getattr(rule, part).items():
            yield Place("", part, target), sympify(equation), (), rule.source
    for owner, piece, under in _pieces(rule):
        on = rule.switched_on(under) if under else ()
        for part in ("equations", "state", "then"):
            for target, equation in getattr(piece, part, {}).items():
                yield Place(owner, part, target), sympify(equation), on, piece.source or rule.source


def _pieces(rule: Rule) -> Iterator[tuple[str, Option | AxisValue, str | None]]:
    yield from ((option.name, option, option.name) for option in rule.options)
    for axis in rule.axes:
        yield from ((f"{axis.name}={v.name}", v, v.requires or axis.under) for v in axis.values)


def _replaced(rule: Rule, place: Place, equation: Expr) -> Rule | None:
    """The rule with another equation there, or None where that one mentions what is not known there."""

    def changed(piece: Any, owner: str) -> Any:
        if owner != place.owner:
            return piece
        return replace(piece, **{place.part: {**getattr(piece, place.part), place.target: equation}})

    options = tuple(changed(option, option.name) for option in rule.options)
    axes = tuple(
        replace(axis, values=tuple(changed(value, f"{axis.name}={value.name}") for value in axis.values))
        for axis in rule.axes
    )
    own = {} if place.owner else {place.part: {**getattr(rule, place.part), place.target: equation}}
    try:
        return rule.replaced(options=options, axes=axes, **own)
    except ValueError:
        return None


# -- which equations a program is made of --------------------------------------------------------------------


def _used(rule: Rule) -> set[Place]:
    """The places of the equations that some program of the rule needs; others are replaced in all of them."""
    found: set[Place] = set()
    for on in contexts(rule, frozenset(option.name for option in rule.options)):
        for dialect in rule.dialects(frozenset(on)):
            program = rule.program(dialect, on)
            needed = {*program.needed(), *program.update, *program.state}
            found |= {place for place in places(rule, dialect, on) if place.part == "then" or place.target in needed}
    return found


def places(rule: Rule, dialect: Dialect, on: tuple[str, ...] | frozenset[str]) -> set[Place]:
    """Where the equations of a program come from: what is put on top takes the place of what is below."""
    on_top: dict[tuple[bool, Any], Place] = {}
    for part in ("let", "update", "state"):
        on_top |= {(part == "state", target): Place("", part, target) for target in getattr(rule, part)}
    for owner, piece in rule.parts(dialect, on):
        on_top |= {(False, target): Place(owner, "equations", target) for target in piece.equations}
        on_top |= {(True, target): Place(owner, "state", target) for target in piece.state}
    after = {Place(o.name, "then", target) for o in rule.options if o.name in on for target in o.then}
    return {*on_top.values(), *after}


# -- what a claim refutes ------------------------------------------------------------------------------------


class _Followed:
    """A rule that remembers which programs were asked for, and whether its equations were read in any other way."""

    HARMLESS = frozenset({"name", "parameter", "arrays", "hyperparameters", "source"})

    def __init__(self, rule: Rule) -> None:
        self.rule, self.places, self.read_otherwise = rule, set[Place](), False

    def program(
        self, dialect: Dialect | None = None, options: tuple[str, ...] | frozenset[str] = (), error: str | None = None
    ) -> Program:
        self.places |= places(self.rule, dialect or {}, options)
        return self.rule.program(dialect, options, error)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.rule, name)
        if name in ("let", "update", "state"):
            self.places |= {Place("", name, target) for target in value}
        elif name not in self.HARMLESS:
            self.read_otherwise = True
        return value


def refuted(rule: Rule, claim: Claim, altered: Sequence[Altered]) -> Iterator[int]:
    """Yield which of the altered rules the claim refutes, by their number.

    A change of an equation that the claim never looks at changes nothing about the claim, which holds of the rule; one
    that is to be refuted is refuted of all of them.
    """
    followed: Any = _Followed(rule)
    claim.statement(followed)
    for number, one in enumerate(altered):
        looked_at = claim.expects == "refuted" or followed.read_otherwise or one.place in followed.places
        if looked_at and refutes(one.rule, claim):
            yield number


def left_over(altered: Sequence[Altered], refuted_ones: frozenset[int]) -> Mapping[Place, tuple[Source, int]]:
    """Return the places of the alterations that nothing refutes, with what defines them and how many they are."""
    left = [one for number, one in enumerate(altered) if number not in refuted_ones]
    return {one.place: (one.source, sum(other.place == one.place for other in left)) for one in left}
