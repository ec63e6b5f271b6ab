"""Works out trees and formulas of the specification in one of three arithmetics: doubles, balls, or exact expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import sympy
from flint import arb, fmpq

LARGEST_POWER = 64
Value = Any  # a number of the arithmetic, or a tuple of them


class Undefined(ArithmeticError):
    """There is no value here: a root of a negative number, an unbound name, a number that is too large."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How numbers are made, put together and compared; `functions` have one argument."""

    number: Callable[[Fraction], Any]
    functions: Mapping[str, Callable[[Any], Any]]
    power: Callable[[Any, Any], Any]
    compare: Callable[[str, Any, Any], Any]  # True, False, or a condition
    choose: Callable[[list[tuple[Any, Any]]], Any]  # values with their conditions, the first that holds
    extreme: Callable[[str, list[Any]], Any]


def _decided(pairs: list[tuple[Any, Any]]) -> Any:
    for value, condition in pairs:
        if condition is True:
            return value() if callable(value) else value
    raise Undefined("no case holds")


# -- doubles -------------------------------------------------------------------------------------------------

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _float_power(base: float, exponent: float) -> float:
    if abs(exponent) > LARGEST_POWER:
        raise Undefined(f"exponent={exponent}: at most {LARGEST_POWER} is worked out")
    found = base**exponent
    if isinstance(found, complex):
        raise Undefined("a root of a negative number")
    return float(found)


DOUBLES = Arithmetic(
    float,
    {
        "exp": math.exp,
        "log": math.log,
        "sqrt": math.sqrt,
        "tanh": math.tanh,
        "sinh": math.sinh,
        "cosh": math.cosh,
        "abs": abs,
        "erf": math.erf,
        "expm1": math.expm1,
        "log1p": math.log1p,
        "sign": lambda x: float((x > 0) - (x < 0)),
        "floor": math.floor,
    },
    _float_power,
    lambda relation, a, b: COMPARED[relation](a, b),
    _decided,
    lambda head, values: max(values) if head == "max" else min(values),
)

# -- balls ---------------------------------------------------------------------------------------------------


def _ball(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def _finite(function: Callable[[arb], arb], x: arb) -> arb:
    found = function(x)
    if not found.is_finite():
        raise Undefined("no finite value")
    return found


def _ball_power(base: arb, exponent: arb) -> arb:
    if not (exponent.is_finite() and abs(exponent) <= LARGEST_POWER):
        raise Undefined(f"an exponent of more than {LARGEST_POWER}")
    whole = exponent.unique_fmpz()
    return _finite(lambda x: x ** int(whole) if whole is not None else x**exponent, base)


def _ball_compare(relation: str, a: arb, b: arb) -> bool:
    if COMPARED[relation](a, b):
        return True
    opposite = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}[relation]
    if COMPARED[opposite](a, b):
        return False
    raise Undefined("too close to be compared")


def _ball_extreme(head: str, values: list[arb]) -> arb:
    first, *rest = values
    for other in rest:
        first = first.max(other) if head == "max" else first.min(other)
    return first


BALLS = Arithmetic(
    _ball,
    {
        **{
            name: partial(_finite, getattr(arb, name)) for name in ("exp", "log", "sqrt", "tanh", "sinh", "cosh", "erf")
        },
        "abs": abs,
        "expm1": partial(_finite, arb.expm1),
        "log1p": partial(_finite, arb.log1p),
        "sign": lambda x: arb(1) if x > 0 else arb(-1) if x < 0 else arb(0),
        "floor": arb.floor,
    },
    _ball_power,
    _ball_compare,
    _decided,
    _ball_extreme,
)

# -- exact expressions ---------------------------------------------------------------------------------------

RELATIONS = {"<": sympy.Lt, ">": sympy.Gt, "<=": sympy.Le, ">=": sympy.Ge, "==": sympy.Eq, "!=": sympy.Ne}


def _exact_power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if exponent.is_number and not (abs(exponent) <= LARGEST_POWER) == sympy.true:
        raise Undefined(f"an exponent of more than {LARGEST_POWER}")
    if base.is_zero and exponent.is_negative:
        raise Undefined("a division by zero")
    return base**exponent


def _exact_compare(relation: str, a: sympy.Expr, b: sympy.Expr) -> Any:
    found = RELATIONS[relation](a, b)
    return bool(found) if found in (sympy.true, sympy.false) else found


def _exact_choice(pairs: list[tuple[Any, Any]]) -> Any:
    kept: list[tuple[Any, Any]] = []
    for value, condition in pairs:
        if condition is False:
            continue
        worked_out = value() if callable(value) else value
        kept.append((worked_out, condition))
        if condition is True:
            break
    if not kept:
        raise Undefined("no case holds")
    if kept[0][1] is True:
        return kept[0][0]
    lengths = {len(value) for value, _ in kept if isinstance(value, tuple)}
    if not lengths:
        return sympy.Piecewise(*kept)
    entries = [[(v[k] if isinstance(v, tuple) else v, when) for v, when in kept] for k in range(max(lengths))]
    return tuple(sympy.Piecewise(*pairs) for pairs in entries)


EXACT = Arithmetic(
    lambda value: sympy.Rational(value.numerator, value.denominator),
    {
        **{
            name: getattr(sympy, name)
            for name in ("exp", "log", "sqrt", "tanh", "sinh", "cosh", "erf", "sign", "floor")
        },
        "abs": sympy.Abs,
        "expm1": lambda x: sympy.exp(x) - 1,
        "log1p": lambda x: sympy.log(1 + x),
    },
    _exact_power,
    _exact_compare,
    _exact_choice,
    lambda head, values: (sympy.Max if head == "max" else sympy.Min)(*values),
)
