"""Reads updates in Python, NumPy and torch style: parsed, never run. What is no formula is passed over."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from . import plain
from .python_expressions import COMPARED, IN_PLACE, combined, function_name, negative, target_of, tree_of
from .tree import Call, Name, Row, Tree, Unreadable

MOST_CHARACTERS, MOST_NODES = 200_000, 20_000
CONSTRUCTORS = frozenset({"zeros", "zeros_like", "ones", "empty", "zeros_initializer"})
OPAQUE = Call("opaque", ())  # a value that is no formula; what is computed from it cannot be judged
UPDATE = re.compile(r"(?:<-|←|:=|(?<![=<>!+\-*/])=(?!=))")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of code that is a formula; `line` counts from 1 within the block."""

    line: int
    text: str
    row: Row | None
    trouble: str = ""


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
    return list(_of_block(body.body, lines, None))


def _cleaned(line: str) -> str:
    """A line without prompts; commands of notebooks are none of ours."""
    line = re.sub(r"^(\s*)(?:>>> ?|\.\.\. |In \[\d*\]: )", r"\1", line.replace("\t", "    "))
    line = re.sub(r"^(\s*[A-Za-z_][\w.]*)\s*(?:<- |←|:=)\s*", r"\1 = ", line)
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
    for number, line in enumerate(lines, start=1):
        text = line.split("#")[0].strip()
        if not UPDATE.search(text):
            continue
        body = _parsed(text)
        if body is not None:
            for found in _of_block(body.body, [text], None):
                yield Statement(number, found.text, found.row, found.trouble)
            continue
        try:
            row = plain.read(text).row
        except Unreadable as trouble:
            yield Statement(number, text, None, str(trouble))
        else:
            yield Statement(number, text, Row(row.sides, tuple(":=" if r == "=" else r for r in row.relations)))


# -- statements ----------------------------------------------------------------------------------------------


def _of_block(body: list[ast.stmt], lines: list[str], condition: Tree | None) -> Iterator[Statement]:
    for statement in body:
        if isinstance(statement, (ast.For, ast.While, ast.With, ast.Try)):
            yield from _of_block(statement.body, lines, condition)
        elif isinstance(statement, ast.If):
            yield from _of_if(statement, lines, condition)
        elif isinstance(statement, ast.FunctionDef):
            yield from _of_function(statement, lines)
        elif isinstance(statement, ast.ClassDef):
            yield from _of_block(statement.body, lines, condition)
        else:
            yield from _of_statement(statement, lines, condition)


def _of_if(statement: ast.If, lines: list[str], condition: Tree | None) -> Iterator[Statement]:
    try:
        test: Tree | None = tree_of(statement.test, 0)
    except Unreadable:
        test = None
    if test is not None and not (isinstance(test, Call) and test.head in COMPARED.values()):
        test = None  # a switch such as `if nesterov:`
    yield from _of_block(statement.body, lines, test or condition)
    yield from _of_block(statement.orelse, lines, condition)


def _of_function(statement: ast.FunctionDef, lines: list[str]) -> Iterator[Statement]:
    """A function that returns a formula states it: f(x) = ...; what it does before stands by itself."""
    body = [one for one in statement.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    last = body[-1] if body else None
    if isinstance(last, ast.Return) and last.value is not None and len(body) == 1:
        names = tuple(Name(arg.arg) for arg in statement.args.args if arg.arg != "self")
        yield from _stated(
            last, lines, lambda: Row((Call("apply", (Name(statement.name), *names)), tree_of(last.value, 0)), ("=",))
        )
        return
    yield from _of_block(body, lines, None)


def _stated(node: ast.stmt, lines: list[str], make: object) -> Iterator[Statement]:
    text = _text(node, lines)
    try:
        yield Statement(node.lineno, text, make())  # type: ignore[operator]
    except Unreadable:
        return


def _text(node: ast.stmt, lines: list[str]) -> str:
    last = node.end_lineno or node.lineno
    return " ".join(line.strip() for line in lines[node.lineno - 1 : last])[:300]


def _of_statement(statement: ast.stmt, lines: list[str], condition: Tree | None) -> Iterator[Statement]:
    text = _text(statement, lines)
    pairs: list[tuple[ast.expr, ast.expr]] = []
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                pairs += zip(target.elts, statement.value.elts, strict=False)
            else:
                pairs.append((target, statement.value))
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        pairs.append((statement.target, statement.value))
    elif isinstance(statement, (ast.AugAssign, ast.Expr)):
        yield from _changing(statement, text, condition)
        return
    for target, value in pairs:
        try:
            if isinstance(value, ast.Call) and function_name(value) in CONSTRUCTORS:
                continue
            name = target_of(target)
        except Unreadable:
            continue
        try:
            row = Row((name, tree_of(value, 0)), (":=",), condition)
        except Unreadable:
            row = Row((name, OPAQUE), (":=",), condition)
        yield Statement(statement.lineno, text, row)


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
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in IN_PLACE:
        steps.append(inner)
        inner = inner.func.value
    if not steps:
        return None
    target = target_of(inner)
    value: Tree = target
    for step in reversed(steps):
        value = _changed(value, step)
    return target, value


def _changed(value: Tree, step: ast.Call) -> Tree:
    assert isinstance(step.func, ast.Attribute)
    name = step.func.attr
    args = [tree_of(arg, 0) for arg in step.args]
    more = {keyword.arg: tree_of(keyword.value, 0) for keyword in step.keywords if keyword.arg}
    scale = more.get("alpha", more.get("value"))
    if name in ("addcmul_", "addcdiv_"):
        if len(args) == 3:  # the scale first, as it used to be
            scale, args = args[0], args[1:]
        part: Tree = combined(ast.Mult() if name == "addcmul_" else ast.Div(), args[0], args[1])
        return combined(ast.Add(), value, part if scale is None else combined(ast.Mult(), scale, part))
    if name in ("add_", "sub_"):
        if len(args) == 2:
            scale, args = args[0], args[1:]
        part = args[0] if scale is None else combined(ast.Mult(), scale, args[0])
        return combined(ast.Add() if name == "add_" else ast.Sub(), value, part)
    if name == "lerp_":
        return Call("+", (value, combined(ast.Mult(), args[1], Call("+", (args[0], negative(value))))))
    if name in ("mul_", "div_", "pow_"):
        return combined({"mul_": ast.Mult(), "div_": ast.Div(), "pow_": ast.Pow()}[name], value, args[0])
    if name == "copy_":
        return args[0]
    if name in ("sqrt_", "neg_"):
        return Call(name[:-1], (value,))
    raise Unreadable(f"{name}: is not read")
