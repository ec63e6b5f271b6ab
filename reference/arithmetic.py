"""Declared arithmetic: in which precision operations are done and results are stored, and what becomes of subnormals."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, ldexp

from gradspec.spec.lookup import look_up


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: significand bits (the hidden one included) and exponent range."""

    name: str
    precision: int
    smallest_exponent: int  # of the smallest normal number
    largest_exponent: int
    unit: Fraction = field(init=False, compare=False, repr=False)  # the relative error of one rounding to nearest
    smallest_normal: Fraction = field(init=False, compare=False, repr=False)
    smallest_subnormal: Fraction = field(init=False, compare=False, repr=False)
    largest: Fraction = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        unit, smallest = Fraction(1, 2**self.precision), Fraction(1, 2**-self.smallest_exponent)
        object.__setattr__(self, "unit", unit)
        object.__setattr__(self, "smallest_normal", smallest)
        object.__setattr__(self, "smallest_subnormal", smallest * 2 * unit)
        object.__setattr__(self, "largest", (2 - 2 * unit) * Fraction(2) ** self.largest_exponent)

    def round(self, value: Fraction) -> Fraction | None:
        """Return `value` rounded to nearest, ties to even; None where that overflows."""
        above, below = abs(value.numerator), value.denominator
        exponent = above.bit_length() - below.bit_length()
        exponent -= above << max(-exponent, 0) < below << max(exponent, 0)
        last = max(exponent, self.smallest_exponent) - self.precision + 1
        if below.bit_count() == 1 and below.bit_length() <= 1 - last:
            kept, last = above, 1 - below.bit_length()  # it has so few bits that nothing is rounded
        else:
            kept, rest = divmod(above << max(-last, 0), below << max(last, 0))
            twice = 2 * rest - (below << max(last, 0))
            kept += twice > 0 or (twice == 0 and kept % 2)
        if kept.bit_length() + last > self.largest_exponent + 1:
            return None
        kept = kept if value > 0 else -kept
        return Fraction(kept << last) if last >= 0 else Fraction(kept, 1 << -last)

    def nearest(self, mantissa: int, exponent: int) -> float:
        """Return `mantissa · 2^exponent` rounded to nearest, ties to even; infinite where that overflows."""
        if mantissa == 0:
            return 0.0
        kept = abs(mantissa)
        last = max(kept.bit_length() - 1 + exponent, self.smallest_exponent) - self.precision + 1
        drop = last - exponent
        if drop <= 0:
            last = exponent
        elif drop > kept.bit_length() + 1:
            kept = 0
        else:
            kept, rest = kept >> drop, kept & ((1 << drop) - 1)
            twice = 2 * rest - (1 << drop)
            kept += twice > 0 or (twice == 0 and kept % 2)
        size = ldexp(kept, last) if kept.bit_length() + last <= self.largest_exponent + 1 else inf
        return -size if mantissa < 0 and kept else size


FORMATS = {
    "float64": Format("float64", 53, -1022, 1023),
    "float32": Format("float32", 24, -126, 127),
    "bfloat16": Format("bfloat16", 8, -126, 127),
    "float16": Format("float16", 11, -14, 15),
}


def number_format(name: str) -> Format:
    """Return the format called `name`, or raise `LookupError` naming the nearest one."""
    return look_up("dtype", name, FORMATS)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operations in `operations`, results kept between calls in `storage`; `flush` says that subnormals become zero.

    `hyperparameters` is the format in which hyperparameters are held.
    """

    operations: Format
    storage: Format
    hyperparameters: Format
    flush: bool = False

    @property
    def underflow(self) -> Fraction:
        """The largest absolute error that underflow can add to one operation."""
        return self.operations.smallest_normal if self.flush else self.operations.smallest_subnormal / 2


def arithmetic(dtype: str, *, operations: str | None = None, flush: bool = False) -> Arithmetic:
    """Return the arithmetic of arrays of `dtype`; `operations` names a wider format in which they are computed."""
    storage = number_format(dtype)
    return Arithmetic(number_format(operations or dtype), storage, storage, flush)
