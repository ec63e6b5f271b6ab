"""What can be wrong with a single vector, beyond what its schema says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import Any

from gradspec.reference.arithmetic import number_format

from ..stdio.framing import WIDTHS, number
from ..stdio.framing import numbers as elements
from .hunting import axis_key
from .stating import content_hash, decimals

Json = Mapping[str, Any]


def vector_defects(file: Json, vector: Json) -> Iterator[str]:
    """Yield what is wrong with a vector of a file; both are as the schema says."""
    for key in ("rule", "dtype", "level"):
        if vector[key] != file[key]:
            yield f"{key} is {vector[key]!r}, in a file of {file[key]!r}"
    if not vector["id"].startswith(f"{file['rule']}/{file['dtype']}/"):
        yield f"the id must begin with {file['rule']}/{file['dtype']}/"
    if vector["hash"] != content_hash(vector):
        yield f"hash is {vector['hash']}; that of its question and expectations is {content_hash(vector)}"
    asked = vector["question"]
    for key in ("rule", "dtype"):
        if asked[key] != file[key]:
            yield f"question.{key} is {asked[key]!r}, in a file of {file[key]!r}"
    for key in ("hyperparameters", "options"):
        yield from (f"question.{key}: {name} is not declared" for name in asked[key] if name not in file[key])
    wrong = list(_question(asked))
    yield from wrong
    if not wrong and vector["decimals"] != decimals(asked):
        yield f"decimals differ from the bits at {_difference(vector['decimals'], decimals(asked))}"
    yield from _expectations(file, vector)
    yield from _hunts(file, vector)


def _question(asked: Json) -> Iterator[str]:
    """Tensors must be whole, and everything exact in the dtype, so that nobody has to round."""
    places = {"w": asked["w"]} if "w" in asked else {}
    places |= {f"arrays.{name}": tensor for name, tensor in asked.get("arrays", {}).items()}
    settings = {f"{key}.{n}": v for key in ("hyperparameters", "options") for n, v in asked[key].items()}
    for k, step in enumerate(asked.get("steps", [])):
        settings[f"steps[{k}].learning_rate"] = step["learning_rate"]
        places |= {f"steps[{k}].{key}": step[key] for key in ("slope", "offset") if key in step}
    for place, tensor in places.items():
        if tensor["dtype"] != asked["dtype"] and not (tensor["dtype"] == "int64" and place.startswith("arrays.")):
            yield f"question.{place}: dtype is {tensor['dtype']}"
        if place.startswith("steps") and tensor["shape"] != asked["w"]["shape"]:
            yield f"question.{place}: shape is {tensor['shape']}; that of w is {asked['w']['shape']}"
        yield from (f"question.{place}: {words}" for words in _digits(tensor["data"], tensor))
    for place, setting in settings.items():
        if isinstance(setting, str) and not _exact(number(setting), asked["dtype"]):
            yield f"question.{place}: {number(setting)!r} is not exact in {asked['dtype']}"


def _digits(data: str, tensor: Json) -> Iterator[str]:
    count = prod(tensor["shape"])
    if len(data) != 2 * WIDTHS[tensor["dtype"]] * count:
        yield f"has {len(data)} digits; {count} numbers of {tensor['dtype']} have {2 * WIDTHS[tensor['dtype']] * count}"


def _exact(value: float, dtype: str) -> bool:
    return value - value == 0 and number_format(dtype).round(Fraction(value)) == Fraction(value)


def _difference(one: Any, other: Any, place: str = "$") -> str:
    """The first place at which two texts differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = (key for key in [*one, *other] if key not in one or key not in other or one[key] != other[key])
        key = next(keys)
        return (
            f"{place}.{key}"
            if key not in one or key not in other
            else _difference(one[key], other[key], f"{place}.{key}")
        )
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        k = next(k for k, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        return _difference(one[k], other[k], f"{place}[{k}]")
    return place


def _expectations(file: Json, vector: Json) -> Iterator[str]:
    partial = [(k, dialect) for k, one in enumerate(vector["expect"]) for dialect in one["dialects"]]
    for dialect in file["dialects"]:
        axes = dialect["axes"].items()
        found = {k for k, part in partial if part.items() <= axes}
        if len(found) != 1:
            yield f"{len(found)} expectations are about the dialect {dict(axes)}; there must be one"
    for _, part in partial:
        if not any(part.items() <= dialect["axes"].items() for dialect in file["dialects"]):
            yield f"an expectation is about {part}, which is no dialect"
    heads = [[(o["name"], o["shape"], o["dtype"]) for o in one.get("outputs", [])] for one in vector["expect"]]
    known = [head for head in heads if head]
    if any(head != known[0] for head in known):
        yield "the outputs of two expectations differ in number, name or shape"
    if "steps" in vector["question"] and any(len(head) != len(vector["question"]["steps"]) for head in known):
        yield "there must be one output for each step"
    for k, one in enumerate(vector["expect"]):
        for output in one.get("outputs", []):
            yield from (f"expect[{k}], {output['name']}: {words}" for words in _output(output, vector["dtype"]))


def _output(output: Json, dtype: str) -> Iterator[str]:
    wrong = [f"{key}: {words}" for key in ("lo", "hi") for words in _digits(output[key], output)]
    if output["dtype"] != dtype:
        wrong.append(f"dtype is {output['dtype']}")
    count = prod(output["shape"])
    if len(output["y"]) != count:
        wrong.append(f"y: has {len(output['y'])} values; must be {count}")
    either = {int(i): intervals for i, intervals in output.get("either", {}).items()}
    nan = output.get("nan", [])
    wrong += [f"element {i} does not exist" for i in [*either, *nan] if i >= count]
    if any(a >= b for a, b in pairwise(nan)):
        wrong.append("nan: must be in order, each element once")
    yield from wrong
    if wrong:
        return
    sides = zip(*(elements({**output, "data": output[key]}) for key in ("lo", "hi")), strict=True)
    for i, (low, high) in enumerate(sides):
        if low != low or high != high:
            if (low == low) or (high == high) or i not in nan or i in either or output["y"][i] is not None:
                yield f"element {i}: lo is {low!r} and hi {high!r}; both are NaN where only NaN is right"
            continue
        if low > high:
            yield f"element {i}: lo is {low!r}, above hi, {high!r}"
        try:
            intervals = [(low, high)] if i not in either else list(_intervals(either[i], dtype))
        except ValueError as error:
            yield f"element {i}: either: {error}"
            continue
        yield from (f"element {i}: {words}" for words in _element(low, high, intervals, output["y"][i]))


def _intervals(written: Sequence[Sequence[str]], dtype: str) -> Iterator[tuple[float, float]]:
    for pair in written:
        low, high = (elements({"dtype": dtype, "shape": [1], "data": data})[0] for data in pair)
        yield low, high


def _element(low: float, high: float, intervals: list[tuple[float, float]], exact: str | None) -> Iterator[str]:
    if not all(a <= b for a, b in intervals) or not all(b < c for (_, b), (c, _) in pairwise(intervals)):
        yield "either: must be intervals in order that do not touch"
    if (intervals[0][0], intervals[-1][1]) != (low, high):
        yield f"either: must begin with lo, {low!r}, and end with hi, {high!r}"
    if exact is not None and not any(a <= float(exact) <= b for a, b in intervals):
        yield f"y is {exact}, which is not right"


def _hunts(file: Json, vector: Json) -> Iterator[str]:
    yield from (f"hunts {key!r}, of which there is no note" for key in vector["hunts"] if key not in file["notes"])
    known = {
        axis_key(name, one, other)
        for name, axis in file["axes"].items()
        for one in axis["values"]
        for other in axis["values"]
    }
    for key in vector["hunts"]:
        if file["notes"].get(key, {}).get("kind") == "dialect" and key not in known:
            yield f"hunts {key!r}, which names no two values of an axis"
