"""The shift of an image by any number of pixels."""

from itertools import product

from sympy import Integer, Rational, S, Symbol
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..rule import Claim, Hyperparameter, NamedError, Rule, Source
from ..symbols import i, j
from .warp import (
    FILL_VALUE,
    IMAGE,
    SEPARATE,
    UPDATE,
    edge,
    fill,
    fill_value,
    half_even,
    intermediates,
    interpolation,
    output,
    pixel,
    pixel_symbol,
)

ROWS, COLUMNS = SEPARATE

row_shift, column_shift = Symbol("row_shift", real=True), Symbol("column_shift", real=True)


def _moves_whole_pixels(rule: Rule) -> Boolean:
    """One row down and one column to the left: pixels keep their values, and outside there is the fill value."""
    numbers = {row_shift: Integer(1), column_shift: Integer(-1)}
    facts = [
        equal(pixel(rule, {}, (r, c), (3, 2), numbers), pixel_symbol(r - 1, c + 1) if r >= 1 and c == 0 else fill_value)
        for r in range(3)
        for c in range(2)
    ]
    return every(*facts)


def _wraps_around(rule: Rule) -> Boolean:
    numbers = {row_shift: Integer(1), column_shift: Integer(-3)}
    return every(
        *(
            equal(pixel(rule, {"fill": "wrap"}, (r, c), (3, 2), numbers), pixel_symbol((r - 1) % 3, (c + 3) % 2))
            for r in range(3)
            for c in range(2)
        )
    )


def _halfway_is_the_mean(rule: Rule) -> Boolean:
    numbers = {row_shift: Rational(1, 2), column_shift: Integer(0)}
    return equal(pixel(rule, {}, (1, 0), (3, 2), numbers), (pixel_symbol(0, 0) + pixel_symbol(1, 0)) / 2)


EDGES = ({"edge": "blended"}, {"edge": "whole"})


def _one_edge_for_whole_pixels(rule: Rule) -> Boolean:
    facts = []
    for place in product(range(3), range(2)):
        one, other = (
            pixel(rule, choice, place, (3, 2), {row_shift: Integer(2), column_shift: Integer(-1)}) for choice in EDGES
        )
        facts.append(equal(one, other))
    return every(*facts)


def _two_edges_for_half_a_pixel(rule: Rule) -> Boolean:
    """The first row, half a pixel down: half of it comes from beyond the edge, or all."""
    numbers = {row_shift: Rational(1, 2), column_shift: Integer(0)}
    blended, whole = (pixel(rule, choice, (0, 0), (3, 2), numbers) for choice in EDGES)
    return every(equal(blended, (pixel_symbol(0, 0) + fill_value) / 2), equal(whole, fill_value))


def _where_a_pixel_came_from(rule: Rule) -> tuple[Step, ...]:
    program = rule.program()
    from_row, from_column = (program.formula(d.place) for d in SEPARATE)
    return (
        Step("moved down by the shift, the source is in this row", equal(from_row + row_shift, i)),
        Step("and moved to the right, in this column", equal(from_column + column_shift, j)),
    )


SHIFT = Rule(
    name="shift",
    title="Shift of an image",
    doc="Moves the image down and to the right, by whole pixels or by parts of them.",
    kind="function",
    parameter=output[i, j],
    arrays=(IMAGE,),
    hyperparameters=(
        Hyperparameter("row_shift", row_shift, S.Reals, Rational(1), "how far down the image moves", "pixel"),
        Hyperparameter(
            "column_shift", column_shift, S.Reals, Rational(1), "how far to the right the image moves", "pixel"
        ),
        FILL_VALUE,
    ),
    let={**intermediates(SEPARATE), ROWS.place: i - row_shift, COLUMNS.place: j - column_shift},
    update=UPDATE,
    axes=(fill(SEPARATE), edge(SEPARATE), interpolation(SEPARATE, ties=True)),
    errors=(
        NamedError(
            "wrong_way",
            "the image moves up and to the left: the place of a pixel is that of its source plus the shift, not minus it",
            Source("scipy.ndimage 1.17.1", "affine_transform: its offset points from the output to the input"),
            {ROWS.place: i + row_shift, COLUMNS.place: j + column_shift},
        ),
        NamedError(
            "rows_and_columns_exchanged",
            "the image moves down by what it should move to the right: x and y in the order of rows and columns",
            Source("kornia 0.9.0", "translate takes (x, y), an array is indexed by (row, column)"),
            {ROWS.place: i - column_shift, COLUMNS.place: j - row_shift},
        ),
        NamedError(
            "rounded",
            "the shift is rounded to whole pixels",
            Source("torchvision 0.28.0", "transforms.RandomAffine.get_params: int(round(...))"),
            {ROWS.place: i - half_even(row_shift), COLUMNS.place: j - half_even(column_shift)},
        ),
    ),
    derivations=(
        Derivation("a pixel shows what lay one shift before it", "everything moves alike", _where_a_pixel_came_from),
    ),
    claims=(
        Claim("a shift by whole pixels moves those of an image of 3 by 2, and changes none", _moves_whole_pixels),
        Claim("with fill=wrap a shift by whole pixels permutes those of an image of 3 by 2", _wraps_around),
        Claim("halfway between two pixels stands their mean", _halfway_is_the_mean),
        Claim(
            "edge=blended and edge=whole are the same for a shift of an image of 3 by 2 by whole pixels",
            _one_edge_for_whole_pixels,
        ),
        Claim(
            "shifted by half a pixel, the first row is half fill value with edge=blended and all of it with edge=whole",
            _two_edges_for_half_a_pixel,
        ),
    ),
    source=Source("lecture deck", "line 271"),
)
