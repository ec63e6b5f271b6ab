"""Activation functions of single elements, and their gradients. Softmax, which needs a whole row, is in `softmax`."""

from __future__ import annotations

from ..checks import checked_number
from .choices import Dialect, choices
from .library import Array, Library, operands, same_shape, shape_of, silent


@silent()
def sigmoid(x: Array) -> Array:
    """Return 1/(1 + e^−x), of x's shape.

    Raises TypeError or ValueError for what is no floating-point array. Source: Rumelhart, Hinton & Williams 1986.
    """
    library, (x,), narrow = operands(x=x)
    decay = library.arrays.exp(-library.arrays.abs(x))  # never grows, so that neither end overflows
    return narrow(library.arrays.where(x >= 0, 1.0, decay) / (1 + decay))


@silent()
def sigmoid_gradient(x: Array, upstream: Array) -> Array:
    """Return the gradient with respect to x; all arrays have one shape."""
    library, (x, upstream), narrow = _pair(x, upstream)
    decay = library.arrays.exp(-library.arrays.abs(x))
    share = 1 / (1 + decay)
    return narrow(decay * share * share * upstream)  # y (1 − y) would cancel where y is near 1


@silent()
def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent, of x's shape.

    Raises TypeError or ValueError for what is no floating-point array. Source: LeCun et al. 1998.
    """
    library, (x,), narrow = operands(x=x)
    return narrow(library.arrays.tanh(x))


@silent()
def tanh_gradient(x: Array, upstream: Array) -> Array:
    """Return the gradient with respect to x; all arrays have one shape."""
    library, (x, upstream), narrow = _pair(x, upstream)
    decay = library.arrays.exp(-library.arrays.abs(x))
    inverse = 2 * decay / (1 + decay * decay)  # of the hyperbolic cosine
    return narrow(inverse * inverse * upstream)


@silent()
def relu(x: Array, *, dialect: Dialect = None) -> Array:
    """Return the positive part, of x's shape.

    Raises TypeError or ValueError for what is no floating-point array. Source: Nair & Hinton 2010.
    """
    library, (x,), narrow = operands(x=x)
    choices("relu", library, dialect)
    return narrow(library.arrays.clip(x, 0.0, None))


@silent()
def relu_gradient(x: Array, upstream: Array, *, dialect: Dialect = None) -> Array:
    """Return the gradient with respect to x; all arrays have one shape."""
    library, (x, upstream), narrow = _pair(x, upstream)
    at_zero = {"zero": 0.0, "half": 0.5, "one": 1.0}[choices("relu", library, dialect)["derivative_at_zero"]]
    return narrow(_by_side(library, x, upstream, 0.0 * upstream, at_zero * upstream))


@silent()
def leaky_relu(x: Array, *, negative_slope: float = 0.01, dialect: Dialect = None) -> Array:
    """Return x where it is positive and `negative_slope`, at least 0, times x where it is negative, of x's shape.

    Under `branches` maximum the larger of the two. Raises TypeError or ValueError for what is no floating-point
    array or slope. Source: Maas, Hannun & Ng 2013.
    """
    library, (x,), narrow = operands(x=x)
    above, below, _ = _leaky_slopes(library, negative_slope, dialect)
    return narrow(library.arrays.where(x > 0, above * x, below * x))


@silent()
def leaky_relu_gradient(x: Array, upstream: Array, *, negative_slope: float = 0.01, dialect: Dialect = None) -> Array:
    """Return the gradient with respect to x; all arrays have one shape."""
    library, (x, upstream), narrow = _pair(x, upstream)
    above, below, at_zero = _leaky_slopes(library, negative_slope, dialect)
    return narrow(_by_side(library, x, above * upstream, below * upstream, at_zero * upstream))


@silent()
def prelu(x: Array, alpha: Array, *, dialect: Dialect = None) -> Array:
    """Return x where it is positive and alpha times x where it is negative, of x's shape.

    `alpha` has one entry, or a shape that broadcasts to x's: of channels before two axes, (channels, 1, 1). Raises
    TypeError or ValueError for other arrays. Source: He et al. 2015.
    """
    library, (x, alpha), narrow = operands(x=x, alpha=alpha)
    choices("prelu", library, dialect)
    return narrow(library.arrays.where(x > 0, x, _for_every_entry(x, alpha) * x))


@silent()
def prelu_gradient(x: Array, alpha: Array, upstream: Array, *, dialect: Dialect = None) -> tuple[Array, Array]:
    """Return the gradients with respect to x and alpha, of their shapes; `upstream` has x's."""
    library, (x, alpha, upstream), narrow = operands(x=x, alpha=alpha, upstream=upstream)
    same_shape(x=x, upstream=upstream)
    value = choices("prelu", library, dialect)["derivative_at_zero"]
    scaled = _for_every_entry(x, alpha) * upstream
    at_zero = {"slope": scaled, "one": upstream, "zero": 0.0 * upstream}[value]
    to_x = _by_side(library, x, upstream, scaled, at_zero)
    to_alpha = library.arrays.where(x >= 0, 0.0 * upstream, x * upstream)
    return narrow(to_x), narrow(_summed_to(library, to_alpha, shape_of(alpha)))


@silent()
def elu(x: Array, *, alpha: float = 1.0, dialect: Dialect = None) -> Array:
    """Return x where it is positive and `alpha`, at least 0, times e^x − 1 where it is not, of x's shape.

    Raises TypeError or ValueError for what is no floating-point array or alpha. Source: Clevert, Unterthiner &
    Hochreiter 2016.
    """
    library, (x,), narrow = operands(x=x)
    depth = checked_number("alpha", alpha)
    choices("elu", library, dialect)
    return narrow(library.arrays.where(x > 0, x, depth * library.arrays.expm1(library.arrays.clip(x, None, 0.0))))


@silent()
def elu_gradient(x: Array, upstream: Array, *, alpha: float = 1.0, dialect: Dialect = None) -> Array:
    """Return the gradient with respect to x; all arrays have one shape."""
    library, (x, upstream), narrow = _pair(x, upstream)
    depth = checked_number("alpha", alpha)
    below = depth * library.arrays.exp(library.arrays.clip(x, None, 0.0)) * upstream
    at_zero = {"slope": below, "one": upstream}[choices("elu", library, dialect)["derivative_at_zero"]]
    return narrow(_by_side(library, x, upstream, below, at_zero))


def _pair(x: Array, upstream: Array) -> tuple[Library, list[Array], Array]:
    """Return the operands x and upstream, which have one shape; or raise."""
    found = operands(x=x, upstream=upstream)
    same_shape(x=x, upstream=upstream)
    return found


def _by_side(library: Library, x: Array, above: Array, below: Array, at_zero: Array) -> Array:
    """Return `above` where x > 0, `below` where x < 0, `at_zero` where x is 0, and NaN where x is NaN."""
    return library.arrays.where(
        x > 0, above, library.arrays.where(x < 0, below, library.arrays.where(x == 0, at_zero, x))
    )


def _leaky_slopes(library: Library, negative_slope: float, dialect: Dialect) -> tuple[float, float, float]:
    """Return the slopes above, below and at zero."""
    slope = checked_number("negative_slope", negative_slope)
    chosen = choices("leaky_relu", library, dialect)
    at_zero = {"slope": slope, "one": 1.0, "half": 0.5 + slope / 2}[chosen["derivative_at_zero"]]
    above, below = (slope, 1.0) if chosen["branches"] == "maximum" and slope > 1 else (1.0, slope)
    return above, below, at_zero


def _for_every_entry(x: Array, alpha: Array) -> Array:
    """Return alpha in a shape that broadcasts to x's without changing it, or raise."""
    found, wanted = shape_of(alpha), shape_of(x)
    if found == (1,):
        return alpha.reshape(())
    tail = wanted[len(wanted) - len(found) :]
    if len(found) > len(wanted) or any(size not in (1, fits) for size, fits in zip(found, tail, strict=True)):
        raise ValueError(
            f"alpha=array of shape {found}: must have one entry or broadcast to x's shape {wanted}; reshape it"
        )
    return alpha


def _summed_to(library: Library, values: Array, shape: tuple[int, ...]) -> Array:
    """Return sums over the axes along which an array of this shape was repeated."""
    sizes = (1,) * (len(values.shape) - len(shape)) + shape
    repeated = tuple(k for k, size in enumerate(values.shape) if sizes[k : k + 1] == (1,) and size != 1)
    return (library.arrays.sum(values, axis=repeated, keepdims=True) if repeated else values).reshape(shape)
