"""Finds things by name, and says what the nearest valid name is where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

Found = TypeVar("Found")


def look_up(kind: str, name: str, table: Mapping[str, Found]) -> Found:
    """Return `table[name]`, or raise `LookupError` naming the kind of thing, the nearest name and all names."""
    if name in table:
        return table[name]
    near = get_close_matches(name, table, n=1, cutoff=0.0)
    hint = f"; did you mean {near[0]!r}? there are: {', '.join(table)}" if near else "; there are none"
    raise LookupError(f"no {kind} is called {name!r}{hint}")
