"""The activation functions of the frameworks, with the gradients that their users get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradspec.conformance.bridges.gradients import jax_gradient, keras_function, keras_gradient, torch_gradient
from gradspec.conformance.implementation import Implementation


def register_torch(library: Implementation) -> None:
    """Add torch's; PReLU is `nn.functional.prelu`, whose slope is one number or one for each channel."""
    import torch
    from torch.nn import functional

    def sigmoid(x: Any) -> Any:
        return torch.sigmoid(x)

    def tanh(x: Any) -> Any:
        return torch.tanh(x)

    def relu(x: Any) -> Any:
        return torch.relu(x)

    def leaky_relu(x: Any, *, negative_slope: float) -> Any:
        return functional.leaky_relu(x, negative_slope)

    def elu(x: Any, *, alpha: float) -> Any:
        return functional.elu(x, alpha)

    def softmax(x: Any) -> Any:
        return torch.softmax(x, -1)

    def prelu(x: Any, alpha: Any, *, per_element: bool = False) -> Any:
        return functional.prelu(x[None], alpha)[0] if per_element else functional.prelu(x, alpha)

    _register(library, torch_gradient, lambda function: function, sigmoid, tanh, relu, leaky_relu, elu, softmax, prelu)


def register_keras(library: Implementation) -> None:
    """Add those of keras.activations, and the layer PReLU on the backend in use."""
    import keras

    def sigmoid(x: Any) -> Any:
        return keras.ops.sigmoid(x)  # keras.activations.sigmoid also keeps its logits

    def tanh(x: Any) -> Any:
        y = keras.activations.tanh(x)
        if keras.backend.standardize_dtype(y.dtype) != keras.backend.standardize_dtype(x.dtype):
            raise NotImplementedError("keras.activations.tanh of a float64 tensor is float32 on the JAX backend")
        return y

    def relu(x: Any) -> Any:
        return keras.activations.relu(x)

    def leaky_relu(x: Any, *, negative_slope: float) -> Any:
        return keras.activations.leaky_relu(x, negative_slope)

    def elu(x: Any, *, alpha: float) -> Any:
        return keras.activations.elu(x, alpha)

    def softmax(x: Any) -> Any:
        return keras.ops.softmax(x)

    def prelu(x: Any, alpha: Any, *, per_element: bool = False) -> Any:
        # As PReLU.call has it, with the layer's weight handed over: keras/src/layers/activations/prelu.py.
        layer = keras.layers.PReLU(shared_axes=None if per_element else [1])
        layer.build((None, *x.shape))
        layer.alpha = alpha
        return layer.call(x[None])[0]

    _register(library, keras_gradient, keras_function, sigmoid, tanh, relu, leaky_relu, elu, softmax, prelu)


def register_jax(library: Implementation) -> None:
    """Add those of jax.nn."""
    import jax

    def sigmoid(x: Any) -> Any:
        return jax.nn.sigmoid(x)

    def tanh(x: Any) -> Any:
        return jax.nn.tanh(x)

    def relu(x: Any) -> Any:
        return jax.nn.relu(x)

    def leaky_relu(x: Any, *, negative_slope: float) -> Any:
        return jax.nn.leaky_relu(x, negative_slope)

    def elu(x: Any, *, alpha: float) -> Any:
        return jax.nn.elu(x, alpha)

    def softmax(x: Any) -> Any:
        return jax.nn.softmax(x)

    _register(library, jax_gradient, lambda function: function, sigmoid, tanh, relu, leaky_relu, elu, softmax)


def register_flax(library: Implementation) -> None:
    """Add flax.linen's PReLU, whose slope is one number; its other activations are those of jax.nn."""
    from flax import linen

    def prelu(x: Any, alpha: Any) -> Any:
        return linen.PReLU(param_dtype=x.dtype).apply({"params": {"negative_slope": alpha[0]}}, x)

    register_jax(library)
    _register(library, jax_gradient, lambda function: function, prelu)


def register_sklearn(library: Implementation) -> None:
    """Add those of MLPClassifier, which work in place; a gradient is taken from the output, not from the input."""
    from sklearn.neural_network._base import ACTIVATIONS, DERIVATIVES

    for rule, name in (("sigmoid", "logistic"), ("tanh", "tanh"), ("relu", "relu"), ("softmax", "softmax")):
        library.function(rule)(_in_place(ACTIVATIONS[name]))
        if name in DERIVATIVES:
            library.derivative(rule)(_from_output(ACTIVATIONS[name], DERIVATIVES[name]))


def _in_place(function: Callable[[Any], None]) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        rows = x.reshape(1, -1).copy() if x.ndim != 2 else x.copy()
        function(rows)
        return rows.reshape(x.shape)

    return call


def _from_output(function: Callable[[Any], None], derivative: Callable[[Any, Any], None]) -> Callable[[Any, Any], Any]:
    def call(x: Any, upstream: Any) -> Any:
        output, delta = x.copy(), upstream.copy()
        function(output)
        derivative(output, delta)
        return delta

    return call


def _register(
    library: Implementation,
    gradient: Callable[..., Callable[..., Any]],
    adapt: Callable[[Callable[..., Any]], Callable[..., Any]],
    *functions: Callable[..., Any],
) -> None:
    """Register functions under their names, each with its gradient; PReLU's is that of the slope too."""
    for function in functions:
        rule = function.__name__
        library.function(rule)(adapt(function))
        library.derivative(rule)(gradient(function, (0, 1) if rule == "prelu" else (0,)))
