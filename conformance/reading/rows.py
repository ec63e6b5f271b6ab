r"""The rows of one delimited formula: split where `\\` ends a row, put together where a row goes on in the next."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .marks import MOST_CHARACTERS

ENVELOPES = frozenset([
    "equation", "align", "aligned", "alignat", "alignedat", "flalign", "gather", "gathered", "multline",
    "multlined", "split", "eqnarray", "displaymath", "math", "dmath", "dgroup", "IEEEeqnarray", "empheq",
    "subequations",
])  # fmt: skip
WITH_COLUMNS = frozenset(["alignat", "alignedat", "array", "IEEEeqnarray", "empheq"])
SYSTEMS = frozenset(["cases", "dcases", "array"])

PART = re.compile(
    r"(?P<newline>\\\\\*?(?:[ \t]*\[[ \t]*-?[\d.]+[ \t]*(?:[a-z]{2}|\\[a-z]+)[ \t]*\])?"
    r"|\\(?:cr|newline|tabularnewline)(?![A-Za-z]))"
    r"|(?P<begin>\\begin[ ]?\{(?P<opened>[A-Za-z]{1,20})\*?\}(?:\[[a-z]{1,3}\])?)"
    r"|(?P<end>\\end[ ]?\{(?P<closed>[A-Za-z]{1,20})\*?\})"
    r"|(?P<dropped>\\(?:label|tag|eqlabel|intertext|shortintertext|vspace|hspace|color)\*?[ ]?\{[^{}]*\}"
    r"|\\(?:nonumber|notag|displaystyle|hfill|centering)(?![A-Za-z]))"
    r"|(?P<command>\\[A-Za-z]+|\\.)"
    r"|(?P<comment>%[^\n]*)"
    r"|(?P<brace>[{}])"
    r"|(?P<mark>&)"
    r"|(?P<plain>[^\\{}&%]+|.)",
    re.DOTALL,
)
COLUMNS = re.compile(r"\s*\{[^{}]*\}")
SYSTEM_OPENS = re.compile(r"\\left\s*(?:\\\{|\.|\\lbrace)\s*\Z|\\lbrace\s*\Z")
SYSTEM_CLOSES = re.compile(r"\\right\s*(?:\\\}|\.|\\rbrace)")
RELATION = re.compile(
    r":?[=<>←⇐≔≤≥≈∼]|\\(?:leftarrow|gets|longleftarrow|Leftarrow|coloneqq|triangleq|equiv|le|leq|leqslant|ge|geq|geqslant|lt|gt|"
    r"ne|neq|sim|approx|simeq|propto|in|to|rightarrow|mapsto)(?![A-Za-z])"
)
GOES_ON = re.compile(
    r"(?:\\[,;:! ]|\\q?quad(?![A-Za-z])|\{\s*\}|\s)*"
    r"(?:[-+−*/·×⊙]|\\(?:pm|mp|times|cdot|odot|otimes|circ|oslash|div|ast)(?![A-Za-z]))"
)
UNFINISHED = re.compile(
    r"(?:[-+−*/·×⊙=<>←≤≥,]|\\(?:pm|mp|times|cdot|odot|otimes|circ|leftarrow|gets|le|leq|ge|geq|approx))"
    r"(?:\\[,;:! ]|\s)*\Z"
)
STARTS_WITH_RELATION = re.compile(r"(?:\\[,;:! ]|\\q?quad(?![A-Za-z])|\{\s*\}|\s)*(?=" + RELATION.pattern + ")")
ENDS_WITH_RELATION = re.compile("(?:" + RELATION.pattern + r")\s*\Z")
CONDITION = re.compile(
    r"\\(?:text|mbox|textrm|mathrm)\s*\{\s*(?:if|when|for|otherwise|else|wenn|si)|\b(?:if|otherwise)\b"
)


@dataclass(frozen=True, slots=True)
class FormulaRow:
    """One row: where it begins in the formula, what is printed, and what is read.

    A row that begins with a relation is read with the left side of the row above.
    """

    start: int
    text: str
    source: str


@dataclass(slots=True)
class _Row:
    start: int
    parts: list[str]
    relation: int = -1  # which part holds the first relation outside of braces
    marks: int = 0

    def text(self) -> str:
        return " ".join("".join(self.parts).split())


def rows(formula: str, comments: bool = False) -> list[FormulaRow]:
    """Return the rows of `formula`, in order, those left out that are empty. `comments`: % begins one, as in LaTeX."""
    if len(formula) > MOST_CHARACTERS:
        text = " ".join(formula[:200].split())
        return [FormulaRow(len(formula) - len(formula.lstrip()), f"{text[:120]}…", formula)]
    return _joined(_split(formula, comments))


def _split(formula: str, comments: bool) -> list[_Row]:
    found = [_Row(-1, [])]
    closed: list[str] = []  # environments around what comes now whose rows are no rows of the formula
    braces, place = 0, 0
    systems = 0
    while place < len(formula):
        match = PART.match(formula, place)
        assert match is not None
        kind, text, place = match.lastgroup, match[0], match.end()
        row = found[-1]
        inside = bool(closed) or braces > 0
        if kind == "dropped" or (kind == "comment" and comments):
            continue
        if kind == "brace":
            braces = max(0, braces + (1 if text == "{" else -1))
        elif kind == "begin":
            name = match["opened"]
            opened_by = "".join(row.parts[-8:])
            wrapped = SYSTEM_OPENS.search(opened_by)
            if (
                not inside
                and name in ENVELOPES
                and (wrapped is None or not "".join(row.parts).strip()[wrapped.end() - wrapped.start() :])
            ):
                if wrapped is not None:
                    row.parts, row.start, systems = [], -1, systems + 1
                place = _after_columns(name, formula, place)
                continue
            if not inside and name in SYSTEMS and _is_system(name, "".join(row.parts), formula, place):
                row.parts, row.start, systems = [], -1, systems + 1
                place = _after_columns(name, formula, place)
                continue
            closed.append(name)
        elif kind == "end":
            if closed:
                closed.pop()
            else:
                continue
        elif kind == "newline" and not inside:
            found.append(_Row(-1, []))
            continue
        elif kind == "mark" and not closed:
            row.marks += 1
            # a second column of an align is another formula; eqnarray has its relation between two marks
            apart = row.marks % 2 == 0 and not ENDS_WITH_RELATION.search("".join(row.parts[-3:]))
            text = r" \qquad " if apart else " "
        elif kind == "command" and systems and not inside and text == "\\right":
            closing = SYSTEM_CLOSES.match(formula, match.start())
            if closing is not None:
                systems, place = systems - 1, closing.end()
                continue
        if row.start < 0 and text.strip():
            row.start = match.start() + len(text) - len(text.lstrip())
        if row.relation < 0 and not inside and kind in ("plain", "command") and RELATION.search(text):
            row.relation = len(row.parts)
        row.parts.append(text)
    return [row for row in found if row.start >= 0]


def _after_columns(name: str, formula: str, place: int) -> int:
    columns = COLUMNS.match(formula, place) if name in WITH_COLUMNS else None
    return place if columns is None else columns.end()


def _is_system(name: str, before: str, formula: str, place: int) -> bool:
    r"""Whether `cases` or `array` at the beginning of a formula are rows that state something each, no value by cases."""
    if before.strip() and not (SYSTEM_OPENS.match(before.strip()) or before.strip() == "\\left."):
        return False
    end = formula.find("\\end", place)
    lines = [line for line in formula[place : end if end >= 0 else len(formula)].split("\\\\") if line.strip()]
    if name == "array" and "{" in lines[0][:10] if lines else False:
        lines[0] = COLUMNS.sub("", lines[0], count=1)
    return (
        bool(lines)
        and all(RELATION.search(line) and not CONDITION.search(line) for line in lines)
        and (name == "array" or not any("&" in line and not _aligned(line) for line in lines))
    )


def _aligned(line: str) -> bool:
    """Whether the first & of a row stands beside its relation, and so aligns it."""
    before, _, after = line.partition("&")
    return RELATION.match(after.lstrip()) is not None or RELATION.search(before[-12:]) is not None


# -- rows that go on -----------------------------------------------------------------------------------------


def _joined(found: list[_Row]) -> list[FormulaRow]:
    """Rows as they are meant: what begins with an operator goes on, what begins with a relation continues a chain."""
    done: list[FormulaRow] = []
    left = ""
    for row in found:
        whole = "".join(row.parts)
        text = " ".join(whole.split())
        if (
            done
            and row.relation < 0
            and (GOES_ON.match(whole) or UNFINISHED.search(done[-1].source) or _is_open(done[-1].source))
        ):
            last = done[-1]
            done[-1] = replace(last, text=f"{last.text} {text}", source=f"{last.source} {text}")
            continue
        source = text
        starts = STARTS_WITH_RELATION.match(whole)
        if starts is not None and left:
            source = f"{left} {text}"
        elif row.relation >= 0:
            relation = RELATION.search(whole, len("".join(row.parts[: row.relation])))
            left = " ".join(whole[: relation.start()].split()).rstrip(":") if relation is not None else ""
        else:
            left = ""
        done.append(FormulaRow(row.start, text, source))
    return done


def _is_open(text: str) -> bool:
    """Whether a bracket of a row is closed in the next."""
    return text.count("(") + text.count("[") > text.count(")") + text.count("]") or text.count(r"\left") > text.count(
        r"\right"
    )
