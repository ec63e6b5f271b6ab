"""Runs a program as an ideal implementation: exact arithmetic, its parameter rounded to the dtype after every step."""

from __future__ import annotations

from flint import arb, ctx

from gradspec.reference.arithmetic import Format, number_format
from gradspec.reference.evaluate import PRECISION, Field, Imprecise, Run
from gradspec.reference.functions import exactly
from gradspec.reference.special import REFUSED, kinds
from gradspec.reference.tree import FIELD, GIVEN
from gradspec.spec import Program

from .case import AnyCase, Case, FunctionCase, Outcome, Slopes
from .scoring import at_parameter, is_special, numbers
from .session import gradient_at


def simulate(program: Program, case: AnyCase) -> Outcome:
    """What an implementation of `program` without rounding errors of its own would return."""
    if is_special(case):
        expected = kinds(program, case.arrays, numbers(case))
        refused = any(kind.name == REFUSED for row in expected for kind in row)
        return Outcome(tuple(tuple(kind.example for kind in row) for row in expected), None, refused=refused)
    number = number_format(case.dtype)
    if isinstance(case, FunctionCase):
        with ctx.workprec(PRECISION):
            outputs = exactly(program, case.arrays, numbers(case))
        return Outcome(tuple(tuple(rounded(x, number) for x in row) for row in outputs), None)
    assert isinstance(case, Case)
    field = any(isinstance(step, Slopes) for step in case.steps) and not at_parameter(program)
    with ctx.workprec(PRECISION):
        run = Run(program, numbers(case), len(case.w), gradient=FIELD if field else GIVEN)
        current: tuple[float, ...] = case.w
        rows, handed_out = [], []
        for given, rate in zip(case.steps, case.learning_rates, strict=True):
            supplied = gradient_at(given, current, case.dtype)
            gradient = Field(given.slope, given.offset) if field and isinstance(given, Slopes) else supplied
            try:
                found = run.exact(current, gradient, rate)
            except Imprecise:
                found = [arb.nan() for _ in current]
            current = tuple(rounded(x, number) for x in found)
            rows.append(current)
            handed_out.append(supplied)
    return Outcome(tuple(rows), None if field else tuple(handed_out))


def rounded(value: arb, number: Format) -> float:
    """The nearest number of the format to the centre of a ball; NaN and infinities where there is none."""
    if not value.is_finite():
        return float("nan")
    mantissa, exponent = value.mid().man_exp()
    return number.nearest(int(mantissa), int(exponent))
