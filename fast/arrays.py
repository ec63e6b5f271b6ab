"""What a step asks of its arrays, so that one function serves NumPy and torch alike."""

from __future__ import annotations

from typing import Any, Protocol


class Array(Protocol):
    """A floating-point array; an operation with a Python float keeps its dtype."""

    def __add__(self, other: Array | float, /) -> Array:
        """Return self + other, elementwise."""

    def __sub__(self, other: Array | float, /) -> Array:
        """Return self − other, elementwise."""

    def __mul__(self, other: Array | float, /) -> Array:
        """Return self × other, elementwise."""

    def __rmul__(self, other: float, /) -> Array:
        """Return other × self, elementwise."""

    def __eq__(self, other: object, /) -> Any:
        """Return self == other, elementwise."""

    def __truediv__(self, other: Array | float, /) -> Array:
        """Return self / other, elementwise."""


class Namespace(Protocol):
    """The functions beside the operators; the modules `numpy` and `torch` both offer them."""

    def sqrt(self, values: Array, /) -> Array:
        """Return the square root, NaN below zero."""

    def maximum(self, left: Array, right: Array, /) -> Array:
        """Return the larger of two, NaN if one of them is."""

    def where(self, condition: object, chosen: Array | float, otherwise: Array | float, /) -> Array:
        """Return `chosen` where the condition holds, `otherwise` elsewhere."""
