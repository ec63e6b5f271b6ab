"""The fast backend against the exact reference: two routes to the same rule, joined by the derived bound.

Every step is anchored at the observed parameter, and an element agrees where |got − exact| ≤ K·E. Axis values
and options come from a covering array of strength 2; `deep` takes the full product.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from math import isfinite, isnan
from typing import Any

import pytest
from flint import ctx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradspec.conformance.scoring import K
from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.equality import same_function
from gradspec.reference.evaluate import PRECISION, Run
from gradspec.spec import Rule, of_kind, rule

from .agreement import drawn, rejected, run_fast
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


@pytest.fixture(scope="module")
def totals() -> Iterator[Counter[str]]:
    """Count what all tests of this file together have decided; shown with -s."""
    counter: Counter[str] = Counter()
    yield counter
    print("\ndecided elements: " + ", ".join(f"{name} {n}" for name, n in sorted(counter.items())))


MOST_ROUNDS = 8


def agree(library: Library, dtype: str, choice: Choice, totals: Counter[str]) -> None:
    """Assert it on a number of examples that grows slower than the profile's: rather more combinations then."""
    decided: Counter[str] = Counter()

    @drawn(f"{library.name} {dtype} {choice.name}", max(2, 400 // settings().max_examples))
    @given(examples(choice, dtype))
    def every_element_is_accepted(example: Example) -> None:
        seen = run_fast(library, dtype, choice, example)

        assert [] == rejected(choice, dtype, example, seen, decided)

    for _ in range(MOST_ROUNDS):  # two examples may lack a class of inputs by chance
        every_element_is_accepted()
        if all(decided[name] >= LEAST_DECIDED for name in classes_of(choice)):
            break
    totals.update(decided)

    assert {} == {name: decided[name] for name in classes_of(choice) if decided[name] < LEAST_DECIDED}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COVERING, ids=[*COVERING])
def test_fast_agrees_with_reference(name: str, kind: str, totals: Counter[str]) -> None:
    agree(*KINDS[kind], COVERING[name], totals)


@pytest.mark.deep
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("choice", every_choice(), ids=lambda choice: choice.name)
def test_fast_agrees_with_reference_in_every_combination(choice: Choice, kind: str, totals: Counter[str]) -> None:
    agree(*KINDS[kind], choice, totals)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LATE, ids=[*LATE])
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
@pytest.mark.parametrize("rule", [*of_kind("optimizer")])
def test_poison_in_one_coordinate_stays_there_for_good_and_reaches_no_other(rule: str, kind: str, poison: str) -> None:
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
    for each in of_kind("optimizer").values():
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
    contexts = (differing[0], differing[len(differing) // 2], differing[-1])  # the last has every option on

    assert any(separated(library, *context) for context in contexts) or all(
        same_function(choice.program, rival.program) for choice, rival in contexts
    )


def separated(library: Library, choice: Choice, rival: Choice) -> bool:
    """Whether some example shows that fast, in the one dialect, is not in the other."""
    found = []

    @settings(max_examples=4, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(examples(choice, "float64"))
    def rival_is_tried(example: Example) -> None:
        seen = run_fast(library, "float64", choice, example)
        found.append(bool(rejected(rival, "float64", example, seen, Counter())))

    rival_is_tried()
    return any(found)


def shows(each: Rule, axis: str, choice: Choice) -> bool:
    """Whether the option that a value of the axis needs is on, if there is one."""
    needed = each.axis(axis).value(choice.dialect[axis]).requires
    return needed is None or needed in choice.on
