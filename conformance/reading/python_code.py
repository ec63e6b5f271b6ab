"""Reads updates in Python, NumPy and torch style: parsed, never run. What is no formula is passed over."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from . import plain
from .tree import Call, Name, Number, Row, Tree, Unreadable

MOST_CHARACTERS, MOST_NODES, MOST_DEPTH, MOST_DIGITS = 200_000, 20_000, 60, 400
ARITHMETIC: dict[type[ast.operator], str] = {ast.Mult: "*", ast.Div: "/", ast.Pow: "^", ast.MatMult: "matmul"}
COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
FUNCTIONS = {
    "sqrt": "sqrt", "exp": "exp", "log": "log", "tanh": "tanh", "abs": "abs", "fabs": "abs", "absolute": "abs", "maximum": "max",
    "max": "max", "minimum": "min", "min": "min", "sign": "sign", "sigmoid": "sigmoid", "expit": "sigmoid", "softmax": "softmax",
    "relu": "relu", "mean": "mean", "average": "mean", "var": "var", "std": "std", "sum": "sum", "dot": "matmul", "matmul": "matmul",
    "mul": "*", "multiply": "*", "add": "+", "divide": "/", "div": "/", "power": "^", "pow": "^", "erf": "erf", "sin": "sin", "cos": "cos",
    "clip": "clip", "clamp": "clip", "where": "where", "norm": "norm", "square": "square", "argmax": "argmax", "log1p": "log1p", "expm1": "expm1",
}  # fmt: skip
RANDOM = frozenset(
    {
        "randn",
        "rand",
        "normal",
        "uniform",
        "standard_normal",
        "randn_like",
        "rand_like",
        "binomial",
        "bernoulli",
        "random",
    }
)
IN_PLACE = frozenset(
    {"add_", "sub_", "mul_", "div_", "addcmul_", "addcdiv_", "copy_", "lerp_", "pow_", "sqrt_", "neg_", "clamp_"}
)
TRANSPARENT = frozenset(
    {
        "clone",
        "detach",
        "item",
        "float",
        "double",
        "numpy",
        "copy",
        "contiguous",
        "array",
        "asarray",
        "tensor",
        "squeeze",
        "data",
    }
)
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
        test: Tree | None = _tree(statement.test, 0)
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
            last, lines, lambda: Row((Call("apply", (Name(statement.name), *names)), _tree(last.value, 0)), ("=",))
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
            if isinstance(value, ast.Call) and _function_name(value) in CONSTRUCTORS:
                continue
            name = _target(target)
        except Unreadable:
            continue
        try:
            row = Row((name, _tree(value, 0)), (":=",), condition)
        except Unreadable:
            row = Row((name, OPAQUE), (":=",), condition)
        yield Statement(statement.lineno, text, row)


def _changing(statement: ast.AugAssign | ast.Expr, text: str, condition: Tree | None) -> Iterator[Statement]:
    try:
        if isinstance(statement, ast.AugAssign):
            target = _target(statement.target)
            row = Row((target, _combined(statement.op, target, _tree(statement.value, 0))), (":=",), condition)
        else:
            found = _in_place(statement.value)
            if found is None:
                return
            row = Row(found, (":=",), condition)
    except Unreadable:
        return
    yield Statement(statement.lineno, text, row)


def _target(node: ast.expr) -> Name:
    tree = _tree(node, 0)
    if not isinstance(tree, Name):
        raise Unreadable("an assignment to what is no name")
    return tree


def _combined(operator: ast.operator, left: Tree, right: Tree) -> Tree:
    if isinstance(operator, ast.Add):
        return Call("+", (*(left.args if isinstance(left, Call) and left.head == "+" else (left,)), right))
    if isinstance(operator, ast.Sub):
        return _combined(ast.Add(), left, _negative(right))
    head = ARITHMETIC.get(type(operator))
    if head is None:
        raise Unreadable(f"operator {type(operator).__name__}: is no arithmetic")
    if head == "*":
        parts: tuple[Tree, ...] = ()
        for one in (left, right):
            parts += one.args if isinstance(one, Call) and one.head == "*" else (one,)
        return Call("*", parts)
    return Call(head, (left, right))


def _negative(tree: Tree) -> Tree:
    return Call("neg", (tree,))


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
    target = _target(inner)
    value: Tree = target
    for step in reversed(steps):
        value = _changed(value, step)
    return target, value


def _changed(value: Tree, step: ast.Call) -> Tree:
    assert isinstance(step.func, ast.Attribute)
    name = step.func.attr
    args = [_tree(arg, 0) for arg in step.args]
    more = {keyword.arg: _tree(keyword.value, 0) for keyword in step.keywords if keyword.arg}
    scale = more.get("alpha", more.get("value"))
    if name in ("addcmul_", "addcdiv_"):
        if len(args) == 3:  # the scale first, as it used to be
            scale, args = args[0], args[1:]
        part: Tree = _combined(ast.Mult() if name == "addcmul_" else ast.Div(), args[0], args[1])
        return _combined(ast.Add(), value, part if scale is None else _combined(ast.Mult(), scale, part))
    if name in ("add_", "sub_"):
        if len(args) == 2:
            scale, args = args[0], args[1:]
        part = args[0] if scale is None else _combined(ast.Mult(), scale, args[0])
        return _combined(ast.Add() if name == "add_" else ast.Sub(), value, part)
    if name == "lerp_":
        return Call("+", (value, _combined(ast.Mult(), args[1], Call("+", (args[0], _negative(value))))))
    if name in ("mul_", "div_", "pow_"):
        return _combined({"mul_": ast.Mult(), "div_": ast.Div(), "pow_": ast.Pow()}[name], value, args[0])
    if name == "copy_":
        return args[0]
    if name in ("sqrt_", "neg_"):
        return Call(name[:-1], (value,))
    raise Unreadable(f"{name}: is not read")


# -- expressions ---------------------------------------------------------------------------------------------


def _tree(node: ast.expr, depth: int) -> Tree:
    """The tree of an expression. Raises `Unreadable` for what is no formula."""
    if depth > MOST_DEPTH:
        raise Unreadable(f"brackets more than {MOST_DEPTH} deep: give parts names of their own")
    deeper = depth + 1
    if isinstance(node, ast.Constant):
        return _number(node)
    if isinstance(node, ast.Name):
        return _named(node.id)
    if isinstance(node, ast.Attribute):
        return _attribute(node, deeper)
    if isinstance(node, ast.Subscript):
        return _subscript(node, deeper)
    if isinstance(node, ast.BinOp):
        return _combined(node.op, _tree(node.left, deeper), _tree(node.right, deeper))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inner = _tree(node.operand, deeper)
        return _negative(inner) if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.Compare):
        return _compared(node, deeper)
    if isinstance(node, ast.IfExp):
        parts = (_tree(node.body, deeper), _tree(node.test, deeper), _tree(node.orelse, deeper), Call("otherwise", ()))
        return Call("cases", parts)
    if isinstance(node, (ast.Tuple, ast.List)):
        return Call("vector", tuple(_tree(one, deeper) for one in node.elts))
    if isinstance(node, ast.Call):
        return _call(node, deeper)
    raise Unreadable(f"{type(node).__name__}: is no part of a formula")


def _number(node: ast.Constant) -> Number:
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        raise Unreadable(f"{str(node.value)[:20]!r}: is no number")
    if isinstance(node.value, int) and node.value.bit_length() > 4 * MOST_DIGITS:
        raise Unreadable(f"number of more than {MOST_DIGITS} digits: is not read")
    try:
        return Number(Fraction(str(node.value)))
    except (ValueError, OverflowError):
        raise Unreadable("inf or nan: is no number") from None


def _named(word: str) -> Name:
    if word.startswith("__"):
        raise Unreadable(f"{word}: is no name of a formula")
    return Name(word)


def _attribute(node: ast.Attribute, depth: int) -> Tree:
    """self.lr is lr, p.grad the gradient, w.T the transposed w."""
    if node.attr.startswith("__"):
        raise Unreadable(f"{node.attr}: is no name of a formula")
    if node.attr in TRANSPARENT:
        return _tree(node.value, depth)
    if node.attr == "T":
        return Call("transpose", (_tree(node.value, depth),))
    if node.attr == "pi":
        return Name("pi")
    return Name(node.attr)


def _subscript(node: ast.Subscript, depth: int) -> Tree:
    """state["m"] is m; m[i] is m with an index."""
    place = node.slice
    if isinstance(place, ast.Constant) and isinstance(place.value, str):
        inner = node.value
        base = inner.id if isinstance(inner, ast.Name) else inner.attr if isinstance(inner, ast.Attribute) else ""
        return _of_table(base, place.value)
    whole = _tree(node.value, depth)
    if not isinstance(whole, Name):
        raise Unreadable("an element of what is no name")
    if isinstance(place, (ast.Slice, ast.Tuple)) or (isinstance(place, ast.Constant) and place.value is None):
        return whole
    return Name(whole.base, whole.accents, (*whole.index, _tree(place, depth)), whole.mark)


def _of_table(table: str, key: str) -> Name:
    if not key.isidentifier() or key.startswith("__"):
        raise Unreadable(f"{key[:20]!r}: is no name of a formula")
    if table in (
        "state",
        "config",
        "group",
        "hyper",
        "hparams",
        "self",
        "opt",
        "cfg",
        "params",
        "parameters",
        "grads",
        "gradients",
        "cache",
    ) and table not in ("grads", "gradients"):
        return Name(key)
    if table in ("grads", "gradients"):
        return Name(key if key.startswith("d") else f"d{key}")
    return Name(table, index=(Name(key),)) if table else Name(key)


def _compared(node: ast.Compare, depth: int) -> Tree:
    if len(node.ops) != 1 or type(node.ops[0]) not in COMPARED:
        raise Unreadable("a chain of comparisons: write them one by one")
    return Call(COMPARED[type(node.ops[0])], (_tree(node.left, depth), _tree(node.comparators[0], depth)))


def _function_name(node: ast.Call) -> str:
    return (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else node.func.id
        if isinstance(node.func, ast.Name)
        else ""
    )


def _call(node: ast.Call, depth: int) -> Tree:
    if isinstance(node.func, ast.Call) and "grad" in _function_name(node.func).lower():  # grad(loss)(w)
        return Call("grad", (Call("vector", tuple(_tree(arg, depth) for arg in node.args)),))
    name = _function_name(node)
    if name.startswith("__") or not name:
        raise Unreadable(f"{name or 'a call'}: is no function of a formula")
    if name in IN_PLACE:
        raise Unreadable(f"{name}: changes something inside a formula")
    args = [_tree(arg, depth) for arg in node.args if not isinstance(arg, ast.Starred)]
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    is_method = inner is not None and not _is_module(inner)
    if is_method and inner is not None:
        if name == "grad":
            return Name("grad")
        args = [_tree(inner, depth), *args]
    if name in RANDOM:
        return Call("random", (Name(name), *args[is_method:]))
    if name in TRANSPARENT and args:
        return args[0]
    if "grad" in name.lower():  # of whatever it is given: where it is taken stands among the arguments
        return Call("grad", (Call("vector", tuple(arg for arg in args if arg != Name("self"))),))
    head = FUNCTIONS.get(name)
    if head is None:
        if node.keywords or name[0].isupper():
            raise Unreadable(f"{name}: is no function of numbers that is known")  # a layer, an optimizer, a class
        return Call("apply", (_named(name), *args))
    return _known(head, args, node, depth)


def _known(head: str, args: list[Tree], node: ast.Call, depth: int) -> Tree:
    more = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if head == "square":
        return Call("^", (args[0], Number(Fraction(2))))
    if head == "where" and len(args) == 3:
        return Call("cases", (args[1], args[0], args[2], Call("otherwise", ())))
    if head == "norm":
        return Call("norm", (args[0], args[1] if len(args) > 1 else Number(Fraction(2))))
    if head == "clip":
        low = args[1] if len(args) > 1 else _keyword(more, ("min", "a_min"), depth)
        high = args[2] if len(args) > 2 else _keyword(more, ("max", "a_max"), depth)
        inner = args[0] if high is None else Call("min", (args[0], high))
        return inner if low is None else Call("max", (inner, low))
    if head in ("sum", "mean", "var", "max", "min") and args:
        args = args[:1] if head not in ("max", "min") or len(args) == 1 else args
    if not args:
        raise Unreadable(f"{head}: has no operand")
    if head in ("+", "*"):
        return _combined(ast.Add() if head == "+" else ast.Mult(), args[0], args[1]) if len(args) > 1 else args[0]
    return Call(head, tuple(args))


def _keyword(more: dict[str, ast.expr], names: tuple[str, ...], depth: int) -> Tree | None:
    return next((_tree(more[name], depth) for name in names if name in more), None)


def _is_module(node: ast.expr) -> bool:
    """np, torch, np.linalg, F: what functions are taken from."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in (
        "np", "numpy", "torch", "tf", "jnp", "jax", "math", "F", "K", "keras", "scipy", "nn", "mx", "nd", "cp", "tensorflow", "special", "random",
    )  # fmt: skip
