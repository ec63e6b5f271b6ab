"""Shrinks a rejected run to one coordinate and few steps, checks it again on the implementation, and prints it as code."""

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

Judge = Callable[[Case, Outcome], Scores]


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
    """Return the smallest rejected run that was found, or None if a single coordinate never shows the deviation."""
    where = judge(case, outcome).first_rejection()
    if where is None:
        return None
    best = _first_single(case, judge, run, where)
    if best is None:
        return None
    spent = 0
    improved = True
    while improved and spent < ATTEMPTS:
        improved = False
        for candidate in _simpler(best[0]):
            spent += 1
            found = _rejected(candidate, judge, run)
            if found is not None:
                best, improved = (candidate, found), True
                break
            if spent >= ATTEMPTS:
                break
    return _describe(implementation, rule, best[0], best[1], dialect, judge, how)


def _first_single(case: Case, judge: Judge, run: Callable[..., Outcome], where: tuple[int, int]) -> tuple[Case, Outcome] | None:
    step, coordinate = where
    for i in [coordinate, *(k for k in range(len(case.w)) if k != coordinate)]:
        for steps in range(1, len(case.steps) + 1):
            single = _cut(case, i, steps)
            found = _rejected(single, judge, run)
            if found is not None:
                return single, found
    return None


def _rejected(case: Case, judge: Judge, run: Callable[..., Outcome]) -> Outcome | None:
    try:
        outcome = run(case)
    except (Misbehaviour, Unsupported):
        return None
    where = judge(case, outcome).first_rejection()
    return outcome if where is not None and where[0] == len(case.steps) - 1 else None


def _cut(case: Case, coordinate: int, steps: int) -> Case:
    """The case on one coordinate and its first steps."""
    pick = slice(coordinate, coordinate + 1)
    kept = tuple(Slopes(s.slope[pick], s.offset[pick]) if isinstance(s, Slopes) else s[pick] for s in case.steps[:steps])
    name = f"{case.name}/one"
    return replace(case, name=name, w=case.w[pick], steps=kept, learning_rates=case.learning_rates[:steps], shape=(1,))


def _simpler(case: Case) -> Iterator[Case]:
    """Cases that a reader would find easier, most radical first: fewer steps, zero start, round numbers, one learning rate."""
    steps = len(case.steps)
    for dropped in range(steps - 1):
        kept = [k for k in range(steps) if k != dropped]
        yield replace(case, steps=tuple(case.steps[k] for k in kept), learning_rates=tuple(case.learning_rates[k] for k in kept))
    if case.w != (0.0,):
        yield replace(case, w=(0.0,))
    if len(set(case.learning_rates)) > 1:
        yield replace(case, learning_rates=(case.learning_rates[0],) * steps)
    for k, step in enumerate(case.steps):
        for simple in _rounder(step):
            if simple != step:
                yield replace(case, steps=(*case.steps[:k], simple, *case.steps[k + 1 :]))


def _rounder(step: tuple[float, ...] | Slopes) -> Iterator[tuple[float, ...] | Slopes]:
    if isinstance(step, Slopes):
        for slope in ((1.0,), (0.5,)):
            if step.slope[0] not in (1.0, 0.5):
                yield Slopes(slope, step.offset)
        for offset in _round_values(step.offset[0]):
            yield Slopes(step.slope, (offset,))
    else:
        for value in _round_values(step[0]):
            yield (value,)


def _round_values(value: float) -> Iterator[float]:
    """Simpler numbers than `value`: 1, then its power of two. Each is simpler than the one before it was."""
    if value in (0.0, 1.0):
        return
    yield 1.0
    power = 2.0 ** (frexp(value)[1] - 1)
    if value != power:
        yield power


def _describe(
    implementation: Implementation, rule: Rule, case: Case, outcome: Outcome, dialect: Mapping[str, str], judge: Judge, how: Arithmetic
) -> Counterexample:
    prediction = predict(program_for(rule, dialect, case), case, outcome, how)[-1][0]
    exact = prediction.value.mid().str(20, radius=False)
    got = outcome.parameters[-1][0]
    inputs: dict[str, Any] = {
        "rule": case.rule, "dtype": case.dtype, "w": case.w[0], "learning_rates": list(case.learning_rates),
        "hyperparameters": dict(case.hyperparameters), "options": dict(case.options),
        "gradients": [[s.slope[0], s.offset[0]] if isinstance(s, Slopes) else s[0] for s in case.steps],
    }  # fmt: skip
    rejected = judge(case, outcome)
    worst = rejected.rows[-1][0]
    return Counterexample(
        inputs, len(case.steps), got, exact, float("inf") if worst is None else worst, dict(dialect),
        snippet(implementation, case, got, exact, dialect),
    )  # fmt: skip


def snippet(implementation: Implementation, case: Case, got: float, exact: str, dialect: Mapping[str, str]) -> str:
    """Code that replays the case on the implementation and prints what it does beside what the dialect says."""
    keywords = "".join(f", {k}={v!r}" for k, v in {**case.hyperparameters, **case.options}.items())
    make = {
        "numpy": ("import numpy", f"lambda x: numpy.array([x], dtype={case.dtype!r})"),
        "torch": ("import torch", f"lambda x: torch.tensor([x], dtype=torch.{case.dtype})"),
        "jax": ("import jax.numpy", f"lambda x: jax.numpy.array([x], dtype={case.dtype!r})"),
    }[implementation.arrays]
    looks = any(isinstance(s, Slopes) for s in case.steps)
    environment = [f"os.environ[{k!r}] = {v!r}" for k, v in implementation.environment.items()]
    lines = [
        *(["import os", "", *environment, ""] if environment else []),
        make[0],
        f"from gradspec.conformance import {'linear_gradient, ' if looks else ''}load, step_on",
        "",
        f"array = {make[1]}",
        f"adapter = load({implementation.origin or implementation.name!r}).offers[{case.rule!r}].function",
        "w = array({!r})".format(case.w[0]),
        f"step = adapter(w{keywords})",
    ]
    if looks:
        rows = ", ".join(f"({s.slope[0]!r}, {s.offset[0]!r}, {r!r})" for s, r in zip(case.steps, case.learning_rates, strict=True) if isinstance(s, Slopes))
        lines += [f"for slope, offset, learning_rate in [{rows}]:", "    w = step_on(step, w, linear_gradient(slope, offset, array), learning_rate)"]
    else:
        rows = ", ".join(f"({s[0]!r}, {r!r})" for s, r in zip(case.steps, case.learning_rates, strict=True) if not isinstance(s, Slopes))
        lines += [f"for gradient, learning_rate in [{rows}]:", "    w = step_on(step, w, lambda x: array(gradient), learning_rate)"]
    what = " ".join(f"{axis}={value}" for axis, value in dialect.items()) or case.rule
    lines += [f"print(float(w[0]))  # got {got!r}; {what}: {exact}"]
    return "\n".join(lines)
