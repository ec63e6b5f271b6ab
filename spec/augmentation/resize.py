"""The resizing of an image's content about its centre; the canvas stays as it is."""

from sympy import Expr, Interval, Rational, Symbol, oo
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..program import Equations
from ..rule import Axis, AxisValue, Claim, Form, Hyperparameter, NamedError, Rule, Source
from ..symbols import i, j
from .warp import (
    CENTRE,
    FILL_VALUE,
    HALF_SIZE,
    IMAGE,
    SEPARATE,
    UPDATE,
    edge,
    fill,
    intermediates,
    interpolation,
    output,
    pixel,
    pixel_symbol,
)

ROWS, COLUMNS = SEPARATE

row_factor, column_factor = Symbol("row_factor", positive=True), Symbol("column_factor", positive=True)
row_offset, column_offset = Symbol("row_offset", real=True), Symbol("column_offset", real=True)
row_scale, column_scale = Symbol("row_scale", positive=True), Symbol("column_scale", positive=True)


def _about(row: Expr, column: Expr) -> Equations:
    """Distances from the pivot are scaled; the scale is that of places in the image, so it is small where things grow."""
    return {ROWS.place: row + row_scale * (i - row), COLUMNS.place: column + column_scale * (j - column)}


def _by_one_changes_nothing(rule: Rule) -> Boolean:
    numbers = {row_factor: Rational(1), column_factor: Rational(1)}
    return every(
        *(
            equal(pixel(rule, {"zoom": zoom}, (r, c), (3, 2), numbers), pixel_symbol(r, c))
            for zoom in ("in", "out")
            for r in range(3)
            for c in range(2)
        )
    )


def _in_and_out_are_opposite(rule: Rule) -> Boolean:
    """To twice the size and to half of the half are the same."""
    by, back = ({row_factor: Rational(f), column_factor: Rational(f)} for f in (2, Rational(1, 2)))
    return every(
        *(
            equal(pixel(rule, {"zoom": "in"}, (r, 0), (3, 2), by), pixel(rule, {"zoom": "out"}, (r, 0), (3, 2), back))
            for r in range(3)
        )
    )


def _keeps_a_constant(rule: Rule) -> Boolean:
    facts = []
    for beyond in ("nearest", "reflect", "mirror", "wrap"):
        numbers = {row_factor: Rational(1, 3), column_factor: Rational(3, 4)}
        found = pixel(rule, {"fill": beyond}, (0, 1), (2, 2), numbers)
        facts.append(equal(found.xreplace(dict.fromkeys(found.free_symbols, Rational(1))), 1))
    return every(*facts)


def _stretched_from_the_centre(rule: Rule) -> tuple[Step, ...]:
    program = rule.program({"zoom": "in"})
    from_row, from_column = (program.formula(d.place) for d in SEPARATE)
    (row, column), smaller = CENTRE, rule.program({"zoom": "out"}).formula(ROWS.place)
    return (
        Step("distances from the centre grow by the factor: of rows", equal((from_row - row) * row_factor, i - row)),
        Step("of columns", equal((from_column - column) * column_factor, j - column)),
        Step("zooming out, the source's distance is the longer one", equal((i - row) * row_factor, smaller - row)),
    )


RESIZE = Rule(
    name="resize",
    title="Resizing of an image",
    doc="Makes what is seen larger or smaller about the centre of the image; the canvas stays as it is.",
    kind="function",
    parameter=output[i, j],
    arrays=(IMAGE,),
    hyperparameters=(
        Hyperparameter("row_factor", row_factor, Interval.open(0, oo), Rational(1), "factor of the height"),
        Hyperparameter("column_factor", column_factor, Interval.open(0, oo), Rational(1), "factor of the width"),
        FILL_VALUE,
    ),
    let={**intermediates(SEPARATE), row_scale: 1 / row_factor, column_scale: 1 / column_factor, **_about(*CENTRE)},
    update=UPDATE,
    axes=(
        fill(SEPARATE),
        edge(SEPARATE),
        interpolation(SEPARATE, ties=True),
        Axis(
            "zoom",
            "whether a factor above 1 makes things larger or smaller",
            (
                AxisValue("in", {}, Source("torchvision 0.28.0", "transforms.functional.affine: scale")),
                AxisValue(
                    "out",
                    {row_scale: row_factor, column_scale: column_factor},
                    Source("Keras 3.15.1", "layers.RandomZoom: 1 + height_factor"),
                ),
            ),
        ),
    ),
    errors=(
        NamedError(
            "pivot_at_corner",
            "the image grows from its first pixel, not from its centre",
            Source("scipy.ndimage 1.17.1", "affine_transform without an offset"),
            {ROWS.place: row_scale * i, COLUMNS.place: column_scale * j},
        ),
        NamedError(
            "off_by_half_a_pixel",
            "the centre is taken to be at half the size; that is half a pixel from the middle of the pixel centres",
            Source("a common slip: size / 2 instead of (size - 1) / 2"),
            _about(*HALF_SIZE),
        ),
        NamedError(
            "rows_and_columns_exchanged",
            "the height grows by the factor of the width: x and y in the order of rows and columns",
            Source("a common slip: (x, y) in the order of (row, column)"),
            exchange={row_factor: column_factor, column_factor: row_factor},
        ),
    ),
    forms=(
        Form(
            "offset_first",
            {
                row_offset: CENTRE[0] - row_scale * CENTRE[0],
                column_offset: CENTRE[1] - column_scale * CENTRE[1],
                ROWS.place: row_offset + row_scale * i,
                COLUMNS.place: column_offset + column_scale * j,
            },
        ),
    ),
    derivations=(
        Derivation(
            "the centre stays, and distances from it grow", "everything is stretched alike", _stretched_from_the_centre
        ),
    ),
    claims=(
        Claim("a factor of 1 changes nothing", _by_one_changes_nothing),
        Claim("zooming in by a factor is zooming out by its reciprocal", _in_and_out_are_opposite),
        Claim("a constant image stays constant, unless a constant is filled in", _keeps_a_constant),
    ),
    source=Source("lecture deck", "line 271"),
)
