"""The judge as tests of somebody's own test file."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradspec.conformance import Implementation, checks, parametrize_with_checks
from gradspec.spec import catalogue


def adam(hat: bool = False, claim: str = "torch") -> Implementation:
    """Adam written down here; with `hat` the ε stands elsewhere than where PyTorch has it."""
    one = Implementation("mine", version="1", arrays="numpy", claims={"adam": claim})

    @one.optimizer("adam")
    def _(w: Any, *, beta1: float, beta2: float, epsilon: float) -> Any:
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0

        def step(gradient: Any, learning_rate: float) -> Any:
            nonlocal w, m, v, t
            t += 1
            m = beta1 * m + (1 - beta1) * gradient
            v = beta2 * v + (1 - beta2) * gradient * gradient
            scale = np.sqrt(v) / np.sqrt(1 - beta2**t)
            small = epsilon / np.sqrt(1 - beta2**t) if hat else epsilon
            w = (w - learning_rate * (m / (1 - beta1**t)) / (scale + small)).astype(w.dtype)
            return w

        return step

    return one


def failures(implementation: Implementation) -> dict[str, str]:
    told = {}
    for check in checks(implementation, dtypes=["float64"], level=1):
        try:
            check()
        except AssertionError as failure:
            told[str(check)] = str(failure)
    return told


def test_every_check_of_a_right_implementation_passes() -> None:
    assert {} == failures(adam())


def test_what_is_not_as_claimed_fails_with_what_was_claimed_and_how_to_see_it() -> None:
    told = failures(adam(hat=True))

    assert "mine-adam-float64-verdict" in told
    assert len(told) > 1
    assert "epsilon_place: claimed outside, measured hat" in told["mine-adam-float64-verdict"]
    assert all("claimed: epsilon_place=outside" in message for message in told.values())
    assert all("to see it alone:" in message for message in told.values())


def test_a_claim_that_is_right_passes_whatever_it_is() -> None:
    assert {} == failures(adam(hat=True, claim={"epsilon_place": "hat"}))  # type: ignore[arg-type]


def test_there_is_one_check_for_each_case_and_one_for_the_verdict() -> None:
    names = [str(check) for check in checks(adam(), level=2)]

    assert len(set(names)) == len(names)
    assert ["mine-adam-float64-verdict", "mine-adam-float32-verdict"] == [n for n in names if n.endswith("-verdict")]
    assert len(names) > 10


def test_rules_that_are_asked_for_and_not_offered_fail() -> None:
    (check,) = checks(adam(), rules=["rmsprop"], dtypes=["float64"])

    with pytest.raises(AssertionError, match="mine does not offer rmsprop"):
        check()


@pytest.mark.parametrize(("settings", "message"), [({"rules": ["adm"]}, "adam"), ({"dtypes": ["float46"]}, "float64")])
def test_names_that_are_none_are_refused_with_the_nearest(settings: dict[str, list[str]], message: str) -> None:
    with pytest.raises(LookupError, match=message):
        list(checks(adam(), **settings))  # type: ignore[arg-type]


def test_nothing_to_test_is_refused() -> None:
    with pytest.raises(ValueError, match="offer no rule"):
        parametrize_with_checks(Implementation("empty", arrays="numpy"))


FILE = """
import numpy as np
from gradspec.conformance import Implementation, parametrize_with_checks

mine = Implementation("mine", arrays="numpy", claims={"relu": "torch"})

@mine.function("relu")
def relu(x):
    return np.maximum(x, OFFSET).astype(x.dtype)

@parametrize_with_checks(mine, dtypes=["float64"], level=1)
def test_conforms(check):
    check()
"""


@pytest.mark.parametrize(("offset", "failed"), [("0", 0), ("-0.5", 1)])
def test_three_lines_in_a_test_file_are_enough(tmp_path: Path, offset: str, failed: int) -> None:
    file = tmp_path / "test_mine.py"
    file.write_text(FILE.replace("OFFSET", offset))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-rA", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ, timeout=300)

    assert failed == run.returncode
    assert ("FAILED" if failed else "PASSED") + " test_mine.py::test_conforms[mine-relu-float64-verdict]" in run.stdout
    assert "relu" in catalogue()
