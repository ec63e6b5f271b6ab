"""Steps that show where a cost is least, for derivations that start from a principle of least cost."""

from sympy import Derivative, Expr, Symbol, diff

from .derivation import Step, equal, greater


def least(cost: Expr, variable: Symbol, minimum: Expr) -> tuple[Step, ...]:
    """Return the steps that show that a cost of second degree has its only minimum there."""
    slope, rise = diff(cost, variable), diff(cost, variable, 2)
    return (
        Step(f"the slope of the cost by {variable}", equal(Derivative(cost, variable), slope)),
        Step("it is zero at one point only", equal(slope, rise * (variable - minimum))),
        Step("and rises through it, so that the cost is least there", greater(rise, 0)),
    )
