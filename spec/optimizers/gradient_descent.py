"""Gradient descent: a step against the gradient, as long as the learning rate says."""

from sympy import And, Eq, Gt, Rational, Symbol, diff

from ..rule import Claim, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE, displacement, eta, g, gradient, point, t, w, w_next
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

LEARNING_RATE = Hyperparameter("learning_rate", eta, NON_NEGATIVE, Rational("0.01"), "length of a step", "w/g")


def _minimises_the_linearised_cost(rule: Rule) -> And:
    """`g d + d²/(2η)` has its only minimum at the rule's own displacement."""
    rate = Symbol("eta", positive=True)
    d = Symbol("d", real=True)
    cost = g * d + d**2 / (2 * rate)
    moved = (rule.program().let[displacement]).xreplace({eta: rate})
    return And(Eq(diff(cost, d).xreplace({d: -moved}), 0), Gt(diff(cost, d, 2), 0))


GRADIENT_DESCENT = Rule(
    name="gradient_descent",
    title="Gradient descent",
    doc="Moves every parameter against its gradient.",
    parameter=w,
    inputs={t: "step, counted from 1", eta: "learning rate of this step"},
    hyperparameters=(LEARNING_RATE,),
    state={},
    let={point: w, g: gradient(point), displacement: eta * g, w_next: w - displacement},
    update={w: w_next},
    options=(WEIGHT_DECAY,),
    axes=(WEIGHT_DECAY_FORM,),
    errors=(
        NamedError(
            "lost_minus",
            "the minus sign of the printed formula is lost, so that factors are multiplied",
            Source("lecture deck", "lines 574, 623 and 633"),
            {w_next: w * eta * g},
        ),
        NamedError(
            "climbs",
            "the step is added instead of subtracted",
            Source("common sign error"),
            {w_next: w + displacement},
        ),
    ),
    claims=(
        Claim(
            "the step minimises the linearised cost plus the squared distance over twice the learning rate",
            _minimises_the_linearised_cost,
            "proximal form of the linearised cost",
        ),
    ),
    source=Source("Cauchy 1847; lecture deck", "line 290"),
)
