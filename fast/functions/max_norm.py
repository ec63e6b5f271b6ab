"""The constraint on the norm of every unit's incoming weights."""

from __future__ import annotations

from .choices import Dialect, choices
from .domains import number
from .library import Array, axes_of, dtype_of, floating, not_empty, silent
from .norms import norm


@silent()
def max_norm(
    w: Array, *, maximum: float, epsilon: float = 1e-7, axis: int | tuple[int, ...] = 0, dialect: Dialect = None
) -> Array:
    """Return w with the weights of every unit shortened to the norm `maximum` where they are longer, of w's shape.

    `axis` is that of a unit's incoming weights: 0 for (inputs, units), several for a convolution. `epsilon`, in the
    unit of a norm, joins the divisor of what is shortened or, under `epsilon_use` always, of all; weights that are all
    0 stay so. `maximum` and `epsilon` are at least 0. Raises TypeError or ValueError for others. Source: Srebro, Rennie
    & Jaakkola 2005; Srivastava et al. 2014.
    """
    library, (w,) = floating(w=w)
    along = axes_of("axis", axis, w, several=True)
    not_empty("w", w)
    use = choices("max_norm", library, dialect)["epsilon_use"]
    longest, guard = number("maximum", maximum), number("epsilon", epsilon) if use != "none" else 0.0
    length, unit = norm(library, [w], along)
    arrays, most = library.arrays, longest / unit
    divisor = length + guard / unit
    if use == "always":
        kept = arrays.where(length > most, most, length)
        factor = arrays.where(length == 0, 0.0, kept / divisor)
    else:
        factor = arrays.where(length > most, most / divisor, 1.0)
    factor = arrays.where(length == length, factor, length)  # NaN is carried
    x = library.wide(w)
    return library.narrow(x * library.cast(factor, dtype_of(x)), w)
