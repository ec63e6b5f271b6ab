"""What the rules must do whatever their formulas say in detail: symmetries, scalings, and rules inside rules.

Exact in floating point where only powers of two and signs are involved, and compared bit for bit there;
elsewhere what one rule does is judged as if another had done it, by that one's derived bound.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradspec.spec import of_kind

from .agreement import drawn, rejected, run_fast
from .libraries import KINDS
from .strategies import PURE, Choice, Example, covering_choices, every_choice, examples

COVERING = {choice.name: choice for choice in covering_choices()}
EVERY = {choice.name: choice for choice in every_choice()}
# Scaling by a power of two is exact as long as nothing underflows: float16 has no room for that.
ROOMY = [kind for kind in KINDS if not kind.endswith("float16") or kind.endswith("bfloat16")]
MODERATE = ("zero gradient", "sign change", "early spike")
of_every_kind = pytest.mark.parametrize("kind", KINDS)
of_roomy_kinds = pytest.mark.parametrize("kind", ROOMY)


def rows(condition: Any) -> Any:
    """The rows of the covering arrays that fulfil a condition, as a parameter of a test."""
    names = [name for name, choice in COVERING.items() if condition(choice)]
    return pytest.mark.parametrize("name", names, ids=names)


def of_some_row(rule: str, dtype: str) -> st.SearchStrategy[tuple[Choice, Example]]:
    """An example of one of the rows of the rule's covering array."""
    choices = st.sampled_from([choice for choice in COVERING.values() if choice.rule == rule])
    return choices.flatmap(lambda choice: st.tuples(st.just(choice), examples(choice, dtype)))


def bits(seen: Sequence[Sequence[float]]) -> list[list[str]]:
    """All numbers exactly, without the sign of zeros."""
    return [[(x + 0.0).hex() for x in row] for row in seen]


def decay(choice: Choice) -> str | None:
    return choice.dialect.get("weight_decay_form")


def moderate(example: Example) -> Example:
    """The coordinates of a moderate size."""
    return example.taking([i for i, kind in enumerate(example.classes) if kind in MODERATE])


def scaled(values: Sequence[float], factor: float) -> tuple[float, ...]:
    return tuple(factor * value for value in values)


@of_every_kind
@pytest.mark.parametrize("rule", [*of_kind("optimizer")])
def test_a_step_does_to_every_coordinate_what_it_does_to_it_alone(rule: str, kind: str) -> None:
    """Permuted, repeated, left out: the coordinates do not know of each other."""
    library, dtype = KINDS[kind]

    @drawn(f"coordinates {kind} {rule}", 16)
    @given(of_some_row(rule, dtype), st.randoms(use_true_random=False))
    def they_are_independent(drawn_row: tuple[Choice, Example], random: Any) -> None:
        choice, example = drawn_row
        kept = random.choices(range(len(example.w)), k=random.randint(1, 150))
        expected = [[row[i] for i in kept] for row in run_fast(library, dtype, choice, example)]

        assert bits(expected) == bits(run_fast(library, dtype, choice, example.taking(kept)))

    they_are_independent()


@of_every_kind
@pytest.mark.parametrize("rule", [*of_kind("optimizer")])
def test_two_arrays_as_one_give_the_results_of_both(rule: str, kind: str) -> None:
    library, dtype = KINDS[kind]

    @drawn(f"concatenation {kind} {rule}", 16)
    @given(of_some_row(rule, dtype), st.data())
    def they_are_independent(drawn_row: tuple[Choice, Example], data: st.DataObject) -> None:
        choice, example = drawn_row
        cut = data.draw(st.integers(0, len(example.w)))
        both = range(len(example.w))
        halves = [run_fast(library, dtype, choice, example.taking(part)) for part in (both[:cut], both[cut:])]
        expected = [(*left, *right) for left, right in zip(*halves, strict=True)]

        assert bits(expected) == bits(run_fast(library, dtype, choice, example))

    they_are_independent()


@of_every_kind
@pytest.mark.parametrize("rule", [*of_kind("optimizer")])
def test_a_mirrored_start_and_mirrored_gradients_give_the_mirrored_result(rule: str, kind: str) -> None:
    library, dtype = KINDS[kind]

    @drawn(f"mirror {kind} {rule}", 16)
    @given(of_some_row(rule, dtype))
    def no_side_is_preferred(drawn_row: tuple[Choice, Example]) -> None:
        choice, example = drawn_row
        mirrored = replace(example, w=scaled(example.w, -1), offsets=tuple(scaled(row, -1) for row in example.offsets))
        expected = [scaled(row, -1) for row in run_fast(library, dtype, choice, example)]

        assert bits(expected) == bits(run_fast(library, dtype, choice, mirrored))

    no_side_is_preferred()


@of_roomy_kinds
@rows(lambda choice: "epsilon" in choice.program.symbols and decay(choice) != "l2" and "epsilon_root" not in choice.on)
def test_without_epsilon_the_scale_of_the_gradients_does_not_matter(name: str, kind: str) -> None:
    (library, dtype), choice = KINDS[kind], COVERING[name]

    @drawn(f"gradient scale {kind} {name}", 4)
    @given(examples(choice, dtype), st.integers(-10, 10))
    def scale_cancels(example: Example, exponent: int) -> None:
        plain = moderate(replace(example, settings={**example.settings, "epsilon": 0.0}))
        start = plain.settings.get("initial_accumulator_value")
        larger = replace(
            plain,
            offsets=tuple(scaled(row, 2.0**exponent) for row in plain.offsets),
            settings=plain.settings if start is None else {
                **plain.settings, "initial_accumulator_value": start * 4.0**exponent
            },
        )  # fmt: skip

        assert bits(run_fast(library, dtype, choice, plain)) == bits(run_fast(library, dtype, choice, larger))

    scale_cancels()


@of_roomy_kinds
@rows(lambda choice: decay(choice) is None and not choice.looks_ahead)
def test_from_zero_every_rule_is_linear_in_the_learning_rate(name: str, kind: str) -> None:
    (library, dtype), choice = KINDS[kind], COVERING[name]

    @drawn(f"rate scale {kind} {name}", 4)
    @given(examples(choice, dtype), st.integers(-10, 10))
    def rate_is_a_factor(example: Example, exponent: int) -> None:
        plain = replace(moderate(example), w=(0.0,) * len(moderate(example).w))
        longer = replace(plain, learning_rates=scaled(plain.learning_rates, 2.0**exponent))
        expected = [scaled(row, 2.0**exponent) for row in run_fast(library, dtype, choice, plain)]

        assert bits(expected) == bits(run_fast(library, dtype, choice, longer))

    rate_is_a_factor()


@of_roomy_kinds
@rows(lambda choice: choice.dialect.get("learning_rate_place") == "inside")
def test_a_constant_learning_rate_may_stand_inside_or_outside(name: str, kind: str) -> None:
    (library, dtype), choice = KINDS[kind], COVERING[name]
    outside = replace(choice, dialect={**choice.dialect, "learning_rate_place": "outside"})

    @drawn(f"rate place {kind} {name}", 4)
    @given(examples(choice, dtype), st.integers(-5, 0))
    def places_agree(example: Example, exponent: int) -> None:
        kept = example.taking([i for i, kind in enumerate(example.classes) if kind not in PURE])
        constant = replace(kept, learning_rates=(2.0**exponent,) * len(kept.learning_rates))

        assert bits(run_fast(library, dtype, choice, constant)) == bits(run_fast(library, dtype, outside, constant))

    places_agree()


@of_every_kind
@rows(lambda choice: choice.rule in ("momentum", "nesterov") and "dampening" not in choice.on)
def test_momentum_of_zero_is_gradient_descent(name: str, kind: str) -> None:
    (library, dtype), choice = KINDS[kind], COVERING[name]
    form = decay(choice)
    plain = EVERY["gradient_descent:plain" if form is None else f"gradient_descent:weight_decay={form}"]

    @drawn(f"no momentum {kind} {name}", 4)
    @given(examples(choice, dtype))
    def buffer_is_the_last_step(example: Example) -> None:
        still = replace(example, slope=(0.0,) * len(example.w))
        without = replace(still, settings={k: v for k, v in still.settings.items() if k != "momentum"})
        zero = replace(still, settings={**still.settings, "momentum": 0.0})

        assert bits(run_fast(library, dtype, plain, without)) == bits(run_fast(library, dtype, choice, zero))

    buffer_is_the_last_step()


def judged_as_each_other(
    kind: str, one: str, other: str, translated: Any, purpose: str, *, dyadic: bool = False
) -> None:
    """Judge what `one` does as if `other` had done it, and the reverse; `translated` gives the settings of `other`."""
    library, dtype = KINDS[kind]
    decided: Counter[str] = Counter()

    @drawn(f"{purpose} {kind} {one}")
    @given(examples(EVERY[one], dtype, dyadic=dyadic))
    def both_are_accepted(example: Example) -> None:
        same = replace(example, settings=translated(example))
        first = run_fast(library, dtype, EVERY[one], example)
        second = run_fast(library, dtype, EVERY[other], same)

        assert [] == rejected(EVERY[other], dtype, same, first, decided)
        assert [] == rejected(EVERY[one], dtype, example, second, decided)

    both_are_accepted()

    assert decided.total() >= 100


@of_every_kind
def test_in_gradient_descent_a_penalty_is_a_decay(kind: str) -> None:
    judged_as_each_other(
        kind,
        "gradient_descent:weight_decay=l2",
        "gradient_descent:weight_decay=decoupled",
        lambda example: example.settings,
        "decay",
    )


@of_every_kind
@pytest.mark.parametrize("rule", [*of_kind("optimizer")])
def test_the_decay_of_the_schedule_is_the_decoupled_one_times_the_first_learning_rate(rule: str, kind: str) -> None:
    decoupled = next(name for name, choice in EVERY.items() if choice.rule == rule and decay(choice) == "decoupled")
    judged_as_each_other(
        kind,
        decoupled,
        decoupled + "_schedule",
        lambda example: {
            **example.settings,
            "weight_decay": example.settings["weight_decay"] * example.learning_rates[0],
        },
        "schedule",
        dyadic=True,
    )


@of_every_kind
@pytest.mark.parametrize("decay", ["", ",weight_decay=l2", ",weight_decay=decoupled"])
@pytest.mark.parametrize("place", ["inside", "outside"])
def test_rmsprop_is_adam_without_a_mean_and_without_corrections(place: str, decay: str, kind: str) -> None:
    judged_as_each_other(
        kind,
        f"rmsprop:epsilon_place={place}{decay}",
        f"adam:epsilon_place={place},bias_correction=none{decay}",
        lambda example: {
            **{key: value for key, value in example.settings.items() if key != "rho"},
            "beta1": 0.0,
            "beta2": example.settings["rho"],
        },
        "rmsprop",
    )


@of_every_kind
def test_in_adagrad_an_epsilon_inside_the_root_is_a_start_value(kind: str) -> None:
    judged_as_each_other(
        kind,
        "adagrad:epsilon_place=inside,initial_accumulator_value=on",
        "adagrad:epsilon_place=outside,initial_accumulator_value=on",
        lambda example: {
            "epsilon": 0.0,
            "initial_accumulator_value": example.settings["initial_accumulator_value"] + example.settings["epsilon"],
        },
        "start value",
        dyadic=True,
    )


@of_every_kind
def test_the_epsilon_hat_is_the_epsilon_outside_times_the_root_of_the_correction(kind: str) -> None:
    (library, dtype), decided = KINDS[kind], Counter[str]()
    outside, hat = (EVERY[f"adam:epsilon_place={place},bias_correction=both"] for place in ("outside", "hat"))

    @drawn(f"hat {kind}")
    @given(examples(outside, dtype))
    def moving_epsilon_is_accepted(example: Example) -> None:
        w, state, seen = library.make(example.w, dtype), None, []
        for step, (gradient, rate) in enumerate(zip(example.offsets, example.learning_rates, strict=True), start=1):
            epsilon = example.settings["epsilon"] * sqrt(1 - example.settings["beta2"] ** step)
            settings = {**example.settings, "epsilon": epsilon, "learning_rate": rate}
            state = library.step("adam")(w, library.make(gradient, dtype), state, dialect=hat.dialect, **settings)
            seen.append(tuple(w.tolist()))

        assert [] == rejected(outside, dtype, example, seen, decided)

    moving_epsilon_is_accepted()

    assert decided.total() >= 100
