"""Declared arithmetic: in which precision operations are done and results are stored, and what becomes of subnormals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gradspec.spec.lookup import look_up


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: significand bits (the hidden one included) and exponent range."""

    name: str
    precision: int
    smallest_exponent: int  # of the smallest normal number
    largest_exponent: int

    @property
    def unit(self) -> Fraction:
        """Half a unit in the last place of 1: the relative error of one rounding to nearest."""
        return Fraction(1, 2**self.precision)

    @property
    def smallest_normal(self) -> Fraction:
        return Fraction(1, 2**-self.smallest_exponent)

    @property
    def smallest_subnormal(self) -> Fraction:
        return self.smallest_normal * 2 * self.unit

    @property
    def largest(self) -> Fraction:
        return (2 - 2 * self.unit) * Fraction(2) ** self.largest_exponent

    def round(self, value: Fraction) -> Fraction | None:
        """Return `value` rounded to nearest, ties to even; None where that overflows."""
        if value == 0:
            return value
        size = abs(value)
        exponent = size.numerator.bit_length() - size.denominator.bit_length()
        exponent -= size < Fraction(2) ** exponent
        step = Fraction(2) ** (max(exponent, self.smallest_exponent) - self.precision + 1)
        rounded = round(value / step) * step
        return rounded if abs(rounded) <= self.largest else None


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
