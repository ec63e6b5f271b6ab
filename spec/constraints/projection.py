"""Steps on vectors that are pulled into a ball: to the nearest point of it, or with an ε that no other radius makes up for."""

from sympy import Expr, S, Symbol, symbols

from ..derivation import Step, equal, greater
from ..symbols import epsilon

PRINCIPLE = "least |z - x|²/2 over |z| <= c, by the conditions of Karush, Kuhn and Tucker"
NO_RADIUS = "what is equal is equal for vectors of two lengths"


def nearest_in_a_ball(projected: Expr, element: Expr, squares: Expr, radius: Symbol) -> tuple[Step, ...]:
    """Return the steps for the formula of one element, in which `squares` stands for the sum of all elements squared.

    The bound pushes towards the centre: z - x + push z = 0 for every element, with one push for all.
    """
    x, (c, excess) = Symbol("x", real=True), symbols("c excess", positive=True)
    outside = c + excess
    push = outside / c - 1
    long = projected.xreplace({element: x, squares: outside**2, radius: c})
    short, surface = (projected.xreplace({element: x, squares: c**2, radius: r}) for r in (outside, c))
    nothing = projected.xreplace({element: x, squares: excess**2, radius: S.Zero})
    zero = projected.xreplace({element: S.Zero, squares: S.Zero, radius: c})
    return (
        Step(
            "a vector that is too long by some excess is shortened, every element alike", equal(long, x * c / outside)
        ),
        Step("squares that added up to (c + excess)² then add up to c²", equal((long / x) ** 2 * outside**2, c**2)),
        Step("every element is pushed in proportion to itself", equal(long - x + push * long, 0)),
        Step("towards the centre", greater(push, 0)),
        Step("and a vector within the ball stays", equal(short, x)),
        Step("as does one on its surface, so that nothing changes twice", equal(surface, x)),
        Step("a bound of 0 leaves nothing", equal(nothing, 0)),
        Step("and of nothing nothing is made", equal(zero, 0)),
    )


def never_the_same_length(
    exact: Expr, with_epsilon: Expr, element: Expr, squares: Expr, radius: Symbol
) -> tuple[Step, ...]:
    """Return the steps that show that no radius makes up for ε: of two vectors outside both balls.

    One formula for an element pulls them to one length; the other, of a radius and ε of its own, to two.
    """
    c, r, small, excess, further = symbols("c r epsilon_positive excess further", positive=True)
    norms = c + r + excess, c + r + excess + further

    def share(formula: Expr, norm: Expr, of: Expr) -> Expr:
        """The length of what a vector of that norm becomes."""
        kept = {element: norm, squares: norm**2, radius: of, epsilon: small}
        return formula.xreplace(kept)

    return (
        Step("without ε every vector that is too long gets the length c", equal(share(exact, norms[0], c), c)),
        *(
            Step(f"with ε and a radius r {one} gets", equal(share(with_epsilon, norm, r), r * norm / (norm + small)))
            for one, norm in zip(("a long one", "a longer one"), norms, strict=True)
        ),
        Step(
            "the longer one is left longer, whatever r",
            greater(share(with_epsilon, norms[1], r), share(with_epsilon, norms[0], r)),
        ),
        Step(
            "with r = c the lengths differ by the share ε/(norm + ε)",
            equal(1 - share(with_epsilon, norms[0], c) / share(exact, norms[0], c), small / (norms[0] + small)),
        ),
    )


def shortened_within(with_epsilon: Expr, element: Expr, squares: Expr, radius: Symbol) -> tuple[Expr, Expr]:
    """An element of a vector that is shorter than the radius by less than ε: before and after."""
    norm, part, rest = symbols("norm part rest", positive=True)
    found = {element: norm, squares: norm**2, radius: norm + part, epsilon: part + rest}
    return norm, with_epsilon.xreplace(found)
