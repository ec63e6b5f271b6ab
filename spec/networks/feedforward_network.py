"""The lecture's classifier: a rectified hidden layer, a softmax, and the mean cross entropy of its classes."""

from sympy import Eq, IndexedBase, Piecewise, Rational, Sum, Symbol, exp, log

from ..activations.relu import RELU
from ..derivative import straight_through
from ..example import example
from ..rule import Array, Axis, AxisValue, Claim, NamedError, Option, Rule, Source
from ..symbols import i, j, k
from .composition import applied

n = Symbol("n", integer=True, positive=True)  # examples
p = Symbol("p", integer=True, positive=True)  # features
h = Symbol("h", integer=True, positive=True)  # hidden units
c = Symbol("c", integer=True, positive=True)  # classes
x = IndexedBase("x", shape=(n, p), real=True)
label = IndexedBase("labels", shape=(n,), integer=True, nonnegative=True)
hidden_weights = IndexedBase("hidden_weights", shape=(p, h), real=True)
hidden_bias = IndexedBase("hidden_bias", shape=(h,), real=True)
output_weights = IndexedBase("output_weights", shape=(h, c), real=True)
output_bias = IndexedBase("output_bias", shape=(c,), real=True)
PARAMETERS = (hidden_weights, hidden_bias, output_weights, output_bias)

hidden_sum, hidden = (IndexedBase(name, shape=(n, h), real=True) for name in ("hidden_sum", "hidden"))
logit, share, kept = (IndexedBase(name, shape=(n, c), real=True) for name in ("logit", "share", "kept"))
mass = IndexedBase("mass", shape=(n,), positive=True)
each = IndexedBase("each", shape=(n,), real=True)
loss = Symbol("loss", real=True)
d_hidden_bias = IndexedBase("d_hidden_bias", shape=(h,), real=True)
d_output_bias = IndexedBase("d_output_bias", shape=(c,), real=True)

FROM_LOGITS = log(mass[i]) - logit[i, label[i]]
FROM_SHARES = -log(kept[i, label[i]])
BOUND = Rational(1, 10**7)
CLIPPED = Piecewise((BOUND, share[i, j] < BOUND), (1 - BOUND, share[i, j] > 1 - BOUND), (share[i, j], True))
MEAN = Sum(each[k], (k, 0, n - 1)) / n


