"""Batch normalization: every feature of a batch is shifted and scaled to mean 0 and variance 1, then by learned numbers."""

from collections.abc import Mapping

from sympy import (
    Add,
    And,
    Eq,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    Interval,
    Rational,
    Sum,
    Symbol,
    sqrt,
    symbols,
    sympify,
)

from ..derivation import Derivation, Step, equal
from ..derivative import straight_through
from ..rule import Array, Axis, AxisValue, Claim, Form, Hyperparameter, NamedError, Option, Rule, Source
from ..symbols import NON_NEGATIVE, epsilon, i, j, k

n, c = symbols("n c", integer=True, positive=True)
x, y, centred, normalised = (IndexedBase(name, shape=(n, c), real=True) for name in ("x", "y", "centred", "normalised"))
gamma, beta, mean, batch_mean = (
    IndexedBase(name, shape=(c,), real=True) for name in ("gamma", "beta", "mean", "batch_mean")
)
variance, spread, batch_variance, kept_variance, used_variance, scale_variance, deviation = (
    IndexedBase(name, shape=(c,), nonnegative=True)
    for name in (
        "variance",
        "spread",
        "batch_variance",
        "kept_variance",
        "used_variance",
        "scale_variance",
        "deviation",
    )
)
new_weight, old_weight = symbols("new_weight old_weight", nonnegative=True)
examples = Symbol("examples", integer=True, positive=True)
freedom = Symbol("freedom", integer=True, nonnegative=True)  # independent deviations from the mean
momentum = Symbol("momentum", nonnegative=True)

PAPER = "Ioffe & Szegedy 2015"
DIFFERENCE_OF_SQUARES = Sum(x[k, j] ** 2, (k, 0, n - 1)) / examples - batch_mean[j] ** 2


def _placed(expression: Expr, values: Mapping[str, tuple[Expr | int, ...]]) -> Expr:
    """An equation of feature 0 for a batch as long as the values of x, which stand for the elements of the arrays."""
    sized = expression.xreplace({n: Integer(len(values["x"])), j: Integer(0)}).doit()
    known = {e: sympify(values[str(e.base.label)][int(e.indices[0])]) for e in sized.atoms(Indexed)}
    return sized.xreplace(known).doit()


def _column(rule: Rule, numbers: tuple[Expr | int, ...]) -> list[Expr]:
    """One feature of a batch, normalised with γ = 1, β = 0 and ε free."""
    written, values = rule.program().formula(rule.parameter), {"x": numbers, "gamma": (1,), "beta": (0,)}
    return [_placed(written.xreplace({i: Integer(row)}), values) for row in range(len(numbers))]


def _mean_square(values: list[Expr]) -> Expr:
    return Add(*(value**2 for value in values)).simplify() / len(values)


def _next(rule: Rule, target: Expr, numbers: tuple[int, ...], **dialect: str) -> Expr:
    """The next running statistic of a feature, from mean 0 and variance 1."""
    return _placed(rule.program(dialect).formula(target), {"x": numbers, "mean": (0,), "variance": (1,)}).expand()


def _shifted(rule: Rule) -> list[Expr]:
    """What any number added to three examples changes about them."""
    shift, *numbers = symbols("shift first second third", real=True)
    moved = _column(rule, tuple(number + shift for number in numbers))
    return [(a - b).simplify() for a, b in zip(moved, _column(rule, tuple(numbers)), strict=True)]


def _mean_and_variance_of_the_output(rule: Rule) -> tuple[Step, ...]:
    """Of three examples, of any numbers, with scale γ and shift β."""
    numbers = symbols("x_1:4", real=True)
    scale, shift = symbols("gamma beta", real=True)
    program, average = rule.program(), Add(*numbers) / 3
    spread_there = Add(*((number - average) ** 2 for number in numbers)) / 3
    values = {"x": numbers, "gamma": (scale,), "beta": (shift,)}
    outputs = [_placed(program.formula(rule.parameter).xreplace({i: Integer(k)}), values) for k in range(3)]
    root = sqrt(spread_there + epsilon)
    squares = Add(*((output - shift) ** 2 for output in outputs)) / 3
    return (
        Step("deviations from the mean add up to nothing", equal(Add(*(number - average for number in numbers)), 0)),
        Step(
            "each output is its deviation over the root, scaled and shifted",
            equal(scale * (numbers[0] - average) / root + shift, outputs[0]),
        ),
        Step("so the mean of the outputs is β", equal(Add(*outputs) / 3, shift)),
        Step("and their variance γ² σ²/(σ² + ε)", equal(scale**2 * spread_there / (spread_there + epsilon), squares)),
    )


DECK = (1, 2, 6)  # mean 3, variance 14/3 of the batch, 7 as an estimate of the population's

BATCH_NORMALIZATION = Rule(
    name="batch_normalization",
    title="Batch normalization",
    doc="Every feature gets mean 0 and variance 1 over the batch, then a learned scale and shift; later by running statistics.",
    kind="layer",
    parameter=y[i, j],
    arrays=(
        Array(x, "input, one row for each example"),
        Array(gamma, "scale of every feature"),
        Array(beta, "shift of every feature"),
        Array(mean, "running mean"),
        Array(variance, "running variance", NON_NEGATIVE),
    ),
    hyperparameters=(
        Hyperparameter("momentum", momentum, Interval(0, 1), Rational("0.1"), "weight in the running statistics"),
        Hyperparameter("epsilon", epsilon, NON_NEGATIVE, Rational("1e-5"), "added to the variance"),
    ),
    state={mean[j]: 0, variance[j]: 1},
    let={
        examples: n,
        batch_mean[j]: Sum(x[k, j], (k, 0, n - 1)) / examples,
        centred[i, j]: x[i, j] - batch_mean[j],
        spread[j]: Sum(centred[k, j] ** 2, (k, 0, n - 1)),
        batch_variance[j]: spread[j] / examples,
        used_variance[j]: batch_variance[j],
        scale_variance[j]: used_variance[j],
        deviation[j]: sqrt(scale_variance[j] + epsilon),
        normalised[i, j]: centred[i, j] / deviation[j],
        freedom: examples - 1,
        kept_variance[j]: spread[j] / freedom,
        new_weight: momentum,
        old_weight: 1 - momentum,
    },
    update={
        y[i, j]: gamma[j] * normalised[i, j] + beta[j],
        mean[j]: old_weight * mean[j] + new_weight * batch_mean[j],
        variance[j]: old_weight * variance[j] + new_weight * kept_variance[j],
    },
    options=(
        Option(
            "inference",
            "after training: normalise by the running statistics, which stay as they are",
            equations={
                centred[i, j]: x[i, j] - mean[j],
                scale_variance[j]: variance[j],
                mean[j]: mean[j],
                variance[j]: variance[j],
            },
            source=Source(PAPER, "algorithm 2"),
        ),
        Option(
            "derivative",
            "the gradients with respect to x, γ and β in training, given that with respect to y",
            differentiates=(x, gamma, beta),
        ),
    ),
    axes=(
        Axis(
            "momentum_weight",
            "which statistics the momentum is the weight of",
            (
                AxisValue(
                    "new", {new_weight: momentum, old_weight: 1 - momentum}, Source("PyTorch 2.13.0; tinygrad 0.14.0")
                ),
                AxisValue("old", {new_weight: 1 - momentum, old_weight: momentum}, Source("Keras 3.15.1; flax 0.12.8")),
            ),
        ),
        Axis(
            "running_variance",
            "whether the variance that is kept estimates the population's or is the batch's",
            (
                AxisValue(
                    "unbiased",
                    {kept_variance[j]: spread[j] / freedom},
                    Source(f"{PAPER}; PyTorch 2.13.0", "algorithm 2"),
                ),
                AxisValue("biased", {kept_variance[j]: batch_variance[j]}, Source("Keras 3.15.1; flax 0.12.8")),
            ),
        ),
    ),
    errors=(
        NamedError(
            "one_pass_variance",
            "the variance is the mean square less the squared mean: the same in the reals, lost where the mean is large",
            Source(
                "Keras 3.15.1; flax 0.12.8", "keras.ops.moments on the torch and NumPy backends; use_fast_variance=True"
            ),
            {batch_variance[j]: DIFFERENCE_OF_SQUARES, spread[j]: examples * DIFFERENCE_OF_SQUARES},
        ),
        NamedError(
            "epsilon_outside",
            "ε is added to the standard deviation, not to the variance",
            Source(PAPER, "algorithm 1, with the root taken too early"),
            {deviation[j]: sqrt(scale_variance[j]) + epsilon},
        ),
        NamedError(
            "unbiased_normalisation",
            "the batch is normalised by the estimate of the population's variance",
            Source("numpy.std(ddof=1); torch.std, whose default is unbiased"),
            {used_variance[j]: spread[j] / freedom},
        ),
        NamedError(
            "missing_mean_term",
            "the gradient takes the mean of the batch for a constant",
            Source(PAPER, "section 3, the derivative by μ in the chain rule"),
            {centred[i, j]: straight_through(x[i, j] - batch_mean[j], x[i, j])},
            under="derivative",
        ),
        NamedError(
            "missing_variance_term",
            "the gradient takes the variance of the batch for a constant",
            Source(PAPER, "section 3, the derivative by σ² in the chain rule"),
            {batch_variance[j]: straight_through(spread[j] / examples, 0)},
            under="derivative",
        ),
    ),
    # One multiplication and one addition for every element, once the statistics stand still.
    forms=(
        Form(
            "folded",
            {y[i, j]: x[i, j] * (gamma[j] / deviation[j]) + (beta[j] - mean[j] * (gamma[j] / deviation[j]))},
            under="inference",
        ),
    ),
    derivations=(
        Derivation(
            "the output has mean β and variance γ² σ²/(σ² + ε)",
            "the mean and the variance of what the formula gives",
            _mean_and_variance_of_the_output,
        ),
    ),
    claims=(
        Claim("the output of the column (1, 2, 6) has mean 0", lambda rule: Eq(Add(*_column(rule, DECK)), 0)),
        Claim(
            "its mean square is σ²/(σ² + ε), just below 1",
            lambda rule: Eq(
                _mean_square(_column(rule, DECK)) * (Rational(14, 3) + epsilon), Rational(14, 3)
            ).simplify(),
        ),
        Claim(
            "a number added to every example changes nothing, so that a bias before the layer has no effect",
            lambda rule: And(*(Eq(change, 0) for change in _shifted(rule))),
        ),
        Claim("one example alone gives 0 whatever it is", lambda rule: Eq(_column(rule, (5,))[0], 0)),
        Claim(
            "from variance 1 the column leaves 1 + 6 momentum where the unbiased variance is kept",
            lambda rule: Eq(_next(rule, variance[j], DECK, running_variance="unbiased"), 1 + 6 * momentum),
        ),
        Claim(
            "from variance 1 the column leaves 1 + 11/3 momentum where the biased variance is kept",
            lambda rule: Eq(_next(rule, variance[j], DECK, running_variance="biased"), 1 + Rational(11, 3) * momentum),
        ),
        Claim(
            "the two ways of weighing are one with momentum and 1 - momentum exchanged",
            lambda rule: Eq(
                _next(rule, mean[j], DECK, momentum_weight="old").subs(momentum, 1 - momentum).expand(),
                _next(rule, mean[j], DECK, momentum_weight="new"),
            ),
        ),
    ),
    source=Source(f"{PAPER}; lecture deck", "algorithm 1; lines 502-513"),
)
