"""The two array libraries of the fast backend behind one face."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch

from gradspec.fast import numpy as fast_numpy
from gradspec.fast import torch as fast_torch


@dataclass(frozen=True)
class Library:
    """Functions, the dtypes they take, and how arrays are made."""

    name: str
    functions: ModuleType
    dtypes: tuple[str, ...]
    make: Callable[[Sequence[float], str], Any]

    def step(self, rule: str) -> Callable[..., dict[str, Any]]:
        return getattr(self.functions, rule)  # type: ignore[no-any-return]

    def trajectory(
        self,
        rule: str,
        dtype: str,
        w: Sequence[float],
        gradients: Sequence[Any],
        learning_rates: Sequence[float],
        state: dict[str, Any] | None = None,
        **keywords: Any,
    ) -> list[tuple[float, ...]]:
        """Return the parameters after every step; a gradient is a list of numbers, or a callable of a point."""
        array, seen = self.make(w, dtype), []
        for given, rate in zip(gradients, learning_rates, strict=True):
            gradient = given if callable(given) else self.make(given, dtype)
            state = self.step(rule)(array, gradient, state, learning_rate=rate, **keywords)
            seen.append(tuple(array.tolist()))
        return seen


def _numpy(values: Sequence[float], dtype: str) -> Any:
    return np.array(values, dtype)


def _torch(values: Sequence[float], dtype: str) -> Any:
    return torch.tensor(values, dtype=getattr(torch, dtype))


NUMPY = Library("numpy", fast_numpy, ("float64", "float32", "float16"), _numpy)
TORCH = Library("torch", fast_torch, ("float64", "float32", "bfloat16", "float16"), _torch)
LIBRARIES = (NUMPY, TORCH)
#: Every library with every dtype that it takes, under a readable name.
KINDS = {f"{library.name}-{dtype}": (library, dtype) for library in LIBRARIES for dtype in library.dtypes}
