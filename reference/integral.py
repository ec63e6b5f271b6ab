"""Certified enclosures of integrals over finite intervals, by Arb's integration of analytic functions."""

from __future__ import annotations

from flint import acb, arb, fmpq
from sympy import E, Expr, Integral, Pow, Rational, Symbol, cosh, exp, pi, sinh, tanh

from .unknown import Unknown

ANALYTIC = {exp: acb.exp, tanh: acb.tanh, sinh: acb.sinh, cosh: acb.cosh}  # but for poles, where they are no number


def is_number(integral: Integral) -> bool:
    """Whether an integral over one variable has finite limits and no symbols, so that it can be enclosed."""
    ends = [end for limit in integral.limits for end in limit[1:]]
    return len(ends) == 2 and not integral.free_symbols and all(end.is_finite for end in ends)


def enclosed(integral: Integral) -> arb:
    """Return a ball that holds the integral; raise `Unknown` for integrands that are not analytic between the limits."""
    if not is_number(integral):
        raise Unknown(f"the value of {integral}")
    ((variable, low, high),) = integral.limits
    if not _analytic(integral.function, variable):
        raise Unknown(f"the value of {integral}")
    value = acb.integral(
        lambda at, _: _value(integral.function, variable, at),
        _value(low, variable, acb(0)),
        _value(high, variable, acb(0)),
    )
    if not value.is_finite():
        raise Unknown(f"the value of {integral}")
    return value.real


def _analytic(e: Expr, variable: Symbol) -> bool:
    """Whether `_value` can follow the integrand, and it is analytic wherever it is finite."""
    if e == variable or isinstance(e, Rational) or e in (pi, E):
        return True
    if isinstance(e, Pow) and not (e.exp.is_Integer or (e.exp.is_Rational and not e.base.has(variable))):
        return False
    known = e.is_Add or e.is_Mul or isinstance(e, Pow) or type(e) in ANALYTIC
    return bool(known) and all(_analytic(part, variable) for part in e.args)


def _value(e: Expr, variable: Symbol, at: acb) -> acb:
    if e == variable:
        return at
    if isinstance(e, Rational):
        return acb(fmpq(int(e.p), int(e.q)))
    if e in (pi, E):
        return acb.pi() if e == pi else acb(1).exp()
    args = [_value(a, variable, at) for a in e.args]
    if e.is_Add:
        return sum(args, acb(0))
    if e.is_Mul:
        whole = acb(1)
        for a in args:
            whole = whole * a
        return whole
    if isinstance(e, Pow):
        return args[0] ** (int(e.exp) if e.exp.is_Integer else args[1])
    return ANALYTIC[type(e)](*args)
