"""A case as a vector: the question as the protocol puts it, and for every dialect the numbers that are right."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any

from flint import arb, ctx

from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.evaluate import PRECISION, Field, Imprecise, Run
from gradspec.reference.functions import exactly, output_shapes
from gradspec.reference.tree import FIELD, GIVEN
from gradspec.spec import Program, Rule
from gradspec.spec import rule as find_rule

from ..case import Case, FunctionCase, Slopes
from ..judging import essence
from ..programs import program_of
from ..scoring import is_special, numbers
from ..stdio.framing import number, tensor
from ..stdio.framing import numbers as elements
from ..stdio.requests import KINDS, gradients, request
from .enclosing import Allowed, Refused, Row, allowed
from .rounding import decimal, digits

Json = Mapping[str, Any]
HASHED = ("question", "expect")


@dataclass(frozen=True)
class Expectation:
    """The dialects, as far as the case shows them, that allow the same; no `rows` where they refuse the arguments."""

    program: Program
    dialects: tuple[Mapping[str, str], ...]
    rows: tuple[Row, ...] | None

    def accepts(self, parameters: Sequence[Sequence[float]], refused: bool) -> bool:
        """Whether these numbers, or a refusal, are right."""
        if refused or self.rows is None:
            return refused and self.rows is None
        return all(
            one.holds(x)
            for row, got in zip(self.rows, parameters, strict=True)
            for one, x in zip(row, got, strict=True)
        )

    def excludes(self, other: Expectation) -> bool:
        """Whether nothing is right for both."""
        if self.rows is None or other.rows is None:
            return self.rows is not other.rows
        return any(
            not one.meets(two)
            for row, others in zip(self.rows, other.rows, strict=True)
            for one, two in zip(row, others, strict=True)
        )


@dataclass(frozen=True)
class Stated:
    """A case with what each dialect of its rule allows."""

    case: Case | FunctionCase
    expectations: tuple[Expectation, ...]

    @cached_property
    def apart(self) -> list[tuple[Expectation, Expectation]]:
        """The pairs of expectations that nothing can meet both of."""
        found = self.expectations
        return [(a, b) for k, a in enumerate(found) for b in found[k + 1 :] if a.excludes(b)]


def state(rule: Rule, case: Case | FunctionCase) -> Stated:
    """Return the case with the numbers that every dialect of the rule allows."""
    programs: dict[object, tuple[Program, list[Mapping[str, str]]]] = {}
    for dialect in rule.dialects(case.switched_on, frozenset(o.name for o in rule.options)):
        program = essence(program_of(rule, dialect, case.switched_on))
        programs.setdefault(program.key, (program, []))[1].append(dialect)
    found: dict[tuple[Row, ...] | None, tuple[Program, list[Mapping[str, str]]]] = {}
    for program, dialects in programs.values():
        found.setdefault(_rows(program, case), (program, []))[1].extend(dialects)
    return Stated(case, tuple(Expectation(p, tuple(dialects), rows) for rows, (p, dialects) in found.items()))


def _rows(program: Program, case: Case | FunctionCase) -> tuple[Row, ...] | None:
    try:
        return allowed(program, case, arithmetic(case.dtype))
    except Refused:
        return None


def vector(stated: Stated, hunts: Sequence[str]) -> Json:
    """Return a case as it stands in a file."""
    case = stated.case
    found: dict[str, Any] = {
        "id": case.name, "rule": case.rule, "dtype": case.dtype, "level": case.level, "why": case.why,
        "hunts": list(hunts), "question": question(case),
        "expect": [_expectation(one, case) for one in stated.expectations],
    }  # fmt: skip
    return {**found, "decimals": decimals(found["question"]), "hash": content_hash(found)}


def content_hash(found: Json) -> str:
    """Return what tells two vectors apart: 16 digits of the hash of the question and what is expected."""
    return hashlib.sha256(canonical({key: found[key] for key in HASHED}).encode()).hexdigest()[:16]


def canonical(data: Any) -> str:
    """Return JSON as it is hashed: keys in order, no space, ASCII."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def question(case: Case | FunctionCase) -> Json:
    """Return what the protocol would put to a program; a layer is asked as a function of all its arrays."""
    rule = find_rule(case.rule)
    if rule.kind in KINDS:
        message = request(case, case.name, {}).message
        return {key: value for key, value in message.items() if key not in ("type", "id")}
    assert isinstance(case, FunctionCase)
    asked = gradients(rule) & case.switched_on
    return {
        "rule": case.rule, "mode": "derivative" if asked else "function", "dtype": case.dtype,
        "hyperparameters": {k: _bits(v) for k, v in case.hyperparameters.items()},
        "options": {k: v if v is True else _bits(v) for k, v in case.options.items() if k not in asked},
        "arrays": {
            array.name: tensor(values.numbers, values.shape, case.dtype)
            for array, values in zip(program_of(rule, {}, case.switched_on).arrays, case.arrays, strict=True)
        },
    }  # fmt: skip


def _bits(value: float) -> str:
    return str(tensor([value], [], "float64")["data"])


def decimals(asked: Any) -> Any:
    """Return the numbers of a question for people, in the place of their bits; settings are doubles."""
    if isinstance(asked, Mapping) and "data" in asked:
        return [decimal(x, asked["dtype"]) for x in elements(asked)]
    if isinstance(asked, Mapping):
        texts = ("rule", "mode", "dtype")
        return {key: decimals(value) for key, value in asked.items() if key not in texts}
    if isinstance(asked, list):
        return [decimals(one) for one in asked]
    return decimal(number(asked), "float64") if isinstance(asked, str) else asked


def _expectation(one: Expectation, case: Case | FunctionCase) -> Json:
    dialects = [dict(dialect) for dialect in one.dialects]
    if one.rows is None:
        return {"dialects": dialects, "refused": True}
    exact = _exact(one.program, case)
    outputs = []
    for (name, shape), row, values in zip(_names(one.program, case), one.rows, exact, strict=True):
        outputs.append({"name": name, "shape": list(shape), "dtype": case.dtype, "y": values, **_bounds(row, case)})
    return {"dialects": dialects, "outputs": outputs}


def _names(program: Program, case: Case | FunctionCase) -> Iterator[tuple[str, tuple[int, ...]]]:
    if isinstance(case, FunctionCase):
        targets = (str(getattr(target, "base", target)) for target in program.update)
        yield from zip(targets, output_shapes(program, case.arrays), strict=True)
        return
    for step in range(1, len(case.steps) + 1):
        yield f"{program.parameter} after step {step}", case.shape or (len(case.w),)


def _bounds(row: Row, case: Case | FunctionCase) -> Json:
    """The smallest and the largest number that is right, element by element, and what is not one interval."""

    def written(values: Sequence[float]) -> str:
        return str(tensor(values, [len(values)], case.dtype)["data"])

    ends = [_ends(one) for one in row]
    found: dict[str, Any] = {"lo": written([low for low, _ in ends]), "hi": written([high for _, high in ends])}
    if either := {str(i): one for i, one in enumerate(row) if len(one.intervals) > 1}:
        found["either"] = {
            i: [[written([_down(low)]), written([_up(high)])] for low, high in one.intervals]
            for i, one in either.items()
        }
    if nans := [i for i, one in enumerate(row) if one.nan]:
        found["nan"] = nans
    return found


def _ends(one: Allowed) -> tuple[float, float]:
    """Both zeros lie between -0 and 0; no number lies between NaN and NaN."""
    return (_down(one.intervals[0][0]), _up(one.intervals[-1][1])) if one.intervals else (nan, nan)


def _down(low: float) -> float:
    return -0.0 if low == 0 else low


def _up(high: float) -> float:
    return 0.0 if high == 0 else high


def _exact(program: Program, case: Case | FunctionCase) -> list[list[str | None]]:
    """What comes out without any rounding, for people; None where that is no number."""
    if is_special(case):
        return [[None] * len(row) for row in allowed(program, case, arithmetic(case.dtype))]
    with ctx.workprec(PRECISION):
        if isinstance(case, FunctionCase):
            return [[digits(x) for x in row] for row in exactly(program, case.arrays, numbers(case))]
        field = any(isinstance(step, Slopes) for step in case.steps)
        run = Run(program, numbers(case), len(case.w), gradient=FIELD if field else GIVEN)
        current: Any = case.w
        rows: list[list[str | None]] = []
        for given, rate in zip(case.steps, case.learning_rates, strict=True):
            gradient = Field(given.slope, given.offset) if isinstance(given, Slopes) else given
            try:
                current = run.exact(current, gradient, rate)
            except Imprecise:
                current = [arb.nan()] * len(case.w)
            rows.append([digits(x) for x in current])
        return rows
