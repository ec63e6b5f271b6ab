"""How fast the reference is on one core, in processor time; printed, never asserted, since a busy machine is no defect."""

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from flint import ctx

from gradspec.reference.arithmetic import Arithmetic, arithmetic
from gradspec.reference.evaluate import PRECISION, Run, chosen
from gradspec.spec import of_kind, rule

pytestmark = pytest.mark.benchmark

COORDINATES = 1000
GOALS = {"exact": 100_000, "bounded": 25_000}


def updates_per_second(name: str, how: Arithmetic | None) -> float:
    """Return the best of five vectors of scalar updates, after one that compiles and warms up."""
    program, settings = chosen(rule(name), {}, {})
    w, gradient = [0.5] * COORDINATES, [0.25] * COORDINATES
    best = float("inf")
    with ctx.workprec(PRECISION):
        run = Run(program, settings, COORDINATES, how=how)
        step: Callable[..., Any] = run.exact if how is None else run.step
        for _ in range(6):
            begin = time.process_time()
            step(w, gradient, Fraction(1, 1000))
            best = min(best, time.process_time() - begin)
    return COORDINATES / best


@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_scalar_updates_per_second(name: str) -> None:
    for kind, how in (("exact", None), ("bounded", arithmetic("float32"))):
        speed = updates_per_second(name, how)
        goal = f" (goal {GOALS[kind]:,})" if name == "adam" else ""
        print(f"{name}: {speed:,.0f} {kind} updates per second{goal}")

        assert speed > 0
