"""A case: the question put to an implementation. It carries inputs only; nothing in it tells the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    """Arrays for a function, the gradients of its outputs behind them where `derivative` is switched on."""

    name: str
    rule: str
    dtype: str
    level: int
    why: str
    arrays: tuple[Values, ...]
    hyperparameters: Mapping[str, float]
    options: Mapping[str, Any]

    @property
    def switched_on(self) -> frozenset[str]:
        return frozenset(self.options)

    @property
    def size(self) -> int:
        """How much work it is to judge."""
        return sum(len(array.numbers) for array in self.arrays)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back: the parameters after every step, and the gradients that were handed out (None: a callable was).

    Of a function: its outputs, one after the other.
    """

    parameters: tuple[tuple[float, ...], ...]
    gradients: tuple[tuple[float, ...], ...] | None


AnyCase = Case | FunctionCase


class Misbehaviour(Exception):
    """An adapter broke its contract, or raised; the message names what was wrong."""


class Unsupported(Exception):
    """An adapter says that it does not offer what was asked."""
