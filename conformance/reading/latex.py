"""Reads a formula in LaTeX or plain text: a grammar over tokens, and trees built while it is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from lark import Lark, Transformer, UnexpectedInput
from lark.lexer import Lexer
from lark.lexer import Token as LarkToken

from .building import BESIDE, OVER, TIMES, Factor, Term, built, checked, factor_of, fraction, negative, scripted, total
from .latex_tokens import tokens
from .token import Token
from .tree import Call, Name, Number, Row, Tree, Unreadable

# Factors that stand side by side are put together afterwards, when it is known what stands beside what: f(x) is an
# application, ∂C/∂w a derivative, ∇J(w) a gradient.
GRAMMAR = r"""
row: side (REL side)*
side: term
    | PLUS term -> positive
    | MINUS term -> negative
    | side PLUS term -> plus
    | side MINUS term -> minus
term: factor
    | term factor -> beside
    | term TIMES factor -> times
    | term DIV factor -> over
    | term TIMES MINUS factor -> times_minus
    | term DIV MINUS factor -> over_minus
factor: atom
      | factor SUB argument -> below
      | factor SUP argument -> above
      | factor PRIME -> primed
argument: LBRACE items RBRACE -> group
        | LBRACE RBRACE -> empty
        | LBRACE sign RBRACE -> lone
        | NAME -> leaf
        | NUMBER -> leaf
        | sign -> lone
        | PRIME -> lone
        | command
sign: MINUS | PLUS | TIMES
items: item
     | items COMMA item -> more
     | items SEMI item -> more
item: side
    | side REL side -> relation
command: FRAC argument argument -> fraction
       | SQRT argument -> root
       | SQRT LBRACKET side RBRACKET argument -> any_root
atom: NAME -> leaf
    | NUMBER -> leaf
    | FUNC -> function
    | PARTIAL -> operator
    | NABLA -> operator
    | SUM -> operator
    | PROD -> operator
    | DOTS -> dots
    | command
    | LPAR items RPAR -> parens
    | LBRACKET items RBRACKET -> brackets
    | LBRACE items RBRACE -> braces
    | LABS items RABS -> absolute
    | LNORM items RNORM -> norm
    | CASES cases ENDCASES -> piecewise
cases: case
     | cases ROWSEP -> same
     | cases ROWSEP case -> another
case: side separator condition
    | side IF comparison
    | side IF AMP comparison
    | side OTHERWISE -> else_case
separator: AMP | COMMA | COMMA AMP | AMP COMMA
condition: comparison
         | IF comparison -> last
         | IF AMP comparison -> last
         | OTHERWISE -> otherwise
comparison: side REL side -> compared
          | side REL side REL side -> between
          | comparison COMMA -> first
          | OTHERWISE COMMA -> otherwise
"""
KINDS = (
    *(
        "NAME",
        "NUMBER",
        "FUNC",
        "PARTIAL",
        "NABLA",
        "SUM",
        "PROD",
        "DOTS",
        "FRAC",
        "SQRT",
        "PLUS",
        "MINUS",
        "TIMES",
        "DIV",
    ),
    *(
        "SUB",
        "SUP",
        "PRIME",
        "REL",
        "LPAR",
        "RPAR",
        "LBRACKET",
        "RBRACKET",
        "LBRACE",
        "RBRACE",
        "LABS",
        "RABS",
        "LNORM",
    ),
    *("RNORM", "COMMA", "SEMI", "AMP", "ROWSEP", "IF", "OTHERWISE", "CASES", "ENDCASES"),
)


@dataclass(frozen=True, slots=True)
class Read:
    """A row, and what was repaired to read it."""

    row: Row
    repairs: tuple[str, ...] = ()


def read(source: str, plain: bool = False) -> Read:
    """Return what a formula says. Raises `Unreadable` with one line: at what and why."""
    found, repairs = tokens(source, plain)
    found = _trimmed(found)
    if not found:
        raise Unreadable("no formula: there is nothing but words or spaces")
    try:
        row = _parser().parse(found)
    except UnexpectedInput as error:
        raise Unreadable(_trouble(error)) from None
    assert isinstance(row, Row)
    return Read(row, repairs)


def _trouble(error: UnexpectedInput) -> str:
    token = getattr(error, "token", None)
    if token is None or token.type == "$END":
        return "formula ends too early: something is missing at its end, perhaps a bracket"
    return f"{token.value.text!r}: cannot stand here; something before it is missing or not read"


def _trimmed(found: Sequence[Token]) -> list[Token]:
    """The tokens without words before and after, punctuation at the end and what follows a word like `where`."""
    kept = list(found)
    while kept and kept[0].kind in ("TEXT", "COLON", "COMMA", "AMP", "IF", "ROWSEP"):
        kept.pop(0)
    depth = 0
    for k, token in enumerate(kept):
        depth += (token.kind in ("LPAR", "LBRACKET", "LBRACE", "CASES")) - (
            token.kind in ("RPAR", "RBRACKET", "RBRACE", "ENDCASES")
        )
        if token.kind in ("TEXT", "IF", "OTHERWISE") and "CASES" not in [t.kind for t in kept[:k]]:
            cut = k
            while cut and kept[cut - 1].kind == "LPAR":
                cut -= 1
            kept = kept[:cut]
            break
    gaps = [k for k, token in enumerate(kept) if token.kind == "GAP"]
    if gaps and all(_is_remark(token) for token in kept[gaps[-1] + 1 :]):
        kept = kept[: gaps[-1]]
    kept = [t for t in kept if t.kind not in ("TEXT", "BANG", "PERCENT", "GAP")]
    while kept and kept[-1].kind in ("COMMA", "SEMI", "COLON", "ROWSEP", "AMP", "PERCENT"):
        kept.pop()
    return [t for t in kept if t.kind != "COLON"]


def _is_remark(token: Token) -> bool:
    """Whether a token after a wide space belongs to a remark such as (update)."""
    return token.kind in ("LPAR", "RPAR", "TEXT", "COMMA") or (token.kind == "NAME" and len(token.text) > 1)


class _Tokens(Lexer):
    """Hands over tokens that are there already."""

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[LarkToken]:
        for token in lexer_state:
            yield LarkToken(token.kind, token)


@dataclass(frozen=True, slots=True)
class Side:
    """A sum, and its only factor if there is just one: what stands above a name tells by its brackets what it is."""

    tree: Tree
    only: Factor | None = None


class _Builder(Transformer[Any, Any]):
    """Builds trees while the grammar is accepted, so that nothing is nested in calls. Each method is a rule of it."""

    def row(self, parts: list[Any]) -> Row:
        relations = tuple(_relation(part) for part in parts if isinstance(part, LarkToken))
        return Row(tuple(checked(part.tree) for part in parts if not isinstance(part, LarkToken)), relations)

    # sums
    def side(self, parts: list[Any]) -> Side:
        factors = parts[0].factors
        return Side(built(parts[0]), factors[0][1] if len(factors) == 1 else None)

    def positive(self, parts: list[Any]) -> Side:
        return Side(built(parts[1]))

    def negative(self, parts: list[Any]) -> Side:
        return Side(negative(built(parts[1])))

    def plus(self, parts: list[Any]) -> Side:
        return Side(total(parts[0].tree, built(parts[2])))

    def minus(self, parts: list[Any]) -> Side:
        return Side(total(parts[0].tree, negative(built(parts[2]))))

    # terms
    def term(self, parts: list[Any]) -> Term:
        return Term(((BESIDE, parts[0]),))

    def beside(self, parts: list[Any]) -> Term:
        return Term((*parts[0].factors, (BESIDE, parts[1])))

    def times(self, parts: list[Any]) -> Term:
        return Term((*parts[0].factors, (TIMES, parts[2])))

    def over(self, parts: list[Any]) -> Term:
        return Term((*parts[0].factors, (OVER, parts[2])))

    def times_minus(self, parts: list[Any]) -> Term:
        return Term((*parts[0].factors, (TIMES, factor_of(negative(scripted(parts[3]))))))

    def over_minus(self, parts: list[Any]) -> Term:
        return Term((*parts[0].factors, (OVER, factor_of(negative(scripted(parts[3]))))))

    # scripts
    def factor(self, parts: list[Any]) -> Any:
        return parts[0]

    def below(self, parts: list[Any]) -> Any:
        one, argument = parts[0], parts[2]
        if one.below:
            raise Unreadable("two indices below one symbol: put them into one pair of braces")
        items = argument.items if argument.kind == "group" else (scripted(argument),)
        return replace(one, below=items)

    def above(self, parts: list[Any]) -> Any:
        one, argument = parts[0], parts[2]
        if argument.kind == "group":
            argument = argument.above or (
                factor_of(argument.items[0])
                if len(argument.items) == 1
                else Factor("parens", argument.tree, argument.items)
            )
        if argument.kind == "lone" and str(argument.tree.base) == "'":
            return replace(one, primes=one.primes + 1)
        if one.above is not None:
            raise Unreadable("two powers of one symbol: put the first in parentheses")
        return replace(one, above=argument)

    def primed(self, parts: list[Any]) -> Any:
        return replace(parts[0], primes=parts[0].primes + 1)

    def group(self, parts: list[Any]) -> Factor:
        items, whole = parts[1]
        return Factor("group", items[0], items, above=whole)

    def empty(self, parts: list[Any]) -> Factor:
        return Factor("group", Name(""), ())

    def lone(self, parts: list[Any]) -> Factor:
        sign = next(p for p in parts if not (isinstance(p, LarkToken) and p.type in ("LBRACE", "RBRACE")))
        text = sign.value.text if isinstance(sign, LarkToken) else sign
        return Factor("lone", Name({"*": "*", "\u2212": "-"}.get(text, text)))

    def sign(self, parts: list[Any]) -> str:
        return str(parts[0].value.text)

    def argument(self, parts: list[Any]) -> Factor:
        return parts[0] if isinstance(parts[0], Factor) else factor_of(parts[0])

    # lists
    def items(self, parts: list[Any]) -> tuple[tuple[Tree, ...], Factor | None]:
        tree, whole = parts[0]
        return (tree,), whole

    def more(self, parts: list[Any]) -> tuple[tuple[Tree, ...], Factor | None]:
        return (*parts[0][0], parts[2][0]), None

    def item(self, parts: list[Any]) -> tuple[Tree, Factor | None]:
        return parts[0].tree, parts[0].only

    def relation(self, parts: list[Any]) -> tuple[Tree, Factor | None]:
        return Call(_relation(parts[1]), (parts[0].tree, parts[2].tree)), None

    # factors
    def atom(self, parts: list[Any]) -> Factor:
        return parts[0] if isinstance(parts[0], Factor) else factor_of(parts[0])

    def leaf(self, parts: list[Any]) -> Factor:
        return factor_of(parts[0].value.tree)

    def function(self, parts: list[Any]) -> Factor:
        return Factor("function", Name(parts[0].value.text))

    def operator(self, parts: list[Any]) -> Factor:
        return Factor(
            "operator", Name({"PARTIAL": "partial", "NABLA": "nabla", "SUM": "sum", "PROD": "prod"}[parts[0].type])
        )

    def dots(self, parts: list[Any]) -> Factor:
        return factor_of(Call("dots", ()))

    def command(self, parts: list[Any]) -> Factor:
        return factor_of(parts[0])

    def fraction(self, parts: list[Any]) -> Factor:
        return factor_of(fraction(_whole(parts[1]), _whole(parts[2])))

    def root(self, parts: list[Any]) -> Factor:
        return factor_of(Call("sqrt", (_whole(parts[1]),)))

    def any_root(self, parts: list[Any]) -> Factor:
        return factor_of(Call("sqrt", (_whole(parts[4]), parts[2].tree)))

    def parens(self, parts: list[Any]) -> Factor:
        items = parts[1][0]
        return Factor("parens", items[0], items)

    def brackets(self, parts: list[Any]) -> Factor:
        items = parts[1][0]
        return Factor("brackets", items[0], items)

    def braces(self, parts: list[Any]) -> Factor:
        items, whole = parts[1]
        return whole or Factor("braces" if len(items) > 1 else "call", items[0], items)

    def absolute(self, parts: list[Any]) -> Factor:
        return factor_of(Call("abs", parts[1][0]))

    def norm(self, parts: list[Any]) -> Factor:
        return factor_of(Call("norm", (*parts[1][0][:1], Number(Fraction(2)))))

    # cases
    def piecewise(self, parts: list[Any]) -> Factor:
        return factor_of(Call("cases", parts[1]))

    def cases(self, parts: list[Any]) -> tuple[Tree, ...]:
        return parts[0]  # type: ignore[no-any-return]

    def same(self, parts: list[Any]) -> tuple[Tree, ...]:
        return parts[0]  # type: ignore[no-any-return]

    def another(self, parts: list[Any]) -> tuple[Tree, ...]:
        return (*parts[0], *parts[2])

    def case(self, parts: list[Any]) -> tuple[Tree, ...]:
        return parts[0].tree, parts[-1]

    def else_case(self, parts: list[Any]) -> tuple[Tree, ...]:
        return parts[0].tree, Call("otherwise", ())

    def separator(self, parts: list[Any]) -> None:
        return None

    def condition(self, parts: list[Any]) -> Tree:
        return parts[-1]  # type: ignore[no-any-return]

    last = condition

    def first(self, parts: list[Any]) -> Tree:
        return parts[0]  # type: ignore[no-any-return]

    comparison = first

    def otherwise(self, parts: list[Any]) -> Tree:
        return Call("otherwise", ())

    def compared(self, parts: list[Any]) -> Tree:
        relation = _relation(parts[1])
        return Call("==" if relation == "=" else relation, (parts[0].tree, parts[2].tree))

    def between(self, parts: list[Any]) -> Tree:
        return Call("and", (self.compared(parts[:3]), self.compared(parts[2:])))


def _relation(token: LarkToken) -> str:
    return str(token.value.text)


def _whole(part: Any) -> Tree:
    """An argument as a tree."""
    if isinstance(part, Factor):
        if part.kind == "group":
            if len(part.items) != 1:
                raise Unreadable("a command with an argument that is empty or a list: give it one")
            return part.items[0]
        return scripted(part)
    return part  # type: ignore[no-any-return]


@cache
def _parser() -> Lark:
    return Lark(
        GRAMMAR + "".join(f"\n%declare {kind}" for kind in KINDS),
        start="row",
        parser="lalr",
        lexer=_Tokens,
        transformer=_Builder(),
        maybe_placeholders=False,
        keep_all_tokens=False,
    )
