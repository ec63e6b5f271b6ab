"""What is claimed of AdaGrad besides its derivation: where ε and the start of the sum are the same, and how it slows."""

from sympy import Integer, Symbol, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, at_least, equal, every
from ..impossibility import no_setting
from ..rule import Claim, Rule
from ..symbols import denominator, epsilon, eta, gradient, s, t, w
from .trajectory import flat

start, rate_decay = Symbol("s_0", nonnegative=True), Symbol("d", nonnegative=True)
shift = Symbol("shift", real=True)  # what an inside form may add to the sum: its ε, and its start


def _outside_is_no_inside(rule: Rule) -> tuple[Step, ...]:
    """Squared, an inside denominator is the sum plus a constant; the outside one has a root of the sum besides."""
    outside, inside = (
        flat(rule.program({"epsilon_place": place}).formula(denominator), 1) for place in ("outside", "inside")
    )
    small = {epsilon: Symbol("e", positive=True)}
    return no_setting(
        outside**2,
        (inside**2).xreplace({epsilon: shift}),
        shift,
        {**small, s: Integer(0)},
        {**small, s: Integer(3)},
        small[epsilon] ** 2 + 4 * small[epsilon],
    )


def _never_stops(rule: Rule) -> tuple[Step, ...]:
    """Without ε. After n - 1 steps the sum lies below (n - 1) G² by a deficit; now g = G - gap arrives."""
    n = Symbol("n", integer=True, positive=True)
    now, gap, deficit = Symbol("g", positive=True), Symbol("gap", nonnegative=True), Symbol("deficit", nonnegative=True)
    largest, program = now + gap, rule.program({"epsilon_place": "outside"})
    summed = flat(program.formula(s), now).xreplace({s: (n - 1) * largest**2 - deficit})
    below = (n * largest**2 - summed).expand()
    at_most = {s: n * largest**2 - now**2, epsilon: Integer(0)}
    return (
        Step("the sum starts from", equal(rule.state[s], 0)),
        Step("it lies below n G² by", equal(below, 2 * now * gap + gap**2 + deficit)),
        Step("which is not negative", at_least(below, 0)),
        Step(
            "and 1/√n is more than the growth of 2 √n, which has no bound",
            equal(1 / sqrt(n) - 2 * (sqrt(n + 1) - sqrt(n)), (sqrt(n + 1) - sqrt(n)) ** 2 / sqrt(n)),
        ),
        Step(
            "where the sum is as large as n G² the step is as small as it can be",
            equal(w - flat(program.formula(w), now).xreplace(at_most), eta * now / (largest * sqrt(n))),
        ),
    )


def _guard_acts_at_zero_only(rule: Rule) -> Boolean:
    guarded, inside = (rule.program({"epsilon_place": place}).formula(w) for place in ("inside_guarded", "inside"))
    some = {s: Symbol("s", positive=True)}
    return every(
        equal(guarded.xreplace(some), inside.xreplace(some)),
        equal(flat(guarded, 0).xreplace({s: Integer(0)}), w),
    )


def _decays_like_a_schedule(rule: Rule) -> Boolean:
    decayed, plain = rule.program({}, ("learning_rate_decay",)), rule.program()
    slower = {eta: eta / (1 + (t - 1) * rate_decay)}
    return every(
        equal(decayed.formula(w), plain.formula(w).xreplace(slower)), equal(decayed.formula(s), plain.formula(s))
    )


def _start_stays_in_the_sum(rule: Rule) -> Boolean:
    """From s_0 every sum is larger by s_0."""
    program, summed = rule.program({}, ("initial_accumulator_value",)), symbols("S", nonnegative=True)
    return every(
        equal(program.state[s] - rule.state[s], start),
        equal(
            program.formula(s).xreplace({s: summed + start}), rule.program().formula(s).xreplace({s: summed}) + start
        ),
    )


def _first_step_scales(rule: Rule) -> Boolean:
    """Without ε gradients c times as large make the same steps, the sum being c² as large."""
    c = Symbol("c", positive=True)
    formula = rule.program({"epsilon_place": "outside"}).formula(w).xreplace({epsilon: Integer(0)})
    return equal(formula.xreplace({gradient(w): c * gradient(w), s: c**2 * s}), formula)


ADAGRAD_CLAIMS = (
    Claim("the guarded form is the inside form but where the sum is zero: there it stays", _guard_acts_at_zero_only),
    Claim("its learning rate decay is a schedule of eta/(1 + (t - 1) d)", _decays_like_a_schedule),
    Claim("what the sum starts from stays in it", _start_stays_in_the_sum),
    Claim("without epsilon the unit of the gradients does not matter", _first_step_scales, "invariance"),
)
ADAGRAD_DERIVATIONS = (
    Derivation(
        "an epsilon outside above 0 is inside under no epsilon and no start",
        "it would have to be two numbers at once",
        _outside_is_no_inside,
    ),
    Derivation(
        "while gradients lie between g and G step n is at least eta g/(G √n), so that steps add up without bound",
        "a sum of n squares is at most n times the largest; the smaller the sum, the larger the step",
        _never_stops,
    ),
)
