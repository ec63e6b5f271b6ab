"""Sums over any number of elements are linear: what does not depend on the position comes out of them."""

from functools import lru_cache

from sympy import Add, Dummy, Expr, Mul, Pow, Sum, expand, factor


@lru_cache(maxsize=4096)  # claims take the same sums apart again and again
def split(expression: Expr) -> Expr:
    """Return `expression` with every sum of c f + d g + e as c Σf + d Σg + e times the number of terms."""
    if isinstance(expression, Sum):
        return _split_sum(expression)
    if not expression.has(Sum):
        return expression
    return expression.func(*map(split, expression.args))


def factors_out_of_roots(expression: Expr) -> Expr:
    """Return `expression` with products under its roots, out of which squares of numbers of known sign come."""
    return expression.replace(lambda e: isinstance(e, Pow) and not e.exp.is_integer, lambda e: factor(e.base) ** e.exp)


def _split_sum(total: Sum) -> Expr:
    ((position, first, last),) = total.limits
    summand = split(total.function)
    # What does not depend on the position stays in one piece, or expanding it would hide that it is the same everywhere.
    fixed = {part: Dummy(real=True) for part in summand.atoms(Sum, Pow) if position not in part.free_symbols}
    found = []
    for term in Add.make_args(expand(summand.xreplace(fixed))):
        inside = Mul(*(f for f in Mul.make_args(term) if position in f.free_symbols))
        outside = Mul(*(f for f in Mul.make_args(term) if position not in f.free_symbols))
        found.append(outside * (last - first + 1 if inside == 1 else Sum(inside, (position, first, last))))
    return Add(*found).xreplace({name: part for part, name in fixed.items()})
