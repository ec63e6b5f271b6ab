r"""Where in a document formulas, blocks of code and new slides begin and end: one pass over the text, in linear time.

Markdown and plain text are one notation here, LaTeX is another: there `%` begins a comment and backticks are quotes.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .marks import (
    ASSIGNMENT,
    CLOSING,
    COMMAND,
    DISPLAYS,
    ENVIRONMENTS,
    INLINE,
    KEYWORD,
    LANGUAGE,
    LATEX,
    MATHEMATICS,
    MOST_CHARACTERS,
    OPTIONS,
    PYTHON,
    SIGN,
    SKIPPED,
    TEXT,
    VERBATIM,
    WORD,
    is_money,
)

MOST_MARKS, MOST_WORDS = 3_000_000, 4


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document. `kind`: formula, broken (its end is missing), code, latex (a block that shows LaTeX), skip, break.

    `inner` and `outer` are where the content begins and ends, without the delimiters; for environments, whose names
    say how rows are to be split, with them.
    """

    kind: str
    start: int
    end: int
    inner: int
    outer: int


@dataclass(slots=True)
class _Open:
    """A delimiter that waits for its partner. `nested` counts environments of the same name inside, `words` those of prose."""

    kind: str  # the delimiter, or the name of an environment
    start: int
    inner: int
    gap: int = -1  # where the first empty line since then is
    nested: int = 0
    words: int = 0
    counted: int = 0  # up to where


def spans(
    text: str, latex: bool, aliases: Mapping[str, str] | None = None, skipped: Sequence[tuple[int, int]] = ()
) -> Iterator[Span]:
    r"""Yield what is found in `text`, in order. `aliases` are commands that stand for a delimiter: \be for \begin{equation}.

    `skipped` are the stretches in which no delimiter counts, in order: definitions.
    """
    scanner = _Scanner(text, latex, aliases or {}, skipped)
    return scanner.latex_spans() if latex else scanner.text_spans()


class _Scanner:
    def __init__(self, text: str, latex: bool, aliases: Mapping[str, str], skipped: Sequence[tuple[int, int]]) -> None:
        self.text, self.latex, self.aliases, self.skipped = text, latex, aliases, skipped
        self.place = 0
        self.open: _Open | None = None
        self.ends: dict[str, int] = {}  # where the next end of a kind is, so that nothing is searched for twice
        self.ticks: dict[int, array[int]] | None = None

    # -- both notations --------------------------------------------------------------------------------------

    def opens(self, kind: str, start: int, inner: int) -> Iterator[Span]:
        """A delimiter opens; one that is open already is broken off, unless it can hold this one."""
        if self.open is not None:
            yield from self.given_up(start)
        self.open = _Open(kind, start, inner)

    def closes(self, start: int, end: int, environment: bool = False) -> Iterator[Span]:
        one, self.open = self.open, None
        assert one is not None
        inner, outer = (one.start, end) if environment else (one.inner, start)
        content = self.text[inner : min(inner + 200, outer)]
        if not self.latex and KEYWORD.fullmatch(content):
            return
        if (
            not self.latex
            and one.kind[:1] == "\\"
            and one.kind[-1:] == "["
            and not SIGN.search(self.text, inner, outer)
        ):
            return
        if content.strip() or self.text[inner:outer].strip():
            yield Span("formula", one.start, end, inner, outer)

    def given_up(self, place: int) -> Iterator[Span]:
        """What is open has no partner: a display ends at the first empty line, a dollar sign is money."""
        one, self.open = self.open, None
        if one is not None and one.kind not in INLINE:
            yield from self.broken(one, place if one.gap < 0 else one.gap)

    def broken(self, one: _Open, end: int) -> Iterator[Span]:
        inner = self.text[one.inner : end][:MOST_CHARACTERS]
        opened = inner.split("\n", 1)[0].strip() == "" and SIGN.search(inner)
        escaped = not self.latex and one.kind[:1] == "\\" and not opened and not COMMAND.search(inner)  # Markdown's [
        if inner.strip() and not escaped:
            yield Span("broken", one.start, end, one.start, end)

    def stale(self, place: int) -> Iterator[Span]:
        """What is open is given up when prose has come after an empty line: its end has been lost."""
        one = self.open
        if one is not None and one.gap >= 0:
            one.words += len(WORD.findall(self.text, max(one.inner, one.counted), place))
            one.counted = place
            if one.words > MOST_WORDS:
                yield from self.given_up(place)

    def gap(self, place: int) -> Iterator[Span]:
        yield from self.stale(place)
        if self.open is not None:
            if self.open.kind in INLINE:
                self.open = None
            elif self.open.gap < 0:
                self.open.gap = place

    def dollars(self, start: int, marks: str) -> Iterator[Span]:
        yield from self.stale(start)
        one, end = self.open, start + len(marks)
        if one is None:
            self.open = _Open(marks, start, end)
        elif one.kind == "$":
            if len(marks) == 2 and start > one.inner:  # $x$$y$
                yield from self.inline(start)
                yield from self.dollars(start + 1, "$")
            elif len(marks) == 2:
                self.open = _Open("$$", start, end)
            else:
                yield from self.inline(start)
        elif one.kind == "$$" and len(marks) == 2:
            yield from self.closes(start, end)
        # inside of other delimiters dollar signs belong to \text{...}

    def inline(self, start: int) -> Iterator[Span]:
        """A dollar sign closes a formula, unless both are money: then it may open the next."""
        one = self.open
        assert one is not None
        if start == one.inner:
            self.open = None
        elif not self.latex and is_money(self.text, one.start, start):
            self.open = _Open("$", start, start + 1)
        else:
            yield from self.closes(start, start + 1)

    def bracket(self, start: int, end: int, which: str) -> Iterator[Span]:
        r"""\\( and \\[ open, with one backslash or, as Markdown escapes them, with two; \\[2pt] in a formula does not."""
        yield from self.stale(start)
        kind, marks = "" if self.open is None else self.open.kind, self.text[start:end]
        if which in CLOSING:
            if not kind or kind == marks or (kind in INLINE and len(marks) == 2):
                yield from self.opens(marks, start, end)
        elif kind[-1:] in CLOSING and kind[:-1] + CLOSING[kind[-1]] == marks:
            yield from self.closes(start, end)

    def begins(self, match: re.Match[str], name: str) -> Iterator[Span]:
        yield from self.stale(match.start())
        if self.open is not None and self.open.kind == name:
            self.open.nested += 1
        elif name in ENVIRONMENTS and (self.open is None or self.is_stray(name, match.start())):
            yield from self.opens(name, match.start(), match.end())

    def is_stray(self, name: str, place: int) -> bool:
        """Whether a dollar sign opened nothing, since a display begins on another line."""
        one = self.open
        return one is not None and one.kind == "$" and name in DISPLAYS and "\n" in self.text[one.start : place].strip()

    def finishes(self, match: re.Match[str], name: str) -> Iterator[Span]:
        if self.open is not None and self.open.kind == name:
            if self.open.nested:
                self.open.nested -= 1
            else:
                yield from self.closes(match.start(), match.end(), environment=True)

    def marks(self, pattern: re.Pattern[str], place: int) -> Iterator[re.Match[str]]:
        """The marks from `place` on; whoever reads on from elsewhere sets `self.place`."""
        self.place = place
        passed = 0
        for _ in range(MOST_MARKS):
            match = pattern.search(self.text, self.place)
            if match is None:
                return
            while passed < len(self.skipped) and self.skipped[passed][1] <= match.start():
                passed += 1
            if passed < len(self.skipped) and self.skipped[passed][0] <= match.start():
                self.place = self.skipped[passed][1]
                continue
            self.place = match.end()
            yield match
        raise ValueError(f"has more than {MOST_MARKS} delimiters and commands: at most so many are read; split it")

    def find(self, what: str, place: int) -> int:
        """Where `what` stands next, -1 for nowhere."""
        known = self.ends.get(what, -2)
        if known == -2 or (known != -1 and known < place):
            known = self.ends[what] = self.text.find(what, place)
        return known

    def verbatim(self, name: str, match: re.Match[str], skipped: bool) -> Iterator[Span]:
        r"""\begin{verbatim} and the like: code to its end, whatever stands in it."""
        end = self.find(rf"\end{{{name}}}", match.end())
        if end < 0:
            return
        yield from self.given_up(match.start())
        head = OPTIONS.match(self.text, match.end())
        inner = match.end() if head is None else min(head.end(), end)
        language = LANGUAGE.search(self.text[match.end() : inner][:200])
        known = language is None or PYTHON.match(language[1]) is not None
        kind = "skip" if skipped or not known else "code"
        yield Span(kind, match.start(), end + len(name) + 6, inner, end)

    # -- LaTeX -----------------------------------------------------------------------------------------------

    def latex_spans(self) -> Iterator[Span]:
        for match in self.marks(LATEX, 0):
            kind, start, place = match.lastgroup, match.start(), match.end()
            if kind == "dollars":
                yield from self.dollars(start, match["dollars"])
            elif kind == "bracket":
                yield from self.bracket(start, place, match["which"])
            elif kind == "begin":
                name = match["opened"]
                if name in VERBATIM or name in SKIPPED:
                    for span in self.verbatim(name, match, name in SKIPPED):
                        yield span
                        self.place = max(self.place, span.end)
                elif name in ("frame", "slide"):
                    yield from self.break_at(start, place)
                else:
                    yield from self.begins(match, name)
            elif kind == "end":
                if match["closed"] == "document":
                    break
                yield from self.finishes(match, match["closed"])
            elif kind == "alias":
                yield from self.stands_for(start, place, self.aliases.get(match["alias"][1:], ""))
            elif kind == "verb":
                yield Span("skip", start, place, start, place)
            elif kind == "gap":
                yield from self.gap(start)
            elif kind in ("heading", "feed"):
                yield from self.break_at(start, place)
        yield from self.given_up(len(self.text))

    def stands_for(self, start: int, end: int, delimiter: str) -> Iterator[Span]:
        match = LATEX.fullmatch(delimiter) if delimiter else None
        if match is None:
            return
        if match.lastgroup == "bracket":
            yield from self.bracket(start, end, match["which"])
        elif match.lastgroup == "begin" and match["opened"] in ENVIRONMENTS and self.open is None:
            self.open = _Open(match["opened"], start, end)
        elif match.lastgroup == "end" and self.open is not None and self.open.kind == match["closed"]:
            yield from self.closes(start, end, environment=True)

    def break_at(self, start: int, end: int) -> Iterator[Span]:
        yield from self.given_up(start)
        yield Span("break", start, end, start, end)

    # -- Markdown and plain text -----------------------------------------------------------------------------

    def text_spans(self) -> Iterator[Span]:
        feeds = "\f" in self.text
        for match in self.marks(TEXT, 0):
            kind, start, place = match.lastgroup, match.start(), match.end()
            if kind == "dollars":
                ticked = re.compile(r"\$`([^`\n]+)`\$").match(self.text, start) if self.open is None else None
                if ticked is not None:  # $`x`$
                    yield Span("formula", start, ticked.end(), ticked.start(1), ticked.end(1))
                    self.place = ticked.end()
                else:
                    yield from self.dollars(start, match["dollars"])
            elif kind == "bracket":
                yield from self.bracket(start, place, match["which"])
            elif kind == "ticks":
                end = self.code_end(start, place)
                if end >= 0 and (self.open is None or self.open.kind in INLINE):
                    self.open = None
                    yield Span("skip", start, end, start, end)
                    self.place = end
            elif kind in ("fence", "highlight"):
                for span in self.fenced(match):
                    yield span
                    self.place = max(self.place, span.end)
            elif kind == "begin":
                if match["opened"] in VERBATIM:
                    for span in self.verbatim(match["opened"], match, False):
                        yield span
                        self.place = max(self.place, span.end)
                elif match["opened"] in ("frame", "slide"):
                    yield from self.break_at(start, place)
                else:
                    yield from self.begins(match, match["opened"])
            elif kind == "end":
                yield from self.finishes(match, match["closed"])
            elif kind == "comment":
                end = self.find("-->", place)
                if end >= 0 and self.open is None:
                    yield Span("skip", start, end + 3, start, end + 3)
                    self.place = end + 3
            elif kind == "gap":
                yield from self.gap(start)
                if match[0].count("\n") > 3 and not feeds:  # slides whose pictures and marks are lost
                    yield from self.break_at(place, place)
            elif kind == "rule":
                if self.open is None or self.open.gap >= 0 or self.open.kind in INLINE:
                    yield from self.break_at(self.above(start), place)
            elif kind == "feed" or (kind == "heading" and not self.is_remark(match)):
                yield from self.break_at(start, place)
        yield from self.given_up(len(self.text))

    def is_remark(self, heading: re.Match[str]) -> bool:
        """Whether a line with # is a remark between lines of code."""
        if not heading[0].lstrip().startswith("# "):
            return False
        before = self.text.rfind("\n", max(0, heading.start() - 300), max(0, heading.start() - 1)) + 1
        after = self.text[heading.end() + 1 : heading.end() + 300].split("\n")[0]
        return ASSIGNMENT.match(self.text[before : heading.start()]) is not None or ASSIGNMENT.match(after) is not None

    def above(self, rule: int) -> int:
        """Where a slide begins that a rule opens: at the line right above it, which is its title, or at the rule."""
        line = (
            self.text.rfind("\n", 0, max(0, rule - 1)) + 1
            if rule < 200
            else self.text.rfind("\n", rule - 200, rule - 1) + 1
        )
        title = self.text[line : rule - 1]
        return line if rule - line < 200 and title.strip() and "$" not in title and "`" not in title else rule

    def code_end(self, start: int, end: int) -> int:
        """Where inline code ends that backticks open, in the same paragraph; -1 if they are never closed."""
        if self.ticks is None:
            self.ticks = {}
            for run in re.finditer("`+", self.text):
                self.ticks.setdefault(run.end() - run.start(), array("q")).append(run.start())
        places = self.ticks[end - start] if end - start in self.ticks else array("q")
        later = bisect_left(places, end)
        if later == len(places) or places[later] - end > MOST_CHARACTERS:
            return -1
        if re.compile(r"\n[ \t]*\n").search(self.text, end, places[later]):
            return -1
        return places[later] + end - start

    def fenced(self, match: re.Match[str]) -> Iterator[Span]:
        """A block of code between fences or Jekyll's tags; one without end goes on to the end of the document."""
        if self.open is not None and self.open.kind not in INLINE:
            yield from self.given_up(match.start())
        self.open = None
        inner = min(match.end() + 1, len(self.text))
        if match["ticked"] is not None:
            fence = match["ticked"]
            closing = re.compile(rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
            found = closing.search(self.text, inner)
            outer, end = (found.start(), found.end()) if found else (len(self.text), len(self.text))
            language = match["info"].strip().strip("{}").split(" ")[0].split(",")[0].lstrip(".")
        else:
            outer = self.find("{% endhighlight", inner)
            outer = end = len(self.text) if outer < 0 else outer
            language = match["language"] or ""
        if language.lower() in MATHEMATICS:
            kind = "formula" if language.lower() == "math" else "latex"
        else:
            kind = "code" if PYTHON.match(language) else "skip"
        yield Span(kind, match.start(), max(end, inner), inner, max(outer, inner))
