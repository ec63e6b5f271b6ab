"""Any program of the specification as a plain adapter: a test double that shares no code with the reference."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from gradspec.conformance import Implementation, Request, Result, judge
from gradspec.conformance.cases import contexts
from gradspec.spec import Program, Rule, of_kind
from gradspec.spec.program import gradient_points
from gradspec.spec.symbols import eta, t

from .covering import covering_array

RULES = tuple(of_kind("optimizer"))
DTYPES = ("float64", "float32")
Library = Mapping[str, Callable[..., Any]]


def everything(rule: Rule) -> frozenset[str]:
    """Every option of a rule."""
    return frozenset(option.name for option in rule.options)


def all_dialects(rule: Rule) -> list[dict[str, str]]:
    """The full product of the axis values."""
    return list(rule.dialects(everything(rule)))


def covering_dialects(rule: Rule) -> list[dict[str, str]]:
    """Few dialects that hold every pair of values of two axes."""
    return covering_array({axis.name: axis.names for axis in rule.axes})


def dialects_of(rule: Rule, error: str) -> list[dict[str, str]]:
    """The dialects that a named error is about and in which it changes some formula."""
    fixed = rule.error(error).dialect.items()
    return [d for d in all_dialects(rule) if fixed <= d.items() and changed(rule, d, error)]


def changed(rule: Rule, dialect: Mapping[str, str], error: str) -> bool:
    """Whether a named error is another program than the dialect, under some set of options."""
    sets = [frozenset(on) for on in contexts(rule, everything(rule))]
    return any(_program(rule, dialect, on, error) != rule.program(dialect, on) for on in sets)


def _program(rule: Rule, dialect: Mapping[str, str], on: frozenset[str], error: str | None) -> Program:
    seen = error is None or rule.error(error).under in (None, *on)
    return rule.program(dialect, on, error if seen else None)


def implementation(
    rule: Rule,
    dialect: Mapping[str, str],
    error: str | None = None,
    *,
    arrays: str = "numpy",
    offered: frozenset[str] | None = None,
    **settings: Any,
) -> Implementation:
    """A library with one rule, in one dialect, perhaps with a named error; it offers every option unless told."""
    made = Implementation("zoo", arrays=arrays, **settings)
    made.optimizer(rule.name)(adapter(rule, dialect, error, arrays=arrays, offered=offered))
    return made


def adapter(
    rule: Rule,
    dialect: Mapping[str, str],
    error: str | None = None,
    *,
    arrays: str = "numpy",
    offered: frozenset[str] | None = None,
) -> Callable[..., Callable[..., Any]]:
    """The adapter function; all programs are put together here, since an adapter may not call gradspec."""
    options = everything(rule) if offered is None else offered
    machines = {frozenset(on): _machine(rule, dialect, frozenset(on), error) for on in contexts(rule, options)}
    names = frozenset(option.name for option in rule.options)
    library = ARRAYS[arrays]

    def start(w: Any, **keywords: Any) -> Callable[..., Any]:
        return machines[names.intersection(keywords)](w, keywords, library)

    numbers = {hyperparameter.name for hyperparameter in rule.hyperparameters} - {"learning_rate"}
    start.accepts = frozenset({*numbers, *options})  # type: ignore[attr-defined]
    return start


def _machine(rule: Rule, dialect: Mapping[str, str], on: frozenset[str], error: str | None) -> Machine:
    program = _program(rule, dialect, on, error)
    lines = tuple((symbol, program.let[symbol]) for symbol in program.needed())
    return Machine(program, lines, gradient_points(program) != {rule.parameter})


@dataclass(frozen=True, slots=True)
class Machine:
    """The intermediates as lines of code, each after those it reads, taken one by one in floating point."""

    program: Program
    lines: tuple[tuple[sp.Symbol, sp.Expr], ...]
    looks_ahead: bool

    def __call__(self, w: Any, keywords: Mapping[str, Any], library: Library) -> Callable[..., Any]:
        symbols, parameter = self.program.symbols, self.program.parameter
        fixed = {symbol: keywords[name] for name, symbol in symbols.items() if name in keywords}
        start = {symbol: compute(value, fixed, library) for symbol, value in self.program.state.items()}
        state = {parameter: w} | {symbol: w * 0 + value for symbol, value in start.items()}
        count = 0

        @np.errstate(all="ignore")
        def step(gradient_at: Callable[[Any], Any], learning_rate: float) -> Any:
            nonlocal count
            count += 1
            values = {**fixed, **state, t: count, eta: learning_rate}
            for symbol, expression in self.lines:
                values[symbol] = compute(expression, values, library, gradient_at)
            updates = self.program.update.items()
            state.update({symbol: compute(e, values, library, gradient_at) for symbol, e in updates})
            return state[parameter]

        def step_at_parameter(gradient: Any, learning_rate: float) -> Any:
            return step(lambda _: gradient, learning_rate)

        return step if self.looks_ahead else step_at_parameter


def compute(
    expression: Any,
    values: Mapping[Any, Any],
    library: Library,
    gradient_at: Callable[[Any], Any] = lambda _: None,
) -> Any:
    """The value of a SymPy expression in floating point: one operation per node, quotients as quotients."""
    return reader(sp.sympify(expression))(Given(values, library, gradient_at))


class Given(NamedTuple):
    """What the value of an expression depends on."""

    values: Mapping[Any, Any]
    library: Library
    gradient_at: Callable[[Any], Any]


@cache
def reader(node: Any) -> Callable[[Given], Any]:
    """The function that computes a node from what its own nodes compute; SymPy is asked what it is only once."""
    if node.is_Symbol:
        return lambda given: given.values[node]
    if node.is_Integer:
        return _constant(int(node))
    if node.is_Rational:
        return _constant(int(node.p) / int(node.q))
    if isinstance(node, AppliedUndef):
        point = reader(node.args[0])
        return lambda given: given.gradient_at(point(given))
    if node.is_Piecewise:
        pieces = [(reader(condition), reader(branch)) for branch, condition in node.args]
        return lambda given: _branch([(condition(given), branch) for condition, branch in pieces], given)
    if node in (sp.true, sp.false):
        return _constant(bool(node))
    if node.is_Relational:
        return _applied(RELATIONS[type(node)], node.args)
    if node.is_Pow:
        base, exponent = node.args
        if exponent == sp.S.Half:
            inside = reader(base)
            return lambda given: _root(inside(given), given.library)
        if exponent.could_extract_minus_sign():
            return _applied(lambda inverse: 1 / inverse, [1 / node])
        return _applied(operator.pow, node.args)
    if node.is_Mul:
        above, below = node.as_numer_denom()
        if below != 1:
            return _applied(operator.truediv, [above, below])
        return _applied(lambda *factors: math.prod(factors), node.args)
    if node.is_Add:
        return _applied(lambda first, *others: sum(others, first), node.args)
    if isinstance(node, sp.Max):
        parts = [reader(argument) for argument in node.args]
        return lambda given: given.library["maximum"](*(part(given) for part in parts))
    raise NotImplementedError(type(node).__name__)


def _constant(value: Any) -> Callable[[Given], Any]:
    return lambda _: value


def _applied(operation: Callable[..., Any], arguments: Iterable[Any]) -> Callable[[Given], Any]:
    parts = [reader(argument) for argument in arguments]
    return lambda given: operation(*[part(given) for part in parts])


def _root(value: Any, library: Library) -> Any:
    return math.sqrt(value) if isinstance(value, (int, float)) else library["sqrt"](value)


def _branch(pieces: list[tuple[Any, Callable[[Given], Any]]], given: Given) -> Any:
    (condition, branch), *rest = pieces
    if isinstance(condition, bool):
        return branch(given) if condition else _branch(rest, given)
    return given.library["where"](condition, branch(given), _branch(rest, given))


RELATIONS: dict[Any, Callable[[Any, Any], Any]] = {
    sp.Eq: operator.eq,
    sp.StrictGreaterThan: operator.gt,
    sp.GreaterThan: operator.ge,
    sp.StrictLessThan: operator.lt,
    sp.LessThan: operator.le,
}


def _torch(name: str) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        import torch

        return getattr(torch, name)(*arguments)

    return called


ARRAYS: dict[str, dict[str, Callable[..., Any]]] = {
    "numpy": {"sqrt": np.sqrt, "maximum": np.maximum, "where": np.where},
    "torch": {name: _torch(name) for name in ("sqrt", "maximum", "where")},
}


def judged(implementation: Implementation, rule: str, dtype: str = "float64", **request: Any) -> Result:
    """The verdict on one rule in one dtype."""
    return judge(implementation, Request(rules=(rule,), dtypes=(dtype,), **request)).results[0]
