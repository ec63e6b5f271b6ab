"""Update programs as machines that run: what a deck states and what the specification states, in one form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from .tree import Call, Name, Number, Tree

BEFORE = "@before"  # what a name was when the step began
MOST_EXPONENT = 64

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
        given = {*self.carry, *(name + BEFORE for name in self.carry), self.step[0]}
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

    `rate` is the name of the learning rate, which changes from step to step unless it is to stay `constant`.
    """
    exact = not isinstance(start, float)
    whole = (lambda k: Fraction(k)) if exact else float
    state: dict[str, Value] = {name: value(machine.initial[name], dict(given), gradient) for name in machine.initial}
    state[machine.parameter] = start
    path = []
    for k in range(steps):
        scope: dict[str, Value] = {**given, machine.step[0]: whole(machine.step[1] + k)}
        if rate is not None and not constant:
            scope[rate] = given[rate] * (SCHEDULE[k] if exact else float(SCHEDULE[k]))
        scope |= state
        scope |= {name + BEFORE: held for name, held in state.items()}
        for target, tree in machine.lines:
            scope[target] = value(tree, scope, gradient)
        state = {name: scope[source] for name, source in machine.carry.items()}
        path.append(state[machine.parameter])
    return path


# -- values --------------------------------------------------------------------------------------------------


def value(tree: Tree, scope: Mapping[str, Value], gradient: Gradient) -> Value:
    """Return what a tree comes to: a float where the scope holds floats, else exact as long as nothing is irrational."""
    if isinstance(tree, Number):
        return _like(tree.value, scope)
    if isinstance(tree, Name):
        try:
            return scope[tree.base]
        except KeyError:
            raise Unsupported(f"{tree.base} has no value") from None
    if tree.head == "cases":
        return _case(tree, scope, gradient)
    args = [value(arg, scope, gradient) for arg in tree.args]
    if tree.head == "gradient":
        return gradient(args[0])
    work = OPERATORS.get(tree.head)
    if work is None:
        raise Unsupported(f"{tree.head} is no arithmetic on single numbers")
    return work(*args)


def _like(number: Fraction, scope: Mapping[str, Value]) -> Value:
    return float(number) if any(type(held) is float for held in scope.values()) else number


def _case(tree: Call, scope: Mapping[str, Value], gradient: Gradient) -> Value:
    for result, condition in zip(tree.args[::2], tree.args[1::2], strict=True):
        if holds(condition, scope, gradient):
            return value(result, scope, gradient)
    raise Unsupported("no case applies")


def holds(condition: Tree, scope: Mapping[str, Value], gradient: Gradient) -> bool:
    """Return whether a condition holds."""
    if isinstance(condition, Call) and condition.head == "otherwise":
        return True
    if not (isinstance(condition, Call) and condition.head in COMPARISONS and len(condition.args) == 2):
        raise Unsupported("a condition that is no comparison")
    left, right = (value(arg, scope, gradient) for arg in condition.args)
    return bool(COMPARISONS[condition.head](left, right))


COMPARISONS: dict[str, Callable[[Value, Value], Any]] = {
    "<": lambda x, y: x < y,
    ">": lambda x, y: x > y,
    "<=": lambda x, y: x <= y,
    ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
}


def _sum(*args: Value) -> Value:
    total = args[0]
    for arg in args[1:]:
        total = _pair(total, arg, lambda x, y: x + y)
    return total


def _product(*args: Value) -> Value:
    whole = args[0]
    for arg in args[1:]:
        whole = _pair(whole, arg, lambda x, y: x * y)
    return whole


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
    if isinstance(exponent, float):
        if abs(exponent) > MOST_EXPONENT:
            raise Unsupported(f"exponent={exponent}: is beyond {MOST_EXPONENT}")
        result = base**exponent
        if isinstance(result, complex):
            raise Unsupported("a root of a negative number")
        return result
    if exponent == Fraction(1, 2):
        return _root(base)
    return _ball(base) ** _ball(exponent)


def _root(x: Value) -> Value:
    if isinstance(x, float):
        return math.sqrt(x)
    if isinstance(x, arb):
        return x.sqrt()
    if x < 0:
        raise Unsupported("a root of a negative number")
    above, below = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if above**2 == x.numerator and below**2 == x.denominator:
        return Fraction(above, below)
    return _ball(x).sqrt()


def _sign(x: Value) -> Value:
    kind = type(x) if not isinstance(x, arb) else Fraction
    return kind((x > 0) - (x < 0))


OPERATORS: dict[str, Callable[..., Value]] = {
    "+": _sum,
    "*": _product,
    "/": lambda x, y: _pair(x, y, lambda a, b: a / b),
    "neg": lambda x: -x,
    "^": _power,
    "sqrt": lambda x, *order: _root(x) if not order else _power(x, 1 / order[0]),
    "abs": abs,
    "sign": _sign,
    "max": lambda *args: max(args),
    "min": lambda *args: min(args),
    "exp": lambda x: math.exp(x) if isinstance(x, float) else _ball(x).exp(),
    "log": lambda x: math.log(x) if isinstance(x, float) else _ball(x).log(),
}
