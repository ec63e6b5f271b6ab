"""The max-norm constraint: lines 181-195."""

from sympy import Expr, Integer, Rational, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..constraints import max_norm
from ..derivation import at_least, equal, every, greater, less
from ..example import worked_example
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import epsilon, i, j
from .entry import Entry, Form, Known, Run, Shown, apart
from .measures import value

R = Rational
SRIVASTAVA = Source("Srivastava et al. 2014", "section 5.1")
KERAS = Source("Keras 3.15.1", "keras/src/constraints/constraints.py")
MAX_NORM, MAX_NORM_KERAS = (Form("max_norm", {"epsilon_use": use}) for use in ("none", "always"))
NEAREST = Known("max_norm", "without epsilon a unit's weights become the nearest ones in the ball")


def columns(program: Program, rows: tuple[tuple[Expr, ...], ...], radius: Expr) -> list[Expr]:
    """What weights become, row by row."""
    found = value(program, {"w": rows, "maximum": radius})
    return list(found) if isinstance(found, tuple) else [found]


def _short_ones_stay(rule: Rule) -> Boolean:
    """(3/10, 4/10) stays in the unit ball; without the condition it would become (3/5, 4/5)."""
    short = ((R(3, 10),), (R(4, 10),))
    kept, longer = (
        columns(rule.program({"epsilon_use": "none"}, error=error), short, Integer(1))
        for error in (None, "always_scaled")
    )
    return every(*(equal(2 * one, other) for one, other in zip(kept, longer, strict=True)), equal(5 * kept[0], R(3, 2)))


def _norms_of_columns(rule: Rule) -> Boolean:
    """Of [[3, 3/10], [4, 4/10]]: 5 and 1/2; and of any two weights the root of the sum of their squares."""
    program, (a, b) = rule.program(), symbols("a b", positive=True)
    sizes = {max_norm.n: 2, max_norm.m: 2}
    first, second = (
        worked_example(program, max_norm.size[j], sizes, (k,), w=((3, R(3, 10)), (4, R(4, 10)))) for k in (0, 1)
    )
    any_two = worked_example(program, max_norm.size[j], {max_norm.n: 2, max_norm.m: 1}, (0,), w=((a,), (b,)))
    return every(equal(first, 5), equal(second, R(1, 2)), equal(any_two, sqrt(a**2 + b**2)))


def _every_weight_within(rule: Rule) -> Boolean:
    """A weight is the norm of its column times a number between -1 and 1, which is written as (1 - k²)/(1 + k²)."""
    (r, excess), k, program = symbols("r_positive excess", positive=True), Symbol("k", real=True), rule.program()
    written, squares = program.formula(rule.parameter), program.formula(max_norm.squares[j])

    def result(norm: Expr, bound: Expr) -> Expr:
        weight = norm * (1 - k**2) / (1 + k**2)
        return written.xreplace({max_norm.w[i, j]: weight, squares: norm**2, max_norm.radius: bound})

    long, short = result(r + excess, r), result(r, r + excess)
    return every(
        at_least((r - long).factor(), 0),
        at_least((r + long).factor(), 0),
        at_least((r + excess - short).together(), 0),
        at_least((r + excess + short).together(), 0),
    )


def _close_to_the_projection(rule: Rule) -> Boolean:
    """With ε always added a column of any norm is shorter than it should be, by less than ε."""
    norm, room, small = symbols("norm room epsilon_positive", positive=True)
    exact, added = (rule.program({"epsilon_use": use}).formula(rule.parameter) for use in ("none", "always"))
    squares = rule.program().formula(max_norm.squares[j])
    facts = []
    for bound, length in ((norm + room, norm), (norm, norm + room)):
        given = {max_norm.w[i, j]: length, squares: length**2, max_norm.radius: bound, epsilon: small}
        lost = (exact.xreplace(given) - added.xreplace(given)).factor()
        facts += [greater(lost, 0), less((lost - small).factor(), 0)]
    return every(*facts)


ENTRIES = (
    Entry(
        id="mn-4",
        lines=(183, 184),
        kind="text",
        printed="the incoming weights of a neuron are kept from getting too large",
        verdict="correct",
        why="after the step no weight is larger than r, since the norm of all that enter a neuron is not",
        evidence=(NEAREST, Shown("max_norm", Claim("no weight exceeds r in size afterwards", _every_weight_within))),
        source=SRIVASTAVA,
        canonical=MAX_NORM,
    ),
    Entry(
        id="mn-1",
        lines=(186,),
        kind="latex",
        printed=r"||w_j||_2 > r",
        verdict="correct",
        why="and needed: without it short columns would be made longer, and one of zeros divided by zero",
        evidence=(
            Shown("max_norm", Claim("(3/10, 4/10) stays, and would be doubled without the condition", _short_ones_stay)),
            NEAREST,
        ),
        source=SRIVASTAVA,
        literal=MAX_NORM,
        canonical=MAX_NORM,
    ),
    Entry(
        id="mn-2",
        lines=(188,),
        kind="latex",
        printed=r"\mathbf{w}_{j} \leftarrow \mathbf{w}_{j} \frac{\mathbf{r}}{||\mathbf{w}_{j}||_{2}}",
        verdict="correct",
        why="under the condition above it is the projection onto the ball of radius r: the nearest weights that are allowed",
        evidence=(NEAREST, Known("max_norm", "weights (3, 4) are pulled onto the unit ball and stay in one of radius 6")),
        source=SRIVASTAVA,
        literal=MAX_NORM,
        canonical=MAX_NORM,
    ),
    Entry(
        id="mn-3",
        lines=(193,),
        kind="latex",
        printed=r"||\mathbf{w}_{j}||_{2} = (\sum_{i} w_{i,j}^{2})^{\frac{1}{2}} = "
        r"\sqrt{w_{1,j}^{2} + w_{2,j}^{2} + \dots + w_{n,j}^{2}}",
        verdict="correct",
        why="over the inputs i of neuron j: norms of columns where weights are stored as (inputs, units), as in Keras; PyTorch "
        "stores them the other way round",
        evidence=(Shown("max_norm", Claim("the columns of [[3, 3/10], [4, 4/10]] have norms 5 and 1/2", _norms_of_columns)),),
        source=SRIVASTAVA,
        literal=MAX_NORM,
        canonical=MAX_NORM,
    ),
    Entry(
        id="mn-code",
        lines=(195,),
        kind="code",
        printed='keras.layers.Dense(100, activation="relu", kernel_constraint=keras.constraints.max_norm(1.))',
        verdict="assumption",
        why="up to an ε of 1/10⁷, which Keras adds to every norm: weights within the ball are made shorter too, at every step",
        evidence=(
            apart(
                "the column (3/10, 4/10), which is within the ball, after a step", value, MAX_NORM_KERAS, MAX_NORM, "equal",
                w=((R(3, 10),), (R(4, 10),)), maximum=R(1), epsilon=R(1, 10**7),
            ),
            Shown("max_norm", Claim("with epsilon added columns lose less than that", _close_to_the_projection)),
            Known("max_norm", "with epsilon always added, weights within the ball shrink at every step"),
            Run("max_norm", "(3, 4) becomes (0.599999988, 0.799999984), and (0.3, 0.4) becomes (0.29999994, 0.39999992)"),
        ),
        source=KERAS,
        literal=MAX_NORM_KERAS,
        canonical=MAX_NORM,
    ),
)  # fmt: skip
