"""Calls functions of an implementation: arrays in, arrays out, everything checked, nothing that is handed over trusted."""

from __future__ import annotations

from contextlib import AbstractContextManager
from math import nan, prod
from typing import Any

import numpy

from gradspec.reference.functions import output_shapes
from gradspec.spec import rule as find_rule

from .arrays import ArrayKind
from .case import FunctionCase, Misbehaviour, Outcome
from .implementation import Offer
from .programs import program_of
from .scoring import is_special

REFUSALS = (ValueError, ArithmeticError, RuntimeError)  # of infinities and NaN


def call(found: Offer, case: FunctionCase, kind: ArrayKind, guard: AbstractContextManager[None]) -> Outcome:
    """Return the outputs of one call; raise `Misbehaviour` where they are not what the rule says they are.

    `guard` is held while the adapter runs.
    """
    rule = find_rule(case.rule)
    program = program_of(rule, {}, case.switched_on)
    asked = {o.name for o in rule.options if o.differentiates}
    function = found.derivative if asked & case.switched_on else found.function
    assert function is not None
    labels = {a.name for a in program.arrays if a.labels is not None}
    given = [
        kind.make(array.numbers, array.shape, "int64" if declared.name in labels else case.dtype)
        for declared, array in zip(program.arrays, case.arrays, strict=True)
    ]
    optional = {name for option in case.options for name in rule.arrays_of(option)}
    positional = [array for a, array in zip(program.arrays, given, strict=True) if a.name not in optional]
    by_name = {a.name: array for a, array in zip(program.arrays, given, strict=True) if a.name in optional}
    options = {name: value for name, value in case.options.items() if name not in asked} | by_name
    chosen = {name: value for name, value in case.hyperparameters.items() if name not in found.fixed}
    shapes = output_shapes(program, case.arrays)
    try:
        with guard:
            result = function(*positional, **chosen, **options)
    except REFUSALS as refusal:
        if isinstance(refusal, NotImplementedError) or not is_special(case):
            raise
        return Outcome(tuple((nan,) * prod(shape) for shape in shapes), None, refused=True)
    for declared, array, now in zip(program.arrays, case.arrays, given, strict=True):
        if repr(kind.read(now)) != repr([float(x) for x in array.numbers]):  # the text of a float tells its bits
            raise Misbehaviour(f"{case.name}: the adapter changed {declared.name}; copy it before working on it")
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    names = [str(target) for target in program.update]
    if len(outputs) != len(names):
        raise Misbehaviour(
            f"{case.name}: the adapter returned {len(outputs)} arrays; it must return {', '.join(names)}"
        )
    rows = [
        tuple(_checked(output, name, shape, case, kind))
        for output, name, shape in zip(outputs, names, shapes, strict=True)
    ]
    return Outcome(tuple(rows), None)


def _checked(output: Any, name: str, shape: tuple[int, ...], case: FunctionCase, kind: ArrayKind) -> list[float]:
    if shape == () and isinstance(output, numpy.generic):  # NumPy's sum of all elements
        output = numpy.asarray(output)
    if not kind.owns(output):
        raise Misbehaviour(f"{case.name}: {name} is a {type(output).__name__}; it must be {kind.word}")
    if tuple(output.shape) != shape and not (prod(shape) == 1 and output.shape == ()):
        raise Misbehaviour(f"{case.name}: {name} has shape {tuple(output.shape)}; it must be {shape}")
    if kind.dtype(output) != case.dtype:
        raise Misbehaviour(f"{case.name}: {name} has dtype {kind.dtype(output)}; it must be {case.dtype}")
    return kind.read(output)
