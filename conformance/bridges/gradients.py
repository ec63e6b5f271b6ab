"""Gradients by a framework's own automatic differentiation, as adapters: (arrays, upstream, *, ..) -> gradients.

`differentiable` counts the arrays whose gradients are returned. A function of several outputs gets an upstream for each.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .keras import floatx

Function = Callable[..., Any]


def torch_gradient(function: Function, differentiable: Sequence[int] = (0,)) -> Function:
    """Differentiate a function of torch tensors by `torch.autograd.grad`."""

    def derivative(*given: Any, **keywords: Any) -> Any:
        import torch

        inputs, upstream = _split(function, given)
        leaves = [x.detach().clone().requires_grad_() if k in differentiable else x for k, x in enumerate(inputs)]
        outputs = function(*leaves, **keywords)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        wanted = [leaves[k] for k in differentiable]
        # What an output does not depend on has the gradient 0.
        return _alone(torch.autograd.grad(outputs, wanted, upstream, allow_unused=True, materialize_grads=True))

    return _with_keywords_of(function, derivative)


def jax_gradient(function: Function, differentiable: Sequence[int] = (0,)) -> Function:
    """Differentiate a function of jax arrays by `jax.vjp`."""

    def derivative(*given: Any, **keywords: Any) -> Any:
        import jax

        inputs, upstream = _split(function, given)

        def partly(*chosen: Any) -> Any:
            every = list(inputs)
            for k, x in zip(differentiable, chosen, strict=True):
                every[k] = x
            return function(*every, **keywords)

        outputs, back = jax.vjp(partly, *(inputs[k] for k in differentiable))
        return _alone(back(tuple(upstream) if isinstance(outputs, tuple) else upstream[0].reshape(outputs.shape)))

    return _with_keywords_of(function, derivative)


def keras_function(function: Function) -> Function:
    """Let a function of tensors of the Keras backend take and return NumPy arrays."""

    def call(*given: Any, **keywords: Any) -> Any:
        import keras

        with floatx(given[0].dtype.name):
            outputs = function(*map(keras.ops.convert_to_tensor, given), **keywords)
        if isinstance(outputs, tuple):
            return tuple(map(keras.ops.convert_to_numpy, outputs))
        return keras.ops.convert_to_numpy(outputs)

    return _with_keywords_of(function, call)


def keras_gradient(function: Function, differentiable: Sequence[int] = (0,)) -> Function:
    """Differentiate a function of tensors of the Keras backend, torch or jax, by that backend; arrays are NumPy's."""

    def derivative(*given: Any, **keywords: Any) -> Any:
        import keras

        by_backend = {"torch": torch_gradient, "jax": jax_gradient}[keras.config.backend()]
        with floatx(given[0].dtype.name):
            found = by_backend(function, differentiable)(*map(keras.ops.convert_to_tensor, given), **keywords)
        if isinstance(found, tuple):
            return tuple(map(keras.ops.convert_to_numpy, found))
        return keras.ops.convert_to_numpy(found)

    return _with_keywords_of(function, derivative)


def _split(function: Function, given: Sequence[Any]) -> tuple[list[Any], tuple[Any, ...]]:
    """The function's own arrays, and the upstream gradients behind them."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    count = sum(p.kind in kinds for p in inspect.signature(function).parameters.values())
    return list(given[:count]), tuple(given[count:])


def _alone(gradients: Sequence[Any]) -> Any:
    return gradients[0] if len(gradients) == 1 else tuple(gradients)


def _with_keywords_of(function: Function, adapter: Function) -> Function:
    """State which keywords the adapter takes: those of the function."""
    parameters = inspect.signature(function).parameters.values()
    adapter.accepts = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}  # type: ignore[attr-defined]
    return adapter
