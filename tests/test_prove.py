"""`gradspec prove`: what it writes, and how it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from sympy import Eq, Gt, S, Symbol

from gradspec.conformance.altered import altered_rules, refuted
from gradspec.conformance.proving import Examined, examine, print_claims, print_definitions
from gradspec.reference.decide import Decision, decide, refutes
from gradspec.spec import Claim, Rule, catalogue
from gradspec.spec.symbols import eta, w

KEYS = ["rule", "claim", "kind", "expects", "verdict", "points", "kills"]


def prove(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradspec.conformance", "prove", *arguments], capture_output=True, text=True, timeout=120
    )


def test_json_has_every_claim_of_the_rules_named_in_their_order(tmp_path: Path) -> None:
    target = tmp_path / "claims.json"
    done = prove("sigmoid", "gradient_descent", "--json", str(target))
    claims = json.loads(target.read_text())["claims"]
    expected = [
        (name, c.name) for name in ("sigmoid", "gradient_descent") for c in catalogue()[name].everything_claimed()
    ]

    assert 0 == done.returncode, done.stderr
    assert expected == [(claim["rule"], claim["claim"]) for claim in claims]
    assert all(list(claim) == KEYS for claim in claims)
    assert {"proved"} == {claim["verdict"] for claim in claims}
    assert all(claim["kills"] >= 3 for claim in claims)
    assert f"{len(claims)} claims: {len(claims)} proved; 0 refute no altered rule" in done.stdout
    assert "" == done.stderr


def test_json_on_standard_output_is_nothing_but_json() -> None:
    done = prove("relu", "--json", "-")

    assert {"claims"} == set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["adma"], "no rule is called 'adma'; did you mean 'adam'?"),
        (["relu", "--json", "/nowhere/claims.json"], "--json /nowhere/claims.json: the folder /nowhere does not exist"),
    ],
)
def test_wrong_arguments_are_refused_before_any_work(arguments: list[str], message: str) -> None:
    done = prove(*arguments)

    assert 2 == done.returncode
    assert message in done.stderr
    assert "" == done.stdout


def test_a_verdict_other_than_expected_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    good = Examined("relu", "one", "derived", "proved", Decision("proved", 3), frozenset({1, 4}))
    bad = Examined("relu", "two", "derived", "proved", Decision("refuted", 1, {"x": Fraction(1, 2)}), frozenset())
    print_claims([good, bad])
    printed = capsys.readouterr().out

    assert good.holds
    assert not bad.holds
    assert "refuted, not proved" in printed
    assert "false at x = 1/2" in printed
    assert "2 claims: 1 proved, 1 refuted; 1 refute no altered rule" in printed


def test_what_there_is_no_proof_of_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    open_question = Gt(Symbol("x"), 0, evaluate=False)
    print_claims(
        [Examined("relu", "one", "derived", "decided", Decision("decided", 32, None, open_question), frozenset({1}))]
    )

    assert "no proof found of x > 0" in capsys.readouterr().out


def test_kills_are_counted_over_the_altered_rules_that_the_claim_refutes() -> None:
    examined = examine(("gradient_descent", 0))

    assert "proved" == examined.verdict
    assert examined.kills > 10


@pytest.mark.parametrize("name", ["gradient_descent", "elu", "prelu"])
def test_claims_are_not_tried_where_they_do_not_look_and_miss_nothing(name: str) -> None:
    rule = catalogue()[name]
    altered = altered_rules(rule)
    tried = [frozenset(refuted(rule, claim, altered)) for claim in rule.everything_claimed()]
    everywhere = [
        frozenset(n for n, one in enumerate(altered) if refutes(one.rule, claim)) for claim in rule.everything_claimed()
    ]

    assert everywhere == tried


def test_an_altered_rule_differs_in_an_equation_that_some_program_needs() -> None:
    """`c1` of Adam is given by every value of an axis, so that what the rule itself says for it is never seen."""
    places = {str(one.place) for one in altered_rules(catalogue()["adam"])}

    assert {"c1 (bias_correction=both)", "m_next", "start of s_max (amsgrad)"} <= places
    assert "c1" not in places


def test_what_no_claim_refutes_is_listed_with_what_defines_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = [
        examine(("clip_by_value", number)) for number in range(len(catalogue()["clip_by_value"].everything_claimed()))
    ]
    nothing = [replace(one, refutes=frozenset()) for one in found]
    print_definitions(nothing)
    printed = capsys.readouterr().out

    assert f"{len(altered_rules(catalogue()['clip_by_value']))} altered rules, 0 refuted by a claim." in printed
    assert "lecture deck" in printed


def test_what_is_false_of_the_rule_itself_excludes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Else an equation that no claim looks at would count as characterised: a false claim is false of every alteration."""
    altered = altered_rules(catalogue()["clip_by_value"])
    false = Examined("clip_by_value", "x", "derived", "refuted", Decision("refuted", 1), frozenset(range(len(altered))))
    print_definitions([false])

    assert f"{len(altered)} altered rules, 0 refuted by a claim." in capsys.readouterr().out


def test_an_interrupted_run_leaves_with_4_and_writes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "claims.json"
    command = [sys.executable, "-m", "gradspec.conformance", "prove", "--json", str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        time.sleep(6)  # long enough to have begun, far too short to be done
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)

    assert 4 == process.returncode
    assert [] == list(tmp_path.iterdir())


def wrong(rule: Rule) -> Eq:
    return Eq(rule.program().formula(w), w + eta)


def nothing_to_say(rule: Rule) -> Eq:
    return Eq(rule.axis("no such axis").value("none"), S.Zero)


def test_what_cannot_be_stated_is_not_refuted() -> None:
    rule = catalogue()["gradient_descent"]

    assert "refuted" == decide(rule, Claim("wrong", wrong)).verdict
    assert refutes(rule, Claim("wrong", wrong))
    assert not refutes(rule, Claim("no statement", nothing_to_say))
