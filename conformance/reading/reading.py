"""From a piece of a document to what it says."""

from __future__ import annotations

from . import latex, plain, python_code
from .finding import Piece, Reading
from .tree import Unreadable

MOST_SHOWN = 200


def read(piece: Piece) -> list[Reading]:
    """Return one reading for a formula, one for every statement of code; never raises."""
    if piece.kind == "code":
        return [
            Reading(piece, piece.line + found.line - 1, found.text, found.row, found.trouble)
            for found in python_code.statements(piece.source)
        ]
    try:
        found = plain.read(piece.source) if piece.kind == "text" else latex.read(piece.source)
    except Unreadable as trouble:
        return [Reading(piece, piece.line, piece.text, None, str(trouble))]
    return [Reading(piece, piece.line, piece.text, found.row, "", found.repairs)]
