"""The array library of the arguments: what its dtypes are called, and the few functions that differ by library.

Everything else is an attribute of `Library`, or of its `arrays`, by the name that `numpy` and `torch` share, with `axis=`
and `keepdims=`. Neither library is imported here: an array of it would have to come from somewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any

from ..checks import _shown

Array = Any  #: of either library

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


@dataclass(frozen=True, slots=True)
class Library:
    """NumPy or torch. Dtypes go by their names, such as float32."""

    name: str
    arrays: Any  #: the module
    dtypes: tuple[str, ...]  #: of floating-point numbers
    cast: Callable[[Array, str], Array]  #: to a dtype; the array itself where it has that dtype
    full: Callable[[Sequence[int], float, Array], Array]  #: a new array of one value, with the dtype of another
    indices: Callable[[int, Array], Array]  #: 0, 1, 2, ..., where another array is
    take_along: Callable[[Array, Array, int], Array]  #: the entries at indices along an axis
    squares: Callable[[Array, tuple[int, ...] | None], Array]  #: Σx² of less than float64 in float64, axes kept

    def __getattr__(self, name: str) -> Any:
        """Return what the module calls so, for what both libraries call alike."""
        return getattr(self.arrays, name)

    def wide(self, x: Array) -> Array:
        """Return x in float32 if it has 16 bits, and otherwise x itself."""
        return self.cast(x, "float32") if x.dtype.itemsize == 2 else x

    def narrow(self, x: Array, like: Array) -> Array:
        """Return x in the dtype of another array, as an array even if it has no axes."""
        return self.cast(x, dtype_of(like))


def dtype_of(x: Array) -> str:
    """Return the name of the dtype, the same in both libraries."""
    return str(x.dtype).rpartition(".")[2]


def shape_of(x: Array) -> tuple[int, ...]:
    """Return the shape as a plain tuple."""
    return (*x.shape,)


@contextmanager
def silent() -> Iterator[None]:
    """Keep NumPy from warning of infinity and NaN, and torch from recording; decorates every public function."""
    with ExitStack() as stack:
        if numpy := sys.modules.get("numpy"):
            stack.enter_context(numpy.errstate(all="ignore"))
        if torch := sys.modules.get("torch"):
            stack.enter_context(torch.no_grad())
        yield


def operands(**arrays: Array) -> tuple[Library, list[Array], Callable[[Array], Array]]:
    """Return the library of the named arrays, these in the dtype to compute in, and what takes a result back to theirs.

    Raises TypeError or ValueError as `floating` does.
    """
    library, plain = floating(**arrays)
    dtype = dtype_of(plain[0])
    return library, [library.wide(array) for array in plain], lambda result: library.cast(result, dtype)


def floating(**arrays: Array) -> tuple[Library, list[Array]]:
    """Return the library of the named arrays, and the arrays as plain ones of it.

    Raises TypeError unless all are strided arrays of one library and one floating-point dtype, ValueError unless they
    are on one device.
    """
    first, *_ = arrays
    library = _library_of(first, arrays[first])
    plain = {name: _plain(name, array, library, first) for name, array in arrays.items()}
    like = plain[first]
    for name, array in plain.items():
        if dtype_of(array) not in library.dtypes:
            raise TypeError(
                f"{name}=array of {dtype_of(array)}: dtype must be float16, float32, float64 or torch's bfloat16; convert it"
            )
        if array.dtype != like.dtype:
            raise TypeError(
                f"{name}=array of {dtype_of(array)}: must have {first}'s dtype {dtype_of(like)}; convert it"
            )
        _check_device(name, array, first, like)
    return library, list(plain.values())


def integers(name: str, array: Array, library: Library, first: str, like: Array) -> Array:
    """Return an array of whole numbers as one of int64, where `like`, the argument called `first`, is; or raise."""
    plain = _plain(name, array, library, first)
    if dtype_of(plain) not in _INTEGERS:
        raise TypeError(f"{name}=array of {dtype_of(plain)}: dtype must be an integer one; convert it")
    _check_device(name, plain, first, like)
    return library.cast(plain, "int64")


def scalar(library: Library, name: str, value: Array | float, first: str, like: Array) -> Array:
    """Return a number, or an array without axes of the dtype and device of `like`, in float64; or raise."""
    if isinstance(value, Real) and not isinstance(value, bool) and not hasattr(value, "dtype"):
        return library.cast(library.full((), float(value), like), "float64")
    _, (_, plain) = floating(**{first: like, name: value})
    if shape_of(plain) != ():
        raise ValueError(f"{name}=array of shape {shape_of(plain)}: must have no axes, as the result has; pass its sum")
    return library.cast(plain, "float64")


def same_shape(**arrays: Array) -> None:
    """Raise ValueError unless all named arrays have the shape of the first."""
    (first, like), *rest = arrays.items()
    for name, array in rest:
        if shape_of(array) != shape_of(like):
            raise ValueError(
                f"{name}=array of shape {shape_of(array)}: must have {first}'s shape {shape_of(like)}; reshape it"
            )


def not_empty(name: str, array: Array) -> None:
    """Raise ValueError for an array without entries, which has no mean."""
    if 0 in array.shape:
        raise ValueError(f"{name}=array of shape {shape_of(array)}: must have entries; leave empty batches out")


def axes_of(name: str, axis: object, x: Array, *, several: bool = False) -> tuple[int, ...]:
    """Return an axis of x, or with `several` a tuple of distinct ones, counted from 0; or raise."""
    given = axis if several and isinstance(axis, tuple) else (axis,)
    kinds = "an int or a tuple of ints" if several else "an int"
    rank = len(x.shape)
    for one in given:
        if isinstance(one, bool) or not isinstance(one, int):
            raise TypeError(f"{name}={_shown(axis)}: must be {kinds}; pass the position of an axis")
        if not -rank <= one < rank:
            raise ValueError(f"{name}={axis}: an array of shape {shape_of(x)} has no such axis; pass one of its {rank}")
    positions = tuple(one % rank for one in given)
    if not positions or len({*positions}) < len(positions):
        raise ValueError(f"{name}={axis}: must name at least one axis, and none twice; leave repetitions out")
    return positions


def _library_of(name: str, array: object) -> Library:
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch and isinstance(array, torch.Tensor):
        return _torch()
    if numpy and isinstance(array, (numpy.ndarray, numpy.generic)):
        return _numpy()
    raise TypeError(f"{name}={_shown(array)}: must be a NumPy array or a torch tensor; pass one")


def _plain(name: str, array: object, library: Library, first: str) -> Array:
    """Return the array without subclass and history."""
    if _library_of(name, array) is not library:
        raise TypeError(f"{name}={type(array).__name__}: must be of {first}'s library {library.name}; convert it")
    if library.name == "NumPy":
        return library.arrays.asarray(array)
    plain: Any = array
    if plain.layout != library.arrays.strided:
        raise TypeError(f"{name}=tensor of {plain.layout}: must be strided; convert it with to_dense")
    return plain.detach()


def _check_device(name: str, array: Array, first: str, like: Array) -> None:
    device, expected = (getattr(one, "device", None) for one in (array, like))
    if device != expected:
        raise ValueError(f"{name}=tensor on {device}: must be on {first}'s device {expected}; move it with to")


@cache
def _numpy() -> Library:
    np: Any = sys.modules["numpy"]
    return Library(
        name="NumPy",
        arrays=np,
        dtypes=("float16", "float32", "float64"),
        cast=lambda x, dtype: np.asarray(x, dtype),
        full=lambda shape, value, like: np.full(shape, value, like.dtype),
        indices=lambda count, like: np.arange(count),
        take_along=np.take_along_axis,
        squares=lambda x, axes: np.sum(np.square(x, dtype="float64"), axis=axes, keepdims=True),
    )


@cache
def _torch() -> Library:
    torch: Any = sys.modules["torch"]
    return Library(
        name="torch",
        arrays=torch,
        dtypes=("float16", "bfloat16", "float32", "float64"),
        cast=lambda x, dtype: x.to(getattr(torch, dtype)),
        full=lambda shape, value, like: torch.full(shape, value, dtype=like.dtype, device=like.device),
        indices=lambda count, like: torch.arange(count, device=like.device),
        take_along=torch.take_along_dim,
        # One launch that reads x once; the root is undone in float64, far below the last place of x.
        squares=lambda x, axes: torch.linalg.vector_norm(x, 2, axes, keepdim=True, dtype=torch.float64).square(),
    )
