"""What penalties share: the weights, the strength, and whether the batch divides them."""

from sympy import IndexedBase, Integer, Interval, Rational, Symbol, oo

from ..rule import Array, Axis, AxisValue, Hyperparameter, Option, Source
from ..symbols import NON_NEGATIVE

n = Symbol("n", integer=True, positive=True)
w = IndexedBase("w", shape=(n,), real=True)
d_w = IndexedBase("d_w", shape=(n,), real=True)
penalty, total, upstream = Symbol("penalty", real=True), Symbol("total", real=True), Symbol("upstream", real=True)
strength = Symbol("lambda", nonnegative=True)
batch_size = Symbol("batch", positive=True)
divisor, factor = Symbol("divisor", positive=True), Symbol("factor", positive=True)

WEIGHTS = Array(w, "weights")
STRENGTH = Hyperparameter(
    "strength", strength, NON_NEGATIVE, Rational(1, 100), "weight of the penalty", "loss / unit of w"
)
DERIVATIVE = Option(
    "derivative", "the gradient with respect to w, given that with respect to the penalty", differentiates=(w,)
)
BATCH_SIZE = Option(
    "batch_size",
    "the number of examples that the loss is averaged over",
    symbol=batch_size,
    domain=Interval(1, oo),
    neutral=1,
    source=Source("scikit-learn 1.9.1", "sklearn/neural_network/_multilayer_perceptron.py"),
)
REDUCTION = Axis(
    "reduction",
    "whether the penalty is divided by the number of examples, as the loss is",
    (
        AxisValue("sum", {divisor: Integer(1)}, Source("Keras 3.15.1; lecture deck", "lines 155-163")),
        AxisValue("per_batch", {divisor: batch_size}, BATCH_SIZE.source or Source("scikit-learn 1.9.1")),
    ),
    under="batch_size",
)
