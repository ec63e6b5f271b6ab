"""What a program does with given gradients, step after step from its start, and settings that cannot undo a difference."""

from collections.abc import Mapping, Sequence

from sympy import Expr, Integer, Matrix, Symbol, diff, sympify

from ..derivation import Step, equal
from ..impossibility import no_single_setting
from ..rule import Program
from ..symbols import gradient, t, w

Values = Mapping[Symbol, Expr]


def trajectory(program: Program, gradients: Sequence[Expr | int], given: Values) -> list[Values]:
    """Return parameter and state at the start and after every step; the parameter starts from its symbol."""
    at: list[Values] = [{w: w, **program.state, **given}]
    for number, slope in enumerate(gradients, 1):
        at.append({**at[-1], **step(program, slope, {**at[-1], t: Integer(number)})})
    return at


def step(program: Program, slope: Expr | int, given: Values) -> Values:
    """Return the next parameter and state where the gradient is the same number everywhere."""
    return {target: flat(program.formula(target), slope).xreplace(dict(given)) for target in program.update}


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


def no_setting(
    wanted: Expr, offered: Expr, setting: Symbol, here: Values, there: Values, needed: Expr
) -> tuple[Step, ...]:
    """Return the steps that exclude every value of `setting`, and one that the value `needed` there is enough there."""
    agreed = {**there, setting: needed}
    return (
        *no_single_setting(wanted, offered, setting, here, there),
        Step(
            f"there {setting} = {needed} does make them equal",
            equal(offered.xreplace(agreed), wanted.xreplace(dict(there))),
        ),
    )
