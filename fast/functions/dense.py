"""The dense layer: every unit takes a weighted sum of all inputs, plus its bias."""

from __future__ import annotations

from .library import Array, Library, operands, shape_of, silent


@silent()
def dense(x: Array, weights: Array, bias: Array) -> Array:
    """Return x @ weights + bias, of shape (examples, units).

    Shapes: x (examples, inputs), weights (inputs, units), bias (units,). Raises ValueError for others.
    Source: Rosenblatt 1958; lecture deck.
    """
    _, (x, weights, bias), narrow = operands(x=x, weights=weights, bias=bias)
    check_layer(x, weights, bias)
    return narrow(weighted(x, weights, bias))


@silent()
def dense_gradient(x: Array, weights: Array, bias: Array, upstream: Array) -> tuple[Array, Array, Array]:
    """Return the gradients with respect to x, weights and bias; upstream has shape (examples, units)."""
    library, (x, weights, bias, upstream), narrow = operands(x=x, weights=weights, bias=bias, upstream=upstream)
    check_layer(x, weights, bias)
    expected = (x.shape[0], weights.shape[1])
    if shape_of(upstream) != expected:
        raise ValueError(
            f"upstream=array of shape {shape_of(upstream)}: must have the output's shape {expected}; reshape it"
        )
    d_weights, d_bias = parameter_gradients(library, x, upstream)
    return narrow(upstream @ weights.T), narrow(d_weights), narrow(d_bias)


def check_layer(x: Array, weights: Array, bias: Array, prefix: str = "") -> None:
    """Raise ValueError unless the shapes are those of a dense layer; `prefix` says of which one."""
    for name, array, rank, form in (
        ("x", x, 2, "(examples, inputs)"),
        (f"{prefix}weights", weights, 2, "(inputs, units)"),
        (f"{prefix}bias", bias, 1, "(units,)"),
    ):
        if len(array.shape) != rank:
            raise ValueError(f"{name}=array of shape {shape_of(array)}: must have shape {form}; reshape it")
    if x.shape[1] != weights.shape[0]:
        raise ValueError(
            f"{prefix}weights=array of shape {shape_of(weights)}: "
            f"must have one row for each of {x.shape[1]} inputs; transpose or reshape it"
        )
    if weights.shape[1] != bias.shape[0]:
        raise ValueError(
            f"{prefix}bias=array of shape {shape_of(bias)}: "
            f"must have one entry for each of {weights.shape[1]} units; reshape it"
        )


def weighted(x: Array, weights: Array, bias: Array) -> Array:
    """Return x @ weights + bias."""
    y = x @ weights
    y += bias
    return y


def parameter_gradients(library: Library, x: Array, upstream: Array) -> tuple[Array, Array]:
    """Return the gradients with respect to weights and bias."""
    return x.T @ upstream, library.arrays.sum(upstream, axis=0)
