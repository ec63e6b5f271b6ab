"""A penalty that holds its strength already, where the regularised cost multiplies by it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradspec.spec import rule as rule_called

from .comparing import situation
from .entries import prepared
from .exact_witness import EXACTLY
from .finding import Reading, Verdict
from .suggestions import written
from .tree import Call, Name, Row, Tree, walk
from .worlds import frames, variations

PENALTIES = frozenset({"l1", "l2"})
ERROR = "strength_twice"


def composed(found: Verdict, reading: Reading, row: Row, others: Sequence[Reading]) -> Verdict:
    """Return the verdict on a penalty once it is known what is done with it; `found` is that on the row alone."""
    if found.rule not in PENALTIES or found.verdict not in ("correct", "convention") or len(row.sides) != 2:
        return found
    left, right = (prepared(side) for side in row.sides)
    if not (isinstance(left, Call) and left.head == "apply" and isinstance(left.args[0], Name)):
        return found
    strengths = [
        one for one in walk(right) if isinstance(one, Name) and one.base in ("lambda", "alpha", "lam", "gamma")
    ]
    twice = next((name for other in others for name in strengths if _multiplies(other, left.args[0], name)), None)
    if twice is None:
        return found
    without = _without(right, twice)
    if without is None:
        return found
    shown = _witness(found)
    rule = rule_called(found.rule)
    where = next(other.line for other in others if _multiplies(other, left.args[0], twice))
    return replace(
        found,
        verdict="wrong",
        message=f"{rule.title}, but {rule.error(ERROR).doc} ({ERROR}): line {where} multiplies this by {twice.base} again",
        suggestion=written(Row((row.sides[0], without), row.relations), reading),
        witness=shown,
    )


def _multiplies(other: Reading, penalty: Name, strength: Name) -> bool:
    """Whether a row adds the strength times the penalty to a cost."""
    if other.row is None or len(other.row.sides) < 2:
        return False
    for side in map(prepared, other.row.sides[1:]):
        if not (isinstance(side, Call) and side.head == "+"):
            continue
        for term in side.args:
            factors = term.args if isinstance(term, Call) and term.head == "*" else ()
            named = any(
                isinstance(f, Call)
                and f.head == "apply"
                and isinstance(f.args[0], Name)
                and f.args[0].base == penalty.base
                for f in factors
            )
            if named and any(f == strength for f in factors):
                return True
    return False


def _without(tree: Tree, strength: Name) -> Tree | None:
    """The tree without a factor."""
    if isinstance(tree, Call) and tree.head == "*" and strength in tree.args:
        rest = tuple(one for one in tree.args if one != strength)
        return rest[0] if len(rest) == 1 else Call("*", rest)
    if isinstance(tree, Call) and tree.head == "*":
        for k, one in enumerate(tree.args):
            if isinstance(one, Call) and one.head == "/" and one.args[0] == strength:
                from .slips import ONE

                return Call("*", (*tree.args[:k], Call("/", (ONE, one.args[1])), *tree.args[k + 1 :]))
    return None


def _witness(found: Verdict) -> dict[str, object]:
    frame = frames()[found.rule or ""][0]
    plain = next(
        one
        for one in variations(frame, "penalty")
        if one.error is None
        and dict(one.dialect).items() >= {k: v for k, v in found.dialect.items() if k in dict(one.dialect)}.items()
    )
    wrong = next(one for one in variations(frame, "penalty") if one.error == ERROR and one.dialect == plain.dialect)
    right_at, wrong_at = (situation(one, 0, True, EXACTLY) for one in (plain, wrong))
    inputs = {"lambda": str(right_at.role("lambda")), "w": f"({', '.join(map(str, right_at.role('w')))})"}
    return {
        "inputs": inputs,
        "printed": str(wrong_at.quantity("penalty")),
        "expected": str(right_at.quantity("penalty")),
    }
