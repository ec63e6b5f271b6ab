"""Ideal implementations of every dialect and every known error of a function of arrays are recognised as what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gradspec.conformance import Implementation
from gradspec.conformance.case import AnyCase, Outcome
from gradspec.conformance.implementation import Offer
from gradspec.conformance.judging import judge_rule
from gradspec.conformance.scoring import program_for
from gradspec.conformance.simulation import simulate
from gradspec.conformance.verdict import Result
from gradspec.spec import Rule, of_kind

RULES = of_kind("function")
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


def judged(rule: Rule, dtype: str, dialect: dict[str, str], error: str | None = None) -> Result:
    """The verdict on exact arithmetic of a dialect, rounded once."""

    def run(case: AnyCase, *, watch: bool = False) -> Outcome:
        return simulate(program_for(rule, dialect, case, error), case)

    library = Implementation("ideal")
    options = frozenset(option.name for option in rule.options)
    library.offers[rule.name] = Offer(rule.name, _never_called, options, tuple(h.name for h in rule.hyperparameters))
    return judge_rule(library, rule.name, dtype, run, claim=dialect or None)


def _never_called(*arrays: object) -> Callable[..., object]:
    raise AssertionError(arrays)


def one_change_each(rule: Rule) -> Iterator[dict[str, str]]:
    """The first dialect, and those that differ from it in one axis."""
    yield {}
    for axis in rule.axes:
        yield from ({axis.name: value} for value in axis.names[1:])


SLOW = ("shift", "rotate", "resize", "feedforward_network")  # trees of all inputs for every output
DIALECTS = [
    pytest.param(name, dialect, marks=[pytest.mark.deep] * (name in SLOW))
    for name, rule in RULES.items()
    for dialect in one_change_each(rule)
]
LONG = ("cross_entropy", "sigmoid_chain")  # every dialect is tried before an error is named
ERRORS = [
    pytest.param(
        name, error.name, dtype, marks=[pytest.mark.deep] * (name in SLOW or (name in LONG and dtype == "float64"))
    )
    for name, rule in RULES.items()
    for error in rule.errors
    for dtype in ("float64", "float32")
]


@DTYPES
@pytest.mark.parametrize(("name", "dialect"), DIALECTS)
def test_every_axis_value_is_identified(name: str, dialect: dict[str, str], dtype: str) -> None:
    rule = RULES[name]
    result = judged(rule, dtype, rule.complete(dialect))

    assert result.verdict == "unique", result.message
    assert result.agrees is not False, result.message
    for axis, value in rule.complete(dialect).items():
        found = result.dialect[axis]
        assert found is None or value in ([found] if isinstance(found, str) else found)


@pytest.mark.parametrize(("name", "error", "dtype"), ERRORS)
def test_every_named_error_is_recognised(name: str, error: str, dtype: str) -> None:
    rule = RULES[name]
    result = judged(rule, dtype, rule.complete(rule.error(error).dialect), error)

    assert (result.verdict, result.named_error) == ("none", error), result.message
