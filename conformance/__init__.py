"""Judging others: implementations against the rules, with verdicts one can trust. Names load on first use."""

if __name__ != "gradspec.conformance":
    raise ImportError("import gradspec.conformance: a second copy named `conformance` would be a different module")

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bridges.keras import keras_optimizer
    from .bridges.optax import optax_transform
    from .bridges.torch import torch_optimizer
    from .case import Case, Misbehaviour, Outcome, Unsupported
    from .implementation import Implementation
    from .select import load
    from .session import linear_gradient, step_on
    from .testing import Check, checks, parametrize_with_checks
    from .trial import Request, judge
    from .verdict import Counterexample, Result, Run

_PLACES = {
    "Case": "case",
    "Check": "testing",
    "Counterexample": "verdict",
    "Implementation": "implementation",
    "Misbehaviour": "case",
    "Outcome": "case",
    "Request": "trial",
    "Result": "verdict",
    "Run": "verdict",
    "Unsupported": "case",
    "checks": "testing",
    "judge": "trial",
    "keras_optimizer": "bridges.keras",
    "linear_gradient": "session",
    "load": "select",
    "optax_transform": "bridges.optax",
    "parametrize_with_checks": "testing",
    "step_on": "session",
    "torch_optimizer": "bridges.torch",
}

__all__ = [
    "Case",
    "Check",
    "Counterexample",
    "Implementation",
    "Misbehaviour",
    "Outcome",
    "Request",
    "Result",
    "Run",
    "Unsupported",
    "checks",
    "judge",
    "keras_optimizer",
    "linear_gradient",
    "load",
    "optax_transform",
    "parametrize_with_checks",
    "step_on",
    "torch_optimizer",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"gradspec.conformance has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(f"gradspec.conformance.{_PLACES[name]}"), name)
