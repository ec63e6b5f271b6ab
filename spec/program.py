"""A rule with every choice made, and what its equations come to when they are put into one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sympy import Basic, Expr, Indexed, IndexedBase, Sum, Symbol
from sympy.core.function import AppliedUndef

if TYPE_CHECKING:
    from .rule import Array

Equations = Mapping[Symbol, Expr]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A rule with every choice made: one dialect, a set of options switched on, perhaps a named error.

    Programs of equal formulas are equal, and hash alike.
    """

    rule: str
    parameter: Symbol
    let: Equations
    update: Equations  # next values; the keys are the parameter and the state
    state: Equations  # initial values
    symbols: Mapping[str, Symbol]  # keyword -> symbol, for hyperparameters and the options switched on
    arrays: tuple[Array, ...] = ()
    forms: tuple[Program, ...] = ()  # the same function, evaluated in other ways
    key: tuple[Any, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = (self.let, self.update, self.state, self.symbols)
        key = tuple(frozenset(part.items()) for part in parts)
        object.__setattr__(self, "key", (self.parameter, *key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def needed(self) -> tuple[Symbol, ...]:
        """The intermediates that the update uses, each after those it depends on; a recurrence depends on itself."""
        done: dict[Symbol, None] = {}

        def visit(expression: Basic, above: tuple[Symbol, ...]) -> None:
            for symbol in self.mentioned(expression):
                if above and symbol == above[-1] and recurs(symbol, expression):
                    continue
                if symbol in above:
                    raise ValueError(
                        f"{self.rule}: {symbol} is defined by itself; write one of its equations another way"
                    )
                if symbol not in done:
                    visit(self.let[symbol], (*above, symbol))
                    done[symbol] = None

        for expression in self.update.values():
            visit(expression, ())
        return tuple(done)

    def mentioned(self, expression: Basic) -> list[Symbol]:
        """The intermediates that stand in `expression` itself; an element of an array stands for its equation."""
        named = {symbol.base if isinstance(symbol, Indexed) else symbol: symbol for symbol in self.let}
        return [named[part] for part in _parts(expression) if part in named]

    def formula(self, target: Symbol) -> Expr:
        """Return the next value of `target` (or an intermediate) written out in inputs, state and hyperparameters."""
        return _written_out(self, target)

    def needed_by(self, expression: Expr) -> tuple[Symbol, ...]:
        return replace(self, update={self.parameter: expression}).needed()


@lru_cache(maxsize=8192)  # programs of a rule have most of their equations in common
def _parts(expression: Basic) -> tuple[Symbol | IndexedBase, ...]:
    """The symbols and arrays that stand in an expression, by name."""
    return tuple(sorted({e.base if isinstance(e, Indexed) else e for e in expression.atoms(Symbol, Indexed)}, key=str))


@lru_cache(maxsize=4096)  # claims ask for the same formulas again and again
def _written_out(program: Program, target: Symbol) -> Expr:
    expression = program.update.get(target, program.let.get(target, target))
    for symbol in reversed(program.needed_by(expression)):
        expression = put_in(expression, symbol, program.let[symbol])
    return expression


def recurs(target: Expr, equation: Expr) -> bool:
    """Whether an array refers to itself in its equation, always at a fixed distance from the element that is defined."""
    own = [e for e in equation.atoms(Indexed) if isinstance(target, Indexed) and e.base == target.base]
    return bool(own) and all(
        any((a - b).is_Integer and a != b for a, b in zip(e.indices, target.indices, strict=True)) for e in own
    )


@lru_cache(maxsize=16384)  # programs of a rule begin alike
def put_in(expression: Expr, target: Symbol | Indexed, value: Expr) -> Expr:
    """Return `expression` with `value` for `target`; for an element of an array, at every position where it stands."""
    if not isinstance(target, Indexed):
        return expression.xreplace({target: value})
    elements = [e for e in expression.atoms(Indexed) if e.base == target.base]
    return expression.xreplace({e: at(value, target.indices, e.indices) for e in elements})


def at(value: Expr, indices: tuple[Expr, ...], positions: tuple[Expr, ...]) -> Expr:
    """Return the equation `value`, which is written at `indices`, at other positions; bound positions make way."""
    bound = {limit[0] for total in value.atoms(Sum) for limit in total.limits}
    met = {*indices}.union(*(p.free_symbols for p in positions)) & bound
    fresh = {symbol: primed(symbol, value, *positions) for symbol in sorted(met, key=str)}
    return value.xreplace(fresh).xreplace(dict(zip(indices, positions, strict=True)))


def derived(gradient: Expr) -> Expr:
    """What a gradient was derived to be, for equations that make something else of it."""
    if isinstance(gradient, Indexed):
        base = gradient.base
        return IndexedBase(f"{base.label}_derived", shape=base.shape, real=True)[gradient.indices]
    return Symbol(f"{gradient}_derived", real=True)


def primed(position: Symbol, *expressions: Basic) -> Symbol:
    """A position with a name that none of the expressions use; always the same one, so that equal programs stay equal."""
    taken = {str(s) for e in expressions for s in e.atoms(Symbol)}
    name = f"{position}'"
    while name in taken:
        name += "'"
    return Symbol(name, integer=True, nonnegative=True)


def gradient_points(program: Program) -> set[Expr]:
    """The points at which `program` asks for the gradient, written out in current values."""
    calls = {call for target in program.update for call in program.formula(target).atoms(AppliedUndef)}
    return {call.args[0] for call in calls}


def on_top(program: Program, equations: Equations) -> Program:
    """Return `program` with other equations for its outputs, which find what they were as `derived`."""
    let = {**program.let, **{derived(target): program.update[target] for target in equations}}
    return replace(program, let=let, update={**program.update, **equations})


def rewritten(program: Program, equations: Equations) -> Program:
    """Return `program` with other equations for some of its targets."""
    update = {target: equations.get(target, value) for target, value in program.update.items()}
    let = {**program.let, **{s: e for s, e in equations.items() if s not in update}}
    return replace(program, let=let, update=update)
