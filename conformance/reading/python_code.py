"""Reads updates in Python, NumPy and torch style: parsed, never run. What is no formula is passed over."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import plain
from .python_expressions import ASSIGNED, COMPARED, IN_PLACE, changed, combined, function_name, target_of, tree_of
from .python_functions import stated_by, with_locals
from .tree import Call, Name, Row, Tree, Unreadable, walk

MOST_CHARACTERS, MOST_NODES = 200_000, 20_000
CONSTRUCTORS = frozenset({"zeros", "zeros_like", "ones", "empty", "zeros_initializer"})
OPAQUE = Call("opaque", ())  # a value that is no formula; what is computed from it cannot be judged
CHANGING = IN_PLACE | set(ASSIGNED)
MOST_NESTED = 40
TYPED = re.compile(r"^(?:const |static )?(?:float|double|auto|var|let|real|Tensor|scalar|int)\s+(?=[A-Za-z_]\w*\s*=)")
UPDATE = re.compile(r"(?:<-|←|:=|(?<![=<>!+\-*/])=(?!=))")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of code that is a formula; `line` counts from 1 within the block.

    `scope` numbers the functions and classes of the block, whose names are their own; 0 is outside of them.
    """

    line: int
    text: str
    row: Row | None
    trouble: str = ""
    scope: int = 0


def statements(source: str) -> list[Statement]:
    """Return the statements of a block that assign or compare numbers, in order. Never raises."""
    if len(source) > MOST_CHARACTERS:
        return [
            Statement(
                1,
                source[:60] + "…",
                None,
                f"code of {len(source)} characters: at most {MOST_CHARACTERS} are read; split it",
            )
        ]
    lines = [_cleaned(line) for line in source.split("\n")]
    body = _parsed("\n".join(lines))
    if body is None:
        return list(_line_by_line(lines))
    if sum(1 for _ in ast.walk(body)) > MOST_NODES:
        return [Statement(1, lines[0], None, f"code of more than {MOST_NODES} parts: too long to be read; split it")]
    scopes = [k if isinstance(one, (ast.FunctionDef, ast.ClassDef)) else 0 for k, one in enumerate(body.body, start=1)]
    return [
        replace(found, scope=scope)
        for scope, one in zip(scopes, body.body, strict=True)
        for found in _of_block([one], lines, None)
    ]


def _cleaned(line: str) -> str:
    """A line without prompts; commands of notebooks are none of ours."""
    line = re.sub(r"^(\s*)(?:>>> ?|\.\.\. |In \[\d*\]: )", r"\1", line.replace("\t", "    "))
    line = re.sub(r"^(\s*[A-Za-z_][\w.\[\]'\"]*)\s*(?:<- |←|:=)\s*", r"\1 = ", line)
    return re.sub(r"^(\s*)[%!?].*", r"\1pass", line)


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _line_by_line(lines: list[str]) -> Iterator[Statement]:
    """Pseudo code: each line by itself, as Python or else as a formula in plain text."""
    asked: list[tuple[int, Tree]] = []  # conditions that lines indented further stand under
    for number, line in enumerate(lines, start=1):
        text = TYPED.sub("", line.split("#")[0].split("//")[0].strip())
        indent = len(line) - len(line.lstrip())
        if text:
            asked = [one for one in asked if one[0] < indent]
        if (header := HEADER.match(text)) is not None:
            asked.append((indent, _asked(header.group(1))))
            continue
        if not UPDATE.search(text):
            continue
        condition = asked[-1][1] if asked else None
        body = _parsed(text)
        if body is not None:
            for found in _of_block(body.body, [text], condition):
                yield Statement(number, found.text, found.row, found.trouble)
            continue
        yield _written(number, text, condition)


HEADER = re.compile(r"(?:else ?|el)?(?:if|when)\b(.*?)(?::|\bthen\b|\bdo\b|\{)?\s*\Z")


def _asked(text: str) -> Tree:
    body = _parsed(text.strip())
    if body is not None and len(body.body) == 1 and isinstance(body.body[0], ast.Expr):
        try:
            return tree_of(body.body[0].value, 0)
        except Unreadable:
            return OPAQUE
    return OPAQUE


def _written(number: int, text: str, condition: Tree | None) -> Statement:
    """A line in plain text, in which = assigns."""
    try:
        row = plain.read(text).row
    except Unreadable as trouble:
        return Statement(number, text, None, str(trouble))
    if len(row.sides) == 2 and isinstance(row.sides[0], Call) and row.sides[0].head == "*":
        return Statement(number, text, None, "an assignment to a product: is not read")
    relations = tuple(":=" if relation == "=" else relation for relation in row.relations)
    return Statement(number, text, Row(row.sides, relations, condition or row.condition))


# -- statements ----------------------------------------------------------------------------------------------


def _of_block(
    body: list[ast.stmt], lines: list[str], condition: Tree | None, owner: str = "", depth: int = 0
) -> Iterator[Statement]:
    if depth > MOST_NESTED and body:
        yield Statement(
            body[0].lineno, _text(body[0], lines), None, f"blocks {depth} deep: at most {MOST_NESTED} are read"
        )
        return
    for statement in body:
        if isinstance(statement, (ast.For, ast.While, ast.With, ast.Try)):
            yield from _of_block(statement.body, lines, condition, owner, depth + 1)
        elif isinstance(statement, ast.If):
            yield from _of_block(statement.body, lines, _test(statement) or condition, owner, depth + 1)
            yield from _of_block(statement.orelse, lines, condition, owner, depth + 1)
        elif isinstance(statement, ast.FunctionDef):
            yield from _of_function(statement, lines, owner, depth)
        elif isinstance(statement, ast.ClassDef):
            yield from _of_block(statement.body, lines, condition, statement.name, depth + 1)
        else:
            yield from _of_statement(statement, lines, condition)


def _test(statement: ast.If) -> Tree | None:
    """What an `if` asks, nothing for a switch such as `if nesterov:`."""
    try:
        test = tree_of(statement.test, 0)
    except Unreadable:
        return None
    return test if isinstance(test, Call) and test.head in (*COMPARED.values(), "and") else None


def _of_function(statement: ast.FunctionDef, lines: list[str], owner: str, depth: int) -> Iterator[Statement]:
    """A function that returns a formula states it: f(x) = ...; the updates that it does stand by themselves."""
    try:
        found = stated_by(statement, owner)
    except Unreadable:
        found = None
    if found is not None:
        row, last = found
        yield Statement(last.lineno, _text(last, lines), row)
    elif statement.body:
        yield from _of_block(with_locals(statement), lines, None, owner, depth + 1)


def _text(node: ast.stmt, lines: list[str]) -> str:
    last = node.end_lineno or node.lineno
    return " ".join(line.strip() for line in lines[node.lineno - 1 : last])[:300]


def _of_statement(statement: ast.stmt, lines: list[str], condition: Tree | None) -> Iterator[Statement]:
    text = _text(statement, lines)
    if isinstance(statement, (ast.AugAssign, ast.Expr)):
        yield from _changing(statement, text, condition)
        return
    if isinstance(statement, ast.Assert):
        yield from _asserted(statement, text)
        return
    rows = []
    for target, value in _pairs(statement):
        try:
            if _is_filled(value):
                continue
            rows.append(_assigned(target_of(target), value, condition))
        except Unreadable:
            continue
    rows = [row for row in rows if row.sides[0] != row.sides[-1]]  # config["m"] = m
    for row in rows if len(rows) < 2 else _one_by_one(rows):
        yield Statement(statement.lineno, text, row)


def _is_filled(value: ast.expr) -> bool:
    """Whether a value is an array or a list of equal numbers: np.zeros(3), [0.0] * 3."""
    if isinstance(value, ast.BinOp) and isinstance(value.left, ast.List):
        return True
    return isinstance(value, ast.Call) and function_name(value) in CONSTRUCTORS


def _pairs(statement: ast.stmt) -> list[tuple[ast.expr, ast.expr]]:
    """Targets, each with its value."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return [(statement.target, statement.value)]
    if not isinstance(statement, ast.Assign):
        return []
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            pairs += zip(target.elts, statement.value.elts, strict=False)
        else:
            pairs.append((target, statement.value))
    return pairs


def _assigned(name: Name, value: ast.expr, condition: Tree | None) -> Row:
    if isinstance(value, ast.Lambda):
        arguments = tuple(Name(argument.arg) for argument in value.args.args)
        return Row((Call("apply", (name, *arguments)), tree_of(value.body, 0)), ("=",))
    try:
        return Row((name, tree_of(value, 0)), (":=",), condition)
    except Unreadable:
        return Row((name, _gradient_within(value) or OPAQUE), (":=",), condition)


def _gradient_within(value: ast.expr) -> Tree | None:
    """The gradient in what cannot be read as a whole, as in sum([grad(loss(f(x, w), y), w) for x, y in batch])."""
    for one in ast.walk(value):
        if isinstance(one, ast.Call) and "grad" in function_name(one).lower():
            try:
                return tree_of(one, 0)
            except Unreadable:
                return None
    return None


def _one_by_one(rows: list[Row]) -> list[Row]:
    """Assignments that are done at once, in an order in which none reads what another has changed already."""
    waiting, ordered = list(rows), []
    while waiting:
        free = [
            row for row in waiting
            if not any(row.sides[0] in walk(other.sides[1]) for other in waiting if other is not row)
        ]  # fmt: skip
        if not free:  # a, b = b, a
            return [Row((row.sides[0], OPAQUE), row.relations, row.condition) for row in rows]
        ordered.append(free[0])
        waiting.remove(free[0])
    return ordered


def _asserted(statement: ast.Assert, text: str) -> Iterator[Statement]:
    try:
        test = tree_of(statement.test, 0)
    except Unreadable:
        return
    if isinstance(test, Call) and test.head in COMPARED.values():
        yield Statement(statement.lineno, text, Row(test.args, ("=" if test.head == "==" else test.head,)))


def _changing(statement: ast.AugAssign | ast.Expr, text: str, condition: Tree | None) -> Iterator[Statement]:
    try:
        if isinstance(statement, ast.AugAssign):
            target = target_of(statement.target)
            row = Row((target, combined(statement.op, target, tree_of(statement.value, 0))), (":=",), condition)
        else:
            found = _in_place(statement.value)
            if found is None:
                return
            row = Row(found, (":=",), condition)
    except Unreadable:
        return
    yield Statement(statement.lineno, text, row)


# -- torch's changes in place --------------------------------------------------------------------------------


def _in_place(node: ast.expr) -> tuple[Tree, Tree] | None:
    """v.mul_(b).add_(g, alpha=a) as v := b v + a g; None for a call that changes nothing."""
    steps: list[ast.Call] = []
    inner = node
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in CHANGING:
        steps.append(inner)
        inner = inner.func.value
    if not steps:
        return None
    target = target_of(inner)
    value: Tree = target
    for step in reversed(steps):
        value = changed(value, step)
    return target, value
