"""Batch normalization: every feature of a batch is shifted and scaled to mean 0 and variance 1, then by learned numbers."""

from sympy import Interval, Rational, Sum, sqrt

from ..derivative import straight_through
from ..rule import Array, Axis, AxisValue, Form, Hyperparameter, NamedError, Option, Rule, Source
from ..symbols import NON_NEGATIVE, epsilon, i, j, k
from .batch import (
    batch_mean,
    batch_variance,
    beta,
    centred,
    deviation,
    examples,
    freedom,
    gamma,
    kept_variance,
    mean,
    momentum,
    n,
    new_weight,
    normalised,
    old_weight,
    scale_variance,
    spread,
    used_variance,
    variance,
    x,
    y,
)
from .batch_claims import CLAIMS, DERIVATIONS

PAPER = "Ioffe & Szegedy 2015"
DIFFERENCE_OF_SQUARES = Sum(x[k, j] ** 2, (k, 0, n - 1)) / examples - batch_mean[j] ** 2


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
    derivations=DERIVATIONS,
    claims=CLAIMS,
    source=Source(f"{PAPER}; lecture deck", "algorithm 1; lines 502-513"),
)
