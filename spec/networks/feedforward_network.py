"""The lecture's classifier: a rectified hidden layer, a softmax, and the mean cross entropy of its classes."""

from typing import Any

from sympy import Expr, IndexedBase, Piecewise, Sum, Symbol, exp, log, symbols
from sympy.logic.boolalg import Boolean

from ..activations.relu import RELU
from ..derivation import Derivation, Step, equal, every
from ..derivative import straight_through
from ..example import worked_example
from ..losses.cross_entropy import CROSS_ENTROPY, epsilon
from ..rule import Array, Axis, AxisValue, Claim, NamedError, Option, Rule, Source
from ..symbols import i, j, k
from .composition import applied
from .dense import DENSE

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
logit, share = (IndexedBase(name, shape=(n, c), real=True) for name in ("logit", "share"))
mass = IndexedBase("mass", shape=(n,), positive=True)
each = IndexedBase("each", shape=(n,), real=True)
loss = Symbol("loss", real=True)
d_hidden_bias = IndexedBase("d_hidden_bias", shape=(h,), real=True)
d_output_bias = IndexedBase("d_output_bias", shape=(c,), real=True)

FROM_LOGITS = log(mass[i]) - logit[i, label[i]]
RIGHT = share[i, label[i]]
FROM_CLIPPED = Piecewise(
    (-log(epsilon), RIGHT < epsilon), (-log(1 - epsilon), RIGHT > 1 - epsilon), (-log(RIGHT), True)
)
MEAN = Sum(each[k], (k, 0, n - 1)) / n


def _without_weights(rule: Rule) -> Boolean:
    """Two examples of three classes, told nothing: the loss is log 3."""
    nothing: dict[str, Any] = {"x": ((2,), (3,)), "labels": (0, 2), "hidden_weights": ((0,),), "hidden_bias": (0,)}
    arrays = {**nothing, "output_weights": ((0, 0, 0),), "output_bias": (0, 0, 0)}
    return equal(exp(worked_example(rule.program(), loss, {n: 2, p: 1, h: 1, c: 3}, **arrays)), 3)


def _gradients(rule: Rule) -> tuple[Expr, Expr, Expr, Expr]:
    """Gradients of the biases in a network of two classes: of the first class, the second, and of two hidden units.

    The logits differ by a; one unit is at 1 and one rectified; their weights are 1 and 2, and 3 and 5. The label is 0.
    """
    a = Symbol("a", real=True)
    one: dict[str, Any] = {"x": ((1,),), "labels": (0,), "hidden_weights": ((1, -1),), "hidden_bias": (0, 0)}
    arrays = {**one, "output_weights": ((1, 2), (3, 5)), "output_bias": (0, a - 1), "upstream": 1}
    program = rule.program({}, ("derivative",))
    first, second, third, fourth = (
        worked_example(program, target[i], {n: 1, p: 1, h: 2, c: 2}, (place,), **arrays)
        for target in (d_output_bias, d_hidden_bias)
        for place in (0, 1)
    )
    return first, second, third, fourth


def _backpropagates(rule: Rule) -> Boolean:
    a = Symbol("a", real=True)
    wrong = exp(a) / (1 + exp(a))  # the share of the other class
    first, second, used, rectified = _gradients(rule)
    return every(equal(first, -wrong), equal(second, wrong), equal(used, wrong), equal(rectified, 0))


def _put_together(rule: Rule) -> tuple[Step, ...]:
    """One example of one feature, one hidden unit that is on, two classes of which the first is right."""
    feature, weight = symbols("feature weight", positive=True)
    a, b, shift, other_shift = symbols("w_0 w_1 b_0 b_1", real=True)
    arrays: dict[str, Any] = {"x": ((feature,),), "hidden_weights": ((weight,),), "hidden_bias": (0,)}
    arrays |= {"labels": (0,), "output_weights": ((a, b),), "output_bias": (shift, other_shift)}
    whole = worked_example(rule.program({"clip": "none"}), loss, {n: 1, p: 1, h: 1, c: 2}, **arrays)

    def dense(inputs: Expr, weights: Any, bias: Any, units: int) -> list[Expr]:
        sizes = dict(zip(DENSE.arrays[0].shape + DENSE.arrays[2].shape, (1, 1, units), strict=True))
        given: dict[str, Any] = {"x": ((inputs,),), "weights": (weights,), "bias": bias}
        return [worked_example(DENSE.program(), DENSE.parameter, sizes, (0, unit), **given) for unit in range(units)]

    (total,) = dense(feature, (weight,), (0,), 1)
    on = applied(RELU, total)
    logits = dense(on, (a, b), (shift, other_shift), 2)
    given: dict[str, Any] = {"predictions": (tuple(logits),), "labels": (0,)}
    sizes = dict(zip(CROSS_ENTROPY.arrays[0].shape, (1, 2), strict=True))
    cost = worked_example(CROSS_ENTROPY.program({"input": "logits"}), CROSS_ENTROPY.parameter, sizes, **given)
    return (
        Step("the dense layer adds up", equal(total, weight * feature)),
        Step("the rectified unit lets it pass", equal(on, weight * feature)),
        Step("a second dense layer gives the first logit", equal(logits[0], a * weight * feature + shift)),
        Step("the cross entropy of both logits is the rule's loss", equal(cost, whole)),
    )


FEEDFORWARD_NETWORK = Rule(
    name="feedforward_network",
    title="Feedforward network",
    doc="One rectified hidden layer, a softmax over the classes, and the mean cross entropy of the labels.",
    kind="function",
    parameter=loss,
    arrays=(
        Array(x, "features, one row for each example"),
        Array(label, "the right class of every example", labels=c),
        Array(hidden_weights, "weights of the hidden layer, one column for each unit"),
        Array(hidden_bias, "one for each hidden unit"),
        Array(output_weights, "weights of the output layer, one column for each class"),
        Array(output_bias, "one for each class"),
    ),
    hyperparameters=CROSS_ENTROPY.hyperparameters,
    let={
        hidden_sum[i, j]: Sum(x[i, k] * hidden_weights[k, j], (k, 0, p - 1)) + hidden_bias[j],
        hidden[i, j]: applied(RELU, hidden_sum[i, j]),
        logit[i, j]: Sum(hidden[i, k] * output_weights[k, j], (k, 0, h - 1)) + output_bias[j],
        mass[i]: Sum(exp(logit[i, k]), (k, 0, c - 1)),
        share[i, j]: exp(logit[i, j]) / mass[i],
        each[i]: FROM_LOGITS,
    },
    update={loss: MEAN},
    options=(
        Option(
            "derivative",
            "the gradients with respect to all weights and biases, given that with respect to the loss",
            differentiates=PARAMETERS,
        ),
    ),
    axes=(
        Axis(
            "clip",
            "whether the share of the label is kept away from 0 and 1, by ε, before its logarithm is taken",
            (
                AxisValue(
                    "none", {each[i]: FROM_LOGITS}, Source("Goodfellow, Bengio & Courville 2016", "section 6.2.2")
                ),
                AxisValue(
                    "both",
                    {each[i]: FROM_CLIPPED},
                    Source("Keras 3.15.1", "keras.losses.sparse_categorical_crossentropy behind a softmax layer"),
                ),
            ),
        ),
    ),
    errors=(
        NamedError(
            "gradient_not_averaged",
            "the loss is the mean over the examples, its gradient the sum",
            Source("a batch size left out of the backward pass"),
            {loss: straight_through(MEAN, n * MEAN)},
            under="derivative",
        ),
        NamedError(
            "softmax_gradient_missing",
            "the gradient of the loss by the shares is taken for that by the logits",
            Source("a softmax left out of the backward pass"),
            {
                share[i, j]: straight_through(exp(logit[i, j]) / mass[i], logit[i, j]),
                each[i]: -log(RIGHT),
            },
            under="derivative",
        ),
        NamedError(
            "sum_for_mean",
            "the examples are added up, not averaged",
            Source("reduction='sum'"),
            {loss: n * MEAN},
        ),
        NamedError(
            "hidden_layer_linear",
            "the hidden layer has no activation",
            Source("Keras 3.15.1", "layers.Dense without activation="),
            {hidden[i, j]: hidden_sum[i, j]},
        ),
    ),
    derivations=(
        Derivation(
            "it is two dense layers, a rectified unit and the cross entropy",
            "rules applied one after the other",
            _put_together,
        ),
    ),
    claims=(
        Claim("with all weights 0 the loss is the logarithm of the number of classes", _without_weights),
        Claim("gradients of biases are shares less the label, and pass through units that are on", _backpropagates),
    ),
    source=Source("lecture deck", "lines 36-45"),
)
