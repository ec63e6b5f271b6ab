"""How well programs explain what an implementation did: |got − exact| / E for every step and coordinate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from typing import TypeGuard

from flint import arb, ctx

from gradspec.reference.arithmetic import Arithmetic, arithmetic
from gradspec.reference.evaluate import PRECISION, Field, Gradient, Prediction, Run
from gradspec.reference.functions import predict_arrays
from gradspec.reference.generate import ball
from gradspec.reference.special import REFUSED, has_specials, kinds
from gradspec.reference.tree import FIELD, GIVEN
from gradspec.spec import Program, Rule
from gradspec.spec.program import gradient_points

from .case import AnyCase, Case, FunctionCase, Outcome, SampleCase, Slopes
from .laws import deviations
from .programs import program_of

K = 2  # the project's one factor: accepted is |got − exact| ≤ K·E


@dataclass(frozen=True, slots=True)
class Scores:
    """Per step and coordinate the score, or None where nothing can be decided (the accepted set is unbounded)."""

    rows: tuple[tuple[float | None, ...], ...]

    @property
    def worst(self) -> float:
        return max((s for row in self.rows for s in row if s is not None), default=0.0)

    @property
    def accepted(self) -> bool:
        return self.worst <= K

    def first_rejection(self) -> tuple[int, int] | None:
        """Step (from 0) and coordinate of the first rejected element, the worst coordinate of its step."""
        for step, row in enumerate(self.rows):
            rejected = [(s, i) for i, s in enumerate(row) if s is not None and s > K]
            if rejected:
                return step, max(rejected)[1]
        return None


def score(program: Program, case: AnyCase, outcome: Outcome, how: Arithmetic) -> Scores:
    """Judge one outcome against one program, every step anchored at the observed parameter."""
    if isinstance(case, SampleCase):
        return Scores(((float("inf") if deviations(program, case, outcome) else 0.0,),))
    if is_special(case):
        return _special(program, case, outcome)
    largest = ball(how.storage.largest)
    rows = [
        tuple(
            p.score(x) if p.informative and _fits(p, largest) else None for p, x in zip(predictions, got, strict=True)
        )
        for predictions, got in zip(predict(program, case, outcome, how), outcome.parameters, strict=True)
    ]
    if outcome.refused:  # right where the program is undefined
        undefined = any(score is None for row in rows for score in row)
        return Scores(tuple(tuple(0.0 if undefined else float("inf") for _ in row) for row in rows))
    return Scores(tuple(rows))


def is_special(case: AnyCase) -> TypeGuard[FunctionCase]:
    """Whether the case holds infinities or NaN: what is judged then is where the outputs have them."""
    return isinstance(case, FunctionCase) and has_specials(case.arrays)


def _special(program: Program, case: FunctionCase, outcome: Outcome) -> Scores:
    """0 for every element of the kind that the program's own tree gives, infinity for the others."""
    expected = kinds(program, case.arrays, numbers(case))
    if outcome.refused:
        return Scores(tuple(tuple(0.0 if kind.name == REFUSED else inf for kind in row) for row in expected))
    return Scores(
        tuple(
            tuple(kind.score(x) for kind, x in zip(row, got, strict=True))
            for row, got in zip(expected, outcome.parameters, strict=True)
        )
    )


def _fits(prediction: Prediction, largest: arb) -> bool:
    """Whether the accepted set stays in the format; no case leaves it, but an implementation that runs away can."""
    return all((abs(value) + bound).upper() <= largest for value, bound, _ in prediction.worlds)


def predict(program: Program, case: AnyCase, outcome: Outcome, how: Arithmetic) -> list[list[Prediction]]:
    """Return, for every step, the accepted sets around the exact continuation of what was observed."""
    precision = PRECISION
    while True:
        with ctx.workprec(precision):
            if isinstance(case, FunctionCase):
                found = predict_arrays(program, anchored(program, case, outcome).arrays, numbers(case), how)
            else:
                assert isinstance(case, Case)
                found = _predict(program, case, outcome, how)
            if precision > 4000 or all(_sharp(p) for row in found for p in row):
                return found
        precision *= 2


def anchored(program: Program, case: FunctionCase, outcome: Outcome) -> FunctionCase:
    """The case with what a layer was seen to keep and to draw."""
    arrays = (outcome.seen.get(a.name, given) for a, given in zip(program.arrays, case.arrays, strict=True))
    return replace(case, arrays=tuple(arrays)) if outcome.seen else case


def _sharp(prediction: Prediction) -> bool:
    """Whether the enclosure of the exact value is far narrower than the bound it is used against."""
    return all(
        not bound.is_finite() or not value.is_finite() or value.rad() * 2**20 <= bound
        for value, bound, _ in prediction.worlds
    )


def _predict(program: Program, case: Case, outcome: Outcome, how: Arithmetic) -> list[list[Prediction]]:
    as_field = not _supplied(program, case, outcome)
    run = Run(program, numbers(case), len(case.w), gradient=FIELD if as_field else GIVEN, how=how)
    observed: tuple[float, ...] = case.w
    rows = []
    for k, (given, rate) in enumerate(zip(case.steps, case.learning_rates, strict=True)):
        gradient: Gradient
        if as_field:
            assert isinstance(given, Slopes)
            gradient = Field(given.slope, given.offset)
        else:
            assert isinstance(given, tuple) or outcome.gradients is not None
            gradient = outcome.gradients[k] if outcome.gradients is not None else given  # type: ignore[assignment]
        rows.append(run.step(observed, gradient, rate))
        observed = outcome.parameters[k]
    return rows


def _supplied(program: Program, case: Case, outcome: Outcome) -> bool:
    """Whether the gradients that were handed out are those the program asks for."""
    if not any(isinstance(step, Slopes) for step in case.steps):
        return True
    return outcome.gradients is not None and at_parameter(program)


@lru_cache(maxsize=4096)
def at_parameter(program: Program) -> bool:
    """Whether the program asks for the gradient at the parameter and nowhere else."""
    return gradient_points(program) <= {program.parameter}


def numbers(case: AnyCase) -> dict[str, float]:
    """The numeric hyperparameters and options of a case."""
    return {**case.hyperparameters, **{k: v for k, v in case.options.items() if not isinstance(v, bool)}}


def declared(dtype: str, operations: Mapping[str, str], subnormal: str) -> Arithmetic:
    """The arithmetic that an implementation declares for `dtype`."""
    return arithmetic(dtype, operations=operations.get(dtype), flush=subnormal == "flush")


def program_for(rule: Rule, dialect: Mapping[str, str], case: AnyCase, error: str | None = None) -> Program:
    """The program that a dialect (perhaps with a named error) means for `case`."""
    if error is not None and (under := rule.error(error).under) is not None and under not in case.switched_on:
        error = None
    return program_of(rule, dialect, case.switched_on, error)
