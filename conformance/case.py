"""A case: the question put to an implementation. It carries inputs only; nothing in it tells the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradspec.reference.functions import Values


@dataclass(frozen=True, slots=True)
class Slopes:
    """The gradient of one step as a function of the point, per coordinate: `slope * point + offset`."""

    slope: tuple[float, ...]
    offset: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Start, gradients and learning rates, one entry per step; hyperparameters and the options switched on.

    `steps` holds, per step, the gradients of all coordinates, or `Slopes` where a rule may look ahead.
    """

    name: str
    rule: str
    dtype: str
    level: int
    why: str
    w: tuple[float, ...]
    steps: tuple[tuple[float, ...] | Slopes, ...]
    learning_rates: tuple[float, ...]
    hyperparameters: Mapping[str, float]
    options: Mapping[str, Any]
    shape: tuple[int, ...] | None = None

    @property
    def switched_on(self) -> frozenset[str]:
        return frozenset(self.options)

    @property
    def size(self) -> int:
        """How much work it is to judge."""
        return len(self.w) * len(self.steps)


@dataclass(frozen=True, slots=True)
class FunctionCase:
    """Arrays for a function, the gradients of its outputs behind them where `derivative` is switched on.

    A layer is trained on the inputs `before` first. What it then keeps takes the place of the arrays of its state, and
    what it draws that of the arrays that are random; as they stand here they are what an ideal layer is given.
    """

    name: str
    rule: str
    dtype: str
    level: int
    why: str
    arrays: tuple[Values, ...]
    hyperparameters: Mapping[str, float]
    options: Mapping[str, Any]
    before: tuple[Values, ...] = ()

    @property
    def switched_on(self) -> frozenset[str]:
        return frozenset(self.options)

    @property
    def size(self) -> int:
        """How much work it is to judge."""
        return sum(len(array.numbers) for array in self.arrays)


@dataclass(frozen=True, slots=True)
class SampleCase:
    """An input on which a layer draws random numbers: two calls of one layer, and one of another with the next seed."""

    name: str
    rule: str
    dtype: str
    level: int
    why: str
    inputs: Values
    hyperparameters: Mapping[str, float]
    options: Mapping[str, Any]
    seed: int

    @property
    def switched_on(self) -> frozenset[str]:
        return frozenset(self.options)

    @property
    def size(self) -> int:
        """How much work it is to judge."""
        return len(self.inputs.numbers)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back: the parameters after every step, and the gradients that were handed out (None: a callable was).

    Of a function: its outputs, one after the other. Of a layer besides: arrays `seen`, by name, in place of those of the
    case; `refused` says that it raised ValueError on a batch of one, or a function on infinities or NaN. Of a sample: the
    numbers drawn in every call.
    """

    parameters: tuple[tuple[float, ...], ...]
    gradients: tuple[tuple[float, ...], ...] | None
    seen: Mapping[str, Values] = field(default_factory=dict)
    refused: bool = False


AnyCase = Case | FunctionCase | SampleCase


class Misbehaviour(Exception):
    """An adapter broke its contract, or raised; the message names what was wrong."""


class Unsupported(Exception):
    """An adapter says that it does not offer what was asked."""
