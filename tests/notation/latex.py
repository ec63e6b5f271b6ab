"""Writes terms as LaTeX in the notation of a style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from .style import SCALARS, Clock, Style
from .term import Statement, Term, roles_in, term

SUM, PRODUCT, POWER = range(3)
TWO = term(2)
OPENING = {"()": ("(", ")"), "left": (r"\left(", r"\right)"), "big": (r"\big(", r"\big)")}


@dataclass(frozen=True, slots=True)
class Hand:
    """The choices that one slide makes among those of its style."""

    rule: str
    letters: Mapping[str, str]
    clock: Clock
    relation: str
    gradient: str
    gradient_at: str
    scalar_product: str
    product: str
    quotient: str
    square: str
    brackets: tuple[str, str]
    module: str
    augmented: float


def hand(style: Style, rule: str, names: set[str], draw: Random) -> Hand:
    """Draw what a slide leaves open."""

    def one(choices: tuple[str, ...]) -> str:
        return draw.choice(choices) if choices else ""

    return Hand(
        rule,
        {name: one(style.of(rule, name)) for name in sorted(names)},
        draw.choice(style.clocks),
        one(style.relations),
        one(style.gradient),
        one(style.gradient_at),
        one(style.scalar_products),
        one(style.products),
        one(style.quotients),
        one(style.squares),
        OPENING[one(style.brackets)],
        one(style.module),
        style.augmented,
    )


def is_array(whole: Term) -> bool:
    return whole.head == "gradient" or any(name not in SCALARS for name, _ in roles_in(whole))


def written_row(row: Statement, with_: Hand, marker: str = "") -> str:
    """Return a statement; `marker` is put before the relation, to align rows by it."""
    if with_.relation == "chain":  # v \\rightarrow v' = ...
        before = Term("role", (row.target.args[0], "now"))
        chained = rf"{written(before, with_)} \rightarrow " if row.target.args[1] == "next" else ""
        return f"{chained}{written(row.target, with_)} {marker}= {written(row.value, with_)}"
    return f"{written(row.target, with_)} {marker}{with_.relation} {written(row.value, with_)}"


def written(whole: Term, with_: Hand, level: int = SUM) -> str:
    """Return a term, in brackets where an operator of `level` around it binds stronger."""
    writer = WRITERS.get(whole.head)
    if writer is None:
        raise KeyError(f"head={whole.head}: has no notation in LaTeX; add it to WRITERS")
    text, own = writer(whole, with_)
    return f"{with_.brackets[0]}{text}{with_.brackets[1]}" if own < level else text


Written = tuple[str, int]
ATOM = 3


def _number(whole: Term, with_: Hand) -> Written:
    value: Fraction = whole.args[0]
    if value.denominator == 1:
        return str(value.numerator), ATOM if value >= 0 else SUM
    decimal = f"{float(value):g}"
    return (decimal, ATOM) if Fraction(decimal) == value and value.denominator != 2 else (
        rf"\frac{{{value.numerator}}}{{{value.denominator}}}",
        ATOM,
    )  # fmt: skip


def _role(whole: Term, with_: Hand) -> Written:
    name, when = whole.args
    if name == "step":
        return with_.clock.step, ATOM if len(with_.clock.step) == 1 else SUM
    return with_.letters[name] + with_.clock.behind(name, when), ATOM


def _plus(whole: Term, with_: Hand) -> Written:
    left, right = whole.args
    if left.head == "role" and left.args[0] == "step" and right.head == "number":
        ahead = int(right.args[0]) + (1 if "+1" in with_.clock.step else 0)
        return f"t+{ahead}", SUM
    return f"{written(left, with_)} + {written(right, with_)}", SUM


def _minus(whole: Term, with_: Hand) -> Written:
    left, right = whole.args
    return f"{written(left, with_)} - {written(right, with_, PRODUCT)}", SUM


def _negative(whole: Term, with_: Hand) -> Written:
    return f"-{written(whole.args[0], with_, PRODUCT)}", SUM


def _times(whole: Term, with_: Hand) -> Written:
    left, right = whole.args
    both = is_array(left) and is_array(right)
    between = with_.product if both else with_.scalar_product
    return f"{written(left, with_, PRODUCT)}{between}{written(right, with_, PRODUCT)}", PRODUCT


def _beside(whole: Term, with_: Hand) -> Written:
    return " ".join(written(operand, with_, PRODUCT) for operand in whole.args), PRODUCT


def _over(whole: Term, with_: Hand) -> Written:
    above, below = whole.args
    if with_.quotient == "slash" and not (above.head == "/" or below.head == "/"):
        return f"{written(above, with_, PRODUCT)} / {written(below, with_, POWER)}", PRODUCT
    if with_.quotient not in ("frac", "slash") and is_array(below) and is_array(above):
        return f"{written(above, with_, PRODUCT)} {with_.quotient} {written(below, with_, POWER)}", PRODUCT
    return rf"\frac{{{written(above, with_)}}}{{{written(below, with_)}}}", ATOM


def _power(whole: Term, with_: Hand) -> Written:
    base, exponent = whole.args
    if exponent == TWO and with_.square == "product" and is_array(base):
        return f"{written(base, with_, POWER)}{with_.product}{written(base, with_, POWER)}", PRODUCT
    if exponent == TWO and with_.square == "inner" and base.head == "role":
        name, when = base.args
        if with_.clock.behind(name, when).startswith("_") and "^" not in with_.letters[name]:
            return f"{with_.letters[name]}^2{with_.clock.behind(name, when)}", POWER
    above = written(exponent, with_)
    raised = above if len(above) == 1 else f"{{{above}}}"
    below = written(base, with_, ATOM)
    plain = base.head == "number" or below.isalnum() or (base.head == "role" and "^" not in below and "'" not in below)
    if not plain and not below.startswith(with_.brackets[0]):
        below = f"{with_.brackets[0]}{below}{with_.brackets[1]}"
    return f"{below}^{raised}", POWER


def _root(whole: Term, with_: Hand) -> Written:
    return rf"\sqrt{{{written(whole.args[0], with_)}}}", ATOM


def _gradient(whole: Term, with_: Hand) -> Written:
    point = whole.args[0]
    if point.head == "role" and with_.gradient:
        return _filled(with_.gradient, point, with_), ATOM
    return _filled(with_.gradient_at, point, with_), ATOM


def _filled(template: str, point: Term, with_: Hand) -> str:
    return template.replace("{point}", written(point, with_)).replace("{parameter}", with_.letters["parameter"])


def _function(whole: Term, with_: Hand) -> Written:
    return (
        rf"\{whole.head}{with_.brackets[0]}{', '.join(written(a, with_) for a in whole.args)}{with_.brackets[1]}",
        ATOM,
    )


WRITERS = {
    "number": _number,
    "role": _role,
    "+": _plus,
    "-": _minus,
    "neg": _negative,
    "*": _times,
    "beside": _beside,
    "/": _over,
    "^": _power,
    "sqrt": _root,
    "gradient": _gradient,
    "max": _function,
    "min": _function,
}
