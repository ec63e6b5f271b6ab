"""The exponential linear unit."""

from sympy import Piecewise, Rational, Symbol, exp, sympify
from sympy.codegen.cfunctions import expm1

from ..rule import Form, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y

alpha = Symbol("alpha", nonnegative=True)
negative = Symbol("negative", real=True)  # the input as far as the exponential sees it, which grows for no other
saturating = Symbol("saturating", real=True)
d_negative, d_saturating = Symbol("d_negative", real=True), Symbol("d_saturating", real=True)

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
    source=Source("Clevert, Unterthiner & Hochreiter 2016; lecture deck", "line 442"),
)
