"""Random numbers for layers, in the array's own library."""

from __future__ import annotations

from typing import Any

from .library import Array, Library, dtype_of


def uniform(library: Library, generator: Any, like: Array) -> Array:
    """Return draws from [0, 1) of the shape of an array and where it is, in float64 for float64, else in float32.

    `generator` is a `numpy.random.Generator` or a `torch.Generator`, whichever goes with the array; None is a fresh one
    for NumPy and torch's own. Raises TypeError for anything else.
    """
    arrays = library.arrays
    kind = arrays.random.Generator if library.name == "NumPy" else arrays.Generator
    if not (generator is None or isinstance(generator, kind)):
        found = type(generator).__name__
        raise TypeError(f"generator={found}: must be a random generator of the array's library; pass one, or None")
    dtype = getattr(arrays, "float64" if dtype_of(like) == "float64" else "float32")
    if library.name == "NumPy":
        return (generator or arrays.random.default_rng()).random(like.shape, dtype)
    return arrays.rand(like.shape, generator=generator, dtype=dtype, device=like.device)
