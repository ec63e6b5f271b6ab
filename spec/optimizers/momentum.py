"""Momentum (heavy ball): gradients are collected in a buffer, and the buffer moves the parameter."""

from sympy import Eq, Interval, Piecewise, Rational, Symbol, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, greater
from ..rule import Axis, AxisValue, Claim, Hyperparameter, Option, Rule, Source
from ..symbols import UNIT_INTERVAL, displacement, eta, g, gradient, m, m_next, mu, point, t, w, w_next
from .decay_claims import DECAY_CLAIMS, NO_PENALTY_COLLECTED
from .gradient_descent import LEARNING_RATE
from .momentum_claims import HEAVY_BALL, MOMENTUM_CLAIMS, MOMENTUM_DERIVATIONS
from .trajectory import at_minus_one, on_a_parabola, same_with_scaled_buffer
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

arriving = Symbol("arriving", real=True)  # what one gradient brings to the buffer before the gain
gain = Symbol("gain", nonnegative=True)
dampening = Symbol("tau", nonnegative=True)

MOMENTUM_HYPERPARAMETER = Hyperparameter(
    "momentum", mu, UNIT_INTERVAL, Rational("0.9"), "share of the buffer that is kept"
)


def _buffer_of_a_constant_gradient(rule: Rule) -> Boolean:
    """From zero, a constant gradient fills the buffer to η g (1 − μ^t)/(1 − μ): the solved recurrence, by induction."""
    n = Symbol("n", integer=True, positive=True)
    c = Symbol("c", real=True)
    after = rule.program(HEAVY_BALL).formula(m)
    after = after.xreplace({gradient(w): c})
    solved = eta * c * (1 - mu**n) / (1 - mu)
    return every(
        equal(after.xreplace({m: rule.state[m]}), solved.subs(n, 1)),
        equal(after.xreplace({m: solved}), solved.subs(n, n + 1)),
    )


def _inside_is_outside_at_a_constant_rate(rule: Rule) -> Boolean:
    inside, outside = (rule.program({"learning_rate_place": place}) for place in ("inside", "outside"))
    return same_with_scaled_buffer(inside, outside, m)


def _keeps_a_share_of_the_last_move(rule: Rule) -> tuple[Step, ...]:
    before, slope = Symbol("w_before", real=True), gradient(w)
    program = rule.program(HEAVY_BALL)
    moved = w + mu * (w - before) - eta * slope
    return (
        Step("a step moves the parameter by the buffer", equal(w - program.formula(w), program.formula(m))),
        Step("so w_before was w + m, and w' is", equal(moved.xreplace({before: w + m}), w - mu * m - eta * slope)),
        Step("which is the rule's next parameter", equal(w - mu * m - eta * slope, program.formula(w))),
    )


def _is_stable_on_a_parabola(rule: Rule) -> tuple[Step, ...]:
    """On C = h w²/2 a step is linear in (w, m)."""
    curvature, rate, excess = symbols("h eta excess", positive=True)
    step = on_a_parabola(rule.program(HEAVY_BALL), curvature, (m,)).xreplace({eta: rate})
    above = at_minus_one(step)
    below = (1 - step.trace() + step.det()).expand()
    bound = (2 * (1 + mu) - excess) / curvature  # a rate that stays below by some excess
    return (
        Step("the product of the two factors by which a step multiplies", equal(step.det(), mu)),
        Step("their sum", equal(step.trace(), 1 + mu - rate * curvature)),
        Step("both are below 1: 1 - sum + product is positive", greater(below, 0)),
        Step("and above -1 where 1 + sum + product is", equal(above, 2 * (1 + mu) - rate * curvature)),
        Step("as it is below the bound", greater(above.subs(rate, bound).expand(), 0)),
    )


def _dampening_is_a_smaller_rate(rule: Rule) -> Boolean:
    dialect = {"learning_rate_place": "inside", "first_step": "zeros"}
    dampened = rule.program({**dialect, "gain": "one_minus_dampening"}, ("dampening",))
    smaller = {eta: eta * (1 - dampening)}
    plain = rule.program({**dialect, "gain": "one"})
    return every(
        equal(dampened.formula(w), plain.formula(w).xreplace(smaller)),
        equal(dampened.formula(m), plain.formula(m).xreplace(smaller)),
    )


def _follows_a_schedule(rule: Rule) -> Boolean:
    """The inside buffer is the last rate times the outside one; a share μ η/η_before of it is kept."""
    before = Symbol("eta_before", positive=True)
    inside = rule.program({"learning_rate_place": "inside"})
    outside = rule.program({"learning_rate_place": "outside"})
    followed = {m: before * m, mu: mu * eta / before}
    return every(
        equal(inside.formula(w).xreplace(followed), outside.formula(w)),
        equal(inside.formula(m).xreplace(followed), eta * outside.formula(m)),
    )


MOMENTUM = Rule(
    name="momentum",
    title="Momentum",
    doc="Collects gradients in a buffer that forgets geometrically; the buffer is the step.",
    parameter=w,
    inputs={t: "step, counted from 1", eta: "learning rate of this step"},
    hyperparameters=(LEARNING_RATE, MOMENTUM_HYPERPARAMETER),
    state={m: 0},
    let={
        point: w,
        g: gradient(point),
        gain: 1,
        arriving: eta * g,
        m_next: mu * m + gain * arriving,
        displacement: m_next,
        w_next: w - displacement,
    },
    update={w: w_next, m: m_next},
    options=(
        Option(
            "dampening",
            "shrinks what a gradient brings to the buffer",
            symbol=dampening,
            domain=Interval(0, 1),
            neutral=0,
            source=Source("PyTorch 2.13.0", "torch/optim/sgd.py"),
        ),
        WEIGHT_DECAY,
    ),
    axes=(
        Axis(
            "learning_rate_place",
            "whether the buffer collects steps or gradients; visible when the learning rate changes",
            (
                AxisValue(
                    "inside",
                    {arriving: eta * g, displacement: m_next},
                    Source("Sutskever et al. 2013; lecture deck", "line 637"),
                ),
                AxisValue(
                    "outside",
                    {arriving: g, displacement: eta * m_next},
                    Source("PyTorch 2.13.0", "torch/optim/sgd.py"),
                ),
            ),
        ),
        Axis(
            "gain",
            "the weight of the arriving gradient",
            (
                AxisValue("one", {gain: 1}, Source("Polyak 1964; lecture deck", "line 637")),
                AxisValue(
                    "one_minus_dampening",
                    {gain: 1 - dampening},
                    Source("PyTorch 2.13.0", "torch/optim/sgd.py: dampening"),
                    requires="dampening",
                ),
                AxisValue("one_minus_momentum", {gain: 1 - mu}, Source("exponential average, as in Adam")),
            ),
        ),
        Axis(
            "first_step",
            "whether the buffer starts from zero or from the first gradient without its gain",
            (
                AxisValue("zeros", {m_next: mu * m + gain * arriving}, Source("Sutskever et al. 2013")),
                AxisValue(
                    "gradient",
                    {m_next: Piecewise((arriving, Eq(t, 1)), (mu * m + gain * arriving, True))},
                    Source("PyTorch 2.13.0", "torch/optim/sgd.py: momentum_buffer is None"),
                ),
            ),
        ),
        WEIGHT_DECAY_FORM,
    ),
    derivations=(
        Derivation(
            "momentum is a step of gradient descent and a share of the last move",
            "w' − w = μ (w − w_before) − η C'(w): a ball that rolls on",
            _keeps_a_share_of_the_last_move,
        ),
        Derivation(
            "on a parabola of curvature h it converges while η h < 2 (1 + μ)",
            "a linear map shrinks everything if its trace and determinant satisfy Schur's conditions",
            _is_stable_on_a_parabola,
        ),
        *MOMENTUM_DERIVATIONS,
        NO_PENALTY_COLLECTED,
    ),
    claims=(
        Claim(
            "a constant gradient fills the buffer to (1 - mu^t)/(1 - mu) steps",
            _buffer_of_a_constant_gradient,
            "recurrence",
        ),
        Claim("dampening makes the learning rate smaller, from zero", _dampening_is_a_smaller_rate),
        Claim("under a schedule inside is outside with a momentum that follows the rate", _follows_a_schedule),
        Claim(
            "inside and outside agree while the learning rate is constant",
            _inside_is_outside_at_a_constant_rate,
        ),
        *MOMENTUM_CLAIMS,
        *DECAY_CLAIMS,
    ),
    source=Source("Polyak 1964; Sutskever et al. 2013; lecture deck", "line 637"),
)
