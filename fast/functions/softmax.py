"""Softmax: exponentials as shares of their sum."""

from __future__ import annotations

from .library import Array, Library, axes_of, not_empty, operands, same_shape, silent


@silent()
def softmax(x: Array, *, axis: int = -1) -> Array:
    """Return e^x over its sum along an axis, of x's shape. Source: Goodfellow, Bengio and Courville 2016, 6.2.2."""
    library, (x,), narrow = operands(x=x)
    (along,) = axes_of("axis", axis, x)
    not_empty("x", x)
    return narrow(shares(library, x, along))


@silent()
def softmax_gradient(x: Array, upstream: Array, *, axis: int = -1) -> Array:
    """Return the gradient with respect to x; all arrays have one shape."""
    library, (x, upstream), narrow = operands(x=x, upstream=upstream)
    same_shape(x=x, upstream=upstream)
    (along,) = axes_of("axis", axis, x)
    not_empty("x", x)
    y = shares(library, x, along)
    # Relative to the largest share, whose term would cancel; quarters, since differences of finite numbers can overflow.
    quarter = 0.25 * upstream
    quarter -= library.take_along(quarter, library.argmax(x, axis=along, keepdims=True), along)
    quarter -= library.sum(y * quarter, axis=along, keepdims=True)
    return narrow(y * quarter * 4)


def shares(library: Library, x: Array, axis: int) -> Array:
    """Return the softmax of at least 32-bit numbers; the largest exponent is 0, so that no sum overflows."""
    powers = library.exp(x - library.amax(x, axis=axis, keepdims=True))
    powers /= library.sum(powers, axis=axis, keepdims=True)
    return powers
