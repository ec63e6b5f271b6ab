"""What penalties share: the weights, the strength, what is penalised and divided, and how clipping meets a penalty."""

from sympy import Expr, IndexedBase, Integer, Piecewise, Rational, S, Sum, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import equal
from ..example import example
from ..program import derived
from ..rule import Array, Axis, AxisValue, Claim, Hyperparameter, Option, Rule, Source
from ..symbols import NON_NEGATIVE, i, j

n = Symbol("n", integer=True, positive=True)  # weights
m = Symbol("m", integer=True, positive=True)  # biases
bias, d_bias = IndexedBase("bias", shape=(m,), real=True), IndexedBase("d_bias", shape=(m,), real=True)
loss_gradient = IndexedBase("loss_gradient", shape=(n,), real=True)
into_clip, beside = (IndexedBase(name, shape=(n,), real=True) for name in ("into_clip", "beside"))
length, bound = Symbol("length", nonnegative=True), Symbol("c", nonnegative=True)
everything, bias_total = Symbol("everything", real=True), Symbol("bias_total", real=True)
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
    "derivative",
    "the gradient with respect to w, and bias if it is there, given that with respect to the penalty",
    differentiates=(w, bias),
)
BIAS = Option(
    "bias",
    "a bias beside the weights, which may be penalised as they are",
    arrays=(Array(bias, "bias of the same layer"),),
)


def _shortened(element: Expr) -> Piecewise:
    return Piecewise((element, length <= bound), (element * bound / length, True))


CLIP_NORM = Option(
    "clip_norm",
    "the gradient of loss and penalty together, where gradients are clipped to this norm",
    symbol=bound,
    domain=NON_NEGATIVE,
    neutral=None,
    unit="unit of the gradient",
    requires=("derivative",),
    arrays=(Array(loss_gradient, "gradient of the loss with respect to w"),),
    equations={length: sqrt(Sum(into_clip[j] ** 2, (j, 0, n - 1)))},
    then={d_w[i]: _shortened(into_clip[i]) + beside[i]},
    source=Source("Keras 3.15.1 and PyTorch 2.13.0", "clipnorm; torch.nn.utils.clip_grad_norm_"),
)
BATCH_SIZE = Option(
    "batch_size",
    "the number of examples that the loss is averaged over",
    symbol=batch_size,
    domain=S.Naturals,
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
SCOPE = Axis(
    "scope",
    "which parameters are penalised",
    (
        AxisValue(
            "weights", {everything: total}, Source("Keras 3.15.1; lecture deck", "lines 157-165, kernel_regularizer")
        ),
        AxisValue(
            "all_parameters",
            {everything: total + bias_total},
            Source("PyTorch 2.13.0", "weight_decay of an optimizer that was given model.parameters()"),
        ),
    ),
    under="bias",
)
CLIP_ORDER = Axis(
    "clip_order",
    "whether the penalty's gradient is clipped with that of the loss, or added to what clipping has left",
    (
        AxisValue(
            "inside_clip",
            {into_clip[i]: loss_gradient[i] + derived(d_w[i]), beside[i]: Integer(0)},
            Source("Keras 3.15.1", "kernel_regularizer, a part of the loss, with clipnorm"),
        ),
        AxisValue(
            "after_clip",
            {into_clip[i]: loss_gradient[i], beside[i]: derived(d_w[i])},
            Source("PyTorch 2.13.0", "weight_decay, within the step that follows clip_grad_norm_"),
        ),
    ),
    under="clip_norm",
)


def _printed_composition(rule: Rule) -> Boolean:
    """The cost that is printed, and the one that is meant, of two weights beside a loss J."""
    a, b, loss = symbols("a b J", real=True)
    printed, meant = (
        example(rule.program(error=e).formula(penalty), {n: 2}, {}, w=(a, b)) for e in ("strength_twice", None)
    )
    return equal(loss + printed, loss + meant)


PRINTED_COMPOSITION = Claim(
    "J + lambda R with the lambda that R has is the loss with its penalty",
    _printed_composition,
    "lecture deck, lines 147-163 read together",
    expects="refuted",
)
