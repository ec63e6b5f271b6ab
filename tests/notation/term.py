"""What a slide means before anybody has chosen letters: terms over roles, statements and programs, and their values.

Values are balls of python-flint, so that two of them are equal or different without a tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq

PRECISION = 200  # bits

Environment = Mapping[Any, Any]
Gradient = Callable[[arb], arb]


@dataclass(frozen=True, slots=True)
class Term:
    """A number, a role (name, then `now` or `next` or nothing) or an operator on terms."""

    head: str
    args: tuple[Any, ...]

    def __add__(self, other: Any) -> Term:
        return Term("+", (self, term(other)))

    def __radd__(self, other: Any) -> Term:
        return Term("+", (term(other), self))

    def __sub__(self, other: Any) -> Term:
        return Term("-", (self, term(other)))

    def __rsub__(self, other: Any) -> Term:
        return Term("-", (term(other), self))

    def __mul__(self, other: Any) -> Term:
        return Term("*", (self, term(other)))

    def __rmul__(self, other: Any) -> Term:
        return Term("*", (term(other), self))

    def __truediv__(self, other: Any) -> Term:
        return Term("/", (self, term(other)))

    def __rtruediv__(self, other: Any) -> Term:
        return Term("/", (term(other), self))

    def __pow__(self, other: Any) -> Term:
        return Term("^", (self, term(other)))

    def __neg__(self) -> Term:
        return Term("neg", (self,))

    @property
    def operands(self) -> tuple[Term, ...]:
        return tuple(arg for arg in self.args if isinstance(arg, Term))


def term(value: Any) -> Term:
    return value if isinstance(value, Term) else Term("number", (Fraction(value),))


def role(name: str, when: str = "") -> Term:
    return Term("role", (name, when))


def call(head: str, *args: Any) -> Term:
    return Term(head, tuple(map(term, args)))


def sqrt(value: Any) -> Term:
    return call("sqrt", value)


def walk(whole: Term) -> Iterator[Term]:
    yield whole
    for operand in whole.operands:
        yield from walk(operand)


def roles_in(whole: Term) -> set[tuple[str, str]]:
    return {part.args for part in walk(whole) if part.head == "role"}


def substituted(whole: Term, change: Mapping[Term, Term]) -> Term:
    if whole in change:
        return change[whole]
    return Term(whole.head, tuple(substituted(a, change) if isinstance(a, Term) else a for a in whole.args))


def one_changed(whole: Term, change: Callable[[Term], Iterator[Term]]) -> Iterator[Term]:
    """Every term that comes from `whole` by one change at one place."""
    yield from change(whole)
    for place, arg in enumerate(whole.args):
        if isinstance(arg, Term):
            for new in one_changed(arg, change):
                yield Term(whole.head, (*whole.args[:place], new, *whole.args[place + 1 :]))


@dataclass(frozen=True, slots=True)
class Statement:
    """`target` gets `value`; `note` marks what a writer should know, such as that it only prepares."""

    target: Term
    value: Term
    note: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """Statements done in order at every step, with what the specification calls them.

    `dialect` has the axes that the statements show, `options` the options that are on; `also` names rules
    that state the same.
    """

    rule: str
    dialect: Mapping[str, str]
    options: tuple[str, ...]
    statements: tuple[Statement, ...]
    also: tuple[str, ...] = ()

    def with_statement(self, place: int, statement: Statement) -> Program:
        rows = (*self.statements[:place], statement, *self.statements[place + 1 :])
        return Program(self.rule, self.dialect, self.options, rows, self.also)


# -- values --------------------------------------------------------------------------------------------------


def ball(value: Any) -> arb:
    ctx.prec = PRECISION
    fraction = Fraction(value)
    return arb(fmpq(fraction.numerator, fraction.denominator))


def value(whole: Term, scope: Environment, gradient: Gradient | None = None) -> Any:
    """Return what a term comes to. Raises `ArithmeticError` where it has no finite value, `KeyError` for a name without one."""
    if whole.head == "number":
        return ball(whole.args[0])
    if whole.head == "role":
        return scope[whole.args]
    if whole.head == "at":  # an array, then the name of a position
        array, position = whole.args
        return scope[("vector", array.args[0])][scope[position.args]]
    if whole.head == "sum":  # body, position, array whose entries are run over
        body, position, over = whole.args
        length = len(scope[("vector", over.args[0])])
        return sum((value(body, {**scope, position.args: k}, gradient) for k in range(length)), ball(0))
    if whole.head == "norm":  # what else is said of a vector is said of one of its entries
        return sum((x * x for x in scope[("vector", whole.args[0].args[0])]), ball(0)).sqrt()
    if whole.head == "norm1":
        return sum((abs(x) for x in scope[("vector", whole.args[0].args[0])]), ball(0))
    if whole.head == "bernoulli":  # what was drawn is given
        return scope["drawn"]
    if whole.head == "size":
        return ball(len(scope[("vector", whole.args[0].args[0])]))
    if whole.head == "cases":
        return _case(whole, scope, gradient)
    operands = [value(operand, scope, gradient) for operand in whole.operands]
    if whole.head == "gradient":
        assert gradient is not None
        return gradient(operands[0])
    found = WORK[whole.head](*operands)
    if isinstance(found, arb) and not found.is_finite():
        raise ArithmeticError(f"{whole.head} has no finite value")
    return found


def _case(whole: Term, scope: Environment, gradient: Gradient | None) -> Any:
    for result, condition in zip(whole.args[::2], whole.args[1::2], strict=True):
        if condition.head == "otherwise":
            return value(result, scope, gradient)
        left, right = (value(side, scope, gradient) for side in condition.args)
        if COMPARE[condition.head](left, right):
            return value(result, scope, gradient)
    raise ArithmeticError("no case applies")


COMPARE: dict[str, Callable[[arb, arb], bool]] = {
    "<": lambda x, y: bool(x < y),
    ">": lambda x, y: bool(x > y),
    "<=": lambda x, y: bool(x <= y),
    ">=": lambda x, y: bool(x >= y),
    "==": lambda x, y: bool(x == y),
}


def _power(x: arb, y: arb) -> arb:
    whole = y.unique_fmpz()
    return x ** int(whole) if whole is not None else x**y


WORK: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "beside": lambda x, y: x * y,  # what a lost sign leaves
    "/": lambda x, y: x / y,
    "^": _power,
    "neg": lambda x: -x,
    "sqrt": lambda x: x.sqrt(),
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "tanh": lambda x: x.tanh(),
    "abs": abs,
    "max": lambda x, y: x.max(y),
    "min": lambda x, y: x.min(y),
    "sign": lambda x: x.sgn(),
}
