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
from .implementation import Implementation


class NoSuchImplementation(LookupError):
    """The name, file or module does not exist: a usage error."""


class CannotStart(RuntimeError):
    """It exists, but its framework is missing or it fails to import."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to judge, and bundled adapters that were named but cannot run here with the line that installs them."""

    bundled: tuple[Bundled, ...]
    loaded: tuple[Implementation, ...]
    absent: tuple[Bundled, ...]


def select(names: Sequence[str]) -> Selection:
    """Resolve `names`; with none, every bundled implementation that is installed."""
    rows: list[Bundled] = []
    loaded: list[Implementation] = []
    for name in names:
        matching = named_rows(name)
        if matching:
            rows += matching
        else:
            loaded += load_all(name)
    if not names:
        rows = list(BUNDLED)
    rows = [row for row in BUNDLED if row in rows]
    present = tuple(row for row in rows if not row.missing())
    absent = tuple(row for row in rows if row.missing())
    for name in names:
        matching = named_rows(name)
        if matching and not any(row in present for row in matching):
            missing = ", ".join(dict.fromkeys(m for row in matching for m in row.missing()))
            raise CannotStart(f"{name}: needs {missing}, which is not installed; {matching[0].install}")
    return Selection(present, tuple(loaded), absent)


def named_rows(name: str) -> list[Bundled]:
    """The bundled rows that a full name or a bare prefix means."""
    return [row for row in BUNDLED if row.name == name or row.name.partition("/")[0] == name]


def load(target: str) -> Implementation:
    """Return one implementation: a bundled name, `file.py[:name]` or `package.module[:name]`.

    A bundled framework is imported into this process; its environment must have been set before.
    """
    rows = named_rows(target)
    if rows:
        return start(rows[0])
    found = load_all(target)
    if len(found) > 1:
        raise NoSuchImplementation(f"{target}: holds {', '.join(i.name for i in found)}; add :NAME of the variable")
    return found[0]


def start(row: Bundled) -> Implementation:
    """Import the framework of a bundled row and return its implementation."""
    if missing := row.missing():
        raise CannotStart(f"{row.name}: needs {', '.join(missing)}, which is not installed; {row.install}")
    try:
        implementation: Implementation = import_module(row.module).implementation(row.name)
    except Exception as error:
        raise CannotStart(f"{row.name}: fails to start: {type(error).__name__}: {error}") from error
    implementation.origin = row.name
    implementation.environment = row.environment
    return implementation


def load_all(target: str) -> list[Implementation]:
    """Every implementation in a file or module, or the one called `:name` there."""
    path, _, wanted = target.partition(":") if not target[1:3] == ":\\" else (target, "", "")
    module = _file(path) if path.endswith(".py") else _module(path)
    found = {key: value for key, value in vars(module).items() if isinstance(value, Implementation)}
    if wanted:
        if wanted not in found:
            near = get_close_matches(wanted, found, n=1, cutoff=0.0)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise NoSuchImplementation(f"{path}: no Implementation is called {wanted!r}{hint}")
        found = {wanted: found[wanted]}
    if not found:
        raise NoSuchImplementation(f"{path}: holds no Implementation; make one: mylib = Implementation('mylib', version='1')")
    for key, implementation in found.items():
        implementation.origin = f"{path}:{key}" if len(found) > 1 or wanted else path
    return list(dict.fromkeys(found.values()))


def _file(path: str) -> ModuleType:
    file = Path(path)
    if not file.is_file():
        raise NoSuchImplementation(f"{path}: no such file; give the path of a Python file that makes an Implementation")
    name = f"judged_{file.stem}"
    specification = util.spec_from_file_location(name, file)
    assert specification is not None and specification.loader is not None
    module = util.module_from_spec(specification)
    sys.modules[name] = module
    before = list(sys.path)
    sys.path.insert(0, str(file.resolve().parent))
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise CannotStart(f"{path}: fails to import: {type(error).__name__}: {error}") from error
    finally:
        sys.path[:] = before
    return module


def _module(name: str) -> ModuleType:
    before = list(sys.path)
    sys.path.insert(0, str(Path.cwd()))
    try:
        exists = all(part.isidentifier() for part in name.split(".")) and util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        exists = False
    try:
        if not exists:
            names = [row.name for row in BUNDLED]
            near = get_close_matches(name, [*names, *(n.partition("/")[0] for n in names)], n=1, cutoff=0.0)[0]
            raise NoSuchImplementation(f"no implementation, file or module is called {name!r}; did you mean {near!r}? there are: {', '.join(names)}")
        return import_module(name)
    except NoSuchImplementation:
        raise
    except Exception as error:
        raise CannotStart(f"{name}: fails to import: {type(error).__name__}: {error}") from error
    finally:
        sys.path[:] = before
