"""The linter of vectors: every kind of defect is told, in a line that says where and what."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradspec.conformance.vectors.building import MANIFEST, digest, manifest
from gradspec.conformance.vectors.folder import write
from gradspec.conformance.vectors.linting import defects
from gradspec.conformance.vectors.stating import content_hash

from .vectors import PLAIN, SPECIAL, gradspec, texts


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write(texts(), str(tmp_path / "vectors"))
    return tmp_path / "vectors"


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
