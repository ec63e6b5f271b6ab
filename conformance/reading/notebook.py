"""The cells of a Jupyter notebook, with the lines of the .ipynb file that their text stands in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
SOURCES = ("source", "input")  # the second in notebooks of version 3
NONE: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: `kind` is markdown, code or raw; `lines` gives for each line of its text the line in the file."""

    kind: str
    text: str
    lines: tuple[int, ...]


def is_notebook(text: str) -> bool:
    """Whether a text looks like a notebook."""
    return text.lstrip()[:1] == "{" and re.search(r'"cells"\s*:\s*\[', text) is not None and '"nbformat"' in text


def cells(text: str) -> list[Cell]:
    """Return the cells of a notebook. Raises `ValueError` with a reason if it is none."""
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        where = (
            f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "it is nested too deep"
        )
        raise ValueError(f"is no notebook that can be read: {where}; open it in Jupyter and save it again") from None
    found = _cells_of(data)
    if found is None:
        raise ValueError("is no notebook: it has no cells; open it in Jupyter and save it again")
    return [
        Cell(kind, "".join(parts), _lines(parts, places))
        for (kind, parts), places in zip(found, _places(text), strict=False)
    ]


def _cells_of(data: Any) -> list[tuple[str, list[str]]] | None:
    """Kind and text of each cell that has a text, in order."""
    if not isinstance(data, dict):
        return None
    groups = [data.get("cells")]
    if groups == [None] and isinstance(data.get("worksheets"), list):
        groups = [sheet.get("cells") for sheet in data["worksheets"] if isinstance(sheet, dict)]
    if not any(isinstance(group, list) for group in groups):
        return None
    found = []
    for cell in (cell for group in groups if isinstance(group, list) for cell in group):
        source = next((cell[key] for key in SOURCES if key in cell), None) if isinstance(cell, dict) else None
        parts = [source] if isinstance(source, str) else source
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            kind = cell.get("cell_type")
            found.append((kind if isinstance(kind, str) else "raw", [_newlines(part) for part in parts]))
    return found


def _newlines(part: str) -> str:
    return part.replace("\r\n", "\n").replace("\r", "\n")


def _lines(parts: list[str], places: list[int]) -> tuple[int, ...]:
    """The line in the file of each line of a cell: that of the part in which it begins."""
    lines: list[int] = []
    fresh = True
    for part, place in zip(parts, places, strict=False):
        count = part.count("\n")
        if fresh:
            lines.append(place)
        lines += [place] * count
        fresh = part.endswith("\n")
        if fresh and count:
            lines.pop()
    return tuple(lines) or (places[0] if places else 1,)


def _places(text: str) -> Iterator[list[int]]:
    """For each cell with a text the lines in the file where the parts of it begin, in order.

    What is tracked is only which keys and brackets are open, so depth costs nothing.
    """
    open_: list[str] = []  # the key under which each bracket that is open stands
    key = ""
    last = ""
    line, counted = 1, 0
    found: list[int] | None = None
    for mark in MARK.finditer(text):
        sign = mark[0]
        if sign in "{[":
            open_.append(key)
            key = ""
            if sign == "[" and _is_source(open_):
                found = []
        elif sign in "}]":
            if sign == "]" and found is not None and _is_source(open_):
                yield found
                found = None
            if open_:
                open_.pop()
            key = ""
        elif sign == ":":
            key = json.loads(last, strict=False) if last[:1] == '"' and len(last) < 100 else ""
        elif sign == ",":
            key = ""
        else:
            last = sign
            if sign[0] == '"' and (found is not None or _is_source([*open_[-3:], key])):
                line += text.count("\n", counted, mark.start())
                counted = mark.start()
                if found is None:
                    yield [line]
                else:
                    found.append(line)


def _is_source(keys: list[str]) -> bool:
    """Whether this is the text of a cell: the key `source` of an object in the list `cells`."""
    return len(keys) >= 3 and keys[-1] in SOURCES and keys[-3] == "cells" and keys[-2] == ""
