"""Slides with what is known about them: the rule, the dialect, and where the mistake is if there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from zlib import crc32

from . import errors_of_functions, latex, python, worlds
from .errors import alterations
from .functions import CASES, Case
from .latex import Hand
from .page import Page, page
from .style import SCALARS, Clock, Style
from .term import Program, Statement, call, roles_in
from .truth import accepted, is_some_dialect, title
from .updates import CHOICES, G, W, printed, program
from .worlds import is_some_function

MISTAKES = 2  # that are put into each correct program, each on a slide of its own


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


def corpus(styles: Sequence[Style], seed: int, every: int = 3) -> list[Specimen]:
    """Return slides in these styles, right and with one mistake. The same for the same seed.

    A style has every third rule and dialect, and its neighbour the next ones, or all of them where `every` is 1.
    """
    return [
        specimen
        for number, style in enumerate(styles)
        for one in (
            *_updates(style, seed, range((number + seed) % every, len(CHOICES), every)),
            *_functions(style, seed, range((number + seed) % every, len(CASES), every)),
        )
        for specimen in (one,)
    ]


def _random(*of: object) -> Random:
    return Random(crc32(repr(of).encode()))


def _updates(style: Style, seed: int, places: Iterable[int]) -> Iterator[Specimen]:
    used: Counter[str] = Counter()  # rare mistakes first
    for number in places:
        rule, dialect, options = CHOICES[number]
        draw = _random(style.name, seed, number)
        right = program(rule, dialect, options, draw.choice(style.plans), draw)
        with_ = drawn_hand(style, right.rule, right.statements, draw)
        yield _specimen(style, right, with_, None, None, draw)
        mistakes = [a for a in alterations(right) if _can_be_shown(a[0], a[2], with_, style)]
        draw.shuffle(mistakes)
        mistakes.sort(key=lambda mistake: used[mistake[0]])
        met: set[str] = set()
        for kind, place, wrong in mistakes:
            if len(met) == MISTAKES:
                break
            if kind not in met and not is_some_dialect(wrong):
                met.add(kind)
                used[kind] += 1
                yield _specimen(style, wrong, with_, kind, place, draw)


def _functions(style: Style, seed: int, places: Iterable[int]) -> Iterator[Specimen]:
    for number in places:
        case, draw = CASES[number], _random(style.name, seed, "function", number)
        latex_only = style.language == "latex"
        mine = replace(
            style,
            letters=case.letters if latex_only else case.names,
            relations=("=",),
            clocks=(Clock(),),
            layouts=tuple(layout for layout in style.layouts if layout != "sentence"),
        )
        scalars = SCALARS | ({"y"} if case.world == "layer" else {"x", "y"})
        with_ = drawn_hand(mine, case.rule, case.statements, draw, scalars)
        yield _function_specimen(mine, case, case.statements, with_, None, None, draw)
        mistakes = list(errors_of_functions.alterations(case))
        draw.shuffle(mistakes)
        for kind, place, wrong in mistakes[:1]:
            if not is_some_function(case, wrong):
                yield _function_specimen(mine, case, wrong, with_, kind, place, draw)


# Roles that may have the letter of another one.
SHARED = {"latex": ("rate_now", "i", "one", "bounded"), "python": ("bounded",), "torch": ("bounded",)}


def drawn_hand(
    style: Style, rule: str, statements: Sequence[Statement], draw: Random, scalars: frozenset[str] = SCALARS
) -> Hand:
    """Draw letters until no two roles have the same."""
    names = {name for row in statements for name, _ in roles_in(row.value) | roles_in(row.target)}
    if style.language == "latex":
        names -= {"step"}
        names |= {"size"} if "size" in style.letters else set()
    else:
        names -= {"i", "j", "one"}
    for _ in range(1000):
        with_ = latex.hand(style, rule, names, draw, scalars)
        with_ = replace(with_, letters={name: _filled(letter, with_.letters) for name, letter in with_.letters.items()})
        letters = [letter for name, letter in with_.letters.items() if name not in SHARED[style.language]]
        if len(set(letters)) == len(letters):
            return with_
    raise ValueError(f"style={style.name}: two roles of {rule} always have the same letter; give one of them another")


def _filled(letter: str, letters: Mapping[str, str]) -> str:
    """A letter that is made of that of another role, as a hat over it is."""
    inputs = letters.get("inputs", "")
    letter = letter.replace("<outputs>", inputs.replace("in", "out")).replace("<average>", inputs.replace("in", "avg"))
    for name in ("first", "second", "x", "w"):
        letter = letter.replace(f"<{name}>", letters.get(name, name))
    return letter


def _can_be_shown(kind: str, wrong: Program, with_: Hand, style: Style) -> bool:
    """Whether a reader could see the mistake in this notation."""
    latex_only = style.language == "latex"
    if kind == "lost_minus":
        return latex_only and with_.scalar_product == " "
    if kind == "stale_state":  # a name without a mark may be meant as the latest value; one with an index may not
        return any(index in with_.clock.state[1] for index in ("t", "k")) and "next" not in with_.clock.state[1]
    return True


def _specimen(style: Style, one: Program, with_: Hand, error: str | None, place: int | None, draw: Random) -> Specimen:
    numbers = style.numbers if draw.random() < style.numeric else ()
    statements = list(enumerate(printed(one, numbers).statements))
    if style.language != "latex" and one.statements[0] == Statement(G, call("gradient", W)) and draw.random() < 0.6:
        statements = statements[1:]  # the gradient is there already
    suffix = draw.choice(style.suffixes)
    rows, aligned = _rows([row for _, row in statements], style, with_, draw)
    named = error == "step_sign" and one.rule == "gradient_descent"  # what has no name may be meant to climb
    shown: Page = page(rows, aligned, draw.choice(style.layouts), suffix, title(one.rule), draw, named)
    line = None if place is None else shown.lines[[k for k, _ in statements].index(place)]
    return Specimen(
        style.name, shown.text, one.rule, accepted(one), one.options, error, line, suffix, shown.lines, one.also
    )


def _function_specimen(
    style: Style,
    case: Case,
    statements: Sequence[Statement],
    with_: Hand,
    error: str | None,
    place: int | None,
    draw: Random,
) -> Specimen:
    suffix = draw.choice(style.suffixes)
    defined = style.language != "latex" and case.world == "number" and case.quantity == "y"
    defined = defined and (error is not None or draw.random() < 0.5)  # what has no name cannot be wrong
    if defined:
        arguments = ", ".join(with_.letters[name] for name in ("x", "alpha") if name in with_.letters)
        rows = [f"def {case.rule}({arguments}):\n    return {python.coded(statements[-1].value, with_)}"]
        aligned = rows
    else:
        rows, aligned = _rows(statements, style, with_, draw)
    shown = page(rows, aligned, draw.choice(style.layouts), suffix, title(case.rule), draw, named=error is not None)
    lines = tuple(line + 1 for line in shown.lines) if defined else shown.lines
    line = None if place is None else lines[place]
    return Specimen(
        style.name, shown.text, case.rule, worlds.accepted(case), case.options, error, line, suffix, lines, case.also
    )


def _rows(statements: Sequence[Statement], style: Style, with_: Hand, draw: Random) -> tuple[list[str], list[str]]:
    if style.language == "latex":
        return [latex.written_row(r, with_) for r in statements], [
            latex.written_row(r, with_, "& ") for r in statements
        ]
    write = python.in_place if style.language == "torch" else python.statement
    rows = [write(row, with_, draw) for row in statements]
    return rows, rows
