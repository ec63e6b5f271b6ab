"""Writes terms as Python over NumPy, JAX or PyTorch in the notation of a style."""

from __future__ import annotations

from random import Random

from .latex import ATOM, POWER, PRODUCT, SUM, Hand, Written, is_array
from .term import Statement, Term, roles_in, term

TWO = term(2)


def statement(row: Statement, with_: Hand, draw: Random) -> str:
    """Return a statement as an assignment, or as `x += y` where it is one."""
    target, value = with_.letters[row.target.args[0]], row.value
    before = Term("role", (row.target.args[0], "now"))
    if draw.random() < with_.augmented and value.head in ("+", "-") and value.args[0] == before:
        return f"{target} {value.head}= {coded(value.args[1], with_)}"
    return f"{target} = {coded(value, with_)}"


def in_place(row: Statement, with_: Hand, draw: Random) -> str:
    """Return a statement as PyTorch's optimizers write it: `buf.mul_(momentum).add_(grad, alpha=1 - dampening)`."""
    target, before = with_.letters[row.target.args[0]], Term("role", (row.target.args[0], "now"))
    value = row.value
    if value.head in ("+", "-") and row.target.args[1] == "next":
        kept, arriving = value.args
        if value.head == "+" and before.args in roles_in(arriving) and before.args not in roles_in(kept):
            kept, arriving = arriving, kept
        share = _share(kept, before)
        if share is not None and before.args not in roles_in(arriving):
            scaled = f"{target}.mul_({coded(share, with_)})" if share != term(1) else target
            return scaled + _added(arriving, value.head == "-", with_)
    return f"{target} = {coded(value, with_)}"


def _share(kept: Term, before: Term) -> Term | None:
    if kept == before:
        return term(1)
    if kept.head == "*" and kept.args[1] == before and not is_array(kept.args[0]):
        return kept.args[0]
    return None


def _added(arriving: Term, negative: bool, with_: Hand) -> str:
    factors, rest = _factored(arriving)
    scale = " * ".join(coded(f, with_, PRODUCT if negative or len(factors) > 1 else SUM) for f in factors)
    if negative:
        scale = f"-{scale or '1'}"
    if rest.head == "/" and is_array(rest.args[1]):
        above, below = (coded(a, with_) for a in rest.args)
        return f".addcdiv_({above}, {below}, value={scale or '1'})"
    if (rest.head == "^" and rest.args[1] == TWO) or (rest.head == "*" and all(map(is_array, rest.args))):
        left, right = rest.args if rest.head == "*" else (rest.args[0], rest.args[0])
        return f".addcmul_({coded(left, with_)}, {coded(right, with_)}{f', value={scale}' if scale else ''})"
    return f".add_({coded(rest, with_)}{f', alpha={scale}' if scale else ''})"


def _factored(whole: Term) -> tuple[list[Term], Term]:
    """Scalars that multiply, and what they multiply."""
    if whole.head == "*":
        left, right = whole.args
        if not is_array(left):
            factors, rest = _factored(right)
            return [left, *factors], rest
        if left.head == "/" and not is_array(left.args[0]) and left.args[0].head == "role":
            return [left.args[0]], Term("/", (right, left.args[1]))
    if whole.head == "/":
        factors, rest = _factored(whole.args[0])
        return factors, Term("/", (rest, whole.args[1]))
    return [], whole


def coded(whole: Term, with_: Hand, level: int = SUM) -> str:
    """Return a term, in brackets where an operator of `level` around it binds stronger."""
    text, own = _coded(whole, with_)
    return f"({text})" if own < level else text


def _coded(whole: Term, with_: Hand) -> Written:
    head, args = whole.head, whole.args
    if head == "number":
        value = args[0]
        return (str(value) if value.denominator == 1 else f"{float(value):g}"), ATOM if value >= 0 else SUM
    if head == "role":
        return with_.letters[args[0]], ATOM
    if head == "gradient":
        point = args[0]
        text = with_.gradient if point.head == "role" and with_.gradient else with_.gradient_at
        return text.replace("{point}", coded(point, with_)), ATOM
    if head == "neg":
        return f"-{coded(args[0], with_, PRODUCT)}", SUM
    if head == "+":
        return f"{coded(args[0], with_)} + {coded(args[1], with_)}", SUM
    if head == "-":
        return f"{coded(args[0], with_)} - {coded(args[1], with_, PRODUCT)}", SUM
    if head == "*" and args[0].head == "/" and args[0].args == (term(1), Term("size", args[1].args[2:])):
        return _reduced("mean", args[1], with_), ATOM
    if head == "*":
        return f"{coded(args[0], with_, PRODUCT)} * {coded(args[1], with_, POWER)}", PRODUCT
    if head == "/":
        return f"{coded(args[0], with_, PRODUCT)} / {coded(args[1], with_, POWER)}", PRODUCT
    if head == "^":
        if args[1] == TWO and with_.square == "product":
            return f"{coded(args[0], with_, ATOM)} * {coded(args[0], with_, ATOM)}", PRODUCT
        return f"{coded(args[0], with_, ATOM)} ** {coded(args[1], with_, ATOM)}", POWER
    if head in ARRAY_WORK:
        return ARRAY_WORK[head](whole, with_), ATOM
    if head == "sqrt":
        if with_.module == "method" and is_array(args[0]):
            return f"{coded(args[0], with_, ATOM)}.sqrt()", ATOM
        own = "torch" if with_.rule == "batch_normalization" else "math"
        module = own if with_.module == "method" else with_.module
        return f"{module}.sqrt({coded(args[0], with_)})", ATOM
    if head in ("max", "min"):
        if with_.module == "method" and "number" in (args[0].head, args[1].head):
            limit, other = args if args[0].head == "number" else reversed(args)
            return (
                f"torch.clamp({coded(other, with_)}, {'min' if head == 'max' else 'max'}={coded(limit, with_)})",
                ATOM,
            )
        return f"{_module(with_)}.{head}imum({', '.join(coded(a, with_) for a in args)})", ATOM
    raise KeyError(f"head={head}: has no notation in code; add it")


def _module(with_: Hand) -> str:
    return "torch" if with_.module == "method" else with_.module


def _reduced(work: str, whole: Term, with_: Hand) -> str:
    axis = f", {'dim' if _module(with_) == 'torch' else 'axis'}=0" if with_.rule == "batch_normalization" else ""
    return f"{_module(with_)}.{work}({coded(whole.args[0], with_)}{axis})"


def _where(whole: Term, with_: Hand) -> str:
    first, condition, second, _ = whole.args
    left, right = (coded(side, with_) for side in condition.args)
    if condition.head == "==":
        return f"({coded(first, with_)} if {left} == {right} else {coded(second, with_)})"
    return f"{_module(with_)}.where({left} {condition.head} {right}, {coded(first, with_)}, {coded(second, with_)})"


def _drawn(whole: Term, with_: Hand) -> str:
    share, shape = coded(whole.args[0], with_), with_.letters["x"]
    if _module(with_) == "torch":
        return f"torch.bernoulli(torch.full_like({shape}, {share}))"
    if _module(with_) == "jnp":
        return f"jax.random.bernoulli(key, {share}, {shape}.shape)"
    return f"np.random.binomial(1, {share}, size={shape}.shape)"


def _function(whole: Term, with_: Hand) -> str:
    return f"{_module(with_)}.{whole.head}({coded(whole.args[0], with_)})"


ARRAY_WORK = {
    "at": lambda whole, with_: coded(whole.args[0], with_),
    "sum": lambda whole, with_: _reduced("sum", whole, with_),
    "size": lambda whole, with_: f"len({coded(whole.args[0], with_)})",
    "norm": lambda whole, with_: f"{_module(with_)}.linalg.norm({coded(whole.args[0], with_)})",
    "norm1": lambda whole, with_: f"{_module(with_)}.sum({_module(with_)}.abs({coded(whole.args[0], with_)}))",
    "cases": _where,
    "bernoulli": _drawn,
    "exp": _function,
    "log": _function,
    "abs": _function,
    "tanh": _function,
}
