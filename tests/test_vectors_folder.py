"""The folder of the vectors: the same bytes every time, never half-written, never over others' files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradspec.conformance.vectors import folder as folder_module
from gradspec.conformance.vectors.building import (
    MANIFEST,
    rules,
)
from gradspec.conformance.vectors.folder import usable, write
from gradspec.conformance.vectors.linting import defects

from .vectors import PLAIN, gradspec, texts


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write(texts(), str(tmp_path / "vectors"))
    return tmp_path / "vectors"


# -- the same bytes ----------------------------------------------------------------------------------------------------

HASHES = """\
import hashlib, sys
from gradspec.conformance.vectors.building import files_of
for rule in sys.argv[1:]:
    for name, text in files_of(rule).items():
        print(name, hashlib.sha256(text.encode()).hexdigest())
"""


def hashes(seed: str, *names: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, "-c", HASHES, *names], env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    "names",
    [("nesterov", "leaky_relu", "clip_by_norm"), *(pytest.param((name,), marks=pytest.mark.deep) for name in rules())],
    ids=lambda names: "-".join(names),
)
def test_the_files_are_the_same_to_the_byte_whatever_the_order_of_sets(names: tuple[str, ...]) -> None:
    first, other = hashes("1", *names), hashes("2", *reversed(names))

    assert 6 * len(names) == len(first.splitlines())
    assert sorted(first.splitlines()) == sorted(other.splitlines())


def test_what_is_in_the_folder_is_what_was_worked_out(written: Path) -> None:
    assert texts() == {path.name: path.read_text() for path in written.iterdir()}
    assert [] == [path.name for path in written.parent.iterdir() if path != written]


# -- where it may be written -------------------------------------------------------------------------------------------


def test_a_folder_of_its_own_is_replaced_whole(written: Path) -> None:
    fewer = {name: text for name, text in texts().items() if not name.startswith("elu")}
    write(fewer, str(written))

    assert sorted(fewer) == sorted(path.name for path in written.iterdir())
    assert [written] == list(written.parent.iterdir())


def test_without_an_exchange_by_the_system_it_is_replaced_too(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "_exchanged", lambda one, other: False)
    write({MANIFEST: texts()[MANIFEST]}, str(written))

    assert [MANIFEST] == [path.name for path in written.iterdir()]
    assert [written] == list(written.parent.iterdir())


@pytest.mark.parametrize("exchanges", [True, False])
def test_what_is_interrupted_leaves_the_old_files_and_nothing_else(
    written: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    def interrupted(source: Any, target: Any) -> None:
        raise KeyboardInterrupt

    if exchanges:
        monkeypatch.setattr(folder_module, "_exchanged", interrupted)
    else:
        moved = []

        def second_is_interrupted(source: Any, target: Any) -> None:
            moved.append(source)
            if len(moved) == 2:
                raise KeyboardInterrupt
            os.rename(source, target)

        monkeypatch.setattr(folder_module, "_exchanged", lambda one, other: False)
        monkeypatch.setattr(folder_module.os, "replace", second_is_interrupted)
    with pytest.raises(KeyboardInterrupt):
        write({MANIFEST: "other"}, str(written))

    assert texts() == {path.name: path.read_text() for path in written.iterdir()}
    assert [written] == list(written.parent.iterdir())


def test_a_link_to_a_folder_stays_a_link(written: Path) -> None:
    link = written.parent / "link"
    link.symlink_to(written)
    write(texts(), str(link))

    assert link.is_symlink()
    assert sorted(texts()) == sorted(path.name for path in link.iterdir())


def _made(place: Path, *names: str) -> None:
    place.mkdir()
    for name in names:
        (place / name).write_text("{}")


@pytest.mark.parametrize(
    ("prepare", "name", "words"),
    [
        (lambda at: (at / "file").write_text(""), "file", "is no folder"),
        (lambda at: None, "no/where", "the folder no does not exist"),
        (lambda at: None, "", "is empty"),
        (lambda at: None, ".", "is the current folder"),
        (lambda at: None, "..", "is the current folder"),
        (lambda at: None, "/proc/vectors", "cannot be written"),
        (lambda at: None, "x" * 300, "cannot be written: File name too long"),
        (lambda at: _made(at / "mine", "diary"), "mine", "is not empty, and gradspec has not written it"),
        (lambda at: _made(at / "mine", MANIFEST), "mine", "is not empty, and gradspec has not written it"),
        (lambda at: (at / "loop").symlink_to(at / "loop"), "loop", "is no folder"),
    ],
)
def test_a_place_that_is_none_is_refused_in_one_line_before_any_work(
    tmp_path: Path, prepare: Callable[[Path], object], name: str, words: str
) -> None:
    prepare(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = gradspec(tmp_path, "vectors", name)

    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n")), done.stderr
    assert words in done.stderr
    assert before == sorted(tmp_path.iterdir())


@pytest.mark.parametrize("foreign", ["diary.txt", "folder", "link"])
def test_a_foreign_file_among_the_vectors_is_never_removed(written: Path, foreign: str) -> None:
    if foreign == "link":
        (written / PLAIN).unlink()
        (written / PLAIN).symlink_to(written / MANIFEST)
    elif foreign == "folder":
        (written / foreign).mkdir()
    else:
        (written / foreign).write_text("dear diary")

    with pytest.raises(ValueError, match=rf"holds {PLAIN if foreign == 'link' else foreign}, which gradspec has not"):
        usable(str(written))


@pytest.mark.deep
def test_all_vectors_are_written_without_a_defect(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gradspec.conformance", "vectors", "made"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    count = json.loads((tmp_path / "made" / MANIFEST).read_text())["count"]

    assert "" == done.stderr
    assert done.stdout.startswith(f"{count} vectors in {6 * len(rules()) + 3} files, ")
    assert sum(path.stat().st_size for path in (tmp_path / "made").iterdir()) < 3e7
    assert [] == list(defects(tmp_path / "made"))


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gradspec.conformance", "vectors", "made"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    time.sleep(4)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (4, "", "gradspec: interrupted; nothing was written\n") == (process.returncode, out, err)
    assert [] == list(tmp_path.iterdir())
