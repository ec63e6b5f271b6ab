"""One record for each statement of the lecture deck that can be checked: what stands there, and what shows what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sympy import Expr

from ..program import Program
from ..rule import Claim, Dialect, Source
from ..vendors import vendor

VERDICTS = ("correct", "convention", "assumption", "wrong", "slip", "empirical")
KINDS = ("latex", "code", "text")
LOST = ("backslash and letter", "minus", "accent", "operator", "letter", "brackets", "bar")

Value: TypeAlias = Expr | str | tuple[Expr, ...]
Point = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Form:
    """A rule with every choice made, by name: what a formula of the deck says, or what it should say."""

    rule: str
    dialect: Dialect = field(default_factory=dict)
    options: tuple[str, ...] = ()
    error: str | None = None

    def program(self) -> Program:
        """Return the program that the specification has for it. Raises `LookupError` for a name that is none."""
        from ..catalogue import rule  # late: the catalogue looks into this package

        return rule(self.rule).program(self.dialect, self.options, self.error)


Measure = Callable[[Program, Point], Value]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured of a form at a point."""

    form: Form
    measure: Measure

    def __call__(self, at: Point) -> Value:
        return self.measure(self.form.program(), at)


@dataclass(frozen=True, slots=True)
class Given:
    """A number or a word that is printed in the deck, or follows from what is."""

    value: Value

    def __call__(self, at: Point) -> Value:
        return self.value


@dataclass(frozen=True, slots=True)
class Keyword:
    """What a vendor calls a hyperparameter, as the table of vendors has it."""

    vendor: str
    rule: str
    name: str

    def __call__(self, at: Point) -> Value:
        return vendor(self.vendor).rows[self.rule].arguments[self.name]


Side = Measured | Given | Keyword


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A point at which what is printed and what is canonical come apart, in exact numbers.

    `says` is how the canonical value would have to stand to the printed one if the deck were right: they would be
    `equal`, or the canonical one `at most` or `at least` the printed one.
    """

    measured: str
    at: Point
    printed: Side
    canonical: Side
    says: str = "equal"


@dataclass(frozen=True, slots=True)
class Known:
    """A claim of a rule, by name; it gets the verdict that the rule expects of it."""

    rule: str
    claim: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim that is made here, about the formulas of a rule."""

    rule: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of code that is run where its framework is installed, by name, and what comes of it."""

    name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Cited:
    """What rests on a work that is cited: there is nothing to decide by machine."""

    source: Source


Evidence = Witness | Known | Shown | Run | Cited


@dataclass(frozen=True, slots=True)
class Repair:
    """What an extraction from a page has lost: which kind of damage, what stands there and what should."""

    lost: str
    printed: str
    repaired: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One statement of the deck. `printed` is a formula or code as it stands there, or a short paraphrase of prose.

    `literal` is what the print says, word for word, as a program of the specification; `canonical` what it should say.
    `why` says in one sentence what the verdict rests on; `suspect` is `extraction` where the page is probably right.
    """

    id: str
    lines: tuple[int, ...]
    kind: str
    printed: str
    verdict: str
    why: str
    evidence: tuple[Evidence, ...]
    source: Source
    literal: Form | None = None
    canonical: Form | None = None
    repairs: tuple[Repair, ...] = ()
    suggestion: str | None = None
    suspect: str | None = None

    def __post_init__(self) -> None:
        for name, value, allowed in (("verdict", self.verdict, VERDICTS), ("kind", self.kind, KINDS)):
            if value not in allowed:
                raise ValueError(f"{self.id}: {name}={value!r}: must be one of {', '.join(allowed)}")
        if unknown := {repair.lost for repair in self.repairs} - set(LOST):
            raise ValueError(f"{self.id}: lost={unknown}: must be among {', '.join(LOST)}")
        if not all(repair.printed in self.printed for repair in self.repairs):
            raise ValueError(f"{self.id}: a repair is of something that is not printed; copy it from `printed`")
        if (self.verdict == "empirical") is not (self.evidence == ()):
            raise ValueError(f"{self.id}: what is empirical has no evidence, and all else has; correct one of the two")

    @property
    def line(self) -> int:
        return self.lines[0]

    @property
    def repaired(self) -> str:
        """What is printed, with the damage of the extraction undone."""
        text = self.printed
        for repair in self.repairs:
            text = text.replace(repair.printed, repair.repaired)
        return text


def apart(
    measured: str, measure: Measure, literal: Form, canonical: Form, says: str = "equal", /, **at: object
) -> Witness:
    """Return the witness that two forms differ in what is measured of both at one point."""
    return Witness(
        measured=measured, at=at, printed=Measured(literal, measure), canonical=Measured(canonical, measure), says=says
    )
