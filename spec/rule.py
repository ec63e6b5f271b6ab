"""The one central type: a training rule written as data.

A `Rule` is a frozen state machine over the reals: `(parameter, gradient, state, hyperparameters)` to next values.
It has no behaviour of its own beyond checking itself and putting its pieces together; everything else in gradspec is
a function of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from numbers import Real
from types import MappingProxyType
from typing import Any

from sympy import Basic, Expr, Float, Indexed, IndexedBase, Rational, Reals, S, Set, Symbol, sympify
from sympy.logic.boolalg import Boolean

from .derivation import Derivation
from .lookup import look_up
from .program import Equations, Program, derived, on_top, rewritten
from .symbols import POSITIONS

KINDS = ("optimizer", "function", "layer", "sampler", "monitor")
Dialect = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a formula comes from, precise enough to be looked up."""

    work: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.work}, {self.place}" if self.place else self.work


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """A number the caller must choose: its keyword, symbol, domain, exact default and unit."""

    name: str
    symbol: Symbol
    domain: Set
    default: Rational
    doc: str
    unit: str = "1"


@dataclass(frozen=True, slots=True)
class Array:
    """An array that a function takes: its symbol, what it is, and the numbers that it may hold.

    A plain `Symbol` stands for one element of an array of any shape: the rule is applied to each. An `IndexedBase` has
    a shape in symbolic sizes. `labels` says that it holds positions along the axis of that size.
    """

    symbol: Symbol | IndexedBase
    doc: str
    domain: Set = Reals
    labels: Symbol | None = None

    @property
    def name(self) -> str:
        return str(self.symbol)

    @property
    def shape(self) -> tuple[Expr, ...]:
        return tuple(self.symbol.shape) if isinstance(self.symbol, IndexedBase) else ()


@dataclass(frozen=True, slots=True)
class Option:
    """Something a caller may ask for; at its neutral value the rule is unchanged.

    A flag has `symbol=None` and is off or on; a number has a symbol and a domain and is off at `neutral`.
    `equations` and `state` replace or add to those of the rule when the option is on. With `differentiates` the caller
    asks for the gradient with respect to those of these arrays that are there, given that with respect to the rule's
    outputs; `then` says what becomes of such gradients, in terms of `derived` ones. `arrays` are declared anew: they
    take the place of those with the same names, or follow the rule's own.
    """

    name: str
    doc: str
    symbol: Symbol | None = None
    domain: Set | None = None
    neutral: Any = False
    unit: str = "1"
    equations: Equations = field(default_factory=dict)
    state: Equations = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    source: Source | None = None
    differentiates: tuple[Symbol | IndexedBase, ...] = ()
    arrays: tuple[Array, ...] = ()
    then: Equations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AxisValue:
    """One published answer to a question that implementers decide; a convention, so `defined` and cited."""

    name: str
    equations: Equations
    source: Source
    state: Equations = field(default_factory=dict)
    requires: str | None = None  # an option without which this value cannot be told from another one


@dataclass(frozen=True, slots=True)
class Axis:
    """A question on which implementations of the rule differ. `under` names the option that makes it visible."""

    name: str
    doc: str
    values: tuple[AxisValue, ...]
    under: str | None = None

    def value(self, name: str) -> AxisValue:
        """Return the value called `name`, or raise `LookupError` naming the nearest one."""
        return look_up(f"value of {self.name}", name, {value.name: value for value in self.values})

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(value.name for value in self.values)


@dataclass(frozen=True, slots=True)
class NamedError:
    """A known mistake, of the same form as a dialect: equations put on top of a dialect, then symbols exchanged."""

    name: str
    doc: str
    source: Source
    equations: Equations = field(default_factory=dict)
    exchange: Equations = field(default_factory=dict)
    dialect: Dialect = field(default_factory=dict)
    under: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Another tree of the same function, with rounding errors of its own that an implementation may have."""

    name: str
    equations: Equations
    under: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement about a rule, computed from its formulas, that must be decided and never skipped.

    `kind` is derived, or defined where it says what a definition amounts to; `expects` is the verdict it should get.
    """

    name: str
    statement: Callable[[Rule], Boolean]
    principle: str = ""
    kind: str = "derived"
    expects: str = "proved"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rule:
    """One training rule. `let` names the intermediates, `update` gives next values from current values only.

    `kind` says what an implementation of it looks like: optimizer, function, layer, sampler or monitor.

    The gradient is a function: `gradient(point)` in a formula is the gradient at a point of the rule's own choosing.
    """

    name: str
    title: str
    doc: str
    kind: str = "optimizer"
    parameter: Symbol
    inputs: Mapping[Symbol, str] = field(default_factory=dict)
    arrays: tuple[Array, ...] = ()
    hyperparameters: tuple[Hyperparameter, ...] = ()
    state: Equations = field(default_factory=dict)
    let: Equations = field(default_factory=dict)
    update: Equations
    options: tuple[Option, ...] = ()
    axes: tuple[Axis, ...] = ()
    errors: tuple[NamedError, ...] = ()
    forms: tuple[Form, ...] = ()
    claims: tuple[Claim, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    source: Source

    def __post_init__(self) -> None:
        for name in ("inputs", "state", "let", "update"):
            frozen = {key: sympify(value) if name != "inputs" else value for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(frozen))
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: kind={self.kind!r}: must be one of {', '.join(KINDS)}")
        if self.parameter not in self.update:
            raise ValueError(f"{self.name}: update lacks the parameter {self.parameter}; give its next value")
        for names in (
            [o.name for o in self.options],
            [a.name for a in self.axes],
            [e.name for e in self.errors],
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"{self.name}: a name is used twice in {names}; names must be unique")
        self._check_symbols()

    def __repr__(self) -> str:
        return f"Rule({self.name!r})"

    def _pieces(self) -> Iterator[tuple[str, Equations]]:
        yield "rule", {**self.let, **self.update}
        for option in self.options:
            yield f"option {option.name}", {**option.equations, **option.then}
        for axis in self.axes:
            for value in axis.values:
                yield f"{axis.name}={value.name}", value.equations
        for error in self.errors:
            yield f"error {error.name}", error.equations

    def _check_symbols(self) -> None:
        values = (value for axis in self.axes for value in axis.values)
        extras: list[Option | AxisValue] = [*self.options, *values]
        declared = {
            self.parameter,
            *self.inputs,
            *self.state,
            *self.let,
            *(h.symbol for h in self.hyperparameters),
            *POSITIONS,
        }
        for array in (*self.arrays, *(a for o in self.options for a in o.arrays)):
            declared |= {array.symbol, *(s for size in array.shape for s in size.free_symbols)}
        declared |= {derived(target) for option in self.options for target in option.then}
        for extra in extras:
            declared |= {*extra.equations, *extra.state}
            if isinstance(extra, Option) and extra.symbol is not None:
                declared.add(extra.symbol)
        known = _names(declared)
        for place, equations in self._pieces():
            for target, expression in equations.items():
                if unknown := _mentions(sympify(expression)) - known:
                    names = ", ".join(sorted(unknown))
                    raise ValueError(
                        f"{self.name}, {place}: {target} uses undeclared {names}; declare it or correct the name"
                    )
                if _has_float(sympify(expression)):
                    raise ValueError(f"{self.name}, {place}: {target} contains a float; write Rational('0.1')")

    # -- looking things up ------------------------------------------------------------------------------------------

    def axis(self, name: str) -> Axis:
        """Return the axis called `name`, or raise `LookupError` naming the nearest one."""
        return look_up(f"axis of {self.name}", name, {axis.name: axis for axis in self.axes})

    def option(self, name: str) -> Option:
        """Return the option called `name`, or raise `LookupError` naming the nearest one."""
        return look_up(f"option of {self.name}", name, {option.name: option for option in self.options})

    def error(self, name: str) -> NamedError:
        """Return the named error called `name`, or raise `LookupError` naming the nearest one."""
        return look_up(f"named error of {self.name}", name, {error.name: error for error in self.errors})

    def arrays_of(self, option: str) -> tuple[str, ...]:
        """The names of the arrays that the rule has only where `option` is on."""
        own = {array.name for array in self.arrays}
        return tuple(array.name for array in self.option(option).arrays if array.name not in own)

    def switched_on(self, option: str) -> tuple[str, ...]:
        """The options that must be on for `option` to mean anything, itself included, in the rule's order."""
        wanted = {option, *self.option(option).requires}
        return tuple(o.name for o in self.options if o.name in wanted)

    def visible_axes(self, options: tuple[str, ...] | frozenset[str]) -> tuple[Axis, ...]:
        """The axes that can be seen when just `options` are on."""
        return tuple(axis for axis in self.axes if axis.under is None or axis.under in options)

    def dialects(self, on: frozenset[str], offered: frozenset[str] | None = None) -> Iterator[dict[str, str]]:
        """Every combination of the values of the axes visible under `on`.

        A value that `requires` an option is left out where that option is not `offered` (default: not on).
        """
        offered = on if offered is None else offered
        axes = self.visible_axes(on)
        choices = [[v.name for v in axis.values if v.requires is None or v.requires in offered] for axis in axes]
        for values in product(*choices):
            yield dict(zip((axis.name for axis in axes), values, strict=True))

    def complete(self, dialect: Dialect) -> dict[str, str]:
        """Check `dialect` and fill in the first value of every axis that it leaves out."""
        for name, value in dialect.items():
            self.axis(name).value(value)
        return {axis.name: dialect.get(axis.name, axis.names[0]) for axis in self.axes}

    def check_domain(self, keyword: str, value: Any) -> None:
        """Raise `ValueError` unless `value` lies in the domain of the hyperparameter or option `keyword`."""
        entries: dict[str, Hyperparameter | Option] = {h.name: h for h in self.hyperparameters}
        entries |= {o.name: o for o in self.options}
        entry = look_up(f"hyperparameter or option of {self.name}", keyword, entries)
        if entry.domain is None:
            if not isinstance(value, bool):
                raise ValueError(f"{self.name}: {keyword}={value!r}: must be True or False; it is a switch")
        elif isinstance(value, bool) or not _within(value, entry.domain):
            raise ValueError(
                f"{self.name}: {keyword}={value!r}: must lie in {interval(entry.domain)}; choose a value there"
            )

    def everything_claimed(self) -> tuple[Claim, ...]:
        """What its derivations say, then its claims."""
        return (*(derivation.claim for derivation in self.derivations), *self.claims)

    # -- putting pieces together --------------------------------------------------------------------------------------

    def parts(
        self, dialect: Dialect, options: tuple[str, ...] | frozenset[str]
    ) -> list[tuple[str, Option | AxisValue]]:
        """What is put on top of the rule's own equations, by name: options, then an AXIS=VALUE for every visible axis."""
        chosen = self.complete(dialect)
        for name in options:
            self.option(name)
        values = [axis.value(chosen[axis.name]) for axis in self.visible_axes(options)]
        named = [f"{axis.name}={value.name}" for axis, value in zip(self.visible_axes(options), values, strict=True)]
        return [*((o.name, o) for o in self.options if o.name in options), *zip(named, values, strict=True)]

    def program(
        self,
        dialect: Dialect | None = None,
        options: tuple[str, ...] | frozenset[str] = (),
        error: str | None = None,
    ) -> Program:
        """Return the rule with one value per axis and just `options` switched on, `error` put on top if given."""
        parts: list[Option | AxisValue | NamedError] = [part for _, part in self.parts(dialect or {}, options)]
        let, update, state = dict(self.let), dict(self.update), dict(self.state)
        if error is not None:
            parts.append(self.error(error))
        for part in parts:
            state |= getattr(part, "state", {})
            for target, expression in part.equations.items():
                (update if target in state or target in self.update else let)[target] = sympify(expression)
        if error is not None and (exchange := self.error(error).exchange):
            let = {s: e.xreplace(dict(exchange)) for s, e in let.items()}
            update = {s: e.xreplace(dict(exchange)) for s, e in update.items()}
        off = {o.symbol: sympify(o.neutral) for o in self.options if o.symbol is not None and o.name not in options}
        let = {s: e if _mentions(e).isdisjoint(map(str, off)) else e.xreplace(off) for s, e in let.items()}
        symbols = {h.name: h.symbol for h in self.hyperparameters}
        symbols |= {o.name: o.symbol for o in self.options if o.name in options and o.symbol is not None}
        anew = {a.name: a for o in self.options if o.name in options for a in o.arrays}
        arrays = (*(anew.pop(a.name, a) for a in self.arrays), *anew.values())
        program = Program(self.name, self.parameter, let, update, state, symbols, arrays)
        wanted = [o.differentiates for o in self.options if o.name in options and o.differentiates]
        if wanted:
            from .derivative import differentiated  # late: it is about programs

            symbols_now = {a.name: a.symbol for a in arrays}
            there = [symbols_now[str(symbol)] for symbol in wanted[0] if str(symbol) in symbols_now]
            program = differentiated(program, there)
            for option in self.options:
                if option.name in options:
                    program = on_top(program, option.then)
        forms = [f.equations for f in self.forms if error is None and (f.under is None or f.under in options)]
        return replace(program, forms=tuple(rewritten(program, equations) for equations in forms))

    def replaced(self, **changes: Any) -> Rule:
        """Return a copy with some fields changed; used to see that everything follows the formula."""
        return replace(self, **changes)


@lru_cache(maxsize=8192)  # a rule that is altered has all its other equations still
def _mentions(expression: Basic) -> frozenset[str]:
    return frozenset(_names(expression.free_symbols))


@lru_cache(maxsize=8192)
def _has_float(expression: Basic) -> bool:
    return bool(expression.has(Float))


def _names(symbols: set[Any]) -> set[str]:
    return {s.name if isinstance(s, Symbol) else str(s.base.label if isinstance(s, Indexed) else s) for s in symbols}


def interval(domain: Set) -> str:
    """Write a SymPy interval as `[0, 1)`."""
    if domain in (S.Naturals0, S.Naturals):
        return "{0, 1, 2, ...}" if domain is S.Naturals0 else "{1, 2, ...}"
    left, right = "(" if domain.left_open else "[", ")" if domain.right_open else "]"
    ends = (str(end).replace("oo", "infinity") for end in (domain.inf, domain.sup))
    return f"{left}{', '.join(ends)}{right}"


def _within(value: Any, domain: Set) -> bool:
    """Whether `value` is a finite number, of Python, NumPy or SymPy, and its exact value lies in `domain`."""
    if isinstance(value, Real) and not isinstance(value, Rational):
        exact: Any = value
        return math.isfinite(value) and Rational(*exact.as_integer_ratio()) in domain
    return isinstance(value, Rational) and value in domain
