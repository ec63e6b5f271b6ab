"""From a piece of a document to what it says."""

from __future__ import annotations

import re

from . import latex, python_code
from .finding import Piece, Reading
from .tree import Unreadable

MOST_SHOWN = 200
SIGN = re.compile(r"\s*(?:\\[A-Za-z]+|[^\w\s\\])\s*[:.,;]?\s*")  # \otimes:
# Greek letters and functions that are spelled out: the formula is plain text, though it stands between dollar signs.
SPELLED = re.compile(r"(?<![A-Za-z])(?:alpha|beta|gamma|delta|eta|theta|lambda|epsilon|eps|sqrt)(?![A-Za-z])")


def read(piece: Piece) -> list[Reading]:
    """Return one reading for every statement of a formula or of code, or one with the trouble; never raises."""
    if piece.kind == "code":
        return [
            Reading(piece, piece.line + found.line - 1, found.text, found.row, found.trouble, scope=found.scope)
            for found in python_code.statements(piece.source)
        ]
    plain = piece.kind == "text" or ("\\" not in piece.source and SPELLED.search(piece.source) is not None)
    try:
        found = latex.readings(piece.source, plain=plain)
    except Unreadable as trouble:
        told = "a label: a sign by itself states nothing" if SIGN.fullmatch(piece.source) else str(trouble)
        return [Reading(piece, piece.line, piece.text, None, told)]
    return [Reading(piece, piece.line, piece.text, one.row, "", one.repairs) for one in found]
