"""Finds what is wrong with a folder of vectors, one line for each defect; nothing in it is taken on trust."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from .building import MANIFEST, MANIFEST_SCHEMA, VECTORS_SCHEMA, digest, schema_text
from .checking import vector_defects

MOST = 20  # defects of one kind that are told of one file
LARGEST = 2**28  # bytes of one file


def defects(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the files of a folder, as `file: defect`."""
    manifest, problem = _read(folder / MANIFEST)
    if manifest is None:
        yield f"{MANIFEST}: {problem}"
        return
    wrong = list(_against_schema(manifest, MANIFEST_SCHEMA))
    yield from (f"{MANIFEST}: {one}" for one in wrong)
    if wrong:
        return
    entries = {entry["path"]: entry for entry in manifest["files"]}
    yield from _files(folder, manifest, entries)
    total, ids, hashes = 0, Counter[str](), dict[str, str]()
    for name, entry in entries.items():
        if not _is_plain(folder / name):
            continue
        data, problem = _read(folder / name)
        yield from (f"{name}: {one}" for one in _bytes(folder / name, entry))
        if data is None:
            yield f"{name}: {problem}"
        elif name in (VECTORS_SCHEMA, MANIFEST_SCHEMA):
            if (folder / name).read_bytes() != schema_text(name).encode():
                yield f"{name}: is not the schema of this format"
        else:
            wrong = list(_against_schema(data, VECTORS_SCHEMA)) or list(_file(data, entry))
            yield from (f"{name}: {one}" for one in wrong)
            for one in _vectors(data):
                total += 1
                ids[one["id"]] += 1
                if (first := hashes.setdefault(one["hash"], one["id"])) != one["id"]:
                    yield f"{name}: {one['id']}: has the hash {one['hash']} of {first}; no vector may stand twice"
    yield from (f"{MANIFEST}: the id {one} is used {count} times" for one, count in ids.items() if count > 1)
    if total != manifest["count"]:
        yield f"{MANIFEST}: count is {manifest['count']}; there are {total} vectors"


def _vectors(data: Any) -> list[Mapping[str, Any]]:
    """The vectors of a file as far as they have an id and a hash, whatever else is wrong."""
    found = data.get("vectors") if isinstance(data, dict) else None
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [one for one in rows if isinstance(one.get("id"), str) and isinstance(one.get("hash"), str)]


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _files(folder: Path, manifest: Mapping[str, Any], entries: Mapping[str, Any]) -> Iterator[str]:
    present = {entry.name for entry in folder.iterdir()} - {MANIFEST}
    for name, count in Counter(entry["path"] for entry in manifest["files"]).items():
        if count > 1:
            yield f"{MANIFEST}: lists {name} {count} times"
    for name in (VECTORS_SCHEMA, MANIFEST_SCHEMA):
        if name not in entries:
            yield f"{MANIFEST}: does not list {name}"
    for name in sorted(present - set(entries)):
        yield f"{name}: is not listed in {MANIFEST}"
    for name in sorted(entries):
        if name not in present:
            yield f"{name}: is listed in {MANIFEST}, but missing"
        elif not _is_plain(folder / name):
            yield f"{name}: is no plain file"


def _bytes(path: Path, entry: Mapping[str, Any]) -> Iterator[str]:
    size = path.stat().st_size
    if size != entry["bytes"]:
        yield f"has {size} bytes; {MANIFEST} says {entry['bytes']}"
    if size <= LARGEST and hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        yield f"its sha256 is not the one in {MANIFEST}"


def _read(path: Path) -> tuple[Any, str]:
    """The JSON in a file, or None and what is wrong with it."""
    if not _is_plain(path):
        return None, "is missing" if not path.exists() else "is no plain file"
    if path.stat().st_size > LARGEST:
        return None, f"has more than {LARGEST} bytes"
    try:
        text = path.read_bytes().decode()
        found = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refused, parse_float=_refused)
        return found, ""
    except UnicodeDecodeError as error:
        return None, f"is not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        return None, f"is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError) as error:
        return None, "is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:50]!r} stands twice in one object")
        found[key] = value
    return found


def _refused(number: str) -> NoReturn:
    raise ValueError(f"holds the number {number[:50]}; reals are written as bits")


@cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema_text(schema)))


def _against_schema(data: Any, schema: str) -> Iterator[str]:
    found = _validator(schema).iter_errors(data)
    for error in islice(found, MOST):
        words = error.message if len(error.message) <= 200 else f"{error.message[:100]} ... {error.message[-90:]}"
        yield f"{error.json_path}: {words}"
    if next(found, None) is not None:
        yield f"and more that {schema} does not allow"


def _file(data: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a file that is as its schema says."""
    expected = f"{data['rule']}.level-{data['level']}.{data['dtype']}.json"
    if entry["path"] != expected:
        yield f"must be called {expected}"
    for key in ("rule", "level", "dtype", "count"):
        if entry.get(key) != data[key]:
            yield f"{key} is {data[key]!r}; {MANIFEST} says {entry.get(key)!r}"
    vectors = data["vectors"]
    if data["count"] != len(vectors):
        yield f"count is {data['count']}; there are {len(vectors)} vectors"
    if data["digest"] != digest(vectors):
        yield "digest is not the hash of its vectors"
    used = {key for one in vectors for key in one["hunts"]}
    yield from (f"the note {key!r} is used by no vector" for key in sorted(set(data["notes"]) - used))
    for dialect in data["dialects"]:
        if strange := [a for a, v in dialect["axes"].items() if v not in data["axes"].get(a, {"values": ()})["values"]]:
            yield f"the dialect {dialect['axes']} has no such value of {strange[0]}"
    for one in vectors:
        found = vector_defects(data, one)
        yield from (f"{one['id']}: {words}" for words in islice(found, MOST))
        if next(found, None) is not None:
            yield f"{one['id']}: and more of the kind"
