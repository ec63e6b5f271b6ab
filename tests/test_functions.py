"""Rules that are functions of arrays: derived gradients, other forms, cases, and what is rejected whatever the rule."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy
import pytest
from flint import arb, ctx

from gradspec.conformance import Implementation, Request, judge
from gradspec.conformance.case import FunctionCase
from gradspec.conformance.cases import build_cases, contexts
from gradspec.conformance.function_cases import storable
from gradspec.conformance.scoring import numbers
from gradspec.reference.arithmetic import FORMATS, arithmetic
from gradspec.reference.equality import same_function
from gradspec.reference.functions import Values, exactly, output_shapes, predict_arrays
from gradspec.reference.special import has_specials
from gradspec.spec import Rule, of_kind

RULES = of_kind("function")
SLOW = ("rotate", "resize")  # trees of a whole image for every pixel
EVERY = [pytest.param(rule, id=name, marks=[pytest.mark.deep] * (name in SLOW)) for name, rule in RULES.items()]
FUNCTIONS = pytest.mark.parametrize("rule", EVERY)


def everything(rule: Rule) -> frozenset[str]:
    return frozenset(option.name for option in rule.options)


def gradient_option(rule: Rule) -> str:
    return next(option.name for option in rule.options if option.differentiates)


WITH_GRADIENT = [rule for rule in RULES.values() if any(option.differentiates for option in rule.options)]


@pytest.mark.parametrize("rule", WITH_GRADIENT, ids=lambda rule: rule.name)
def test_derived_gradients_are_those_of_an_exact_difference_quotient(rule: Rule) -> None:
    """Along random directions, at 600 bits, away from where pieces meet."""
    random = Random(rule.name)
    on = rule.switched_on(gradient_option(rule))
    case = next(c for c in build_cases(rule, "float64", on) if c.name.endswith(("/grid", "/moderate")))
    assert isinstance(case, FunctionCase)
    chosen = dict(case.hyperparameters)
    for dialect in rule.dialects(frozenset(), frozenset(on)):
        value, gradient = rule.program(dialect), rule.program(dialect, on)
        own = [
            _off_the_kinks(a, random) if d.labels is None else a
            for a, d in zip(case.arrays, value.arrays, strict=False)
        ]
        upstream = list(case.arrays[len(own) :])
        wanted = [str(t.base.label if hasattr(t, "base") else t)[2:] for t in gradient.update]
        with ctx.workprec(600):
            found = exactly(gradient, [*own, *upstream], chosen)
            for name, slopes in zip(wanted, found, strict=True):
                which = next(k for k, a in enumerate(value.arrays) if a.name == name)
                direction = [random.choice((-1.0, 1.0, 0.5)) for _ in own[which].numbers]
                step = Fraction(1, 2**200)
                ahead, behind = (
                    exactly(value, [*own[:which], _moved(own[which], direction, s), *own[which + 1 :]], chosen)
                    for s in (step, -step)
                )
                total = sum((s * d for s, d in zip(slopes, direction, strict=True)), arb(0))
                quotient = arb(0)
                for row, back, seen in zip(ahead, behind, upstream, strict=True):
                    quotient += sum(((a - b) * u for a, b, u in zip(row, back, seen.numbers, strict=True)), arb(0))
                quotient /= arb(2) * arb(step.numerator) / arb(step.denominator)

                assert abs(total - quotient) < arb(2) ** -150 * (1 + abs(total)), (dialect, name)


def _off_the_kinks(array: Values, random: Random) -> Values:
    return Values(array.shape, tuple(x if x else random.choice((-0.75, 0.625)) for x in array.numbers))


def _moved(array: Values, direction: list[float], step: Fraction) -> Values:
    moved = (Fraction(x) + Fraction(d) * step for x, d in zip(array.numbers, direction, strict=True))
    return Values(array.shape, tuple(arb(x.numerator) / arb(x.denominator) for x in moved))  # type: ignore[arg-type]


@FUNCTIONS
def test_every_form_is_the_same_function(rule: Rule) -> None:
    for on in contexts(rule, everything(rule)):
        for dialect in rule.dialects(frozenset(on), frozenset(on)):
            program = rule.program(dialect, on)
            for form in program.forms:
                assert same_function(program, form), (dialect, on, form.update)


@pytest.mark.parametrize("dtype", FORMATS)
@FUNCTIONS
def test_cases_are_exact_in_their_dtype_and_have_distinct_names(rule: Rule, dtype: str) -> None:
    cases = [c for on in contexts(rule, everything(rule)) for c in build_cases(rule, dtype, on, level=6)]

    assert [c.name for c in cases if not isinstance(c, FunctionCase) or not storable(c)] == []
    assert len({c.name for c in cases}) == len(cases)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@FUNCTIONS
def test_most_elements_of_the_default_cases_are_informative(rule: Rule, dtype: str) -> None:
    known = total = 0
    for on in contexts(rule, everything(rule)):
        for case in build_cases(rule, dtype, on):
            assert isinstance(case, FunctionCase)
            if has_specials(case.arrays):
                continue  # what they tell is no number
            rows = predict_arrays(rule.program({}, on), case.arrays, numbers(case), arithmetic(dtype))
            known += sum(p.informative for row in rows for p in row)
            total += sum(len(row) for row in rows)

    assert known >= 0.9 * total


@pytest.mark.parametrize("what", ["zeros", "the first input"])
@FUNCTIONS
def test_an_adapter_that_ignores_the_rule_fails(rule: Rule, what: str) -> None:
    library = Implementation("lazy", own=True)  # it asks for shapes

    def lazy(*arrays: numpy.ndarray, **_: float) -> object:
        given = [Values(a.shape, ()) for a in arrays]
        outputs = []
        for shape in output_shapes(rule.program(), given):
            first = numpy.resize(arrays[0].astype(arrays[0].dtype), shape)
            outputs.append(numpy.zeros(shape, arrays[0].dtype) if what == "zeros" else first)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    lazy.accepts = {h.name for h in rule.hyperparameters}  # type: ignore[attr-defined]
    library.function(rule.name)(lazy)
    (result,) = judge(library, Request(rules=(rule.name,), dtypes=("float64",))).results

    assert result.verdict in ("none", "mixed"), result.message
    assert result.counterexample is not None
