"""Evaluates functions of arrays that hold infinities or NaN: the formula's own tree, in doubles with IEEE's rules.

What comes out is not the number but its kind: NaN, an infinity with its sign, zero, or any other number. These do not
depend on rounding, so that every dtype has the same ones as long as no finite number overflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from sympy import IndexedBase

from gradspec.spec import Program
from gradspec.spec.nonfinite import UNLESS_FINITE

from .evaluate import Real
from .functions import Arrays, output_shapes, sizes_of
from .tree import Node, Sizes, Tree, build_arrays, element

REFUSED, NUMBER = "refused", "a finite number but 0"


@dataclass(frozen=True, slots=True)
class Kind:
    """What one element of an output must be; `REFUSED` where there must be no output at all."""

    name: str

    def score(self, got: float) -> float:
        """0 if `got` is of this kind, else infinity."""
        return 0.0 if kind_of(got) == self.name else math.inf

    @property
    def example(self) -> float:
        """A number of this kind."""
        return math.nan if self.name == REFUSED else 1.0 if self.name == NUMBER else float(self.name)


def kind_of(value: float) -> str:
    """NaN, an infinity, zero, or another number; zeros of both signs are one kind."""
    return str(value) if value - value != 0 else "0" if value == 0 else NUMBER


def has_specials(arrays: Arrays) -> bool:
    """Whether some element is infinite or NaN."""
    return any(x - x != 0 for array in arrays for x in array.numbers)


def decides_specials(program: Program) -> bool:
    """Whether the program says what is to become of infinities and NaN."""
    equations = (*program.update.values(), *(program.let[target] for target in program.needed()))
    return any(equation.has(*UNLESS_FINITE) for equation in equations)


def kinds(program: Program, arrays: Arrays, hyperparameters: Mapping[str, Real]) -> list[list[Kind]]:
    """Return the kind of every element of every output, in the order of the program."""
    known = {str(program.symbols[key]): float(x) for key, x in hyperparameters.items() if key in program.symbols}
    for declared, given in zip(program.arrays, arrays, strict=True):
        if not isinstance(declared.symbol, IndexedBase):
            raise NotImplementedError(
                f"{program.rule}: {declared.name}: infinities are judged in arrays with positions"
            )
        for place, x in zip(product(*map(range, given.shape)), given.numbers, strict=True):
            known[element(declared.name, place)] = x
    tree = _tree(program, sizes_of(program, arrays))
    try:
        values = _evaluated(tree, known)
        found = [Kind(kind_of(values[index])) for index in tree.outputs.values()]
    except _Refusal:
        found = [Kind(REFUSED)] * len(tree.outputs)
    left = iter(found)
    return [list(islice(left, math.prod(shape))) for shape in output_shapes(program, arrays)]


class _Refusal(Exception):
    """The rule refuses its arguments."""


@lru_cache(maxsize=256)
def _tree(program: Program, sizes: Sizes) -> Tree:
    return build_arrays(program, sizes, reals=False)


def _evaluated(tree: Tree, known: Mapping[str, float]) -> list[float]:
    values: list[float] = []
    for node in tree.nodes:
        values.append(_value(node, [values[index] for index in node.args], known))
    return values


def _value(node: Node, args: Sequence[float], known: Mapping[str, float]) -> float:
    if node.kind == "input":
        return known[node.extra]
    if node.kind == "constant":
        return float(node.extra)
    if node.kind == "sum":
        return sum((sign * x for sign, x in zip(node.extra, args, strict=True)), 0.0)
    if node.kind == "product":
        return _quotient(math.prod(args[: node.extra]), math.prod(args[node.extra :]))
    if node.kind == "power":
        return math.prod([args[0]] * node.extra)
    if node.kind == "where_positive":
        return args[1] if args[0] > 0 else args[2]
    if node.kind == "where_nonnegative":
        return args[1] if args[0] >= 0 else args[2]
    if node.kind not in _OPERATIONS:
        raise NotImplementedError(f"{node.kind}: not known for infinities and NaN; add it to special.py")
    return _OPERATIONS[node.kind](*args)


def _quotient(one: float, other: float) -> float:
    if other != 0:
        return one / other
    return math.nan if one == 0 or one != one else math.copysign(math.inf, one) * math.copysign(1.0, other)


def _root(x: float) -> float:
    return math.sqrt(x) if x >= 0 else math.nan


def _nan_unless_finite(x: float) -> float:
    return x if math.isfinite(x) else math.nan


def _refused_unless_finite(x: float) -> float:
    if not math.isfinite(x):
        raise _Refusal
    return x


_OPERATIONS: dict[str, Callable[..., float]] = {
    "root": _root,
    "absolute": abs,
    "nan_unless_finite": _nan_unless_finite,
    "refused_unless_finite": _refused_unless_finite,
}
