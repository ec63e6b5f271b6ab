"""Which choices a call makes: the dialect of its library unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from ..dialects import AXES, _listed, resolve
from .library import Library

Dialect = str | Mapping[str, str] | None


def choices(rule: str, library: Library, dialect: Dialect) -> dict[str, str]:
    """Return the value of every axis of the rule; None is torch's dialect, and an error for NumPy arrays.

    Raises TypeError or ValueError as `gradspec.fast.dialects.resolve` does.
    """
    if dialect is None:
        if library.name != "torch":
            raise TypeError(
                f"dialect=None: implementations of {rule} differ in {_listed(AXES[rule])}; "
                "name a vendor, or map axes to values"
            )
        dialect = "torch"
    return resolve(rule, dialect)
