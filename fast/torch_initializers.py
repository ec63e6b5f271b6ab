"""Initial weights as torch tensors on any device: `weights = he_normal((128, 784))`.

- `shape`: of the kernel, at least two sizes of at least 1: (outputs, inputs, ..) in the layout `out_in`,
  (.., inputs, outputs) in `in_out`.
- `generator`: a `torch.Generator` of the device; None takes torch's own.
- `dtype`: float16, bfloat16, float32 or float64; None takes torch's default. Half precision is drawn in float32 and
  rounded once.
- `dialect`: a vendor's name or a mapping from axis to value, see `gradspec.fast.initializers`.
- A weight never lies beyond the cut of a truncated distribution or the limit of a uniform one.
- No value is read back from the device. TypeError and ValueError come before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erf, sqrt

import torch
from torch import Tensor

from .initializers import Plan, plan

__all__ = ["glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform"]

Dialect = str | Mapping[str, str]

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_INSIDE = erf(sqrt(2))  # share of a normal distribution within two standard deviations


def glorot_normal(
    shape: Sequence[int],
    *,
    layout: str = "out_in",
    generator: torch.Generator | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
    dialect: Dialect = "torch",
) -> Tensor:
    """Draw weights from a normal distribution of variance 2/(fan_in + fan_out).

    Arguments and errors are those of the module.
    Source: Glorot & Bengio 2010, equation 12.
    """
    return _drawn(plan("glorot_normal", shape, layout, dialect), generator, dtype, device)


def glorot_uniform(
    shape: Sequence[int],
    *,
    layout: str = "out_in",
    generator: torch.Generator | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
    dialect: Dialect = "torch",
) -> Tensor:
    """Draw weights from a uniform distribution of variance 2/(fan_in + fan_out).

    Arguments and errors are those of the module.
    Source: Glorot & Bengio 2010, equation 16.
    """
    return _drawn(plan("glorot_uniform", shape, layout, dialect), generator, dtype, device)


def he_normal(
    shape: Sequence[int],
    *,
    layout: str = "out_in",
    negative_slope: float = 0.0,
    generator: torch.Generator | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
    dialect: Dialect = "torch",
) -> Tensor:
    """Draw weights from a normal distribution of variance 2/((1 + negative_slope²) fan_in).

    Arguments and errors are those of the module. `negative_slope`, at least 0, is that of the activation.
    Source: He et al. 2015, equations 10 and 15.
    """
    return _drawn(plan("he_normal", shape, layout, dialect, negative_slope), generator, dtype, device)


def he_uniform(
    shape: Sequence[int],
    *,
    layout: str = "out_in",
    negative_slope: float = 0.0,
    generator: torch.Generator | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
    dialect: Dialect = "torch",
) -> Tensor:
    """Draw weights from a uniform distribution of variance 2/((1 + negative_slope²) fan_in).

    Arguments and errors are those of the module. `negative_slope`, at least 0, is that of the activation.
    Source: He et al. 2015, equations 10 and 15.
    """
    return _drawn(plan("he_uniform", shape, layout, dialect, negative_slope), generator, dtype, device)


def lecun_normal(
    shape: Sequence[int],
    *,
    layout: str = "out_in",
    generator: torch.Generator | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
    dialect: Dialect = "torch",
) -> Tensor:
    """Draw weights from a normal distribution of variance 1/fan_in.

    Arguments and errors are those of the module.
    Source: LeCun et al. 1998, section 4.6.
    """
    return _drawn(plan("lecun_normal", shape, layout, dialect), generator, dtype, device)


def lecun_uniform(
    shape: Sequence[int],
    *,
    layout: str = "out_in",
    generator: torch.Generator | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
    dialect: Dialect = "torch",
) -> Tensor:
    """Draw weights from a uniform distribution of variance 1/fan_in.

    Arguments and errors are those of the module.
    Source: LeCun et al. 1998, section 4.6.
    """
    return _drawn(plan("lecun_uniform", shape, layout, dialect), generator, dtype, device)


def _drawn(
    chosen: Plan, generator: torch.Generator | None, dtype: torch.dtype | None, device: torch.device | str | None
) -> Tensor:
    wanted = torch.get_default_dtype() if dtype is None else dtype
    if wanted not in _DTYPES:
        shown = str(wanted).removeprefix("torch.")
        raise TypeError(f"dtype={shown}: must be float16, bfloat16, float32 or float64; pass one of them")
    if generator is not None and not isinstance(generator, torch.Generator):
        kind = type(generator).__name__
        raise TypeError(f"generator={kind}: must be a generator; pass torch.Generator().manual_seed(seed)")
    drawn_in = torch.float64 if wanted == torch.float64 else torch.float32
    weights: Tensor = chosen.draw(_Draws(generator, drawn_in, device))
    return weights.to(wanted)


@dataclass(frozen=True, slots=True)
class _Draws:
    """Draws of one generator in float32 or float64, on one device."""

    generator: torch.Generator | None
    dtype: torch.dtype
    device: torch.device | str | None

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=self.generator, dtype=self.dtype, device=self.device)

    def truncated(self, shape: tuple[int, ...]) -> Tensor:
        shares = self._symmetric(shape, _INSIDE)
        return shares.erfinv_().mul_(sqrt(2)).clamp_(-2, 2)

    def uniform(self, shape: tuple[int, ...]) -> Tensor:
        return self._symmetric(shape, 1.0)

    def _symmetric(self, shape: tuple[int, ...], limit: float) -> Tensor:
        values = torch.rand(shape, generator=self.generator, dtype=self.dtype, device=self.device)
        return values.mul_(2 * limit).sub_(limit)
