"""The corpus that the reader of decks is measured on says what it claims to say."""

from random import Random

import pytest

from .notation import STYLES, Specimen, corpus, truth, updates
from .notation.term import Program
from .notation.updates import CHOICES, Plan

PLANS = [
    Plan(named=named, velocity=velocity, timed=timed, moved=moved, merged=merged)
    for named in (False, True)
    for velocity in (False, True)
    for timed in (False, True)
    for moved in (False, True)
    for merged in (False, True)
]


@pytest.fixture(scope="module")
def specimens() -> list[Specimen]:
    return corpus(STYLES, 0)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join([choice[0], *choice[1].values(), *choice[2]]))
def test_every_arrangement_does_what_the_specification_does(choice: tuple) -> None:
    rule, dialect, options = choice
    programs: list[Program] = [
        updates.program(rule, dialect, options, plan, Random(number), numeric=number % 3 == 0)
        for number, plan in enumerate(PLANS)
    ]

    expected = truth.specified_path(truth.specified(programs[0]))
    assert [] == [p.statements for p in programs if not truth.same(truth.path(p), expected)]


def test_the_corpus_is_the_same_every_time(specimens: list[Specimen]) -> None:
    assert corpus(STYLES, 0) == specimens
