"""Classifiers of dense layers: the mean cross entropy, its gradients by backpropagation, and a step down them.

`layers` is a sequence of (weights, bias, activation), from the first to the last: weights of shape (inputs, units),
bias of shape (units,), activation sigmoid, tanh, relu or linear, and softmax for the last one, whose units are the
classes. The derivative of relu at 0 is 0. The dialect's `clip` says whether probabilities are kept in
[epsilon, 1 − epsilon] before their logarithm is taken (both), or not (none); epsilon counts for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .choices import Dialect, choices
from .dense import check_layer, parameter_gradients, weighted
from .domains import number
from .library import Array, Library, operands, silent
from .losses import cross_entropy, cross_entropy_gradient
from .sigmoid_chain import SLOPES, VALUES, check_activation
from .softmax import softmax, softmax_gradient

Layers = Sequence[tuple[Array, Array, str]]

_CLIPPED = {"input": "probabilities", "renormalise": "no", "clip": "both", "gradient_on_clip": "zero"}


@silent()
def feedforward_network(
    x: Array, labels: Array, layers: Layers, *, epsilon: float = 1e-7, dialect: Dialect = None
) -> Array:
    """Return the mean cross entropy of the network's classes, an array without axes.

    `x` has the shape (batch, features), labels are integers of shape (batch,). Raises TypeError or ValueError for other
    arrays, shapes and activations, and as `cross_entropy` does for labels. Source: Rumelhart, Hinton & Williams 1986.
    """
    library, x, parameters, activations, narrow = _checked(x, layers)
    how = _Loss(choices("feedforward_network", library, dialect)["clip"], epsilon)
    _, sums = _forward(library, x, parameters, activations)
    return narrow(how.value(sums[-1], labels))


@silent()
def feedforward_network_gradient(
    x: Array,
    labels: Array,
    layers: Layers,
    upstream: Array | float = 1.0,
    *,
    epsilon: float = 1e-7,
    dialect: Dialect = None,
) -> tuple[Array, list[tuple[Array, Array]]]:
    """Return the loss, and for every layer the gradients with respect to its weights and bias.

    `upstream`, a number or an array without axes, multiplies the gradients. Arguments are those of
    `feedforward_network`.
    """
    library, x, parameters, activations, narrow = _checked(x, layers)
    how = _Loss(choices("feedforward_network", library, dialect)["clip"], epsilon)
    loss, gradients = _backward(library, x, labels, parameters, activations, upstream, how)
    return narrow(loss), [(narrow(d_weights), narrow(d_bias)) for d_weights, d_bias in gradients]


@silent()
def feedforward_network_step(
    x: Array,
    labels: Array,
    layers: Layers,
    *,
    learning_rate: float = 0.01,
    epsilon: float = 1e-7,
    dialect: Dialect = None,
) -> tuple[Array, list[tuple[Array, Array, str]]]:
    """Return the loss before a step of gradient descent, and the layers after it, as new arrays.

    `learning_rate` is at least 0. Other arguments are those of `feedforward_network`.
    """
    library, x, parameters, activations, narrow = _checked(x, layers)
    rate = number("learning_rate", learning_rate)
    how = _Loss(choices("feedforward_network", library, dialect)["clip"], epsilon)
    loss, gradients = _backward(library, x, labels, parameters, activations, 1.0, how)
    after = [
        (narrow(weights - rate * d_weights), narrow(bias - rate * d_bias), activation)
        for (weights, bias), (d_weights, d_bias), activation in zip(parameters, gradients, activations, strict=True)
    ]
    return narrow(loss), after


def _forward(
    library: Library, x: Array, parameters: Sequence[tuple[Array, Array]], activations: Sequence[str]
) -> tuple[list[Array], list[Array]]:
    """Return what enters every layer, and its weighted sums; softmax is left to the loss."""
    inputs, sums = [x], []
    for (weights, bias), activation in zip(parameters, activations, strict=True):
        sums.append(weighted(inputs[-1], weights, bias))
        if activation != "softmax":
            inputs.append(VALUES[activation](library, sums[-1]))
    return inputs, sums


@dataclass(frozen=True, slots=True)
class _Loss:
    """The mean cross entropy of softmax outputs; unless probabilities are clipped, without a detour through them."""

    clip: str
    epsilon: float

    def value(self, logits: Array, labels: Array) -> Array:
        if self.clip == "none":
            return cross_entropy(logits, labels, dialect={"input": "logits"})
        return cross_entropy(softmax(logits), labels, epsilon=self.epsilon, dialect=_CLIPPED)

    def gradient(self, logits: Array, labels: Array, upstream: Array | float) -> Array:
        if self.clip == "none":
            return cross_entropy_gradient(logits, labels, upstream, dialect={"input": "logits"})
        shares = softmax(logits)
        flow = cross_entropy_gradient(shares, labels, upstream, epsilon=self.epsilon, dialect=_CLIPPED)
        return softmax_gradient(logits, flow)


def _backward(
    library: Library,
    x: Array,
    labels: Array,
    parameters: Sequence[tuple[Array, Array]],
    activations: Sequence[str],
    upstream: Array | float,
    how: _Loss,
) -> tuple[Array, list[tuple[Array, Array]]]:
    """Return the loss and the gradients of every layer."""
    inputs, sums = _forward(library, x, parameters, activations)
    loss, flow = how.value(sums[-1], labels), how.gradient(sums[-1], labels, upstream)
    gradients = []  # from the last layer back to the first
    for position in reversed(range(len(sums))):
        gradients.append(parameter_gradients(library, inputs[position], flow))
        if position:
            below = sums[position - 1]
            flow = (flow @ parameters[position][0].T) * SLOPES[activations[position - 1]](library, below)
    return loss, gradients[::-1]


def _checked(
    x: Array, layers: Layers
) -> tuple[Library, Array, list[tuple[Array, Array]], list[str], Callable[[Array], Array]]:
    """Return the library, x and the parameters in the dtype to compute in, the activations, and the way back; or raise."""
    if not isinstance(layers, Sequence) or not layers:
        raise ValueError(
            f"layers={type(layers).__name__}: must hold (weights, bias, activation) for every layer; pass a list"
        )
    for position, layer in enumerate(layers):
        if not isinstance(layer, Sequence) or len(layer) != 3:
            raise ValueError(
                f"layers[{position}]={type(layer).__name__}: must be weights, bias, activation; pass these three"
            )
    *hidden, last = (activation for _, _, activation in layers)
    for position, activation in enumerate(hidden):
        check_activation(activation, what=f"layers[{position}] activation")
    if last != "softmax":
        raise ValueError(
            f"layers[{len(hidden)}] activation={last!r:.40}: the last must give probabilities; pass 'softmax'"
        )
    named = {
        f"layers[{position}] {name}": array
        for position, (weights, bias, _) in enumerate(layers)
        for name, array in (("weights", weights), ("bias", bias))
    }
    library, (x, *arrays), narrow = operands(x=x, **named)
    parameters = [*zip(arrays[::2], arrays[1::2], strict=True)]
    check_layer(x, *parameters[0], prefix="layers[0] ")
    for position, ((before, _), (weights, bias)) in enumerate(pairwise(parameters), 1):
        check_layer(before, weights, bias, prefix=f"layers[{position}] ")  # columns of one, rows of the next
    return library, x, parameters, [*hidden, last], narrow
