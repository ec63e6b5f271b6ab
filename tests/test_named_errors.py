"""The judge on trial: every known mistake, made by somebody else, is called by its name and shown by a short run."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradspec.conformance import Counterexample, Result, linear_gradient, load
from gradspec.spec import rule

from . import zoo

Dialect = dict[str, str]
ROOT = Path(__file__).parents[1]
MANY_STEPS = 3

ALL = [
    (name, error.name, dialect)
    for name in zoo.RULES
    for error in rule(name).errors
    for dialect in zoo.dialects_of(rule(name), error.name)
]
FIRST = list({(name, error): (name, error, dialect) for name, error, dialect in reversed(ALL)}.values())[::-1]

# Only the option that shows the mistake is on offer.
FILE = """\
import sys

sys.path.insert(0, {root!r})
from tests import zoo
from gradspec.spec import rule

mistaken = zoo.implementation(rule({name!r}), {dialect!r}, {error!r}, offered=frozenset({offered!r}))
"""

# Runs every text of a list as a program of its own, and writes what each has printed.
RUNNER = """\
import contextlib, io, json, sys

printed = []
for snippet in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(snippet, {"__name__": "__main__"})
    printed.append(output.getvalue().strip())
json.dump(printed, sys.stdout)
"""


def label(value: Any) -> str | None:
    return "-".join(value.values()) if isinstance(value, dict) else None


def check(found: Result, error: str) -> Counterexample:
    assert ("none", error) == (found.verdict, found.named_error)
    assert error in found.message
    assert found.counterexample is not None
    assert found.counterexample.steps <= MANY_STEPS
    assert found.counterexample.steps == len(found.counterexample.inputs["gradients"])
    assert 1 == len(found.counterexample.inputs["w"])
    return found.counterexample


@pytest.mark.parametrize("dtype", zoo.DTYPES)
def test_a_known_mistake_is_named_and_its_counterexample_prints_what_was_got_as_pasted(
    dtype: str, tmp_path: Path
) -> None:
    shown = []
    for name, error, dialect in FIRST:
        under = rule(name).error(error).under
        offered = () if under is None else rule(name).switched_on(under)
        file = tmp_path / f"{error}.py"
        file.write_text(FILE.format(root=str(ROOT), name=name, dialect=dialect, error=error, offered=offered))
        shown.append(check(zoo.judged(load(str(file)), name, dtype), error))

    command = [sys.executable, "-c", RUNNER]
    texts = json.dumps([example.snippet for example in shown])
    run = subprocess.run(command, input=texts, capture_output=True, text=True, check=True)

    assert [repr(example.got) for example in shown] == json.loads(run.stdout)


def test_the_code_of_a_counterexample_rounds_a_gradient_once_as_the_harness_does() -> None:
    slope, point, offset = 0.53125, 0.492, 1.0
    once = float(Fraction(slope) * Fraction(point) + Fraction(offset))
    assert slope * point + offset != once

    given = linear_gradient([slope], [offset], np.array)(np.array([point]))

    assert [once] == given.tolist()


@pytest.mark.deep
@pytest.mark.parametrize("dtype", zoo.DTYPES)
@pytest.mark.parametrize(("name", "error", "dialect"), ALL, ids=label)
def test_a_known_mistake_is_named_on_every_dialect(name: str, error: str, dialect: Dialect, dtype: str) -> None:
    found = zoo.judged(zoo.implementation(rule(name), dialect, error), name, dtype)

    check(found, error)
