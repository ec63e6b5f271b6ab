"""Shrinks a rejected call to few elements and simple numbers, checks it again on the implementation, prints it as code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import frexp
from typing import Any

from gradspec.reference.arithmetic import Arithmetic
from gradspec.reference.functions import Values, elementwise
from gradspec.reference.special import kinds
from gradspec.spec import Rule

from .case import FunctionCase, Misbehaviour, Outcome, Unsupported
from .counterexample import ARRAY, Judge
from .implementation import Implementation
from .layer_counterexample import layer_snippet
from .programs import program_of
from .scoring import anchored, is_special, numbers, predict, program_for
from .verdict import Counterexample

ATTEMPTS = 200  # calls of the implementation that shrinking may cost


def find_function_counterexample(
    implementation: Implementation,
    rule: Rule,
    case: FunctionCase,
    outcome: Outcome,
    dialect: Mapping[str, str],
    judge: Judge,
    run: Callable[..., Outcome],
    how: Arithmetic,
) -> Counterexample | None:
    """Return the simplest rejected call that was found; None if the deviation does not show again."""
    where = judge(case, outcome).first_rejection()
    if where is None:
        return None
    best, found = case, outcome
    if elementwise(program_of(rule, dialect, case.switched_on)):
        single = replace(case, arrays=tuple(Values((1,), (a.numbers[where[1]],)) for a in case.arrays))
        alone = _rejected(single, judge, run)
        if alone is not None:
            best, found = single, alone
    left = ATTEMPTS
    simpler = True
    while simpler and left > 0:
        simpler = False
        for candidate in _simpler(best):
            left -= 1
            again = _rejected(candidate, judge, run)
            if again is not None:
                best, found, simpler = candidate, again, True
                break
            if left == 0:
                break
    if best is case and _rejected(case, judge, run) is None:
        return None
    return _describe(implementation, rule, replace(best, name=f"{case.name}/shrunk"), found, dialect, judge, how)


def _rejected(case: FunctionCase, judge: Judge, run: Callable[..., Outcome]) -> Outcome | None:
    try:
        outcome = run(case)
    except (Misbehaviour, Unsupported):
        return None
    return outcome if judge(case, outcome).first_rejection() is not None else None


def _simpler(case: FunctionCase) -> Iterator[FunctionCase]:
    """Cases that a reader would find easier: whole arrays of ones, then one rounder number at a time."""
    for k, array in enumerate(case.arrays):
        if any(x != 1 for x in array.numbers) and not all(x in (0.0, 1.0) for x in array.numbers):
            yield _with(case, k, (1.0,) * len(array.numbers))
    for k, array in enumerate(case.arrays):
        for i, value in enumerate(array.numbers):
            for rounder in _rounder(value):
                yield _with(case, k, (*array.numbers[:i], rounder, *array.numbers[i + 1 :]))


def _with(case: FunctionCase, k: int, numbers: tuple[float, ...]) -> FunctionCase:
    changed = Values(case.arrays[k].shape, numbers)
    return replace(case, arrays=(*case.arrays[:k], changed, *case.arrays[k + 1 :]))


def _rounder(value: float) -> Iterator[float]:
    """Simpler numbers than `value`: 1, then its power of two. Each is simpler than the one before it was."""
    if value in (0.0, 1.0) or value - value != 0:
        return
    yield 1.0
    power = 2.0 ** (frexp(value)[1] - 1)
    if value not in (power, -power):
        yield power if value > 0 else -power


def _describe(
    implementation: Implementation,
    rule: Rule,
    case: FunctionCase,
    outcome: Outcome,
    dialect: Mapping[str, str],
    judge: Judge,
    how: Arithmetic,
) -> Counterexample:
    scores = judge(case, outcome)
    row, place = scores.first_rejection() or (0, 0)
    program = program_for(rule, dialect, case)
    predicted = predict(program, case, outcome, how)[row][place]
    exact = predicted.value.mid().str(20, radius=False) if predicted.worlds else "undefined"
    if is_special(case):
        exact = kinds(program, case.arrays, numbers(case))[row][place].name
    case = anchored(program, case, outcome)
    got = outcome.parameters[row][place]
    worst = scores.rows[row][place]
    target = list(program.update)[row]
    inputs: dict[str, Any] = {
        "rule": case.rule, "dtype": case.dtype, "hyperparameters": dict(case.hyperparameters), "options": dict(case.options),
        "arrays": {
            a.name: {"shape": list(v.shape), "numbers": list(v.numbers)}
            for a, v in zip(program.arrays, case.arrays, strict=True)
        },
        "output": str(target), "element": place,
    }  # fmt: skip
    should = f"{_words(dialect) or case.rule}: {exact}"
    if implementation.remote is not None:
        code = implementation.remote.replay(case, row, place, got, should)
    else:
        code = snippet(implementation, rule, case, row, place, f"got {got!r}", should)
    return Counterexample(inputs, 1, got, exact, float("inf") if worst is None else worst, dict(dialect), code)


def _words(dialect: Mapping[str, str]) -> str:
    return " ".join(f"{axis}={value}" for axis, value in dialect.items())


def snippet(
    implementation: Implementation, rule: Rule, case: FunctionCase, row: int, place: int, got: str, exact: str
) -> str:
    """Code that replays the call on the implementation and prints one element beside what the dialect says."""
    library, make = ARRAY[implementation.arrays]
    if rule.kind == "layer":
        return layer_snippet(implementation, rule, case, row, place, got, exact)
    program = program_of(rule, {}, case.switched_on)
    asked = {o.name for o in rule.options if o.differentiates}
    function = "derivative" if asked & case.switched_on else "function"
    optional = {name for option in case.options for name in rule.arrays_of(option)}
    given, by_name = [], {}
    for declared, array in zip(program.arrays, case.arrays, strict=True):
        dtype = "int64" if declared.labels is not None else case.dtype
        numbers = [int(x) for x in array.numbers] if declared.labels is not None else list(array.numbers)
        written = f"{make.format(dtype).replace('x,', f'{numbers!r},')}.reshape({array.shape!r})"
        if declared.name in optional:
            by_name[declared.name] = written
        else:
            given.append(written)
    options = {k: repr(v) for k, v in case.options.items() if k not in asked} | by_name
    chosen = {k: repr(v) for k, v in case.hyperparameters.items()} | options
    fixed = implementation.offers[case.rule].fixed
    keywords = "".join(f", {k}={v}" for k, v in chosen.items() if k not in fixed)
    environment = [f"os.environ[{k!r}] = {v!r}" for k, v in implementation.environment.items()]
    output = f"result[{row}]" if len(program.update) > 1 else "result"
    return "\n".join([
        *(["from math import inf, nan", ""] if is_special(case) else []),
        *(["import os", "", *environment, ""] if environment else []),
        library,
        "from gradspec.conformance import load",
        "",
        f"adapter = load({(implementation.origin or implementation.name)!r}).offers[{case.rule!r}].{function}",
        f"result = adapter({', '.join(given)}{keywords})",
        f"print(float({output}.reshape(-1)[{place}]))  # {got}; {exact}",
    ])  # fmt: skip
