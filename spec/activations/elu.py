"""The exponential linear unit."""

from sympy import And, Eq, Expr, Ge, Piecewise, Rational, Symbol, diff, exp, sympify
from sympy.codegen.cfunctions import expm1

from ..derivation import Derivation, Step, equal
from ..rule import Claim, Form, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y
from .shape import slope_of

alpha = Symbol("alpha", nonnegative=True)
negative = Symbol("negative", real=True)  # the input as far as the exponential sees it, which grows for no other
saturating = Symbol("saturating", real=True)
d_negative, d_saturating = Symbol("d_negative", real=True), Symbol("d_saturating", real=True)


def _slope(rule: Rule, at: Expr) -> Expr:
    return slope_of(rule)(at)


def _smooth_for_one(rule: Rule) -> tuple[Step, ...]:
    size = Symbol("size", positive=True)
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


def _above_its_depth(rule: Rule) -> And:
    size = Symbol("size", positive=True)
    value = rule.program().formula(y).rewrite(exp)
    return And(
        Ge(value.xreplace({x: -size}) + alpha, 0), Eq(value.xreplace({x: size}), size), Eq(value.xreplace({x: 0}), 0)
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
    ),
    claims=(Claim("no value is below -alpha", _above_its_depth),),
    source=Source("Clevert, Unterthiner & Hochreiter 2016; lecture deck", "line 442"),
)
