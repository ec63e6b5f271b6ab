"""Rows that give a name its next value, and which of them make a program together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .latex_tables import GREEK
from .naming import Named, named, time_letters, with_arguments_as_times, with_powers_as_times, with_words_as_times
from .tree import Call, Name, Number, Row, Tree, walk

PARAMETERS = (
    "w",
    "W",
    "theta",
    "x",
    "p",
    "param",
    "params",
    "parameter",
    "parameters",
    "weights",
    "weight",
    "phi",
    "b",
)
GRADIENTS = frozenset({"g", "grad", "grads", "gradient", "gradients", "nabla", "G"})


COUNTS = frozenset({"i", "t", "k", "n", "step", "count", "epoch", "iteration", "iter", "num_updates"})
OF_A_COST = re.compile(r"d(?:[lLJCE]|[Ll]oss|[Cc]ost)_?d_?(\w+)\Z")  # dldw, dJ_dtheta


@dataclass(frozen=True, slots=True)
class Assignment:
    """A row that gives `target` a value; `place` is its number among the readings of the slide."""

    place: int
    name: Name
    target: Named
    expression: Tree
    code: bool


def assignments(rows: Sequence[Row | None], code: Sequence[bool]) -> tuple[list[Assignment], frozenset[str]]:
    """Return the rows that are assignments to a name, and the letters that count steps in them."""
    rows = with_words_as_times(rows, code)
    letters = time_letters([side for row in rows if row is not None for side in row.sides])
    bases = frozenset(
        row.sides[0].args[0].base
        for row in rows
        if row is not None and isinstance(row.sides[0], Call) and row.sides[0].head == "^"
        and isinstance(row.sides[0].args[0], Name)
    )  # fmt: skip
    if any(row is not None and row.sides != () and _is_at_a_time(row.sides[0], letters) for row in rows):
        rows = [
            row and replace(row, sides=tuple(with_arguments_as_times(side, letters) for side in row.sides))
            for row in rows
        ]
    found = []
    for place, row in enumerate(rows):
        if row is None or not row.relations or row.relations[0] not in ("=", ":=") or row.condition is not None:
            continue
        left, right = (with_powers_as_times(side, bases, letters) for side in _given(row))
        target = target_of(left)
        if target is not None:
            value = with_products(with_schedules(right) if code[place] else right)
            found.append(Assignment(place, target, named(target, letters), value, code[place]))
    return found, letters


def _given(row: Row) -> tuple[Tree, Tree]:
    """What gets a value, and the value; in w → w' = ... it is w'."""
    if row.relations[:2] == (":=", "=") and isinstance(row.sides[1], Name) and isinstance(row.sides[0], Name):
        return row.sides[1], row.sides[2]
    return row.sides[0], row.sides[1]


def with_schedules(tree: Tree) -> Tree:
    """Return the tree of code with step_size(i) as step_size; other functions that are called are not looked into."""
    if not isinstance(tree, Call) or tree.head in ("grad", "partial"):
        return tree
    name, args = tree.args[0] if tree.args else None, tree.args[1:]
    if tree.head == "apply" and isinstance(name, Name) and len(name.base) > 1:
        if args and all(isinstance(arg, Name) and arg.base in COUNTS for arg in args):
            return name
        return Call("call", tree.args) if name.base not in GREEK | GRADIENTS else tree
    return Call(tree.head, tuple(map(with_schedules, tree.args)))


def with_products(tree: Tree) -> Tree:
    """Return the tree with r(1 - β) as a product, outside of costs; gradients are functions."""
    if isinstance(tree, Call) and tree.head == "grad" and (factor := _factor_after(tree)) is not None:
        return with_products(factor)
    if not isinstance(tree, Call) or tree.head in ("grad", "partial"):
        return tree
    if tree.head == "apply" and isinstance(tree.args[0], Name) and tree.args[0].mark == Name("'"):  # L'(w)
        return Call("grad", (Call("apply", (replace(tree.args[0], mark=None), *tree.args[1:])),))
    args = tuple(map(with_products, tree.args))
    if tree.head == "apply" and len(args) == 2 and isinstance(args[0], Name) and args[0].base not in GRADIENTS:
        rest = args[1].args if isinstance(args[1], Call) and args[1].head == "*" else (args[1],)
        return Call("*", (args[0], *rest))
    if tree.head == "*":
        args = tuple(
            part for arg in args for part in (arg.args if isinstance(arg, Call) and arg.head == "*" else (arg,))
        )
        args = _with_changes(args)
        if len(args) == 1:
            return args[0]
    return Call(tree.head, args)


def _with_changes(args: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """The factors with Δw as one name, wherever it stands among them."""
    found: list[Tree] = []
    for arg in args:
        power = arg if isinstance(arg, Call) and arg.head == "^" else None
        whole = change(Call("*", (found[-1], power.args[0] if power else arg))) if found else None
        if whole is not None:
            found[-1] = Call("^", (whole, *power.args[1:])) if power else whole
        else:
            found.append(arg)
    return tuple(found)


def _factor_after(tree: Call) -> Tree | None:
    """The product that ∇C (√s + ε) is: no cost is a function of a root."""
    of = tree.args[0]
    if isinstance(of, Call) and of.head == "apply" and len(of.args) == 2:
        function, inside = of.args
        if any(isinstance(one, Call) and one.head == "sqrt" for one in walk(inside)):
            return Call("*", (Call("grad", (function, *tree.args[1:])), inside))
    return None


def target_of(left: Tree) -> Name | None:
    """The name on a left side; Δθ is a name of its own."""
    if isinstance(left, Name):
        return left
    return change(left) if isinstance(left, Call) else None


def change(tree: Call) -> Name | None:
    """Δθ as one name, where it stands as a product."""
    if tree.head == "*" and len(tree.args) == 2:
        first, second = tree.args
        if isinstance(first, Name) and first.base == "Delta" and isinstance(second, Name):
            return Name("Delta" + second.base, second.accents, second.index, second.mark)
    return None


def _is_at_a_time(left: Tree, letters: frozenset[str]) -> bool:
    """Whether a left side is w(t+1) or Δw(t)."""
    timed = with_arguments_as_times(left, letters)
    return timed != left and target_of(timed) is not None


# -- which belong together -----------------------------------------------------------------------------------


def reads(tree: Tree, letters: frozenset[str]) -> Iterator[Named]:
    """The names that a tree reads."""
    for one in walk(tree):
        if isinstance(one, Name):
            yield named(one, letters)
        elif isinstance(one, Call) and (whole := change(one)) is not None:
            yield named(whole, letters)


def is_own(assignment: Assignment, letters: frozenset[str]) -> bool:
    """Whether a row gives a name a value that depends on the one it had."""
    key, time = assignment.target.key, assignment.target.time
    return any(
        one.key == key and (time is None or one.time != time)
        for one in reads(_without_gradients(assignment.expression), letters)
    )


def _without_gradients(tree: Tree) -> Tree:
    if not isinstance(tree, Call):
        return tree
    if tree.head in ("grad", "partial"):
        return Number(Fraction(0))
    return Call(tree.head, tuple(map(_without_gradients, tree.args)))


def differentiated(found: Sequence[Assignment], letters: frozenset[str]) -> frozenset[str]:
    """The names with respect to which something is differentiated, or whose gradients are named after them."""
    names = set()
    keys = {assignment.target.key for assignment in found}
    for assignment in found:
        for one in walk(assignment.expression):
            if isinstance(one, Call) and one.head in ("grad", "partial") and len(one.args) == 2:
                names |= {read.key for read in reads(one.args[1], letters)}
            elif (of := differential(one)) is not None and (key := named(of, letters).key) in keys:
                names.add(key)
    return frozenset(names)


def differential(tree: Tree) -> Name | None:
    """The w of dw, as one word or as a product of d and w."""
    if isinstance(tree, Name) and (match := OF_A_COST.match(tree.base)) is not None:
        return Name(match[1], tree.accents, tree.index, tree.mark)
    if isinstance(tree, Name) and len(tree.base) > 1 and tree.base[0] == "d":
        return Name(tree.base[1:].lstrip("_"), tree.accents, tree.index, tree.mark)
    if isinstance(tree, Call) and tree.head == "*" and len(tree.args) == 2:
        first, second = tree.args
        if first == Name("d") and isinstance(second, Name):
            return second
    return None


def parameter_rows(found: Sequence[Assignment], letters: frozenset[str]) -> list[Assignment]:
    """The rows that move a parameter, in order."""
    own = [a for a in found if is_own(a, letters)]
    by_gradient = differentiated(found, letters)
    chosen = [a for a in found if a.target.key in by_gradient and (a in own or _returns(a, found, letters))]
    usual = [
        a
        for a in found
        if _base(a.target.key) in PARAMETERS and (a in own or (not by_gradient and _returns(a, found, letters)))
    ]
    both = [*chosen, *(a for a in usual if a not in chosen)]
    chosen += [a for a in usual if a not in chosen and not any(_reads(other, a) for other in both if other is not a)]
    if not chosen:
        keys = {a.target.key for a in own}
        used = {read.key for a in found for read in reads(a.expression, letters) if read.key != a.target.key}
        chosen = [a for a in own if a.target.key in keys - used]
    moved = {a.target.key for a in own}  # what else gives such a name a value says what it stands for
    return sorted((a for a in chosen if a in own or a.target.key not in moved), key=lambda a: a.place)


def _reads(other: Assignment, giver: Assignment) -> bool:
    """Whether a row reads what another one gives, but for where a gradient is taken."""
    if other.target.key == giver.target.key:
        return False
    read = walk(_without_gradients(other.expression))
    return any(isinstance(one, Name) and one.base == giver.name.base for one in read)


def _returns(assignment: Assignment, found: Sequence[Assignment], letters: frozenset[str]) -> bool:
    """Whether a row reads a name that is computed from the former value of its own target."""
    key, time = assignment.target.key, assignment.target.time
    used = {read.key for read in reads(_without_gradients(assignment.expression), letters)} - {key}
    return (time is not None or _is_copy(assignment)) and any(
        other.target.key in used and any(read.key == key for read in reads(other.expression, letters))
        for other in found
    )


def _is_copy(assignment: Assignment) -> bool:
    """Whether a row of code is w = w_new."""
    return assignment.code and isinstance(assignment.expression, Name)


def moves_a_parameter(key: str, found: Sequence[Assignment], letters: frozenset[str]) -> bool:
    """Whether a name is that of a parameter, or a cost is differentiated by it."""
    return _base(key) in PARAMETERS or key in differentiated(found, letters)


def _base(key: str) -> str:
    return key.split("_")[0].split("^")[0]


def program_of(
    row: Assignment, found: Sequence[Assignment], movers: Sequence[Assignment], letters: frozenset[str]
) -> list[Assignment]:
    """The assignments that the step of `row` depends on, itself included, in the order of the slide."""
    same = [a.place for a in movers if a.target.key == row.target.key]
    begin = max((place for place in same if place < row.place), default=-1)
    end = min((place for place in same if place > row.place), default=len(found) and found[-1].place + 1)
    others = {a.place for a in movers} - {row.place}
    before = [a for a in found if begin < a.place < row.place and a.place not in others]
    after = [a for a in found if row.place < a.place < end and a.place not in others]
    older = [a for a in found if a.place < begin and a.place not in others]
    chosen: dict[int, Assignment] = {row.place: row}
    wanted = [row]
    while wanted:
        one = wanted.pop()
        for read in reads(one.expression, letters):
            if read.key == row.target.key or any(a.target.key == read.key for a in chosen.values()):
                continue
            for group in (before, after, older):
                givers = [a for a in group if a.target.key == read.key]
                if group is older:
                    givers = givers[-1:]
                if group is before:
                    givers = _latest(givers, [place for place in others if place < row.place])
                if givers:
                    chosen |= {a.place: a for a in givers}
                    wanted += givers
                    break
    return [chosen[place] for place in sorted(chosen)]


def _latest(givers: list[Assignment], places: Sequence[int]) -> list[Assignment]:
    """Those after the last step of another program, if there are any: a name may be used anew."""
    last = max((place for place in places if givers and place < givers[-1].place), default=-1)
    return [giver for giver in givers if giver.place > last]


def beside(
    row: Assignment, rows: Sequence[Assignment], found: Sequence[Assignment], movers: Sequence[Assignment]
) -> list[Assignment]:
    """The rows of a program and those between them and the program before that nothing reads."""
    begin = max((mover.place for mover in movers if mover.place < rows[0].place), default=-1)
    more = [a for a in found if begin < a.place < row.place and a not in rows and a not in movers]
    return sorted([*rows, *more], key=lambda a: a.place)
