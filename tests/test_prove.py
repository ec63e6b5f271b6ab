"""`gradspec prove`: what it writes, and how it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sympy import Eq, S

from gradspec.conformance.proving import Examined, examine, print_claims
from gradspec.reference.decide import decide, refutes
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
    good = Examined("relu", "one", "derived", "proved", "proved", 3, 2)
    bad = Examined("relu", "two", "derived", "proved", "refuted", 1, 0)
    print_claims([good, bad])
    printed = capsys.readouterr().out

    assert good.holds
    assert not bad.holds
    assert "refuted, not proved" in printed
    assert "2 claims: 1 proved, 1 refuted; 1 refute no altered rule" in printed


def test_kills_are_counted_over_the_altered_rules_that_the_claim_refutes() -> None:
    examined = examine("gradient_descent", 0)

    assert "proved" == examined.verdict
    assert examined.kills > 10


def wrong(rule: Rule) -> Eq:
    return Eq(rule.program().formula(w), w + eta)


def nothing_to_say(rule: Rule) -> Eq:
    return Eq(rule.axis("no such axis").value("none"), S.Zero)


def test_what_cannot_be_stated_is_not_refuted() -> None:
    rule = catalogue()["gradient_descent"]

    assert "refuted" == decide(rule, Claim("wrong", wrong)).verdict
    assert refutes(rule, Claim("wrong", wrong))
    assert not refutes(rule, Claim("no statement", nothing_to_say))
