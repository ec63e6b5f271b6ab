"""L2: the sum of the squares of the weights."""

from sympy import And, Eq, Integer, Rational, Sum, Symbol

from ..example import example
from ..rule import Axis, AxisValue, Claim, NamedError, Rule, Source
from ..symbols import i, j
from .weights import (
    BATCH_SIZE,
    DERIVATIVE,
    REDUCTION,
    STRENGTH,
    WEIGHTS,
    d_w,
    divisor,
    factor,
    n,
    penalty,
    strength,
    total,
    upstream,
    w,
)


def _shrinks_in_proportion(rule: Rule) -> And:
    """λΣw² pulls with 2λw, its half with λw: the same number means twice the decay. Of the first of two weights."""
    a, b = Symbol("a", real=True), Symbol("b", real=True)
    gradients = (rule.program({"factor": value}, ("derivative",)).formula(d_w[i]) for value in ("one", "half"))
    whole, half = (example(g, {n: 2}, {i: 0}, w=(a, b)) for g in gradients)
    return And(Eq(whole, 2 * strength * a * upstream), Eq(half, strength * a * upstream))


L2 = Rule(
    name="l2",
    title="L2 penalty",
    doc="λ, or half of it, times the sum of the squares of the weights.",
    kind="function",
    parameter=penalty,
    arrays=(WEIGHTS,),
    hyperparameters=(STRENGTH,),
    let={total: Sum(w[j] ** 2, (j, 0, n - 1)), factor: Integer(1), divisor: Integer(1)},
    update={penalty: factor * strength * total / divisor},
    options=(DERIVATIVE, BATCH_SIZE),
    axes=(
        Axis(
            "factor",
            "whether the squares are halved",
            (
                AxisValue("one", {factor: Integer(1)}, Source("Keras 3.15.1; lecture deck", "line 163")),
                AxisValue(
                    "half",
                    {factor: Rational(1, 2)},
                    Source("Goodfellow, Bengio & Courville 2016; PyTorch's weight_decay"),
                ),
            ),
        ),
        REDUCTION,
    ),
    errors=(
        NamedError(
            "strength_twice",
            "λ is counted twice",
            Source("lecture deck", "lines 147-163 read together"),
            {penalty: factor * strength**2 * total},
        ),
        NamedError(
            "mean_for_sum",
            "the squares are averaged, not added up",
            Source("a mean in place of a sum"),
            {penalty: factor * strength * total / n},
        ),
    ),
    claims=(Claim("the gradient is 2 lambda w, or lambda w with the half", _shrinks_in_proportion),),
    source=Source("lecture deck", "line 163"),
)
