"""Writes trees on one line in Unicode, for terminals: w_i ← w_i − η ∂J(w)/∂w_i."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from .tree import Call, Name, Number, Row, Tree

SUM, SIGNED, PRODUCT, QUOTIENT, POWER, ATOM = range(6)  # how tightly parts hold together
RELATIONS = {
    ":=": "←",
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "==": "=",
    "~": "∼",
    "approx": "≈",
    "in": "∈",
    "proportional": "∝",
}
GREEK = dict(zip([
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
    "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
    "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "infinity", "infty", "ell", "nabla",
    "partial", "top",
],
    "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ∞∞ℓ∇∂⊤", strict=True,
))  # fmt: skip
ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "vec": "\u20d7"}
TIGHTNESS = {
    "+": SUM,
    "neg": SIGNED,
    "*": PRODUCT,
    "/": PRODUCT,
    "matmul": PRODUCT,
    "sum": PRODUCT,
    "prod": PRODUCT,
    "grad": QUOTIENT,
    "partial": QUOTIENT,
    "^": POWER,
}
DEEPEST = 100


def shown(what: Row | Tree) -> str:
    """Return a row or a tree on one line; what is nested too deep ends in an ellipsis."""
    if not isinstance(what, Row):
        return _tree(what, 0)
    text = _tree(what.sides[0], 0)
    for relation, side in zip(what.relations, what.sides[1:], strict=True):
        text += f" {RELATIONS.get(relation, relation)} {_tree(side, 0)}"
    return text if what.condition is None else f"{text} if {_tree(what.condition, 0)}"


def _tree(tree: Tree, depth: int) -> str:
    if depth > DEEPEST:
        return "…"
    if isinstance(tree, Number):
        return _number(tree)
    if isinstance(tree, Name):
        return _name(tree, depth)
    write = HEADS.get(tree.head)
    if write is not None and tree.args:
        return write(tree.args, depth + 1)
    if tree.head in RELATIONS or tree.head in "<>":
        sign = RELATIONS.get(tree.head, tree.head)
        return f" {sign} ".join(_tree(arg, depth + 1) for arg in tree.args)
    if not tree.args:
        return {"dots": "…"}.get(tree.head, tree.head)
    return f"{tree.head}({_list(tree.args, depth + 1)})"


def _number(number: Number) -> str:
    value: Fraction = number.value
    if value.denominator == 1:
        return str(value)
    if number.digits is not None and number.digits <= 12:
        return f"{float(value):.{number.digits}f}"
    return f"{float(value):g}" if value * 10**6 % 1 == 0 else f"{value.numerator}/{value.denominator}"


def _name(name: Name, depth: int) -> str:
    text = GREEK.get(name.base, name.base) + "".join(ACCENTS.get(accent, "") for accent in name.accents)
    if name.index:
        inner = ",".join(_tree(part, depth + 1).replace(" ", "") for part in name.index)
        text += f"_{inner}" if len(inner) == 1 else f"_{{{inner}}}"
    if name.mark is not None:
        inner = _tree(name.mark, depth + 1).replace(" ", "")
        text += inner if set(inner) <= set("'*⊤") else f"^({inner})"
    return text


def _held(tree: Tree, least: int, depth: int) -> str:
    text = _tree(tree, depth)
    tightness = TIGHTNESS.get(tree.head, ATOM) if isinstance(tree, Call) else ATOM
    if isinstance(tree, Number) and (tree.value < 0 or "/" in text):
        tightness = SIGNED
    return text if tightness >= least else f"({text})"


def _list(args: Sequence[Tree], depth: int) -> str:
    return ", ".join(_tree(arg, depth) for arg in args)


def _sum(args: Sequence[Tree], depth: int) -> str:
    text = ""
    for k, arg in enumerate(args):
        inner = arg.args[0] if isinstance(arg, Call) and arg.head == "neg" and arg.args else None
        if inner is not None:
            text += (" − " if k else "−") + _held(inner, PRODUCT, depth)
        else:
            text += (" + " if k else "") + _held(arg, PRODUCT, depth)
    return text


def _product(args: Sequence[Tree], depth: int) -> str:
    parts = [_held(arg, PRODUCT if not k or _is_last_sum(args, k) else QUOTIENT, depth) for k, arg in enumerate(args)]
    text = parts[0]
    for k, part in enumerate(parts[1:], start=1):
        named = isinstance(args[k - 1], Name) and part.startswith("(")
        text += f" · {part}" if part[0].isdigit() or named else f" {part}"
    return text


def _is_last_sum(args: Sequence[Tree], place: int) -> bool:
    """Whether a sum over an index ends a product: then it reaches as far as it would with brackets."""
    one = args[place]
    return place == len(args) - 1 and isinstance(one, Call) and one.head in ("sum", "prod")


def _quotient(args: Sequence[Tree], depth: int) -> str:
    below = _held(args[1], POWER, depth)
    return f"{_held(args[0], PRODUCT, depth)}/{below}"


def _power(args: Sequence[Tree], depth: int) -> str:
    base, exponent = _held(args[0], ATOM, depth), _tree(args[1], depth)
    if exponent in ("2", "3"):
        return base + {"2": "²", "3": "³"}[exponent]
    return f"{base}^{exponent}" if len(exponent) == 1 else f"{base}^({exponent})"


def _root(args: Sequence[Tree], depth: int) -> str:
    inner = _tree(args[0], depth)
    return f"√{inner}" if isinstance(args[0], Name) else f"√({inner})"


def _big(sign: str) -> Callable[[Sequence[Tree], int], str]:
    def write(args: Sequence[Tree], depth: int) -> str:
        body, *limits = args
        texts = [_tree(limit, depth) for limit in limits]
        below = "=".join(texts[:2])
        text = sign + (f"_({below})" if len(below) > 1 else f"_{below}" if below else "")
        text += f"^{texts[2]}" if len(texts) > 2 else ""
        return f"{text} {_held(body, PRODUCT, depth)}"

    return write


def _gradient(args: Sequence[Tree], depth: int) -> str:
    below = f"_{_tree(args[1], depth)}" if len(args) > 1 else ""
    return f"∇{below}{_held(args[0], ATOM, depth)}" if not below else f"∇{below} {_held(args[0], ATOM, depth)}"


def _partial(args: Sequence[Tree], depth: int) -> str:
    by = f"/∂{_held(args[1], ATOM, depth)}" if len(args) > 1 else ""
    return f"∂{_held(args[0], ATOM, depth)}{by}"


def _cases(args: Sequence[Tree], depth: int) -> str:
    parts = []
    for value, condition in zip(args[::2], args[1::2], strict=False):
        when = _tree(condition, depth)
        parts.append(f"{_tree(value, depth)} {when if when == 'otherwise' else f'if {when}'}")
    return f"{{ {'; '.join(parts)} }}"


HEADS: dict[str, Callable[[Sequence[Tree], int], str]] = {
    "+": _sum,
    "*": _product,
    "matmul": _product,
    "/": _quotient,
    "^": _power,
    "neg": lambda args, depth: f"−{_held(args[0], PRODUCT, depth)}",
    "sqrt": _root,
    "abs": lambda args, depth: f"|{_tree(args[0], depth)}|",
    "norm": lambda args, depth: f"‖{_tree(args[0], depth)}‖" + (f"_{_tree(args[1], depth)}" if len(args) > 1 else ""),
    "sum": _big("Σ"),
    "prod": _big("Π"),
    "mean": lambda args, depth: f"E[{_list(args, depth)}]",
    "var": lambda args, depth: f"Var({_list(args, depth)})",
    "grad": _gradient,
    "partial": _partial,
    "apply": lambda args, depth: f"{_held(args[0], ATOM, depth)}({_list(args[1:], depth)})",
    "index": lambda args, depth: f"{_held(args[0], ATOM, depth)}[{_list(args[1:], depth)}]",
    "cases": _cases,
    "vector": lambda args, depth: f"({_list(args, depth)})",
    "interval": lambda args, depth: f"[{_list(args, depth)}]",
    "transpose": lambda args, depth: f"{_held(args[0], ATOM, depth)}ᵀ",
    "and": lambda args, depth: " and ".join(_tree(arg, depth) for arg in args),
    "or": lambda args, depth: " or ".join(_tree(arg, depth) for arg in args),
}
