"""The real frameworks, judged by the command line, against what a survey of their sources and runs has found."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

import pytest

from gradspec.spec import catalogue

pytestmark = pytest.mark.peers

DTYPES = ("float64", "float32")

L2, DECOUPLED, ABSENT = ({"weight_decay_form": form} for form in ("l2", "decoupled", None))
EITHER = {"weight_decay_form": ["l2", "decoupled"]}  # without a buffer or a moment they are one function
INSIDE, OUTSIDE = ({"learning_rate_place": place} for place in ("inside", "outside"))
STORED = {"nesterov_form": "stored_look_ahead"}
# Only dampening tells first steps apart, and only torch has it.
PLAIN = {"gain": "one", "first_step": ["zeros", "gradient"]}
# They differ only where ε and the gradient are both zero.
GUARDED = {"epsilon_place": ["inside", "inside_guarded"]}

TORCH = {
    "gradient_descent": EITHER,
    "momentum": {**OUTSIDE, "gain": "one_minus_dampening", "first_step": "gradient", **L2},
    "nesterov": {**STORED, **OUTSIDE, **L2},
    "adagrad": {"epsilon_place": "outside", **L2},
    "rmsprop": {"epsilon_place": "outside", **OUTSIDE, **L2},
    "adam": {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": "raw", **L2},
}
KERAS = {
    "gradient_descent": EITHER,
    "momentum": {**INSIDE, **PLAIN, **DECOUPLED},
    "nesterov": {**STORED, **INSIDE, **DECOUPLED},
    "adagrad": {**GUARDED, **DECOUPLED},
    "rmsprop": {"epsilon_place": "inside", **INSIDE, **DECOUPLED},
    "adam": {"epsilon_place": "hat", "bias_correction": "both", "amsgrad_max": "raw", **DECOUPLED},
}
OPTAX = {
    "gradient_descent": ABSENT,
    "momentum": {**OUTSIDE, **PLAIN, **ABSENT},
    "nesterov": {**STORED, **OUTSIDE, **ABSENT},
    "adagrad": {**GUARDED, **ABSENT},
    "rmsprop": {"epsilon_place": "inside", **INSIDE, **ABSENT},
    "adam": {"epsilon_place": "root_plus_outside", "bias_correction": "both", "amsgrad_max": "corrected", **ABSENT},
}
DIALECTS = {
    "torch/loop": TORCH,
    "torch/foreach": TORCH,
    "torch/fused": {rule: dialect for rule, dialect in TORCH.items() if rule != "rmsprop"},  # it has no fused one
    "keras/torch": KERAS,
    "keras/jax": KERAS,
    "optax": OPTAX,
}
EVERY = [(name, rule, dtype) for name, rules in DIALECTS.items() for rule in rules for dtype in DTYPES]

Results = dict[tuple[str, str, str], dict[str, Any]]


def judge(*names: str, rules: Iterable[str] = TORCH, more: Iterable[str] = ()) -> tuple[Results, float]:
    """Every result of one call of the command line, and the seconds that it took."""
    started = time.perf_counter()
    asked = [word for rule in rules for word in ("--rule", rule)]
    done = subprocess.run(
        [sys.executable, "-m", "gradspec.conformance", "judge", *names, *asked, *more, "--json", "-"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=580,
    )
    seconds = time.perf_counter() - started

    assert 0 == done.returncode
    runs = json.loads(done.stdout)["runs"]
    return {(run["implementation"], r["rule"], r["dtype"]): r for run in runs for r in run["results"]}, seconds


@pytest.fixture(scope="module")
def results() -> Results:
    return judge("torch/loop", "torch/foreach", "torch/fused", "keras", "optax")[0]


def test_every_rule_of_every_framework_is_judged(results: Results) -> None:
    assert set(EVERY) == {key for key, result in results.items() if result["verdict"] != "unsupported"}


def test_what_surrounds_the_optimizers_is_as_claimed_or_a_known_defect() -> None:
    others = [name for name, rule in catalogue().items() if rule.kind != "optimizer"]
    found, _ = judge("torch", "flax", "sklearn", "scipy", "kornia", rules=others, more=["--dtype", "float32"])
    judged = {key: r for key, r in found.items() if r["verdict"] != "unsupported"}
    defects = {key[:2] for key, r in judged.items() if r["expected"]}

    assert {("flax", "batch_normalization"), ("kornia", "shift")} == defects
    assert {key: r["message"] for key, r in judged.items() if not (r["expected"] or r["agrees"])} == {}
    assert {rule for _, rule, _ in judged} >= set(others) - {"l1", "l2", "clip_by_norm"}


@pytest.mark.parametrize(("name", "rule", "dtype"), EVERY)
def test_a_framework_is_found_to_do_what_the_survey_says(name: str, rule: str, dtype: str, results: Results) -> None:
    result = results[name, rule, dtype]

    assert "unique" == result["verdict"], result["message"]
    assert DIALECTS[name][rule] == result["dialect"]
    assert result["agrees"], result["message"]
    assert not result["expected"]
    assert result["worst"] < 1


@pytest.mark.parametrize(("rule", "dtype"), [(rule, dtype) for rule in TORCH for dtype in DTYPES])
def test_the_code_paths_of_torch_agree(rule: str, dtype: str, results: Results) -> None:
    found = [results[f"torch/{path}", rule, dtype] for path in ("loop", "foreach", "fused")]
    dialects = [result["dialect"] for result in found if result["verdict"] != "unsupported"]

    assert len(dialects) == (2 if rule == "rmsprop" else 3)
    assert [dialects[0]] * len(dialects) == dialects


@pytest.mark.benchmark
def test_the_time_to_judge_torch_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    found, seconds = judge("torch/loop", "torch/foreach", "torch/fused")
    with capsys.disabled():
        print(f"\ngradspec judge torch: {len(found)} results in {seconds:.1f} s; the goal is 60 s on 2 cores")

    assert found
