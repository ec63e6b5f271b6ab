"""Programs of rules, each put together once: with gradients that takes longer than to judge a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gradspec.spec import Program, Rule


def program_of(rule: Rule, dialect: Mapping[str, str], on: Iterable[str], error: str | None = None) -> Program:
    """Return `rule.program(dialect, on, error)`."""
    return _program(_Key(rule), tuple(dialect.items()), frozenset(on), error)


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    """A rule that is equal to itself only: to compare all of it would take longer than it saves."""

    rule: Rule

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.rule is other.rule

    def __hash__(self) -> int:
        return id(self.rule)


@lru_cache(maxsize=4096)
def _program(key: _Key, dialect: tuple[tuple[str, str], ...], on: frozenset[str], error: str | None) -> Program:
    return key.rule.program(dict(dialect), on, error)
