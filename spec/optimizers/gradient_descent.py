"""Gradient descent: a step against the gradient, as long as the learning rate says."""

from sympy import Eq, Rational, Symbol

from ..derivation import Derivation, Step, equal
from ..minimum import least
from ..rule import Claim, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE, displacement, eta, g, gradient, point, t, w, w_next
from .weight_decay import WEIGHT_DECAY, WEIGHT_DECAY_FORM

LEARNING_RATE = Hyperparameter("learning_rate", eta, NON_NEGATIVE, Rational("0.01"), "length of a step", "w/g")


def _minimises_the_linearised_cost(rule: Rule) -> tuple[Step, ...]:
    rate, d = Symbol("eta", positive=True), Symbol("d", real=True)
    slope = gradient(w)
    return (
        *least(slope * d + d**2 / (2 * rate), d, -rate * slope),
        Step(
            "w moved by this d is the next parameter",
            equal(w - rate * slope, rule.program().formula(w).xreplace({eta: rate})),
        ),
    )


def _decay_is_a_penalty(rule: Rule) -> Eq:
    penalised, decoupled = (
        rule.program({"weight_decay_form": form}, ("weight_decay",)) for form in ("l2", "decoupled")
    )
    return Eq(penalised.formula(w), decoupled.formula(w))


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
    claims=(Claim("without memory a decoupled decay is a penalty on squares", _decay_is_a_penalty),),
    derivations=(
        Derivation(
            "the step minimises the linearised cost plus the squared distance over twice the learning rate",
            "near w the cost is C(w) + C'(w) d; a move by d costs d²/(2η) besides; their sum should be least",
            _minimises_the_linearised_cost,
        ),
    ),
    source=Source("Cauchy 1847; lecture deck", "line 290"),
)
