"""Nesterov momentum: momentum whose gradient is taken where the buffer is about to carry the parameter."""

from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, greater
from ..program import gradient_points
from ..rule import Axis, AxisValue, Claim, NamedError, Rule, Source
from ..symbols import displacement, eta, g, gradient, m, m_next, mu, point, t, w, w_next
from .decay_claims import DECAY_CLAIMS, NO_PENALTY_COLLECTED
from .gradient_descent import LEARNING_RATE
from .momentum import MOMENTUM_HYPERPARAMETER
from .nesterov_claims import CANONICAL, NESTEROV_CLAIMS, NESTEROV_DERIVATIONS
from .trajectory import on_a_parabola
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

arriving = Symbol("arriving", real=True)
carried = Symbol("carried", real=True)  # how far the buffer alone would move the parameter
push = Symbol("push", real=True)


def _stored_look_ahead_is_a_change_of_variable(rule: Rule) -> tuple[Step, ...]:
    look = rule.program({"nesterov_form": "look_ahead", "learning_rate_place": "inside"})
    stored = rule.program({"nesterov_form": "stored_look_ahead", "learning_rate_place": "inside"})
    ahead = w - mu * m
    (looked_at,) = gradient_points(look)
    return (
        Step("the gradient is taken at the point ahead", equal(looked_at, ahead)),
        Step("the buffers are the same", equal(look.formula(m), stored.formula(m).xreplace({w: ahead}))),
        Step(
            "the next point ahead is the next stored parameter",
            equal(look.formula(w) - mu * look.formula(m), stored.formula(w).xreplace({w: ahead})),
        ),
    )


def _look_back_diverges(rule: Rule) -> tuple[Step, ...]:
    """On C = h w²/2, where the right sign gives the determinant μ (1 − η h)."""
    curvature, rate, more = Symbol("h", positive=True), Symbol("eta", positive=True), Symbol("excess", positive=True)
    kept = Symbol("mu", positive=True)

    def determinant(error: str | None) -> Expr:
        step = on_a_parabola(rule.program(CANONICAL, (), error), curvature, (m,))
        return step.det().expand().xreplace({eta: rate, mu: kept})

    backwards = determinant("look_ahead_wrong_sign")
    beyond = backwards.subs(rate, (1 / kept - 1 + more) / curvature).expand()
    return (
        Step("ahead, a step multiplies areas by", equal(determinant(None), kept * (1 - rate * curvature))),
        Step("backwards, by", equal(backwards, kept * (1 + rate * curvature))),
        Step("which is more than 1 where η h exceeds 1/μ - 1", greater(beyond, 1)),
    )


def _looks_where_it_would_go(rule: Rule) -> Boolean:
    """The point of the gradient is the next parameter if that gradient were zero."""
    program = rule.program({"nesterov_form": "look_ahead"})
    (looked_at,) = gradient_points(program)
    return equal(looked_at, program.formula(w).replace(gradient, lambda _: 0))


NESTEROV = Rule(
    name="nesterov",
    title="Nesterov momentum",
    doc="Momentum with the gradient evaluated ahead, at the point the buffer is about to reach.",
    parameter=w,
    inputs={t: "step, counted from 1", eta: "learning rate of this step"},
    hyperparameters=(LEARNING_RATE, MOMENTUM_HYPERPARAMETER),
    state={m: 0},
    let={
        carried: mu * m,
        point: w - carried,
        g: gradient(point),
        arriving: eta * g,
        m_next: mu * m + arriving,
        push: m_next,
        displacement: push,
        w_next: w - displacement,
    },
    update={w: w_next, m: m_next},
    options=(WEIGHT_DECAY,),
    axes=(
        Axis(
            "nesterov_form",
            "whether the gradient is taken ahead of the parameter, or the stored parameter is itself the point ahead",
            (
                AxisValue("look_ahead", {point: w - carried, push: m_next}, Source("Sutskever et al. 2013")),
                AxisValue(
                    "stored_look_ahead",
                    {point: w, push: mu * m_next + arriving},
                    Source("Bengio et al. 2012, arXiv:1212.0901"),
                ),
            ),
        ),
        Axis(
            "learning_rate_place",
            "whether the buffer collects steps or gradients; visible when the learning rate changes",
            (
                AxisValue(
                    "inside",
                    {arriving: eta * g, carried: mu * m, displacement: push},
                    Source("Sutskever et al. 2013"),
                ),
                AxisValue(
                    "outside",
                    {arriving: g, carried: eta * mu * m, displacement: eta * push},
                    Source("PyTorch 2.13.0", "torch/optim/sgd.py: nesterov"),
                ),
            ),
        ),
        WEIGHT_DECAY_FORM,
    ),
    errors=(
        NamedError(
            "look_ahead_wrong_sign",
            "the gradient is taken at w + βm although the step is w − m, so the rule looks backwards",
            Source("lecture deck", "lines 663 and 671"),
            {point: w + carried},
            dialect={"nesterov_form": "look_ahead"},
        ),
    ),
    derivations=(
        Derivation(
            "the stored form is the look-ahead form in the variable w - mu m",
            "one can keep the point ahead in place of the parameter",
            _stored_look_ahead_is_a_change_of_variable,
        ),
        Derivation(
            "looking backwards diverges on a parabola where η h > 1/μ − 1",
            "a linear map that makes areas larger does not converge",
            _look_back_diverges,
        ),
        *NESTEROV_DERIVATIONS,
        NO_PENALTY_COLLECTED,
    ),
    claims=(
        Claim("the look-ahead point is the next parameter at zero gradient", _looks_where_it_would_go),
        *NESTEROV_CLAIMS,
        *DECAY_CLAIMS,
    ),
    source=Source(
        "Nesterov 1983; Sutskever et al. 2013; lecture deck", "line 671, with the sign of the point corrected"
    ),
)
