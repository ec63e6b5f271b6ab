"""Writes terms as LaTeX in the notation of a style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from .style import SCALARS, Clock, Style
from .term import Statement, Term, term

SUM, PRODUCT, POWER = range(3)
ONE, TWO = term(1), term(2)
NORMS = ((r"\|", r"\|"), (r"\lVert ", r" \rVert"), ("||", "||"))
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
    norm: tuple[str, str]
    sums: str
    otherwise: str
    exponential: str
    scalars: frozenset[str]


def hand(style: Style, rule: str, names: set[str], draw: Random, scalars: frozenset[str] = SCALARS) -> Hand:
    """Draw what a slide leaves open; `scalars` are the roles that have no entries."""

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
        draw.choice(NORMS),
        draw.choice(("full", "full", "short")),
        draw.choice((r"\text{otherwise}", "other side")),
        draw.choice(("power", "power", "function")),
        scalars,
    )


def is_array(whole: Term, scalars: frozenset[str] = SCALARS) -> bool:
    if whole.head in ("at", "sum", "size", "norm", "norm1"):
        return False
    if whole.head == "role":
        return whole.args[0] not in scalars
    return whole.head == "gradient" or any(is_array(operand, scalars) for operand in whole.operands)


def written_row(row: Statement, with_: Hand, marker: str = "") -> str:
    """Return a statement; `marker` is put before the relation, to align rows by it."""
    if row.value.head == "bernoulli":
        return rf"{written(row.target, with_)} {marker}\sim \text{{Bernoulli}}({written(row.value.args[0], with_)})"
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
        return f"{with_.clock.step[0]}+{ahead}", SUM
    return f"{written(left, with_)} + {written(right, with_)}", SUM


def _minus(whole: Term, with_: Hand) -> Written:
    left, right = whole.args
    return f"{written(left, with_)} - {written(right, with_, PRODUCT)}", SUM


def _negative(whole: Term, with_: Hand) -> Written:
    return f"-{written(whole.args[0], with_, PRODUCT)}", SUM


def _times(whole: Term, with_: Hand) -> Written:
    left, right = whole.args
    both = is_array(left, with_.scalars) and is_array(right, with_.scalars)
    between = with_.product if both else with_.scalar_product
    return f"{written(left, with_, PRODUCT)}{between}{written(right, with_, PRODUCT)}", PRODUCT


def _beside(whole: Term, with_: Hand) -> Written:
    return " ".join(written(operand, with_, PRODUCT) for operand in whole.args), PRODUCT


def _over(whole: Term, with_: Hand) -> Written:
    above, below = whole.args
    if below == ONE:
        return WRITERS[above.head](above, with_)
    if with_.quotient == "slash" and not (above.head == "/" or below.head == "/"):
        return f"{written(above, with_, PRODUCT)} / {written(below, with_, POWER)}", PRODUCT
    if with_.quotient not in ("frac", "slash") and is_array(below, with_.scalars) and is_array(above, with_.scalars):
        return f"{written(above, with_, PRODUCT)} {with_.quotient} {written(below, with_, POWER)}", PRODUCT
    return rf"\frac{{{written(above, with_)}}}{{{written(below, with_)}}}", ATOM


def _power(whole: Term, with_: Hand) -> Written:
    base, exponent = whole.args
    if exponent == TWO and with_.square == "product" and is_array(base, with_.scalars):
        return f"{written(base, with_, POWER)}{with_.product}{written(base, with_, POWER)}", PRODUCT
    if exponent == TWO and with_.square == "inner" and base.head == "role":
        name, when = base.args
        if with_.clock.behind(name, when).startswith("_") and "^" not in with_.letters[name]:
            return f"{with_.letters[name]}^2{with_.clock.behind(name, when)}", POWER
    above = written(exponent, with_)
    raised = above if len(above) == 1 else f"{{{above}}}"
    below = written(base, with_, ATOM)
    plain = (
        base.head in ("number", "at", "norm")
        or below.isalnum()
        or (base.head == "role" and "^" not in below and "'" not in below)
    )
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


def _entry(whole: Term, with_: Hand) -> Written:
    array, position = whole.args
    return f"{with_.letters[array.args[0]]}_{with_.letters[position.args[0]]}", ATOM


def _sum(whole: Term, with_: Hand) -> Written:
    body, position, _ = whole.args
    below = with_.letters[position.args[0]]
    limits = rf"_{{{below}=1}}^{{{with_.letters['size']}}}" if with_.sums == "full" else f"_{below}"
    return rf"\sum{limits} {written(body, with_, PRODUCT)}", PRODUCT


def _size(whole: Term, with_: Hand) -> Written:
    return with_.letters["size"], ATOM


def _norm(whole: Term, with_: Hand) -> Written:
    order = "1" if whole.head == "norm1" else "2"
    return f"{with_.norm[0]}{written(whole.args[0], with_)}{with_.norm[1]}_{order}", ATOM


def _size_of_number(whole: Term, with_: Hand) -> Written:
    return f"|{written(whole.args[0], with_)}|", ATOM


def _exponential(whole: Term, with_: Hand) -> Written:
    inner = written(whole.args[0], with_)
    if with_.exponential == "power":
        return (f"e^{{{inner}}}" if len(inner) > 1 else f"e^{inner}"), POWER
    return rf"\exp({inner})", ATOM


def _logarithm(whole: Term, with_: Hand) -> Written:
    return rf"\log {written(whole.args[0], with_, POWER)}", PRODUCT


OPPOSITE = {">": r"\le", "<": r"\ge", "==": ">"}
SAID = {"==": "="}


def _cases(whole: Term, with_: Hand) -> Written:
    first, condition, second, _ = whole.args
    left, right = (written(side, with_) for side in condition.args)
    if left.endswith("+1"):  # t+1 = 1 is t = 0
        left, right = left.removesuffix("+1"), f"{int(right) - 1}"
    other = (
        with_.otherwise
        if with_.otherwise != "other side"
        else rf"\text{{if }} {left} {OPPOSITE[condition.head]} {right}"
    )
    relation = SAID.get(condition.head, condition.head)
    rows = rf"{written(first, with_)} & \text{{if }} {left} {relation} {right} \\ {written(second, with_)} & {other}"
    return rf"\begin{{cases}} {rows} \end{{cases}}", ATOM


WRITERS = {
    "at": _entry,
    "sum": _sum,
    "size": _size,
    "norm": _norm,
    "norm1": _norm,
    "abs": _size_of_number,
    "exp": _exponential,
    "log": _logarithm,
    "cases": _cases,
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
