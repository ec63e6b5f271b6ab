"""One source of truth: one node of Adam's formula is changed at run time, and everything else follows."""

from __future__ import annotations

import pytest

from gradspec.conformance import Implementation, judge, page
from gradspec.conformance.cases import build_cases
from gradspec.conformance.certificate import certificate
from gradspec.conformance.mutants import mutants, survives
from gradspec.reference.decide import decide
from gradspec.reference.evaluate import trajectory
from gradspec.spec import Rule, catalogue
from gradspec.spec.optimizers.adam import ADAM
from gradspec.spec.symbols import beta2, g, s, s_next


@pytest.fixture
def altered() -> Rule:
    """Adam whose second moment averages |g|-like fourth roots no more: g² has become g⁴, one exponent changed."""
    return ADAM.replaced(let={**ADAM.let, s_next: beta2 * s + (1 - beta2) * g**4})


@pytest.fixture
def altered_catalogue(altered: Rule, monkeypatch: pytest.MonkeyPatch) -> Rule:
    """The whole tool sees the altered rule, as if its file had been edited."""
    monkeypatch.setitem(catalogue(), "adam", altered)
    return altered


def test_the_reference_follows_the_formula(altered: Rule) -> None:
    run = {"w": [0.0], "gradients": [[0.5], [0.25]], "learning_rates": [0.125, 0.125]}

    before, after = trajectory(ADAM, **run), trajectory(altered, **run)

    assert not before[0][0].overlaps(after[0][0])


def test_the_programs_of_every_case_follow_the_formula(altered: Rule) -> None:
    cases = build_cases(altered, "float64", ())

    rejected = [case.name for case in cases if not survives(altered.program(), ADAM.program(), case)]

    assert "adam/float64/plain/sweep-0" in rejected


def test_the_certificate_and_the_mutants_follow_the_formula(altered: Rule) -> None:
    before = {(pair.one, pair.other): pair.margin for pair in certificate(ADAM, "float64", offered=frozenset())}
    after = {(pair.one, pair.other): pair.margin for pair in certificate(altered, "float64", offered=frozenset())}

    assert before.keys() == after.keys()
    assert all(before[pair] != after[pair] for pair in before if before[pair] > 1)
    assert any("g**4" in m.change for m in mutants(altered.program()))


def test_the_page_follows_the_formula(altered_catalogue: Rule) -> None:
    shown = [page.show("adam", [], format) for format in page.FORMATS]

    assert "g**4" in shown[0]
    assert "g^{4}" in shown[1]
    assert "<mn>4</mn>" in shown[2]
    assert "g**4" in shown[3]


def test_the_claims_are_decided_about_the_formula(altered: Rule) -> None:
    verdicts = {claim.name: decide(altered, claim).verdict for claim in altered.claims}

    assert "refuted" in verdicts.values()


def test_the_judge_follows_the_formula(altered_catalogue: Rule) -> None:
    right = Implementation("right", version="1")

    @right.optimizer("adam")
    def adam(w, *, beta1, beta2, epsilon):  # type: ignore[no-untyped-def]
        first, second, t = 0 * w, 0 * w, 0

        def step(gradient, learning_rate):  # type: ignore[no-untyped-def]
            nonlocal first, second, t, w
            t += 1
            first = beta1 * first + (1 - beta1) * gradient
            second = beta2 * second + (1 - beta2) * gradient**2
            w = w - learning_rate * (first / (1 - beta1**t)) / ((second / (1 - beta2**t)) ** 0.5 + epsilon)
            return w

        return step

    assert [r.verdict for r in judge(right).results] == ["none", "none"]
