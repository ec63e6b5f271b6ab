"""`gradspec judge --exec` as its users meet it, and the sample adapters in JavaScript and C++."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradspec.conformance import judge
from gradspec.conformance.stdio.client import connect

from . import forked
from .stdio import SERVED, command, gone


def gradspec(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = forked.run(["judge", *arguments], folder, os.environ)
    return done.returncode, done.stdout, done.stderr


def test_a_program_is_judged_from_the_command_line(tmp_path: Path) -> None:
    code, output, errors = gradspec(
        tmp_path, "--exec", shlex.join(command("honest")), "--dtype", "float64", "--json", "found.json"
    )

    assert (0, "") == (code, errors)
    assert "honest 1" in output
    assert output.endswith("3 results: 1 identified as claimed, 2 identified, nothing claimed\n")
    (run,) = json.loads((tmp_path / "found.json").read_text())["runs"]
    assert ("honest", ["unique"] * 3) == (run["implementation"], [r["verdict"] for r in run["results"]])


def test_a_program_is_judged_beside_others(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SERVED)
    code, output, _ = gradspec(
        tmp_path, "mine.py", "--exec", shlex.join(command("honest")), "--rule", "momentum", "--dtype", "float32"
    )

    assert 0 == code
    assert "honest 1" in output
    assert "mylib does not offer momentum" in output


def test_a_failure_and_noise_are_told_on_the_command_line(tmp_path: Path) -> None:
    code, output, _ = gradspec(tmp_path, "--exec", shlex.join(command("hostile", "leave")), "--dtype", "float64")

    assert 1 == code
    assert (
        "gradient_descent/float64/plain/one: crash: the program ended with exit status 3 before it answered" in output
    )
    assert output.endswith("3 results: 1 identified as claimed, 1 identified, nothing claimed, 1 failed\n")


def test_the_claim_of_the_command_line_replaces_that_of_the_program(tmp_path: Path) -> None:
    program = shlex.join(command("honest"))
    code, output, _ = gradspec(
        tmp_path, "--exec", program, "--rule", "momentum", "--like", "learning_rate_place=outside"
    )

    assert 1 == code
    assert "learning_rate_place: claimed outside, measured inside" in output
    assert "printf '%s\\n' '@gs1 {" in output


@pytest.mark.parametrize(
    ("program", "code", "message"),
    [
        ("/no/such/program --fast", 3, "/no/such/program --fast: cannot be started: No such file or directory"),
        (shlex.join(command("stranger", "gone")), 3, "crash: the program ended with exit status 7 before it answered"),
        (shlex.join(command("stranger", "unknown_rule")), 3, "no rule is called 'adma'; did you mean 'adam'?"),
        ("", 2, "--exec '': names no program; write for example --exec 'node adapter.mjs'"),
        ("node 'adapter", 2, "No closing quotation; quote it as for a shell"),
        ("echo $HOME | cat", 3, "crash: the program ended with exit status 0 before it answered"),
    ],
)
def test_what_cannot_start_is_one_line_and_an_exit_code(program: str, code: int, message: str, tmp_path: Path) -> None:
    found, output, errors = gradspec(tmp_path, "--exec", program)

    assert (code, "") == (found, output)
    assert 1 == errors.count("\n")
    assert message in errors


def test_a_program_that_keeps_dying_is_given_up_and_everything_reported(tmp_path: Path) -> None:
    code, output, _ = gradspec(tmp_path, "--exec", shlex.join(command("stranger", "dying")), "--json", "found.json")

    assert 4 == code
    assert "honest: given up: the program was started anew 10 times" in output
    (run,) = json.loads((tmp_path / "found.json").read_text())["runs"]
    assert ["error"] * 16 == [r["verdict"] for r in run["results"]]
    assert 11 == sum("crash" in r["message"] for r in run["results"])
    assert 5 == sum("not run: the program was started anew 10 times" in r["message"] for r in run["results"])


def test_an_interruption_of_the_judge_ends_the_program(tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = [sys.executable, "-m", "gradspec.conformance", "judge", "--exec", shlex.join(command("hostile", "hang"))]
    environment = os.environ | {"STDIO_ADAPTER_LOG": str(log)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as judging:
        while not (log.exists() and '"run"' in log.read_text()) and judging.poll() is None:
            time.sleep(0.05)
        judging.send_signal(signal.SIGINT)
        output, errors = judging.communicate(timeout=60)

    assert (4, "", "gradspec: interrupted; nothing was written\n") == (judging.returncode, output, errors)
    assert gone(int(log.read_text().split()[0]))


# -- sample adapters ---------------------------------------------------------------------------------------------------

EXAMPLES = Path(__file__).parents[1] / "examples" / "adapters"
DECK = {
    *("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam"),
    *("sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "softmax"),
    *("max_norm", "clip_by_value", "clip_by_norm", "clip_by_global_norm"),
}


@pytest.mark.parametrize("file", ["node/adapter.mjs", "cpp/adapter.cpp"])
def test_a_sample_adapter_has_80_lines_at_most(file: str) -> None:
    lines = (EXAMPLES / file).read_text().splitlines()

    assert len(lines) <= 80
    assert max(map(len, lines)) <= 120


def sample(language: str, folder: Path) -> list[str]:
    needed = {"node": "node", "cpp": "g++"}[language]
    assert shutil.which(needed), f"{needed} is not installed: install it, or leave out the tests marked `peers`"
    if language == "node":
        return ["node", str(EXAMPLES / "node" / "adapter.mjs")]
    flags = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["g++", *flags, str(EXAMPLES / "cpp" / "adapter.cpp"), "-o", str(folder / "adapter")], check=True)
    return [str(folder / "adapter")]


@pytest.mark.peers
@pytest.mark.parametrize("language", ["node", "cpp"])
def test_a_sample_adapter_is_identified_in_every_rule_of_the_deck(language: str, tmp_path: Path) -> None:
    with connect(sample(language, tmp_path)) as client:
        found = judge(client.implementation).results
        claimed = client.implementation.claims.keys()

    assert {(name, dtype) for name in DECK for dtype in ("float64", "float32")} == {(r.rule, r.dtype) for r in found}
    assert {("unique", True)} == {(r.verdict, r.passes) for r in found}
    assert {r.rule for r in found if r.agrees} == claimed
    assert [] == client.notes
