"""The derived bound holds for whatever executes the declared operations, and is not much wider than it must be."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from random import Random
from statistics import median
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from gradspec.reference.arithmetic import Arithmetic, arithmetic
from gradspec.reference.evaluate import PRECISION, Field, Prediction, Run, chosen, tree_of
from gradspec.reference.generate import ball, smaller
from gradspec.reference.tree import FIELD, GIVEN, Node
from gradspec.spec import Rule, of_kind, rule

from .rounding import Execution, NotANumber, OutOfRange

RULES = list(of_kind("optimizer"))
STEPS = 4
DYADIC = {"learning_rate": ["1/128", "1", "0"], "share": ["7/8", "1/2", "0", "127/128"], "any": ["1/1024", "1", "0"]}
DECIMAL = {"learning_rate": ["1/1000", "1/10"], "share": ["9/10", "999/1000"], "any": ["1/100000000", "1/10", "3/1000"]}


@dataclass
class Tally:
    """What became of the elements of a test, and how much of their bounds was used."""

    outcomes: Counter[str] = field(default_factory=Counter)
    ratios: list[float] = field(default_factory=list)

    def show(self, title: str) -> None:
        used = f", median |got - exact| / E {median(self.ratios):.3f}, worst {max(self.ratios):.6f}"
        print(f"{title}: {dict(self.outcomes)}{used if self.ratios else ''}")


@dataclass
class Trial:
    """One rule with everything chosen, and the numbers of a few steps of one coordinate."""

    rule: Rule
    dialect: dict[str, str]
    settings: dict[str, Any]
    start: Fraction
    gradients: list[tuple[Fraction, Fraction]]  # slope and offset; the slope is 0 for data
    learning_rates: list[Fraction]


def numbers(how: Arithmetic, exponents: tuple[int, int]) -> st.SearchStrategy[Fraction]:
    """Return numbers of the storage format of sizes between powers of two, zero included."""
    bits = how.storage.precision
    lowest = max(exponents[0], how.storage.smallest_exponent)
    significands = st.one_of(st.just(2 ** (bits - 1)), st.integers(2 ** (bits - 1), 2**bits - 1))
    sizes = st.builds(
        lambda m, e: Fraction(m) * Fraction(2) ** (e - bits + 1), significands, st.integers(lowest, exponents[1])
    )
    subnormal = st.integers(1, 2 ** (bits - 1) - 1).map(lambda m: m * how.storage.smallest_subnormal)
    tiny = subnormal if exponents[0] < how.storage.smallest_exponent else sizes
    signed = st.builds(lambda x, negative: -x if negative else x, st.one_of(sizes, sizes, tiny), st.booleans())
    return st.one_of(st.just(Fraction(0)), signed, signed, signed)


@st.composite
def trials(draw: st.DrawFn, names: st.SearchStrategy[str], how: Arithmetic, exponents: tuple[int, int]) -> Trial:
    one = rule(draw(names))
    options = draw(st.sets(st.sampled_from([option.name for option in one.options])))
    options |= {other for option in options for other in one.option(option).requires}
    on = frozenset(options)
    offered = frozenset(option.name for option in one.options)
    dialect = draw(st.sampled_from(list(one.dialects(on, offered))))
    pool = DYADIC if draw(st.booleans()) else DECIMAL
    settings: dict[str, Any] = {}
    needed = {name for option in on for name in one.option(option).requires}
    entries: list[Any] = [*one.hyperparameters, *(option for option in one.options if option.name in on)]
    for entry in entries:
        if entry.domain is None:
            settings[entry.name] = True
        else:
            kind = "learning_rate" if entry.name == "learning_rate" else "share" if entry.domain.sup == 1 else "any"
            values = pool[kind][:2] if entry.name in needed else pool[kind]  # not off
            settings[entry.name] = Fraction(draw(st.sampled_from(values)))
    offsets = numbers(how, exponents)
    ahead = dialect.get("nesterov_form") == "look_ahead"
    slopes = numbers(how, (-4, 0)) if ahead else st.just(Fraction(0))
    gradients = draw(st.lists(st.tuples(slopes, offsets), min_size=STEPS, max_size=STEPS))
    rates = [
        settings["learning_rate"],
        *(Fraction(draw(st.sampled_from(pool["learning_rate"]))) for _ in range(STEPS - 1)),
    ]
    return Trial(one, dialect, settings, draw(numbers(how, (-20, 10))), gradients, rates)


def check(trial: Trial, how: Arithmetic, random: Random | None, tally: Tally) -> None:
    """Execute the steps, each observed, and compare parameter and hidden state with the bound."""
    program, hyperparameters = chosen(trial.rule, trial.dialect, trial.settings)
    as_field = any(slope for slope, _ in trial.gradients)
    tree = tree_of(program, FIELD if as_field else GIVEN)
    execution = Execution(how, random)
    with ctx.workprec(4 * PRECISION):
        run = Run(program, hyperparameters, 1, gradient=FIELD if as_field else GIVEN, how=how)
        w = trial.start
        try:
            held = {name: execution.held(Fraction(hyperparameters[k])) for k, name in tree.hyperparameters.items()}
            starts = {str(s): str(e) for s, e in program.state.items()}
            named = {str(s): k for k, s in program.symbols.items()}
            state = {
                s: execution.held(Fraction(hyperparameters[named[e]] if e in named else e)) for s, e in starts.items()
            }
            for count, ((slope, offset), rate) in enumerate(zip(trial.gradients, trial.learning_rates, strict=True), 1):
                data = {
                    "gradient_slope": slope,
                    "gradient_offset": offset,
                    "gradient": offset,
                    str(program.parameter): w,
                }
                given_gradient = Field([float(slope)], [float(offset)]) if as_field else [float(offset)]
                (prediction,) = run.step([float(w)], given_gradient, rate)
                try:
                    outputs = execution.run(tree, count, {**held, **state, **data, "eta": execution.held(rate)})
                except NotANumber:
                    tally.outcomes["not a number"] += 1
                    assert not prediction.informative or any(nan for _, _, nan in prediction.worlds)
                    return
                w = outputs.pop(tree.parameter)
                state = outputs
                if not prediction.informative:
                    tally.outcomes["uninformative"] += 1
                    continue
                exact = all(bound == 0 for _, bound, _ in prediction.worlds)
                tally.outcomes["exact" if exact else "informative"] += 1
                ratio = min(used(w, value, bound) for value, bound, _ in prediction.worlds)
                tally.ratios += [] if exact else [ratio]
                assert ratio <= 1, (trial, count, w, prediction)
                assert any(encloses(state, tree.state, world) for world in run.worlds[0]), (trial, count, state)
        except OutOfRange:
            tally.outcomes["overflow"] += 1


def used(got: Fraction, exact: arb, bound: arb) -> float:
    """Return the share of the bound that is used, not less than can be proved."""
    difference = abs(ball(got) - exact).lower()
    return 0.0 if not difference > 0 else float((difference / bound).upper()) if bound > 0 else float("inf")


def encloses(state: dict[str, Fraction], names: tuple[str, ...], world: Any) -> bool:
    return all(
        not (abs(ball(state[name]) - value) > noise.abs_upper())
        for name, value, noise in zip(names, *world, strict=True)
    )


ARITHMETICS = {
    "float64": arithmetic("float64"),
    "float32": arithmetic("float32"),
    "float32 flushed": arithmetic("float32", flush=True),
    "float16": arithmetic("float16"),
    "bfloat16": arithmetic("bfloat16"),
    "float16 in float32": arithmetic("float16", operations="float32"),
    "bfloat16 in float32": arithmetic("bfloat16", operations="float32"),
}
RANGES: dict[str, Callable[[Arithmetic], tuple[int, int]]] = {
    "ordinary": lambda how: (-12, 6),
    "tiny": lambda how: (how.storage.smallest_exponent - 1, how.storage.smallest_exponent // 2),
    "huge": lambda how: (how.storage.largest_exponent // 4, how.storage.largest_exponent // 3),
    "wild": lambda how: (how.storage.smallest_exponent - 1, how.storage.largest_exponent // 3),
}


def explore(names: st.SearchStrategy[str], how: Arithmetic, span: str, orders: int) -> Tally:
    tally = Tally()

    @given(trial=trials(names, how, RANGES[span](how)), seed=st.integers(0, 2**32))
    def examine(trial: Trial, seed: int) -> None:
        check(trial, how, None, tally)
        for k in range(orders):
            check(trial, how, Random(seed + k), tally)

    examine()
    tally.show(f"{how.operations.name} in {how.storage.name}, {span}")
    return tally


def some(names: list[str], spans: list[str]) -> list[tuple[str, str]]:
    return [(name, span) for name in names for span in spans]


EVERYWHERE = some(["float32"], ["ordinary", "wild"]) + some(["float64"], ["wild"])
SOMEWHERE = some([name for name in ARITHMETICS if name not in ("float32", "float64")], ["ordinary", "wild"])


@pytest.mark.parametrize(("dtype", "span"), EVERYWHERE)
@pytest.mark.parametrize("name", RULES)
def test_nothing_that_declared_arithmetic_can_produce_is_outside_the_bound(name: str, dtype: str, span: str) -> None:
    tally = explore(st.just(name), ARITHMETICS[dtype], span, orders=2)

    assert tally.outcomes["informative"] > tally.outcomes.total() / 3


@pytest.mark.parametrize(("dtype", "span"), SOMEWHERE)
def test_the_bound_holds_in_every_declared_arithmetic(dtype: str, span: str) -> None:
    tally = explore(st.sampled_from(RULES), ARITHMETICS[dtype], span, orders=2)

    assert tally.outcomes["informative"] > 100


@pytest.mark.deep
@pytest.mark.parametrize("span", RANGES)
@pytest.mark.parametrize("dtype", ARITHMETICS)
@pytest.mark.parametrize("name", RULES)
def test_the_bound_holds_for_every_rule_arithmetic_and_size(name: str, dtype: str, span: str) -> None:
    tally = explore(st.just(name), ARITHMETICS[dtype], span, orders=3)

    assert tally.outcomes["informative"] > 0


@pytest.mark.parametrize("name", RULES)
def test_the_execution_in_the_order_of_the_tree_is_what_numpy_computes(name: str) -> None:
    one = rule(name)
    tree = tree_of(one.program(), GIVEN)
    random = np.random.default_rng(0)
    for _ in range(50):
        values = {n: np.float32(x) for n, x in zip(tree.inputs, random.lognormal(-1, 0.5, 12), strict=False)}
        values |= {n: min(values[n], np.float32(0.9)) for n in ("beta1", "beta2", "rho") if n in values}
        exact = {n: Fraction(float(x)) for n, x in values.items()}
        expected = Execution(ARITHMETICS["float32"]).run(tree, 3, exact)
        actual = by_numpy(tree.nodes, values, 3)

        assert expected == {n: Fraction(float(actual[index])) for n, index in tree.outputs.items()}


def by_numpy(nodes: tuple[Node, ...], values: dict[str, np.float32], step: int) -> list[np.float32]:
    """Return the value of every node, computed by NumPy in single precision."""
    done: list[np.float32] = []
    for node in nodes:
        args = [done[a] for a in node.args]
        match node.kind:
            case "input":
                done.append(values[node.extra])
            case "constant":
                done.append(np.float32(node.extra))
            case "sum":
                signed = [x if sign > 0 else -x for x, sign in zip(args, node.extra, strict=True)]
                done.append(reduce(np.add, signed))
            case "product":
                whole = reduce(np.multiply, args[: node.extra])
                done.append(reduce(np.divide, args[node.extra :], whole))
            case "power":
                done.append(reduce(np.multiply, args * node.extra))
            case "step_power":
                done.append(reduce(np.multiply, args * (node.extra[0] * step + node.extra[1])))
            case "root":
                done.append(np.sqrt(args[0]))
            case kind:
                raise AssertionError(kind)
    return done


@pytest.mark.parametrize("name", RULES)
def test_the_bound_is_reached_within_a_factor_that_is_printed(name: str) -> None:
    """Sharpness: roundings drawn at random use a fair share of the bound, and no more than all of it."""
    tally = Tally()
    how = ARITHMETICS["float32"]
    random = Random(0)
    for k in range(100):
        sizes = [Fraction(random.randrange(2**23, 2**24), 2**24) for _ in range(STEPS + 1)]
        one = rule(name)
        settings = {"momentum": Fraction(7, 8)} if name in ("momentum", "nesterov") else {}
        dialect = one.complete({"nesterov_form": "stored_look_ahead"} if name == "nesterov" else {})
        rates = [Fraction(1, 2)] * STEPS
        gradients = [(Fraction(0), x) for x in sizes[1:]]
        check(Trial(one, dialect, settings, sizes[0] / 4, gradients, rates), how, Random(k), tally)
    tally.show(name)

    assert tally.outcomes["informative"] == 100 * STEPS
    assert max(tally.ratios) > 1 / 10


def test_a_bound_is_never_wider_than_the_ball_around_the_rounded_value() -> None:
    """The swept bound and the ball's own radius are both valid; the smaller one counts."""
    wide, narrow = arb(0, 1), arb(0, arb(2) ** -20)

    assert all(one.rad() < 2 * narrow.rad() for one in (smaller(wide, narrow), smaller(narrow, wide)))
    assert smaller(arb.nan(), narrow).rad() < 2 * narrow.rad()
    assert not smaller(arb.nan(), arb.nan()).is_finite()


def one_step(program: Any, settings: dict[str, Fraction], gradient: float, rate: Fraction) -> Prediction:
    run = Run(program, settings, 1, how=ARITHMETICS["float32"])
    with ctx.workprec(PRECISION):
        return run.step([0.0], [gradient], rate)[0]


def test_a_learning_rate_that_the_format_cannot_hold_widens_the_bound_of_its_step() -> None:
    """The learning rate comes with the step; the one among the hyperparameters says nothing about it."""
    program = rule("gradient_descent").program()
    default = {"learning_rate": Fraction(1, 2)}
    bounds = [one_step(program, default, 1.0, rate).bound for rate in (Fraction(1, 4), Fraction(1, 3))]

    assert bounds[1] > 4 * bounds[0] / 3
    assert one_step(program, {"learning_rate": Fraction(1, 3)}, 1.0, Fraction(1, 4)).bound == bounds[0]


def test_a_partial_product_that_underflows_meets_the_other_factors() -> None:
    """The product of rate and gradient may underflow before it is divided by a small denominator."""
    program = rule("adagrad").program({"epsilon_place": "outside"})
    settings = {"learning_rate": Fraction(1), "epsilon": Fraction(1, 2**70)}
    prediction = one_step(program, settings, 2.0**-100, Fraction(1, 2**55))

    assert prediction.value < -(arb(2) ** -86)
    assert prediction.score(0.0) <= 1  # 2^-155 is zero
    assert prediction.bound < arb(2) ** -78


def test_what_is_exactly_zero_does_not_underflow() -> None:
    prediction = one_step(rule("gradient_descent").program(), {}, 0.0, Fraction(1, 2))

    assert prediction.bound == 0
    assert prediction.score(2.0**-149) == float("inf")
