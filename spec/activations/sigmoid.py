"""The logistic sigmoid."""

from sympy import Abs, And, Derivative, Eq, Expr, Gt, Lt, Piecewise, Rational, exp

from ..derivation import Derivation, Step, equal
from ..rule import Claim, Form, Rule, Source
from .scalar import DERIVATIVE, X, d_x, d_y, upstream, x, y

decay = exp(-Abs(x))


def _slope(rule: Rule) -> Expr:
    return rule.program({}, ("derivative",)).formula(d_x).xreplace({upstream: 1})


def _slope_by_value(rule: Rule) -> tuple[Step, ...]:
    value = rule.program().formula(y)
    return (
        Step("the slope of the curve", equal(Derivative(value, x), exp(-x) / (1 + exp(-x)) ** 2)),
        Step("is one factor y, and one", equal(exp(-x) / (1 + exp(-x)), 1 - value)),
        Step("so the gradient that the rule hands back is", equal(value * (1 - value), _slope(rule))),
    )


def _slope_below_a_quarter(rule: Rule) -> Eq:
    value = rule.program().formula(y)
    return Eq(Rational(1, 4) - _slope(rule), (value - Rational(1, 2)) ** 2)


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
            lambda rule: And(Gt(rule.program().formula(y), 0), Lt(rule.program().formula(y), 1)),
        ),
        Claim("the derivative is 1/4 less a square, so at most 1/4", _slope_below_a_quarter),
    ),
    derivations=(Derivation("the derivative is y (1 - y)", "the derivative of the formula", _slope_by_value),),
    source=Source("lecture deck", "lines 307-310"),
)
