"""The judge on trial: what an implementation claims to be is compared with what it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gradspec.conformance import Request, Result, judge, judging, load
from gradspec.conformance.bundled import row
from gradspec.conformance.trial import judge_in_workers
from gradspec.conformance.verdict import Run
from gradspec.spec import rule
from gradspec.spec.vendors import VENDORS

from . import zoo

ADAM = rule("adam")
HAT = ADAM.complete({"epsilon_place": "hat", "weight_decay_form": "decoupled"})
TORCH = ADAM.complete(VENDORS["torch"].rows["adam"].axes)


def adam(dialect: Mapping[str, str], claim: Any = None, **request: Any) -> Result:
    claims = {} if claim is None else {"adam": claim}
    return zoo.judged(zoo.implementation(ADAM, dialect, claims=claims), "adam", **request)


# -- a class of torch that computes with the ε of another formula, and claims to be torch ------------------------------

WRONG = """\
import torch
from gradspec.conformance import Implementation, torch_optimizer


class Wrong(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr, eps = group["betas"], group["lr"], group["eps"]
            for w in group["params"]:
                state = self.state[w]
                t = state["t"] = state.get("t", 0) + 1
                state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * w.grad
                state["s"] = beta2 * state.get("s", 0) + (1 - beta2) * w.grad**2
                rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
                w -= rate * state["m"] / (state["s"].sqrt() + eps)


mine = Implementation("mine", arrays="torch"%s)
mine.optimizer("adam")(torch_optimizer(Wrong))
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.py"
    file.write_text(WRONG % ', claims={"adam": "torch"}')
    return file


@pytest.mark.parametrize("dtype", zoo.DTYPES)
def test_a_wrong_claim_fails_and_says_which_axis_which_step_and_which_values(wrong: Path, dtype: str) -> None:
    found = zoo.judged(load(str(wrong)), "adam", dtype)

    assert ("unique", "hat", False, False) == (
        found.verdict, found.dialect["epsilon_place"], found.agrees, found.passes,
    )  # fmt: skip
    assert VENDORS["torch"].rows["adam"].axes == found.claimed
    shown = found.counterexample
    assert shown is not None
    assert (
        f"epsilon_place: claimed outside, measured hat; step {shown.steps}: got {shown.got!r}, exact {shown.exact}"
        == (found.message)
    )


def test_the_code_that_shows_a_wrong_claim_runs_as_pasted_in_a_fresh_process(wrong: Path) -> None:
    shown = zoo.judged(load(str(wrong)), "adam").counterexample
    assert shown is not None

    run = subprocess.run([sys.executable, "-c", shown.snippet], capture_output=True, text=True, check=True)

    assert (repr(shown.got) + "\n", "") == (run.stdout, run.stderr)


def test_without_a_claim_the_same_class_is_identified_and_passes(tmp_path: Path) -> None:
    file = tmp_path / "unclaimed.py"
    file.write_text(WRONG % "")

    found = zoo.judged(load(str(file)), "adam")

    assert ("unique", None, None, "identified, nothing claimed", True) == (
        found.verdict, found.claimed, found.agrees, found.message, found.passes,
    )  # fmt: skip


# -- claims by name and by axis values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "claim", "agrees"),
    [
        (HAT, "keras", True),
        (HAT, "torch", False),
        (TORCH, "torch", True),
        (TORCH, "keras", False),
        (HAT, {"epsilon_place": "hat"}, True),
        (HAT, {"epsilon_place": "inside"}, False),
        (HAT, {"epsilon_place": "hat", "weight_decay_form": "l2"}, False),
    ],
)
def test_a_claim_agrees_if_every_axis_does(dialect: Mapping[str, str], claim: Any, agrees: bool) -> None:
    found = adam(dialect, claim)

    assert ("unique", agrees, agrees) == (found.verdict, found.agrees, found.passes)
    assert agrees == (found.counterexample is None)
    assert agrees == (found.message == "")


def test_every_axis_that_disagrees_is_named() -> None:
    found = adam(HAT, "torch")

    assert "epsilon_place: claimed outside, measured hat" in found.message
    assert "weight_decay_form: claimed l2, measured decoupled" in found.message


def test_an_axis_whose_option_is_not_offered_is_left_out_of_the_comparison() -> None:
    library = zoo.implementation(ADAM, HAT, offered=frozenset(), claims={"adam": {"weight_decay_form": "l2"}})

    found = zoo.judged(library, "adam")

    assert (None, True) == (found.dialect["weight_decay_form"], found.agrees)


@pytest.mark.parametrize("claim", ["inside", "inside_guarded"])
def test_a_list_agrees_with_each_of_its_values(claim: str) -> None:
    law = rule("adagrad")
    library = zoo.implementation(
        law, law.complete({"epsilon_place": "inside"}), claims={"adagrad": {"epsilon_place": claim}}
    )

    found = zoo.judged(library, "adagrad")

    assert (["inside", "inside_guarded"], True) == (found.dialect["epsilon_place"], found.agrees)


def test_a_list_disagrees_with_a_value_that_it_lacks() -> None:
    law = rule("adagrad")
    library = zoo.implementation(law, law.complete({"epsilon_place": "inside"}), claims={"adagrad": "torch"})

    found = zoo.judged(library, "adagrad")

    assert (False, False) == (found.agrees, found.passes)
    assert found.counterexample is not None


def test_a_claim_of_what_is_no_dialect_disagrees() -> None:
    found = zoo.judged(zoo.implementation(ADAM, TORCH, "betas_swapped", claims={"adam": "torch"}), "adam")

    assert ("none", "betas_swapped", False, False) == (found.verdict, found.named_error, found.agrees, found.passes)
    assert found.counterexample is not None
    assert {"epsilon_place": "outside", "bias_correction": "both"} == found.counterexample.dialect


# -- --like ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("like", ["keras", {"epsilon_place": "hat"}, {"epsilon_place": "hat", "gain": "one"}])
def test_like_replaces_a_wrong_claim(like: Any) -> None:
    found = adam(HAT, "torch", like=like)

    assert (True, True) == (found.agrees, found.passes)
    assert found.claimed is not None
    assert "hat" == found.claimed["epsilon_place"]


@pytest.mark.parametrize("like", ["torch", {"epsilon_place": "inside"}])
def test_like_replaces_a_right_claim(like: Any) -> None:
    found = adam(HAT, "keras", like=like)

    assert (False, False) == (found.agrees, found.passes)


def test_like_a_vendor_that_lacks_the_rule_compares_nothing() -> None:
    assert "rmsprop" not in VENDORS["sklearn"].rows
    law = rule("rmsprop")
    library = zoo.implementation(law, law.complete({}), claims={"rmsprop": "torch"})

    found = zoo.judged(library, "rmsprop", like="sklearn")

    assert (None, None, "identified, nothing claimed") == (found.claimed, found.agrees, found.message)


def test_like_somebody_unknown_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(LookupError, match="no vendor is called 'tocrh'; did you mean 'torch'"):
        adam(HAT, like="tocrh")


# -- what cannot be decided, and what is not there ---------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "probe"), [("float64", "judge at a higher level"), ("float32", "judge float64")])
def test_what_the_cases_do_not_decide_is_ambiguous_and_says_what_would(
    dtype: str, probe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = judging.build_cases
    monkeypatch.setattr(judging, "build_cases", lambda *a, **k: every(*a, **k)[:1])  # one step: one learning rate
    law = rule("momentum")
    library = zoo.implementation(law, law.complete({"gain": "one_minus_momentum"}), offered=frozenset())

    found = zoo.judged(library, "momentum", dtype)

    assert ("ambiguous", False) == (found.verdict, found.passes)
    assert ["inside", "outside"] == found.dialect["learning_rate_place"]
    assert found.message.startswith(f"learning_rate_place inside or outside: no case in {dtype} decides; {probe}")


def test_a_rule_that_was_asked_for_and_is_not_offered_is_unsupported() -> None:
    run = judge(zoo.implementation(ADAM, HAT), Request(rules=("adam", "rmsprop"), dtypes=("float32", "bfloat16")))

    assert [("adam", "float32", "unique"), ("adam", "bfloat16", "unsupported")] + [
        ("rmsprop", dtype, "unsupported") for dtype in ("float32", "bfloat16")
    ] == [(result.rule, result.dtype, result.verdict) for result in run.results]


def test_without_a_request_every_rule_on_offer_is_judged_in_both_dtypes() -> None:
    run = judge(zoo.implementation(ADAM, HAT, offered=frozenset()))

    assert [("adam", "float64"), ("adam", "float32")] == [(result.rule, result.dtype) for result in run.results]


# -- real frameworks ---------------------------------------------------------------------------------------------------


@pytest.mark.peers
@pytest.mark.parametrize(("like", "agrees"), [(None, True), ("torch", False)])
@pytest.mark.parametrize("name", ["keras/torch", "keras/jax", "optax"])
def test_a_framework_is_what_it_claims_and_not_what_torch_is(name: str, like: str | None, agrees: bool) -> None:
    (run,) = judge_in_workers([row(name)], Request(rules=("adagrad",), dtypes=("float64",), like=like))

    assert isinstance(run, Run)
    assert [("unique", agrees)] == [(result.verdict, result.agrees) for result in run.results]
