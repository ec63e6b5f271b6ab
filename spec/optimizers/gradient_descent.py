"""Gradient descent: a step against the gradient, as long as the learning rate says."""

from sympy import Expr, Integer, Rational, Symbol, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, greater, less
from ..minimum import least
from ..rule import Claim, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE, displacement, eta, g, gradient, point, t, w, w_next
from .decay_claims import DECAY_CLAIMS
from .trajectory import on_a_parabola
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


def _is_stable_on_a_parabola(rule: Rule) -> tuple[Step, ...]:
    """On C = h w²/2 a step multiplies the parameter by a factor."""
    curvature, rate, excess = symbols("h eta excess", positive=True)
    factor = on_a_parabola(rule.program(), curvature, ())[0].xreplace({eta: rate})

    def at(bound: Expr) -> Expr:
        return factor.subs(rate, bound / curvature).expand()

    return (
        Step("a step multiplies the parameter by", equal(factor, 1 - rate * curvature)),
        Step("which is below 1 where η h is positive", less(factor, 1)),
        Step("and above -1 where η h stays below 2 by an excess", greater(at(2 - excess), -1)),
        Step("at η h = 2 it is", equal(at(Integer(2)), -1)),
        Step("and beyond 2 it is below -1", less(at(2 + excess), -1)),
    )


def _decay_is_a_penalty(rule: Rule) -> Boolean:
    penalised, decoupled = (
        rule.program({"weight_decay_form": form}, ("weight_decay",)) for form in ("l2", "decoupled")
    )
    return equal(penalised.formula(w), decoupled.formula(w))


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
    claims=(Claim("without memory a decoupled decay is a penalty on squares", _decay_is_a_penalty), *DECAY_CLAIMS),
    derivations=(
        Derivation(
            "the step minimises the linearised cost plus the squared distance over twice the learning rate",
            "near w the cost is C(w) + C'(w) d; a move by d costs d²/(2η) besides; their sum should be least",
            _minimises_the_linearised_cost,
        ),
        Derivation(
            "on a parabola of curvature h it converges exactly where 0 < η h < 2",
            "a factor shrinks everything if it lies between -1 and 1",
            _is_stable_on_a_parabola,
        ),
    ),
    source=Source("Cauchy 1847; lecture deck", "line 290"),
)
