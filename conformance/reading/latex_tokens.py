"""Splits LaTeX and plain formulas into tokens: styles, spaces and synonyms are gone, names have their accents."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from .tree import Name, Number, Tree, Unreadable

MOST_CHARACTERS, MOST_TOKENS, MOST_DEPTH, MOST_DIGITS = 5_000, 2_000, 60, 400

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
    ]
)
VARIANTS = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma", "ell": "ell",
            "infty": "infty", "top": "top", "star": "star", "prime": "'", "dagger": "dagger", "hbar": "hbar", "imath": "i"}  # fmt: skip
STYLES = frozenset(
    [
        "mathbf",
        "mathtt",
        "mathrm",
        "mathit",
        "mathsf",
        "mathcal",
        "mathbb",
        "mathscr",
        "mathfrak",
        "boldsymbol",
        "bm",
        "pmb",
        "text",
        "texttt",
        "textbf",
        "textrm",
        "textit",
        "textsf",
        "textnormal",
        "operatorname",
        "mbox",
        "hbox",
        "emph",
        "underline",
        "boldmath",
        "bf",
        "rm",
        "it",
        "tt",
        "sf",
        "cal",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "limits",
        "nolimits",
        "left",
        "right",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "middle",
        "mathop",
        "mathrel",
        "mathbin",
        "color",
        "blacktriangleright",
        "bullet",
        "nonumber",
        "notag",
        "mathnormal",
        "mathord",
        "mathopen",
        "mathclose",
    ]
)
WORDY = frozenset(
    [
        "text",
        "textrm",
        "textit",
        "textbf",
        "texttt",
        "textnormal",
        "textsf",
        "mathrm",
        "mathtt",
        "operatorname",
        "mbox",
        "hbox",
        "mathit",
        "mathsf",
        "emph",
    ]
)
ACCENTS = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
           "dot": "dot", "ddot": "ddot", "vec": "vec", "check": "check", "breve": "breve"}  # fmt: skip
SPACES = frozenset(
    [",", ";", ":", "!", " ", "quad", "qquad", "enspace", "thinspace", "hfill", "\n", "\t", ">", "hspace", "-", "/"]
)
FUNCTIONS = frozenset(
    [
        "exp",
        "log",
        "ln",
        "sin",
        "cos",
        "tan",
        "tanh",
        "sinh",
        "cosh",
        "max",
        "min",
        "sign",
        "sgn",
        "sigmoid",
        "softmax",
        "relu",
        "erf",
        "argmax",
        "argmin",
        "sqrt",
        "arctan",
        "clip",
        "softplus",
        "det",
        "tr",
        "diag",
        "sup",
        "inf",
        "abs",
    ]
)
RELATIONS = {"=": "=", ":=": ":=", "←": ":=", "leftarrow": ":=", "gets": ":=", "coloneqq": ":=", "Leftarrow": ":=", "mapsto": ":=",
             "longleftarrow": ":=", "triangleq": "=", "equiv": "=", "doteq": "=", "<": "<", ">": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=",
             "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">", "ll": "<", "gg": ">", "ne": "!=", "neq": "!=", "sim": "~", "approx": "approx", "simeq": "approx",
             "propto": "proportional", "in": "in", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "approx", "∼": "~", "∝": "proportional",
             "~": "~", "∈": "in", "<=": "<=", ">=": ">=", "<-": ":=", "==": "=", "!=": "!=", "to": ":=->", "rightarrow": ":=->", "→": ":=->"}  # fmt: skip
TIMES = frozenset(
    ["*", "cdot", "times", "odot", "circ", "otimes", "ast", "star", "bullet", "·", "×", "⊙", "∘", "⊗", "∗"]
)
QUOTIENTS = frozenset(["/", "oslash", "div", "⊘", "÷"])
UNICODE_GREEK = {c: unicodedata.name(c).split()[-1].lower() for c in "αβγδεζηθικλμνξπρστυφχψω"} | {
    "ϵ": "epsilon", "ε": "epsilon", "ϑ": "theta", "ϕ": "phi", "ς": "sigma", "λ": "lambda", "Δ": "Delta", "Θ": "Theta", "Σ": "Sigma",
    "Φ": "Phi", "Ω": "Omega", "Λ": "Lambda", "Γ": "Gamma", "Ψ": "Psi", "Π": "Pi", "µ": "mu", "ℓ": "ell",
}  # fmt: skip
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵗ", "0123456789+-()nit", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₜᵢⱼₖₙₘ", "0123456789+-()tijknm", strict=True))
COMBINING = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar"}
NUMBER = re.compile(r"(?:\d+(?:\{,\}\d{3})*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,4}(?![A-Za-z]))?")
KNOWN_WORDS = (
    "LeakyReLU", "leakyrelu", "softmax", "sigmoid", "ReLU", "relu", "ELU", "PReLU", "RReLU", "SELU", "GELU", "Sigmoid", "Softmax",
    "otherwise", "Var", "var", "fan", "grad", "cache", "exp", "log", "tanh", "max", "min", "sign", "sgn", "lr", "loss", "next", "new",
    "old", "avg", "out", "erf", "clip", "in", "if", "else", "and", "for", "when", "std", "dw", "dx", "dW", "db",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `kind` is a terminal of the grammar, `text` what it says; names and numbers have their tree."""

    kind: str
    text: str
    tree: Tree | None = None
    close: bool = False  # whether it follows what stands before it without a space or an operator


def tokens(source: str, plain: bool = False) -> tuple[list[Token], tuple[str, ...]]:
    """Return the tokens of a formula and what was repaired. Raises `Unreadable`.

    In `plain` text runs of letters are words; in LaTeX only where they are set as one or are known.
    """
    if len(source) > MOST_CHARACTERS:
        raise Unreadable(f"formula of {len(source)} characters: at most {MOST_CHARACTERS} are read; split it")
    repaired, repairs = _repaired(source)
    lexer = _Lexer(repaired, plain)
    found = lexer.all()
    if len(found) > MOST_TOKENS:
        raise Unreadable(f"formula of {len(found)} symbols: at most {MOST_TOKENS} are read; split it")
    _check_depth(found)
    return _bars(_undoubled(found, lexer)), (*repairs, *lexer.repairs)


DAMAGE = (
    (re.compile(r"(?<![\\A-Za-z])rac(?=\s*\{)"), r"\\frac", r"rac{ for \frac{"),
    (re.compile(r"(?<![\\A-Za-z])imes(?![A-Za-z])"), r"\\times", r"imes for \times"),
    (re.compile(r"(?<![\\A-Za-z])heta(?![A-Za-z])"), r"\\theta", r"heta for \theta"),
    (re.compile(r"(?<![\\A-Za-z])abla(?![A-Za-z])"), r"\\nabla", r"abla for \nabla"),
    (re.compile(r"(?<![\\A-Za-z{])eta(?![A-Za-z])"), r"\\beta", r"eta for \beta"),
)


def _repaired(source: str) -> tuple[str, list[str]]:
    """The formula with commands whose first letters an escape has eaten, as extraction from PDF leaves them."""
    repairs = []
    if "\\" in source:
        for pattern, command, words in DAMAGE:
            source, count = pattern.subn(command, source)
            repairs += [words] * bool(count)
    return source, repairs


class _Lexer:
    def __init__(self, source: str, plain: bool) -> None:
        self.source, self.plain, self.place = source, plain, 0
        self.found: list[Token] = []
        self.repairs: list[str] = []
        self.spaced = True

    def all(self) -> list[Token]:
        while self.place < len(self.source):
            self.one()
            if len(self.found) > MOST_TOKENS:
                raise Unreadable(f"formula of more than {MOST_TOKENS} symbols: too long to be read; split it")
        return self.found

    def add(self, kind: str, text: str, tree: Tree | None = None) -> None:
        self.found.append(Token(kind, text, tree, not self.spaced))
        self.spaced = False

    def one(self) -> None:
        c = self.source[self.place]
        if c.isspace() or (c in "\u200b\u2009&" and not self._in_cases()):
            self.place += 1
            self.spaced = True
        elif c == "\\":
            self.command()
        elif c.isdigit() or (c == "." and self.source[self.place + 1 : self.place + 2].isdigit()):
            self.number()
        elif c in UNICODE_GREEK:
            self.place += 1
            self.name(UNICODE_GREEK[c])
        elif c.isascii() and c.isalpha():
            self.letters()
        elif c in SUPERSCRIPTS or c in SUBSCRIPTS:
            self.raised(SUPERSCRIPTS if c in SUPERSCRIPTS else SUBSCRIPTS)
        elif c in COMBINING and self.found and isinstance(self.found[-1].tree, Name):
            last = self.found[-1].tree
            self.found[-1] = Token(
                "NAME", last.base, Name(last.base, (*last.accents, COMBINING[c])), self.found[-1].close
            )
            self.place += 1
        else:
            self.mark(c)

    def _in_cases(self) -> bool:
        opened = sum(1 for t in self.found if t.kind == "CASES") - sum(1 for t in self.found if t.kind == "ENDCASES")
        return opened > 0

    def mark(self, c: str) -> None:
        two = self.source[self.place : self.place + 2]
        simple = {"+": "PLUS", "-": "MINUS", "−": "MINUS", "–": "MINUS", "^": "SUP", "_": "SUB", "{": "LBRACE", "}": "RBRACE", "(": "LPAR", ")": "RPAR",
                  "[": "LBRACKET", "]": "RBRACKET", ",": "COMMA", ";": "SEMI", "'": "PRIME", "′": "PRIME", "&": "AMP", "∂": "PARTIAL",
                  "∇": "NABLA", "∑": "SUM", "Σ": "SUM", "∏": "PROD", "√": "SQRT", "!": "BANG", ":": "COLON"}  # fmt: skip
        if two == "**":
            self.place += 2
            self.add("SUP", "^")
        elif two == "||":
            self.place += 2
            self.add("BAR", "||")
        elif two in RELATIONS:
            self.place += 2
            self.add("REL", RELATIONS[two])
        elif c in ("|", "‖"):
            self.place += 1
            self.add("BAR", "||" if c == "‖" else "|")
        elif c == "~" and not self.plain:
            self.place += 1
            self.spaced = True
        elif c in RELATIONS:
            self.place += 1
            self.add("REL", RELATIONS[c])
        elif c in TIMES:
            self.place += 1
            self.add("TIMES", c)
        elif c in QUOTIENTS:
            self.place += 1
            self.add("DIV", c)
        elif c == "…":
            self.place += 1
            self.add("DOTS", c)
        elif c in ".":
            self.place += 1
            while self.source[self.place : self.place + 1] == ".":
                self.place += 1
            if self.source[self.place - 2 : self.place] == "..":
                self.add("DOTS", "...")
        elif c in simple:
            self.place += 1
            self.add(simple[c], c)
        else:
            raise Unreadable(f"character {c!r}: is no part of a formula that is known; write it as LaTeX")

    def number(self) -> None:
        match = NUMBER.match(self.source, self.place)
        assert match is not None
        text = match.group().replace("{,}", "")
        if len(text) > MOST_DIGITS or ("e" in text.lower() and abs(int(text.lower().split("e")[1])) > MOST_DIGITS):
            raise Unreadable(f"number of {len(text)} characters: at most {MOST_DIGITS} digits are read")
        self.place = match.end()
        digits = len(text.split(".")[1]) if "." in text and "e" not in text.lower() else None
        self.add("NUMBER", text, Number(Fraction(text), digits))

    def letters(self) -> None:
        end = self.place
        while (
            end < len(self.source)
            and self.source[end].isascii()
            and (
                self.source[end].isalpha()
                or (
                    self.plain
                    and (
                        self.source[end].isdigit()
                        or (
                            self.source[end] == "_"
                            and self.source[end + 1 : end + 2].isalpha()
                            and end + 2 < len(self.source)
                            and self.source[end + 2].isalpha()
                        )
                    )
                )
            )
        ):
            end += 1
        run = self.source[self.place : end]
        if self._is_script(end) and len(run) > 2:  # w^{max} and v_{avg} are words, w_{ij} two letters
            self.place = end
            self.word(run)
            return
        if self.plain and len(run) > 1:
            self.place = end
            self.word(run)
            return
        for word in KNOWN_WORDS:
            if run.startswith(word) and (len(run) == len(word) or not self.plain):
                if len(word) < 3 and len(run) > len(word):
                    continue
                self.place += len(word)
                self.word(word)
                return
        self.place += 1
        self.name(run[0])

    def _is_script(self, end: int) -> bool:
        """Whether a run of letters is all that stands in the braces of an index or of what stands above."""
        opened = [token.kind for token in self.found[-2:]]
        return opened in (["SUP", "LBRACE"], ["SUB", "LBRACE"]) and self.source[end : end + 1] == "}"

    def word(self, word: str) -> None:
        lower = word.lower()
        if lower in GREEK or word in GREEK:
            self.name(word if word in GREEK else lower)
        elif lower in ("if", "when"):
            self.add("IF", word)
        elif lower in ("otherwise", "else"):
            self.add("OTHERWISE", word)
        elif lower in ("for", "where", "and", "with"):
            self.add("TEXT", lower)
        elif word in FUNCTIONS:
            self.add("FUNC", {"sgn": "sign", "ln": "log"}.get(word, word))
        else:
            self.name(word)

    def name(self, base: str) -> None:
        self.add("NAME", base, Name(base))

    def raised(self, table: dict[str, str]) -> None:
        run = ""
        while self.place < len(self.source) and self.source[self.place] in table:
            run += table[self.source[self.place]]
            self.place += 1
        self.add("SUP" if table is SUPERSCRIPTS else "SUB", "^")
        self.add("LBRACE", "{")
        inner = _Lexer(run, False)
        for token in inner.all():
            self.found.append(token)
        self.add("RBRACE", "}")

    # -- commands --------------------------------------------------------------------------------------------

    def command(self) -> None:
        match = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL).match(self.source, self.place)
        if match is None:
            raise Unreadable("a backslash at the end: is no command; complete or drop it")
        command = match.group(1)
        self.place = match.end()
        if command.isalpha() and self.source[self.place : self.place + 1] == "*":
            self.place += command in ("operatorname", "begin")
        if command in ("\\", "cr", "newline"):
            self.add("ROWSEP", command)
            self._skip_optional()
        elif command in ("hspace", "vspace", "color", "label", "tag", "textcolor", "phantom", "vphantom"):
            self._group_text()
            self.spaced = True
        elif command in SPACES:
            self.spaced = True
        elif command in (
            "left",
            "right",
            "middle",
            "big",
            "Big",
            "bigg",
            "Bigg",
            "bigl",
            "bigr",
            "Bigl",
            "Bigr",
            "biggl",
            "biggr",
        ):
            self._delimiter(command)
        elif command in ("begin", "end"):
            self._environment(command)
        elif command in ACCENTS:
            self._accent(ACCENTS[command])
        elif command in WORDY and self._peek() == "{":
            self._wordy()
        elif command in STYLES:
            pass
        elif command in GREEK:
            self.name(command)
        elif command in VARIANTS:
            self.name(VARIANTS[command])
        elif command in ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"):
            self.add("FRAC", command)
        elif command == "sqrt":
            self.add("SQRT", command)
        elif command in FUNCTIONS:
            self.add("FUNC", {"sgn": "sign", "ln": "log"}.get(command, command))
        elif command in RELATIONS:
            self.add("REL", RELATIONS[command])
        elif command in TIMES:
            self.add("TIMES", command)
        elif command in QUOTIENTS:
            self.add("DIV", command)
        elif command in ("|", "Vert", "lVert", "rVert"):
            self.add({"lVert": "LNORM", "rVert": "RNORM"}.get(command, "BAR"), "||")
        elif command in ("vert", "lvert", "rvert", "mid"):
            self.add({"lvert": "LABS", "rvert": "RABS"}.get(command, "BAR"), "|")
        elif command in ("{", "lbrace", "lbrack", "langle", "lfloor", "lceil"):
            self.add("LPAR", "{")
        elif command in ("}", "rbrace", "rbrack", "rangle", "rfloor", "rceil"):
            self.add("RPAR", "}")
        elif command in ("dots", "cdots", "ldots", "dotsc", "dotsb", "vdots"):
            self.add("DOTS", "...")
        elif command == "odot":
            self.add("TIMES", command)
        else:
            table = {
                "sum": "SUM",
                "prod": "PROD",
                "partial": "PARTIAL",
                "nabla": "NABLA",
                "&": "AMP",
                "%": "PERCENT",
                "Pr": "NAME",
                "mathbb": "NAME",
            }
            kind = table.get(command)
            if kind is None:
                raise Unreadable(f"command \\{command}: is not known; write it with standard commands")
            self.add(kind, command, Name(command) if kind == "NAME" else None)

    def _peek(self) -> str:
        place = self.place
        while place < len(self.source) and self.source[place].isspace():
            place += 1
        return self.source[place : place + 1]

    def _skip_optional(self) -> None:
        match = re.compile(r"\s*\[[-0-9.a-z]*\]").match(self.source, self.place)
        if match:
            self.place = match.end()

    def _delimiter(self, command: str) -> None:
        place = self.place
        while place < len(self.source) and self.source[place].isspace():
            place += 1
        c = self.source[place : place + 1]
        if c == ".":
            self.place = place + 1
        elif (
            c == "|"
            or self.source.startswith("\\|", place)
            or self.source.startswith("\\vert", place)
            or self.source.startswith("\\Vert", place)
        ):
            norm = self.source.startswith("\\|", place) or self.source.startswith("\\Vert", place)
            self.place = place + (1 if c == "|" else 2 if self.source.startswith("\\|", place) else 5)
            side = (
                "L"
                if command.endswith("l") or command == "left"
                else "R"
                if command.endswith("r") or command == "right"
                else ""
            )
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
        elif name not in (
            "split",
            "aligned",
            "align",
            "equation",
            "gather",
            "gathered",
            "multline",
            "eqnarray",
            "displaymath",
            "math",
            "alignat",
        ):
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
        self._argument()
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
        match = re.compile(r"\s*\{\s*([A-Za-z][A-Za-z .:-]*?)\s*\}").match(self.source, self.place)
        if match is None:
            return  # read what stands inside
        self.place = match.end()
        words = match.group(1).strip(" .:").split()
        if not words:
            return
        if len(words) == 1:
            self.word(words[0])
        elif words[0].lower() in ("if", "when"):
            self.add("IF", words[0])
            for word in words[1:]:
                self.word(word)
        elif words[-1].lower() in ("if", "when") or words[0].lower() == "otherwise":
            self.word(words[-1])
        elif len(words) <= 2 and all(w[0].isupper() for w in words):
            self.word("".join(words))
        elif words[0] in ("next", "new", "old", "previous"):
            self.word(words[0])
        else:
            self.add("TEXT", " ".join(words).lower())


# -- afterwards ----------------------------------------------------------------------------------------------


def _undoubled(found: list[Token], lexer: _Lexer) -> list[Token]:
    kept: list[Token] = []
    for token in found:
        if kept and token.kind == kept[-1].kind == "TIMES":
            lexer.repairs.append("an operator twice in a row")
        else:
            kept.append(token)
    return kept


def _check_depth(found: list[Token]) -> None:
    opened = 0
    for token in found:
        opened += (token.kind in OPENING) - (token.kind in CLOSING)
        if opened > MOST_DEPTH:
            raise Unreadable(f"brackets {opened} deep: at most {MOST_DEPTH} are read; give parts names of their own")


OPENING = frozenset(["LBRACE", "LPAR", "LBRACKET", "CASES"])
CLOSING = frozenset(["RBRACE", "RPAR", "RBRACKET", "ENDCASES"])
OPERANDS = frozenset(["NAME", "NUMBER", "RBRACE", "RPAR", "RBRACKET", "RABS", "RNORM", "PRIME", "DOTS"])


def _bars(found: list[Token]) -> list[Token]:
    """Tell opening bars from closing ones: a bar after an operand closes what is open."""
    opened: list[str] = []
    paired: list[Token] = []
    for k, token in enumerate(found):
        if token.kind != "BAR":
            opened += [token.text] if token.kind in ("LABS", "LNORM") else []
            if token.kind in ("RABS", "RNORM") and opened:
                opened.pop()
            paired.append(token)
            continue
        kind = "NORM" if token.text == "||" else "ABS"
        closes = bool(opened) and opened[-1] == token.text and bool(paired) and paired[-1].kind in OPERANDS
        if closes:
            opened.pop()
        elif not any(later.kind == "BAR" for later in found[k + 1 :]):
            paired.append(Token("COMMA", "|"))  # f(x | y)
            continue
        else:
            opened.append(token.text)
        paired.append(Token(("R" if closes else "L") + kind, token.text, None, token.close))
    return paired
