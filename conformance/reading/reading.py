"""From a piece of a document to what it says."""

from __future__ import annotations

from . import latex, python_code
from .finding import Piece, Reading
from .tree import Unreadable

MOST_SHOWN = 200


def read(piece: Piece) -> list[Reading]:
    """Return one reading for every statement of a formula or of code, or one with the trouble; never raises."""
    if piece.kind == "code":
        return [
            Reading(piece, piece.line + found.line - 1, found.text, found.row, found.trouble)
            for found in python_code.statements(piece.source)
        ]
    try:
        found = latex.readings(piece.source, plain=piece.kind == "text")
    except Unreadable as trouble:
        return [Reading(piece, piece.line, piece.text, None, str(trouble))]
    return [Reading(piece, piece.line, piece.text, one.row, "", one.repairs) for one in found]
