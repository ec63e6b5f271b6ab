"""What a program does step after step: with given gradients, on a parabola, and with a buffer of another unit."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sympy import Expr, Integer, Matrix, Symbol, diff, sympify
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every
from ..program import Program
from ..symbols import eta, gradient, t, w

Values = Mapping[Symbol, Expr]


def trajectory(program: Program, gradients: Sequence[Expr | int], given: Values) -> list[Values]:
    """Return parameter and state at the start and after every step; the parameter starts from its symbol."""
    at: list[Values] = [{w: w, **program.state, **given}]
    for number, slope in enumerate(gradients, 1):
        at.append({**at[-1], **step(program, slope, {**at[-1], t: Integer(number)})})
    return at


def step(program: Program, slope: Expr | int, given: Values) -> Values:
    """Return the next parameter and state where the gradient is the same number everywhere."""
    known = worked_out(program, slope, given)
    return {target: flat(formula, slope).xreplace(known) for target, formula in program.update.items()}


def worked_out(program: Program, slope: Expr | int, given: Values) -> Values:
    """Return what is given and every intermediate of a step, each worked out by itself: numbers stay small."""
    known = dict(given)
    for symbol in program.needed():
        known[symbol] = flat(program.let[symbol], slope).xreplace(known)
    return known


@lru_cache(maxsize=4096)  # programs of a rule have most of their equations in common
def flat(formula: Expr, slope: Expr | int) -> Expr:
    """A formula where the gradient is the same everywhere."""
    return formula.replace(gradient, lambda _: sympify(slope))


def on_a_parabola(program: Program, curvature: Expr, state: tuple[Symbol, ...]) -> Matrix:
    """The matrix of a step on C = h w²/2, where it is linear in the parameter and the state."""
    variables = (w, *state)
    nexts = [program.formula(target).replace(gradient, lambda at: curvature * at).expand() for target in variables]
    return Matrix([[diff(value, variable) for variable in variables] for value in nexts])


def at_minus_one(matrix: Matrix) -> Expr:
    """The characteristic polynomial of a step at -1: where it is negative, some factor is below -1."""
    return (1 + matrix.trace() + matrix.det()).expand()


def same_with_scaled_buffer(inside: Program, outside: Program, buffer: Symbol) -> Boolean:
    """With η times the buffer of the one in the other both give the same parameter, and keep the relation."""
    scaled = {buffer: eta * buffer}
    return every(
        equal(inside.formula(w).xreplace(scaled), outside.formula(w)),
        equal(inside.formula(buffer).xreplace(scaled), eta * outside.formula(buffer)),
    )
