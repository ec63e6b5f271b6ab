"""What the delimiters of formulas, code and slides look like in Markdown, plain text and LaTeX."""

from __future__ import annotations

import re

MOST_CHARACTERS = 20_000

ENVIRONMENTS = frozenset([
    "equation", "align", "aligned", "alignat", "alignedat", "flalign", "gather", "gathered", "multline",
    "multlined", "split", "eqnarray", "displaymath", "math", "cases", "dcases", "dmath", "dgroup",
    "IEEEeqnarray", "empheq",
])  # fmt: skip
VERBATIM = frozenset(
    ["verbatim", "Verbatim", "lstlisting", "minted", "python", "pythoncode", "pyverbatim", "semiverbatim"]
)
SKIPPED = frozenset(["comment", "tikzpicture", "thebibliography", "filecontents"])
PYTHON = re.compile(
    r"(?i)(?:i?python\d?|py\d?|pycon|numpy|pytorch|torch|tensorflow|keras|jax|pseudo\w*|algorithm|text|plain|txt|)\Z"
)
MATHEMATICS = frozenset(["math", "latex", "tex", "katex"])
DISPLAYS = frozenset([
    "equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "displaymath",
])  # fmt: skip
CLOSING = {"(": ")", "[": "]"}
INLINE = frozenset(["$", r"\(", r"\\("])

SHARED = r"""
      (?P<gap>\n(?:[ \t]*\n)+)
    | (?P<feed>\f)
    | (?P<begin>\\begin[ ]?\{(?P<opened>[A-Za-z]{1,20})\*?\})
    | (?P<end>\\end[ ]?\{(?P<closed>[A-Za-z]{1,20})\*?\})
"""
TEXT = re.compile(
    r"(?P<fence>^(?P<margin>[ \t]*(?:>[ \t]?)*(?:(?:[-*+►▶•]|\d{1,3}[.)])[ \t]+)?)(?P<ticked>`{3,}|~{3,})(?P<info>[^\n`]*)$)"
    r"|(?P<highlight>\{%-?[ ]highlight[ ](?P<language>\w*)[^%\n]{0,80}%\})"
    r"|(?P<heading>^[ ]{0,3}\#{1,6}[ \t][^\n]*)"
    r"|(?P<rule>^[ ]{0,3}(?:-{3,}|={3,}|_{3,}|\*{3,}|-[ ]-[ ]-|\*[ ]\*[ ]\*)[ \t]*$)"
    r"|(?P<comment><!--)"
    r"|(?P<ticks>`+)"
    r"|(?P<dollars>\$\$?)"
    r"|(?P<bracket>(?<!\\)\\{1,2}(?P<which>[()\[\]]))"
    r"|" + SHARED + r"|(?P<escape>\\.)",
    re.MULTILINE | re.VERBOSE,
)
LATEX = re.compile(
    r"(?P<comment>%[^\n]*)"
    r"|(?P<verb>\\verb\*?(?P<mark>[^A-Za-z\s*])[^\n]*?(?P=mark))"
    r"|(?P<heading>\\(?:part|chapter|section|subsection|subsubsection|frame|frametitle|slidehead|newpage|clearpage)(?![A-Za-z]))"
    r"|(?P<dollars>\$\$?)"
    r"|(?P<bracket>\\(?P<which>[()\[\]]))"
    r"|" + SHARED + r"|(?P<alias>\\[A-Za-z]+)|(?P<escape>\\.)",
    re.MULTILINE | re.VERBOSE,
)
ASSIGNMENT = re.compile(r"[ \t]*[A-Za-z_][\w.]*(?:\[[^\]\n]{0,60}\])?[ \t]*[-+*/]?=[ \t]*[^=\s]")
NAME_OF_SHELL = re.compile(r"(?=.*[A-Za-z]{2})[\w .:/,;'\"()@-]+", re.DOTALL)
KEYWORD = re.compile(r"(?:Id|Revision|Date|Author|Header|[A-Z]{5,})(?::[^=\\]*)?")
SIGN = re.compile(r"[=^_<>+]|\\[A-Za-z]{2}|[a-z]\(|∇|∂|←|≤|≥")
COMMAND = re.compile(r"\\[A-Za-z]{2}")
PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,}[,.;]? +(?=[a-z]{2,}\b)")  # a word before a word
WORD = re.compile(r"(?<![\\A-Za-z{])[a-z]{3,}(?![A-Za-z}(])")
OPTIONS = re.compile(r"(?:[ \t]*\[[^\]\n]*\])?(?:[ \t]*\{[^}\n]*\})?(?:[ \t]*\n)?")
LANGUAGE = re.compile(r"(?i)(?:language[ ]*=[ ]*\{?|\{)([A-Za-z0-9]+)")


def is_money(text: str, start: int, end: int) -> bool:
    """Whether the dollar signs at `start` and `end` are no pair: $5 and $10."""
    inner = text[start + 1 : end][:MOST_CHARACTERS]
    after, before = text[end + 1 : end + 2], text[start - 1 : start] if start else ""
    opens_wide, closes_wide = inner[:1].isspace(), inner[-1:].isspace()
    if (after.isdigit() or closes_wide) and inner[:1].isdigit() and "\\" not in inner:
        return True
    if before.isdigit() and opens_wide and "\\" not in inner:
        return True
    if NAME_OF_SHELL.fullmatch(inner) and (after.isalnum() or after in ("{", "(", "_", "/", '"')):
        return True
    if closes_wide and not opens_wide and after and not after.isspace() and after not in ".,;:!?)-*":
        return True
    return "\\" not in inner and len(PROSE.findall(inner)) > 1
