"""`gradspec rules` and `gradspec show`: everything that the specification holds, for people and for programs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest

from gradspec.conformance.page import equations, show
from gradspec.reference.arithmetic import FORMATS
from gradspec.spec import Rule, catalogue
from gradspec.spec import rule as find_rule

RULES = tuple(catalogue())
MATHML = "{http://www.w3.org/1998/Math/MathML}"


@cache
def gradspec(*arguments: str, lacking: tuple[str, ...] = ()) -> str:
    """What the command line prints, in a process to which the modules `lacking` seem not to be installed."""
    hide = f"import sys; sys.modules.update(dict.fromkeys({lacking!r}))"
    program = f"{hide}; from gradspec.conformance.__main__ import main; main()"
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, timeout=120
    )

    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def pages() -> Iterator[tuple[str, list[str]]]:
    """Every value of every axis, one at a time; the others at their first value."""
    for rule in catalogue().values():
        yield rule.name, []
        for axis in rule.axes:
            yield from ((rule.name, [f"{axis.name}={value.name}"]) for value in axis.values)


PAGES = list(pages())


@cache
def as_json(name: str, *dialect: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(show(name, dialect, "json"))
    return data


# -- rules -------------------------------------------------------------------------------------------------------


def test_rules_are_listed_as_json_exactly_as_the_specification_has_them() -> None:
    data = json.loads(gradspec("rules", "--json", "-"))

    assert ["rules"] == list(data)
    assert list(RULES) == [row["name"] for row in data["rules"]]
    for row, rule in zip(data["rules"], catalogue().values(), strict=True):
        assert ["name", "axes", "options", "spec", "reference", "numpy", "torch", "cases"] == list(row)
        assert {axis.name: list(axis.names) for axis in rule.axes} == row["axes"]
        assert [option.name for option in rule.options] == row["options"]
        assert [True] * 4 == [row[key] for key in ("spec", "reference", "numpy", "torch")]
        assert row["cases"] > 0


def test_rules_are_listed_without_torch_as_with_it() -> None:
    assert gradspec("rules", "--json", "-") == gradspec("rules", "--json", "-", lacking=("torch",))


def test_the_table_of_rules_names_every_axis_value_and_option() -> None:
    words = gradspec("rules")

    for rule in catalogue().values():
        assert rule.name in words
        for axis in rule.axes:
            assert f"{axis.name}: {' | '.join(axis.names)}" in words
        assert all(option.name in words for option in rule.options)


def test_a_file_and_standard_output_hold_the_same_json(tmp_path: Any) -> None:
    table = gradspec("rules", "--json", str(tmp_path / "rules.json"))

    assert gradspec("rules") == table
    assert gradspec("rules", "--json", "-") == (tmp_path / "rules.json").read_text()


# -- show --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["text", "latex", "mathml", "json"])
def test_the_command_prints_the_page(format: str) -> None:
    arguments = ["--dialect", "epsilon_place=hat", "--dialect", "amsgrad_max=corrected", "--format", format]
    page = show("adam", ["epsilon_place=hat", "amsgrad_max=corrected"], format)

    assert page + "\n" == gradspec("show", "adam", *arguments)


def test_the_command_prints_text_if_nothing_else_is_asked_for() -> None:
    assert show("adam", [], "text") + "\n" == gradspec("show", "adam")


@pytest.mark.parametrize("rule", catalogue().values(), ids=RULES)
def test_text_tells_what_is_defined_by_whom_and_what_is_derived(rule: Rule) -> None:
    page = show(rule.name, [], "text")
    defined, derived = page.index("\ndefined:\n"), page.index("\nderived:\n")

    assert page.startswith(f"{rule.title} ({rule.name})\n")
    assert f"source: {rule.source}" in page
    assert defined < derived
    for claim in rule.claims:
        assert page.index(f"  {claim.name}") > derived
    for hyperparameter in rule.hyperparameters:
        assert f"  {hyperparameter.name} ({hyperparameter.symbol}) in " in page
    for axis in rule.axes:
        assert f"axis {axis.name}" in page
        assert all(f"  {value.name}: defined by {value.source}" in page for value in axis.values)
    assert all(f"  {option.name}" in page for option in rule.options)
    assert all(f"  {error.name}: {error.doc}" in page for error in rule.errors)


@pytest.mark.parametrize(("name", "dialect"), PAGES)
def test_latex_is_balanced(name: str, dialect: list[str]) -> None:
    page = show(name, dialect, "latex")
    open_braces = 0
    for brace in re.findall(r"(?<!\\)[{}]", page.replace("\\\\", "")):  # without line breaks
        open_braces += 1 if brace == "{" else -1

        assert open_braces >= 0
    assert 0 == open_braces
    assert page.count(r"\left") == page.count(r"\right")
    opened: list[str] = []
    for word, environment in re.findall(r"\\(begin|end){(\w+)}", page):
        if word == "begin":
            opened.append(environment)
        else:
            assert environment == opened.pop()
    assert [] == opened
    equations, *derivations = page.split("\n\n")
    assert len(derivations) == len(find_rule(name).derivations)
    for row in equations.split("\n")[1:-1]:
        assert 1 == len(re.findall(r"(?<!\\)&=", row))
        assert row.count("(") == row.count(")")


@pytest.mark.parametrize(("name", "dialect"), PAGES)
def test_mathml_is_well_formed_with_a_row_for_every_equation(name: str, dialect: list[str]) -> None:
    root = ElementTree.fromstring(show(name, dialect, "mathml"))
    rows = as_json(name, *dialect)["equations"]

    assert f"{MATHML}math" == root.tag
    lines = sum(2 + len(d.steps(find_rule(name))) for d in find_rule(name).derivations)
    assert len(rows) + lines == len(root.findall(f"./{MATHML}mtable/{MATHML}mtr"))


@pytest.mark.parametrize(("name", "dialect"), PAGES)
def test_json_tells_the_dialect_that_was_asked_for(name: str, dialect: list[str]) -> None:
    data = as_json(name, *dialect)
    rule = catalogue()[name]

    assert name == data["name"]
    assert set(dialect) <= {f"{axis}={value}" for axis, value in data["dialect"].items()}
    assert [hyperparameter.name for hyperparameter in rule.hyperparameters] == [
        h["name"] for h in data["hyperparameters"]
    ]
    assert [axis.name for axis in rule.axes] == [axis["name"] for axis in data["axes"]]
    assert [claim.name for claim in rule.claims] == [claim["name"] for claim in data["claims"]]


@pytest.mark.parametrize("rule", catalogue().values(), ids=RULES)
def test_every_value_of_an_axis_has_a_page_of_its_own(rule: Rule) -> None:
    # What is done to probabilities cannot be seen on a page about logits.
    others = ["input=probabilities"] if rule.name == "cross_entropy" else []
    for axis in rule.axes:
        formulas = set()
        for value in axis.values:
            chosen = [f"{axis.name}={value.name}", *(other for other in others if axis.name != "input")]
            data = as_json(rule.name, *chosen)
            formulas.add(json.dumps([data["equations"], data["state"]]))

        assert len(axis.values) == len(formulas), axis.name


def test_a_changed_formula_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from gradspec.conformance import page

    rule = catalogue()["gradient_descent"]
    (target,) = rule.update
    changed = rule.replaced(update={target: 2 * rule.update[target]})
    before = {format: show(rule.name, [], format) for format in page.FORMATS}
    monkeypatch.setattr(page, "find_rule", lambda name: changed)

    assert all(before[format] != show(rule.name, [], format) for format in page.FORMATS)


def test_equations_come_after_what_they_use() -> None:
    for rule in catalogue().values():
        for dialect in rule.dialects(frozenset()):
            known = set()
            program = rule.program(dialect)
            for kind, left, right in equations(program):
                if kind == "let":
                    assert not (right.free_symbols & set(program.let)) - known
                    known.add(left)


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ("epsilon_place", "must be AXIS=VALUE; adam has: epsilon_place, bias_correction"),
        ("=hat", "no axis of adam is called ''"),
        ("epsilon_plac=hat", "did you mean 'epsilon_place'?"),
        ("epsilon_place=", "no value of epsilon_place is called ''"),
        ("epsilon_place=inside_guarded", "did you mean 'inside'?"),
        ("learning_rate_place=inside", "no axis of adam is called 'learning_rate_place'"),
    ],
)
def test_a_dialect_that_a_rule_does_not_have_is_refused(dialect: str, said: str) -> None:
    with pytest.raises((LookupError, ValueError)) as refused:
        show("adam", [dialect], "text")

    assert said in str(refused.value)


def test_two_values_of_one_axis_are_refused() -> None:
    with pytest.raises(ValueError, match="epsilon_place is given twice"):
        show("adam", ["epsilon_place=hat", "epsilon_place=outside"], "text")


def test_the_formats_of_numbers_are_what_the_page_of_judge_accepts() -> None:
    assert ["float64", "float32", "bfloat16", "float16"] == list(FORMATS)
