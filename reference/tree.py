"""A program as the tree that is evaluated: hash-consed, with the formula's own operations and nothing rewritten.

Error bounds count the roundings of this tree, so it must be the tree that the specification states: named
intermediates are nodes of their own and are never substituted into one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from sympy import (
    Abs,
    Add,
    And,
    Basic,
    Expr,
    Indexed,
    Integer,
    Max,
    Min,
    Mul,
    Or,
    Piecewise,
    Pow,
    Rational,
    Sum,
    Symbol,
    cos,
    exp,
    false,
    floor,
    log,
    nan,
    pi,
    sin,
    tanh,
    true,
    zoo,
)
from sympy.codegen.cfunctions import expm1, log1p
from sympy.core.function import AppliedUndef
from sympy.core.relational import Equality, GreaterThan, LessThan, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import Boolean

from gradspec.spec import Program
from gradspec.spec.augmentation.warp import clipped, from_multiple, tent
from gradspec.spec.derivative import straight_through
from gradspec.spec.nonfinite import UNLESS_FINITE
from gradspec.spec.symbols import t as STEP

from .substitution import elements_of, placed, replaced, terms_of, with_sizes

GIVEN, FIELD = "given", "field"  # the gradient is data, or is evaluated as slope * point + offset


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `args` index earlier nodes; `extra` is what the kind needs besides.

    kinds: input (name), step, constant (Fraction), sum (signs), product (number of factors; the rest divide),
    power (exponent), step_power (factor, offset: base ** (factor * step + offset)), root, maximum, minimum, absolute,
    exp, log, tanh, expm1, log1p, cos, sin, pi, floor, from_multiple (args are number and period), at_step (number: args
    are then and else), where_positive and where_nonnegative (args are condition, then, else).
    """

    kind: str
    args: tuple[int, ...] = ()
    extra: Any = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes in order of evaluation; `outputs` maps the parameter and each state symbol's name to its next value."""

    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]
    inputs: tuple[str, ...]
    parameter: str
    state: tuple[str, ...]
    hyperparameters: Mapping[str, str]  # keyword -> input name

    @property
    def branches(self) -> tuple[int, ...]:
        return tuple(index for index, node in enumerate(self.nodes) if node.kind in BRANCHES)


BRANCHES = ("where_positive", "where_nonnegative", "floor")  # what a ball may leave open
FUNCTIONS = {
    exp: "exp", log: "log", tanh: "tanh", expm1: "expm1", log1p: "log1p", Abs: "absolute", cos: "cos", sin: "sin", floor: "floor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a program of arrays is built for: the number that each symbolic size is, and what arrays of labels hold."""

    sizes: tuple[tuple[Symbol, int], ...] = ()
    labels: tuple[tuple[str, tuple[int, ...]], ...] = ()


def build_arrays(program: Program, sizes: Sizes, *, reals: bool = True) -> Tree:
    """Return the tree of a function of arrays, one input and one output for every element: `x[0, 1]`.

    Without `reals` what is the identity on finite numbers gets a node of its own kind: its name.
    """
    builder = _Builder(program, GIVEN, sizes, reals)
    number = dict(sizes.sizes)
    outputs = {}
    for target, expression in program.update.items():
        if not isinstance(target, Indexed):
            outputs[str(target)] = builder.node(builder.sized(expression))
            continue
        shape = [int(size.xreplace(number)) for size in target.base.shape]
        for positions in product(*map(range, shape)):
            here = placed(expression, target.indices, tuple(map(Integer, positions)))
            outputs[element(target.base.label, positions)] = builder.node(builder.sized(here))
    inputs = tuple(dict.fromkeys(node.extra for node in builder.nodes if node.kind == "input"))
    keywords = {keyword: str(symbol) for keyword, symbol in program.symbols.items() if str(symbol) in inputs}
    return Tree(tuple(builder.nodes), outputs, inputs, "", (), keywords)


def element(array: object, positions: Sequence[object]) -> str:
    """The name of one element of an array."""
    return f"{array}[{', '.join(map(str, positions))}]"


def build(program: Program, gradient: str = GIVEN) -> Tree:
    """Return the tree of `program`. With `gradient=GIVEN` every gradient is the input `gradient`, whatever its point."""
    builder = _Builder(program, gradient)
    outputs = {str(target): builder.node(expression) for target, expression in program.update.items()}
    inputs = tuple(dict.fromkeys(node.extra for node in builder.nodes if node.kind == "input"))
    keywords = {keyword: str(symbol) for keyword, symbol in program.symbols.items() if str(symbol) in inputs}
    state = tuple(name for name in outputs if name != str(program.parameter))
    return Tree(tuple(builder.nodes), outputs, inputs, str(program.parameter), state, keywords)


class _Builder:
    def __init__(self, program: Program, gradient: str, sizes: Sizes | None = None, reals: bool = True) -> None:
        self.program, self.gradient, self.reals = program, gradient, reals
        self.labels = dict(sizes.labels) if sizes else {}
        self.given = sizes.sizes if sizes else ()
        self.let = {target: with_sizes(equation, self.given) for target, equation in program.let.items()}
        # By name: with a number for a size, a base is another object.
        self.elements = {s.base.name: s for s in program.let if isinstance(s, Indexed)}
        self.nodes: list[Node] = []
        self.index: dict[Node, int] = {}
        self.seen: dict[Basic, int] = {}

    def add(self, kind: str, args: tuple[int, ...] = (), extra: Any = None) -> int:
        node = Node(kind, args, extra)
        if node not in self.index:
            self.index[node] = len(self.nodes)
            self.nodes.append(node)
        return self.index[node]

    def node(self, expression: Expr) -> int:
        if expression not in self.seen:
            self.seen[expression] = self.convert(expression)
        return self.seen[expression]

    def convert(self, e: Expr) -> int:
        if e == STEP:
            return self.add("step")
        if isinstance(e, Symbol):
            return self.node(self.labelled(self.let[e])) if e in self.let else self.add("input", (), str(e))
        if e in (nan, zoo):  # what a changed formula divides by zero
            return self.add("product", (self.node(Integer(1)), self.node(Integer(0))), 1)
        if isinstance(e, Rational):
            return self.add("constant", (), Fraction(int(e.p), int(e.q)))
        if isinstance(e, Add):
            return self.sum(e)
        if isinstance(e, Mul):
            return self.product(e)
        if isinstance(e, Pow):
            return self.power(e)
        if isinstance(e, (Max, Min)):
            first, *rest = (self.node(a) for a in e.args)
            for other in rest:
                first = self.add("maximum" if isinstance(e, Max) else "minimum", (first, other))
            return first
        if type(e) in FUNCTIONS:
            return self.add(FUNCTIONS[type(e)], (self.node(e.args[0]),))
        if e == pi:
            return self.add("pi")
        if isinstance(e, tent):
            zero, one = (self.add("constant", (), Fraction(x)) for x in (0, 1))
            away = self.add("absolute", (self.node(e.args[0]),))
            return self.add("maximum", (zero, self.add("sum", (one, away), (1, -1))))
        if isinstance(e, clipped):
            number, lower, upper = (self.node(a) for a in e.args)
            return self.add("minimum", (self.add("maximum", (number, lower)), upper))
        if isinstance(e, from_multiple):
            return self.add("from_multiple", tuple(self.node(a) for a in e.args))
        if isinstance(e, straight_through):
            return self.node(e.args[0])
        if isinstance(e, UNLESS_FINITE):
            inside = self.node(e.args[0])
            return inside if self.reals else self.add(type(e).__name__, (inside,))
        if isinstance(e, Indexed):
            return self.indexed(e)
        if isinstance(e, Sum):
            return self.total(e)
        if isinstance(e, Piecewise):
            return self.piecewise(e)
        if isinstance(e, AppliedUndef) and e.func.__name__ == "gradient":
            if self.gradient == GIVEN:
                return self.add("input", (), "gradient")
            slope, offset = self.add("input", (), "gradient_slope"), self.add("input", (), "gradient_offset")
            return self.add("sum", (self.add("product", (slope, self.node(e.args[0])), 2), offset), (1, 1))
        raise NotImplementedError(
            f"{self.program.rule}: {e.func.__name__} in {e}: no error weight is known; add one to tree.py"
        )

    def sized(self, e: Expr) -> Expr:
        """`e` with numbers for sizes and labels; what depends on these only is evaluated by SymPy."""
        return self.labelled(with_sizes(e, self.given))

    def labelled(self, e: Expr) -> Expr:
        """`e` with numbers for labels."""
        if not self.labels:
            return e
        known = {
            stored: Integer(self.labels[stored.base.name][int(stored.indices[0])])
            for stored in elements_of(e)
            if stored.base.name in self.labels
        }
        return replaced(e, known) if known else e

    def indexed(self, e: Indexed) -> int:
        if not all(p.is_Integer for p in e.indices):
            raise NotImplementedError(f"{self.program.rule}: {e}: its position is no number; write it out")
        if e.base.name in self.elements:
            target = self.elements[e.base.name]
            return self.node(self.labelled(placed(self.let[target], target.indices, e.indices)))
        return self.add("input", (), element(e.base.name, e.indices))

    def total(self, e: Sum) -> int:
        terms = [self.labelled(term) for term in terms_of(e)]
        nodes = [self.signed(term) for term in terms if term != 0]
        if len(nodes) == 1 and nodes[0][1] == 1:
            return nodes[0][0]
        if not nodes:
            return self.add("constant", (), Fraction(0))
        return self.add("sum", tuple(index for index, _ in nodes), tuple(sign for _, sign in nodes))

    def signed(self, e: Expr) -> tuple[int, int]:
        """The node of |coefficient| * rest and the sign of the coefficient."""
        coefficient, _ = e.as_coeff_Mul()
        return (self.node(-e), -1) if coefficient.is_negative else (self.node(e), 1)

    def sum(self, e: Expr) -> int:
        terms = [self.signed(a) for a in e.args]
        return self.add("sum", tuple(index for index, _ in terms), tuple(sign for _, sign in terms))

    def product(self, e: Expr) -> int:
        coefficient, rest = e.as_coeff_Mul()
        if coefficient.is_negative:
            return self.add("sum", (self.node(-e),), (-1,))
        factors: list[int] = []
        divisors: list[int] = []
        parts = [*Mul.make_args(rest)]
        if coefficient.p != 1:
            parts.append(Integer(coefficient.p))
        if coefficient.q != 1:
            parts.append(Rational(1, coefficient.q))
        for part in parts:
            base, exponent = part.as_base_exp()
            inverse = isinstance(part, Pow) and exponent.is_Rational and exponent.is_negative
            if isinstance(part, Rational) and part.p == 1:
                divisors.append(self.node(Integer(part.q)))
            elif inverse:
                divisors.append(self.node(Pow(base, -exponent)))
            else:
                factors.append(self.node(part))
        one = self.add("constant", (), Fraction(1))
        factors = [f for f in factors if f != one] or [one]
        divisors = [d for d in divisors if d != one]
        if len(factors) == 1 and not divisors:
            return factors[0]
        return self.add("product", (*factors, *divisors), len(factors))

    def power(self, e: Expr) -> int:
        base, exponent = e.base, e.exp
        if exponent == Rational(1, 2):
            return self.add("root", (self.node(base),))
        if exponent.is_Integer and exponent >= 2:
            return self.add("power", (self.node(base),), int(exponent))
        if exponent.is_Rational and exponent > 0 and exponent.q & (exponent.q - 1) == 0:
            return self.dyadic_power(base, exponent)
        if exponent.could_extract_minus_sign():
            one = self.add("constant", (), Fraction(1))
            return self.add("product", (one, self.node(Pow(base, -exponent))), 1)
        offset, steps = exponent.expand().as_independent(STEP, as_Add=True)
        if offset.is_Integer and (steps / STEP).is_Integer:
            return self.add("step_power", (self.node(base),), (int(steps / STEP), int(offset)))
        raise NotImplementedError(f"{self.program.rule}: power {e}: no error weight is known; add one to tree.py")

    def dyadic_power(self, base: Expr, exponent: Rational) -> int:
        """SymPy merges x * sqrt(x) into x**(3/2) and sqrt(sqrt(x)) into x**(1/4); nobody computes these in one step."""
        if exponent < 1:
            return self.add("root", (self.node(Pow(base, 2 * exponent)),))
        whole = int(exponent)
        return self.add("product", (self.node(Pow(base, whole)), self.node(Pow(base, exponent - whole))), 2)

    def piecewise(self, e: Expr) -> int:
        (then, condition), *rest = e.args
        if e.args[-1][1] != true:
            raise NotImplementedError(f"{self.program.rule}: {e}: write the last piece with True")
        if condition in (true, false):
            return self.node(then if condition == true else Piecewise(*rest))
        otherwise = rest[0][0] if len(rest) == 1 else Piecewise(*rest)
        if isinstance(condition, Equality) and condition.lhs == STEP and condition.rhs.is_Integer:
            return self.add("at_step", (self.node(then), self.node(otherwise)), int(condition.rhs))
        return self.where(condition, self.node(then), lambda: self.node(otherwise))

    def where(self, condition: Boolean, then: int, otherwise: Callable[[], int]) -> int:
        """A branch on one comparison, or on several as nested branches."""
        if isinstance(condition, And):
            first, *rest = condition.args
            return self.where(first, self.where(And(*rest), then, otherwise) if rest else then, otherwise)
        if isinstance(condition, Or):
            first, *rest = condition.args
            return self.where(first, then, lambda: self.where(Or(*rest), then, otherwise) if rest else otherwise())
        if condition in (true, false):
            return then if condition == true else otherwise()
        if isinstance(condition, Equality):
            both = And(condition.lhs >= condition.rhs, condition.lhs <= condition.rhs, evaluate=False)
            return self.where(both, then, otherwise)
        if isinstance(condition, (StrictGreaterThan, StrictLessThan, GreaterThan, LessThan)):
            strict = isinstance(condition, (StrictGreaterThan, StrictLessThan))
            difference = self.node(condition.gts - condition.lts)
            return self.add(BRANCHES[0 if strict else 1], (difference, then, otherwise()))
        raise NotImplementedError(f"{self.program.rule}: condition {condition}: not understood; compare two numbers")
