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


OPENING = frozenset(["LBRACE", "LPAR", "LBRACKET", "CASES"])
CLOSING = frozenset(["RBRACE", "RPAR", "RBRACKET", "ENDCASES"])
OPERANDS = frozenset(["NAME", "NUMBER", "RBRACE", "RPAR", "RBRACKET", "RABS", "RNORM", "PRIME", "DOTS"])


def paired(found: Sequence[Token]) -> list[Token]:
    """Return the tokens with opening bars told from closing ones: a bar after an operand closes what is open."""
    opened: list[str] = []
    paired: list[Token] = []
    for k, token in enumerate(found):
        if token.kind != "BAR":
            opened += [token.text] if token.kind in ("LABS", "LNORM") else []
            if token.kind in ("RABS", "RNORM") and opened:
                opened.pop()
            paired.append(token)
            continue
        kind = "NORM" if token.text == "||" else "ABS"
        closes = bool(opened) and opened[-1] == token.text and bool(paired) and paired[-1].kind in OPERANDS
        if closes:
            opened.pop()
        elif not any(later.kind == "BAR" for later in found[k + 1 :]):
            paired.append(Token("COMMA", "|"))  # f(x | y)
            continue
        else:
            opened.append(token.text)
        paired.append(Token(("R" if closes else "L") + kind, token.text, None, token.close))
    return paired
