"""A row of an update program that stands alone: which rule has it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import permutations

from flint import ctx

from gradspec.spec import Rule, catalogue
from gradspec.spec.program import Program, put_in

from .assignments import Assignment
from .candidates import tree as tree_of
from .compiling import STEP, compiled
from .finding import Verdict
from .machine import BEFORE, Unsupported, Value, work
from .matching import BITS, SHARES, Abstract, Roles, abstracted, roles_of, same
from .tree import Call, Name, Tree, walk

OWN, GRADIENT = "@own", "@gradient"
PARAMETER = "w_next"
KEPT = ("_next", "_hat")
POINTS = tuple(
    (Fraction(a, 16), Fraction(b, 16), Fraction(t)) for a, b, t in ((9, 14, 3), (19, -10, 2), (5, 7, 5))
)  # own, gradient, step
VALUES = tuple(Fraction(n, 64) for n in (9, 45, 25, 55, 17, 37))
MOST_NAMES = 5
AGREE = 1e-9  # of floats, to find what is worth an exact comparison


@dataclass(frozen=True, slots=True)
class Template:
    """One equation of a rule: `own` is the state that it renews, the other names are roles."""

    rule: str
    dialect: Mapping[str, str]
    target: str
    tree: Tree
    roles: tuple[str, ...]
    canonical: bool


def judge_row(assignment: Assignment, letters: frozenset[str]) -> Verdict | None:
    """Return the verdict on a row that no program on the slide uses, or None if it is no such row."""
    abstract = _abstract(assignment, letters)
    if abstract is None or not _tells(abstract):
        return None
    found = _matching(abstract) or [one for one in _matching(_mirrored(abstract)) if one.target != PARAMETER]
    if not found:
        return None
    first = found[0]
    titles = dict.fromkeys(catalogue()[one.rule].title for one in found)
    return Verdict(
        verdict="correct" if first.canonical else "convention",
        rule=first.rule,
        dialect=first.dialect,
        message=f"a row of {' or '.join(titles)}",
    )


def _abstract(assignment: Assignment, letters: frozenset[str]) -> Abstract | None:
    """The row as a machine of one line; the gradient and its own former value have names of their own."""
    try:
        machine = compiled([assignment], assignment.target.key, letters, in_order=assignment.code)[0]
    except Unsupported:
        return None
    ((target, tree),) = machine.lines
    own = Name(target + BEFORE)
    points = {one.args[0] for one in walk(tree) if isinstance(one, Call) and one.head == "gradient"}
    if points - {own}:
        return None
    machine = replace(machine, lines=((target, _renamed(tree, own)),), carry={}, initial={})
    whole = abstracted(machine)
    return replace(whole, names=tuple(name for name in whole.names if name not in (OWN, GRADIENT, STEP)))


def _mirrored(abstract: Abstract) -> Abstract:
    """The row with the gradient of the other sign: a velocity may point where the parameter goes."""
    ((target, tree),) = abstract.machine.lines
    return replace(abstract, machine=replace(abstract.machine, lines=((target, _turned(tree)),)))


def _turned(tree: Tree) -> Tree:
    if tree == Name(GRADIENT):
        return Call("neg", (tree,))
    return Call(tree.head, tuple(map(_turned, tree.args))) if isinstance(tree, Call) else tree


def _renamed(tree: Tree, own: Name) -> Tree:
    if isinstance(tree, Call):
        if tree.head == "gradient":
            return Name(GRADIENT)
        return Call(tree.head, tuple(_renamed(arg, own) for arg in tree.args))
    return Name(OWN) if tree == own else tree


def _tells(abstract: Abstract) -> bool:
    """Whether a row has enough in it to be told from an accident: a gradient and its own past, or a step as exponent."""
    names = {one.base for one in walk(abstract.machine.lines[0][1]) if isinstance(one, Name)}
    powers = any(
        isinstance(one, Call) and one.head == "^" and one.args[1] == Name(STEP)
        for one in walk(abstract.machine.lines[0][1])
    )
    return {OWN, GRADIENT} <= names or powers or (OWN in names and abstract.names != () and _divides(abstract))


def _divides(abstract: Abstract) -> bool:
    return any(isinstance(one, Call) and one.head == "sqrt" for one in walk(abstract.machine.lines[0][1]))


def _matching(abstract: Abstract) -> list[Template]:
    """The equations that a row may be, the likeliest first."""
    names = abstract.names
    if len(names) > MOST_NAMES:
        return []
    allowed = roles_of(abstract)
    tree = abstract.machine.lines[0][1]
    found = [
        template
        for template in _templates()
        if len(template.roles) == len(names) and _fits(template, allowed, tree, names)
    ]
    hinted = [one for one in found if any(role is not None and role in one.roles for role in _hints(names))]
    if "G" in names:  # where squares are added up, they are called so
        return sorted(found, key=lambda one: one.rule != "adagrad")
    return hinted or found


def _hints(names: Sequence[str]) -> list[str | None]:
    """What indices 1 and 2 tell: an average of gradients or of squares, as in Adam."""
    return [f"beta{name[-1]}" if name[-1:] in ("1", "2") else None for name in names]


def _fits(template: Template, allowed: Sequence[Roles], tree: Tree, names: Sequence[str]) -> bool:
    """Whether the roles of a template can be played by the names: seen in floats first, then exactly."""
    wanted = _results(tree, names, exact=False)
    for order in permutations(template.roles):
        if not all(
            may is None or role in may or may.isdisjoint(SHARES) for may, role in zip(allowed, order, strict=True)
        ):
            continue
        results = _results(template.tree, order, exact=False)
        if all(math.isclose(x, y, rel_tol=AGREE) for x, y in zip(results, wanted, strict=True)) and wanted:
            exactly = zip(_results(tree, names, exact=True), _results(template.tree, order, exact=True), strict=True)
            if all(same(x, y) for x, y in exactly):
                return True
    return False


def _results(tree: Tree, names: Sequence[str], exact: bool) -> list[Value]:
    """What a formula comes to at the points, in floats or exactly; NaN where it is not defined."""
    number = Fraction if exact else float
    given = {name: number(value) for name, value in zip(names, VALUES, strict=False)}
    try:
        done = work(tree, exact)
        with ctx.workprec(BITS):
            return [
                done({**given, OWN: number(own), GRADIENT: number(slope), STEP: number(step)})
                for own, slope, step in POINTS
            ]
    except (ArithmeticError, ValueError):
        return [math.nan] * len(POINTS)


# -- equations of the specification --------------------------------------------------------------------------


@cache
def _templates() -> tuple[Template, ...]:
    """Every equation that renews a state, corrects an average or moves the parameter, each once."""
    found: dict[tuple[Tree, tuple[str, ...]], Template] = {}
    rules = [rule for rule in catalogue().values() if rule.kind == "optimizer"]
    for rule in rules:
        for dialect in rule.dialects(frozenset()):
            program = rule.program(dialect)
            for template in _of(rule, dialect, program):
                key = (template.tree, template.roles)
                if key not in found or (template.canonical and not found[key].canonical):
                    found[key] = template
    return tuple(sorted(found.values(), key=lambda one: not one.canonical))


def _of(rule: Rule, dialect: Mapping[str, str], program: Program) -> Iterator[Template]:
    owners = {str(after): str(state) for state, after in program.update.items()}
    canonical = all(rule.axis(axis).names[0] == chosen for axis, chosen in dialect.items())
    for symbol in program.needed():
        name = str(symbol)
        if not name.endswith(KEPT):
            continue
        expression = program.let[symbol]
        for inner in reversed(program.needed_by(expression)):
            if not (str(inner).endswith(KEPT) or str(inner) == "g"):
                expression = put_in(expression, inner, program.let[inner])
        own = owners.get(name)
        tree = _placed(tree_of(expression), {own: OWN, "g": GRADIENT, "t": STEP})
        roles = dict.fromkeys(one.base for one in walk(tree) if isinstance(one, Name))
        free = tuple(role for role in roles if role not in (OWN, GRADIENT, STEP))
        yield Template(rule.name, dict(dialect), name, tree, free, canonical)


def _placed(tree: Tree, names: Mapping[str | None, str]) -> Tree:
    if isinstance(tree, Name):
        return Name(names.get(tree.base, tree.base))
    if isinstance(tree, Call):
        if tree.head == "gradient":
            return Name(GRADIENT)
        return Call(tree.head, tuple(_placed(arg, names) for arg in tree.args))
    return tree
