"""Calls layers of an implementation: builds one, trains it on earlier batches, reads what it keeps and what it drew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any
from zlib import crc32

from gradspec.reference.functions import Values
from gradspec.spec import Program, Rule
from gradspec.spec import rule as find_rule

from .arrays import ArrayKind
from .case import FunctionCase, Misbehaviour, Outcome, SampleCase, Unsupported
from .implementation import Offer, drawn_arrays, layer_parameters

MEMBERS = ("train", "infer")


def call_layer(
    found: Offer, case: FunctionCase | SampleCase, kind: ArrayKind, guard: AbstractContextManager[None]
) -> Outcome:
    """Return what a fresh layer does on `case`; raise `Misbehaviour` where that is not what layers do."""
    if isinstance(case, SampleCase):
        with guard:
            return _sample(found, case, kind)
    call = _Call(found, case, kind)  # formulas are put together here, where nobody watches
    with guard:
        return call.outcome()


def build(found: Offer, case: FunctionCase | SampleCase, kind: ArrayKind, seed: int) -> Any:
    """A fresh layer with the hyperparameters and parameters of the case."""
    rule = find_rule(case.rule)
    given = []
    if isinstance(case, FunctionCase):
        names = layer_parameters(rule)
        arrays = zip(rule.arrays, case.arrays, strict=False)
        given = [kind.make(v.numbers, v.shape, case.dtype) for a, v in arrays if a.name in names]
    keywords = {**case.hyperparameters, **({"seed": seed} if drawn_arrays(rule) else {})}
    layer = found.function(*given, **keywords)
    wanted = (*MEMBERS, *(["state"] if rule.state else []))
    for name in wanted:
        if not hasattr(layer, name):
            raise Misbehaviour(
                f"{case.name}: the adapter returned {type(layer).__name__}, which lacks {name}; "
                f"it must return a layer with {', '.join(wanted)}"
            )
    return layer


def _sample(found: Offer, case: SampleCase, kind: ArrayKind) -> Outcome:
    (name,) = drawn_arrays(find_rule(case.rule))
    one, other = (build(found, case, kind, seed) for seed in (case.seed, case.seed + 1))
    rows = []
    for layer in (one, one, other):
        given = kind.make(case.inputs.numbers, case.inputs.shape, case.dtype)
        output = _read(layer.train(given), "y", case.inputs.shape, case, kind)
        rows.append(tuple(READ[name](x, y) for x, y in zip(case.inputs.numbers, output, strict=True)))
    return Outcome(tuple(rows), None)


def seed_of(case: FunctionCase) -> int:
    """A seed that every library takes; the same for the same case."""
    return crc32(case.name.encode()) % 2**31


# How a random number is read off an input and what became of it.
READ: dict[str, Callable[[float, float], float]] = {
    "mask": lambda x, y: float(y != 0),
    "slope": lambda x, y: y / x if x < 0 else 1.0,  # there is none where the input is not negative
}


@cache
def _program(rule_name: str, on: frozenset[str]) -> Program:
    """The arrays and outputs under the options `on`; they are the same in every dialect."""
    return find_rule(rule_name).program({}, on)


class _Call:
    """One call of a layer, with everything around it."""

    def __init__(self, found: Offer, case: FunctionCase, kind: ArrayKind) -> None:
        self.found, self.case, self.kind = found, case, kind
        self.rule: Rule = find_rule(case.rule)
        self.program = _program(case.rule, case.switched_on)
        self.given = dict(zip((a.name for a in self.program.arrays), case.arrays, strict=True))
        self.layer: Any = None

    def outcome(self) -> Outcome:
        self.layer = build(self.found, self.case, self.kind, seed_of(self.case))
        first = next(iter(self.given))
        start = self.state()
        expected = {str(t.base.label): float(v) for t, v in self.rule.state.items()}
        for name, values in start.items():
            if any(x != expected[name] for x in values.numbers):
                raise Misbehaviour(
                    f"{self.case.name}: {name} is {values.numbers} at first; it must be {expected[name]:g}"
                )
        for batch in self.case.before:
            self.output("train", batch)
        kept = self.state()
        try:
            if "derivative" in self.case.switched_on:
                return Outcome(self.gradients(), None, kept)
            y = self.output("infer" if "inference" in self.case.switched_on else "train", self.given[first])
        except ValueError:
            if not self.rule.state or self.given[first].shape[0] != 1:
                raise
            nothing = (float("nan"),)
            rows = (nothing * len(self.given[first].numbers), *(nothing * len(v.numbers) for v in kept.values()))
            return Outcome(rows, None, kept, refused=True)
        after = self.state()
        seen = dict(kept)
        if self.case.switched_on == frozenset():
            for name in drawn_arrays(self.rule):
                pairs = zip(self.given[first].numbers, y, strict=True)
                seen[name] = Values(self.given[first].shape, tuple(READ[name](a, b) for a, b in pairs))
        return Outcome((tuple(y), *(after[name].numbers for name in expected)), None, seen)

    def output(self, method: str, batch: Values) -> list[float]:
        array = self.kind.make(batch.numbers, batch.shape, self.case.dtype)
        result = getattr(self.layer, method)(array)
        self.unchanged(array, batch, "its input")
        return _read(result, "y", batch.shape, self.case, self.kind)

    def gradients(self) -> tuple[tuple[float, ...], ...]:
        if not hasattr(self.layer, "backward"):
            raise Unsupported(f"{self.case.rule}: no backward")
        x, upstream = self.given["x"], self.given["upstream"]
        arrays = [self.kind.make(v.numbers, v.shape, self.case.dtype) for v in (x, upstream)]
        result = self.layer.backward(*arrays)
        for array, values in zip(arrays, (x, upstream), strict=True):
            self.unchanged(array, values, "what it was given")
        names = [str(target.base.label) for target in self.program.update]
        if not isinstance(result, (tuple, list)) or len(result) != len(names):
            raise Misbehaviour(f"{self.case.name}: backward must return {', '.join(names)}")
        shapes = [self.given[name.removeprefix("d_")].shape for name in names]
        return tuple(
            tuple(_read(array, name, shape, self.case, self.kind))
            for array, name, shape in zip(result, names, shapes, strict=True)
        )

    def state(self) -> dict[str, Values]:
        """What the layer keeps, read out at once."""
        names = [str(target.base.label) for target in self.rule.state]
        if not names:
            return {}
        arrays = self.layer.state
        if not isinstance(arrays, (tuple, list)) or len(arrays) != len(names):
            raise Misbehaviour(f"{self.case.name}: state must be {', '.join(names)}")
        shapes = [self.given[name].shape for name in names]
        return {
            name: Values(shape, tuple(_read(array, name, shape, self.case, self.kind)))
            for name, array, shape in zip(names, arrays, shapes, strict=True)
        }

    def unchanged(self, array: Any, values: Values, words: str) -> None:
        if repr(self.kind.read(array)) != repr(
            [float(x) for x in values.numbers]
        ):  # the text of a float tells its bits
            raise Misbehaviour(f"{self.case.name}: the layer changed {words}; copy it before working on it")


def _read(
    array: Any, name: str, shape: tuple[int, ...], case: FunctionCase | SampleCase, kind: ArrayKind
) -> list[float]:
    """The numbers in `array`, after its kind, shape and dtype have been found right."""
    if not kind.owns(array):
        raise Misbehaviour(f"{case.name}: {name} is a {type(array).__name__}; it must be {kind.word}")
    if tuple(array.shape) != shape:
        raise Misbehaviour(f"{case.name}: {name} has shape {tuple(array.shape)}; it must be {shape}")
    if kind.dtype(array) != case.dtype:
        raise Misbehaviour(f"{case.name}: {name} has dtype {kind.dtype(array)}; it must be {case.dtype}")
    return kind.read(array)
