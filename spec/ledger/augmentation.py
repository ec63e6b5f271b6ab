"""Data augmentation: lines 268-272."""

from sympy import Add, Expr, Integer, Rational, Symbol, diff, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every
from ..program import Program
from ..rule import Claim, Rule, Source
from .entry import Entry, Form, Given, Known, Measured, Point, Shown, Witness
from .measures import value

R = Rational
BOOK = Source("Goodfellow, Bengio & Courville 2016", "section 7.4")
ERROR, ROTATE = Form("mean_squared_error"), Form("rotate")

# Two digits of 5 by 3 pixels, row by row.
SIX = ((1, 1, 1), (1, 0, 0), (1, 1, 1), (1, 0, 1), (1, 1, 1))
NINE = ((1, 1, 1), (1, 0, 1), (1, 1, 1), (0, 0, 1), (1, 1, 1))
SIX_IN_ONE, NINE_IN_ONE = (tuple(Integer(pixel) for row in digit for pixel in row) for digit in (SIX, NINE))

WEIGHT = Symbol("weight", real=True)


def error(program: Program, examples: tuple[tuple[Expr, Expr], ...]) -> Expr:
    """The error of one weight on examples of an input and a target each."""
    inputs, targets = zip(*examples, strict=True)
    return value(program, {"predictions": tuple(WEIGHT * one for one in inputs), "targets": targets})


def best_weight(program: Program, examples: tuple[tuple[Expr, Expr], ...]) -> Expr:
    """The weight at which the error on these examples is least, which is of second degree in it."""
    slope = diff(error(program, examples), WEIGHT).expand()
    return -slope.xreplace({WEIGHT: Integer(0)}) / diff(slope, WEIGHT)


def validation_error(program: Program, at: Point) -> Expr:
    """The error on other examples of the weight that is best for the training examples."""
    training, others = at["training"], at["validation"]
    if not (isinstance(training, tuple) and isinstance(others, tuple)):
        raise TypeError(
            f"training={training!r}, validation={others!r}: must be tuples of pairs of an input and a target"
        )
    return error(program, others).xreplace({WEIGHT: best_weight(program, training)})


def _copies_teach_nothing(rule: Rule) -> Boolean:
    """The error on two examples is that on four, of which two are copies, and so is what is best."""
    first, second = symbols("x_1 x_2", positive=True)
    targets = symbols("y_1 y_2", real=True)
    examples = ((first, targets[0]), (second, targets[1]))
    program = rule.program()
    return every(
        equal(error(program, examples * 2), error(program, examples)),
        equal(best_weight(program, examples * 2), best_weight(program, examples)),
    )


def _variance_is_halved(rule: Rule) -> Boolean:
    """Targets with independent errors of variance 1, all for the input 1: what is best is linear in them."""

    def variance(count: int) -> Expr:
        targets = symbols(f"y_1:{count + 1}", real=True)
        best = best_weight(rule.program(), tuple((Integer(1), target) for target in targets)).expand()
        return Add(*(diff(best, target) ** 2 for target in targets))

    return every(equal(variance(2), R(1, 2)), equal(variance(4), R(1, 4)))


def _a_nine(rule: Rule) -> Boolean:
    found = value(rule.program(), {"image": SIX, "angle": Integer(180)})
    return every(*(equal(one, other) for one, other in zip(found, NINE_IN_ONE, strict=True)))


ENTRIES = (
    Entry(
        id="da-1",
        lines=(268, 269),
        kind="text",
        printed="a model that is trained on more data generalizes better",
        verdict="assumption",
        why="if they say something new that is true: then errors average out; copies change nothing, and wrong targets harm",
        evidence=(
            Shown("mean_squared_error", Claim("with twice the targets the best weight varies half as much", _variance_is_halved)),
            Shown("mean_squared_error", Claim("copies of all examples leave the best weight where it is", _copies_teach_nothing)),
            Witness(
                measured="validation error after one more example, whose target is wrong, beside that before",
                at={
                    "training": ((R(1), R(1)), (R(1), R(3))),
                    "validation": ((R(1), R(1)),),
                    "without": ((R(1), R(1)),),
                },
                printed=Measured(ERROR, lambda program, at: validation_error(program, {**at, "training": at["without"]})),
                canonical=Measured(ERROR, validation_error),
                says="at most",
            ),
        ),
        source=BOOK,
    ),
    Entry(
        id="da-2",
        lines=(270, 271, 272),
        kind="text",
        printed="images that are slightly shifted, rotated and resized are added to the training set",
        verdict="assumption",
        why="as long as what they show stays what it is: half a turn makes a 9 of a 6",
        evidence=(
            Witness(
                measured="pixels of a 6, turned by half, beside those of a 6",
                at={"image": tuple(tuple(map(Integer, row)) for row in SIX), "angle": R(180)},
                printed=Given(SIX_IN_ONE),
                canonical=Measured(ROTATE, value),
            ),
            Shown("rotate", Claim("a 6 that is turned by half is a 9", _a_nine)),
            Known("shift", "a pixel shows what lay one shift before it"),
            Known("rotate", "a pixel shows what a turn brings to its place"),
            Known("resize", "the centre stays, and distances from it grow"),
        ),
        source=BOOK,
        canonical=ROTATE,
    ),
)  # fmt: skip
