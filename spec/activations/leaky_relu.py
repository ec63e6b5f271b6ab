"""The leaky rectified linear unit: a small slope for negative inputs."""

from sympy import Eq, Rational, Symbol

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
    claims=(Claim("a slope up to 1 makes it a maximum", _a_maximum_up_to_slope_one),),
    source=Source("Maas, Hannun & Ng 2013; lecture deck", "line 428"),
)
