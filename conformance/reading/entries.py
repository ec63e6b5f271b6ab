"""Which quantity a name of a formula is, and which entry of it: w_i, x^{(i)}, fan_{in}, σ_B, a_{j-1}."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from .tree import Call, Name, Number, Row, Tree, walk

RUNNING = frozenset({"i", "j", "k", "l", "t", "c"})
LABELS = frozenset({"y", "label", "labels", "target"})  # p_{y_i} is the entry of p at the class y_i
ALWAYS = frozenset({"i", "j", "k", "l", "t"})


@dataclass(frozen=True, slots=True)
class Reference:
    """`key` is the name with words and accents; `full` has the shift of a running index and numbers too."""

    key: str
    full: str
    places: tuple[Tree, ...] = ()


def reference(name: Name, letters: frozenset[str] | set[str]) -> Reference:
    """Return what a name refers to when `letters` run over positions."""
    words: list[str] = []
    extra = ""
    places: list[Tree] = []
    parts = list(name.index) + ([name.mark] if isinstance(name.mark, Tree) else [])
    for part in parts:
        if isinstance(part, Name) and (part.base in letters or part.base in ALWAYS) and not part.accents:
            places.append(part)
        elif isinstance(part, Call) and (shift := _shift(part, letters)) is not None:
            extra += shift
            places.append(part.args[0])
        elif isinstance(part, Number) and part is not name.mark and part.value.denominator == 1:
            words.append(str(part.value))
            places.append(part)
        elif isinstance(part, Name) and part.base in LABELS and part is not name.mark:
            places.append(part)
        elif isinstance(part, Name) and part is name.mark and set(part.base) <= {"'"}:
            words.append(part.base)
        else:
            words.append(spelled(part))
            if isinstance(part, Name):
                places.append(part)
    plain = [word for word in words if not word.isdigit()]
    accents = "".join(f"^{accent}" for accent in name.accents)
    key, full = (_joined(name.base, chosen) + accents for chosen in (plain, words))
    return Reference(key, full + extra, tuple(places))


def _joined(base: str, words: list[str]) -> str:
    found = base
    for word in words:
        found += word if set(word) <= {"'"} else f"_{word}"
    return found


def _shift(part: Tree | None, letters: Iterable[str]) -> str | None:
    if isinstance(part, Call) and part.head == "+" and len(part.args) == 2:
        letter, by = part.args
        sign = "-" if isinstance(by, Call) and by.head == "neg" else "+"
        by = by.args[0] if isinstance(by, Call) and by.head == "neg" else by
        if isinstance(letter, Name) and (letter.base in letters or letter.base in ALWAYS) and isinstance(by, Number):
            return f"[{letter.base}{sign}{by.value}]"
    return None


def spelled(tree: Tree | None) -> str:
    """Return a tree as part of a name."""
    if isinstance(tree, Number):
        return str(tree.value)
    if isinstance(tree, Name):
        return "_".join([tree.base, *map(spelled, tree.index)]) + "".join(f"^{accent}" for accent in tree.accents)
    if isinstance(tree, Call):
        return tree.head + "".join(map(spelled, tree.args))
    return ""


def bound_letters(trees: Iterable[Tree]) -> frozenset[str]:
    """Return the letters that sums in these trees run over."""
    found = set()
    for tree in trees:
        for one in walk(tree):
            if (
                isinstance(one, Call)
                and one.head in ("sum", "prod")
                and len(one.args) > 1
                and isinstance(one.args[1], Name)
            ):
                found.add(one.args[1].base)
    return frozenset(found)


def counts(trees: Iterable[Tree]) -> frozenset[str]:
    """Return the names that stand above sums: how many positions there are."""
    found = set()
    for tree in trees:
        for one in walk(tree):
            if isinstance(one, Call) and one.head == "sum" and len(one.args) > 3 and isinstance(one.args[3], Name):
                found.add(reference(one.args[3], frozenset()).full)
    return frozenset(found)


# -- trees as they are compared --------------------------------------------------------------------------------


def prepared(tree: Tree, products: bool = False) -> Tree:
    """Return the tree with sums in place of dots, and products in place of what only looks like a function.

    With `products` every letter before parentheses that hold more than a name is a factor.
    """
    if not isinstance(tree, Call):
        return tree
    args = tuple(prepared(arg, products) for arg in tree.args)
    if tree.head == "+" and Call("dots", ()) in args:
        return _with_sum(args)
    if tree.head == "apply" and len(args) == 2 and _is_product(args[0], args[1], products):
        return _with_indicators(args)
    if tree.head == "*":
        return _with_indicators(args)
    return Call(tree.head, args)


def prepared_row(row: Row) -> Row:
    """Return a row of prepared trees."""
    return Row(
        tuple(map(prepared, row.sides)), row.relations, None if row.condition is None else prepared(row.condition)
    )


HYPERPARAMETERS = frozenset(
    {
        "alpha",
        "lambda",
        "eta",
        "beta",
        "gamma",
        "a",
        "c",
        "b",
        "y",
        "t",
        "x",
        "w",
        "p",
        "1",
        "v",
        "m",
        "r",
        "k",
        "n",
        "e",
    }
)


def _is_product(name: Tree, argument: Tree, products: bool) -> bool:
    """Whether α(e^z − 1) is meant, not a function: the name is that of a number and its argument is no name."""
    if not isinstance(name, Name) or not isinstance(argument, Call):
        return False
    if any(isinstance(one, Name) and one == name for one in walk(argument)):
        return True
    if products and len(name.base) == 1:
        return True
    return name.base in HYPERPARAMETERS and argument.head in ("+", "neg", "exp")


def _with_indicators(args: tuple[Tree, ...]) -> Tree:
    """1[z > 0] is read as 1 times a comparison; an indicator by another sign loses that sign."""
    kept: list[Tree] = []
    for k, arg in enumerate(args):
        after = args[k + 1] if k + 1 < len(args) else None
        if (
            isinstance(arg, Name)
            and arg.base in ("I", "mathbb", "mathbbm", "bbm")
            and isinstance(after, Call)
            and after.head in ("<", ">", "<=", ">=", "==")
        ):
            continue
        kept.append(arg)
    flat: list[Tree] = []
    for arg in kept:
        flat += arg.args if isinstance(arg, Call) and arg.head == "*" else (arg,)
    if len(flat) > 1 and flat[-1] == flat[-2] and isinstance(flat[-1], Call):  # (y − t)(y − t) is a square
        flat[-2:] = [Call("^", (flat[-1], Number(Fraction(2))))]
    return Call("*", tuple(flat)) if len(flat) > 1 else flat[0]


def _with_sum(args: tuple[Tree, ...]) -> Tree:
    """x_1² + x_2² + ... + x_n² as a sum over all of them."""
    first, last = args[0], args[-1]
    letter = Name("i")
    found = _generalised(first, last, letter)
    if found is None:
        return Call("+", args)
    body, high = found
    return Call("sum", (body, letter, Number(Fraction(1)), high))


def _generalised(first: Tree, last: Tree, letter: Name) -> tuple[Tree, Tree] | None:
    """What both are if the 1 of the first and the n of the last are a running letter."""
    if first == last:
        return (first, first) if False else None
    if isinstance(first, Name) and isinstance(last, Name):
        if first.base != last.base or len(first.index) != len(last.index):
            return None
        places = [k for k, (a, b) in enumerate(zip(first.index, last.index, strict=True)) if a != b]
        if len(places) != 1 or not isinstance(first.index[places[0]], Number):
            return None
        (place,) = places
        index = tuple(letter if k == place else part for k, part in enumerate(first.index))
        return Name(first.base, first.accents, index, first.mark), last.index[place]
    if (
        isinstance(first, Call)
        and isinstance(last, Call)
        and first.head == last.head
        and len(first.args) == len(last.args)
    ):
        args: list[Tree] = []
        high: Tree | None = None
        for one, other in zip(first.args, last.args, strict=True):
            if one == other:
                args.append(one)
                continue
            found = _generalised(one, other, letter)
            if found is None or (high is not None and high != found[1]):
                return None
            args.append(found[0])
            high = found[1]
        return (Call(first.head, tuple(args)), high) if high is not None else None
    return None
