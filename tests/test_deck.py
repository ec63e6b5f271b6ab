"""What the specification says of the lecture deck is what stands there, line by line. Needs the deck itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradspec.spec import Rule, Source, catalogue
from gradspec.spec.vendors import VENDORS

pytestmark = pytest.mark.deck

DECK = Path(__file__).resolve().parents[2] / "shared" / "deck"
# What a formula on the cited line must contain, as it came out of the extraction.
PRINTED = {
    "gradient_descent": {
        290: r"- \eta",
        574: r"w_{i} \eta \frac",
        623: r"\mathbf{w}_{i} \eta \frac",
        633: r"\mathbf{w}_{i} \eta \frac",
    },
    "momentum": {637: r"\beta \mathtt{m}_{\mathtt{i}} + \eta"},
    "nesterov": {663: "located at **w** +", 671: r"\mathbf{J}(\mathbf{w} + \beta \mathbf{m})"},
    "adagrad": {699: r"\frac{\eta}{\sqrt{\mathtt{s}_{i} + \epsilon}}"},
    "rmsprop": {725: r"(1 - \beta) (\frac", 727: "rho=0.9"},
    "adam": {
        753: r"(1 - \beta_1)",
        756: r"\beta_1^T",
        757: r"\beta_2^T",
        758: r"\sqrt{\mathbf{s} + \epsilon}",
        768: "beta_2=0.999",
    },
}
NOT_IN_THE_DECK = {"lecun_normal", "lecun_uniform", "clip_by_global_norm"}  # frameworks have them


def lines() -> list[str]:
    (deck,) = DECK.glob("*.txt")
    return deck.read_text(encoding="utf-8").splitlines()


def cited(rule: Rule) -> set[int]:
    """The lines of the deck that a rule's sources name."""
    sources: list[Source] = [rule.source]
    sources += [value.source for axis in rule.axes for value in axis.values]
    sources += [error.source for error in rule.errors]
    texts = [str(s) for s in sources if "lecture deck" in str(s)]
    row = VENDORS["deck"].rows.get(rule.name)
    texts += [row.place] if row else []
    return {int(number) for text in texts for number in re.findall(r"\b\d{2,3}\b", text.partition("line")[2])}


@pytest.mark.parametrize("rule", catalogue().values(), ids=lambda rule: rule.name)
def test_every_cited_line_belongs_to_the_slides_of_the_rule(rule: Rule) -> None:
    numbers = cited(rule)

    print(rule.name, {n: lines()[n - 1] for n in sorted(numbers)})
    assert numbers or rule.name in NOT_IN_THE_DECK
    assert all(lines()[n - 1].strip() for n in numbers)


@pytest.mark.parametrize("name", PRINTED)
def test_the_formula_stands_on_the_cited_line(name: str) -> None:
    deck = lines()

    assert {n: text for n, text in PRINTED[name].items() if text not in deck[n - 1]} == {}
    assert cited(catalogue()[name]) >= set(PRINTED[name])
