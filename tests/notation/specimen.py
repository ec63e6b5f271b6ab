"""Slides with what is known about them: the rule, the dialect, and where the mistake is if there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from zlib import crc32

from . import latex, python
from .errors import alterations
from .latex import Hand
from .page import Page, page
from .style import Style
from .term import Program, Statement, call, roles_in
from .truth import accepted, is_some_dialect, title
from .updates import CHOICES, G, W, printed, program

WRONG_SHARE = 2  # mistakes that are put into each correct program, each on a slide of its own


@dataclass(frozen=True, slots=True)
class Specimen:
    """A slide. `dialect` gives for each axis that makes a difference the values under which the rule does the same.

    `error` names the mistake, `line` is where it is, `rows` are the lines of the program that it belongs to. `also` are
    names of rules that state the same.
    """

    style: str
    text: str
    rule: str
    dialect: Mapping[str, tuple[str, ...]]
    options: tuple[str, ...]
    error: str | None
    line: int | None
    file_suffix: str
    rows: tuple[int, ...]
    also: tuple[str, ...] = ()


def corpus(styles: Sequence[Style], seed: int) -> list[Specimen]:
    """Return slides in these styles: each rule in each dialect, right and with one mistake. The same for the same seed."""
    return [specimen for style in styles for specimen in _updates(style, seed)]


def _random(*of: object) -> Random:
    return Random(crc32(repr(of).encode()))


def _updates(style: Style, seed: int) -> Iterator[Specimen]:
    used: Counter[str] = Counter()  # rare mistakes first
    for number, (rule, dialect, options) in enumerate(CHOICES):
        draw = _random(style.name, seed, number)
        right = program(rule, dialect, options, draw.choice(style.plans), draw)
        with_ = drawn_hand(style, right, draw)
        yield _specimen(style, right, with_, None, None, draw)
        mistakes = [a for a in alterations(right) if _can_be_shown(a[0], a[2], with_, style)]
        draw.shuffle(mistakes)
        mistakes.sort(key=lambda mistake: used[mistake[0]])
        met: set[str] = set()
        for kind, place, wrong in mistakes:
            if len(met) == WRONG_SHARE:
                break
            if kind not in met and not is_some_dialect(wrong):
                met.add(kind)
                used[kind] += 1
                yield _specimen(style, wrong, with_, kind, place, draw)


def drawn_hand(style: Style, one: Program, draw: Random) -> Hand:
    """Draw letters until no two roles have the same."""
    names = {name for row in one.statements for name, _ in roles_in(row.value) | roles_in(row.target)}
    names -= {"step"} if style.language == "latex" else set()
    while True:
        with_ = latex.hand(style, one.rule, names, draw)
        with_ = replace(with_, letters={name: _filled(letter, with_.letters) for name, letter in with_.letters.items()})
        letters = [letter for name, letter in with_.letters.items() if name != "rate_now" or style.language != "latex"]
        if len(set(letters)) == len(letters):
            return with_


def _filled(letter: str, letters: Mapping[str, str]) -> str:
    """A letter that is made of that of another role, as a hat over it is."""
    for name in ("first", "second", "x"):
        letter = letter.replace(f"<{name}>", letters.get(name, name))
    return letter


def _can_be_shown(kind: str, wrong: Program, with_: Hand, style: Style) -> bool:
    """Whether a reader could see the mistake in this notation."""
    latex_only = style.language == "latex"
    if kind == "lost_minus":
        return latex_only and with_.scalar_product == " "
    if kind == "stale_state":
        return with_.clock.timed
    return True


def _specimen(style: Style, one: Program, with_: Hand, error: str | None, place: int | None, draw: Random) -> Specimen:
    numbers = [n for n in style.numbers if draw.random() < style.numeric]
    statements = list(enumerate(printed(one, numbers).statements))
    if style.language != "latex" and one.statements[0] == Statement(G, call("gradient", W)) and draw.random() < 0.6:
        statements = statements[1:]  # the gradient is there already
    suffix = draw.choice(style.suffixes)
    rows, aligned = _rows([row for _, row in statements], style, with_, draw)
    shown: Page = page(rows, aligned, draw.choice(style.layouts), suffix, title(one.rule), draw)
    line = None if place is None else shown.lines[[k for k, _ in statements].index(place)]
    return Specimen(
        style.name, shown.text, one.rule, accepted(one), one.options, error, line, suffix, shown.lines, one.also
    )


def _rows(statements: Sequence[Statement], style: Style, with_: Hand, draw: Random) -> tuple[list[str], list[str]]:
    if style.language == "latex":
        return [latex.written_row(r, with_) for r in statements], [
            latex.written_row(r, with_, "& ") for r in statements
        ]
    write = python.in_place if style.language == "torch" else python.statement
    rows = [write(row, with_, draw) for row in statements]
    return rows, rows
