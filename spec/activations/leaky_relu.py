"""The leaky rectified linear unit: a small slope for negative inputs."""

from sympy import Abs, Expr, Integer, Rational, Symbol, sqrt
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..rule import Axis, AxisValue, Claim, Hyperparameter, Rule, Source
from ..symbols import NON_NEGATIVE
from .gain import PRINCIPLE, halves
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y
from .shape import EVERY_TWO_INPUTS, FROM_ONE_ON, UP_TO_ONE, Curve, at_most_times, curve, rises, size, slope_of

alpha = Symbol("alpha", nonnegative=True)
difference = Symbol("difference", real=True)


def _a_maximum_up_to_slope_one(rule: Rule) -> Boolean:
    by_sign, maximum = (rule.program({"branches": name}).formula(y) for name in ("by_sign", "maximum"))
    return every(*(equal(by_sign.xreplace({alpha: slope}), maximum.xreplace({alpha: slope})) for slope in UP_TO_ONE))


def _two_rectifiers(rule: Rule) -> tuple[Step, ...]:
    written = rule.program({"branches": "by_sign"}).formula(y)

    def rectified(value: Expr) -> Expr:
        return (value + Abs(value)) / 2

    both = rectified(x) - alpha * rectified(-x)
    return (
        Step("above 0 only the first counts", equal(both.xreplace({x: size}), size)),
        Step("below, only the second, with its share", equal(both.xreplace({x: -size}), -alpha * size)),
        Step("and that is the rule above 0", equal(both.xreplace({x: size}), written.xreplace({x: size}))),
        Step("at 0", equal(both.xreplace({x: Integer(0)}), written.xreplace({x: Integer(0)}))),
        Step("and below", equal(both.xreplace({x: -size}), written.xreplace({x: -size}))),
    )


def _gain(rule: Rule) -> tuple[Step, ...]:
    above, below = halves(curve(rule))
    return (
        Step("inputs above 0 give half of a second moment of 1", equal(above, Rational(1, 2))),
        Step("those below give their share, squared", equal(below, alpha**2 / 2)),
        Step("so the gain is √(2/(1 + alpha²))", equal(1 / sqrt(above + below), sqrt(2 / (1 + alpha**2)))),
    )


def _with_slope(rule: Rule, slope: Expr) -> Curve:
    written = curve(rule)(x).xreplace({alpha: slope})
    return lambda at: written.xreplace({x: at})


def _steepest_branch(rule: Rule) -> Boolean:
    steep = _with_slope(rule, FROM_ONE_ON)
    return every(
        *(at_most_times(Integer(1), _with_slope(rule, slope)) for slope in UP_TO_ONE),
        *(equal(value(size) - value(Integer(0)), size) for value in (_with_slope(rule, slope) for slope in UP_TO_ONE)),
        at_most_times(FROM_ONE_ON, steep),
        equal(steep(Integer(0)) - steep(-size), FROM_ONE_ON * size),
    )


def _bends_at_zero(rule: Rule) -> Boolean:
    slope = slope_of(rule)
    return every(equal(slope(size), 1), equal(slope(-size), alpha))


LEAKY_RELU = Rule(
    name="leaky_relu",
    title="Leaky rectified linear unit",
    doc="The input where it is positive, a fraction of it where it is negative.",
    kind="function",
    parameter=y,
    arrays=(X,),
    hyperparameters=(
        Hyperparameter("negative_slope", alpha, NON_NEGATIVE, Rational(1, 100), "slope for negative inputs"),
    ),
    let={tie: alpha * x, difference: x},
    update={y: branches(x, alpha * x, difference=difference)},
    options=(DERIVATIVE,),
    axes=(
        Axis(
            "branches",
            "what decides between the two lines; the same for slopes up to 1",
            (
                AxisValue("by_sign", {difference: x}, Source("PyTorch 2.13.0; Keras 3.15.1; JAX 0.10.2")),
                AxisValue("maximum", {difference: x - alpha * x}, Source("lecture deck", "line 428")),
            ),
        ),
        derivative_at_zero(
            ("slope", alpha, Source("PyTorch 2.13.0; Keras 3.15.1 on PyTorch")),
            ("one", 1, Source("JAX 0.10.2", "jax.nn.leaky_relu")),
            ("half", (1 + alpha) / 2, Source("a maximum of two lines that splits a tie")),
        ),
    ),
    derivations=(
        Derivation(
            "it is the rectified input less a share of the rectified opposite",
            "what is cut off below 0 is let through by a second unit, turned round and shrunk",
            _two_rectifiers,
        ),
        Derivation("the gain is √(2/(1 + alpha²))", PRINCIPLE, _gain),
    ),
    claims=(
        Claim("a slope up to 1 makes it a maximum", _a_maximum_up_to_slope_one),
        Claim("it never falls", lambda rule: rises(curve(rule)), EVERY_TWO_INPUTS),
        Claim("the Lipschitz constant is the larger of 1 and alpha", _steepest_branch, EVERY_TWO_INPUTS),
        Claim("the slope is 1 above 0 and alpha below, so that there is one at 0 just for alpha = 1", _bends_at_zero),
    ),
    source=Source("Maas, Hannun & Ng 2013; lecture deck", "line 428"),
)
