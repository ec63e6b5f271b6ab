"""Means over the law of a weight, found by integration; they follow when the density is changed."""

from __future__ import annotations

from functools import lru_cache

from sympy import Abs, Expr, S, diff, exp, integrate, oo, piecewise_fold, symbols

from ..program import Program
from .kernel import bell, density, x

curvature, reach = symbols("curvature reach", positive=True)


@lru_cache(maxsize=1024)
def _half(function: Expr, shape: Expr, end: Expr) -> Expr:
    """The integral over one side, done once for a bell of any width."""
    return integrate(function * shape, (x, S.Zero, end)).simplify()


@lru_cache(maxsize=4096)  # claims ask for the same means
def expectation(program: Program, below: Expr, above: Expr) -> Expr:
    """The mean of a function of the weight, given by its formulas `below` and `above` zero, integrated over the support."""
    (inside, where), *outside = piecewise_fold(program.update[density]).args
    edge = where.gts * Abs(x) / where.lts
    endless = program.let.get(edge) == oo
    if not endless and any(piece != 0 for piece, _ in outside):
        raise ValueError(f"{program.rule}: its density goes on beyond its cut; state moments of another law anew")
    inside = inside.xreplace({bell: program.let.get(bell, bell)})
    falls = (-diff(inside, x) / (2 * x * inside)).simplify()
    if falls.has(x):
        raise ValueError(f"{program.rule}: its density is neither level nor a bell; state moments of another law anew")
    end, shape = (oo if endless else reach), exp(-curvature * x**2) if falls != 0 else S.One
    total = _half(below.xreplace({x: -x}), shape, end) + _half(above, shape, end)
    total = inside.xreplace({x: S.Zero}) * total.xreplace({curvature: falls, reach: edge})
    for symbol in reversed(program.needed()):
        total = total.xreplace({symbol: program.let[symbol]})
    return total


def moment(program: Program, n: int) -> Expr:
    """The mean of the n-th power of a weight."""
    return expectation(program, x**n, x**n)
