"""What shift, rotate and resize share: a point of the image for every pixel, weights of pixels near it, and what lies outside.

Rows are counted downwards and columns to the right, from 0 at the centre of the first pixel. Every pixel of the output asks
for the image at one place; the axes say between which pixels it interpolates and how the image goes on beyond its edges.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import And, Expr, Function, Indexed, IndexedBase, Integer, Max, Min, Piecewise, Rational, S, Sum, Symbol, floor

from ..rule import Array, Axis, AxisValue, Dialect, Equations, Hyperparameter, Rule, Source
from ..symbols import i, j, k, position


class tent(Function):  # type: ignore[misc]  # lower case, as SymPy writes functions
    """The weight of linear interpolation at a distance: 1 - |d| as long as that is positive, else 0."""

    nargs = 1

    @classmethod
    def eval(cls, distance: Expr) -> Expr | None:
        return Max(0, 1 - abs(distance)) if distance.is_Rational else None


class clipped(Function):  # type: ignore[misc]
    """A number moved to the nearer end of an interval that it lies outside of: `clipped(number, lower, upper)`."""

    nargs = 3

    @classmethod
    def eval(cls, number: Expr, lower: Expr, upper: Expr) -> Expr | None:
        known = all(a.is_Rational for a in (number, lower, upper))
        return Min(Max(number, lower), upper) if known else None


class from_multiple(Function):  # type: ignore[misc]
    """How far a number is from the nearest multiple of a period; 0 where the period is 0: a wave of triangles."""

    nargs = 2

    @classmethod
    def eval(cls, number: Expr, period: Expr) -> Expr | None:
        if period == 0:
            return S.Zero
        if number.is_Rational and period.is_Rational:
            rest = number % period
            return Min(rest, period - rest)
        return None


n, m = Symbol("n", integer=True, positive=True), Symbol("m", integer=True, positive=True)
image = IndexedBase("image", shape=(n, m), real=True)
output = IndexedBase("output", shape=(n, m), real=True)
row_place, column_place = (IndexedBase(f"{axis}_place", shape=(n, m), real=True) for axis in ("row", "column"))
row_point, column_point = (IndexedBase(f"{axis}_point", shape=(n, m), real=True) for axis in ("row", "column"))
row_fold, column_fold = (IndexedBase(f"{axis}_fold", shape=(n, m), real=True) for axis in ("row", "column"))
row_cover, column_cover = (IndexedBase(f"{axis}_cover", shape=(n, m), real=True) for axis in ("row", "column"))
row_weight = IndexedBase("row_weight", shape=(n, m, n), real=True)
column_weight = IndexedBase("column_weight", shape=(n, m, m), real=True)
along = IndexedBase("along", shape=(n, m, n), real=True)
warped = IndexedBase("warped", shape=(n, m), real=True)
beyond = IndexedBase("beyond", shape=(n, m), real=True)
fill_value = Symbol("fill_value", real=True)

CENTRE, HALF_SIZE = ((n - 1) / 2, (m - 1) / 2), (n / 2, m / 2)
SIDES = ((row_place, row_point, row_fold, row_cover, row_weight, n), (column_place, column_point, column_fold, column_cover, column_weight, m))
IMAGE = Array(image, "image, one number for each pixel: rows from the top, columns from the left")
FILL_VALUE = Hyperparameter("fill_value", fill_value, S.Reals, Rational(0), "value of what lies outside, for fill=constant", "value")

SCIPY = "scipy.ndimage 1.17.1"
PLAIN = {output[i, j]: warped[i, j]}


def _folded(how: object) -> Equations:
    """Where in the image a point beyond its edges finds its value: one equation for each direction."""
    return {fold[i, j]: how(point[i, j], size) for _, point, fold, _, _, size in SIDES}  # type: ignore[operator]


def _reflected(point: Expr, size: Expr) -> Expr:
    return clipped(from_multiple(point + Rational(1, 2), 2 * size) - Rational(1, 2), 0, size - 1)


def _wrapped() -> Equations:
    """A pixel and its copies, one size apart; of an image of one pixel two copies are near."""
    return {
        weight[i, j, k]: tent(from_multiple(point[i, j] - k, size)) + tent(size - from_multiple(point[i, j] - k, size))
        for _, point, _, _, weight, size in SIDES
    }


def _nearest(rounded: object) -> Equations:
    return {point[i, j]: rounded(place[i, j]) for place, point, *_ in SIDES}  # type: ignore[operator]


def half_up(number: Expr) -> Expr:
    """The nearest whole number; of two equally near ones the larger."""
    return floor(number + Rational(1, 2))


def half_even(number: Expr) -> Expr:
    """The nearest whole number; of two equally near ones the even one."""
    quarter = (2 * number - 1) / 4
    return floor(number + Rational(1, 2)) - floor(-quarter) - floor(quarter) - 1


LET: Equations = {
    **{point[i, j]: place[i, j] for place, point, *_ in SIDES},
    **{fold[i, j]: point[i, j] for _, point, fold, *_ in SIDES},
    **{cover[i, j]: clipped(point[i, j] + 1, 0, 1) * clipped(size - point[i, j], 0, 1) for _, point, _, cover, _, size in SIDES},
    **{weight[i, j, k]: tent(fold[i, j] - k) for _, _, fold, _, weight, _ in SIDES},
    along[i, j, k]: Sum(column_weight[i, j, position] * image[k, position], (position, 0, m - 1)),
    warped[i, j]: Sum(row_weight[i, j, position] * along[i, j, position], (position, 0, n - 1)),
    beyond[i, j]: warped[i, j] + (1 - row_cover[i, j] * column_cover[i, j]) * fill_value,
}
UPDATE: Equations = {output[i, j]: beyond[i, j]}

INSIDE = And(row_place[i, j] >= 0, row_place[i, j] <= n - 1, column_place[i, j] >= 0, column_place[i, j] <= m - 1)

FILL = Axis(
    "fill",
    "how the image goes on beyond its edges",
    (
        AxisValue("constant", {}, Source(SCIPY, "mode grid-constant")),
        AxisValue("nearest", {**_folded(lambda point, size: clipped(point, 0, size - 1)), **PLAIN}, Source(SCIPY, "mode nearest")),
        AxisValue("reflect", {**_folded(_reflected), **PLAIN}, Source(SCIPY, "mode reflect: d c b a | a b c d | d c b a")),
        AxisValue(
            "mirror",
            {**_folded(lambda point, size: from_multiple(point, 2 * (size - 1))), **PLAIN},
            Source(SCIPY, "mode mirror: d c b | a b c d | c b a"),
        ),
        AxisValue("wrap", {**_wrapped(), **PLAIN}, Source(SCIPY, "mode grid-wrap: a b c d | a b c d | a b c d")),
    ),
)
EDGE = Axis(
    "edge",
    "with fill=constant: what stands between the last pixel and the first one outside",
    (
        AxisValue("blended", {}, Source("PyTorch 2.13.0", "grid_sample with zeros as padding")),
        AxisValue(
            "whole",
            {beyond[i, j]: Piecewise((warped[i, j], INSIDE), (fill_value, True))},
            Source(SCIPY, "mode constant: beyond the centre of the last pixel everything is the fill value"),
        ),
    ),
)
LINEAR = AxisValue("linear", {}, Source("linear interpolation in both directions"))
NEAREST = AxisValue("nearest", _nearest(half_up), Source(SCIPY, "order 0"))
NEAREST_EVEN = AxisValue("nearest_even", _nearest(half_even), Source("PyTorch 2.13.0", "grid_sample, mode nearest"))


def interpolation(*values: AxisValue) -> Axis:
    """The axis of what an image is between its pixels."""
    return Axis("interpolation", "the value of the image at a place between pixels", values)


def pixel_symbol(row: int, column: int) -> Symbol:
    """What stands for a pixel of the image in claims."""
    return Symbol(f"pixel_{row}_{column}", real=True)


def pixel(rule: Rule, dialect: Dialect, place: tuple[int, int], shape: tuple[int, int], numbers: Mapping[Expr, Expr]) -> Expr:
    """The output at a place for an image of that shape, written in the symbols of its pixels."""
    sizes = dict(zip((n, m, i, j), map(Integer, (*shape, *place)), strict=True))
    written = rule.program(dialect).formula(output[i, j]).xreplace({**sizes, **numbers}).doit()
    return written.replace(lambda e: isinstance(e, Indexed), lambda e: pixel_symbol(*map(int, e.indices)))
