"""Which case tells two dialects apart: for every pair a case whose accepted sets are disjoint, or a proof that none can.

Both dialects are anchored at the same observed parameters, those of an ideal run of the first one. Where their accepted
sets at some step and coordinate do not meet, no implementation can pass for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.equality import same_function
from gradspec.spec import Program, Rule

from .case import Case
from .cases import build_cases, contexts
from .scoring import K, predict
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


def certificate(rule: Rule, dtype: str, *, level: int = 2, seed: int = 0) -> list[Separation]:
    """Decide every pair of dialects of `rule`, in every context of options, on the cases up to `level`.

    A pair that differs in axes of two options is separated wherever one of its projections is, so pairs are formed within
    a context: the axes visible there.
    """
    return list(_pairs(rule, dtype, level, seed))


def _pairs(rule: Rule, dtype: str, level: int, seed: int) -> Iterator[Separation]:
    offered = frozenset(o.name for o in rule.options)
    for on in contexts(rule, offered):
        cases = sorted(build_cases(rule, dtype, on, level=level, seed=seed), key=lambda c: c.level != 1)  # sweeps first
        programs: dict[Named, Program] = {
            tuple(d.items()): rule.program(d, on) for d in rule.dialects(frozenset(on), frozenset(on))
        }
        for one, other in combinations(programs, 2):
            found = _first(_separation(one, other, programs, on, case) for case in cases)
            proved = found.case is None and same_function(programs[one], programs[other])
            yield replace(found, same=proved)


def _first(separations: Iterator[Separation]) -> Separation:
    """The first case that separates, else the one that comes closest."""
    closest: Separation | None = None
    for found in separations:
        if found.case is not None:
            return found
        closest = found if closest is None or found.margin > closest.margin else closest
    assert closest is not None
    return closest


def _separation(
    one: Named, other: Named, programs: Mapping[Named, Program], on: tuple[str, ...], case: Case
) -> Separation:
    how = arithmetic(case.dtype)
    outcome = simulate(programs[one], case)
    best = (0.0, 0, 0)
    mine = predict(programs[one], case, outcome, how)
    theirs = predict(programs[other], case, outcome, how)
    for step, (row, rival) in enumerate(zip(mine, theirs, strict=True)):
        for i, (a, b) in enumerate(zip(row, rival, strict=True)):
            if not (a.informative and b.informative):
                continue
            gaps = [abs(x - y) / (K * (e + f)) for x, e, _ in a.worlds for y, f, _ in b.worlds if e + f > 0]
            margin = min((float(gap.lower()) for gap in gaps), default=0.0)
            best = max(best, (margin, step, i))
    return Separation(one, other, on, case.name if best[0] > 1 else None, best[1], best[2], best[0], same=False)
