"""Items as a table on a terminal and as JSON. What comes from documents is shown as text: no markup, no control characters."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from ..report import visible
from . import linear
from .finding import VERDICTS, Item, Reading

if TYPE_CHECKING:
    from rich.table import Table

STYLES = {
    "correct": "green",
    "convention": "green",
    "assumption": "cyan",
    "wrong": "bold red",
    "slip": "yellow",
    "empirical": "dim",
    "unknown": "dim",
    "unreadable": "yellow",
}
LONGEST = 300
STANDARD_INPUT = "standard input"


def counts(items: Sequence[Item]) -> dict[str, int]:
    """Return how many items have each verdict, in a fixed order, zeros included."""
    found = [item.verdict.verdict for item in items]
    return {verdict: found.count(verdict) for verdict in dict.fromkeys((*VERDICTS, *found))}


def as_json(items: Sequence[Item], identifiers: Sequence[str] | None = None) -> dict[str, Any]:
    """Return what `gradspec check --json` writes; with identifiers each item has its `id` first."""
    data = [item.data() for item in items]
    if identifiers is not None:
        data = [{"id": name, **one} for name, one in zip(identifiers, data, strict=True)]
    return {"items": data, "counts": counts(items)}


def exit_code(items: Sequence[Item]) -> int:
    """1 something is wrong, 5 there was nothing to judge, 0 otherwise."""
    if not items:
        return 5
    return 1 if any(item.verdict.verdict == "wrong" for item in items) else 0


def formula(reading: Reading) -> str:
    """Return what was read on one line, or what stands there if it could not be read."""
    text = reading.text if reading.row is None else linear.shown(reading.row)
    return shortened(text)


def shortened(text: str) -> str:
    """Return a text of a document on one line that a terminal can show."""
    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def rule_of(item: Item) -> str:
    """Return the rule that an item is about, with its dialect; empty if there is none."""
    dialect = ", ".join(f"{axis}={value}" for axis, value in item.verdict.dialect.items())
    return visible(f"{item.verdict.rule or ''}{f' ({dialect})' if dialect else ''}")


def file_name(item: Item) -> str:
    """Return the file that an item stands in, as reports call it."""
    file = item.reading.piece.file
    return visible(STANDARD_INPUT if file == "-" else file)


def witness_lines(witness: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each part of a witness."""
    for name, value in witness.items():
        yield visible(f"{str(name).replace('_', ' ')}: {_value(value)}")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_value(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_value, value))})"
    return str(value)


def summary(items: Sequence[Item]) -> str:
    """Return one line that accounts for every item."""
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts(items).items() if count)
    return f"{len(items)} item{'s' * (len(items) != 1)}: {words}" if items else "nothing to judge"


def print_items(items: Sequence[Item], stream: IO[str] | None = None, identifiers: Sequence[str] | None = None) -> None:
    """Print a table of all items, then what is wrong with those that are, then the counts."""
    from rich.console import Console
    from rich.text import Text

    terminal = (stream or sys.stdout).isatty()
    console = Console(file=stream, highlight=False, width=None if terminal else 160, soft_wrap=not terminal)
    if items:
        console.print(_table(items, identifiers))
    for places in programs(items):
        first = items[places[0]]
        if first.verdict.verdict == "wrong" or first.verdict.suggestion:
            numbers = list(dict.fromkeys(str(items[k].reading.line) for k in places))
            where = f"{file_name(first)}:{', '.join(numbers)}: "
            where = f"{', '.join(identifiers[k] for k in places)}, {where}" if identifiers is not None else where
            console.print(
                Text(f"\n{visible(where)}").append(first.verdict.verdict, STYLES.get(first.verdict.verdict, ""))
            )
            for name, text in _details([items[k] for k in places]):
                console.print(Text(f"  {name:<11} ", style="dim").append(text, style="default"), soft_wrap=True)
    console.print(Text("\n" * bool(items) + summary(items)))


def programs(items: Sequence[Item]) -> list[list[int]]:
    """Return the places of items in groups: rows that stand together and have one verdict, as those of a program do."""
    groups: list[list[int]] = []
    for place, item in enumerate(items):
        last = items[groups[-1][-1]] if groups else None
        if last is not None and item.verdict.rule is not None and _is_same(last, item):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _is_same(first: Item, second: Item) -> bool:
    pieces = first.reading.piece, second.reading.piece
    return first.verdict == second.verdict and (pieces[0].file, pieces[0].slide) == (pieces[1].file, pieces[1].slide)


def _details(rows: Sequence[Item]) -> Iterator[tuple[str, str]]:
    verdict = rows[0].verdict
    for k, item in enumerate(rows):
        yield "printed" if not k else "", shortened(item.reading.text)
    if verdict.message:
        yield "why", visible(verdict.message)
    for k, line in enumerate(witness_lines(verdict.witness or {})):
        yield "witness" if not k else "", line
    if verdict.suggestion:
        yield "suggestion", visible(verdict.suggestion)
    if verdict.suspect:
        yield "suspect", visible(verdict.suspect)


def _table(items: Sequence[Item], identifiers: Sequence[str] | None) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    if identifiers is not None:
        table.add_column("id", no_wrap=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("formula as read", overflow="fold", ratio=4)
    table.add_column("verdict", no_wrap=True)
    table.add_column("rule (dialect)", overflow="fold", ratio=2)
    table.add_column("message", overflow="fold", ratio=4)
    files = {file_name(item) for item in items}
    last = None
    firsts = {places[0] for places in programs(items)}
    for place, item in enumerate(items):
        if len(files) > 1 and file_name(item) != last:
            last = file_name(item)
            table.add_row(*[""] * (identifiers is not None), "", Text(last, style="bold"))
        style = STYLES.get(item.verdict.verdict, "")
        muted = "dim" if item.verdict.verdict == "unknown" else ""
        table.add_row(
            *([Text(visible(identifiers[place]))] if identifiers is not None else []),
            str(item.reading.line),
            Text(formula(item.reading), style=muted),
            Text(visible(item.verdict.verdict), style=style),
            Text(rule_of(item)) if place in firsts else Text("as above", style="dim"),
            Text(visible(item.verdict.message) if place in firsts else "", style=muted),
        )
    return table
