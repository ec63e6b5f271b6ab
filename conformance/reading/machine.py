"""Update programs as machines that run: what a deck states and what the specification states, in one form."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

from flint import arb, fmpq

from .tree import Call, Name, Number, Tree

BEFORE = "@before"  # what a name was when the step began
START = "@start"  # where the parameter starts
GRADIENT = "@gradient function"
MOST_EXPONENT = 64
MANY = 10_000
# How many operands there are at least and at most, where it is not just one.
OPERANDS = {
    "+": (1, MANY),
    "*": (1, MANY),
    "/": (2, 2),
    "^": (2, 2),
    "sqrt": (1, 2),
    "max": (2, MANY),
    "min": (2, MANY),
}

Value = Any  # float, Fraction or arb
Gradient = Callable[[Value], Value]


class Unsupported(ValueError):
    """Something in a formula that is no arithmetic on single numbers."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Lines that are done in order at every step, then each state takes the value of the name that `carry` gives it.

    Within a step `m` is the value that the lines gave last, `m@before` what it was when the step began. `step` is the
    name that counts the steps and what it is at the first one.
    """

    parameter: str
    lines: tuple[tuple[str, Tree], ...]
    carry: Mapping[str, str]
    initial: Mapping[str, Tree]
    step: tuple[str, int] = ("t", 1)

    def free(self) -> tuple[str, ...]:
        """The names that the lines read and nothing gives a value to: the hyperparameters."""
        given = {*self.carry, *(name + BEFORE for name in self.carry), self.step[0], START}
        found: dict[str, None] = {}
        trees = [tree for _, tree in self.lines] + list(self.initial.values())
        for (target, _), tree in zip([*self.lines, *((None, t) for t in self.initial.values())], trees, strict=True):
            for name in names_in(tree):
                if name not in given:
                    found[name] = None
            if target is not None:
                given.add(target)
        return tuple(found)


def names_in(tree: Tree) -> list[str]:
    """The names in a tree, in reading order."""
    if isinstance(tree, Name):
        return [tree.base]
    return [name for arg in tree.args for name in names_in(arg)] if isinstance(tree, Call) else []


# What the learning rate is at the first steps, as shares of the first: it must change for its place to be seen.
SCHEDULE = (Fraction(1), Fraction(3, 4), Fraction(5, 4), Fraction(2, 3))


def run(
    machine: Machine,
    start: Value,
    given: Mapping[str, Value],
    gradient: Gradient,
    steps: int,
    rate: str | None = None,
    constant: bool = False,
) -> list[Value]:
    """Return the parameter after each of so many steps. Raises `Unsupported` and what arithmetic raises.

    With a float to start from everything is in floats; else exact, in balls where roots are not exact. `rate` is the
    name of the learning rate, which changes from step to step unless it is to stay `constant`.
    """
    return run_prepared(prepared(machine, not isinstance(start, float)), start, given, gradient, steps, rate, constant)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A machine whose lines are functions of what the names hold."""

    machine: Machine
    exact: bool
    lines: tuple[tuple[str, Work], ...]
    initial: tuple[tuple[str, Work], ...]


def prepared(machine: Machine, exact: bool) -> Prepared:
    """Return the machine ready to run many times. Raises `Unsupported` for what is no arithmetic on single numbers."""
    return Prepared(
        machine,
        exact,
        tuple((target, work(tree, exact)) for target, tree in machine.lines),
        tuple((name, work(tree, exact)) for name, tree in machine.initial.items()),
    )


def run_prepared(
    ready: Prepared,
    start: Value,
    given: Mapping[str, Value],
    gradient: Gradient,
    steps: int,
    rate: str | None = None,
    constant: bool = False,
) -> list[Value]:
    """Do what `run` does."""
    machine, number = ready.machine, _numbers(ready.exact)
    basis: dict[str, Value] = {**given, GRADIENT: gradient, START: start}
    state = {name: first(basis) for name, first in ready.initial}
    state[machine.parameter] = start
    path = []
    for k in range(steps):
        scope = {**basis, machine.step[0]: number(Fraction(machine.step[1] + k)), **state}
        if rate is not None and not constant:
            scope[rate] = given[rate] * number(SCHEDULE[k])
        for name, held in state.items():
            scope[name + BEFORE] = held
        for target, line in ready.lines:
            scope[target] = line(scope)
        state = {name: scope[source] for name, source in machine.carry.items()}
        path.append(state[machine.parameter])
    return path


# -- values --------------------------------------------------------------------------------------------------

Scope = dict[str, Value]
Work = Callable[[Scope], Value]


def _numbers(exact: bool) -> Callable[[Fraction], Value]:
    return (lambda number: number) if exact else float


def work(tree: Tree, exact: bool) -> Work:
    """Return the function that works out a tree from what its names hold. Raises `Unsupported`."""
    if isinstance(tree, Number):
        number = _numbers(exact)(tree.value)
        return lambda scope: number
    if isinstance(tree, Name):
        return _reader(tree.base)
    if tree.head == "cases":
        return _cases(tree, exact)
    args = [work(arg, exact) for arg in tree.args]
    if tree.head == "gradient":
        (point,) = args
        return lambda scope: scope[GRADIENT](point(scope))
    done = (EXACT if exact else FLOAT).get(tree.head)
    least, most = OPERANDS.get(tree.head, (1, 1))
    if done is None or not least <= len(args) <= most:
        raise Unsupported(f"{tree.head} of {len(args)} is no arithmetic on single numbers")
    return _done(done, args)


def _reader(name: str) -> Work:
    def read(scope: Scope) -> Value:
        try:
            return scope[name]
        except KeyError:
            raise Unsupported(f"{name} has no value") from None

    return read


def _done(do: Callable[..., Value], args: Sequence[Work]) -> Work:
    if len(args) == 1:
        (only,) = args
        return lambda scope: do(only(scope))
    if len(args) == 2:
        first, second = args
        do = BINARY.get(do, do)
        return lambda scope: do(first(scope), second(scope))
    return lambda scope: do(*[arg(scope) for arg in args])


def _cases(tree: Call, exact: bool) -> Work:
    parts = [
        (_condition(condition, exact), work(result, exact))
        for result, condition in zip(tree.args[::2], tree.args[1::2], strict=True)
    ]

    def chosen(scope: Scope) -> Value:
        for holds, result in parts:
            if holds(scope):
                return result(scope)
        raise Unsupported("no case applies")

    return chosen


def _condition(condition: Tree, exact: bool) -> Callable[[Scope], bool]:
    if isinstance(condition, Call) and condition.head == "otherwise":
        return lambda scope: True
    if not (isinstance(condition, Call) and condition.head in COMPARISONS and len(condition.args) == 2):
        raise Unsupported("a condition that is no comparison")
    left, right = (work(arg, exact) for arg in condition.args)
    compare = COMPARISONS[condition.head]
    return lambda scope: bool(compare(left(scope), right(scope)))


COMPARISONS: dict[str, Callable[[Value, Value], Any]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _of_two(work: Callable[[Value, Value], Value]) -> Callable[..., Value]:
    return lambda *args: reduce(lambda x, y: _pair(x, y, work), args)


def _pair(x: Value, y: Value, work: Callable[[Value, Value], Value]) -> Value:
    """Do `work` on two values, in balls where one of them is a ball."""
    if isinstance(x, arb) or isinstance(y, arb):
        return work(_ball(x), _ball(y))
    return work(x, y)


def _ball(x: Value) -> arb:
    return x if isinstance(x, arb) else arb(fmpq(x.numerator, x.denominator))


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        if abs(exponent) > MOST_EXPONENT:
            raise Unsupported(f"exponent={exponent}: is beyond {MOST_EXPONENT}")
        return base ** int(exponent)
    if exponent == Fraction(1, 2):
        return _root(base)
    return _ball(base) ** _ball(exponent)


def _root(x: Value) -> Value:
    if isinstance(x, arb):
        return x.sqrt()
    if x < 0:
        raise Unsupported("a root of a negative number")
    above, below = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if above**2 == x.numerator and below**2 == x.denominator:
        return Fraction(above, below)
    return _ball(x).sqrt()


def _extreme(
    args: Sequence[Value], plain: Callable[[Sequence[Value]], Value], of_balls: Callable[[arb, arb], arb]
) -> Value:
    if any(isinstance(arg, arb) for arg in args):
        return reduce(of_balls, map(_ball, args))
    return plain(args)


def _float_power(base: float, exponent: float) -> float:
    if abs(exponent) > MOST_EXPONENT:
        raise Unsupported(f"exponent={exponent}: is beyond {MOST_EXPONENT}")
    result: float | complex = base**exponent
    if isinstance(result, complex):
        raise Unsupported("a root of a negative number")
    return result


def _float_sum(*args: float) -> float:
    return sum(args)


def _float_product(*args: float) -> float:
    return math.prod(args)


BINARY: dict[Callable[..., Value], Callable[..., Value]] = {  # what is quicker for two
    _float_sum: operator.add,
    _float_product: operator.mul,
}

FLOAT: dict[str, Callable[..., Value]] = {
    "+": _float_sum,
    "*": _float_product,
    "/": operator.truediv,
    "neg": operator.neg,
    "^": _float_power,
    "sqrt": lambda x, *order: math.sqrt(x) if not order else _float_power(x, 1 / order[0]),
    "abs": abs,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "max": max,
    "min": min,
    "exp": math.exp,
    "log": math.log,
}

EXACT: dict[str, Callable[..., Value]] = {
    "+": _of_two(operator.add),
    "*": _of_two(operator.mul),
    "/": _of_two(operator.truediv),
    "neg": operator.neg,
    "^": _power,
    "sqrt": lambda x, *order: _root(x) if not order else _power(x, 1 / order[0]),
    "abs": abs,
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
    "max": lambda *args: _extreme(args, max, arb.max),
    "min": lambda *args: _extreme(args, min, arb.min),
    "exp": lambda x: _ball(x).exp(),
    "log": lambda x: _ball(x).log(),
}
