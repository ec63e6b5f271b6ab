"""Programs of rules, each put together once: with gradients that takes longer than to judge a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from gradspec.reference.identity import Same
from gradspec.spec import Program, Rule


def program_of(rule: Rule, dialect: Mapping[str, str], on: Iterable[str], error: str | None = None) -> Program:
    """Return `rule.program(dialect, on, error)`."""
    return _program(Same(rule), tuple(dialect.items()), frozenset(on), error)


@lru_cache(maxsize=4096)
def _program(rule: Same[Rule], dialect: tuple[tuple[str, str], ...], on: frozenset[str], error: str | None) -> Program:
    return rule.value.program(dict(dialect), on, error)
