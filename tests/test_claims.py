"""Every claim about a rule is decided, and would have been refuted had the rule been written differently."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from sympy import Abs, And, Eq, Function, Gt, I, Integral, Max, Piecewise, Rational, S, Symbol, exp, pi, sign, sqrt

from gradspec.conformance.altered import refuted
from gradspec.conformance.proving import altered_rules_of
from gradspec.reference.decide import Decision, decide, refutes
from gradspec.spec import Claim, Rule, catalogue, rule
from gradspec.spec.derivation import equal, every, facts_of, greater, less, unequal
from gradspec.spec.impossibility import no_setting
from gradspec.spec.initializers.moments import moment
from gradspec.spec.symbols import eta, g, gradient, m, w

CLAIMS = [(one.name, claim) for one in catalogue().values() for claim in one.claims]  # derivations: test_derivations.py
TRUE = [(name, claim) for name, claim in CLAIMS if claim.expects != "refuted"]
FALSE = [(name, claim) for name, claim in CLAIMS if claim.expects == "refuted"]
OF_OPTIMIZERS = [pytest.param(n, c, id=f"{n}: {c.name}") for n, c in TRUE if rule(n).kind == "optimizer"]


def for_each(claims: list[tuple[str, Claim]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("name", "claim"), claims, ids=[f"{name}: {claim.name}" for name, claim in claims])


x = Symbol("x", real=True)
size = Symbol("x", positive=True)
f = Function("f", real=True)


def verdict(mutant: Rule, claim: Claim) -> str:
    """Return the verdict, or `unstated` where the mutant lacks what the claim is about."""
    try:
        return decide(mutant, claim).verdict
    except (ValueError, LookupError, TypeError):  # SymPy compares no complex numbers
        return "unstated"


@for_each(CLAIMS)
def test_every_claim_gets_the_verdict_that_it_expects(name: str, claim: Claim) -> None:
    decision = decide(rule(name), claim)

    assert claim.expects == decision.verdict
    assert (decision.counterexample is not None) is (claim.expects == "refuted")


@for_each(TRUE)
def test_every_claim_is_refuted_when_the_formula_is_altered(name: str, claim: Claim) -> None:
    refuting = refuted(rule(name), claim, altered_rules_of(name))

    assert 3 == len(list(islice(refuting, 3)))


def test_what_the_lecture_says_and_is_false_is_claimed_and_refuted() -> None:
    assert {
        "batch_normalization",
        "dropout",
        "early_stopping",
        "glorot_normal",
        "l1",
        "l2",
        "nesterov",
        "sigmoid_chain",
    } <= {name for name, _ in FALSE}
    assert all(claim.principle for _, claim in FALSE)


def test_no_two_claims_of_a_rule_have_the_same_name() -> None:
    names = [(one.name, claim.name) for one in catalogue().values() for claim in one.everything_claimed()]

    assert len(names) == len(set(names))


@pytest.mark.deep
@pytest.mark.parametrize(("name", "claim"), OF_OPTIMIZERS)
def test_most_mutants_that_concern_a_claim_are_refuted(name: str, claim: Claim) -> None:
    verdicts = Counter(verdict(one.rule, claim) for one in altered_rules_of(name))
    print(f"{name}: {claim.name}: {dict(verdicts)}")

    # Left undecided are mutants that are defined nowhere, such as the root of a negated sum of squares.
    assert verdicts["refuted"] > verdicts["undecided"] + verdicts["unstated"]
    assert verdicts["decided"] == 0


def test_every_rule_claims_something() -> None:
    silent = [one.name for one in catalogue().values() if not one.everything_claimed()]

    assert [] == silent


def about(statement: Any) -> Decision:
    """Decide a statement that has looked at a rule."""

    def read(one: Rule) -> Any:
        assert one.update
        return statement

    return decide(rule("gradient_descent"), Claim("a statement", read))


def test_a_claim_that_never_looks_at_the_rule_is_undecided() -> None:
    assert Decision("undecided") == decide(rule("adam"), Claim("nothing", lambda one: S.true))


def test_a_claim_that_can_be_evaluated_nowhere_is_undecided() -> None:
    unknown_function = Function("zeta")(x)

    decision = about(Gt(sqrt(-1 - size), unknown_function, evaluate=False))

    assert "undecided" == decision.verdict
    assert 0 == decision.points


def test_a_claim_that_is_true_wherever_evaluated_but_not_proved_is_decided() -> None:
    open_question = Gt(x**4 - x**3 + x**2 - x + 1, 0)
    decision = about(every(Eq((x + 1) ** 2, x**2 + 2 * x + 1), open_question))

    assert decision.verdict == "decided"
    assert decision.unproved == open_question
    assert decision.points > 0


def test_a_refuted_claim_shows_where_it_is_false() -> None:
    decision = about(Eq(x**2, x))
    assert decision.counterexample is not None
    value = decision.counterexample["x"]

    assert decision.verdict == "refuted"
    assert value**2 != value


def test_an_irrational_difference_refutes() -> None:
    assert about(Eq(sqrt(size), 1 + size)).verdict == "refuted"


def test_one_false_conjunct_refutes() -> None:
    assert about(And(Eq((x + 1) ** 2, x**2 + 2 * x + 1), Gt(x, 7))).verdict == "refuted"


def test_facts_are_kept_as_they_are_written() -> None:
    first, second = Gt(size, 0, evaluate=False), Eq(x, x, evaluate=False)

    assert (first, second, first) == facts_of(every(every(first, second), first))
    assert about(every(second, Gt(x, 7))).verdict == "refuted"
    assert about(every(second, S.false)).verdict == "refuted"
    assert about(every(second, first)).verdict == "proved"


def test_a_claim_states_something() -> None:
    with pytest.raises(ValueError, match="a claim must state something"):
        every()


def test_numbers_that_differ_for_all_values_are_proved_to_differ() -> None:
    assert "proved" == about(unequal(5 * size, Rational(25, 7) * size)).verdict
    assert "refuted" == about(unequal(x, Abs(x))).verdict


def test_an_inequality_without_numbers_does_not_hide_what_is_false() -> None:
    unordered = greater(sqrt(-1 - size), 0)  # SymPy raises TypeError where this is evaluated
    never = Claim("complex and real numbers", lambda one: every(unordered, equal(I * size, one.update[w] ** 2)))

    assert refutes(rule("gradient_descent"), never)


@pytest.mark.parametrize(
    ("name", "target", "wrong"),
    [
        # Right at half the bound, at 0 and beyond the bounds only.
        ("clip_by_value", "clipped", lambda value, g, c: Piecewise((2 * g * Abs(g) / c, Abs(g) < c), (value, True))),
        ("elu", "saturating", lambda value, *_: value / 2),
    ],
)
def test_a_rule_that_is_wrong_between_the_places_looked_at_before_is_refuted(
    name: str, target: str, wrong: Any
) -> None:
    one = rule(name)
    part = "let" if any(str(s) == target for s in one.let) else "update"
    equations = dict(getattr(one, part))
    (symbol,) = (s for s in equations if str(s) == target)
    g_, c_ = (next((s for s in equations[symbol].free_symbols if str(s) == n), None) for n in ("g", "c"))
    altered = one.replaced(**{part: {**equations, symbol: wrong(equations[symbol], g_, c_)}})

    about_shape = [
        c for c in one.everything_claimed() if "nearest" in c.name or "again" in c.name or "slope lies" in c.name
    ]
    assert about_shape
    assert [] == [claim.name for claim in about_shape if not refutes(altered, claim)]


def test_a_mean_over_a_density_that_goes_on_beyond_its_cut_is_not_stated() -> None:
    leaky = rule("he_normal").program(error="leaky_truncation", dialect={"truncation": "corrected"})

    with pytest.raises(ValueError, match="goes on beyond its cut"):
        moment(leaky, 2)


def test_a_false_constant_is_refuted_whatever_the_values() -> None:
    assert Decision("refuted", 0, {}) == about(S.false)


def test_a_function_has_one_value_at_one_point_however_that_is_written() -> None:
    assert about(Eq(f((x + 1) ** 2), f(x**2 + 2 * x + 1))).verdict != "refuted"


def test_a_function_at_two_points_has_two_values() -> None:
    decision = about(Eq(f(x), f(x + 1)))
    assert decision.counterexample is not None

    assert decision.verdict == "refuted"
    assert {"x", "f"} == {name.partition("(")[0] for name in decision.counterexample}


@pytest.mark.parametrize("statement", [Eq(sqrt(x**2), Max(x, -x)), Eq(sign(x) * x, sqrt(x**2))])
def test_roots_and_extremes_are_proved_by_cases_of_the_sign(statement: Any) -> None:
    assert about(statement).verdict == "proved"


DRAWS: list[tuple[Symbol, Callable[[Fraction], bool]]] = [
    (Symbol("n", integer=True, positive=True), lambda value: value.denominator == 1 and value > 0),
    (Symbol("p", nonnegative=True), lambda value: value >= 0),
    (Symbol("q", real=True, nonzero=True), lambda value: value != 0),
    (Symbol("r", negative=True), lambda value: value < 0),
]


@pytest.mark.parametrize(("symbol", "admitted"), DRAWS)
def test_a_counterexample_keeps_the_assumptions(symbol: Symbol, admitted: Callable[[Fraction], bool]) -> None:
    decision = about(Gt(symbol * x, symbol + 1))
    assert decision.counterexample is not None

    assert admitted(decision.counterexample[str(symbol)])


def test_a_counterexample_keeps_the_domain_of_a_hyperparameter() -> None:
    mu = rule("momentum").hyperparameters[1].symbol
    claim = Claim("the buffer grows", lambda one: Gt(one.program().formula(m), m + 1 / mu - 2))
    decision = decide(rule("momentum"), claim)
    assert decision.counterexample is not None

    assert 0 <= decision.counterexample["mu"] < 1


def test_a_changed_rule_is_decided_anew() -> None:
    one = rule("gradient_descent")
    claim = one.everything_claimed()[0]
    climbing = one.replaced(let={**one.let, Symbol("displacement", real=True): -eta * g})

    assert decide(one, claim).verdict == "proved"
    assert decide(climbing, claim).verdict == "refuted"


def test_the_gradient_at_two_points_is_not_confused() -> None:
    claim = Claim("gradients agree", lambda one: Eq(gradient(w), gradient(w - one.program().update[w])))

    assert decide(rule("momentum"), claim).verdict == "refuted"


def test_what_no_number_that_is_tried_satisfies_is_not_proved() -> None:
    """The statement is true, but of an odd composite number there is none among those that are tried."""
    odd = Symbol("x", positive=True, composite=True, odd=True)

    assert "undecided" == about(greater(odd + 1, 0)).verdict
    assert "proved" == about(greater(size + 1, 0)).verdict


def test_numbers_alone_are_proved_by_what_encloses_them() -> None:
    bell = exp(-(x**2) / 2) / sqrt(2 * pi)
    inside = Integral(bell, (x, -1, 1))

    assert "proved" == about(And(greater(inside, Rational("0.6826")), less(inside, Rational("0.6827")))).verdict
    assert "refuted" == about(greater(inside, Rational("0.6827"))).verdict
    assert "proved" == about(unequal(sqrt(2) + sqrt(3), sqrt(10))).verdict


def test_an_integral_that_cannot_be_enclosed_is_undecided() -> None:
    assert "undecided" == about(greater(Integral(Function("zeta")(x), (x, 0, 1)), 0)).verdict


def test_no_setting_is_two_numbers_at_once() -> None:
    wanted, offered = sqrt(size + 1), sqrt(size)
    setting, places = Symbol("setting", positive=True), ({size: S(3)}, {size: S(8)})
    steps = no_setting(wanted, offered + setting, setting, *places, 3 - 2 * sqrt(2))

    assert ["proved"] * 4 == [about(step.statement).verdict for step in steps]
    assert unequal(2 - sqrt(3), 3 - 2 * sqrt(2)) == steps[2].statement
    assert "refuted" == about(no_setting(wanted, offered + setting, setting, *places, S.One)[-1].statement).verdict
    with pytest.raises(ValueError, match="must be of first degree in it"):
        no_setting(wanted, offered + setting**2, setting, *places, S.One)
