"""The grammar of formulas over tokens; trees are built while it is accepted, so that nothing is nested in calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from lark import Lark, Transformer, UnexpectedInput
from lark.lexer import Lexer
from lark.lexer import Token as LarkToken

from .building import BESIDE, OVER, TIMES, Factor, Term, built, checked, factor_of, is_mark, negative, scripted, total
from .differentials import at_point, fraction, product
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
      | factor EVAL SUB argument -> evaluated
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
    | LPAR items RBRACKET -> half_open
    | LBRACKET items RPAR -> half_open
    | LBRACE items RBRACE -> braces
    | LABS items RABS -> absolute
    | LNORM items RNORM -> norm
    | LFLOOR items RFLOOR -> rounded
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
comparison: single
          | comparison AND single -> both
          | comparison OR single -> both
          | comparison COMMA -> first
          | OTHERWISE COMMA -> otherwise
single: side REL side -> compared
      | side REL side REL side -> between
"""
KINDS = sorted(set(re.findall(r"\b[A-Z]{2,}\b", GRAMMAR)))


def parse(found: Sequence[Token]) -> Row:
    """Return the row that tokens say. Raises `Unreadable`."""
    try:
        row = _parser().parse(found)
    except UnexpectedInput as error:
        raise Unreadable(_trouble(error)) from None
    assert isinstance(row, Row)
    return row


def _trouble(error: UnexpectedInput) -> str:
    token = getattr(error, "token", None)
    if token is None or token.type == "$END":
        return "formula ends too early: something is missing at its end, perhaps a bracket"
    return f"{token.value.text!r}: cannot stand here; something before it is missing or not read"


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
    """Each method is a rule of the grammar."""

    def row(self, parts: list[Any]) -> Row:
        relations = tuple(_relation(part) for part in parts if isinstance(part, LarkToken))
        sides = tuple(checked(part.tree) for part in parts if not isinstance(part, LarkToken))
        if not set(relations) & CHANGES:
            return Row(sides, relations)
        if len(sides) != 2:
            raise Unreadable(f"{relations[0]!r}: cannot stand in a chain; write the update in a row of its own")
        return Row((sides[0], _changed(sides[0], relations[0], sides[1])), (":=",))

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
            one = _marked(one, argument)
        return replace(one, above=argument)

    def primed(self, parts: list[Any]) -> Any:
        return replace(parts[0], primes=parts[0].primes + 1)

    def evaluated(self, parts: list[Any]) -> Factor:
        return factor_of(at_point(scripted(parts[0]), _whole(parts[3])))

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

    def half_open(self, parts: list[Any]) -> Factor:
        items = parts[1][0]
        if len(items) != 2:
            raise Unreadable(f"{parts[2].value.text!r}: closes another bracket than was opened")
        return factor_of(Call("interval", items))

    def rounded(self, parts: list[Any]) -> Factor:
        return factor_of(Call(str(parts[0].value.text), parts[1][0][:1]))

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

    comparison = single = first

    def both(self, parts: list[Any]) -> Tree:
        return Call(parts[1].type.lower(), (parts[0], parts[2]))

    def otherwise(self, parts: list[Any]) -> Tree:
        return Call("otherwise", ())

    def compared(self, parts: list[Any]) -> Tree:
        relation = _relation(parts[1])
        return Call("==" if relation == "=" else relation, (parts[0].tree, parts[2].tree))

    def between(self, parts: list[Any]) -> Tree:
        return Call("and", (self.compared(parts[:3]), self.compared(parts[2:])))


CHANGES = frozenset(["+=", "-=", "*=", "/="])


def _changed(target: Tree, relation: str, by: Tree) -> Tree:
    """The value that x += y gives."""
    if relation in ("+=", "-="):
        return total(target, by if relation == "+=" else negative(by))
    return product(target, by) if relation == "*=" else fraction(target, by)


def _marked(one: Factor, argument: Factor) -> Factor:
    """What has something above already, as a name of its own: {x^{(i)}}^2, {z^{[l]}}^{(i)}. Raises `Unreadable`."""
    tree = scripted(one) if one.above is not None and is_mark(one.above) else None
    if not isinstance(tree, Name) or tree.mark is None:
        raise Unreadable("two powers of one symbol: put the first in parentheses")
    if is_mark(argument):  # the number of a layer and that of an example: all stands in one layer
        layer = isinstance(tree.mark, Name) and len(tree.mark.base) == 1
        tree = replace(tree, index=tree.index if layer else (*tree.index, tree.mark), mark=None)
    return factor_of(tree)


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
