"""What a rule says about infinities and NaN. They are no real numbers: on those every function here is the identity."""

from __future__ import annotations

from sympy import Expr, S
from sympy.core.function import Function


class nan_unless_finite(Function):  # type: ignore[misc]  # lower case, as SymPy writes functions
    """The argument where it is finite, else NaN."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return S.One


class refused_unless_finite(Function):  # type: ignore[misc]
    """The argument where it is finite; else the whole call is refused, and nothing is returned."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return S.One


UNLESS_FINITE = (nan_unless_finite, refused_unless_finite)
