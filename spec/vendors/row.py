"""A row of the table of vendors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Rational


@dataclass(frozen=True, slots=True)
class Row:
    """What one vendor does for one rule. `call` is the vendor's own name for it."""

    call: str
    axes: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Rational] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


Rows = Mapping[str, Mapping[str, Row]]  # vendor -> rule -> row


def defaults(**values: str) -> dict[str, Rational]:
    """Return exact default constants by keyword: `defaults(epsilon="1e-8")`."""
    return {keyword: Rational(value) for keyword, value in values.items()}
