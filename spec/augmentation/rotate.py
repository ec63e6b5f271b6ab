"""The rotation of an image about its centre."""

from sympy import Expr, Integer, Rational, S, Symbol, cos, pi, sin
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..program import Equations
from ..rule import Claim, Form, Hyperparameter, NamedError, Rule, Source
from ..symbols import i, j
from .warp import (
    CENTRE,
    FILL_VALUE,
    HALF_SIZE,
    IMAGE,
    JOINT,
    UPDATE,
    edge,
    fill,
    intermediates,
    interpolation,
    output,
    pixel,
    pixel_symbol,
)

ROWS, COLUMNS = JOINT

angle = Symbol("angle", real=True)
radians = Symbol("radians", real=True)
cosine, sine = Symbol("cosine", real=True), Symbol("sine", real=True)
row_offset, column_offset = Symbol("row_offset", real=True), Symbol("column_offset", real=True)


def _about(row: Expr, column: Expr) -> Equations:
    """Rotation about a pivot: where the pixel came from lies as far from it, turned back by the angle."""
    down, right = i - row, j - column
    return {ROWS.place: row + cosine * down + sine * right, COLUMNS.place: column + cosine * right - sine * down}


def _offset_first(row: Expr, column: Expr) -> Equations:
    """The same as a matrix of which the pivot is part: what does not depend on the pixel is added up first."""
    return {
        row_offset: row - cosine * row - sine * column,
        column_offset: column - cosine * column + sine * row,
        ROWS.place: row_offset + cosine * i + sine * j,
        COLUMNS.place: column_offset + cosine * j - sine * i,
    }


def _quarter_turns(rule: Rule) -> Boolean:
    """By 90° the top row of a square becomes its left column, read upwards; by 180° everything is reversed."""
    facts = [
        equal(pixel(rule, {}, (r, c), (3, 3), {angle: Integer(degrees)}), pixel_symbol(*source))
        for r in range(3)
        for c in range(3)
        for degrees, source in (
            (90, (c, 2 - r)),
            (180, (2 - r, 2 - c)),
            (-90, (2 - c, r)),
        )
    ]
    return every(*facts)


def _keeps_a_constant(rule: Rule) -> Boolean:
    """A quarter turn of a wide image reaches far beyond its edges."""
    facts = []
    for beyond in ("nearest", "reflect", "mirror", "wrap"):
        found = pixel(rule, {"fill": beyond}, (0, 0), (2, 5), {angle: Integer(90)})
        facts.append(equal(found.xreplace(dict.fromkeys(found.free_symbols, S.One)), 1))
    return every(*facts)


def _turned_back(rule: Rule) -> tuple[Step, ...]:
    """Rows count downwards: (right, -down) are the usual coordinates about the centre."""
    theta = Symbol("theta", real=True)
    program = rule.program()
    places = (program.let[d.place].xreplace({cosine: cos(theta), sine: sin(theta)}) for d in JOINT)
    (down, right), (from_down, from_right) = (
        [place - middle for place, middle in zip(both, CENTRE, strict=True)] for both in ((i, j), tuple(places))
    )
    return (
        Step("the source is as far from the centre", equal(from_down**2 + from_right**2, down**2 + right**2)),
        Step(
            "turned by the angle it lies to the right by",
            equal(cos(theta) * from_right + sin(theta) * from_down, right),
        ),
        Step("and down by", equal(cos(theta) * from_down - sin(theta) * from_right, down)),
    )


ROTATE = Rule(
    name="rotate",
    title="Rotation of an image",
    doc="Turns the image about its centre, counter-clockwise; the canvas stays as it is.",
    kind="function",
    parameter=output[i, j],
    arrays=(IMAGE,),
    hyperparameters=(Hyperparameter("angle", angle, S.Reals, Rational(45), "angle of the turn", "degree"), FILL_VALUE),
    let={
        **intermediates(JOINT),
        radians: pi * angle / 180,
        cosine: cos(radians),
        sine: sin(radians),
        **_about(*CENTRE),
    },
    update=UPDATE,
    axes=(
        fill(JOINT),
        edge(JOINT),
        interpolation(JOINT, ties=False),
    ),
    errors=(
        NamedError(
            "wrong_way",
            "a positive angle turns the image clockwise, seen with its first row on top",
            Source("graphics with a y axis that points down"),
            {radians: -pi * angle / 180},
        ),
        NamedError(
            "pivot_at_corner",
            "the image turns about its first pixel, not about its centre",
            Source("scipy.ndimage 1.17.1", "affine_transform without an offset"),
            _about(S.Zero, S.Zero),
        ),
        NamedError(
            "off_by_half_a_pixel",
            "the centre is taken to be at half the size; that is half a pixel from the middle of the pixel centres",
            Source("a common slip: size / 2 instead of (size - 1) / 2"),
            _about(*HALF_SIZE),
        ),
        NamedError(
            "rows_and_columns_exchanged",
            "the centre's row and column are exchanged, which only an image that is not square shows",
            Source("a common slip: (x, y) in the order of (row, column)"),
            _about(CENTRE[1], CENTRE[0]),
        ),
        NamedError(
            "degrees_as_radians",
            "the angle in degrees is taken for one in radians",
            Source("a common slip"),
            {radians: angle},
        ),
    ),
    forms=(Form("offset_first", _offset_first(*CENTRE)),),
    derivations=(
        Derivation(
            "a pixel shows what a turn brings to its place", "turns keep distances from the centre", _turned_back
        ),
    ),
    claims=(
        Claim("quarter and half turns of a square move pixels and change none", _quarter_turns),
        Claim("a constant image stays constant, unless a constant is filled in", _keeps_a_constant),
    ),
    source=Source("lecture deck", "line 271"),
)
