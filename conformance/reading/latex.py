"""Reads formulas in LaTeX or plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .clauses import Clause, clauses
from .latex_grammar import parse
from .latex_tokens import tokens
from .token import Token
from .tree import Call, Row, Tree, Unreadable

RELATIONS = frozenset({"=", ":=", "<", ">", "<=", ">="})
UNREAD = Call("opaque", ())  # a condition in words


@dataclass(frozen=True, slots=True)
class Read:
    """A row, and what was repaired to read it."""

    row: Row
    repairs: tuple[str, ...] = ()


def read(source: str, plain: bool = False) -> Read:
    """Return what a formula says. Raises `Unreadable` with one line: at what and why, also where it states two things."""
    found = readings(source, plain)
    if len(found) > 1:
        raise Unreadable(f"formula that states {len(found)} things: write them in rows of their own")
    return found[0]


def readings(source: str, plain: bool = False) -> tuple[Read, ...]:
    r"""Return the statements of one row, such as m_0 = 0, \quad v_0 = 0, in order. Raises `Unreadable`."""
    found, repairs = tokens(source, plain)
    stated = clauses(found)
    if not stated:
        raise Unreadable("no formula: there is nothing but words or spaces")
    return tuple(Read(_row(clause), repairs) for clause in stated)


def _row(clause: Clause) -> Row:
    row = _without_brackets(parse(clause.tokens))
    if not clause.conditions:
        return row
    found = [_condition(tokens) for tokens in clause.conditions]
    condition = found[0] if len(found) == 1 else Call("and", tuple(found))
    if row.relations == ("=",) and isinstance(row.sides[0], Call):  # f(x) = x if x > 0: one case of a function
        return Row((row.sides[0], Call("cases", (row.sides[1], condition))), ("=",))
    return replace(row, condition=condition)


def _without_brackets(row: Row) -> Row:
    """(w ← w/2) as the row that it holds."""
    (first, *others) = row.sides
    if others or not (isinstance(first, Call) and first.head in RELATIONS and len(first.args) == 2):
        return row
    return replace(row, sides=first.args, relations=(first.head,))


def _condition(found: Sequence[Token]) -> Tree:
    """What an `if` asks; words that say no formula are a condition all the same."""
    if [token.kind for token in found] == ["OTHERWISE"]:
        return Call("otherwise", ())
    try:
        row = parse(found)
    except Unreadable:
        return UNREAD
    heads = ["==" if relation == "=" else relation for relation in row.relations]
    asked = [Call(head, pair) for head, pair in zip(heads, pairwise(row.sides), strict=True)]
    return (asked[0] if len(asked) == 1 else Call("and", tuple(asked))) if asked else UNREAD
