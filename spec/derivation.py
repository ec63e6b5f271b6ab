"""How a formula follows from a principle: statements in an order in which they can be read, each decided by machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sympy import And, Eq, Expr, Ge, Gt, Lt, Ne, sympify
from sympy.logic.boolalg import Boolean

if TYPE_CHECKING:
    from .rule import Claim, Rule


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, in words, and what it gives; an equation is kept as it is written."""

    words: str
    statement: Boolean


@dataclass(frozen=True, slots=True)
class Derivation:
    """The last step compares what was derived with the rule's own formula, the one that is evaluated."""

    name: str
    principle: str
    steps: Callable[[Rule], tuple[Step, ...]]

    @property
    def claim(self) -> Claim:
        """The claim that every step holds."""
        from .rule import Claim  # late: rules hold derivations

        def statement(rule: Rule) -> Boolean:
            return every(*(step.statement for step in self.steps(rule)))

        return Claim(self.name, statement, self.principle)


class Facts(Boolean):  # type: ignore[misc]
    """Statements that all hold, in the order in which they are made; SymPy's `And` sorts and compares what it joins."""


def every(*facts: Boolean | bool) -> Facts:
    """Return the statement that all of these hold. Raises `ValueError` if there is none, which would hold of anything."""
    if not facts:
        raise ValueError("facts=(): a claim must state something; give it at least one statement")
    return Facts(*map(sympify, facts))


def facts_of(statement: Boolean) -> tuple[Boolean, ...]:
    """Return what a statement says, one by one."""
    if isinstance(statement, Facts):
        return tuple(fact for part in statement.args for fact in facts_of(part))
    parts: tuple[Boolean, ...] = And.make_args(statement)
    return parts


def equal(left: Expr, right: Expr | int) -> Boolean:
    """Return the equation as it is written, undecided."""
    written: Boolean = Eq(left, right, evaluate=False)
    return written


def greater(left: Expr, right: Expr | int) -> Boolean:
    """Return left > right as it is written, undecided."""
    written: Boolean = Gt(left, right, evaluate=False)
    return written


def at_least(left: Expr, right: Expr | int) -> Boolean:
    """Return left >= right as it is written, undecided."""
    written: Boolean = Ge(left, right, evaluate=False)
    return written


def less(left: Expr, right: Expr | int) -> Boolean:
    """Return left < right as it is written, undecided."""
    written: Boolean = Lt(left, right, evaluate=False)
    return written


def unequal(left: Expr, right: Expr | int) -> Boolean:
    """Return left ≠ right as it is written, undecided."""
    written: Boolean = Ne(left, right, evaluate=False)
    return written
