"""Softmax: exponentials as shares of their sum."""

from sympy import IndexedBase, Sum, Symbol, exp

from ..rule import Array, NamedError, Option, Rule, Source
from ..symbols import i, j, k

n, c = Symbol("n", integer=True, positive=True), Symbol("c", integer=True, positive=True)
x = IndexedBase("x", shape=(n, c), real=True)
y = IndexedBase("y", shape=(n, c), real=True)
total = IndexedBase("total", shape=(n,), positive=True)
over_rows = IndexedBase("column_total", shape=(c,), positive=True)

SOFTMAX = Rule(
    name="softmax",
    title="Softmax",
    doc="Turns every row of numbers into positive shares that add up to 1.",
    kind="function",
    parameter=y[i, j],
    arrays=(Array(x, "logits, one row for each example"),),
    let={total[i]: Sum(exp(x[i, k]), (k, 0, c - 1)), over_rows[j]: Sum(exp(x[k, j]), (k, 0, n - 1))},
    update={y[i, j]: exp(x[i, j]) / total[i]},
    options=(
        Option("derivative", "the gradient with respect to x, given that with respect to y", differentiates=(x,)),
    ),
    errors=(
        NamedError(
            "over_examples",
            "the shares of a column add up to 1, not those of a row: taken over the wrong axis",
            Source("TensorFlow.js 4.22.0", "softmax layer: its default axis is 1"),
            {y[i, j]: exp(x[i, j]) / over_rows[j]},
        ),
    ),
    source=Source("Goodfellow, Bengio & Courville 2016", "section 6.2.2"),
)
