"""Rules with one equation altered: what a claim about the rule must refute if it says anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sympy import Expr, Indexed, sympify

from gradspec.spec import Rule
from gradspec.spec.rule import Equations


def altered_rules(rule: Rule) -> Iterator[Rule]:
    """Yield the rule with one equation altered: one of its own, of an option, or of an axis value."""
    for name in ("let", "update", "state"):
        for equations in _altered(getattr(rule, name)):
            yield rule.replaced(**{name: equations})
    for k, option in enumerate(rule.options):
        for name in ("equations", "state", "then"):
            for equations in _altered(getattr(option, name)):
                replaced: dict[str, Any] = {name: equations}
                changed = replace(option, **replaced)
                yield rule.replaced(options=(*rule.options[:k], changed, *rule.options[k + 1 :]))
    for k, axis in enumerate(rule.axes):
        for v, value in enumerate(axis.values):
            for equations in _altered(value.equations):
                values = (*axis.values[:v], replace(value, equations=equations), *axis.values[v + 1 :])
                yield rule.replaced(axes=(*rule.axes[:k], replace(axis, values=values), *rule.axes[k + 1 :]))


def _altered(equations: Equations) -> Iterator[dict[Any, Expr]]:
    for target, expression in equations.items():
        for other in altered(sympify(expression)):
            yield {**equations, target: other}


def altered(expression: Expr) -> Iterator[Expr]:
    """Yield the expression with a sign turned, a factor doubled, a term dropped, or shifted."""
    yield from (-expression, 2 * expression, expression + 1)
    if expression.is_Add:
        yield from (expression - term for term in expression.args)
    elements = expression.atoms(Indexed)
    labels = {part for e in elements for part in e.free_symbols if not isinstance(part, Indexed)}
    for symbol in sorted({*expression.free_symbols, *elements} - labels, key=str):
        yield expression.subs(symbol, 2 * symbol)
