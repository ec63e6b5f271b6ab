"""Vectors judge implementations in other languages without code of ours: the runners in Node and in C++, with an Adam each."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gradspec.conformance.vectors.building import files_of

EXAMPLES = Path(__file__).parents[1] / "examples" / "vectors"
RIGHT = "bias_correction=both epsilon_place=outside weight_decay_form=l2"
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.peers

HAT = ("Math.sqrt(1 - beta2 ** (k + 1))", "std::sqrt(1 - std::pow(beta2, Real(t)))")

# What is written, what is put in its place in each language, and what is left then. No change: the sample is right.
CHANGES: Mapping[str, tuple[str, str, str, str]] = {
    "right": ("", "", "", RIGHT),
    "hat": ("+ epsilon)", f"+ epsilon / {HAT[0]})", f"+ epsilon / {HAT[1]})", RIGHT.replace("outside", "hat")),
    "inside": (
        "(root + epsilon)", "Math.sqrt(root * root + epsilon)", "std::sqrt(root * root + epsilon)",
        RIGHT.replace("outside", "inside"),
    ),
    "second_moment_averaged_with_beta1": ("beta2 * v[i] + (1 - beta2) * g", *["beta1 * v[i] + (1 - beta1) * g"] * 2, ""),
    "second_moment_decayed_with_beta1": ("beta2 * v[i] +", *["beta1 * v[i] +"] * 2, ""),
    "epsilon forgotten": ("(root + epsilon)", "root", "root", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    for name, text in files_of("adam").items():
        (folder / name).write_text(text)
    return folder


def changed(file: str, target: Path, before: str, after: str) -> None:
    """A copy of a sample, one expression of it changed."""
    text = (EXAMPLES / file).read_text()
    assert not before or 1 == text.count(before)
    target.write_text(text.replace(before, after) if before else text)


def node(folder: Path, change: str) -> list[str]:
    before, after, _, _ = CHANGES[change]
    program = shutil.which("node")
    assert program is not None, "the runner in Node needs Node; install it"
    changed("adam.mjs", folder / "adam.mjs", before, after)
    return [program, str(EXAMPLES / "run.mjs"), str(folder / "adam.mjs")]


def cpp(folder: Path, change: str) -> list[str]:
    before, _, after, _ = CHANGES[change]
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    assert compiler is not None, "the runner in C++ needs a compiler; install one"
    changed("run.cpp", folder / "run.cpp", before, after)
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run([compiler, "-std=c++17", *warnings, "-o", str(folder / "run"), str(folder / "run.cpp")], check=True)
    return [str(folder / "run")]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("language", [node, cpp])
def test_a_runner_says_which_dialect_is_left(
    language: Callable[[Path, str], list[str]], change: str, vectors: Path, tmp_path: Path
) -> None:
    command = language(tmp_path, change)
    left = CHANGES[change][3]
    for dtype in ("float64", "float32"):
        files = sorted(str(path) for path in vectors.glob(f"adam.*.{dtype}.json"))
        done = subprocess.run([*command, *files], capture_output=True, text=True, timeout=60)
        lines = done.stdout.splitlines()

        assert (0 if left else 1, "") == (done.returncode, done.stderr)
        if left:
            assert ["10 vectors leave", f"  {left}"] == lines
        else:
            assert "10 vectors leave no dialect" == lines[-1]
            assert f"adam/{dtype}/plain/" in lines[0]


def test_the_runner_in_node_has_forty_lines() -> None:
    lines = (EXAMPLES / "run.mjs").read_text().splitlines()

    assert 40 >= sum(bool(line.strip()) and not line.startswith("//") for line in lines)
