"""Decides what a rule claims about itself: refuted at a point, proved, or at least true wherever decided.

Every claim gets a verdict. First it is evaluated at points, exactly or in balls: one false point refutes it.
What no point refutes is put to the proof: the difference of every conjunct is simplified, where need be once
for each sign of its real symbols; numbers alone are proved by what encloses them. Without a proof the true points
decide; without any it is `undecided`, and so is a proof about symbols that nothing was found to satisfy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from math import isqrt
from random import Random
from typing import Any

from flint import arb, ctx, fmpq
from sympy import (
    Abs,
    And,
    Derivative,
    E,
    Eq,
    Expr,
    I,
    Indexed,
    Integer,
    Integral,
    Max,
    Min,
    Ne,
    Not,
    NumberSymbol,
    Or,
    Piecewise,
    Pow,
    Rational,
    S,
    Set,
    Sum,
    Symbol,
    factor,
    nan,
    oo,
    pi,
    sign,
    simplify,
    zoo,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from gradspec.spec import Claim, Rule
from gradspec.spec.derivation import Facts, facts_of

from .equality import vanishes
from .integral import enclosed, is_number
from .unknown import Unknown

POINTS = 32
# For altered rules: a claim that is true at so many does not count as refuting them, which understates if anything.
FEWER = 8
BITS = 512
MOST_CASES = 81  # of signs: four symbols
NO_NUMBERS = (I, nan, oo, zoo)
SIZES = ("0", "1", "2", "3", "5", "17", "1/2", "1/3", "3/4", "7/8", "9/10", "1/16", "3/2", "1/1000")

Number = Any  # fmpq where exact, else arb


@dataclass(frozen=True, slots=True)
class Decision:
    """`points` counts where the claim was evaluated and decided; `counterexample` is where it is false.

    `unproved` is the first statement of the claim that there is no proof of, nor a counterexample.
    """

    verdict: str  # proved | decided | refuted | undecided
    points: int = 0
    counterexample: Mapping[str, Fraction] | None = None
    unproved: Boolean | None = None


def decide(rule: Rule, claim: Claim) -> Decision:
    """Decide `claim` for `rule` as it is now; a claim that never looks at the rule is about nothing."""
    watched = _Watched(rule)
    statement = _differentiated(claim.statement(watched))  # type: ignore[arg-type]
    if not watched.looked_at:
        return Decision("undecided")
    if statement == S.false:
        return Decision("refuted", 0, {})  # whatever the values
    decided, witness = _tried(statement, rule)
    if witness is not None:
        return Decision("refuted", decided, witness)
    if not (decided or _satisfiable(statement, rule)):
        return Decision("undecided")
    unproved = next((fact for fact in facts_of(statement) if not proved(fact)), None)
    return Decision("proved" if unproved is None else "decided" if decided else "undecided", decided, None, unproved)


def _satisfiable(statement: Boolean, rule: Rule) -> bool:
    """Whether there are values that fit all that is assumed about the symbols; of none anything could be proved."""
    statement = _of_small_arrays(statement)
    return not statement.free_symbols or next(_points(statement, _domains(rule)), None) is not None


def refutes(rule: Rule, claim: Claim) -> bool:
    """Whether `claim` is seen to be false of `rule`: nothing is proved, and what cannot be stated is not refuted.

    It cannot be stated of a rule that lacks what it is about, nor where complex numbers would have to be ordered.
    """
    try:
        statement = _differentiated(claim.statement(rule))
        if statement.has(*NO_NUMBERS) and any(_never(fact) for fact in facts_of(statement)):
            return True
        return statement == S.false or _tried(statement, rule, FEWER)[1] is not None
    except (ValueError, LookupError, TypeError):
        return False


def _never(fact: Boolean) -> bool:
    """Whether SymPy knows that an equation never holds, as of real numbers and what is none."""
    return isinstance(fact, Eq) and fact.func(*fact.args) == S.false


def _differentiated(statement: Boolean) -> Boolean:
    """The statement with derivatives and integrals worked out that are written for the reader.

    Integrals that are plain numbers stay: they are enclosed.
    """
    written = [d for d in statement.atoms(Derivative, Integral) if isinstance(d, Derivative) or not is_number(d)]
    return statement.xreplace({d: d.doit() for d in written}) if written else statement


def _tried(statement: Boolean, rule: Rule, most: int = POINTS) -> tuple[int, Mapping[str, Fraction] | None]:
    """At how many of at most so many points the statement was decided, and the one where it is false, the last."""
    return _tried_within(statement, tuple(_domains(rule).items()), most)


@lru_cache(maxsize=1024)  # rules that are altered where a claim does not look make the same statement
def _tried_within(
    statement: Boolean, domains: tuple[tuple[Symbol, Set], ...], most: int
) -> tuple[int, Mapping[str, Fraction] | None]:
    decided, statement = 0, _of_small_arrays(statement)
    if statement == S.false:
        return 1, {}
    for point in islice(_points(statement, dict(domains)), most):
        with ctx.workprec(BITS):
            try:
                holds = _truth(statement, point)
            except (Unknown, ZeroDivisionError):
                continue
        decided += 1
        if not holds:
            return decided, point.shown()
    return decided, None


class _Watched:
    """A rule that remembers whether any of its formulas were looked at."""

    FORMULAS = frozenset({"axes", "errors", "let", "options", "program", "state", "update"})

    def __init__(self, rule: Rule) -> None:
        self.rule, self.looked_at = rule, False

    def __getattr__(self, name: str) -> Any:
        self.looked_at |= name in self.FORMULAS
        return getattr(self.rule, name)


def _domains(rule: Rule) -> dict[Symbol, Set]:
    entries: list[Any] = [*rule.hyperparameters, *rule.options]
    return {entry.symbol: entry.domain for entry in entries if entry.domain is not None}


# -- proof ---------------------------------------------------------------------------------------------------


def proved(statement: Boolean) -> bool:
    """Prove every conjunct, or return False; a False is no refutation."""
    return all(_proved_in_cases(fact) for fact in facts_of(statement))


def _proved_in_cases(fact: Boolean) -> bool:
    if not (fact.free_symbols or fact.atoms(AppliedUndef)):
        return _certain(fact) or _proved(fact)
    if _proved(fact):
        return True
    symbols = _of_open_sign(fact)
    if not symbols or 3 ** len(symbols) > MOST_CASES:
        return False
    cases = product(*map(_signs, symbols))
    return all(_proved(fact.xreplace(dict(zip(symbols, case, strict=True)))) for case in cases)


def _certain(fact: Boolean) -> bool:
    """Whether a statement about numbers alone is true of whatever their enclosures hold."""
    with ctx.workprec(BITS):
        try:
            return _truth(fact, Point({}, Random(0)))
        except (Unknown, ZeroDivisionError):
            return False


def _signs(symbol: Symbol) -> list[Expr]:
    """Zero, a positive and a negative stand-in for `symbol`, without those that it cannot be."""
    size = Symbol(f"{symbol.name}_size", positive=True, integer=symbol.is_integer)
    possible = (symbol.is_zero, symbol.is_positive, symbol.is_negative)
    return [case for case, may in zip((S.Zero, size, -size), possible, strict=True) if may is not False]


def _of_open_sign(fact: Boolean) -> list[Symbol]:
    """The real symbols whose sign matters and is open: those inside signs, sizes, extremes and roots."""
    kinks = [e for e in fact.atoms(sign, Abs, Max, Min, Pow) if not (e.is_Pow and e.exp.is_integer)]
    symbols = {x for e in kinks for x in e.free_symbols if x.is_real and not (x.is_positive or x.is_negative)}
    return sorted(symbols, key=str)


def _proved(fact: Boolean) -> bool:
    if fact in (S.true, S.false):
        return bool(fact)
    if isinstance(fact, Eq):
        return vanishes(fact.lhs - fact.rhs)
    if isinstance(fact, Ne):
        return bool(simplify(fact.lhs - fact.rhs).is_nonzero)
    if isinstance(fact, Relational):
        difference, strict = fact.gts - fact.lts, fact.rel_op in ("<", ">")
        ways = (way(difference) for way in (simplify, factor))  # either may show a sign that the other hides
        return any(bool(written.is_positive if strict else written.is_nonnegative) for written in ways)
    return False


# -- evaluation at points ------------------------------------------------------------------------------------


class Point:
    """Exact values for symbols; an undefined function gets a value wherever it is first asked for one."""

    def __init__(self, values: Mapping[Symbol, Fraction], random: Random) -> None:
        self.values, self.random = values, random
        self.called: dict[tuple[str, Fraction], Fraction] = {}
        self.known: dict[Expr, Number] = {}  # what parts come to that stand in several places

    def call(self, name: str, at: Number) -> fmpq:
        if not isinstance(at, fmpq):
            raise Unknown(f"{name} at a point that is not rational")
        place = (name, Fraction(int(at.p), int(at.q)))
        if place not in self.called:
            self.called[place] = _signed(self.random)
        return _exact(self.called[place])

    def shown(self) -> dict[str, Fraction]:
        """What the point is, by name: symbols, and functions as `gradient(1/2)`."""
        called = {f"{name}({at})": value for (name, at), value in self.called.items()}
        return {str(symbol): value for symbol, value in self.values.items()} | called


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _signed(random: Random) -> Fraction:
    return Fraction(random.choice(SIZES)) * random.choice((1, -1))


def _points(statement: Boolean, domains: Mapping[Symbol, Set]) -> Iterator[Point]:
    symbols = sorted(statement.free_symbols, key=str)
    random = Random(0)
    if not (symbols or statement.atoms(AppliedUndef)):
        if statement != S.true:  # numbers alone, which there is one way to compare
            yield Point({}, random)
        return
    choices = [_choices(s, domains.get(s)) for s in symbols]
    if all(choices):
        for _ in range(POINTS):
            yield Point({s: random.choice(xs) for s, xs in zip(symbols, choices, strict=True)}, random)


def _of_small_arrays(statement: Boolean) -> Boolean:
    """The statement for arrays of few elements, each a symbol of its own; labels are the second class."""
    sides = {s for e in statement.atoms(Indexed) for side in e.base.shape or () for s in side.free_symbols}
    if not sides:
        return statement
    numbers = {side: Integer(2 + k) for k, side in enumerate(sorted(sides, key=str))}
    names = {e.base.label for e in statement.atoms(Indexed)}
    places = sorted((s for s in statement.free_symbols - sides - names if _is_position(s)), key=str)
    numbers |= {place: Integer(k % 2) for k, place in enumerate(places)}
    written = statement.xreplace(numbers)
    while innermost := [total for total in written.atoms(Sum) if not total.function.has(Sum)]:
        written = written.xreplace({total: total.doit() for total in innermost})
    labels = {e: Integer(1) for e in written.atoms(Indexed) if e.is_integer}
    written = written.xreplace(labels)
    elements = {e: Symbol(str(e), real=True, positive=e.is_positive) for e in written.atoms(Indexed)}
    return written.xreplace(elements)


def _is_position(symbol: Any) -> bool:
    return bool(symbol.is_Symbol and symbol.is_integer and symbol.is_nonnegative and not symbol.is_positive)


@lru_cache(maxsize=1024)
def _choices(symbol: Symbol, domain: Set | None) -> tuple[Fraction, ...]:
    return tuple(x for x in _candidates() if _allowed(symbol, x, domain))


def _candidates() -> list[Fraction]:
    return [Fraction(x) * sign for x in SIZES for sign in ((1, -1) if x != "0" else (1,))]


def _allowed(symbol: Symbol, value: Fraction, domain: Set | None) -> bool:
    number = Rational(value.numerator, value.denominator)
    known = symbol.assumptions0.items()
    return all(getattr(number, f"is_{k}") is v for k, v in known) and (domain is None or number in domain)


def _truth(statement: Boolean, point: Point) -> bool:
    if statement in (S.true, S.false):
        return bool(statement)
    if isinstance(statement, (Facts, And, Or)):
        return _together(statement, point)
    if isinstance(statement, Not):
        return not _truth(statement.args[0], point)
    if not isinstance(statement, Relational):
        raise Unknown(f"the truth of {statement}")
    difference = _value(statement.lhs, point) - _value(statement.rhs, point)
    if isinstance(difference, arb) and not difference.is_finite():
        raise Unknown("outside of where it is defined")
    if isinstance(statement, (Eq, Ne)):
        same = difference == 0 if isinstance(difference, fmpq) else None if difference.contains(0) else False
        return _known(same) is isinstance(statement, Eq)
    difference = difference if statement.rel_op.startswith(">") else -difference
    strict = statement.rel_op in ("<", ">")
    if difference > 0 or (not strict and difference >= 0):
        return True
    return not _known(True if difference < 0 or (strict and difference <= 0) else None)


def _known(truth: bool | None) -> bool:
    if truth is None:
        raise Unknown("too close to decide")
    return truth


def _together(statement: Boolean, point: Point) -> bool:
    """Several statements, with what is unknown left open unless another part settles it."""
    settles = isinstance(statement, Or)
    unknown = False
    for part in statement.args:
        try:
            if _truth(part, point) is settles:
                return settles
        except (Unknown, ZeroDivisionError):
            unknown = True
    return not settles if not unknown else _known(None)


def _value(e: Expr, point: Point) -> Number:
    if e not in point.known:
        point.known[e] = _worked_out(e, point)
    return point.known[e]


def _worked_out(e: Expr, point: Point) -> Number:
    if isinstance(e, Symbol):
        return _exact(point.values[e])
    if isinstance(e, Rational):
        return fmpq(int(e.p), int(e.q))
    if isinstance(e, Integral):
        return enclosed(e)
    if isinstance(e, NumberSymbol):
        return _constant(e)
    if isinstance(e, AppliedUndef):
        return point.call(e.func.__name__, _value(e.args[0], point))
    if isinstance(e, Piecewise):
        return _value(next(value for value, when in e.args if _truth(when, point)), point)
    args = [_value(a, point) for a in e.args]
    if e.is_Add:
        return sum(args, fmpq(0))
    if e.is_Mul:
        whole = fmpq(1)
        for a in args:
            whole = whole * a
        return whole
    if isinstance(e, Pow):
        return _power(*args)
    if isinstance(e, sign):
        size = args[0]
        return fmpq(1) if size > 0 else fmpq(-1) if size < 0 else fmpq(0) if size == 0 else _known(None)
    if isinstance(e, (Max, Min)):
        return _extreme(args, isinstance(e, Max))
    if isinstance(e, Abs):
        return abs(args[0])
    function = getattr(arb, type(e).__name__, None)  # exp, log, tanh, erf, ...
    if function is None or len(args) != 1:
        raise Unknown(f"the value of {type(e).__name__}")
    return function(arb(args[0]))


def _constant(e: NumberSymbol) -> arb:
    known = {pi: arb.pi, E: arb.const_e}
    if e not in known:
        raise Unknown(f"the value of {e}")
    return known[e]()


def _extreme(args: list[Number], largest: bool) -> Number:
    if all(isinstance(a, fmpq) for a in args):
        return max(args) if largest else min(args)
    first, *rest = map(arb, args)
    for other in rest:
        first = first.max(other) if largest else first.min(other)
    return first


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, fmpq) and isinstance(exponent, fmpq):
        if exponent.q == 1 and abs(exponent) <= BITS:
            return base ** int(exponent.p)
        if exponent.q == 2 and base >= 0:
            above, below = isqrt(int(base.p)), isqrt(int(base.q))
            square = above**2 == base.p and below**2 == base.q
            return (fmpq(above, below) if square else arb(base).sqrt()) ** int(exponent.p)
    if isinstance(exponent, fmpq) and exponent.q == 1:
        return arb(base) ** int(exponent.p)
    if not base > 0:
        raise Unknown("a power outside of where it is defined")
    return arb(base) ** arb(exponent)
