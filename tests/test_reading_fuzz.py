"""Slides that are cut, spliced and littered: whatever comes in, every item gets a verdict that holds together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradspec.conformance.reading.document import pieces_of
from gradspec.conformance.reading.finding import VERDICTS, Item
from gradspec.conformance.reading.html import page
from gradspec.conformance.reading.judging import judged
from gradspec.conformance.reading.report import as_json

from .notation import STYLES, corpus

LITTER = [
    "\\", "{", "}", "$", "$$", "\n\n", "&", "\\\\", "^", "_", "^{", "_{t-1}", "\\frac", "\\frac{1}", "\\sqrt{", "(", ")",
    "\\begin{cases}", "\\end{cases}", "\\left(", "\\hat", "\\text{if }", "9^{9^{9^9}}", "1e999", "0/0", "\x1b[31m", "\u202e",
    "__import__('os')", "lambda: 0", "```python\n", "```", "# ", "---\n", "\\newcommand{\\a}{\\a\\a}", "\\a", "%", "‖", "∞",
]  # fmt: skip
SURROGATES = ("Cs",)  # no text of a file has them


@cache
def slides() -> tuple[tuple[str, str], ...]:
    """Texts of slides, with the name of a file for each."""
    return tuple((one.text, f"deck{one.file_suffix}") for one in corpus(STYLES, 0, every=40))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, str]:
    """A slide of which parts are lost, doubled, swapped with those of another slide, or replaced by litter."""
    text, file = draw(st.sampled_from(slides()))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        other = draw(st.sampled_from(slides()))[0]
        place = draw(st.integers(0, len(other)))
        instead = draw(
            st.one_of(
                st.just(""),
                st.sampled_from(LITTER),
                st.just(text[start:end] * 2),
                st.just(other[place : place + 20]),
                st.text(st.characters(exclude_categories=SURROGATES), max_size=3),
            )
        )
        text = text[:start] + instead + text[end:]
    return text, file


def check(text: str, file: str) -> None:
    items = judged(pieces_of(text, file), lambda: None)

    assert_consistent(items, text.count("\n") + 1)
    assert json.loads(json.dumps(as_json(items)))["items"] == as_json(items)["items"]
    assert "<script" not in page(items).split("<main")[-1]


def assert_consistent(items: Sequence[Item], lines: int) -> None:
    for item in items:
        verdict, reading = item.verdict, item.reading
        assert verdict.verdict in VERDICTS
        assert 1 <= reading.line <= lines
        assert "\n" not in verdict.message
        assert (verdict.verdict == "unreadable") is (reading.row is None)
        if verdict.verdict == "wrong":
            assert verdict.rule
            assert verdict.witness
            assert verdict.suggestion
        if verdict.verdict in ("correct", "convention", "assumption", "slip"):
            assert verdict.rule


@settings(max_examples=40)
@given(documents())
def test_damaged_slides_are_judged_without_an_error(document: tuple[str, str]) -> None:
    check(*document)


@pytest.mark.deep
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_many_damaged_slides_are_judged_without_an_error(document: tuple[str, str]) -> None:
    check(*document)
