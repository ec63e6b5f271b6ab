"""Initial weights as NumPy arrays: `weights = he_normal((784, 128), generator=generator, dialect="keras")`.

- `shape`: of the kernel, at least two sizes of at least 1: (.., inputs, outputs) in the layout `in_out`,
  (outputs, inputs, ..) in `out_in`.
- `generator`: a `numpy.random.Generator`; None takes a fresh one.
- `dtype`: float16, float32 or float64. float16 is drawn in float32 and rounded once.
- `dialect`: a vendor's name or a mapping from axis to value, see `gradspec.fast.initializers`.
- A weight never lies beyond the cut of a truncated distribution or the limit of a uniform one.
- TypeError and ValueError come before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .initializers import Plan, plan

__all__ = ["glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform"]

FloatArray = NDArray[np.floating[Any]]
Dialect = str | Mapping[str, str]

_DTYPES = (np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64))


def glorot_normal(
    shape: Sequence[int],
    *,
    layout: str = "in_out",
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = np.float32,
    dialect: Dialect,
) -> FloatArray:
    """Draw weights from a normal distribution of variance 2/(fan_in + fan_out).

    Arguments and errors are those of the module.
    Source: Glorot & Bengio 2010, equation 12.
    """
    return _drawn(plan("glorot_normal", shape, layout, dialect), generator, dtype)


def glorot_uniform(
    shape: Sequence[int],
    *,
    layout: str = "in_out",
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = np.float32,
    dialect: Dialect,
) -> FloatArray:
    """Draw weights from a uniform distribution of variance 2/(fan_in + fan_out).

    Arguments and errors are those of the module.
    Source: Glorot & Bengio 2010, equation 16.
    """
    return _drawn(plan("glorot_uniform", shape, layout, dialect), generator, dtype)


def he_normal(
    shape: Sequence[int],
    *,
    layout: str = "in_out",
    negative_slope: float = 0.0,
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = np.float32,
    dialect: Dialect,
) -> FloatArray:
    """Draw weights from a normal distribution of variance 2/((1 + negative_slope²) fan_in).

    Arguments and errors are those of the module. `negative_slope`, at least 0, is that of the activation.
    Source: He et al. 2015, equations 10 and 15.
    """
    return _drawn(plan("he_normal", shape, layout, dialect, negative_slope), generator, dtype)


def he_uniform(
    shape: Sequence[int],
    *,
    layout: str = "in_out",
    negative_slope: float = 0.0,
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = np.float32,
    dialect: Dialect,
) -> FloatArray:
    """Draw weights from a uniform distribution of variance 2/((1 + negative_slope²) fan_in).

    Arguments and errors are those of the module. `negative_slope`, at least 0, is that of the activation.
    Source: He et al. 2015, equations 10 and 15.
    """
    return _drawn(plan("he_uniform", shape, layout, dialect, negative_slope), generator, dtype)


def lecun_normal(
    shape: Sequence[int],
    *,
    layout: str = "in_out",
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = np.float32,
    dialect: Dialect,
) -> FloatArray:
    """Draw weights from a normal distribution of variance 1/fan_in.

    Arguments and errors are those of the module.
    Source: LeCun et al. 1998, section 4.6.
    """
    return _drawn(plan("lecun_normal", shape, layout, dialect), generator, dtype)


def lecun_uniform(
    shape: Sequence[int],
    *,
    layout: str = "in_out",
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = np.float32,
    dialect: Dialect,
) -> FloatArray:
    """Draw weights from a uniform distribution of variance 1/fan_in.

    Arguments and errors are those of the module.
    Source: LeCun et al. 1998, section 4.6.
    """
    return _drawn(plan("lecun_uniform", shape, layout, dialect), generator, dtype)


def _drawn(chosen: Plan, generator: np.random.Generator | None, dtype: DTypeLike) -> FloatArray:
    wanted = np.dtype(dtype)
    if wanted not in _DTYPES:
        raise TypeError(f"dtype={wanted}: must be float16, float32 or float64; pass one of them")
    if generator is None:
        generator = np.random.default_rng()
    elif not isinstance(generator, np.random.Generator):
        kind = type(generator).__name__
        raise TypeError(f"generator={kind}: must be a generator; pass numpy.random.default_rng(seed)")
    weights: FloatArray = chosen.draw(_Draws(generator, np.float64 if wanted == np.float64 else np.float32))
    return weights.astype(wanted, copy=False)


@dataclass(frozen=True, slots=True)
class _Draws:
    """Draws of one generator in float32 or float64."""

    generator: np.random.Generator
    dtype: Any

    def normal(self, shape: tuple[int, ...]) -> FloatArray:
        return self.generator.standard_normal(shape, self.dtype)

    def truncated(self, shape: tuple[int, ...]) -> FloatArray:
        values = self.normal(shape)
        flat = values.reshape(-1)
        outside = np.flatnonzero(np.abs(flat) > 2)
        while outside.size:
            flat[outside] = self.generator.standard_normal(outside.size, self.dtype)
            outside = outside[np.abs(flat[outside]) > 2]
        return values

    def uniform(self, shape: tuple[int, ...]) -> FloatArray:
        values = self.generator.random(shape, self.dtype)
        values *= 2
        values -= 1
        return values
