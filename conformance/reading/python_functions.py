"""What a function of Python returns, as one formula of its arguments: by putting values in, never by a call."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from .python_expressions import COMPARED, combined, tree_of
from .tree import Call, Name, Row, Tree, Unreadable, walk

MOST_PARTS = 2_000  # of a formula after values have been put in
MOST_BRANCHES = 40
OF_CLASSES = frozenset(["forward", "call", "__call__"])  # a method of this name does what its class is called after


def stated_by(function: ast.FunctionDef, owner: str) -> tuple[Row, ast.stmt] | None:
    """Return f(x) = ... and the statement that returns it; None for a function that updates something.

    Raises `Unreadable` where it returns no formula.
    """
    arguments = [one for one in function.args.args if one.arg not in ("self", "cls")]
    last = function.body[-1]
    required = len(arguments) - len(function.args.defaults)
    if (
        not arguments
        or not any(isinstance(one, ast.Return) for one in ast.walk(function))
        or _updates(function, required)
    ):
        return None
    value = _returned(function.body, {}, 0)
    if value is None or isinstance(value, Name):
        return None
    name = owner if owner and function.name in OF_CLASSES else function.name
    if name.startswith("__"):
        raise Unreadable(f"{name}: is no name of a formula")
    given = tuple(Name(argument.arg) for argument in arguments)
    return Row((Call("apply", (Name(name), *given)), value), ("=",)), last


def _updates(function: ast.FunctionDef, required: int) -> bool:
    """Whether a function gives its arguments new values, as a step of training does: w = w - lr * g."""
    names = {argument.arg for argument in function.args.args}
    for one in ast.walk(function):
        target = (
            one.target if isinstance(one, ast.AugAssign) else one.targets[0] if isinstance(one, ast.Assign) else None
        )
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            return True
        if (
            not isinstance(target, ast.Name)
            or target.id not in names
            or not isinstance(one, (ast.Assign, ast.AugAssign))
        ):
            continue
        own = any(isinstance(part, ast.Name) and part.id == target.id for part in ast.walk(one.value))
        if required > 1 and (own or isinstance(one, ast.AugAssign)):
            return True
    return False


def with_locals(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return the body with a name of its own for every argument that only this call gives a new value.

    What a function is given and does not return starts anew at the next call: in `step_size = step_size * ...` nothing
    is carried from step to step.
    """
    kept = {name.id for one in ast.walk(function) for value in _leaving(one) for name in _names(value)}
    returns = any(isinstance(one, ast.Return) and one.value is not None for one in ast.walk(function))
    body = function.body
    for argument in function.args.args:
        place = next((k for k, one in enumerate(body) if _renews(one, argument.arg)), None)
        if returns and place is not None and argument.arg not in kept:
            renewed = body[place]
            assert isinstance(renewed, ast.Assign)
            other = _Renamed(argument.arg)
            first = ast.copy_location(ast.Assign([other.visit(deepcopy(renewed.targets[0]))], renewed.value), renewed)
            body = [*body[:place], first, *(other.visit(deepcopy(one)) for one in body[place + 1 :])]
    return body


def _leaving(one: ast.AST) -> list[ast.AST]:
    """The values by which something outlives a call: what is returned, and what is stored elsewhere."""
    if isinstance(one, (ast.Return, ast.Yield)):
        return [] if one.value is None else [one.value]
    if isinstance(one, ast.Assign) and isinstance(one.targets[0], (ast.Attribute, ast.Subscript)):
        return [one.value]
    return []


def _names(value: ast.AST) -> list[ast.Name]:
    return [part for part in ast.walk(value) if isinstance(part, ast.Name)]


def _renews(statement: ast.stmt, name: str) -> bool:
    """Whether a statement is name = ... name ..., which changes no array of the caller's."""
    return (
        isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id == name
        and any(part.id == name for part in _names(statement.value))
    )


class _Renamed(ast.NodeTransformer):
    """Gives a name another one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(f"{node.id}_now", node.ctx), node) if node.id == self.name else node


def _returned(body: Sequence[ast.stmt], values: Mapping[str, Tree], branches: int) -> Tree | None:
    """The value that statements return, None if they do anything but give names values and choose."""
    known = dict(values)
    if branches > MOST_BRANCHES:
        raise Unreadable(f"more than {MOST_BRANCHES} branches: are not read")
    for k, statement in enumerate(body):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.Return):
            return None if statement.value is None else _with_values(tree_of(statement.value, 0), known)
        if isinstance(statement, ast.If):
            test = _with_values(tree_of(statement.test, 0), known)
            if not (isinstance(test, Call) and test.head in (*COMPARED.values(), "and")):
                return None
            then = _returned(statement.body, known, branches + 1)
            other = _returned([*statement.orelse, *body[k + 1 :]], known, branches + 1) if then is not None else None
            return None if then is None or other is None else _chosen(then, test, other)
        given = _given(statement)
        if given is None:
            return None
        known[given[0]] = _with_values(given[1], known)
    return None


def _chosen(then: Tree, test: Tree, other: Tree) -> Tree:
    """The cases of a choice; a choice in its `else` adds cases to it."""
    more = other.args if isinstance(other, Call) and other.head == "cases" else (other, Call("otherwise", ()))
    return Call("cases", (then, test, *more))


def _given(statement: ast.stmt) -> tuple[str, Tree] | None:
    """The name that a statement gives a value, and the value."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        name = statement.target.id
        return name, combined(statement.op, Name(name), tree_of(statement.value, 0))
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, tree_of(statement.value, 0)
    return None


def _with_values(tree: Tree, values: Mapping[str, Tree]) -> Tree:
    """The tree with values for names. Raises `Unreadable` where it would become too large."""
    names = [one.base for one in walk(tree) if isinstance(one, Name) and one.base in values]
    if len(walk(tree)) + sum(len(walk(values[name])) for name in names) > MOST_PARTS:
        raise Unreadable(f"a formula of more than {MOST_PARTS} parts: is not read")
    return _replaced(tree, values)


def _replaced(tree: Tree, values: Mapping[str, Tree]) -> Tree:
    if isinstance(tree, Name):
        return values[tree.base] if tree.base in values and not tree.index else tree
    if isinstance(tree, Call):
        first = tree.args[:1] if tree.head == "apply" else ()  # the name of a function is no value
        return replace(tree, args=(*first, *(_replaced(arg, values) for arg in tree.args[len(first) :])))
    return tree
