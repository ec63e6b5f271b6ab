"""Mistakes that slides make, put into correct update programs one at a time.

Each yields the kind, the number of the statement that is altered, and the altered program. Whether the alteration
changes anything is for `truth.py` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .term import Program, Statement, Term, one_changed, role, roles_in, substituted, term
from .updates import (
    BETA1,
    BETA2,
    EPSILON,
    ETA,
    M1,
    M_HAT,
    S1,
    S_HAT,
    W1,
    T,
    W,
)

Altered = tuple[str, int, Program]
ONE = term(1)


def alterations(program: Program) -> Iterator[Altered]:
    """Yield every single mistake that can be made in an update program."""
    for kind, change in CHANGES.items():
        for place, row in enumerate(program.statements):
            if row.note == "copy":
                continue
            for value in change(row):
                if value != row.value:
                    yield kind, place, program.with_statement(place, Statement(row.target, value, row.note))
    yield from _names_reused(program)


def _anywhere(change: Callable[[Term], Iterator[Term]]) -> Callable[[Statement], Iterator[Term]]:
    return lambda row: one_changed(row.value, change)


def _lost_minus(row: Statement) -> Iterator[Term]:
    """w - η g printed without its sign is a product."""
    if (
        row.target == W1
        and row.value.head == "-"
        and row.value.args[0] == W
        and row.value.args[1].head not in ("+", "-")
    ):
        yield Term("beside", row.value.args)


def _step_sign(row: Statement) -> Iterator[Term]:
    if row.target == W1 and row.value.head in ("+", "-") and row.value.args[0] == W:
        yield Term("-" if row.value.head == "+" else "+", row.value.args)
    if row.target == role("move", "local") and row.value.head == "neg":
        yield row.value.args[0]


def _look_ahead_sign(part: Term) -> Iterator[Term]:
    if part.head == "gradient" and part.args[0].head in ("+", "-"):
        point = part.args[0]
        yield Term("gradient", (Term("-" if point.head == "+" else "+", point.args),))


def _root_missing(part: Term) -> Iterator[Term]:
    if part.head == "sqrt":
        yield part.args[0]


def _square_missing(part: Term) -> Iterator[Term]:
    if part.head == "^" and part.args[1] == term(2):
        yield part.args[0]


def _is_complement(part: Term) -> bool:
    return part.head == "-" and part.args[0] == ONE and part.args[1].head == "role"


def _weight_not_complement(part: Term) -> Iterator[Term]:
    """Of β and 1 - β the second is printed as the first."""
    if part.head == "*" and _is_complement(part.args[0]):
        yield Term("*", (part.args[0].args[1], part.args[1]))


def _weight_dropped(row: Statement) -> Iterator[Term]:
    if row.target in (M1, S1):
        yield from one_changed(
            row.value, lambda part: iter([part.args[1]] if part.head == "*" and _is_complement(part.args[0]) else [])
        )


def _betas_swapped(row: Statement) -> Iterator[Term]:
    if row.target in (M1, S1, M_HAT, S_HAT):
        yield substituted(row.value, {BETA1: BETA2, BETA2: BETA1})


def _correction_exponent(part: Term) -> Iterator[Term]:
    if part.head == "^" and part.args[0] in (BETA1, BETA2):
        yield part.args[0]
        if part.args[1] == T:
            yield part.args[0] ** 2


def _correction_sign(part: Term) -> Iterator[Term]:
    if part.head == "-" and part.args[0] == ONE and part.args[1].head == "^":
        yield Term("+", part.args)


def _correction_inverted(row: Statement) -> Iterator[Term]:
    if row.target in (M_HAT, S_HAT) and row.value.head == "/":
        yield Term("*", row.value.args)


FIRST, SECOND = (M1, M_HAT), (S1, S_HAT)


def _wrong_state(row: Statement) -> Iterator[Term]:
    """In the last row one average is read in place of the other."""
    if row.target in (W1, role("move", "local")):
        swaps = {M_HAT: S_HAT, M1: S1, S_HAT: M_HAT, S1: M1}
        for old in FIRST + SECOND:
            known = {a for a, _ in roles_in(row.value)}
            if old.args[0] in known and swaps[old].args[0] in known:
                yield substituted(row.value, {old: swaps[old]})


def _stale_state(row: Statement) -> Iterator[Term]:
    """The value from before the step is read where the one after it belongs."""
    if row.target in (W1, M_HAT, S_HAT, role("move", "local")):
        for name in ("first", "second", "buffer"):
            if (name, "next") in roles_in(row.value) and (name, "now") not in roles_in(row.value):
                yield substituted(row.value, {role(name, "next"): role(name, "now")})


def _fraction_inverted(part: Term) -> Iterator[Term]:
    """Numerator and denominator are exchanged; the learning rate divides."""
    if part.head == "/":
        yield Term("/", (part.args[1], part.args[0]))
    if part.head == "*" and part.args[0] == ETA:
        yield Term("/", (part.args[1], ETA))


def _multiplied_for_divided(part: Term) -> Iterator[Term]:
    if part.head == "/" and "sqrt" in {p.head for p in _parts(part.args[1])}:
        yield Term("*", part.args)


def _parts(whole: Term) -> Iterator[Term]:
    yield whole
    for operand in whole.operands:
        yield from _parts(operand)


def _epsilon_sign(part: Term) -> Iterator[Term]:
    if part.head == "+" and part.args[1] == EPSILON:
        yield Term("-", part.args)


def _decay_lost(row: Statement) -> Iterator[Term]:
    """The state is not multiplied by its share, so that nothing is forgotten."""
    if row.target == S1 or (row.target == M1 and row.value.head == "+"):
        yield from one_changed(
            row.value,
            lambda part: iter(
                [part.args[1]]
                if part.head == "*" and part.args[0].head == "role" and part.args[1].args[-1:] == ("now",)
                else []
            ),
        )


def _mean_not_squared(row: Statement) -> Iterator[Term]:
    yield from one_changed(
        row.value,
        lambda part: iter(
            [Term("+", part.args)] if part.head == "-" and part.args[0] == S1 and part.args[1].head == "^" else []
        ),
    )


def _max_for_min(part: Term) -> Iterator[Term]:
    if part.head in ("max", "min"):
        yield Term("min" if part.head == "max" else "max", part.args)


def _names_reused(program: Program) -> Iterator[Altered]:
    """The corrected average gets the name of the average, which it overwrites: one of them or both."""
    places = [k for k, row in enumerate(program.statements) if row.target in (M_HAT, S_HAT)]
    if len(places) != 2 or any(row.target == role("largest", "next") for row in program.statements):
        return
    rename = {M_HAT: M1, S_HAT: S1}
    rows = tuple(
        Statement(rename.get(row.target, row.target), substituted(row.value, rename), row.note)
        for row in program.statements
    )
    yield (
        "names_reused",
        places[0],
        Program(program.rule, program.dialect, program.options, rows, program.also),
    )


CHANGES: dict[str, Callable[[Statement], Iterator[Term]]] = {
    "lost_minus": _lost_minus,
    "step_sign": _step_sign,
    "look_ahead_sign": _anywhere(_look_ahead_sign),
    "root_missing": _anywhere(_root_missing),
    "square_missing": _anywhere(_square_missing),
    "weight_not_complement": _anywhere(_weight_not_complement),
    "weight_dropped": _weight_dropped,
    "betas_swapped": _betas_swapped,
    "correction_exponent": _anywhere(_correction_exponent),
    "correction_sign": _anywhere(_correction_sign),
    "correction_inverted": _correction_inverted,
    "wrong_state": _wrong_state,
    "stale_state": _stale_state,
    "fraction_inverted": _anywhere(_fraction_inverted),
    "multiplied_for_divided": _anywhere(_multiplied_for_divided),
    "epsilon_sign": _anywhere(_epsilon_sign),
    "decay_lost": _decay_lost,
    "variance_sign": _mean_not_squared,
    "max_for_min": _anywhere(_max_for_min),
}
