"""Clipping by value: every element on its own."""

from sympy import And, Eq, Piecewise, Rational, Symbol

from ..rule import Array, Claim, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE

g, clipped = Symbol("g", real=True), Symbol("clipped", real=True)
bound = Symbol("c", nonnegative=True)


def _stays_or_meets_the_bound(rule: Rule) -> And:
    """Inside nothing changes; beyond, the bound is met on the same side. Written with g = ±(c + excess)."""
    excess = Symbol("excess", positive=True)
    written = rule.program().formula(clipped)
    return And(
        Eq(written.xreplace({g: bound + excess}), bound),
        Eq(written.xreplace({g: -bound - excess}), -bound),
        Eq(written.xreplace({g: excess, bound: 2 * excess}), excess),
    )


CLIP_BY_VALUE = Rule(
    name="clip_by_value",
    title="Clipping by value",
    doc="Every element of a gradient is kept between -c and c.",
    kind="function",
    parameter=clipped,
    arrays=(Array(g, "gradient"),),
    hyperparameters=(
        Hyperparameter("clip_value", bound, NON_NEGATIVE, Rational(1), "largest size of an element", "unit of g"),
    ),
    update={clipped: Piecewise((bound, g > bound), (-bound, g < -bound), (g, True))},
    errors=(
        NamedError(
            "from_above_only",
            "large negative elements are kept as they are",
            Source("a minimum without a maximum"),
            {clipped: Piecewise((bound, g > bound), (g, True))},
        ),
        NamedError(
            "sign_lost",
            "what is too negative comes out at the positive bound",
            Source("a bound applied to the size"),
            {clipped: Piecewise((bound, g > bound), (bound, g < -bound), (g, True))},
        ),
    ),
    claims=(Claim("an element stays, or meets the bound on its side", _stays_or_meets_the_bound),),
    source=Source("lecture deck", "lines 553-559"),
)
