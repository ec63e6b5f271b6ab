"""Single small changes to a formula, each of which undoes a slip that people make when they write one down.

Nothing that was written is thrown away: what is longer than any rule that is known may be a rule that is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .tree import Call, Name, Number, Tree

ONE, TWO = Number(Fraction(1)), Number(Fraction(2))
SWAPPED = {"max": "min", "min": "max", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
# Names of learning rates; 1/L, 1/n, 1/μ and 1/λ are steps that are written so on purpose.
RATES = frozenset(
    {"eta", "alpha", "lr", "learning_rate", "learningrate", "rate", "step_size", "stepsize", "step_length", "step"}
    | {"gamma", "epsilon", "nu", "kappa", "tau", "a", "h"}
)
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed formula and what was changed, in words that follow "it would be right with"."""

    tree: Tree
    words: str


def places(tree: Tree) -> Iterator[tuple[Path, Tree]]:
    """Every part of a tree with the way to it, the whole first."""
    open_ones: list[tuple[Path, Tree]] = [((), tree)]
    while open_ones:
        path, one = open_ones.pop(0)
        yield path, one
        if isinstance(one, Call):
            open_ones += [((*path, k), arg) for k, arg in enumerate(one.args)]


def put(tree: Tree, path: Path, new: Tree) -> Tree:
    """Return the tree with `new` at `path`; a sum or product in its like becomes one."""
    if not path:
        return new
    assert isinstance(tree, Call)
    args = list(tree.args)
    args[path[0]] = put(args[path[0]], path[1:], new)
    return flat(Call(tree.head, tuple(args)))


def flat(tree: Call) -> Call:
    """A sum of sums as one sum, a product of products as one product."""
    if tree.head not in ("+", "*"):
        return tree
    args: list[Tree] = []
    for arg in tree.args:
        args += arg.args if isinstance(arg, Call) and arg.head == tree.head else (arg,)
    return Call(tree.head, tuple(args))


def product(*args: Tree) -> Tree:
    """A product without a factor 1."""
    kept = [arg for arg in args if arg != ONE]
    return flat(Call("*", tuple(kept))) if len(kept) > 1 else kept[0] if kept else ONE


def negated(tree: Tree) -> Tree:
    """A tree with the other sign."""
    return tree.args[0] if isinstance(tree, Call) and tree.head == "neg" else Call("neg", (tree,))


def edits(tree: Tree, others: Sequence[Name], step: Tree) -> Iterator[Edit]:
    """Return the formulas one small change away.

    `others` are names that may stand in place of one another, `step` is how the program writes the number of a step.
    """
    for path, one in places(tree):
        if _is_function_of(tree, path):
            continue
        for words, new in _changes(one, path, tree, () if _is_in_a_gradient(tree, path) else others, step):
            yield Edit(put(tree, path, new), words)


def exchanged(tree: Tree, one: Name, other: Name) -> Tree:
    """Return the tree with two names in each other's place."""
    if isinstance(tree, Name):
        return other if tree == one else one if tree == other else tree
    return Call(tree.head, tuple(exchanged(arg, one, other) for arg in tree.args)) if isinstance(tree, Call) else tree


def _is_function_of(whole: Tree, path: Path) -> bool:
    """Whether this is the name of a function that is applied."""
    return bool(path) and path[-1] == 0 and _above(whole, path) == "apply"


def _is_in_a_gradient(whole: Tree, path: Path) -> bool:
    """Whether this is part of a cost or of the point where it is differentiated."""
    return any(_above(whole, path[:k]) in ("grad", "partial") for k in range(1, len(path) + 1))


def _is_in_a_power(whole: Tree, path: Path) -> bool:
    """Whether this is part of an exponent: a square or an inverse is no slip of the pen."""
    return any(path[k - 1] == 1 and _above(whole, path[:k]) == "^" for k in range(1, len(path) + 1))


def _above(whole: Tree, path: Path) -> str:
    """The head of what stands directly above."""
    one = whole
    for k in path[:-1]:
        assert isinstance(one, Call)
        one = one.args[k]
    assert isinstance(one, Call)
    return one.head


def _changes(one: Tree, path: Path, whole: Tree, others: Sequence[Name], step: Tree) -> Iterator[tuple[str, Tree]]:
    if isinstance(one, Name):
        yield from _of_name(one, others, bool(path) and _above(whole, path) == "^")
    elif not _is_in_a_power(whole, path):
        yield from _of_number(one) if isinstance(one, Number) else _of_call(one, path, whole, others, step)


def _of_name(name: Name, others: Sequence[Name], is_power: bool) -> Iterator[tuple[str, Tree]]:
    for other in others:
        if other != name and is_gradient(other) == is_gradient(name):
            yield "another name", other
    yield "1 less the name", Call("+", (ONE, negated(name)))
    if not is_power:
        yield "the square of the name", Call("^", (name, TWO))


def is_gradient(name: Name) -> bool:
    """Return whether a name is usually that of a gradient: what is computed from one is no slip away from it."""
    return name.base in ("g", "G", "grad", "gradient", "nabla") or (name.base[0] == "d" and len(name.base) < 4)


def _of_number(number: Number) -> Iterator[tuple[str, Tree]]:
    for value in (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(-1)):
        if value != number.value:
            yield "another number", Number(value)


def _of_call(one: Call, path: Path, whole: Tree, others: Sequence[Name], step: Tree) -> Iterator[tuple[str, Tree]]:
    args = one.args
    if one.head == "+":
        for k, arg in enumerate(args):
            yield "another sign", Call("+", (*args[:k], negated(arg), *args[k + 1 :]))
        if len(args) > 2:
            yield "another sign", Call("+", (args[0], *map(negated, args[1:])))
        yield from _without_complement(one, step)
        yield from _with_factor(one, others)
        yield from _with_denominator(one)
        yield from _with_complement(one)
    elif one.head == "neg":
        yield "another sign", args[0]
    elif one.head == "*":
        for k in range(1, len(args)):
            yield "a minus sign", Call("+", (product(*args[:k]), negated(product(*args[k:]))))
            yield "a plus sign", Call("+", (product(*args[:k]), product(*args[k:])))
            if not any(map(_is_differentiated, args[k:])):
                yield "a quotient", Call("/", (product(*args[:k]), product(*args[k:])))
            if not _is_differentiated(args[k]):
                yield "a quotient", Call("/", (product(*args[:k], *args[k + 1 :]), args[k]))
        if isinstance(args[0], Call) and args[0].head == "/":
            yield from _minus_after_first(one)
    elif one.head == "/":
        yield from _minus_after_first(one)
        yield "numerator and denominator exchanged", Call("/", (args[1], args[0]))
        if isinstance(args[1], Name) and args[1].base in RATES:
            yield "a product", product(*args)
        if not (isinstance(args[1], Call) and args[1].head == "sqrt"):
            yield "a square root", Call("/", (args[0], Call("sqrt", (args[1],))))
        if isinstance(args[1], Call) and args[1].head == "+":
            yield from _rooted_parts(args[0], args[1])
    elif one.head == "sqrt":
        yield "no square root", args[0]
    elif one.head == "^" and isinstance(args[1], Number):
        if args[1] == TWO:
            yield "no square", args[0]
        yield "the step as exponent", Call("^", (args[0], step))
    elif one.head in ("grad", "partial"):
        if one.head == "partial" and len(args) == 2:
            yield "numerator and denominator exchanged", Call("partial", (args[1], args[0]))
        if not (path and _above(whole, path) == "^"):
            yield "the square of the gradient", Call("^", (one, TWO))
    elif one.head in SWAPPED:
        yield f"{SWAPPED[one.head]}", Call(SWAPPED[one.head], args)
    elif one.head == "cases" and len(args) == 4:
        yield "the cases exchanged", Call("cases", (args[2], args[1], args[0], args[3]))


def _is_differentiated(tree: Tree) -> bool:
    """Whether this is a gradient, by which nobody divides."""
    return isinstance(tree, Call) and tree.head in ("grad", "partial")


def _minus_after_first(one: Call) -> Iterator[tuple[str, Tree]]:
    """The minus sign that is lost after the first factor: w - a b / c for w a b / c."""
    first, rest = _first_factor(one)
    if first is not None:
        yield "a minus sign", Call("+", (first, negated(rest)))


def _first_factor(tree: Tree) -> tuple[Tree | None, Tree]:
    if isinstance(tree, Call) and tree.head in ("*", "/"):
        inner, *others = tree.args
        first, rest = _first_factor(inner)
        if first is not None:
            return first, flat(Call(tree.head, (rest, *others)))
        if tree.head == "*":
            return inner, product(*others)
    return None, tree


def _rooted_parts(above: Tree, below: Call) -> Iterator[tuple[str, Tree]]:
    for k, part in enumerate(below.args):
        if not (isinstance(part, Call) and part.head == "sqrt"):
            rooted = (*below.args[:k], Call("sqrt", (part,)), *below.args[k + 1 :])
            yield "a square root", Call("/", (above, Call("+", rooted)))


def _complement(tree: Tree) -> Tree | None:
    """The x of 1 - x."""
    if isinstance(tree, Call) and tree.head == "+" and len(tree.args) == 2 and tree.args[0] == ONE:
        second = tree.args[1]
        return second.args[0] if isinstance(second, Call) and second.head == "neg" else None
    return None


def _without_complement(one: Call, step: Tree) -> Iterator[tuple[str, Tree]]:
    """The other of x and 1 - x; 1 - x^t where 1 - x stands."""
    inner = _complement(one)
    if inner is not None:
        yield "the name without 1 less it", inner
        if isinstance(inner, Name):
            yield "the name to the power of the step", Call("+", (ONE, negated(Call("^", (inner, step)))))


def _with_factor(one: Call, others: Sequence[Name]) -> Iterator[tuple[str, Tree]]:
    """A state in a sum with a factor that the program has elsewhere."""
    for k, arg in enumerate(one.args):
        if isinstance(arg, Name) and not is_gradient(arg):
            for other in others:
                if other != arg and not is_gradient(other):
                    yield "a factor", Call("+", (*one.args[:k], product(other, arg), *one.args[k + 1 :]))


def _with_denominator(one: Call) -> Iterator[tuple[str, Tree]]:
    """What stands after a quotient with a root below, in brackets with that root: m/√v + ε as m/(√v + ε)."""
    for k, (arg, last) in enumerate(pairwise(one.args)):
        negative = isinstance(arg, Call) and arg.head == "neg"
        quotient = arg.args[0] if isinstance(arg, Call) and negative else arg
        if isinstance(last, Call) or not (isinstance(quotient, Call) and quotient.head == "/"):
            continue
        above, below = quotient.args
        if isinstance(below, Call) and below.head == "sqrt":
            whole = Call("/", (above, Call("+", (below, last))))
            args = (*one.args[:k], negated(whole) if negative else whole, *one.args[k + 2 :])
            yield "brackets around the denominator", args[0] if len(args) == 1 else Call("+", args)


def with_powers_inside(tree: Tree) -> Tree:
    """Return the tree with 1 - x^t for every (1 - x)^t."""
    if not isinstance(tree, Call):
        return tree
    args = tuple(map(with_powers_inside, tree.args))
    if tree.head == "^" and isinstance(args[1], Name) and (share := _complement(args[0])) is not None:
        return Call("+", (ONE, negated(Call("^", (share, args[1])))))
    return Call(tree.head, args)


def _with_complement(one: Call) -> Iterator[tuple[str, Tree]]:
    """A weight of 1 - x beside a weight of x: the arriving part of an average."""
    for k, arg in enumerate(one.args):
        for factor in arg.args if isinstance(arg, Call) and arg.head == "*" else ():
            share = _complement(factor)
            if share is None and not isinstance(factor, (Name, Number)):
                continue
            weight = Call("+", (ONE, negated(factor))) if share is None else share
            for n, other in enumerate(one.args):
                if n != k:
                    changed = (*one.args[:n], product(weight, other), *one.args[n + 1 :])
                    yield "a weight of 1 less the other one", Call("+", changed)
