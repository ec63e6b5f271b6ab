"""Builds the cases of a rule from the rule itself: inputs chosen by conditioning, not by taste.

Hyperparameters are dyadic, so that no implementation rounds them; gradients run through forty binary orders of
magnitude, so that ε is dominant, comparable and negligible; half of the parameters start at zero, where the parameter
*is* the update; signs change, one early spike separates a running maximum, and the learning rate changes mid-way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any

from gradspec.reference.arithmetic import number_format
from gradspec.reference.identity import Same
from gradspec.spec import Rule
from gradspec.spec.rule import Hyperparameter, Option

from .case import AnyCase, Case, Slopes
from .function_cases import build_function_cases
from .layer_cases import build_layer_cases
from .programs import program_of
from .scoring import at_parameter

COORDINATES = 35  # two vector registers of single precision, and a remainder
LONG_COORDINATES = 11

# Level 0: shapes; 1: identification in a few steps; 2: longer runs; 3: decimal hyperparameters; 4: edges; 6: random cases.


@dataclass(frozen=True, slots=True)
class Range:
    """Binary exponents of gradients, size of the early spike, and the dyadic hyperparameters that a dtype can resolve."""

    lowest: int
    highest: int
    spike: int
    limit: float  # no gradient is larger, so that no square and no sum of squares comes near overflow
    fractions: tuple[tuple[Fraction, ...], ...]  # for domains [0, 1), in the order of the rule's hyperparameters
    sizes: tuple[tuple[Fraction, ...], ...]  # for unbounded domains
    rate: Fraction


F = Fraction
WIDE = Range(
    -30, 10, 256, 2.0**18,
    ((F(7, 8), F(127, 128), F(3, 4)), (F(1, 2), F(15, 16), F(1, 4))),
    ((F(1, 2**10), F(1, 2**6), F(1, 2**3), F(1, 2**5)), (F(1, 2**20), F(1, 2**12), F(1, 2**5), F(1, 2**7))),
    F(1, 8),
)  # fmt: skip
NARROW = Range(
    -6, 3, 64, 64.0,
    ((F(1, 2), F(1, 2), F(1, 4)), (F(3, 4), F(1, 2), F(1, 4))),
    ((F(1, 16), F(1, 8), F(1, 4), F(1, 2)), (F(3, 4), F(1, 4), F(1, 2), F(1, 8))),
    F(1, 8),
)  # fmt: skip
RANGES = {"float64": WIDE, "float32": WIDE, "bfloat16": NARROW, "float16": replace(NARROW, highest=2, limit=32.0)}


def contexts(rule: Rule, offered: frozenset[str]) -> list[tuple[str, ...]]:
    """The sets of options that are switched on in turn: none, then every offered one with what it requires.

    What changes a function changes its gradient too: where gradients are offered they are asked for under every option.
    """
    wanted = [rule.switched_on(o.name) for o in rule.options if o.name in offered and set(o.requires) <= offered]
    gradients = {o.name for o in rule.options if o.differentiates and o.name in offered}
    both = [{*on, *gradients} for on in wanted] if rule.kind == "function" else []
    wanted += [tuple(o.name for o in rule.options if o.name in on) for on in both]
    return [(), *dict.fromkeys(wanted)]


def looks_ahead(rule: Rule) -> bool:
    """Whether some dialect of the rule takes its gradient elsewhere than at the parameter."""
    on: frozenset[str] = frozenset()
    if rule.kind != "optimizer":
        return False
    return not all(at_parameter(program_of(rule, d, on)) for d in rule.dialects(on))


def build_cases(rule: Rule, dtype: str, on: tuple[str, ...], *, level: int = 2, seed: int = 0) -> list[AnyCase]:
    """Return the cases of `rule` with the options `on`, up to `level`; equal arguments give equal cases."""
    return list(_built(Same(rule), dtype, on, level, seed))


@lru_cache(maxsize=1024)
def _built(same: Same[Rule], dtype: str, on: tuple[str, ...], level: int, seed: int) -> tuple[AnyCase, ...]:
    rule = same.value
    if rule.kind == "function":
        return tuple(build_function_cases(rule, dtype, on, level=level, seed=seed))
    if rule.kind == "layer":
        return tuple(build_layer_cases(rule, dtype, on, level=level, seed=seed))
    return tuple(_cases(rule, dtype, on, level, seed))


def _cases(rule: Rule, dtype: str, on: tuple[str, ...], level: int, seed: int) -> Iterator[Case]:
    window = RANGES[dtype]
    plan = _Plan(rule, dtype, on, window, seed, looks_ahead(rule))
    yield plan.case("one", 0, "a single coordinate, a single step", coordinates=1, steps=1)
    yield plan.case("grid", 0, "an array with two dimensions", coordinates=6, steps=2, shape=(2, 3))
    if level >= 1:
        steps = 5 if window is WIDE else 8
        for variant in range(2):
            why = "epsilon dominant, comparable and negligible; sign changes; a spike; a new learning rate"
            yield plan.case(f"sweep-{variant}", 1, why, coordinates=COORDINATES, steps=steps, variant=variant)
    if level >= 2:
        yield plan.case("long", 2, "a run long enough for a slow drift", coordinates=LONG_COORDINATES, steps=24)
    if level >= 3 and window is WIDE:
        why = "the rule's own decimal defaults, which no binary format holds"
        yield plan.case("defaults", 3, why, coordinates=COORDINATES, steps=5, decimal=True)
    if level >= 4:
        yield plan.case("no-gradient", 4, "all gradients are zero", coordinates=5, steps=3, scale=0)
        yield plan.case("no-rate", 4, "the learning rate is zero", coordinates=5, steps=3, rate=F(0))
        yield plan.case("empty", 4, "no coordinate at all", coordinates=0, steps=2)
    if level >= 6:
        for number in range(8):
            shuffled = replace(plan, seed=seed * 1000 + number + 1)
            why = "random exponents and random dyadic hyperparameters"
            yield shuffled.case(f"random-{seed}-{number}", 6, why, coordinates=COORDINATES, steps=5, shuffled=True)


@dataclass(frozen=True, slots=True)
class _Plan:
    rule: Rule
    dtype: str
    on: tuple[str, ...]
    window: Range
    seed: int
    ahead: bool

    def case(
        self,
        name: str,
        level: int,
        why: str,
        *,
        coordinates: int,
        steps: int,
        variant: int = 0,
        shape: tuple[int, ...] | None = None,
        decimal: bool = False,
        scale: int = 1,
        rate: Fraction | None = None,
        shuffled: bool = False,
    ) -> Case:
        random = Random(f"{self.rule.name} {self.on} {name} {self.seed}")
        numbers = self.numbers(variant, decimal, random if shuffled else None)
        first = self.window.rate if rate is None else rate
        rates = [float(first if k < (steps + 1) // 2 else first / 4) for k in range(steps)]
        gradients = [
            tuple(self.gradient(random, i, coordinates, k, shuffled) * scale for i in range(coordinates))
            for k in range(steps)
        ]
        w = tuple(0.0 if i % 2 == 0 else self.mantissa(random) for i in range(coordinates))
        inputs: tuple[Any, ...] = tuple(gradients)
        if self.ahead or name == "long":  # the long run lets every rule see a gradient that depends on the point
            slope = tuple(self.mantissa(random) / 2 * scale for _ in range(coordinates))
            inputs = tuple(Slopes(slope, offsets) for offsets in gradients)
        options = {
            o.name: numbers[o.name] if o.symbol is not None else True for o in self.rule.options if o.name in self.on
        }
        hyperparameters = {h.name: numbers[h.name] for h in self.rule.hyperparameters if h.name != "learning_rate"}
        context = "+".join(self.on) or "plain"
        slug = f"{self.rule.name}/{self.dtype}/{context}/{name}"
        return Case(
            slug,
            self.rule.name,
            self.dtype,
            level,
            why,
            w,
            inputs,
            tuple(rates),
            hyperparameters,
            options,
            shape,
        )

    def mantissa(self, random: Random) -> float:
        """A signed number in [1, 2) with few bits, so that every dtype holds it."""
        return random.choice((-1, 1)) * (1 + random.randrange(16) / 16)

    def gradient(self, random: Random, i: int, coordinates: int, step: int, shuffled: bool) -> float:
        low, high = self.window.lowest, self.window.highest
        exponent = low + (high - low) * i // max(coordinates - 1, 1) if coordinates > 1 else -4
        if shuffled:
            exponent = random.randint(low, high)
        value = self.mantissa(random) * 2.0**exponent
        if step == 0 and i % 4 == 1:
            value *= self.window.spike
        if i % 9 == 4 and step % 2 == 1:
            return 0.0
        return max(-self.window.limit, min(self.window.limit, value))

    def numbers(self, variant: int, decimal: bool, random: Random | None) -> dict[str, float]:
        """A value for every hyperparameter and numeric option, distinct where the domain allows it."""
        entries: list[Hyperparameter | Option] = [h for h in self.rule.hyperparameters if h.name != "learning_rate"]
        entries += [o for o in self.rule.options if o.symbol is not None]
        chosen: dict[str, float] = {}
        shares, sizes = list(self.window.fractions[variant]), list(self.window.sizes[variant])
        for entry in entries:
            pool = shares if entry.domain is not None and entry.domain.sup == 1 else sizes
            value = pool.pop(0)
            pool.append(value)
            if random is not None:
                value = F(random.randrange(1, 16), 16) if pool is shares else F(1, 2 ** random.randrange(2, 16))
            if decimal and isinstance(entry, Hyperparameter):
                value = F(int(entry.default.p), int(entry.default.q))
            chosen[entry.name] = float(value)
        return chosen


def storable(case: Case) -> bool:
    """Whether the case's dtype holds every input exactly; cases that are built must satisfy this."""
    number = number_format(case.dtype)
    values = [*case.w]
    for step in case.steps:
        values += [*step.slope, *step.offset] if isinstance(step, Slopes) else step
    return all(number.round(Fraction(value)) == Fraction(value) for value in values)
