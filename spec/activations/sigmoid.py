"""The logistic sigmoid."""

from sympy import Abs, Derivative, Expr, Gt, Integer, Lt, Piecewise, Rational, exp
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, greater
from ..rule import Claim, Form, Rule, Source
from .gain import PRINCIPLE, enclosed_gain
from .scalar import DERIVATIVE, X, d_x, d_y, x, y
from .shape import curve, slope_of

decay = exp(-Abs(x))


def _slope(rule: Rule) -> Expr:
    return slope_of(rule)(x)


def _slope_by_value(rule: Rule) -> tuple[Step, ...]:
    value = rule.program().formula(y)
    return (
        Step("the slope of the curve", equal(Derivative(value, x), exp(-x) / (1 + exp(-x)) ** 2)),
        Step("is one factor y, and one", equal(exp(-x) / (1 + exp(-x)), 1 - value)),
        Step("so the gradient that the rule hands back is", equal(value * (1 - value), _slope(rule))),
    )


def _at_most_a_quarter(rule: Rule) -> Boolean:
    value, slope = rule.program().formula(y), slope_of(rule)
    quarter = Rational(1, 4)
    return every(equal(quarter - slope(x), (value - Rational(1, 2)) ** 2), equal(slope(Integer(0)), quarter))


def _rises_everywhere(rule: Rule) -> Boolean:
    value = rule.program().formula(y)
    return every(greater(_slope(rule), 0), equal(_slope(rule), value * (1 - value)))


def _symmetric(rule: Rule) -> Boolean:
    value = curve(rule)
    return equal(value(-x), 1 - value(x))


def _gain(rule: Rule) -> tuple[Step, ...]:
    return enclosed_gain(rule, Rational(1), "1.8462285453385", "1.8462285453387")


SIGMOID = Rule(
    name="sigmoid",
    title="Logistic sigmoid",
    doc="Maps every number into (0, 1).",
    kind="function",
    parameter=y,
    arrays=(X,),
    update={y: 1 / (1 + exp(-x))},
    options=(DERIVATIVE,),
    forms=(
        Form("without_overflow", {y: Piecewise((1 / (1 + decay), x > 0), (decay / (1 + decay), True))}),
        Form("from_output", {d_x: d_y * y * (1 - y)}, under="derivative"),
        Form("without_overflow", {d_x: d_y * decay / (1 + decay) ** 2}, under="derivative"),
    ),
    claims=(
        Claim(
            "values lie between 0 and 1",
            lambda rule: every(Gt(rule.program().formula(y), 0), Lt(rule.program().formula(y), 1)),
        ),
        Claim("it is strictly increasing", _rises_everywhere, "the slope is y (1 - y), which is positive"),
        Claim(
            "the Lipschitz constant is 1/4",
            _at_most_a_quarter,
            "the slope is 1/4 less a square, so at most 1/4, and 1/4 at 0",
        ),
        Claim("the curve is symmetric about its point at 0: y(-x) = 1 - y(x)", _symmetric),
    ),
    derivations=(
        Derivation("the derivative is y (1 - y)", "the derivative of the formula", _slope_by_value),
        Derivation("the gain lies between 1.8462285453385 and 1.8462285453387", PRINCIPLE, _gain),
    ),
    source=Source("lecture deck", "lines 307-310"),
)
