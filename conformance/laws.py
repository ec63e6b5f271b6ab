"""Whether random numbers that a layer has drawn follow the law of a dialect, and how surely another law would be found.

The tests are those of `significance`, so a right layer is rejected with probability `FALSE_ALARM` at most, all tests of one
result together. Draws are also compared with their neighbours, with those of the next call and with those of another seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sympy import FiniteSet, Rational, Symbol

from gradspec.reference.distribution import Distribution
from gradspec.spec import Program

from .case import Outcome, SampleCase
from .significance import Cell, FloatArray, cells, miss, sample_against, share_of, surprise, threshold

TESTS = 1024  # at most so many are made for one result
BEYOND = threshold(TESTS)
GRID = 2.0**-18  # how far rounding may move the probability of half of the numbers


@dataclass(frozen=True, slots=True)
class Law:
    """The law of one random number: the probability of 1 (otherwise it is 0), or a density with its cells in a dtype."""

    share: float | None = None
    distribution: Distribution | None = None
    cells: tuple[Cell, ...] = ()

    @property
    def mean(self) -> float:
        return float(self.distribution.moment(1)) if self.distribution is not None else self.share or 0.0

    def high(self, drawn: FloatArray) -> NDArray[np.bool_]:
        """Tell which numbers are 1, or in the upper half of the distribution."""
        return drawn > (0.5 if self.distribution is None else float(self.distribution.quantile(0.5)))


@lru_cache(maxsize=256)
def _law(program: Program, drawn: Symbol, numbers: tuple[tuple[str, float], ...], dtype: str) -> Law:
    (array,) = (a for a in program.arrays if a.symbol == drawn)
    if isinstance(array.domain, FiniteSet):
        values = {program.symbols[keyword]: Rational(*value.as_integer_ratio()) for keyword, value in numbers}
        return Law(share=float(program.formula(program.parameter).subs({**values, drawn: 1})))
    found = Distribution(program, drawn, {program.symbols[keyword]: value for keyword, value in numbers})
    return Law(distribution=found, cells=cells(found, dtype))


def law(program: Program, case: SampleCase) -> Law:
    """The law that `program`, with its option `law` switched on, states for the hyperparameters of `case`."""
    return _law(program, program.arrays[-1].symbol, tuple(case.hyperparameters.items()), case.dtype)


def deviations(program: Program, case: SampleCase, outcome: Outcome) -> list[str]:
    """What is found wrong with the numbers that were drawn, as sentences; nothing where they may follow the law."""
    return list(_deviations(law(program, case), case, outcome))


def _deviations(expected: Law, case: SampleCase, outcome: Outcome) -> Iterator[str]:
    calls = [np.array(row).reshape(case.inputs.shape) for row in outcome.parameters]
    if not all(np.isfinite(call).all() for call in calls):
        yield "a number that is not finite was drawn"
        return
    for name, call in zip(("the first call", "the second call"), calls, strict=False):
        if expected.share is not None:
            yield from _off(f"kept in {name}", int(call.sum()), call.size, expected.share, expected.share)
        else:
            for found in sample_against(np.sort(call, axis=None), expected.cells):
                yield from _off(f"{found.what} in {name}", found.count, found.total, found.least, found.most)
    # Places that are independent agree as often as chance has it.
    share, slack = (expected.share, 0.0) if expected.share is not None else (0.5, GRID)
    chance = share**2 + (1 - share) ** 2
    first, second, other = (expected.high(call) for call in calls)
    for words, one, two in (
        ("neighbouring rows", first[0::2], first[1::2]),
        ("neighbouring columns", first[:, 0::2], first[:, 1::2]),
        ("two calls", first, second),
        ("two seeds", first, other),
    ):
        yield from _off(f"alike in {words}", int((one == two).sum()), one.size, chance - slack, chance + slack)


def _off(words: str, count: int, total: int, least: float, most: float) -> Iterator[str]:
    """A sentence if `count` of `total` independent events is too far from their probability."""
    if surprise(count, total, least, most) > BEYOND:
        yield f"{count} of {total} {words}, where {(least + most) / 2 * total:.6g} are expected"


def power(right: Law, wrong: Law, size: int) -> float:
    """A lower bound on the probability that a sample of the law `wrong` is not taken for one of the law `right`."""
    if right.distribution is None or wrong.distribution is None:
        assert right.share is not None
        assert wrong.share is not None
        return 1 - miss(size, wrong.share, right.share, right.share, BEYOND)
    shares = [share_of(wrong.distribution, cell) for cell in right.cells]
    return max(
        1 - miss(size, share, cell.least, cell.most, BEYOND) for share, cell in zip(shares, right.cells, strict=True)
    )
