"""The values of all quantities of a rule, in each dialect and with each named error, at the numbers of a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import sympy
from sympy import Indexed

from gradspec.spec import Rule, rule

from .arithmetic_of_formulas import DOUBLES, EXACT, Arithmetic, Undefined, Value
from .frame import PLACE, Frame
from .frames import FRAMES
from .specified import Specified

LOGARITHMS = {"log 2": sympy.log(2), "-log 2": -sympy.log(2), "log 3": sympy.log(3)}
EPSILON_OF_CLIPPED_SHARES = Fraction(1, 10**9)
DIGITS = 11


@dataclass(frozen=True, slots=True)
class Variation:
    """A rule of a frame in one dialect, perhaps with a named error."""

    frame: Frame
    dialect: tuple[tuple[str, str], ...]
    error: str | None
    canonical: bool

    @property
    def rule(self) -> str:
        return self.frame.rule


@cache
def frames() -> Mapping[str, tuple[Frame, ...]]:
    """The frames of each rule."""
    found: dict[str, tuple[Frame, ...]] = {}
    for frame in FRAMES:
        found[frame.rule] = (*found.get(frame.rule, ()), frame)
    return found


@lru_cache(maxsize=256)
def variations(frame: Frame, target: str, *chosen: tuple[str, str]) -> tuple[Variation, ...]:
    """Return the ways in which a rule says one of its quantities, those that agree once: right ones first.

    `chosen` are values of axes that are known.
    """
    rule_of = rule(frame.rule)
    found: dict[tuple[Any, ...], Variation] = {}
    for one in _choices(frame, rule_of):
        if not set(chosen) <= set(one.dialect):
            continue
        try:
            values = _fingerprint(one, target)
        except (Undefined, ValueError, ZeroDivisionError, OverflowError):
            continue
        found.setdefault(values, one)
    return tuple(found.values())


def _choices(frame: Frame, rule_of: Rule) -> list[Variation]:
    on = frozenset(frame.options)
    plain = [dialect for dialect in rule_of.dialects(on) if _is_ordinary(dialect)]
    found = []
    for dialect in plain:
        canonical = all(rule_of.axis(axis).names[0] == value for axis, value in dialect.items())
        found.append(Variation(frame, tuple(dialect.items()), None, canonical))
    found.sort(key=lambda one: not one.canonical)
    for error in rule_of.errors:
        if error.under is None or error.under in frame.options:
            found += [
                Variation(frame, tuple({**dialect, **error.dialect}.items()), error.name, False) for dialect in plain
            ]
    return found


def _is_ordinary(dialect: Mapping[str, str]) -> bool:
    """Whether a dialect differs from others in the numbers that a formula shows."""
    return (
        dialect.get("truncation", "none") == "none"
        and dialect.get("nonfinite", "entry_nan") == "entry_nan"
        and dialect.get("clip", "none") == "none"
        and dialect.get("fan_out", "with_receptive_field") == "with_receptive_field"
    )


def _fingerprint(one: Variation, target: str) -> tuple[Any, ...]:
    found: list[Any] = []
    for k in range(len(one.frame.inputs)):
        at = Situation(one, k, False, DOUBLES)
        found.append(_rounded(at.quantity(target)))
        for role in one.frame.roles:
            try:
                found.append(_rounded(at.role(role)))
            except Undefined:
                found.append(None)
    return tuple(found)


def _rounded(value: Value) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))
    return float(f"{value:.{DIGITS}g}")


class Situation:
    """A variation at one of the points of its frame, in an arithmetic."""

    def __init__(self, one: Variation, point: int, nice: bool, arithmetic: Arithmetic) -> None:
        self.variation, self.arithmetic = one, arithmetic
        self.point = (one.frame.nice if nice else one.frame.inputs)[point]
        self.given = {name: _numbers(value, arithmetic) for name, value in self.point.items()}
        sizes = dict(one.frame.sizes)
        program = _program(one)
        extra = {"epsilon": EPSILON_OF_CLIPPED_SHARES, "negative_slope": Fraction(0), "upstream": Fraction(1)}
        inputs = {name: arithmetic.number(value) for name, value in extra.items()} | self.given
        inputs |= sizes
        self.specified = Specified(program, inputs, arithmetic)
        self.known: dict[str, Value] = {}

    def role(self, name: str) -> Value:
        """Return what a role comes to: a number, or a tuple of the entries that run."""
        if name not in self.known:
            own = DERIVED.get((self.variation.rule, name))
            self.known[name] = own(self) if own else self.seen(name, self.variation.frame.roles[name].places)
        return self.known[name]

    def seen(self, name: str, places: str) -> Value:
        if not places or name not in self._arrays():
            return self.specified.value(name)
        running = [k for k, place in enumerate(places) if place == "i"]
        if not running:
            return self.specified.value(name, *(0 for _ in places))
        length = self.variation.frame.length
        return tuple(self.specified.value(name, *(k if p == "i" else 0 for p in places)) for k in range(length))

    def quantity(self, target: str) -> Value:
        """Return what the rule says of a target, at the place that a free index stands for."""
        if f"@{target}" not in self.known:
            own = DERIVED.get((self.variation.rule, target))
            self.known[f"@{target}"] = own(self) if own else entry(self.seen(target, self._places(target)))
        return self.known[f"@{target}"]

    def _arrays(self) -> set[str]:
        program = self.specified.program
        found = {a.name for a in program.arrays if a.shape}
        return found | {
            str(target.base.label) for target in (*program.let, *program.update) if isinstance(target, Indexed)
        }

    def _places(self, target: str) -> str:
        if target in self.variation.frame.roles:
            return self.variation.frame.roles[target].places
        return TARGETS.get((self.variation.rule, target), "")


TARGETS = {
    ("softmax", "y"): "0i",
    ("max_norm", "bounded"): "i0",
    ("clip_by_norm", "clipped"): "i",
    ("prelu", "y"): "0",
    ("prelu", "d_x"): "0",
    ("dense", "y"): "00",
}


def entry(value: Value) -> Value:
    """Return a number: of several the one that a free index stands for."""
    return value[PLACE] if isinstance(value, tuple) else value


@lru_cache(maxsize=512)
def _program(one: Variation) -> Any:
    return rule(one.rule).program(dict(one.dialect), one.frame.options, one.error)


def _numbers(value: Any, arithmetic: Arithmetic) -> Any:
    if isinstance(value, tuple):
        return tuple(_numbers(part, arithmetic) for part in value)
    if isinstance(value, str):
        found = LOGARITHMS[value]
        return found if arithmetic is EXACT else float(found)
    if isinstance(value, int):
        return value
    return arithmetic.number(value)


# -- quantities that a slide shows and the specification has no name for ---------------------------------------


def _measure(at: Situation) -> Value:
    """What a penalty's strength is multiplied by."""
    return at.specified.value("penalty") / at.specified.value("lambda")


def _regularised(at: Situation) -> Value:
    return at.given["cost"] + at.specified.value("penalty")


def _expected_cross_entropy(at: Situation) -> Value:
    """The loss for shares of labels: the mean of what the specification says for each label, over all examples."""
    shares, wanted = at.given["predictions"], at.given["targets"]
    if at.variation.frame.sizes["c"] == 2:
        several = isinstance(shares, tuple)
        pairs = list(zip(shares, wanted, strict=True)) if several else [(shares, wanted)]
        examples = [((1 - p, p), (1 - y, y)) for p, y in pairs]
    elif isinstance(shares[0], tuple):
        examples = list(zip(shares, wanted, strict=True))
    else:
        examples = [(shares, wanted)]
    total = at.arithmetic.number(Fraction(0))
    for row, labels in examples:
        for label, share in enumerate(labels):
            inputs = {**at.specified.inputs, "predictions": (row,), "labels": (label,)}
            total = total + share * Specified(at.specified.program, inputs, at.arithmetic).value("loss")
    return total / at.arithmetic.number(Fraction(len(examples)))


def _label(at: Situation) -> Value:
    if "label" not in at.given:
        raise Undefined("no label")
    return at.given["label"]


def _root(at: Situation) -> Value:
    return at.arithmetic.functions["sqrt"](at.specified.value("batch_variance", 0))


def _next(name: str) -> Callable[[Situation], Value]:
    def value(at: Situation) -> Value:
        program = at.specified.program
        update = {target: e for target, e in program.update.items() if str(getattr(target, "base", "")) == name}
        renamed = replace(
            program,
            update={},
            let={**program.let, **{sympy.IndexedBase(f"next_{name}")[t.indices]: e for t, e in update.items()}},
        )
        return Specified(renamed, at.specified.inputs, at.arithmetic).value(f"next_{name}", 0)

    return value


DERIVED: dict[tuple[str, str], Callable[[Situation], Value]] = {
    **{(penalty, "measure"): _measure for penalty in ("l1", "l2")},
    **{(penalty, "regularised"): _regularised for penalty in ("l1", "l2")},
    **{(penalty, "cost"): lambda at: at.given["cost"] for penalty in ("l1", "l2")},
    ("cross_entropy", "loss"): _expected_cross_entropy,
    ("cross_entropy", "label"): _label,
    ("cross_entropy", "targets"): lambda at: at.given["targets"],
    ("cross_entropy", "predictions"): lambda at: at.given["predictions"],
    ("batch_normalization", "root"): _root,
    ("batch_normalization", "next_mean"): _next("mean"),
    ("batch_normalization", "next_variance"): _next("variance"),
}
