"""The equations of a rule as MathML, for reports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

from sympy import Add, Basic, Eq, Mul, Pow, mathml

from gradspec.spec import rule as find_rule

from ..page import _left, _well_formed, equations

MOST_USES = 2_000


def without_steps(equations: Sequence[tuple[str, Any, Any]]) -> list[tuple[str, Any, Any]]:
    """Return equations with what is only a step on the way put where it is used: names for another name, or used once."""
    rows = list(equations)
    place = 0
    while place < len(rows):
        kind, left, right = rows[place]
        others = [row for k, row in enumerate(rows) if k != place]
        uses = sum(value.count(left) for _, _, value in others)
        named = bool(right.args) and str(left).endswith(("_next", "_hat"))
        if kind == "let" and not named and 0 < uses <= (1 if right.args else MOST_USES):
            rows = [(k, target, value.xreplace({left: right})) for k, target, value in others]
        else:
            place += 1
    return rows


def arranged(tree: Any) -> Any:
    """Return a formula with what is taken away after what it is taken from: w − ηg, not −ηg + w."""
    if not isinstance(tree, Basic) or not tree.args:
        return tree
    if isinstance(tree, Add):
        terms = sorted(tree.as_ordered_terms(), key=lambda term: bool(term.could_extract_minus_sign()))
        return Add(*map(arranged, terms), evaluate=False)
    if isinstance(tree, (Mul, Pow)):
        return tree.func(*map(arranged, tree.args), evaluate=False)
    return tree.func(*map(arranged, tree.args))


def _presented(statement: Eq) -> str:
    return _well_formed(mathml(statement, printer="presentation", order="none")).replace("<mo>-</mo>", "<mo>−</mo>")


@lru_cache(maxsize=256)
def canonical(name: str, dialect: tuple[tuple[str, str], ...]) -> str:
    """Return MathML for the equations of a rule in a dialect, empty if there is no such rule."""
    try:
        rule = find_rule(name)
        axes = {axis.name: axis for axis in rule.axes}
        chosen = {axis: value for axis, value in dialect if axis in axes and value in axes[axis].names}
        complete = rule.complete(chosen)
    except (LookupError, ValueError):
        return ""
    options = dict.fromkeys(under for axis in chosen if (under := axes[axis].under) is not None)
    needed = frozenset(one for option in options for one in rule.switched_on(option))
    requires = {
        value.requires
        for axis in rule.axes
        for value in axis.values
        if value.requires and complete[axis.name] == value.name
    }
    program = rule.program(complete, needed | requires)
    rows = [(_left(kind, left), right) for kind, left, right in without_steps(equations(program))]
    body = "".join(
        f"<mtr><mtd>{_presented(Eq(left, arranged(right), evaluate=False))}</mtd></mtr>" for left, right in rows
    )
    opening = f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block" aria-label="{escape(rule.title)}">'
    return f"{opening}<mtable>{body}</mtable></math>"
