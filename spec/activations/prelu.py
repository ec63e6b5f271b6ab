"""The parametric rectified linear unit: a leaky one whose slope is learned."""

from sympy import Abs, Eq, Expr, IndexedBase, Integer, Piecewise, S, Symbol, diff
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..example import worked_example
from ..rule import Array, Axis, AxisValue, Claim, NamedError, Option, Rule, Source
from ..symbols import i
from .shape import EVERY_TWO_INPUTS, FROM_ONE_ON, UP_TO_ONE, Curve, at_most_times, rises, size

n = Symbol("n", integer=True, positive=True)
x = IndexedBase("x", shape=(n,), real=True)
y = IndexedBase("y", shape=(n,), real=True)
shared = IndexedBase("alpha", shape=(1,), real=True)
own = IndexedBase("alpha", shape=(n,), real=True)
slope = IndexedBase("slope", shape=(n,), real=True)
tie = IndexedBase("tie", shape=(n,), real=True)
d_alpha = IndexedBase("d_alpha", shape=(1,), real=True)


def _between_known_functions(rule: Rule) -> Boolean:
    """α = 0 rectifies, α = 1 changes nothing, α = -1 gives the size."""
    z = Symbol("z", real=True)
    rectified, same, turned = (_curve(rule, Integer(a))(z) for a in (0, 1, -1))
    return every(equal(rectified, (z + Abs(z)) / 2), equal(same, z), equal(turned, Abs(z)))


def _curve(rule: Rule, learned: Expr) -> Curve:
    """The value of one element as a function of its input."""
    written = rule.program().formula(y[i]).xreplace({shared[0]: learned})
    return lambda at: written.xreplace({x[i]: at})


def _steepest_branch(rule: Rule) -> Boolean:
    """For slopes on either side of 0, up to 1 in size and beyond."""
    gentle = [_curve(rule, sign * slope) for sign in (1, -1) for slope in UP_TO_ONE]
    steep = [(_curve(rule, sign * FROM_ONE_ON), sign) for sign in (1, -1)]
    return every(
        *(at_most_times(Integer(1), value) for value in gentle),
        *(equal(value(size) - value(Integer(0)), size) for value in gentle),
        *(at_most_times(FROM_ONE_ON, value) for value, _ in steep),
        *(equal(value(Integer(0)) - value(-size), sign * FROM_ONE_ON * size) for value, sign in steep),
    )


def _rises_or_turns(rule: Rule) -> Boolean:
    learned = Symbol("a", nonnegative=True)
    up, down = _curve(rule, learned), _curve(rule, -learned)
    return every(rises(up), equal(down(-size) - down(Integer(0)), learned * size))


def _slope_is_learned_below_zero(rule: Rule) -> tuple[Step, ...]:
    """Of one element, with the gradient u by the output."""
    a, u = Symbol("a", real=True), Symbol("u", real=True)
    value = rule.program().formula(y[i]).xreplace({shared[0]: a})
    program = rule.program({}, ("derivative",))
    found, *others = (
        worked_example(program, d_alpha[i], {n: 1}, (0,), x=(at,), alpha=(a,), upstream=(u,))
        for at in (-size, size, S.Zero)
    )
    below, above = value.xreplace({x[i]: -size}), value.xreplace({x[i]: size})
    return (
        Step("above 0 the value does not move with the slope", equal(diff(above, a), 0)),
        Step("below 0 it moves by the input", equal(diff(below, a), -size)),
        *(
            Step(f"so the rule's gradient is 0 {where}", equal(0, other))
            for where, other in zip(("there", "and at 0"), others, strict=True)
        ),
        Step("and below 0 that is u times the input", equal(-size * u, found)),
    )


PRELU = Rule(
    name="prelu",
    title="Parametric rectified linear unit",
    doc="The input where it is positive, α times it where it is negative; α is learned.",
    kind="function",
    parameter=y[i],
    arrays=(Array(x, "input"), Array(shared, "slope for negative inputs; one for all")),
    let={slope[i]: shared[0], tie[i]: slope[i] * x[i]},
    update={y[i]: Piecewise((x[i], x[i] > 0), (tie[i], Eq(x[i], 0)), (slope[i] * x[i], True))},
    options=(
        Option(
            "derivative",
            "the gradients with respect to x and α, given that with respect to y",
            differentiates=(x, shared),
        ),
        Option(
            "per_element",
            "one slope for every element of the input",
            equations={slope[i]: own[i]},
            arrays=(Array(own, "slopes for negative inputs, one for each"),),
            requires=("derivative",),
            source=Source("Keras 3.15.1", "keras/src/layers/activations/prelu.py: without shared_axes"),
        ),
    ),
    axes=(
        Axis(
            "derivative_at_zero",
            "what stands for the derivative at 0, where the left and the right one differ",
            (
                AxisValue("slope", {tie[i]: slope[i] * x[i]}, Source("PyTorch 2.13.0")),
                AxisValue("one", {tie[i]: x[i]}, Source("flax 0.12.8")),
                AxisValue("zero", {tie[i]: 0 * x[i]}, Source("Keras 3.15.1", "the difference of two rectified units")),
            ),
            under="derivative",
        ),
    ),
    errors=(
        NamedError(
            "sum_at_zero",
            "the derivative at 0 is 1 + α: a maximum and a minimum both claim the tie",
            Source("He et al. 2015 written as max(0, x) + α min(0, x)"),
            {tie[i]: x[i] + slope[i] * x[i]},
            under="derivative",
        ),
    ),
    derivations=(
        Derivation(
            "the slope learns from negative inputs only", "the derivative by the slope", _slope_is_learned_below_zero
        ),
    ),
    claims=(
        Claim("slopes of 0, 1 and -1 give the rectified unit, the identity and the size", _between_known_functions),
        Claim(
            "it never falls, if alpha is not negative; if it is, it falls up to 0", _rises_or_turns, EVERY_TWO_INPUTS
        ),
        Claim("the Lipschitz constant is the larger of 1 and |alpha|", _steepest_branch, EVERY_TWO_INPUTS),
    ),
    source=Source("He et al. 2015; lecture deck", "line 441"),
)
