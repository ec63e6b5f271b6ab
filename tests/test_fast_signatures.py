"""What fast states a second time, compared with the specification: signatures, axes, vendors."""

import inspect
from types import ModuleType
from typing import Any

import pytest
from sympy import Rational

from gradspec.fast import dialects, early_stopping, initializers
from gradspec.spec import catalogue, of_kind, rule
from gradspec.spec.vendors import VENDORS

from .libraries import LIBRARIES

BOTH = pytest.mark.parametrize(
    "functions", [library.functions for library in LIBRARIES], ids=[library.name for library in LIBRARIES]
)
EVERY = pytest.mark.parametrize("name", [*of_kind("optimizer")])


def keywords(functions: ModuleType, name: str) -> dict[str, Any]:
    """The keyword-only parameters of a function, with their defaults, without the dialect."""
    parameters = inspect.signature(getattr(functions, name)).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY and each.name != "dialect"}


@BOTH
def test_every_rule_of_the_specification_is_a_function_and_nothing_else_is(functions: ModuleType) -> None:
    companions = ("_gradient", "_inference", "_update", "_step")
    names = [name for name in functions.__all__ if not name.endswith(companions)]

    assert sorted(catalogue()) == sorted(names)
    assert [name for name in functions.__all__ if not hasattr(functions, name)] == []


@BOTH
@EVERY
def test_the_keywords_are_the_hyperparameters_and_the_options(functions: ModuleType, name: str) -> None:
    expected = [each.name for each in (*rule(name).hyperparameters, *rule(name).options)]

    assert sorted(expected) == sorted(keywords(functions, name))


@BOTH
@EVERY
def test_a_hyperparameter_has_the_default_of_the_specification(functions: ModuleType, name: str) -> None:
    actual = keywords(functions, name)

    assert {each.name: each.default for each in rule(name).hyperparameters} == {
        each.name: Rational(repr(actual[each.name])) for each in rule(name).hyperparameters
    }
    assert {float} == {type(actual[each.name]) for each in rule(name).hyperparameters}


@BOTH
@EVERY
def test_an_option_is_neutral_until_it_is_asked_for(functions: ModuleType, name: str) -> None:
    actual = keywords(functions, name)
    options = rule(name).options

    assert {each.name: each.neutral for each in options} == {each.name: actual[each.name] for each in options}
    assert {each.name: bool if each.symbol is None else float for each in options} == {
        each.name: type(actual[each.name]) for each in options
    }


@BOTH
@EVERY
def test_the_first_parameters_are_the_parameter_the_gradient_and_the_state(functions: ModuleType, name: str) -> None:
    parameters = inspect.signature(getattr(functions, name)).parameters.values()
    leading = {each.name: each.default for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD}

    assert {"w": inspect.Parameter.empty, "gradient": inspect.Parameter.empty, "state": None} == leading
    assert ["w", "gradient", "state"] == [*leading]


@EVERY
def test_torch_has_the_dialect_of_torch_unless_told_otherwise_and_numpy_has_to_be_told(name: str) -> None:
    defaults = {
        library.name: inspect.signature(library.step(name)).parameters["dialect"].default for library in LIBRARIES
    }

    assert {"numpy": inspect.Parameter.empty, "torch": "torch"} == defaults


@EVERY
def test_the_axes_and_their_values_are_those_of_the_specification(name: str) -> None:
    expected = {axis.name: axis.names for axis in rule(name).axes}

    assert expected == dialects.AXES[name]
    assert [*expected] == [*dialects.AXES[name]]


AXES = {**dialects.AXES, **initializers.AXES, "early_stopping": early_stopping.AXES}
CHOICES = {
    vendor: {
        **dialects.VENDORS.get(vendor, {}),
        **initializers.VENDORS.get(vendor, {}),
        **({"early_stopping": early_stopping.VENDORS[vendor]} if vendor in early_stopping.VENDORS else {}),
    }
    for vendor in VENDORS
}


@pytest.mark.parametrize("name", [*catalogue()])
def test_every_axis_of_every_rule_has_the_values_of_the_specification(name: str) -> None:
    expected = {axis.name: axis.names for axis in rule(name).axes}

    assert expected == AXES[name]


@pytest.mark.parametrize("vendor", [*VENDORS])
def test_a_vendor_chose_what_the_specification_says(vendor: str) -> None:
    rows = {name: dict(row.axes) for name, row in VENDORS[vendor].rows.items()}
    chosen = CHOICES[vendor]

    assert {name: axes for name, axes in rows.items() if name in chosen} == {
        name: axes for name, axes in chosen.items() if name in rows
    }
