"""Counts against probabilities, and samples against distributions: tests with a proved rate of false alarms.

A count of independent draws is binomial, and Chernoff's bound says how rarely it strays: the probability of a share at
least as far off as q, on one side of p, is at most exp(-n D(q, p)), D the divergence of the two. Bounds of many counts are
added up, so that a set of m tests at `threshold(m)` rejects what is right with a probability below `FALSE_ALARM`, however
the counts depend on each other. The same bound tells how often something wrong slips through: `miss`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, inf, isinf, log, log1p, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradspec.reference.arithmetic import FORMATS
from gradspec.reference.distribution import Distribution

FALSE_ALARM = 1e-9  # of everything that is decided by chance about one rule in one dtype
ROUNDINGS = 8  # of a drawn number: gain, fan, quotient, root, constant, quotient, a function, product
K = 2  # as everywhere: another way of writing the same formula
TAILS = tuple(2.0**-k for k in (6, 8, 10, 12, 14, 16))
SHARES = tuple(sorted({*(k / 32 for k in range(1, 32)), *TAILS, *(1 - p for p in TAILS)}))

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Cell:
    """Numbers in (low, high] and what share of the draws may fall there: rounding moves the ends a little."""

    low: float
    high: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"numbers in ({self.low:.6g}, {self.high:.6g}]"


@dataclass(frozen=True, slots=True)
class Finding:
    """A count that was seen, of `total` draws, and the share that was expected. `surprise` is n D: see above."""

    what: str
    count: int
    total: int
    least: float
    most: float
    low: float = -inf
    high: float = inf

    @property
    def surprise(self) -> float:
        return surprise(self.count, self.total, self.least, self.most)


def divergence(q: float, p: float) -> float:
    """Return the divergence of a share q from a probability p, in nats: q log(q/p) + (1 − q) log((1 − q)/(1 − p))."""

    def part(a: float, b: float) -> float:
        if a == 0:
            return 0.0
        return a * log1p((a - b) / b) if b > 0 else inf

    return part(q, p) + part(1 - q, 1 - p)


def surprise(count: int, total: int, least: float, most: float) -> float:
    """Return total · D of the share that was counted from the nearest probability that is allowed."""
    share = count / total
    nearest = min(max(share, least), most)
    return total * divergence(share, nearest) if nearest != share else 0.0


def threshold(tests: int, false_alarm: float = FALSE_ALARM) -> float:
    """Return the surprise beyond which a count is rejected, if `tests` counts are looked at from both sides."""
    return log(2 * tests / false_alarm)


def accepted_counts(total: int, least: float, most: float, beyond: float) -> tuple[int, int]:
    """Return the smallest and the largest count that is not rejected."""
    low, high = 0, int(least * total)  # the first is rejected unless it is the answer
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if surprise(middle, total, least, most) > beyond else (low, middle)
    smallest = low
    low, high = min(int(most * total) + 1, total), total
    if surprise(low, total, least, most) > beyond:
        return smallest, low - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if surprise(middle, total, least, most) > beyond else (middle, high)
    return smallest, low


def miss(total: int, actual: float, least: float, most: float, beyond: float) -> float:
    """Return a bound on the probability that a count of draws, each there with probability `actual`, is not rejected."""
    smallest, largest = accepted_counts(total, least, most, beyond)
    if actual * total > largest:
        return exp(-total * divergence(largest / total, actual))
    if actual * total < smallest:
        return exp(-total * divergence(smallest / total, actual))
    return 1.0


# -- a distribution in cells ----------------------------------------------------------------------------------


def cells(distribution: Distribution, dtype: str) -> tuple[Cell, ...]:
    """Cells between the quantiles of a distribution, everything up to each of them, and what lies outside of the support.

    Nothing may lie outside, beyond the rounding of the support's ends. A drawn number is taken to be some rounding errors,
    and one step of the coarsest generators in use, away from the real number that it stands for.
    """
    unit = 2.0 ** -FORMATS[dtype].precision
    grain, reach = 4 * unit, K * ROUNDINGS * unit
    places = [distribution.quantile(share) for share in SHARES]
    least, most = [], []
    for place in places:
        least.append(max(float(distribution.below(place - reach * abs(place))) - grain, 0.0))
        most.append(min(float(distribution.below(place + reach * abs(place))) + grain, 1.0))
    ends = [-inf, *places, inf]
    lower, upper = [0.0, *least, 1.0], [0.0, *most, 1.0]
    found = [
        Cell(ends[k], ends[k + 1], max(lower[k + 1] - upper[k], 0.0), upper[k + 1] - lower[k])
        for k in range(len(ends) - 1)
    ]
    found += [Cell(-inf, place, least[k], most[k]) for k, place in enumerate(places)]
    bottom, top = (float(end) for end in distribution.support)
    if not isinf(top):
        found.append(Cell(top + reach * abs(top), inf, 0.0, 0.0))
    if not isinf(bottom):
        found.append(Cell(-inf, nextafter(bottom - reach * abs(bottom), -inf), 0.0, 0.0))
    return tuple(found)


def share_of(distribution: Distribution, cell: Cell) -> float:
    """Return the probability of a cell under a distribution."""
    return float(distribution.below(cell.high) - distribution.below(cell.low))


def sample_against(ordered: FloatArray, within: Sequence[Cell]) -> Iterator[Finding]:
    """Compare sorted numbers with the cells of a distribution."""
    highs = np.searchsorted(ordered, [cell.high for cell in within], side="right")
    lows = np.searchsorted(ordered, [cell.low for cell in within], side="right")
    for cell, low, high in zip(within, lows, highs, strict=True):
        yield Finding(str(cell), int(high - low), ordered.size, cell.least, cell.most, cell.low, cell.high)


def order_against(array: FloatArray, distribution: Distribution, dtype: str) -> Iterator[Finding]:
    """Compare neighbours, and the halves of an array along every axis: quarters of the distribution, in any order.

    Draws that are independent fall into the quarters alike wherever they stand, and whatever the one before them was.
    """
    unit = 2.0 ** -FORMATS[dtype].precision
    slack = 2 * (4 * unit + 2 * K * ROUNDINGS * unit)  # of a share of a quarter: as for cells; x f(x) stays below 1
    quarters = np.searchsorted([distribution.quantile(share) for share in (0.25, 0.5, 0.75)], array.astype(np.float64))
    flat = quarters.reshape(-1)
    pairs = flat[: flat.size // 2 * 2].reshape(-1, 2)
    counts = np.bincount(4 * pairs[:, 0] + pairs[:, 1], minlength=16)
    for k, count in enumerate(counts):
        what = f"neighbours in quarters {k // 4 + 1} and {k % 4 + 1}"
        yield Finding(what, int(count), len(pairs), 1 / 16 - slack, 1 / 16 + slack)
    for axis, size in enumerate(array.shape):
        first = np.take(quarters, np.arange((size + 1) // 2), axis=axis).reshape(-1)
        second = np.take(quarters, np.arange((size + 1) // 2, size), axis=axis).reshape(-1)
        for half, values in (("first", first), ("second", second)):
            for k, count in enumerate(np.bincount(values, minlength=4) if values.size else ()):
                what = f"the {half} half along axis {axis} in quarter {k + 1}"
                yield Finding(what, int(count), values.size, 0.25 - slack, 0.25 + slack)


def repeated_block(array: FloatArray, length: int = 4) -> tuple[int, int] | None:
    """Return the places, in row-major order, of two equal runs of numbers; None if there are none.

    Of a large array one start in many is looked at, those that lie a whole number of rows of 64 apart. That independent
    draws repeat four of 2^22 values in a row has a probability below 2^-55 for 2^17 starts.
    """
    flat = array.reshape(-1)
    stride = 1 if flat.size <= 2**16 else 64
    windows = np.lib.stride_tricks.sliding_window_view(flat, min(length, flat.size))[::stride][: 2**17]
    rows = np.ascontiguousarray(windows).view(np.dtype((np.void, windows.shape[1] * flat.itemsize))).reshape(-1)
    _, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[inverse] != np.arange(rows.size))
    return (int(first[inverse[again[0]]]) * stride, int(again[0]) * stride) if again.size else None
