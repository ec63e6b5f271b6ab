"""Reads one line of plain text with a formula: θ ← θ − α ∇J(θ)."""

from __future__ import annotations

from .latex import Read
from .latex import read as read_formula


def read(line: str) -> Read:
    """Return what the line says; runs of letters are words. Raises `Unreadable`."""
    return read_formula(line, plain=True)
