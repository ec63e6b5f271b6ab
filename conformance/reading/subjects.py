"""What the left side of a row names: a function, a derivative, a variance, a norm, or a plain quantity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .entries import reference
from .frame import Frame
from .frames import FRAMES
from .tree import Call, Name, Number, Tree

FUNCTION_HEADS = frozenset({"sigmoid", "tanh", "relu", "softmax", "softplus"})
ANY_FUNCTION = frozenset(
    {"f", "g", "phi", "h", "sigma", "psi", "a", "act", "activation", "y", "varphi", "F", "forward", "fn", "func"}
)
DEVIATIONS = frozenset({"sigma", "s", "tau", "std", "S"})
PRIMES = frozenset({"'", "prime"})


@dataclass(frozen=True, slots=True)
class Subject:
    """`kind`: function, derivative, name, variance, norm. `argument` is the name in its parentheses."""

    kind: str
    name: str
    key: str
    argument: str | None = None
    order: int = 0


def subject(left: Tree, letters: frozenset[str]) -> Subject | None:
    """Return what a left side names, or None if that is nothing a rule gives a value for."""
    if isinstance(left, Name):
        one = reference(left, letters)
        if (
            isinstance(left.mark, Name)
            and left.mark.base in PRIMES
            and (left.base in ("sigma", "f", "tanh", "phi", "ReLU"))
        ):
            return Subject("derivative", left.base, left.base)
        code = _derivative_in_code(left.base)
        if code:
            return Subject("derivative", code, code)
        return Subject("name", one.key, one.full)
    assert isinstance(left, (Call, Number))
    if not isinstance(left, Call):
        return None
    if left.head == "apply" and isinstance(left.args[0], Name):
        return _function(left.args[0], left.args[1:], letters)
    if left.head in FUNCTION_HEADS:
        return Subject("function", left.head, left.head, _argument(left.args[:1], letters))
    if left.head == "partial":
        of, by = left.args[0], left.args[1]
        if isinstance(of, Name) and of.base in ("sigma", "f", "tanh", "phi") and isinstance(by, Name):
            return Subject("derivative", of.base, of.base, reference(by, letters).full)
        inner = subject(of, letters) if isinstance(of, Call) else None
        if inner is not None and inner.kind == "function" and isinstance(by, Name):
            return Subject("derivative", inner.name, inner.name, reference(by, letters).full)
        return None
    if left.head == "^" and left.args[1] == Number(Fraction(2)) and isinstance(left.args[0], Name):
        one = reference(left.args[0], letters)
        return Subject("variance", one.key, one.full)
    if left.head == "var":
        return Subject("variance", "Var", "Var")
    if left.head == "norm":
        order = left.args[1] if len(left.args) > 1 else Number(Fraction(2))
        return Subject("norm", "norm", "norm", order=int(order.value) if isinstance(order, Number) else 0)
    return None


def _function(name: Name, args: Sequence[Tree], letters: frozenset[str]) -> Subject:
    is_slope = isinstance(name.mark, Name) and name.mark.base in PRIMES
    code = _derivative_in_code(name.base)
    if is_slope or code:
        return Subject("derivative", code or name.base, code or name.base, _argument(args, letters))
    one = reference(Name(name.base, name.accents, (), name.mark), letters)
    return Subject("function", name.base, one.full, _argument(args, letters))


def _derivative_in_code(base: str) -> str | None:
    """The function whose derivative `dsigmoid`, `sigmoid_grad` or `relu_prime` is."""
    for ending in ("_grad", "_prime", "_derivative", "_deriv", "_backward", "Prime", "_gradient"):
        if base.endswith(ending) and len(base) > len(ending):
            return base[: -len(ending)]
    for known in ("sigmoid", "tanh", "relu", "elu", "leaky_relu", "prelu"):
        if base in (f"d{known}", f"d_{known}"):
            return known
    return None


def _argument(args: Sequence[Tree], letters: frozenset[str]) -> str | None:
    return reference(args[0], letters).full if args and isinstance(args[0], Name) else None


def quantities(one: Subject) -> Iterator[tuple[Frame, str, bool]]:
    """Yield the quantities that a left side may name, and whether its name says so by itself."""
    for frame in FRAMES:
        for target, usual in frame.targets.items():
            how = _names(one, frame, target, usual)
            if how is not None:
                yield frame, target, how


def _names(one: Subject, frame: Frame, target: str, usual: frozenset[str]) -> bool | None:
    if one.kind == "derivative":
        if not frame.derivative:
            return None
        if one.name in frame.functions:
            return True
        return False if one.name in ANY_FUNCTION else None
    if frame.derivative:
        return None
    if one.kind == "function":
        if one.name in frame.functions and target == ("y" if "y" in frame.targets else next(iter(frame.targets))):
            return len(one.name) > 1
        if frame.argument and one.name in ANY_FUNCTION and target == "y":
            return False
        return False if {one.name, one.key} & usual else None
    if one.kind == "variance":
        if target not in ("variance", "batch_variance", "next_variance"):
            return None
        return False
    if one.kind == "law":
        return False if target == one.name and "receptive_field" in frame.inputs[0] else None
    if one.kind == "norm":
        if frame.rule == "l2" or target not in ("measure", "size"):
            return None
        if one.order == 2:  # a norm without an index is usually that one
            return target == "size"
        return True if one.order == 1 and target == "measure" else None
    if one.name in frame.functions and frame.argument and one.name in SPELLED_OUT:
        return True
    if {one.name, one.key} & usual or one.name.split("_")[0] in usual:
        return one.name in CLEAR
    return None


SPELLED_OUT = frozenset(
    {"sigmoid", "tanh", "relu", "ReLU", "leaky_relu", "LeakyReLU", "elu", "ELU", "prelu", "PReLU", "softmax"}
)
# Names that say what they are.
CLEAR = frozenset(
    {
        "MSE", "mse", "CE", "BCE", "fan_avg", "n_avg", "fan_average", "cross_entropy", "mean_squared_error",
        "running_mean", "running_var", "moving_mean", "moving_var", "moving_variance", "running_variance",
    }
)  # fmt: skip
