"""The leaky rectified linear unit: a small slope for negative inputs."""

from sympy import Abs, Eq, Expr, Integer, Rational, Symbol

from ..derivation import Derivation, Step, equal
from ..rule import Axis, AxisValue, Claim, Hyperparameter, Rule, Source
from ..symbols import NON_NEGATIVE
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y

alpha = Symbol("alpha", nonnegative=True)
difference = Symbol("difference", real=True)


def _a_maximum_up_to_slope_one(rule: Rule) -> Eq:
    """Written with α = 1/(1 + a), which is every slope above 0 and up to 1."""
    a = Symbol("a", nonnegative=True)
    one, other = (
        rule.program({"branches": b}).formula(y).xreplace({alpha: 1 / (1 + a)}) for b in ("by_sign", "maximum")
    )
    return Eq(one, other)


def _two_rectifiers(rule: Rule) -> tuple[Step, ...]:
    size = Symbol("size", positive=True)
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
    ),
    claims=(Claim("a slope up to 1 makes it a maximum", _a_maximum_up_to_slope_one),),
    source=Source("Maas, Hannun & Ng 2013; lecture deck", "line 428"),
)
