"""AdaGrad: a learning rate per parameter, divided by the root of all squared gradients so far."""

from sympy import Piecewise, Rational, Symbol, sqrt
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..minimum import least
from ..rule import Axis, AxisValue, Claim, Hyperparameter, Option, Rule, Source
from ..symbols import (
    NON_NEGATIVE,
    denominator,
    displacement,
    epsilon,
    eta,
    g,
    gradient,
    point,
    s,
    s_next,
    t,
    w,
    w_next,
)
from .adagrad_claims import ADAGRAD_CLAIMS, ADAGRAD_DERIVATIONS
from .decay_claims import DECAY_CLAIMS, NO_PENALTY_SCALED
from .gradient_descent import LEARNING_RATE
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

rate = Symbol("rate", nonnegative=True)  # the learning rate after its decay
start = Symbol("s_0", nonnegative=True)
rate_decay = Symbol("d", nonnegative=True)


def _minimises_in_its_own_metric(rule: Rule) -> tuple[Step, ...]:
    """The metric is defined, the step derived."""
    step, metric, d = Symbol("rate", positive=True), Symbol("D", positive=True), Symbol("d", real=True)
    program, slope = rule.program(), gradient(w)
    best = -step * slope / metric
    own = {metric: program.formula(denominator), step: program.formula(rate)}
    return (
        *least(slope * d + metric * d**2 / (2 * step), d, best),
        Step(
            "with the rule's denominator for D it is the rule's step", equal(w + best.xreplace(own), program.formula(w))
        ),
    )


def _shrinks_like_one_over_root_t(rule: Rule) -> Boolean:
    """A constant gradient c without ε moves η/√t at step t: the sum is t c², by induction, and the step follows."""
    n, c = Symbol("n", integer=True, positive=True), Symbol("c", positive=True)
    program = rule.program({"epsilon_place": "outside"})
    given = {gradient(w): c, epsilon: 0}
    summed = program.formula(s).xreplace(given)
    moved = w - program.formula(w).xreplace({**given, s: (n - 1) * c**2})
    return every(
        equal(summed.xreplace({s: rule.state[s]}), c**2),
        equal(summed.xreplace({s: n * c**2}), (n + 1) * c**2),
        equal(moved, eta / sqrt(n)),
    )


def _inside_is_a_start_value(rule: Rule) -> Boolean:
    """ε inside the root is an accumulator that starts at ε, with no ε at all."""
    inside, outside = rule.program({"epsilon_place": "inside"}), rule.program({"epsilon_place": "outside"})
    return every(
        equal(inside.formula(w), outside.formula(w).xreplace({epsilon: 0, s: s + epsilon})),
        equal(inside.formula(s) + epsilon, outside.formula(s).xreplace({s: s + epsilon})),
    )


ADAGRAD = Rule(
    name="adagrad",
    title="AdaGrad",
    doc="Divides the step of every parameter by the root of the sum of its squared gradients.",
    parameter=w,
    inputs={t: "step, counted from 1", eta: "learning rate of this step"},
    hyperparameters=(
        LEARNING_RATE,
        Hyperparameter(
            "epsilon", epsilon, NON_NEGATIVE, Rational("1e-10"), "keeps the denominator from zero", "g or g²"
        ),
    ),
    state={s: 0},
    let={
        point: w,
        g: gradient(point),
        s_next: s + g**2,
        denominator: sqrt(s_next) + epsilon,
        rate: eta,
        displacement: rate * g / denominator,
        w_next: w - displacement,
    },
    update={w: w_next, s: s_next},
    options=(
        Option(
            "initial_accumulator_value",
            "what the sum of squares starts from",
            symbol=start,
            domain=NON_NEGATIVE,
            neutral=0,
            unit="g²",
            state={s: start},
            source=Source("Keras 3.15.1", "keras/src/optimizers/adagrad.py"),
        ),
        Option(
            "learning_rate_decay",
            "divides the learning rate by 1 + (t − 1) d",
            symbol=rate_decay,
            domain=NON_NEGATIVE,
            neutral=0,
            equations={rate: eta / (1 + (t - 1) * rate_decay)},
            source=Source("PyTorch 2.13.0", "torch/optim/adagrad.py: lr_decay"),
        ),
        WEIGHT_DECAY,
    ),
    axes=(
        Axis(
            "epsilon_place",
            "where ε stands",
            (
                AxisValue(
                    "outside",
                    {denominator: sqrt(s_next) + epsilon},
                    Source("Duchi et al. 2011; PyTorch 2.13.0"),
                ),
                AxisValue(
                    "inside",
                    {denominator: sqrt(s_next + epsilon)},
                    Source("lecture deck", "line 699; Keras 3.15.1, adagrad.py"),
                ),
                AxisValue(
                    "inside_guarded",
                    {
                        denominator: sqrt(s_next + epsilon),
                        displacement: Piecewise((rate * g / denominator, s_next > 0), (0, True)),
                    },
                    Source("optax 0.2.8", "optax/_src/transform.py: scale_by_rss"),
                ),
            ),
        ),
        WEIGHT_DECAY_FORM,
    ),
    claims=(
        Claim("a constant gradient moves eta over the root of t", _shrinks_like_one_over_root_t, "recurrence"),
        Claim("epsilon inside the root is a start value of the sum", _inside_is_a_start_value),
        *ADAGRAD_CLAIMS,
        *DECAY_CLAIMS,
    ),
    derivations=(
        Derivation(
            "the step minimises the linearised cost in the metric of its denominator",
            "a move by d costs D d²/(2 rate) besides the linearised cost, D being large where gradients were",
            _minimises_in_its_own_metric,
        ),
        *ADAGRAD_DERIVATIONS,
        NO_PENALTY_SCALED,
    ),
    source=Source("Duchi, Hazan & Singer 2011; lecture deck", "line 699"),
)
