"""Exact densities, cumulative probabilities, moments and quantiles of a program whose parameter is a density.

Antiderivatives are found by SymPy, once for each formula, and evaluated in balls; what has none in closed form is integrated
numerically, with a rigorous error. Nothing here knows a particular rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache, reduce
from itertools import pairwise
from math import inf
from operator import add, methodcaller, mul
from typing import Any

from flint import acb, arb, ctx, fmpq
from sympy import Abs, Expr, Integral, Piecewise, S, Symbol, integrate, limit, oo, pi
from sympy.core.relational import Relational

from gradspec.spec import Program

BITS = 160
Number = int | Fraction | float
Values = Mapping[Symbol, Any]


@dataclass(frozen=True)
class Distribution:
    """The distribution of `variable` whose density is the parameter of `program`.

    `numbers` maps every other input, hyperparameter and option that the formulas use to its number. Results are enclosures
    (`arb`) of radius about 2^-150 of their size; points are Python floats or fractions, and may be infinite.
    """

    program: Program
    variable: Symbol
    numbers: Mapping[Symbol, Number]
    _pieces: tuple[_Piece, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        with ctx.workprec(BITS):
            object.__setattr__(self, "_pieces", tuple(self._cut()))

    def _cut(self) -> list[_Piece]:
        """The density, cut where its conditions change; pieces that are zero are left out."""
        formula, rest = self._opened()
        values: dict[Symbol, arb] = {s: _ball(v) for s, v in self.numbers.items()}
        for symbol, equation in rest.items():
            values[symbol] = evaluate(equation, values)
        branches = formula.args if isinstance(formula, Piecewise) else ((formula, S.true),)
        places: list[arb] = []
        for _, condition in branches:
            for relation in condition.atoms(Relational):
                places += _edges(relation, self.variable, values)
        places.sort(key=float)
        ends = [_ball(-inf), *places, _ball(inf)]
        pieces = []
        for low, high in pairwise(ends):
            here = {**values, self.variable: _between(low, high)}
            expression = next(e for e, condition in branches if _holds(condition, here))
            if expression != 0:
                pieces.append(_Piece(low, high, expression, self.variable, values))
        return pieces

    def _opened(self) -> tuple[Expr, dict[Symbol, Expr]]:
        """The density with everything in it that depends on the variable, and the equations of what does not, in order."""
        rest = {s: self.program.let[s] for s in self.program.needed()}
        infinite = {s: e for s, e in rest.items() if e in (oo, -oo)}
        formula = self.program.update[self.program.parameter].xreplace(infinite)
        rest = {s: e.xreplace(infinite) for s, e in rest.items() if s not in infinite}
        for symbol in reversed(list(rest)):
            if self.program.formula(symbol).has(self.variable):
                formula = formula.xreplace({symbol: rest.pop(symbol)})
        return formula, rest

    def density(self, point: Number) -> arb:
        """Return the density at `point`; at an edge, that of the side which includes more."""
        with ctx.workprec(BITS):
            found = [p.density(_ball(point)) for p in self._pieces if p.holds(_ball(point))]
            return max(found, key=float, default=arb(0))

    def below(self, point: Number) -> arb:
        """Return the probability of values up to `point`."""
        with ctx.workprec(BITS):
            return sum((p.mass_below(_ball(point)) for p in self._pieces), arb(0))

    @cached_property
    def mass(self) -> arb:
        """The integral of the density, which is 1 if it is one."""
        return self.below(inf)

    def moment(self, n: int) -> arb:
        """Return the mean of the n-th power."""
        with ctx.workprec(BITS):
            return sum((p.moment(n) for p in self._pieces), arb(0))

    @cached_property
    def _second_moment(self) -> arb:
        return self.moment(2)

    @cached_property
    def support(self) -> tuple[arb, arb]:
        """The smallest and the largest value; infinite where there is none."""
        return self._pieces[0].low, self._pieces[-1].high

    def quantile(self, probability: float) -> float:
        """Return a float below which the given share lies, up to 1e-12 of the share; Newton's method, kept in a bracket."""
        if not 0 < probability < 1:
            raise ValueError(f"probability={probability}: must lie between 0 and 1; pass the share that lies below")
        low, high = (float(end) for end in self.support)
        spread = max(float(self._second_moment) ** 0.5, 1e-300)
        low, high = max(low, -40 * spread), min(high, 40 * spread)
        point: float = 0.5 * (low + high)
        for _ in range(200):
            beyond = float(self.below(point)) - probability
            if abs(beyond) <= 1e-12 * min(probability, 1 - probability):
                break
            low, high = (low, point) if beyond > 0 else (point, high)
            height = float(self.density(point))
            step = point - beyond / height if height > 0 else inf
            following = step if low < step < high else 0.5 * (low + high)
            if following == point:
                break
            point = following
        return point


@dataclass(frozen=True)
class _Piece:
    """One formula of the density, between two ends."""

    low: arb
    high: arb
    expression: Expr
    variable: Symbol
    values: Values
    _known: dict[int, tuple[Any, Callable[[arb], Any] | None]] = field(init=False, repr=False, default_factory=dict)

    def holds(self, point: arb) -> bool:
        return not (point < self.low or point > self.high)

    @cached_property
    def density(self) -> Callable[[Any], Any]:
        return evaluator(self.expression, self.variable, self.values)

    def mass_below(self, point: arb) -> Any:
        if not point > self.low:
            return arb(0)
        return self._mass if not point < self.high else self._integral(0, self.low, point)

    @cached_property
    def _mass(self) -> Any:
        return self.moment(0)

    def moment(self, n: int) -> Any:
        return self._integral(n, self.low, self.high)

    def _integral(self, n: int, low: arb, high: arb) -> Any:
        factor, primitive = self._primitive(n)
        if primitive is not None:
            return factor * (primitive(high) - primitive(low))
        if not (low.is_finite() and high.is_finite()):
            raise NotImplementedError(f"{self.expression}: SymPy finds no antiderivative, and the support is unbounded")
        integrand = evaluator(self.expression * self.variable**n, self.variable, self.values)
        return acb.integral(lambda point, _: integrand(point), low, high).real

    def _primitive(self, n: int) -> tuple[Any, Callable[[arb], Any] | None]:
        """A factor and an antiderivative of the rest times x^n, as a function of points; None where SymPy finds none."""
        if n not in self._known:
            factor, shape = self.expression.as_independent(self.variable, as_Add=False)
            formula = _antiderivative(shape, self.variable, n)
            inside = None if formula is None else evaluator(formula, self.variable, self.values)
            ends: dict[bool, Any] = {}

            def primitive(point: arb) -> Any:
                if inside is not None and point.is_finite():
                    return inside(point)
                up = bool(point > 0)
                if up not in ends:
                    ends[up] = evaluate(_limit(shape, self.variable, n, oo if up else -oo), self.values)
                return ends[up]

            self._known[n] = (evaluate(factor, self.values), None if inside is None else primitive)
        return self._known[n]


@lru_cache(maxsize=1024)
def _antiderivative(shape: Expr, variable: Symbol, n: int) -> Expr | None:
    found = integrate(shape * variable**n, variable)
    return None if found.has(Integral) or found.has(Piecewise) else found


@lru_cache(maxsize=1024)
def _limit(shape: Expr, variable: Symbol, n: int, end: Expr) -> Expr:
    return limit(_antiderivative(shape, variable, n), variable, end)


def _edges(relation: Relational, variable: Symbol, values: Values) -> list[arb]:
    """Where a comparison of the variable, or of its size, with a number changes its truth."""
    side = relation.lhs if relation.lhs.has(variable) else relation.rhs
    other = evaluate(relation.rhs if side is relation.lhs else relation.lhs, values)
    if side == variable:
        return [other]
    if side == Abs(variable):
        return [-other, other]
    raise NotImplementedError(f"{relation}: must compare {variable} or its size with a number; write it that way")


def _between(low: arb, high: arb) -> arb:
    if low.is_finite() and high.is_finite():
        return (low + high) / 2
    return high - 1 if high.is_finite() else low + 1 if low.is_finite() else arb(0)


def _holds(condition: Any, values: Values) -> bool:
    if condition in (S.true, S.false):
        return bool(condition)
    if isinstance(condition, Relational):
        return bool(evaluate(condition.gts, values) > evaluate(condition.lts, values))
    parts = [_holds(part, values) for part in condition.args]
    return all(parts) if condition.func.__name__ == "And" else any(parts)


def _ball(value: Number) -> arb:
    if isinstance(value, float) and value in (inf, -inf):
        return arb.pos_inf() if value > 0 else arb.neg_inf()
    exact = Fraction(value)
    return arb(fmpq(exact.numerator, exact.denominator))


def evaluate(e: Expr, values: Values) -> Any:
    """Return the value of a formula in balls; every symbol in it has one."""
    return evaluator(e, None, values)(arb(0))


def evaluator(e: Expr, variable: Symbol | None, values: Values) -> Callable[[Any], Any]:
    """Return the formula as a function of the variable's value; what does not depend on it is evaluated once, here."""
    if e == variable:
        return lambda point: point
    if not e.args:
        constant = _leaf(e, values)
        return lambda point: constant
    operation = _operation(e)
    args = [evaluator(a, variable, values) for a in e.args]
    if variable is None or not e.has(variable):
        whole = operation(*(a(None) for a in args))
        return lambda point: whole
    if len(args) == 1:
        (only,) = args
        return lambda point: operation(only(point))
    return lambda point: operation(*(a(point) for a in args))


def _leaf(e: Expr, values: Values) -> Any:
    if isinstance(e, Symbol):
        return values[e]
    if e.is_Rational:
        return arb(fmpq(int(e.p), int(e.q)))
    if e == pi:
        return arb.pi()
    raise NotImplementedError(f"{e}: has no value in balls; write numbers as rationals")


def _operation(e: Expr) -> Callable[..., Any]:
    """What the root of a formula does with the values of its arguments."""
    if e.is_Add:
        return lambda *args: reduce(add, args)
    if e.is_Mul:
        return lambda *args: reduce(mul, args)
    if e.is_Pow and e.exp.is_Integer:
        exponent = int(e.exp)
        return lambda base, _: base**exponent
    if e.is_Pow and (2 * e.exp).is_Integer:
        twice = int(2 * e.exp)
        return lambda base, _: base.sqrt() ** twice
    if e.is_Pow:
        return lambda base, exponent: base**exponent
    if isinstance(e, Abs):
        return abs
    name = type(e).__name__  # exp, log, erf, erfc, ...
    if len(e.args) != 1 or not hasattr(arb, name):
        raise NotImplementedError(f"{e}: the value of {name} in balls; write it with exp, log, erf or roots")
    return methodcaller(name)
