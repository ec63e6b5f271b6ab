"""Sums of any length, taken apart: the parts must add up to what the sum of a few terms is."""

import pytest
from sympy import Expr, Integer, Sum, exp, symbols

from gradspec.spec.example import example
from gradspec.spec.layers.batch import n, x
from gradspec.spec.sums import split
from gradspec.spec.symbols import j, k

a, b = symbols("a b", real=True)
TOTAL = Sum(x[k, j], (k, 0, n - 1))


@pytest.mark.parametrize(
    "expression",
    [
        Sum(a * x[k, j] + b, (k, 0, n - 1)),
        Sum((x[k, j] - TOTAL / n) ** 2, (k, 0, n - 1)),
        Sum((x[k, j] + a) / (TOTAL + b) ** 2, (k, 0, n - 1)),
        Sum(exp(x[k, j] + a), (k, 0, n - 1)) * TOTAL,
    ],
)
def test_parts_add_up_to_the_sum(expression: Expr) -> None:
    rows = tuple((symbol,) for symbol in symbols("x_0:3", real=True))
    whole, parts = (example(e, {n: 3}, {j: 0}, x=rows) for e in (expression, split(expression)))
    assert (whole - parts).simplify() == 0


def test_what_is_the_same_everywhere_is_counted() -> None:
    assert split(Sum(a, (k, 0, n - 1))) == n * a


def test_deviations_from_the_mean_add_up_to_nothing() -> None:
    assert split(Sum(x[k, j] - TOTAL / n, (k, 0, n - 1))) == Integer(0)
