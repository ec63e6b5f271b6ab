"""What a witness measures of a program: values of functions, steps of optimizers, variances of samplers, ends of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Integer, Symbol, sympify

from ..example import worked_example
from ..initializers.kernel import inputs, outputs, receptive_field, sigma, variance
from ..monitoring import metric, patience, stop, undefined
from ..optimizers.trajectory import step as step_of
from ..program import Program, gradient_points
from ..symbols import gradient, t, w
from .entry import Point

ONE = Integer(1)


def settings(program: Program, at: Point) -> dict[Symbol, Expr]:
    """The hyperparameters of a program among the numbers of a point, by keyword."""
    return {symbol: sympify(at[name]) for name, symbol in program.symbols.items() if name in at}


def value(program: Program, at: Point) -> Expr | tuple[Expr, ...]:
    """What a function or a layer gives, element by element, for the arrays and hyperparameters of a point."""
    arrays = {array.name: array for array in program.arrays if array.name in at}
    sizes: dict[Symbol, int] = {}
    for name, array in arrays.items():
        for length, size in zip(_shape(at[name]), array.shape, strict=False):
            if size.is_Symbol:
                sizes[size] = length
    numbers = settings(program, at)
    given = {name: at[name] for name in arrays}
    target = program.parameter
    shape = tuple(int(size.xreplace(sizes)) for size in getattr(getattr(target, "base", None), "shape", ()))
    found = tuple(
        worked_example(program, target, sizes, place, **given).xreplace(numbers).doit() for place in _places(shape)
    )
    return found if shape else found[0]


def _shape(values: Any) -> tuple[int, ...]:
    return (len(values), *_shape(values[0])) if isinstance(values, (tuple, list)) else ()


def _places(shape: Sequence[int]) -> list[tuple[int, ...]]:
    places: list[tuple[int, ...]] = [()]
    for size in shape:
        places = [(*place, k) for place in places for k in range(size)]
    return places


def run(program: Program, at: Point) -> list[Mapping[Symbol, Expr]]:
    """Parameter and state after each of `steps` steps, at the gradient `curvature` times the point, or `slope`."""
    numbers, steps = settings(program, at), int(str(at["steps"]))
    rates = at.get("learning_rates")
    now: dict[Symbol, Expr] = {**program.state, w: sympify(at.get("start", 0))}
    found: list[Mapping[Symbol, Expr]] = []
    for number in range(1, steps + 1):
        rate = {program.symbols["learning_rate"]: sympify(rates[number - 1])} if isinstance(rates, tuple) else {}
        known = {**numbers, **rate, t: sympify(at.get("t", number)), **now}
        now = {target: _at(program.formula(target), known, at) for target in program.update}
        found.append(now)
    return found


def _at(formula: Expr, known: Mapping[Symbol, Expr], at: Point) -> Expr:
    number = formula.xreplace(dict(known))
    if "slope" in at:
        return number.replace(gradient, lambda point: sympify(at["slope"]))
    return number.replace(gradient, lambda point: sympify(at["curvature"]) * point)


def parameter(program: Program, at: Point) -> tuple[Expr, ...]:
    """The parameter after every step."""
    return tuple(state[w] for state in run(program, at))


def last_parameter(program: Program, at: Point) -> Expr:
    """The parameter after the last step."""
    return parameter(program, at)[-1]


def last_size(program: Program, at: Point) -> Expr:
    """The size of the parameter after the last step."""
    return abs(last_parameter(program, at))


def state_called(name: str) -> Any:
    """Return the measure of a state after every step."""

    def measure(program: Program, at: Point) -> tuple[Expr, ...]:
        (symbol,) = (symbol for symbol in program.state if str(symbol) == name)
        return tuple(state[symbol] for state in run(program, at))

    return measure


def next_parameter(program: Program, at: Point) -> Expr:
    """The parameter after a step from the state that the point gives, at the gradient `slope`."""
    given = {symbol: sympify(at[str(symbol)]) for symbol in (w, t, *program.state) if str(symbol) in at}
    return step_of(program, sympify(at["slope"]), {**program.state, **settings(program, at), **given})[w]


def looked_at(program: Program, at: Point) -> Expr:
    """Where the gradient is asked for, from the parameter and the state that the point gives."""
    (point,) = gradient_points(program)
    given = {symbol: sympify(at[str(symbol)]) for symbol in (w, *program.state)}
    return point.xreplace({**settings(program, at), **given})


def _for_fans(program: Program, quantity: Symbol, at: Point) -> Expr:
    fans = {inputs: sympify(at["inputs"]), outputs: sympify(at["outputs"]), receptive_field: ONE}
    return program.formula(quantity).xreplace(fans)


def variance_of_weights(program: Program, at: Point) -> Expr:
    """The variance that a sampler asks for, of a dense layer with so many inputs and outputs."""
    return _for_fans(program, variance, at)


def deviation_of_weights(program: Program, at: Point) -> Expr:
    """The standard deviation that a sampler asks for, of a dense layer with so many inputs and outputs."""
    return _for_fans(program, sigma, at)


def watched(program: Program, at: Point, name: str) -> tuple[int, Mapping[Symbol, Expr]]:
    """After how many evaluations of a metric training ends, or how many there are, and the state then."""
    values = at[name]
    if not isinstance(values, tuple):
        raise TypeError(f"{name}={values!r}: must be a tuple of numbers; give one for every evaluation")
    state: dict[Symbol, Expr] = {**program.state, patience: ONE, **settings(program, at), undefined: Integer(0)}
    for number, one in enumerate(values, 1):
        now = {**state, metric: sympify(one)}
        state |= {target: program.formula(target).xreplace(now) for target in program.update}
        if state[stop] == 1:
            return number, state
    return len(values), state


def evaluations(name: str) -> Any:
    """Return the measure of after how many evaluations of a metric training ends."""
    return lambda program, at: Integer(watched(program, at, name)[0])
