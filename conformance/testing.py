"""The judge as tests of somebody's own test file: one for each case, and one for each verdict on all of them.

    from gradspec.conformance import parametrize_with_checks
    from mylib.conformance import implementation

    @parametrize_with_checks(implementation)
    def test_conforms(check):
        check()

pytest is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gradspec.reference.arithmetic import number_format
from gradspec.spec import rule as find_rule

from .case import AnyCase
from .implementation import Implementation
from .judging import cases_for, judge_cases
from .trial import DEFAULT_DTYPES, Request, judge_one, run_one_case
from .verdict import Result

if TYPE_CHECKING:
    import pytest

BY_CASES = ("optimizer", "function")  # what is judged case by case; layers, samplers and monitors only as a whole
REFUTED = ("none", "mixed", "error")


@dataclass(frozen=True, slots=True)
class Check:
    """One test: a case of a rule in a dtype, or the verdict on all of its cases where `case` is None."""

    implementation: Implementation
    rule: str
    dtype: str
    request: Request
    case: AnyCase | None = None

    def __call__(self) -> None:
        """Raise `AssertionError` with one readable message where the implementation is none of the dialects allowed.

        A case allows every dialect that explains it and agrees with the claim, if there is one. The verdict is that of
        `gradspec judge`.
        """
        __tracebackhide__ = True
        if self.case is None:
            result = judge_one(self.implementation, self.rule, self.dtype, self.request)
            right = result.passes and result.verdict != "unsupported"
        else:
            rule, run = find_rule(self.rule), partial(run_one_case, self.implementation)
            offered = self.implementation.offers[self.rule].options
            result = judge_cases(self.implementation, rule, self.dtype, run, [self.case], offered)
            right = result.verdict not in (*REFUTED, "unsupported") and result.agrees is not False
        if not right:
            raise AssertionError(_told(self, result))

    def __str__(self) -> str:
        return f"{self.implementation.name}-{self.rule}-{self.dtype}-{self.case.name if self.case else 'verdict'}"


def _told(check: Check, result: Result) -> str:
    """What is wrong, with what it takes to see it alone."""
    lines = [f"{check}: {result.verdict}: {result.message}"]
    if result.claimed:
        lines.append(f"claimed: {', '.join(f'{axis}={value}' for axis, value in result.claimed.items())}")
    if result.counterexample is not None:
        lines += ["to see it alone:", result.counterexample.snippet]
    return "\n".join(lines)


def checks(
    implementation: Implementation,
    *,
    rules: Sequence[str] = (),
    dtypes: Sequence[str] = DEFAULT_DTYPES,
    level: int = 2,
    seed: int = 0,
) -> Iterator[Check]:
    """Yield the checks of an implementation: every rule that it offers (or those named) in every dtype.

    Raises `LookupError` for a rule or a dtype that is none, naming the nearest one.
    """
    for name in rules:
        find_rule(name)
    for dtype in dtypes:
        number_format(dtype)
    request = Request(rules=tuple(rules), dtypes=tuple(dtypes), level=level, seed=seed)
    for name in rules or implementation.offers:
        rule = find_rule(name)
        for dtype in dtypes:
            by_cases = rule.kind in BY_CASES and name in implementation.offers and dtype in implementation.dtypes
            for case in cases_for(implementation, rule, dtype, level, seed) if by_cases else ():
                yield Check(implementation, name, dtype, request, case)
            yield Check(implementation, name, dtype, request)


def parametrize_with_checks(
    implementations: Implementation | Sequence[Implementation],
    *,
    rules: Sequence[str] = (),
    dtypes: Sequence[str] = DEFAULT_DTYPES,
    level: int = 2,
    seed: int = 0,
) -> Callable[[Callable[..., None]], pytest.MarkDecorator]:
    """Return a decorator that runs a test once for every check of the implementations, as its argument `check`."""
    import pytest

    several = [implementations] if isinstance(implementations, Implementation) else list(implementations)
    found = [
        one
        for implementation in several
        for one in checks(implementation, rules=rules, dtypes=dtypes, level=level, seed=seed)
    ]
    if not found:
        raise ValueError("implementations: offer no rule, so that there is nothing to test; register a rule first")
    return pytest.mark.parametrize("check", found, ids=map(str, found))
