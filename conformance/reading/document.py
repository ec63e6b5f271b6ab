r"""From a document to its pieces: rows of formulas, blocks of code, and equations in running text, with their lines.

Markdown and plain text (`.md`, `.txt`, standard input), LaTeX (`.tex`, or what has a `\documentclass`), Jupyter notebooks and
Python. The line of a piece is the line of the file, also in a notebook: that of the .ipynb file in which its text stands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent
from unicodedata import normalize

from .delimiters import Span, spans
from .finding import Piece
from .loading import loaded, shown
from .macros import BUILT_IN, Budget, Definition, definitions, expanded, without_definitions
from .marks import MOST_CHARACTERS
from .notebook import cells, is_notebook
from .prose import BLANK
from .prose import lines as prose_lines
from .rows import rows

MOST_PIECES = 50_000
MOST_BEFORE = 300
LATEX_SUFFIXES = frozenset([".tex", ".latex", ".ltx", ".sty", ".cls", ".rnw"])
INVISIBLE = frozenset("\u2061\u2062\u2063\u2064\u200b\u2060\ufeff\u00ad")
DELIMITER = re.compile(r"\s*(?:\\(?:begin|end)\s*\{[A-Za-z]+\*?\}|\\[\[\]()])\s*\Z")
DOCUMENT_CLASS = re.compile(r"^[ \t]*\\(?:documentclass|begin[ ]?\{document\})", re.MULTILINE)
FUNCTION = re.compile(r"^(?=(?:[ \t]*(?:async[ ]+)?def|class)[ \t]+\w|# ?%%|if __name__)", re.MULTILINE)
DECORATION = re.compile(
    r"(?<!\S)(?:[-*+•►▶▸◦]|\#{1,6}|\\item|\\blacktriangleright)(?!\S)|[`*]{2,}|\\(?:begin|end)\{\w+\}"
)


def pieces(path: str) -> list[Piece]:
    """Return the pieces of a file, or of standard input for `-`. Raises `ValueError` with one line: value, rule, remedy."""
    return pieces_of(loaded(path), path)


def pieces_of(text: str, file: str) -> list[Piece]:
    """Return the pieces of a text as if it stood in a file of that name. Raises `ValueError` as `pieces` does."""
    try:
        return _pieces(text, file)
    except ValueError as error:
        raise ValueError(f"{shown(file)}: {error}") from None


def _pieces(text: str, file: str) -> list[Piece]:
    suffix = Path(file).suffix.lower() if file != "-" else ""
    reader = _Reader(file)
    if suffix == ".ipynb" or (suffix not in LATEX_SUFFIXES and suffix != ".py" and is_notebook(text)):
        for cell in cells(text):
            reader.slide += 1
            if cell.kind == "code":
                reader.add(_program(cell.text), cell.text, cell.lines)
            elif cell.kind in ("markdown", "heading"):
                reader.read(cell.text, False, cell.lines)
    elif suffix == ".py":
        starts = [0, *(match.start() for match in FUNCTION.finditer(text) if match.start())]
        reader.add(_functions(text, starts), text, None, starts[1:])
    else:
        reader.read(text, suffix in LATEX_SUFFIXES or DOCUMENT_CLASS.search(text, 0, 200_000) is not None)
    return reader.pieces


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece before it is numbered: rows of one formula have the same `formula`. Prose ends at `outer`, at the delimiter."""

    kind: str
    outer: int
    start: int
    end: int
    text: str
    source: str
    formula: int
    slide: int = 0


class _Reader:
    """Numbers slides and formulas through one document, which may come in several texts."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.pieces: list[Piece] = []
        self.macros = dict(BUILT_IN)
        self.budget = Budget()
        self.slide = self.formula = 0

    def read(self, text: str, latex: bool, lines: Sequence[int] | None = None) -> None:
        """Add what is found in a text. `lines` are the lines of the file that its lines stand in, if it is not the file."""
        defined = definitions(text) if "\\" in text else []
        aliases = {one.macro.name: one.macro.body.strip() for one in defined if DELIMITER.match(one.macro.body)}
        extracted = "\f" in text  # by pdftotext: pages end so
        breaks: list[int] = []
        found: list[_Found] = []
        place = 0
        for span in spans(text, latex, aliases, [(one.start, one.end) for one in defined]):
            if not latex and span.start > place:
                found += self.in_prose(text, place, span.start, extracted)
            place = max(place, span.end)
            if span.kind == "break":
                breaks.append(span.start)
            else:
                found += self.in_span(text, span, latex, aliases)
            self.check(len(found))
        if not latex:
            found += self.in_prose(text, place, len(text), extracted)
            self.check(len(found))
        breaks.sort()
        found.sort(key=lambda one: one.start)
        numbered = (replace(one, slide=bisect_right(breaks, one.start)) for one in found)
        self.add(numbered, text, lines, breaks, defined)
        self.slide += len(breaks)

    def check(self, more: int) -> None:
        if len(self.pieces) + more > MOST_PIECES:
            raise ValueError(f"has more than {MOST_PIECES} formulas: at most so many are judged; split it")

    def next_formula(self) -> int:
        self.formula += 1
        return self.formula

    def in_prose(self, text: str, start: int, end: int, extracted: bool) -> Iterator[_Found]:
        for line in prose_lines(text, start, end, extracted):
            text_of_line = _shortened(line.text)
            yield _Found(line.kind, line.start, line.start, line.end, text_of_line, line.source, self.next_formula())

    def in_span(self, text: str, span: Span, latex: bool, aliases: dict[str, str]) -> Iterator[_Found]:
        inner = text[span.inner : span.outer]
        if span.kind == "formula":
            yield from self.rows_of(inner, span, latex, aliases)
        elif span.kind == "broken":
            shortened = _shortened(inner)
            yield _Found("latex", span.start, span.start, span.end, shortened, inner, self.next_formula())
        elif span.kind == "latex":
            for one in spans(inner, True):
                if one.kind == "formula":
                    moved = Span(
                        one.kind,
                        span.inner + one.start,
                        span.inner + one.end,
                        span.inner + one.inner,
                        span.inner + one.outer,
                    )
                    yield from self.rows_of(inner[one.inner : one.outer], moved, True, {})
        elif span.kind == "code" and inner.strip():
            yield from _program(inner, span.inner, self.next_formula(), span.start)

    def rows_of(self, inner: str, span: Span, latex: bool, aliases: dict[str, str]) -> Iterator[_Found]:
        formula = self.next_formula()
        if not latex and "\n>" in inner:
            inner = inner.replace("\n>", "\n ")  # a quotation in Markdown
        begin = 0
        for alias, delimiter in aliases.items():  # \be ... \ee
            if (
                span.inner == span.start
                and re.match(rf"\\{alias}(?![A-Za-z])", inner)
                and delimiter.startswith("\\begin")
            ):
                begin = len(alias) + 1
                inner = inner[: inner.rfind("\\")]
                break
        for row in rows(without_definitions(inner[begin:]) if len(inner) <= MOST_CHARACTERS else inner, latex):
            start = span.inner + begin + row.start
            yield _Found("latex", span.start, min(start, span.end), span.end, row.text, row.source, formula)

    def add(
        self,
        found: Iterator[_Found],
        text: str,
        lines: Sequence[int] | None = None,
        breaks: Sequence[int] = (),
        defined: Sequence[Definition] = (),
    ) -> None:
        """Number what is found and write its commands out; a definition counts from where it stands."""
        line, counted = 1, 0
        ended, ended_on = 0, -1
        known = 0
        for one in found:
            line += text.count("\n", counted, one.start)
            counted = one.start
            while known < len(defined) and defined[known].start < one.end:
                self.macros[defined[known].macro.name] = defined[known].macro
                known += 1
            begin = breaks[one.slide - 1] if one.slide else 0
            gap = text[max(begin, ended if one.slide == ended_on else 0, one.outer - 4 * MOST_BEFORE) : one.outer]
            before = " ".join(DECORATION.sub(" ", gap).split())[-MOST_BEFORE:]
            ended, ended_on = max(ended, one.end), one.slide
            in_file = line if lines is None else lines[min(line, len(lines)) - 1]
            source = one.source if one.kind == "code" else plain(expanded(one.source, self.macros, self.budget))
            formula = one.formula or self.next_formula()
            self.check(1)
            self.pieces.append(
                Piece(self.file, in_file, one.text, one.kind, source, self.slide + one.slide, formula, before)
            )


def _program(code: str, start: int = 0, formula: int = 0, outer: int = 0) -> Iterator[_Found]:
    """A block of code, from its first line that is not empty."""
    if code.strip():
        blank = BLANK.match(code)
        empty = 0 if blank is None else blank.end()
        block = dedent(code[empty:]).rstrip()
        yield _Found("code", outer, start + empty, start + len(code), _shortened(block), block, formula)


def _functions(text: str, starts: Sequence[int]) -> Iterator[_Found]:
    """The functions of a Python file, each a slide of its own, with what stands before the first and between them."""
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True)):
        for one in _program(text[start:end], start, 0, start):
            yield replace(one, slide=number)


def plain(text: str) -> str:
    """Return a formula with the letters of Unicode's mathematical alphabets as plain ones, and without invisible signs."""
    if text.isascii():
        return text
    return "".join(normalize("NFKC", c) if "\U0001d400" <= c <= "\U0001d7ff" else c for c in text if c not in INVISIBLE)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:120]}…"
