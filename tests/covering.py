"""Covering arrays: few rows in which every two columns still show every two of their values together."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import Any

Row = dict[str, Any]


def pairs(row: Mapping[str, Any]) -> set[tuple[tuple[str, Any], tuple[str, Any]]]:
    """Every two cells of a row."""
    return set(combinations(row.items(), 2))


def every_row(columns: Mapping[str, Sequence[Any]], allowed: Callable[[Row], bool]) -> list[Row]:
    """The full product of the columns, without the rows that are not allowed."""
    rows = (dict(zip(columns, cells, strict=True)) for cells in product(*columns.values()))
    return [row for row in rows if allowed(row)]


def covering_array(
    columns: Mapping[str, Sequence[Any]], allowed: Callable[[Row], bool] = lambda row: True
) -> list[Row]:
    """Rows that hold every pair of cells that an allowed row can hold; greedy, and the same at every call.

    Every next row is the one with the most pairs not seen so far, the first of them in the order of the
    product.
    """
    rows = every_row(columns, allowed)
    if len(columns) < 2:
        return rows
    held = [pairs(row) for row in rows]
    missing = set().union(*held)
    chosen = []
    while missing:
        best = max(range(len(rows)), key=lambda number: len(held[number] & missing))
        chosen.append(rows[best])
        missing -= held[best]
    return chosen
