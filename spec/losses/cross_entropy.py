"""Sparse categorical cross entropy, from logits or from probabilities."""

from collections.abc import Sequence

from sympy import (
    Add,
    Expr,
    IndexedBase,
    Integer,
    Interval,
    KroneckerDelta,
    Mod,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    diff,
    exp,
    log,
    oo,
    symbols,
)
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, greater
from ..derivative import straight_through
from ..example import example, worked_example
from ..rule import Array, Axis, AxisValue, Claim, Dialect, Hyperparameter, NamedError, Option, Rule, Source
from ..symbols import i, j, k

n, c = Symbol("n", integer=True, positive=True), Symbol("c", integer=True, positive=True)
predictions = IndexedBase("predictions", shape=(n, c), real=True)
label = IndexedBase("labels", shape=(n,), integer=True, nonnegative=True)
d_predictions = IndexedBase("d_predictions", shape=(n, c), real=True)
epsilon = Symbol("epsilon", nonnegative=True)
loss, upstream = Symbol("loss", real=True), Symbol("upstream", real=True)
mass, each = (IndexedBase(name, shape=(n,), real=True) for name in ("mass", "each"))
share, clipped, kept, logit = (
    IndexedBase(name, shape=(n, c), real=True) for name in ("share", "clipped", "kept", "logit")
)

FROM_LOGITS = log(Sum(exp(logit[i, k]), (k, 0, c - 1))) - logit[i, label[i]]
FROM_PROBABILITIES = -log(kept[i, label[i]])
CLIPPED = Piecewise((epsilon, share[i, j] < epsilon), (1 - epsilon, share[i, j] > 1 - epsilon), (share[i, j], True))
KERAS = Source("Keras 3.15.1", "keras.losses.sparse_categorical_crossentropy")


def _shares_less_the_label(rule: Rule) -> tuple[Step, ...]:
    """For any number of examples and classes, with the gradient u of the cost by the loss."""
    program = rule.program({"input": "logits"}, ("derivative",))
    right, rest = (
        Symbol("x_right", real=True),
        Symbol("rest", nonnegative=True),
    )  # the label's logit, and the sum of all others' exponentials
    cost = log(exp(right) + rest) - right
    share = exp(predictions[i, j]) / Sum(exp(predictions[i, k]), (k, 0, c - 1))
    less_label = upstream / n * (share - KroneckerDelta(j, label[i]))
    mine = exp(right) / (exp(right) + rest)
    found = program.formula(d_predictions[i, j])
    return (
        Step("the slope by the label's own logit is its share less 1", equal(diff(cost, right), mine - 1)),
        Step("and by another's exponential 1 over the sum", equal(diff(cost, rest), 1 / (exp(right) + rest))),
        Step("so the gradient is u/n times the share less the label", equal(less_label, found)),
    )


LOGITS = {"input": "logits"}


def _of_three(rule: Rule, dialect: Dialect, row: Sequence[Expr]) -> Expr:
    """The loss of one example of three classes, of which the second is the right one."""
    return worked_example(rule.program(dialect), loss, {n: 1, c: 3}, predictions=(tuple(row),), labels=(1,))


def _positive_and_blind_to_a_shift(rule: Rule) -> Boolean:
    """Logits are written as logarithms, of which one can be 1: a shift changes nothing."""
    row, move = symbols("e_0:3", positive=True), Symbol("shift", real=True)
    logits = [log(weight) for weight in row]
    own = _of_three(rule, LOGITS, logits)
    others = (row[0] + row[2]) / row[1]
    return every(
        equal(_of_three(rule, LOGITS, [logit + move for logit in logits]), own),
        equal(own, log(1 + others)),
        greater(log(1 + others), 0),
    )


def _knows_nothing(rule: Rule) -> Boolean:
    """Equal logits for three classes."""
    return equal(_of_three(rule, LOGITS, [Symbol("z", real=True)] * 3), log(Integer(3)))


def _gradients_add_up_to_zero(rule: Rule) -> Boolean:
    gradient = rule.program(LOGITS, ("derivative",)).formula(d_predictions[i, j])
    row = tuple(log(weight) for weight in symbols("e_0:3", positive=True))
    found = (example(gradient, {n: 1, c: 3}, {i: 0, j: k}, predictions=(row,), labels=(1,)) for k in range(3))
    return equal(Add(*found), 0)


def _logits_are_logarithms(rule: Rule) -> Boolean:
    """Probabilities that are divided by their sum, unclipped."""
    row = symbols("p_0:3", positive=True)
    probabilities = {"input": "probabilities", "renormalise": "yes", "clip": "none"}
    return equal(_of_three(rule, probabilities, row), _of_three(rule, LOGITS, [log(p) for p in row]))


CROSS_ENTROPY = Rule(
    name="cross_entropy",
    title="Sparse categorical cross entropy",
    doc="The mean over the examples of minus the logarithm of the probability that the label is given.",
    kind="function",
    parameter=loss,
    arrays=(
        Array(predictions, "logits or probabilities, one row for each example", Interval(0, oo)),
        Array(label, "the right class of every example", labels=c),
    ),
    hyperparameters=(
        Hyperparameter(
            "epsilon",
            epsilon,
            Interval.Ropen(0, Rational(1, 2)),
            Rational("1e-7"),
            "bound that keeps probabilities from 0 and 1",
        ),
    ),
    let={
        logit[i, j]: predictions[i, j],
        mass[i]: Sum(predictions[i, k], (k, 0, c - 1)),
        share[i, j]: predictions[i, j] / mass[i],
        clipped[i, j]: share[i, j],
        kept[i, j]: clipped[i, j],
        each[i]: FROM_LOGITS,
    },
    update={loss: Sum(each[k], (k, 0, n - 1)) / n},
    options=(
        Option(
            "derivative",
            "the gradient with respect to the predictions, given that with respect to the loss",
            differentiates=(predictions,),
        ),
    ),
    axes=(
        Axis(
            "input",
            "what the predictions are",
            (
                AxisValue(
                    "logits",
                    {each[i]: FROM_LOGITS},
                    Source("PyTorch 2.13.0; optax 0.2.8", "nn.functional.cross_entropy"),
                ),
                AxisValue("probabilities", {each[i]: FROM_PROBABILITIES}, KERAS),
            ),
        ),
        Axis(
            "renormalise",
            "whether probabilities are first divided by their sum",
            (
                AxisValue("yes", {share[i, j]: predictions[i, j] / mass[i]}, KERAS),
                AxisValue(
                    "no",
                    {share[i, j]: predictions[i, j]},
                    Source("scikit-learn 1.9.1", "sklearn/neural_network/_base.py: log_loss"),
                ),
            ),
        ),
        Axis(
            "clip",
            "whether probabilities are kept away from 0 and 1",
            (
                AxisValue("none", {clipped[i, j]: share[i, j]}, Source("Goodfellow, Bengio & Courville 2016")),
                AxisValue("both", {clipped[i, j]: CLIPPED}, KERAS),
            ),
        ),
        Axis(
            "gradient_on_clip",
            "what the gradient is where a probability was clipped",
            (
                AxisValue("zero", {kept[i, j]: clipped[i, j]}, KERAS),
                AxisValue(
                    "exact",
                    {kept[i, j]: straight_through(clipped[i, j], share[i, j])},
                    Source("scikit-learn 1.9.1", "clips for the reported loss only; its gradient is exact"),
                ),
            ),
            under="derivative",
        ),
    ),
    errors=(
        NamedError(
            "sum_for_mean",
            "the examples are added up, not averaged",
            Source("reduction='sum'"),
            {loss: Sum(each[k], (k, 0, n - 1))},
        ),
        NamedError(
            "clipped_logits",
            "logits are clipped as if they were probabilities",
            Source("TensorFlow.js 4.22.0", "tfjs-layers losses: sparseCategoricalCrossentropy with fromLogits"),
            {
                logit[i, j]: Piecewise(
                    (epsilon, predictions[i, j] < epsilon),
                    (1 - epsilon, predictions[i, j] > 1 - epsilon),
                    (predictions[i, j], True),
                ),
                each[i]: FROM_LOGITS,
            },
            dialect={"input": "logits"},
        ),
        NamedError(
            "label_off_by_one",
            "the class before the right one is looked up, that before the first being the last",
            Source("labels that count from 0 taken for labels that count from 1"),
            {each[i]: FROM_LOGITS.xreplace({label[i]: Mod(label[i] - 1, c)})},
            dialect={"input": "logits"},
        ),
        NamedError(
            "softmax_twice",
            "probabilities are taken for logits: a softmax is applied to what a softmax has returned",
            Source("a softmax layer before a loss from logits"),
            {
                share[i, j]: exp(predictions[i, j]) / Sum(exp(predictions[i, k]), (k, 0, c - 1)),
                logit[i, j]: share[i, j],
                each[i]: FROM_LOGITS,
            },
            dialect={"input": "logits"},
        ),
    ),
    derivations=(
        Derivation(
            "the gradient from logits is the softmax less the label",
            "the derivative of minus the logarithm of the label's share",
            _shares_less_the_label,
        ),
    ),
    claims=(
        Claim(
            "from three logits it is positive, and blind to a number added to all of them",
            _positive_and_blind_to_a_shift,
        ),
        Claim("from equal logits of three classes it is log 3", _knows_nothing),
        Claim("gradients by three logits add up to 0", _gradients_add_up_to_zero),
        Claim(
            "from logarithms of three probabilities as logits it is the loss from these, renormalised and unclipped",
            _logits_are_logarithms,
        ),
    ),
    source=Source("Goodfellow, Bengio & Courville 2016; lecture deck", "line 43"),
)
