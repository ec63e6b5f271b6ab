"""Numbers as decimals, and bounds rounded outward to a format: what is stored is never narrower than what was computed."""

from __future__ import annotations

import struct
from math import ldexp

from flint import arb

from gradspec.reference.arithmetic import Format

FEW, MANY = 9, 17  # digits that tell all numbers of float32, and of float64, apart


def decimal(value: float, dtype: str) -> str:
    """Return the shortest decimal that reads back to `value` in `dtype`, which holds it; whole numbers of int64 as such."""
    if dtype == "int64":
        return str(int(value))
    if dtype == "float64" or value - value != 0:
        return repr(value)
    short = (float(f"{value:.{count}g}") for count in range(1, FEW + 1))
    return repr(next(x for x in short if _rounded(x) == value))


def _rounded(value: float) -> float:
    """The nearest number of float32."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf")


def digits(value: arb) -> str | None:
    """Return the centre of a ball in 17 significant digits, which tell where it lies among doubles; None for no number."""
    if not value.is_finite():
        return None
    mantissa, mark, exponent = value.mid().str(MANY, radius=False).partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + mark + exponent


def below(bound: arb, format: Format) -> float:
    """Return the largest number of the format that is not above `bound`, which is exact and no larger than the largest."""
    mantissa, exponent = bound.man_exp()
    return _down(int(mantissa), int(exponent), format)


def above(bound: arb, format: Format) -> float:
    """Return the smallest number of the format that is not below `bound`."""
    mantissa, exponent = bound.man_exp()
    return -_down(-int(mantissa), int(exponent), format)


def _down(mantissa: int, exponent: int, format: Format) -> float:
    """Round `mantissa · 2^exponent` towards minus infinity."""
    last = max(abs(mantissa).bit_length() - 1 + exponent, format.smallest_exponent) - format.precision + 1
    drop = last - exponent
    return ldexp(mantissa >> drop, last) if mantissa and drop > 0 else ldexp(mantissa, exponent)
