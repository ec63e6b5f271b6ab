"""`gradspec.fast.torch` as an implementation. Bundled, it claims torch's row."""

from collections.abc import Mapping

from gradspec.conformance.bundled import own
from gradspec.conformance.implementation import Implementation
from gradspec.fast import torch as functions

DTYPES = ("float64", "float32", "bfloat16", "float16")


def implementation(name: str = "gradspec/torch", *, dialect: str | Mapping[str, str] | None = None) -> Implementation:
    """Build it in a vendor's dialect or one given by axis values, which is also what it claims.

    Without a dialect it is torch's, and for what torch lacks the first value of every axis.
    """
    return own.build(name, functions, dialect, arrays="torch", dtypes=DTYPES)
