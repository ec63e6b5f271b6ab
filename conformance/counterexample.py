"""Shrinks a rejected run to one coordinate and few steps, checks it again on the implementation, prints it as code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import frexp
from typing import Any

from gradspec.reference.arithmetic import Arithmetic
from gradspec.spec import Rule

from .case import Case, Misbehaviour, Outcome, Slopes, Unsupported
from .implementation import Implementation
from .scoring import Scores, predict, program_for
from .verdict import Counterexample

ATTEMPTS = 300  # runs of the implementation that shrinking may cost

Judge = Callable[[Any, Outcome], Scores]  # of a case of the kind that is being shrunk


def find_counterexample(
    implementation: Implementation,
    rule: Rule,
    case: Case,
    outcome: Outcome,
    dialect: Mapping[str, str],
    judge: Judge,
    run: Callable[..., Outcome],
    how: Arithmetic,
) -> Counterexample | None:
    """Return the smallest rejected run that was found; None if the deviation does not show again."""
    where = judge(case, outcome).first_rejection()
    if where is None:
        return None
    best = _smaller(case, judge, run, where[1])
    if best is None:
        return None
    for _ in range(ATTEMPTS):
        candidates = ((simpler, _rejected(simpler, judge, run)) for simpler in _simpler(best[0]))
        found = next(((simpler, outcome) for simpler, outcome in candidates if outcome is not None), None)
        if found is None:
            break
        best = found
    return _describe(implementation, rule, best[0], best[1], dialect, judge, how)


def _smaller(case: Case, judge: Judge, run: Callable[..., Outcome], coordinate: int) -> tuple[Case, Outcome] | None:
    """The fewest coordinates and steps that are rejected: one coordinate, else the shortest array that begins like this one."""
    count = len(case.w)
    singles = [slice(i, i + 1) for i in [coordinate, *(k for k in range(count) if k != coordinate)]]
    for pick in [*singles, *(slice(0, n) for n in range(2, count + 1))]:
        for steps in range(1, len(case.steps) + 1):
            smaller = _cut(case, pick, steps)
            found = _rejected(smaller, judge, run)
            if found is not None:
                return smaller, found
    return None


def _rejected(case: Case, judge: Judge, run: Callable[..., Outcome]) -> Outcome | None:
    try:
        outcome = run(case)
    except (Misbehaviour, Unsupported):
        return None
    where = judge(case, outcome).first_rejection()
    return outcome if where is not None and where[0] == len(case.steps) - 1 else None


def _cut(case: Case, pick: slice, steps: int) -> Case:
    """The case on some of its coordinates and its first steps."""
    kept = tuple(
        Slopes(s.slope[pick], s.offset[pick]) if isinstance(s, Slopes) else s[pick] for s in case.steps[:steps]
    )
    w = case.w[pick]
    rates = case.learning_rates[:steps]
    return replace(case, name=f"{case.name}/shrunk", w=w, steps=kept, learning_rates=rates, shape=(len(w),))


def _simpler(case: Case) -> Iterator[Case]:
    """Cases that a reader would find easier, most radical first: fewer steps, zero start, round numbers, one learning rate."""
    steps = len(case.steps)
    for dropped in range(steps - 1):
        kept = [k for k in range(steps) if k != dropped]
        yield replace(
            case, steps=tuple(case.steps[k] for k in kept), learning_rates=tuple(case.learning_rates[k] for k in kept)
        )
    if any(case.w):
        yield replace(case, w=(0.0,) * len(case.w))
    if len(set(case.learning_rates)) > 1:
        yield replace(case, learning_rates=(case.learning_rates[0],) * steps)
    for k, step in enumerate(case.steps):
        for simple in _rounder(step):
            if simple != step:
                yield replace(case, steps=(*case.steps[:k], simple, *case.steps[k + 1 :]))


def _rounder(step: tuple[float, ...] | Slopes) -> Iterator[tuple[float, ...] | Slopes]:
    """The gradients of one step with simpler numbers; in a run of several coordinates all of them become 1."""
    values = step.offset if isinstance(step, Slopes) else step
    simpler = [(v,) for v in _round_values(values[0])] if len(values) == 1 else [(1.0,) * len(values)]
    if not isinstance(step, Slopes):
        yield from simpler
        return
    for slope in (1.0, 0.5):
        if not {1.0, 0.5} & set(step.slope):
            yield Slopes((slope,) * len(values), values)
    yield from (Slopes(step.slope, offsets) for offsets in simpler)


def _round_values(value: float) -> Iterator[float]:
    """Simpler numbers than `value`: 1, then its power of two. Each is simpler than the one before it was."""
    if value in (0.0, 1.0):
        return
    yield 1.0
    power = 2.0 ** (frexp(value)[1] - 1)
    if value != power:
        yield power


def _describe(
    implementation: Implementation,
    rule: Rule,
    case: Case,
    outcome: Outcome,
    dialect: Mapping[str, str],
    judge: Judge,
    how: Arithmetic,
) -> Counterexample:
    rejected = judge(case, outcome)
    _, coordinate = rejected.first_rejection() or (0, 0)
    prediction = predict(program_for(rule, dialect, case), case, outcome, how)[-1][coordinate]
    exact = prediction.value.mid().str(20, radius=False)
    got = outcome.parameters[-1][coordinate]
    worst = rejected.rows[-1][coordinate]
    inputs: dict[str, Any] = {
        "rule": case.rule, "dtype": case.dtype, "w": list(case.w), "learning_rates": list(case.learning_rates),
        "hyperparameters": dict(case.hyperparameters), "options": dict(case.options), "coordinate": coordinate,
        "gradients": [[list(s.slope), list(s.offset)] if isinstance(s, Slopes) else list(s) for s in case.steps],
    }  # fmt: skip
    code = snippet(implementation, case, coordinate, got, exact, dialect)
    return Counterexample(
        inputs, len(case.steps), got, exact, float("inf") if worst is None else worst, dict(dialect), code
    )


ARRAY = {
    "numpy": ("import numpy", "numpy.array(x, dtype={!r})"),
    "torch": ("import torch", "torch.tensor(x, dtype=torch.{})"),
    "jax": ("import jax.numpy", "jax.numpy.array(x, dtype={!r})"),
}


def snippet(
    implementation: Implementation, case: Case, coordinate: int, got: float, exact: str, dialect: Mapping[str, str]
) -> str:
    """Code that replays the case on the implementation and prints what it does beside what the dialect says."""
    what = " ".join(f"{axis}={value}" for axis, value in dialect.items()) or case.rule
    if implementation.remote is not None:
        return implementation.remote.replay(case, len(case.steps) - 1, coordinate, got, f"{what}: {exact}")
    library, make = ARRAY[implementation.arrays]
    environment = [f"os.environ[{k!r}] = {v!r}" for k, v in implementation.environment.items()]
    keywords = "".join(f", {k}={v!r}" for k, v in {**case.hyperparameters, **case.options}.items())
    target = implementation.origin or implementation.name
    looks = any(isinstance(s, Slopes) for s in case.steps)
    steps = [(list(s.slope), list(s.offset)) if isinstance(s, Slopes) else (list(s),) for s in case.steps]
    rows = ", ".join(repr((*step, rate)) for step, rate in zip(steps, case.learning_rates, strict=True))
    gradient = "linear_gradient(slope, offset, array)" if looks else "lambda x: array(gradient)"
    return "\n".join([
        *(["import os", "", *environment, ""] if environment else []),
        library,
        f"from gradspec.conformance import {'linear_gradient, ' if looks else ''}load, step_on",
        "",
        f"array = lambda x: {make.format(case.dtype)}",
        f"adapter = load({target!r}).offers[{case.rule!r}].function",
        f"w = array({list(case.w)!r})",
        f"step = adapter(w{keywords})",
        f"for {'slope, offset' if looks else 'gradient'}, learning_rate in [{rows}]:",
        f"    w = step_on(step, w, {gradient}, learning_rate)",
        f"print(float(w[{coordinate}]))  # got {got!r}; {what}: {exact}",
    ])  # fmt: skip
