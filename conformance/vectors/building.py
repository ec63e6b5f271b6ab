"""The files of the vectors of all rules, as texts; the same ones whenever, wherever and in whatever order they are made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any

from gradspec.spec import Rule, catalogue
from gradspec.spec import rule as find_rule

from ..case import AnyCase, Case, FunctionCase
from ..cases import build_cases, contexts
from ..layer_cases import LAW
from ..report import specification_version
from ..scoring import K
from ..stdio.requests import gradients
from .hunting import Note, hunted
from .stating import Json, Stated, canonical, state, vector

FORMAT = 1
DTYPES = ("float64", "float32")
KINDS = ("optimizer", "function", "layer")  # of rules that say for given numbers what comes out
LEVEL = 2  # the default one
VECTORS_SCHEMA, MANIFEST_SCHEMA, MANIFEST = "vectors.schema.json", "manifest.schema.json", "manifest.json"
NAME = "gradspec"

Texts = dict[str, str]


def rules() -> list[str]:
    """The names of the rules that have vectors."""
    return [rule.name for rule in catalogue().values() if rule.kind in KINDS]


def all_files() -> Texts:
    """Return the text of every file by name, worked out on all processors; a bar on a terminal shows how far it is."""
    from ..workers import in_any_order

    work = rules()[::-1]  # images, which take longest, are the last rules
    texts = {
        name: text for found in in_any_order(files_of, work, "working out vectors") for name, text in found.items()
    }
    texts |= {name: schema_text(name) for name in (VECTORS_SCHEMA, MANIFEST_SCHEMA)}
    texts = dict(sorted(texts.items()))
    return {**texts, MANIFEST: manifest(texts)}


def schema_text(name: str) -> str:
    """Return the text of a schema."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def files_of(rule_name: str) -> Texts:
    """Return the files of one rule by name: one for every level and dtype."""
    rule = find_rule(rule_name)
    texts = {}
    for dtype in DTYPES:
        vectors, notes = _vectors(rule, dtype)
        for level, group in groupby(sorted(vectors, key=_level), key=_level):
            name = f"{rule.name}.level-{level}.{dtype}.json"
            texts[name] = _text(_file(rule, dtype, level, list(group), notes))
    return texts


def _level(found: Json) -> int:
    return int(found["level"])


def _vectors(rule: Rule, dtype: str) -> tuple[list[Json], dict[str, Note]]:
    found: list[Json] = []
    legend: dict[str, Note] = {}
    for on in options_of(rule):
        stated = stated_cases(rule, dtype, on)
        keys, notes = hunted(rule, on, stated)
        legend |= notes
        found += [vector(one, hunts) for one, hunts in zip(stated, keys, strict=True)]
    return found, legend


def options_of(rule: Rule) -> list[tuple[str, ...]]:
    """The sets of options under which a rule has vectors: all but those for random numbers, which have no interval."""
    return [on for on in contexts(rule, frozenset(option.name for option in rule.options)) if LAW not in on]


def stated_cases(rule: Rule, dtype: str, on: tuple[str, ...]) -> list[Stated]:
    """Return the cases of the default level under a set of options, with what every dialect allows."""
    return [state(rule, case) for case in _cases(rule, dtype, on)]


def _cases(rule: Rule, dtype: str, on: tuple[str, ...]) -> Iterator[Case | FunctionCase]:
    """The cases of the judge. What a layer keeps is given with them, so that no earlier batch is needed."""
    cases: Sequence[AnyCase] = build_cases(rule, dtype, on, level=LEVEL)
    for case in cases:
        if isinstance(case, FunctionCase):
            yield FunctionCase(
                case.name, case.rule, case.dtype, case.level, case.why, case.arrays, case.hyperparameters, case.options
            )
        elif isinstance(case, Case):
            yield case


def _file(rule: Rule, dtype: str, level: int, vectors: list[Json], notes: Mapping[str, Note]) -> dict[str, Any]:
    used = sorted({key for one in vectors for key in one["hunts"]})
    return {
        "vector_format": FORMAT,
        "schema": VECTORS_SCHEMA,
        "generator": {**generator(), "source_hash": source_hash(rule)},
        "rule": rule.name,
        "title": rule.title,
        "source": str(rule.source),
        "dtype": dtype,
        "level": level,
        "k": K,
        "hyperparameters": {h.name: h.doc for h in rule.hyperparameters},
        "options": {o.name: o.doc for o in rule.options if o.name not in {LAW, *gradients(rule)}},
        "axes": {
            axis.name: {"doc": axis.doc, "values": {value.name: str(value.source) for value in axis.values}}
            for axis in rule.axes
        },
        "dialects": [
            {"axes": dialect, "requires": _required(rule, dialect)}
            for dialect in rule.dialects(frozenset(option.name for option in rule.options))
        ],
        "notes": {key: {"kind": notes[key].kind, "description": notes[key].description} for key in used},
        "count": len(vectors),
        "vectors": vectors,
        "digest": digest(vectors),
    }


def generator() -> Json:
    """What has made the files."""
    return {"name": NAME, "version": specification_version()}


def _required(rule: Rule, dialect: Mapping[str, str]) -> list[str]:
    """The options without which a dialect cannot be told from another one."""
    values = [axis.value(dialect[axis.name]) for axis in rule.axes if axis.name in dialect]
    return sorted({value.requires for value in values if value.requires is not None})


def digest(vectors: Sequence[Json]) -> str:
    """Return the hash of all vectors of a file."""
    return hashlib.sha256(canonical(vectors).encode()).hexdigest()


def source_hash(rule: Rule) -> str:
    """Return the hash of the formulas of a rule: it changes when one of them does."""
    lines = []
    pieces = [("rule", rule), *((f"option {o.name}", o) for o in rule.options), *((e.name, e) for e in rule.errors)]
    pieces += [(f"{axis.name}={value.name}", value) for axis in rule.axes for value in axis.values]
    for place, piece in [*pieces, *((f"form {f.name}", f) for f in rule.forms)]:
        for kind in ("state", "let", "update", "equations", "then", "exchange"):
            equations = getattr(piece, kind, {})
            lines += [f"{place}, {kind}: {target} = {value}" for target, value in equations.items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _text(data: Mapping[str, Any]) -> str:
    """JSON with one line for each key, and one for each vector."""
    lines = []
    for key, value in data.items():
        if key == "vectors":
            rows = ",\n".join(canonical(one) for one in value)
            lines.append(f'"{key}": [\n{rows}\n]')
        else:
            lines.append(f'"{key}": {json.dumps(value, allow_nan=False)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def manifest(texts: Texts) -> str:
    """Return the text of the manifest of these files."""
    entries = []
    for name, text in texts.items():
        entry: dict[str, Any] = {
            "path": name, "bytes": len(text.encode()), "sha256": hashlib.sha256(text.encode()).hexdigest(),
        }  # fmt: skip
        if name not in (VECTORS_SCHEMA, MANIFEST_SCHEMA):
            data = json.loads(text)
            entry |= {key: data[key] for key in ("rule", "level", "dtype", "count")}
        entries.append(entry)
    data = {
        "vector_format": FORMAT,
        "schema": MANIFEST_SCHEMA,
        "generator": generator(),
        "count": sum(entry.get("count", 0) for entry in entries),
        "files": entries,
    }
    return json.dumps(data, indent=2) + "\n"
