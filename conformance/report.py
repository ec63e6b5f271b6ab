"""Results as a table and as JSON. Texts from adapters are shown as text: no markup, no control characters."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .verdict import Result, Run

if TYPE_CHECKING:
    from rich.table import Table


def visible(text: str) -> str:
    """Return `text` on one line with control characters written out: nothing can move the cursor or colour the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def dialect_lines(dialect: Mapping[str, Any]) -> list[str]:
    """One `axis=value` each; lists in braces, axes that were not measured left out."""
    return [
        f"{axis}={value if isinstance(value, str) else '{' + ', '.join(value) + '}'}"
        for axis, value in dialect.items()
        if value
    ]


def as_json(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what `gradspec judge --json` writes."""
    return {"spec": specification_version(), "runs": [run.as_json() for run in runs]}


def specification_version() -> str:
    """Return the version of gradspec that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gradspec")
    except PackageNotFoundError:
        return "unknown"


def writable(target: str) -> None:
    """Raise `ValueError`, before any work is done, if `target` cannot be written."""
    path = Path(target)
    if target in ("", "-") or _is_special(path):
        return
    if path.is_dir():
        raise ValueError(f"--json {target}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ValueError(f"--json {target}: the folder {path.parent} does not exist; make it first")
    try:
        tempfile.TemporaryFile(dir=path.resolve().parent).close()
    except OSError as error:
        raise ValueError(f"--json {target}: cannot be written: {error.strerror}; choose another place") from error


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()  # a pipe or device: written to, never replaced


def write_json(data: Any, target: str) -> None:
    """Write to a file in one move, or to standard output for `-`; nothing half-written is ever left."""
    # ASCII, since texts of adapters may hold lone surrogates and control characters beyond those that JSON escapes.
    text = json.dumps(data, indent=2, allow_nan=False) + "\n"
    path = Path(target)
    if target == "-":
        sys.stdout.write(text)
        return
    if _is_special(path):
        path.write_text(text, encoding="utf-8")
        return
    path = path.resolve()  # a link stays a link
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


COLUMNS = ("dtype", "verdict", "claim", "worst/E", "cases", "un-\ndecided")


def print_runs(runs: Sequence[Run], stream: IO[str] | None = None) -> None:
    """Print one table of all results, then what needs words."""
    from rich.console import Console
    from rich.text import Text

    terminal = (stream or sys.stdout).isatty()
    console = Console(file=stream, highlight=False, width=None if terminal else 160, soft_wrap=not terminal)
    console.print(_table(runs, gap=1 if console.width < 100 else 2))
    for run in runs:
        for reason in dict.fromkeys(r.message for r in run.results if r.verdict == "unsupported"):
            console.print(Text(visible(f"unsupported: {run.implementation}: {reason}")))
    for run in runs:
        shown: set[str] = set()  # rules; the code that shows one dtype to be wrong does for the others
        for r in run.results:
            if r.passes and not r.expected:
                continue
            words = f"{run.implementation}, {r.rule}, {r.dtype}: {r.verdict}: {r.message}"
            console.print(Text("\n" + visible(words)))
            if r.counterexample is not None and not r.expected and r.rule not in shown:
                shown.add(r.rule)
                code = "\n".join(visible(line) for line in r.counterexample.snippet.split("\n"))
                console.print(Text(code, style="dim"), soft_wrap=True)  # to be pasted: never wrapped
    console.print(Text("\n" + summary(runs)))


def _table(runs: Sequence[Run], gap: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    table.add_column("implementation, rule, dialect", overflow="fold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in COLUMNS[:3] else "right", no_wrap=True)
    for run in runs:
        table.add_row(Text(visible(f"{run.implementation} {run.version}"), style="bold"))
        # Dtypes in which the same was found share their lines.
        found = groupby(run.results, lambda r: (r.rule, dialect_lines(r.dialect), _claim(r), r.named_error))
        for (rule, dialect, claim, error), group in found:
            results = list(group)
            what = [f" {rule}", *(f"  {line}" for line in dialect)]
            what += [f"  named error {error}"] if error else []
            verdicts = Text("\n").join(Text(r.verdict, style=_style(r)) for r in results)
            columns = ("\n".join(cells) for cells in zip(*(_numbers(r, claim) for r in results), strict=True))
            table.add_row("\n".join(what), "\n".join(r.dtype for r in results), verdicts, *columns)
    return table


def _numbers(result: Result, claim: str) -> tuple[str, ...]:
    worst = "–" if result.worst is None else f"{result.worst:.2f}"
    return claim, worst, str(result.cases), str(result.uninformative)


def _style(result: Result) -> str:
    if not result.passes:
        return "red"
    return "green" if result.verdict == "unique" else "yellow"


def _claim(result: Result) -> str:
    if result.claimed is None:
        return "none"
    if result.expected:
        return "expected"
    return {True: "agrees", False: "differs", None: "–"}[result.agrees]


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
    return f"{len(results)} result{'s' * (len(results) != 1)}: " + ", ".join(
        f"{n} {what}" for what, n in counts.items() if n
    )


def exit_code(runs: Sequence[Run]) -> int:
    """0 all pass or are expected, 1 something fails, 5 nothing was judged."""
    results = [r for run in runs for r in run.results]
    if any(not r.passes for r in results):
        return 1
    return 0 if any(r.verdict != "unsupported" for r in results) else 5
