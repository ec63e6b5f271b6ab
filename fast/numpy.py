"""The rules over NumPy arrays, in place: `state = adam(w, gradient, state, dialect="keras")`.

Every function takes the same first arguments and keeps the same promises.

- `w`: float16, float32 or float64, of any shape and memory layout; updated in place.
- `gradient`: an array of w's shape and dtype, which is not written to (it may share memory with `w`), or a
  callable from the point where the rule wants the gradient, a read-only array, to such an array.
- `state`: None at the first step, afterwards what the last step returned: `{"step": int, name: array}`,
  updated in place. Under `decoupled_schedule` it remembers the first learning rate, too.
- `dialect`: a vendor's name or a mapping from axis to value, see `gradspec.fast.dialects`.
- Hyperparameters may change from step to step; `weight_decay` takes the form of the dialect.
- NaN and infinity are carried, without warnings. Beyond the state and the point of a look-ahead, memory
  does not grow with the size of `w`.
- TypeError, ValueError and whatever a callable gradient raises come before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from .numpy_initializers import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)
from .plan import Plan, plan

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

FloatArray = NDArray[np.floating[Any]]
Gradient = FloatArray | Callable[[FloatArray], FloatArray]
State = dict[str, Any]
Dialect = str | Mapping[str, str]

_DTYPES = (np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64))
# Of one operand: temporaries stay in the cache, and below the size for which malloc asks the system.
_SLICE_BYTES = 1 << 17


def gradient_descent(
    w: FloatArray,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    weight_decay: float = 0.0,
    dialect: Dialect,
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
    w: FloatArray,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    dialect: Dialect,
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
    w: FloatArray,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    dialect: Dialect,
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
    w: FloatArray,
    gradient: Gradient,
    state: State | None = None,
    *,
    learning_rate: float = 0.01,
    epsilon: float = 1e-10,
    initial_accumulator_value: float = 0.0,
    learning_rate_decay: float = 0.0,
    weight_decay: float = 0.0,
    dialect: Dialect,
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
    w: FloatArray,
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
    dialect: Dialect,
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
    w: FloatArray,
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
    dialect: Dialect,
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


def _update(
    rule: str,
    w: FloatArray,
    gradient: Gradient,
    state: State | None,
    dialect: Dialect,
    **hyperparameters: object,
) -> State:
    """Check everything, ask for the gradient, and only then write."""
    target = _checked("w", w, writable=True)
    todo = plan(rule, state, dialect, hyperparameters)
    with np.errstate(all="ignore"):  # an error in the middle of the slices would leave half an update
        if state is None:
            buffers = {name: np.full_like(target, value) for name, value in todo.buffers.items()}
        else:
            buffers = {name: _checked(f"state[{name!r}]", state[name], target, writable=True) for name in todo.buffers}
        point = _look_ahead(todo, target, buffers) if todo.looks_ahead else None
    if callable(gradient):
        gradient = gradient(_read_only(target if point is None else point))
    elif todo.looks_ahead:
        raise TypeError(
            f"gradient={type(gradient).__name__}: look_ahead takes the gradient at a point of its own; "
            "pass a callable, or choose nesterov_form stored_look_ahead"
        )
    slope = _checked("gradient", gradient, target)
    with np.errstate(all="ignore"):
        _write(todo, target, slope, point, buffers)
    return todo.finished(state, buffers)


def _checked(name: str, array: object, like: FloatArray | None = None, *, writable: bool = False) -> FloatArray:
    """Return the array itself, without a subclass, or raise; `like` gives the shape and dtype asked for."""
    if isinstance(array, np.generic) and not writable:
        array = np.asarray(array)  # arithmetic on an array without axes gives a scalar
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name}={type(array).__name__}: must be a NumPy array; pass one")
    dtypes = _DTYPES if like is None else (like.dtype,)
    if array.dtype not in dtypes:
        expected = ", ".join(map(str, dtypes))
        raise TypeError(f"{name}=array of {array.dtype}: dtype must be {expected}; convert it with astype")
    if like is not None and array.shape != like.shape:
        raise ValueError(f"{name}=array of shape {array.shape}: must have w's shape {like.shape}; reshape it")
    if writable and not array.flags.writeable:
        raise ValueError(f"{name}=read-only array: is updated in place; pass a writable copy")
    if writable and overlaps(array.shape, array.strides):
        raise ValueError(f"{name}=array of strides {array.strides}: entries share memory; pass a copy")
    return np.asarray(array)


def _read_only(array: FloatArray) -> FloatArray:
    view = array.view()
    view.flags.writeable = False
    return view


def _slices(written: list[FloatArray], read: list[FloatArray]) -> np.nditer:
    """Return flat slices of all arrays at once, whatever their layouts.

    Arrays that are contiguous alike are sliced without a copy, others through buffers of a slice's size.
    Where `read` overlaps with `written` at other positions, nditer works on a copy.
    """
    common = ["overlap_assume_elementwise", "contig"]
    # `Any`: NumPy's stubs spell "contig" differently.
    operand_flags: Any = [["readwrite", *common]] * len(written) + [["readonly", *common]] * len(read)
    return np.nditer(
        [*written, *read],
        flags=["external_loop", "buffered", "zerosize_ok", "copy_if_overlap"],
        op_flags=operand_flags,
        order="K",
        buffersize=max(1, _SLICE_BYTES // written[0].itemsize),
    )


def _look_ahead(todo: Plan, w: FloatArray, buffers: dict[str, FloatArray]) -> FloatArray:
    point = np.empty_like(w)
    with _slices([point], [w, *buffers.values()]) as slices:
        for point_slice, w_slice, *state in slices:
            point_slice[...] = todo.point(w_slice, dict(zip(buffers, state, strict=True)))
    return point


def _write(
    todo: Plan, w: FloatArray, gradient: FloatArray, point: FloatArray | None, buffers: dict[str, FloatArray]
) -> None:
    """Update w and the buffers, slice by slice."""
    with _slices([w, *buffers.values()], [gradient] if point is None else [gradient, point]) as slices:
        for operands in slices:
            w_slice, *state = operands[: 1 + len(buffers)]
            gradient_slice, *rest = operands[1 + len(buffers) :]
            named = dict(zip(buffers, state, strict=True))
            point_slice = rest[0] if rest else w_slice
            new_w, new_state = todo.advance(np, w_slice, gradient_slice, point_slice, named)
            w_slice[...] = new_w
            for name, values in new_state.items():
                named[name][...] = values
