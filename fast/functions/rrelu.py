"""The randomized leaky rectified linear unit: the slope of negative inputs is drawn anew for each."""

from __future__ import annotations

from typing import Any

from .choices import Dialect, choices
from .domains import number
from .draws import uniform
from .library import Array, operands, same_shape, silent


@silent()
def rrelu(
    x: Array,
    slopes: Array | None = None,
    *,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    generator: Any = None,
    dialect: Dialect = None,
) -> tuple[Array, Array]:
    """Return the output in training, and the slopes of negative inputs, both of x's shape.

    Given slopes are used and returned; otherwise they are drawn with `generator` between `lower` and `upper`, which lie
    in (0, 1): uniformly, or so that their reciprocals are uniform. Source: Xu, Wang, Chen and Li 2015.
    """
    library, (x, *given), narrow = operands(x=x, **({} if slopes is None else {"slopes": slopes}))
    law = choices("rrelu", library, dialect)["law"]
    least, most = _bounds(lower, upper)
    if given:
        same_shape(x=x, slopes=given[0])
        chosen = given[0]
    else:
        shares = uniform(library, generator, x)
        if law == "slope_uniform":
            chosen = least + (most - least) * shares
        else:
            chosen = 1.0 / (1.0 / most + (1.0 / least - 1.0 / most) * shares)
        chosen = library.arrays.clip(chosen, least, most)  # against rounding
    rounded = narrow(chosen)  # what is returned is what was used
    return narrow(library.arrays.where(x > 0, x, library.wide(rounded) * x)), rounded


@silent()
def rrelu_gradient(x: Array, slopes: Array, upstream: Array) -> Array:
    """Return the gradient with respect to x in training; all arrays have one shape. The derivative at 0 is the slope."""
    library, (x, slopes, upstream), narrow = operands(x=x, slopes=slopes, upstream=upstream)
    same_shape(x=x, slopes=slopes, upstream=upstream)
    return narrow(library.arrays.where(x > 0, upstream, slopes * upstream))


@silent()
def rrelu_inference(x: Array, *, lower: float = 1 / 8, upper: float = 1 / 3, dialect: Dialect = None) -> Array:
    """Return the output after training, of x's shape, with one slope: the mean of the bounds, or 1/(mean of 1/bound)."""
    library, (x,), narrow = operands(x=x)
    test_slope = choices("rrelu", library, dialect)["test_slope"]
    least, most = _bounds(lower, upper)
    slope = (least + most) / 2 if test_slope == "mean_slope" else 2 / (1 / least + 1 / most)
    return narrow(library.arrays.where(x > 0, x, slope * x))


def _bounds(lower: object, upper: object) -> tuple[float, float]:
    least = number("lower", lower, 0.0, 1.0, ends="()")
    return least, number("upper", upper, least, 1.0, ends="()")
