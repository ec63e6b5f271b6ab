"""The fast backend against the exact reference: two routes to the same rule, joined by the derived bound.

Every step is anchored at the observed parameter, and an element agrees where |got − exact| ≤ K·E. Axis values
and options come from a covering array of strength 2; `deep` takes the full product.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest
from flint import ctx
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from gradspec.conformance.case import Case, Outcome, Slopes
from gradspec.conformance.scoring import K, predict
from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.evaluate import PRECISION, Prediction, Run
from gradspec.spec import rule

from .libraries import KINDS, LIBRARIES, Library
from .strategies import CLASSES, STEPS, Choice, Example, covering_choices, every_choice, examples, settings_of

COVERING = {choice.name: choice for choice in covering_choices()}
EXAMPLES = settings.default.max_examples // 10 if settings.default else 5


def drawn(name: str, examples: int = EXAMPLES) -> Callable[[Any], Any]:
    """Settings of a property inside a test; every test has examples of its own, the same at every run."""
    chosen = settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    fixed = seed(crc32(name.encode())) if chosen.derandomize else lambda test: test
    return lambda test: chosen(fixed(test))


def run_fast(library: Library, dtype: str, choice: Choice, example: Example) -> list[tuple[float, ...]]:
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
    print("\n".join(f"{a} {b}" for a,b in sorted(counter.items())) + "\ndecided elements: " + ", ".join(f"{name} {n}" for name, n in sorted(counter.items())))


def agree(library: Library, dtype: str, choice: Choice, totals: Counter[str]) -> None:
    decided: Counter[str] = Counter()

    @drawn(f"{library.name} {dtype} {choice.name}")
    @given(examples(choice, dtype))
    def every_element_is_accepted(example: Example) -> None:
        seen = run_fast(library, dtype, choice, example)

        assert [] == rejected(choice, dtype, example, seen, decided)

    every_element_is_accepted()
    totals.update(decided)
    totals.update({f"{dtype}|{choice.rule}|{k}": v for k, v in decided.items()})
    for k,v in decided.items():
        key=f"MIN {dtype}|{choice.rule}|{k}"
        totals[key] = min(totals.get(key, 10**9), v)
    for k in CLASSES:
        if k not in decided and ('epsilon' not in k or choice.rule in ('adam','adagrad','rmsprop')): totals[f"MIN {dtype}|{choice.rule}|{k}"] = 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COVERING)
def test_fast_agrees_with_reference(name: str, kind: str, totals: Counter[str]) -> None:
    agree(*KINDS[kind], COVERING[name], totals)
