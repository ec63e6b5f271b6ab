"""Results as a table and as JSON. Texts from adapters are shown as text: no markup, no control characters."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from .verdict import Result, Run


def visible(text: str) -> str:
    """Return `text` with control characters written out, so that nothing can move the cursor or colour the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" for c in text)


def dialect_text(dialect: Mapping[str, Any]) -> str:
    """`epsilon_place=outside, ...`; lists in braces, axes that were not measured left out."""
    shown = {axis: value if isinstance(value, str) else "{" + ",".join(value) + "}" for axis, value in dialect.items() if value}
    return ", ".join(f"{axis}={value}" for axis, value in shown.items()) or "–"


def as_json(runs: Sequence[Run]) -> dict[str, Any]:
    return {"spec": specification_version(), "runs": [run.as_json() for run in runs]}


def specification_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gradspec")
    except PackageNotFoundError:
        return "unknown"


def write_json(data: Any, target: str) -> None:
    """Write to a file in one move, or to standard output for `-`; nothing half-written is ever left."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    path = Path(target)
    handle, name = tempfile.mkstemp(dir=path.parent or Path(), prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def print_runs(runs: Iterable[Run], stream: IO[str] | None = None) -> None:
    """Print one table of all results, then what needs words."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = (stream or sys.stdout).isatty()
    console = Console(file=stream, highlight=False, width=None if terminal else 160, soft_wrap=not terminal)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("implementation", "rule", "dtype", "verdict", "dialect", "claim"):
        table.add_column(name, overflow="fold")
    for name in ("worst/E", "cases", "undecided"):
        table.add_column(name, justify="right")
    runs = list(runs)
    for run in runs:
        for r in run.results:
            style = "green" if r.passes and r.verdict == "unique" else "yellow" if r.passes else "red"
            cells = [f"{run.implementation} {run.version}", r.rule, r.dtype, r.verdict, dialect_text(r.dialect), _claim(r)]
            cells += ["–" if r.worst is None else f"{r.worst:.2f}", str(r.cases), str(r.uninformative)]
            table.add_row(*(Text(visible(c), style=style if k == 3 else "") for k, c in enumerate(cells)))
    console.print(table)
    for run in runs:
        for r in run.results:
            if not r.passes or r.expected:
                console.print(Text(visible(f"\n{run.implementation}, {r.rule}, {r.dtype}: {r.verdict}: {r.message}")))
                if r.counterexample is not None and not r.expected:
                    console.print(Text(visible(r.counterexample.snippet)), style="dim")
    console.print(Text("\n" + summary(runs)))


def _claim(result: Result) -> str:
    if result.claimed is None:
        return "none"
    if result.expected:
        return "known defect"
    return {True: "agrees", False: "disagrees", None: "not judged"}[result.agrees]


def summary(runs: Sequence[Run]) -> str:
    """One line that accounts for every result."""
    results = [r for run in runs for r in run.results]
    counts = {
        "identified as claimed": sum(r.verdict == "unique" and r.agrees is True for r in results),
        "identified, nothing claimed": sum(r.verdict == "unique" and r.agrees is None for r in results),
        "expected defects": sum(r.expected for r in results),
        "unsupported": sum(r.verdict == "unsupported" for r in results),
        "failed": sum(not r.passes for r in results),
    }
    return f"{len(results)} results: " + ", ".join(f"{n} {what}" for what, n in counts.items() if n)


def exit_code(runs: Sequence[Run]) -> int:
    """0 all pass or are expected, 1 something fails, 5 nothing was judged."""
    results = [r for run in runs for r in run.results]
    if any(not r.passes for r in results):
        return 1
    return 0 if any(r.verdict != "unsupported" for r in results) else 5
