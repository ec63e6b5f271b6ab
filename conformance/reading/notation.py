"""Writes trees as LaTeX, as Python and as MathML, with only the brackets that are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from .latex_tables import GREEK
from .tree import Call, Name, Number, Row, Tree

SUM, PRODUCT, SIGNED, POWER, ATOM = range(5)  # how tightly parts hold together
RELATIONS = {"=": "=", ":=": r"\leftarrow", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge", "!=": r"\ne", "==": "=", "~": r"\sim",
             "approx": r"\approx", "in": r"\in", "proportional": r"\propto"}  # fmt: skip
COMMANDS = frozenset(["exp", "log", "sin", "cos", "tan", "tanh", "max", "min", "arctan", "det", "sinh", "cosh"])


def latex(what: Row | Tree) -> str:
    """Return LaTeX that reads back as `what`."""
    if isinstance(what, Row):
        text = joined(what, _latex, {key: f" {sign} " for key, sign in RELATIONS.items()})
        return text if what.condition is None else rf"{text} \text{{ if }} {_latex(what.condition)}"
    return _latex(what)


def python(what: Row | Tree) -> str:
    """Return `what` in the manner of Python and NumPy."""
    if isinstance(what, Row):
        return joined(what, _python, {key: " = " if key in (":=", "=") else f" {key} " for key in RELATIONS})
    return _python(what)


def joined(row: Row, write: Callable[[Tree], str], relations: dict[str, str]) -> str:
    """Return the sides of a row, each written by `write`, with its relations between them."""
    text = write(row.sides[0])
    for relation, side in zip(row.relations, row.sides[1:], strict=True):
        text += relations[relation] + write(side)
    return text


# -- how tightly a tree holds together -------------------------------------------------------------------------


def tightness(tree: Tree) -> int:
    """Return how tightly a tree holds together: what is looser than asked for gets brackets."""
    if isinstance(tree, Number):
        return ATOM if tree.value >= 0 and is_decimal(tree.value) else PRODUCT
    if isinstance(tree, Name):
        return ATOM
    return {
        "+": SUM,
        "neg": SIGNED,
        "*": PRODUCT,
        "matmul": PRODUCT,
        "/": PRODUCT,
        "^": POWER,
        "grad": PRODUCT,
        "sum": PRODUCT,
        "prod": PRODUCT,
    }.get(tree.head, ATOM)


def is_decimal(value: Fraction) -> bool:
    """Return whether a number has finitely many decimals."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def digits(number: Number) -> str:
    """Return a number as it is written."""
    value = number.value
    if value.denominator == 1:
        return str(value)
    if not is_decimal(value):
        return f"{value.numerator}/{value.denominator}"
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    if places > 12:
        return f"{float(value):g}"
    scaled = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{scaled[:-places]}.{scaled[-places:]}"


# -- LaTeX ---------------------------------------------------------------------------------------------------


def _latex(tree: Tree) -> str:
    if isinstance(tree, Number):
        value = tree.value
        if value.denominator != 1 and not is_decimal(value):
            return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
        return digits(tree)
    if isinstance(tree, Name):
        return _latex_name(tree)
    work = LATEX.get(tree.head)
    if work is not None:
        return work(tree.args)
    if tree.head in RELATIONS:
        return f"{_latex(tree.args[0])} {RELATIONS[tree.head]} {_latex(tree.args[1])}"
    name = rf"\{tree.head}" if tree.head in COMMANDS else rf"\operatorname{{{tree.head}}}"
    return f"{name}({_list(tree.args)})"


def _latex_name(name: Name) -> str:
    text = _latex_base(name.base)
    for accent in name.accents:
        text = rf"\{accent}{{{text}}}"
    if name.index:
        text += f"_{{{','.join(_script(part) for part in name.index)}}}"
    if name.mark is not None:
        primes = isinstance(name.mark, Name) and name.mark.base and set(name.mark.base) == {"'"}
        text += name.mark.base if primes and isinstance(name.mark, Name) else f"^{{({_script(name.mark)})}}"
    return text


def _latex_base(base: str) -> str:
    if base in GREEK or base in ("nabla", "infty", "ell", "partial"):
        return rf"\{base}"
    return (
        base
        if len(base) == 1 or not base.isidentifier()
        else rf"\text{{{base}}}"
        if "_" not in base
        else rf"\text{{{base.replace('_', '')}}}"
    )


def _script(tree: Tree) -> str:
    return (
        rf"\text{{{tree.base}}}"
        if isinstance(tree, Name) and len(tree.base) > 1 and tree.base not in GREEK and tree.base.isalpha()
        else _latex(tree)
    )


def _list(args: Sequence[Tree]) -> str:
    return ", ".join(map(_latex, args))


def _held(tree: Tree, least: int) -> str:
    text = _latex(tree)
    return text if tightness(tree) >= least else rf"({text})"


def sum_of(args: Sequence[Tree], write: Callable[[Tree, int], str]) -> str:
    """Return a sum, its parts written by `write` and the sign of each before it."""
    text = ""
    for k, arg in enumerate(args):
        negative = isinstance(arg, Call) and arg.head == "neg"
        inner = arg.args[0] if negative and isinstance(arg, Call) else arg
        sign = ("-" if not k else " - ") if negative else (" + " if k else "")
        text += sign + write(inner, PRODUCT)
    return text


def _latex_product(args: Sequence[Tree]) -> str:
    text = ""
    for k, arg in enumerate(args):
        loose = isinstance(arg, Call) and (arg.head in ("/", "grad") or (arg.head == "sum" and k == len(args) - 1))
        part = _held(arg, PRODUCT if loose else POWER)
        if k and (part[0].isdigit() or (part[0] in "([" and isinstance(args[k - 1], Name))):
            part = rf"\cdot {part}"
        text += (" " if k else "") + part
    return text


def _latex_power(args: Sequence[Tree]) -> str:
    base, exponent = args
    plain = (
        isinstance(base, Number)
        or (isinstance(base, Name) and base.mark is None)
        or (isinstance(base, Call) and base.head in ("abs", "norm"))
    )
    return f"{_latex(base) if plain else f'({_latex(base)})'}^{{{_latex(exponent)}}}"


def _latex_sum(sign: str) -> Callable[[Sequence[Tree]], str]:
    def write(args: Sequence[Tree]) -> str:
        body, *limits = args
        below = f"_{{{_latex(limits[0])}{f'={_latex(limits[1])}' if len(limits) > 1 else ''}}}" if limits else ""
        above = f"^{{{_latex(limits[2])}}}" if len(limits) > 2 else ""
        signed = isinstance(body, Call) and body.head == "neg"
        return rf"\{sign}{below}{above} {_held(body, POWER if signed else PRODUCT)}"

    return write


def _latex_grad(args: Sequence[Tree]) -> str:
    below = f"_{{{_latex(args[1])}}}" if len(args) > 1 else ""
    return rf"\nabla{below} {_held(args[0], POWER)}" if args else r"\nabla"


def _latex_cases(args: Sequence[Tree]) -> str:
    rows = [
        f"{_latex(value)} & {_latex_condition(condition)}"
        for value, condition in zip(args[::2], args[1::2], strict=True)
    ]
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _latex_condition(condition: Tree) -> str:
    return r"\text{otherwise}" if condition == Call("otherwise", ()) else rf"\text{{if }} {_latex(condition)}"


LATEX: dict[str, Callable[[Sequence[Tree]], str]] = {
    "+": lambda args: sum_of(args, _held),
    "*": _latex_product,
    "matmul": _latex_product,
    "/": lambda args: rf"\frac{{{_latex(args[0])}}}{{{_latex(args[1])}}}",
    "^": _latex_power,
    "neg": lambda args: f"-{_held(args[0], PRODUCT if tightness(args[0]) != SIGNED else POWER)}",
    "sqrt": lambda args: rf"\sqrt{f'[{_latex(args[1])}]' if len(args) > 1 else ''}{{{_latex(args[0])}}}",
    "abs": lambda args: rf"\lvert {_latex(args[0])} \rvert",
    "norm": lambda args: rf"\lVert {_latex(args[0])} \rVert" + (f"_{{{_latex(args[1])}}}" if len(args) > 1 else ""),
    "sum": _latex_sum("sum"),
    "prod": _latex_sum("prod"),
    "mean": lambda args: rf"\mathbb{{E}}[{_list(args)}]",
    "var": lambda args: rf"\text{{Var}}({_list(args)})",
    "grad": _latex_grad,
    "partial": lambda args: rf"\frac{{\partial {_latex(args[0])}}}{{\partial {_latex(args[1])}}}",
    "apply": lambda args: f"{_latex(args[0])}({_list(args[1:])})",
    "exp": lambda args: f"e^{{{_latex(args[0])}}}",
    "cases": _latex_cases,
    "vector": lambda args: f"({_list(args)})",
    "interval": lambda args: f"[{_list(args)}]",
    "transpose": lambda args: f"{_held(args[0], ATOM)}^\\top",
    "dots": lambda args: r"\dots",
    "otherwise": lambda args: r"\text{otherwise}",
    "and": lambda args: r" \text{ and } ".join(map(_latex, args)),
}


# -- Python --------------------------------------------------------------------------------------------------

CALLED = {
    "max": "np.maximum",
    "min": "np.minimum",
    "norm": "np.linalg.norm",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "relu": "relu",
}


def _python(tree: Tree) -> str:
    if isinstance(tree, Number):
        return digits(tree)
    if isinstance(tree, Name):
        return (
            tree.base
            + "".join(f"_{accent}" for accent in tree.accents)
            + "".join(f"[{_python(part)}]" for part in tree.index)
        )
    args = tree.args
    if tree.head == "+":
        return sum_of(args, _python_held)
    if tree.head in ("*", "matmul"):
        return f" {'*' if tree.head == '*' else '@'} ".join(
            _python_held(arg, PRODUCT if not k else SIGNED) for k, arg in enumerate(args)
        )
    if tree.head == "/":
        return f"{_python_held(args[0], PRODUCT)} / {_python_held(args[1], POWER)}"
    if tree.head == "^":
        return f"{_python_held(args[0], ATOM)}**{_python_held(args[1], ATOM)}"
    if tree.head == "neg":
        return f"-{_python_held(args[0], PRODUCT if tightness(args[0]) != SIGNED else POWER)}"
    if tree.head == "cases" and len(args) == 4:
        return f"np.where({_python(args[1])}, {_python(args[0])}, {_python(args[2])})"
    if tree.head in RELATIONS:
        return f"{_python(args[0])} {tree.head} {_python(args[1])}"
    if tree.head == "grad" and isinstance(args[0], Call) and args[0].head == "vector":
        args = args[0].args
    if tree.head == "vector":
        return f"[{', '.join(map(_python, args))}]"
    if tree.head == "apply":
        return f"{_python(args[0])}({', '.join(map(_python, args[1:]))})"
    name = CALLED.get(
        tree.head,
        tree.head if tree.head in ("grad", "partial", "transpose", "var", "mean", "sum", "prod") else f"np.{tree.head}",
    )
    return f"{name}({', '.join(map(_python, args))})"


def _python_held(tree: Tree, least: int) -> str:
    text = _python(tree)
    called = isinstance(tree, Call) and tree.head in ("grad", "sum", "prod")
    return text if called or tightness(tree) >= least else f"({text})"
