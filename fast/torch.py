"""The rules over torch tensors, in place, on any device: `state = adam(w, gradient, state)`.

Every function takes the same first arguments and keeps the same promises.

- `w`: float16, bfloat16, float32 or float64, strided, of any shape; updated in place, unseen by autograd.
- `gradient`: a tensor of w's shape, dtype and device, which is not written to (it may share memory with
  `w`), or a callable from the point where the rule wants the gradient to such a tensor. It must not modify
  the point, which may share memory with w; autograd is on while it runs.
- `state`: None at the first step, afterwards what the last step returned: `{"step": int, name: tensor}`,
  updated in place. Under `decoupled_schedule` it remembers the first learning rate, too.
- `dialect`: a vendor's name or a mapping from axis to value, see `gradspec.fast.dialects`.
- Hyperparameters may change from step to step; `weight_decay` takes the form of the dialect.
- NaN and infinity are carried. No value is read back from the device.
- TypeError, ValueError and whatever a callable gradient raises come before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from .checks import overlaps
from .early_stopping import early_stopping
from .functions.activations import (
    elu,
    elu_gradient,
    leaky_relu,
    leaky_relu_gradient,
    prelu,
    prelu_gradient,
    relu,
    relu_gradient,
    sigmoid,
    sigmoid_gradient,
    tanh,
    tanh_gradient,
)
from .functions.augmentation import resize, rotate, shift
from .functions.batch_normalization import (
    batch_normalization,
    batch_normalization_gradient,
    batch_normalization_inference,
    batch_normalization_update,
)
from .functions.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from .functions.dense import dense, dense_gradient
from .functions.dropout import dropout, dropout_inference
from .functions.feedforward_network import feedforward_network, feedforward_network_gradient, feedforward_network_step
from .functions.losses import cross_entropy, cross_entropy_gradient, mean_squared_error, mean_squared_error_gradient
from .functions.max_norm import max_norm
from .functions.penalties import l1, l1_gradient, l2, l2_gradient
from .functions.rrelu import rrelu, rrelu_gradient, rrelu_inference
from .functions.sigmoid_chain import sigmoid_chain, sigmoid_chain_gradient
from .functions.softmax import softmax, softmax_gradient
from .plan import plan
from .torch_initializers import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)

__all__ = [
    "adagrad",
    "adam",
    "batch_normalization",
    "batch_normalization_gradient",
    "batch_normalization_inference",
    "batch_normalization_update",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "cross_entropy",
    "cross_entropy_gradient",
    "dense",
    "dense_gradient",
    "dropout",
    "dropout_inference",
    "early_stopping",
    "elu",
    "elu_gradient",
    "feedforward_network",
    "feedforward_network_gradient",
    "feedforward_network_step",
    "glorot_normal",
    "glorot_uniform",
    "gradient_descent",
    "he_normal",
    "he_uniform",
    "l1",
    "l1_gradient",
    "l2",
    "l2_gradient",
    "leaky_relu",
    "leaky_relu_gradient",
    "lecun_normal",
    "lecun_uniform",
    "max_norm",
    "mean_squared_error",
    "mean_squared_error_gradient",
    "momentum",
    "nesterov",
    "prelu",
    "prelu_gradient",
    "relu",
    "relu_gradient",
    "resize",
    "rmsprop",
    "rotate",
    "rrelu",
    "rrelu_gradient",
    "rrelu_inference",
    "shift",
    "sigmoid",
    "sigmoid_chain",
    "sigmoid_chain_gradient",
    "sigmoid_gradient",
    "softmax",
    "softmax_gradient",
    "tanh",
    "tanh_gradient",
]

Gradient = Tensor | Callable[[Tensor], Tensor]
State = dict[str, Any]
Dialect = str | Mapping[str, str]

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def gradient_descent(
    w: Tensor,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    weight_decay: float = 0.0,
    dialect: Dialect = "torch",
) -> State:
    """Take one step of gradient descent, w − ηg, and return the state.

    `w` and the gradient have one shape. `learning_rate` has the unit w² per loss. Raises TypeError or
    ValueError before any change. Source: Cauchy 1847.
    """
    return _update(
        "gradient_descent",
        w,
        gradient,
        state,
        dialect,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
    )


def momentum(
    w: Tensor,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    dialect: Dialect = "torch",
) -> State:
    """Take one step along a decaying sum of gradients and return the state.

    `w` and the gradient have one shape. `learning_rate` has the unit w² per loss; `momentum` in [0, 1) and
    `dampening` in [0, 1] (used where the dialect's gain is `one_minus_dampening`) have none. Raises
    TypeError or ValueError before any change. Source: Polyak 1964; Sutskever et al. 2013.
    """
    return _update(
        "momentum",
        w,
        gradient,
        state,
        dialect,
        learning_rate=learning_rate,
        momentum=momentum,
        dampening=dampening,
        weight_decay=weight_decay,
    )


def nesterov(
    w: Tensor,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    dialect: Dialect = "torch",
) -> State:
    """Take one step of Nesterov's momentum and return the state.

    `w` and the gradient have one shape. `learning_rate` has the unit w² per loss, `momentum` in [0, 1) has
    none. `nesterov_form` look_ahead needs a callable gradient. Raises TypeError or ValueError before any
    change. Source: Sutskever et al. 2013; Bengio et al. 2012.
    """
    return _update(
        "nesterov",
        w,
        gradient,
        state,
        dialect,
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
    )


def adagrad(
    w: Tensor,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    epsilon: float = 1e-10,
    initial_accumulator_value: float = 0.0,
    learning_rate_decay: float = 0.0,
    weight_decay: float = 0.0,
    dialect: Dialect = "torch",
) -> State:
    """Take one step over the root of the sum of squared gradients and return the state.

    `w` and the gradient have one shape. `learning_rate` has the unit of w, `epsilon` that of a gradient
    (squared inside the root), `initial_accumulator_value` that of its square, read at the first step only.
    Step t uses learning_rate / (1 + (t − 1)·learning_rate_decay). Raises TypeError or ValueError before any
    change. Source: Duchi, Hazan and Singer 2011.
    """
    return _update(
        "adagrad",
        w,
        gradient,
        state,
        dialect,
        learning_rate=learning_rate,
        epsilon=epsilon,
        initial_accumulator_value=initial_accumulator_value,
        learning_rate_decay=learning_rate_decay,
        weight_decay=weight_decay,
    )


def rmsprop(
    w: Tensor,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 1e-3,
    rho: float = 0.9,
    epsilon: float = 1e-8,
    centered: bool = False,
    momentum: float = 0.0,
    nesterov: bool = False,
    bias_correction: bool = False,
    initial_accumulator_value: float = 0.0,
    weight_decay: float = 0.0,
    dialect: Dialect = "torch",
) -> State:
    """Take one step over the root of a running mean of squared gradients and return the state.

    `w` and the gradient have one shape. `learning_rate` has the unit of w, `epsilon` that of a gradient
    (squared inside the root), `initial_accumulator_value` that of its square, read at the first step only;
    `rho` and `momentum` in [0, 1) have none. `nesterov` needs momentum. The options, and whether there is
    momentum, stay the same for a state. Raises TypeError or ValueError before any change. Source: Tieleman
    and Hinton 2012; Graves 2013 for `centered`.
    """
    return _update(
        "rmsprop",
        w,
        gradient,
        state,
        dialect,
        learning_rate=learning_rate,
        rho=rho,
        epsilon=epsilon,
        centered=centered,
        momentum=momentum,
        nesterov=nesterov,
        bias_correction=bias_correction,
        initial_accumulator_value=initial_accumulator_value,
        weight_decay=weight_decay,
    )


def adam(
    w: Tensor,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    amsgrad: bool = False,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    epsilon_root: float = 0.0,
    dialect: Dialect = "torch",
) -> State:
    """Take one step of Adam, AMSGrad or NAdam and return the state.

    `w` and the gradient have one shape. `learning_rate` has the unit of w, `epsilon` that of a gradient
    (squared inside the root), `epsilon_root` that of its square (used where the dialect's epsilon_place is
    `root_plus_outside`); `beta1` and `beta2` in [0, 1) have none. `amsgrad` stays the same for a state.
    Raises TypeError or ValueError before any change. Source: Kingma and Ba 2015; Reddi et al. 2018; Dozat
    2016.
    """
    return _update(
        "adam",
        w,
        gradient,
        state,
        dialect,
        learning_rate=learning_rate,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        amsgrad=amsgrad,
        nesterov=nesterov,
        weight_decay=weight_decay,
        epsilon_root=epsilon_root,
    )


@torch.no_grad()
def _update(
    rule: str,
    w: Tensor,
    gradient: Gradient,
    state: State | None,
    dialect: Dialect,
    **hyperparameters: object,
) -> State:
    """Check everything, ask for the gradient, compute everything, and only then write."""
    target = _checked("w", w, writable=True)
    todo = plan(rule, state, dialect, hyperparameters)
    if state is None:
        buffers = {name: torch.full_like(target, value) for name, value in todo.buffers.items()}
    else:
        buffers = {name: _checked(f"state[{name!r}]", state[name], target, writable=True) for name in todo.buffers}
    point = todo.point(target, buffers) if todo.looks_ahead else target
    if callable(gradient):
        with torch.enable_grad():
            gradient = gradient(point.detach())  # whatever it sets on that tensor stays there
    elif todo.looks_ahead:
        raise TypeError(
            f"gradient={type(gradient).__name__}: look_ahead takes the gradient at a point of its own; "
            "pass a callable, or choose nesterov_form stored_look_ahead"
        )
    slope = _checked("gradient", gradient, target)
    new_w, new_buffers = todo.advance(torch, target, slope, point, buffers)
    # One launch for all; and Tensor.copy_ cannot be traced for a GPU on a build without one.
    torch._foreach_copy_([target, *(buffers[name] for name in new_buffers)], [new_w, *new_buffers.values()])
    return todo.finished(state, buffers)


def _checked(name: str, tensor: object, like: Tensor | None = None, *, writable: bool = False) -> Tensor:
    """Return the tensor without its history, or raise; `like` gives the shape, dtype and device asked for."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}={type(tensor).__name__}: must be a torch tensor; pass one")
    dtypes = _DTYPES if like is None else (like.dtype,)
    if tensor.dtype not in dtypes:
        expected = ", ".join(map(str, dtypes))
        raise TypeError(f"{name}=tensor of {tensor.dtype}: dtype must be {expected}; convert it with to")
    if tensor.layout != torch.strided:
        raise TypeError(f"{name}=tensor of {tensor.layout}: must be strided; convert it with to_dense")
    if like is not None and tensor.shape != like.shape:
        found, wanted = (*tensor.shape,), (*like.shape,)
        raise ValueError(f"{name}=tensor of shape {found}: must have w's shape {wanted}; reshape it")
    if like is not None and tensor.device != like.device:
        devices = f"{tensor.device}: must be on w's device {like.device}"
        raise ValueError(f"{name}=tensor on {devices}; move it with to")
    if writable and tensor.is_inference() and not torch.is_inference_mode_enabled():
        raise ValueError(f"{name}=inference tensor: is updated in place; pass a clone")
    if writable and overlaps(tensor.shape, tensor.stride()):
        raise ValueError(f"{name}=tensor of strides {tensor.stride()}: entries share memory; pass a clone")
    return tensor.detach()
