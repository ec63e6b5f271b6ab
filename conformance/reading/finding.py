"""What is found in a document, and what is found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .tree import Row

VERDICTS = ("correct", "convention", "assumption", "wrong", "slip", "unknown", "unreadable")


@dataclass(frozen=True, slots=True)
class Piece:
    """A row of a delimited formula, a block of code or a piece of prose, as it stands in a document.

    `text` is what is printed, `source` what is read (macros expanded). `line` counts from 1. Rows of one delimited
    formula have the same `formula`; pieces between two headings, rules, page breaks or cells the same `slide`.
    `before` is up to 300 characters of prose that stand between the previous piece of the slide and this one.
    """

    file: str
    line: int
    text: str
    kind: str  # latex | code | text
    source: str
    slide: int
    formula: int
    before: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A piece with what it says; code gives one for each statement.

    `trouble` says why there is no row; `repairs` what was taken for damage and read as something else. `scope` numbers
    the functions of a block of code, whose names are their own; 0 is outside of them.
    """

    piece: Piece
    line: int
    text: str
    row: Row | None
    trouble: str = ""
    repairs: tuple[str, ...] = ()
    scope: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is found out about one reading. `suggestion` is to paste; `witness` shows in exact numbers what goes wrong."""

    verdict: str
    rule: str | None = None
    dialect: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    suggestion: str | None = None
    witness: Mapping[str, Any] | None = None
    suspect: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a report: a reading and the verdict on it."""

    reading: Reading
    verdict: Verdict

    def data(self) -> dict[str, Any]:
        """The item with the keys of the JSON report."""
        return {
            "file": self.reading.piece.file,
            "line": self.reading.line,
            "text": self.reading.text,
            "kind": self.reading.piece.kind,
            "verdict": self.verdict.verdict,
            "rule": self.verdict.rule,
            "dialect": dict(self.verdict.dialect),
            "message": self.verdict.message,
            "suggestion": self.verdict.suggestion,
            "witness": dict(self.verdict.witness) if self.verdict.witness else None,
            "suspect": self.verdict.suspect,
        }
