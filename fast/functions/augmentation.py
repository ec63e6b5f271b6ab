"""Shift, rotation and resizing of a batch of images, each by its own amount if need be.

Every pixel of the output takes its value from one place in its image: between pixels it is interpolated, and beyond the
edges the image goes on as the dialect says. Only the pixels next to that place are read. Rows are counted downwards and
columns to the right; the pivot is the centre of the image, ((height - 1) / 2, (width - 1) / 2), in pixel centres.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from ..checks import _shown
from ..dialects import _nearest
from .choices import Dialect, choices
from .domains import number
from .library import Array, Library, dtype_of, floating, not_empty, operands, shape_of, silent

LAYOUTS = ("channels_last", "channels_first")

Amount = Any  #: a number for all images, or an array with one for each


@silent()
def shift(
    images: Array,
    *,
    row_shift: Amount,
    column_shift: Amount,
    fill_value: float = 0.0,
    layout: str = "channels_last",
    dialect: Dialect = None,
) -> Array:
    """Return the images moved down by `row_shift` and to the right by `column_shift` pixels, or parts of pixels.

    `images` has shape (images, height, width, channels), or (images, channels, height, width) with
    layout="channels_first"; so has the result. An amount is a number, or an array of shape (images,) of the images'
    dtype, which must be finite. `fill_value` is what lies outside where the dialect has fill=constant. Raises TypeError or
    ValueError for a wrong dtype, shape, layout or amount, and for images without pixels; one pixel will do.
    Source: as in scipy.ndimage.shift.
    """
    task = _task("shift", images, fill_value, layout, dialect, row_shift=row_shift, column_shift=column_shift)
    rows, columns = task.positions()
    return task.warped(rows - task.amounts["row_shift"], columns - task.amounts["column_shift"])


@silent()
def rotate(
    images: Array,
    *,
    angle: Amount,
    fill_value: float = 0.0,
    layout: str = "channels_last",
    dialect: Dialect = None,
) -> Array:
    """Return the images turned counter-clockwise by `angle` degrees about their centres, on the same canvas.

    Arguments and errors are those of `shift`. Source: as in scipy.ndimage.rotate with reshape=False.
    """
    task = _task("rotate", images, fill_value, layout, dialect, angle=angle)
    cosine, sine = task.direction(task.amounts["angle"])
    (rows, columns), (middle, centre) = task.positions(), task.pivot()
    down, right = rows - middle, columns - centre
    return task.warped(middle + (cosine * down + sine * right), centre + (cosine * right - sine * down))


@silent()
def resize(
    images: Array,
    *,
    row_factor: Amount,
    column_factor: Amount,
    fill_value: float = 0.0,
    layout: str = "channels_last",
    dialect: Dialect = None,
) -> Array:
    """Return the images with what they show made taller and wider by factors about the centre, on the same canvas.

    With zoom=out in the dialect a factor above 1 makes it smaller. Factors are above 0; the other arguments, and errors,
    are those of `shift`. Source: as in torchvision.transforms.functional.affine and keras.layers.RandomZoom.
    """
    amounts = {"row_factor": row_factor, "column_factor": column_factor}
    task = _task("resize", images, fill_value, layout, dialect, least=0.0, **amounts)
    (rows, columns), (middle, centre) = task.positions(), task.pivot()
    down, right = rows - middle, columns - centre
    if task.axes["zoom"] == "out":
        return task.warped(middle + task.amounts["row_factor"] * down, centre + task.amounts["column_factor"] * right)
    return task.warped(middle + down / task.amounts["row_factor"], centre + right / task.amounts["column_factor"])


@dataclass(frozen=True, slots=True)
class _Task:
    """Images in the dtype to compute in, their pixels in one axis, with everything that was asked for."""

    library: Library
    pixels: Array  #: (images, height × width, channels) or (images, channels, height × width)
    axis: int  #: that of the pixels
    sizes: tuple[int, int]
    amounts: Mapping[str, Any]
    fill_value: float
    axes: Mapping[str, str]
    finish: Callable[[Array], Array]

    def positions(self) -> tuple[Array, Array]:
        """The rows as a column and the columns as a row, to be combined with each other and with an amount per image."""
        rows, columns = (
            self.library.cast(self.library.indices(size, self.pixels), dtype_of(self.pixels)) for size in self.sizes
        )
        return rows.reshape((-1, 1)), columns.reshape((1, -1))

    def pivot(self) -> tuple[float, float]:
        height, width = self.sizes
        return (height - 1) / 2, (width - 1) / 2

    def direction(self, angle: Any) -> tuple[Any, Any]:
        """Cosine and sine of an angle in degrees."""
        if isinstance(angle, float):
            return math.cos(math.radians(angle)), math.sin(math.radians(angle))
        radians = angle * (math.pi / 180)
        return self.library.arrays.cos(radians), self.library.arrays.sin(radians)

    def warped(self, rows: Array, columns: Array) -> Array:
        """The images at these places, one for every pixel."""
        library, blends = self.library.arrays, self.axes["fill"] == "constant" and self.axes["edge"] == "blended"
        result: Array = None
        for row, row_weight, row_inside in self.near(rows, self.sizes[0]):
            along: Array = None
            for column, column_weight, column_inside in self.near(columns, self.sizes[1]):
                value = self.read(row, column)
                if blends:
                    value = library.where(self.spread(row_inside & column_inside), value, self.fill_value)
                along = self.added(along, value, column_weight)
            result = self.added(result, along, row_weight)
        if self.axes["fill"] == "constant" and not blends:
            inside = _between(rows, self.sizes[0]) & _between(columns, self.sizes[1])
            result = library.where(self.spread(inside), result, self.fill_value)
        return self.finish(result)

    def near(self, places: Array, size: int) -> Iterator[tuple[Array, Array | None, Array]]:
        """The pixels next to each place: position in the image, weight (None is 1), and whether it is inside at all."""
        library = self.library.arrays
        if self.axes["interpolation"] == "linear":
            low = library.floor(places)
            part = places - low
            pixels = [(low, 1.0 - part), (low + 1.0, part)]
        elif self.axes["interpolation"] == "nearest":
            pixels = [(library.floor(places + 0.5), None)]
        else:
            pixels = [(library.round(places), None)]
        for pixel, weight in pixels:
            folded = library.nan_to_num(self.folded(pixel, size))  # whatever it is, no memory beyond the image is read
            yield self.library.cast(folded, "int64"), weight, _between(pixel, size)

    def folded(self, pixel: Array, size: int) -> Array:
        """Where in the image a pixel, perhaps beyond its edges, finds its value."""
        library, fill = self.library.arrays, self.axes["fill"]
        if fill == "wrap":
            return library.remainder(pixel, size)
        if fill == "reflect":
            turned = library.remainder(pixel, 2 * size)
            return library.minimum(turned, 2 * size - 1 - turned)
        if fill == "mirror" and size > 1:
            turned = library.remainder(pixel, 2 * size - 2)
            return library.minimum(turned, 2 * size - 2 - turned)
        return library.clip(pixel, 0, size - 1)

    def read(self, rows: Array, columns: Array) -> Array:
        """The pixels at whole positions, in the layout of the images."""
        width = self.sizes[1]
        places = rows * width + columns
        if len(places.shape) == 3:
            flat = places.reshape((places.shape[0], -1, 1) if self.axis == 1 else (places.shape[0], 1, -1))
            found = self.library.take_along(self.pixels, flat, self.axis)
        elif self.library.name == "torch":
            found = self.pixels.index_select(self.axis, places.reshape(-1))
        else:
            found = self.pixels.take(places.reshape(-1), self.axis)
        shape = shape_of(self.pixels)
        return found.reshape((*shape[: self.axis], *self.sizes, *shape[self.axis + 1 :]))

    def spread(self, x: Array) -> Array:
        """Something about places, with an axis for the channels."""
        shape = shape_of(x)
        return x.reshape((*shape, 1) if self.axis == 1 else (*shape[:-2], 1, *shape[-2:]))

    def added(self, total: Array | None, value: Array, weight: Array | None) -> Array:
        """The total, which begins as None, and the weighted value."""
        part = value if weight is None else value * self.spread(weight)
        return part if total is None else total + part


def _task(
    rule: str,
    images: Array,
    fill_value: object,
    layout: object,
    dialect: Dialect,
    *,
    least: float = -inf,
    **amounts: Amount,
) -> _Task:
    """Check what was asked for; `least` is what all amounts must exceed."""
    library, (batch,), narrow = operands(images=images)
    axes = choices(rule, library, dialect)
    if layout not in LAYOUTS:
        raise ValueError(f"layout={_shown(layout)}: no such layout; {_nearest(layout, LAYOUTS)}")
    if len(batch.shape) != 4:
        expected = "(images, height, width, channels)" if layout == LAYOUTS[0] else "(images, channels, height, width)"
        raise ValueError(f"images=array of shape {shape_of(batch)}: must have shape {expected}; add axes of size 1")
    not_empty("images", batch)
    count, *rest = shape_of(batch)
    (height, width, channels), axis = (rest, 1) if layout == LAYOUTS[0] else ((*rest[1:], rest[0]), 2)
    pixels = batch.reshape((count, height * width, channels) if axis == 1 else (count, channels, height * width))
    chosen = {name: _amount(name, value, images, least) for name, value in amounts.items()}
    filling = number("fill_value", fill_value, -inf, ends="()")
    return _Task(library, pixels, axis, (height, width), chosen, filling, axes, narrow)


def _amount(name: str, value: object, images: Array, least: float) -> Any:
    """A float, or an array shaped (images, 1, 1)."""
    if not getattr(value, "shape", ()):
        return number(name, value, least, ends="()")
    library, (_, each) = floating(images=images, **{name: value})
    if shape_of(each) != (images.shape[0],):
        wanted = f"one entry for each of {images.shape[0]} images"
        raise ValueError(f"{name}=array of shape {shape_of(each)}: must have {wanted}; pass a number or that many")
    return library.wide(each).reshape((-1, 1, 1))


def _between(places: Array, size: int) -> Array:
    return (places >= 0) & (places <= size - 1)
