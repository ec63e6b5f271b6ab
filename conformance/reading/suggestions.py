"""Writes a row as it may be pasted: in Python where code was read, else in LaTeX."""

from __future__ import annotations

from .finding import Reading
from .notation import latex, python
from .tree import Row


def written(row: Row, reading: Reading) -> str:
    """Return a row in the language of a reading."""
    return python(row) if reading.piece.kind == "code" else latex(row)
