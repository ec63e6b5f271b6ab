"""Cases for layers: those of a function of the same arrays, after earlier batches; large means; and samples.

Hyperparameters are the rule's defaults with few bits, so that every dtype holds them and rate 1/2 is never met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import frexp, ldexp, prod
from random import Random, SystemRandom

from sympy import FiniteSet, Interval

from gradspec.reference.arithmetic import number_format
from gradspec.reference.functions import Values
from gradspec.spec import Program, Rule
from gradspec.spec.rule import Array

from .case import FunctionCase, SampleCase
from .function_cases import build_function_cases
from .programs import program_of

LAW = "law"  # the option under which a rule states the law of what it draws
SAMPLES, LARGE_SAMPLES = (256, 128), (2048, 1024)
TINY = 2.0**-8  # what stands for defaults too small to be seen beside numbers near 1


def build_layer_cases(
    rule: Rule, dtype: str, on: tuple[str, ...], *, level: int = 2, seed: int = 0
) -> list[FunctionCase]:
    """Return the cases of a layer with the options `on`, up to `level`; equal arguments give equal cases."""
    program = program_of(rule, {}, on)
    cases = build_function_cases(rule, dtype, on, level=level, seed=seed)
    if rule.state:
        cases += _large_means(rule, dtype, cases) if "inference" not in on else []
    return [
        _prepared(rule, program, case, number)
        for number, case in enumerate(cases)
        # A batch of one has no gradient to speak of, and some libraries refuse it.
        if not ("derivative" in on and rule.state and case.arrays[0].shape[0] == 1)
    ]


def build_samples(rule: Rule, dtype: str, *, level: int = 2, seed: int = 0) -> list[SampleCase]:
    """Return the cases on which the law of a rule's random numbers is tested; seed 0 stands for a fresh one."""
    found = []
    for variant, shape in enumerate([SAMPLES, SAMPLES, *([LARGE_SAMPLES] if level >= 5 else [])]):
        # Powers of two, negative: a random factor can be read off without rounding.
        values = Values(shape, tuple(-(2.0 ** (k % 5 - 2)) for k in range(prod(shape))))
        drawn_from = SystemRandom().randrange(1, 2**31 - 1) if seed == 0 else 2 * (seed + variant)
        found.append(
            SampleCase(
                f"{rule.name}/{dtype}/law/sample-{variant}", rule.name, dtype, 2, "many random numbers", values,
                _hyperparameters(rule, variant % 2), {LAW: True}, drawn_from,
            )
        )  # fmt: skip
    return found


def _hyperparameters(rule: Rule, variant: int) -> dict[str, float]:
    """The defaults with three significant bits, halved in the second variant."""
    return {h.name: _few_bits(max(float(h.default), TINY)) / 2**variant for h in rule.hyperparameters}


def _few_bits(value: float) -> float:
    mantissa, exponent = frexp(value)
    return ldexp(round(mantissa * 8), exponent - 3)


def _prepared(rule: Rule, program: Program, case: FunctionCase, number: int) -> FunctionCase:
    """The case with hyperparameters of a layer and random arrays in their domain; every third at the initial state."""
    random = Random(f"{case.name} layer")
    arrays = [_drawn(a, v, random) for a, v in zip(program.arrays, case.arrays, strict=True)]
    before: tuple[Values, ...] = ()
    if rule.state:
        earlier = 0 if arrays[0].shape[0] == 1 or case.name.endswith("-mean") else number % 3
        before = tuple(_batch(arrays[0], random) for _ in range(earlier))
        start = {str(target.base.label): float(value) for target, value in rule.state.items()}
        if not before:
            arrays = [
                Values(v.shape, (start[a.name],) * len(v.numbers)) if a.name in start else v
                for a, v in zip(program.arrays, arrays, strict=True)
            ]
    given = case.hyperparameters if case.name.endswith("/defaults") else _hyperparameters(rule, number % 2)
    return replace(case, arrays=tuple(arrays), hyperparameters=given, before=before)


def _drawn(array: Array, values: Values, random: Random) -> Values:
    """Values moved into a domain of few elements, or off the open end of an interval."""
    if isinstance(array.domain, FiniteSet):
        choices = [float(x) for x in array.domain.args]
        return Values(values.shape, tuple(random.choice(choices) for _ in values.numbers))
    if isinstance(array.domain, Interval) and array.domain.left_open:
        edge = float(array.domain.inf)
        return Values(values.shape, tuple(edge + 0.25 if x == edge else x for x in values.numbers))
    return values


def _batch(like: Values, random: Random) -> Values:
    return Values(like.shape, tuple(random.choice((-1.0, 1.0)) * (1 + random.randrange(8) / 8) for _ in like.numbers))


def _large_means(rule: Rule, dtype: str, cases: list[FunctionCase]) -> Iterator[FunctionCase]:
    """Sixteen examples with deviation 1 about means that leave nothing of a difference of squares."""
    digits = number_format(dtype).precision
    moderate = next(case for case in cases if case.name.endswith("/moderate"))
    for name, mean in (("large-mean", 1e4), ("huge-mean", 2.0**28)):
        if mean * 64 >= 2.0**digits:
            continue
        random = Random(f"{rule.name} {name}")
        features = 2
        batch = tuple(mean + round(random.gauss(0, 1) * 32) / 32 for _ in range(16 * features))
        arrays = [Values((16, features), batch)]
        for given in moderate.arrays[1:]:
            shape = (16, features) if len(given.shape) == 2 else (features,)
            arrays.append(
                Values(shape, tuple(given.numbers[k % len(given.numbers)] or 1.0 for k in range(prod(shape))))
            )
        slug = moderate.name.removesuffix("moderate") + name
        why = f"deviation 1 about a mean of {mean:g}"
        yield replace(moderate, name=slug, level=1, why=why, arrays=tuple(arrays))
