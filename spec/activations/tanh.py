"""The hyperbolic tangent."""

from sympy import Abs, Derivative, Integer, Rational, cosh, exp, tanh
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, greater
from ..rule import Claim, Form, Rule, Source
from .gain import PRINCIPLE, enclosed_gain
from .scalar import DERIVATIVE, X, d_x, d_y, x, y
from .shape import curve, slope_of

_decay = exp(-2 * Abs(x))


def _slope_by_value(rule: Rule) -> tuple[Step, ...]:
    value = rule.program().formula(y)
    found = slope_of(rule)(x)
    return (
        Step("the slope of the curve", equal(Derivative(value, x), 1 / cosh(x) ** 2)),
        Step("by cosh² - sinh² = 1", equal(1 / cosh(x) ** 2, 1 - value**2)),
        Step("which the rule hands back", equal(1 - value**2, found)),
    )


def _odd_and_rising(rule: Rule) -> Boolean:
    value, slope = curve(rule), 1 / cosh(x) ** 2
    return every(equal(value(-x), -value(x)), equal(slope_of(rule)(x), slope), greater(slope, 0))


def _at_most_one(rule: Rule) -> Boolean:
    slope = slope_of(rule)
    return every(equal(1 - slope(x), curve(rule)(x) ** 2), equal(slope(Integer(0)), 1))


def _gain(rule: Rule) -> tuple[Step, ...]:
    return enclosed_gain(rule, Rational(5, 3), "1.5925374197228", "1.5925374197229")


TANH = Rule(
    name="tanh",
    title="Hyperbolic tangent",
    doc="Maps every number into (-1, 1); odd.",
    kind="function",
    parameter=y,
    arrays=(X,),
    update={y: tanh(x)},
    options=(DERIVATIVE,),
    forms=(Form("without_cancellation", {d_x: 4 * d_y * _decay / (1 + _decay) ** 2}, under="derivative"),),
    claims=(
        Claim(
            "1 less the square of the value is positive, so that values lie between -1 and 1",
            lambda rule: equal(1 - rule.program().formula(y) ** 2, 1 / cosh(x) ** 2),
        ),
        Claim("it is odd and strictly increasing", _odd_and_rising, "the slope is one over a square"),
        Claim("the Lipschitz constant is 1", _at_most_one, "the slope is 1 less y², so at most 1, and 1 at 0"),
        Claim(
            "tanh is a sigmoid of twice the input, scaled",
            lambda rule: equal(rule.program().formula(y).rewrite(exp), 2 / (1 + exp(-2 * x)) - 1),
        ),
    ),
    derivations=(
        Derivation("the derivative is 1 - y²", "the derivative of the formula", _slope_by_value),
        Derivation("the gain lies between 1.5925374197228 and 1.5925374197229", PRINCIPLE, _gain),
    ),
    source=Source("lecture deck", "line 402"),
)
