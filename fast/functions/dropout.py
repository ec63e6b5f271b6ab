"""Dropout: in training a random part of the inputs is set to 0."""

from __future__ import annotations

from typing import Any

from .choices import Dialect, choices
from .domains import number
from .draws import uniform
from .library import Array, Library, _check_device, _plain, dtype_of, operands, same_shape, silent


@silent()
def dropout(
    x: Array, mask: Array | None = None, *, rate: float = 0.2, generator: Any = None, dialect: Dialect = None
) -> tuple[Array, Array]:
    """Return the output in training, and the mask: booleans of x's shape, True where an input is kept.

    A given mask is used and returned; otherwise one is drawn with `generator`. `rate`, in [0, 1], is the probability
    of dropping an input, or of keeping it, as the dialect says; where it keeps nothing, all is 0. The gradient with
    respect to x is `dropout(upstream, mask, ...)[0]`. Source: Srivastava et al. 2014.
    """
    library, (x,), narrow = operands(x=x)
    axes = choices("dropout", library, dialect)
    kept = _kept(rate, axes)
    mask = uniform(library, generator, x) < kept if mask is None else _booleans(library, mask, x)
    factor = 1.0 / kept if axes["scale_at"] == "train" and kept else 1.0
    return narrow(library.arrays.where(mask, x * factor, 0.0)), mask


@silent()
def dropout_inference(x: Array, *, rate: float = 0.2, dialect: Dialect = None) -> Array:
    """Return the output after training, of x's shape: x, or x times the probability of keeping it. Arguments as above."""
    library, (x,), narrow = operands(x=x)
    axes = choices("dropout", library, dialect)
    kept = _kept(rate, axes)
    return narrow(x * (kept if axes["scale_at"] == "test" else 1.0))


def _booleans(library: Library, mask: Array, x: Array) -> Array:
    """Return a mask for x, or raise."""
    plain = _plain("mask", mask, library, "x")
    if dtype_of(plain) != "bool":
        raise TypeError(f"mask=array of {dtype_of(plain)}: dtype must be bool; compare it with 0")
    _check_device("mask", plain, "x", x)
    same_shape(x=x, mask=plain)
    return plain


def _kept(rate: object, axes: dict[str, str]) -> float:
    """Return the probability that an input is kept."""
    given = number("rate", rate, 0.0, 1.0, ends="[]")
    return given if axes["rate_meaning"] == "keep" else 1.0 - given
