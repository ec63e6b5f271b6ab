"""Derivatives in a chain of single neurons, a_j = σ(z_j) with z_j = w_j a_(j−1) + b_j, at exact numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy

from gradspec.spec import rule

from .arithmetic_of_formulas import EXACT, Undefined
from .specified import Specified
from .tree import Call, Name, Number, Tree

COSTS = frozenset({"C", "L", "E", "J", "cost", "loss", "mathcal"})
ACTIVATIONS, SUMS, WEIGHTS, BIASES = frozenset("ahx"), frozenset("zsuv"), frozenset("wW"), frozenset("b")
LARGEST_DEPTH = 12
FUNCTIONS = frozenset({"sigma", "f", "g", "phi"})


@dataclass(frozen=True, slots=True)
class Place:
    """A quantity of the chain: C, or a, z, w or b with its number."""

    kind: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain with these weights; each σ(z_j) is odds_j / (1 + odds_j), so that all is rational."""

    weights: tuple[Fraction, ...]
    odds: tuple[Fraction, ...]

    @property
    def depth(self) -> int:
        return len(self.weights)

    def value(self, place: Place) -> Fraction:
        """Return a weight or an activation. Raises `Undefined` for what is not rational."""
        if place.kind == "w" and 1 <= place.number <= self.depth:
            return self.weights[place.number - 1]
        if place.kind == "a" and 0 <= place.number <= self.depth:
            return Fraction(1) if place.number == 0 else _sigmoid(self.odds[place.number - 1], False)
        raise Undefined(f"{place.kind}_{place.number}: has no rational value here")

    def slope(self, number: int) -> Fraction:
        """Return σ' at z_number."""
        if not 1 <= number <= self.depth:
            raise Undefined(f"z_{number}: there is none")
        return _sigmoid(self.odds[number - 1], True)

    def derivative(self, of: Place, by: Place) -> Fraction:
        """Return how fast one quantity moves with another one before it."""
        if of == by:
            return Fraction(1)
        if of.kind == "C":
            return self.derivative(Place("a", self.depth), by)
        if of.kind == "a":
            return self.slope(of.number) * self.derivative(Place("z", of.number), by) if of.number else Fraction(0)
        if of.kind != "z":
            return Fraction(0)
        own = {Place("b", of.number): Fraction(1), Place("w", of.number): self.value(Place("a", of.number - 1))}
        rest = self.value(Place("w", of.number)) * self.derivative(Place("a", of.number - 1), by)
        return own.get(by, Fraction(0)) + rest

    def of_the_cost(self, by: Place) -> Fraction:
        """Return the gradient of the cost by a bias or a weight as the specification has it."""
        if by.kind not in ("b", "w"):
            return self.derivative(Place("C"), by)
        return _gradients(self)[by.kind][by.number - 1]


@lru_cache(maxsize=256)
def _sigmoid(odds: Fraction, slope: bool) -> Fraction:
    at = sympy.log(sympy.Rational(odds.numerator, odds.denominator))
    program = rule("sigmoid").program({}, ("derivative",) if slope else ())
    given = {"x": at, "upstream": sympy.Integer(1)}
    found = sympy.simplify(Specified(program, given, EXACT).value("d_x" if slope else "y"))
    return Fraction(int(found.p), int(found.q))


@lru_cache(maxsize=64)
def _gradients(chain: Chain) -> Mapping[str, tuple[Fraction, ...]]:
    program = rule("sigmoid_chain").program({}, ("derivative",))
    weights = tuple(sympy.Rational(w.numerator, w.denominator) for w in chain.weights)
    before = [sympy.Integer(1)]
    biases = []
    for weight, odds in zip(weights, chain.odds, strict=True):
        z = sympy.log(sympy.Rational(odds.numerator, odds.denominator))
        biases.append(z - weight * before[-1])
        found = _sigmoid(odds, False)
        before.append(sympy.Rational(found.numerator, found.denominator))
    one = sympy.Integer(1)
    given = {
        "x": (one,),
        "weights": (weights,),
        "biases": (tuple(biases),),
        "upstream": (one,),
        "n": 1,
        "depth": chain.depth,
    }
    at = Specified(program, given, EXACT)
    values = {
        name: [sympy.simplify(at.value(name, 0, k)) for k in range(chain.depth)] for name in ("d_biases", "d_weights")
    }
    return {
        "b": tuple(Fraction(int(x.p), int(x.q)) for x in values["d_biases"]),
        "w": tuple(Fraction(int(x.p), int(x.q)) for x in values["d_weights"]),
    }


def generic(depth: int) -> tuple[Chain, ...]:
    """Return two chains in which no two quantities are equal."""
    weights = [Fraction(2 * k + 3, k + 2) for k in range(depth)]
    odds = [Fraction(k + 2) for k in range(depth)]
    return Chain(tuple(weights), tuple(odds)), Chain(tuple(-w for w in weights), tuple(1 / x for x in odds))


def place(tree: Tree) -> Place | None:
    """Return which quantity of the chain a name is."""
    if not isinstance(tree, Name) or tree.accents:
        return None
    if tree.base in COSTS and not tree.index:
        return Place("C")
    index = tree.index[0] if len(tree.index) == 1 and tree.mark is None else None
    if not isinstance(index, Number) or index.value.denominator != 1 or not 0 <= index.value <= LARGEST_DEPTH:
        return None
    for kind, letters in (("a", ACTIVATIONS), ("z", SUMS), ("w", WEIGHTS), ("b", BIASES)):
        if tree.base in letters:
            return Place(kind, int(index.value))
    return None


def worth(tree: Tree, chain: Chain) -> Fraction:
    """Return what a product of derivatives comes to in a chain. Raises `Undefined` for what the chain has not."""
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Name):
        found = place(tree)
        if found is None:
            raise Undefined(f"{tree.base}: is no part of the chain")
        return chain.value(found)
    own = tree.head
    if own == "partial":
        return _derivative(tree.args[0], tree.args[1], chain)
    if own == "apply" and isinstance(tree.args[0], Name) and tree.args[0].base in FUNCTIONS and len(tree.args) == 2:
        return _applied(tree.args[0], tree.args[1], chain)
    if own == "sigmoid":
        return _applied(Name("sigma"), tree.args[0], chain)
    values = [worth(arg, chain) for arg in tree.args] if own in ("+", "*", "/", "neg") else []
    if own == "+":
        return sum(values, Fraction(0))
    if own == "neg":
        return -values[0]
    if own == "/" and values[1]:
        return values[0] / values[1]
    if own == "*":
        return _product(values)
    raise Undefined(f"{own}: is no part of the chain")


def _product(values: Sequence[Fraction]) -> Fraction:
    total = Fraction(1)
    for value in values:
        total *= value
    return total


def _applied(function: Name, argument: Tree, chain: Chain) -> Fraction:
    at = place(argument)
    if at is None or at.kind != "z":
        raise Undefined("a function at a point that is not known")
    return chain.slope(at.number) if function.mark is not None else chain.value(Place("a", at.number))


def _derivative(of: Tree, by: Tree, chain: Chain) -> Fraction:
    variable = place(by)
    if variable is None:
        raise Undefined("a derivative by what is no part of the chain")
    one = place(of)
    if one is not None:
        return chain.of_the_cost(variable) if one.kind == "C" else chain.derivative(one, variable)
    return _of_expression(of, variable, chain)


def _of_expression(of: Tree, by: Place, chain: Chain) -> Fraction:
    """The derivative of w_4 a_3 + b_4 by what stands in it."""
    if isinstance(of, Number):
        return Fraction(0)
    if isinstance(of, Name):
        found = place(of)
        if found is None:
            raise Undefined(f"{of.base}: is no part of the chain")
        return Fraction(int(found == by))
    assert isinstance(of, Call)
    if of.head == "+":
        return sum((_of_expression(arg, by, chain) for arg in of.args), Fraction(0))
    if of.head == "neg":
        return -_of_expression(of.args[0], by, chain)
    if of.head == "*":
        total = Fraction(0)
        for k, arg in enumerate(of.args):
            slope = _of_expression(arg, by, chain)
            if slope:
                total += slope * _product([worth(other, chain) for n, other in enumerate(of.args) if n != k])
        return total
    raise Undefined(f"{of.head}: is no part of the chain")
