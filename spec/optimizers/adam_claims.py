"""What is claimed of Adam besides its derivations: where ε stands, what the corrections do, what overwriting them does."""

from sympy import Add, Expr, Integer, Pow, Rational, Symbol, sign, sqrt
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every, greater, less
from ..impossibility import no_setting
from ..program import Program
from ..rule import Claim, Rule
from ..symbols import beta1, beta2, denominator, displacement, epsilon, eta, gradient, m, s, t, w
from .trajectory import flat, trajectory

other = Symbol("epsilon_outside", real=True)
c1, c2 = 1 - beta1**t, 1 - beta2**t
DEFAULTS = {beta1: Rational("0.9"), beta2: Rational("0.999")}
OVERWRITTEN = ({"epsilon_place": "inside", "bias_correction": "both"}, (), "moments_overwritten")


def _placed(rule: Rule, place: str, **dialect: str) -> Program:
    return rule.program({"bias_correction": "both", **dialect, "epsilon_place": place})


def _hat_is_no_outside(rule: Rule) -> tuple[Step, ...]:
    """The first two steps with β₂ = 24/25, for which both roots are rational, and any ε above 0."""
    hat, outside = (flat(_placed(rule, place).formula(denominator), 1) for place in ("hat", "outside"))
    settings = {epsilon: Symbol("e", positive=True), beta2: Rational(24, 25)}
    here = {**settings, t: Integer(1), s: Integer(0)}
    there = {**settings, t: Integer(2), s: Rational(1, 25)}
    return no_setting(hat, outside.xreplace({epsilon: other}), other, here, there, 25 * settings[epsilon] / 7)


def _inside_is_no_outside(rule: Rule) -> tuple[Step, ...]:
    """The first step with gradients of k and of 11/4 k, and an ε of 3 k², which is any above 0."""
    slope, k = Symbol("g", real=True), Symbol("k", positive=True)
    inside, outside = (flat(_placed(rule, place).formula(denominator), slope) for place in ("inside", "outside"))
    settings = {epsilon: 3 * k**2, beta2: Rational(1, 2), t: Integer(1), s: Integer(0)}
    here, there = ({**settings, slope: size} for size in (k, 11 * k / 4))
    return no_setting(inside, outside.xreplace({epsilon: other}), other, here, there, k / 2)


def _first_epsilon_of_the_hat(rule: Rule) -> Boolean:
    """With β₂ = 0.999 the first ε is √1000, or 31.6, times as large."""
    first = {t: Integer(1), **DEFAULTS}
    hat, outside = (_placed(rule, place).formula(denominator).xreplace(first) for place in ("hat", "outside"))
    times = (hat - hat.xreplace({epsilon: Integer(0)})).xreplace({epsilon: Integer(1), s: Integer(0)}).expand()
    return every(
        equal(hat, outside.xreplace({epsilon: sqrt(1000) * epsilon})),
        greater(flat(times, 1), Rational("31.62")),
        less(flat(times, 1), Rational("31.63")),
    )


def _uncorrected_hat_is_outside(rule: Rule) -> Boolean:
    hat, outside = (_placed(rule, place, bias_correction="none").formula(w) for place in ("hat", "outside"))
    return equal(hat, outside)


def _rearranged(rule: Rule) -> Boolean:
    outside = _placed(rule, "outside")
    average, root = outside.formula(m), sqrt(outside.formula(s))
    return equal(outside.formula(w), w - eta * sqrt(c2) / c1 * average / (root + epsilon * sqrt(c2)))


def _first_uncorrected_step(rule: Rule) -> Boolean:
    c = Symbol("c", real=True, nonzero=True)
    first = flat(_placed(rule, "outside", bias_correction="none").formula(w), c)
    moved = w - first.xreplace({m: rule.state[m], s: rule.state[s], epsilon: Integer(0)})
    return every(
        equal(moved, eta * (1 - beta1) / sqrt(1 - beta2) * sign(c)),
        equal(moved.xreplace(DEFAULTS), sqrt(10) * eta * sign(c)),
    )


def _unit_does_not_matter(rule: Rule) -> Boolean:
    c = Symbol("c", positive=True)
    program = _placed(rule, "outside")
    larger = {gradient(w): c * gradient(w), m: c * m, s: c**2 * s}
    moved = program.formula(w).xreplace({epsilon: Integer(0)})
    return every(
        equal(program.formula(m).xreplace(larger), c * program.formula(m)),
        equal(program.formula(s).xreplace(larger), c**2 * program.formula(s)),
        equal(moved.xreplace(larger), moved),
    )


def _first_step_ahead(rule: Rule) -> Boolean:
    c = Symbol("c", real=True, nonzero=True)
    program = rule.program({"epsilon_place": "outside", "bias_correction": "both"}, ("nesterov",))
    start = {m: rule.state[m], s: rule.state[s], epsilon: Integer(0), t: Integer(1)}
    return equal(w - flat(program.formula(w), c).xreplace(start), eta * (1 + beta1 / (1 + beta1)) * sign(c))


def _maxima_differ(rule: Rule) -> Boolean:
    """A gradient of 1, then none, with β₂ = 24/25 and no ε: the same step first, then 7/5 of it."""
    given = {beta1: Rational(1, 2), beta2: Rational(24, 25), epsilon: Integer(0), eta: Integer(1)}
    moves = []
    for place in ("raw", "corrected"):
        program = rule.program(
            {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": place}, ("amsgrad",)
        )
        first, second = trajectory(program, (1, 0), given)[1:]
        moves.append((first[w] - w, second[w] - first[w]))
    (raw_first, raw_second), (corrected_first, corrected_second) = moves
    return every(equal(raw_first, corrected_first), equal(raw_second, Rational(7, 5) * corrected_second))


def _on_the_slide(program: Program) -> tuple[Expr, Expr]:
    """How far 12 constant gradients of 1 move, and the second moment that is stored then: exact numbers.

    Moves are squared first, and roots left as they are: nobody should look for squares in their long numbers.
    """
    given = {**DEFAULTS, epsilon: Integer(0), eta: Integer(1)}
    square, *nexts = (
        flat(e, 1).xreplace(given) for e in (program.formula(displacement) ** 2, *map(program.formula, program.state))
    )
    state, moves = dict(program.state), []
    for number in range(1, 13):
        at = {**state, t: Integer(number)}
        moves.append(Pow(square.xreplace(at), Rational(1, 2), evaluate=False))
        state = {target: formula.xreplace(at) for target, formula in zip(state, nexts, strict=True)}
    return Add(*moves, evaluate=False), state[s]


def _overwritten_all_but_stops(rule: Rule) -> Boolean:
    moved, stored = _on_the_slide(rule.program(*OVERWRITTEN))
    return every(
        greater(moved, Rational("1.287632")),
        less(moved, Rational("1.287633")),
        greater(stored, 2 * 10**24),
        less(stored, 3 * 10**24),
    )


def _overwritten_grows_for_a_while(rule: Rule) -> Boolean:
    """What is stored grows by (1 - β₂) c² and s (β₂ + β₂^n - 1), over 1 - β₂^n.

    The second is positive while β₂^n > 1 - β₂, and negative ever after: only then can a large s fall, by nearly
    1 - β₂ a step. Without the power c² would be kept, so the stall is long, but not shown to be for ever.
    """
    c, n = Symbol("c", positive=True), Symbol("n", integer=True, positive=True)
    program = rule.program(*OVERWRITTEN)
    after = flat(program.formula(s), c).xreplace({t: n})
    growth = ((1 - beta2) * c**2 + s * (beta2 + beta2**n - 1)) / (1 - beta2**n)
    kept = Rational("0.999")
    return every(
        equal(after - s, growth),
        equal((after * (1 - beta2**n)).xreplace({s: c**2}), c**2),
        greater(kept**6904, 1 - kept),
        less(kept**6905, 1 - kept),
    )


ADAM_CLAIMS = (
    Claim("Algorithm 1 rearranged has epsilon times the root of 1 - beta2^t", _rearranged),
    Claim(
        "with beta2 = 0.999 the efficient form has 31.6 times the epsilon at the first step", _first_epsilon_of_the_hat
    ),
    Claim("without correction the efficient form is Algorithm 1", _uncorrected_hat_is_outside),
    Claim(
        "without correction and epsilon the first step is eta (1 - beta1)/sqrt(1 - beta2), or 3.16 eta",
        _first_uncorrected_step,
    ),
    Claim("without epsilon the unit of the gradients does not matter", _unit_does_not_matter, "invariance"),
    Claim("without epsilon looking ahead makes the first step longer by beta1/(1 + beta1)", _first_step_ahead),
    Claim("no factor of the learning rate turns one maximum into the other", _maxima_differ, "two different factors"),
    Claim(
        "with the deck's overwritten moments 12 steps at gradients of 1 add up to 1.28763 eta, s is then more than 2 10^24",
        _overwritten_all_but_stops,
        "exact recurrence",
    ),
    Claim(
        "the overwritten second moment grows while beta2^n exceeds 1 - beta2, for 6904 steps with 0.999",
        _overwritten_grows_for_a_while,
        "recurrence",
    ),
)
ADAM_DERIVATIONS = (
    Derivation(
        "the efficient form with an epsilon above 0 is Algorithm 1 under no constant epsilon",
        "it would have to be two numbers at once; shown for β₂ = 24/25",
        _hat_is_no_outside,
    ),
    Derivation(
        "an epsilon inside above 0 is outside under no epsilon",
        "it would have to be two numbers at once",
        _inside_is_no_outside,
    ),
)
