"""RMSProp: AdaGrad with a memory that fades, so that the learning rate does not die."""

from sympy import Add, Expr, Integer, Rational, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..minimum import least
from ..rule import Axis, AxisValue, Claim, Hyperparameter, NamedError, Option, Rule, Source
from ..symbols import (
    NON_NEGATIVE,
    UNIT_INTERVAL,
    a,
    a_next,
    b,
    b_next,
    beta1,
    beta2,
    denominator,
    displacement,
    epsilon,
    eta,
    g,
    gradient,
    mu,
    point,
    rho,
    s,
    s_next,
    t,
    w,
    w_next,
)
from .adam import ADAM
from .decay_claims import DECAY_CLAIMS, NO_PENALTY_SCALED
from .rmsprop_claims import RMSPROP_CLAIMS, RMSPROP_DERIVATIONS
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

ratio, arriving, push, a_hat = (Symbol(name, real=True) for name in ("ratio", "arriving", "push", "a_hat"))
correction = Symbol("c", positive=True)
s_hat, variance, start = (Symbol(name, nonnegative=True) for name in ("s_hat", "variance", "s_0"))


def _average_of_a_stationary_square(rule: Rule) -> Boolean:
    """From zero, a stationary square q is averaged to (1 − ρ^t) q, by induction; the correction restores q."""
    n, q = Symbol("n", integer=True, positive=True), Symbol("q", positive=True)
    program = rule.program(options=("bias_correction",))
    after = program.formula(s).xreplace({gradient(w) ** 2: q})
    solved = (1 - rho**n) * q
    return every(
        equal(after.xreplace({s: rule.state[s]}), solved.subs(n, 1)),
        equal(after.xreplace({s: solved}), solved.subs(n, n + 1)),
        equal(solved / program.formula(correction).xreplace({t: n}), q),
    )


def _minimises_in_a_fading_metric(rule: Rule) -> tuple[Step, ...]:
    rate, metric, d = Symbol("eta", positive=True), Symbol("D", positive=True), Symbol("d", real=True)
    program, slope = rule.program(), gradient(w)
    best = -rate * slope / metric
    moved = w + best.xreplace({metric: program.formula(denominator)})
    return (
        *least(slope * d + metric * d**2 / (2 * rate), d, best),
        Step(
            "with the rule's denominator for D it is the rule's step",
            equal(moved, program.formula(w).xreplace({eta: rate})),
        ),
    )


def _fades_geometrically(rule: Rule) -> tuple[Step, ...]:
    """Four squares, one after the other, from zero."""
    squares = symbols("q_1:5", positive=True)
    program = rule.program()
    average: Expr = rule.state[s]
    steps = []
    for k, square in enumerate(squares, 1):
        average = program.formula(s).xreplace({gradient(w) ** 2: square, s: average})
        weights = [(1 - rho) * rho ** (k - j) * q for j, q in enumerate(squares[:k], 1)]
        steps.append(
            Step(f"after {k} of them the weights fall by rho from one to the one before", equal(Add(*weights), average))
        )
    return tuple(steps)


def _is_adam_without_a_mean(rule: Rule) -> Boolean:
    facts = []
    for place in ("inside", "outside"):
        adam = ADAM.program({"epsilon_place": place, "bias_correction": "none"})
        own, like = rule.program({"epsilon_place": place}), {beta1: Integer(0), beta2: rho}
        facts += [equal(own.formula(target), adam.formula(target).xreplace(like)) for target in (w, s)]
    return every(*facts)


RMSPROP = Rule(
    name="rmsprop",
    title="RMSProp",
    doc="Divides the step of every parameter by the root of a fading average of its squared gradients.",
    parameter=w,
    inputs={t: "step, counted from 1", eta: "learning rate of this step"},
    hyperparameters=(
        Hyperparameter("learning_rate", eta, NON_NEGATIVE, Rational("0.001"), "length of a step", "w"),
        Hyperparameter("rho", rho, UNIT_INTERVAL, Rational("0.9"), "share of the average that is kept"),
        Hyperparameter(
            "epsilon", epsilon, NON_NEGATIVE, Rational("1e-8"), "keeps the denominator from zero", "g or g²"
        ),
    ),
    state={s: 0},
    let={
        point: w,
        g: gradient(point),
        s_next: rho * s + (1 - rho) * g**2,
        correction: 1,
        s_hat: s_next / correction,
        variance: s_hat,
        denominator: sqrt(variance + epsilon),
        ratio: g / denominator,
        displacement: eta * ratio,
        w_next: w - displacement,
    },
    update={w: w_next, s: s_next},
    options=(
        Option(
            "centered",
            "divides by the deviation instead of the root mean square",
            equations={
                a_next: rho * a + (1 - rho) * g,
                a_hat: a_next / correction,
                variance: s_hat - a_hat**2,
                a: a_next,
            },
            state={a: 0},
            source=Source("Graves 2013, arXiv:1308.0850"),
        ),
        Option(
            "momentum",
            "passes the scaled gradient through a buffer",
            symbol=mu,
            domain=UNIT_INTERVAL,
            neutral=0,
            equations={b_next: mu * b + arriving, push: b_next, b: b_next},
            state={b: 0},
            source=Source("Graves 2013, arXiv:1308.0850"),
        ),
        Option(
            "nesterov",
            "moves by the buffer one step ahead",
            equations={push: mu * b_next + arriving},
            requires=("momentum",),
            source=Source("optax 0.2.8", "optax/_src/alias.py: rmsprop"),
        ),
        Option(
            "bias_correction",
            "divides the averages by 1 − ρ^t",
            equations={correction: 1 - rho**t},
            source=Source("optax 0.2.8", "optax/_src/transform.py: scale_by_rms"),
        ),
        Option(
            "initial_accumulator_value",
            "what the average of squares starts from",
            symbol=start,
            domain=NON_NEGATIVE,
            neutral=0,
            unit="g²",
            state={s: start},
            source=Source("optax 0.2.8", "optax/_src/alias.py: initial_scale"),
        ),
        WEIGHT_DECAY,
    ),
    axes=(
        Axis(
            "epsilon_place",
            "where ε stands",
            (
                AxisValue(
                    "inside",
                    {denominator: sqrt(variance + epsilon)},
                    Source("lecture deck", "line 725; Graves 2013"),
                ),
                AxisValue(
                    "outside",
                    {denominator: sqrt(variance) + epsilon},
                    Source("PyTorch 2.13.0", "torch/optim/rmsprop.py"),
                ),
            ),
        ),
        Axis(
            "learning_rate_place",
            "whether the momentum buffer collects steps or scaled gradients",
            (
                AxisValue(
                    "inside",
                    {arriving: eta * ratio, displacement: push},
                    Source("Graves 2013, arXiv:1308.0850"),
                ),
                AxisValue(
                    "outside",
                    {arriving: ratio, displacement: eta * push},
                    Source("PyTorch 2.13.0", "torch/optim/rmsprop.py"),
                ),
            ),
            under="momentum",
        ),
        WEIGHT_DECAY_FORM,
    ),
    errors=(
        NamedError(
            "epsilon_subtracted",
            "in the centred root ε is subtracted together with the squared mean",
            Source("TensorFlow.js 4.22.0", "tfjs-core/src/optimizers/rmsprop_optimizer.ts"),
            {denominator: sqrt(variance - epsilon)},
            under="centered",
        ),
    ),
    derivations=(
        Derivation(
            "the step minimises the linearised cost in a metric that forgets",
            "a move by d costs D d²/(2η) besides the linearised cost, D being large where gradients were lately",
            _minimises_in_a_fading_metric,
        ),
        Derivation(
            "the average weighs squares geometrically",
            "AdaGrad's sum, but what is older counts less by the factor ρ for every step",
            _fades_geometrically,
        ),
        *RMSPROP_DERIVATIONS,
        NO_PENALTY_SCALED,
    ),
    claims=(
        Claim("the bias correction undoes the start from zero", _average_of_a_stationary_square, "recurrence"),
        Claim("it is Adam with a beta1 of 0 and without correction", _is_adam_without_a_mean),
        *RMSPROP_CLAIMS,
        *DECAY_CLAIMS,
    ),
    source=Source("Tieleman & Hinton 2012; lecture deck", "line 725"),
)
