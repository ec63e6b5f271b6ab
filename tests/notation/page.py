"""Puts rows of formulas or lines of code on a slide with a heading and some prose, and knows on which line each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

HEADINGS = (
    "How the weights move",
    "One step of training",
    "The update in full",
    "What happens to every parameter",
    "Down the slope",
    "Behind the optimizer",
)
OPENINGS = (
    "For every batch we do the following.",
    "Written out, a step of training looks like this.",
    "All operations act on each entry by itself.",
    "Let us look at what is done to each parameter.",
    "The picture before this one shows the same thing on a valley.",
    "",
)
BETWEEN = (
    "After that:",
    "With this we go on to the next row.",
    "And then",
    "Note that nothing has moved so far.",
    "",
    "",
)
CLOSINGS = (
    "Try it on a bowl that is long and narrow.",
    "In practice the defaults of the library are a good start.",
    "Who sees why this helps on a plateau?",
    "We come back to this after the break.",
    "",
)
ITEMS = ("Update: {}", "we set {}", "next, {}", "{}", "compute {}", "then {}")


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a slide, and the line of each row, counted from 1."""

    text: str
    lines: tuple[int, ...]


def page(
    rows: Sequence[str],
    aligned: Sequence[str],
    layout: str,
    suffix: str,
    title: str,
    draw: Random,
    named: bool = False,
) -> Page:
    """Return a slide with these rows; `aligned` has the same ones with & before the relation.

    The heading is the title where it must be `named`, and often where it need not.
    """
    lines: list[str] = []
    heading = title if named or draw.random() < 0.5 else draw.choice(HEADINGS)
    lines += _heading(heading, suffix)
    lines += _prose(draw.choice(OPENINGS))
    places = LAYOUTS[layout](rows, aligned, lines, draw)
    lines += ["", *_prose(draw.choice(CLOSINGS))]
    if suffix == ".tex":
        lines += [r"\end{frame}", r"\end{document}"]
    return Page("\n".join(lines).rstrip("\n") + "\n", tuple(places))


def _heading(heading: str, suffix: str) -> list[str]:
    if suffix == ".tex":
        return [r"\documentclass{beamer}", r"\begin{document}", rf"\begin{{frame}}{{{heading}}}", ""]
    return [heading, "", ""] if suffix == ".txt" else [f"# {heading}", ""]


def _prose(sentence: str) -> list[str]:
    return [sentence, ""] if sentence else []


def _displays(rows: Sequence[str], aligned: Sequence[str], lines: list[str], draw: Random) -> list[int]:
    places = []
    several = draw.random() < 0.3
    for number, row in enumerate(rows):
        if number:
            lines += _prose(draw.choice(BETWEEN))
        if several:
            lines += ["$$", row, "$$", ""]
            places.append(len(lines) - 2)
        else:
            lines += [f"$${row}$$", ""]
            places.append(len(lines) - 1)
    return places


def _brackets(rows: Sequence[str], aligned: Sequence[str], lines: list[str], draw: Random) -> list[int]:
    places = []
    for row in rows:
        lines += [rf"\[ {row} \]", ""]
        places.append(len(lines) - 1)
    return places


def _items(rows: Sequence[str], aligned: Sequence[str], lines: list[str], draw: Random) -> list[int]:
    places = []
    for row in rows:
        lines.append(f"- {draw.choice(ITEMS).format(f'${row}$')}")
        places.append(len(lines))
    return places


def _numbered(rows: Sequence[str], aligned: Sequence[str], lines: list[str], draw: Random) -> list[int]:
    places = []
    for number, row in enumerate(rows, 1):
        lines.append(f"{number}. ${row}$")
        places.append(len(lines))
    return places


def _sentence(rows: Sequence[str], aligned: Sequence[str], lines: list[str], draw: Random) -> list[int]:
    lines.append("In short: " + " and then ".join(f"${row}$" for row in rows) + ".")
    return [len(lines)] * len(rows)


def _environment(opening: Sequence[str], closing: Sequence[str], by_marker: bool = True):
    def layout(rows: Sequence[str], aligned: Sequence[str], lines: list[str], draw: Random) -> list[int]:
        lines += opening
        start = len(lines)
        used = aligned if by_marker else rows
        lines += [rf"  {row} \\" if number < len(used) - 1 else f"  {row}" for number, row in enumerate(used)]
        lines += closing
        return list(range(start + 1, start + 1 + len(used)))

    return layout


def _block(rows: Sequence[str], aligned: Sequence[str], lines: list[str], draw: Random) -> list[int]:
    lines.append("```python")
    start = len(lines)
    if draw.random() < 0.3:
        lines.append(draw.choice(("# one step", "# the update", "# inside the loop")))
        start += 1
    lines += rows
    lines.append("```")
    return list(range(start + 1, start + 1 + len(rows)))


LAYOUTS = {
    "displays": _displays,
    "brackets": _brackets,
    "items": _items,
    "numbered": _numbered,
    "sentence": _sentence,
    "aligned": _environment(("$$", r"\begin{aligned}"), (r"\end{aligned}", "$$")),
    "split": _environment((r"\[", r"\begin{split}"), (r"\end{split}", r"\]")),
    "align": _environment((r"\begin{align}",), (r"\end{align}",)),
    "align*": _environment((r"\begin{align*}",), (r"\end{align*}",)),
    "gather": _environment((r"\begin{gather*}",), (r"\end{gather*}",), by_marker=False),
    "block": _block,
}
