"""Adam: a step along the bias-corrected mean gradient over the bias-corrected root mean square."""

from sympy import Integer, Max, Rational, Symbol, sign, sqrt
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal
from ..rule import Axis, AxisValue, Claim, Hyperparameter, NamedError, Option, Rule, Source
from ..symbols import (
    NON_NEGATIVE,
    UNIT_INTERVAL,
    beta1,
    beta2,
    denominator,
    displacement,
    epsilon,
    eta,
    g,
    gradient,
    m,
    m_next,
    point,
    s,
    s_max,
    s_next,
    t,
    w,
    w_next,
)
from .adam_claims import ADAM_CLAIMS, ADAM_DERIVATIONS
from .decay_claims import DECAY_CLAIMS, NO_PENALTY_SCALED
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

c1, c1_ahead, c2 = (Symbol(name, positive=True) for name in ("c1", "c1_ahead", "c2"))
m_hat = Symbol("m_hat", real=True)
s_hat, s_max_next, epsilon_root = (Symbol(name, nonnegative=True) for name in ("s_hat", "s_max_next", "epsilon_root"))

KINGMA_BA = "Kingma & Ba 2015, arXiv:1412.6980"


def _moments_of_stationary_gradients(rule: Rule) -> tuple[Step, ...]:
    """Expectation is linear, and the recurrences are linear in s, m, g² and g: with q for g² and p for g they hold for means."""
    n, p, q = Symbol("n", integer=True, positive=True), Symbol("p", real=True), Symbol("q", positive=True)
    program = rule.program({"bias_correction": "both"})
    steps: list[Step] = []
    for state, mean, beta, corrected in ((m, p, beta1, m_hat), (s, q, beta2, s_hat)):
        after = program.formula(state).xreplace({gradient(w) ** 2: q}).xreplace({gradient(w): p})
        solved = (1 - beta**n) * mean
        whole = program.let[corrected].xreplace({m_next: solved, s_next: solved, c1: 1 - beta1**n, c2: 1 - beta2**n})
        steps += [
            Step(
                f"after one step the mean of {state} is",
                equal(after.xreplace({state: rule.state[state]}), solved.xreplace({n: Integer(1)})),
            ),
            Step("if after n steps it is the following", equal(solved, mean - mean * beta**n)),
            Step("then it is so after n + 1", equal(after.xreplace({state: solved}), solved.xreplace({n: n + 1}))),
            Step(f"so the rule's {corrected} has the mean of what was averaged", equal(whole, mean)),
        ]
    return tuple(steps)


def _overwritten_moments_never_forget_the_start(rule: Rule) -> tuple[Step, ...]:
    """A constant gradient c, and m and s replaced by their corrected values after every step, as the deck has it."""
    n, c = Symbol("n", integer=True, positive=True), Symbol("c", positive=True)
    program = rule.program({"bias_correction": "both"})
    kept = program.let[m_hat].xreplace({m_next: program.let[m_next], c1: 1 - beta1**t})
    first = kept.xreplace({g: c, m: rule.state[m], t: Integer(1)})
    later = kept.xreplace({g: c, m: c, t: n + 1})
    return (
        Step("after one step the corrected mean is c", equal(first, c)),
        Step("put in its own place, the next one is", equal(later, c / (1 - beta1 ** (n + 1)))),
        Step("which is too large by", equal(later - c, c * beta1 ** (n + 1) / (1 - beta1 ** (n + 1)))),
    )


def _first_step_has_the_length_of_the_learning_rate(rule: Rule) -> Boolean:
    """Without ε the first step is η against the sign of the gradient, whatever its size."""
    c = Symbol("c", real=True, nonzero=True)
    first = rule.program({"epsilon_place": "outside", "bias_correction": "both"}).formula(w)
    given = {gradient(w): c, epsilon: Integer(0), m: rule.state[m], s: rule.state[s], t: Integer(1)}
    return equal(first.xreplace(given), w - eta * sign(c))


def _hat_is_outside_with_a_moving_epsilon(rule: Rule) -> Boolean:
    """The efficient form equals Algorithm 1 exactly when its ε is Algorithm 1's times √(1 − β₂^t)."""
    hat, outside = rule.program({"epsilon_place": "hat"}), rule.program({"epsilon_place": "outside"})
    return equal(hat.formula(w).xreplace({epsilon: epsilon * sqrt(1 - beta2**t)}), outside.formula(w))


def _without_correction_under_a_schedule(rule: Rule) -> Boolean:
    """η √(1 − β₂^t)/(1 − β₁^t) in place of η."""
    schedule = {eta: eta * sqrt(1 - beta2**t) / (1 - beta1**t)}
    uncorrected = rule.program({"bias_correction": "none", "epsilon_place": "outside"})
    return equal(uncorrected.formula(w).xreplace(schedule), rule.program({"epsilon_place": "hat"}).formula(w))


ADAM = Rule(
    name="adam",
    title="Adam",
    doc="Averages gradients and their squares, corrects both for their start at zero, divides one by the root of the other.",
    parameter=w,
    inputs={t: "step, counted from 1", eta: "learning rate of this step"},
    hyperparameters=(
        Hyperparameter("learning_rate", eta, NON_NEGATIVE, Rational("0.001"), "length of a step", "w"),
        Hyperparameter("beta1", beta1, UNIT_INTERVAL, Rational("0.9"), "share of the average gradient that is kept"),
        Hyperparameter("beta2", beta2, UNIT_INTERVAL, Rational("0.999"), "share of the average square that is kept"),
        Hyperparameter(
            "epsilon", epsilon, NON_NEGATIVE, Rational("1e-8"), "keeps the denominator from zero", "g or g²"
        ),
    ),
    state={m: 0, s: 0},
    let={
        point: w,
        g: gradient(point),
        m_next: beta1 * m + (1 - beta1) * g,
        s_next: beta2 * s + (1 - beta2) * g**2,
        c1: 1 - beta1**t,
        c1_ahead: 1 - beta1 ** (t + 1),
        c2: 1 - beta2**t,
        m_hat: m_next / c1,
        s_hat: s_next / c2,
        denominator: sqrt(s_hat) + epsilon,
        displacement: eta * m_hat / denominator,
        w_next: w - displacement,
    },
    update={w: w_next, m: m_next, s: s_next},
    options=(
        Option(
            "amsgrad",
            "never lets the denominator shrink",
            equations={s_max: s_max_next},
            state={s_max: 0},
            source=Source("Reddi, Kale & Kumar 2018, arXiv:1904.09237"),
        ),
        Option(
            "nesterov",
            "looks one step ahead with the mean gradient (NAdam)",
            equations={m_hat: beta1 * m_next / c1_ahead + (1 - beta1) * g / c1},
            source=Source("optax 0.2.8", "optax/_src/transform.py: scale_by_adam(nesterov=True)"),
        ),
        WEIGHT_DECAY,
        Option(
            "epsilon_root",
            "a second ε, under the root",
            symbol=epsilon_root,
            domain=NON_NEGATIVE,
            neutral=0,
            unit="g²",
            source=Source("optax 0.2.8", "optax/_src/transform.py: eps_root"),
        ),
    ),
    axes=(
        Axis(
            "epsilon_place",
            "where ε stands",
            (
                AxisValue("outside", {denominator: sqrt(s_hat) + epsilon}, Source(KINGMA_BA, "Algorithm 1")),
                AxisValue("inside", {denominator: sqrt(s_hat + epsilon)}, Source("lecture deck", "line 758")),
                AxisValue(
                    # The paper divides m by √s + ε and multiplies by √c₂/c₁; with the corrected averages that is ε/√c₂.
                    "hat",
                    {denominator: sqrt(s_hat) + epsilon / sqrt(c2)},
                    Source(KINGMA_BA, "the formula just before section 2.1"),
                ),
                AxisValue(
                    "root_plus_outside",
                    {denominator: sqrt(s_hat + epsilon_root) + epsilon},
                    Source("optax 0.2.8", "optax/_src/transform.py: scale_by_adam"),
                    requires="epsilon_root",
                ),
            ),
        ),
        Axis(
            "bias_correction",
            "whether the averages are corrected for their start at zero",
            (
                AxisValue(
                    "both",
                    {c1: 1 - beta1**t, c1_ahead: 1 - beta1 ** (t + 1), c2: 1 - beta2**t},
                    Source(KINGMA_BA),
                ),
                AxisValue("none", {c1: 1, c1_ahead: 1, c2: 1}, Source("ONNX preview.training Adam", "branch T = 0")),
            ),
        ),
        Axis(
            "amsgrad_max",
            "whether the maximum is taken before or after the bias correction",
            (
                AxisValue(
                    "raw",
                    {s_max_next: Max(s_max, s_next), s_hat: s_max_next / c2},
                    Source("PyTorch 2.13.0", "torch/optim/adam.py"),
                ),
                AxisValue(
                    "corrected",
                    {s_max_next: Max(s_max, s_next / c2), s_hat: s_max_next},
                    Source("optax 0.2.8", "optax/_src/transform.py: scale_by_amsgrad"),
                ),
            ),
            under="amsgrad",
        ),
        WEIGHT_DECAY_FORM,
    ),
    errors=(
        NamedError(
            "moments_overwritten",
            "the corrected averages are stored in place of the averages",
            Source("lecture deck", "lines 756-757, read in order"),
            {m: m_hat, s: s_hat},
        ),
        NamedError(
            "moments_overwritten_at_once",
            "all five lines are read as simultaneous, so that the last assignment wins and nothing ever moves",
            Source("lecture deck", "lines 753-758, read as simultaneous"),
            {m: m / c1, s: s / c2, displacement: eta * m / sqrt(s + epsilon)},
        ),
        NamedError(
            "second_moment_decayed_with_beta1",
            "the average of squares forgets with β₁ while the arriving square keeps its weight 1 − β₂",
            Source("deep500 at cd9b21ec", "reference Adam"),
            {s_next: beta1 * s + (1 - beta2) * g**2},
        ),
        NamedError(
            "second_moment_averaged_with_beta1",
            "the average of squares uses β₁ throughout, its correction still β₂",
            Source("variant of the deep500 error"),
            {s_next: beta1 * s + (1 - beta1) * g**2},
        ),
        NamedError(
            "betas_swapped",
            "β₁ and β₂ are exchanged",
            Source("ONNX Adam vectors cannot see it"),
            exchange={beta1: beta2, beta2: beta1},
        ),
        NamedError(
            "step_counted_from_two",
            "the bias correction is one step late",
            Source("off-by-one step counter"),
            equations={c1: 1 - beta1 ** (t + 1), c1_ahead: 1 - beta1 ** (t + 2), c2: 1 - beta2 ** (t + 1)},
            dialect={"bias_correction": "both"},
        ),
    ),
    derivations=(
        Derivation(
            "the bias corrections are unbiased for stationary gradients",
            "expectation is linear; the recurrences are solved by induction",
            _moments_of_stationary_gradients,
        ),
        Derivation(
            "moments that are overwritten by their corrected values are too large",
            "the correction undoes a start from zero, and there is none after the first step",
            _overwritten_moments_never_forget_the_start,
        ),
        *ADAM_DERIVATIONS,
        NO_PENALTY_SCALED,
    ),
    claims=(
        Claim("without correction it is the efficient form under a schedule", _without_correction_under_a_schedule),
        Claim(
            "without epsilon the first step is the learning rate against the sign",
            _first_step_has_the_length_of_the_learning_rate,
        ),
        Claim(
            "the efficient form is Algorithm 1 with epsilon times the root of 1 - beta2^t",
            _hat_is_outside_with_a_moving_epsilon,
        ),
        *ADAM_CLAIMS,
        *DECAY_CLAIMS,
    ),
    source=Source(KINGMA_BA, "Algorithm 1"),
)
