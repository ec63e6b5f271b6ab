"""Judges rules that draw numbers, by how many fell where: which distributions are still possible.

Nothing can be compared number by number, so counts are compared with exact probabilities. What is right is rejected with a
probability below 1e-9 a rule and dtype, all counts together; every other dialect and every known error is told from it
with a probability of at least 0.999 (`missed` computes the bound for a pair). Seeds are fresh unless one is given.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from math import prod
from typing import Any

import numpy as np
from sympy import Symbol

from gradspec.reference.distribution import Distribution
from gradspec.spec import Program, Rule
from gradspec.spec import rule as find_rule
from gradspec.spec.vendors import vendor

from .arrays import array_kinds
from .case import Misbehaviour, Unsupported
from .implementation import Claim, Implementation, claimed_axes
from .programs import program_of
from .significance import (
    FALSE_ALARM,
    Cell,
    Finding,
    FloatArray,
    cells,
    miss,
    order_against,
    repeated_block,
    sample_against,
    share_of,
    threshold,
)
from .verdict import AxisResult, Counterexample, Result

Dialect = tuple[tuple[str, str], ...]
Sizes = tuple[tuple[int, ...], int, int]  # kernel, inputs, outputs

LAYOUTS = ("in_out", "out_in")
DTYPES = ("float64", "float32")
# One kernel that is large enough to see what happens once in a million; its sides by level. Others tell the fans apart.
LARGE: dict[int, Sizes] = {0: ((), 128, 512), 2: ((), 1024, 4096), 5: ((), 2048, 8192)}
SMALL: tuple[Sizes, ...] = (((), 256, 64), ((3, 5), 8, 64), ((7,), 32, 12))
SLOPES = (0.5, 2.0)
MOST_TESTS = 256  # counts looked at in one case


@dataclass(frozen=True, slots=True)
class SamplerCase:
    """One array to be drawn. `options` are keywords with their values."""

    rule: str
    dtype: str
    layout: str
    sizes: Sizes
    seed: int
    options: tuple[tuple[str, float], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        kernel, inputs, outputs = self.sizes
        return (*kernel, inputs, outputs) if self.layout == "in_out" else (outputs, inputs, *kernel)

    @property
    def numbers(self) -> dict[str, int | float]:
        """The inputs of the formulas: fans are made from these."""
        kernel, inputs, outputs = self.sizes
        return {"receptive_field": prod(kernel), "inputs": inputs, "outputs": outputs, **dict(self.options)}

    @property
    def switched_on(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.options)

    @property
    def name(self) -> str:
        keywords = "".join(f", {name}={value}" for name, value in self.options)
        return f"{self.rule}({self.shape}, {self.layout!r}, {self.seed}{keywords})"


Runner = Callable[[SamplerCase], FloatArray]


def sampler_cases(rule: Rule, dtype: str, offered: frozenset[str], *, level: int = 2, seed: int) -> list[SamplerCase]:
    """Every array to be drawn, the small ones of a layout first; no two have one seed."""
    large = LARGE[max(at for at in LARGE if at <= level)]
    plans: list[tuple[Sizes, tuple[tuple[str, float], ...]]] = [(sizes, ()) for sizes in (*SMALL, large)]
    for option in rule.options:
        if option.name in offered:
            plans += [(SMALL[k % 2], ((option.name, value),)) for k, value in enumerate(SLOPES)]
    both = [(layout, sizes, options) for layout in LAYOUTS for sizes, options in plans]
    return [
        SamplerCase(rule.name, dtype, layout, sizes, (seed + k) % 2**31, options)
        for k, (layout, sizes, options) in enumerate(both)
    ]


def run_sampler(implementation: Implementation, case: SamplerCase) -> FloatArray:
    """Return what the adapter draws as a NumPy array; raise `Misbehaviour` or `Unsupported` with a one-line reason.

    An adapter that has a keyword `dtype` is told the dtype by name; another one is judged in the dtype that it returns.
    """
    kind = array_kinds()[implementation.arrays]
    function = implementation.offers[case.rule].function
    told = takes_dtype(function)
    keywords = {**dict(case.options), **({"dtype": case.dtype} if told else {})}
    if implementation.arrays == "jax":
        kind.make((), (0,), case.dtype)  # raises where float64 is off
    try:
        drawn: Any = function(case.shape, case.layout, case.seed, **keywords)
    except (Misbehaviour, Unsupported):
        raise
    except NotImplementedError as error:
        raise Unsupported(f"{case.rule}, layout {case.layout}: {error or 'NotImplementedError'}") from error
    except Exception as error:
        raise Misbehaviour(f"{case.name}: the adapter raised {type(error).__name__}: {error}") from error
    if not kind.owns(drawn):
        raise Misbehaviour(f"{case.name}: the adapter returned {type(drawn).__name__}; it must return {kind.word}")
    if (dtype := kind.dtype(drawn)) != case.dtype:
        if told:
            raise Misbehaviour(f"{case.name}: the result has dtype {dtype}; it was asked for {case.dtype}")
        raise Unsupported(
            f"{case.rule}: the adapter draws {dtype}; give it a keyword `dtype` to be judged in {case.dtype}"
        )
    if (shape := tuple(drawn.shape)) != case.shape:
        raise Misbehaviour(f"{case.name}: the result has shape {shape}; it must have the shape that was asked for")
    plain = drawn.detach().cpu().numpy() if implementation.arrays == "torch" else drawn
    array: FloatArray = np.array(plain)  # a copy: the adapter may draw into one buffer
    if not np.isfinite(array).all():
        raise Misbehaviour(f"{case.name}: the result holds NaN or infinities; weights must be finite")
    return array


def takes_dtype(function: Callable[..., Any]) -> bool:
    """Whether an adapter has a keyword `dtype`."""
    return "dtype" in inspect.signature(function).parameters


@dataclass(frozen=True)
class Sample:
    """A case with what was drawn."""

    case: SamplerCase
    array: FloatArray

    @cached_property
    def ordered(self) -> FloatArray:
        return np.sort(self.array.reshape(-1).astype(np.float64))

    def findings(self, rule: Rule, program: Program) -> list[Finding]:
        """Every count that the judge looks at, with what `program` says about it."""
        found = list(sample_against(self.ordered, cells_of(rule, program, self.case)))
        found += order_against(self.array, distribution_of(rule, program, self.case), self.case.dtype)
        assert len(found) <= MOST_TESTS
        return found


def distribution_of(rule: Rule, program: Program, case: SamplerCase) -> Distribution:
    """The distribution that `program` gives to the numbers of a case."""
    return _distribution(program, tuple(rule.inputs), tuple(case.numbers.items()))


def cells_of(rule: Rule, program: Program, case: SamplerCase) -> tuple[Cell, ...]:
    """The cells in which numbers of a case are counted where `program` is asked about."""
    return _cells(program, tuple(rule.inputs), tuple(case.numbers.items()), case.dtype)


@lru_cache(maxsize=512)
def _distribution(
    program: Program, inputs: tuple[Symbol, ...], given: tuple[tuple[str, int | float], ...]
) -> Distribution:
    variable, *others = inputs
    symbols = {str(symbol): symbol for symbol in others} | dict(program.symbols)
    return Distribution(program, variable, {symbols[name]: value for name, value in given})


@lru_cache(maxsize=512)
def _cells(
    program: Program, inputs: tuple[Symbol, ...], given: tuple[tuple[str, int | float], ...], dtype: str
) -> tuple[Cell, ...]:
    return cells(_distribution(program, inputs, given), dtype)


def missed(rule: Rule, actual: Program, judged: Program, cases: Sequence[SamplerCase]) -> float:
    """Return a bound on the probability that draws from `actual` pass for `judged` in all of the cases.

    The best single count decides, so the truth is smaller. Equal programs give 1.
    """
    beyond = threshold(MOST_TESTS * len(cases))
    best = 1.0
    for case in cases:
        truth, size = distribution_of(rule, actual, case), prod(case.shape)
        for cell in cells_of(rule, judged, case):
            share = min(max(share_of(truth, cell), 0.0), 1.0)
            best = min(best, miss(size, share, cell.least, cell.most, beyond))
        if best < FALSE_ALARM:
            break
    return best


def judge_sampler(
    implementation: Implementation,
    rule_name: str,
    dtype: str,
    run: Runner | None = None,
    *,
    claim: Claim | None = None,
    level: int = 2,
    seed: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Return the verdict on one sampler in one dtype. `claim` replaces the implementation's own; no seed: a fresh one."""
    rule = find_rule(rule_name)
    run = run or partial(run_sampler, implementation)
    claimed = _claimed(implementation, rule_name, claim)
    offered = rule_name in implementation.offers
    if not offered or dtype not in implementation.dtypes or dtype not in DTYPES:
        lacking = rule_name if not offered else dtype
        words = f"{implementation.name} does not offer {lacking}"
        if offered and dtype in implementation.dtypes:
            words = f"{dtype}: draws are judged in {' and '.join(DTYPES)}"
        return Result(rule_name, dtype, "unsupported", claimed=claimed, message=words)
    seed = secrets.randbits(31) if seed is None else seed
    options = implementation.offers[rule_name].options
    cases = sampler_cases(rule, dtype, options, level=level, seed=seed)
    progress(f"{implementation.name} {rule_name} {dtype}: {len(cases)} cases, seed {seed}")
    try:
        samples = _drawn(cases, run)
    except Unsupported as reason:
        return Result(rule_name, dtype, "unsupported", claimed=claimed, message=str(reason))
    except Misbehaviour as reason:
        return Result(rule_name, dtype, "error", claimed=claimed, cases=len(cases), message=str(reason))
    return _Trial(implementation, rule, dtype, options, tuple(samples), claimed, seed).result()


def _claimed(implementation: Implementation, rule_name: str, claim: Claim | None) -> dict[str, str] | None:
    stated = claim if claim is not None else implementation.claims.get(rule_name)
    if stated is None or (isinstance(claim, str) and rule_name not in vendor(claim).rows):
        return None
    return claimed_axes(rule_name, stated)


def _drawn(cases: Sequence[SamplerCase], run: Runner) -> list[Sample]:
    """Draw every case in every layout that the adapter has, the first case of each twice more."""
    samples: list[Sample] = []
    refused: Unsupported | None = None
    for layout in LAYOUTS:
        here = [case for case in cases if case.layout == layout]
        try:
            first = run(here[0])
        except Unsupported as reason:
            refused = reason
            continue
        _check_seeds(here[0], first, run)
        try:
            samples += [Sample(here[0], first), *(Sample(case, run(case)) for case in here[1:])]
        except Unsupported as reason:
            raise Misbehaviour(
                f"{reason}; it was offered for the first kernel, so that it must be for every one"
            ) from reason
    if not samples and refused is not None:
        raise refused
    for sample in samples:
        if (found := repeated_block(sample.array)) is not None:
            raise Misbehaviour(
                f"{sample.case.name}: the numbers from place {found[0]} on come again at place {found[1]}; "
                "draw every number of the array anew"
            )
    return samples


def _check_seeds(case: SamplerCase, first: FloatArray, run: Runner) -> None:
    if not np.array_equal(run(case), first):
        raise Misbehaviour(
            f"{case.name}: the same seed gave other numbers the second time; use the seed and nothing else"
        )
    other = SamplerCase(case.rule, case.dtype, case.layout, case.sizes, (case.seed + 2**30) % 2**31, case.options)
    if np.array_equal(run(other), first):
        raise Misbehaviour(f"{case.name}: seed {other.seed} gives the same numbers; use the seed")


@dataclass(frozen=True)
class _Trial:
    """Everything about one sampler while it is being judged."""

    implementation: Implementation
    rule: Rule
    dtype: str
    offered: frozenset[str]
    samples: tuple[Sample, ...]
    claimed: Mapping[str, str] | None
    seed: int
    worst: dict[tuple[Program, SamplerCase], Finding] = field(default_factory=dict)

    @cached_property
    def beyond(self) -> float:
        return threshold(MOST_TESTS * len(self.samples))

    @cached_property
    def dialects(self) -> list[Dialect]:
        return [tuple(d.items()) for d in self.rule.dialects(self.offered)]

    def program(self, dialect: Dialect, case: SamplerCase, error: str | None = None) -> Program:
        names = {axis.name for axis in self.rule.visible_axes(case.switched_on)}
        return program_of(self.rule, {a: v for a, v in dialect if a in names}, case.switched_on, error)

    def most_surprising(self, dialect: Dialect, sample: Sample, error: str | None = None) -> Finding:
        """The count that speaks most against a dialect in one case."""
        program = self.program(dialect, sample.case, error)
        key = (program, sample.case)
        if key not in self.worst:
            found = sample.findings(self.rule, program)
            self.worst[key] = max(found, key=lambda finding: finding.surprise)
        return self.worst[key]

    def accepts(self, dialect: Dialect, sample: Sample, error: str | None = None) -> bool:
        return self.most_surprising(dialect, sample, error).surprise <= self.beyond

    def survivors(self, dialects: Iterable[Dialect], error: str | None = None) -> list[Dialect]:
        left = list(dialects)
        for sample in self.samples:
            left = [d for d in left if self.accepts(d, sample, error)]
        return left

    # -- the verdict -----------------------------------------------------------------------------------------

    def result(self) -> Result:
        left = self.survivors(self.dialects)
        if not left:
            return self.unexplained()
        found = self.describe(left)
        open_axes = [axis for axis, value in found.items() if isinstance(value, list)]
        verdict = "ambiguous" if open_axes else "unique"
        wrong = [
            axis for axis, value in (self.claimed or {}).items()
            if (got := found[axis]) is not None and value not in ([got] if isinstance(got, str) else got)
        ]  # fmt: skip
        agrees = None if self.claimed is None else not wrong
        message = "identified, nothing claimed" if self.claimed is None else ""
        if open_axes:
            message = f"{', '.join(open_axes)}: these draws do not decide; judge at level 2 or above"
        counterexample = None
        if wrong and self.claimed is not None:
            message = ", ".join(f"{axis}: claimed {self.claimed[axis]}, measured {found[axis]}" for axis in wrong)
            counterexample = self.counterexample(self.nearest(), None)
        return self.told(verdict, found, agrees, message, counterexample)

    def describe(self, left: list[Dialect]) -> dict[str, AxisResult]:
        described: dict[str, AxisResult] = {axis.name: None for axis in self.rule.axes}
        for axis in self.rule.visible_axes(self.offered):
            values = list(dict.fromkeys(dict(d)[axis.name] for d in left))
            described[axis.name] = values[0] if len(values) == 1 else values
        return described

    def unexplained(self) -> Result:
        mixed = all(any(self.accepts(d, sample) for d in self.dialects) for sample in self.samples)
        error = None if mixed else self.named_error()
        words = (
            f"named error {error[0]}: {self.rule.error(error[0]).doc}" if error else "no dialect explains every case"
        )
        if mixed:
            words = "every case is explained by some dialect, no dialect explains all"
        nearest = error[1] if error and self.claimed is None else self.nearest()
        nothing: dict[str, AxisResult] = {axis.name: None for axis in self.rule.axes}
        agrees = None if self.claimed is None else False
        return self.told(
            "mixed" if mixed else "none", nothing, agrees, words, self.counterexample(nearest, None), error and error[0]
        )

    def told(
        self,
        verdict: str,
        dialect: Mapping[str, AxisResult],
        agrees: bool | None,
        message: str,
        found: Counterexample | None,
        error: str | None = None,
    ) -> Result:
        if found is not None:
            message = (
                f"{message}; {found.inputs['cell']}: {found.got:.0f} of {found.inputs['total']}, exact: {found.exact}"
            )
        draws = f"seed {self.seed}, chance of a false alarm below {FALSE_ALARM:.0e}"
        return Result(
            self.rule.name, self.dtype, verdict, dialect, self.claimed, agrees, named_error=error, cases=len(self.samples),
            counterexample=found, message=f"{message}; {draws}" if message else draws,
        )  # fmt: skip

    def named_error(self) -> tuple[str, Dialect] | None:
        """The first known error that explains everything, with the dialect that it stands on."""
        for error in self.rule.errors:
            if error.under is not None and error.under not in self.offered:
                continue
            based = [d for d in self.dialects if set(error.dialect.items()) <= set(d)]
            if left := self.survivors(based, error.name):
                return error.name, left[0]
        return None

    def nearest(self) -> Dialect:
        """The dialect to compare with: the claimed one, else the one that explains most cases, then the least surprising."""
        claimed = (self.claimed or {}).items()
        wanted = [d for d in self.dialects if all(dict(d).get(axis, value) == value for axis, value in claimed)]
        if self.claimed is not None and wanted:
            return wanted[0]

        def distance(dialect: Dialect) -> tuple[int, float]:
            found = [self.most_surprising(dialect, sample).surprise for sample in self.samples]
            return sum(s > self.beyond for s in found), max(found)

        return min(self.dialects, key=distance)

    def counterexample(self, dialect: Dialect, error: str | None) -> Counterexample | None:
        """The rejected case with the fewest numbers, plain ones first, and the count that speaks most against the dialect."""
        rejected = [s for s in self.samples if not self.accepts(dialect, s, error)]
        if not rejected:
            return None
        sample = min(rejected, key=lambda s: (bool(s.case.options), s.array.size))
        found, case = self.most_surprising(dialect, sample, error), sample.case
        inputs: dict[str, Any] = {
            "rule": case.rule, "dtype": case.dtype, "shape": list(case.shape), "layout": case.layout, "seed": case.seed,
            "options": dict(case.options), "cell": found.what, "total": found.total, "bound": self.beyond / found.surprise,
        }  # fmt: skip
        exact = f"{found.total * (found.least + found.most) / 2:.6g}"
        if found.most == 0:
            exact = "0, outside of the support"
        code = snippet(self.implementation, case, found, exact, dict(dialect))
        score = found.surprise / self.beyond
        return Counterexample(inputs, 1, float(found.count), exact, score, dict(dialect), code)


def snippet(
    implementation: Implementation, case: SamplerCase, found: Finding, exact: str, dialect: Mapping[str, str]
) -> str:
    """Code that draws the array again and counts."""
    told = takes_dtype(implementation.offers[case.rule].function)
    keywords = "".join(
        f", {k}={v!r}" for k, v in {**dict(case.options), **({"dtype": case.dtype} if told else {})}.items()
    )
    environment = [f"os.environ[{k!r}] = {v!r}" for k, v in implementation.environment.items()]
    target = implementation.origin or implementation.name
    what = " ".join(f"{axis}={value}" for axis, value in dialect.items()) or case.rule
    values = "drawn.detach().cpu().numpy()" if implementation.arrays == "torch" else "numpy.asarray(drawn)"
    count = f"((values > {found.low!r}) & (values <= {found.high!r})).sum()"
    return "\n".join([
        *(["import os", "", *environment, ""] if environment else []),
        "import numpy",
        *(["from numpy import inf"] if "inf" in count else []),
        "from gradspec.conformance import load",
        "",
        f"sampler = load({target!r}).offers[{case.rule!r}].function",
        f"drawn = sampler({case.shape}, {case.layout!r}, {case.seed}{keywords})",
        f"values = {values}.astype(float)",
        f"print({count})  # got {found.count} of {found.total}; {what}: {exact}",
    ])  # fmt: skip
