"""What words in formulas are: names, functions, `if` and `otherwise`, or remarks."""

from __future__ import annotations

import re

from .latex_tables import FUNCTIONS, GREEK
from .token import Token
from .tree import Name

WORDS = re.compile(r"\s*\{[\s,;.:([]*((?:[A-Za-z]|\\_)(?:[A-Za-z0-9 .:,'\])-]|\\_)*?)\s*\}")
PROBABILITY = re.compile(r"(?:with prob(?:ability|\.)?|w\.? ?p\.?)(?![A-Za-z])\s*(.*)\Z")
VOWELS = "aeiouy"
CALLED = re.compile(r"['’′]*(?:\^\{?\d\}?)?\(")
STOPPERS = frozenset(["for", "where", "and", "or", "with", "then", "such"])


def is_called(source: str, start: int, end: int) -> bool:
    """Return whether parentheses follow a run of letters at once, or an index one that can be spoken: Loss_{total}."""
    if CALLED.match(source, end) is not None:
        return True
    spoken = end - start > 3 and any(c in VOWELS for c in source[start:end].lower())
    return spoken and source[end : end + 1] == "_"


def token_of(word: str, in_cases: bool) -> Token:
    """Return the token that a word is; `for` and `and` say conditions within cases."""
    lower = word.lower()
    if lower in GREEK or word in GREEK:
        return _name(word if word in GREEK else lower)
    if lower in ("if", "when") or (lower == "for" and in_cases):
        return Token("IF", word)
    if lower in ("otherwise", "else"):
        return Token("OTHERWISE", word)
    if lower in ("and", "or") and in_cases:
        return Token(lower.upper(), word)
    if lower in STOPPERS:
        return Token("TEXT", lower)
    if word in FUNCTIONS:
        return Token("FUNC", {"sgn": "sign", "ln": "log"}.get(word, word))
    return _name(word)


def tokens_of(group: re.Match[str], in_cases: bool) -> list[Token]:
    """Return the tokens of a group of words, such as that of a text command."""
    if group.group().lstrip(" {").startswith(("(", "[")):
        return [Token("TEXT", "remark " + group.group(1).lower())]
    words = group.group(1).replace("-", "_").replace("\\_", "_").replace(",", " ").strip(" .:)").split()
    if (chance := PROBABILITY.match(" ".join(words))) is not None:  # a mask: what comes of a number from 0 to 1
        rest = chance.group(1).split()
        return [Token("IF", "if"), _name("rand"), Token("REL", "<"), *(token_of(word, in_cases) for word in rest)]
    if len(words) < 2:
        return [token_of(word, in_cases) for word in words]
    if words[0].lower() in ("if", "when"):
        return [Token("IF", words[0]), *(token_of(word, in_cases) for word in words[1:])]
    if words[0].lower() == "otherwise":
        return [token_of(words[0], in_cases)]
    if words[-1].lower() in ("if", "when"):
        return [token_of(words[-1], in_cases)]
    if len(words) <= 2 and all(word[0].isupper() for word in words):
        return [token_of("".join(words), in_cases)]
    if words[0] in ("next", "new", "old", "previous"):
        return [token_of(words[0], in_cases)]
    return [Token("TEXT", " ".join(words).lower())]


def _name(base: str) -> Token:
    return Token("NAME", base, Name(base))
