"""What programs and the specification's rules do to a parameter, in balls, and whether that is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

from flint import arb
from sympy import (
    Abs,
    Add,
    And,
    Basic,
    Indexed,
    Max,
    Min,
    Mul,
    Or,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    exp,
    log,
    sign,
    sympify,
    tanh,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from gradspec.spec import Rule, catalogue
from gradspec.spec.program import Program as Specified

from .term import COMPARE, Program, ball, roles_in, value

Path = tuple[arb, ...]
Choice = tuple[tuple[str, str], ...]

STEPS = 4
# Learning rates change from step to step, so that where they stand can be seen; no number is simple.
RATES = (Fraction(3, 7), Fraction(5, 17), Fraction(9, 19), Fraction(4, 13))
# The gradient of step k at a point is slope * point + offset.
SLOPES = (
    (Fraction(11, 13), Fraction(-7, 23)),
    (Fraction(-5, 19), Fraction(17, 29)),
    (Fraction(23, 31), Fraction(3, 41)),
    (Fraction(2, 9), Fraction(-31, 37)),
)
START = Fraction(13, 11)
SETTINGS = {
    "momentum": Fraction(5, 8),
    "rho": Fraction(9, 10),
    "beta1": Fraction(9, 10),
    "beta2": Fraction(999, 1000),
    "epsilon": Fraction(3, 50),
    "epsilon_root": Fraction(1, 70),
    "weight_decay": Fraction(2, 27),
    "dampening": Fraction(3, 10),
    "initial_accumulator_value": Fraction(1, 12),
    "learning_rate_decay": Fraction(1, 15),
}


def _gradient(step: int) -> Callable[[arb], arb]:
    slope, offset = map(ball, SLOPES[step])
    return lambda point: slope * point + offset


def path(program: Program, settings: Mapping[str, Fraction] = SETTINGS, factor: arb | int = 1) -> Path:
    """The parameter after each step of a program. Raises `ArithmeticError` where it has no value."""
    given = {(name, ""): ball(number) for name, number in settings.items()}
    state: dict[str, Any] = {"parameter": ball(START)}
    found = []
    for step in range(STEPS):
        scope = {**given, ("step", ""): ball(step + 1), ("learning_rate", ""): ball(RATES[step]) * factor}
        for row in program.statements:
            for name in {a for a, when in roles_in(row.value) if when == "now"}:
                scope[name, "now"] = state.get(name, ball(0))
            scope[row.target.args] = value(row.value, scope, _gradient(step))
        state |= {name: held for (name, when), held in scope.items() if when == "next"}
        found.append(state["parameter"])
    return tuple(found)


# -- the specification -----------------------------------------------------------------------------------------


def worth(expression: Basic, scope: Mapping[str, Any], gradient: Callable[[arb], arb] | None = None) -> Any:
    """What an expression of the specification comes to; `scope` has numbers, and arrays as nested lists."""
    if isinstance(expression, Rational):
        return ball(Fraction(int(expression.p), int(expression.q)))
    if isinstance(expression, Symbol):
        return scope[str(expression)]
    if isinstance(expression, Indexed):
        found = scope[str(expression.base.label)]
        for position in expression.indices:
            found = found[int(worth(position, scope).unique_fmpz())]
        return found
    if isinstance(expression, AppliedUndef):
        assert gradient is not None
        return gradient(worth(expression.args[0], scope, gradient))
    if isinstance(expression, Piecewise):
        for result, condition in expression.args:
            if _holds(condition, scope, gradient):
                return worth(result, scope, gradient)
        raise ArithmeticError("no case applies")
    if isinstance(expression, Sum):
        ((position, start, end),) = expression.limits
        first, last = (int(worth(bound, scope).unique_fmpz()) for bound in (start, end))
        terms = (
            worth(expression.function, {**scope, str(position): ball(k)}, gradient) for k in range(first, last + 1)
        )
        return sum(terms, ball(0))
    operands = [worth(arg, scope, gradient) for arg in expression.args]
    found = (
        SYMPY[expression.func](operands)
        if expression.func in SYMPY
        else SYMPY_BY_NAME[type(expression).__name__](operands)
    )
    if not found.is_finite():
        raise ArithmeticError(f"{expression.func} has no finite value")
    return found


def _holds(condition: Basic, scope: Mapping[str, Any], gradient: Callable[[arb], arb] | None) -> bool:
    if isinstance(condition, (And, Or)):
        return (all if isinstance(condition, And) else any)(_holds(part, scope, gradient) for part in condition.args)
    if not isinstance(condition, Relational):
        return bool(condition)
    left, right = (worth(side, scope, gradient) for side in condition.args)
    if condition.rel_op == "!=":
        return bool(left != right)
    return COMPARE[condition.rel_op](left, right)


def _product(operands: Sequence[arb]) -> arb:
    found = ball(1)
    for operand in operands:
        found *= operand
    return found


def _raised(operands: Sequence[arb]) -> arb:
    base, exponent = operands
    whole, twice = exponent.unique_fmpz(), (2 * exponent).unique_fmpz()
    if whole is not None:
        return base ** int(whole)
    return base.sqrt() ** int(twice) if twice is not None else base**exponent


SYMPY: dict[Any, Callable[[Sequence[arb]], arb]] = {
    Add: lambda operands: sum(operands, ball(0)),
    Mul: _product,
    Pow: _raised,
    Max: lambda operands: operands[0] if len(operands) == 1 else operands[0].max(SYMPY[Max](operands[1:])),
    Min: lambda operands: operands[0] if len(operands) == 1 else operands[0].min(SYMPY[Min](operands[1:])),
    Abs: lambda operands: abs(operands[0]),
    sign: lambda operands: operands[0].sgn(),
    exp: lambda operands: operands[0].exp(),
    log: lambda operands: operands[0].log(),
    tanh: lambda operands: operands[0].tanh(),
}
SYMPY_BY_NAME: dict[str, Callable[[Sequence[arb]], arb]] = {
    "Exp1": lambda operands: ball(1).exp(),
    "expm1": lambda operands: operands[0].expm1(),
}


def specified_path(program: Specified, settings: Mapping[str, Fraction] = SETTINGS, factor: arb | int = 1) -> Path:
    """The parameter after each step of a program of the specification."""
    symbols = {str(symbol): name for name, symbol in program.symbols.items()}
    given = {symbol: ball(settings[name]) for symbol, name in symbols.items() if name in settings}
    rate = str(program.symbols["learning_rate"])
    state = {str(symbol): worth(sympify(start), given) for symbol, start in program.state.items()}
    state[str(program.parameter)] = ball(START)
    found = []
    for step in range(STEPS):
        scope = {**given, **state, "t": ball(step + 1), rate: ball(RATES[step]) * factor}
        for symbol in program.needed():
            scope[str(symbol)] = worth(program.let[symbol], scope, _gradient(step))
        state = {str(symbol): worth(formula, scope, _gradient(step)) for symbol, formula in program.update.items()}
        found.append(state[str(program.parameter)])
    return tuple(found)


def same(one: Path, other: Path) -> bool:
    return all(x.overlaps(y) for x, y in zip(one, other, strict=True))


@cache
def _every_choice() -> tuple[tuple[Rule, Choice, tuple[str, ...]], ...]:
    """Every dialect of every update rule, with up to two options on."""
    return tuple(
        (rule, tuple(dialect.items()), options)
        for rule in catalogue().values()
        if rule.kind == "optimizer"
        for options in _options(rule)
        for dialect in rule.dialects(frozenset(options))
    )


def _options(rule: Rule) -> Iterator[tuple[str, ...]]:
    names = [option.name for option in rule.options]
    yield ()
    for size in (1, 2):
        for chosen in combinations(names, size):
            if all(set(rule.switched_on(name)) <= set(chosen) for name in chosen):
                yield chosen


@cache
def _paths(letters: str) -> tuple[tuple[str, bool, Path], ...]:
    """For every choice its rule, whether no option is on, and its path where the letters mean what `RENAMED` says."""
    found, altered = [], {name for name, number in RENAMED[letters].items() if number != SETTINGS[name]}
    for rule, dialect, options in _every_choice():
        names = {*options, *(hyperparameter.name for hyperparameter in rule.hyperparameters)}
        if altered and names.isdisjoint(altered):
            continue
        try:
            one = specified_path(rule.program(dict(dialect), options), RENAMED[letters])
        except ArithmeticError:
            continue
        found.append((rule.name, not options, one))
    return tuple(found)


def _complement(name: str) -> Mapping[str, Fraction]:
    return {**SETTINGS, name: 1 - SETTINGS[name]}


# A letter can be anything: β₁ for β₂, or for 1 - β, and a momentum of 1 has none. What another choice makes right is no
# error.
RENAMED = {
    "as named": SETTINGS,
    "betas exchanged": {**SETTINGS, "beta1": SETTINGS["beta2"], "beta2": SETTINGS["beta1"]},
    "one minus rho": _complement("rho"),
    "one minus mu": _complement("momentum"),
    "one minus beta1": _complement("beta1"),
    "one minus beta2": _complement("beta2"),
    "one minus dampening": _complement("dampening"),
    "no friction": {**SETTINGS, "momentum": Fraction(1)},
}


def is_some_dialect(program: Program) -> bool:
    """Whether a program does what some rule in some dialect does, perhaps with other letters or another learning rate."""
    try:
        found = path(program)
    except (ArithmeticError, ValueError):
        return False
    if any(same(found, other) for name in RENAMED for *_, other in _paths(name)):
        return True
    own = [other for rule, plain, other in _paths("as named") if rule == program.rule and plain]
    return any(_same_but_for_the_rate(found, other, program) for other in own)


def _same_but_for_the_rate(found: Path, other: Path, program: Program) -> bool:
    """Whether a constant factor on the learning rate would make them agree: what differs would be a letter only."""
    moved, expected = found[0] - ball(START), other[0] - ball(START)
    if not (moved.contains(0) or expected.contains(0)) and moved / expected > 0:
        try:
            return same(path(program, factor=expected / moved), other)
        except ArithmeticError:
            return False
    return False


@cache
def _accepted(rule_name: str, dialect: Choice, options: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    rule = catalogue()[rule_name]
    mine = specified_path(rule.program(dict(dialect), options))
    found = []
    for axis in rule.visible_axes(options):
        values = [v.name for v in axis.values if v.requires is None or v.requires in options]
        alike = [
            v for v in values if same(mine, specified_path(rule.program({**dict(dialect), axis.name: v}, options)))
        ]
        if len(alike) < len(values):
            found.append((axis.name, tuple(alike)))
    return tuple(found)


def accepted(program: Program) -> dict[str, tuple[str, ...]]:
    """The values of each axis under which the rule does what the program does, for axes that make a difference."""
    return dict(_accepted(program.rule, tuple(program.dialect.items()), program.options))


def specified(program: Program) -> Specified:
    return catalogue()[program.rule].program(dict(program.dialect), program.options)


def title(rule: str) -> str:
    return catalogue()[rule].title
