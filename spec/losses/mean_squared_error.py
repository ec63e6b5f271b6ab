"""Mean squared error."""

from sympy import IndexedBase, Integer, Rational, Sum, Symbol, exp, expand_log, log, pi, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal
from ..rule import Array, Axis, AxisValue, Claim, NamedError, Option, Rule, Source
from ..sums import split
from ..symbols import i, j

n = Symbol("n", integer=True, positive=True)
predictions = IndexedBase("predictions", shape=(n,), real=True)
targets = IndexedBase("targets", shape=(n,), real=True)
loss, total, factor = Symbol("loss", real=True), Symbol("total", real=True), Symbol("factor", positive=True)
d_predictions = IndexedBase("d_predictions", shape=(n,), real=True)
upstream = Symbol("upstream", real=True)


def _gradient_is_the_scaled_difference(rule: Rule) -> Boolean:
    gradient = rule.program({"factor": "one"}, ("derivative",)).formula(d_predictions[i])
    return equal(gradient, 2 * upstream * (predictions[i] - targets[i]) / n)


def _halved(rule: Rule) -> Boolean:
    whole, half = (rule.program({"factor": factor}).formula(loss) for factor in ("one", "half"))
    return equal(half, whole / 2)


def _likeliest_under_normal_noise(rule: Rule) -> tuple[Step, ...]:
    """For any number of elements, with the factor 1."""
    a, b = symbols("a b", real=True)
    sigma, cost = Symbol("sigma", positive=True), rule.program({"factor": "one"}).formula(loss)
    likelihood = exp(-((a - b) ** 2) / (2 * sigma**2)) / (sqrt(2 * pi) * sigma)
    one = (a - b) ** 2 / (2 * sigma**2) + log(2 * pi) / 2 + log(sigma)
    all_of_them = Sum(one.xreplace({a: predictions[j], b: targets[j]}), (j, 0, n - 1))
    return (
        Step("minus the logarithm of the likelihood of one target", equal(-expand_log(log(likelihood)), one)),
        Step(
            "over all of them that is n/(2 σ²) times the loss, and a constant: least where the loss is",
            equal(split(all_of_them), split(n * cost / (2 * sigma**2) + n * (log(2 * pi) / 2 + log(sigma)))),
        ),
    )


MEAN_SQUARED_ERROR = Rule(
    name="mean_squared_error",
    title="Mean squared error",
    doc="The mean of the squared differences over all elements.",
    kind="function",
    parameter=loss,
    arrays=(Array(predictions, "what the network says"), Array(targets, "what it should say")),
    let={total: Sum((predictions[j] - targets[j]) ** 2, (j, 0, n - 1)), factor: Integer(1)},
    update={loss: factor * total / n},
    options=(
        Option(
            "derivative",
            "the gradient with respect to the predictions, given that with respect to the loss",
            differentiates=(predictions,),
        ),
    ),
    axes=(
        Axis(
            "factor",
            "whether the squares are halved, so that the gradient has no 2",
            (
                AxisValue(
                    "one",
                    {factor: Integer(1)},
                    Source("PyTorch 2.13.0; Keras 3.15.1", "mse_loss; losses.MeanSquaredError"),
                ),
                AxisValue(
                    "half",
                    {factor: Rational(1, 2)},
                    Source("scikit-learn 1.9.1", "sklearn/neural_network/_base.py: squared_loss"),
                ),
            ),
        ),
    ),
    errors=(
        NamedError(
            "sum_for_mean", "the squares are added up, not averaged", Source("reduction='sum'"), {loss: factor * total}
        ),
    ),
    derivations=(
        Derivation(
            "the least mean square is the greatest likelihood",
            "targets are predictions and normal noise of one variance",
            _likeliest_under_normal_noise,
        ),
    ),
    claims=(
        Claim("the gradient is 2/n times the difference", _gradient_is_the_scaled_difference),
        Claim("factor=half gives half of it", _halved),
    ),
    source=Source("Goodfellow, Bengio & Courville 2016; lecture deck", "line 554"),
)
