"""Initial weights: the fans of a kernel, the scale that they give, and a draw. One body for NumPy and torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erf, exp, pi, prod, sqrt
from operator import index
from typing import Any, Protocol

from .checks import checked_number
from .dialects import _listed, _nearest

LAYOUTS = ("in_out", "out_in")

_FAN_OUT: dict[str, tuple[str, ...]] = {"fan_out": ("with_receptive_field", "without")}
_GAIN: dict[str, tuple[str, ...]] = {"gain": ("two", "one")}
_TRUNCATION: dict[str, tuple[str, ...]] = {"truncation": ("none", "corrected", "raw")}

#: Rule -> axis -> its values. The first value holds where a dialect says nothing about the axis.
AXES: dict[str, dict[str, tuple[str, ...]]] = {
    "glorot_normal": {**_FAN_OUT, **_TRUNCATION},
    "glorot_uniform": _FAN_OUT,
    "he_normal": {**_GAIN, **_TRUNCATION},
    "he_uniform": _GAIN,
    "lecun_normal": _TRUNCATION,
    "lecun_uniform": {},
}


def _six(truncation: str) -> dict[str, dict[str, str]]:
    """The choices of a vendor that differs from others in the truncation alone."""
    firsts = {rule: {axis: values[0] for axis, values in axes.items()} for rule, axes in AXES.items()}
    return {
        rule: {axis: truncation if axis == "truncation" else v for axis, v in row.items()}
        for rule, row in firsts.items()
    }


#: Vendor -> rule -> axis -> value. An absent rule is not provided by the vendor.
VENDORS: dict[str, dict[str, dict[str, str]]] = {
    "torch": _six("none"),
    "keras": _six("corrected"),
    "jax": _six("corrected"),
    "flax": _six("corrected"),
    "tfjs": _six("raw"),
    "sklearn": {"glorot_uniform": {}},  # of dense layers, which have no receptive field
    "tinygrad": {
        "glorot_uniform": {"fan_out": "without"},
        "he_normal": {"gain": "two", "truncation": "none"},
        "he_uniform": {"gain": "two"},
    },
    "paper": {
        "glorot_uniform": {},  # Glorot and Bengio 2010, equation 16
        "he_normal": {"gain": "two", "truncation": "none"},  # He et al. 2015, equation 10
    },
    "deck": {"glorot_normal": {}, "he_normal": {"gain": "two"}},  # what is cut off is not said
}


class Draws(Protocol):
    """Independent numbers of one library, dtype and generator, in new arrays."""

    def normal(self, shape: tuple[int, ...]) -> Any:
        """Return draws from the standard normal distribution."""

    def truncated(self, shape: tuple[int, ...]) -> Any:
        """Return draws from the standard normal distribution given that they lie in [-2, 2]."""

    def uniform(self, shape: tuple[int, ...]) -> Any:
        """Return draws from the uniform distribution on [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn, and what it is multiplied by."""

    shape: tuple[int, ...]
    kind: str  # the method of `Draws`
    scale: float

    def draw(self, draws: Draws) -> Any:
        values = getattr(draws, self.kind)(self.shape)
        values *= self.scale
        return values


def plan(
    rule: str, shape: Sequence[int], layout: str, dialect: str | Mapping[str, str], negative_slope: float = 0.0
) -> Plan:
    """Check everything and say what is to be drawn; raise TypeError or ValueError."""
    chosen = resolve(rule, dialect)
    sizes = _checked_shape(shape)
    slope = checked_number("negative_slope", negative_slope)
    fan_in, fan_out = fans(sizes, layout, with_receptive_field=chosen.get("fan_out") != "without")
    family, _, distribution = rule.partition("_")
    if family == "glorot":
        variance = 2 / (fan_in + fan_out)
    elif family == "he" and chosen["gain"] == "two":
        variance = 2 / ((1 + slope * slope) * fan_in)
    else:
        variance = 1 / fan_in
    if distribution == "uniform":
        return Plan(sizes, "uniform", sqrt(3 * variance))
    if chosen["truncation"] == "none":
        return Plan(sizes, "normal", sqrt(variance))
    return Plan(sizes, "truncated", sqrt(variance / (_CUT_VARIANCE if chosen["truncation"] == "corrected" else 1)))


#: Variance of a standard normal that is cut at two: 1 − 2·2φ(2)/(2Φ(2) − 1).
_CUT_VARIANCE = 1 - 4 * exp(-2) / (sqrt(2 * pi) * erf(sqrt(2)))


def fans(shape: Sequence[int], layout: str, *, with_receptive_field: bool = True) -> tuple[int, int]:
    """Return fan_in and fan_out of a kernel: (.., in, out) in the layout in_out, (out, in, ..) in out_in."""
    if layout == "in_out":
        *kernel, inputs, outputs = shape
    elif layout == "out_in":
        outputs, inputs, *kernel = shape
    else:
        raise ValueError(f"layout={layout!r}: no such layout; {_nearest(layout, LAYOUTS)}")
    field = prod(kernel)
    return field * inputs, (field if with_receptive_field else 1) * outputs


def resolve(rule: str, dialect: str | Mapping[str, str]) -> dict[str, str]:
    """Return the value of every axis of the rule; `dialect` is a vendor's name or a mapping from axis to value."""
    axes = AXES[rule]
    if isinstance(dialect, str):
        offering = [name for name, rows in VENDORS.items() if rule in rows]
        if dialect not in VENDORS:
            raise ValueError(f"dialect={dialect!r}: no such vendor; {_nearest(dialect, offering)}")
        if dialect not in offering:
            raise ValueError(f"dialect={dialect!r}: has no {rule}; choose {_listed(offering)}")
        return {axis: VENDORS[dialect][rule].get(axis, values[0]) for axis, values in axes.items()}
    if not isinstance(dialect, Mapping):
        kind = type(dialect).__name__
        raise TypeError(f"dialect={kind}: must name a vendor or map axes to values; pass one of {_listed(VENDORS)}")
    for axis, value in dialect.items():
        if axis not in axes:
            raise ValueError(f"dialect axis={axis!r}: {rule} has no such axis; {_nearest(axis, axes)}")
        if value not in axes[axis]:
            raise ValueError(f"{axis}={value!r}: no such value for {rule}; {_nearest(value, axes[axis])}")
    return {axis: dialect.get(axis, values[0]) for axis, values in axes.items()}


def _checked_shape(shape: Sequence[int]) -> tuple[int, ...]:
    rule = "must be a sequence of at least two whole numbers, all at least 1"
    remedy = "pass inputs and outputs, and the sides of a convolution's kernel"
    try:
        sizes = tuple(index(size) for size in shape)
    except TypeError:
        raise TypeError(f"shape={shape!r:.60}: {rule}; {remedy}") from None
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"shape={sizes}: {rule}; {remedy}")
    return sizes
