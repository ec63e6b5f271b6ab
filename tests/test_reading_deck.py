"""The lecture deck, read from its file: what it states is recognised, what is wrong is found, nothing else is accused."""

from pathlib import Path

import pytest

from gradspec.conformance.reading.document import pieces
from gradspec.conformance.reading.finding import Item
from gradspec.conformance.reading.judging import judged

DECK = Path(__file__).parents[2] / "shared/deck/000_cf5a44086d2b9492.txt"
pytestmark = pytest.mark.deck

PROGRAMS = {
    (290,): ("slip", "gradient_descent"),
    (574,): ("wrong", "gradient_descent"),
    (623,): ("wrong", "gradient_descent"),
    (633,): ("wrong", "gradient_descent"),
    (637,): ("correct", "momentum"),
    (671, 672): ("wrong", "nesterov"),
    (699,): ("convention", "adagrad"),
    (725,): ("correct", "rmsprop"),
    (753, 755, 756, 757, 758): ("wrong", "adam"),
}
SIGN = 521  # a lone operator sign in a legend
LABELS = [SIGN, 663, 663]  # and the numbers of two gradients in a picture
# What the audit of the deck calls wrong and is a formula or a number; the lost minus signs are among it here, since the
# reader sees no more than the text.
WRONG = {155, 163, 335, 337, 400, 574, 623, 633, 671, 672, 753, 755, 756, 757, 758}


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return judged(pieces(str(DECK)), lambda: None)


@pytest.mark.parametrize(("lines", "expected"), PROGRAMS.items())
def test_the_update_programs_of_the_deck_are_recognised(
    items: list[Item], lines: tuple[int, ...], expected: tuple[str, str]
) -> None:
    found = {(one.verdict.verdict, one.verdict.rule) for one in items if one.reading.line in lines}

    assert {expected} == found


def test_every_formula_of_the_deck_is_read(items: list[Item]) -> None:
    assert [SIGN] == [one.reading.line for one in items if one.verdict.verdict == "unreadable"]


def test_labels_are_called_so(items: list[Item]) -> None:
    assert LABELS == [one.reading.line for one in items if one.verdict.message.startswith("a label")]


def test_all_that_is_wrong_is_found_and_nothing_else_is_accused(items: list[Item]) -> None:
    accused = {one.reading.line for one in items if one.verdict.verdict == "wrong"}
    print(f"precision {len(accused & WRONG)}/{len(accused)}, recall {len(accused & WRONG)}/{len(WRONG)}")

    assert set() == accused - WRONG
    assert set() == WRONG - accused


def test_what_is_wrong_comes_with_a_witness_and_a_suggestion(items: list[Item]) -> None:
    bare = [
        one for one in items if one.verdict.verdict == "wrong" and not (one.verdict.witness and one.verdict.suggestion)
    ]

    assert [] == bare
