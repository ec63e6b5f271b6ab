"""Nesterov momentum: momentum whose gradient is taken where the buffer is about to carry the parameter."""

from sympy import And, Eq, Symbol

from ..rule import Axis, AxisValue, Claim, NamedError, Rule, Source, gradient_points
from ..symbols import displacement, eta, g, gradient, m, m_next, mu, point, t, w, w_next
from .gradient_descent import LEARNING_RATE
from .momentum import MOMENTUM_HYPERPARAMETER
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

arriving = Symbol("arriving", real=True)
carried = Symbol("carried", real=True)  # how far the buffer alone would move the parameter
push = Symbol("push", real=True)


def _stored_look_ahead_is_a_change_of_variable(rule: Rule) -> And:
    """With φ = w − μ m the look-ahead form at w is the stored form at φ, step after step."""
    look = rule.program({"nesterov_form": "look_ahead", "learning_rate_place": "inside"})
    stored = rule.program({"nesterov_form": "stored_look_ahead", "learning_rate_place": "inside"})
    ahead = w - mu * m
    return And(
        Eq(look.formula(w) - mu * look.formula(m), stored.formula(w).xreplace({w: ahead})),
        Eq(look.formula(m), stored.formula(m).xreplace({w: ahead})),
    )


def _looks_where_it_would_go(rule: Rule) -> Eq:
    """The point of the gradient is the next parameter if that gradient were zero."""
    program = rule.program({"nesterov_form": "look_ahead"})
    (looked_at,) = gradient_points(program)
    return Eq(looked_at, program.formula(w).replace(gradient, lambda _: 0))


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
    claims=(
        Claim(
            "the stored form is the look-ahead form in the variable w - mu m",
            _stored_look_ahead_is_a_change_of_variable,
        ),
        Claim("the look-ahead point is the next parameter at zero gradient", _looks_where_it_would_go),
    ),
    source=Source(
        "Nesterov 1983; Sutskever et al. 2013; lecture deck", "line 671, with the sign of the point corrected"
    ),
)
