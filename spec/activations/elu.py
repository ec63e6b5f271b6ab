"""The exponential linear unit."""

from sympy import (
    Expr,
    Ge,
    Integer,
    Integral,
    Piecewise,
    Rational,
    Symbol,
    diff,
    erfc,
    exp,
    log,
    oo,
    sqrt,
    sympify,
)
from sympy.codegen.cfunctions import expm1
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, at_least, equal, every, greater, less
from ..rule import Claim, Form, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE
from .gain import PRINCIPLE, bell
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y
from .shape import FROM_ONE_ON, UP_TO_ONE, size, slope_of

alpha = Symbol("alpha", nonnegative=True)
negative = Symbol("negative", real=True)  # the input as far as the exponential sees it, which grows for no other
saturating = Symbol("saturating", real=True)
d_negative, d_saturating = Symbol("d_negative", real=True), Symbol("d_saturating", real=True)


def _slope(rule: Rule, at: Expr) -> Expr:
    return slope_of(rule)(at)


def _smooth_for_one(rule: Rule) -> tuple[Step, ...]:
    value = rule.program().formula(y).rewrite(exp)
    above, below = value.xreplace({x: size}), value.xreplace({x: -size})
    return (
        Step("above 0 the slope is", equal(diff(above, size), 1)),
        Step("below 0, by the distance from it, it is", equal(-diff(below, size), alpha * exp(-size))),
        Step("which comes to alpha at 0, where both values are 0", equal(below.xreplace({size: 0}), 0)),
        Step("the rule hands back these slopes: above", equal(_slope(rule, size), diff(above, size))),
        Step("and below", equal(_slope(rule, -size), -diff(below, size))),
        Step(
            "so the two meet where alpha is 1",
            equal((-diff(below, size) - diff(above, size)).xreplace({size: 0}), alpha - 1),
        ),
    )


def _above_its_depth(rule: Rule) -> Boolean:
    value = rule.program().formula(y).rewrite(exp)
    return every(
        Ge(value.xreplace({x: -size}) + alpha, 0),
        equal(value.xreplace({x: size}), size),
        equal(value.xreplace({x: 0}), 0),
    )


def _steepest_at_zero(rule: Rule) -> Boolean:
    """Inputs below 0 are written as -log(1 + size), so that exponentials are fractions."""
    slope = slope_of(rule)
    below = slope(-log(1 + size)).rewrite(exp)
    steep = below.xreplace({alpha: FROM_ONE_ON})
    return every(
        equal(slope(size), 1),
        equal(below, alpha / (1 + size)),
        at_least(below, 0),
        *(at_least(1 - below.xreplace({alpha: depth}), 0) for depth in UP_TO_ONE),
        at_least(FROM_ONE_ON - steep, 0),
        equal(slope(Integer(0)), alpha),
    )


def _gain(rule: Rule) -> tuple[Step, ...]:
    """For alpha = 1."""
    k = Symbol("k", nonnegative=True)
    below = rule.program().formula(y).xreplace({x: -size, alpha: Integer(1)}).rewrite(exp)
    above = rule.program().formula(y).xreplace({x: size})
    half = exp(k**2 / 2) * erfc(k / sqrt(2)) / 2
    two, one, none = (half.xreplace({k: Integer(times)}) for times in (2, 1, 0))
    second_moment = Rational(1, 2) + two - 2 * one + none
    return (
        Step("inputs above 0 give half", equal(Integral(above**2 * bell(size), (size, 0, oo)), Rational(1, 2))),
        Step("exponentials have, below 0, the mean", equal(Integral(exp(-k * size) * bell(size), (size, 0, oo)), half)),
        Step(
            "so with squares of 1 - 2 exp(-z) + exp(-2 z) below 0 the gain is more than",
            greater(1 / sqrt(second_moment), Rational("1.24519830070")),
        ),
        Step("and less than", less(1 / sqrt(second_moment), Rational("1.24519830071"))),
        Step("as the rule's square below 0 is their sum", equal(below**2, exp(-2 * size) - 2 * exp(-size) + 1)),
    )


ELU = Rule(
    name="elu",
    title="Exponential linear unit",
    doc="The input where it is positive; below, an exponential that levels off at -α.",
    kind="function",
    parameter=y,
    arrays=(X,),
    hyperparameters=(Hyperparameter("alpha", alpha, NON_NEGATIVE, Rational(1), "depth at minus infinity"),),
    let={tie: alpha * x, negative: Piecewise((x, x < 0), (0, True)), saturating: expm1(negative)},
    update={y: branches(x, alpha * saturating)},
    options=(DERIVATIVE,),
    axes=(
        derivative_at_zero(
            ("slope", alpha, Source("PyTorch 2.13.0; Clevert, Unterthiner & Hochreiter 2016")),
            ("one", 1, Source("lecture deck", "line 442: z for z ≥ 0")),
        ),
    ),
    errors=(
        NamedError(
            "zero_at_zero",
            "the derivative at 0 is 0, which is neither one-sided derivative",
            Source("tinygrad 0.14.0", "two masks that both leave 0 out"),
            {tie: sympify(0)},
            under="derivative",
        ),
    ),
    forms=(
        Form("exp_minus_1", {saturating: exp(negative) - 1}),
        Form("from_output", {d_negative: d_saturating * (saturating + 1)}, under="derivative"),
    ),
    derivations=(
        Derivation(
            "the derivative is continuous just for alpha = 1", "the derivatives of both branches", _smooth_for_one
        ),
        Derivation("for alpha = 1 the gain lies between 1.24519830070 and 1.24519830071", PRINCIPLE, _gain),
    ),
    claims=(
        Claim("no value is below -alpha", _above_its_depth),
        Claim(
            "the slope lies between 0 and the larger of 1 and alpha: it never falls, and that is the Lipschitz constant",
            _steepest_at_zero,
            "the slope below 0 comes as near to alpha as inputs come to 0",
        ),
    ),
    source=Source("Clevert, Unterthiner & Hochreiter 2016; lecture deck", "line 442"),
)
