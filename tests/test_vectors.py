"""Vectors tell every two dialects apart, catch every known error and mutant, and accept every right implementation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import combinations
from random import Random

import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from gradspec.conformance.bundled import row as bundled_row
from gradspec.conformance.case import Case, FunctionCase, Outcome
from gradspec.conformance.cases import build_cases
from gradspec.conformance.implementation import claimed_axes
from gradspec.conformance.layer_cases import LAW
from gradspec.conformance.mutants import mutants
from gradspec.conformance.programs import program_of
from gradspec.conformance.scoring import K, predict, score
from gradspec.conformance.select import start
from gradspec.conformance.session import gradient_at, run_case
from gradspec.conformance.simulation import rounded, simulate
from gradspec.conformance.vectors.building import KINDS, options_of, stated_cases
from gradspec.conformance.vectors.enclosing import ANYTHING, Allowed, allowed
from gradspec.conformance.vectors.hunting import error_key, hunted
from gradspec.conformance.vectors.rounding import above, below, decimal, digits
from gradspec.conformance.vectors.stating import Stated
from gradspec.reference.arithmetic import arithmetic, number_format
from gradspec.reference.equality import same_function
from gradspec.spec import catalogue, of_kind, rule
from gradspec.spec.vendors import vendor

from . import zoo

SLOW = ("shift", "rotate", "resize", "feedforward_network", "sigmoid_chain")  # trees of all inputs for every output
LONG = ("cross_entropy", "batch_normalization", "prelu", "l1", "l2")  # whose proofs and balls take long in float64
DTYPES = ("float64", "float32")
RULES = [
    pytest.param(name, dtype, marks=[pytest.mark.deep] * (name in SLOW or (name in LONG and dtype == "float64")))
    for name in of_kind(*KINDS)
    for dtype in DTYPES
]
QUICK = (*of_kind("optimizer"), "elu", "leaky_relu", "clip_by_norm", "clip_by_value", "max_norm", "dropout", "rrelu")
TO_ALTER = [
    pytest.param(name, dtype, marks=[pytest.mark.deep] * (name not in QUICK))
    for name in of_kind(*KINDS)
    for dtype in DTYPES
]
Options = tuple[str, ...]


@cache
def stated(name: str, dtype: str) -> dict[Options, list[Stated]]:
    return {on: stated_cases(rule(name), dtype, on) for on in options_of(rule(name))}


# -- power -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "dtype"), RULES)
def test_every_two_dialects_are_told_apart_by_a_vector_or_proved_to_be_one_function(name: str, dtype: str) -> None:
    left, apart = [], 0
    for on, vectors in stated(name, dtype).items():
        told = {
            frozenset((_key(one), _key(other)))
            for vector in vectors
            for a, b in vector.apart
            for one in a.dialects
            for other in b.dialects
        }
        for one, other in combinations(rule(name).dialects(frozenset(on), frozenset(on)), 2):
            if frozenset((_key(one), _key(other))) in told:
                apart += 1
            elif not same_function(program_of(rule(name), one, on), program_of(rule(name), other, on)):
                left.append((on, one, other))

    print(f"{name} {dtype}: {apart} pairs told apart")
    assert [] == left


def _key(dialect: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(dialect.items())


@pytest.mark.parametrize(("name", "dtype"), TO_ALTER)
def test_every_known_error_is_hunted_and_every_mutant_is_hunted_or_proved_equivalent(name: str, dtype: str) -> None:
    keys: set[str] = set()
    alive = []
    for on, vectors in stated(name, dtype).items():
        hunts, notes = hunted(rule(name), on, vectors)
        keys.update(key for one in hunts for key in one)
        caught = {
            notes[key].description.partition(", ")[2] for one in hunts for key in one if notes[key].kind == "mutant"
        }
        program = program_of(rule(name), {}, on)
        alive += [
            (on, mutant.change)
            for mutant in mutants(program)
            if mutant.change not in caught and not same_function(program, mutant.program)
        ]

    fixed = [error for error in rule(name).errors if error.under != LAW]  # the others are about random numbers
    assert [] == [error.name for error in fixed if error_key(error.name) not in keys]
    assert [] == alive


@pytest.mark.parametrize(
    ("name", "most"),
    [
        pytest.param(name, most, marks=[pytest.mark.deep] * (most is None))
        for name in of_kind("optimizer")
        if rule(name).errors
        for most in (1, None)
    ],
)
def test_a_known_error_made_in_any_dialect_leaves_none(name: str, most: int | None) -> None:
    everything = frozenset(option.name for option in rule(name).options)
    for error in rule(name).errors:
        for base in zoo.dialects_of(rule(name), error.name)[:most]:
            left = list(rule(name).dialects(everything))
            for on, vectors in stated(name, "float32").items():
                wrong = program_of(rule(name), base, on, error.name if error.under in (None, *on) else None)
                for vector in vectors:
                    outcome = simulate(wrong, vector.case)
                    left = [d for d in left if d in _explaining(vector, outcome, left)]

            assert [] == left, (error.name, base)


def _explaining(vector: Stated, outcome: Outcome, dialects: list[dict[str, str]]) -> list[dict[str, str]]:
    """The dialects that allow what was done."""
    parts = [
        part
        for expectation in vector.expectations
        if expectation.accepts(outcome.parameters, outcome.refused)
        for part in expectation.dialects
    ]
    return [d for d in dialects if any(part.items() <= d.items() for part in parts)]


# -- soundness ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_whatever_the_judge_accepts_step_by_step_lies_in_the_intervals(name: str, dtype: str) -> None:
    """The most hostile run: every parameter at an end of what the judge accepts there, where the next step starts."""
    random = Random(f"{name} {dtype}")
    for on in options_of(rule(name)):
        for dialect in zoo.covering_dialects(rule(name)):
            program = program_of(rule(name), dialect, on)
            case = next(c for c in build_cases(rule(name), dtype, on) if c.name.endswith("/sweep-0"))
            assert isinstance(case, Case)
            outcome = _hostile(program, case, random)

            assert score(program, case, outcome, arithmetic(dtype)).accepted
            rows = allowed(program, case, arithmetic(dtype))
            outside = [
                (step, i)
                for step, (row, got) in enumerate(zip(rows, outcome.parameters, strict=True))
                for i, (one, x) in enumerate(zip(row, got, strict=True))
                if not one.holds(x)
            ]
            assert [] == outside


def _hostile(program: object, case: Case, random: Random) -> Outcome:
    number = number_format(case.dtype)
    done = Outcome((), ())
    current = case.w
    for step in case.steps:
        gradient = gradient_at(step, current, case.dtype)
        handed = None if done.gradients is None else (*done.gradients, gradient)
        known = Outcome((*done.parameters, current), handed)
        predictions = predict(program, _first_steps(case, len(known.parameters)), known, arithmetic(case.dtype))[-1]  # type: ignore[arg-type]
        found = []
        for prediction in predictions:
            value, bound, _ = random.choice(prediction.worlds)
            low, high = above((value - K * bound).upper(), number), below((value + K * bound).lower(), number)
            found.append(random.choice((low, high)) if low <= high else rounded(value, number))
        current = tuple(found)
        done = Outcome((*done.parameters, current), handed)
    return done


def _first_steps(case: Case, count: int) -> Case:
    return replace(case, steps=case.steps[:count], learning_rates=case.learning_rates[:count])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_plain_arrays_are_accepted_in_every_dialect(name: str, dtype: str) -> None:
    for dialect in zoo.covering_dialects(rule(name)):
        implementation = zoo.implementation(rule(name), dialect)
        for vectors in stated(name, dtype).values():
            for vector in vectors:
                outcome = run_case(implementation, vector.case)

                assert [dialect] == _explaining(vector, outcome, [dialect]), vector.case.name


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in of_kind("function") if name not in (*SLOW, "cross_entropy")])
def test_the_fast_functions_are_accepted(name: str, dtype: str) -> None:
    implementation = start(bundled_row("gradspec/numpy"))
    left = list(rule(name).dialects(frozenset(option.name for option in rule(name).options)))
    for vectors in stated(name, dtype).values():
        for vector in vectors:
            left = _explaining(vector, run_case(implementation, vector.case), left)

    assert [] != left


@pytest.mark.peers
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in of_kind("optimizer") if name in vendor("torch").rows])
@pytest.mark.parametrize("path", ["torch/loop", "torch/foreach", "torch/fused"])
def test_the_optimizers_of_torch_are_accepted_in_their_dialect(path: str, name: str, dtype: str) -> None:
    implementation = start(bundled_row(path))
    if name not in implementation.offers:
        assert (path, name) == ("torch/fused", "rmsprop")
        return
    everything = list(rule(name).dialects(frozenset(option.name for option in rule(name).options)))
    left = everything
    for on, vectors in stated(name, dtype).items():
        for vector in vectors if implementation.offers[name].options.issuperset(on) else ():
            left = _explaining(vector, run_case(implementation, vector.case), left)

    assert len(left) < len(everything)
    assert any(claimed_axes(name, "torch").items() <= dialect.items() for dialect in left)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["momentum", "adam", "cross_entropy", "resize"])
def test_hardly_any_element_tells_nothing(name: str, dtype: str) -> None:
    on = options_of(rule(name))[0]
    case = [c for c in build_cases(rule(name), dtype, on) if isinstance(c, (Case, FunctionCase))][2]
    rows = allowed(program_of(rule(name), {}, on), case, arithmetic(dtype))
    elements = [one for row in rows for one in row]

    assert [] != elements
    assert sum(one == ANYTHING for one in elements) <= len(elements) // 10


# -- numbers -----------------------------------------------------------------------------------------------------------


@given(st.fractions(), st.integers(-1100, 900), st.sampled_from(DTYPES))
def test_bounds_are_rounded_outward_and_by_less_than_a_step(share: Fraction, exponent: int, dtype: str) -> None:
    number = number_format(dtype)
    exponent = exponent // (8 if dtype == "float32" else 1)
    with ctx.workprec(200):
        bound = arb((arb(share.numerator) / share.denominator * arb(2) ** exponent).mid())
        mantissa, power = (int(x) for x in bound.man_exp())
        ends = below(bound, number), above(bound, number)
    exact = Fraction(mantissa) * Fraction(2) ** power
    low, high = (Fraction(end) for end in ends)

    assert low <= exact <= high
    assert number.round(low) == low
    assert number.round(high) == high
    assert (low == high) == (number.round(exact) == exact)
    assert number.round((low + high) / 2) in (low, high)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_the_decimal_of_a_float32_reads_back_and_is_the_shortest(value: float) -> None:
    import numpy as np

    text = decimal(value, "float32")

    assert np.float32(value) == np.float32(text)
    assert len(_significant(text)) <= len(_significant(str(np.float32(value))))


def _significant(text: str) -> str:
    return text.lower().partition("e")[0].replace(".", "").replace("-", "").strip("0")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (arb(0), "0"),
        (arb(1), "1"),
        (arb(100), "100"),
        (-arb(1) / 8, "-0.125"),
        (arb(2) ** 100, "1.2676506002282294e+30"),
    ],
)
def test_exact_values_are_written_without_idle_zeros(value: arb, text: str) -> None:
    assert text == digits(value)


def test_what_is_no_number_has_no_digits() -> None:
    assert digits(arb.nan()) is None


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        (((0.0, 1.0),), ((1.0, 2.0),), True),
        (((0.0, 1.0),), ((1.5, 2.0),), False),
        (((0.0, 1.0), (3.0, 4.0)), ((1.5, 2.0),), False),
        (((0.0, 1.0), (3.0, 4.0)), ((3.5, 3.5),), True),
        ((), ((0.0, 0.0),), False),
    ],
)
def test_sets_meet_where_a_number_lies_in_both(
    one: tuple[tuple[float, float], ...], other: tuple[tuple[float, float], ...], met: bool
) -> None:
    assert met == Allowed(one).meets(Allowed(other))
    assert met == Allowed(other).meets(Allowed(one, nan=True))
    assert Allowed(one, nan=True).meets(Allowed(other, nan=True))


def test_all_rules_with_exact_answers_have_vectors() -> None:
    assert {"sampler", "monitor"} == {one.kind for one in catalogue().values()} - set(KINDS)
