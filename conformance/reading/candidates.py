"""Every update rule of the specification in every dialect, with every named error, as a machine that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from itertools import combinations

from sympy import Abs, Add, Basic, Eq, Expr, Max, Min, Mul, Piecewise, Pow, Rational, S, Symbol, sign
from sympy.core.function import AppliedUndef
from sympy.core.relational import Ge, Gt, Le, Lt, Ne

from gradspec.spec import Rule, catalogue
from gradspec.spec.program import Program
from gradspec.spec.relatives import RELATIVES, Relative

from .machine import Machine
from .tree import Call, Name, Number, Tree

RELATIONS = {Eq: "==", Ne: "!=", Lt: "<", Gt: ">", Le: "<=", Ge: ">="}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule in one dialect, with `error` on top if there is one; `hyperparameters` are the symbols of its keywords."""

    rule: str
    dialect: Mapping[str, str]
    options: tuple[str, ...]
    error: str | None
    machine: Machine
    hyperparameters: tuple[str, ...]
    rate: str
    relative: str | None = None

    @property
    def canonical(self) -> bool:
        """Whether every axis has its first value, the one of the cited source."""
        rule = catalogue()[self.rule]
        return all(rule.axis(axis).names[0] == value for axis, value in self.dialect.items())


@cache
def candidates() -> tuple[Candidate, ...]:
    """Every candidate once; those that come first are preferred where several come to the same."""
    found = [
        candidate
        for rule in catalogue().values()
        if rule.kind == "optimizer"
        for options in _options(rule)
        for candidate in _with(rule, options)
    ]
    found += [one for relative in RELATIVES for one in _relatives(relative)]
    return tuple(sorted(found, key=_plainness))


def _plainness(candidate: Candidate) -> tuple[bool, bool, int, int, bool]:
    """What is no error first, then what needs fewest options and the fewest hyperparameters."""
    return (
        candidate.error is not None,
        candidate.relative is not None,
        len(candidate.options),
        len(candidate.hyperparameters),
        not candidate.canonical,
    )


def _options(rule: Rule) -> Iterator[tuple[str, ...]]:
    """Sets of options that formulas show, each with what it requires."""
    shown = [option.name for option in rule.options if option.state == {} or option.equations]
    pairs = [pair for pair in combinations(shown, 2) if "weight_decay" in pair]
    chosen = [(), *((name,) for name in shown), *pairs]
    met: dict[tuple[str, ...], None] = {}
    for names in chosen:
        wanted = {needed for name in names for needed in rule.switched_on(name)}
        met[tuple(option.name for option in rule.options if option.name in wanted)] = None
    return iter(met)


def _with(rule: Rule, options: tuple[str, ...]) -> Iterator[Candidate]:
    on = frozenset(options)
    for dialect in rule.dialects(on):
        yield _candidate(rule, dialect, options, None)
    if len(options) > 1:
        return
    for error in rule.errors:
        if error.under is not None and error.under not in options:
            continue
        seen = {}
        for dialect in rule.dialects(on):
            chosen = {axis: error.dialect.get(axis, value) for axis, value in dialect.items()}
            seen[tuple(chosen.items())] = chosen
        for chosen in seen.values():
            yield _candidate(rule, chosen, options, error.name)


def _relatives(relative: Relative) -> Iterator[Candidate]:
    rule = catalogue()[relative.rule]
    for dialect in rule.dialects(frozenset(relative.options)):
        plain = _candidate(rule, dialect, relative.options, None)
        program = relative.program(rule.program(dialect, relative.options))
        yield replace(plain, machine=of_program(program), relative=f"{relative.name} ({relative.source})")


def _candidate(rule: Rule, dialect: Mapping[str, str], options: tuple[str, ...], error: str | None) -> Candidate:
    program = rule.program(dialect, options, error)
    machine = of_program(program)
    known = {str(symbol) for symbol in program.symbols.values()}
    free = tuple(name for name in machine.free() if name in known)
    rate = str(program.symbols["learning_rate"])
    return Candidate(rule.name, dict(dialect), options, error, machine, free, rate)


def of_program(program: Program) -> Machine:
    """Return the machine that does what `program` says."""
    lines = [(str(symbol), tree(program.let[symbol])) for symbol in program.needed()]
    after = {symbol: f"{symbol}@after" for symbol in program.update}
    lines += [(after[symbol], tree(expression)) for symbol, expression in program.update.items()]
    return Machine(
        str(program.parameter),
        tuple(lines),
        {str(symbol): name for symbol, name in after.items()},
        {str(symbol): tree(S(start)) for symbol, start in program.state.items()},
    )


@lru_cache(maxsize=4096)
def tree(expression: Basic) -> Tree:
    """Return a SymPy expression of the specification as a tree. Raises `ValueError` for what trees cannot say."""
    if isinstance(expression, Symbol):
        return Name(str(expression))
    if isinstance(expression, Rational):
        return Number(Fraction(int(expression.p), int(expression.q)))
    if isinstance(expression, AppliedUndef) and expression.func.__name__ == "gradient":
        return Call("gradient", (tree(expression.args[0]),))
    if isinstance(expression, Piecewise):
        parts = [part for value, condition in expression.args for part in (tree(value), _condition(condition))]
        return Call("cases", tuple(parts))
    args = tuple(map(tree, expression.args))
    if isinstance(expression, Mul):
        return Call("*", args)
    if isinstance(expression, Add):
        return Call("+", args)
    if isinstance(expression, Pow):
        return _power(expression, args)
    heads: dict[type[Expr], str] = {Max: "max", Min: "min", sign: "sign", Abs: "abs"}
    if type(expression) in heads:
        return Call(heads[type(expression)], args)
    raise ValueError(f"expression={expression}: {type(expression).__name__} has no tree; extend candidates.tree")


def _power(expression: Pow, args: tuple[Tree, ...]) -> Tree:
    if expression.exp == S.Half:
        return Call("sqrt", (args[0],))
    if expression.exp == -S.Half:
        return Call("/", (Number(Fraction(1)), Call("sqrt", (args[0],))))
    return Call("^", args)


def _condition(condition: Basic) -> Tree:
    if condition == S.true:
        return Call("otherwise", ())
    return Call(RELATIONS[type(condition)], tuple(map(tree, condition.args)))
