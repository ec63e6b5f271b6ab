"""Cases as messages, and messages as cases: what is asked, never what is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradspec.conformance.case import AnyCase, Case, FunctionCase, SampleCase, Slopes, Unsupported
from gradspec.conformance.programs import program_of
from gradspec.reference.functions import Values, output_shapes
from gradspec.spec import Rule
from gradspec.spec import rule as find_rule

from .framing import Message, bits, number, numbers, tensor

KINDS = ("optimizer", "function")  # of rules that the protocol carries


@dataclass(frozen=True, slots=True)
class Request:
    """A case as a message, and the shapes of the arrays that must come back."""

    message: Message
    shapes: tuple[tuple[int, ...], ...]


def request(case: AnyCase, identity: str, fixed: Mapping[str, Any]) -> Request:
    """Return the message that puts `case` to a program; hyperparameters in `fixed` are its own and left out."""
    rule = find_rule(case.rule)
    if isinstance(case, SampleCase) or rule.kind not in KINDS:
        raise Unsupported(f"{case.rule}: a {rule.kind}; protocol 1 carries {' and '.join(f'{k}s' for k in KINDS)}")
    asked = gradients(rule) & case.switched_on
    message: dict[str, Any] = {
        "type": "run", "id": identity, "rule": case.rule,
        "mode": "update" if isinstance(case, Case) else "derivative" if asked else "function", "dtype": case.dtype,
        "hyperparameters": {k: _setting(v) for k, v in case.hyperparameters.items() if k not in fixed},
        "options": {k: _setting(v) for k, v in case.options.items() if k not in asked},
    }  # fmt: skip
    if isinstance(case, Case):
        shape = case.shape or (len(case.w),)
        message["w"] = tensor(case.w, shape, case.dtype)
        message["steps"] = [
            {"learning_rate": bits(rate), **_gradient(given, shape, case.dtype)}
            for given, rate in zip(case.steps, case.learning_rates, strict=True)
        ]
        return Request(message, (shape,) * len(case.steps))
    program = program_of(rule, {}, case.switched_on)
    message["arrays"] = {
        array.name: tensor(values.numbers, values.shape, "int64" if array.labels is not None else case.dtype)
        for array, values in zip(program.arrays, case.arrays, strict=True)
    }
    return Request(message, tuple(output_shapes(program, case.arrays)))


def case_of(message: Message) -> AnyCase:
    """Return the case that a message puts; raise `ValueError` or `LookupError` where it puts none."""
    rule = find_rule(message["rule"])
    hyperparameters, options = ({k: _value(v) for k, v in message[n].items()} for n in ("hyperparameters", "options"))
    if message["mode"] == "derivative":
        options |= dict.fromkeys(gradients(rule), True)
    heading = (message["id"], rule.name, message["dtype"], 0, "")
    if (message["mode"] == "update") != (rule.kind == "optimizer") or rule.kind not in KINDS:
        raise ValueError(f"$.mode: {rule.name} is a {rule.kind}")
    if rule.kind == "optimizer":
        steps = tuple(_steps(step) for step in message["steps"])
        rates = tuple(number(step["learning_rate"]) for step in message["steps"])
        w = tuple(numbers(message["w"]))
        return Case(*heading, w, steps, rates, hyperparameters, options, tuple(message["w"]["shape"]))
    arrays = message["arrays"]
    names = [array.name for array in program_of(rule, {}, frozenset(options)).arrays]
    if sorted(arrays) != sorted(names):
        raise ValueError(f"$.arrays: {', '.join(arrays)}: must be {', '.join(names)}")
    given = tuple(Values(tuple(arrays[name]["shape"]), tuple(numbers(arrays[name]))) for name in names)
    return FunctionCase(*heading, given, hyperparameters, options)


def gradients(rule: Rule) -> frozenset[str]:
    """The options under which the gradient of a function is asked for: on the wire a mode."""
    return frozenset(option.name for option in rule.options if option.differentiates)


def rows(arrays: Sequence[Message], shapes: Sequence[tuple[int, ...]], dtype: str) -> tuple[tuple[float, ...], ...]:
    """Read the arrays of a result; raise `ValueError`, with the path, unless they have the shapes and the dtype asked for."""
    if len(arrays) != len(shapes):
        raise ValueError(f"$.outputs: {len(arrays)} arrays; must be {len(shapes)}")
    found = []
    for k, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        for name, value, wanted in (("dtype", array["dtype"], dtype), ("shape", array["shape"], list(shape))):
            if value != wanted:
                raise ValueError(f"$.outputs[{k}].{name}: {value}; must be {wanted}")
        try:
            found.append(tuple(numbers(array)))
        except ValueError as error:
            raise ValueError(f"$.outputs[{k}].data: {error}") from None
    return tuple(found)


def _gradient(given: tuple[float, ...] | Slopes, shape: tuple[int, ...], dtype: str) -> dict[str, Message]:
    if isinstance(given, Slopes):
        return {"slope": tensor(given.slope, shape, dtype), "offset": tensor(given.offset, shape, dtype)}
    return {"offset": tensor(given, shape, dtype)}


def _steps(step: Message) -> tuple[float, ...] | Slopes:
    offset = tuple(numbers(step["offset"]))
    return Slopes(tuple(numbers(step["slope"])), offset) if "slope" in step else offset


def _setting(value: Any) -> Any:
    """True and counts as they are, real numbers as bits."""
    return value if isinstance(value, (bool, int)) else bits(value)


def _value(setting: Any) -> Any:
    return number(setting) if isinstance(setting, str) else setting
