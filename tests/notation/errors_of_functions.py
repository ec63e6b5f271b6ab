"""Mistakes that slides make in formulas that are no updates, put in one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from .functions import Case
from .term import Statement, Term, one_changed, role, substituted, term, walk

Altered = tuple[str, int, tuple[Statement, ...]]
Change = Callable[[Term], Iterator[Term]]
RATE = role("rate")


def alterations(case: Case) -> Iterator[Altered]:
    """Yield every single mistake that can be made in a case: the kind, the statement that is altered, all statements."""
    for kind, change in CHANGES.items():
        for place, row in enumerate(case.statements):
            for value in one_changed(row.value, change):
                if value != row.value and not _is_taste(kind, case, row):
                    yield kind, place, case.with_value(place, value)
    if case.world == "weights":
        place, strength = len(case.statements) - 1, role("lambda")
        yield (
            "strength_twice",
            place,
            case.with_value(place, substituted(case.statements[place].value, {strength: strength**2})),
        )
    if case.world == "layer":
        place, value = 1, case.statements[1].value
        kept = value.args[1]
        other = RATE if kept == 1 - RATE else 1 - RATE
        yield "wrong_share", place, case.with_value(place, Term("/", (value.args[0], other)))
        yield "scale_inverted", place, case.with_value(place, Term("*", (value.args[0], kept)))


def _is_taste(kind: str, case: Case, row: Statement) -> bool:
    """Whether a letter could mean something else, so that nothing is wrong."""
    if case.world in ("weights", "loss", "shares") and kind in (
        "constant_factor",
        "one_half_lost",
        "fraction_inverted",
    ):
        return True  # what a cost is multiplied by
    if case.rule == "l2" and kind == "square_missing":
        return any(part.head == "norm" for part in walk(row.value))  # a norm without its square is a penalty too
    if case.rule == "leaky_relu" and kind == "max_for_min":
        return True  # right for slopes above 1
    if case.rule == "prelu" and kind == "sign_flipped":
        return True  # a slope that is learned may have either sign
    if case.world == "layer" and kind == "fraction_inverted":
        return True
    return row.target == role("y") and case.world == "batch" and kind == "sign_flipped"  # so may a shift


def _exponent_sign(part: Term) -> Iterator[Term]:
    if part.head == "exp":
        inner = part.args[0]
        yield Term("exp", (inner.args[0] if inner.head == "neg" else Term("neg", (inner,)),))


def _sign_flipped(part: Term) -> Iterator[Term]:
    if part.head in ("+", "-"):
        yield Term("-" if part.head == "+" else "+", part.args)


def _minus_lost(part: Term) -> Iterator[Term]:
    if part.head == "neg":
        yield part.args[0]


def _branches_swapped(part: Term) -> Iterator[Term]:
    if part.head == "cases":
        first, condition, second, otherwise = part.args
        yield Term("cases", (second, condition, first, otherwise))


def _fraction_inverted(part: Term) -> Iterator[Term]:
    if part.head == "/":
        yield Term("/", (part.args[1], part.args[0]))


def _root_missing(part: Term) -> Iterator[Term]:
    if part.head == "sqrt":
        yield part.args[0]


def _square_missing(part: Term) -> Iterator[Term]:
    if part.head == "^" and part.args[1] == term(2):
        yield part.args[0]


def _max_for_min(part: Term) -> Iterator[Term]:
    if part.head in ("max", "min"):
        yield Term("min" if part.head == "max" else "max", part.args)


def _normalisation_missing(part: Term) -> Iterator[Term]:
    if part.head == "/" and part.args[1].head == "sum":
        yield part.args[0]


def _mean_missing(part: Term) -> Iterator[Term]:
    if part.head == "-" and part.args[1] == role("batch_mean"):
        yield part.args[0]


def _wrong_moment(part: Term) -> Iterator[Term]:
    """The mean stands where the variance belongs."""
    if part == role("batch_variance"):
        yield role("batch_mean")


def _constant_factor(part: Term) -> Iterator[Term]:
    """Of a 2 or 6 above a line half is lost, and a 2 below it becomes 4; twice as much is the gain of a ReLU."""
    if part.head == "/" and part.args[0].head == "number" and part.args[0].args[0] in (2, 6):
        yield Term("/", (term(part.args[0].args[0] / 2), part.args[1]))
    if part.head == "/" and part.args[1] == term(2):
        yield Term("/", (part.args[0], term(Fraction(4))))


def _one_half_lost(part: Term) -> Iterator[Term]:
    if part.head == "/" and part.args[1] == term(2):
        yield part.args[0]


def _condition_left_out(part: Term) -> Iterator[Term]:
    """What is done above the bound is done always."""
    if part.head == "cases" and any(inner.head == "norm" for inner in part.args[1].operands):
        yield part.args[0]


def _epsilon_sign(part: Term) -> Iterator[Term]:
    if part.head == "+" and part.args[1] == role("epsilon"):
        yield Term("-", part.args)


CHANGES: dict[str, Change] = {
    "exponent_sign": _exponent_sign,
    "sign_flipped": _sign_flipped,
    "minus_lost": _minus_lost,
    "branches_swapped": _branches_swapped,
    "fraction_inverted": _fraction_inverted,
    "root_missing": _root_missing,
    "square_missing": _square_missing,
    "max_for_min": _max_for_min,
    "normalisation_missing": _normalisation_missing,
    "mean_missing": _mean_missing,
    "wrong_moment": _wrong_moment,
    "constant_factor": _constant_factor,
    "one_half_lost": _one_half_lost,
    "condition_left_out": _condition_left_out,
    "epsilon_sign": _epsilon_sign,
}
