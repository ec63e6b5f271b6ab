"""The judge on trial: every dialect of every rule, computed by somebody else, is recognised as what it is."""

from __future__ import annotations

from typing import Any

import pytest

from gradspec.conformance import Result
from gradspec.conformance.scoring import K
from gradspec.spec import rule

from . import zoo

Dialect = dict[str, str]
HALF = ("bfloat16", "float16")


def expected(name: str, dialect: Dialect) -> dict[str, Any]:
    """The dialect, with a list wherever two values are provably one function."""
    alike: dict[str, Any] = {}
    if name == "gradient_descent" and dialect["weight_decay_form"] in ("l2", "decoupled"):
        alike["weight_decay_form"] = ["l2", "decoupled"]
    if name == "momentum" and dialect["gain"] == "one":
        alike["first_step"] = ["zeros", "gradient"]
    if name == "adagrad" and dialect["epsilon_place"] in ("inside", "inside_guarded"):
        alike["epsilon_place"] = ["inside", "inside_guarded"]
    if name == "adam" and dialect["bias_correction"] == "none":
        alike["amsgrad_max"] = ["raw", "corrected"]
        if dialect["epsilon_place"] in ("outside", "hat"):
            alike["epsilon_place"] = ["outside", "hat"]
    return {**dialect, **alike}


def label(value: Any) -> str | None:
    return "-".join(value.values()) if isinstance(value, dict) else None


def check(found: Result, name: str, dialect: Dialect) -> None:
    assert ("unique", expected(name, dialect), None, None) == (
        found.verdict, found.dialect, found.named_error, found.counterexample,
    )  # fmt: skip
    assert found.worst is not None
    assert found.worst <= K


COVERING = [(name, dialect) for name in zoo.RULES for dialect in zoo.covering_dialects(rule(name))]
ALL = [(name, dialect) for name in zoo.RULES for dialect in zoo.all_dialects(rule(name))]


@pytest.mark.parametrize("dtype", zoo.DTYPES)
@pytest.mark.parametrize(("name", "dialect"), COVERING, ids=label)
def test_a_dialect_is_identified(name: str, dialect: Dialect, dtype: str) -> None:
    found = zoo.judged(zoo.implementation(rule(name), dialect), name, dtype)
    print(f"worst {found.worst}")

    check(found, name, dialect)


@pytest.mark.deep
@pytest.mark.parametrize("dtype", zoo.DTYPES)
@pytest.mark.parametrize(("name", "dialect"), ALL, ids=label)
def test_every_dialect_is_identified_at_every_level(name: str, dialect: Dialect, dtype: str) -> None:
    found = [zoo.judged(zoo.implementation(rule(name), dialect), name, dtype, level=level) for level in (2, 6)]

    for result in found:
        check(result, name, dialect)


@pytest.mark.parametrize("dtype", [*zoo.DTYPES, *HALF])
@pytest.mark.parametrize("name", zoo.RULES)
def test_a_dialect_is_identified_on_torch_tensors(name: str, dtype: str) -> None:
    dialect = zoo.covering_dialects(rule(name))[-1]

    found = zoo.judged(zoo.implementation(rule(name), dialect, arrays="torch", dtypes=(dtype,)), name, dtype)

    check(found, name, dialect)


@pytest.mark.deep
@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize(("name", "dialect"), ALL, ids=label)
def test_every_dialect_is_identified_in_half_precision(name: str, dialect: Dialect, dtype: str) -> None:
    found = zoo.judged(zoo.implementation(rule(name), dialect, arrays="torch", dtypes=(dtype,)), name, dtype)

    check(found, name, dialect)


@pytest.mark.parametrize("name", zoo.RULES)
def test_an_axis_whose_option_is_not_offered_is_null(name: str) -> None:
    law = rule(name)
    visible = {axis.name for axis in law.visible_axes(())}

    found = zoo.judged(zoo.implementation(law, law.complete({}), offered=frozenset()), name)

    assert "unique" == found.verdict
    assert {axis.name for axis in law.axes} - visible == {
        axis for axis, value in found.dialect.items() if value is None
    }


@pytest.mark.parametrize("name", zoo.RULES)
def test_the_verdict_does_not_depend_on_the_seed(name: str) -> None:
    dialect = zoo.covering_dialects(rule(name))[0]
    library = zoo.implementation(rule(name), dialect)

    found = [zoo.judged(library, name, level=6, seed=seed) for seed in (1, 2)]

    assert [("unique", expected(name, dialect))] * 2 == [(result.verdict, result.dialect) for result in found]
