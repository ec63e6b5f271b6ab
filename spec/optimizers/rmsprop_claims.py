"""What is claimed of RMSProp besides its derivations: what ε can stand for, and what its options amount to."""

from sympy import Expr, Integer, Rational, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..impossibility import no_setting
from ..rule import Claim, Rule
from ..symbols import a, b, denominator, epsilon, gradient, m, mu, rho, s, w
from .nesterov import NESTEROV
from .trajectory import flat, same_with_scaled_buffer

start, variance = symbols("s_0 variance", nonnegative=True)
other = Symbol("epsilon_outside", real=True)


def _denominator(rule: Rule, place: str) -> Expr:
    return rule.program({"epsilon_place": place}).formula(denominator)


def _inside_is_no_outside(rule: Rule) -> tuple[Step, ...]:
    """Averages of k² and of 121/16 k², with an ε of 3 k², which is any above 0."""
    slope, k = Symbol("g", real=True), Symbol("k", positive=True)
    wanted, offered = (flat(_denominator(rule, place), slope) for place in ("inside", "outside"))
    settings = {epsilon: 3 * k**2, rho: Rational(1, 2)}
    here, there = ({**settings, s: size**2, slope: size} for size in (k, 11 * k / 4))
    return no_setting(wanted, offered.xreplace({epsilon: other}), other, here, there, k / 2)


def _inside_raises_every_square(rule: Rule) -> Boolean:
    raised = {s: s + epsilon, gradient(w) ** 2: gradient(w) ** 2 + epsilon}
    inside, outside = (rule.program({"epsilon_place": place}) for place in ("inside", "outside"))
    return every(
        equal(outside.formula(s).xreplace(raised), inside.formula(s) + epsilon),
        equal(_denominator(rule, "outside").xreplace({**raised, epsilon: Integer(0)}), _denominator(rule, "inside")),
    )


def _root_of_epsilon_outside(rule: Rule) -> Boolean:
    """(√s + √ε)² is s + ε and 2 √(s ε), which is from nothing to s + ε; all of it where s = ε."""
    average = rule.program().formula(s)
    outside = _denominator(rule, "outside").xreplace({epsilon: sqrt(epsilon)}) ** 2
    inside = _denominator(rule, "inside") ** 2
    return every(
        equal(outside - inside, 2 * sqrt(epsilon) * sqrt(average)),
        equal(2 * inside - outside, (sqrt(average) - sqrt(epsilon)) ** 2),
    )


def _inside_is_outside_at_a_constant_rate(rule: Rule) -> Boolean:
    inside, outside = (rule.program({"learning_rate_place": place}, ("momentum",)) for place in ("inside", "outside"))
    return same_with_scaled_buffer(inside, outside, b)


def _is_nesterov_of_scaled_gradients(rule: Rule) -> Boolean:
    own = rule.program({"learning_rate_place": "inside"}, ("momentum", "nesterov"))
    stored = NESTEROV.program({"nesterov_form": "stored_look_ahead", "learning_rate_place": "inside"})
    scaled = gradient(w) / own.formula(denominator)
    return every(
        *(equal(own.formula(x), stored.formula(y).xreplace({gradient(w): scaled, m: b})) for x, y in ((w, w), (b, m)))
    )


def _variance_is_never_negative(rule: Rule) -> Boolean:
    """With s = a² + variance before the step, as at the start, where all three are zero."""
    program, square = rule.program({}, ("centered",)), gradient(w) ** 2
    after = (program.formula(s) - program.formula(a) ** 2).xreplace({s: a**2 + variance})
    return every(
        equal(program.state[s], program.state[a] ** 2),
        equal(after, rho * variance + rho * (1 - rho) * (gradient(w) - a) ** 2),
        equal(
            program.formula(denominator).xreplace({a: Integer(0), s: Integer(0)}),
            sqrt(rho * (1 - rho) * square + epsilon),
        ),
    )


def _squares_fade(rule: Rule) -> Boolean:
    """A square q counts (1 - ρ) q when it arrives, and ρ times what it counted at every later step."""
    k, q, rest = (
        Symbol("k", integer=True, nonnegative=True),
        Symbol("q", nonnegative=True),
        Symbol("s", nonnegative=True),
    )
    after = rule.program().formula(s)
    counted = (1 - rho) * rho**k * q
    return every(
        equal(after.xreplace({gradient(w) ** 2: q}) - flat(after, 0), (1 - rho) * q),
        equal(after.xreplace({s: rest + counted}) - after.xreplace({s: rest}), (1 - rho) * rho ** (k + 1) * q),
    )


def _start_fades(rule: Rule) -> Boolean:
    k = Symbol("k", integer=True, nonnegative=True)
    program = rule.program({}, ("initial_accumulator_value",))
    after = program.formula(s)
    return every(
        equal(program.state[s] - rule.state[s], start),
        equal(after.xreplace({s: s + rho**k * start}) - after, rho ** (k + 1) * start),
    )


def _momentum_of_zero_is_none(rule: Rule) -> Boolean:
    return equal(rule.program({}, ("momentum",)).formula(w).xreplace({mu: Integer(0)}), rule.program().formula(w))


RMSPROP_CLAIMS = (
    Claim("epsilon inside adds epsilon to every square and to the start", _inside_raises_every_square),
    Claim(
        "the root of epsilon outside, squared, is at least the inside form and at most twice it",
        _root_of_epsilon_outside,
    ),
    Claim(
        "momentum inside and outside agree while the learning rate is constant", _inside_is_outside_at_a_constant_rate
    ),
    Claim(
        "with nesterov it is the stored form of Nesterov momentum on scaled gradients", _is_nesterov_of_scaled_gradients
    ),
    Claim("the centred average is a variance: it is never negative", _variance_is_never_negative, "recurrence"),
    Claim("a square counts (1 - rho) rho^k after k steps", _squares_fade, "recurrence"),
    Claim("what the average starts from counts rho^k after k steps", _start_fades, "recurrence"),
    Claim("a momentum of zero is none", _momentum_of_zero_is_none, kind="defined"),
)
RMSPROP_DERIVATIONS = (
    Derivation(
        "an epsilon inside above 0 is outside under no epsilon",
        "it would have to be two numbers at once",
        _inside_is_no_outside,
    ),
)
