"""What is claimed of momentum besides its derivation: settings that are others in disguise, and where none is."""

from sympy import Expr, Integer, Rational, Symbol, diff, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, less
from ..impossibility import no_setting
from ..rule import Claim, Rule
from ..symbols import eta, gradient, m, mu, t, w
from .trajectory import at_minus_one, flat, on_a_parabola, trajectory

HEAVY_BALL = {"learning_rate_place": "inside", "gain": "one", "first_step": "zeros"}

dampening = Symbol("tau", nonnegative=True)
before, other = Symbol("eta_before", positive=True), Symbol("mu_inside", real=True)


def _no_momentum_follows_a_schedule(rule: Rule) -> tuple[Step, ...]:
    """From equal moves so far, which an inside buffer of eta_before m makes, after a gradient of 1."""
    inside, outside = (
        flat(rule.program({**HEAVY_BALL, "learning_rate_place": place}).formula(w), 1)
        for place in ("inside", "outside")
    )
    offered = inside.xreplace({m: before * m, mu: other})
    half = {m: Integer(1), mu: Rational(1, 2)}
    here = {**half, before: Integer(1), eta: Rational(1, 2)}
    there = {**half, before: Rational(1, 2), eta: Rational(1, 8)}
    return no_setting(outside, offered, other, here, there, Rational(1, 8))


def _diverges_beyond_the_bound(rule: Rule) -> tuple[Step, ...]:
    """On C = h w²/2; the characteristic polynomial of a step is positive far below."""
    curvature, rate, excess = symbols("h eta excess", positive=True)
    matrix = on_a_parabola(rule.program(HEAVY_BALL), curvature, (m,)).xreplace({eta: rate})

    def at(bound: Expr) -> Expr:
        return at_minus_one(matrix.subs(rate, bound / curvature))

    return (
        Step("the characteristic polynomial at -1", equal(at_minus_one(matrix), 2 * (1 + mu) - rate * curvature)),
        Step("at the bound one factor is exactly -1", equal(at(2 * (1 + mu)), 0)),
        Step("beyond it the polynomial is negative there: a factor lies below -1", less(at(2 * (1 + mu) + excess), 0)),
    )


def _first_gradient_is_no_dampening(rule: Rule) -> tuple[Step, ...]:
    """Two steps with any gradients, by what the first one adds to the first move and the second to the second."""
    first, second = symbols("g_1 g_2", real=True)

    def lengths(start: str) -> list[Expr]:
        dialect = {"gain": "one_minus_dampening", "learning_rate_place": "outside", "first_step": start}
        at = [values[w] for values in trajectory(rule.program(dialect, ("dampening",)), (first, second), {})]
        return [diff(at[0] - at[1], first), diff(at[1] - at[2], second)]

    (one, other), (zero_one, zero_other) = lengths("gradient"), lengths("zeros")
    return (
        Step(
            "from zero every gradient brings as much when it arrives, whatever the settings",
            equal(zero_one, zero_other),
        ),
        Step(
            "with the first gradient as start, the first brings more than the second by",
            equal(one - other, eta * dampening),
        ),
    )


def _an_average_takes_smaller_steps(rule: Rule) -> Boolean:
    plain = rule.program(HEAVY_BALL)
    average = rule.program({**HEAVY_BALL, "gain": "one_minus_momentum"})
    smaller = {eta: eta * (1 - mu)}
    return every(*(equal(average.formula(x), plain.formula(x).xreplace(smaller)) for x in (w, m)))


def _first_gradient_as_start(rule: Rule) -> Boolean:
    """The gap is τ g at step 1, and μ times the gap before at every later step: τ μ^(t-1) g."""
    dialect = {"gain": "one_minus_dampening", "learning_rate_place": "outside"}
    first, zeros = (
        rule.program({**dialect, "first_step": start}, ("dampening",)).formula(m) for start in ("gradient", "zeros")
    )
    n, gap = Symbol("n", integer=True, positive=True), Symbol("gap", real=True)
    start, later = {t: Integer(1), m: rule.state[m]}, {t: n + 1}
    return every(
        equal(first.xreplace(start) - zeros.xreplace(start), dampening * gradient(w)),
        equal(first.xreplace({**later, m: m + gap}) - zeros.xreplace(later), mu * gap),
    )


def _first_gradient_without_dampening(rule: Rule) -> Boolean:
    """At the first step from the start, and at every later one from equal buffers."""
    first, zeros = (rule.program({**HEAVY_BALL, "first_step": start}) for start in ("gradient", "zeros"))
    steps = {t: Integer(1), m: rule.state[m]}, {t: Symbol("n", integer=True, positive=True) + 1}
    return every(*(equal(first.formula(x).xreplace(at), zeros.formula(x).xreplace(at)) for at in steps for x in (w, m)))


def _gradients_fade(rule: Rule) -> Boolean:
    """A gradient c counts η c when it arrives, and μ times what it counted at every later step."""
    k, c = Symbol("k", integer=True, nonnegative=True), Symbol("c", real=True)
    program = rule.program(HEAVY_BALL)
    after, counted = program.formula(m), eta * mu**k * c
    return every(
        equal(flat(after, c) - flat(after, 0), eta * c),
        equal(after.xreplace({m: m + counted}) - after, eta * mu ** (k + 1) * c),
        equal(program.formula(w), w - after),
        equal(program.state[m], 0),
    )


def _settles_at_a_constant_gradient(rule: Rule) -> Boolean:
    """The buffer η c/(1 - μ) is kept, and any distance from it shrinks by μ."""
    c, gap = symbols("c gap", real=True)
    program = rule.program(HEAVY_BALL)
    settled = eta * c / (1 - mu)
    after = {x: flat(program.formula(x), c) for x in (w, m)}
    return every(
        equal(after[m].xreplace({m: settled + gap}), settled + mu * gap),
        equal(after[w].xreplace({m: settled}), w - settled),
    )


MOMENTUM_CLAIMS = (
    Claim(
        "the average of gradients is the sum of gradients with a rate of eta (1 - mu)", _an_average_takes_smaller_steps
    ),
    Claim("the first gradient as start adds tau mu^(t-1) of it to the buffer", _first_gradient_as_start, "recurrence"),
    Claim("without dampening the first gradient as start is a start from zero", _first_gradient_without_dampening),
    Claim("a gradient counts eta mu^k after k steps, so that the buffer is their sum", _gradients_fade, "recurrence"),
    Claim(
        "at a constant gradient it settles at steps of eta/(1 - mu) times that",
        _settles_at_a_constant_gradient,
        "fixed point",
    ),
)
MOMENTUM_DERIVATIONS = (
    Derivation(
        "on a parabola of curvature h it does not converge where η h reaches 2 (1 + μ)",
        "a linear map with a factor of -1 or beyond does not shrink everything",
        _diverges_beyond_the_bound,
    ),
    Derivation(
        "dampening with the first gradient as start is a start from zero under no setting",
        "settings that make them equal make every gradient count alike",
        _first_gradient_is_no_dampening,
    ),
    Derivation(
        "under a schedule inside is outside with no fixed momentum",
        "it would have to be two numbers at once",
        _no_momentum_follows_a_schedule,
    ),
)
