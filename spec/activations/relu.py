"""The rectified linear unit."""

from sympy import Abs, Eq, Rational, sympify

from ..rule import Claim, Rule, Source
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y

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
    source=Source("lecture deck", "line 424"),
)
