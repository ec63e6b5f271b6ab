"""Expressions of Python as trees: by a whitelist, never evaluated."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from .tree import Call, Name, Number, Tree, Unreadable

MOST_DEPTH, MOST_DIGITS = 60, 400
ARITHMETIC: dict[type[ast.operator], str] = {ast.Mult: "*", ast.Div: "/", ast.Pow: "^", ast.MatMult: "matmul"}
COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
# Words of NumPy, torch and Python, and what they mean in a formula.
FUNCTIONS = dict(
    pair.split(":")
    for pair in (
        "sqrt:sqrt exp:exp log:log tanh:tanh abs:abs fabs:abs absolute:abs max:max maximum:max min:min minimum:min sign:sign "
        "sigmoid:sigmoid expit:sigmoid softmax:softmax relu:relu mean:mean average:mean var:var std:std sum:sum erf:erf sin:sin "
        "cos:cos where:where norm:norm square:square argmax:argmax argmin:argmin log1p:log1p expm1:expm1 dot:matmul matmul:matmul "
        "mul:* multiply:* add:+ subtract:- sub:- divide:/ true_divide:/ div:/ power:^ pow:^ clip:clip clamp:clip neg:neg "
        "negative:neg reciprocal:reciprocal rsqrt:rsqrt softplus:softplus floor:floor clip_by_value:clip lerp:lerp "
        "addcmul:addcmul addcdiv:addcdiv sinh:sinh cosh:cosh"
    ).split()
)
MODULES = frozenset(
    "np numpy torch tf tensorflow jnp jax math Math F K keras scipy nn mx nd cp special random sp onp xp ops mp cupy".split()
)
RANDOM = frozenset("randn rand normal uniform standard_normal randn_like rand_like binomial bernoulli random".split())
IN_PLACE = frozenset("add_ sub_ mul_ div_ addcmul_ addcdiv_ copy_ lerp_ pow_ sqrt_ neg_ clamp_ square_".split())
ASSIGNED = {"assign": "copy_", "assign_add": "add_", "assign_sub": "sub_"}  # of TensorFlow
SILENT = frozenset(
    "axis dim keepdims keepdim dtype size device inplace requires_grad ord p".split()
)  # as far as they matter
UNBIASED = frozenset("ddof correction unbiased".split())
UNARY = frozenset(
    "sqrt exp log tanh abs sign sigmoid relu softmax erf sin cos square reciprocal rsqrt log1p expm1".split()
)
TRANSPARENT = frozenset(
    "clone detach item float double numpy copy contiguous array asarray tensor squeeze data value constant cpu cuda"
    " convert_to_tensor astype to".split()
)
TABLES = frozenset("state config group hyper hparams self opt cfg params parameters cache".split())  # table["m"] is m
DERIVATIVES = frozenset({"df", "dJ", "dL", "dE", "dC", "df_dx", "dfdx", "dJ_dw", "f_prime", "fprime"})  # of costs


def combined(operator: ast.operator, left: Tree, right: Tree) -> Tree:
    """Return the tree of `left operator right`, sums and products flat. Raises `Unreadable` for other operators."""
    if isinstance(operator, ast.Add):
        return Call("+", (*(left.args if isinstance(left, Call) and left.head == "+" else (left,)), right))
    if isinstance(operator, ast.Sub):
        return combined(ast.Add(), left, negative(right))
    head = ARITHMETIC.get(type(operator))
    if head is None:
        raise Unreadable(f"operator {type(operator).__name__}: is no arithmetic")
    if head in ("*", "/") and isinstance(left, Call) and left.head == "neg":  # -a * b is -(a * b)
        return negative(combined(operator, left.args[0], right))
    if head == "*":
        parts: tuple[Tree, ...] = ()
        for one in (left, right):
            parts += one.args if isinstance(one, Call) and one.head == "*" else (one,)
        return Call("*", parts)
    return Call(head, (left, right))


def negative(tree: Tree) -> Tree:
    """Return minus a tree."""
    return Call("neg", (tree,))


def target_of(node: ast.expr) -> Name:
    """Return the name that is assigned to, or raise `Unreadable`."""
    tree = tree_of(node, 0)
    if not isinstance(tree, Name):
        raise Unreadable("an assignment to what is no name")
    return tree


def tree_of(node: ast.expr, depth: int) -> Tree:
    """Return the tree of an expression. Raises `Unreadable` for what is no formula."""
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
        return combined(node.op, tree_of(node.left, deeper), tree_of(node.right, deeper))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inner = tree_of(node.operand, deeper)
        return negative(inner) if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.Compare):
        return _compared(node, deeper)
    if isinstance(node, ast.IfExp):
        parts = (
            tree_of(node.body, deeper),
            tree_of(node.test, deeper),
            tree_of(node.orelse, deeper),
            Call("otherwise", ()),
        )
        return Call("cases", parts)
    if isinstance(node, (ast.Tuple, ast.List)):
        return Call("vector", tuple(tree_of(one, deeper) for one in node.elts))
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
        return tree_of(node.value, depth)
    if node.attr == "T":
        return Call("transpose", (tree_of(node.value, depth),))
    if node.attr == "pi":
        return Name("pi")
    return Name(node.attr)


def _entry(table: ast.expr, key: ast.expr) -> Tree:
    """state["m"] and state.get("m", 0) are m."""
    if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        raise Unreadable("an entry of a table by a name that is computed: is not read")
    base = table.id if isinstance(table, ast.Name) else table.attr if isinstance(table, ast.Attribute) else ""
    return _of_table(base, key.value)


def _subscript(node: ast.Subscript, depth: int) -> Tree:
    """state["m"] is m; m[i] is m with an index."""
    place = node.slice
    if isinstance(place, ast.Constant) and isinstance(place.value, str):
        return _entry(node.value, place)
    whole = tree_of(node.value, depth)
    if not isinstance(whole, Name):
        raise Unreadable("an element of what is no name")
    parts = place.elts if isinstance(place, ast.Tuple) else [place]
    if any(isinstance(part, ast.Slice) and (part.lower or part.upper) for part in parts):
        raise Unreadable("a part of an array: is not read")
    if isinstance(place, (ast.Slice, ast.Tuple)) or (isinstance(place, ast.Constant) and place.value is None):
        return whole
    return Name(whole.base, whole.accents, (*whole.index, tree_of(place, depth)), whole.mark)


def _of_table(table: str, key: str) -> Name:
    if not key.isidentifier() or key.startswith("__"):
        raise Unreadable(f"{key[:20]!r}: is no name of a formula")
    if table in TABLES:
        return Name(key)
    if table in ("grads", "gradients"):
        return Name(key if key.startswith("d") else f"d{key}")
    return Name(table, index=(Name(key),)) if table else Name(key)


def _compared(node: ast.Compare, depth: int) -> Tree:
    sides = [tree_of(side, depth) for side in (node.left, *node.comparators)]
    heads = [COMPARED.get(type(op)) for op in node.ops]
    if None in heads:
        raise Unreadable("a comparison of what are no numbers")
    found = tuple(Call(head, pair) for head, pair in zip(heads, pairwise(sides), strict=True) if head)
    return found[0] if len(found) == 1 else Call("and", found)


def function_name(node: ast.Call) -> str:
    """Return the last word of what is called, or nothing."""
    return (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else node.func.id
        if isinstance(node.func, ast.Name)
        else ""
    )


def _call(node: ast.Call, depth: int) -> Tree:
    if isinstance(node.func, ast.Call) and "grad" in function_name(node.func).lower():  # grad(loss)(w)
        return Call("grad", (Call("vector", tuple(tree_of(arg, depth) for arg in node.args)),))
    name = function_name(node)
    if name in ("get", "setdefault") and node.args and isinstance(node.func, ast.Attribute):
        return _entry(node.func.value, node.args[0])
    if name.startswith("__") or not name:
        raise Unreadable(f"{name or 'a call'}: is no function of a formula")
    if name in IN_PLACE:
        return _chained(node, depth)
    args = [tree_of(arg, depth) for arg in node.args if not isinstance(arg, ast.Starred)]
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    is_method = inner is not None and not _is_module(inner) and not (name in UNARY and args)
    if is_method and inner is not None:
        if name == "grad":
            return Name("grad")
        args = [tree_of(inner, depth), *args]
    if name in RANDOM:
        return Call("random", (Name(name), *_drawn(name, args[is_method:], node, depth)))
    if name in TRANSPARENT and args:
        return args[0]
    if (
        "grad" in name.lower() or name in DERIVATIVES
    ):  # of whatever it is given: where it is taken stands among the arguments
        return Call("grad", (Call("vector", tuple(arg for arg in args if arg != Name("self"))),))
    head = FUNCTIONS.get(name)
    if head is None:
        if node.keywords or name[0].isupper():
            raise Unreadable(f"{name}: is no function of numbers that is known")  # a layer, an optimizer, a class
        return Call("apply", (_named(name), *args))
    return _known(head, args, node, depth)


def _chained(node: ast.Call, depth: int) -> Tree:
    """v.sqrt().add_(e): what is changed in place has no name, and is a value as any other."""
    assert isinstance(node.func, ast.Attribute)
    inner = node.func.value
    while isinstance(inner, ast.Attribute) and inner.attr in TRANSPARENT:
        inner = inner.value
    if not isinstance(inner, (ast.Call, ast.BinOp)):
        raise Unreadable(f"{node.func.attr}: changes something inside a formula")
    return changed(tree_of(inner, depth), node)


def _drawn(name: str, args: list[Tree], node: ast.Call, depth: int) -> list[Tree]:
    """The arguments of a distribution, those by keyword in their places."""
    more = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    for place, (names, default) in enumerate(DRAWN.get(name, ())):
        value = _keyword(more, names, depth)
        if value is not None:
            args = [*args, *(Number(Fraction(usual)) for _, usual in DRAWN[name][len(args) : place]), value]
        elif len(args) == place and any(set(later) & set(more) for later, _ in DRAWN[name][place + 1 :]):
            args = [*args, Number(Fraction(default))]
    return args


DRAWN = {
    "normal": ((("loc", "mean"), 0), (("scale", "std", "stddev"), 1)),
    "uniform": ((("low", "minval", "a"), 0), (("high", "maxval", "b"), 1)),
}


def _known(head: str, args: list[Tree], node: ast.Call, depth: int) -> Tree:
    more = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if not args:
        raise Unreadable(f"{head}: has no operand")
    if head == "clip":
        low = args[1] if len(args) > 1 else _keyword(more, ("min", "a_min", "clip_value_min"), depth)
        high = args[2] if len(args) > 2 else _keyword(more, ("max", "a_max", "clip_value_max"), depth)
        inner = args[0] if high is None else Call("min", (args[0], high))
        return inner if low is None else Call("max", (inner, low))
    if head in ("+", "-", "lerp", "addcmul", "addcdiv") and len(args) > 1:
        return changed(args[0], node, {"+": "add_", "-": "sub_"}.get(head, f"{head}_"), args[1:])
    if head == "norm":
        order = args[1] if len(args) > 1 else _keyword(more, ("ord", "p"), depth)
        return Call("norm", (args[0], order or Number(Fraction(2))))
    if any(_asks(more[name]) for name in UNBIASED & set(more)):
        raise Unreadable(f"{head}: is divided by n - 1 here, which is not read")
    if strange := sorted(set(more) - SILENT - UNBIASED):
        raise Unreadable(f"{strange[0]}: is an argument of {head} that is not read")
    two = Number(Fraction(2))
    if head == "square":
        return Call("^", (args[0], two))
    if head in ("reciprocal", "rsqrt"):
        return Call("/", (Number(Fraction(1)), args[0] if head == "reciprocal" else Call("sqrt", (args[0],))))
    if head == "where" and len(args) == 3:
        return Call("cases", (args[1], args[0], args[2], Call("otherwise", ())))
    if head in ("sum", "mean", "var", "std"):
        args = args[:1]
    if head == "*":
        return combined(ast.Mult(), args[0], args[1]) if len(args) > 1 else args[0]
    return Call(head, tuple(args))


def _asks(node: ast.expr) -> bool:
    """Whether a keyword is switched on."""
    return not (isinstance(node, ast.Constant) and node.value in (0, False))


def changed(value: Tree, step: ast.Call, name: str = "", args: Sequence[Tree] | None = None) -> Tree:
    """Return what a value becomes by a change such as `.add_(g, alpha=a)`. Raises `Unreadable`."""
    if args is None:
        args = [tree_of(arg, 0) for arg in step.args]
    if not name and isinstance(step.func, ast.Attribute):
        name = ASSIGNED.get(step.func.attr, step.func.attr)
    more = {keyword.arg: tree_of(keyword.value, 0) for keyword in step.keywords if keyword.arg}
    scale = more.pop("alpha", more.pop("value", None))
    low, high = more.pop("min", None), more.pop("max", None)
    if more.keys() - SILENT - {"use_locking", "rounding_mode"} or (scale is not None and name not in SCALED):
        raise Unreadable(f"{name}: has an argument that is not read")
    if name in SCALED and len(args) == SCALED[name] + 1:  # the scale first, as it used to be
        scale, args = args[0], args[1:]
    if name == "clamp_":
        low, high = [*args, low, high][:2] if args else (low, high)
        value = value if high is None else Call("min", (value, high))
        return value if low is None else Call("max", (value, low))
    if name in ("sqrt_", "neg_"):
        return Call(name[:-1], (value,))
    if name == "square_":
        return Call("^", (value, Number(Fraction(2))))
    if len(args) < SCALED.get(name, 1):
        raise Unreadable(f"{name}: has no operand")
    if name in SCALED:
        part = args[0]
        if name in ("addcmul_", "addcdiv_"):
            part = combined(ast.Mult() if name == "addcmul_" else ast.Div(), args[0], args[1])
        part = part if scale is None else combined(ast.Mult(), scale, part)
        return combined(ast.Sub() if name == "sub_" else ast.Add(), value, part)
    if name == "lerp_" and len(args) == 2:
        return Call("+", (value, combined(ast.Mult(), args[1], Call("+", (args[0], negative(value))))))
    if name in ("mul_", "div_", "pow_"):
        return combined({"mul_": ast.Mult(), "div_": ast.Div(), "pow_": ast.Pow()}[name], value, args[0])
    if name == "copy_":
        return args[0]
    raise Unreadable(f"{name}: is not read")


SCALED = {"add_": 1, "sub_": 1, "addcmul_": 2, "addcdiv_": 2}  # with how many operands


def _keyword(more: dict[str, ast.expr], names: tuple[str, ...], depth: int) -> Tree | None:
    return next((tree_of(more[name], depth) for name in names if name in more), None)


def _is_module(node: ast.expr) -> bool:
    """np, torch, np.linalg, F: what functions are taken from."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in MODULES
