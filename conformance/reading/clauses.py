"""Splits what one row states into clauses: several statements, the condition of each, remarks that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .latex_tables import GREEK
from .token import CLOSING, OPENING, Token
from .tree import Name, Number, Unreadable

SEPARATORS = frozenset(["COMMA", "SEMI", "GAP"])
OPERATORS = frozenset(["PLUS", "MINUS", "TIMES", "DIV", "REL"])
INEQUALITIES = frozenset(["<", ">", "<=", ">=", "!="])
JOINING = frozenset(["and", "or", "then"])
# Words after which nothing is stated any more, and that are in no name.
STOPPING = frozenset(
    ["where", "with", "for", "if", "then", "is", "are", "when", "such", "since", "while", "which", "we", "that", "and", "or",
     "the", "so", "because", "until", "remark"]
)  # fmt: skip
# Letters of settings: 0 < β < 1 beside an update tells where it is used, and is no condition of its steps.
SETTINGS = frozenset(
    ["alpha", "beta", "gamma", "delta", "epsilon", "eta", "lambda", "mu", "nu", "rho", "tau", "kappa", "lr", "t"]
)


@dataclass(slots=True)
class Clause:
    """The tokens of one statement, and those of each condition that it stands under."""

    tokens: list[Token]
    conditions: list[list[Token]] = field(default_factory=list)


def clauses(found: Sequence[Token]) -> list[Clause]:
    """Return the statements of a row, in order. Raises `Unreadable` for what would change the meaning if left out."""
    kept = _with_choice(_without_label(_named(found)))
    first: list[list[Token]] = []
    if kept and kept[0].kind == "IF":
        condition, kept = _leading_condition(kept)
        first = [condition] if condition else []
    done: list[Clause] = []
    ranged = False
    for separator, segment in _with_cases([(kind, _trimmed(part)) for kind, part in _segments(kept)]):
        if not segment or (done and _is_remark(segment)):
            continue
        if ranged and not _relations(segment):
            continue
        ranged = False
        if separator == "IF" and done:
            done[-1].conditions.append(segment)
        elif separator == "FOR":
            if done and set(_relations(segment)) & INEQUALITIES and not _has(segment, "DOTS"):
                done[-1].conditions.append(segment)
        elif not done:
            done.append(Clause(segment))
        elif _relations(segment):
            ranged = _state(done, separator, segment)
        elif separator == "GAP":
            words = all(token.kind in ("NAME", "FUNC") and len(token.text) > 1 for token in segment)
            done[-1].tokens += [] if words and not any(token.text in GREEK for token in segment) else segment
        else:
            _list(done[-1], segment)
    for clause in done:
        clause.conditions = first + clause.conditions
    return done


# -- words -----------------------------------------------------------------------------------------------------


def _named(found: Sequence[Token]) -> list[Token]:
    """The tokens with words that stand where an operand does as names, and with 50 % as a number."""
    kept: list[Token] = []
    for k, token in enumerate(found):
        after = found[k + 1].kind if k + 1 < len(found) else ""
        if token.kind == "PERCENT":
            if not kept or not isinstance(kept[-1].tree, Number):
                continue
            kept[-1] = replace(kept[-1], tree=Number(kept[-1].tree.value / 100))
        elif token.kind == "BANG":
            raise Unreadable("'!': factorials are not read")
        elif token.kind == "TEXT" and _is_name(token.text, kept[-1].kind if kept else "", after):
            name = "_".join(token.text.split())
            kept.append(Token("NAME", name, Name(name)))
        else:
            kept.append(token)
    return kept


def _is_name(text: str, before: str, after: str) -> bool:
    """Whether words such as `learning rate` are an operand of what stands beside them."""
    if set(text.split()) & STOPPING:
        return False
    operand_before = before in OPERATORS or before in ("LPAR", "LBRACE", "SUB", "SUP")
    operand_after = after in OPERATORS or after in ("", "RPAR", "RBRACE", "SUB", "SUP", "COMMA", "PRIME", "LPAR")
    return (operand_before and (operand_after or before == "LBRACE")) or (before == "" and after in OPERATORS)


def _without_label(found: list[Token]) -> list[Token]:
    """The tokens without words before the formula; a colon after a name introduces it: `update: w = ...`."""
    kept = list(found)
    while kept and kept[0].kind in ("TEXT", "COLON", "COMMA", "AMP", "ROWSEP", "GAP"):
        kept.pop(0)
    for k, token in _top(kept):
        if (
            token.kind == "COLON"
            and kept[0].kind != "IF"
            and any(t.kind not in ("ROWSEP", "TEXT") for t in kept[k + 1 :])
        ):
            if _relations(kept[:k]) or any(t.kind not in ("NAME", "NUMBER", "TEXT", "FUNC", "GAP") for t in kept[:k]):
                raise Unreadable("':': separates two statements in a way that is not known; write them in two rows")
            return _mapped(kept[:k], kept[k + 1 :])
        if token.kind in ("COMMA", "IF"):
            break
    return kept


def _mapped(label: list[Token], rest: list[Token]) -> list[Token]:
    """What stands after a colon; f: x ↦ y is f(x) = y."""
    arrow = len(rest) > 1 and rest[0].kind == "NAME" and rest[1].kind == "REL" and rest[1].text == ":="
    if (
        arrow
        and len(label) == 1
        and label[0].kind == "NAME"
        and len(label[0].text) == 1
        and label[0].text != rest[0].text
    ):
        return [*label, Token("LPAR", "("), rest[0], Token("RPAR", ")"), Token("REL", "="), *rest[2:]]
    return rest


# -- conditions ------------------------------------------------------------------------------------------------


def _with_choice(found: list[Token]) -> list[Token]:
    """The tokens with `x if x > 0 else y` as cases."""
    places = {token.kind: k for k, token in reversed(_top(found)) if token.kind in ("IF", "OTHERWISE")}
    if "IF" not in places or "OTHERWISE" not in places or not 0 < places["IF"] < places["OTHERWISE"] < len(found) - 1:
        return found
    start = max((k + 1 for k, token in _top(found[: places["IF"]]) if token.kind == "REL"), default=0)
    value, test = _trimmed(found[start : places["IF"]]), _trimmed(found[places["IF"] + 1 : places["OTHERWISE"]])
    other = _trimmed(found[places["OTHERWISE"] + 1 :])
    choice = [*value, Token("IF", "if"), *test, Token("ROWSEP", "\\"), *other, Token("OTHERWISE", "otherwise")]
    return [*found[:start], Token("CASES", "cases"), *choice, Token("ENDCASES", "cases")]


def _with_cases(segments: list[tuple[str, list[Token]]]) -> list[tuple[str, list[Token]]]:
    """The segments with `f(x) = x if x > 0, 0 otherwise` as one with cases: values, each with its condition."""
    told = [(kind, part) for kind, part in segments if part]
    kinds = [kind if kind in ("IF", "FOR") else "" for kind, _ in told]
    if len(told) < 4 or len(told) % 2 or any(bool(kind) != bool(k % 2) for k, kind in enumerate(kinds)):
        return segments
    first, values = told[0][1], [part for _, part in told[2::2]]
    if not _relations(first) or any(_relations(value) for value in values):
        return segments
    start = [k for k, token in _top(first) if token.kind == "REL"][-1] + 1
    cases: list[Token] = []
    for value, (_, condition) in zip((first[start:], *values), told[1::2], strict=True):
        when = condition if condition[0].kind == "OTHERWISE" else [Token("IF", "if"), *condition]
        cases += [*([Token("ROWSEP", "\\")] if cases else []), *value, *when]
    return [("COMMA", [*first[:start], Token("CASES", "cases"), *cases, Token("ENDCASES", "cases")])]


def _leading_condition(found: list[Token]) -> tuple[list[Token], list[Token]]:
    """The condition that a row begins with, and what is done then: if |g| > c: g = ..."""
    for k, token in _top(found):
        if token.kind in ("COLON", "COMMA", "GAP") or (token.kind == "TEXT" and token.text == "then"):
            rest = found[k + 1 :]
            while rest and rest[0].kind in ("COLON", "COMMA", "GAP", "TEXT"):
                rest.pop(0)
            if rest:
                return _trimmed(found[1:k]), rest
    return [], found[1:]


# -- segments --------------------------------------------------------------------------------------------------


def _top(found: Sequence[Token]) -> list[tuple[int, Token]]:
    """The tokens outside of brackets, with their places."""
    depth, top = 0, []
    for k, token in enumerate(found):
        depth -= token.kind in CLOSING
        if depth == 0 and token.kind not in OPENING and token.kind not in CLOSING:
            top.append((k, token))
        depth += token.kind in OPENING
    return top


def _segments(found: list[Token]) -> list[tuple[str, list[Token]]]:
    """The parts between commas, wide spaces and words, each with what it follows; nothing from a word like `where` on."""
    segments: list[tuple[str, list[Token]]] = []
    start, kind = 0, "COMMA"
    for k, token in [*_top(found), (len(found), Token("END", ""))]:
        opens = {"IF": "IF", "END": "END"}.get(token.kind, token.kind if token.kind in SEPARATORS else "")
        if token.kind == "TEXT":
            opens = "FOR" if token.text == "for" else "COMMA" if token.text in JOINING else "STOP"
        elif token.kind == "OTHERWISE":
            opens = "IF"
        if not opens:
            continue
        segments.append((kind, found[start:k]))
        start, kind = (k if token.kind == "OTHERWISE" else k + 1), _stronger(opens, kind, found[start:k])
        if opens == "STOP":
            break
    return segments


def _stronger(opens: str, kind: str, between: list[Token]) -> str:
    """A comma and a wide space together are a comma; `, if` and `for` hold on."""
    if not _trimmed(between) and kind in ("COMMA", "SEMI", "IF", "FOR") and opens in SEPARATORS:
        return kind
    return opens


def _trimmed(segment: Sequence[Token]) -> list[Token]:
    """The tokens without punctuation at both ends, and without what says nothing within."""
    depth, kept = 0, []
    for token in segment:
        depth += (token.kind == "CASES") - (token.kind == "ENDCASES")
        if token.kind not in ("GAP", "COLON") and not (token.kind == "AMP" and not depth):
            kept.append(token)
    while kept and kept[-1].kind in ("COMMA", "SEMI", "COLON", "ROWSEP", "AMP"):
        kept.pop()
    while kept and kept[0].kind in ("COMMA", "SEMI", "COLON", "ROWSEP", "AMP"):
        kept.pop(0)
    return _without_remark(kept)


def _without_remark(kept: list[Token]) -> list[Token]:
    """The tokens without words in parentheses at the end."""
    if len(kept) > 2 and kept[-1].kind == "RPAR":
        start = max((k for k, token in enumerate(kept) if token.kind == "LPAR"), default=0)
        inside = kept[start + 1 : -1]
        starred = [token.text for token in inside] in (["*"], ["star"], ["dagger"])
        if start and (starred or (_has(inside, "TEXT") and _is_remark(kept[start:]))):
            return kept[:start]
    return kept


def _is_remark(segment: Sequence[Token]) -> bool:
    """Whether tokens after a wide space are a remark such as (update), or the number of an equation."""
    inside = segment[1:-1] if segment[0].kind in ("LPAR", "LBRACKET") else ()
    if inside and len(inside) < 4 and all(t.kind in ("NUMBER", "NAME", "DOTS") for t in inside):
        return segment[-1].kind in CLOSING
    words = all(
        t.kind in ("LPAR", "RPAR", "LBRACKET", "RBRACKET", "TEXT", "COMMA", "FUNC")
        or (t.kind == "NAME" and len(t.text) > 1)
        for t in segment
    )
    return words and (bool(inside) or _has(segment, "TEXT"))


def _relations(segment: Sequence[Token]) -> list[str]:
    return [token.text for _, token in _top(segment) if token.kind == "REL"]


def _has(segment: Sequence[Token], kind: str) -> bool:
    return any(token.kind == kind for token in segment)


# -- what a further segment is -----------------------------------------------------------------------------------


def _state(done: list[Clause], separator: str, segment: list[Token]) -> bool:
    """Add a segment with a relation; return whether it is the beginning of a range i = 1, ..., n, which says nothing."""
    last, relations = done[-1], _relations(segment)
    if not _relations(last.tokens):
        if separator == "GAP":
            words = all(token.kind == "NAME" and len(token.text) > 1 for token in last.tokens)
            last.tokens = segment if words else last.tokens + segment
        else:
            place = next(k for k, token in _top(segment) if token.kind == "REL")
            last.tokens = _vector(last.tokens, segment[:place]) + segment[place:]
        return False
    if set(relations) <= INEQUALITIES and not set(_relations(last.tokens)) <= INEQUALITIES:
        names = [token.text for token in segment if token.kind in ("NAME", "FUNC")]
        side = next(k for k, token in _top(last.tokens) if token.kind == "REL")
        argument = {token.text for token in last.tokens[:side] if token.kind == "NAME"}
        if not set(names) <= SETTINGS or set(names) & argument:
            last.conditions.append(segment)
        return False
    if relations == ["in"]:
        return True
    index = relations == ["="] and segment[0].kind == "NAME" and segment[0].text in ("i", "j", "k", "l", "n", "t", "m")
    if (
        index
        and segment[1].kind == "REL"
        and segment[-1].kind in ("NUMBER", "DOTS")
        and (_has(segment, "DOTS") or segment[-1].text in ("0", "1"))
    ):
        return True
    done.append(Clause(segment))
    return False


def _list(clause: Clause, segment: list[Token]) -> None:
    """Add what follows a comma to the last side: x = 1, 2, 3."""
    places = [k for k, token in _top(clause.tokens) if token.kind == "REL"]
    start = places[-1] + 1 if places else 0
    clause.tokens = clause.tokens[:start] + _vector(clause.tokens[start:], segment)


def _vector(one: list[Token], other: list[Token]) -> list[Token]:
    if len(one) > 2 and one[0].text == "vector" and one[-1].text == "vector":
        one = one[1:-1]
    return [Token("LPAR", "vector"), *one, Token("COMMA", ","), *other, Token("RPAR", "vector")]
