"""Splits LaTeX and plain formulas into tokens: styles, spaces and synonyms are gone, names have their accents."""

from __future__ import annotations

import re
from fractions import Fraction

from . import latex_tables as known
from .damage import plain_commands, repaired_source
from .latex_words import WORDS, is_called, token_of, tokens_of
from .token import Token, check_depth, paired, without_doubles
from .tree import Name, Number, Tree, Unreadable

MOST_CHARACTERS, MOST_TOKENS, MOST_DIGITS = 5_000, 2_000, 400

NUMBER = re.compile(r"(?:\d+(?:\{,\}\d{3})*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,4}(?![A-Za-z]))?")
OPTIONAL = re.compile(r"\s*\[[-0-9.a-z]*\]")  # how far the next row is away
DIGITS = frozenset("0123456789")
SUMMED = re.compile(r"Σ(?:\s*_|[₀-ₜᵢ-ᵪ]|\s*[A-Za-z(|\d(])")  # a sum, not a matrix Σ
TAKEN_BY = re.compile(r"∇_?([^\W\d_])(?=[ \t]*[^\W\d_]+\()")
JOINED = re.compile(r"[A-Za-z]+(?:\\_[A-Za-z0-9]+)+")  # learning\_rate
ELEMENT = re.compile(r"[ij](?![A-Za-z])")  # θj is an element of θ
MOST_ACCENTS = 60
DELIMITER = re.compile(r"\s*(\.|\|\||\||[‖∥]|\\\||\\[vV]ert(?![A-Za-z]))")
COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)


def tokens(source: str, plain: bool = False) -> tuple[list[Token], tuple[str, ...]]:
    """Return the tokens of a formula and what was repaired. Raises `Unreadable`.

    In `plain` text runs of letters are words; in LaTeX only where they are set as one or are known.
    """
    if len(source) > MOST_CHARACTERS:
        raise Unreadable(f"formula of {len(source)} characters: at most {MOST_CHARACTERS} are read; split it")
    repaired, repairs = repaired_source(source)
    repaired = plain_commands(repaired, plain)
    lexer = _Lexer(repaired, plain)
    found = lexer.all()
    if len(found) > MOST_TOKENS:
        raise Unreadable(f"formula of {len(found)} symbols: at most {MOST_TOKENS} are read; split it")
    check_depth(found)
    once = without_doubles(found)
    doubled = ("an operator twice in a row",) if len(once) < len(found) else ()
    return paired(once), (*repairs, *doubled)


class _Lexer:
    def __init__(self, source: str, plain: bool) -> None:
        self.source, self.plain, self.place = source, plain, 0
        self.found: list[Token] = []
        self.spaced = True
        self.accents = 0  # that are being read one over the other
        self.cases = 0  # that are open

    def all(self) -> list[Token]:
        while self.place < len(self.source):
            self.one()
            if len(self.found) > MOST_TOKENS:
                raise Unreadable(f"formula of more than {MOST_TOKENS} symbols: too long to be read; split it")
        return self.found

    def add(self, kind: str, text: str, tree: Tree | None = None) -> None:
        self.found.append(Token(kind, text, tree, not self.spaced))
        self.cases += (kind == "CASES") - (kind == "ENDCASES")
        self.spaced = False

    def one(self) -> None:
        c = self.source[self.place]
        if self.plain and c == "∇" and (match := TAKEN_BY.match(self.source, self.place)) is not None:
            self._take(1, "NABLA", c)  # ∇θ J(θ)
            self.add("SUB", "_")
            self.name(known.UNICODE_GREEK.get(match[1], match[1]))
            self.place = match.end()
        elif c.isspace() or (c in "\u200b\u2009&" and not self.cases):
            self.place += 1
            self.spaced = True
        elif c == "\\":
            self.command()
        elif c in DIGITS or (c == "." and self.source[self.place + 1 : self.place + 2] in DIGITS):
            self.number()
        elif c == "Σ" and SUMMED.match(self.source, self.place):
            self._take(1, "SUM", "sum")
        elif c in known.UNICODE_GREEK:
            self.place += 1
            self.name(known.UNICODE_GREEK[c])
            self._numbered()
            if self.plain and (match := ELEMENT.match(self.source, self.place)):
                self.place = match.end()
                self.add("SUB", "_")
                self.name(match.group())
        elif c == "∞":
            self.place += 1
            self.name("infty")
        elif c.isascii() and c.isalpha() and (match := JOINED.match(self.source, self.place)):
            self.place = match.end()
            self.word(match.group().replace("\\", ""))
        elif c.isascii() and c.isalpha():
            self.letters()
        elif c in known.SUPERSCRIPTS or c in known.SUBSCRIPTS:
            self.raised(known.SUPERSCRIPTS if c in known.SUPERSCRIPTS else known.SUBSCRIPTS)
        elif c in known.COMBINING and self.found and isinstance(self.found[-1].tree, Name):
            last = self.found[-1].tree
            self.found[-1] = Token(
                "NAME", last.base, Name(last.base, (*last.accents, known.COMBINING[c])), self.found[-1].close
            )
            self.place += 1
        else:
            self.mark(c)

    def mark(self, c: str) -> None:
        two = self.source[self.place : self.place + 2]
        if two == "**":
            self._take(2, "SUP", "^")
        elif two == "||" or c in "‖∥":
            self._take(2 if two == "||" else 1, "BAR", "||")
        elif two in known.RELATIONS:
            self._take(2, "REL", known.RELATIONS[two])
        elif c == "|":
            self._take(1, "BAR", "|")
        elif c == "~" and not self.plain:
            self.place += 1
            self.spaced = True
        elif c in known.RELATIONS:
            self._take(1, "REL", known.RELATIONS[c])
        elif c in known.TIMES or c in known.QUOTIENTS:
            self._take(1, "TIMES" if c in known.TIMES else "DIV", c)
        elif c == ".":
            end = self.place
            while self.source[end : end + 1] == ".":
                end += 1
            if end - self.place > 1:
                self.add("DOTS", "...")
            self.place = end
        elif c == "√":
            self._take(1, "FUNC", "sqrt")
        elif c == "%" and self.plain:
            self._take(1, "PERCENT", c)
        elif c in known.MARKS:
            self._take(1, known.MARKS[c], {"⌊": "floor", "⌈": "ceil"}.get(c, c))
        else:
            raise Unreadable(f"character {c!r}: is no part of a formula that is known; write it as LaTeX")

    def _take(self, count: int, kind: str, text: str) -> None:
        self.place += count
        self.add(kind, text)

    def number(self) -> None:
        match = NUMBER.match(self.source, self.place)
        assert match is not None
        text = match.group().replace("{,}", "")
        kinds = [token.kind for token in self.found[-2:]]
        if kinds[-1:] == ["FRAC"] or kinds == ["FRAC", "NUMBER"]:
            text = text[0]  # \\frac12 is a half
            self.place += 1
            self.add("NUMBER", text, Number(Fraction(text)))
            return
        if len(text) > MOST_DIGITS or ("e" in text.lower() and abs(int(text.lower().split("e")[1])) > MOST_DIGITS):
            raise Unreadable(f"number of {len(text)} characters: at most {MOST_DIGITS} digits are read")
        self.place = match.end()
        digits = len(text.split(".")[1]) if "." in text and "e" not in text.lower() else None
        self.add("NUMBER", text, Number(Fraction(text), digits))

    def letters(self) -> None:
        end = self.place
        while self._continues(end):
            end += 1
        run = self.source[self.place : end]
        if (
            run == "d"
            and self.found
            and self.found[-1].kind == "DIV"
            and self.source[end : end + 1] in known.UNICODE_GREEK
        ):
            self.place = end + 1  # dJ/dθ
            self.name("d" + known.UNICODE_GREEK[self.source[end]])
            return
        if (self._is_script(end) and len(run) > 2) or (self.plain and len(run) > 1):
            self.place = end  # w^{max} and v_{avg} are words, w_{ij} has two letters
            self.word(run)
            return
        if len(run) > 2 and run not in known.KNOWN_WORDS and is_called(self.source, self.place, end):
            self.place = end  # swish(x)
            self.word(run)
            return
        for word in known.KNOWN_WORDS:
            if run == word or (len(word) > 2 and run.startswith(word)):
                self.place += len(word)
                self.word(word)
                return
        self.place += 1
        self.name(run[0])
        self._numbered()

    def _numbered(self) -> None:
        """A number right after a letter is its index: x1 is x_1."""
        end = self.place
        while self.source[end : end + 1] in DIGITS and end < len(self.source):
            end += 1
        before = [token.kind for token in self.found[-2:-1]]
        if self.place < end < self.place + 4 and before not in (["FRAC"], ["SUP"], ["SUB"]):
            text, self.place = self.source[self.place : end], end
            self.add("SUB", "_")
            self.add("NUMBER", text, Number(Fraction(text)))

    def _continues(self, place: int) -> bool:
        """Whether a run of letters goes on; in plain text digits and single underscores are parts of words."""
        c = self.source[place : place + 1]
        if c.isascii() and c.isalpha():
            return True
        if not self.plain or place == self.place:
            return False
        after = self.source[place + 1 : place + 3]
        return c in DIGITS or (c == "_" and len(after) == 2 and after.isascii() and after.isalpha())

    def _is_script(self, end: int) -> bool:
        """Whether a run of letters is all that stands in the braces of an index or of what stands above."""
        opened = [token.kind for token in self.found[-2:]]
        return opened in (["SUP", "LBRACE"], ["SUB", "LBRACE"]) and self.source[end : end + 1] == "}"

    def word(self, word: str) -> None:
        self._append(token_of(word, self.cases > 0))

    def _append(self, token: Token) -> None:
        self.add(token.kind, token.text, token.tree)

    def name(self, base: str) -> None:
        self.add("NAME", base, Name(base))

    def raised(self, table: dict[str, str]) -> None:
        run = ""
        while self.place < len(self.source) and self.source[self.place] in table:
            run += table[self.source[self.place]]
            self.place += 1
        self.add("SUP" if table is known.SUPERSCRIPTS else "SUB", "^")
        self.add("LBRACE", "{")
        inner = _Lexer(run, False)
        for token in inner.all():
            self.found.append(token)
        self.add("RBRACE", "}")

    # -- commands --------------------------------------------------------------------------------------------

    def command(self) -> None:
        match = COMMAND.match(self.source, self.place)
        if match is None:
            raise Unreadable("a backslash at the end: is no command; complete or drop it")
        command = match.group(1)
        self.place = match.end()
        if (
            command in ("operatorname", "begin", "end", *known.IGNORED)
            and self.source[self.place : self.place + 1] == "*"
        ):
            self.place += 1
        if command in known.IGNORED:
            self._group_text()
            self.spaced = True
        elif command in known.SPACES:
            self.spaced = True
            if command in ("quad", "qquad"):
                self.add("GAP", command)
        elif command in known.SIZES:
            self._delimiter(command)
        elif command in ("begin", "end"):
            self._environment(command)
        elif command in known.ACCENTS:
            self._accent(known.ACCENTS[command])
        elif command in known.WORDY and self._peek() == "{":
            self._wordy()
        elif command in ("underbrace", "overbrace"):
            self._argument()
            self._without_script()
        elif command not in known.STYLES:
            self._symbol(command)

    def _symbol(self, command: str) -> None:
        if command in known.GREEK:
            self.name(command)
            self._numbered()
        elif command in known.VARIANTS:
            self.name(known.VARIANTS[command])
        elif command in known.FUNCTIONS and command != "sqrt":
            self.add("FUNC", {"sgn": "sign", "ln": "log"}.get(command, command))
        elif command in known.RELATIONS:
            self.add("REL", known.RELATIONS[command])
        elif command in known.TIMES or command in known.QUOTIENTS:
            self.add("TIMES" if command in known.TIMES else "DIV", command)
        elif command in known.COMMANDS:
            bars = "||" if command in known.NORMS else "|"
            kind = known.COMMANDS[command]
            text = "for" if kind == "TEXT" else command[1:] if kind in ("LFLOOR", "RFLOOR") else command
            self.add(kind, bars if kind in ("BAR", "LNORM", "RNORM", "LABS", "RABS") else text)
            space = OPTIONAL.match(self.source, self.place) if kind == "ROWSEP" else None
            self.place = space.end() if space else self.place
        else:
            raise Unreadable(f"command \\{command}: is not known; write it with standard commands")

    def _without_script(self) -> None:
        """Pass over what is written at a brace below or above: a remark."""
        if self._peek() not in ("_", "^"):
            return
        self.place = self.source.index(self._peek(), self.place) + 1
        before = len(self.found)
        self._argument()
        del self.found[before:]

    def _peek(self) -> str:
        place = self.place
        while place < len(self.source) and self.source[place].isspace():
            place += 1
        return self.source[place : place + 1]

    def _delimiter(self, command: str) -> None:
        r"""Read a bar after \left or \bigl as the one that opens; other brackets are read as they stand, a point as nothing."""
        match = DELIMITER.match(self.source, self.place)
        if match is None:
            return
        self.place = match.end()
        if match.group(1) != ".":
            norm = match.group(1) in ("\\|", "\\Vert", "||", "‖", "∥")
            side = "L" if command.endswith("l") or command == "left" else "R" if command[-1:] in "rt" else ""
            self.add(f"{side}{'NORM' if norm else 'ABS'}" if side else "BAR", "||" if norm else "|")

    def _environment(self, command: str) -> None:
        name = self._group_text().rstrip("*")
        if name in ("cases", "dcases", "rcases"):
            self.add("CASES" if command == "begin" else "ENDCASES", name)
        elif name in ("array",) and self.found and (command == "end" or self.found[-1].kind == "LPAR"):
            if command == "begin":
                self._group_text()
                self.found.pop()
                self.add("CASES", name)
            else:
                self.add("ENDCASES", name)
        elif name not in known.WRAPPERS:
            raise Unreadable(f"environment {name!r}: is not read; write the elements out")

    def _group_text(self) -> str:
        match = re.compile(r"\s*\{([^{}]*)\}").match(self.source, self.place)
        if match is None:
            return ""
        self.place = match.end()
        return match.group(1)

    def _accent(self, accent: str) -> None:
        before = len(self.found)
        depth_start = self._peek() == "{"
        self.accents += 1
        if self.accents > MOST_ACCENTS:
            raise Unreadable(f"accents {self.accents} high: at most {MOST_ACCENTS} are read")
        self._argument()
        self.accents -= 1
        new = (
            [t for t in self.found[before:] if t.kind not in ("LBRACE", "RBRACE")]
            if depth_start
            else self.found[before:]
        )
        scripted = len(new) > 1 and new[1].kind in ("SUB", "SUP") and isinstance(new[0].tree, Name)
        if scripted and isinstance(new[0].tree, Name):  # the accent of a name with an index is that of the name
            inner = self.found[before:][1:-1] if depth_start else self.found[before:]
            name = new[0].tree
            self.found[before:] = [Token("NAME", name.base, Name(name.base, (*name.accents, accent))), *inner[1:]]
            return
        if accent == "vec" and [token.kind for token in new] == ["NABLA"]:
            self.found[before:] = new
            return
        if len(new) != 1 or not isinstance(new[0].tree, Name):
            raise Unreadable("an accent over more than a name: give it a name of its own")
        name = new[0].tree
        accents = name.accents if accent == "vec" else (*name.accents, accent)
        self.found[before:] = [Token("NAME", name.base, Name(name.base, accents), new[0].close)]

    def _argument(self) -> None:
        """Read what a command applies to: a group, or one token."""
        while self.place < len(self.source) and self.source[self.place].isspace():
            self.place += 1
        if self.place >= len(self.source):
            raise Unreadable("a command without its argument at the end: complete it")
        if self.source[self.place] != "{":
            before = len(self.found)
            while len(self.found) == before and self.place < len(self.source):
                self.one()
            return
        depth = 0
        for _ in range(MOST_CHARACTERS):
            if self.place >= len(self.source):
                raise Unreadable("a brace { is never closed: add }")
            before = len(self.found)
            self.one()
            for token in self.found[before:]:
                depth += (token.kind == "LBRACE") - (token.kind == "RBRACE")
            if depth <= 0 and len(self.found) > before:
                return

    def _wordy(self) -> None:
        """A run of letters that is set upright is one word."""
        match = WORDS.match(self.source, self.place)
        if match is not None:  # otherwise what stands inside is read
            self.place = match.end()
            for token in tokens_of(match, self.cases > 0):
                self._append(token)
