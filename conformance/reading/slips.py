"""Single small changes that undo a slip in a formula which is no update: a lost sign, a root, a square, a swapped fraction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .edits import Path, flat, negated, places, put
from .tree import Call, Name, Number, Tree, walk

SMALL = tuple(map(Fraction, ("1", "2", "3", "4", "6", "0", "1/2")))
NONE, ONE, TWO = (Number(Fraction(k)) for k in range(3))
TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
OTHER = {"max": "min", "min": "max"}
MOST_PARTS = 80


@dataclass(frozen=True, slots=True)
class Slip:
    """A changed formula and what was changed, in words that follow "it would be right with"."""

    tree: Tree
    words: str


def slips(tree: Tree, others: Sequence[Name]) -> Iterator[Slip]:
    """Yield the formulas one small change away, smaller changes first; `others` are names that the slide uses."""
    parts = list(places(tree))
    if len(parts) > MOST_PARTS:
        return
    changes = [
        (words, put(tree, path, new), weight)
        for path, one in parts
        if not _is_fixed(tree, path)
        for weight, words, new in _changes(one, path, tree, others)
    ]
    before = _idle(tree)
    for words, new, _ in sorted(changes, key=lambda change: change[2]):
        if _idle(new) <= before:
            yield Slip(new, words)


def _idle(tree: Tree) -> int:
    """How many parts do nothing: + 0, x - x, x/x, which nobody would have meant."""
    found = 0
    for one in walk(tree):
        if not isinstance(one, Call):
            continue
        if one.head == "+":
            found += sum(arg in (NONE, Call("neg", (NONE,))) or negated(arg) in one.args for arg in one.args)
        elif one.head == "/":
            above = one.args[0].args if isinstance(one.args[0], Call) and one.args[0].head == "*" else (one.args[0],)
            found += one.args[1] in above
        elif one.head == "cases":
            found += len(set(one.args[::2])) < len(one.args[::2])
    return found


def _is_fixed(tree: Tree, path: Path) -> bool:
    """Whether a part is the name of a function, the letter of a sum, or a limit."""
    above = tree
    for step in path:
        assert isinstance(above, Call)
        if above.head == "apply" and step == 0:
            return True
        if above.head in ("sum", "prod") and step > 0:
            return True
        if above.head == "norm" and step > 0:
            return True
        above = above.args[step]
    return False


Change = tuple[int, str, Tree]


def _changes(one: Tree, path: Path, whole: Tree, others: Sequence[Name]) -> Iterator[Change]:
    if isinstance(one, Name):
        yield from _of_name(one, others)
    elif isinstance(one, Number):
        yield from _of_number(one)
    else:
        yield from _of_call(one)
    if not isinstance(one, Number):
        yield from _wrapped(one, path, whole, others)


def _of_name(name: Name, others: Sequence[Name]) -> Iterator[Change]:
    for other in others:
        if other != name:
            yield 2, "another name", other
    yield 1, "1 less the name", Call("+", (ONE, negated(name)))


def _of_number(number: Number) -> Iterator[Change]:
    value = number.value
    near = (value * 2, value / 2, -value, *([1 / value] if value else []), *SMALL)
    for value in near:
        if value != number.value:
            yield 3, "another number", Number(value)


def _of_call(one: Call) -> Iterator[Change]:
    args = one.args
    if one.head == "+":
        for k, arg in enumerate(args):
            yield 1, "another sign", Call("+", (*args[:k], negated(arg), *args[k + 1 :]))
        if len(args) == 2 and args[0] == ONE and isinstance(args[1], Call) and args[1].head == "neg":
            yield 1, "the name without 1 less it", args[1].args[0]
        if len(args) == 2:
            yield (
                5,
                "the root of a square and the other term",
                Call("sqrt", (Call("+", (Call("^", (args[0], TWO)), args[1])),)),
            )
        if len(args) > 1:
            for k in range(len(args)):
                rest = args[:k] + args[k + 1 :]
                yield 6, "a term less", rest[0] if len(rest) == 1 else Call("+", rest)
    elif one.head == "neg":
        yield 1, "another sign", args[0]
    elif one.head == "/":
        yield 1, "numerator and denominator exchanged", Call("/", (args[1], args[0]))
        yield 4, "a product", flat(Call("*", args))
        yield 6, "no denominator", args[0]
    elif one.head == "*":
        for k in range(len(args)):
            rest = args[:k] + args[k + 1 :]
            left = rest[0] if len(rest) == 1 else Call("*", rest)
            yield 5, "a factor less", left
            yield 4, "a quotient", Call("/", (left, args[k]))
        yield 4, "a sum", Call("+", args)
        yield 4, "a difference", Call("+", (args[0], *map(negated, args[1:])))
    elif one.head == "sqrt":
        yield 1, "no square root", args[0]
    elif one.head == "^":
        yield 2, "no power", args[0]
        if args[1] == TWO:
            yield 2, "a square root", Call("sqrt", (args[0],))
    elif one.head in OTHER:
        yield 1, f"{OTHER[one.head]} for {one.head}", Call(OTHER[one.head], args)
    elif one.head in TURNED:
        yield 1, f"{TURNED[one.head]} for {one.head}", Call(TURNED[one.head], args)
    elif one.head == "cases" and len(args) == 4:
        yield 1, "the cases exchanged", Call("cases", (args[2], args[1], args[0], args[3]))
    elif one.head == "exp":
        yield 1, "another sign", Call("exp", (negated(args[0]),))
        yield 3, "no exponential", args[0]
    elif one.head in ("abs", "log", "tanh", "norm"):
        yield 3, f"no {one.head}", args[0]
    if one.head == "norm" and len(args) == 2:
        order = ONE if args[1] == TWO else TWO
        yield 2, "another norm", Call("norm", (args[0], order))
    if one.head in ("mean", "sum"):
        yield 3, "a mean" if one.head == "sum" else "a sum", Call({"mean": "sum", "sum": "mean"}[one.head], args[:1])


def _wrapped(one: Tree, path: Path, whole: Tree, others: Sequence[Name]) -> Iterator[Change]:
    """A part with something put around it, or beside it."""
    head = one.head if isinstance(one, Call) else ""
    if head != "neg":
        yield 2, "a minus sign", negated(one)
    if head != "sqrt":
        yield 2, "a square root", Call("sqrt", (one,))
    if not (head == "^" or isinstance(one, Number)):
        yield 2, "a square", Call("^", (one, TWO))
    if head != "abs":
        yield 3, "an absolute value", Call("abs", (one,))
    if head not in ("exp", "log"):
        yield 4, "an exponential", Call("exp", (one,))
        yield 4, "a logarithm", Call("log", (one,))
    if head not in ("/", "neg"):
        yield 3, "its reciprocal", Call("/", (ONE, one))
    yield 3, "half of it", Call("/", (one, TWO))
    yield 4, "twice as much", flat(Call("*", (TWO, one)))
    yield 4, "1 less it", Call("+", (ONE, negated(one)))
    yield 5, "a term less by 1", flat(Call("+", (one, negated(ONE))))
    for other in others:
        yield 4, "a term that was left out", flat(Call("+", (one, negated(other))))
        yield 4, "a term that was left out", flat(Call("+", (one, other)))
        yield 4, "a factor that was left out", flat(Call("*", (one, other)))
        yield 4, "a divisor that was left out", Call("/", (one, other))
    if not path and head != "/":
        yield 4, "the sum of all below it", Call("/", (one, Call("sum", (_renamed(one), RUNNING))))
        yield 4, "the sum of all below it", Call("/", (one, Call("sum", (one,))))


RUNNING = Name("j")


def _renamed(tree: Tree) -> Tree:
    """The tree at a position of its own."""
    if isinstance(tree, Name):
        index = tuple(
            RUNNING if isinstance(part, Name) and part.base in ("i", "k", "c", "l") else part for part in tree.index
        )
        return Name(tree.base, tree.accents, index, tree.mark)
    return Call(tree.head, tuple(map(_renamed, tree.args))) if isinstance(tree, Call) else tree
