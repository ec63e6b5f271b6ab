"""What weight decay does in every update rule, whatever the rule makes of a gradient."""

from dataclasses import replace

from sympy import Integer, Rational, Symbol
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..impossibility import no_setting
from ..program import Program
from ..rule import Claim, Rule
from ..symbols import beta1, beta2, epsilon, eta, g, gradient, mu, rho, t, w
from .trajectory import step, trajectory
from .weight_decay import decay, eta_first

other_decay = Symbol("lambda_decoupled", real=True)


def _decayed(rule: Rule, form: str) -> Program:
    return rule.program({"weight_decay_form": form}, ("weight_decay",))


def _shrinks_first(rule: Rule) -> Boolean:
    moved = rule.program().formula(w) - w
    return equal((1 - eta * decay) * w + moved, _decayed(rule, "decoupled").formula(w))


def _is_part_of_the_gradient(rule: Rule) -> Boolean:
    plain, penalised = rule.program(), _decayed(rule, "l2")
    slope = plain.let[g].replace(gradient, lambda at: gradient(at) + decay * at)
    with_penalty = replace(plain, let={**plain.let, g: slope})
    return every(*(equal(penalised.formula(target), with_penalty.formula(target)) for target in plain.update))


def _relative_to_the_first_rate(rule: Rule) -> Boolean:
    """The paper's λ is the other one times the learning rate of step 1, which is remembered."""
    n = Symbol("n", integer=True, positive=True)
    first, later = {t: Integer(1)}, {t: n + 1}
    paper, plain = _decayed(rule, "decoupled_schedule"), _decayed(rule, "decoupled")
    return every(
        equal(paper.formula(eta_first).xreplace(first), eta),
        equal(paper.formula(eta_first).xreplace(later), eta_first),
        equal(paper.formula(w).xreplace({**first, decay: eta * decay}), plain.formula(w).xreplace(first)),
        equal(paper.formula(w).xreplace({**later, decay: eta_first * decay}), plain.formula(w).xreplace(later)),
    )


def _not_a_penalty_where_steps_are_scaled(rule: Rule) -> tuple[Step, ...]:
    """The first step without ε, from w = 1 with λ = 1: the penalty counts only by its sign."""
    settings = {
        epsilon: Integer(0), t: Integer(1), w: Integer(1), decay: Integer(1),
        beta1: Rational(1, 2), beta2: Rational(3, 4), rho: Rational(3, 4),
    }  # fmt: skip
    slope = Symbol("c", real=True)
    penalised, decoupled = _decayed(rule, "l2"), _decayed(rule, "decoupled")
    wanted = step(penalised, slope, {**penalised.state, **settings})[w]
    offered = step(decoupled, slope, {**decoupled.state, **settings, decay: other_decay})[w]
    # RMSProp averages from zero without a correction: with ρ = 3/4 its first step is 1/√(1 − ρ) = 2 rates long.
    length = Integer(2) if any(h.symbol == rho for h in rule.hyperparameters) else Integer(1)
    return no_setting(wanted, offered, other_decay, {slope: Integer(1)}, {slope: -Rational(1, 2)}, 2 * length)


def _not_a_penalty_where_steps_are_collected(rule: Rule) -> tuple[Step, ...]:
    """Two steps without any gradient: a penalty fills the buffer, a decoupled decay does not."""
    penalised = trajectory(_decayed(rule, "l2"), (0, 0), {})
    decoupled = trajectory(_decayed(rule, "decoupled"), (0, 0), {decay: other_decay})
    gap = (decoupled[2][w].xreplace({other_decay: decay}) - penalised[2][w]).expand()
    ahead = decay * eta if gap.has(decay**2) else Integer(0)
    return (
        Step(
            "after one step the parameters differ by",
            equal(penalised[1][w] - decoupled[1][w], eta * (other_decay - decay) * w),
        ),
        Step(
            "so λ has to be the same; then after the second they differ by what is 0 for special numbers only",
            equal(gap, mu * eta * decay * w * (1 - ahead)),
        ),
    )


DECAY_CLAIMS = (
    Claim("a decoupled decay shrinks the parameter by eta lambda, then takes the step", _shrinks_first),
    Claim("a penalty is lambda times the point in every gradient", _is_part_of_the_gradient, kind="defined"),
    Claim("the decay of the paper is the decoupled one times the first learning rate", _relative_to_the_first_rate),
)
NO_PENALTY_SCALED = Derivation(
    "no decoupled decay is a penalty on squares where steps are scaled",
    "it would have to be two numbers at once; shown for the first step without epsilon, a penalty of 1 and a weight of 1",
    _not_a_penalty_where_steps_are_scaled,
)
NO_PENALTY_COLLECTED = Derivation(
    "no decoupled decay is a penalty on squares where steps are collected",
    "the first step says what it would have to be, the second refutes it",
    _not_a_penalty_where_steps_are_collected,
)
