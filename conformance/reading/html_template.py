"""How the page of a report looks: light or dark as the reader likes it, and fit to be printed."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6475; --paper: #fbfbfd; --card: #fff; --line: #e3e6ee;
  --accent: #2f5fd0; --correct: #1a7f4b; --convention: #0f7285; --assumption: #3f62c9; --wrong: #c02b2b; --slip: #96690a;
  --unknown: #6a7282;
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
.badge { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .84rem; font-weight: 600;
  white-space: nowrap; color: var(--tone); border: 1px solid currentColor;
  background: color-mix(in srgb, var(--tone) 9%, transparent); }
.badge b { font-variant-numeric: tabular-nums; margin-right: .3rem; }
.findings { margin: 0; padding: 0; list-style: none; } .findings li { padding: .2rem 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: .8rem; font-weight: 600; color: var(--soft); background: var(--code); }
th, td { padding: .6rem .8rem; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
td.line { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft); white-space: nowrap; }
td.printed { min-width: 17rem; max-width: 34rem; } td.canonical { min-width: 14rem; max-width: 30rem; }
td.printed, td.canonical { overflow-x: auto; } td.why { min-width: 16rem; }
tr.unknown td { color: var(--soft); } tr.unknown p { font-size: .88rem; } tr:target td { background: var(--code); }
tr.wrong td.line { box-shadow: inset 3px 0 0 var(--wrong); }
math { font: 1.08rem "STIX Two Math", "Latin Modern Math", "Cambria Math", "Noto Sans Math", STIX, math; }
math { math-style: normal; }
math[display="block"] { display: block math; width: max-content; margin: .2rem 0 0; }
mtd { text-align: left; math-style: normal; }
.hide { margin: 1.2rem 0 0; font-size: .9rem; color: var(--soft); } #hide:checked ~ main tr.unknown { display: none; }
code, pre { font: .82rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre, code.paste { display: block; margin: .3rem 0; padding: .35rem .55rem; border-radius: .35rem; background: var(--code);
  white-space: pre-wrap; overflow-wrap: anywhere; }
.source { color: var(--soft); font-size: .78rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .5rem 0 0; font-size: .88rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.rule { font-size: .84rem; font-weight: 600; } .dialect { font-size: .8rem; color: var(--soft); }
footer { margin-top: 2.5rem; font-size: .85rem; color: var(--soft); }
@media print { .hide, #hide { display: none; }
  :root { color-scheme: light; --ink: #000; --paper: #fff; --card: #fff; --soft: #444; --line: #bbb; --code: #f4f4f4; }
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
{%- if counts.unknown %}
<input type="checkbox" id="hide"> <label class="hide" for="hide">Hide what is unknown ({{ counts.unknown }})</label>
{%- endif %}
<main>
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
<td class="printed">{{ row.mathml }}<div class="source"><code>{{ row.text }}</code></div></td>
<td class="canonical">
{%- if row.repeated %}<span class="soft">as above</span>{% elif row.rule %}<div class="rule">{{ row.rule }}</div>
{%- if row.dialect %}<div class="dialect">{{ row.dialect }}</div>{% endif %}{{ row.canonical }}{% endif %}</td>
<td class="why"><span class="badge" style="--tone: var(--{{ row.verdict }})">{{ row.verdict }}</span>
{%- if row.suspect %} <span class="badge" style="--tone: var(--slip)">suspect: {{ row.suspect }}</span>{% endif %}
{%- if not row.repeated %}
{%- if row.message %}<p>{{ row.message }}</p>{% endif %}
{%- if row.witness %}
<dl>{% for name, value in row.witness %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>{% endif %}
{%- if row.suggestion %}<p class="soft">Suggestion:</p><code class="paste">{{ row.suggestion }}</code>{% endif %}
{%- endif %}</td>
</tr>
{%- endfor %}
</tbody>
</table>
</div>
{%- endfor %}
</main>
<footer>Made by gradspec {{ version }}. Witnesses are exact numbers.
Rules and their sources: <code>gradspec show RULE</code>.</footer>
</body>
</html>
"""
