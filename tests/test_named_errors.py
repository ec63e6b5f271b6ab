"""The judge on trial: every known mistake, made by somebody else, is called by its name and shown by a short run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradspec.conformance import Result, load
from gradspec.spec import rule

from . import zoo

Dialect = dict[str, str]
Mistake = tuple[str, str, Dialect]
ROOT = Path(__file__).parents[1]
MANY_STEPS = 3

ALL = [
    (name, error.name, dialect)
    for name in zoo.RULES
    for error in rule(name).errors
    for dialect in zoo.dialects_of(rule(name), error.name)
]
FIRST = list({(name, error): (name, error, dialect) for name, error, dialect in reversed(ALL)}.values())[::-1]

FILE = """\
import sys

sys.path.insert(0, {root!r})
from tests import zoo
from gradspec.spec import rule

mistaken = zoo.implementation(rule({name!r}), {dialect!r}, {error!r})
"""


def label(value: Any) -> str | None:
    return "-".join(value.values()) if isinstance(value, dict) else None


def check(found: Result, error: str) -> None:
    assert ("none", error) == (found.verdict, found.named_error)
    assert found.counterexample is not None
    assert found.counterexample.steps <= MANY_STEPS
    assert found.counterexample.steps == len(found.counterexample.inputs["gradients"])
    assert isinstance(found.counterexample.inputs["w"], float)  # one coordinate
    assert error in found.message


@pytest.mark.parametrize("dtype", zoo.DTYPES)
@pytest.mark.parametrize(("name", "error", "dialect"), FIRST, ids=label)
def test_a_known_mistake_is_named(name: str, error: str, dialect: Dialect, dtype: str) -> None:
    check(zoo.judged(zoo.implementation(rule(name), dialect, error), name, dtype), error)


@pytest.mark.deep
@pytest.mark.parametrize("dtype", zoo.DTYPES)
@pytest.mark.parametrize(("name", "error", "dialect"), ALL, ids=label)
def test_a_known_mistake_is_named_on_every_dialect(name: str, error: str, dialect: Dialect, dtype: str) -> None:
    check(zoo.judged(zoo.implementation(rule(name), dialect, error), name, dtype), error)


def test_a_known_mistake_that_changes_no_formula_of_a_dialect_is_that_dialect() -> None:
    dialect = rule("adam").complete({"bias_correction": "none"})
    assert not zoo.changed(rule("adam"), dialect, "step_counted_from_two")

    found = zoo.judged(zoo.implementation(rule("adam"), dialect, "step_counted_from_two"), "adam")

    assert ("unique", "none") == (found.verdict, found.dialect["bias_correction"])


@pytest.fixture(scope="module", params=zoo.DTYPES)
def replayed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """For every known mistake the value that its counterexample states, and the one its code prints, as pasted."""
    folder = tmp_path_factory.mktemp("mistakes")
    processes = []
    for name, error, dialect in FIRST:
        file = folder / f"{error}.py"
        file.write_text(FILE.format(root=str(ROOT), name=name, dialect=dialect, error=error))
        found = zoo.judged(load(str(file)), name, request.param).counterexample
        assert found is not None
        command = [sys.executable, "-c", found.snippet]
        processes.append((repr(found.got), subprocess.Popen(command, stdout=subprocess.PIPE, text=True)))
    return [(got, process.communicate()[0].strip()) for got, process in processes]


def test_the_code_of_a_counterexample_prints_what_was_got(replayed: list[tuple[str, str]]) -> None:
    assert [got for got, _ in replayed] == [printed for _, printed in replayed]
