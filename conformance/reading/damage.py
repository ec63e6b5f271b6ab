"""Repairs what an extraction from PDF did to LaTeX, and writes out commands that only arrange what they apply to."""

from __future__ import annotations

import re
import unicodedata

DAMAGE = (
    (re.compile(r"(?<![\\A-Za-z])rac(?=\s*\{)"), r"\\frac", r"rac{ for \frac{"),
    (re.compile(r"(?<![\\A-Za-z])imes(?![A-Za-z])"), r"\\times", r"imes for \times"),
    (re.compile(r"(?<![\\A-Za-z])heta(?![A-Za-z])"), r"\\theta", r"heta for \theta"),
    (re.compile(r"(?<![\\A-Za-z])abla(?![A-Za-z])"), r"\\nabla", r"abla for \nabla"),
    (re.compile(r"(?<![\\A-Za-z{])eta(?![A-Za-z])"), r"\\beta", r"eta for \beta"),
)


def repaired_source(source: str) -> tuple[str, list[str]]:
    """Return the formula with commands whose first letters an escape has eaten, as extraction from PDF leaves them."""
    repairs = []
    if "\\" in source:
        for pattern, command, words in DAMAGE:
            source, count = pattern.subn(command, source)
            repairs += [words] * bool(count)
    return source, repairs


TEXTS = r"\\(?:text|mbox|textrm|textnormal|mathrm|hbox)\s*"
ARRANGED = (
    (re.compile(r"\\underset\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r" \2_{\1} "),
    (re.compile(r"\\left\s*\.(.*?)\\right\s*(?:\||\\vert)\s*(?=_)", re.DOTALL), r"\1 \\evaluated "),
    (re.compile(r"\\[bB]igg?[rm]?\s*(?:\||\\vert|\\rvert)\s*(?=_)"), r" \\evaluated "),
    (re.compile(r"\\operatorname\*?\s*\{\s*arg(?:\\[,;:! ]|\s)*(?:\\(?=m))?(max|min)\s*\}"), r"\\operatorname{arg\1}"),
    (re.compile(r"\\arg(?:\\[,;:! ]|\s)*\\(max|min)(?![A-Za-z])"), r"\\operatorname{arg\1}"),
    (re.compile(r"\\math(?:rel|bin)\s*\{\s*\{?([-+*/])\}?\s*(?:=|\{=\})\s*\}"), r" \1= "),
    (re.compile(r"\\math(?:rel|bin)\s*\{\s*([-+*/])\s*\}\s*(?:\\!\s*)*(?:=|\{=\}|\\mathrel\s*\{=\})"), r" \1= "),
    (re.compile(r"(?<=[\w}\s])([-+*/])(?:\s*\\!)+\s*=(?!=)"), r" \1= "),
    (re.compile(TEXTS + r"\{([^{}$]*)\$([^${}]*)\$([^{}$]*)\}"), r"\\text{\1} \2 \\text{\3}"),
    (re.compile(TEXTS + r"\{\s*(if|when|for)\b([^{}]*[<>=≤≥][^{}]*)\}"), r"\\text{\1} \2 "),
    (re.compile(r"\\text\{[\s.,;]*\}"), " "),
    (re.compile(r"\\(?:stackrel|overset)\s*\{[^{}]*\}\s*(?:\{([^{}]*)\}|(?=\\))"), r" \1 "),
    (re.compile(r"&\s*,?\s*&"), " & "),  # a column of commas
    (re.compile(r"\\(?:tag|label|eqref|ref)\*?\s*\{[^{}]*\}"), " "),
)
MOST_OVERS = 20
CASES = re.compile(r"\\begin\{cases\}.*?\\end\{cases\}", re.DOTALL)


NUMBERED = re.compile(r"\A\s*\(?\d{1,2}[.)](?:\s|\\[,;: ]|~)+(?=[A-Za-z\\])")  # 1. or (2) before a formula
RAISED_MINUS = re.compile(r"\^[-−](\d+(?:\.\d+)?)")
RAISED_MINUS_OF_WORD = re.compile(r"\^[-−](\w+)")
SCRIPT_IN_BRACKETS = re.compile(r"[_^]\(")


def plain_commands(source: str, plain: bool) -> str:
    """Return the formula with each character in one spelling, and without commands that arrange their arguments."""
    if not source.isascii():
        source = "".join(_spelled(c) for c in source)
    source = NUMBERED.sub("", source)
    source = (RAISED_MINUS_OF_WORD if plain else RAISED_MINUS).sub(r"^{-\1}", source)
    if SCRIPT_IN_BRACKETS.search(source):
        source = _with_braces(source, plain)
    if "\\" not in source:
        return source
    source = CASES.sub(_with_rows, source)
    for pattern, instead in ARRANGED:
        source = pattern.sub(instead, source)
    for _ in range(MOST_OVERS):
        place = source.find("\\over")
        if place < 0 or source[place + 5 : place + 6].isalpha():
            break
        source = _with_fraction(source, place)
    return source


def _with_braces(source: str, plain: bool) -> str:
    """The formula with x^(1/2) as x^{1/2} in plain text, where brackets only group; in LaTeX they are printed."""
    closing: dict[int, str] = {}
    opened: list[bool] = []
    for place, character in enumerate(source):
        if character == "(":
            opened.append(source[place - 1 : place] in ("_", "^"))
            if opened[-1]:
                closing[place] = "{" if plain else "{("
        elif character == ")" and opened and opened.pop():
            closing[place] = "}" if plain else ")}"
    return "".join(closing.get(place, character) for place, character in enumerate(source))


def _spelled(character: str) -> str:
    """Letters of other styles are letters, and letters with an accent are followed by it."""
    if 0x1D400 <= ord(character) <= 0x1D7FF:
        return unicodedata.normalize("NFKC", character)
    apart = unicodedata.normalize("NFD", character)
    return apart if len(apart) == 2 and apart[0].isascii() and apart[0].isalpha() else character


def _with_rows(cases: re.Match[str]) -> str:
    r"""Cases with their rows apart where Markdown has made one backslash of the two between them."""
    text = cases.group()
    return text if "\\\\" in text or text.count("&") < 2 else re.sub(r"\\(?=\s)", r"\\\\", text)


def _with_fraction(source: str, place: int) -> str:
    r"""The formula with {a \over b} as a fraction."""
    start, end = _edge(source, place, -1), _edge(source, place + 5, 1)
    if start is None or end is None:
        return source
    above, below = source[start + 1 : place], source[place + 5 : end]
    return rf"{source[:start]}\frac{{{above}}}{{{below}}}{source[end + 1 :]}"


def _edge(source: str, place: int, step: int) -> int | None:
    """Where the group around `place` begins or ends."""
    depth = 0
    here = place - 1 if step < 0 else place
    while 0 <= here < len(source):
        if source[here] in "{}" and source[here - 1 : here] != "\\":
            depth += 1 if (source[here] == "{") == (step > 0) else -1
            if depth < 0:
                return here
        here += step
    return None
