"""Max-norm: the incoming weights of every unit are kept within a ball."""

from dataclasses import replace

from sympy import Expr, IndexedBase, Integer, Piecewise, Rational, Sum, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, less
from ..example import example
from ..rule import Array, Axis, AxisValue, Claim, Hyperparameter, NamedError, Rule, Source
from ..symbols import NON_NEGATIVE, epsilon, i, j, k
from .projection import NO_RADIUS, PRINCIPLE, nearest_in_a_ball, never_the_same_length

n, m = Symbol("n", integer=True, positive=True), Symbol("m", integer=True, positive=True)
w = IndexedBase("w", shape=(n, m), real=True)
bounded = IndexedBase("bounded", shape=(n, m), real=True)
squares, size, wanted, share = (
    IndexedBase(name, shape=(m,), nonnegative=True) for name in ("squares", "size", "wanted", "share")
)
row_squares = IndexedBase("row_squares", shape=(n,), nonnegative=True)
radius = Symbol("r", nonnegative=True)
KEPT = Source("Keras 3.15.1", "keras/src/constraints/constraints.py:109")


def _pulled_onto_the_ball(rule: Rule) -> Boolean:
    """The incoming weights (3, 4) become (3/5, 4/5) for r = 1 and stay for r = 6."""
    written = rule.program({"epsilon_use": "none"}).formula(bounded[i, j])

    def weights(r: int) -> list[Expr]:
        return [
            example(written.xreplace({radius: Integer(r)}), {n: 2, m: 1}, {i: p, j: 0}, w=((3,), (4,))) for p in (0, 1)
        ]

    (a, b), (c, d) = weights(1), weights(6)
    return every(equal(5 * a, 3), equal(5 * b, 4), equal(c, 3), equal(d, 4))


def _element(rule: Rule, epsilon_use: str) -> tuple[Expr, Expr, Expr, Symbol]:
    """What a weight becomes, the weight, the sum of the unit's squares, and the radius."""
    program = rule.program({"epsilon_use": epsilon_use})
    return program.formula(bounded[i, j]), w[i, j], program.let[squares[j]], radius


def _nearest_in_the_ball(rule: Rule) -> tuple[Step, ...]:
    return nearest_in_a_ball(*_element(rule, "none"))


def _never_the_same_length(rule: Rule) -> tuple[Step, ...]:
    exact, *_ = _element(rule, "none")
    return tuple(
        replace(step, words=f"epsilon_use={use}: {step.words}")
        for use in ("over_only", "always")
        for step in never_the_same_length(exact, *_element(rule, use))
    )


def _drifts(rule: Rule) -> tuple[Step, ...]:
    """Of a unit within the ball, by its norm."""
    norm, room, small = symbols("norm room epsilon_positive", positive=True)
    written, weight, total, bound = _element(rule, "always")
    after = written.xreplace({weight: norm, total: norm**2, bound: norm + room, epsilon: small})
    return (
        Step("a norm within the ball becomes", equal(after, norm**2 / (norm + small))),
        Step("so it loses", equal(norm - after, norm * small / (norm + small))),
        Step("which is less than ε", less(norm - after, small)),
    )


MAX_NORM = Rule(
    name="max_norm",
    title="Max-norm constraint",
    doc="The incoming weights of a unit whose norm exceeds r are scaled down to it; w is (inputs, units).",
    kind="function",
    parameter=bounded[i, j],
    arrays=(Array(w, "weights, a column for every unit"),),
    hyperparameters=(
        Hyperparameter("maximum", radius, NON_NEGATIVE, Rational(2), "largest norm", "unit of w"),
        Hyperparameter("epsilon", epsilon, NON_NEGATIVE, Rational("1e-7"), "keeps the divisor from zero", "unit of w"),
    ),
    let={
        squares[j]: Sum(w[k, j] ** 2, (k, 0, n - 1)),
        row_squares[i]: Sum(w[i, k] ** 2, (k, 0, m - 1)),
        size[j]: sqrt(squares[j]),
        wanted[j]: Piecewise((radius, size[j] > radius), (size[j], True)),
    },
    update={bounded[i, j]: Piecewise((w[i, j] * radius / size[j], size[j] > radius), (w[i, j], True))},
    axes=(
        Axis(
            "epsilon_use",
            "whether ε is added to the norm, and for which units",
            (
                AxisValue(
                    "none",
                    {bounded[i, j]: Piecewise((w[i, j] * radius / size[j], size[j] > radius), (w[i, j], True))},
                    Source("Srivastava et al. 2014; lecture deck", "lines 186-193"),
                ),
                AxisValue(
                    "over_only",
                    {
                        bounded[i, j]: Piecewise(
                            (w[i, j] * radius / (size[j] + epsilon), size[j] > radius), (w[i, j], True)
                        )
                    },
                    Source("PyTorch 2.13.0", "torch.renorm"),
                ),
                AxisValue("always", {bounded[i, j]: w[i, j] * wanted[j] / (size[j] + epsilon)}, KEPT),
            ),
        ),
    ),
    errors=(
        NamedError(
            "always_scaled",
            "short columns are made longer, to the bound",
            Source("the condition of line 186 left out"),
            {bounded[i, j]: w[i, j] * radius / size[j]},
        ),
        NamedError(
            "outgoing_weights",
            "the norm is that of a row: of the weights that leave an input, not of those that enter a unit",
            Source("axis=0 for a kernel that is laid out (units, inputs)"),
            {
                bounded[i, j]: Piecewise(
                    (w[i, j] * radius / sqrt(row_squares[i]), sqrt(row_squares[i]) > radius), (w[i, j], True)
                )
            },
        ),
    ),
    derivations=(
        Derivation(
            "without epsilon a unit's weights become the nearest ones in the ball", PRINCIPLE, _nearest_in_the_ball
        ),
        Derivation(
            "no radius makes up for epsilon where weights are pulled into a ball of radius c > 0",
            NO_RADIUS,
            _never_the_same_length,
        ),
        Derivation(
            "with epsilon always added, weights within the ball shrink at every step",
            "the formula for a norm below the radius",
            _drifts,
        ),
    ),
    claims=(Claim("weights (3, 4) are pulled onto the unit ball and stay in one of radius 6", _pulled_onto_the_ball),),
    source=Source("Srivastava et al. 2014; lecture deck", "lines 181-193"),
)
