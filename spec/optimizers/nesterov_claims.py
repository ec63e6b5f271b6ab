"""What is claimed of Nesterov momentum: where it converges, and that momentum can be faster or converge alone."""

from sympy import Expr, Integer, Matrix, Rational, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, greater, less
from ..program import gradient_points
from ..rule import Claim, Rule
from ..symbols import eta, gradient, m, mu, w
from .momentum import MOMENTUM
from .momentum_claims import HEAVY_BALL
from .trajectory import at_minus_one, flat, on_a_parabola, same_with_scaled_buffer, trajectory

CANONICAL = {"nesterov_form": "look_ahead", "learning_rate_place": "inside"}
STORED = {"nesterov_form": "stored_look_ahead"}

before, other = Symbol("eta_before", positive=True), Symbol("mu_inside", real=True)


def _converges_on_a_parabola(rule: Rule) -> tuple[Step, ...]:
    """On C = h w²/2 a step is linear in (w, m)."""
    curvature, rate, excess = symbols("h eta excess", positive=True)
    matrix = on_a_parabola(rule.program(CANONICAL), curvature, (m,)).xreplace({eta: rate})
    left, bound = 1 - rate * curvature, 2 * (1 + mu) / (1 + 2 * mu)
    at_one = (1 - matrix.trace() + matrix.det()).expand()

    def at(product: Expr) -> Expr:
        return at_minus_one(matrix.subs(rate, product / curvature))

    return (
        Step("the sum of the two factors by which a step multiplies", equal(matrix.trace().expand(), (1 + mu) * left)),
        Step("their product, which is below 1", equal(matrix.det().expand(), mu * left)),
        Step("1 - sum + product is positive", greater(at_one, 0)),
        Step("1 + sum + product is", equal(at_minus_one(matrix), 1 + (1 + 2 * mu) * left)),
        Step("it is positive below the bound:", equal(at(bound - excess), (1 + 2 * mu) * excess)),
        Step("zero at it: a factor is exactly -1", equal(at(bound), 0)),
        Step(
            "and negative beyond it, where a factor lies below -1:", equal(at(bound + excess), -(1 + 2 * mu) * excess)
        ),
    )


def _stored_agrees_at_a_constant_rate(rule: Rule) -> Boolean:
    inside, outside = (rule.program({**STORED, "learning_rate_place": place}) for place in ("inside", "outside"))
    return same_with_scaled_buffer(inside, outside, m)


def _no_momentum_follows_a_schedule(rule: Rule) -> tuple[Step, ...]:
    """A gradient of 1, then none, at two learning rates."""

    def moved(place: str, kept: Symbol) -> tuple[Expr, Expr]:
        program = rule.program({**STORED, "learning_rate_place": place})
        first = trajectory(program, (1,), {eta: before, mu: kept})[1]
        return first[w], flat(program.formula(w), 0).xreplace({w: first[w], m: first[m], mu: kept})

    (inside, _), (outside, second_outside) = moved("inside", other), moved("outside", mu)
    second_inside = moved("inside", mu)[1]
    return (
        Step("after one step they differ by", equal((outside - inside).expand(), before * (other - mu))),
        Step(
            "so both momenta are the same; then after the second step, at another rate, they differ by",
            equal((second_outside - second_inside).expand(), mu**2 * (before - eta)),
        ),
    )


def _radius(matrix: Matrix) -> Expr:
    """The larger factor, where both are real and their sum is positive."""
    return (matrix.trace() + sqrt(matrix.trace() ** 2 - 4 * matrix.det())) / 2


def _both_on_a_parabola(rule: Rule, kept: Expr, rate: Expr) -> tuple[Matrix, Matrix]:
    """One step of Nesterov momentum and one of momentum, on w²/2."""
    programs = (rule.program(CANONICAL), MOMENTUM.program(HEAVY_BALL))
    matrices = (on_a_parabola(program, Integer(1), (m,)) for program in programs)
    nesterov, plain = (matrix.xreplace({mu: kept, eta: rate}) for matrix in matrices)
    return nesterov, plain


def _faster(rule: Rule) -> Boolean:
    nesterov, plain = _both_on_a_parabola(rule, Rational(1, 2), Rational(1, 20))
    return less(_radius(nesterov), _radius(plain))


def _slower(rule: Rule) -> Boolean:
    nesterov, plain = (_radius(x) for x in _both_on_a_parabola(rule, Rational(1, 2), Rational(1, 20)))
    return every(
        greater(nesterov, Rational("0.8932")),
        less(nesterov, Rational("0.8933")),
        greater(plain, Rational("0.8850")),
        less(plain, Rational("0.8851")),
    )


def _diverges_alone(rule: Rule) -> Boolean:
    nesterov, plain = _both_on_a_parabola(rule, Rational(9, 10), Integer(3))
    return every(
        equal(at_minus_one(nesterov), -Rational(23, 5)),
        equal(at_minus_one(plain), Rational(4, 5)),
        equal(1 - plain.trace() + plain.det(), 3),
        equal(plain.det(), Rational(9, 10)),
    )


def _looks_where_it_would_go_on_the_slide(rule: Rule) -> Boolean:
    program = rule.program({"nesterov_form": "look_ahead"}, (), "look_ahead_wrong_sign")
    (looked_at,) = gradient_points(program)
    return equal(looked_at, program.formula(w).replace(gradient, lambda _: Integer(0)))


NESTEROV_CLAIMS = (
    Claim("the stored forms agree while the learning rate is constant", _stored_agrees_at_a_constant_rate),
    Claim(
        "the deck's look-ahead point is the next parameter at zero gradient",
        _looks_where_it_would_go_on_the_slide,
        "lecture deck, lines 663 and 671",
        expects="refuted",
    ),
    Claim(
        "Nesterov momentum shrinks w²/2 faster than momentum, with eta 1/20 and half the buffer kept",
        _faster,
        "lecture deck, of Nesterov momentum: that it is faster in general",
        expects="refuted",
    ),
    Claim("there a step of it leaves 0.8932 of the error, and one of momentum 0.8850", _slower, "spectral radius"),
    Claim(
        "with eta 3 and momentum 9/10 on w²/2 it diverges where momentum converges",
        _diverges_alone,
        "Schur's conditions",
    ),
)
NESTEROV_DERIVATIONS = (
    Derivation(
        "on a parabola of curvature h it converges exactly where η h < 2 (1 + μ)/(1 + 2 μ)",
        "a linear map shrinks everything if its trace and determinant satisfy Schur's conditions",
        _converges_on_a_parabola,
    ),
    Derivation(
        "under a schedule the stored form inside is the one outside with no fixed momentum",
        "the first step says what it would have to be, the second refutes it",
        _no_momentum_follows_a_schedule,
    ),
)
