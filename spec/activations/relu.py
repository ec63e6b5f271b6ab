"""The rectified linear unit."""

from sympy import Abs, Integer, Rational, Symbol, sqrt, sympify
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, at_least, equal, every, greater
from ..rule import Claim, Rule, Source
from .gain import PRINCIPLE, halves
from .scalar import DERIVATIVE, X, branches, derivative_at_zero, tie, x, y
from .shape import EVERY_TWO_INPUTS, at_most_times, curve, rises, size, slope_of, zero_and_both_sides


def _nearest_number_that_is_not_negative(rule: Rule) -> tuple[Step, ...]:
    value = rule.program().formula(y)
    multiplier = value - x  # of the bound y >= 0, by the stationarity of (y - x)²/2 - multiplier y
    return (
        Step("a positive input is allowed, and nearest to itself", equal(value.xreplace({x: size}), size)),
        Step("where the bound does not push", equal(multiplier.xreplace({x: size}), 0)),
        Step("for a negative one the bound is met", equal(value.xreplace({x: -size}), 0)),
        Step("and pushes upwards", greater(multiplier.xreplace({x: -size}), 0)),
        Step("0 is allowed itself", equal(value.xreplace({x: Integer(0)}), 0)),
    )


def _scales_and_never_falls(rule: Rule) -> Boolean:
    value, factor, inputs = curve(rule), Symbol("factor", positive=True), zero_and_both_sides()
    return every(
        rises(value),
        *(at_least(value(at), 0) for at in inputs),
        *(equal(value(factor * at), factor * value(at)) for at in inputs),
    )


def _at_most_one(rule: Rule) -> Boolean:
    value = curve(rule)
    return every(at_most_times(Integer(1), value), equal(value(size) - value(Integer(0)), size))


def _bends_at_zero(rule: Rule) -> Boolean:
    return every(equal(slope_of(rule)(size), 1), equal(slope_of(rule)(-size), 0))


def _gain(rule: Rule) -> tuple[Step, ...]:
    above, below = halves(curve(rule))
    return (
        Step("inputs above 0 give half of a second moment of 1", equal(above, Rational(1, 2))),
        Step("those below give none of it", equal(below, 0)),
        Step("so the gain is √2", equal(1 / sqrt(above + below), sqrt(2))),
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
            lambda rule: equal(rule.program().formula(y), (x + Abs(x)) / 2),
        ),
        Claim(
            "it never falls, no value is negative, and a positive factor can be taken out",
            _scales_and_never_falls,
            EVERY_TWO_INPUTS,
        ),
        Claim("the Lipschitz constant is 1", _at_most_one, EVERY_TWO_INPUTS),
        Claim("the slope is 1 above 0 and 0 below, so that there is none at 0", _bends_at_zero),
    ),
    derivations=(
        Derivation(
            "the value is the nearest number that is not negative",
            "least (y - x)²/2 over y >= 0, by the conditions of Karush, Kuhn and Tucker",
            _nearest_number_that_is_not_negative,
        ),
        Derivation("the gain is √2", PRINCIPLE, _gain),
    ),
    source=Source("lecture deck", "line 424"),
)
