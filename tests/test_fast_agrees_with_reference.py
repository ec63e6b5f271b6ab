"""The fast backend against the exact reference: two routes to the same rule, joined by the derived bound.

Every step is anchored at the observed parameter, and an element agrees where |got − exact| ≤ K·E. Axis values
and options come from a covering array of strength 2; `deep` takes the full product.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from math import isfinite, isnan
from typing import Any
from zlib import crc32

import pytest
from flint import ctx
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from gradspec.conformance.case import Case, Outcome, Slopes
from gradspec.conformance.scoring import K, predict
from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.equality import same_function
from gradspec.reference.evaluate import PRECISION, Prediction, Run
from gradspec.spec import Rule, catalogue, rule

from .libraries import KINDS, LIBRARIES, Library
from .strategies import (
    STEPS,
    Choice,
    Example,
    Late,
    classes_of,
    counts_its_steps,
    covering_choices,
    every_choice,
    examples,
    late_examples,
)

COVERING = {choice.name: choice for choice in covering_choices()}
LATE = [name for name, choice in COVERING.items() if counts_its_steps(choice)]
# Every test has as many examples as fit; that each class is still decided often enough is asserted.
EXAMPLES = settings().max_examples * 8 // 50
LEAST_DECIDED = 8  # per test and class, of 80 elements
LATEST_STEPS = (2, 3, 10, 100, 1000, 10**4, 10**6)
#: The arrays that fast remembers, by the symbol that the formula has for them.
SYMBOLS = {
    "first_moment": "m",
    "second_moment": "s",
    "second_moment_maximum": "s_max",
    "mean_square": "s",
    "mean_gradient": "a",
    "momentum_buffer": "b",
    "accumulator": "s",
    "first_learning_rate": "eta_first",
}


def drawn(name: str, examples: int = EXAMPLES) -> Callable[[Any], Any]:
    """Settings of a property inside a test; every test has examples of its own, the same at every run."""
    chosen = settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    fixed = seed(crc32(name.encode())) if chosen.derandomize else lambda test: test
    return lambda test: chosen(fixed(test))


def run_fast(
    library: Library, dtype: str, choice: Choice, example: Example, state: dict[str, Any] | None = None
) -> list[tuple[float, ...]]:
    gradients: list[Any] = [*example.offsets]
    if choice.looks_ahead:
        slope = library.make(example.slope, dtype)
        gradients = [
            lambda point, offset=library.make(offset, dtype): slope * point + offset
            for offset in example.offsets
        ]
    return library.trajectory(
        choice.rule,
        dtype,
        example.w,
        gradients,
        example.learning_rates,
        state,
        dialect=choice.dialect,
        **example.settings,
    )


def predictions(
    choice: Choice, dtype: str, example: Example, seen: list[tuple[float, ...]]
) -> list[list[Prediction]]:
    """What the reference allows after every step, anchored at what was seen."""
    given: tuple[Any, ...] = example.offsets
    if choice.looks_ahead:
        given = tuple(Slopes(example.slope, offset) for offset in example.offsets)
    options = {name: example.settings[name] for name in choice.on}
    hyperparameters = {name: value for name, value in example.settings.items() if name not in options}
    case = Case(
        choice.name, choice.rule, dtype, 0, "", example.w, given, example.learning_rates, hyperparameters, options
    )
    outcome = Outcome(tuple(seen), None if choice.looks_ahead else example.offsets)
    return predict(choice.program, case, outcome, arithmetic(dtype))


def rejected(
    choice: Choice,
    dtype: str,
    example: Example,
    seen: list[tuple[float, ...]],
    decided: Counter[str],
) -> list[tuple[float, int, str, float, str]]:
    """The elements outside their accepted set: score, step from 0, class, what came back and what is exact.

    `decided` counts, class by class, the elements that could have failed: standing still would not have passed,
    or is just what is asked for.
    """
    found = []
    rows = predictions(choice, dtype, example, seen)
    for step, (row, before, after) in enumerate(zip(rows, [example.w, *seen], seen, strict=False)):
        for i, (prediction, old, new) in enumerate(zip(row, before, after, strict=True)):
            if not prediction.informative:
                continue
            if prediction.score(old) > K or prediction.value == old:
                decided.update(example.counted(step, i))
            score = prediction.score(new)
            if not score <= K:
                found.append((score, step, example.classes[i], new, prediction.value.str(20, radius=False)))
    return found


@pytest.fixture(scope="module")
def totals() -> Iterator[Counter[str]]:
    """Count what all tests of this file together have decided; shown with -s."""
    counter: Counter[str] = Counter()
    yield counter
    print("\ndecided elements: " + ", ".join(f"{name} {n}" for name, n in sorted(counter.items())))


def agree(library: Library, dtype: str, choice: Choice, totals: Counter[str]) -> None:
    decided: Counter[str] = Counter()

    @drawn(f"{library.name} {dtype} {choice.name}")
    @given(examples(choice, dtype))
    def every_element_is_accepted(example: Example) -> None:
        seen = run_fast(library, dtype, choice, example)

        assert [] == rejected(choice, dtype, example, seen, decided)

    every_element_is_accepted()
    totals.update(decided)

    assert {} == {name: decided[name] for name in classes_of(choice) if decided[name] < LEAST_DECIDED}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COVERING)
def test_fast_agrees_with_reference(name: str, kind: str, totals: Counter[str]) -> None:
    agree(*KINDS[kind], COVERING[name], totals)


@pytest.mark.deep
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("choice", every_choice(), ids=lambda choice: choice.name)
def test_fast_agrees_with_reference_in_every_combination(
    choice: Choice, kind: str, totals: Counter[str]
) -> None:
    agree(*KINDS[kind], choice, totals)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LATE)
def test_fast_agrees_with_reference_up_to_a_million_steps(name: str, kind: str) -> None:
    (library, dtype), choice = KINDS[kind], COVERING[name]
    decided: Counter[int] = Counter()

    @drawn(f"late {kind} {name}")
    @given(late_examples(choice, dtype, LATEST_STEPS))
    def every_element_is_accepted(late: Late) -> None:
        example, count = late.example, late.step - len(late.example.offsets)
        state = fast_state(library, dtype, choice, late, count)
        seen = run_fast(library, dtype, choice, example, state)
        outside = []
        with ctx.workprec(PRECISION):
            run = Run(
                choice.program,
                {name: value for name, value in example.settings.items() if not isinstance(value, bool)},
                len(example.w),
                how=arithmetic(dtype),
                start=late.state,
                count=count,
            )
            steps = zip([example.w, *seen], example.offsets, example.learning_rates, seen, strict=False)
            for before, gradient, rate, after in steps:
                for prediction, old, new in zip(run.step(before, gradient, rate), before, after, strict=True):
                    if prediction.informative:
                        decided[late.step] += prediction.score(old) > K
                        if not prediction.score(new) <= K:
                            outside.append((prediction.score(new), new, prediction.value.str(20, radius=False)))

        assert [] == outside

    every_element_is_accepted()

    assert decided.total() >= LEAST_DECIDED


def fast_state(library: Library, dtype: str, choice: Choice, late: Late, count: int) -> dict[str, Any]:
    """The state of fast that holds the numbers of a late start, under the names that fast gives them."""
    w = library.make(late.example.w, dtype)
    keywords = {"learning_rate": late.example.learning_rates[0], **late.example.settings}
    state = library.step(choice.rule)(w, w, dialect=choice.dialect, **keywords)
    for name in state.keys() - {"step"}:
        values = late.state[SYMBOLS[name]]
        state[name] = values[0] if name == "first_learning_rate" else library.make(values, dtype)
    return {**state, "step": count}


POISONS = {"not a number": float("nan"), "infinity": float("inf"), "minus infinity": float("-inf")}


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", [*catalogue()])
def test_poison_in_one_coordinate_stays_there_for_good_and_reaches_no_other(
    rule: str, kind: str, poison: str
) -> None:
    library, dtype = KINDS[kind]
    choices = st.sampled_from([choice for choice in COVERING.values() if choice.rule == rule])
    finite = choices.flatmap(lambda choice: st.tuples(st.just(choice), examples(choice, dtype)))

    @drawn(f"{poison} {kind} {rule}")
    @given(finite, st.integers(-1, STEPS - 1), st.data())
    def only_one_is_poisoned(drawn: tuple[Choice, Example], step: int, data: st.DataObject) -> None:
        choice, example = drawn
        i = data.draw(st.integers(0, len(example.w) - 1))
        healthy = run_fast(library, dtype, choice, example)
        ill = run_fast(library, dtype, choice, poisoned(example, step, i, POISONS[poison]))
        others = [j for j in range(len(example.w)) if j != i]

        assert [[row[j].hex() for j in others] for row in healthy] == [[row[j].hex() for j in others] for row in ill]
        assert [] == [row[i] for row in ill[max(step, 0) :] if isfinite(row[i])]
        if poison == "not a number":
            assert all(isnan(row[i]) for row in ill[max(step, 0) :])

    only_one_is_poisoned()


def poisoned(example: Example, step: int, i: int, value: float) -> Example:
    """The example with `value` in coordinate i of one gradient, or of the start where the step is −1."""

    def put(values: tuple[float, ...]) -> tuple[float, ...]:
        return (*values[:i], value, *values[i + 1 :])

    if step < 0:
        return replace(example, w=put(example.w))
    rows = example.offsets
    return replace(example, offsets=(*rows[:step], put(rows[step]), *rows[step + 1 :]))


def neighbours() -> Iterator[tuple[str, str, str, str]]:
    for each in catalogue().values():
        for axis in each.axes:
            for one, other in combinations(axis.names, 2):
                yield each.name, axis.name, one, other


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
@pytest.mark.parametrize(("name", "axis", "one", "other"), [*neighbours()])
def test_another_value_of_an_axis_is_rejected_unless_it_is_the_same_function(
    name: str, axis: str, one: str, other: str, library: Library
) -> None:
    each = rule(name)
    differing = [
        (choice, rival)
        for choice in every_choice()
        if choice.rule == name and choice.dialect.get(axis) == one
        for rival in [replace(choice, dialect={**choice.dialect, axis: other})]
        if shows(each, axis, choice) and shows(each, axis, rival)
    ]
    separated = []
    for number in (0, len(differing) // 2, -1):  # three contexts: the plainest, the fullest, and one between

        @settings(max_examples=4, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
        @given(examples(differing[number][0], "float64"))
        def the_rival_is_tried(example: Example, number: int = number) -> None:
            choice, rival = differing[number]
            seen = run_fast(library, "float64", choice, example)
            separated.append(bool(rejected(rival, "float64", example, seen, Counter())))

        the_rival_is_tried()

    assert any(separated) or any(same_function(one.program, two.program) for one, two in differing)


def shows(each: Rule, axis: str, choice: Choice) -> bool:
    """Whether the option that a value of the axis needs is on, if there is one."""
    needed = each.axis(axis).value(choice.dialect[axis]).requires
    return needed is None or needed in choice.on
