"""Which rows of a slide are done at every step, and which say how things begin or count the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .assignments import Assignment, is_own
from .naming import named
from .tree import Call, Name, Number, Tree


def steps_of(found: Sequence[Assignment], letters: frozenset[str]) -> tuple[list[Assignment], list[Assignment]]:
    """Return the rows that are done at every step, and those that say how things begin or count the steps.

    m_0 = 0 says so by itself, m = 0 where m gets a value from the one it had. Counting is t = t + 1.
    """
    own = {one.target.key for one in found if is_own(one, letters)}
    counters = {one.target.key for one in found if counts(one, letters)}
    around = [
        one
        for one in found
        if one.target.key in counters or _is_number_zero(one.name) or (one.target.key in own and _is_start(one))
    ]
    return [_with_steps(one, counters, letters) for one in found if one not in around], around


def counts(one: Assignment, letters: frozenset[str]) -> bool:
    """Whether a row is t = t + 1."""
    of = one.expression
    if not (isinstance(of, Call) and of.head == "+" and len(of.args) == 2 and Number(Fraction(1)) in of.args):
        return False
    return any(isinstance(arg, Name) and named(arg, letters).key == one.target.key for arg in of.args)


def _is_start(one: Assignment) -> bool:
    """Whether a row gives a number: a state begins with it."""
    of = one.expression
    return isinstance(of, Number) or (isinstance(of, Call) and of.head == "vector" and not of.args)


def _is_number_zero(target: Name) -> bool:
    """Whether this is a value at the start: m_0."""
    stamps = (*target.index, *([target.mark] if target.mark is not None else []))
    return any(isinstance(part, Number) and part.value == 0 for part in stamps)


def _with_steps(one: Assignment, counters: set[str], letters: frozenset[str]) -> Assignment:
    """The row with t for whatever counts the steps."""

    def over(tree: Tree) -> Tree:
        if isinstance(tree, Name):
            return Name("t") if named(tree, letters).key in counters else tree
        return Call(tree.head, tuple(map(over, tree.args))) if isinstance(tree, Call) else tree

    return replace(one, expression=over(one.expression)) if counters else one
