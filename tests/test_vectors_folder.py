"""The folder of the vectors: the same bytes every time, never half-written, never over others' files; and its linter."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gradspec.conformance.vectors import folder as folder_module
from gradspec.conformance.vectors.building import (
    MANIFEST,
    MANIFEST_SCHEMA,
    VECTORS_SCHEMA,
    digest,
    files_of,
    manifest,
    rules,
    schema_text,
)
from gradspec.conformance.vectors.folder import usable, write
from gradspec.conformance.vectors.linting import defects
from gradspec.conformance.vectors.stating import content_hash

from . import forked

FEW = ("elu", "clip_by_norm", "gradient_descent")  # with jumps, refusals and NaN among them
PLAIN, SPECIAL = "gradient_descent.level-0.float32.json", "clip_by_norm.level-2.float32.json"


@cache
def texts() -> dict[str, str]:
    """A folder with few rules."""
    found = {name: text for rule in FEW for name, text in files_of(rule).items()}
    found |= {name: schema_text(name) for name in (VECTORS_SCHEMA, MANIFEST_SCHEMA)}
    return {**found, MANIFEST: manifest(found)}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write(texts(), str(tmp_path / "vectors"))
    return tmp_path / "vectors"


def gradspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.run(arguments, folder, dict(os.environ))


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


# -- the linter --------------------------------------------------------------------------------------------------------


def test_what_was_written_has_no_defect(written: Path) -> None:
    done = gradspec(written.parent, "vectors", "vectors", "--lint")
    count = json.loads(texts()[MANIFEST])["count"]

    assert (0, f"{count} vectors: no defect\n", "") == (done.returncode, done.stdout, done.stderr)


def test_defects_are_printed_a_line_each(written: Path) -> None:
    (written / PLAIN).unlink()
    (written / "di\nary").write_text("")
    done = gradspec(written.parent, "vectors", "--lint", "vectors")

    assert (1, "3 defects\n") == (done.returncode, done.stderr)
    assert ["di\\nary: is not listed in manifest.json", f"{PLAIN}: is listed in manifest.json, but missing"] == (
        done.stdout.splitlines()[:2]
    )


@pytest.mark.parametrize("name", ["nowhere", "file", "x" * 300])
def test_to_lint_what_is_no_folder_is_a_usage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    done = gradspec(tmp_path, "vectors", "--lint", name)

    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))


def found_after(
    written: Path, file: str, change: Callable[[dict[str, Any]], object], *, sealed: bool = True
) -> list[str]:
    """The defects after a change of the data, hashes made good again where `sealed`."""
    data = json.loads((written / file).read_text())
    change(data)
    if sealed and "vectors" in data:
        for one in data["vectors"]:
            one["hash"] = content_hash(one)
        data["digest"] = digest(data["vectors"])
    (written / file).write_text(json.dumps(data))
    if sealed and file != MANIFEST:
        present = {p.name: p.read_text() for p in sorted(written.iterdir()) if p.name != MANIFEST}
        (written / MANIFEST).write_text(manifest(present))
    return list(defects(written))


def first(data: dict[str, Any]) -> dict[str, Any]:
    vector: dict[str, Any] = data["vectors"][0]
    return vector


def output(data: dict[str, Any], k: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = data["vectors"][k]["expect"][0]["outputs"][0]
    return found


def swapped(data: dict[str, Any]) -> None:
    one = output(data)
    one["lo"], one["hi"] = one["hi"], one["lo"]


def torn(data: dict[str, Any]) -> None:
    """Two intervals, the upper one first."""
    one = output(data)
    one["either"] = {"0": [[one["hi"], one["hi"]], [one["lo"], one["lo"]]]}


def too_far(data: dict[str, Any]) -> None:
    one = output(data)
    one["either"] = {"0": [[one["lo"], one["lo"]], [one["hi"], "7f000000"]]}


TAMPERED = [
    (
        PLAIN,
        lambda d: first(d)["expect"][0].pop("dialects"),
        r"\$\.vectors\[0\]\.expect\[0\]: 'dialects' is a required",
    ),
    (PLAIN, lambda d: d.update(count=7), r"count is 7; there are \d+ vectors"),
    (PLAIN, lambda d: d.update(rule="adam"), r"must be called adam\.level-0\.float32\.json"),
    (PLAIN, swapped, r"element 0: lo is .*, above hi"),
    (PLAIN, lambda d: output(d).update(lo="00"), r"lo: has 2 digits; 1 numbers of float32 have 8"),
    (PLAIN, lambda d: output(d).update(y=["1e9"]), r"element 0: y is 1e9, which is not right"),
    (PLAIN, lambda d: output(d).update(nan=[5]), r"element 5 does not exist"),
    (PLAIN, lambda d: output(d).update(lo="7fc00000"), r"both are NaN where only NaN is right"),
    (PLAIN, lambda d: first(d).update(hunts=["nothing"]), r"hunts 'nothing', of which there is no note"),
    (PLAIN, lambda d: d["notes"].update(idle={"kind": "error", "description": "x"}), r"the note 'idle' is used by no"),
    (
        PLAIN,
        lambda d: first(d).update(id="adam/float32/plain/one"),
        r"the id must begin with gradient_descent/float32/",
    ),
    (PLAIN, lambda d: first(d).update(level=1), r"level is 1, in a file of 0"),
    (PLAIN, lambda d: d["vectors"].append(d["vectors"][0]), r"the id .* is used 2 times"),
    (PLAIN, lambda d: d["vectors"].append({**first(d), "id": first(d)["id"] + "x"}), r"no vector may stand twice"),
    (PLAIN, lambda d: first(d)["decimals"]["w"].__setitem__(0, "0.5"), r"decimals differ from the bits at \$\.w\[0\]"),
    (PLAIN, lambda d: first(d)["decimals"].pop("w"), r"decimals differ from the bits at \$\.w"),
    (
        PLAIN,
        lambda d: first(d)["question"]["steps"][0].update(learning_rate="3fb999999999999a"),
        r"question\.steps\[0\]\.learning_rate: 0\.1 is not exact in float32",
    ),
    (PLAIN, lambda d: first(d)["question"]["w"].update(data="00"), r"question\.w: has 2 digits"),
    (
        PLAIN,
        lambda d: first(d)["question"]["options"].update(centered=True),
        r"question\.options: centered is not declared",
    ),
    (PLAIN, lambda d: d["vectors"][-1]["expect"].pop(), r"0 expectations are about the dialect"),
    (PLAIN, lambda d: d["vectors"][-1]["expect"].append(d["vectors"][-1]["expect"][0]), r"2 expectations are about"),
    (PLAIN, lambda d: first(d)["expect"][0]["dialects"].append({"gain": "one"}), r"which is no dialect"),
    (PLAIN, torn, r"element 0: either: must be intervals in order that do not touch"),
    (PLAIN, too_far, r"element 0: either: must begin with lo, .*, and end with hi"),
    (PLAIN, lambda d: output(d).update(either={"0": [["00", "00"], ["00", "00"]]}), r"element 0: either: 2 digits"),
    (SPECIAL, lambda d: d["vectors"][-1]["expect"][0].update(refused=True), r"\$\.vectors\[\d+\]\.expect\[0\]: "),
]


@pytest.mark.parametrize(("file", "change", "words"), TAMPERED)
def test_a_defect_is_told_in_words(
    written: Path, file: str, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    found = found_after(written, file, change)

    assert any(re.search(words, one) for one in found), found
    assert not any("\n" in one for one in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: first(d).update(why="because"), ["its sha256 is not the one in manifest.json", "digest is not"]),
        (lambda d: output(d).update(y=[None]), ["; that of its question and expectations is"]),
    ],
)
def test_hashes_tell_that_something_was_changed(
    written: Path, change: Callable[[dict[str, Any]], object], words: list[str]
) -> None:
    found = found_after(written, PLAIN, change, sealed=False)

    assert all(any(part in one for one in found) for part in words), found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(count=1), "count is 1; there are"),
        (lambda d: d["files"].append(d["files"][0]), "2 times"),
        (lambda d: d["files"].__delitem__(0), "is not listed in manifest.json"),
        (lambda d: d["files"][0].update(bytes=3), "manifest.json says 3"),
        (lambda d: d["files"][0].update(path="../secret.json"), "does not match"),
        (lambda d: d.update(vector_format=2), "1 was expected"),
        (lambda d: d["files"].__setitem__(slice(None), [f for f in d["files"] if "rule" in f]), "does not list"),
    ],
)
def test_the_manifest_is_held_against_the_folder(
    written: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    found = found_after(written, MANIFEST, change)

    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no JSON"),
        (b"\xff", "is not UTF-8 at byte 0"),
        (b'{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        (b'{"a": NaN}', "holds the number NaN"),
        (b'{"a": 0.5}', "holds the number 0.5"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"[]", "is not of type 'object'"),
    ],
)
@pytest.mark.parametrize("file", [PLAIN, MANIFEST])
def test_what_is_no_strict_json_is_a_defect(written: Path, file: str, data: bytes, words: str) -> None:
    (written / file).write_bytes(data)
    found = list(defects(written))

    assert any(one.startswith(f"{file}: ") and words in one for one in found), found


@pytest.mark.parametrize("kind", ["missing", "pipe", "link"])
def test_a_file_that_is_none_is_never_opened(written: Path, kind: str) -> None:
    (written / PLAIN).unlink()
    if kind == "pipe":
        os.mkfifo(written / PLAIN)
    elif kind == "link":
        (written / PLAIN).symlink_to("/dev/zero")
    found = list(defects(written))

    assert (
        f"{PLAIN}: is listed in {MANIFEST}, but missing" if kind == "missing" else f"{PLAIN}: is no plain file"
    ) in found
