"""The cases of monitors: every short sequence over a small alphabet, and how an implementation runs one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import inf, nan
from typing import Any

import numpy

from gradspec.spec import Rule

from .arrays import array_kinds
from .case import Misbehaviour, Unsupported
from .implementation import Implementation
from .session import _watching

Metrics = tuple[float, ...]
Stop = int | None  # the number of the evaluation that says stop, from 1; None: none did


@dataclass(frozen=True, slots=True)
class Setting:
    """Hyperparameters and options, with every sequence of metrics to be tried under them."""

    rule: str
    hyperparameters: tuple[tuple[str, float], ...]
    options: tuple[tuple[str, Any], ...]
    letters: Metrics
    length: int

    @property
    def switched_on(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.options)

    @property
    def keywords(self) -> dict[str, Any]:
        return {**dict(self.hyperparameters), **dict(self.options)}

    @property
    def numbers(self) -> dict[str, Any]:
        return {keyword: value for keyword, value in self.keywords.items() if not isinstance(value, bool)}


@dataclass(frozen=True, slots=True)
class MonitorCase:
    """One sequence of metrics under one setting. It carries inputs only."""

    setting: Setting
    dtype: str
    metrics: Metrics

    @property
    def name(self) -> str:
        keywords = ", ".join(f"{name}={value}" for name, value in self.setting.keywords.items())
        return f"{self.setting.rule}({keywords}) on {list(self.metrics)}"


Runner = Callable[..., Stop]  # case -> when it stopped


# Differences are below, at and above a min_delta of 1; a gain of 3/2 can come in two steps that are too small. A baseline
# of 3/2 is missed by going from 5/2 to 3/2 or 1, and 1/2 is a tie. All are exact in every dtype.
PATIENCES, FEW_PATIENCES, DELTAS = (0, 1, 2, 3), (1, 2), (0.0, 1.0)  # few: with several options at once
FINITE: Metrics = (0.0, 0.5, 1.0, 1.5, nan)
INFINITE: Metrics = (0.0, 1.0, nan, inf, -inf)
AROUND_BASELINE: Metrics = (0.0, 0.5, 1.5, 2.5, nan)
BASELINE, IGNORED = 1.5, 1


def settings(rule: Rule, offered: frozenset[str], level: int = 2) -> Iterator[Setting]:
    """The settings for the options on offer, alone and together; a higher `level` has longer sequences."""
    names = [option.name for option in rule.options if option.name in offered]
    longer = max(level - 2, 0)
    for size in range(len(names) + 1):
        for on in combinations(names, size):
            sign = -1.0 if "maximize" in on else 1.0
            values: dict[str, Any] = {"maximize": True, "baseline": sign * BASELINE, "start_from": IGNORED}
            options = tuple((name, values[name]) for name in on)
            for patience, min_delta in product(PATIENCES if size < 2 else FEW_PATIENCES, DELTAS):
                given = (("patience", patience), ("min_delta", min_delta))
                for letters, length in _alphabets(on, patience):
                    mirrored = tuple(sign * x for x in letters)
                    yield Setting(rule.name, given, options, mirrored, length + longer)


def _alphabets(on: tuple[str, ...], patience: int) -> Iterator[tuple[Metrics, int]]:
    """Letters, and a length at which a patience is used up by evaluations that would be good had the best not moved."""
    length, later = (5 if patience and len(on) < 2 else 4), IGNORED if "start_from" in on else 0
    if "baseline" in on:
        yield AROUND_BASELINE, length
    else:
        yield (FINITE[1:] if later else FINITE), length + later
    yield INFINITE, 3 + later


def sequences(setting: Setting, observe: Callable[[Metrics], Stop]) -> Iterator[tuple[Metrics, Stop]]:
    """Every sequence of the setting with what `observe` says; past a stop there is nothing to be seen, and nothing is run."""
    letters, digits = setting.letters, [0] * setting.length
    while True:
        metrics = tuple(letters[d] for d in digits)
        stop = observe(metrics)
        seen = setting.length if stop is None else stop
        yield metrics[:seen], stop
        place = seen - 1
        while place >= 0 and digits[place] == len(letters) - 1:
            place -= 1
        if place < 0:
            return
        digits[place:] = [digits[place] + 1, *[0] * (setting.length - place - 1)]


def run_monitor(implementation: Implementation, case: MonitorCase, *, watch: bool = False) -> Stop:
    """Return when the implementation stops on `case`; raise `Misbehaviour` or `Unsupported` with a one-line reason.

    Metrics are scalars of the judged dtype of the implementation's array library. With `watch`, an adapter that computes
    with gradspec itself is caught (its own backends excepted).
    """
    watched = watch and not implementation.own
    try:
        with _watching(implementation) if watched else nullcontext():
            return _run(implementation, case)
    except (Misbehaviour, Unsupported):
        raise
    except NotImplementedError as error:
        raise Unsupported(f"{case.setting.rule}: {error or 'NotImplementedError'}") from error
    except Exception as error:
        raise Misbehaviour(f"{case.name}: the adapter raised {type(error).__name__}: {error}") from error


def _run(implementation: Implementation, case: MonitorCase) -> Stop:
    kind = array_kinds()[implementation.arrays]
    observe = implementation.offers[case.setting.rule].function(**case.setting.keywords)
    if not callable(observe):
        raise Misbehaviour(
            f"{case.name}: the adapter returned {type(observe).__name__}; it must return observe(metric)"
        )
    for number, metric in enumerate(case.metrics, start=1):
        if _truth(observe(_scalar(implementation.arrays, case.dtype, repr(metric))), kind, case):
            return number
    return None


@cache
def _scalar(arrays: str, dtype: str, metric: str) -> Any:
    """One metric as the library has it; made once, since millions are handed over."""
    return array_kinds()[arrays].make((float(metric),), (), dtype)[()]


def _truth(stop: Any, kind: Any, case: MonitorCase) -> bool:
    if isinstance(stop, bool):
        return stop
    if isinstance(stop, numpy.bool_):
        return bool(stop)
    if kind.owns(stop) and kind.dtype(stop) == "bool" and stop.shape == ():
        return bool(stop)
    raise Misbehaviour(f"{case.name}: observe returned {type(stop).__name__}; it must return True or False")
