"""The hyperbolic tangent."""

from sympy import Abs, Eq, cosh, exp, tanh

from ..rule import Claim, Form, Rule, Source
from .scalar import DERIVATIVE, X, d_x, d_y, x, y

_decay = exp(-2 * Abs(x))

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
            lambda rule: Eq(1 - rule.program().formula(y) ** 2, 1 / cosh(x) ** 2),
        ),
        Claim(
            "tanh is a sigmoid of twice the input, scaled",
            lambda rule: Eq(rule.program().formula(y).rewrite(exp), 2 / (1 + exp(-2 * x)) - 1),
        ),
    ),
    source=Source("lecture deck", "line 402"),
)
