"""The corpus that the reader of decks is measured on says what it claims to say."""

from collections import Counter
from collections.abc import Mapping
from itertools import product
from random import Random

import pytest

from gradspec.spec import catalogue

from .notation import HELD_OUT, STYLES, Specimen, corpus, errors, errors_of_functions, truth, updates, worlds
from .notation.functions import CASES, Case
from .notation.measure import Outcome, outcome, shares
from .notation.style import Style
from .notation.term import roles_in
from .notation.updates import CHOICES, NUMBERS, Plan

Choice = tuple[str, Mapping[str, str], tuple[str, ...]]

PLANS = [
    Plan(named=named, velocity=velocity, timed=timed, moved=moved, merged=merged, parted=parted)
    for named in (False, True)
    for velocity in (False, True)
    for timed in (False, True)
    for moved in (False, True)
    for merged in (False, True)
    for parted in (False, True)
]


def name_of(choice: Choice | Case) -> str:
    if isinstance(choice, Case):
        return f"{choice.rule}-{choice.quantity}-{CASES.index(choice)}"
    return "-".join([choice[0], *choice[1].values(), *choice[2]])


@pytest.fixture(scope="module")
def specimens() -> list[Specimen]:
    return corpus(STYLES, 0)


@pytest.mark.parametrize("choice", CHOICES, ids=name_of)
def test_every_arrangement_does_what_the_specification_does(choice: Choice) -> None:
    programs = {plan: updates.program(*choice, plan, Random(k)) for k, plan in enumerate(PLANS)}

    expected = truth.specified_path(truth.specified(programs[PLANS[0]]))
    assert [] == [plan for plan, one in programs.items() if not truth.same(truth.path(one), expected)]


@pytest.mark.parametrize("choice", CHOICES, ids=name_of)
def test_numbers_in_place_of_letters_are_what_the_letters_stand_for(choice: Choice) -> None:
    one = updates.program(*choice, Plan(), Random(0))
    settings = {**truth.SETTINGS, **NUMBERS}

    printed = updates.printed(one, NUMBERS)
    letters = {name for row in printed.statements for name, _ in roles_in(row.value)}
    assert set() == letters & set(NUMBERS)
    assert truth.same(truth.specified_path(truth.specified(one), settings), truth.path(printed))


@pytest.mark.parametrize("style", [*STYLES, *HELD_OUT], ids=lambda style: style.name)
def test_where_before_and_after_have_one_name_nothing_is_read_that_was_overwritten(style: Style) -> None:
    overwritten = []
    for choice, plan, clock in product(CHOICES, style.plans, style.clocks):
        done: set[str] = set()
        for row in updates.program(*choice, plan, Random(0)).statements:
            read = {name for name, when in roles_in(row.value) if when == "now"} & done
            overwritten += [
                (choice, name) for name in read if len({clock.behind(name, w) for w in ("now", "next")}) == 1
            ]
            done |= {row.target.args[0]}

    assert [] == overwritten


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_every_function_says_what_the_specification_says(case: Case) -> None:
    assert worlds.alike(worlds.specified_values(case, case.dialect), worlds.values(case))


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_dialect_of_a_function_is_among_those_that_say_the_same(case: Case) -> None:
    accepted = worlds.accepted(case)

    assert case.dialect == {axis: value for axis, value in case.dialect.items() if value in accepted.get(axis, ())}


@pytest.mark.parametrize("choice", CHOICES, ids=name_of)
def test_a_right_program_is_some_dialect_and_a_lost_minus_is_none(choice: Choice) -> None:
    right = updates.program(*choice, Plan(), Random(0))
    (lost,) = [wrong for kind, _, wrong in errors.alterations(right) if kind == "lost_minus"] or [None]

    assert truth.is_some_dialect(right)
    assert lost is None or not truth.is_some_dialect(lost)


def test_what_comes_to_another_dialect_is_no_mistake() -> None:
    average = {"learning_rate_place": "outside", "gain": "one_minus_momentum"}
    right = updates.program("momentum", average, (), Plan(), Random(0))
    dropped = [wrong for kind, _, wrong in errors.alterations(right) if kind == "weight_dropped"]

    assert [True] == [truth.is_some_dialect(wrong) for wrong in dropped]


def test_he_without_its_two_is_lecun_and_no_mistake() -> None:
    (he,) = [case for case in CASES if (case.rule, case.quantity) == ("he_normal", "variance")]
    halved = [wrong for kind, _, wrong in errors_of_functions.alterations(he) if kind == "constant_factor"]

    assert [True] == [worlds.is_some_function(he, wrong) for wrong in halved]


def test_every_mistake_in_the_corpus_changes_what_is_said(specimens: list[Specimen]) -> None:
    """The text of a slide with a mistake is the text of none without."""
    right = {one.text for one in specimens if one.error is None}

    assert [] == [one for one in specimens if one.error is not None and one.text in right]


def test_the_corpus_is_the_same_every_time(specimens: list[Specimen]) -> None:
    assert specimens[:40] == corpus(STYLES, 0)[:40]


def test_another_seed_draws_other_slides(specimens: list[Specimen]) -> None:
    assert {one.text for one in specimens}.isdisjoint({one.text for one in corpus(STYLES[:2], 1)})


def test_every_rule_is_there_in_every_dialect_that_a_formula_shows(specimens: list[Specimen]) -> None:
    expected = {choice[0] for choice in CHOICES} | {case.rule for case in CASES}
    there = Counter(one.rule for one in specimens if one.error is None)
    shown = {(one.rule, axis, value) for one in specimens for axis, values in one.dialect.items() for value in values}

    assert expected == set(there)
    assert min(there.values()) >= 4
    for rule in ("momentum", "nesterov", "adagrad", "rmsprop", "adam"):
        published = catalogue()[rule].axes
        values = {(rule, axis.name, value.name) for axis in published for value in axis.values}
        assert {("adam", "weight_decay_form", "decoupled_schedule")} >= {
            v for v in values - shown if v[1] != "weight_decay_form" or v[0] == "adam"
        }


def test_there_are_hundreds_of_each_and_twelve_kinds_of_mistakes(specimens: list[Specimen]) -> None:
    kinds = Counter(one.error for one in specimens)

    assert kinds[None] >= 300
    assert kinds.total() - kinds[None] >= 300
    assert len([kind for kind, number in kinds.items() if kind is not None and number >= 5]) >= 20


def test_rows_and_lines_are_where_they_are_said_to_be(specimens: list[Specimen]) -> None:
    for one in specimens:
        lines = one.text.splitlines()
        rows = [lines[row - 1] for row in one.rows]

        assert all(
            "=" in row or "arrow" in row or "gets" in row or "_(" in row or "sim" in row or "return" in row
            for row in rows
        )
        assert one.line is None or one.line in one.rows


def test_one_style_is_kept_aside() -> None:
    assert len(STYLES) >= 9
    assert [True] == [style.held_out for style in HELD_OUT]
    assert {style.name for style in STYLES}.isdisjoint({style.name for style in HELD_OUT})


# -- the reader, measured --------------------------------------------------------------------------------------
#
# A right slide counts as recognised when every verdict on its rows names its rule, in a dialect that does the same. A
# mistake counts as found when some row of its program is called wrong; `measure.py` prints also how often it is the row.


def test_a_sample_of_every_notation_is_read_as_it_should_be() -> None:
    """A slide or two of each notation; the deep tests measure the rest."""
    sample = [outcome(one) for one in corpus(STYLES, 0, every=30)]

    assert {style.name for style in STYLES} == {one.specimen.style for one in sample}
    assert [] == [one for one in sample if one.accused]
    right = [one.recognised for one in sample if one.specimen.error is None]
    found = [one.found for one in sample if one.specimen.error is not None]
    assert sum(right) >= 95 * len(right) / 100
    assert sum(found) >= 90 * len(found) / 100  # of so few one or two may be missed


@pytest.fixture(scope="module", params=[STYLES, HELD_OUT], ids=["styles", "held_out"])
def outcomes(request: pytest.FixtureRequest) -> list[Outcome]:
    return [outcome(one) for one in corpus(request.param, 0, every=1 if request.param == HELD_OUT else 3)]


@pytest.mark.deep
def test_no_right_slide_is_accused(outcomes: list[Outcome]) -> None:
    assert [] == [one for one in outcomes if one.accused]


@pytest.mark.deep
def test_right_slides_are_recognised_in_the_right_dialect(outcomes: list[Outcome]) -> None:
    right = [one.recognised for one in outcomes if one.specimen.error is None]
    print(shares(outcomes))

    assert sum(right) >= 95 * len(right) / 100


@pytest.mark.deep
def test_mistakes_are_found_where_they_are(outcomes: list[Outcome]) -> None:
    found = [one.found for one in outcomes if one.specimen.error is not None]
    print(shares(outcomes))

    assert sum(found) >= 95 * len(found) / 100
