"""Warps of images in the frameworks: shift, rotate and resize on the same canvas, with linear interpolation.

Each is given the amounts in its own words; where a framework leaves the pivot to the caller it is the centre of the pixel
centres, as its own augmentations have it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradspec.conformance.bridges.gradients import keras_function
from gradspec.conformance.implementation import Implementation


def register_scipy(library: Implementation, *, mode: str = "constant", order: int = 1) -> None:
    """Add those of scipy.ndimage; `resize` is its affine_transform, as zoom changes the size of the canvas."""
    import numpy
    from scipy import ndimage

    def shift(image: Any, *, row_shift: float, column_shift: float, fill_value: float) -> Any:
        return ndimage.shift(image, (row_shift, column_shift), order=order, mode=mode, cval=fill_value)

    def rotate(image: Any, *, angle: float, fill_value: float) -> Any:
        return ndimage.rotate(image, angle, reshape=False, order=order, mode=mode, cval=fill_value)

    def resize(image: Any, *, row_factor: float, column_factor: float, fill_value: float) -> Any:
        scale = 1 / numpy.array([row_factor, column_factor])
        pivot = (numpy.array(image.shape) - 1) / 2
        return ndimage.affine_transform(image, scale, pivot - scale * pivot, order=order, mode=mode, cval=fill_value)

    for function in (shift, rotate, resize):
        library.function(function.__name__)(function)


def register_keras(library: Implementation, *, fill_mode: str = "constant", interpolation: str = "bilinear") -> None:
    """Add keras.ops.image.affine_transform with the matrices of RandomTranslation, RandomRotation and RandomZoom.

    The layers draw their amounts within a limited range; the matrices are theirs, so that a factor above 1 zooms out.
    """
    import keras

    def warped(image: Any, matrix: list[float], fill_value: float) -> Any:
        transform = keras.ops.convert_to_tensor([[*matrix, 0.0, 0.0]], dtype=image.dtype)
        return keras.ops.image.affine_transform(
            image[None, :, :, None], transform, interpolation, fill_mode, fill_value, data_format="channels_last"
        )[0, :, :, 0]

    def shift(image: Any, *, row_shift: float, column_shift: float, fill_value: float) -> Any:
        return warped(image, [1.0, 0.0, -column_shift, 0.0, 1.0, -row_shift], fill_value)

    def rotate(image: Any, *, angle: float, fill_value: float) -> Any:
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        row, column = _centre(image)
        across = [cosine, -sine, column - cosine * column + sine * row]
        return warped(image, [*across, sine, cosine, row - sine * column - cosine * row], fill_value)

    def resize(image: Any, *, row_factor: float, column_factor: float, fill_value: float) -> Any:
        row, column = _centre(image)
        across = [column_factor, 0.0, (1 - column_factor) * column]
        return warped(image, [*across, 0.0, row_factor, (1 - row_factor) * row], fill_value)

    for function in (shift, rotate, resize):
        library.function(function.__name__)(keras_function(function))


def register_kornia(library: Implementation, *, mode: str = "bilinear") -> None:
    """Add kornia's warp_affine, on which its translate, rotate and scale stand, with its own matrices.

    It fills three channels with three values, so the image stands in all three.
    """
    import torch
    from kornia.geometry import transform

    def warped(image: Any, matrix: Any, fill_value: float) -> Any:
        filling = torch.full((3,), fill_value, dtype=image.dtype)
        batch = image.expand(1, 3, *image.shape)
        return transform.warp_affine(
            batch, matrix, tuple(image.shape), mode=mode, padding_mode="fill", fill_value=filling
        )[0, 0]

    def of_centre(image: Any, angle: float, scale: list[float]) -> Any:
        row, column = _centre(image)
        centre = torch.tensor([[column, row]], dtype=image.dtype)
        angles = torch.tensor([angle], dtype=image.dtype)
        return transform.get_rotation_matrix2d(centre, angles, torch.tensor([scale], dtype=image.dtype))

    def shift(image: Any, *, row_shift: float, column_shift: float, fill_value: float) -> Any:
        matrix = torch.tensor([[[1.0, 0.0, column_shift], [0.0, 1.0, row_shift]]], dtype=image.dtype)
        return warped(image, matrix, fill_value)

    def rotate(image: Any, *, angle: float, fill_value: float) -> Any:
        return warped(image, of_centre(image, angle, [1.0, 1.0]), fill_value)

    def resize(image: Any, *, row_factor: float, column_factor: float, fill_value: float) -> Any:
        return warped(image, of_centre(image, 0.0, [column_factor, row_factor]), fill_value)

    for function in (shift, rotate, resize):
        library.function(function.__name__)(function)


def register_torchvision(library: Implementation, *, interpolation: str = "bilinear") -> None:
    """Add torchvision's affine of tensors, whose translations are whole pixels: there is no shift by parts of them."""
    from torchvision.transforms import InterpolationMode, functional

    chosen = InterpolationMode(interpolation)

    def rotate(image: Any, *, angle: float, fill_value: float) -> Any:
        return functional.rotate(image[None], angle, interpolation=chosen, fill=[fill_value])[0]

    library.function("rotate")(rotate)


def _centre(image: Any) -> tuple[float, float]:
    height, width = image.shape
    return (height - 1) / 2, (width - 1) / 2


REGISTER: dict[str, Callable[..., None]] = {
    "scipy": register_scipy,
    "keras": register_keras,
    "kornia": register_kornia,
    "torchvision": register_torchvision,
}
