"""What a rule of the specification says of each of its quantities when its inputs are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy
from sympy import Basic, Indexed, Integer, Piecewise, Rational, Sum, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Not, Or

from gradspec.spec import Program
from gradspec.spec.derivative import straight_through
from gradspec.spec.nonfinite import UNLESS_FINITE

from .arithmetic_of_formulas import Arithmetic, Undefined, Value

HEADS = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.tanh: "tanh",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.erf: "erf",
    sympy.Abs: "abs",
    sympy.sign: "sign",
    sympy.floor: "floor",
}


@dataclass(slots=True)
class Specified:
    """A program at given inputs: numbers by name, arrays as nested tuples. Values are worked out when they are asked for."""

    program: Program
    inputs: Mapping[str, Any]
    arithmetic: Arithmetic
    known: dict[tuple[str, tuple[int, ...]], Value] = field(default_factory=dict)

    def value(self, name: str, *positions: int) -> Value:
        """Return a quantity, at a position if it is an array. Raises `Undefined`."""
        place = (name, positions)
        if place not in self.known:
            self.known[place] = self._found(name, positions)
        return self.known[place]

    def _found(self, name: str, positions: tuple[int, ...]) -> Value:
        if name in self.inputs:
            value = self.inputs[name]
            for position in positions:
                value = value[position]
            return value
        known = _equations(self.program).get(name)
        if known is None:
            raise Undefined(f"{self.program.rule}: {name} has no value")
        indices, expression = known
        return self._worth(expression, dict(zip(indices, positions, strict=False)))

    def _worth(self, e: Basic, at: Mapping[str, int]) -> Value:
        arithmetic = self.arithmetic
        if isinstance(e, Rational):
            return arithmetic.number(Fraction(int(e.p), int(e.q)))
        if isinstance(e, Symbol):
            value = at[e.name] if e.name in at else self.value(e.name)
            return arithmetic.number(Fraction(value)) if isinstance(value, int) else value
        if isinstance(e, Indexed):
            return self.value(e.base.label.name, *(self._position(index, at) for index in e.indices))
        if isinstance(e, Sum):
            ((position, low, high),) = e.limits
            terms = range(self._position(low, at), self._position(high, at) + 1)
            return sum(
                (self._worth(e.function, {**at, position.name: k}) for k in terms), arithmetic.number(Fraction(0))
            )
        if isinstance(e, Piecewise):
            return arithmetic.choose([(self._later(v, at), self._truth(c, at)) for v, c in e.args])
        if isinstance(e, (straight_through, *UNLESS_FINITE)):
            return self._worth(e.args[0], at)
        if isinstance(e, sympy.KroneckerDelta):
            one, other = (self._position(part, at) for part in e.args)
            return arithmetic.number(Fraction(int(one == other)))
        return self._operation(e, [self._worth(part, at) for part in e.args])

    def _operation(self, e: Basic, args: list[Value]) -> Value:
        arithmetic = self.arithmetic
        if isinstance(e, sympy.Add):
            return sum(args[1:], args[0])
        if isinstance(e, sympy.Mul):
            whole = args[0]
            for other in args[1:]:
                whole = whole * other
            return whole
        if isinstance(e, sympy.Pow):
            return arithmetic.functions["sqrt"](args[0]) if e.exp == sympy.S.Half else arithmetic.power(*args)
        if isinstance(e, (sympy.Max, sympy.Min)):
            return arithmetic.extreme("max" if isinstance(e, sympy.Max) else "min", args)
        name = HEADS.get(type(e)) or type(e).__name__
        if name not in arithmetic.functions:
            raise Undefined(f"{name}: is not worked out")
        return arithmetic.functions[name](args[0])

    def _later(self, e: Basic, at: Mapping[str, int]) -> Any:
        return lambda: self._worth(e, at)

    def _position(self, e: Basic, at: Mapping[str, int]) -> int:
        if isinstance(e, Integer):
            return int(e)
        if isinstance(e, Symbol) and e.name in at:
            return at[e.name]
        if isinstance(e, Symbol):
            return int(self.inputs[e.name])
        labels = {one: Integer(self._label(one, at)) for one in e.atoms(Indexed)}
        written = e.xreplace(labels)
        known = {s: Integer(at.get(s.name, self.inputs.get(s.name))) for s in written.atoms(Symbol)}
        return int(written.xreplace(known))

    def _label(self, one: Indexed, at: Mapping[str, int]) -> int:
        return int(self.inputs[one.base.label.name][self._position(one.indices[0], at)])

    def _truth(self, condition: Basic, at: Mapping[str, int]) -> Any:
        if condition in (sympy.true, sympy.false):
            return bool(condition)
        if isinstance(condition, Relational):
            left, right = (self._worth(side, at) for side in condition.args)
            return self.arithmetic.compare(condition.rel_op, left, right)
        parts = [self._truth(part, at) for part in condition.args]
        if all(isinstance(part, bool) for part in parts):
            return (
                all(parts) if isinstance(condition, And) else any(parts) if isinstance(condition, Or) else not parts[0]
            )
        return {And: sympy.And, Or: sympy.Or, Not: sympy.Not}[type(condition)](*parts)


@lru_cache(maxsize=1024)
def _equations(program: Program) -> dict[str, tuple[tuple[str, ...], Basic]]:
    """What each name of a program stands for, and the names of its positions."""
    found: dict[str, tuple[tuple[str, ...], Basic]] = {}
    for equations in (program.let, program.update):
        for target, expression in equations.items():
            indices = target.indices if isinstance(target, Indexed) else ()
            found.setdefault(_name(target), (tuple(map(str, indices)), expression))
    return found


def _name(target: Basic) -> str:
    return str(target.base.label) if isinstance(target, Indexed) else str(target)
