"""Finds the rules whose parameters move as those of a program that was read, whichever name plays which role."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, lru_cache
from itertools import combinations, permutations

from flint import arb, ctx

from .candidates import Candidate, candidates
from .machine import Machine, Prepared, Value, prepared, run, run_prepared
from .tree import Call, Name, Number, Tree, walk

STEPS = 4
SCREENED = 2
START = 0.6171
VALUES = (0.137, 0.711, 0.389, 0.853, 0.263, 0.577, 0.911)  # for hyperparameters, in the order of the names
CELL = 1e-6
AGREE = 1e-9  # of floats, to find what is worth an exact comparison
BITS = 256
FREE_ROLES = 3  # with more names the usual ones are taken at their word
PLAIN = frozenset(map(Fraction, ("0", "1", "-1", "2", "1/2")))
SMALL = frozenset({"eps", "epsilon", "varepsilon", "delta", "tau", "fuzz"})
DECAY = frozenset({"lambda", "lam", "lambd", "wd", "weight_decay"})
SHARES = frozenset({"mu", "rho", "beta1", "beta2", "tau"})
LITERAL = "#"

Roles = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that a program is, and which name plays which of its hyperparameters."""

    candidate: Candidate
    roles: Mapping[str, str]  # hyperparameter -> name; those that are left out are 0
    turned: frozenset[str] = frozenset()  # names that play 1 less the hyperparameter


@dataclass(frozen=True, slots=True)
class Abstract:
    """A machine with a name for every number that could be a hyperparameter."""

    machine: Machine
    names: tuple[str, ...]
    literals: Mapping[str, Fraction]


def slope(x: Value) -> Value:
    """The gradient that programs are run with: of a bounded curve, positive and negative."""
    two, one = (2.0, 1.0) if isinstance(x, float) else (2, 1)
    return (two * x + one) / (one + x * x)


def abstracted(machine: Machine) -> Abstract:
    """Return the machine with names in place of numbers like 0.9 and 1e-8; 0.1 beside 0.9 is one less it."""
    literals: dict[str, Fraction] = {}
    there = {number for _, tree in machine.lines for one in walk(tree) if (number := _folded(one)) is not None}

    def named(number: Fraction) -> Tree:
        if number in PLAIN:
            return Number(number)
        if 0 < number < Fraction(1, 2) and 1 - number in there:  # 0.1 before 0.9: what is kept is the larger share
            return Call("+", (Number(Fraction(1)), Call("neg", (named(1 - number),))))
        for name, known in literals.items():
            if number == known:
                return Name(name)
            if number == 1 - known and 0 < number < 1:
                return Call("+", (Number(Fraction(1)), Call("neg", (Name(name),))))
        name = f"{LITERAL}{len(literals)}{LITERAL}"
        literals[name] = number
        return Name(name)

    def over(tree: Tree, exponent: bool = False) -> Tree:
        if isinstance(tree, Name):
            return tree
        if (number := _folded(tree)) is not None:
            return Number(number) if exponent else named(number)
        assert isinstance(tree, Call)
        if tree.head == "^":
            return Call("^", (over(tree.args[0]), over(tree.args[1], exponent=True)))
        return Call(tree.head, tuple(map(over, tree.args)))

    lines = tuple((target, over(tree)) for target, tree in machine.lines)
    written = replace(machine, lines=lines)
    return Abstract(written, written.free(), literals)


def _folded(tree: Tree) -> Fraction | None:
    """What a tree of small numbers comes to."""
    if isinstance(tree, Number):
        return tree.value
    if not isinstance(tree, Call) or tree.head not in ("+", "*", "/", "^", "neg"):
        return None
    args = [_folded(arg) for arg in tree.args]
    if any(arg is None or abs(arg.numerator) > 10**20 or arg.denominator > 10**20 for arg in args):
        return None
    known = [arg for arg in args if arg is not None]
    if tree.head == "+":
        return sum(known, Fraction(0))
    if tree.head == "*":
        return math.prod(known, start=Fraction(1))
    if tree.head == "neg":
        return -known[0]
    base, other = known
    if tree.head == "/":
        return base / other if other else None
    return base ** int(other) if other.denominator == 1 and abs(other) <= 16 and (base or other > 0) else None


# -- which names may play which roles ----------------------------------------------------------------------------


def roles_of(abstract: Abstract) -> tuple[Roles, ...]:
    """The roles that each name may play, None where nothing tells.

    Indices 1 and 2 tell Adam's shares apart. With many names more is taken for granted: what stands as 1 - x is a share,
    and ε and λ have one of their usual names.
    """
    names = abstract.names
    allowed: list[Roles] = [None] * len(names)
    if len(names) > FREE_ROLES:
        shares = _shares(abstract)
        allowed = [SHARES if name in shares else None for name in names]
        tiny = {name for name, number in abstract.literals.items() if 0 < number < Fraction(1, 1000)}
        _settle(names, allowed, "epsilon", SMALL, tiny)
        _settle(names, allowed, "lambda", DECAY, set())
    for first in (name for name in names if name[-1] == "1"):
        second = f"{first[:-1]}2"
        if second in names:
            allowed[names.index(first)], allowed[names.index(second)] = frozenset({"beta1"}), frozenset({"beta2"})
    return tuple(allowed)


def _shares(abstract: Abstract) -> set[str]:
    """The names that stand as 1 - x somewhere."""
    return {one.base for _, tree in abstract.machine.lines for part in walk(tree) if (one := _complement(part))}


def _complement(tree: Tree) -> Name | None:
    """The x of 1 - x or of 1 - x^t."""
    if not (
        isinstance(tree, Call) and tree.head == "+" and len(tree.args) == 2 and tree.args[0] == Number(Fraction(1))
    ):
        return None
    inner = tree.args[1].args[0] if isinstance(tree.args[1], Call) and tree.args[1].head == "neg" else None
    if isinstance(inner, Call) and inner.head == "^":
        inner = inner.args[0]
    return inner if isinstance(inner, Name) else None


def _settle(names: Sequence[str], allowed: list[Roles], role: str, usual: frozenset[str], more: set[str]) -> None:
    """Give `role` to the one name that usually has it, if there is just one."""
    places = [k for k, name in enumerate(names) if allowed[k] is None and (name.split("_")[0] in usual or name in more)]
    if len(places) == 1:
        allowed[places[0]] = frozenset({role})


Entry = tuple[tuple[float, ...], Candidate, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Table:
    """Where every candidate goes, for every way in which its hyperparameters can be played by names.

    The keys of `entries` are the number of the name that plays the learning rate, and the cell in which the second step
    ends; `reached` has the cells in which it ends where the learning rate stays as it is.
    """

    entries: dict[tuple[int, int], list[Entry]] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)


@cache
def _ready() -> tuple[tuple[Candidate, Prepared], ...]:
    return tuple((candidate, prepared(candidate.machine, exact=False)) for candidate in candidates())


@lru_cache(maxsize=64)
def _table(allowed: tuple[Roles, ...]) -> _Table:
    table = _Table()
    for candidate, ready in _ready():
        roles = candidate.hyperparameters
        for left_out in ((), ("epsilon",)):
            played = tuple(role for role in roles if role not in left_out)
            if len(played) != len(allowed) or (left_out and "epsilon" not in roles):
                continue
            for order in permutations(played):
                if all(may is None or role in may for may, role in zip(allowed, order, strict=True)):
                    _enter(table, candidate, ready, order)
    return table


def _enter(table: _Table, candidate: Candidate, ready: Prepared, order: tuple[str, ...]) -> None:
    if candidate.rate not in order:
        return
    given = dict.fromkeys(candidate.hyperparameters, 0.0) | dict(zip(order, VALUES, strict=False))
    first = _path(ready, given, None, SCREENED)
    path = _path(ready, given, candidate.rate)
    if path is not None and first is not None:
        table.entries.setdefault((order.index(candidate.rate), _cell(path)), []).append((path, candidate, order))
        table.reached.add(_cell(first))


def _cell(path: Sequence[float]) -> int:
    return math.floor(path[1] / CELL)


def _near(path: Sequence[float]) -> tuple[int, int, int]:
    """The cell and its neighbours, since rounding may fall to either side."""
    return _cell(path) - 1, _cell(path), _cell(path) + 1


def _path(
    ready: Prepared, given: Mapping[str, float], rate: str | None, steps: int = STEPS
) -> tuple[float, ...] | None:
    try:
        path = tuple(run_prepared(ready, START, given, slope, steps, rate))
    except (ArithmeticError, ValueError):  # Unsupported is one
        return None
    return path if all(map(math.isfinite, path)) and max(map(abs, path)) < 1e9 else None


def matches(abstract: Abstract) -> list[Match]:
    """Return every rule, plainest first, that moves the parameter as the program does; usually none or one."""
    if len(abstract.names) >= len(VALUES):
        return []
    roles = sorted(zip(roles_of(abstract), abstract.names, strict=True), key=lambda one: sorted(one[0] or "~"))
    names = [name for _, name in roles]
    table = _table(tuple(role for role, _ in roles))
    given = dict(zip(names, VALUES, strict=False))
    try:
        ready = prepared(abstract.machine, exact=False)
    except ValueError:
        return []
    first = _path(ready, given, None, SCREENED)
    if first is None or table.reached.isdisjoint(_near(first)):
        return []
    found = []
    for place, name in enumerate(names):
        path = _path(ready, given, name)
        if path is None:
            continue
        for near in _near(path):
            for other, candidate, order in table.entries.get((place, near), ()):
                if all(math.isclose(x, y, rel_tol=AGREE, abs_tol=AGREE) for x, y in zip(path, other, strict=True)):
                    found.append(Match(candidate, dict(zip(order, names, strict=True))))
    order_of = {id(candidate): k for k, candidate in enumerate(candidates())}
    return sorted(found, key=lambda match: order_of[id(match.candidate)])


# -- exact comparison --------------------------------------------------------------------------------------------


def exactly(
    machine: Machine, given: Mapping[str, Fraction], rate: str | None, start: Fraction, steps: int
) -> list[Value]:
    """Return the path of the parameter in exact numbers, or in balls where roots are not exact."""
    with ctx.workprec(BITS):
        return run(machine, start, given, slope, steps, rate)


def turned(abstract: Abstract) -> list[tuple[frozenset[str], Abstract]]:
    """Return the program with 1 - x for x, for some of the names that stand as 1 - x: x may be the share that arrives."""
    if len(abstract.names) > FREE_ROLES:
        return []
    shares = [name for name in abstract.names if name in _shares(abstract)]
    sets = [frozenset(chosen) for size in range(1, len(shares) + 1) for chosen in combinations(shares, size)]
    return [(chosen, replace(abstract, machine=_with_complements(abstract.machine, chosen))) for chosen in sets]


def _with_complements(machine: Machine, names: frozenset[str]) -> Machine:
    def over(tree: Tree) -> Tree:
        if isinstance(tree, Name) and tree.base in names:
            return Call("+", (Number(Fraction(1)), Call("neg", (tree,))))
        return Call(tree.head, tuple(map(over, tree.args))) if isinstance(tree, Call) else tree

    return replace(machine, lines=tuple((target, over(tree)) for target, tree in machine.lines))


def certain(abstract: Abstract, match: Match) -> bool:
    """Whether the program and the rule agree exactly, or within balls of 256 bits, wherever they are compared."""
    for shares in ((3, 7, 5, 11, 13, 9), (2, 5, 9, 4, 15, 7)):
        values = {name: Fraction(share, 16) for name, share in zip(abstract.names, shares, strict=False)}
        rate = match.roles[match.candidate.rate]
        theirs = {role: values[name] for role, name in match.roles.items()}
        theirs = dict.fromkeys(match.candidate.hyperparameters, Fraction(0)) | theirs
        try:
            mine = exactly(abstract.machine, values, rate, Fraction(2, 3), 3)
            rules = exactly(match.candidate.machine, theirs, match.candidate.rate, Fraction(2, 3), 3)
        except (ArithmeticError, ValueError):
            return False
        if not all(same(x, y) for x, y in zip(mine, rules, strict=True)):
            return False
    return True


def same(x: Value, y: Value) -> bool:
    """Whether two exact values agree, or their balls overlap."""
    if isinstance(x, arb) or isinstance(y, arb):
        one, other = (v if isinstance(v, arb) else arb(v.numerator) / v.denominator for v in (x, y))
        return bool(one.overlaps(other))
    return bool(x == y)
