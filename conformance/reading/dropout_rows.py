"""Rows of dropout: with which probability a mask keeps an entry, and whether what is kept is scaled to match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradspec.spec import rule as rule_called

from .arithmetic_of_formulas import DOUBLES
from .comparing import FAILURES
from .entries import prepared, reference
from .finding import Reading, Verdict
from .slips import slips
from .tree import Call, Name, Number, Row, Tree, walk
from .valuing import Scope, work

BERNOULLI = frozenset({"Bernoulli", "bernoulli", "Bern", "Ber", "B", "Binomial", "binomial"})
COUNTED = frozenset({"B", "Binomial", "binomial"})  # of so many draws
UNIFORM = frozenset({"rand", "random", "uniform", "rand_like"})
KEYS = frozenset({"key", "rng", "subkey", "rng_key", "generator", "size", "shape"})
ONE, ZERO, DRAWN = Number(Fraction(1)), Number(Fraction(0)), Name("rand")
POINTS = (0.2, 0.6)
MASK, INPUT = Name("mask"), Name("x")


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask as a row draws it: its name, the probability of keeping, and the row with a plain mask in its place.

    `meaning` says what the rate is: `drop`, `keep`, or nothing where the probability is neither.
    """

    name: str
    kept: Tree
    rate: str | None
    meaning: str | None
    scaled: Tree | None = None


def masks(readings: Sequence[Reading]) -> list[Mask | None]:
    """Return the mask that each row draws, if it draws one."""
    return [mask(one.row) if one.row is not None else None for one in readings]


def mask(row: Row) -> Mask | None:
    """Return the mask that a row draws, or None."""
    if len(row.sides) != 2 or not isinstance(row.sides[0], Name):
        return None
    right = _as_product(prepared(row.sides[1]), row.sides[0])
    kept = _drawn(right) if row.relations[0] in ("~", "=", ":=") else None
    scaled: Tree | None = None
    if kept is None:
        drawn = [one for one in walk(right) if isinstance(one, Call) and _drawn(one) is not None]
        if len(drawn) != 1:
            return None
        kept, scaled = _drawn(drawn[0]), _replaced(right, drawn[0], MASK)
        if not all(isinstance(one, (Name, Number)) or one.head in ("/", "*", "+", "neg") for one in walk(scaled)):
            return None
    assert kept is not None
    name = reference(row.sides[0], frozenset()).key
    rates = {reference(one, frozenset()).full for one in walk(kept) if isinstance(one, Name)}
    rate = next(iter(rates)) if len(rates) == 1 else None
    return Mask(name, kept, rate, _meaning(kept, rate), scaled)


def _as_product(tree: Tree, left: Name) -> Tree:
    """A choice between 0 and something else by a random number, as a mask times that; h' says what is done to h."""
    if not (isinstance(tree, Call) and tree.head == "cases" and len(tree.args) == 4):
        return tree
    value, condition, other, _ = tree.args
    if not (isinstance(condition, Call) and condition.head == "<" and condition.args[0] == DRAWN):
        return tree
    if value == ZERO:
        condition, value = Call(">", condition.args), other
    elif other != ZERO:
        return tree
    if value == ONE:
        return condition
    return Call("*", (condition, _replaced(value, Name(left.base, (), left.index), ONE)))


def _drawn(tree: Tree) -> Tree | None:
    """The probability of a 1: of Bernoulli(p), binomial(1, p), rand() < p and rand() > p."""
    if not isinstance(tree, Call):
        return None
    if tree.head in ("apply", "random") and isinstance(tree.args[0], Name) and tree.args[0].base in BERNOULLI:
        args = [_filled(arg) for arg in tree.args[1:] if not (isinstance(arg, Name) and arg.base in KEYS)]
        if tree.args[0].base in COUNTED:
            return args[1] if len(args) > 1 and args[0] == ONE else None
        return args[0] if args and len(args) < 3 else None
    if tree.head in ("<", "<=", ">", ">=") and len(tree.args) == 2:
        left, right = tree.args
        if _is_uniform(left):
            return right if tree.head[0] == "<" else Call("+", (ONE, Call("neg", (right,))))
        if _is_uniform(right):
            return left if tree.head[0] == ">" else Call("+", (ONE, Call("neg", (left,))))
    return None


def _filled(tree: Tree) -> Tree:
    """The number that an array is filled with."""
    if isinstance(tree, Call) and tree.head == "apply" and len(tree.args) == 3:
        name = tree.args[0]
        if isinstance(name, Name) and name.base in ("full_like", "full"):
            return tree.args[2]
    return tree


def _is_uniform(tree: Tree) -> bool:
    return tree == DRAWN or (
        isinstance(tree, Call)
        and tree.head == "random"
        and isinstance(tree.args[0], Name)
        and tree.args[0].base in UNIFORM
    )


def _meaning(kept: Tree, rate: str | None) -> str | None:
    values = _values(kept, rate)
    if values is None:
        return None
    if all(abs(value - point) < 1e-12 for value, point in zip(values, POINTS, strict=True)):
        return "keep"
    return "drop" if all(abs(value + point - 1) < 1e-12 for value, point in zip(values, POINTS, strict=True)) else None


def _values(kept: Tree, rate: str | None) -> list[float] | None:
    if rate is None:
        return None
    try:
        return [work(kept, Scope({rate: point}, DOUBLES)) for point in POINTS]
    except FAILURES:
        return None


def judge_mask(one: Mask, row: Row, meant: str | None, write: Callable[[Row], str]) -> Verdict | None:
    """Return the verdict on a row that draws a mask; `meant` is what the rate means elsewhere."""
    rule = rule_called("dropout")
    if one.meaning is not None:
        verdict = "correct" if one.meaning == rule.axis("rate_meaning").names[0] else "convention"
        told = (
            "" if verdict == "correct" else f", rate_meaning=keep as {rule.axis('rate_meaning').value('keep').source}"
        )
        return Verdict(
            verdict=verdict, rule="dropout", dialect={"rate_meaning": one.meaning}, message=f"Dropout: the mask{told}"
        )
    if one.rate is None:
        return None
    for wanted in (meant,) if meant else ("drop", "keep"):
        for slip in slips(one.kept, ()):
            if _meaning(slip.tree, one.rate) == wanted:
                tree = _replaced(prepared(row.sides[1]), one.kept, slip.tree)
                return _wrong(one, Row((row.sides[0], tree), row.relations), slip.words, wanted, write)
    return Verdict(
        verdict="unknown", rule="dropout", message="the mask keeps with a probability that is neither p nor 1 - p"
    )


def _wrong(one: Mask, changed: Row, words: str, wanted: str, write: Callable[[Row], str]) -> Verdict | None:
    rate = Fraction(1, 4)
    try:
        printed = work(one.kept, Scope({one.rate or "": float(rate)}, DOUBLES))
    except FAILURES:
        return None
    expected = rate if wanted == "keep" else 1 - rate
    return Verdict(
        verdict="wrong",
        rule="dropout",
        dialect={"rate_meaning": wanted},
        message=f"one change away from Dropout: the mask would be right with {words}",
        suggestion=write(changed),
        witness={
            "inputs": {one.rate: str(rate)},
            "printed": str(Fraction(printed).limit_denominator(1000)),
            "expected": str(expected),
        },
    )


def _replaced(tree: Tree, old: Tree, new: Tree) -> Tree:
    if tree == old:
        return new
    return Call(tree.head, tuple(_replaced(arg, old, new) for arg in tree.args)) if isinstance(tree, Call) else tree


def multiplies(tree: Tree, name: str) -> bool:
    """Whether a name is a factor of a short product, as a mask is of what it is put on."""
    if isinstance(tree, Call) and tree.head == "/":
        return multiplies(tree.args[0], name)
    factors = tree.args if isinstance(tree, Call) and tree.head == "*" and len(tree.args) < 4 else ()
    return any(
        (isinstance(one, Name) and reference(one, frozenset()).key == name)
        or (
            isinstance(one, Call)
            and one.head in ("/", "apply")
            and isinstance(one.args[0], Name)
            and one.args[0].base == name
        )
        for one in factors
    )
