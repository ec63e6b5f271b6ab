"""The folder of the vectors: written whole or not at all, and over nothing that gradspec has not written."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .building import MANIFEST, NAME

LARGEST_MANIFEST = 2**24  # bytes


def usable(name: str) -> Path:
    """Return the folder to write; raise `ValueError`, before any work is done, where it cannot or must not be written."""
    try:
        return _usable(name)
    except OSError as error:
        raise ValueError(f"{name}: cannot be written: {error.strerror}; choose another place") from error


def _usable(name: str) -> Path:
    given = Path(name)
    if not name:
        raise ValueError("the name of the folder is empty; name a folder")
    target = Path(os.path.realpath(given))  # a link stays a link
    if target.is_symlink() or (target.exists() and not target.is_dir()):  # a link to itself cannot be followed
        raise ValueError(f"{name}: is no folder; name one")
    if not target.parent.is_dir():
        raise ValueError(f"{name}: the folder {given.parent} does not exist; make it first")
    if Path.cwd().is_relative_to(target):
        raise ValueError(f"{name}: is the current folder or holds it, and would be replaced; name another one")
    if target.is_dir():
        _refuse_foreign(name, target)
    tempfile.TemporaryFile(dir=target.parent).close()
    return target


def _refuse_foreign(name: str, target: Path) -> None:
    """Raise `ValueError` if the folder holds anything that no manifest of gradspec lists."""
    present = sorted(entry.name for entry in target.iterdir())
    if not present:
        return
    listed = _listed(target)
    if listed is None:
        raise ValueError(f"{name}: is not empty, and gradspec has not written it; name another folder")
    foreign = [entry for entry in present if entry not in listed or not _is_plain(target / entry)]
    if foreign:
        raise ValueError(f"{name}: holds {foreign[0]}, which gradspec has not written; move it or name another folder")


def _listed(target: Path) -> set[str] | None:
    """The files that the manifest of the folder lists, itself included; None if it is none of gradspec."""
    manifest = target / MANIFEST
    if not _is_plain(manifest) or manifest.stat().st_size > LARGEST_MANIFEST:
        return None
    try:
        data: Any = json.loads(manifest.read_bytes())
        if data["generator"]["name"] != NAME or not isinstance(data["vector_format"], int):
            return None
        return {MANIFEST, *(str(entry["path"]) for entry in data["files"])}
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def write(texts: Mapping[str, str], name: str) -> None:
    """Put a folder with these files in the place of what was there, in one move; nothing half-written is ever left.

    Raises `ValueError` where the folder must not be written (any more).
    """
    target = usable(name)
    try:
        made = Path(tempfile.mkdtemp(dir=target.parent, prefix=".gradspec-vectors-"))
        try:
            for file, text in texts.items():
                (made / file).write_bytes(text.encode())
            made.chmod(0o755)
            if target.is_dir():  # something may have been put there meanwhile
                _refuse_foreign(name, target)
            _move(made, target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise ValueError(f"{name}: cannot be written: {error.strerror}; choose another place") from error


def _move(made: Path, target: Path) -> None:
    """Move a folder to its place. What was there before is afterwards where the folder was made, or gone."""
    if not target.is_dir() or not any(target.iterdir()):
        os.replace(made, target)
    elif not _exchanged(made, target):
        aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=".gradspec-vectors-"))
        os.replace(target, aside)
        try:
            os.replace(made, target)
        except BaseException:
            os.replace(aside, target)
            raise
        shutil.rmtree(aside, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one move, where the system can."""
    import ctypes

    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)
