"""Works out a formula that was read, when it is known what its names stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from .arithmetic_of_formulas import Arithmetic, Undefined, Value
from .entries import Reference, reference
from .frame import PLACE
from .tree import Call, Name, Number, Tree

RELATIONS = frozenset({"<", ">", "<=", ">=", "==", "!="})


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for: numbers, or tuples of them. `letters` run over positions, `length` is how many there are.

    `functions` are applied to one number; `at` has the positions at which a sum stands.
    """

    values: Mapping[str, Value]
    arithmetic: Arithmetic
    letters: frozenset[str] = frozenset()
    functions: Mapping[str, Callable[[Value], Value]] = field(default_factory=dict)
    length: int = 0
    at: Mapping[str, int] = field(default_factory=dict)
    whole: bool = False  # whether a free index is that of a list, as in the norm of w_j


def work(tree: Tree, scope: Scope) -> Value:
    """Return what a tree comes to. Raises `Undefined`, `OverflowError`, `ValueError` or `ZeroDivisionError`."""
    if isinstance(tree, Number):
        return scope.arithmetic.number(tree.value)
    if isinstance(tree, Name):
        return _named(tree, scope)
    own = HEADS.get(tree.head)
    if own is not None:
        return own(tree, scope)
    if tree.head == "sqrt" and len(tree.args) > 1:
        order = Call("/", (Number(Fraction(1)), tree.args[1]))
        return _both(scope.arithmetic.power, work(tree.args[0], scope), work(order, scope))
    if tree.head in scope.arithmetic.functions:
        function = scope.arithmetic.functions[tree.head]
        return _each(function, work(tree.args[0], scope))
    if tree.head in scope.functions:
        return _each(scope.functions[tree.head], work(tree.args[0], scope))
    raise Undefined(f"{tree.head}: is not worked out")


def _each(function: Callable[[Value], Value], value: Value) -> Value:
    return tuple(map(function, value)) if isinstance(value, tuple) else function(value)


def _both(function: Callable[[Value, Value], Value], one: Value, other: Value) -> Value:
    if not (isinstance(one, tuple) or isinstance(other, tuple)):
        return function(one, other)
    length = len(one) if isinstance(one, tuple) else len(other)
    left, right = (x if isinstance(x, tuple) else (x,) * length for x in (one, other))
    if len(left) != len(right):
        raise Undefined("lists of different lengths")
    return tuple(map(function, left, right))


# -- names ---------------------------------------------------------------------------------------------------


def _named(name: Name, scope: Scope) -> Value:
    found = reference(name, scope.letters | scope.at.keys())
    value = _looked_up(found, scope)
    if not isinstance(value, tuple):
        return value
    for place in found.places:
        if scope.whole and not (isinstance(place, Name) and place.base in scope.at):
            continue
        position = _position(place, scope)
        if not 0 <= position < len(value):
            raise Undefined(f"{found.key}: no such entry")
        value = value[position]
        if not isinstance(value, tuple):
            break
    return value


def _looked_up(found: Reference, scope: Scope) -> Value:
    for key in (found.full, found.key):
        if key in scope.values:
            return scope.values[key]
    if found.key == "e":
        return scope.arithmetic.functions["exp"](scope.arithmetic.number(Fraction(1)))
    raise Undefined(f"{found.full}: stands for nothing known")


def _position(place: Tree, scope: Scope) -> int:
    if isinstance(place, Name):
        if place.base in scope.at:
            return scope.at[place.base]
        if place.base in scope.values:
            value = scope.values[place.base]
            if isinstance(value, tuple):
                value = value[PLACE]
            return int(float(value))
        key = reference(place, scope.letters).key
        if key in scope.values and not isinstance(scope.values[key], tuple):
            return int(float(scope.values[key]))
        return PLACE
    if isinstance(place, Number):
        return int(place.value) - 1
    raise Undefined("an entry at a place that is not worked out")


# -- operations ----------------------------------------------------------------------------------------------


def _sum(tree: Call, scope: Scope) -> Value:
    values = [work(arg, scope) for arg in tree.args]
    total = values[0]
    for other in values[1:]:
        total = _both(lambda a, b: a + b, total, other)
    return total


def _product(tree: Call, scope: Scope) -> Value:
    conditions = [arg for arg in tree.args if isinstance(arg, Call) and arg.head in RELATIONS]
    values = [work(arg, scope) for arg in tree.args if arg not in conditions]
    values += [_indicator(arg, scope) for arg in conditions]
    total = values[0]
    for other in values[1:]:
        total = _both(lambda a, b: a * b, total, other)
    return total


def _indicator(condition: Call, scope: Scope) -> Value:
    """1 where a condition holds, as a product with it says."""
    one, none = (scope.arithmetic.number(Fraction(k)) for k in (1, 0))
    return scope.arithmetic.choose([(one, _truth(condition, scope)), (none, True)])


def _quotient(tree: Call, scope: Scope) -> Value:
    return _both(lambda a, b: _divided(a, b, scope.arithmetic), *(work(arg, scope) for arg in tree.args))


def _divided(one: Value, other: Value, arithmetic: Arithmetic) -> Value:
    if getattr(other, "is_zero", None) or (not hasattr(other, "is_zero") and other == 0):
        raise Undefined("a division by zero")
    found = one / other
    if hasattr(found, "is_finite") and callable(found.is_finite) and not found.is_finite():
        raise Undefined("a division by zero")
    return found


def _power(tree: Call, scope: Scope) -> Value:
    base, exponent = tree.args
    if isinstance(exponent, Name) and exponent.base in ("T", "top", "intercal"):
        return work(base, scope)
    if exponent == Call("neg", (Name("T"),)):
        return work(base, scope)
    held = work(base, scope)
    if _is_half(exponent):
        return _each(scope.arithmetic.functions["sqrt"], held)
    return _both(scope.arithmetic.power, held, work(exponent, scope))


def _is_half(tree: Tree) -> bool:
    if isinstance(tree, Call) and tree.head == "/":
        return tree.args == (Number(Fraction(1)), Number(Fraction(2)))
    return isinstance(tree, Number) and tree.value == Fraction(1, 2)


def _extreme(tree: Call, scope: Scope) -> Value:
    values = [work(arg, scope) for arg in tree.args]
    if len(values) == 1 and isinstance(values[0], tuple):
        return scope.arithmetic.extreme(tree.head, list(values[0]))
    if len(values) < 2:
        raise Undefined(f"{tree.head} of one number")
    total = values[0]
    for other in values[1:]:
        total = _both(lambda a, b: scope.arithmetic.extreme(tree.head, [a, b]), total, other)
    return total


def _cases(tree: Call, scope: Scope) -> Value:
    pairs = [
        (lambda value=value: work(value, scope), _truth(condition, scope))
        for value, condition in zip(tree.args[::2], tree.args[1::2], strict=True)
    ]
    return scope.arithmetic.choose(pairs)


def _truth(condition: Tree, scope: Scope) -> Any:
    if condition == Call("otherwise", ()):
        return True
    if not isinstance(condition, Call):
        raise Undefined("a condition that is no comparison")
    if condition.head in RELATIONS:
        left, right = (work(arg, scope) for arg in condition.args)
        if isinstance(left, tuple) or isinstance(right, tuple):
            left, right = (x[PLACE] if isinstance(x, tuple) else x for x in (left, right))
        return scope.arithmetic.compare(condition.head, left, right)
    parts = [_truth(arg, scope) for arg in condition.args]
    if condition.head in ("and", "or") and all(isinstance(part, bool) for part in parts):
        return all(parts) if condition.head == "and" else any(parts)
    raise Undefined(f"{condition.head}: is no condition that is worked out")


def _total(tree: Call, scope: Scope) -> Value:
    body, *limits = tree.args
    letter = limits[0] if limits else None
    if letter is None or not isinstance(letter, Name):
        value = work(body, replace(scope, whole=True))
        if not isinstance(value, tuple):
            raise Undefined("a sum of one number")
        return sum(value[1:], value[0])
    found = None
    for position in range(scope.length):
        term = work(body, replace(scope, at={**scope.at, letter.base: position}, whole=False))
        if isinstance(term, tuple):
            raise Undefined("a sum of lists")
        found = term if found is None else found + term
    if found is None:
        raise Undefined("a sum over nothing known")
    return found


def _mean(tree: Call, scope: Scope) -> Value:
    return _total(Call("sum", tree.args[:1]), scope) / scope.arithmetic.number(Fraction(scope.length))


def _variance(tree: Call, scope: Scope) -> Value:
    value = work(tree.args[0], replace(scope, whole=True))
    if not isinstance(value, tuple):
        raise Undefined("the variance of one number")
    mean = _mean(tree, scope)
    return sum(((x - mean) * (x - mean) for x in value[1:]), (value[0] - mean) * (value[0] - mean)) / scope.arithmetic.number(
        Fraction(len(value))
    )  # fmt: skip


def _norm(tree: Call, scope: Scope) -> Value:
    value = work(tree.args[0], replace(scope, whole=True))
    if not isinstance(value, tuple):
        raise Undefined("the norm of one number")
    order = tree.args[1] if len(tree.args) > 1 else Number(Fraction(2))
    sizes = [scope.arithmetic.functions["abs"](x) for x in value]
    if isinstance(order, Name) and order.base in ("infty", "infinity", "inf"):
        return scope.arithmetic.extreme("max", sizes) if len(sizes) > 1 else sizes[0]
    if isinstance(order, Name) and order.base in ("F", "fro"):
        order = Number(Fraction(2))
    if order == Number(Fraction(1)):
        return sum(sizes[1:], sizes[0])
    if order != Number(Fraction(2)):
        raise Undefined("a norm of that order")
    return scope.arithmetic.functions["sqrt"](sum((x * x for x in sizes[1:]), sizes[0] * sizes[0]))


def _applied(tree: Call, scope: Scope) -> Value:
    name, *args = tree.args
    if isinstance(name, Name) and name.base in COUNTING:
        return scope.arithmetic.number(Fraction(scope.length))
    if isinstance(name, Name):
        found = reference(name, scope.letters | scope.at.keys())
        if found.full in scope.functions and len(args) >= 1:
            return _each(scope.functions[found.full], work(args[0], scope))
        if f"{found.full}()" in scope.values and all(isinstance(arg, Name) for arg in args):
            return _entry_of(scope.values[f"{found.full}()"], args, scope)
    if len(args) != 1:
        raise Undefined("a function that is not known")
    return _both(lambda a, b: a * b, work(name, scope), work(args[0], scope))


def _entry_of(value: Value, args: Sequence[Tree], scope: Scope) -> Value:
    """The entry of h(x_i) at i."""
    if isinstance(value, tuple):
        for arg in args:
            assert isinstance(arg, Name)
            for place in reference(arg, scope.letters | scope.at.keys()).places:
                return value[_position(place, scope)]
    return value


COUNTING = frozenset({"len", "size", "numel", "shape"})


def _first(tree: Call, scope: Scope) -> Value:
    return work(tree.args[0], scope)


def _inner(tree: Call, scope: Scope) -> Value:
    one, other = (work(arg, scope) for arg in tree.args)
    found = _both(lambda a, b: a * b, one, other)
    return sum(found[1:], found[0]) if isinstance(found, tuple) else found


HEADS: dict[str, Callable[[Call, Scope], Value]] = {
    "+": _sum,
    "*": _product,
    "/": _quotient,
    "^": _power,
    "neg": lambda tree, scope: _each(lambda x: -x, work(tree.args[0], scope)),
    "max": _extreme,
    "min": _extreme,
    "cases": _cases,
    "sum": _total,
    "mean": _mean,
    "var": _variance,
    "norm": _norm,
    "apply": _applied,
    "transpose": _first,
    "matmul": _inner,
    **dict.fromkeys(RELATIONS, _indicator),
}
