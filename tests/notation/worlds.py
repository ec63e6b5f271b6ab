"""Numbers at which functions are evaluated, in the specification and on slides, and whether they come to the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from flint import arb

from gradspec.spec import catalogue
from gradspec.spec.program import Program as Specified

from .functions import CASES, Case
from .term import Statement, ball, value
from .truth import worth

Values = tuple[arb, ...]
Numbers = Mapping[str, Any]

EPSILON = Fraction(1, 50)


def _numbers() -> Iterator[Numbers]:
    for alpha in (Fraction(1, 5), Fraction(7, 5)):
        for x in (Fraction(-7, 3), Fraction(-2, 5), Fraction(1, 3), Fraction(9, 4)):
            yield {"x": x, "alpha": alpha}


# For each world single numbers, lists of numbers, and where the entry in question stands.
WORLDS: dict[str, tuple[Numbers, ...]] = {
    "number": tuple(_numbers()),
    "loss": (
        {
            "predictions": [Fraction(1, 3), Fraction(-2), Fraction(5, 7)],
            "targets": [Fraction(2), Fraction(1, 5), Fraction(-1)],
        },
    ),
    "shares": ({"predictions": [Fraction(1, 5), Fraction(1, 2), Fraction(3, 10)], "targets": [0, 1, 0]},),
    "weights": ({"w": [Fraction(3, 2), Fraction(-1, 3), Fraction(-4, 5)], "lambda": Fraction(2, 7)},),
    "entry": tuple({"g": g, "c": Fraction(6, 7)} for g in (Fraction(-3), Fraction(-1, 2), Fraction(1, 4), Fraction(2))),
    "gradient": tuple(
        {"g": [Fraction(3, 5) * k, Fraction(-2) * k, Fraction(1, 3) * k], "c": Fraction(6, 7)}
        for k in (1, Fraction(1, 9))
    ),
    "column": tuple({"w": [Fraction(3, 5) * k, Fraction(-2) * k], "r": Fraction(6, 7)} for k in (1, Fraction(1, 9))),
    "layer": ({"x": Fraction(5, 3), "rate": Fraction(1, 5)}, {"x": Fraction(-2, 3), "rate": Fraction(2, 7)}),
    "batch": (
        {
            "x": [Fraction(1, 3), Fraction(-2), Fraction(5, 7), Fraction(3, 2)],
            "gamma": Fraction(5, 4),
            "beta": Fraction(-1, 6),
        },
    ),
    "fans": ({"inputs": 7, "outputs": 12}, {"inputs": 5, "outputs": 3}),
    "logits": ({"x": [Fraction(1, 3), Fraction(-2), Fraction(5, 7)]},),
}
PLACE = 1  # of the entry that is looked at


def _balls(held: Any) -> Any:
    return [ball(one) for one in held] if isinstance(held, list) else ball(held)


def values(case: Case, statements: Sequence[Statement] | None = None, complement: str | None = None) -> Values:
    """What the last statement says in each world; for dropout also how often an entry is kept.

    Raises `ArithmeticError` where it has no value. `complement` is a name that is taken for one minus its number.
    """
    found: list[arb] = []
    for numbers in WORLDS[case.world]:
        scope: dict[Any, Any] = {("epsilon", ""): ball(EPSILON), "drawn": ball(1), ("one", ""): PLACE, ("size", ""): 0}
        for name, held in numbers.items():
            several = isinstance(held, list)
            scope[name, ""] = ball(held[PLACE] if several else 1 - held if name == complement else held)
            if several:
                scope["vector", name] = _balls(held)
        if case.quantity == "derivative":
            plain = catalogue()[case.rule].program(dict(case.dialect))
            scope["y", ""] = _written(case.rule, plain, plain.parameter, case.world, numbers)
        for row in case.statements if statements is None else statements:
            if row.value.head == "bernoulli":
                found.append(value(row.value.args[0], scope))
            scope[row.target.args] = value(row.value, scope)
        found.append(scope[row.target.args])
    return tuple(found)


def specified_values(case: Case, dialect: Mapping[str, str]) -> Values:
    """What the rule of the specification says in each world, in a dialect."""
    rule = catalogue()[case.rule]
    program = rule.program(dict(dialect), case.options)
    found: list[arb] = []
    for numbers in WORLDS[case.world]:
        if case.world == "layer":
            law = rule.program(dict(dialect), ("law",))
            found.append(_written(case.rule, law, law.parameter, case.world, numbers))
        names = {str(symbol): symbol for symbol in (*program.let, *program.update)}
        target = names["d_x"] if case.quantity == "derivative" else names.get(case.quantity, program.parameter)
        found.append(_written(case.rule, program, target, case.world, numbers))
    return tuple(found)


def _written(rule: str, program: Specified, target: Any, world: str, numbers: Numbers) -> arb:
    """A quantity of the specification at these numbers, which it keeps in arrays of its own shapes."""
    scope: dict[str, Any] = {name: _balls(held) for name, held in numbers.items()}
    scope |= {
        "epsilon": ball(EPSILON),
        "i": ball(PLACE),
        "j": ball(0),
        "mask": ball(1),
        "d_y": ball(1),
        "upstream": ball(1),
    }
    scope |= {"receptive_field": ball(1), "negative_slope": ball(0)}
    lengths = [len(held) for held in numbers.values() if isinstance(held, list)]
    scope["n"] = ball(lengths[0] if lengths else 1)
    if rule == "prelu":
        scope |= {"x": [scope["x"]], "alpha": [scope["alpha"]], "i": ball(0)}
    if world in ("logits", "shares"):  # one row
        name = "x" if world == "logits" else "predictions"
        scope |= {name: [scope[name]], "n": ball(1), "c": ball(3), "i": ball(0), "j": ball(PLACE)}
        scope["labels"] = [ball(list(numbers.get("targets", [1])).index(1))]
        scope["epsilon"] = ball(Fraction(1, 10**6))
    if world in ("batch", "column"):  # one column
        name = "x" if world == "batch" else "w"
        scope |= {name: [[one] for one in scope[name]], "c": ball(1), "m": ball(1)}
        scope |= {name: [scope[name]] for name in ("gamma", "beta") if name in scope}
    return worth(program.formula(target), scope)


def alike(one: Values, other: Values) -> bool:
    return len(one) == len(other) and all(x.overlaps(y) for x, y in zip(one, other, strict=True))


@cache
def _of(place: int) -> tuple[tuple[Case, dict[str, str], Values], ...]:
    """The values of a case in each dialect in which it can be evaluated."""
    case = CASES[place]
    rule, found = catalogue()[case.rule], []
    for dialect in rule.dialects(frozenset(case.options)):
        if dialect.get("nonfinite", "entry_nan") == "entry_nan" and dialect.get("truncation", "none") == "none":
            found.append((case, dialect, specified_values(case, dialect)))
    return tuple(found)


def accepted(case: Case) -> dict[str, tuple[str, ...]]:
    """The values of each axis under which the rule says the same, for axes that make a difference."""
    everything = _of(CASES.index(case))
    mine = [(dialect, alike(found, values(case))) for _, dialect, found in everything]
    shown = {}
    for axis in mine[0][0]:
        of_axis = {dialect[axis] for dialect, _ in mine}
        good = {dialect[axis] for dialect, same in mine if same}
        if good < of_axis:
            shown[axis] = tuple(sorted(good))
    return shown


def is_some_function(case: Case, statements: Sequence[Statement]) -> bool:
    """Whether the statements say what some rule says of the same numbers, perhaps with the other meaning of a rate."""
    found = []
    for complement in (None, "rate"):
        try:
            found.append(values(case, statements, complement))
        except (ArithmeticError, ValueError):
            continue
    others = [
        theirs
        for place, other in enumerate(CASES)
        if other.world == case.world
        for _, _, theirs in _of(place)
        if other.quantity == case.quantity or case.world == "number"
    ]
    return any(alike(one, other) for one in found for other in others)
