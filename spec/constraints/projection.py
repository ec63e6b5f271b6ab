"""Steps that show a vector to be the point of a ball that is nearest to another one."""

from sympy import Expr, Symbol, symbols

from ..derivation import Step, equal, greater

PRINCIPLE = "least |z - x|²/2 over |z| <= c, by the conditions of Karush, Kuhn and Tucker"


def nearest_in_a_ball(projected: Expr, element: Expr, squares: Expr, radius: Symbol) -> tuple[Step, ...]:
    """Return the steps for the formula of one element, in which `squares` stands for the sum of all elements squared.

    The bound pushes towards the centre: z - x + push z = 0 for every element, with one push for all.
    """
    x, (c, excess) = Symbol("x", real=True), symbols("c excess", positive=True)
    outside = c + excess
    push = outside / c - 1
    long = projected.xreplace({element: x, squares: outside**2, radius: c})
    short = projected.xreplace({element: x, squares: c**2, radius: outside})
    return (
        Step(
            "a vector that is too long by some excess is shortened, every element alike", equal(long, x * c / outside)
        ),
        Step("squares that added up to (c + excess)² then add up to c²", equal((long / x) ** 2 * outside**2, c**2)),
        Step("every element is pushed in proportion to itself", equal(long - x + push * long, 0)),
        Step("towards the centre", greater(push, 0)),
        Step("and a vector within the ball stays", equal(short, x)),
    )
