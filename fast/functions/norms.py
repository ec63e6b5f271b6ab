"""Euclidean norms and sums of squares that neither overflow nor vanish on the way to a result that does not."""

from __future__ import annotations

from collections.abc import Sequence

from .library import Array, Library, dtype_of


def norm(library: Library, arrays: Sequence[Array], axes: tuple[int, ...] | None = None) -> tuple[Array, Array | float]:
    """Return the norm of all arrays together over the axes (None: all), in float64, and the unit it is given in.

    The product of both is the norm; the unit is a power of two, and exceeds 1 only where the product could overflow.
    """
    if dtype_of(arrays[0]) != "float64":
        total = library.squares(arrays[0], axes)
        for array in arrays[1:]:
            total = total.reshape(()) + library.squares(array, axes).reshape(())
        return library.arrays.sqrt(total), 1.0
    sizes = [
        library.arrays.amax(library.arrays.abs(array), axis=axes or _all(array), keepdims=True) for array in arrays
    ]
    largest = sizes[0]
    for size in sizes[1:]:
        largest = library.arrays.maximum(largest.reshape(()), size.reshape(()))
    mantissa, _ = library.arrays.frexp(largest)
    ordinary = (largest > 0) & (library.arrays.isfinite(largest))
    scale = library.arrays.where(ordinary, largest / (2 * mantissa), 1.0)  # exact, as every division by it is
    total = 0.0
    for array in arrays:
        scaled = array / scale if len(arrays) == 1 else array / scale.reshape(())
        part = library.arrays.sum(library.arrays.square(scaled), axis=axes or _all(array), keepdims=True)
        total = total + (part if len(arrays) == 1 else part.reshape(()))
    unit = library.arrays.clip(scale, 1.0, None)
    return library.arrays.sqrt(total) * (scale / unit), unit


def sum_of_squares(library: Library, x: Array) -> Array:
    """Return Σx² in float64, without axes."""
    squares = library.arrays.sum(library.arrays.square(x)) if dtype_of(x) == "float64" else library.squares(x, None)
    return squares.reshape(())


def _all(x: Array) -> tuple[int, ...]:
    return tuple(range(len(x.shape)))
