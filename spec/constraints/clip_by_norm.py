"""Clipping by norm: one gradient is shortened, its direction kept."""

from sympy import Expr, IndexedBase, Integer, Piecewise, Rational, Sum, Symbol, sqrt
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, less
from ..example import example
from ..rule import Array, Claim, NamedError, Rule, Source
from ..symbols import i, j
from .norms import CLIP_NORM, EPSILON_USE, NONFINITE, bound, checked, epsilon_of, length, size
from .projection import NO_RADIUS, PRINCIPLE, nearest_in_a_ball, never_the_same_length, shortened_within

n = Symbol("n", integer=True, positive=True)
g = IndexedBase("g", shape=(n,), real=True)
clipped = IndexedBase("clipped", shape=(n,), real=True)
squares = Symbol("squares", nonnegative=True)
SHORTENED = Piecewise((g[i], checked <= bound), (g[i] * bound / checked, True))


def _keeps_the_direction(rule: Rule) -> Boolean:
    """Of the deck's gradient (9/10, 100) with bound 1; what remains has norm 1 and the direction it had."""
    written = rule.program({"epsilon_use": "none"}).formula(clipped[i]).xreplace({bound: Integer(1)})
    first, second = (example(written, {n: 2}, {i: k}, g=(Rational(9, 10), 100)) for k in (0, 1))
    return every(equal(first**2 + second**2, 1), equal(first * 1000, second * 9))


def _element(rule: Rule, epsilon_use: str) -> tuple[Expr, Expr, Expr, Symbol]:
    """What an element becomes, the element, the sum of all squares, and the bound."""
    program = rule.program({"epsilon_use": epsilon_use, "nonfinite": "entry_nan"})
    return program.formula(clipped[i]), g[i], program.let[squares], bound


def _nearest_in_the_ball(rule: Rule) -> tuple[Step, ...]:
    return nearest_in_a_ball(*_element(rule, "none"))


def _never_the_same_length(rule: Rule) -> tuple[Step, ...]:
    exact, *_ = _element(rule, "none")
    return never_the_same_length(exact, *_element(rule, "always"))


def _shortened_within_epsilon(rule: Rule) -> Boolean:
    before, after = shortened_within(*_element(rule, "always"))
    return less(after, before)


CLIP_BY_NORM = Rule(
    name="clip_by_norm",
    title="Clipping by norm",
    doc="A gradient whose norm exceeds c is shortened to it.",
    kind="function",
    parameter=clipped[i],
    arrays=(Array(g, "gradient of one parameter"),),
    hyperparameters=(CLIP_NORM, epsilon_of("0")),
    let={squares: Sum(g[j] ** 2, (j, 0, n - 1)), size: sqrt(squares), length: size, checked: length},
    update={clipped[i]: SHORTENED},
    axes=(EPSILON_USE, NONFINITE),
    errors=(
        NamedError(
            "always_scaled",
            "short gradients are made longer, to the bound",
            Source("a condition left out"),
            {clipped[i]: g[i] * bound / checked},
        ),
        NamedError(
            "every_element",
            "every element is clipped on its own, so that the direction is lost",
            Source("lecture deck", "line 559 taken for line 560"),
            {clipped[i]: Piecewise((bound, g[i] > bound), (-bound, g[i] < -bound), (g[i], True))},
        ),
        NamedError(
            "squared_norm",
            "the square of the norm is compared and divided by",
            Source("a root left out"),
            {size: squares},
        ),
        NamedError(
            "root_mean_square",
            "the root of the mean square stands for the norm",
            Source("optax 0.2.8", "clip_by_block_rms"),
            {size: sqrt(squares / n)},
        ),
    ),
    derivations=(
        Derivation(
            "without epsilon the result is the nearest vector of norm c or less", PRINCIPLE, _nearest_in_the_ball
        ),
        Derivation(
            "no bound makes up for epsilon where vectors are clipped to c > 0", NO_RADIUS, _never_the_same_length
        ),
    ),
    claims=(
        Claim("the deck's gradient keeps its direction and gets norm 1", _keeps_the_direction),
        Claim(
            "with epsilon added, gradients that are shorter than c by less than epsilon are shortened too",
            _shortened_within_epsilon,
        ),
    ),
    source=Source("Pascanu, Mikolov & Bengio 2013; lecture deck", "lines 558-560"),
)
