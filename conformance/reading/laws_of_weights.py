"""Rows that say what initial weights are drawn from: W ~ N(0, 2/n), W ~ U(−a, a), randn(...) * sqrt(2/n)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .entries import prepared
from .evidence import Slide
from .finding import Reading, Verdict
from .formulas import judge_side
from .subjects import Subject
from .tree import Call, Name, Row, Tree, walk

NORMAL = frozenset({"N", "Normal", "normal", "Gaussian", "mathcalN", "TruncatedNormal", "TN", "gauss"})
UNIFORM = frozenset({"U", "Uniform", "uniform", "Unif", "Uni"})
STANDARD = frozenset({"randn", "standard_normal", "randn_like"})
UNIT = frozenset({"rand", "random", "rand_like"})
VARIANCE, SIGMA, LIMIT = (Subject("law", name, name) for name in ("variance", "sigma", "limit"))


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a law is said to have: a number, which may be meant in one way or another."""

    value: Tree
    meant: tuple[Subject, ...]
    lower: Tree | None = None


def judge_law(reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    """Return the verdict on a row that draws weights, None if it draws none or says nothing that a rule says."""
    if len(row.sides) != 2 or row.relations[0] not in ("~", ":=", "=", "in"):
        return None
    found = drawn(prepared(row.sides[1]))
    if found is None:
        return None
    verdicts = []
    value = _given(found.value, reading, slide)
    for what in found.meant:
        if what is LIMIT and found.lower is not None and _opposite(found.lower) != found.value:
            return None
        whole = Row((row.sides[0], value), ("=",))
        verdict = judge_side(reading, whole, 1, slide, what)
        if verdict is not None and verdict.verdict in ("correct", "convention", "assumption", "slip"):
            return verdict
        verdicts.append(verdict)
    return next((one for one in verdicts if one is not None), None)


def _given(value: Tree, reading: Reading, slide: Slide) -> Tree:
    """What a name was given last before a row, or the value itself."""
    before = slide.readings[: next((k for k, one in enumerate(slide.readings) if one is reading), 0)]
    rows = [one.row for one in before if one.row is not None and len(one.row.sides) == 2]
    given = [row.sides[1] for row in rows if isinstance(value, Name) and row.sides[0] == value]
    return prepared(given[-1]) if given else value


def drawn(tree: Tree) -> Drawn | None:
    """Return the number that a law has, or None if this is no law of mean 0."""
    if not isinstance(tree, Call):
        return None
    law = _law(tree)
    if law is not None:
        name, args = law
        if name in NORMAL and len(args) >= 2 and _is_zero(args[0]):
            meant = (SIGMA,) if tree.head == "random" else (VARIANCE, SIGMA)
            value = args[1]
            if isinstance(value, Call) and value.head == "^" and isinstance(value.args[0], Name):
                return None
            return Drawn(value, meant)
        if name in UNIFORM and len(args) == 2:
            return Drawn(args[1], (LIMIT,), args[0])
        return None
    return _scaled(tree)


def _law(tree: Call) -> tuple[str, Sequence[Tree]] | None:
    if tree.head in ("apply", "random") and isinstance(tree.args[0], Name):
        return tree.args[0].base, tree.args[1:]
    if tree.head == "*" and len(tree.args) == 2 and isinstance(tree.args[0], Name) and isinstance(tree.args[1], Call):
        return (tree.args[0].base, tree.args[1].args) if tree.args[1].head == "interval" else None
    return None


def _scaled(tree: Call) -> Drawn | None:
    """randn(...) times a number, or over one."""
    inside = [one for one in walk(tree) if isinstance(one, Call) and one.head == "random"]
    if len(inside) != 1 or not isinstance(inside[0].args[0], Name):
        return None
    name = inside[0].args[0].base
    if name not in STANDARD and not (name == "normal" and len(inside[0].args) == 1):
        return None
    rest = _without(tree, inside[0])
    return None if rest is None else Drawn(rest, (SIGMA,))


def _without(tree: Tree, part: Call) -> Tree | None:
    """What a product or quotient multiplies the part by."""
    from .slips import ONE

    if not isinstance(tree, Call):
        return None
    if tree.head == "*" and part in tree.args:
        rest = tuple(one for one in tree.args if one != part)
        return (rest[0] if len(rest) == 1 else Call("*", rest)) if rest else None
    if tree.head == "/":
        if tree.args[0] == part:
            return Call("/", (ONE, tree.args[1]))
        above = _without(tree.args[0], part)
        return None if above is None else Call("/", (above, tree.args[1]))
    return None


def _is_zero(tree: Tree) -> bool:
    from .tree import Number

    return isinstance(tree, Number) and tree.value == 0


def _opposite(tree: Tree) -> Tree:
    if isinstance(tree, Call) and tree.head == "neg":
        return tree.args[0]
    if isinstance(tree, Call) and tree.head == "/":
        return Call("/", (_opposite(tree.args[0]), tree.args[1]))
    if isinstance(tree, Call) and tree.head == "*":
        return Call("*", (_opposite(tree.args[0]), *tree.args[1:]))
    return Call("neg", (tree,))
