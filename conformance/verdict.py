"""What the judge says of one rule in one dtype; plain data, the same in a table, in JSON and in a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AxisResult = str | list[str] | None


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A run of at most a few steps on one coordinate that the nearest dialect does not allow."""

    inputs: Mapping[str, Any]
    steps: int
    got: float
    exact: str
    score: float
    dialect: Mapping[str, str]
    snippet: str

    def as_json(self) -> dict[str, Any]:
        got = self.got if self.got - self.got == 0 else str(self.got)
        return {
            "inputs": dict(self.inputs), "steps": self.steps, "got": got, "exact": self.exact,
            "score": self.score if self.score - self.score == 0 else None, "dialect": dict(self.dialect), "snippet": self.snippet,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the report."""

    rule: str
    dtype: str
    verdict: str  # unique, ambiguous, none, mixed, unsupported, error
    dialect: Mapping[str, AxisResult] = field(default_factory=dict)
    claimed: Mapping[str, str] | None = None
    agrees: bool | None = None
    expected: bool = False
    named_error: str | None = None
    worst: float | None = None
    cases: int = 0
    uninformative: int = 0
    counterexample: Counterexample | None = None
    message: str = ""
    unexpected_pass: bool = False

    @property
    def passes(self) -> bool:
        """Identified, in agreement with the claim if there is one; or a defect that was expected."""
        if self.unexpected_pass:
            return False
        return self.expected or self.verdict == "unsupported" or (self.verdict == "unique" and self.agrees is not False)

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule, "dtype": self.dtype, "verdict": self.verdict, "dialect": dict(self.dialect),
            "claimed": None if self.claimed is None else dict(self.claimed), "agrees": self.agrees, "expected": self.expected,
            "named_error": self.named_error, "worst": self.worst, "cases": self.cases, "uninformative": self.uninformative,
            "counterexample": self.counterexample.as_json() if self.counterexample else None, "message": self.message,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """All results of one implementation."""

    implementation: str
    version: str
    results: tuple[Result, ...]
    own: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "implementation": self.implementation,
            "version": self.version,
            "results": [r.as_json() for r in self.results],
        }
