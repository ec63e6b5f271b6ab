"""What shift, rotate and resize share: a point of the image for every pixel, weights of pixels near it, and what lies outside.

Rows are counted downwards and columns to the right, from 0 at the centre of the first pixel. Every pixel of the output asks
for the image at one place; the axes say between which pixels it interpolates and how the image goes on beyond its edges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sympy import (
    And,
    Expr,
    Function,
    Indexed,
    IndexedBase,
    Integer,
    Max,
    Min,
    Piecewise,
    Rational,
    S,
    Sum,
    Symbol,
    floor,
)

from ..program import Equations
from ..rule import Array, Axis, AxisValue, Dialect, Hyperparameter, Rule, Source
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
warped = IndexedBase("warped", shape=(n, m), real=True)
beyond = IndexedBase("beyond", shape=(n, m), real=True)
fill_value = Symbol("fill_value", real=True)

CENTRE, HALF_SIZE = ((n - 1) / 2, (m - 1) / 2), (n / 2, m / 2)
IMAGE = Array(image, "image, one number for each pixel: rows from the top, columns from the left")
FILL_VALUE = Hyperparameter(
    "fill_value", fill_value, S.Reals, Rational(0), "value of what lies outside, for fill=constant", "value"
)

SCIPY = "scipy.ndimage 1.17.1"


@dataclass(frozen=True, slots=True)
class Direction:
    """Rows or columns: how many there are, and of which pixels of the output the place along them depends on."""

    name: str
    size: Symbol
    of: tuple[Symbol, ...]

    def named(self, what: str, *more: tuple[Symbol, Symbol]) -> Indexed:
        """An intermediate of this direction, with a position and size more where given."""
        shape = tuple({i: n, j: m}[index] for index in self.of)
        base = IndexedBase(f"{self.name}_{what}", shape=(*shape, *(size for _, size in more)), real=True)
        return base[(*self.of, *(index for index, _ in more))]

    @property
    def place(self) -> Indexed:
        """Where in the image the pixel comes from, in pixels between and beyond the whole numbers too."""
        return self.named("place")

    @property
    def point(self) -> Indexed:
        """The place, or the whole number next to it."""
        return self.named("point")

    @property
    def fold(self) -> Indexed:
        """Where in the image a point beyond its edges finds its value."""
        return self.named("fold")

    @property
    def cover(self) -> Indexed:
        """How much of the value comes from the image, not from beyond."""
        return self.named("cover")

    def weight(self, pixel: Symbol) -> Indexed:
        """The share of a row or column of the image."""
        return self.named("weight", (pixel, self.size))


Both = tuple[Direction, Direction]
SEPARATE: Both = (Direction("row", n, (i,)), Direction("column", m, (j,)))  # the row depends on the row only
JOINT: Both = (Direction("row", n, (i, j)), Direction("column", m, (i, j)))


def intermediates(both: Both) -> Equations:
    """What stands between the places and the output; the places are the rule's own."""
    rows, columns = both
    along = (
        IndexedBase("along", shape=(n, m, n), real=True)[i, j, k]
        if both is JOINT
        else IndexedBase("along", shape=(n, m), real=True)[k, j]
    )
    here = along.base[i, j, position] if both is JOINT else along.base[position, j]
    return {
        **{d.point: d.place for d in both},
        **{d.fold: d.point for d in both},
        **{d.cover: clipped(d.point + 1, 0, 1) * clipped(d.size - d.point, 0, 1) for d in both},
        **{d.weight(k): tent(d.fold - k) for d in both},
        along: Sum(columns.weight(position) * image[k, position], (position, 0, m - 1)),
        warped[i, j]: Sum(rows.weight(position) * here, (position, 0, n - 1)),
        beyond[i, j]: warped[i, j] + (1 - rows.cover * columns.cover) * fill_value,
    }


UPDATE: Equations = {output[i, j]: beyond[i, j]}
PLAIN: Equations = {output[i, j]: warped[i, j]}


def fill(both: Both) -> Axis:
    """The axis of what lies outside."""

    def folded(how: Callable[[Expr, Expr], Expr]) -> Equations:
        return {**{d.fold: how(d.point, d.size) for d in both}, **PLAIN}

    def reflected(point: Expr, size: Expr) -> Expr:
        return clipped(from_multiple(point + Rational(1, 2), 2 * size) - Rational(1, 2), 0, size - 1)

    # A pixel and its copies, one size apart; of an image of one pixel two copies are near.
    away = {d: from_multiple(d.point - k, d.size) for d in both}
    copies = {d.weight(k): tent(away[d]) + tent(d.size - away[d]) for d in both}
    return Axis(
        "fill",
        "how the image goes on beyond its edges",
        (
            AxisValue("constant", {}, Source(SCIPY, "mode grid-constant")),
            AxisValue(
                "nearest", folded(lambda point, size: clipped(point, 0, size - 1)), Source(SCIPY, "mode nearest")
            ),
            AxisValue("reflect", folded(reflected), Source(SCIPY, "mode reflect: d c b a | a b c d | d c b a")),
            AxisValue(
                "mirror",
                folded(lambda point, size: from_multiple(point, 2 * (size - 1))),
                Source(SCIPY, "mode mirror: d c b | a b c d | c b a"),
            ),
            AxisValue("wrap", {**copies, **PLAIN}, Source(SCIPY, "mode grid-wrap: a b c d | a b c d | a b c d")),
        ),
    )


def edge(both: Both) -> Axis:
    """The axis of the seam between the image and a constant."""
    inside = And(*(condition for d in both for condition in (d.place >= 0, d.place <= d.size - 1)))
    return Axis(
        "edge",
        "with fill=constant: what stands between the last pixel and the first one outside",
        (
            AxisValue("blended", {}, Source("PyTorch 2.13.0", "grid_sample with zeros as padding")),
            AxisValue(
                "whole",
                {beyond[i, j]: Piecewise((warped[i, j], inside), (fill_value, True))},
                Source(SCIPY, "mode constant: beyond the centre of the last pixel everything is the fill value"),
            ),
        ),
    )


def half_up(number: Expr) -> Expr:
    """The nearest whole number; of two equally near ones the larger."""
    return floor(number + Rational(1, 2))


def half_even(number: Expr) -> Expr:
    """The nearest whole number; of two equally near ones the even one."""
    quarter = (2 * number - 1) / 4
    return floor(number + Rational(1, 2)) - floor(-quarter) - floor(quarter) - 1


def interpolation(both: Both, *, ties: bool) -> Axis:
    """The axis of what an image is between its pixels; `ties` where a place can lie exactly between two of them."""
    values = [
        AxisValue("linear", {}, Source("linear interpolation in both directions")),
        AxisValue("nearest", {d.point: half_up(d.place) for d in both}, Source(SCIPY, "order 0")),
        AxisValue(
            "nearest_even",
            {d.point: half_even(d.place) for d in both},
            Source("PyTorch 2.13.0", "grid_sample, nearest"),
        ),
    ]
    return Axis(
        "interpolation", "the value of the image at a place between pixels", tuple(values if ties else values[:2])
    )


def pixel_symbol(row: int, column: int) -> Symbol:
    """What stands for a pixel of the image in claims."""
    return Symbol(f"pixel_{row}_{column}", real=True)


def pixel(
    rule: Rule, dialect: Dialect, place: tuple[int, int], shape: tuple[int, int], numbers: Mapping[Expr, Expr]
) -> Expr:
    """The output at a place for an image of that shape, written in the symbols of its pixels."""
    sizes = dict(zip((n, m, i, j), map(Integer, (*shape, *place)), strict=True))
    written = rule.program(dialect).formula(output[i, j]).xreplace({**sizes, **numbers}).doit()
    return written.replace(lambda e: isinstance(e, Indexed), lambda e: pixel_symbol(*map(int, e.indices)))
