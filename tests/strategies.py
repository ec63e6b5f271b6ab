"""What the property tests draw: dialects with options, numbers in their domains, gradients by class.

Everything is read off a `Rule`. A gradient belongs to a class that says what it is there for, so that a test
can count what it has really seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import product
from math import frexp
from typing import Any

from hypothesis import strategies as st

from gradspec.conformance.scoring import at_parameter
from gradspec.reference.arithmetic import Format, number_format
from gradspec.reference.evaluate import tree_of
from gradspec.reference.tree import GIVEN
from gradspec.spec import Program, Rule, of_kind, rule
from gradspec.spec.rule import Hyperparameter, Option

from .covering import covering_array, every_row

STEPS = 5
CHANGE = 3  # the first step with another learning rate, from 0
#: What each coordinate is there for; every one starts both at w = 0 and at w ≠ 0.
CLASSES = (
    "epsilon dominant",
    "epsilon comparable",
    "epsilon negligible",
    "zero gradient",
    "sign change",
    "early spike",
    "subnormal gradient",
    "underflowing square",
    "large gradient",
)
#: Classes whose gradients are what they are only while nothing is added to them.
PURE = ("subnormal gradient", "underflowing square", "large gradient")


@dataclass(frozen=True)
class Choice:
    """A rule with one value per visible axis and a set of options; `name` says which."""

    rule: str
    name: str
    dialect: Mapping[str, str] = field(hash=False)
    on: tuple[str, ...]

    @property
    def program(self) -> Program:
        return _program(self.rule, tuple(self.dialect.items()), self.on)

    @cached_property
    def looks_ahead(self) -> bool:
        return not at_parameter(self.program)


@cache
def classes_of(choice: Choice) -> tuple[str, ...]:
    """The classes that examples of a choice can have; where nothing is called ε there is none to compare with.

    Where a formula asks whether a sum of squares is positive, squares that vanish leave that open: nothing is decided.
    """
    guarded = any(node.kind == "where_positive" for node in tree_of(choice.program, GIVEN).nodes)
    return tuple(
        kind
        for kind in (*CLASSES, "w = 0", "w ≠ 0", "changed learning rate")
        if ("epsilon" in choice.program.symbols or "epsilon" not in kind)
        and not (guarded and kind == "subnormal gradient")
    )


def counts_its_steps(choice: Choice) -> bool:
    """Whether the number of the step enters the formula, beyond the question whether it is the first."""
    return any(node.kind in ("step", "step_power") for node in tree_of(choice.program, GIVEN).nodes)


@cache
def _program(name: str, dialect: tuple[tuple[str, str], ...], on: tuple[str, ...]) -> Program:
    return rule(name).program(dict(dialect), on)


def columns(rule: Rule) -> dict[str, tuple[str, ...]]:
    """One column per axis and per option; an axis that shows only under an option belongs to its column."""
    cells = {axis.name: axis.names for axis in rule.axes if axis.under is None}
    for option in rule.options:
        under = [axis.names for axis in rule.axes if axis.under == option.name]
        cells[option.name] = ("off", *("+".join(values) or "on" for values in product(*under)))
    return cells


def allowed(rule: Rule, row: Mapping[str, str]) -> bool:
    return all(row[o.name] == "off" or "off" not in [row[name] for name in o.requires] for o in rule.options)


def choice(rule: Rule, row: Mapping[str, str]) -> Choice:
    on = tuple(option.name for option in rule.options if row[option.name] != "off")
    dialect = {axis.name: row[axis.name] for axis in rule.axes if axis.under is None}
    for option in on:
        under = [axis.name for axis in rule.axes if axis.under == option]
        dialect |= dict(zip(under, row[option].split("+"), strict=False))
    name = ",".join(f"{column}={cell}" for column, cell in row.items() if cell != "off")
    return Choice(rule.name, f"{rule.name}:{name or 'plain'}", dialect, on)


def covering_choices() -> list[Choice]:
    """For every rule the rows of its covering array of strength 2."""
    return [
        choice(each, row)
        for each in of_kind("optimizer").values()
        for row in covering_array(columns(each), lambda row, each=each: allowed(each, row))
    ]


@cache
def every_choice() -> list[Choice]:
    """For every rule the full product of its axes and options."""
    return [
        choice(each, row)
        for each in of_kind("optimizer").values()
        for row in every_row(columns(each), lambda row, each=each: allowed(each, row))
    ]


# Numbers. The dyadic ones are held exactly by every format; the decimal ones carry the error of their storage.
WIDE_SHARES = ([0.0, 1 / 4, 1 / 2, 7 / 8, 127 / 128], [0.1, 0.9, 0.99, 0.999])
WIDE_SIZES = ([2.0**-k for k in (1, 3, 5, 8, 12, 20)], [0.3, 1e-1, 1e-2, 1e-3, 1e-5, 1e-8])
NARROW_SHARES = ([0.0, 1 / 4, 1 / 2, 3 / 4], [0.1, 0.3, 0.6, 0.9])
NARROW_SIZES = ([2.0**-k for k in (1, 2, 3, 4)], [0.6, 0.3, 0.1, 0.05])
RATES = ([2.0**-k for k in (0, 1, 3, 5)], [0.7, 0.3, 0.1, 0.03])


def numbers(entry: Hyperparameter | Option, *, decimal: bool, narrow: bool) -> st.SearchStrategy[float]:
    """Numbers in the domain of a hyperparameter or an option, an option's neutral value left out."""
    if entry.name == "learning_rate":
        return st.sampled_from(RATES[decimal])
    share = entry.domain is not None and entry.domain.sup == 1
    tables = (NARROW_SHARES if narrow else WIDE_SHARES) if share else NARROW_SIZES if narrow else WIDE_SIZES
    values = tables[decimal]
    if isinstance(entry, Option):
        return st.sampled_from([value for value in values if value != entry.neutral])
    return st.sampled_from(values if share or decimal else [*values, 0.0])  # an ε of zero, too


@dataclass(frozen=True)
class Example:
    """A start, and for every step its gradients `slope * point + offset` and its learning rate."""

    w: tuple[float, ...]
    slope: tuple[float, ...]
    offsets: tuple[tuple[float, ...], ...]
    learning_rates: tuple[float, ...]
    settings: dict[str, Any]  # hyperparameters other than the learning rate, and the options that are on
    classes: tuple[str, ...]  # of the coordinates

    def taking(self, kept: Sequence[int]) -> "Example":
        """The same example of these coordinates only, in this order."""
        return Example(
            w=tuple(self.w[i] for i in kept),
            slope=tuple(self.slope[i] for i in kept),
            offsets=tuple(tuple(row[i] for i in kept) for row in self.offsets),
            learning_rates=self.learning_rates,
            settings=self.settings,
            classes=tuple(self.classes[i] for i in kept),
        )

    def counted(self, step: int, i: int) -> Iterator[str]:
        """The classes of one element: what it is an example of."""
        if self.classes[i] != "zero gradient" or self.offsets[step][i] == 0:
            yield self.classes[i]
        yield "w = 0" if self.w[i] == 0 else "w ≠ 0"
        if step >= CHANGE:
            yield "changed learning rate"


def narrow(number: Format) -> bool:
    return number.precision < 24


@cache
def _check_domain(name: str, keyword: str, value: Any) -> None:
    rule(name).check_domain(keyword, value)


@cache
def _degree(choice: Choice) -> int:
    """The highest power of the gradient in the formula."""
    powers = [node.extra for node in tree_of(choice.program, GIVEN).nodes if node.kind == "power"]
    return max(powers, default=1)


@st.composite
def settings_of(draw: st.DrawFn, choice: Choice, dtype: str, *, decimal: bool) -> dict[str, Any]:
    """Draw a value for every hyperparameter but the learning rate, and for the options that are on."""
    chosen: dict[str, Any] = {}
    each = rule(choice.rule)
    small = narrow(number_format(dtype))
    for entry in [*each.hyperparameters, *(option for option in each.options if option.name in choice.on)]:
        if isinstance(entry, Option) and entry.symbol is None:
            chosen[entry.name] = True
        elif entry.name != "learning_rate":
            chosen[entry.name] = draw(numbers(entry, decimal=decimal, narrow=small))
    for name, value in chosen.items():
        _check_domain(choice.rule, name, value)
    return chosen


@st.composite
def examples(draw: st.DrawFn, choice: Choice, dtype: str, *, dyadic: bool = False) -> Example:
    """Draw numbers, either all dyadic or all decimal, and one coordinate for every class and start."""
    decimal = not dyadic and draw(st.booleans())
    settings = draw(settings_of(choice, dtype, decimal=decimal))
    first, last = draw(st.permutations(RATES[decimal]))[:2]
    kinds = [kind for kind in classes_of(choice) if kind in CLASSES]
    classes = tuple(kind for kind in kinds for _ in range(2))
    noise = draw(st.binary(min_size=len(classes) * (STEPS + 1), max_size=len(classes) * (STEPS + 1)))
    sizes = Sizes.of(choice, settings, dtype)
    rows = [noise[k * len(classes) : (k + 1) * len(classes)] for k in range(STEPS + 1)]
    signs = [-1 if byte & 1 else 1 for byte in rows[0]]
    return Example(
        w=tuple(signs[i] * mantissa(rows[0][i]) if i % 2 else 0.0 for i in range(len(classes))),
        slope=tuple(
            signs[i] * mantissa(rows[0][i]) / 2 if choice.looks_ahead and kind not in PURE else 0.0
            for i, kind in enumerate(classes)
        ),
        offsets=tuple(
            tuple(sizes.gradient(kind, k, rows[k + 1][i]) * signs[-1 - i] for i, kind in enumerate(classes))
            for k in range(STEPS)
        ),
        learning_rates=tuple(last if k >= CHANGE else first for k in range(STEPS)),
        settings=settings,
        classes=classes,
    )


def mantissa(byte: int) -> float:
    """A number in [1, 2) that every format holds."""
    return 1 + (byte >> 1) % 16 / 16


@dataclass(frozen=True)
class Sizes:
    """How large the gradients of a class are, for one program and one format."""

    number: Format
    epsilon: int  # the binary exponent of gradients that ε is comparable with
    degree: int  # the highest power of the gradient in the program
    quiet: bool  # whether the first gradient has to stay far below ε

    @classmethod
    def of(cls, choice: Choice, settings: Mapping[str, Any], dtype: str) -> "Sizes":
        exponent = frexp(settings.get("epsilon") or 1.0)[1] - 1
        inside = choice.dialect.get("epsilon_place", "").startswith("inside")
        # One gradient has no variance: of a corrected one only rounding errors are left, and a buffer keeps them.
        quiet = {"centered", "bias_correction"} <= {*choice.on}
        return cls(number_format(dtype), exponent // 2 if inside else exponent, _degree(choice), quiet)

    def gradient(self, kind: str, step: int, byte: int) -> float:
        """A gradient of that class; `byte` supplies its mantissa, the sign where it changes, and a jitter."""
        gap, jitter = (3 if narrow(self.number) else 7), byte >> 5 & 3
        lowest, highest = self.number.smallest_exponent, self.number.largest_exponent
        margin = 8 if self.number.name == "float16" else 16
        exponent = {
            "epsilon dominant": self.epsilon - gap - jitter,
            "epsilon comparable": self.epsilon + jitter - 1,
            "epsilon negligible": self.epsilon + gap + jitter,
            "zero gradient": -jitter,
            "sign change": -jitter,
            "early spike": gap if step == 1 else -jitter,
            "subnormal gradient": lowest - 1 - (jitter if self.number.name != "bfloat16" else jitter % 3),
            "underflowing square": (lowest - self.number.precision) // 2 - jitter,
            "large gradient": (highest - margin) // self.degree - jitter,
        }[kind]
        if kind == "zero gradient" and step % 2 == 0:
            return 0.0
        if self.quiet and step == 0 and kind not in ("subnormal gradient", "underflowing square"):
            exponent = self.epsilon - gap - jitter
        sign = (-1) ** step if kind == "sign change" else 1
        return float(sign * mantissa(byte) * 2.0**exponent)


@dataclass(frozen=True)
class Late:
    """An example that starts from a state of long standing and ends at `step`."""

    example: Example
    step: int
    state: Mapping[str, tuple[float, ...]]  # by symbol


@st.composite
def late_examples(draw: st.DrawFn, choice: Choice, dtype: str, steps: tuple[int, ...]) -> Late:
    """Draw two steps that end at one of `steps`, from averages of about the size of the gradients."""
    example = draw(examples(choice, dtype))
    step = draw(st.sampled_from(steps))
    kept = [i for i, kind in enumerate(example.classes) if kind not in PURE]
    noise = draw(st.binary(min_size=len(kept), max_size=len(kept)))
    sizes = [max(abs(row[i]) for row in example.offsets) for i in kept]
    means = tuple(2 ** (frexp(size)[1] - 3) * mantissa(byte) for size, byte in zip(sizes, noise, strict=True))
    state = {
        "m": means,
        "a": means,
        "b": means,
        "s": tuple(2 ** (2 * frexp(size)[1]) * mantissa(byte) for size, byte in zip(sizes, noise, strict=True)),
        "s_max": tuple(2 ** (2 * frexp(size)[1] + byte % 3 - 1) * 1.5 for size, byte in zip(sizes, noise, strict=True)),
        "eta_first": (example.learning_rates[0],) * len(kept),
    }
    two = replace(
        example.taking(kept), offsets=example.taking(kept).offsets[:2], learning_rates=example.learning_rates[:2]
    )
    return Late(two, step, state)
