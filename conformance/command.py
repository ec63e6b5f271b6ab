"""What `gradspec judge` does between its arguments and its exit code."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradspec.reference.arithmetic import number_format
from gradspec.spec import catalogue
from gradspec.spec import rule as find_rule
from gradspec.spec.vendors import vendor

from .bundled import BUNDLED, DISTRIBUTIONS
from .bundled import rows as rows_of
from .report import as_json, exit_code, print_runs, visible, write_json
from .select import CannotStart, NoSuchImplementation, Selection, select
from .trial import DEFAULT_DTYPES, Request, judge_in_workers
from .trial import judge as judge_here
from .verdict import Run

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["NoSuchImplementation", "judge", "request"]

CANNOT_START, ABORTED = 3, 4


def request(rules: Sequence[str], dtypes: Sequence[str], like: str, level: int, seed: int) -> Request:
    """Check the arguments; raise `LookupError` naming the nearest valid name."""
    for rule in rules:
        find_rule(rule)
    for dtype in dtypes:
        number_format(dtype)
    return Request(
        tuple(dict.fromkeys(rules)),
        tuple(dict.fromkeys(dtypes)) or DEFAULT_DTYPES,
        _like(like, rules),
        level,
        seed,
    )


def _like(like: str, rules: Sequence[str]) -> str | Mapping[str, str] | None:
    if not like:
        return None
    if "=" not in like:
        return vendor(like).name
    wanted = {}
    for part in like.split(","):
        axis, equals, value = (p.strip() for p in part.partition("="))
        if not equals:
            raise ValueError(f"--like {part!r}: must be a vendor or AXIS=VALUE; write for example epsilon_place=hat")
        if axis in wanted:
            raise ValueError(f"--like {part!r}: {axis} is given twice; choose one value")
        check_axis(axis, value, rules)
        wanted[axis] = value
    return wanted


def words_of(program: str) -> tuple[str, ...]:
    """Split a command as a shell splits words; raise `ValueError` if there is nothing to run."""
    try:
        words = tuple(shlex.split(program))
    except ValueError as error:
        raise ValueError(f"--exec {program!r}: {error}; quote it as for a shell") from error
    if not words:
        raise ValueError(f"--exec {program!r}: names no program; write for example --exec 'node adapter.mjs'")
    return words


def check_axis(axis: str, value: str, rules: Sequence[str]) -> None:
    """Raise `LookupError` unless one of the rules (of all, if none is named) has this axis with this value."""
    from difflib import get_close_matches

    values: dict[str, list[str]] = {}
    for name in rules or catalogue():
        for known in find_rule(name).axes:
            values.setdefault(known.name, []).extend(known.names)
    for kind, name, names in (
        ("axis", axis, list(values)),
        (f"value of {axis}", value, values.get(axis, [])),
    ):
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0.0)[0]
            raise LookupError(
                f"no {kind} is called {name!r}; did you mean {near!r}? there are: {', '.join(dict.fromkeys(names))}"
            )


def judge(names: Sequence[str], asked: Request, json: str, program: Sequence[str] = ()) -> int:
    """Judge what `names` mean and a `program`, print a table (unless JSON goes to standard output), return the exit code."""
    # Standard output is for the report; what adapters print goes to standard error.
    with redirect_stdout(sys.stderr):
        selection = select(names) if names or not program else Selection((), (), (), ())
        with progress() as tell:
            runs = [judge_here(implementation, asked, tell) for implementation in selection.loaded]
            other = _judge_program(program, asked, tell) if program else _Program()
            runs += other.runs
            found = judge_in_workers(selection.bundled, asked, tell)
    runs += [run for run in found if isinstance(run, Run)]
    stopped = {row.name: str(e) for row, e in zip(selection.bundled, found, strict=True) if isinstance(e, CannotStart)}
    broken = [*selection.broken, *other.broken]
    for name in names:  # a prefix has started if one of its paths has
        rows = [row.name for row in rows_of(name) if row in selection.bundled]
        if rows and all(row in stopped for row in rows):
            broken += [stopped.pop(row) for row in rows]
    if runs or not broken:
        if json:
            write_json(as_json(runs), json)
        if json != "-":
            print_runs(runs)
        for note in [*other.notes, *_notes(selection, stopped, runs, bool(names or program))]:
            print(visible(note), file=sys.stderr if json == "-" else sys.stdout)
    for message in broken:
        print(f"gradspec: {visible(message)}", file=sys.stderr)
    if other.aborted:
        return ABORTED
    return CANNOT_START if broken else exit_code(runs)


@dataclass(frozen=True, slots=True)
class _Program:
    """What judging a program has given: a run or why there is none, what else is to be said, whether it was given up."""

    runs: tuple[Run, ...] = ()
    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    aborted: bool = False


def _judge_program(words: Sequence[str], asked: Request, tell: Callable[[str], None]) -> _Program:
    from .stdio.client import connect

    tell(f"starting {words[0]}")
    try:
        with connect(words) as client:
            run = judge_here(client.implementation, asked, tell)
    except CannotStart as reason:
        return _Program(broken=(str(reason),))
    notes = [f"{run.implementation}: {note}" for note in client.notes]
    if client.stopped:
        notes += [f"{run.implementation}: given up: {client.stopped}"]
    return _Program((run,), notes=tuple(notes), aborted=bool(client.stopped))


def _notes(selection: Selection, stopped: Mapping[str, str], runs: Sequence[Run], named: bool) -> list[str]:
    """Say what was not judged and why, and whose backends these are if there was nobody else to judge."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for row in selection.absent:
        lacking.setdefault((", ".join(row.missing()), row.install), []).append(row.name)
    notes = [
        f"not judged: {', '.join(rows)}: {modules} not installed; {how}" for (modules, how), rows in lacking.items()
    ]
    notes += [f"not judged: {message}" for message in stopped.values()]
    if runs and all(run.own for run in runs) and not named:
        notes += ["No other framework is installed: these are gradspec's own backends, judged by gradspec itself."]
        modules = {module for row in BUNDLED for module in row.requires} - {"numpy"}
        frameworks = sorted(DISTRIBUTIONS.get(module, module) for module in modules)
        notes += [f"To judge frameworks: pip install {' '.join(frameworks)}"]
    return notes


class progress:  # used as a function: `with progress() as tell`
    """One line on a terminal that says what is being done; silent in a pipe."""

    def __enter__(self) -> Callable[[str], None]:
        self.status: Status | None = None
        if not sys.stderr.isatty():
            return lambda _: None
        from rich.console import Console
        from rich.text import Text

        status = self.status = Console(stderr=True).status("starting")
        status.start()
        return lambda text: status.update(Text(visible(text)))

    def __exit__(self, *_: object) -> None:
        if self.status:
            self.status.stop()
