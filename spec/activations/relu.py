"""The rectified linear unit."""

from sympy import Abs, Eq, Integer, Rational, Symbol, sympify

from ..derivation import Derivation, Step, equal, greater
from ..rule import Claim, Rule, Source
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y


def _nearest_number_that_is_not_negative(rule: Rule) -> tuple[Step, ...]:
    size = Symbol("size", positive=True)
    value = rule.program().formula(y)
    multiplier = value - x  # of the bound y >= 0, by the stationarity of (y - x)²/2 - multiplier y
    return (
        Step("a positive input is allowed, and nearest to itself", equal(value.xreplace({x: size}), size)),
        Step("where the bound does not push", equal(multiplier.xreplace({x: size}), 0)),
        Step("for a negative one the bound is met", equal(value.xreplace({x: -size}), 0)),
        Step("and pushes upwards", greater(multiplier.xreplace({x: -size}), 0)),
        Step("0 is allowed itself", equal(value.xreplace({x: Integer(0)}), 0)),
    )


RELU = Rule(
    name="relu",
    title="Rectified linear unit",
    doc="The positive part of the input.",
    kind="function",
    parameter=y,
    arrays=(X,),
    let={tie: 0},
    update={y: branches(x, sympify(0))},
    options=(DERIVATIVE,),
    axes=(
        derivative_at_zero(
            ("zero", 0, Source("PyTorch 2.13.0; Keras 3.15.1; JAX 0.10.2", "torch.relu; keras.ops.relu; jax.nn.relu")),
            ("half", Rational(1, 2), Source("PyTorch 2.13.0; JAX 0.10.2", "maximum(x, 0), which splits a tie")),
            ("one", 1, Source("TensorFlow.js 4.22.0", "maximum(x, 0), where the first argument wins a tie")),
        ),
    ),
    claims=(
        Claim(
            "the value is half the input and its size together",
            lambda rule: Eq(rule.program().formula(y), (x + Abs(x)) / 2),
        ),
    ),
    derivations=(
        Derivation(
            "the value is the nearest number that is not negative",
            "least (y - x)²/2 over y >= 0, by the conditions of Karush, Kuhn and Tucker",
            _nearest_number_that_is_not_negative,
        ),
    ),
    source=Source("lecture deck", "line 424"),
)
