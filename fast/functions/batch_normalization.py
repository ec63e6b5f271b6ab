"""Batch normalization: every channel of a batch gets mean 0 and variance 1, then a learned scale and shift.

Channels lie along one axis of x, by default the last; statistics are taken over all other axes. Normalisation uses
the biased variance everywhere; dialects differ only in the running statistics that are kept for inference.
"""

from __future__ import annotations

from math import prod, sqrt

from .choices import Dialect, choices
from .domains import number
from .library import Array, Library, axes_of, not_empty, operands, same_shape, shape_of, silent


@silent()
def batch_normalization(x: Array, gamma: Array, beta: Array, *, epsilon: float = 1e-5, axis: int = -1) -> Array:
    """Return γ(x − mean)/√(variance + ε) + β with the statistics of x, of x's shape.

    `gamma` and `beta` have one entry for each channel. `epsilon`, at least 0, has the unit of x². One value alone in
    its channel gives β. Raises ValueError for other shapes and an empty batch. Source: Ioffe & Szegedy 2015,
    algorithm 1.
    """
    library, (x, gamma, beta), narrow = operands(x=x, gamma=gamma, beta=beta)
    epsilon = number("epsilon", epsilon)
    over, channels = _layout(x, axis, gamma=gamma, beta=beta)
    normalised, _ = _normalised(library, x, over, epsilon)
    normalised *= _placed(library, gamma, channels)
    normalised += _placed(library, beta, channels)
    return narrow(normalised)


@silent()
def batch_normalization_gradient(
    x: Array, gamma: Array, beta: Array, upstream: Array, *, epsilon: float = 1e-5, axis: int = -1
) -> tuple[Array, Array, Array]:
    """Return the gradients with respect to x, γ and β, of their shapes; upstream has x's shape."""
    library, (x, gamma, beta, upstream), narrow = operands(x=x, gamma=gamma, beta=beta, upstream=upstream)
    epsilon = number("epsilon", epsilon)
    over, channels = _layout(x, axis, gamma=gamma, beta=beta)
    same_shape(x=x, upstream=upstream)
    arrays, count = library.arrays, _count(x, over)
    normalised, deviation = _normalised(library, x, over, epsilon)
    slope, unit = _in_units(library, upstream, over)
    d_beta = arrays.sum(slope, axis=over, keepdims=True)
    d_gamma = arrays.sum(slope * normalised, axis=over, keepdims=True)
    slope -= d_beta / count
    normalised *= d_gamma / count
    slope -= normalised
    slope *= _placed(library, gamma, channels) / deviation * unit
    d_gamma, d_beta = (arrays.reshape(total * unit, shape_of(gamma)) for total in (d_gamma, d_beta))
    return narrow(slope), narrow(d_gamma), narrow(d_beta)


@silent()
def batch_normalization_update(
    x: Array, mean: Array, variance: Array, *, momentum: float, axis: int = -1, dialect: Dialect = None
) -> tuple[Array, Array]:
    """Return the running mean and variance after one more batch; they have one entry for each channel.

    `momentum` in [0, 1] is the weight of the new or of the old statistics, as the dialect says. Raises ValueError for
    one value for each channel where the dialect keeps the unbiased variance, which divides by none. Source: Ioffe &
    Szegedy 2015, algorithm 2.
    """
    library, (x, mean, variance), narrow = operands(x=x, mean=mean, variance=variance)
    chosen = choices("batch_normalization", library, dialect)
    momentum = number("momentum", momentum, 0.0, 1.0, ends="[]")
    over, _ = _layout(x, axis, mean=mean, variance=variance)
    count, unbiased = _count(x, over), chosen["running_variance"] == "unbiased"
    if unbiased and count == 1:
        raise ValueError(
            f"x=array of shape {shape_of(x)}: the unbiased variance needs two values for each channel; "
            "pass more, or choose running_variance biased"
        )
    centred, unit, batch_mean = _centred(library, x, over)
    spread = library.arrays.sum(centred * centred, axis=over, keepdims=True) / (count - 1 if unbiased else count)
    new = momentum if chosen["momentum_weight"] == "new" else 1 - momentum

    def blended(old: Array, batch: Array) -> Array:
        return narrow((1 - new) * old + new * library.arrays.reshape(batch, shape_of(old)))

    return blended(mean, batch_mean * unit), blended(variance, spread * unit * unit)


@silent()
def batch_normalization_inference(
    x: Array,
    gamma: Array,
    beta: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 1e-5,
    axis: int = -1,
) -> Array:
    """Return γ(x − mean)/√(variance + ε) + β with given statistics, of x's shape.

    All but x have one entry for each channel. A negative variance below −ε gives NaN. Source: Ioffe & Szegedy 2015,
    algorithm 2.
    """
    library, (x, gamma, beta, mean, variance), narrow = operands(
        x=x, gamma=gamma, beta=beta, mean=mean, variance=variance
    )
    epsilon = number("epsilon", epsilon)
    _, channels = _layout(x, axis, gamma=gamma, beta=beta, mean=mean, variance=variance)
    scale, shift, middle, spread = (_placed(library, a, channels) for a in (gamma, beta, mean, variance))
    y = x - middle
    y *= scale / library.arrays.sqrt(spread + epsilon)
    y += shift
    return narrow(y)


def _layout(x: Array, axis: int, **vectors: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes that statistics are taken over and the shape of one number for each channel; or raise."""
    (channel,) = axes_of("axis", axis, x)
    if len(x.shape) < 2:
        raise ValueError(f"x=array of shape {shape_of(x)}: must have examples and channels; reshape it")
    not_empty("x", x)
    for name, vector in vectors.items():
        if shape_of(vector) != (x.shape[channel],):
            raise ValueError(
                f"{name}=array of shape {shape_of(vector)}: must have one entry for each channel, "
                f"shape {(x.shape[channel],)}; reshape it, or name the axis of channels"
            )
    over = tuple(one for one in range(len(x.shape)) if one != channel)
    return over, tuple(size if one == channel else 1 for one, size in enumerate(x.shape))


def _placed(library: Library, vector: Array, channels: tuple[int, ...]) -> Array:
    """Return the numbers of the channels so that they meet x's axis of channels."""
    return library.arrays.reshape(vector, channels)


def _count(x: Array, over: tuple[int, ...]) -> int:
    return prod(x.shape[one] for one in over)


def _in_units(library: Library, x: Array, over: tuple[int, ...]) -> tuple[Array, Array]:
    """Return x in units of a power of two for each channel, below 2 in size, and the units: squares stay in range."""
    arrays = library.arrays
    size = arrays.maximum(arrays.amax(x, axis=over, keepdims=True), -arrays.amin(x, axis=over, keepdims=True))
    ordinary = (size > 0) & arrays.isfinite(size)
    unit = arrays.where(ordinary, size / (2 * arrays.frexp(size)[0]), 1.0)  # exact, as every division by it is
    return x / unit, unit


def _centred(library: Library, x: Array, over: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Return x less its mean, the units of both, and the mean.

    Centred a second time, because the first mean has the rounding of a sum of large numbers, which is large beside
    small deviations.
    """
    centred, unit = _in_units(library, x, over)
    mean = library.arrays.mean(centred, axis=over, keepdims=True)
    centred -= mean
    rest = library.arrays.mean(centred, axis=over, keepdims=True)
    centred -= rest
    return centred, unit, mean + rest


def _normalised(library: Library, x: Array, over: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """Return (x − mean)/√(variance + ε), and that root."""
    arrays = library.arrays
    centred, unit, _ = _centred(library, x, over)
    spread = arrays.sqrt(arrays.mean(centred * centred, axis=over, keepdims=True))
    deviation = arrays.hypot(spread * unit, library.full(shape_of(spread), sqrt(epsilon), spread))
    # Equal values are 0 here; of others no deviation is as small as the bound, which keeps 0/0 away.
    centred /= arrays.clip(deviation / unit, 2.0**-126, None)
    return centred, deviation
