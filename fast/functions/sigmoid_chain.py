"""Chains of single neurons, in which gradients vanish or explode: a_j = f(w_j a_(j−1) + b_j) from a_0 = x."""

from __future__ import annotations

from collections.abc import Callable

from ..dialects import _nearest
from .library import Array, Library, operands, same_shape, shape_of, silent

#: Name -> f over numbers of at least 32 bits.
VALUES: dict[str, Callable[[Library, Array], Array]] = {
    "sigmoid": lambda library, z: _sigmoid(library, z),
    "tanh": lambda library, z: library.arrays.tanh(z),
    "relu": lambda library, z: library.arrays.clip(z, 0.0, None),
    "linear": lambda library, z: z,
}
#: Name -> f', from what f is applied to: at 0 the derivative of relu is 0.
SLOPES: dict[str, Callable[[Library, Array], Array]] = {
    "sigmoid": lambda library, z: _share(library.arrays.exp(-abs(z))),
    "tanh": lambda library, z: 4.0 * _share(library.arrays.exp(abs(z) * -2.0)),
    "relu": lambda library, z: library.arrays.where(z > 0, library.full((), 1.0, z), 0.0),
    "linear": lambda library, z: library.full((), 1.0, z),
}


@silent()
def sigmoid_chain(x: Array, weights: Array, biases: Array, *, activation: str = "sigmoid") -> Array:
    """Return the last activations of a batch of chains, of x's shape (batch,).

    weights and biases have shape (batch, depth), with any depth from 1; `activation` is sigmoid, tanh, relu or linear.
    Source: lecture deck, lines 307-338.
    """
    library, (x, weights, biases), narrow = operands(x=x, weights=weights, biases=biases)
    _check(x, weights, biases, activation)
    _, sums = _forward(library, x, weights, biases, activation)
    return narrow(VALUES[activation](library, sums[-1]))


@silent()
def sigmoid_chain_gradient(
    x: Array, weights: Array, biases: Array, upstream: Array, *, activation: str = "sigmoid"
) -> tuple[Array, Array]:
    """Return the gradients with respect to weights and biases, each of shape (batch, depth); upstream has x's shape."""
    library, (x, weights, biases, upstream), narrow = operands(x=x, weights=weights, biases=biases, upstream=upstream)
    _check(x, weights, biases, activation)
    same_shape(x=x, upstream=upstream)
    inputs, sums = _forward(library, x, weights, biases, activation)
    flow, d_biases = upstream, []  # from the last neuron back to the first
    for weight, total in zip([*weights.T][::-1], sums[::-1], strict=True):
        d_biases.append(flow * SLOPES[activation](library, total))
        flow = d_biases[-1] * weight
    stacked = library.arrays.stack(d_biases[::-1], 1)
    return narrow(stacked * library.arrays.stack(inputs, 1)), narrow(stacked)


def check_activation(name: object, *, what: str = "activation") -> None:
    """Raise ValueError unless the activation has a derivative here."""
    if not (isinstance(name, str) and name in VALUES):
        raise ValueError(f"{what}={name!r:.40}: no such activation; {_nearest(name, VALUES)}")


def _forward(
    library: Library, x: Array, weights: Array, biases: Array, activation: str
) -> tuple[list[Array], list[Array]]:
    """Return what enters every neuron, and what its activation is applied to."""
    inputs, sums = [x], []
    for weight, bias in zip(weights.T, biases.T, strict=True):
        sums.append(weight * inputs[-1] + bias)
        inputs.append(VALUES[activation](library, sums[-1]))
    return inputs[:-1], sums


def _check(x: Array, weights: Array, biases: Array, activation: object) -> None:
    check_activation(activation)
    if x.ndim != 1:
        raise ValueError(f"x=array of shape {shape_of(x)}: must have shape (batch,); reshape it")
    if weights.ndim != 2 or weights.shape[0] != x.shape[0] or not weights.shape[1]:
        expected = f"must have shape ({x.shape[0]}, depth), with a depth of at least 1"
        raise ValueError(f"weights=array of shape {shape_of(weights)}: {expected}; reshape it")
    same_shape(weights=weights, biases=biases)


def _sigmoid(library: Library, z: Array) -> Array:
    decay = library.arrays.exp(-abs(z))
    return library.arrays.where(z >= 0, 1.0, decay) / (decay + 1.0)


def _share(decay: Array) -> Array:
    """Return q/(1 + q)², the derivative of the sigmoid where q = e^−|z|; 1 − y would have no digits left."""
    return decay / ((decay + 1.0) * (decay + 1.0))
