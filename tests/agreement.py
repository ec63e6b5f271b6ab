"""Runs an example on a fast backend, and asks the reference which elements of it lie outside their bound."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np
from hypothesis import HealthCheck, seed, settings

from gradspec.conformance.case import Case, Outcome, Slopes
from gradspec.conformance.scoring import K, predict
from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.evaluate import Prediction

from .libraries import Library
from .strategies import Choice, Example


def drawn(name: str, share: int = 8) -> Callable[[Any], Any]:
    """Settings of a property inside a test: `share` of every 50 examples of the profile, their own for every name."""
    chosen = settings(max_examples=settings().max_examples * share // 50, suppress_health_check=[HealthCheck.too_slow])
    fixed = seed(crc32(name.encode())) if chosen.derandomize else lambda test: test
    return lambda test: chosen(fixed(test))


def run_fast(
    library: Library, dtype: str, choice: Choice, example: Example, state: dict[str, Any] | None = None
) -> list[tuple[float, ...]]:
    gradients: list[Any] = [*example.offsets]
    if choice.looks_ahead:
        slope = library.make(example.slope, dtype)
        gradients = [line(slope, library.make(offset, dtype)) for offset in example.offsets]
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


def line(slope: Any, offset: Any) -> Callable[[Any], Any]:
    def gradient(point: Any) -> Any:
        with np.errstate(all="ignore"):  # of this test's own arithmetic: fast gives no warnings
            return slope * point + offset

    return gradient


def predictions(choice: Choice, dtype: str, example: Example, seen: list[tuple[float, ...]]) -> list[list[Prediction]]:
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
