"""Mean squared error."""

from sympy import Eq, IndexedBase, Integer, Mul, Rational, Sum, Symbol, exp, expand_log, log, pi, sqrt, symbols

from ..derivation import Derivation, Step, equal
from ..example import example
from ..rule import Array, Axis, AxisValue, Claim, NamedError, Option, Rule, Source
from ..symbols import i, j

n = Symbol("n", integer=True, positive=True)
predictions = IndexedBase("predictions", shape=(n,), real=True)
targets = IndexedBase("targets", shape=(n,), real=True)
loss, total, factor = Symbol("loss", real=True), Symbol("total", real=True), Symbol("factor", positive=True)
d_predictions = IndexedBase("d_predictions", shape=(n,), real=True)
upstream = Symbol("upstream", real=True)


def _gradient_is_the_scaled_difference(rule: Rule) -> Eq:
    """Of the first of two predictions, p against q."""
    p, q = Symbol("p", real=True), Symbol("q", real=True)
    gradient = rule.program({}, ("derivative",)).formula(d_predictions[i])
    written = example(gradient, {n: 2}, {i: 0}, predictions=(p, 1), targets=(q, 3))
    return Eq(written, upstream * (p - q))


def _likeliest_under_normal_noise(rule: Rule) -> tuple[Step, ...]:
    """Of two elements, with the factor 1."""
    p, q, r, t = symbols("p q r t", real=True)
    sigma, written = Symbol("sigma", positive=True), rule.program({"factor": "one"}).formula(loss)
    cost = example(written, {n: 2}, {}, predictions=(p, q), targets=(r, t))
    likelihood = Mul(*(exp(-((a - b) ** 2) / (2 * sigma**2)) / (sqrt(2 * pi) * sigma) for a, b in ((p, r), (q, t))))
    squares = ((p - r) ** 2 + (q - t) ** 2) / (2 * sigma**2)
    constant = log(2 * pi) + 2 * log(sigma)
    return (
        Step("minus the logarithm of the likelihood", equal(-expand_log(log(likelihood)), squares + constant)),
        Step(
            "which is least where the loss is: it is 1/σ² times that, and a constant", equal(squares, cost / sigma**2)
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
        Claim(
            "of two elements the gradient is the difference",
            _gradient_is_the_scaled_difference,
        ),
    ),
    source=Source("Goodfellow, Bengio & Courville 2016; lecture deck", "line 554"),
)
