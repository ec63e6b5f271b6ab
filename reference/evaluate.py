"""Runs a program step by step: exactly, or with the bound of declared arithmetic around every value.

Each step starts from the *observed* parameter, so only hidden state carries error from step to step; nothing is
propagated through the parameter. Where a condition is undecided both branches are followed: the accepted set is then a
union, never a hull.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb, ctx
from sympy import Rational

from gradspec.spec import Program, Rule

from .arithmetic import Arithmetic
from .generate import ZERO, Compiled, UndecidedBranch, ball, compiled
from .tree import FIELD, GIVEN, Tree, build

Real = float | int | Fraction
MOST_BITS = 2**14
PRECISION = 160  # bits; doubled until the enclosure is far narrower than the bound
MOST_WORLDS = 8  # undecided branches followed before an element is called uninformative


@dataclass(frozen=True, slots=True)
class Field:
    """A gradient that depends on the point: `slope * point + offset`, per coordinate."""

    slope: Sequence[float]
    offset: Sequence[float]


Gradient = Sequence[float] | Field


@dataclass(frozen=True, slots=True)
class Prediction:
    """Exact next parameter of one coordinate and E, the bound on what declared arithmetic can add to it.

    `worlds` holds (value, bound, nan possible) for each way in which undecided conditions may go; it is empty where the
    element tells nothing.
    """

    worlds: tuple[tuple[arb, arb, bool], ...]

    @property
    def value(self) -> arb:
        return self.worlds[0][0]

    @property
    def bound(self) -> arb:
        return self.worlds[0][1]

    @property
    def informative(self) -> bool:
        return bool(self.worlds) and all(value.is_finite() and bound.is_finite() for value, bound, _ in self.worlds)

    def score(self, got: float) -> float:
        """|got − exact| / E for the nearest world; 0 if equal, infinity for a NaN or infinity that cannot arise."""
        if got != got and any(nan for _, _, nan in self.worlds):
            return 0.0
        if got - got != 0:
            return float("inf")
        scores = []
        for value, bound, _ in self.worlds:
            # Doubles near each other would lose the difference that is looked for, so it is taken in balls.
            difference = abs(arb(got) - value).lower()
            scores.append(0.0 if not difference > 0 else float(difference / bound) if bound > 0 else float("inf"))
        return min(scores, default=0.0)


class Imprecise(ArithmeticError):
    """The working precision does not suffice for the question asked."""


def uncertain_inputs(tree: Tree, how: Arithmetic, hyperparameters: Mapping[str, Real]) -> frozenset[str]:
    """Inputs that carry an error: the state; hyperparameters that their format cannot hold; with flushing, everything."""
    inexact = {
        name
        for keyword, name in tree.hyperparameters.items()
        if keyword in hyperparameters and storage_error(hyperparameters[keyword], how) != 0
    }
    return frozenset(tree.inputs) if how.flush else frozenset({*tree.state, *inexact})


def storage_error(value: Real, how: Arithmetic) -> Fraction:
    """How far the format of hyperparameters is from `value`; 0 where it holds it."""
    exact = Fraction(real(value))
    rounded = how.hyperparameters.round(exact)
    return abs(exact - rounded) if rounded is not None else Fraction(0)


@lru_cache(maxsize=4096)
def tree_of(program: Program, gradient: str) -> Tree:
    """The tree of `program`, built once for equal formulas."""
    return build(program, gradient)


class Run:
    """The steps of one program over a vector of coordinates, in one declared arithmetic (or exactly, with `how=None`)."""

    def __init__(
        self,
        program: Program,
        hyperparameters: Mapping[str, Real],
        coordinates: int,
        *,
        gradient: str = GIVEN,
        how: Arithmetic | None = None,
        start: Mapping[str, Sequence[float]] | None = None,
        count: int = 0,
    ) -> None:
        """`start` gives the state after `count` steps, by symbol and coordinate; without it the rule begins."""
        self.tree = tree_of(program, gradient)
        self.how = how
        lasting = {k: v for k, v in hyperparameters.items() if k != "learning_rate"}  # that one comes with every step
        uncertain = frozenset() if how is None else uncertain_inputs(self.tree, how, lasting)
        self.code: Compiled = compiled(self.tree, uncertain, how)
        self.code_at_an_inexact_rate: Compiled | None = None
        named = {str(symbol): hyperparameters[k] for k, symbol in program.symbols.items() if k in hyperparameters}
        self.values = {name: ball(real(value)) for name, value in named.items()}
        self.count = count
        initial = {str(s): str(e) for s, e in program.state.items()}
        first = [
            named[initial[name]] if initial[name] in named else Fraction(initial[name]) for name in self.tree.state
        ]
        state = tuple(ball(real(value)) for value in first)
        noise = tuple(ZERO if how is None else arb(0, ball(storage_error(value, how))) for value in first)
        self.worlds: list[list[World]] = [[(state, noise)] for _ in range(coordinates)]
        if start is not None:
            exact = (ZERO,) * len(self.tree.state)
            self.worlds = [
                [(tuple(arb(start[name][i]) for name in self.tree.state), exact)] for i in range(coordinates)
            ]
        self.uncertain = uncertain
        self.errors = self._input_errors(lasting) if how is not None else {}

    def _input_errors(self, hyperparameters: Mapping[str, Real]) -> dict[str, arb]:
        assert self.how is not None
        flushed = self.how.underflow if self.how.flush else Fraction(0)
        errors = {name: arb(0, ball(flushed)) for name in self.uncertain}
        for keyword, name in self.tree.hyperparameters.items():
            if name in errors and keyword in hyperparameters:
                errors[name] = arb(0, ball(storage_error(hyperparameters[keyword], self.how) + flushed))
        return errors

    def _arguments(self, w: Sequence[float], gradient: Gradient, learning_rate: Real) -> list[Any]:
        """One iterable or ball for each input of the tree, states left open as None."""
        fields: dict[str, Any] = {self.tree.parameter: w, "eta": ball(real(learning_rate))}
        if isinstance(gradient, Field):
            fields |= {"gradient_slope": gradient.slope, "gradient_offset": gradient.offset}
        else:
            fields["gradient"] = gradient
        known = {**self.values, **fields, **dict.fromkeys(self.tree.state)}
        return [known[name] for name in self.tree.inputs]

    def step(self, w: Sequence[float], gradient: Gradient, learning_rate: Real) -> list[Prediction]:
        """Return a prediction of the next parameter for every coordinate, and move the state on."""
        assert self.how is not None
        self.count += 1
        arguments = self._arguments(w, gradient, learning_rate)
        where = [self.tree.state.index(name) if name in self.tree.state else -1 for name in self.tree.inputs]
        rate_error = storage_error(learning_rate, self.how)
        exact_rate = rate_error == 0 and "eta" not in self.uncertain
        if not exact_rate and self.code_at_an_inexact_rate is None:
            self.code_at_an_inexact_rate = compiled(self.tree, self.uncertain | {"eta"}, self.how)
        code = self.code if exact_rate else self.code_at_an_inexact_rate
        assert code is not None
        bounded = code.bounded
        uncertain = [n for n in self.tree.inputs if n in self.uncertain or (n == "eta" and not exact_rate)]
        plan = [self.tree.state.index(n) if n in self.tree.state else -1 for n in uncertain]
        errors: list[arb] = [
            self.errors.get(n, ZERO) + (arb(0, ball(rate_error)) if n == "eta" else ZERO) for n in uncertain
        ]
        predictions = []
        for i, worlds in enumerate(self.worlds):
            row = [a if isinstance(a, arb) or a is None else arb(a[i]) for a in arguments]
            found: list[tuple[arb, arb, bool]] = []
            moved: list[World] = []
            for state, carried in worlds:
                inputs: list[Any] = [state[s] if s >= 0 else x for x, s in zip(row, where, strict=True)]
                noise: list[Any] = [carried[s] + e if s >= 0 else e for s, e in zip(plan, errors, strict=True)]
                for outputs in self._branches(bounded, inputs, noise):
                    (value, error, nan), *rest = outputs
                    found.append((value, self._stored(value, error).abs_upper(), nan))
                    moved.append((tuple(v for v, _, _ in rest), tuple(self._stored(v, e) for v, e, _ in rest)))
            moved = _distinct(moved) if len(moved) > 1 else moved
            usable = len(moved) <= MOST_WORLDS
            predictions.append(Prediction(tuple(found) if usable else ()))
            self.worlds[i] = moved if usable else []  # from here on it tells nothing
        return predictions

    def _stored(self, value: arb, error: arb) -> arb:
        assert self.how is not None
        if self.how.storage is self.how.operations:
            return error
        kept = value + error
        return (
            error + kept * arb(0, ball(self.how.storage.unit)) + arb(0, ball(self.how.storage.smallest_subnormal / 2))
        )

    def _branches(
        self, bounded: Callable[..., Any] | None, inputs: Sequence[arb], noise: Sequence[arb]
    ) -> list[tuple[tuple[arb, arb, bool], ...]]:
        assert bounded is not None
        waiting: list[tuple[bool | None, ...]] = [self.code.open]
        results = []
        while waiting:
            choices = waiting.pop()
            try:
                results.append(bounded(self.count, choices, *inputs, *noise))
            except UndecidedBranch as undecided:
                number = undecided.args[0]
                waiting += [(*choices[:number], side, *choices[number + 1 :]) for side in (False, True)]
        return results

    def exact(self, w: Sequence[float | arb], gradient: Gradient, learning_rate: Real) -> list[arb]:
        """Return the exact next parameter for every coordinate, and move the state on."""
        self.count += 1
        arguments = self._arguments(w, gradient, learning_rate)  # type: ignore[arg-type]
        where = [self.tree.state.index(name) if name in self.tree.state else -1 for name in self.tree.inputs]
        function, count, choices = self.code.exact, self.count, ()
        moved = []
        for i, worlds in enumerate(self.worlds):
            state, quiet = worlds[0]
            inputs = [
                state[s] if s >= 0 else a if isinstance(a, arb) else arb(a[i])
                for a, s in zip(arguments, where, strict=True)
            ]
            try:
                value, *rest = function(count, choices, *inputs)
            except UndecidedBranch as undecided:
                raise Imprecise(f"branch {undecided.args[0]} is undecided at {ctx.prec} bits") from None
            moved.append(value)
            self.worlds[i] = [(tuple(rest), quiet)]
        return moved


World = tuple[tuple[arb, ...], tuple[arb, ...]]


def _distinct(worlds: list[World]) -> list[World]:
    """Branches that differ in the parameter only go on as one world."""
    parts = {tuple(_exactly(x) for part in world for x in part): world for world in worlds}
    return list(parts.values())


def _exactly(x: arb) -> object:
    """What tells balls apart to the last bit; those that are not finite are told apart by their text."""
    return (x.mid().man_exp(), x.rad().man_exp()) if x.is_finite() else str(x)


def real(value: Any) -> Real:
    """The exact number that a float of any library, an integer or a SymPy rational is."""
    if isinstance(value, (float, int, Fraction)):
        return value
    return Fraction(int(value.p), int(value.q)) if isinstance(value, Rational) else Fraction(*value.as_integer_ratio())


def trajectory(
    rule: Rule,
    w: Sequence[float],
    gradients: Sequence[Gradient],
    learning_rates: Sequence[Real],
    *,
    dialect: Mapping[str, str] | None = None,
    precision: int = PRECISION,
    **settings: Any,
) -> list[list[arb]]:
    """Return the exact parameters after every step, each coordinate a ball narrower than 2^-100 of its size or of 1.

    Shapes: `w` and every gradient hold one number per coordinate; a `Field` is evaluated where the rule asks for it.
    `settings` are hyperparameters and options by keyword, read as the exact numbers they are (floats are binary fractions).
    Errors: LookupError for an unknown keyword or axis, ValueError for a value outside its domain.
    """
    for keyword, value in settings.items():
        rule.check_domain(keyword, value)
    for rate in learning_rates:
        rule.check_domain("learning_rate", rate)
    program, hyperparameters = chosen(rule, dialect or {}, settings)
    gradient = FIELD if any(isinstance(g, Field) for g in gradients) else GIVEN
    while True:
        with ctx.workprec(precision):
            try:
                run = Run(program, hyperparameters, len(w), gradient=gradient)
                current: Sequence[float | arb] = w
                result = []
                for g, rate in zip(gradients, learning_rates, strict=True):
                    current = run.exact(current, g, rate)
                    result.append(list(current))
                wide = [x for row in result for x in row if not x.rad() < (abs(x) + 1) * arb(2) ** -100]
                # Too wide a ball may also meet zero under a division: what is not finite is so at the last precision too.
                if not wide or (precision * 2 > MOST_BITS and not any(x.is_finite() for x in wide)):
                    return result
            except Imprecise:
                pass
        precision *= 2
        if precision > MOST_BITS:
            bits = precision // 2
            raise Imprecise(
                f"{rule.name}: {bits} bits do not decide this run; it depends on a condition met with equality"
            )


def chosen(rule: Rule, dialect: Mapping[str, str], settings: Mapping[str, Any]) -> tuple[Program, dict[str, Real]]:
    """Split keyword settings into the program (options away from neutral are on) and numbers; defaults fill the rest."""
    on = {o.name for o in rule.options if o.name in settings and settings[o.name] != o.neutral}
    for name in list(on):
        if lacking := set(rule.option(name).requires) - on:
            raise ValueError(
                f"{rule.name}: {name}={settings[name]!r}: needs {', '.join(sorted(lacking))}; set it as well"
            )
    numbers: dict[str, Real] = {h.name: Fraction(int(h.default.p), int(h.default.q)) for h in rule.hyperparameters}
    numbers |= {k: v for k, v in settings.items() if not isinstance(v, bool)}
    return rule.program(dialect, frozenset(on)), numbers
