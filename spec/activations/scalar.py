"""What activation functions share: the input, the option of a derivative, and branches that meet at a tie."""

from sympy import Eq, Expr, Piecewise, Symbol, sympify

from ..rule import Array, Axis, AxisValue, Option, Source

x = Symbol("x", real=True)
y = Symbol("y", real=True)
d_x, d_y = Symbol("d_x", real=True), Symbol("d_y", real=True)
upstream = Symbol("upstream", real=True)
tie = Symbol("tie", real=True)  # the line through 0 that stands for the function where two branches meet
X = Array(x, "input")
DERIVATIVE = Option("derivative", "the gradient with respect to x, given that with respect to y", differentiates=(x,))


def branches(upper: Expr, lower: Expr, meeting: Expr = tie, *, difference: Expr = x) -> Expr:
    """`upper` where the difference is positive, `lower` where it is negative, and a line of their common value between."""
    return Piecewise((upper, difference > 0), (meeting, Eq(difference, 0)), (lower, True))


def derivative_at_zero(*values: tuple[str, Expr | int, Source]) -> Axis:
    """The axis of what stands for the derivative at 0: the slope of `tie`. The value there is 0 whichever it is."""
    return Axis(
        "derivative_at_zero",
        "what stands for the derivative at 0, where the left and the right one differ",
        tuple(AxisValue(name, {tie: sympify(slope) * x}, source) for name, slope, source in values),
        under="derivative",
    )
