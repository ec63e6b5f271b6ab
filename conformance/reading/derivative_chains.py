"""Rows that write a derivative as a product along a chain of variables, and what is claimed about such products."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from .arithmetic_of_formulas import Undefined
from .chain_of_neurons import Chain, Place, generic, place, worth
from .edits import places, put
from .entries import prepared
from .finding import Reading, Verdict
from .suggestions import written
from .tree import Call, Name, Number, Row, Tree, walk

TITLE = "the chain rule"
MOST_FACTORS = 24
FACTOR = re.compile(r"factor\s+(?:of\s+)?(?:about\s+|at\s+least\s+)?(\d{1,4})", re.IGNORECASE)
SMALLER = re.compile(r"\b(smaller|less|below|weaker)\b", re.IGNORECASE)
LN_2 = Fraction(2)  # the odds at z = ln 2


def judge_chain(reading: Reading, row: Row, rows: Sequence[Reading]) -> Verdict | None:
    """Return the verdict on a row like ∂C/∂b = ∂C/∂a × ∂a/∂z × ∂z/∂b, None if it is none."""
    if len(row.sides) < 2 or set(row.relations) - {"=", ":="}:
        return None
    left, *rights = (prepared(side) for side in row.sides)
    if not (isinstance(left, Call) and left.head == "partial"):
        return None
    found = [_of_product(left, right, reading, rows) for right in rights]
    known = [one for one in found if one is not None]
    return next((one for one in known if one.verdict == "wrong"), known[0] if known else None)


def _of_product(left: Call, right: Tree, reading: Reading, rows: Sequence[Reading]) -> Verdict | None:
    factors = list(right.args) if isinstance(right, Call) and right.head == "*" else [right]
    if len(factors) > MOST_FACTORS or len(factors) < 2:
        return None
    derivatives = [one for one in factors if isinstance(one, Call) and one.head == "partial"]
    if not derivatives and not _is_slope_product(factors):
        return None
    if len(derivatives) == len(factors) and _is_path(left, derivatives):
        return _right(reading, "every factor ends where the next begins")
    same = _in_the_chain(left, right)
    if same:
        return _right(reading, "in a chain of neurons both sides are equal at exact numbers")
    if same is False and _is_defined(rows):
        return _wrong_in_the_chain(left, right, reading)
    if len(derivatives) == len(factors):
        return _broken(left, derivatives, reading)
    return None


def _right(reading: Reading, why: str) -> Verdict:
    if reading.repairs:
        message = f"{TITLE}: {why}, once the damage is repaired: {reading.repairs[0]}"
        return Verdict(verdict="slip", rule="sigmoid_chain", message=message, suspect="extraction")
    return Verdict(verdict="correct", rule="sigmoid_chain", message=f"{TITLE}: {why}")


def _is_slope_product(factors: Sequence[Tree]) -> bool:
    return any(
        isinstance(one, Call) and one.head == "apply" and isinstance(one.args[0], Name) and one.args[0].mark
        for one in factors
    )


def _is_path(left: Call, factors: Sequence[Call]) -> bool:
    """Whether the factors, in some order, lead from the left side's numerator to its denominator."""
    return _missing_link(left, factors) == ()


def _missing_link(left: Call, factors: Sequence[Call]) -> tuple[()] | tuple[Tree, Tree] | None:
    """Nothing if the factors make a path, the one link that they lack, or None if more is amiss."""
    ends = [(left.args[1], left.args[0]), *((one.args[0], one.args[1]) for one in factors)]
    starts, goals = [a for a, _ in ends], [b for _, b in ends]
    for one in list(starts):
        if one in goals:
            starts.remove(one)
            goals.remove(one)
    if not starts:
        return ()
    return (goals[0], starts[0]) if len(starts) == 1 else None


def _broken(left: Call, factors: Sequence[Call], reading: Reading) -> Verdict | None:
    """The verdict on derivatives that do not meet: one is upside down, or one is missing."""
    for k, one in enumerate(factors):
        turned = (*factors[:k], Call("partial", (one.args[1], one.args[0])), *factors[k + 1 :])
        if _is_path(left, turned):
            return _wrong(left, Call("*", turned), reading, "one derivative the other way up", list(factors))
    gap = _missing_link(left, factors)
    if gap and all(isinstance(end, Name) for end in gap):
        where = next((k for k, one in enumerate(factors) if one.args[1] == gap[0]), len(factors) - 1)
        whole = (*factors[: where + 1], Call("partial", gap), *factors[where + 1 :])
        return _wrong(left, Call("*", whole), reading, "the derivative that joins the others", list(factors))
    return None


def _wrong(left: Call, right: Tree, reading: Reading, words: str, printed: Sequence[Call]) -> Verdict:
    """The witness has every link of the right chain double what it leads to, so that ∂u/∂v is 2."""
    links = right.args if isinstance(right, Call) else ()
    total = Fraction(2) ** len(links)
    shown = Fraction(1)
    for one in printed:
        shown *= Fraction(2) if one in links else Fraction(1, 2)
    return Verdict(
        verdict="wrong",
        rule="sigmoid_chain",
        message=f"{TITLE}: the factors do not meet; it would be right with {words}",
        suggestion=written(Row((left, right), ("=",)), reading),
        witness={"inputs": {"each derivative along the chain": "2"}, "printed": str(shown), "expected": str(total)},
    )


# -- a chain of neurons --------------------------------------------------------------------------------------


def _depth(*trees: Tree) -> int:
    found = [place(one) for tree in trees for part in walk(tree) for one in _inside(part)]
    return max((one.number for one in found if one is not None), default=0)


def _inside(part: Tree) -> tuple[Tree, ...]:
    return (part,) if isinstance(part, Name) else ()


def _in_the_chain(left: Call, right: Tree) -> bool | None:
    """Whether both sides are equal in a chain of neurons, None if they are not about one."""
    depth = _depth(left, right)
    if not depth:
        return None
    try:
        return all(worth(left, chain) == worth(right, chain) for chain in generic(depth))
    except (Undefined, IndexError, ZeroDivisionError):
        return None


def _is_defined(rows: Sequence[Reading]) -> bool:
    """Whether z_j = w_j a_(j−1) + b_j, or one with numbers, stands on these slides."""
    for row in (one.row for one in rows):
        if row is None:
            continue
        for side in row.sides:
            names = {one.base for one in walk(side) if isinstance(one, Name)}
            if len(names) == 3 and names & set("wW") and "b" in names and names & set("ahx") and _is_sum(side):
                return True
    return False


def _is_sum(side: Tree) -> bool:
    return any(isinstance(one, Call) and one.head == "+" for one in walk(side))


def _wrong_in_the_chain(left: Call, right: Tree, reading: Reading) -> Verdict | None:
    for words, changed in _changes(right, _depth(left, right)):
        if _in_the_chain(left, changed):
            chain = generic(_depth(left, right))[0]
            inputs = {f"w_{k}": str(w) for k, w in enumerate(chain.weights, 1)}
            inputs |= {f"z_{k}": f"log {odds}" for k, odds in enumerate(chain.odds, 1)}
            inputs["a_0"] = "1"
            return Verdict(
                verdict="wrong",
                rule="sigmoid_chain",
                message=f"{TITLE}: the two sides differ; it would be right with {words}",
                suggestion=written(Row((left, changed), ("=",)), reading),
                witness={"inputs": inputs, "printed": str(worth(right, chain)), "expected": str(worth(left, chain))},
            )
    return Verdict(verdict="unknown", rule="sigmoid_chain", message="differs from the chain rule by more than one slip")


def _changes(right: Tree, depth: int) -> Iterator[tuple[str, Tree]]:
    factors = right.args if isinstance(right, Call) and right.head == "*" else (right,)
    for path, one in places(right):
        if isinstance(one, Name) and one.index and isinstance(one.index[0], Number):
            for shift in (1, -1):
                number = Number(one.index[0].value + shift)
                yield (
                    f"{number.value} for {one.index[0].value} below {one.base}",
                    put(right, path, replace(one, index=(number,))),
                )
    for k in range(len(factors)):
        rest = factors[:k] + factors[k + 1 :]
        yield "a factor less", Call("*", rest) if len(rest) > 1 else rest[0]
    z, a = (_letter(right, letters, usual) for letters, usual in (("zsuv", "z"), ("ahx", "a")))
    for k in range(1, depth + 1):
        link = Call("partial", (_numbered(a, k), _numbered(z, k)))
        for extra in (link, _numbered("w", k)):
            yield "the factor that is missing", Call("*", (*factors, extra))


def _letter(tree: Tree, letters: str, usual: str) -> str:
    used = [one.base for one in walk(tree) if isinstance(one, Name) and one.base in letters]
    return used[0] if used else usual


def _numbered(base: str, number: int) -> Name:
    return Name(base, index=(Number(Fraction(number)),))


# -- how much smaller one gradient is than another -------------------------------------------------------------


def judge_factors(rows: Sequence[Reading]) -> list[Verdict | None]:
    """Return the verdicts on assumed bounds of w ∂a/∂z, and on gradients that are said to be a factor apart."""
    found: list[Verdict | None] = [None] * len(rows)
    bounds = {k: bound for k, one in enumerate(rows) if one.row and (bound := _bound(one.row)) is not None}
    claim = _claim(rows)
    for k, (number, limit, is_size) in bounds.items():
        found[k] = _assumed(number, limit, is_size, rows[k], claim)
    if claim is not None:
        where, first, second, factor = claim
        limits = {number: limit for number, limit, _ in bounds.values()}
        sizes = all(is_size for *_, is_size in bounds.values())
        found[where] = _of_claim(first, second, factor, limits, sizes, rows[where])
    return found


Bound = tuple[int, Fraction, bool]
Claim = tuple[int, int, int, int]


def _bound(row: Row) -> Bound | None:
    """The k, c and whether sizes are meant in w_k ∂a_(k−1)/∂z_(k−1) < c."""
    if len(row.sides) != 2 or row.relations[0] not in ("<", "<="):
        return None
    left, right = (prepared(side) for side in row.sides)
    limit = _number(right)
    is_size = isinstance(left, Call) and left.head == "abs"
    inner = left.args[0] if is_size and isinstance(left, Call) else left
    if limit is None or not (isinstance(inner, Call) and inner.head == "*" and len(inner.args) == 2):
        return None
    weight = next((p for one in inner.args if (p := place(one)) is not None and p.kind == "w"), None)
    slope = next((number for one in inner.args if (number := _slope_of(one)) is not None), None)
    return (weight.number, limit, is_size) if weight is not None and slope == weight.number - 1 else None


def _slope_of(tree: Tree) -> int | None:
    """The k of ∂a_k/∂z_k or σ'(z_k)."""
    if isinstance(tree, Call) and tree.head == "partial":
        of, by = place(tree.args[0]), place(tree.args[1])
        return of.number if of is not None and by == Place("z", of.number) and of.kind == "a" else None
    if isinstance(tree, Call) and tree.head == "apply" and isinstance(tree.args[0], Name) and tree.args[0].mark:
        at = place(tree.args[1])
        return at.number if at is not None and at.kind == "z" else None
    return None


def _number(tree: Tree) -> Fraction | None:
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Call) and tree.head == "/" and all(isinstance(arg, Number) for arg in tree.args):
        above, below = (arg.value for arg in tree.args if isinstance(arg, Number))
        return above / below if below else None
    return None


def _claim(rows: Sequence[Reading]) -> Claim | None:
    """Where it is said that ∂C/∂b_i is a factor smaller than ∂C/∂b_j: the place of the latter, i, j and the factor."""
    for k in range(1, len(rows)):
        words = rows[k].piece.before
        said = FACTOR.search(words)
        first, second = (_by_bias(one.row) for one in rows[k - 1 : k + 1])
        if said and SMALLER.search(words) and first is not None and second is not None and 0 < first < second:
            return k, first, second, int(said[1])
    return None


def _by_bias(row: Row | None) -> int | None:
    if row is None or len(row.sides) != 1 or not isinstance(row.sides[0], Call) or row.sides[0].head != "partial":
        return None
    of, by = (place(part) for part in row.sides[0].args)
    return by.number if of == Place("C") and by is not None and by.kind == "b" else None


def _ratio(chain: Chain, first: int, second: int) -> Fraction:
    return abs(chain.of_the_cost(Place("b", first)) / chain.of_the_cost(Place("b", second)))


def _of_claim(
    first: int, second: int, factor: int, limits: dict[int, Fraction], sizes: bool, reading: Reading
) -> Verdict | None:
    """Whether the bounds that are assumed make ∂C/∂b_first so much smaller than ∂C/∂b_second."""
    reach = _reach(first, second, limits)
    if reach is not None and reach <= Fraction(1, factor):
        told = "" if sizes else "the sizes of the products, not only the products, are below the bounds"
        verdict = "correct" if sizes else "assumption"
        return Verdict(
            verdict=verdict,
            rule="sigmoid_chain",
            message=f"the ratio is below 1/{factor}" + (f", if {told}" if told else ""),
        )
    depth = max(second, *limits, 0) if limits else second
    chain = Chain((Fraction(1),) * depth, (LN_2,) * depth)
    if any(chain.value(Place("w", k)) * chain.slope(k - 1) >= limit for k, limit in limits.items() if k > 1):
        return None
    ratio = _ratio(chain, first, second)
    if ratio <= Fraction(1, factor):
        return None
    right = next(
        (
            k
            for k in range(first + 1, depth + 1)
            if (r := _reach(first, k, limits)) is not None and r <= Fraction(1, factor)
        ),
        None,
    )
    left = reading.row.sides[0] if reading.row is not None else None
    suggestion = None
    if right is not None and isinstance(left, Call):
        by = left.args[1]
        assert isinstance(by, Name)
        changed = Call("partial", (left.args[0], replace(by, index=(Number(Fraction(right)),))))
        suggestion = written(Row((changed,)), reading)
    where = "z_1" if depth == 2 else f"z_1, ..., z_{depth}"
    return Verdict(
        verdict="wrong",
        rule="sigmoid_chain",
        message=f"the assumed bounds make ∂C/∂b_{first} only {_times(reach)} smaller than ∂C/∂b_{second}, not {factor} times"
        + (f"; with b_{right} it would be right" if right is not None else ""),
        suggestion=suggestion or f"no factor of {factor} follows",
        witness={"inputs": {"all w": "1", where: "log 2"}, "printed": f"at most 1/{factor}", "expected": str(ratio)},
    )


def _times(reach: Fraction | None) -> str:
    return "an unknown number of times" if reach is None else f"{1 / reach} times"


def _reach(first: int, second: int, limits: dict[int, Fraction]) -> Fraction | None:
    total = Fraction(1)
    for k in range(first + 1, second + 1):
        if k not in limits:
            return None
        total *= limits[k]
    return total


def _assumed(number: int, limit: Fraction, is_size: bool, reading: Reading, claim: Claim | None) -> Verdict:
    """An assumed bound: without absolute values it bounds nothing that a factor could follow from."""
    if is_size or claim is None:
        needed = limit * 4
        message = f"an assumption: it holds for |w_{number}| < {needed}, since the slope of the sigmoid is at most 1/4"
        return Verdict(verdict="assumption", rule="sigmoid_chain", message=message)
    chain = Chain((Fraction(-9),) * max(number, claim[2] + 1), (LN_2,) * max(number, claim[2] + 1))
    product = chain.value(Place("w", number)) * chain.slope(number - 1)
    first = number - 1
    ratio = _ratio(chain, first, number)
    row = reading.row
    assert row is not None
    changed = Row((Call("abs", (row.sides[0],)), *row.sides[1:]), row.relations)
    return Verdict(
        verdict="wrong",
        rule="sigmoid_chain",
        message="the product may be far below 0, and gradients then grow: the factor follows from a bound on its size",
        suggestion=written(changed, reading),
        witness={
            "inputs": {f"w_{number}": "-9", f"z_{first}": "log 2"},
            "printed": f"{product} < {limit}, so ∂C/∂b_{first} is below {limit} of ∂C/∂b_{number}",
            "expected": f"|∂C/∂b_{first}| = {ratio} |∂C/∂b_{number}|",
        },
    )
