"""`gradspec.fast.numpy` as an implementation. Bundled, it claims torch's row."""

from collections.abc import Mapping

from gradspec.conformance.bundled import own
from gradspec.conformance.implementation import Implementation
from gradspec.fast import numpy as functions

DTYPES = ("float64", "float32", "float16")


def implementation(name: str = "gradspec/numpy", *, dialect: str | Mapping[str, str] | None = None) -> Implementation:
    """Build it in a vendor's dialect or one given by axis values, which is also what it claims.

    Without a dialect it is torch's, and for what torch lacks the first value of every axis.
    """
    return own.build(name, functions, dialect, arrays="numpy", dtypes=DTYPES)
