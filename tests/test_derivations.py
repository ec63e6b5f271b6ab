"""Derivations: every step holds, the last one speaks of the rule's own formula, and a wrong conclusion is refuted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Eq, Gt, S
from sympy.core.relational import Relational

from gradspec.conformance.altered import refuted
from gradspec.conformance.page import show
from gradspec.conformance.proving import altered_rules_of
from gradspec.reference.decide import decide, refutes
from gradspec.spec import Claim, Rule, catalogue
from gradspec.spec.derivation import Derivation, Step

DERIVATIONS = [
    pytest.param(rule, derivation, id=f"{rule.name}: {derivation.name}")
    for rule in catalogue().values()
    for derivation in rule.derivations
]
EVERY = pytest.mark.parametrize(("rule", "derivation"), DERIVATIONS)


def verdict(rule: Rule, step: Step) -> str:
    """The verdict on one step, which need not have looked at the rule."""

    def read(one: Rule) -> Relational:
        assert one.update
        return step.statement

    return decide(rule, Claim("one step", read)).verdict


@EVERY
def test_every_step_is_proved(rule: Rule, derivation: Derivation) -> None:
    steps = derivation.steps(rule)

    assert ["proved"] * len(steps) == [verdict(rule, step) for step in steps]
    assert derivation.principle


@EVERY
def test_a_wrong_conclusion_is_refuted(rule: Rule, derivation: Derivation) -> None:
    def misled(one: Rule) -> tuple[Step, ...]:
        *steps, last = derivation.steps(one)
        wrong = last.statement
        assert isinstance(wrong, Relational)
        opposite = Eq(wrong.lhs, wrong.rhs + 1) if isinstance(wrong, Eq) else wrong.negated
        return (*steps, Step(last.words, opposite))

    claim = replace(derivation, steps=misled).claim

    assert "refuted" == decide(rule, claim).verdict
    assert refutes(rule, claim)


@EVERY
def test_the_conclusion_speaks_of_the_formula_that_is_evaluated(rule: Rule, derivation: Derivation) -> None:
    """For some altered rule it is false, taken by itself."""
    last = Claim("the last step", lambda one: derivation.steps(one)[-1].statement)

    assert next(refuted(rule, last, altered_rules_of(rule.name)), None) is not None


@EVERY
def test_the_page_of_the_rule_shows_it_step_by_step(rule: Rule, derivation: Derivation) -> None:
    page = show(rule.name, [], "text")

    assert f"  {derivation.name}\n    from: {derivation.principle}\n    1. " in page
    assert [step.words for step in derivation.steps(rule) if step.words not in page] == []


def test_a_step_that_is_false_makes_the_whole_false() -> None:
    rule = catalogue()["gradient_descent"]
    derivation = rule.derivations[0]
    broken = replace(derivation, steps=lambda one: (Step("nonsense", Gt(S.Zero, 1)), *derivation.steps(one)))

    assert "refuted" == decide(rule, broken.claim).verdict
