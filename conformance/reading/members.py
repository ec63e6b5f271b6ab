"""Sums over the members of a set, as sums over their numbers: Σ_{x ∈ B} x with |B| of them is Σ_{i=1}^m x_i."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from .tree import Call, Name, Number, Row, Tree, walk

COUNT, LETTER, ONE = Name("m"), Name("i"), Number(Fraction(1))


def with_numbers(row: Row) -> Row:
    """Return the row with numbered members for every set whose size stands between bars in it too."""
    parts = [one for side in row.sides for one in walk(side)]
    sizes = {one.args[0] for one in parts if isinstance(one, Call) and one.head == "abs"}
    sets = {one.args[2] for one in parts if _is_over_members(one) and isinstance(one, Call) and one.args[2] in sizes}
    if not sets or COUNT in parts:
        return row
    return replace(row, sides=tuple(_numbered(side, sets) for side in row.sides))


def _is_over_members(tree: Tree) -> bool:
    return (
        isinstance(tree, Call)
        and tree.head == "sum"
        and len(tree.args) == 3
        and isinstance(tree.args[1], Name)
        and isinstance(tree.args[2], Name)
    )


def _numbered(tree: Tree, sets: set[Tree]) -> Tree:
    if not isinstance(tree, Call):
        return tree
    if tree.head == "abs" and tree.args[0] in sets:
        return COUNT
    if _is_over_members(tree) and tree.args[2] in sets:
        body, member, _ = tree.args
        assert isinstance(member, Name)
        letter = member.index[0] if len(member.index) == 1 else member if member.base in "ijkn" else LETTER
        if letter is LETTER:
            body = _renamed(body, member, replace(member, index=(*member.index, LETTER)))
        return Call("sum", (_numbered(body, sets), letter, ONE, COUNT))
    return Call(tree.head, tuple(_numbered(arg, sets) for arg in tree.args))


def _renamed(tree: Tree, name: Name, other: Name) -> Tree:
    if tree == name:
        return other
    return Call(tree.head, tuple(_renamed(arg, name, other) for arg in tree.args)) if isinstance(tree, Call) else tree
