"""Losses: means over a batch or over all elements, as arrays without axes."""

from __future__ import annotations

from math import log, log1p, prod

from .choices import Dialect, choices
from .domains import number
from .library import Array, Library, dtype_of, floating, integers, not_empty, same_shape, scalar, shape_of, silent
from .norms import sum_of_squares


@silent()
def cross_entropy(predictions: Array, labels: Array, *, epsilon: float = 1e-7, dialect: Dialect = None) -> Array:
    """Return the mean of −log of the probability given to the right class.

    `predictions` has the shape (batch, classes); `labels` are integers of the shape (batch,). With `input` logits
    the probabilities are softmax's; otherwise they may be divided by their sum (`renormalise`), then brought into
    [epsilon, 1 − epsilon] (`clip`). Raises TypeError or ValueError for other arrays, and ValueError for a label that is
    no class; labels on a device other than the CPU are not read, and a wrong one has no defined result. Source:
    Goodfellow, Bengio & Courville 2016, 6.2.2.
    """
    library, (predictions,) = floating(predictions=predictions)
    labels, is_right = _classified(library, predictions, labels)
    axes = choices("cross_entropy", library, dialect)
    small = number("epsilon", epsilon, 0.0, 0.5, ends="[)")
    arrays, x = library.arrays, library.wide(predictions)
    if axes["input"] == "logits":
        top = arrays.argmax(x, axis=1, keepdims=True)
        largest = library.take_along(x, top, 1)
        others = _others(library, arrays.exp(x - largest), library.indices(shape_of(x)[1], x) == top)
        losses = (largest - library.take_along(x, labels, 1)) + arrays.log1p(others)  # no term is negative
    else:
        right = library.take_along(x, labels, 1)
        losses = -arrays.log(right)
        if axes["renormalise"] == "yes":
            others = _others(library, x, is_right)
            far = right < others * 2.0**-100  # the quotient could overflow
            near = arrays.log1p(others / arrays.where(far, 1.0, right))
            losses = arrays.where(far, arrays.log(others + right) + losses, near)
        if axes["clip"] == "both":
            losses = arrays.clip(losses, -log1p(-small), -log(small) if small else None)
    mean = arrays.sum(library.cast(losses, "float64")) / shape_of(x)[0]
    return library.narrow(mean, predictions)


@silent()
def cross_entropy_gradient(
    predictions: Array, labels: Array, upstream: Array | float, *, epsilon: float = 1e-7, dialect: Dialect = None
) -> Array:
    """Return the gradient with respect to predictions, of their shape; `upstream` has no axes.

    Where a probability was clipped it is 0, or under `gradient_on_clip` exact as if it had not been.
    """
    library, (predictions,) = floating(predictions=predictions)
    labels, is_right = _classified(library, predictions, labels)
    weight = scalar(library, "upstream", upstream, "predictions", predictions) / shape_of(predictions)[0]
    axes = choices("cross_entropy", library, dialect)
    small = number("epsilon", epsilon, 0.0, 0.5, ends="[)")
    arrays, x = library.arrays, library.wide(predictions)
    share = library.cast(weight, dtype_of(x))
    if axes["input"] == "logits":
        powers = arrays.exp(x - arrays.amax(x, axis=1, keepdims=True))
        right = library.take_along(powers, labels, 1)
        others = _others(library, powers, is_right)
        total = others + right
        result = arrays.where(is_right, -(others / total), powers / total) * share  # right/total − 1 would cancel
        return library.narrow(result, predictions)
    right = library.take_along(x, labels, 1)
    if axes["renormalise"] == "yes":
        others = _others(library, x, is_right)
        total = others + right
        to_others: Array | float = 1.0 / total
        to_right, low, high = -(others / total) / right, right < small * total, others < small * total
    else:
        to_others = 0.0
        to_right, low, high = -1.0 / right, right < small, 1.0 - right < small
    result = arrays.where(is_right, to_right, to_others) * share
    if axes["clip"] == "both" and axes["gradient_on_clip"] == "zero":
        result = arrays.where(low | high, 0.0, result)
    return library.narrow(result, predictions)


@silent()
def mean_squared_error(predictions: Array, targets: Array, *, dialect: Dialect = None) -> Array:
    """Return the mean over all elements of (predictions − targets)², or under `factor` half of one half of it.

    The arrays have one shape, with entries. Raises TypeError or ValueError for others. Source: Gauss 1809.
    """
    library, (predictions, targets) = floating(predictions=predictions, targets=targets)
    factor = _compared(library, predictions, targets, dialect)
    total = sum_of_squares(library, library.wide(predictions) - library.wide(targets))
    return library.narrow(total * factor / prod(shape_of(predictions)), predictions)


@silent()
def mean_squared_error_gradient(
    predictions: Array, targets: Array, upstream: Array | float, *, dialect: Dialect = None
) -> Array:
    """Return the gradient with respect to predictions, of their shape; `upstream` has no axes."""
    library, (predictions, targets) = floating(predictions=predictions, targets=targets)
    factor = _compared(library, predictions, targets, dialect)
    weight = (
        scalar(library, "upstream", upstream, "predictions", predictions) * (4 * factor) / prod(shape_of(predictions))
    )
    # Halves, since a difference of two finite numbers can overflow, and 0 × inf is NaN.
    x, y = library.wide(predictions), library.wide(targets)
    return library.narrow((0.5 * x - 0.5 * y) * library.cast(weight, dtype_of(x)), predictions)


def _classified(library: Library, predictions: Array, labels: Array) -> tuple[Array, Array]:
    """Return the labels as a column of int64, and which predictions are of the right class; or raise."""
    if len(predictions.shape) != 2:
        raise ValueError(
            f"predictions=array of shape {shape_of(predictions)}: must have the axes batch and classes; reshape it"
        )
    not_empty("predictions", predictions)
    batch, classes = shape_of(predictions)
    labels = integers("labels", labels, library, "predictions", predictions)
    if shape_of(labels) != (batch,):
        raise ValueError(f"labels=array of shape {shape_of(labels)}: must have the shape {(batch,)}; reshape it")
    if str(getattr(labels, "device", "cpu")) == "cpu" and bool(((labels < 0) | (labels >= classes)).any()):
        raise ValueError(f"labels=array of classes: must lie from 0 to {classes - 1}; leave other examples out")
    column = labels.reshape((batch, 1))
    return column, library.indices(classes, predictions) == column


def _others(library: Library, x: Array, left_out: Array) -> Array:
    """Return the sum of each row but for what is left out, as a column."""
    return library.arrays.sum(library.arrays.where(left_out, 0.0, x), axis=1, keepdims=True)


def _compared(library: Library, predictions: Array, targets: Array, dialect: Dialect) -> float:
    same_shape(predictions=predictions, targets=targets)
    not_empty("predictions", predictions)
    return {"one": 1.0, "half": 0.5}[choices("mean_squared_error", library, dialect)["factor"]]
