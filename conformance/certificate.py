"""Which case tells two dialects apart: for every pair a case whose accepted sets are disjoint, or a proof that none can.

Both dialects are anchored at the same observed parameters, those of an ideal run of the first one. Where their accepted
sets at some step and coordinate do not meet, no implementation can pass for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import inf

from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.equality import same_function
from gradspec.reference.evaluate import Prediction
from gradspec.reference.special import kinds
from gradspec.spec import Program, Rule

from .case import AnyCase, FunctionCase, Outcome
from .cases import build_cases, contexts
from .judging import essence
from .programs import program_of
from .scoring import K, is_special, numbers, predict
from .simulation import simulate

Named = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Separation:
    """How two dialects are told apart. `case` is None where they are proved the same, or where no case separates them."""

    one: Named
    other: Named
    on: tuple[str, ...]
    case: str | None
    step: int
    coordinate: int
    margin: float  # distance of the exact values over the sum of the accepted radii; above 1 the sets are disjoint
    same: bool


def certificate(
    rule: Rule, dtype: str, *, level: int = 2, seed: int = 0, offered: frozenset[str] | None = None
) -> list[Separation]:
    """Decide every pair of dialects of `rule`, in every context of `offered` options (all), on the cases up to `level`.

    A pair that differs in axes of two options is separated wherever one of its projections is, so pairs are formed
    within a context: the axes visible there.
    """
    options = frozenset(o.name for o in rule.options) if offered is None else offered
    return [pair for on in contexts(rule, options) for pair in _pairs(rule, dtype, on, level, seed)]


def _pairs(rule: Rule, dtype: str, on: tuple[str, ...], level: int, seed: int) -> Iterator[Separation]:
    cases = sorted(build_cases(rule, dtype, on, level=level, seed=seed), key=lambda c: c.level != 1)  # sweeps first
    programs: dict[Named, Program] = {
        tuple(d.items()): program_of(rule, d, on) for d in rule.dialects(frozenset(on), frozenset(on))
    }
    runs = {(name, case.name): _Ideal(program, case) for name, program in programs.items() for case in cases}
    plain = {name: essence(program) for name, program in programs.items()}
    for one, other in combinations(programs, 2):
        if plain[one] == plain[other]:
            yield Separation(one, other, on, None, 0, 0, 0.0, same=True)
            continue
        found = _first(_separation(one, other, on, runs[one, c.name], programs[other]) for c in cases)
        proved = found.case is None and same_function(programs[one], programs[other])
        yield replace(found, same=proved)


class _Ideal:
    """The run of a program without rounding errors of its own, and its accepted sets; made when first needed."""

    def __init__(self, program: Program, case: AnyCase) -> None:
        self.program, self.case = program, case

    @cached_property
    def outcome(self) -> Outcome:
        return simulate(self.program, self.case)

    @cached_property
    def accepted(self) -> list[list[Prediction]]:
        return predict(self.program, self.case, self.outcome, arithmetic(self.case.dtype))


def _first(separations: Iterator[Separation]) -> Separation:
    """The first case that separates, else the one that comes closest."""
    closest: Separation | None = None
    for found in separations:
        if found.case is not None:
            return found
        closest = found if closest is None or found.margin > closest.margin else closest
    assert closest is not None
    return closest


def _separation(one: Named, other: Named, on: tuple[str, ...], ideal: _Ideal, rival: Program) -> Separation:
    case = ideal.case
    if is_special(case):
        return _by_kind(one, other, on, ideal.program, rival, case)
    best = (0.0, 0, 0)
    theirs = predict(rival, case, ideal.outcome, arithmetic(case.dtype))
    for step, (row, rivals) in enumerate(zip(ideal.accepted, theirs, strict=True)):
        for i, (a, b) in enumerate(zip(row, rivals, strict=True)):
            if not (a.informative and b.informative):
                continue
            gaps = [abs(x - y) / (K * (e + f)) for x, e, _ in a.worlds for y, f, _ in b.worlds if e + f > 0]
            margin = min((float(gap.lower()) for gap in gaps), default=0.0)
            best = max(best, (margin, step, i))
    return Separation(one, other, on, case.name if best[0] > 1 else None, best[1], best[2], best[0], same=False)


def _by_kind(
    one: Named, other: Named, on: tuple[str, ...], program: Program, rival: Program, case: FunctionCase
) -> Separation:
    """Two dialects on infinities or NaN: apart where an element must be of another kind."""
    own, theirs = (kinds(p, case.arrays, numbers(case)) for p in (program, rival))
    for step, (row, rivals) in enumerate(zip(own, theirs, strict=True)):
        for i, (a, b) in enumerate(zip(row, rivals, strict=True)):
            if a != b:
                return Separation(one, other, on, case.name, step, i, inf, same=False)
    return Separation(one, other, on, None, 0, 0, 0.0, same=False)
