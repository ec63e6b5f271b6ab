"""Numbers beside arrays, and the intervals that they come from."""

from __future__ import annotations

from math import inf
from numbers import Real

from ..checks import _shown


def number(name: str, value: object, least: float = 0.0, most: float = inf, *, ends: str = "[)") -> float:
    """Return the value as a Python float, or raise TypeError or ValueError unless it lies in the interval.

    `ends` says of either bound whether it belongs to the interval, `[` and `]`, or not, `(` and `)`.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}={_shown(value)}: must be a real number; pass a Python float")
    try:
        given = float(value)
    except OverflowError:
        given = inf
    above = least <= given if ends[0] == "[" else least < given
    below = given <= most if ends[1] == "]" else given < most
    if not (above and below):
        interval = f"{ends[0]}{least:g}, {most:g}{ends[1]}"
        raise ValueError(f"{name}={_shown(value)}: must lie in {interval}; pass a number from that interval")
    return given
