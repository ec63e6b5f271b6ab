"""Penalties on weights, as arrays without axes."""

from __future__ import annotations

from ..checks import _shown
from .choices import Dialect, choices
from .domains import number
from .library import Array, Library, dtype_of, floating, scalar, silent
from .norms import sum_of_squares


@silent()
def l1(w: Array, *, strength: float, batch_size: int | None = None, dialect: Dialect = None) -> Array:
    """Return strength Σ|w|, divided by `batch_size` under `reduction` per_batch, which needs it.

    `strength` is at least 0. Raises TypeError or ValueError for others. Source: Tibshirani 1996.
    """
    library, (w,) = floating(w=w)
    _, factor = _factor("l1", library, strength, batch_size, dialect)
    total = library.arrays.sum(library.cast(library.arrays.abs(w), "float64"))
    return library.narrow(total * factor, w)


@silent()
def l1_gradient(
    w: Array, upstream: Array | float, *, strength: float, batch_size: int | None = None, dialect: Dialect = None
) -> Array:
    """Return the gradient with respect to w, of its shape; `upstream` has no axes."""
    library, (w,) = floating(w=w)
    axes, factor = _factor("l1", library, strength, batch_size, dialect)
    arrays, x = library.arrays, library.wide(w)
    size = library.cast(scalar(library, "upstream", upstream, "w", w) * factor, dtype_of(x))
    at_zero = size if axes["derivative_at_zero"] == "one" else 0.0 * size
    sides = arrays.where(x > 0, size, arrays.where(x < 0, -size, arrays.where(x == 0, at_zero, x)))
    return library.narrow(sides, w)


@silent()
def l2(w: Array, *, strength: float, batch_size: int | None = None, dialect: Dialect = None) -> Array:
    """Return strength Σw², or under `factor` half of one half of it, divided by `batch_size` under `reduction` per_batch.

    `strength` is at least 0. Raises TypeError or ValueError for others. Source: Hoerl & Kennard 1970.
    """
    library, (w,) = floating(w=w)
    axes, factor = _factor("l2", library, strength, batch_size, dialect)
    halved = 0.5 if axes["factor"] == "half" else 1.0
    return library.narrow(sum_of_squares(library, w) * (factor * halved), w)


@silent()
def l2_gradient(
    w: Array, upstream: Array | float, *, strength: float, batch_size: int | None = None, dialect: Dialect = None
) -> Array:
    """Return the gradient with respect to w, of its shape; `upstream` has no axes."""
    library, (w,) = floating(w=w)
    axes, factor = _factor("l2", library, strength, batch_size, dialect)
    x, slope = library.wide(w), factor * (1.0 if axes["factor"] == "half" else 2.0)
    size = scalar(library, "upstream", upstream, "w", w) * slope
    return library.narrow(x * library.cast(size, dtype_of(x)), w)


def _factor(
    rule: str, library: Library, strength: object, batch_size: object, dialect: Dialect
) -> tuple[dict[str, str], float]:
    """Return the choices, and what a sum over w is multiplied by; or raise."""
    axes, factor = choices(rule, library, dialect), number("strength", strength)
    if axes["reduction"] == "sum":
        return axes, factor
    if isinstance(batch_size, bool) or not isinstance(batch_size, int):
        raise TypeError(f"batch_size={_shown(batch_size)}: must be an int under per_batch; pass the number of examples")
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size}: must be at least 1; pass the number of examples")
    return axes, factor / batch_size
