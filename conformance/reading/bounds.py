"""Inequalities about an activation or its slope: proved, or refuted at an exact point where they are claimed for all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sympy
from sympy import Symbol

from gradspec.reference.decide import proved

from .arithmetic_of_formulas import EXACT
from .comparing import FAILURES, situation
from .entries import prepared
from .evidence import Slide, speaks_of
from .finding import Reading, Verdict
from .frame import Frame
from .frames import FRAMES
from .specified import Specified
from .tree import Call, Name, Row, Tree, walk
from .valuing import Scope, work
from .worlds import variations

RELATIONS = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}
POINTS = (*map(sympy.Integer, (0, 1, -1, 3, -3, 10, -10)), sympy.log(2), -sympy.log(3))
ODDS = Symbol("odds", positive=True)
FOR_ALL = re.compile(
    r"\b(always|never|for (all|every|any)|every|at most|at least|maxim\w+|bounded|upper bound)\b|∀|\\forall",
    re.IGNORECASE,
)
PRIME = re.compile(r"'|′|\\prime")
VALUE = Name("@")
SMOOTH = frozenset({"sigmoid", "tanh"})


def judge_bounds(reading: Reading, row: Row, slide: Slide) -> Verdict | None:
    """Return the verdict on bounds of an activation or its slope, or on its greatest value; None if the row has none.

    An inequality that fails somewhere may be a condition, so it is wrong only where the words claim it for all.
    """
    sides = tuple(map(prepared, row.sides))
    frame = next(_frames(reading, sides, slide), None)
    if frame is None or len(sides) < 2:
        return None
    first = sides[0]
    if row.relations == ("=",) and isinstance(first, Call) and first.head == "max" and len(first.args) == 1:
        return _judged((first.args[0], sides[1]), ("<=",), frame, claimed=True, attained=True)
    if not set(row.relations) <= set(RELATIONS):
        return None
    claimed = bool(FOR_ALL.search(f"{reading.piece.before} {reading.piece.text}"))
    return _judged(sides, row.relations, frame, claimed=claimed, attained=False)


def _frames(reading: Reading, sides: tuple[Tree, ...], slide: Slide) -> Iterator[Frame]:
    """The functions, or slopes of functions, that the sides speak of."""
    for one in (part for side in sides for part in walk(side)):
        if not isinstance(one, Call):
            continue
        name = one.args[0] if one.head == "apply" else None
        known = name.base if isinstance(name, Name) else one.head
        is_slope = isinstance(name, Name) and name.mark is not None
        if name is None and PRIME.search(reading.text):
            continue
        for frame in FRAMES:
            fits = frame.rule in SMOOTH and frame.derivative == is_slope and known in frame.functions
            if fits and (known != "sigma" or not _is_another(slide)):
                yield frame


def _is_another(slide: Slide) -> bool:
    """Whether σ may be another activation than the sigmoid."""
    others = [frame for frame in FRAMES if frame.argument and frame.rule != "sigmoid"]
    return any(speaks_of(frame, slide.text) for frame in others)


def _judged(
    sides: tuple[Tree, ...], relations: tuple[str, ...], frame: Frame, *, claimed: bool, attained: bool
) -> Verdict | None:
    argument = _argument(sides, frame)
    if argument is None:
        return None
    try:
        rows = {point: [_value(side, frame, point) for side in sides] for point in (*POINTS, sympy.log(ODDS))}
    except FAILURES:
        return None
    for point in POINTS:
        for left, relation, right in zip(rows[point], relations, rows[point][1:], strict=False):
            if RELATIONS[relation](left, right) == sympy.false:
                return _refuted(frame, argument, point, f"{left} {relation} {right}") if claimed else None
    here = rows[sympy.log(ODDS)]
    if not all(_proved(relation, a, b) for a, relation, b in zip(here, relations, here[1:], strict=False)):
        return Verdict(
            verdict="unknown", rule=frame.rule, message="holds at all points that were tried, but no proof was found"
        )
    if not attained:
        return Verdict(verdict="correct", rule=frame.rule, message="proved for every number")
    if any(sympy.simplify(rows[point][0] - rows[point][1]) == 0 for point in POINTS):
        return Verdict(verdict="correct", rule=frame.rule, message="proved for every number, and reached")
    return Verdict(verdict="unknown", rule=frame.rule, message="a bound, but where it is reached was not found")


def _argument(sides: tuple[Tree, ...], frame: Frame) -> Name | None:
    """The one name that the function is applied to, if no other name stands in the row."""
    parts = [one for side in sides for one in walk(side)]
    applied = {
        one.args[-1] for one in parts if isinstance(one, Call) and (one.head == "apply" or one.head in frame.functions)
    }
    if len(applied) != 1:
        return None
    found = applied.pop()
    others = {one for one in parts if isinstance(one, Name) and one != found and one.base not in frame.functions}
    return found if isinstance(found, Name) and not others else None


def _proved(relation: str, left: sympy.Expr, right: sympy.Expr) -> bool:
    difference = sympy.factor(sympy.simplify(right - left if relation[0] == "<" else left - right))
    return proved((sympy.Gt if len(relation) == 1 else sympy.Ge)(difference, 0))


def _value(side: Tree, frame: Frame, point: sympy.Expr) -> sympy.Expr:
    """What a side comes to where the function is taken at a point. Raises one of `FAILURES`."""
    program = situation(variations(frame, next(iter(frame.targets)))[0], 0, True, 2).specified.program
    given = {"x": point, "upstream": sympy.Integer(1), "d_y": sympy.Integer(1)}
    value = Specified(program, given, EXACT).value("d_x" if frame.derivative else "y")
    found = work(_over(side, frame), Scope({VALUE.base: value}, EXACT))
    return sympy.simplify(found.rewrite(sympy.exp))


def _over(one: Tree, frame: Frame) -> Tree:
    if not isinstance(one, Call):
        return one
    name = one.args[0] if one.head == "apply" else None
    if (isinstance(name, Name) and name.base in frame.functions) or one.head in frame.functions:
        return VALUE
    return Call(one.head, tuple(_over(arg, frame) for arg in one.args))


def _refuted(frame: Frame, argument: Name, point: sympy.Expr, said: str) -> Verdict:
    return Verdict(
        verdict="wrong",
        rule=frame.rule,
        message="claimed for every number, but false at one",
        suggestion=f"gradspec show {frame.rule}",
        witness={"inputs": {argument.base: str(point)}, "printed": said, "expected": "false here"},
    )
