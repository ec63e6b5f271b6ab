"""Tokens of formulas, and what can be told from their order alone: which bars open and which close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .tree import Tree, Unreadable

MOST_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `kind` is a terminal of the grammar, `text` what it says; names and numbers have their tree."""

    kind: str
    text: str
    tree: Tree | None = None
    close: bool = False  # whether it follows what stands before it without a space or an operator


def without_doubles(found: Sequence[Token]) -> list[Token]:
    """Return the tokens with one sign for several times signs in a row."""
    return [t for k, t in enumerate(found) if not (k and t.kind == found[k - 1].kind == "TIMES")]


def check_depth(found: Sequence[Token]) -> None:
    """Raise `Unreadable` where brackets are nested too deeply to be meant."""
    opened = 0
    for token in found:
        opened += (token.kind in OPENING) - (token.kind in CLOSING)
        if opened > MOST_DEPTH:
            raise Unreadable(f"brackets {opened} deep: at most {MOST_DEPTH} are read; give parts names of their own")


OPENING = frozenset(["LBRACE", "LPAR", "LBRACKET", "CASES", "LFLOOR"])
CLOSING = frozenset(["RBRACE", "RPAR", "RBRACKET", "ENDCASES", "RFLOOR"])
OPERANDS = frozenset(["NAME", "NUMBER", "RBRACE", "RPAR", "RBRACKET", "RABS", "RNORM", "RFLOOR", "PRIME", "DOTS"])


def paired(found: Sequence[Token]) -> list[Token]:
    """Return the tokens with opening bars told from closing ones: a bar after an operand closes what is open.

    A bar that is alone between its brackets is that of p(y | x), and is read as a comma.
    """
    opened: list[tuple[str, int]] = []  # brackets and bars that are open, and where
    paired: list[Token] = []
    for token in found:
        if token.kind == "BAR":
            _add_bar(token, opened, paired)
            continue
        if token.kind in OPENING or token.kind in ("LABS", "LNORM"):
            opened.append(("(", len(paired)))
        elif token.kind in CLOSING or token.kind in ("RABS", "RNORM"):
            _close(opened, paired)
        paired.append(token)
    _close(opened, paired)
    return paired


def _add_bar(token: Token, opened: list[tuple[str, int]], paired: list[Token]) -> None:
    after_operand = bool(paired) and paired[-1].kind in OPERANDS
    if token.text == "||" and after_operand and opened and opened[-1][0] == "|":  # |a||b| and |a + |b||
        for _ in range(2):
            _add_bar(Token("BAR", "|", None, token.close), opened, paired)
    else:
        kind = "NORM" if token.text == "||" else "ABS"
        if after_operand and opened and opened[-1][0] == token.text:
            opened.pop()
            paired.append(Token(f"R{kind}", token.text, None, token.close))
        else:
            opened.append((token.text, len(paired)))
            paired.append(Token(f"L{kind}", token.text, None, token.close))


def _close(opened: list[tuple[str, int]], paired: list[Token]) -> None:
    """Close the bracket that was opened last; a bar that was opened within it never closed."""
    while opened:
        bar, place = opened.pop()
        if bar == "(":
            return
        paired[place] = Token("COMMA", "|")
