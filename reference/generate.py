"""Turns a tree into straight-line Python over Arb balls: exact values, and rigorous error bounds.

The bound is a mean-value form. Beside the exact value v₀ of every node stands the ball that holds everything rounded
arithmetic can produce there; then one backward sweep multiplies what each rounding can add by the *slope* of the output
with respect to that node, where `y(v) − y(v₀) = S (v − v₀)` for every v in the ball. Slopes need no limit, so a root near
zero or an underflow is bounded rigorously, and a symbol that occurs twice is not counted as two independent ones.
The radius of the output's own ball is a second valid bound; the smaller one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import Any

from flint import arb

from .arithmetic import Arithmetic
from .identity import Same
from .tree import BRANCHES, Node, Tree


class UndecidedBranch(Exception):
    """A condition that the enclosure leaves open; `args[0]` is the number of the branch."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The generated functions of a tree.

    `exact(step, choices, *inputs)` gives the outputs; `bounded(step, choices, *inputs, *errors)` gives (value, error,
    nan possible) of each output, errors being balls around zero.
    """

    tree: Tree
    exact: Callable[..., tuple[arb, ...]]
    bounded: Callable[..., tuple[tuple[arb, arb, bool], ...]] | None
    open: tuple[bool | None, ...]  # a choice for each branch, none of them made


def ball(value: Fraction | float | int) -> arb:
    """Return the ball of radius zero at a dyadic `value`, or the narrowest one around another fraction."""
    if isinstance(value, Fraction):
        return arb(value.numerator) / arb(value.denominator) if value.denominator != 1 else arb(value.numerator)
    return arb(value)


def root(x: arb) -> arb:
    """Square root of the non-negative part; NaN if there is none."""
    return x.sqrt() if x >= 0 else x.nonnegative_part().sqrt() if x.upper() >= 0 else arb.nan()


def is_positive(x: arb, choices: tuple[bool | None, ...], number: int) -> bool:
    """Decide `x > 0`, by the choice made for this branch where the ball leaves it open.

    Without choices the evaluation is exact, and a NaN compares as it does everywhere: it is not positive.
    """
    if x > 0:
        return True
    if x <= 0 or (not choices and x.is_nan()):
        return False
    choice = choices[number] if number < len(choices) else None
    if choice is None:
        raise UndecidedBranch(number)
    return choice


def is_nonnegative(x: arb, choices: tuple[bool | None, ...], number: int) -> bool:
    """Decide `x ≥ 0`, by the choice made for this branch where the ball leaves it open."""
    if not choices and x.is_nan():
        return False
    return not is_positive(-x, tuple(None if c is None else not c for c in choices), number)


def floored(x: arb, choices: tuple[bool | None, ...], number: int) -> arb:
    """The largest whole number that is not above `x`; where the ball holds one, the choice says whether `x` reaches it."""
    low, high = x.lower().floor(), x.upper().floor()
    if low == high:
        return low
    choice = choices[number] if number < len(choices) else None
    if choice is None:
        raise UndecidedBranch(number)
    return high if choice else high - 1


def from_multiple(x: arb, period: arb) -> arb:
    """Distance from the nearest multiple of `period`, for a ball narrower than that."""
    if period == 0:
        return ZERO
    nearest = (x.mid() / period + arb(0.5)).floor()
    if not nearest.is_exact():
        nearest = nearest.mid().floor()
    away = [abs(x - (nearest + k) * period) for k in (-1, 0, 1)]
    return away[0].min(away[1]).min(away[2])


def held(x: arb, precision: int) -> bool:
    """Whether a number is known exactly and has so few digits that a format holds it: an operation gave it without rounding."""
    return bool(x.is_exact()) and int(x.mid().man_exp()[0]).bit_length() <= precision


def times(slope: arb, factor: arb) -> arb:
    """Their product; zero where the branch was not taken, whatever is evaluated there."""
    return ZERO if slope == 0 else slope * factor


def tanh_slope(x: arb) -> arb:
    """1/cosh², finite however large x is."""
    decay = (-2 * abs(x)).exp()
    return 4 * decay / ((1 + decay) * (1 + decay))


UNIT, EITHER = arb(0.5, 0.5), arb(0, 1)
ZERO, ONE = arb(0), arb(1)
DECIDE = {"where_positive": "is_positive", "where_nonnegative": "is_nonnegative", "floor": "floored"}
# What the argument's own relative error can add, over u: |x f'(x)|, with b the ball of x and f that of the value.
SENSITIVITY = {
    "exp": "{b} * {f}",
    "log": "ONE",
    "tanh": "{b} * tanh_slope({b})",
    "expm1": "{b} * {b}.exp()",
    "log1p": "{b} / (1 + {b})",
    "cos": "{b} * {b}.sin()",
    "sin": "{b} * {b}.cos()",
}
SLOPE = {
    "exp": "{b}.exp()",
    "log": "1 / {b}",
    "tanh": "tanh_slope({b})",
    "expm1": "{b}.exp()",
    "log1p": "1 / (1 + {b})",
    "cos": "-{b}.sin()",
    "sin": "{b}.cos()",
    "absolute": "ONE if {b} > 0 else -ONE if {b} < 0 else EITHER",
}


@lru_cache(maxsize=4096)
def _compile_exact(nodes: tuple[Node, ...], inputs: tuple[str, ...], outputs: tuple[int, ...]) -> Callable[..., Any]:
    lines: list[str] = []
    constants: dict[str, Any] = {}
    branch = 0
    for i, node in enumerate(nodes):
        if node.kind == "constant":
            constants |= {f"K{i}": arb(node.extra.numerator), f"D{i}": arb(node.extra.denominator)}
        if node.kind in BRANCHES:
            lines.append(f"c{i} = {DECIDE[node.kind]}(v{node.args[0]}, choices, {branch})")
            branch += 1
        lines.append(f"v{i} = {_value(i, node, inputs, 'v', 'x')}")
    body = "\n    ".join(lines)
    arguments = ", ".join(f"x{k}" for k in range(len(inputs)))
    source = (
        f"def exact(step, choices, {arguments}):\n    {body}\n    return ({', '.join(f'v{o}' for o in outputs)},)\n"
    )
    return _function(source, "exact", constants)


def _function(source: str, name: str, constants: Mapping[str, Any]) -> Callable[..., Any]:
    known = {
        "arb": arb, "root": root, "times": times, "tanh_slope": tanh_slope,
        "is_positive": is_positive, "is_nonnegative": is_nonnegative,
        "floored": floored, "from_multiple": from_multiple, "held": held,
        "UNIT": UNIT, "EITHER": EITHER, "ZERO": ZERO, "ONE": ONE,
    }  # fmt: skip
    namespace: dict[str, Any] = {"__name__": __name__, **known, **constants}
    exec(compile(source, f"<gradspec {name}>", "exec"), namespace)  # generated from a checked tree, never from text
    return namespace[name]  # type: ignore[no-any-return]


def _value(i: int, node: Node, inputs: tuple[str, ...], v: str, x: str) -> str:
    """The expression of node `i` over the variables `v0, v1, ..` (or balls `b0, b1, ..`)."""
    args = [f"{v}{a}" for a in node.args]
    match node.kind:
        case "input":
            return f"{x}{inputs.index(node.extra)}"
        case "step":
            return "arb(step)"
        case "constant":
            return f"K{i}" if node.extra.denominator == 1 else f"K{i} / D{i}"  # divided at the precision of the call
        case "sum":
            text = "".join(f" {'+' if sign > 0 else '-'} {arg}" for sign, arg in zip(node.extra, args, strict=True))
            return text[3:] if text.startswith(" + ") else text.strip()
        case "product":
            return " * ".join(args[: node.extra]) + "".join(f" / {d}" for d in args[node.extra :])
        case "power":
            return " * ".join(args * node.extra)
        case "step_power":
            return f"{args[0]} ** ({_exponent(node)})"
        case "root":
            return f"root({args[0]})"
        case "maximum":
            return f"{args[0]}.max({args[1]})"
        case "minimum":
            return f"{args[0]}.min({args[1]})"
        case "absolute":
            return f"abs({args[0]})"
        case "exp" | "log" | "tanh" | "expm1" | "log1p" | "cos" | "sin":
            return f"{args[0]}.{node.kind}()"
        case "pi":
            return "arb.pi()"
        case "floor":
            return f"c{i}"
        case "from_multiple":
            return f"from_multiple({args[0]}, {args[1]})"
        case "at_step":
            return f"{args[0]} if step == {node.extra} else {args[1]}"
        case "where_positive" | "where_nonnegative":
            return f"{args[1]} if c{i} else {args[2]}"
    raise AssertionError(node.kind)


def _below_floors(nodes: tuple[Node, ...]) -> set[int]:
    """The nodes that a floor depends on: there it matters that sums of short numbers are exact."""
    found: set[int] = set()
    for i in range(len(nodes) - 1, -1, -1):
        if nodes[i].kind == "floor" or i in found:
            found.update(nodes[i].args)
    return found


def _exponent(node: Node, change: int = 0) -> str:
    factor, offset = node.extra
    return f"{factor} * step + {offset + change}"


def _weight(tree_nodes: tuple[Node, ...], i: int, parameter: int | None, integers: set[int]) -> int | str | None:
    """How many roundings node `i` does: a number, an expression in `step` for a power, None for none at all."""
    node = tree_nodes[i]
    match node.kind:
        case "constant":
            return None if node.extra.denominator & (node.extra.denominator - 1) == 0 else 1
        case "sum":
            if i in integers or len(node.args) == 1:
                return None
            return max(2, len(node.args) - 1) if i == parameter else len(node.args) - 1
        case "product":
            return len(node.args) - 1
        case "power":
            return int(node.extra) - 1
        case "step_power":
            return _exponent(node)
        case "root" | "pi" | "from_multiple":
            return 1
        case "exp" | "log" | "tanh" | "expm1" | "log1p" | "cos" | "sin":
            return 2
    return None


def _underflow(i: int, node: Node, eta: str) -> str:
    """What underflow can add to a product: in whichever order, a partial product that underflows meets the other factors.

    Every partial product has one term; no order has it twice.
    """
    args, first = (node.args, node.extra) if node.kind == "product" else (node.args * node.extra, node.extra)
    terms = [eta]
    for size in range(2, len(args)):
        for part in combinations(range(len(args)), size):
            divisors = [f"b{args[k]}" for k in part if k >= first]
            if len(divisors) == size:  # the divisors were multiplied with each other first
                terms.append(f"{eta} * b{i} / ({' * '.join(divisors)} + {eta})")
                continue
            rest = [k for k in range(len(args)) if k not in part]
            over = [f"b{args[k]}" for k in rest if k >= first]
            text = "".join(f" * b{args[k]}" for k in rest if k < first)
            text += f" / ({' * '.join(over)}{f' + {eta}' * (len(over) > 1)})" if over else ""
            terms.append(eta + text)
    return " + ".join(terms)


@lru_cache(maxsize=4096)
def _compile_bounded(
    nodes: tuple[Node, ...],
    inputs: tuple[str, ...],
    outputs: tuple[int, ...],
    uncertain: frozenset[str],
    how: Arithmetic,
    parameter: int | None,
) -> Callable[..., Any]:
    """Generate the bounded evaluation. `uncertain` names the inputs that carry an error; `parameter` is what a step moves."""
    integers: set[int] = set()
    noisy: set[int] = set()  # nodes that differ from their exact value
    constants: dict[str, Any] = {"ETA": arb(0, ball(how.underflow))}
    lines: list[str] = ["nan = False"]
    branch = 0
    rounded: set[int] = set()

    unit = how.operations.unit
    whole = _below_floors(nodes)

    def units(k: int) -> str:
        constants[f"U{k}"] = arb(0, ball((1 + unit) ** k - 1))  # what k roundings can make of 1
        return f"U{k}"

    for i, node in enumerate(nodes):
        if node.kind == "step" or (node.kind == "constant" and node.extra.denominator == 1):
            integers.add(i)
        if node.kind == "sum" and all(a in integers for a in node.args):
            integers.add(i)
        if node.kind == "constant":
            constants |= {f"K{i}": arb(node.extra.numerator), f"D{i}": arb(node.extra.denominator)}
        if node.kind in BRANCHES:
            lines.append(f"c{i} = {DECIDE[node.kind]}(b{node.args[0]}, choices, {branch})")
            branch += 1
        lines.append(f"v{i} = {_value(i, node, inputs, 'v', 'x')}")
        weight = _weight(nodes, i, parameter, integers)
        is_noisy = node.kind != "floor" and (
            weight is not None
            or any(a in noisy for a in node.args)
            or (node.kind == "input" and node.extra in uncertain)
        )
        if not is_noisy:
            lines.append(f"b{i} = v{i}")
            continue
        noisy.add(i)
        if node.kind == "input":
            lines += [f"e{i} = e_{inputs.index(node.extra)}", f"b{i} = v{i} + e{i}"]
            rounded.add(i)
            continue
        lines.append(f"b{i} = {_value(i, node, inputs, 'b', 'x')}")
        if node.kind == "power" and node.extra % 2 == 0:
            lines.append(f"if not b{i} >= 0: b{i} = b{i}.nonnegative_part()")
        if node.kind == "root":
            lines.append(f"if not b{node.args[0]} >= 0: nan = True")
        if node.kind == "log":
            lines.append(f"if not b{node.args[0]} > 0: nan = True")
        if weight is None:
            continue
        rounded.add(i)
        if isinstance(weight, str):
            constants["GROWTH"] = ball(1 + unit)
            growth = f"({weight}) * GROWTH ** ({weight})"  # (1 + u)ⁿ − 1 is less than n u (1 + u)ⁿ
            lines.append(f"e{i} = ZERO if b{i} == 0 else b{i} * {units(1)} * {growth} + ETA * ({weight})")
        elif node.kind == "sum" and (len(node.args) > 2 or i == parameter):
            sizes = " + ".join(f"b{a} * {units(int(weight))}" for a in node.args)
            lines.append(f"e{i} = {sizes}{f' + ETA * {weight}' if how.flush else ''}")
        elif node.kind in ("product", "power"):
            # What underflow adds to a partial product still meets the roundings of the others.
            constants[f"ETA{weight}"] = constants["ETA"] * ball((1 + unit) ** int(weight))
            underflow = _underflow(i, node, f"ETA{weight}")  # what is exactly zero does not underflow
            lines.append(f"e{i} = ZERO if b{i} == 0 else b{i} * {units(int(weight))} + {underflow}")
        elif node.kind in SENSITIVITY:
            own = SENSITIVITY[node.kind].format(b=f"b{node.args[0]}", f=f"b{i}")
            lines.append(f"e{i} = b{i} * {units(2)} + {own} * {units(1)} + ETA")
        else:
            lines.append(f"e{i} = b{i} * {units(int(weight))}{' + ETA' if how.flush and node.kind == 'sum' else ''}")
        if i in whole and len(node.args) == 2:
            lines.append(f"if held(b{i}, {how.operations.precision}): e{i} = ZERO")
        lines.append(f"b{i} = b{i} + e{i}")
    for output in outputs:
        lines += _sweep(nodes, output, frozenset(noisy), frozenset(rounded))
        lines.append(f"o{output} = (v{output}, smaller(E, b{output} - v{output}), nan)")
    constants["smaller"] = smaller
    arguments = ", ".join(
        [*(f"x{k}" for k in range(len(inputs))), *(f"e_{k}" for k, n in enumerate(inputs) if n in uncertain)]
    )
    body = "\n    ".join(lines)
    source = (
        f"def bounded(step, choices, {arguments}):\n    {body}\n    return ({', '.join(f'o{o}' for o in outputs)},)\n"
    )
    return _function(source, "bounded", constants)


def smaller(swept: arb, own: arb) -> arb:
    """The smaller of two error balls, as a ball around zero; whichever is finite if only one is."""
    radius, other = swept.abs_upper(), own.abs_upper()
    if not radius.is_finite() or other < radius:
        radius = other
    return arb(0, radius) if radius.is_finite() else arb.nan()


def _sweep(nodes: tuple[Node, ...], output: int, noisy: frozenset[int], rounded: frozenset[int]) -> list[str]:
    """Lines that compute E: the sum over all rounding points of the slope of the output times the rounding error."""
    lines: list[str] = []
    reached = {output}
    branches = any(node.kind in BRANCHES for node in nodes)
    lines.append(f"S{output} = ONE")
    started = False
    for i in range(output, -1, -1):
        if i not in reached or i not in noisy:
            continue
        if i in rounded:
            term = f"e{i}" if i == output else f"times(S{i}, e{i})" if branches else f"S{i} * e{i}"
            lines.append(f"E = E + {term}" if started else f"E = {term}")
            started = True
        for a, slope in _slopes(i, nodes[i]):
            if a not in noisy:
                continue
            text = f"S{i}" if slope == "ONE" else f"-S{i}" if slope == "-ONE" else f"S{i} * ({slope})"
            if branches and slope not in ("ONE", "-ONE"):
                text = f"times(S{i}, {slope})"
            lines.append(f"S{a} = S{a} + {text}" if a in reached else f"S{a} = {text}")
            reached.add(a)
    if not started:
        lines.append("E = ZERO")
    return lines


def _slopes(i: int, node: Node) -> list[tuple[int, str]]:
    """For every argument of node `i`, the slope of the node in it: exact before it in a product, balls after it."""
    args = node.args
    match node.kind:
        case "sum":
            return [(a, "ONE" if sign > 0 else "-ONE") for a, sign in zip(args, node.extra, strict=True)]
        case "product":
            slopes = []
            for k, a in enumerate(args):
                before = [(f"v{x}", j >= node.extra) for j, x in enumerate(args) if j < k]
                after = [(f"b{x}", j >= node.extra) for j, x in enumerate(args) if j > k]
                text = "1"
                for name, divides in [*before, *after]:
                    text += f" / {name}" if divides else f" * {name}"
                if k >= node.extra:
                    text = f"-{text} / (v{a} * b{a})"
                text = text.replace("1 * ", "", 1) if text.startswith("1 * ") else text
                slopes.append((a, text if text != "1" else "ONE"))
            return slopes
        case "power":
            n, a = node.extra, args[0]
            terms = [" * ".join([f"b{a}"] * k + [f"v{a}"] * (n - 1 - k)) for k in range(n)]
            return [(a, " + ".join(terms))]
        case "step_power":
            return [(args[0], f"({_exponent(node)}) * b{args[0]} ** ({_exponent(node, -1)})")]
        case "root":
            return [(args[0], f"1 / (root(b{args[0]}) + v{i})")]
        case "exp" | "log" | "tanh" | "expm1" | "log1p" | "absolute" | "cos" | "sin":
            return [(args[0], SLOPE[node.kind].format(b=f"b{args[0]}"))]
        case "from_multiple":
            return [(args[0], "EITHER")]  # up or down by as much as the number itself
        case "minimum":
            a, c = args
            first = f"ONE if b{a} < b{c} else ZERO if b{c} < b{a} else UNIT"
            second = f"ZERO if b{a} < b{c} else ONE if b{c} < b{a} else UNIT"
            return [(a, first), (c, second)]
        case "maximum":
            a, c = args
            first = f"ONE if b{a} > b{c} else ZERO if b{c} > b{a} else UNIT"
            second = f"ZERO if b{a} > b{c} else ONE if b{c} > b{a} else UNIT"
            return [(a, first), (c, second)]
        case "at_step":
            return [
                (args[0], f"ONE if step == {node.extra} else ZERO"),
                (args[1], f"ZERO if step == {node.extra} else ONE"),
            ]
        case "where_positive" | "where_nonnegative":
            return [(args[1], f"ONE if c{i} else ZERO"), (args[2], f"ZERO if c{i} else ONE")]
    return []


def compiled(tree: Tree, uncertain: frozenset[str] = frozenset(), how: Arithmetic | None = None) -> Compiled:
    """Return the generated functions of `tree`; the bounded one only where an arithmetic is declared."""
    return _compiled(Same(tree), uncertain, how)


@lru_cache(maxsize=4096)
def _compiled(same: Same[Tree], uncertain: frozenset[str], how: Arithmetic | None) -> Compiled:
    tree = same.value
    parameter = tree.outputs.get(tree.parameter)  # a function of arrays has none
    outputs = tuple(tree.outputs.values())
    if parameter is not None:
        outputs = (parameter, *(tree.outputs[name] for name in tree.state))
    choices = (None,) * len(tree.branches)
    exact = _compile_exact(tree.nodes, tree.inputs, outputs)
    if how is None:
        return Compiled(tree, exact, None, choices)
    known = frozenset(name for name in uncertain if name in tree.inputs)
    return Compiled(tree, exact, _compile_bounded(tree.nodes, tree.inputs, outputs, known, how, parameter), choices)
