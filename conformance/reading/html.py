"""Items as one self-contained page: what is printed beside what the rule says, without scripts and without the network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

from ..report import specification_version, visible
from .finding import Item
from .report import counts, file_name, programs, shortened, summary, witness_lines

MOST_NODES = 2_000

STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6475; --paper: #fbfbfd; --card: #fff; --line: #e3e6ee; --accent: #2f5fd0;
  --correct: #1a7f4b; --convention: #0f7285; --assumption: #3f62c9; --wrong: #c02b2b; --slip: #96690a; --unknown: #6a7282;
  --unreadable: #8a5a13; --empirical: #6a7282; --code: #f2f4f9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --soft: #9aa4b6; --paper: #12151c; --card: #191d26; --line: #2b3140;
  --accent: #8fb0ff; --correct: #58c78f; --convention: #58bccd; --assumption: #93adff; --wrong: #ff7b72; --slip: #e0b04c;
  --unknown: #98a1b3; --unreadable: #dba756; --empirical: #98a1b3; --code: #222835; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 82rem; padding: 2.5rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.4rem 0 .7rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } a { color: var(--accent); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.1rem 0 0; padding: 0; list-style: none; }
.badge { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .84rem; font-weight: 600; white-space: nowrap;
  color: var(--tone); border: 1px solid currentColor; background: color-mix(in srgb, var(--tone) 9%, transparent); }
.badge b { font-variant-numeric: tabular-nums; margin-right: .3rem; }
.findings { margin: 0; padding: 0; list-style: none; } .findings li { padding: .2rem 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: .8rem; font-weight: 600; color: var(--soft); background: var(--code); }
th, td { padding: .6rem .8rem; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
td.line { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft); white-space: nowrap; }
td.printed { min-width: 17rem; max-width: 34rem; } td.canonical { min-width: 14rem; max-width: 30rem; } td.why { min-width: 16rem; }
td.printed, td.canonical { overflow-x: auto; }
tr.unknown td { color: var(--soft); } tr.wrong td.line { box-shadow: inset 3px 0 0 var(--wrong); } tr:target td { background: var(--code); }
math { font-size: 1.08rem; } math[display="block"] { text-align: left; margin: 0; }
code, pre { font: .82rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre, code.paste { display: block; margin: .3rem 0; padding: .35rem .55rem; border-radius: .35rem; background: var(--code);
  white-space: pre-wrap; overflow-wrap: anywhere; }
.source { color: var(--soft); font-size: .78rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .5rem 0 0; font-size: .88rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.rule { font-size: .84rem; font-weight: 600; } .dialect { font-size: .8rem; color: var(--soft); }
footer { margin-top: 2.5rem; font-size: .85rem; color: var(--soft); }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --card: #fff; --soft: #444; --line: #bbb; --code: #f4f4f4; }
  body { max-width: none; padding: 0; font-size: 10pt; } .scroll { overflow: visible; border: 0; } tr { break-inside: avoid; }
  thead { display: table-header-group; } a { color: inherit; text-decoration: none; } }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
<header>
<h1>{{ title }}</h1>
<p class="soft">{{ summary }}</p>
<ul class="counts">
{%- for verdict, count in counts.items() if count %}
<li><span class="badge" style="--tone: var(--{{ verdict }})"><b>{{ count }}</b>{{ verdict }}</span></li>
{%- endfor %}
</ul>
</header>
{%- if findings %}
<h2>What is wrong</h2>
<ol class="findings">
{%- for one in findings %}
<li><a href="#item-{{ one.place }}">{{ one.where }}</a>: {{ one.message }}</li>
{%- endfor %}
</ol>
{%- endif %}
{%- for file, rows in files %}
<h2>{{ file }}</h2>
<div class="scroll">
<table>
<thead><tr>{% if identified %}<th scope="col">Id</th>{% endif %}<th scope="col">Line</th><th scope="col">As printed</th>
<th scope="col">The rule</th><th scope="col">Verdict</th></tr></thead>
<tbody>
{%- for row in rows %}
<tr id="item-{{ row.place }}" class="{{ row.verdict }}">
{%- if identified %}<td>{{ row.identifier }}</td>{% endif %}
<td class="line">{{ row.line }}</td>
<td class="printed">{% if row.mathml %}{{ row.mathml }}{% endif %}<div class="source"><code>{{ row.text }}</code></div></td>
<td class="canonical">{% if row.repeated %}<span class="soft">as above</span>{% elif row.rule %}<div class="rule">{{ row.rule }}</div>
{%- if row.dialect %}<div class="dialect">{{ row.dialect }}</div>{% endif %}{{ row.canonical }}{% endif %}</td>
<td class="why"><span class="badge" style="--tone: var(--{{ row.verdict }})">{{ row.verdict }}</span>
{%- if row.suspect %} <span class="badge" style="--tone: var(--slip)">suspect: {{ row.suspect }}</span>{% endif %}
{%- if not row.repeated %}
{%- if row.message %}<p>{{ row.message }}</p>{% endif %}
{%- if row.witness %}<dl>{% for name, value in row.witness %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>{% endif %}
{%- if row.suggestion %}<p class="soft">Suggestion:</p><code class="paste">{{ row.suggestion }}</code>{% endif %}
{%- endif %}</td>
</tr>
{%- endfor %}
</tbody>
</table>
</div>
{%- endfor %}
<footer>Made by gradspec {{ version }}. Witnesses are exact numbers; the rules and their sources: <code>gradspec show RULE</code>.</footer>
</body>
</html>
"""


def page(items: Sequence[Item], title: str = "", identifiers: Sequence[str] | None = None) -> str:
    """Return the page for `items`; with identifiers each row begins with its own."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    firsts = {places[0] for places in programs(items)}
    rows = [_row(item, place, place not in firsts) for place, item in enumerate(items)]
    for row in rows:
        row["mathml"], row["canonical"] = Markup(row["mathml"]), Markup(row["canonical"])  # noqa: S704  both are made here
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
    from .notation import mathml
    from .tree import walk

    row = item.reading.row
    if row is None or sum(len(walk(side)) for side in row.sides) > MOST_NODES:
        return ""
    return legal(mathml(row))


def legal(markup: str) -> str:
    """Return markup without the characters that HTML has no place for."""
    return "".join(c for c in markup if c.isprintable() or c in "\n\t")


@lru_cache(maxsize=256)
def canonical(name: str, dialect: tuple[tuple[str, str], ...]) -> str:
    """Return MathML for the equations of a rule in a dialect, empty if there is no such rule."""
    from sympy import Eq

    from gradspec.spec import rule as find_rule

    from ..page import _left, _presented, equations

    try:
        rule = find_rule(name)
        axes = {axis.name: axis for axis in rule.axes}
        chosen = {axis: value for axis, value in dialect if axis in axes and value in axes[axis].names}
        complete = rule.complete(chosen)
    except (LookupError, ValueError):
        return ""
    options = dict.fromkeys(under for axis in chosen if (under := axes[axis].under) is not None)
    needed = frozenset(one for option in options for one in rule.switched_on(option))
    requires = {
        value.requires
        for axis in rule.axes
        for value in axis.values
        if value.requires and complete[axis.name] == value.name
    }
    program = rule.program(complete, needed | requires)
    rows = (_presented(Eq(_left(kind, left), right, evaluate=False)) for kind, left, right in equations(program))
    body = "".join(f"<mtr><mtd>{row}</mtd></mtr>" for row in rows)
    title = escape(rule.title)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block" aria-label="{title}"><mtable columnalign="left">{body}</mtable></math>'
