"""Losses, penalties, constraints and clipping of the frameworks, with the gradients that their users get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradspec.conformance.bridges.gradients import jax_gradient, keras_function, keras_gradient, torch_gradient
from gradspec.conformance.implementation import Implementation


def register_torch(library: Implementation) -> None:
    """Add torch.nn.functional's losses, torch.renorm and torch.nn.utils' clipping, whose ε cannot be chosen."""
    import torch
    from torch.nn import functional

    def cross_entropy(predictions: Any, labels: Any, *, epsilon: float) -> Any:
        return functional.cross_entropy(predictions, labels)  # logits are not clipped: epsilon is of no use

    def mean_squared_error(predictions: Any, targets: Any) -> Any:
        return functional.mse_loss(predictions, targets)

    library.function("cross_entropy")(cross_entropy)
    library.derivative("cross_entropy")(torch_gradient(cross_entropy))
    library.function("mean_squared_error")(mean_squared_error)
    library.derivative("mean_squared_error")(torch_gradient(mean_squared_error))

    @library.function("max_norm", epsilon=1e-7)
    def max_norm(w: Any, *, maximum: float) -> Any:
        return torch.renorm(w, 2, 1, maximum)

    def as_gradients(*gradients: Any) -> list[Any]:
        parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient.clone()
        return parameters

    @library.function("clip_by_value")
    def clip_by_value(g: Any, *, clip_value: float) -> Any:
        (parameter,) = as_gradients(g)
        torch.nn.utils.clip_grad_value_([parameter], clip_value)
        return parameter.grad

    @library.function("clip_by_global_norm", epsilon=1e-6)
    def clip_by_global_norm(first: Any, second: Any, *, clip_norm: float) -> Any:
        parameters = as_gradients(first, second)
        torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
        return tuple(p.grad for p in parameters)


def register_keras(library: Implementation) -> None:
    """Add keras.losses, regularizers, constraints and what the optimizers do with clipnorm, clipvalue, global_clipnorm."""
    import keras

    def cross_entropy(predictions: Any, labels: Any) -> Any:
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, predictions))
        return keras.ops.cast(loss, predictions.dtype)

    def mean_squared_error(predictions: Any, targets: Any) -> Any:
        return keras.losses.mean_squared_error(targets, predictions)

    _register(library, keras_gradient, keras_function, mean_squared_error)
    _register_keras_penalty(library, "l1", keras.regularizers.L1)
    _register_keras_penalty(library, "l2", keras.regularizers.L2)
    library.function("cross_entropy", epsilon=keras.config.epsilon())(keras_function(cross_entropy))
    library.derivative("cross_entropy")(keras_gradient(cross_entropy))

    def max_norm(w: Any, *, maximum: float) -> Any:
        return keras.constraints.MaxNorm(maximum)(w)

    def clipped(gradients: list[Any], **how: float) -> list[Any]:
        optimizer = keras.optimizers.SGD(**how)
        return [keras.ops.convert_to_tensor(g) for g in optimizer._clip_gradients(gradients)]

    def clip_by_value(g: Any, *, clip_value: float) -> Any:
        return clipped([g], clipvalue=clip_value)[0]

    def clip_by_norm(g: Any, *, clip_norm: float, epsilon: float) -> Any:
        return clipped([g], clipnorm=clip_norm)[0]  # there is no epsilon

    def clip_by_global_norm(first: Any, second: Any, *, clip_norm: float, epsilon: float) -> Any:
        return tuple(clipped([first, second], global_clipnorm=clip_norm))

    library.function("max_norm", epsilon=keras.config.epsilon())(keras_function(max_norm))
    library.function("clip_by_value")(keras_function(clip_by_value))
    library.function("clip_by_norm")(keras_function(clip_by_norm))
    library.function("clip_by_global_norm")(keras_function(clip_by_global_norm))


def _register_keras_penalty(library: Implementation, rule: str, regularizer: Callable[[float], Any]) -> None:
    """Add a regularizer by itself, as that of a layer's kernel, and beside a clipped loss."""
    import keras
    import numpy

    def penalty(w: Any, *, strength: float) -> Any:
        return regularizer(strength)(w)

    def of_layer(w: Any, bias: Any, *, strength: float) -> Any:
        """The weights are the kernel of the first unit; those of the others are 0."""
        layer = keras.layers.Dense(bias.shape[0], kernel_regularizer=regularizer(strength), dtype=w.dtype)
        layer.build((None, w.shape[0]))
        others = keras.ops.zeros((w.shape[0], bias.shape[0] - 1), dtype=w.dtype)
        kernel = keras.ops.concatenate([w[:, None], others], axis=1)
        _, _, losses = layer.stateless_call([kernel, bias], [], kernel.T, return_losses=True)
        return sum(losses)

    def with_loss(w: Any, loss_gradient: Any, upstream: Any, *, strength: float) -> Any:
        return keras.ops.sum(loss_gradient * w) + upstream * penalty(w, strength=strength)

    def clipped(gradient: Any, *, clip_norm: float) -> Any:
        return keras.ops.convert_to_tensor(keras.optimizers.SGD(clipnorm=clip_norm)._clip_gradients([gradient])[0])

    @library.function(rule)
    def value(w: Any, *, strength: float, bias: Any = None) -> Any:
        if bias is not None:
            return keras_function(of_layer)(w, bias, strength=strength)
        return keras_function(penalty)(w, strength=strength)

    @library.derivative(rule)
    def gradient(
        w: Any, upstream: Any, *, strength: float, bias: Any = None, clip_norm: float = 0.0, loss_gradient: Any = None
    ) -> Any:
        if loss_gradient is not None:
            one = numpy.ones((), w.dtype)
            both = keras_gradient(with_loss)(w, loss_gradient, upstream, one, strength=strength)
            return keras_function(clipped)(both, clip_norm=clip_norm)
        if bias is not None:
            return keras_gradient(of_layer, (0, 1))(w, bias, upstream, strength=strength)
        return keras_gradient(penalty)(w, upstream, strength=strength)


def register_optax(library: Implementation) -> None:
    """Add optax's losses and gradient transformations."""
    import optax

    def cross_entropy(predictions: Any, labels: Any, *, epsilon: float) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(predictions, labels).mean()

    def mean_squared_error(predictions: Any, targets: Any) -> Any:
        return optax.squared_error(predictions, targets).mean()

    library.function("cross_entropy")(cross_entropy)
    library.derivative("cross_entropy")(jax_gradient(cross_entropy))
    _register(library, jax_gradient, lambda function: function, mean_squared_error)

    def applied(transformation: Any, gradients: Any) -> Any:
        return transformation.update(gradients, transformation.init(gradients))[0]

    @library.function("clip_by_value")
    def clip_by_value(g: Any, *, clip_value: float) -> Any:
        return applied(optax.clip(clip_value), g)

    @library.function("clip_by_norm")
    def clip_by_norm(g: Any, *, clip_norm: float, epsilon: float) -> Any:
        return applied(optax.clip_by_global_norm(clip_norm), g)  # of one parameter; there is no epsilon

    @library.function("clip_by_global_norm")
    def clip_by_global_norm(first: Any, second: Any, *, clip_norm: float, epsilon: float) -> Any:
        return applied(optax.clip_by_global_norm(clip_norm), (first, second))


def register_jax(library: Implementation) -> None:
    """Add the penalties as they are written in JAX: sums of jax.numpy.abs and of squares."""
    import jax.numpy

    def l1(w: Any, *, strength: float) -> Any:
        return strength * jax.numpy.abs(w).sum()

    def l2(w: Any, *, strength: float) -> Any:
        return strength * jax.numpy.square(w).sum()

    _register(library, jax_gradient, lambda function: function, l1, l2)


def register_sklearn(library: Implementation) -> None:
    """Add the losses that MLPClassifier and MLPRegressor report, and the penalty that they add, with its gradient."""
    import numpy
    from sklearn.neural_network import MLPRegressor
    from sklearn.neural_network._base import log_loss, squared_loss

    spacing = {dtype: float(numpy.finfo(dtype).eps) for dtype in library.dtypes}

    @library.function("cross_entropy", epsilon=spacing)
    def cross_entropy(predictions: Any, labels: Any) -> Any:
        # A single class is taken for the second of two, which every example then belongs to.
        indicators = numpy.eye(predictions.shape[1], dtype=predictions.dtype)[labels]
        return numpy.asarray(log_loss(indicators, predictions)).astype(predictions.dtype)

    @library.function("mean_squared_error")
    def mean_squared_error(predictions: Any, targets: Any) -> Any:
        return numpy.asarray(squared_loss(targets, predictions)).astype(predictions.dtype)

    def penalised(w: Any, strength: float, batch_size: float) -> tuple[Any, Any]:
        """Loss and gradient of a network without hidden layers that has nothing else to say: inputs and targets are 0."""
        network = MLPRegressor(alpha=strength)
        network.n_layers_, network.n_outputs_, network.out_activation_ = 2, 1, "identity"
        network.coefs_, network.intercepts_ = [w.reshape(-1, 1)], [numpy.zeros(1, w.dtype)]
        nothing, target = numpy.zeros((1, w.size), w.dtype), numpy.zeros((1, 1), w.dtype)
        examples = numpy.array([batch_size], w.dtype)  # one that counts for a batch
        loss, slopes, _ = network._backprop(
            nothing, target, examples, [nothing, target.copy()], [target.copy()], [w.reshape(-1, 1)], [target[0]]
        )
        return numpy.asarray(loss, w.dtype), slopes[0].reshape(w.shape)

    @library.function("l2")
    def l2(w: Any, *, strength: float, batch_size: float = 1.0) -> Any:
        return penalised(w, strength, batch_size)[0]

    @library.derivative("l2")
    def l2_gradient(w: Any, upstream: Any, *, strength: float, batch_size: float = 1.0) -> Any:
        return upstream * penalised(w, strength, batch_size)[1]


def _register(
    library: Implementation,
    gradient: Callable[..., Callable[..., Any]],
    adapt: Callable[[Callable[..., Any]], Callable[..., Any]],
    *functions: Callable[..., Any],
) -> None:
    """Register functions under their names, each with its gradient."""
    for function in functions:
        library.function(function.__name__)(adapt(function))
        library.derivative(function.__name__)(gradient(function))
