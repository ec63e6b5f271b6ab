"""Compares what a row says with what a rule says of one of its quantities, whichever names play which roles."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from typing import Any

from flint import arb, ctx

from .arithmetic_of_formulas import BALLS, DOUBLES, Arithmetic, Undefined, Value
from .entries import LABELS, Reference, bound_letters, counts, reference
from .frame import Frame
from .frames import FRAMES
from .specified import Specified
from .tree import Call, Name, Number, Tree, walk
from .valuing import COUNTING, Scope, work
from .worlds import Situation, Variation, entry

BITS = 256
MOST_BINDINGS = 48
AGREE = 1e-9
PLAIN = frozenset(map(Fraction, ("0", "1", "-1", "2", "1/2", "3", "4", "6", "1/4", "12", "1/3", "5")))
VARIANCES = frozenset({"variance", "batch_variance"})
DEVIATIONS = frozenset({"sigma", "s", "tau", "std", "stddev", "S"})
SETTINGS = frozenset({"alpha", "lambda", "epsilon", "momentum", "rate", "c", "r"})
FAILURES = (Undefined, OverflowError, ValueError, ZeroDivisionError, IndexError, TypeError, RecursionError)
COMPUTED = frozenset({"batch_mean", "batch_variance", "normalised", "size", "measure", "fan"})  # roles of any name
ONE_SIDE = re.compile("in|out", re.IGNORECASE)  # what is so called is no average of both fans
TRANSPOSED = (Name("T"), Name("top"))
FUNCTION_RULES = {
    "sigmoid": "sigmoid",
    "sigma": "sigmoid",
    "logistic": "sigmoid",
    "relu": "relu",
    "ReLU": "relu",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What a name plays: a role, or the square root of it."""

    role: str
    root: bool = False


Binding = Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A right side with names for the decimal numbers in it, and what is needed to bind its names."""

    tree: Tree
    letters: frozenset[str]
    sizes: frozenset[str]
    literals: Mapping[str, Fraction]
    names: Mapping[str, Reference]
    squared: frozenset[str]  # names that only stand squared


@dataclass(frozen=True, slots=True)
class Match:
    """A row that says what a rule says of `target`; `literals` are numbers that play roles."""

    variation: Variation
    target: str
    binding: Binding
    literals: Mapping[str, Fraction]
    row: Prepared | None = None


def prepare(tree: Tree, letters: frozenset[str] = frozenset(), functions: frozenset[str] = frozenset()) -> Prepared:
    """Return a tree ready to be compared; `functions` are names that are applied, not bound."""
    literals: dict[str, Fraction] = {}
    abstract = _abstracted(tree, literals)
    bound = bound_letters([abstract]) | letters
    found: dict[str, Reference] = {}
    squares: dict[str, set[bool]] = {}
    for name, is_square in _names(abstract, False, functions):
        if isinstance(name, Name) and name.base not in bound:
            one = reference(name, bound)
            found.setdefault(one.full, one)
            squares.setdefault(one.full, set()).add(is_square)
    for applied in _applications(abstract, bound):
        found[applied] = Reference(applied, applied)
    names = {key: one for key, one in found.items() if key not in functions}
    return Prepared(
        abstract, bound, counts([abstract]), literals, names, frozenset(k for k, v in squares.items() if v == {True})
    )


def _abstracted(tree: Tree, literals: dict[str, Fraction]) -> Tree:
    """The tree with names for decimal numbers."""
    if isinstance(tree, Number):
        if tree.value in PLAIN and (tree.digits is None or tree.value.denominator == 1):
            return tree
        name = next((key for key, value in literals.items() if value == tree.value), f"#{len(literals)}")
        literals[name] = tree.value
        return Name(name)
    if isinstance(tree, Name):
        return tree
    if tree.head == "^" and isinstance(tree.args[1], Number):
        return Call("^", (_abstracted(tree.args[0], literals), tree.args[1]))
    return Call(tree.head, tuple(_abstracted(arg, literals) for arg in tree.args))


def _names(tree: Tree, squared: bool, functions: frozenset[str]) -> Iterator[tuple[Tree, bool]]:
    """The names that stand for numbers, and whether each is squared where it stands."""
    if isinstance(tree, Name):
        yield tree, squared
        for part in tree.index:
            if isinstance(part, Name) and part.base in LABELS:  # probs at the class y_i
                yield part, False
    elif isinstance(tree, Call):
        if tree.head in ("sum", "prod", "norm"):
            yield from _names(tree.args[0], False, functions)
            return
        if tree.head == "apply" and _is_opaque(tree, functions):
            return
        is_square = tree.head == "^" and len(tree.args) == 2 and tree.args[1] == Number(Fraction(2))
        for k, arg in enumerate(tree.args):
            if (tree.head == "apply" and k == 0) or (tree.head == "^" and k == 1 and arg in TRANSPOSED):
                continue
            yield from _names(arg, is_square and k == 0, functions)


def _is_opaque(tree: Call, functions: frozenset[str]) -> bool:
    """Whether h(x) is a quantity of its own, whatever x is."""
    name, *args = tree.args
    if not isinstance(name, Name) or not all(isinstance(arg, Name) for arg in args):
        return False
    return name.base not in FUNCTION_RULES and name.base not in COUNTING and f"{name.base}()" not in functions


def _applications(tree: Tree, letters: frozenset[str]) -> list[str]:
    return [
        f"{reference(one.args[0], letters).full}()"
        for one in walk(tree)
        if isinstance(one, Call) and one.head == "apply" and isinstance(one.args[0], Name)
        if one.args[0].base not in COUNTING and all(isinstance(arg, Name) for arg in one.args)
    ]


# -- which name plays which role -----------------------------------------------------------------------------


def bindings(one: Prepared, frame: Frame, target: str, argument: str | None = None) -> Iterator[Binding]:
    """Yield the ways in which the names may play roles, likelier ones first; none where a name can play none.

    `argument` is the name in the parentheses on the left side: the input of an activation.
    """
    choices: list[list[Part | None]] = []
    keys = [key for key in one.names if key not in one.sizes]
    lists = {role for role, known in frame.roles.items() if "i" in known.places}
    named = {key: _usual(key, one, frame) for key in keys}
    taken = {part.role for parts in named.values() if len(parts) == 1 for part in parts}
    for key in keys:
        if key.endswith("()") and (key[:-2] in FUNCTION_RULES or (frame.derivative and key[:-2] in frame.functions)):
            choices.append([None])
            continue
        if argument is not None and frame.argument is not None:
            if key == argument:
                choices.append([Part(frame.argument)])
                continue
            named[key] = [part for part in named[key] if part.role != frame.argument]
        parts: list[Part | None] = list(named[key])
        if not parts:
            given = frame.inputs[0].keys() | COMPUTED
            free = [role for role in frame.roles if role not in taken and role != target and role in given]
            free = [role for role in free if role != "fan" or not ONE_SIDE.search(key)]
            if key.startswith("#"):
                free = [role for role in frame.roles if role in SETTINGS]
            elif _is_of_another_frame(key, frame):
                return
            parts = [Part(role) for role in free if argument is None or role != frame.argument]
        if key in frame.length_names and frame.length:
            parts.append(Part("@length"))
        if _runs(one.names[key], one):
            parts = [part for part in parts if part is not None and part.role in lists]
        if not parts:
            return
        choices.append(parts)
    seen = 0
    for chosen in islice(product(*choices), MOST_BINDINGS * 8):
        # f_j and f at the label are one list, so that they may share its role.
        roles = {
            (part.role, key.split("_")[0] if part.role in lists else key)
            for key, part in zip(keys, chosen, strict=True)
            if part
        }
        if len({role for role, _ in roles}) == len(roles):
            yield {key: part for key, part in zip(keys, chosen, strict=True) if part is not None}
            seen += 1
            if seen >= MOST_BINDINGS:
                return


def _is_of_another_frame(key: str, frame: Frame) -> bool:
    """Whether a name usually plays a role that this frame of its rule has not."""
    others = [(role, known) for other in FRAMES if other.rule == frame.rule for role, known in other.roles.items()]
    return any(key in known.usual for role, known in others if role not in frame.roles)


def _runs(one: Reference, prepared_one: Prepared) -> bool:
    bound = bound_letters([prepared_one.tree])
    return any(isinstance(place, Name) and place.base in bound for place in one.places)


def _usual(key: str, one: Prepared, frame: Frame) -> list[Part]:
    found = []
    known = one.names[key]
    for role, is_ in frame.roles.items():
        spellings = {key, known.key}
        if spellings & is_.usual or (
            not known.places and key.split("_")[0] in is_.usual and key.split("_")[-1].isdigit()
        ):
            found.append(Part(role))
        elif (
            role in VARIANCES
            and key in one.squared
            and (f"{known.key}^2" in is_.usual or known.key.split("_")[0].split("^")[0] in DEVIATIONS)
        ):
            found.append(Part(role, root=True))
    return found


# -- values --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def situation(variation: Variation, point: int, nice: bool, exactness: int) -> Situation:
    """A situation, made once."""
    from .arithmetic_of_formulas import EXACT

    return Situation(variation, point, nice, (DOUBLES, BALLS, EXACT)[exactness])


def scope_of(one: Prepared, binding: Binding, at: Situation) -> Scope:
    """Return what the names of a row come to in a situation."""
    frame, arithmetic = at.variation.frame, at.arithmetic
    values: dict[str, Value] = {}
    for key, part in binding.items():
        if part.role == "@length":
            values[key] = arithmetic.number(Fraction(frame.length))
            continue
        held = at.role(part.role)
        if part.root:
            held = arithmetic.functions["sqrt"](held)
        values[key] = held
    for key in one.sizes:
        values.setdefault(key, arithmetic.number(Fraction(frame.length)))
    return Scope(values, arithmetic, one.letters, _functions(at), frame.length)


def _functions(at: Situation) -> dict[str, Callable[[Value], Value]]:
    found = {name: _function(rule, at.arithmetic) for name, rule in FUNCTION_RULES.items()}
    frame = at.variation.frame
    if frame.derivative and frame.argument:
        own = _own_function(at)
        found |= dict.fromkeys(frame.functions, own)
    return found


def _function(rule: str, arithmetic: Arithmetic) -> Callable[[Value], Value]:
    def value(x: Value) -> Value:
        return Specified(_plain_program(rule), {"x": x}, arithmetic).value("y")

    return value


@lru_cache(maxsize=64)
def _plain_program(rule: str) -> Any:
    from gradspec.spec import rule as rule_called

    return rule_called(rule).program()


def _own_function(at: Situation) -> Callable[[Value], Value]:
    def value(x: Value) -> Value:
        inputs = dict(at.specified.inputs)
        inputs["x"] = (x,) if isinstance(inputs["x"], tuple) else x
        places = (0,) if isinstance(inputs["x"], tuple) else ()
        return Specified(at.specified.program, inputs, at.arithmetic).value("y", *places)

    return value


def value_at(one: Prepared, binding: Binding, at: Situation) -> Value:
    """Return the number that a row says in a situation. Raises one of `FAILURES`."""
    return entry(work(one.tree, scope_of(one, binding, at)))


def agrees(one: Prepared, binding: Binding, variation: Variation, target: str) -> bool:
    """Whether a row and a rule come to the same at all points of the frame, in doubles."""
    decided = 0
    for k in range(len(variation.frame.inputs)):
        at = situation(variation, k, False, 0)
        try:
            expected = at.quantity(target)
        except FAILURES:
            continue
        try:
            found = value_at(one, binding, at)
        except Undefined as trouble:
            if "no label" in str(trouble):
                continue
            return False
        except FAILURES:
            return False
        if not isinstance(found, (float, int)) or not math.isclose(found, expected, rel_tol=AGREE, abs_tol=1e-12):
            return False
        decided += 1
    return decided > 1 or decided == len(variation.frame.inputs)


def certainly_agrees(one: Prepared, binding: Binding, variation: Variation, target: str) -> bool:
    """Whether they agree within balls of 256 bits."""
    with ctx.workprec(BITS):
        for k in range(len(variation.frame.inputs)):
            at = Situation(variation, k, False, BALLS)
            try:
                expected, found = at.quantity(target), value_at(one, binding, at)
            except FAILURES:
                continue
            if not isinstance(found, arb):
                found = arb(found)
            if not found.overlaps(arb(expected)) or float(found.rad()) > 1e-20 * (1 + abs(float(found.mid()))):
                return False
    return True


def matches(
    one: Prepared,
    frames: Sequence[tuple[Frame, str]],
    argument: str | None,
    of: Callable[[Frame, str], Sequence[Variation]],
) -> Iterator[Match]:
    """Yield the rules that say the same as a row of these quantities, in the order given."""
    for frame, target in frames:
        chosen = list(bindings(one, frame, target, argument))
        for variation in of(frame, target):
            for binding in chosen:
                if agrees(one, binding, variation, target) and certainly_agrees(one, binding, variation, target):
                    yield Match(variation, target, binding, one.literals, one)
                    break
