"""The law: every training rule as a formula, with its dialects, its known errors and the claims about it."""

if __name__ != "gradspec.spec":
    raise ImportError("import gradspec.spec: a second copy named `spec` would hold unequal rules")

from .catalogue import catalogue, of_kind, rule
from .program import Program
from .rule import Array, Axis, AxisValue, Claim, Dialect, Form, Hyperparameter, NamedError, Option, Rule, Source

__all__ = [
    "Array",
    "Axis",
    "AxisValue",
    "Claim",
    "Dialect",
    "Form",
    "Hyperparameter",
    "NamedError",
    "Option",
    "Program",
    "Rule",
    "Source",
    "catalogue",
    "of_kind",
    "rule",
]
