"""Layers of torch, Keras and flax; each function imports only its own framework.

Every function returns `{rule: factory}` for `Implementation.layer(rule)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Factory = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that keeps nothing."""

    train: Callable[[Any], Any]
    infer: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Normalization:
    """A layer that keeps statistics, which `read` returns, and has gradients."""

    train: Callable[[Any], Any]
    infer: Callable[[Any], Any]
    backward: Callable[[Any, Any], Any]
    read: Callable[[], tuple[Any, Any]]

    @property
    def state(self) -> tuple[Any, Any]:
        """The running mean and variance."""
        return self.read()


def torch_layers() -> dict[str, Factory]:
    """`torch.nn.BatchNorm1d`, `Dropout` and `RReLU`; arrays are torch tensors."""
    import torch

    def batch_normalization(gamma: Any, beta: Any, *, momentum: float, epsilon: float) -> Normalization:
        module = torch.nn.BatchNorm1d(gamma.numel(), eps=epsilon, momentum=momentum, dtype=gamma.dtype)
        with torch.no_grad():
            module.weight.copy_(gamma)
            module.bias.copy_(beta)

        kept = dict(module.named_buffers())

        def backward(x: Any, upstream: Any) -> Any:
            given = x.clone().requires_grad_()
            return torch.autograd.grad(module.train()(given), (given, module.weight, module.bias), upstream)

        return Normalization(
            lambda x: module.train()(x),
            lambda x: module.eval()(x),
            backward,
            lambda: (kept["running_mean"].clone(), kept["running_var"].clone()),
        )

    def drawing(module: Any, seed: int) -> Layer:
        """A layer with a stream of its own: torch has one for all, which is put back after every call."""
        stream = torch.Generator().manual_seed(seed).get_state()

        def train(x: Any) -> Any:
            nonlocal stream
            with torch.random.fork_rng(devices=[]):
                torch.random.set_rng_state(stream)
                y = module.train()(x)
                stream = torch.random.get_rng_state()
            return y

        return Layer(train, lambda x: module.eval()(x))

    def dropout(*, rate: float, seed: int) -> Layer:
        return drawing(torch.nn.Dropout(rate), seed)

    def rrelu(*, lower: float, upper: float, seed: int) -> Layer:
        return drawing(torch.nn.RReLU(lower, upper), seed)

    return {"batch_normalization": batch_normalization, "dropout": dropout, "rrelu": rrelu}


def keras_layers() -> dict[str, Factory]:
    """`keras.layers.BatchNormalization` and `Dropout` on the backend that Keras runs on; arrays are NumPy's.

    Layers have the dtype of what they are given as their policy. Gradients are those of the backend.
    """
    import keras
    import numpy

    def read(tensor: Any) -> Any:
        return numpy.array(keras.ops.convert_to_numpy(tensor))

    def batch_normalization(gamma: Any, beta: Any, *, momentum: float, epsilon: float) -> Normalization:
        layer = keras.layers.BatchNormalization(momentum=momentum, epsilon=epsilon, dtype=str(gamma.dtype))
        layer.build((None, gamma.size))
        layer.gamma.assign(gamma)
        layer.beta.assign(beta)

        def call(x: Any, *, training: bool) -> Any:
            return read(layer(keras.ops.convert_to_tensor(x), training=training))

        differentiate = _keras_gradients()
        return Normalization(
            lambda x: call(x, training=True),
            lambda x: call(x, training=False),
            lambda x, upstream: tuple(read(g) for g in differentiate(layer, x, upstream)),
            lambda: (read(layer.moving_mean), read(layer.moving_variance)),
        )

    def dropout(*, rate: float, seed: int) -> Layer:
        made: dict[str, Any] = {}

        def call(x: Any, *, training: bool) -> Any:
            dtype = str(x.dtype)
            if dtype not in made:
                made[dtype] = keras.layers.Dropout(rate, seed=seed, dtype=dtype)
            return read(made[dtype](keras.ops.convert_to_tensor(x), training=training))

        return Layer(lambda x: call(x, training=True), lambda x: call(x, training=False))

    return {"batch_normalization": batch_normalization, "dropout": dropout}


def _keras_gradients() -> Callable[..., tuple[Any, ...]]:
    """The gradients of a training call of a layer with respect to its input, gamma and beta."""
    import keras

    if keras.config.backend() == "torch":
        import torch

        def by_torch(layer: Any, x: Any, upstream: Any) -> tuple[Any, ...]:
            given = torch.tensor(x, requires_grad=True)
            wanted = (given, layer.gamma.value, layer.beta.value)
            return tuple(torch.autograd.grad(layer(given, training=True), wanted, torch.tensor(upstream)))

        return by_torch
    import jax

    def by_jax(layer: Any, x: Any, upstream: Any) -> tuple[Any, ...]:
        kept = [v.value for v in layer.non_trainable_variables]

        def output(given: Any, gamma: Any, beta: Any) -> Any:
            return layer.stateless_call([gamma, beta], kept, given, training=True)[0]

        y, pull = jax.vjp(output, jax.numpy.asarray(x), layer.gamma.value, layer.beta.value)
        return tuple(pull(jax.numpy.asarray(upstream, dtype=y.dtype)))

    return by_jax


def flax_layers() -> dict[str, Factory]:
    """`flax.linen.BatchNorm` and `Dropout`; arrays are jax's."""
    import flax.linen as nn
    import jax

    def batch_normalization(gamma: Any, beta: Any, *, momentum: float, epsilon: float) -> Normalization:
        module = nn.BatchNorm(momentum=momentum, epsilon=epsilon, dtype=gamma.dtype, param_dtype=gamma.dtype)
        start = module.init(jax.random.key(0), jax.numpy.zeros((2, gamma.size), gamma.dtype), use_running_average=True)
        kept = jax.tree.map(lambda a: a.astype(gamma.dtype), start["batch_stats"])  # they start as float32

        def output(x: Any, scale: Any, bias: Any, *, average: bool) -> tuple[Any, Any]:
            variables = {"params": {"scale": scale, "bias": bias}, "batch_stats": kept}
            y, changed = module.apply(variables, x, use_running_average=average, mutable=["batch_stats"])
            return y, changed["batch_stats"]

        def train(x: Any) -> Any:
            nonlocal kept
            y, kept = output(x, gamma, beta, average=False)
            return y

        def backward(x: Any, upstream: Any) -> Any:
            def value(*given: Any) -> Any:
                return output(*given, average=False)[0]

            return jax.vjp(value, x, gamma, beta)[1](upstream)

        return Normalization(
            train, lambda x: output(x, gamma, beta, average=True)[0], backward, lambda: (kept["mean"], kept["var"])
        )

    def dropout(*, rate: float, seed: int) -> Layer:
        module, key = nn.Dropout(rate), jax.random.key(seed)

        def train(x: Any) -> Any:
            nonlocal key
            key, drawn = jax.random.split(key)
            return module.apply({}, x, deterministic=False, rngs={"dropout": drawn})

        return Layer(train, lambda x: module.apply({}, x, deterministic=True))

    return {"batch_normalization": batch_normalization, "dropout": dropout}
