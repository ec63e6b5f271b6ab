"""Writes trees as MathML, for pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from .latex_tables import UNICODE_GREEK
from .notation import ATOM, POWER, PRODUCT, RELATIONS, digits, is_decimal, joined, tightness
from .tree import Call, Name, Number, Row, Tree

LETTERS = {name: letter for letter, name in UNICODE_GREEK.items()} | {"nabla": "∇", "partial": "∂", "infty": "∞"}
SIGNS = {
    **{key: key for key in RELATIONS},
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


def mathml(what: Row | Tree) -> str:
    """Return a MathML element for `what`; all text is escaped."""
    if isinstance(what, Row):
        inner = joined(what, _mathml, {key: f"<mo>{escape(sign)}</mo>" for key, sign in SIGNS.items()})
        if what.condition is not None:
            inner += f"<mspace width='1em'/>{_mathml_condition(what.condition)}"
    else:
        inner = _mathml(what)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow>{inner}</mrow></math>'


def _mathml(tree: Tree) -> str:
    if isinstance(tree, Number):
        value = tree.value
        if value.denominator != 1 and not is_decimal(value):
            return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"
        return f"<mn>{escape(digits(tree))}</mn>"
    if isinstance(tree, Name):
        return _mathml_name(tree)
    work = MATHML.get(tree.head)
    if work is not None:
        return work(tree.args)
    if tree.head in SIGNS and len(tree.args) == 2:
        return f"{_mathml(tree.args[0])}<mo>{escape(SIGNS[tree.head])}</mo>{_mathml(tree.args[1])}"
    return f"<mi>{escape(tree.head)}</mi>{_fenced(tree.args)}"


def _mathml_name(name: Name) -> str:
    text = f"<mi>{escape(LETTERS.get(name.base, name.base))}</mi>"
    for accent in name.accents:
        sign = {"hat": "^", "tilde": "~", "bar": "¯", "dot": "˙", "ddot": "¨"}.get(accent, accent)
        text = f'<mover accent="true">{text}<mo>{escape(sign)}</mo></mover>'
    below = "<mo>,</mo>".join(map(_mathml, name.index))
    above = _mathml(name.mark) if name.mark is not None else ""
    if above and not (isinstance(name.mark, Name) and not name.mark.base.isalnum()):
        above = f"<mo>(</mo>{above}<mo>)</mo>"
    if below and above:
        return f"<msubsup>{text}<mrow>{below}</mrow><mrow>{above}</mrow></msubsup>"
    if below:
        return f"<msub>{text}<mrow>{below}</mrow></msub>"
    return f"<msup>{text}<mrow>{above}</mrow></msup>" if above else text


def _fenced(args: Sequence[Tree], open_: str = "(", close: str = ")") -> str:
    return f"<mo>{open_}</mo>{'<mo>,</mo>'.join(map(_mathml, args))}<mo>{close}</mo>"


def _mathml_held(tree: Tree, least: int) -> str:
    return _mathml(tree) if tightness(tree) >= least else _fenced((tree,))


def _mathml_sum(args: Sequence[Tree]) -> str:
    text = ""
    for k, arg in enumerate(args):
        negative = isinstance(arg, Call) and arg.head == "neg"
        inner = arg.args[0] if negative and isinstance(arg, Call) else arg
        sign = "<mo>−</mo>" if negative else "<mo>+</mo>" if k else ""
        text += sign + _mathml_held(inner, PRODUCT)
    return text


def _mathml_big(sign: str) -> Callable[[Sequence[Tree]], str]:
    def write(args: Sequence[Tree]) -> str:
        body, *limits = args
        low = "<mo>=</mo>".join(map(_mathml, limits[:2]))
        high = _mathml(limits[2]) if len(limits) > 2 else ""
        operator = f"<mo>{sign}</mo>"
        if low:
            operator = f"<munderover>{operator}<mrow>{low}</mrow><mrow>{high}</mrow></munderover>"
        return operator + _mathml_held(body, PRODUCT)

    return write


def _mathml_norm(args: Sequence[Tree]) -> str:
    inner = _fenced(args[:1], "‖", "‖")
    return f"<msub><mrow>{inner}</mrow><mrow>{_mathml(args[1])}</mrow></msub>" if len(args) > 1 else inner


def _mathml_grad(args: Sequence[Tree]) -> str:
    sign = f"<msub><mo>∇</mo><mrow>{_mathml(args[1])}</mrow></msub>" if len(args) > 1 else "<mo>∇</mo>"
    return sign + (_mathml_held(args[0], POWER) if args else "")


def _mathml_cases(args: Sequence[Tree]) -> str:
    rows = "".join(
        f"<mtr><mtd>{_mathml(value)}</mtd><mtd>{_mathml_condition(condition)}</mtd></mtr>"
        for value, condition in zip(args[::2], args[1::2], strict=True)
    )
    return f"<mo>{{</mo><mtable>{rows}</mtable>"


def _mathml_condition(condition: Tree) -> str:
    if condition == Call("otherwise", ()):
        return "<mtext>otherwise</mtext>"
    return f"<mtext>if </mtext>{_mathml(condition)}"


MATHML: dict[str, Callable[[Sequence[Tree]], str]] = {
    "+": _mathml_sum,
    "*": lambda args: "<mo>⁢</mo>".join(_mathml_held(arg, PRODUCT) for arg in args),
    "matmul": lambda args: "<mo>⁢</mo>".join(_mathml_held(arg, PRODUCT) for arg in args),
    "/": lambda args: f"<mfrac><mrow>{_mathml(args[0])}</mrow><mrow>{_mathml(args[1])}</mrow></mfrac>",
    "^": lambda args: f"<msup><mrow>{_mathml_held(args[0], ATOM)}</mrow><mrow>{_mathml(args[1])}</mrow></msup>",
    "neg": lambda args: f"<mo>−</mo>{_mathml_held(args[0], PRODUCT)}",
    "sqrt": lambda args: f"<msqrt>{_mathml(args[0])}</msqrt>",
    "abs": lambda args: _fenced(args[:1], "|", "|"),
    "norm": _mathml_norm,
    "sum": _mathml_big("∑"),
    "prod": _mathml_big("∏"),
    "mean": lambda args: f"<mi>E</mi>{_fenced(args, '[', ']')}",
    "var": lambda args: f"<mi>Var</mi>{_fenced(args)}",
    "grad": _mathml_grad,
    "partial": lambda args: f"<mfrac><mrow><mo>∂</mo>{_mathml(args[0])}</mrow><mrow><mo>∂</mo>{_mathml(args[1])}</mrow></mfrac>",
    "apply": lambda args: f"{_mathml(args[0])}{_fenced(args[1:])}",
    "exp": lambda args: f"<msup><mi>e</mi><mrow>{_mathml(args[0])}</mrow></msup>",
    "cases": _mathml_cases,
    "vector": lambda args: _fenced(args),
    "interval": lambda args: _fenced(args, "[", "]"),
    "transpose": lambda args: f"<msup><mrow>{_mathml_held(args[0], ATOM)}</mrow><mo>⊤</mo></msup>",
    "dots": lambda args: "<mo>…</mo>",
    "otherwise": lambda args: "<mtext>otherwise</mtext>",
}  # fmt: skip
