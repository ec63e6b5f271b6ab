"""What is shown where a layer is rejected: code that replays its calls, and what is wrong with what it drew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradspec.reference.functions import Values
from gradspec.spec import Rule

from .case import FunctionCase, Misbehaviour, Outcome, SampleCase, Unsupported
from .counterexample import ARRAY
from .implementation import Implementation, drawn_arrays, layer_parameters
from .laws import deviations, law
from .layer_calls import seed_of
from .programs import program_of
from .scoring import program_for
from .verdict import Counterexample


def sample_counterexample(
    implementation: Implementation,
    rule: Rule,
    case: SampleCase,
    outcome: Outcome,
    dialect: Mapping[str, str],
    run: Callable[..., Outcome],
) -> Counterexample | None:
    """The deviation of a sample from the law of a dialect; None if it does not show again."""
    program = program_for(rule, dialect, case)
    try:
        found = deviations(program, case, run(case))
    except (Misbehaviour, Unsupported):
        return None
    if not found:
        return None
    (name,) = drawn_arrays(rule)
    expected = law(program, case).mean
    size = len(case.inputs.numbers)
    got = sum(outcome.parameters[0]) / size
    inputs: dict[str, Any] = {
        "rule": case.rule, "dtype": case.dtype, "hyperparameters": dict(case.hyperparameters), "options": {},
        "shape": list(case.inputs.shape), "seed": case.seed, "drawn": name, "found": found,
    }  # fmt: skip
    exact = f"{expected:g}, the mean of the law"
    ones = _array(implementation, Values(case.inputs.shape, (-1.0,)), case.dtype)
    code = "\n".join([
        *_start(implementation, rule, case, (), case.seed),
        f"x = {ones.replace('.reshape', f'.repeat({size}).reshape')}",
        "y = layer.train(x)",
        f"print(float(({'y != 0' if name == 'mask' else 'y / x'}).sum()) / {size})  # got {got!r}; {found[0]}",
    ])  # fmt: skip
    return Counterexample(inputs, 1, got, exact, float("inf"), dict(dialect), code)


def layer_snippet(
    implementation: Implementation, rule: Rule, case: FunctionCase, row: int, place: int, got: str, exact: str
) -> str:
    """Code that replays the calls on a fresh layer and prints one element beside what the dialect says."""
    program = program_of(rule, {}, case.switched_on)
    given = dict(zip((a.name for a in program.arrays), case.arrays, strict=True))
    names = layer_parameters(rule)
    built = tuple(_array(implementation, given[name], case.dtype) for name in names)
    lines = _start(implementation, rule, case, built, seed_of(case))
    lines += [f"layer.train({_array(implementation, batch, case.dtype)})" for batch in case.before]
    x = _array(implementation, given[rule.arrays[0].name], case.dtype)
    if "derivative" in case.switched_on:
        lines.append(f"results = layer.backward({x}, {_array(implementation, given['upstream'], case.dtype)})")
    else:
        method = "infer" if "inference" in case.switched_on else "train"
        lines.append(f"results = (layer.{method}({x}), {'*layer.state' if rule.state else ''})")
    return "\n".join([*lines, f"print(float(results[{row}].reshape(-1)[{place}]))  # {got}; {exact}"])


def _start(
    implementation: Implementation, rule: Rule, case: FunctionCase | SampleCase, given: tuple[str, ...], seed: int
) -> list[str]:
    """Code that loads the implementation and builds the layer of the case."""
    keywords = {**case.hyperparameters, **({"seed": seed} if drawn_arrays(rule) else {})}
    arguments = ", ".join([*given, *(f"{keyword}={value!r}" for keyword, value in keywords.items())])
    environment = [f"os.environ[{k!r}] = {v!r}" for k, v in implementation.environment.items()]
    library, _ = ARRAY[implementation.arrays]
    return [
        *(["import os", "", *environment, ""] if environment else []),
        library,
        "from gradspec.conformance import load",
        "",
        f"factory = load({(implementation.origin or implementation.name)!r}).offers[{case.rule!r}].function",
        f"layer = factory({arguments})",
    ]


def _array(implementation: Implementation, values: Values, dtype: str) -> str:
    _, make = ARRAY[implementation.arrays]
    return f"{make.format(dtype).replace('x,', f'{list(values.numbers)!r},')}.reshape({values.shape!r})"
