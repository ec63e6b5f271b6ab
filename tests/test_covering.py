"""Covering arrays, and that those of the rules leave no pair of values out."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradspec.spec import of_kind, rule

from .covering import Row, covering_array, every_row, pairs
from .strategies import allowed, columns, covering_choices, every_choice

TABLES = st.dictionaries(
    st.sampled_from("abcde"), st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True), min_size=1
)


@given(TABLES, st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=3))
def test_every_pair_that_an_allowed_row_holds_is_in_the_array(
    table: dict[str, list[int]], forbidden: set[tuple[int, int]]
) -> None:
    def free(row: Row) -> bool:
        return not any(pair in forbidden for pair in itertools.pairwise(row.values()))

    rows = covering_array(table, free)

    assert all(free(row) for row in rows)
    assert set().union(*map(pairs, every_row(table, free))) == set().union(*map(pairs, rows))


@given(TABLES)
def test_the_array_is_the_same_at_every_call(table: dict[str, list[int]]) -> None:
    assert covering_array(table) == covering_array(table)


def test_the_array_of_two_columns_is_their_product() -> None:
    assert 6 == len(covering_array({"a": [0, 1], "b": [0, 1, 2]}))


def test_the_array_is_far_smaller_than_the_product() -> None:
    assert len(covering_array({name: [0, 1, 2] for name in "abcdefgh"})) <= 20


@pytest.mark.parametrize("name", [*of_kind("optimizer")])
def test_every_two_values_of_axes_and_options_meet_in_a_row(name: str) -> None:
    """Counted from the dialects themselves, not from the cells they were made of."""

    def facts(choice: Any) -> set[tuple[str, str]]:
        shown = set(choice.dialect.items())
        return shown | {(option.name, str(option.name in choice.on)) for option in rule(name).options}

    def seen(choices: Any) -> set[frozenset[tuple[str, str]]]:
        meeting = (facts(choice) for choice in choices if choice.rule == name)
        return {frozenset(two) for each in meeting for two in itertools.combinations(each, 2)}

    assert seen(every_choice()) == seen(covering_choices())


@pytest.mark.parametrize("name", [*of_kind("optimizer")])
def test_a_row_switches_on_what_its_options_require(name: str) -> None:
    each = rule(name)
    rows = covering_array(columns(each), lambda row: allowed(each, row))

    assert [] == [
        (row, option.name)
        for row in rows
        for option in each.options
        if row[option.name] != "off" and "off" in {row[needed] for needed in option.requires}
    ]
