"""Finds the rules whose parameters move as those of a program that was read, whichever name plays which role."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from itertools import permutations

from flint import arb, ctx

from .candidates import Candidate, candidates
from .machine import Machine, Value, run
from .tree import Call, Name, Number, Tree

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
LITERAL = "#"


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that a program is, and which name plays which of its hyperparameters."""

    candidate: Candidate
    roles: Mapping[str, str]  # hyperparameter -> name; those that are left out are 0


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

    def named(number: Fraction) -> Tree:
        if number in PLAIN:
            return Number(number)
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


def roles_of(names: Sequence[str], literals: Mapping[str, Fraction]) -> tuple[str | None, ...]:
    """The role that a name has beyond doubt, for each, or None."""
    fixed: list[str | None] = [None] * len(names)
    stems = {name[:-1].rstrip("_"): None for name in names if name[-1:] == "1"}
    for stem in stems:
        pair = [next((n for n in names if n[:-1].rstrip("_") == stem and n[-1] == digit), None) for digit in "12"]
        if all(pair):
            for name, role in zip(pair, ("beta1", "beta2"), strict=True):
                fixed[names.index(str(name))] = role
    if len(names) > FREE_ROLES:
        _fix(names, fixed, "epsilon", SMALL, {n for n, v in literals.items() if 0 < v < Fraction(1, 1000)})
        _fix(names, fixed, "lambda", DECAY, set())
    return tuple(fixed)


def _fix(names: Sequence[str], fixed: list[str | None], role: str, usual: frozenset[str], more: set[str]) -> None:
    """Give `role` to the one name that usually has it, if there is just one."""
    places = [k for k, name in enumerate(names) if fixed[k] is None and (name.split("_")[0] in usual or name in more)]
    if len(places) == 1:
        fixed[places[0]] = role


Entry = tuple[tuple[float, ...], Candidate, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Table:
    """Where every candidate goes, for every way in which its hyperparameters can be played by names.

    The keys of `entries` are the number of the name that plays the learning rate, and the cell in which the second step
    ends; `reached` has the cells in which it ends where the learning rate stays as it is.
    """

    entries: dict[tuple[int, int], list[Entry]] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)


@lru_cache(maxsize=64)
def _table(fixed: tuple[str | None, ...]) -> _Table:
    table = _Table()
    for candidate in candidates():
        roles = candidate.hyperparameters
        for left_out in ((), ("epsilon",)):
            played = tuple(role for role in roles if role not in left_out)
            if len(played) != len(fixed) or (left_out and "epsilon" not in roles):
                continue
            if any(role is not None and role not in played for role in fixed):
                continue
            for order in permutations(played):
                if any(role is not None and role != given for role, given in zip(fixed, order, strict=True)):
                    continue
                _enter(table, candidate, order)
    return table


def _enter(table: _Table, candidate: Candidate, order: tuple[str, ...]) -> None:
    if candidate.rate not in order:
        return
    given = dict.fromkeys(candidate.hyperparameters, 0.0) | dict(zip(order, VALUES, strict=False))
    path = _path(candidate.machine, given, candidate.rate)
    first = _path(candidate.machine, given, None, SCREENED)
    if path is not None and first is not None:
        table.entries.setdefault((order.index(candidate.rate), _cell(path)), []).append((path, candidate, order))
        table.reached.add(_cell(first))


def _cell(path: Sequence[float]) -> int:
    return math.floor(path[1] / CELL)


def _near(path: Sequence[float]) -> tuple[int, int, int]:
    """The cell and its neighbours, since rounding may fall to either side."""
    return _cell(path) - 1, _cell(path), _cell(path) + 1


def _path(
    machine: Machine, given: Mapping[str, float], rate: str | None, steps: int = STEPS
) -> tuple[float, ...] | None:
    try:
        path = tuple(run(machine, START, given, slope, steps, rate))
    except (ArithmeticError, ValueError):  # Unsupported is one
        return None
    return path if all(map(math.isfinite, path)) and max(map(abs, path)) < 1e9 else None


def matches(abstract: Abstract) -> list[Match]:
    """Return every rule, plainest first, that moves the parameter as the program does; usually none or one."""
    fixed = roles_of(abstract.names, abstract.literals)
    if len(fixed) >= len(VALUES):
        return []
    table = _table(fixed)
    given = dict(zip(abstract.names, VALUES, strict=False))
    first = _path(abstract.machine, given, None, SCREENED)
    if first is None or table.reached.isdisjoint(_near(first)):
        return []
    found = []
    for place, name in enumerate(abstract.names):
        path = _path(abstract.machine, given, name)
        if path is None:
            continue
        for near in _near(path):
            for other, candidate, order in table.entries.get((place, near), ()):
                if all(math.isclose(x, y, rel_tol=AGREE, abs_tol=AGREE) for x, y in zip(path, other, strict=True)):
                    found.append(Match(candidate, dict(zip(order, abstract.names, strict=True))))
    order_of = {id(candidate): k for k, candidate in enumerate(candidates())}
    return sorted(found, key=lambda match: order_of[id(match.candidate)])


# -- exact comparison --------------------------------------------------------------------------------------------


def exactly(
    machine: Machine, given: Mapping[str, Fraction], rate: str | None, start: Fraction, steps: int
) -> list[Value]:
    """Return the path of the parameter in exact numbers, or in balls where roots are not exact."""
    with ctx.workprec(BITS):
        return run(machine, start, given, slope, steps, rate)


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
