"""Dense layers and small networks of the frameworks, put together from their layers, with the gradients of their users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradspec.conformance.bridges.gradients import jax_gradient, keras_function, keras_gradient, torch_gradient
from gradspec.conformance.implementation import Implementation

ALL = (0, 1, 2)
PARAMETERS = (2, 3, 4, 5)  # of the network: what is trained
CHAIN = (1, 2)


def register_torch(library: Implementation) -> None:
    """Add nn.functional.linear, which takes weights by unit, and what is built from it."""
    import torch
    from torch.nn import functional

    def dense(x: Any, weights: Any, bias: Any) -> Any:
        return functional.linear(x, weights.T, bias)

    def feedforward_network(
        x: Any, labels: Any, hidden_weights: Any, hidden_bias: Any, output_weights: Any, output_bias: Any
    ) -> Any:
        hidden = torch.relu(dense(x, hidden_weights, hidden_bias))
        return functional.cross_entropy(dense(hidden, output_weights, output_bias), labels)

    def sigmoid_chain(x: Any, weights: Any, biases: Any) -> Any:
        return _chain(torch.sigmoid, x, weights, biases)

    _register(library, torch_gradient, lambda function: function, dense, feedforward_network, sigmoid_chain)


def register_keras(library: Implementation) -> None:
    """Add layers.Dense on the backend in use, and the lecture's network, with a loss from probabilities."""
    import keras

    def layer(x: Any, weights: Any, bias: Any, activation: str | None = None) -> Any:
        found = keras.layers.Dense(
            weights.shape[1], activation=activation, dtype=keras.backend.standardize_dtype(x.dtype)
        )
        found.build(x.shape)
        outputs, _ = found.stateless_call([weights, bias], [], x)
        return outputs

    def dense(x: Any, weights: Any, bias: Any) -> Any:
        return layer(x, weights, bias)

    def feedforward_network(
        x: Any, labels: Any, hidden_weights: Any, hidden_bias: Any, output_weights: Any, output_bias: Any
    ) -> Any:
        hidden = layer(x, hidden_weights, hidden_bias, "relu")
        shares = layer(hidden, output_weights, output_bias, "softmax")
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, shares))
        return keras.ops.cast(loss, x.dtype)

    def sigmoid_chain(x: Any, weights: Any, biases: Any) -> Any:
        return _chain(keras.ops.sigmoid, x, weights, biases)

    epsilon = keras.config.epsilon()
    _register(library, keras_gradient, keras_function, dense, feedforward_network, sigmoid_chain, epsilon=epsilon)


def register_jax(library: Implementation) -> None:
    """Add the chain and the network as they are written in JAX."""
    import jax.numpy

    def dense(x: Any, weights: Any, bias: Any) -> Any:
        return jax.numpy.dot(x, weights) + bias

    _register_jax(library, dense)


def register_flax(library: Implementation) -> None:
    """Add flax.linen's Dense and what is built from it."""
    from flax import linen

    def dense(x: Any, weights: Any, bias: Any) -> Any:
        layer = linen.Dense(weights.shape[1], param_dtype=weights.dtype)
        return layer.apply({"params": {"kernel": weights, "bias": bias}}, x)

    _register_jax(library, dense)


def _register_jax(library: Implementation, dense: Callable[..., Any]) -> None:
    import jax

    def feedforward_network(
        x: Any, labels: Any, hidden_weights: Any, hidden_bias: Any, output_weights: Any, output_bias: Any
    ) -> Any:
        hidden = jax.nn.relu(dense(x, hidden_weights, hidden_bias))
        logs = jax.nn.log_softmax(dense(hidden, output_weights, output_bias))
        return -jax.numpy.take_along_axis(logs, labels[:, None], 1).mean()

    def sigmoid_chain(x: Any, weights: Any, biases: Any) -> Any:
        return _chain(jax.nn.sigmoid, x, weights, biases)

    _register(library, jax_gradient, lambda function: function, dense, feedforward_network, sigmoid_chain)


def _chain(sigmoid: Callable[[Any], Any], x: Any, weights: Any, biases: Any) -> Any:
    for neuron in range(weights.shape[1]):
        x = sigmoid(weights[:, neuron] * x + biases[:, neuron])
    return x


def _register(
    library: Implementation,
    gradient: Callable[..., Callable[..., Any]],
    adapt: Callable[[Callable[..., Any]], Callable[..., Any]],
    dense: Callable[..., Any],
    feedforward_network: Callable[..., Any],
    sigmoid_chain: Callable[..., Any],
    epsilon: float = 1e-7,
) -> None:
    """Register the three with their gradients; ε counts only where the network clips, and cannot be chosen."""
    library.function("dense")(adapt(dense))
    library.derivative("dense")(gradient(dense, ALL))
    library.function("feedforward_network", epsilon=epsilon)(adapt(feedforward_network))
    library.derivative("feedforward_network")(gradient(feedforward_network, PARAMETERS))
    library.function("sigmoid_chain")(adapt(sigmoid_chain))
    library.derivative("sigmoid_chain")(gradient(sigmoid_chain, CHAIN))
