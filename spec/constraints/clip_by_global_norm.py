"""Clipping by global norm: all gradients are shortened together."""

from sympy import Expr, IndexedBase, Integer, Piecewise, S, Sum, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..example import example
from ..rule import Array, Claim, NamedError, Rule, Source
from ..symbols import i, j
from .norms import CLIP_NORM, EPSILON_USE, NONFINITE, bound, checked, epsilon_of, length, size
from .projection import NO_RADIUS, PRINCIPLE, nearest_in_a_ball, never_the_same_length

n, m = Symbol("n", integer=True, positive=True), Symbol("m", integer=True, positive=True)
first, second = IndexedBase("first", shape=(n,), real=True), IndexedBase("second", shape=(m,), real=True)
one, other = IndexedBase("clipped_first", shape=(n,), real=True), IndexedBase("clipped_second", shape=(m,), real=True)
squares_first, squares_second = Symbol("squares_first", nonnegative=True), Symbol("squares_second", nonnegative=True)


c, excess = symbols("c excess", positive=True)


def _shortened(value: Expr, norm: Expr) -> Expr:
    return Piecewise((value, norm <= bound), (value * bound / norm, True))


def _shortens_together(rule: Rule) -> Boolean:
    """Gradients 3 and 4 of two parameters with bound 1 become 3/5 and 4/5."""
    program = rule.program({"epsilon_use": "none"})
    written = (program.formula(target).xreplace({bound: Integer(1)}) for target in (one[i], other[i]))
    a, b = (example(value, {n: 1, m: 1}, {i: 0}, first=(3,), second=(4,)) for value in written)
    return every(equal(5 * a, 3), equal(5 * b, 4))


def _never_the_same_length(rule: Rule) -> tuple[Step, ...]:
    """Of the first parameter's gradient, the second one being 0."""
    exact, with_epsilon = (rule.program({"epsilon_use": use, "nonfinite": "entry_nan"}) for use in ("none", "always"))
    first_only = {exact.let[squares_second]: Integer(0)}
    written, shorter = (program.formula(one[i]).xreplace(first_only) for program in (exact, with_epsilon))
    return never_the_same_length(written, shorter, first[i], exact.let[squares_first], bound)


def _both(rule: Rule, gradients: tuple[Expr, Expr], within: Expr, error: str | None = None) -> list[Expr]:
    """What two gradients of one element become."""
    program = rule.program({"epsilon_use": "none"}, error=error)
    written = (program.formula(target).xreplace({bound: within}) for target in (one[i], other[i]))
    first_one, second_one = ((gradient,) for gradient in gradients)
    return [example(x, {n: 1, m: 1}, {i: 0}, first=first_one, second=second_one) for x in written]


def _alone(rule: Rule) -> Boolean:
    """Of one parameter of one element, the second gradient being 0, both ways are one: long or short, of either sign."""
    facts = []
    for length_before, within in ((c + excess, c), (c, c + excess)):
        for gradient in (length_before, -length_before):
            ways = (_both(rule, (gradient, S.Zero), within, error) for error in (None, "each_on_its_own"))
            facts += [equal(x, y) for x, y in zip(*ways, strict=True)]
    return every(*facts)


def _each_on_its_own(rule: Rule) -> Boolean:
    """Whether gradients keep their ratio if each is clipped by itself."""
    before = c + excess, Symbol("b", positive=True)
    after = _both(rule, before, c, "each_on_its_own")
    return equal(before[0] * after[1], before[1] * after[0])


def _nearest_in_the_ball(rule: Rule) -> tuple[Step, ...]:
    """The elements of all parameters together are one vector: what one has of its squares, the other has not."""
    program = rule.program({"epsilon_use": "none", "nonfinite": "entry_nan"})
    total = Symbol("total", nonnegative=True)
    shared = {program.let[squares_first]: total - program.let[squares_second]}
    direct, indirect = (program.formula(target).xreplace(shared) for target in (one[i], other[i]))
    return (
        *nearest_in_a_ball(direct, first[i], total, bound),
        *nearest_in_a_ball(indirect, second[i], total, bound),
    )


CLIP_BY_GLOBAL_NORM = Rule(
    name="clip_by_global_norm",
    title="Clipping by global norm",
    doc="The gradients of all parameters are shortened by one factor where their common norm exceeds c; two parameters here.",
    kind="function",
    parameter=one[i],
    arrays=(Array(first, "gradient of one parameter"), Array(second, "gradient of another one")),
    hyperparameters=(CLIP_NORM, epsilon_of("1e-6")),
    let={
        squares_first: Sum(first[j] ** 2, (j, 0, n - 1)),
        squares_second: Sum(second[j] ** 2, (j, 0, m - 1)),
        size: sqrt(squares_first + squares_second),
        length: size,
        checked: length,
    },
    update={
        one[i]: _shortened(first[i], checked),
        other[i]: _shortened(second[i], checked),
    },
    axes=(EPSILON_USE, NONFINITE),
    errors=(
        NamedError(
            "always_scaled",
            "short gradients are made longer, to the bound",
            Source("a condition left out"),
            {one[i]: first[i] * bound / checked, other[i]: second[i] * bound / checked},
        ),
        NamedError(
            "each_on_its_own",
            "every parameter's gradient is clipped by its own norm, so that the common direction is lost",
            Source("Keras 3.15.1", "clipnorm in place of global_clipnorm"),
            {
                one[i]: _shortened(first[i], sqrt(squares_first)),
                other[i]: _shortened(second[i], sqrt(squares_second)),
            },
        ),
        NamedError(
            "norms_added",
            "the norms of the parameters are added up, not their squares",
            Source("a sum of norms"),
            {size: sqrt(squares_first) + sqrt(squares_second)},
        ),
        NamedError(
            "first_norm_only",
            "the norm of one parameter stands for all",
            Source("a loop that returns early"),
            {size: sqrt(squares_first)},
        ),
    ),
    derivations=(
        Derivation(
            "without epsilon all gradients together become the nearest vector of norm c or less",
            PRINCIPLE,
            _nearest_in_the_ball,
        ),
        Derivation(
            "no bound makes up for epsilon where vectors are clipped to c > 0", NO_RADIUS, _never_the_same_length
        ),
    ),
    claims=(
        Claim("gradients 3 and 4 become 3/5 and 4/5", _shortens_together),
        Claim("one parameter of one element is clipped as if on its own", _alone),
        Claim(
            "clipping every parameter on its own keeps the common direction",
            _each_on_its_own,
            "Keras 3.15.1: clipnorm for global_clipnorm",
            expects="refuted",
        ),
    ),
    source=Source("Pascanu, Mikolov & Bengio 2013; Keras 3.15.1", "global_clipnorm"),
)
