"""Exact evaluation of a program that watches one number at a time and says when to stop.

Values are rational numbers and the two infinities; a NaN is handed over as `undefined = 1`, as the formulas of monitors
have it. Nothing here knows a particular rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import inf, isinf, isnan

from sympy import Expr, Rational, Symbol, sympify
from sympy.printing.pycode import PythonCodePrinter

from gradspec.spec import Program

Number = int | Fraction | float  # a float only where it is infinite
State = tuple[Number, ...]
Transition = Callable[..., State]


@dataclass(frozen=True, slots=True, eq=False)
class Monitor:
    """A program with its numbers: one `step` gives the next state from the metric and the state.

    `numbers` maps every hyperparameter and every option switched on to a number, by keyword. The first entry of a
    state says whether to stop (1 or 0), and is not read.
    """

    program: Program
    numbers: Mapping[str, Number]
    start: State = field(init=False)
    _given: tuple[Number, ...] = field(init=False)
    _transition: Transition = field(init=False)
    _known: dict[tuple[State, Number], State] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if missing := self.program.symbols.keys() - self.numbers.keys():
            raise ValueError(f"{self.program.rule}: {sorted(missing)[0]} is not given; give a number for it")
        given = tuple(exact(self.numbers[keyword]) for keyword in self.program.symbols)
        start, transition = _compiled(self.program)
        object.__setattr__(self, "_given", given)
        object.__setattr__(self, "_transition", transition)
        object.__setattr__(self, "start", start(*given))

    def step(self, state: State, metric: Number) -> State:
        """Return the state after an evaluation; `metric` may be infinite or NaN."""
        after = self._known.get((state, metric))
        if after is None:
            value, undefined = (0, 1) if isnan(metric) else (exact(metric), 0)
            after = self._transition(value, undefined, *self._given, *state[1:])
            if not isnan(metric):  # no NaN equals itself, and would never be found again
                self._known[state, metric] = after
        return after

    def stops_at(self, metrics: Iterable[Number]) -> int | None:
        """Return the number of the evaluation, counted from 1, that says stop first; None if none does."""
        state = self.start
        for number, metric in enumerate(metrics, start=1):
            state = self.step(state, metric)
            if state[0]:
                return number
        return None


def exact(value: Number) -> Number:
    """Return the number that `value` is; an infinity stays a float."""
    if isinstance(value, float) and isinf(value):
        return inf if value > 0 else -inf
    number = Fraction(value)
    return number.numerator if number.denominator == 1 else number


class _Printer(PythonCodePrinter):  # type: ignore[misc]
    """Prints a formula as Python code on exact numbers."""

    def _print_Symbol(self, e: Symbol) -> str:
        return _variable(e)

    def _print_Rational(self, e: Rational) -> str:
        return f"Fraction({e.p}, {e.q})"

    def _print_Infinity(self, e: Expr) -> str:
        return "inf"

    def _print_NegativeInfinity(self, e: Expr) -> str:
        return "(-inf)"


def _variable(symbol: Symbol) -> str:
    return "v_" + "".join(c if c.isalnum() else f"_{ord(c)}_" for c in symbol.name)


@lru_cache(maxsize=4096)
def _code(expression: Expr) -> str:
    return str(_Printer({"fully_qualified_modules": False}).doprint(sympify(expression)))


@lru_cache(maxsize=4096)
def _compiled(program: Program) -> tuple[Callable[..., State], Transition]:
    """The start and the transition of a program as functions, each line one equation of it."""
    states = list(program.state)
    given = [_variable(symbol) for symbol in program.symbols.values()]
    inputs = ["v_metric", "v_undefined", *given, *map(_variable, states)]
    start = ["0", *(_code(program.state[s]) for s in states)]
    after = [_code(program.update[target]) for target in (program.parameter, *states)]
    text = "\n".join([
        f"def start({', '.join(given)}):",
        f"    return ({', '.join(start)},)",
        f"def transition({', '.join(inputs)}):",
        *(f"    {_variable(symbol)} = {_code(program.let[symbol])}" for symbol in program.needed()),
        f"    return ({', '.join(after)},)",
    ])  # fmt: skip
    space: dict[str, object] = {"Fraction": Fraction, "inf": inf}
    exec(text, space)
    return space["start"], space["transition"]  # type: ignore[return-value]
