"""How arrays of one library are made, checked and read; the library is imported only when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .case import Unsupported


class ArrayKind:
    """How arrays of one library are made, checked and read; the library is imported only when it is needed."""

    word = "an array"

    def make(self, values: Sequence[float], shape: tuple[int, ...], dtype: str) -> Any:
        """Return an array of the values, which are in row-major order."""
        raise NotImplementedError

    def owns(self, value: Any) -> bool:
        """Tell whether `value` is an array of the library."""
        raise NotImplementedError

    def dtype(self, value: Any) -> str:
        """Return the name of its dtype."""
        return str(value.dtype)

    def read(self, value: Any) -> list[float]:
        """Return its numbers in row-major order."""
        return [float(x) for x in value.reshape(-1).tolist()]


class _NumPy(ArrayKind):
    word = "a numpy array"

    def make(self, values: Sequence[float], shape: tuple[int, ...], dtype: str) -> Any:
        if dtype == "bfloat16":
            raise Unsupported("NumPy has no bfloat16")
        return import_module("numpy").array(values, dtype=dtype).reshape(shape)

    def owns(self, value: Any) -> bool:
        return isinstance(value, import_module("numpy").ndarray)


class _Torch(ArrayKind):
    word = "a torch tensor"

    def make(self, values: Sequence[float], shape: tuple[int, ...], dtype: str) -> Any:
        torch = import_module("torch")
        return torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape)

    def owns(self, value: Any) -> bool:
        return isinstance(value, import_module("torch").Tensor)

    def dtype(self, value: Any) -> str:
        return str(value.dtype).removeprefix("torch.")

    def read(self, value: Any) -> list[float]:
        return [float(x) for x in value.detach().reshape(-1).tolist()]


class _Jax(ArrayKind):
    word = "a jax array"

    def make(self, values: Sequence[float], shape: tuple[int, ...], dtype: str) -> Any:
        numpy, jax = import_module("numpy"), import_module("jax.numpy")
        if dtype == "float64" and not import_module("jax").config.jax_enable_x64:
            raise Unsupported("float64 needs JAX_ENABLE_X64=true in the environment")
        return jax.asarray(numpy.array(values, dtype=dtype).reshape(shape))

    def owns(self, value: Any) -> bool:
        return isinstance(value, import_module("jax").Array)


def array_kinds() -> dict[str, ArrayKind]:
    """What is known of the arrays of each library."""
    return {"numpy": _NumPy(), "torch": _Torch(), "jax": _Jax()}
