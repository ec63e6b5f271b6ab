"""Executes a tree as declared arithmetic may: exact operations, each rounded, in any order of sums and products."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from random import Random

from gradspec.reference.arithmetic import Arithmetic, Format
from gradspec.reference.tree import Node, Tree


class NotANumber(ArithmeticError):
    """The execution divides by zero or takes the root of a negative number."""


class OutOfRange(ArithmeticError):
    """The execution overflows, which the bound does not cover."""


def near_root(x: Fraction) -> Fraction:
    """Return the root of x with 200 bits, or exactly where it is rational; it is never a tie otherwise."""
    above, below = isqrt(x.numerator), isqrt(x.denominator)
    if above**2 == x.numerator and below**2 == x.denominator:
        return Fraction(above, below)
    shift = max(0, 400 - x.numerator.bit_length() + x.denominator.bit_length()) // 2
    return Fraction(2 * isqrt(int(x * 4**shift)) + 1, 2 ** (shift + 1))


def neighbours(x: Fraction, format: Format) -> tuple[Fraction, Fraction]:
    """Return the two numbers of the format that are nearest to x from below and from above."""
    size = abs(x)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    step = Fraction(2) ** (max(exponent, format.smallest_exponent) - format.precision + 1)
    below = x // step * step
    return below, below if below == x else below + step


@dataclass
class Execution:
    """One way of executing trees: `random=None` rounds to nearest in the tree's own order."""

    how: Arithmetic
    random: Random | None = None

    def round(self, x: Fraction, format: Format | None = None, underflow: Fraction | None = None) -> Fraction:
        """Round one result: to nearest, or to any neighbour within the declared error."""
        format = format or self.how.operations
        nearest = format.round(x)
        if nearest is None:
            raise OutOfRange
        if self.random is None:
            return self.flushed(nearest)
        least = format.smallest_subnormal / 2 if underflow is None else underflow
        allowed = abs(x) * format.unit + least
        choices = [y for y in {*neighbours(x, format), nearest} if abs(y - x) <= allowed]
        return self.flushed(self.random.choice(sorted(choices)))

    def flushed(self, x: Fraction) -> Fraction:
        """A subnormal becomes zero where that is declared; at random it may also be kept."""
        if not self.how.flush or abs(x) >= self.how.operations.smallest_normal:
            return x
        return x if self.coin() else Fraction(0)

    def coin(self) -> bool:
        """Toss a coin; without randomness it always falls to the same side."""
        return self.random is not None and self.random.random() < 0.5

    def held(self, value: Fraction) -> Fraction:
        """A hyperparameter as it is held: in its format, or in a wider one where that makes it no subnormal."""
        stored = self.how.hyperparameters.round(value)
        if stored is None:
            raise OutOfRange
        wider = self.random is not None and abs(value) >= self.how.operations.smallest_normal
        return value if wider and self.coin() else stored

    def stored(self, value: Fraction) -> Fraction:
        """Round a result to where it is kept between calls."""
        return value if self.how.storage is self.how.operations else self.round(value, self.how.storage)

    def run(self, tree: Tree, step: int, inputs: Mapping[str, Fraction]) -> dict[str, Fraction]:
        """Return the outputs of the tree by name, stored."""
        values: list[Fraction | None] = []
        for node in tree.nodes:
            values.append(self.node(node, values, step, inputs))
        outputs = {}
        for name, index in tree.outputs.items():
            if (value := values[index]) is None:
                raise NotANumber
            outputs[name] = self.stored(value)
        return outputs

    def node(
        self, node: Node, values: list[Fraction | None], step: int, inputs: Mapping[str, Fraction]
    ) -> Fraction | None:
        """Return the rounded value of one node; None if it is not a number."""
        if node.kind == "at_step":
            return values[node.args[0 if step == node.extra else 1]]
        if node.kind == "where_positive":
            condition, then, otherwise = (values[a] for a in node.args)
            return None if condition is None else then if condition > 0 else otherwise
        known = [x for a in node.args if (x := values[a]) is not None]
        if len(known) < len(node.args):
            return None
        match node.kind:
            case "input":
                return self.flushed(inputs[node.extra])
            case "step":
                return Fraction(step)
            case "constant":
                return self.round(node.extra, underflow=Fraction(0))
            case "sum":
                return self.sum([x * sign for x, sign in zip(known, node.extra, strict=True)])
            case "product":
                return self.product(known[: node.extra], known[node.extra :])
            case "power":
                return self.power(known[0], node.extra)
            case "step_power":
                return self.power(known[0], node.extra[0] * step + node.extra[1])
            case "root":
                return self.round(near_root(known[0]), underflow=Fraction(0)) if known[0] >= 0 else None
            case "maximum":
                return max(known)
        raise AssertionError(node.kind)

    def shuffled(self, items: list[Fraction]) -> list[Fraction]:
        return self.random.sample(items, len(items)) if self.random else list(items)

    def sum(self, terms: list[Fraction]) -> Fraction:
        """Add in a random order and grouping; integers and single terms are exact."""
        waiting = self.shuffled(terms)
        while len(waiting) > 1:
            waiting = self.shuffled([self.round(waiting[0] + waiting[1], underflow=Fraction(0)), *waiting[2:]])
        return waiting[0]

    def product(self, factors: list[Fraction], divisors: list[Fraction]) -> Fraction | None:
        """Multiply and divide in a random order and grouping; divisors may be multiplied first."""
        if 0 in divisors:
            return None
        waiting = [*((x, False) for x in factors), *((x, True) for x in divisors)]
        while len(waiting) > 1:
            if self.random:
                waiting = self.random.sample(waiting, len(waiting))
            (x, x_divides), (y, y_divides), *rest = waiting
            if x_divides and not y_divides:
                (x, x_divides), (y, y_divides) = (y, y_divides), (x, x_divides)
            if y_divides and not x_divides and y == 0:
                return None
            value = x / y if y_divides and not x_divides else x * y
            waiting = [(self.round(value), x_divides), *rest]
        return waiting[0][0]

    def power(self, base: Fraction, exponent: int) -> Fraction:
        """Multiply one after the other, or round the exact power once."""
        if exponent > 1 and self.coin():
            return self.round(base**exponent)
        value = base if exponent else Fraction(1)
        for _ in range(exponent - 1):
            value = self.round(value * base)
        return value
