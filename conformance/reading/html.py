"""Items as one self-contained page: what is printed beside what the rule says, without scripts and without the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..report import specification_version, visible
from .canonical import canonical
from .finding import Item
from .html_template import PAGE, STYLE
from .report import counts, file_name, programs, shortened, summary, witness_lines

MOST_NODES = 2_000


def page(items: Sequence[Item], title: str = "", identifiers: Sequence[str] | None = None) -> str:
    """Return the page for `items`; with identifiers each row begins with its own."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    firsts = {places[0] for places in programs(items)}
    rows = [_row(item, place, place not in firsts) for place, item in enumerate(items)]
    for row in rows:
        row["mathml"], row["canonical"] = Markup(row["mathml"]), Markup(row["canonical"])  # both are made here
        row["identifier"] = visible(identifiers[row["place"]]) if identifiers is not None else ""
    files = list(dict.fromkeys(row["file"] for row in rows))
    findings = [
        {
            "place": row["place"],
            "message": row["message"],
            "where": f"{row['file']}, line {row['line']}" if len(files) > 1 else f"line {row['line']}",
        }
        for row in rows
        if row["verdict"] == "wrong" and not row["repeated"]
    ]
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(PAGE)
    return (
        template.render(
            title=title or f"Formulas of {', '.join(files) or 'a document'}",
            style=Markup(STYLE),
            summary=summary(items),
            counts=counts(items),
            findings=findings,
            files=[(file, [row for row in rows if row["file"] == file]) for file in files],
            identified=identifiers is not None,
            version=specification_version(),
        )
        + "\n"
    )


def _row(item: Item, place: int, repeated: bool) -> dict[str, Any]:
    verdict = item.verdict
    return {
        "place": place,
        "file": file_name(item),
        "line": item.reading.line,
        "text": shortened(item.reading.text),
        "mathml": printed(item),
        "verdict": verdict.verdict if verdict.verdict.isalpha() else "unknown",
        "rule": visible(verdict.rule or ""),
        "dialect": visible(", ".join(f"{axis}={value}" for axis, value in verdict.dialect.items())),
        "canonical": canonical(verdict.rule or "", tuple(sorted(verdict.dialect.items()))) if not repeated else "",
        "message": visible(verdict.message),
        "witness": [tuple(line.split(": ", 1)) for line in witness_lines(verdict.witness or {})],
        "suggestion": visible(verdict.suggestion or ""),
        "suspect": visible(verdict.suspect or ""),
        "repeated": repeated,
    }


def printed(item: Item) -> str:
    """Return MathML for what was read of an item, empty if it could not be read."""
    from .mathml import mathml
    from .tree import walk

    row = item.reading.row
    if row is None or sum(len(walk(side)) for side in row.sides) > MOST_NODES:
        return ""
    return legal(mathml(row))


def legal(markup: str) -> str:
    """Return markup without the characters that HTML has no place for."""
    return "".join(c for c in markup if c.isprintable() or c in "\n\t")
