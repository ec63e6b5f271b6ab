"""Dropout: in training a random part of the inputs is set to 0."""

from itertools import product

from sympy import Expr, FiniteSet, Integer, Interval, Mul, Piecewise, Rational, S, Symbol, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..optimizers.adam import ADAM
from ..optimizers.gradient_descent import GRADIENT_DESCENT
from ..rule import Array, Axis, AxisValue, Claim, Hyperparameter, NamedError, Option, Rule, Source
from ..symbols import epsilon, eta, gradient, m, s, w

x, y = symbols("x y", real=True)
mask = Symbol("mask", nonnegative=True)  # 1 where an input is kept, 0 where it is dropped
rate = Symbol("rate", nonnegative=True)
kept = Symbol("kept", nonnegative=True)  # the probability that an input is kept
train_factor, test_factor, share_kept, share_dropped = symbols(
    "train_factor test_factor share_kept share_dropped", nonnegative=True
)

MASK = Array(mask, "1 where an input is kept, 0 where it is dropped", FiniteSet(0, 1))
SRIVASTAVA = "Srivastava et al. 2014"


def _mean(rule: Rule, **dialect: str) -> Expr:
    """The mean of the output in training: over the two masks, by their probabilities."""
    output = rule.program(dialect).formula(y)
    law = rule.program(dialect, ("law",)).formula(y)
    return sum(output.subs(mask, value) * law.subs(mask, value) for value in (0, 1)).simplify()


def _variance(rule: Rule) -> Expr:
    output, law = rule.program().formula(y), rule.program({}, ("law",)).formula(y)
    square = sum(output.subs(mask, value) ** 2 * law.subs(mask, value) for value in (0, 1))
    return (square - _mean(rule) ** 2).simplify()


def _total(rule: Rule) -> Expr:
    law = rule.program({}, ("law",)).formula(y)
    return (law.subs(mask, 0) + law.subs(mask, 1)).simplify()


def _sub_networks(rule: Rule, neurons: int) -> list[Expr]:
    """The probabilities at rate 1/2 of all sub-networks of so many neurons, each of which is kept or dropped."""
    law = rule.program({}, ("law",)).formula(y).subs(rate, Rational(1, 2))
    return [Mul(*(law.subs(mask, value) for value in values)) for values in product((0, 1), repeat=neurons)]


def _scale_that_keeps_the_mean(rule: Rule) -> tuple[Step, ...]:
    factor, probability = Symbol("factor", positive=True), Symbol("kept", positive=True)
    program = rule.program({"scale_at": "train", "rate_meaning": "drop"})
    law = rule.program({"scale_at": "train", "rate_meaning": "drop"}, ("law",))
    mean = factor * x * probability + 0 * (1 - probability)
    found = program.formula(train_factor).xreplace({program.formula(kept): probability})
    return (
        Step("the mean of factor x over both masks", equal(mean, factor * probability * x)),
        Step("is x for one factor only", equal(mean - x, probability * x * (factor - 1 / probability))),
        Step(
            "masks keep with the probability that is meant", equal(law.formula(y).subs(mask, 1), program.formula(kept))
        ),
        Step("and the rule's factor is that one", equal(1 / probability, found)),
    )


def _weights_of_both_ways(rule: Rule) -> tuple[Step, ...]:
    """A weight w behind inputs scaled at test and k w behind inputs scaled in training, k the share that is kept."""
    share, slope, rate_there = Symbol("k", positive=True), Symbol("slope", real=True), Symbol("eta", positive=True)
    inputs, tests = (
        [rule.program({"scale_at": at}, on).formula(y).subs(rate, 1 - share) for at in ("train", "test")]
        for on in ((), ("inference",))
    )

    def step(weight: Expr, length: Expr, behind: Expr) -> Expr:
        """A step of gradient descent, whose gradient is the input times the slope by what the weight gives."""
        return GRADIENT_DESCENT.program().formula(w).subs(gradient(w), slope * behind).subs({w: weight, eta: length})

    def adam(scale: Expr, behind: Expr) -> list[Expr]:
        """Weight and moments after a step of Adam, on weights of that scale, whose gradients are so many times smaller."""
        program = ADAM.program({"epsilon_place": "outside", "bias_correction": "both"})
        scaled = {w: scale * w, eta: scale * eta, epsilon: epsilon / scale, m: m / scale, s: s / scale**2}
        scaled[gradient(w)] = slope * behind
        return [program.formula(target).xreplace(scaled) for target in (w, m, s)]

    here, there = step(share * w, share**2 * rate_there, inputs[0]), step(w, rate_there, inputs[1])
    adam_here, adam_there = adam(share, inputs[0]), adam(Integer(1), inputs[1])
    return (
        Step("in training both give the same", equal(share * w * inputs[0], w * inputs[1])),
        Step("and afterwards", equal(share * w * tests[0], w * tests[1])),
        Step("with k² times the learning rate a step leaves k times the weight", equal(share * there, here)),
        *(
            Step(f"as does one of Adam with k times the learning rate and epsilon over k, {what}", equal(factor * a, b))
            for what, factor, a, b in zip(
                ("the weight", "and its m, over k", "and its s, over k²"),
                (share, 1 / share, 1 / share**2),
                adam_there,
                adam_here,
                strict=True,
            )
        ),
    )


def _one_neuron_more(rule: Rule) -> tuple[Step, ...]:
    """The step of the induction over the neurons, at rate 1/2; without any there is one network, of probability 1."""
    neurons = Symbol("N", integer=True, nonnegative=True)
    law = rule.program({}, ("law",)).formula(y).subs(rate, Rational(1, 2))
    on, off = (law.subs(mask, value) for value in (1, 0))
    return (
        Step("a neuron more makes two networks of each", equal(2**neurons + 2**neurons, 2 ** (neurons + 1))),
        Step("of the same probability, with it", equal(2 ** (-neurons - 1), on / 2**neurons)),
        Step("and without it", equal(2 ** (-neurons - 1), off / 2**neurons)),
    )


def _never_scaled_keeps_the_mean(rule: Rule) -> Boolean:
    output, law = rule.program(error="never_scaled"), rule.program({}, ("law",)).formula(y)
    mean = sum(output.formula(y).subs(mask, value) * law.subs(mask, value) for value in (0, 1))
    return equal(mean, rule.program({}, ("inference",), "never_scaled").formula(y))


DROPOUT = Rule(
    name="dropout",
    title="Dropout",
    doc="In training inputs are dropped at random; kept ones are scaled then, or all of them afterwards, so that means agree. "
    "Inputs and hidden layers have it, the output layer has not.",
    kind="layer",
    parameter=y,
    arrays=(Array(x, "input"), MASK),
    hyperparameters=(
        Hyperparameter("rate", rate, Interval.open(0, 1), Rational("0.2"), "probability of dropping, or of keeping"),
    ),
    let={kept: 1 - rate, train_factor: 1 / kept, test_factor: S.One, share_kept: kept, share_dropped: 1 - kept},
    update={y: Piecewise((x * train_factor, mask > 0), (0, True))},
    options=(
        Option(
            "inference",
            "after training: nothing is dropped",
            equations={y: x * test_factor},
            source=Source(SRIVASTAVA, "section 4"),
        ),
        Option(
            "law",
            "in place of the output, the probability of the mask",
            equations={y: Piecewise((share_kept, mask > 0), (share_dropped, True))},
            arrays=(MASK,),
            source=Source(SRIVASTAVA, "section 4: Bernoulli"),
        ),
    ),
    axes=(
        Axis(
            "scale_at",
            "when the outputs are scaled so that training and inference have the same mean",
            (
                AxisValue(
                    "train",
                    {train_factor: 1 / kept, test_factor: S.One},
                    Source("PyTorch 2.13.0; Keras 3.15.1; flax 0.12.8; tinygrad 0.14.0; TensorFlow.js 4.22.0"),
                ),
                AxisValue("test", {train_factor: S.One, test_factor: kept}, Source(SRIVASTAVA, "section 4")),
            ),
        ),
        Axis(
            "rate_meaning",
            "the probability of what the rate is",
            (
                AxisValue("drop", {kept: 1 - rate}, Source("lecture deck; PyTorch 2.13.0; Keras 3.15.1", "line 221")),
                AxisValue("keep", {kept: rate}, Source(f"{SRIVASTAVA}; TensorFlow 1", "p; keep_prob")),
            ),
        ),
    ),
    errors=(
        NamedError(
            "never_scaled",
            "outputs are scaled neither in training nor afterwards, so that their mean changes",
            Source("lecture deck", "lines 218-225, read as complete"),
            {train_factor: S.One, test_factor: S.One},
        ),
        NamedError(
            "scaled_twice",
            "outputs are scaled in training and again afterwards",
            Source("the two published ways at once"),
            {train_factor: 1 / kept, test_factor: kept},
        ),
        NamedError(
            "scaled_by_dropped_share",
            "the probability of dropping is used where that of keeping belongs",
            Source("TensorFlow 1 and 2", "keep_prob became rate"),
            {train_factor: 1 / (1 - kept)},
            dialect={"scale_at": "train"},
        ),
    ),
    derivations=(
        Derivation(
            "kept inputs are divided by the probability of keeping",
            "the mean of the output is the input",
            _scale_that_keeps_the_mean,
        ),
        Derivation(
            "scaled in training or at test the same networks are learned",
            "the weights behind the inputs, and their own learning rate, change with the scale",
            _weights_of_both_ways,
        ),
        Derivation(
            "N neurons have 2 to the power N sub-networks, equally likely at rate 1/2",
            "induction over the neurons",
            _one_neuron_more,
        ),
    ),
    claims=(
        Claim("the mean in training is the input", lambda rule: equal(_mean(rule), x)),
        Claim(
            "scaled at test, the mean in training is the output afterwards",
            lambda rule: equal(
                _mean(rule, scale_at="test"), rule.program({"scale_at": "test"}, ("inference",)).formula(y)
            ),
        ),
        Claim(
            "the variance is the squared input times rate/(1 - rate)",
            lambda rule: equal((_variance(rule) - x**2 * rate / (1 - rate)).simplify(), 0),
        ),
        Claim(
            "the mean in training is the output afterwards, though nothing is ever scaled",
            _never_scaled_keeps_the_mean,
            "lecture deck: after training nothing is dropped",
            expects="refuted",
        ),
        Claim("the probabilities of the masks add up to 1", lambda rule: equal(_total(rule), 1)),
        Claim(
            "at rate 1/2 the sub-networks of 4 neurons are 2⁴ equally likely ones, the empty one among them",
            lambda rule: every(*(equal(p, Rational(1, 2**4)) for p in _sub_networks(rule, 4))),
        ),
    ),
    source=Source(f"{SRIVASTAVA}; lecture deck", "lines 218-251"),
)
