"""Clipping by value: every element on its own."""

from sympy import Expr, Piecewise, Rational, S, Symbol, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, greater
from ..rule import Array, Claim, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE

g, clipped = Symbol("g", real=True), Symbol("clipped", real=True)
bound = Symbol("c", nonnegative=True)
excess, room = symbols("excess room", positive=True)
# Every element that needs no clipping, with its bound: inside, on a bound, and 0.
ALLOWED = (*((sign * excess, excess + more) for sign in (1, -1) for more in (room, S.Zero)), (S.Zero, bound))


def _nearest_within_the_bounds(rule: Rule) -> tuple[Step, ...]:
    written = rule.program().formula(clipped)
    above, below = {g: bound + excess}, {g: -bound - excess}
    push = g - written  # of the bounds, by the stationarity of (z - g)²/2 + push z

    def kept(at: Expr, within: Expr) -> Expr:
        return push.xreplace({g: at, bound: within})

    return (
        Step("above the upper bound it is met", equal(written.xreplace(above), bound)),
        Step("and pushes down", greater(push.xreplace(above), 0)),
        Step("below the lower bound that is met", equal(written.xreplace(below), -bound)),
        Step("and pushes up", greater(-push.xreplace(below), 0)),
        *(
            Step(f"where the element is {at} and the bound {within} nothing pushes", equal(kept(at, within), 0))
            for at, within in ALLOWED
        ),
    )


def _once_and_again(rule: Rule) -> Boolean:
    written = rule.program().formula(clipped)

    def result(at: Expr, within: Expr) -> Expr:
        return written.xreplace({g: at, bound: within})

    inputs = (*ALLOWED, (bound + excess, bound), (-bound - excess, bound))
    return every(*(equal(result(result(at, within), within), result(at, within)) for at, within in inputs))


def _keeps_the_direction(rule: Rule) -> Boolean:
    first, second = symbols("first second", positive=True)

    def result(element: Expr) -> Expr:
        return rule.program().formula(clipped).xreplace({g: element})

    return equal(result(first) * second, result(second) * first)


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
    claims=(
        Claim("clipping again changes nothing", _once_and_again),
        Claim(
            "the direction of a gradient of two elements is kept",
            _keeps_the_direction,
            "lecture deck, lines 558-560: that is what clipping by norm is for",
            expects="refuted",
        ),
    ),
    source=Source("lecture deck", "lines 553-559"),
)
