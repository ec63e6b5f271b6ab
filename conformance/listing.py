"""The catalogue as a table and as JSON: `gradspec rules`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from typing import Any

from gradspec.spec import Rule, catalogue

from .cases import build_cases, contexts


def rules() -> dict[str, Any]:
    """Every rule with its axes, options, what is implemented (nothing is imported to find out) and its default cases."""
    names = {library: defined(f"gradspec.fast.{library}") for library in ("numpy", "torch")}
    return {"rules": [_row(rule, names) for rule in catalogue().values()]}


def _row(rule: Rule, names: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    everything = frozenset(o.name for o in rule.options)
    cases = sum(
        len(build_cases(rule, dtype, on)) for dtype in ("float64", "float32") for on in contexts(rule, everything)
    )
    return {
        "name": rule.name,
        "axes": {axis.name: list(axis.names) for axis in rule.axes},
        "options": [option.name for option in rule.options],
        "spec": True,
        "reference": True,
        "numpy": rule.name in names["numpy"],
        "torch": rule.name in names["torch"],
        "cases": cases,
    }


def defined(module: str) -> frozenset[str]:
    """Names that a module defines or imports at its top level, read from its source without running it."""
    found = find_spec(module)
    if found is None or found.origin is None:
        return frozenset()
    names: set[str] = set()
    for node in ast.parse(Path(found.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def print_rules(data: Mapping[str, Any]) -> None:
    """Print the rules as a table."""
    import sys

    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule, axes, options", overflow="fold")
    for name in ("spec", "reference", "numpy", "torch", "cases"):
        table.add_column(name, justify="right" if name == "cases" else "left", no_wrap=True)
    for row in data["rules"]:
        lines = [f"{axis}: {' | '.join(values)}" for axis, values in row["axes"].items()]
        lines += ["options: " + ", ".join(row["options"])] if row["options"] else []
        room = max(console.width - 42, 20)
        lines = [fill(line, room, initial_indent="  ", subsequent_indent="      ") for line in lines]
        marks = ["yes" if row[key] else "no" for key in ("spec", "reference", "numpy", "torch")]
        table.add_row("\n".join([row["name"], *lines]), *marks, str(row["cases"]))
    console.print(table)
