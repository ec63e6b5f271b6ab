"""Clipping by value: every element on its own."""

from sympy import Piecewise, Rational, Symbol

from ..derivation import Derivation, Step, equal, greater
from ..rule import Array, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE

g, clipped = Symbol("g", real=True), Symbol("clipped", real=True)
bound = Symbol("c", nonnegative=True)


def _nearest_within_the_bounds(rule: Rule) -> tuple[Step, ...]:
    excess = Symbol("excess", positive=True)
    written = rule.program().formula(clipped)
    above, below = {g: bound + excess}, {g: -bound - excess}
    push = g - written  # of the bounds, by the stationarity of (z - g)²/2 + push z
    return (
        Step("above the upper bound it is met", equal(written.xreplace(above), bound)),
        Step("and pushes down", greater(push.xreplace(above), 0)),
        Step("below the lower bound that is met", equal(written.xreplace(below), -bound)),
        Step("and pushes up", greater(-push.xreplace(below), 0)),
        Step("between them nothing pushes", equal(push.xreplace({g: excess, bound: 2 * excess}), 0)),
        Step("on either side of 0", equal(push.xreplace({g: -excess, bound: 2 * excess}), 0)),
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
    derivations=(
        Derivation(
            "an element becomes the nearest number within the bounds",
            "least (z - g)²/2 over -c <= z <= c, by the conditions of Karush, Kuhn and Tucker",
            _nearest_within_the_bounds,
        ),
    ),
    source=Source("lecture deck", "lines 553-559"),
)
