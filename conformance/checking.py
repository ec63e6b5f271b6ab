"""What `gradspec check` does: formulas of documents are found, read, judged and reported."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from .reading.document import pieces
from .reading.finding import Item, Piece
from .reading.report import as_json, exit_code, print_items
from .report import writable, write_json


def documents(files: Sequence[str], json: str, html: str) -> list[Piece]:
    """Read the files, and see that the reports can be written. Raises `ValueError` with one line: value, rule, remedy."""
    for option, target in (("--json", json), ("--html", html)):
        try:
            writable(target)
        except ValueError as error:
            raise ValueError(str(error).replace("--json", option, 1)) from None
    if json == html == "-":
        raise ValueError("--json - --html -: standard output takes one report; name a file for the other")
    for file in files:
        if files.count(file) > 1:
            raise ValueError(f"{file}: is given twice; name each document once")
    return [piece for file in files for piece in pieces(file)]


def check(found: Sequence[Piece], json: str, html: str) -> int:
    """Judge the pieces, print a table (unless a report goes to standard output), and return the exit code."""
    items = judge(found)
    if html:
        from .reading.html import page

        write(page(items), html)
    if json:
        write_json(as_json(items), json)
    if "-" not in (json, html):
        print_items(items)
    if not items:
        print(
            "gradspec: no formula was found; write formulas between $ signs and code in fenced blocks", file=sys.stderr
        )
    return exit_code(items)


def judge(found: Sequence[Piece]) -> list[Item]:
    """Return the items of all documents, each judged by itself; a bar on a terminal shows how far it is."""
    from .reading.judging import judged

    with progress(len(found)) as advance:
        groups = [list(group) for _, group in groupby(found, key=lambda piece: piece.file)]
        return [item for group in groups for item in judged(group, advance)]


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, silent in a pipe."""
    if not total or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging", total=total)
        yield lambda: bar.advance(task)


def write(text: str, target: str) -> None:
    """Write to a file in one move, or to standard output for `-`; nothing half-written is ever left."""
    path = Path(target)
    if target == "-":
        sys.stdout.write(text)
        return
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a pipe or a device
        return
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
