"""Finds the implementations that a command line names: bundled ones, files, modules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module, util
from pathlib import Path
from types import ModuleType

from .bundled import BUNDLED, Bundled
from .bundled import rows as rows_of
from .implementation import Claim, Implementation


class NoSuchImplementation(LookupError):
    """The name, file or module does not exist: a usage error."""


class CannotStart(RuntimeError):
    """It exists, but its framework is missing or it fails to import."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to judge, bundled adapters whose framework is not installed, and why something that was named cannot start."""

    bundled: tuple[Bundled, ...]
    loaded: tuple[Implementation, ...]
    absent: tuple[Bundled, ...]
    broken: tuple[str, ...]


def select(names: Sequence[str]) -> Selection:
    """Resolve `names`; with none, every bundled implementation that is installed."""
    rows: list[Bundled] = [] if names else list(BUNDLED)
    loaded: list[Implementation] = []
    broken: list[str] = []
    for name in dict.fromkeys(names):
        matching = rows_of(name)
        missing = dict.fromkeys(module for row in matching for module in row.missing())
        try:
            if matching and all(row.missing() for row in matching):
                raise CannotStart(f"{name}: needs {', '.join(missing)}, which is not installed; {matching[0].install}")
            rows += matching
            loaded += [] if matching else load_all(name)
        except CannotStart as reason:
            broken.append(str(reason))
    present = tuple(row for row in BUNDLED if row in rows and not row.missing())
    absent = tuple(row for row in BUNDLED if row in rows and row.missing())
    return Selection(present, tuple(loaded), absent, tuple(broken))


def load(target: str) -> Implementation:
    """Return one implementation: a bundled name, `file.py[:name]` or `package.module[:name]`.

    A bundled framework is imported into this process; its environment must have been set before.
    """
    rows = rows_of(target)
    if rows:
        return start(rows[0])
    found = load_all(target)
    if len(found) > 1:
        raise NoSuchImplementation(f"{target}: holds {', '.join(i.name for i in found)}; add :NAME of the variable")
    return found[0]


def start(row: Bundled, like: Claim | None = None) -> Implementation:
    """Import the framework of a bundled row and return its implementation; gradspec's own run in the dialect `like`."""
    if missing := row.missing():
        raise CannotStart(f"{row.name}: needs {', '.join(missing)}, which is not installed; {row.install}")
    try:
        own = {"dialect": like} if like is not None and row.name.startswith("gradspec/") else {}
        implementation: Implementation = import_module(row.module).implementation(row.name, **own)
    except (Exception, SystemExit) as error:
        raise CannotStart(f"{row.name}: fails to start: {type(error).__name__}: {error}") from error
    implementation.origin = row.name
    implementation.environment = row.environment
    return implementation


def load_all(target: str) -> list[Implementation]:
    """Every implementation in a file or module, or the one called `:name` there."""
    path, _, wanted = target.partition(":") if target[1:3] != ":\\" else (target, "", "")
    module = _file(path) if path.endswith(".py") else _module(path)
    found = {key: value for key, value in vars(module).items() if isinstance(value, Implementation)}
    if wanted:
        if wanted not in found:
            near = get_close_matches(wanted, found, n=1, cutoff=0.0)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise NoSuchImplementation(f"{path}: no Implementation is called {wanted!r}{hint}")
        found = {wanted: found[wanted]}
    if not found:
        raise NoSuchImplementation(
            f"{path}: holds no Implementation; make one: mylib = Implementation('mylib', version='1')"
        )
    for key, implementation in found.items():
        implementation.origin = f"{path}:{key}" if len(found) > 1 or wanted else path
    return list(dict.fromkeys(found.values()))


def _file(path: str) -> ModuleType:
    file = Path(path)
    if not file.is_file():
        near = get_close_matches(file.name, [other.name for other in file.parent.glob("*.py")], n=1)
        hint = (
            f"did you mean {str(file.parent / near[0])!r}?"
            if near
            else "give the path of a Python file that makes an Implementation"
        )
        raise NoSuchImplementation(f"{path}: no such file; {hint}")
    name = f"judged_{file.stem}"
    specification = util.spec_from_file_location(name, file)
    assert specification is not None
    assert specification.loader is not None
    module = util.module_from_spec(specification)
    sys.modules[name] = module
    before = list(sys.path)
    sys.path.insert(0, str(file.resolve().parent))
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise CannotStart(f"{path}: fails to import: {type(error).__name__}: {error}") from error
    finally:
        sys.path[:] = [*before, str(file.resolve().parent)]  # last, for what an adapter imports when it runs
    return module


def _module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise _unknown(name)
    before = list(sys.path)
    sys.path.insert(0, str(Path.cwd()))
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            raise _unknown(name) from error  # it or its package does not exist; else something that it imports
        raise CannotStart(f"{name}: fails to import: {type(error).__name__}: {error}") from error
    finally:
        sys.path[:] = [*before, str(Path.cwd())]  # last, for what an adapter imports when it runs


def _unknown(name: str) -> NoSuchImplementation:
    names = [row.name for row in BUNDLED]
    near = get_close_matches(name, [*names, *(n.partition("/")[0] for n in names)], n=1, cutoff=0.0)[0]
    file = Path(f"{name}.py")
    hint = f"{name}.py" if file.is_file() else near
    return NoSuchImplementation(
        f"no implementation, file or module is called {name!r}; did you mean {hint!r}? there are: {', '.join(names)}"
    )
