r"""Commands that a document defines for itself: found, and written out in formulas, as far as that is bounded.

`\newcommand`, `\renewcommand`, `\providecommand`, `\def`, `\let`, `\DeclareMathOperator` and `\DeclarePairedDelimiter`, with
arguments. A command that ends up in itself, or grows without end, is left as it stands: the formula is then unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_DEFINITIONS, MOST_BODY, MOST_DEPTH = 1_000, 2_000, 20
MOST_STEPS, MOST_STEPS_OF_A_DOCUMENT, MOST_CHARACTERS = 2_000, 300_000, 20_000

DEFINITION = re.compile(
    r"\\(newcommand|renewcommand|providecommand|DeclareRobustCommand|[gex]?def|let|"
    r"DeclareMathOperator|DeclarePairedDelimiter)(?![A-Za-z])\*?"
)
NAME = re.compile(r"\s*(?:\{\s*\\([A-Za-z@]+|.)\s*\}|\\([A-Za-z@]+|.))")
COUNT = re.compile(r"\s*\[\s*([0-9])\s*\]")
DEFAULT = re.compile(r"\s*\[([^\[\]]{0,200})\]")
PARAMETERS = re.compile(r"((?:#[1-9])*)(?=\s*\{)")
LET = re.compile(r"\s*=?\s*(\\(?:[A-Za-z@]+|.)|[^\s\\{}])")
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
PART = re.compile(r"\\[A-Za-z@]+|\\.|#[1-9]|[^\\#]+|.", re.DOTALL)
ARGUMENT = re.compile(r"\\[A-Za-z@]+|\\.|[^\s{}]", re.DOTALL)
OPTION = re.compile(r"[ \t]*\[([^\[\]]{0,200})\]")
NOT_NEWLINE = re.compile(r"[^\n]")
LETTER = re.compile(r"[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Macro:
    """A command of the document: its body holds #1, #2, ...; `default` makes the first argument optional."""

    name: str
    parameters: int
    body: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """Where in a document a command is defined."""

    start: int
    end: int
    macro: Macro


BUILT_IN = {macro.name: macro for macro in [Macro("ensuremath", 1, "#1")]}


class Budget:
    """How many more commands may be written out in one document."""

    def __init__(self, steps: int = MOST_STEPS_OF_A_DOCUMENT) -> None:
        self.steps = steps


class _Refused(ValueError):
    """A command ends up in itself, or grows without end."""


def group(text: str, place: int, most: int = MOST_BODY) -> tuple[str, int] | None:
    """Return what stands between the braces that open at `place`, after spaces, and the place after them.

    None where there are no braces, or where they are not closed within `most` characters.
    """
    while place < len(text) and text[place] in " \t\n":
        place += 1
    if place >= len(text) or text[place] != "{":
        return None
    depth = 0
    for brace in BRACE.finditer(text, place, min(len(text), place + most)):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return text[place + 1 : brace.start()], brace.end()
    return None


def definitions(text: str) -> list[Definition]:
    """Return the commands that `text` defines, in order; the first thousand of them."""
    found: list[Definition] = []
    end = 0
    for tried, match in enumerate(DEFINITION.finditer(text)):
        if tried >= MOST_DEFINITIONS:
            break
        if match.start() < end:
            continue  # a definition inside of a definition belongs to that
        one = _definition(text, match)
        if one is not None:
            found.append(one)
            end = one.end
    return found


def _definition(text: str, match: re.Match[str]) -> Definition | None:
    named = NAME.match(text, match.end())
    if named is None:
        return None
    name, place, kind = named[1] or named[2], named.end(), match[1]
    if kind == "let":
        meant = LET.match(text, place)
        return None if meant is None else Definition(match.start(), meant.end(), Macro(name, 0, meant[1]))
    parameters, default = 0, None
    if kind.endswith("def"):
        hashes = PARAMETERS.match(text, place)
        if hashes is None:
            return None  # arguments with words between them
        parameters, place = len(hashes[1]) // 2, hashes.end()
    elif "Declare" not in kind or kind == "DeclareRobustCommand":
        if count := COUNT.match(text, place):
            parameters, place = int(count[1]), count.end()
        if parameters and (given := DEFAULT.match(text, place)):
            default, place = given[1], given.end()
    body = group(text, place)
    if body is None:
        return None
    inner, place = body
    if kind == "DeclareMathOperator":
        return Definition(match.start(), place, Macro(name, 0, rf"\operatorname{{{inner}}}"))
    if kind == "DeclarePairedDelimiter":
        right = group(text, place)
        if right is None:
            return None
        return Definition(match.start(), right[1], Macro(name, 1, f"{inner} #1 {right[0]}"))
    return Definition(match.start(), place, Macro(name, parameters, inner, default))


def without_definitions(source: str) -> str:
    """Return a formula with spaces in place of the definitions that stand in it."""
    if "\\" not in source:
        return source
    kept, place = [], 0
    for one in definitions(source):
        kept += [source[place : one.start], NOT_NEWLINE.sub(" ", source[one.start : one.end])]
        place = one.end
    return "".join([*kept, source[place:]]) if place else source


def expanded(source: str, macros: Mapping[str, Macro], budget: Budget) -> str:
    """Return `source` with the commands of the document written out, or as it stands if that has no end."""
    if "\\" not in source or not macros:
        return source
    before = budget.steps
    allowed = Budget(min(before, MOST_STEPS))
    try:
        return _expanded(source, macros, allowed, [MOST_CHARACTERS], frozenset(), ())
    except _Refused:
        return source
    finally:
        budget.steps = before - (min(before, MOST_STEPS) - allowed.steps)


def _expanded(
    source: str,
    macros: Mapping[str, Macro],
    budget: Budget,
    room: list[int],
    active: frozenset[str],
    arguments: Sequence[str],
    depth: int = 0,
) -> str:
    """`active` are the commands in whose body this stands, `arguments` what #1, #2, ... are, written out already."""
    if depth > MOST_DEPTH:
        raise _Refused
    parts: list[str] = []
    place = 0
    while place < len(source):
        match = PART.match(source, place)
        assert match is not None
        part, place = match[0], match.end()
        macro = macros.get(part[1:]) if part[0] == "\\" else None
        if macro is not None:
            if macro.name in active or budget.steps <= 0:
                raise _Refused
            budget.steps -= 1
            raw, place = _arguments(macro, source, place)
            given = [_expanded(one, macros, budget, room, active, arguments, depth + 1) for one in raw]
            part = _expanded(macro.body, macros, budget, room, active | {macro.name}, given, depth + 1)
        elif part[0] == "#" and len(part) == 2:
            number = int(part[1])
            part = arguments[number - 1] if number <= len(arguments) else part
            room[0] -= len(part)
        else:
            room[0] -= len(part)
        if room[0] < 0:
            raise _Refused
        if parts and LETTER.match(part) and re.search(r"\\[A-Za-z@]+\Z", parts[-1][-40:]):
            parts.append(" ")  # \in and n are no \inn
        parts.append(part)
    return "".join(parts)


def _arguments(macro: Macro, source: str, place: int) -> tuple[list[str], int]:
    """What a command in `source` is applied to, and the place after it."""
    found: list[str] = []
    if macro.parameters and source[place : place + 1] == "*":
        place += 1
    if macro.default is not None:
        option = OPTION.match(source, place)
        found.append(macro.default if option is None else option[1])
        place = place if option is None else option.end()
    while len(found) < macro.parameters:
        braced = group(source, place, MOST_CHARACTERS)
        if braced is not None:
            inner, place = braced
        else:
            while place < len(source) and source[place].isspace():
                place += 1
            token = ARGUMENT.match(source, place)
            if token is None:
                raise _Refused
            inner, place = token[0], token.end()
        found.append(inner)
    return found, place
