"""Penalties on weights, as arrays without axes, and their gradients, alone or beside the clipped gradient of the loss.

Every function takes these keywords besides its own:

`batch_size` (int, at least 1): what the penalty is divided by under `reduction` per_batch, which needs it.
`bias` (array of any shape): other parameters of the layer, which `scope` all_parameters penalises as it does w; a
gradient is then the pair of those with respect to w and bias.

Gradients take `loss_gradient` (of w's shape) and `clip_norm` (at least 0) together: the gradient of loss and penalty is
returned, clipped to that norm as a whole under `clip_order` inside_clip, and but for the penalty under after_clip.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from ..checks import _shown
from .choices import Dialect, choices
from .clipping import shrinking
from .domains import number
from .library import Array, Library, dtype_of, floating, same_shape, scalar, silent
from .norms import sum_of_squares


@silent()
def l1(
    w: Array, *, strength: float, batch_size: int | None = None, bias: Array | None = None, dialect: Dialect = None
) -> Array:
    """Return strength Σ|w|, and Σ|b| with it where the bias counts.

    `strength` is at least 0. Raises TypeError or ValueError for others. Source: Tibshirani 1996.
    """
    how = _checked("l1", w, bias, strength, batch_size, dialect)
    arrays, cast = how.library.arrays, how.library.cast
    total = sum(arrays.sum(cast(arrays.abs(x), "float64")) for x in how.penalised)
    return how.library.narrow(total * how.factor, w)


@silent()
def l1_gradient(
    w: Array,
    upstream: Array | float,
    *,
    strength: float,
    batch_size: int | None = None,
    bias: Array | None = None,
    loss_gradient: Array | None = None,
    clip_norm: float = inf,
    dialect: Dialect = None,
) -> Array | tuple[Array, Array]:
    """Return the gradient with respect to w, of its shape; `upstream` has no axes."""
    how = _checked("l1", w, bias, strength, batch_size, dialect)
    size = scalar(how.library, "upstream", upstream, "w", w) * how.factor

    def slopes(given: Array) -> Array:
        arrays, x = how.library.arrays, how.library.wide(given)
        side = how.library.cast(size, dtype_of(x))
        at_zero = side if how.axes["derivative_at_zero"] == "one" else 0.0 * side
        return arrays.where(x > 0, side, arrays.where(x < 0, -side, arrays.where(x == 0, at_zero, x)))

    return _gradients(how, slopes, loss_gradient, clip_norm)


@silent()
def l2(
    w: Array, *, strength: float, batch_size: int | None = None, bias: Array | None = None, dialect: Dialect = None
) -> Array:
    """Return strength Σw², and Σb² with it where the bias counts; half of it under `factor` half.

    `strength` is at least 0. Raises TypeError or ValueError for others. Source: Hoerl & Kennard 1970.
    """
    how = _checked("l2", w, bias, strength, batch_size, dialect)
    halved = 0.5 if how.axes["factor"] == "half" else 1.0
    total = sum(sum_of_squares(how.library, x) for x in how.penalised)
    return how.library.narrow(total * (how.factor * halved), w)


@silent()
def l2_gradient(
    w: Array,
    upstream: Array | float,
    *,
    strength: float,
    batch_size: int | None = None,
    bias: Array | None = None,
    loss_gradient: Array | None = None,
    clip_norm: float = inf,
    dialect: Dialect = None,
) -> Array | tuple[Array, Array]:
    """Return the gradient with respect to w, of its shape; `upstream` has no axes."""
    how = _checked("l2", w, bias, strength, batch_size, dialect)
    slope = how.factor * (1.0 if how.axes["factor"] == "half" else 2.0)
    size = scalar(how.library, "upstream", upstream, "w", w) * slope

    def slopes(given: Array) -> Array:
        x = how.library.wide(given)
        return x * how.library.cast(size, dtype_of(x))

    return _gradients(how, slopes, loss_gradient, clip_norm)


class _Penalty(NamedTuple):
    library: Library
    axes: dict[str, str]
    factor: float  # what a sum over the parameters is multiplied by
    w: Array
    bias: Array | None

    @property
    def penalised(self) -> list[Array]:
        return [self.w] if self.bias is None or self.axes["scope"] == "weights" else [self.w, self.bias]


def _checked(
    rule: str, w: Array, bias: Array | None, strength: object, batch_size: object, dialect: Dialect
) -> _Penalty:
    given = {"w": w} if bias is None else {"w": w, "bias": bias}
    library, (w, *rest) = floating(**given)
    axes, factor = choices(rule, library, dialect), number("strength", strength)
    if axes["reduction"] == "per_batch":
        if isinstance(batch_size, bool) or not isinstance(batch_size, int):
            raise TypeError(
                f"batch_size={_shown(batch_size)}: must be an int under per_batch; pass the number of examples"
            )
        if batch_size < 1:
            raise ValueError(f"batch_size={batch_size}: must be at least 1; pass the number of examples")
        factor /= batch_size
    return _Penalty(library, axes, factor, w, rest[0] if rest else None)


def _gradients(
    how: _Penalty, slopes: Callable[[Array], Array], loss_gradient: Array | None, clip_norm: object
) -> Array | tuple[Array, Array]:
    """Return what `slopes` gives of w, with the gradient of the loss where there is one, and of the bias where there is one."""
    library, w, bias = how.library, how.w, how.bias
    bound = number("clip_norm", clip_norm, ends="[]")
    if loss_gradient is None:
        if bound < inf:
            raise ValueError(f"clip_norm={clip_norm}: clips the gradient of loss and penalty; pass loss_gradient too")
        d_w = slopes(w)
    elif bias is not None:
        raise ValueError("loss_gradient=array: is that of w alone, beside a bias; call once for each of them")
    else:
        d_w = _with_loss(how, slopes(w), loss_gradient, bound)
    if bias is None:
        return library.narrow(d_w, w)
    counts = len(how.penalised) > 1
    return library.narrow(d_w, w), library.narrow(slopes(bias), w) if counts else library.full(bias.shape, 0.0, bias)


def _with_loss(how: _Penalty, own: Array, loss_gradient: Array, bound: float) -> Array:
    library, (_, given) = floating(w=how.w, loss_gradient=loss_gradient)
    same_shape(w=how.w, loss_gradient=given)
    inside = how.axes["clip_order"] == "inside_clip"
    clipped = library.wide(given) + own if inside else library.wide(given)
    _, factor = shrinking(library, [clipped], bound)
    clipped = clipped * library.cast(factor, dtype_of(clipped))
    return clipped if inside else clipped + own
