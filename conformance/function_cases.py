"""Cases for functions of arrays, built from what the rule declares: shapes, domains and hyperparameters.

Values come in styles: those at which formulas branch, sizes from tiny to large, ties and zeros. Every number is held
exactly by the dtype, so that the arithmetic is what is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import floor, inf, log2, nan, prod
from random import Random
from typing import Any

from sympy import IndexedBase, Interval, Rational, S, Symbol

from gradspec.reference.arithmetic import number_format
from gradspec.reference.functions import Values
from gradspec.spec import Program, Rule
from gradspec.spec.augmentation.warp import tent
from gradspec.spec.nonfinite import UNLESS_FINITE
from gradspec.spec.rule import Array, Hyperparameter, Option

from .case import FunctionCase
from .programs import program_of

COUNTS = (5, 3, 2, 4)  # distinct sizes, in the order in which the rule names them, so that no two are mistaken
ONES = (1, 1, 1, 1)
WIDE_COUNTS = (7, 5, 3, 2)
EQUAL_COUNTS = (4, 4, 4, 4)
FEWER: dict[tuple[int, ...], tuple[int, ...]] = {  # where all depends on all
    ONES: ONES,
    COUNTS: (3, 2),
    WIDE_COUNTS: (7, 3),
    EQUAL_COUNTS: (3, 3),
}
ELEMENTS = 67  # two vector registers of half precision, and a remainder


@dataclass(frozen=True, slots=True)
class Style:
    """Binary exponents between which sizes lie; `repeat` gives ties, `mixed` takes sizes in no order."""

    lowest: int
    highest: int
    repeat: bool = False
    mixed: bool = False
    zero: bool = False


MODERATE, EQUAL, ZERO = Style(-2, 1), Style(-1, 1, repeat=True), Style(0, 0, zero=True)
FEW_BITS = 3  # of a mantissa, so that every dtype holds it


def build_function_cases(
    rule: Rule, dtype: str, on: tuple[str, ...], *, level: int = 2, seed: int = 0
) -> list[FunctionCase]:
    """Return the cases of a function with the options `on`, up to `level`; equal arguments give equal cases."""
    return list(_cases(rule, dtype, on, level, seed))


def _cases(rule: Rule, dtype: str, on: tuple[str, ...], level: int, seed: int) -> Iterator[FunctionCase]:
    plan = _Plan(rule, dtype, on, seed, program_of(rule, {}, on))
    wide = dtype in ("float64", "float32")
    small, large = (-30, 6) if wide else (-6, 3)
    if plan.elementwise:
        yield plan.case("one", 0, "a single number", MODERATE, shape=(1,))
        yield plan.case("grid", 0, "an array with two dimensions", MODERATE, shape=(2, 3))
        if level >= 1:
            for variant in range(2):
                why = "both signs, from tiny to large, and both zeros"
                yield plan.case(f"sweep-{variant}", 1, why, Style(small, large), variant, shape=(ELEMENTS,))
        if level >= 2:
            why = "numbers so large that exponentials overflow"
            yield plan.case("large", 2, why, Style(large, plan.largest), shape=(ELEMENTS,))
        if level >= 4:
            yield plan.case("empty", 4, "no number at all", MODERATE, shape=(0,))
    else:
        yield plan.case("one", 0, "arrays of one number", MODERATE, counts=ONES)
        yield plan.case("moderate", 0, "numbers near 1", MODERATE)
        if level >= 1:
            for variant in (0, 1, 2, 4) if plan.interpolates else (0, 1):
                yield plan.case(
                    f"sizes-{variant}", 1, "other sizes, and numbers up to 8", Style(-4, 2), variant, counts=WIDE_COUNTS
                )
            yield plan.case("small", 1, "numbers somewhat below 1", Style(-3, -1))
            if plan.classifies:
                yield plan.case(
                    "bounds",
                    1,
                    "bounds so far from 0 that many shares lie beyond",
                    Style(-1, 0),
                    counts=WIDE_COUNTS,
                    coarse=True,
                )
            yield plan.case("ties", 1, "equal numbers", EQUAL, counts=EQUAL_COUNTS)
            yield plan.case("zeros", 1, "nothing but zeros", ZERO)
        if level >= 2:
            spread = Style(-34 if wide else -6, 2, mixed=True)
            yield plan.case("mixed", 2, "tiny and large numbers side by side", spread, counts=WIDE_COUNTS)
            yield plan.case(
                "mixed-2", 2, "tiny and large numbers side by side", Style(-12 if wide else -4, 4, mixed=True)
            )
            if wide:
                yield plan.case(
                    "fine", 2, "bounds and numbers so small that a constant shows", Style(-14, -10), fine=True
                )
            yield plan.case("tiny", 2, "numbers near 0", Style(small // 2, small // 2 + 3))
            yield plan.case("large", 2, "large numbers", Style(4, large))
            if plan.decides_specials:
                for name, value in (("infinity", inf), ("negative-infinity", -inf), ("nan", nan)):
                    yield plan.special(plan.case(name, 2, "one number that is not finite", Style(2, 2)), value)
    if level >= 3 and wide:
        yield plan.case(
            "defaults",
            3,
            "the rule's own decimal defaults, which no binary format holds",
            MODERATE,
            decimal=True,
            shape=(ELEMENTS,),
        )
    if level >= 6:
        for number in range(8):
            why = "random sizes and random dyadic hyperparameters"
            yield plan.case(f"random-{seed}-{number}", 6, why, Style(-5, 3), shape=(ELEMENTS,), shuffled=True)


@dataclass(frozen=True, slots=True)
class _Plan:
    rule: Rule
    dtype: str
    on: tuple[str, ...]
    seed: int
    program: Program

    @property
    def elementwise(self) -> bool:
        return not any(isinstance(a.symbol, IndexedBase) for a in self.program.arrays)

    @property
    def interpolates(self) -> bool:
        """Whether elements are looked up between others: then every one depends on all, and trees grow fast."""
        return any(equation.has(tent) for equation in self.program.let.values())

    @property
    def decides_specials(self) -> bool:
        """Whether some dialect says what is to become of infinities and NaN."""
        equations = (e for axis in self.rule.axes for value in axis.values for e in value.equations.values())
        return any(equation.has(*UNLESS_FINITE) for equation in equations)

    def special(self, case: FunctionCase, value: float) -> FunctionCase:
        """The case with `value` in place of the first array's second number."""
        first, *others = case.arrays
        numbers = (first.numbers[0], value, *first.numbers[2:])
        return replace(case, arrays=(Values(first.shape, numbers), *others))

    @property
    def classifies(self) -> bool:
        return any(array.labels is not None for array in self.program.arrays)

    @property
    def largest(self) -> int:
        """The binary exponent up to which inputs go: exponentials overflow long before, exact ones long after."""
        return min(number_format(self.dtype).largest_exponent - 1, 40)

    def case(
        self,
        name: str,
        level: int,
        why: str,
        style: Style,
        variant: int = 0,
        *,
        shape: tuple[int, ...] = (),
        counts: tuple[int, ...] = COUNTS,
        decimal: bool = False,
        shuffled: bool = False,
        fine: bool = False,
        coarse: bool = False,
    ) -> FunctionCase:
        random = Random(f"{self.rule.name} {self.on} {name} {self.seed}")
        counts = FEWER[counts] if self.interpolates else counts
        numbers = self.hyperparameters(variant, decimal, random if shuffled else None)
        if fine:  # bounds; not what is small already, nor a share
            unbounded = {
                h.name for h in self.rule.hyperparameters if h.domain.sup.is_infinite and h.default > Rational(1, 256)
            }
            numbers = {k: 2.0**-12 if k in unbounded else value for k, value in numbers.items()}
        if coarse:
            numbers = {k: 1 / 4 if 0 < value < 1 / 128 else value for k, value in numbers.items()}
        arrays = tuple(self.arrays(random, style, shape, counts))
        options = {
            o.name: numbers[o.name] if o.symbol is not None else True for o in self.rule.options if o.name in self.on
        }
        kept = {h.name: numbers[h.name] for h in self.rule.hyperparameters}
        slug = f"{self.rule.name}/{self.dtype}/{'+'.join(self.on) or 'plain'}/{name}"
        return FunctionCase(slug, self.rule.name, self.dtype, level, why, arrays, kept, options)

    def arrays(self, random: Random, style: Style, shape: tuple[int, ...], counts: tuple[int, ...]) -> Iterator[Values]:
        sizes: dict[Symbol, int] = {}
        for array in self.program.arrays:
            for size in array.shape:
                for symbol in sorted(size.free_symbols, key=str):
                    if symbol not in sizes:
                        sizes[symbol] = counts[len(sizes)]
        for which, array in enumerate(self.program.arrays):
            own = tuple(int(size.xreplace(sizes)) for size in array.shape) if array.shape else shape
            if isinstance(array.symbol, Symbol) and not self.elementwise:
                own = ()
            if array.labels is not None:
                yield Values(own, tuple(float(random.randrange(sizes[array.labels])) for _ in range(prod(own))))
            elif array.name.startswith("upstream"):
                yield Values(own, tuple(_mantissa(random) for _ in range(prod(own))))
            else:
                yield Values(own, tuple(_numbers(random, style, array, prod(own), 2 * which)))

    def hyperparameters(self, variant: int, decimal: bool, random: Random | None) -> dict[str, float]:
        """A dyadic value for every hyperparameter and numeric option, distinct where the domain allows it."""
        entries: list[Hyperparameter | Option] = [*self.rule.hyperparameters]
        entries += [o for o in self.rule.options if o.symbol is not None]
        chosen: dict[str, float] = {}
        for number, entry in enumerate(entries):
            usual = entry.default if isinstance(entry, Hyperparameter) else entry.neutral
            default = 1.0 if usual is None else float(usual)
            if decimal and isinstance(entry, Hyperparameter):
                chosen[entry.name] = default
                continue
            chosen[entry.name] = _dyadic(entry.domain, default, number, variant, random)
        return chosen


def _dyadic(domain: Any, default: float, number: int, variant: int, random: Random | None) -> float:
    """A number with few bits in the domain: small where the default is small, else between 1/4 and 3."""
    if domain is S.Naturals:  # a count
        return (3, 6, 5, 12)[(number + variant) % 4] if random is None else random.randrange(1, 9)
    share = domain is not None and domain.sup == 1
    if random is not None:
        return random.randrange(1, 16) / 16 if share else random.randrange(1, 64) / 16
    if 0 < default < 1 / 256 or (default == 0 and domain is not None and domain.inf == 0):
        return float(2.0 ** (-8 - 2 * variant - number))
    scale = 2.0 ** floor(log2(default)) if default > 8 else 1.0  # an angle in degrees, say
    pool = (3 / 4, 1 / 4, 1 / 2, 7 / 8) if share else tuple(scale * x for x in (3 / 4, 5 / 2, 3 / 2, 1 / 4, 2.0))
    sign = -1 if domain is S.Reals and (number + variant) % 2 else 1
    return sign * pool[(number + variant) % len(pool)]


def _numbers(random: Random, style: Style, array: Array, count: int, shift: int) -> Iterator[float]:
    """Both zeros stand at a place of each array's own, so that zeros do not meet."""
    first = (count // 3 + shift) % max(count, 1)
    second = (first + max(count // 6, 1)) % max(count, 1)
    for number in range(count):
        if style.zero:
            value = 0.0
        elif count > 2 and not style.repeat and number in (first, second):
            value = 0.0 if number == first else -0.0
        else:
            step = number // 2 if style.repeat else number
            exponent = style.lowest + (style.highest - style.lowest) * step // max(count - 1, 1)
            if style.mixed:
                exponent = random.randint(style.lowest, style.highest)
            value = (1.0 if style.repeat else _mantissa(random)) * 2.0**exponent
        yield _within(value, array.domain)


def _mantissa(random: Random) -> float:
    """A signed number in [1, 2) with few bits."""
    return random.choice((-1.0, 1.0)) * (1 + random.randrange(2**FEW_BITS) * 2.0**-FEW_BITS)


def _within(value: float, domain: Any) -> float:
    """`value` moved into a domain: sizes for non-negative numbers, fractions of a power of two for shares."""
    share, size = _asks(domain)
    if not size:
        return value
    value = abs(value)
    return value if not share or value < 1 else value / 2.0 ** (int(log2(value)) + 1)


@cache
def _asks(domain: Any) -> tuple[bool, bool]:
    """Whether a domain holds shares only, and whether it holds sizes only."""
    if not isinstance(domain, Interval):
        return False, False
    return domain.inf == 0 and domain.sup == 1, bool(domain.inf >= 0)


def storable(case: FunctionCase) -> bool:
    """Whether the case's dtype holds every input exactly; cases that are built must satisfy this."""
    number = number_format(case.dtype)
    values = [x for array in case.arrays for x in array.numbers if x - x == 0]
    return all(number.round(Fraction(value)) == Fraction(value) for value in values)
