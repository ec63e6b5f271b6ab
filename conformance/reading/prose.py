"""Formulas without delimiters in running text: lines that are Python, and equations written in Unicode.

Prose is no formula: an equation counts only if what stands on both sides of its sign looks like mathematics, and it is
left alone if it may have been cut off, since half of a formula would be judged as if it were all of it.
"""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

from .latex_tables import FUNCTIONS, GREEK

LONGEST_LINE, LONGEST_STATEMENT, LONGEST_PARAGRAPH, MOST_SIGNS = 1_000, 400, 20_000, 12
BROKEN = " ␤ "  # between lines that were one formula in two dimensions; nothing reads it
LOST = " \ufffd"  # after a formula whose indices or powers stand on the line: v t−1 or vt−1 for v with an index

CLUE = re.compile(r"[=←≔⇐⇒→≤≥<>]")
CALL = re.compile(r"[A-Za-z_]\w*\.[\w.]+\(")
UPDATE = re.compile(r"[A-Za-z_][\w.]*(?:\[[^\]\n]{0,60}\])?[ \t]*[-+*/]?=[ \t]*[\w.(\[][\w.,()\[\] +*/-]*\Z", re.ASCII)
PROGRAM = re.compile(r"->|'[A-Za-z(*]|\w'\w\w|\+\+|--|[~@;\t<>\"]|[A-Za-z]\.[A-Za-z]|\.\./|\$")  # of another language
PYTHON = re.compile(r"\*|[-+/]=|\w\.\w+\(|\w\[|^(?:import|from|def|for) ", re.MULTILINE)
RUN = re.compile(r"[^\W\d_][^\W_]+")
SUNK = re.compile(
    r"(?<![A-Za-z])[^\W\d_][tkn] ?[−–] ?1(?!\d)|(?<![A-Za-z])[^\W\d_]t[-+]1(?![\d.])|(?<!\w)e ?[−–] ?[a-z](?![a-z])"
)
SHORT = frozenset(["eps", "lam", "lamda", "lambd", "lr", "varepsilon"])
BLANK = re.compile(r"(?:[ \t]*\n)*")
GAP = re.compile(r"\n(?:[ \t]*\n)+")
BULLET = re.compile(r"[ \t]*(?:>[ \t]?)*(?:(?:[-*+•►▶▸◦‣●○■·–]|\(?\d{1,3}[.)]|\\blacktriangleright|\#{1,6})[ \t]+)*")
TOKEN = re.compile(r":=|<-|<=|>=|==|=>|->|[=←≔⇐≤≥<>]|(?:[^\s=←≔⇐≤≥<>:]|:(?=\S))+?(?=:=|<-|[=←≔⇐≤≥<>]|:?\s|:?\Z)|\S")
RELATIONS = frozenset([":=", "<-", "=", "←", "≔", "⇐", "<=", ">=", "≤", "≥", "<", ">"])
EQUATIONS = frozenset([":=", "<-", "=", "←", "≔", "⇐"])
WORD = re.compile(r"[A-Za-z]{2,}")
LETTER = re.compile(r"[^\W\d_]")
OPERAND = re.compile(r"\\?[A-Za-z]+|\d+(?:\.\d+)?|[^\W\d_a-zA-Z]")
WORK = re.compile(r"[-+−*/×·⊙⊗⊘^√∇∂∑∏(|‖²³¹⁰⁴-⁹ᵀ]|\\(?:frac|sqrt|sum|nabla|partial)")
COMMAND = re.compile(r"\\[A-Za-z]+")
PUNCTUATION = frozenset("()[]{}|,.'′^_*/+-!%")
OPERATORS = frozenset("+-−*/×·⊙⊗⊘∘")
CONDITIONS = frozenset(
    ["if", "when", "while", "until", "for", "unless", "whenever", "once", "assuming", "wenn", "falls", "si"]
)
CONNECTIVES = frozenset([
    "for", "if", "when", "where", "with", "and", "or", "is", "are", "as", "in", "on", "at", "then", "otherwise",
    "which", "that", "so", "but", "while", "until", "since", "because", "per", "is,", "we", "und", "für",
    "wenn", "mit", "wo", "ist", "oder", "pour", "si", "avec", "et", "où", "(see", "(e.g.", "(i.e.",
])  # fmt: skip
NUMBERS = re.compile(r"(\[[-\d.,eE+ ]{1,80}\])[ ]*(?:⇒|→|⟹|=>|-->?)[ ]*(\[[-\d.,eE+ ]{1,80}\])")


@dataclass(frozen=True, slots=True)
class Line:
    """Something found in running text, from `start` to `end`: kind is code or text, as for a piece."""

    kind: str
    start: int
    end: int
    text: str
    source: str


def lines(text: str, start: int, end: int, extracted: bool = False) -> Iterator[Line]:
    """Yield what is stated in `text` between `start` and `end`; lines that are only partly there are left out.

    `extracted` says that the text comes from a PDF, in which indices and powers have come down to the line.
    """
    if start and text[start - 1] not in "\n\f":
        start = text.find("\n", start, end) + 1 or end
    if end < len(text) and text[end] not in "\n\f":
        end = max(start, text.rfind("\n", start, end) + 1)
    for begin, stop in _paragraphs(text, start, end):
        if CLUE.search(text, begin, stop) or CALL.search(text, begin, stop):
            yield from _of_paragraph(text[begin:stop], begin, extracted)


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    blank = BLANK.match(text, start, end)
    start = start if blank is None else blank.end()
    for gap in GAP.finditer(text, start, end):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if end > start:
        yield start, end


def _of_paragraph(paragraph: str, start: int, extracted: bool) -> Iterator[Line]:
    rows = paragraph.split("\n")
    parsed = len(paragraph) <= LONGEST_PARAGRAPH  # a longer one is no slide: how its lines look must do
    if parsed and _computes(dedent(paragraph)) and (not extracted or PYTHON.search(paragraph)):
        yield Line("code", start, start + len(paragraph), paragraph, dedent(paragraph))
        return
    starts = [start]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    place = 0
    while place < len(rows):
        run = place
        while run < len(rows) and _is_statement(_bare(rows[run]), parsed):
            run += 1
        code = "\n".join(map(_bare, rows[place:run]))
        if run > place and (not parsed or _computes(code)) and (not extracted or PYTHON.search(code)):
            yield Line("code", starts[place], starts[run] - 1, "\n".join(rows[place:run]), code)
            place = run
            continue
        for k in range(place, max(run, place + 1)):
            yield from _stated(rows, k, starts[k], extracted)
        place = max(run, place + 1)


# -- Python --------------------------------------------------------------------------------------------------


def _bare(row: str) -> str:
    """A line without the mark of a list."""
    bullet = BULLET.match(row)
    return row[bullet.end() :].rstrip() if bullet else row.strip()


def _parsed(code: str) -> ast.Module | None:
    if not code.isascii() or "^" in code or "\0" in code:
        return None  # Greek letters and powers by ^ are formulas in plain text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_statement(row: str, parsed: bool) -> bool:
    if not parsed:
        return len(row) <= LONGEST_STATEMENT and UPDATE.match(row) is not None
    if not 3 <= len(row) <= LONGEST_STATEMENT or not ("=" in row or "(" in row or row.startswith(("import ", "from "))):
        return False
    body = _parsed(row)
    if body is None or not body.body:
        return False
    return all(
        isinstance(one, (ast.Assign, ast.AugAssign, ast.Import, ast.ImportFrom))
        or (isinstance(one, ast.Expr) and _is_dotted_call(one.value))
        for one in body.body
    )


def _computes(code: str) -> bool:
    """Whether this is Python that computes something, or asks a library to."""
    if not CLUE.search(code) and not CALL.search(code):
        return False
    body = _parsed(code)
    if body is None:
        return False
    if any(
        isinstance(one, ast.AnnAssign) or (isinstance(one, ast.Expr) and not _is_call(one.value))
        for one in body.body[:1]
    ):
        return False  # "Note: x = y" is no declaration
    for one in ast.walk(body):
        if isinstance(one, ast.AugAssign) or (isinstance(one, ast.Expr) and _is_dotted_call(one.value)):
            return True
        plain = (ast.Name, ast.Attribute, ast.Tuple, ast.List)
        if isinstance(one, ast.Assign) and not isinstance(one.value, plain) and _is_computed(one.value):
            return True
    return False


def _is_computed(node: ast.expr) -> bool:
    return any(isinstance(part, (ast.Name, ast.Call)) for part in ast.walk(node))


def _is_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_dotted_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


# -- equations in plain text ---------------------------------------------------------------------------------


def _stated(rows: list[str], place: int, start: int, extracted: bool) -> Iterator[Line]:
    row = rows[place]
    if len(row) > LONGEST_LINE or not CLUE.search(row) or row.lstrip().startswith("|"):
        return
    bare = _bare(row)
    text = " ".join(bare.split())
    if example := NUMBERS.search(bare):
        yield Line("text", start, start + len(row), text, f"{example[1]} → {example[2]}")
        return
    for formula in _formulas(re.sub(r"\*\*(\w{1,12})\*\*", r"\1", bare)):
        above = rows[place - 1].strip() if place and _is_fragment(rows[place - 1]) else None
        below = rows[place + 1].strip() if place + 1 < len(rows) and _is_fragment(rows[place + 1]) else None
        source = BROKEN.join(part for part in (above, formula, below) if part is not None)
        if SUNK.search(formula) or (extracted and _has_sunk(formula)):
            source += LOST
        yield Line("text", start, start + len(row), text, source)


def _has_sunk(formula: str) -> bool:
    """Whether a letter or a digit in the text of a PDF may have stood below or above the line, or in another column."""
    if re.search(r"[)\]|‖][A-Za-z\d]|\S {3,}\S", formula):
        return True
    return any(
        not (word in GREEK or word in SHORT or word in FUNCTIONS or any(c.isupper() for c in word[1:]))
        for word in RUN.findall(formula)
    )


def _formulas(row: str) -> Iterator[str]:
    """The equations in a line, as far as they are certainly whole."""
    found = list(TOKEN.finditer(row))
    tokens = [token[0] for token in found]
    if sum(token in EQUATIONS for token in tokens) > MOST_SIGNS:
        return
    depths, depth = [], 0  # of brackets, before each token
    for token in tokens:
        depths.append(depth)
        depth = max(0, depth + sum(token.count(c) for c in "([{") - sum(token.count(c) for c in ")]}"))
    depths.append(depth)
    ends = [_ends_clause(token) and not depths[k + 1] for k, token in enumerate(tokens)]
    fits = [_is_mathematics(tokens, k) for k in range(len(tokens))]
    beyond = 0
    for place in [k for k, token in enumerate(tokens) if token in EQUATIONS and not depths[k]]:
        if place < beyond:
            continue
        first = last = place
        while first > beyond and fits[first - 1] and not ends[first - 1]:
            first -= 1
        while last + 1 < len(tokens) and fits[last + 1] and not ends[last]:
            last += 1
        beyond = last + 1
        before = tokens[first - 1].lower().strip(",(") if first else ""
        after = tokens[beyond].lower() if beyond < len(tokens) and not ends[last] else ""
        if before in CONDITIONS or (first and _is_operator(tokens[first])) or depths[first]:
            continue
        if after and after not in CONNECTIVES and not after.startswith("("):
            continue  # w = w − learning ...
        while first < place - 1 and tokens[first] in ("a", "A", "I") and not _is_operator(tokens[first + 1]):
            first += 1
        formula = row[found[first].start() : found[last].end()].rstrip(" .,;:!?")
        if _says_something(formula):
            yield formula


def _ends_clause(token: str) -> bool:
    return token[-1] in ".,;:!?" and token not in (",", ".") and not token.startswith("...")


def _is_operator(token: str) -> bool:
    return len(token) == 1 and token in OPERATORS


def _is_mathematics(tokens: list[str], place: int) -> bool:
    token = tokens[place]
    if token in RELATIONS or _is_operator(token):
        return True
    core = COMMAND.sub("x", token).rstrip(".,;:")
    if not core or not all(c.isalnum() or c in PUNCTUATION or _is_sign(c) for c in core):
        return False
    for word in WORD.finditer(core):
        around = core[word.start() - 1 : word.start()] + core[word.end() : word.end() + 1]
        known = word[0] in GREEK or word[0] in SHORT or any(c.isupper() for c in word[0][1:])
        if known or any(c in "_({[^" for c in around) or any(c.isdigit() for c in around):
            continue
        if len(word[0]) == 2 and not core.isascii():
            continue  # γvt−1
        if not _stands_alone(tokens, place, word[0] == core):
            return False
    return True


def _stands_alone(tokens: list[str], place: int, whole: bool) -> bool:
    """Whether a word is an operand: velocity = momentum * velocity."""
    left, right = (tokens[k] if 0 <= k < len(tokens) else "" for k in (place - 1, place + 1))
    joined = all(not side or side in RELATIONS or _is_operator(side) for side in (left, right))
    return joined and (bool(left) or bool(right)) and (whole or len(tokens[place]) < 40)


def _is_sign(character: str) -> bool:
    return unicodedata.category(character) in ("Sm", "Mn", "Lm", "Sk", "Cf") or character in "‖∥·⊙∘…⋯†ℓ"


def _says_something(formula: str) -> bool:
    """Whether more is said than what a letter or a number is called."""
    if PROGRAM.search(formula):
        return False
    sides = re.split(r":=|<-|[=←≔⇐]", formula)
    if any(not OPERAND.search(side) for side in sides) or formula.count("(") != formula.count(")"):
        return False
    if _is_operator(formula[-1]) or _is_operator(formula[0]):
        return formula[0] in "-−" and not _is_operator(formula[-1])
    if (
        len(sides) == 2
        and any(len(OPERAND.findall(side)) == 1 for side in sides)
        and not all(map(LETTER.search, sides))
    ):
        return False  # what a letter stands for
    return len(OPERAND.findall(formula)) > 2 and WORK.search(formula) is not None


def _is_fragment(row: str) -> bool:
    """Whether a line is the numerator or the denominator that an extraction has put above or below its fraction."""
    bullet = BULLET.match(row)
    if not row.strip() or len(row) > LONGEST_LINE or CLUE.search(row) or (bullet is not None and bullet[0].strip()):
        return False
    tokens = row.split()
    return len(tokens) <= 12 and all(
        _is_mathematics(["=", token, "="], 1) and not WORD.fullmatch(token) for token in tokens
    )
