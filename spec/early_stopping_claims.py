"""What early stopping does whatever the metric: how conventions of patience compare, and which of them cannot be matched."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Rational, S, Symbol, symbols
from sympy.logic.boolalg import Boolean

from .derivation import Derivation, Step, equal, every
from .monitoring import best, evaluation, flag, improved, metric, min_delta, patience, stop, undefined, wait
from .rule import Claim, Rule

level = Symbol("level", real=True)


def _bad(rule: Rule, value: str, waited: Expr, allowed: Expr) -> Expr:
    """Whether a bad evaluation after `waited` others ends a training that allows for `allowed`."""
    return _ends(rule, value, {**_compared(S.NegativeOne), wait: waited, patience: allowed})


def _ends(rule: Rule, value: str, given: Mapping[Symbol, Expr]) -> Expr:
    return rule.program({"stop_test": value}).formula(stop).xreplace(dict(given))


def _compared(gain: Expr, so_far: Expr = S.Zero) -> dict[Symbol, Expr]:
    """A metric `gain` below a level, with a best value that is `so_far` below it; from the second evaluation on."""
    return {metric: level - gain, best: level - so_far, undefined: S.Zero, evaluation: S.One}


def _after(rule: Rule, best_rule: str, target: Symbol, margin: Expr, gain: Expr, so_far: Expr = S.Zero) -> Expr:
    """What becomes of `target` then, with that margin."""
    return (
        rule.program({"best_rule": best_rule}).formula(target).xreplace({**_compared(gain, so_far), min_delta: margin})
    )


def _ge_always_stops(rule: Rule) -> Boolean:
    before = Symbol("w", integer=True, nonnegative=True)
    short = Symbol("short", integer=True, positive=True)
    at, earlier = (_bad(rule, "ge_always", before, before + 1 + more) for more in (S.Zero, short))
    return every(equal(at, 1), equal(earlier, 0))


def _patience_zero_is_one(rule: Rule) -> Boolean:
    """With increment first, both stop at the first bad evaluation, and at no good one."""
    good = {**_compared(S.One), min_delta: S.Zero, wait: S.Zero}
    facts = []
    for allowed in (S.Zero, S.One):
        facts.append(equal(_bad(rule, "ge_after_increment", S.Zero, allowed), 1))
        facts.append(equal(_ends(rule, "ge_after_increment", {**good, patience: allowed}), 0))
    return every(*facts)


def _first_finite_metric_improves(rule: Rule) -> Boolean:
    """Whatever is made of infinities."""
    start = {**rule.state, metric: level, undefined: S.Zero}
    values = rule.axis("infinite").names
    return every(*(equal(rule.program({"infinite": v}).formula(improved).xreplace(start), 1) for v in values))


def _one_best_without_margin(rule: Rule) -> Boolean:
    gain = Symbol("gain", positive=True)
    found = [_after(rule, value, best, S.Zero, x) for value in ("on_delta", "ratchet") for x in (gain, -gain, S.Zero)]
    return every(*(equal(one, other) for one, other in zip(found[:3], found[3:], strict=True)))


def _patience_is_one_more_or_less(rule: Rule) -> tuple[Step, ...]:
    """What each convention tests is the rule's own; then every patience from 1 on, and every count of bad evaluations."""
    before, allowed = symbols("w p", integer=True, nonnegative=True)
    n, short = symbols("n short", integer=True, positive=True)
    written = {
        "ge_after_increment": before + 1 >= allowed,
        "gt_after_increment": before + 1 > allowed,
        "ge_before_increment": before >= allowed,
    }
    less_by = {"ge_after_increment": 0, "gt_after_increment": 1, "ge_before_increment": 1}
    waits = rule.program().formula(wait)
    bad, good = ({**_compared(gain), min_delta: S.Zero, wait: before} for gain in (S.NegativeOne, S.One))
    return (
        Step("a bad evaluation adds 1 to the count", equal(waits.xreplace(bad), before + 1)),
        Step("a good one sets it back", equal(waits.xreplace(good), 0)),
        *(
            Step(
                f"{value} tests, after w bad ones before this one",
                equal(flag(condition), _bad(rule, value, before, allowed)),
            )
            for value, condition in written.items()
        ),
        *(
            Step(
                f"with a patience of {n - less} {value} ends training at the n-th bad one, or at any later one",
                equal(_bad(rule, value, n - 1 + before, n - less), 1),
            )
            for value, less in less_by.items()
        ),
        *(
            Step(
                f"and {value} not before",
                equal(_bad(rule, value, before, before + 1 + short - less), 0),
            )
            for value, less in less_by.items()
        ),
        *(
            Step(
                f"nor with {value} at a good one, whatever the patience and the count",
                equal(_ends(rule, value, {**good, patience: allowed}), 0),
            )
            for value in less_by
        ),
    )


def _no_margin_makes_a_ratchet(rule: Rule) -> tuple[Step, ...]:
    """Two improvements in a row, each two thirds of the margin of on_delta; the ratchet has a margin of its own."""
    unit, other = Symbol("unit", positive=True), Symbol("other_margin", nonnegative=True)
    part, margin = 2 * unit, 3 * unit
    first, second = (
        _after(rule, "ratchet", improved, other, gain, so_far) for gain, so_far in ((part, S.Zero), (2 * part, part))
    )
    return (
        Step("on_delta: the first is too small", equal(_after(rule, "on_delta", improved, margin, part), 0)),
        Step("so the best value stays", equal(_after(rule, "on_delta", best, margin, part), level)),
        Step("and both together count", equal(_after(rule, "on_delta", improved, margin, 2 * part), 1)),
        Step(
            "ratchet: the best value moves, whatever the margin",
            equal(_after(rule, "ratchet", best, other, part), level - part),
        ),
        Step("so the second counts just if the first did", equal(first, second)),
    )


def _at_the_first_rise(rule: Rule) -> Boolean:
    """Whether the best value is the least of 3, 2, 5/2, 1 when the literal reading of the deck ends training."""
    program = rule.program(error="first_non_decrease")
    state = {**program.state, patience: S.One, min_delta: S.Zero, undefined: S.Zero}
    for value in map(Rational, ("3", "2", "5/2", "1")):
        now = {**state, metric: value}
        found = {target: program.formula(target).xreplace(now) for target in program.update}
        state |= found
        if found[stop] == 1:
            break
    return equal(now[best], 1)


DERIVATIONS = (
    Derivation(
        "a patience of n with ge_after_increment is one of n - 1 with gt_after_increment or ge_before_increment",
        "induction over the bad evaluations in a row",
        _patience_is_one_more_or_less,
    ),
    Derivation(
        "no margin makes a ratchet of on_delta",
        "what is equal is equal at both of two evaluations",
        _no_margin_makes_a_ratchet,
    ),
)
CLAIMS = (
    Claim("ge_always stops at the p-th bad evaluation in a row and not before, p >= 1", _ge_always_stops, "induction"),
    Claim("with ge_after_increment a patience of 0 is a patience of 1", _patience_zero_is_one),
    Claim("the first metric is an improvement if it is finite", _first_finite_metric_improves),
    Claim("with a min_delta of 0 on_delta and ratchet keep the same best value", _one_best_without_margin),
    Claim(
        "stopping at the first metric that is no better finds the least of 3, 2, 5/2, 1",
        _at_the_first_rise,
        "lecture deck, line 107, read literally",
        expects="refuted",
    ),
)
