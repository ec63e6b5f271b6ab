"""Clipping of gradients: of every entry, by the norm of one array, by the norm of all together."""

from __future__ import annotations

from collections.abc import Sequence

from .choices import Dialect, choices
from .domains import number
from .library import Array, Library, dtype_of, floating, silent
from .norms import norm


@silent()
def clip_by_value(g: Array, *, clip_value: float) -> Array:
    """Return every entry brought into [−clip_value, clip_value], of g's shape; NaN stays NaN.

    `clip_value` is at least 0. Raises TypeError or ValueError for others. Source: Mikolov 2012.
    """
    library, (g,) = floating(g=g)
    bound = number("clip_value", clip_value)
    x = library.wide(g)
    return library.narrow(library.arrays.clip(x, -bound, bound), g)


@silent()
def clip_by_norm(g: Array, *, clip_norm: float, epsilon: float = 0.0, dialect: Dialect = None) -> Array:
    """Return g shortened to the norm `clip_norm` where it is longer, of g's shape.

    Under `epsilon_use` always it is multiplied by min(1, clip_norm/(norm + epsilon)); `epsilon` has the unit of a
    norm. Both are at least 0. `nonfinite` raise reads the norm back from the device, and raises ValueError where it is
    infinite or NaN. Raises TypeError or ValueError for other arguments. Source: Pascanu, Mikolov & Bengio 2013.
    """
    return _clipped("clip_by_norm", {"g": g}, clip_norm, epsilon, dialect)[0]


@silent()
def clip_by_global_norm(
    gradients: Sequence[Array], *, clip_norm: float, epsilon: float = 1e-6, dialect: Dialect = None
) -> list[Array]:
    """Return the arrays shortened by one factor, so that the norm of all together is at most `clip_norm`.

    The arrays, at least one, share dtype and device. All else is as with `clip_by_norm`.
    """
    if not isinstance(gradients, (list, tuple)):
        raise TypeError(f"gradients={type(gradients).__name__}: must be a list of arrays; pass one, even of one array")
    if not gradients:
        raise ValueError("gradients=[]: must hold at least one array; pass the gradients of all parameters")
    named = {f"gradients[{k}]": gradient for k, gradient in enumerate(gradients)}
    return _clipped("clip_by_global_norm", named, clip_norm, epsilon, dialect)


def _clipped(rule: str, named: dict[str, Array], clip_norm: float, epsilon: float, dialect: Dialect) -> list[Array]:
    library, gradients = floating(**named)
    axes = choices(rule, library, dialect)
    longest, guard = number("clip_norm", clip_norm), number("epsilon", epsilon)
    length, factor = shrinking(library, gradients, longest, guard if axes["epsilon_use"] == "always" else 0.0)
    if axes["nonfinite"] == "raise" and not bool(library.arrays.isfinite(length)):
        raise ValueError(f"{rule}: the norm is infinite or NaN; look for the cause, or choose another `nonfinite`")
    if axes["nonfinite"] == "all_nan":
        factor = library.arrays.where(library.arrays.isfinite(length), factor, float("nan"))
    return [_scaled(library, gradient, factor) for gradient in gradients]


def shrinking(library: Library, gradients: Sequence[Array], longest: float, guard: float = 0.0) -> tuple[Array, Array]:
    """Return the norm of all together, in a unit of its own, and the factor min(1, longest/(norm + guard)), in float64.

    The factor is 1 for 0/0 and NaN for a NaN norm.
    """
    length, unit = norm(library, gradients)
    length = length.reshape(())
    unit = unit if isinstance(unit, float) else unit.reshape(())
    total, most = length + guard / unit, longest / unit
    return length, library.arrays.where(total <= most, 1.0, most / total)


def _scaled(library: Library, gradient: Array, factor: Array) -> Array:
    x = library.wide(gradient)
    return library.narrow(x * library.cast(factor, dtype_of(x)), gradient)
