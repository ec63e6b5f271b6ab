"""The cases themselves: exact in their dtype, far from overflow in every node, repeatable, and of every kind promised."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations

import pytest

from gradspec.conformance.case import Case, Slopes
from gradspec.conformance.cases import build_cases, contexts, storable
from gradspec.conformance.scoring import numbers
from gradspec.conformance.simulation import simulate
from gradspec.reference.arithmetic import FORMATS
from gradspec.reference.evaluate import tree_of
from gradspec.reference.tree import GIVEN, Node, Tree
from gradspec.spec import Program, Rule, of_kind

HEADROOM = 16  # no value may come nearer to the largest number than this factor
EVERYTHING = 6


def everything(rule: Rule) -> frozenset[str]:
    return frozenset(option.name for option in rule.options)


def all_cases(rule: Rule, dtype: str, level: int = EVERYTHING) -> Iterator[Case]:
    for on in contexts(rule, everything(rule)):
        yield from build_cases(rule, dtype, on, level=level)


def sizes(tree: Tree, inputs: Mapping[str, float], step: int) -> tuple[list[float], float]:
    """The value of every node in double precision, and the largest value or partial product that is met."""
    values: list[float] = []
    largest = 0.0
    for node in tree.nodes:
        args = [values[a] for a in node.args]
        values.append(value(node, args, inputs, step))
        if node.kind == "product":
            parts = [*args[: node.extra], *(1 / d for d in args[node.extra :] if d)]
            for size in range(1, len(parts) + 1):
                largest = max(largest, *(abs(math.prod(part)) for part in combinations(parts, size)))
        largest = max(largest, abs(values[-1]))
    return values, largest


def value(node: Node, args: list[float], inputs: Mapping[str, float], step: int) -> float:
    match node.kind:
        case "input":
            return inputs[node.extra]
        case "step":
            return step
        case "constant":
            return float(node.extra)
        case "sum":
            return sum(sign * a for sign, a in zip(node.extra, args, strict=True))
        case "product":
            below = math.prod(args[node.extra :])
            return math.prod(args[: node.extra]) / below if below else 0.0
        case "power":
            return float(args[0] ** node.extra)
        case "step_power":
            return float(args[0] ** (node.extra[0] * step + node.extra[1]))
        case "root":
            return math.sqrt(max(args[0], 0.0))
        case "maximum":
            return max(args)
        case "at_step":
            return args[0] if step == node.extra else args[1]
        case "where_positive":
            return args[1] if args[0] > 0 else args[2]
    raise AssertionError(node.kind)


def largest_value(program: Program, case: Case) -> float:
    """The largest value or partial product anywhere in a run of `program` on `case`."""
    tree = tree_of(program, GIVEN)
    outcome = simulate(program, case)
    held = tree.hyperparameters.items()
    known = {name: float(numbers(case)[keyword]) for keyword, name in held if keyword in numbers(case)}
    largest = 0.0
    for i in range(len(case.w)):
        state = {str(s): float(numbers(case).get(option, 0.0)) for s, option in start(program).items()}
        w = case.w[i]
        for step, rate in enumerate(case.learning_rates, start=1):
            given = case.steps[step - 1]
            gradient = given.slope[i] * w + given.offset[i] if isinstance(given, Slopes) else given[i]
            inputs = {**known, **state, "eta": rate, tree.parameter: w, "gradient": gradient}
            values, met = sizes(tree, inputs, step)
            largest = max(largest, met, abs(gradient))
            state = {name: values[tree.outputs[name]] for name in tree.state}
            w = outcome.parameters[step - 1][i]
    return largest


def start(program: Program) -> dict[object, str]:
    """The option that gives the initial value of each state symbol, or nothing for zero."""
    keywords = {symbol: keyword for keyword, symbol in program.symbols.items()}
    return {state: keywords.get(initial, "") for state, initial in program.state.items()}


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_every_input_is_exact_in_its_dtype(name: str, dtype: str) -> None:
    assert [case.name for case in all_cases(of_kind("optimizer")[name], dtype) if not storable(case)] == []


def near_the_first(rule: Rule, on: frozenset[str]) -> list[dict[str, str]]:
    """The first dialect and those that differ from it in one axis."""
    first, *others = rule.dialects(on, on)
    return [first, *(d for d in others if sum(first[axis] != value for axis, value in d.items()) == 1)]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])  # float64 has the cases of float32
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_no_node_and_no_partial_product_comes_near_overflow(name: str, dtype: str) -> None:
    rule = of_kind("optimizer")[name]
    largest = {}
    for case in all_cases(rule, dtype, level=2):
        on = case.switched_on
        for program in {rule.program(dialect, on) for dialect in near_the_first(rule, on)}:
            largest[case.name] = max(largest.get(case.name, 0.0), largest_value(program, case))

    limit = float(FORMATS[dtype].largest) / HEADROOM
    print(f"{name} {dtype}: largest value {max(largest.values()):.3g}, limit {limit:.3g}")
    assert {case: size for case, size in largest.items() if size > limit} == {}


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_equal_seeds_give_equal_cases_of_distinct_names(name: str, dtype: str) -> None:
    rule = of_kind("optimizer")[name]
    cases = list(all_cases(rule, dtype))

    assert cases == list(all_cases(rule, dtype))
    assert [c.w for c in all_cases(rule, "float32")] == [c.w for c in all_cases(rule, "float64")]
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_the_default_level_holds_every_kind_of_input(name: str, dtype: str) -> None:
    cases = [case for case in all_cases(of_kind("optimizer")[name], dtype, level=2) if not case.options]
    gradients = [g for c in cases for s in c.steps for g in (s.offset if isinstance(s, Slopes) else s)]
    sizes_seen = [abs(g) for g in gradients if g]

    assert any(len(c.w) > 16 and len(c.w) % 16 for c in cases)  # more than a vector register, and a remainder
    assert any(len(set(c.learning_rates)) > 1 for c in cases)
    assert min(sizes_seen) <= 2.0**-30
    assert max(sizes_seen) >= 2.0**10
    assert 0.0 in gradients
    assert any(isinstance(s, Slopes) for c in cases for s in c.steps)  # a gradient that depends on the point
    assert all(Fraction(v).denominator.bit_count() == 1 for c in cases for v in c.hyperparameters.values())  # dyadic
    assert sum(w == 0 for c in cases for w in c.w) >= sum(len(c.w) for c in cases) // 2
