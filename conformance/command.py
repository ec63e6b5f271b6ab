"""What `gradspec judge` does between its arguments and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gradspec.reference.arithmetic import number_format
from gradspec.spec import catalogue
from gradspec.spec import rule as find_rule
from gradspec.spec.vendors import vendor

from .report import as_json, exit_code, print_runs, write_json
from .select import CannotStart, NoSuchImplementation, Selection, select
from .trial import DEFAULT_DTYPES, Request, judge_in_workers
from .trial import judge as judge_here
from .verdict import Run

__all__ = ["CannotStart", "NoSuchImplementation", "judge", "request", "writable"]


def request(rules: Sequence[str], dtypes: Sequence[str], like: str, level: int, seed: int) -> Request:
    """Check the arguments; raise `LookupError` naming the nearest valid name."""
    for rule in rules:
        find_rule(rule)
    for dtype in dtypes:
        number_format(dtype)
    return Request(tuple(dict.fromkeys(rules)), tuple(dict.fromkeys(dtypes)) or DEFAULT_DTYPES, _like(like), level, seed)


def _like(like: str) -> str | Mapping[str, str] | None:
    if not like:
        return None
    if "=" not in like:
        return vendor(like).name
    wanted = {}
    for part in like.split(","):
        axis, equals, value = (p.strip() for p in part.partition("="))
        if not equals:
            raise ValueError(f"--like {part!r}: must be a vendor or AXIS=VALUE; write for example epsilon_place=hat")
        check_axis(axis, value)
        wanted[axis] = value
    return wanted


def check_axis(axis: str, value: str) -> None:
    """Raise `LookupError` unless some rule has this axis with this value."""
    from difflib import get_close_matches

    values: dict[str, list[str]] = {}
    for rule in catalogue().values():
        for known in rule.axes:
            values.setdefault(known.name, []).extend(known.names)
    for kind, name, names in (("axis", axis, list(values)), (f"value of {axis}", value, values.get(axis, []))):
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0.0)[0]
            raise LookupError(f"no {kind} is called {name!r}; did you mean {near!r}? there are: {', '.join(dict.fromkeys(names))}")


def writable(target: str) -> None:
    """Raise `ValueError` before any work if `target` cannot be written."""
    if target and target != "-":
        parent = Path(target).parent
        if not parent.is_dir():
            raise ValueError(f"--json {target}: the folder {parent} does not exist; make it first")
        if Path(target).is_dir():
            raise ValueError(f"--json {target}: is a folder; name a file in it")


def judge(names: Sequence[str], asked: Request, json: str) -> int:
    """Judge what `names` mean, print a table (unless JSON goes to standard output), and return the exit code."""
    selection = select(names)
    with progress() as tell:
        runs = [*(judge_here(i, asked, tell) for i in selection.loaded), *judge_in_workers(selection.bundled, asked, tell)]
    if json:
        write_json(as_json(runs), json)
    if json != "-":
        print_runs(runs)
        _notes(selection, runs, bool(names))
    return exit_code(runs)


def _notes(selection: Selection, runs: Sequence[Run], named: bool) -> None:
    if runs and all(run.own for run in runs) and not named:
        print("\nNo other framework is installed, so these are gradspec's own backends, judged by gradspec.")
        print("To judge frameworks: pip install 'gradspec[torch,peers]'")
    for row in selection.absent:
        print(f"not judged: {row.name}: {', '.join(row.missing())} not installed; {row.install}")


class progress:  # noqa: N801 - used as a function, `with progress() as tell`
    """One line on a terminal that says what is being done; silent in a pipe."""

    def __enter__(self) -> Callable[[str], None]:
        self.status = None
        if not sys.stderr.isatty():
            return lambda _: None
        from rich.console import Console

        console = Console(stderr=True)
        self.status = console.status("starting")
        self.status.start()
        return lambda text: self.status.update(text) if self.status else None

    def __exit__(self, *_: object) -> None:
        if self.status:
            self.status.stop()
