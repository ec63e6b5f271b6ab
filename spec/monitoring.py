"""What a monitor of training speaks of: a metric, the best one so far, counts and flags, which are 0 or 1."""

from sympy import Expr, Piecewise, Symbol
from sympy.logic.boolalg import Boolean


def _number(name: str) -> Symbol:
    return Symbol(name, extended_real=True)


def _count(name: str) -> Symbol:
    return Symbol(name, integer=True, nonnegative=True)


def flag(condition: Boolean | bool) -> Expr:
    """1 where the condition holds, else 0."""
    return Piecewise((1, condition), (0, True))


metric, score, best, reference = map(_number, ("metric", "score", "best", "reference"))
direction = Symbol("direction", integer=True, nonzero=True)
wait, wait_next, evaluation, kept = map(_count, ("wait", "wait_next", "evaluation", "kept"))
stop, undefined, poisoned = map(_count, ("stop", "undefined", "poisoned"))
watched, fresh, free, ahead, improved, moved, held, keeps, progress, tested, exhausted, alarmed, diverged = map(
    _count,
    (
        "watched",
        "fresh",
        "free",
        "ahead",
        "improved",
        "moved",
        "held",
        "keeps",
        "progress",
        "tested",
        "exhausted",
        "alarmed",
        "diverged",
    ),
)
patience, start_from = _count("patience"), _count("start_from")
min_delta = Symbol("min_delta", nonnegative=True)
baseline = Symbol("baseline", real=True)
