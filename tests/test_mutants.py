"""Mutation adequacy: wrong rules made from the formulas themselves are all rejected, or proved to be no mutants."""

from __future__ import annotations

import pytest

from gradspec.conformance.cases import build_cases, contexts
from gradspec.conformance.mutants import Killing, kill, mutants
from gradspec.conformance.scoring import score
from gradspec.conformance.simulation import simulate
from gradspec.reference.arithmetic import arithmetic
from gradspec.spec import Rule, catalogue, of_kind

SLOW = ("rotate", "resize")  # trees of a whole image for every pixel
RULES = [
    pytest.param(name, marks=pytest.mark.deep) if name in SLOW else name for name in of_kind("optimizer", "function")
]
LONG = ("feedforward_network", "sigmoid_chain")  # whose proofs and balls take long in float64
PAIRS = [
    pytest.param(name, dtype, marks=[pytest.mark.deep] * (name in SLOW or (name in LONG and dtype == "float64")))
    for name in of_kind("optimizer", "function")
    for dtype in ("float64", "float32")
]
FEWEST = {
    "gradient_descent": 40,
    "momentum": 120,
    "nesterov": 100,
    "adagrad": 180,
    "rmsprop": 600,
    "adam": 700,
}


def settle(rule: Rule, dialects: list[dict[str, str]], dtype: str) -> list[tuple[tuple[str, ...], Killing]]:
    """Every mutant of the dialects given, under every set of options."""
    on_offer = frozenset(option.name for option in rule.options)
    found = []
    for on in contexts(rule, on_offer):
        programs = dict.fromkeys(rule.program(dialect, on) for dialect in dialects)
        found += [(on, killing) for program in programs for killing in kill(rule, program, on, dtype)]
    return found


def report(name: str, dtype: str, settled: list[tuple[tuple[str, ...], Killing]]) -> None:
    killed = sum(k.case is not None for _, k in settled)
    equal = [(on, k.mutant.change) for on, k in settled if k.case is None and k.equivalent]
    print(f"{name} {dtype}: {len(settled)} mutants, {killed} killed, {len(equal)} proved equivalent")
    for on, change in equal:
        print(f"    equivalent{' with ' + '+'.join(on) if on else ''}: {change}")


@pytest.mark.parametrize(("name", "dtype"), PAIRS)
def test_every_mutant_is_killed_or_proved_equivalent(name: str, dtype: str) -> None:
    settled = settle(catalogue()[name], [{}], dtype)
    report(name, dtype, settled)

    assert [(on, k.mutant.change) for on, k in settled if not k.settled] == []
    assert len(settled) >= FEWEST.get(name, 10)


@pytest.mark.deep
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_every_mutant_of_every_dialect_is_killed_or_proved_equivalent(name: str, dtype: str) -> None:
    rule = catalogue()[name]
    everything = frozenset(option.name for option in rule.options)
    settled = settle(rule, list(rule.dialects(everything)), dtype)
    report(name, dtype, settled)

    assert [(on, k.mutant.change) for on, k in settled if not k.settled] == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", RULES)
def test_the_control_passes_where_mutants_die(name: str, dtype: str) -> None:
    rule = catalogue()[name]
    for on in contexts(rule, frozenset(option.name for option in rule.options)):
        program = rule.program({}, on)
        for case in build_cases(rule, dtype, on):
            assert score(program, case, simulate(program, case), arithmetic(dtype)).accepted, case.name


@pytest.mark.parametrize("name", RULES)
def test_no_two_mutants_of_a_program_are_the_same_formula(name: str) -> None:
    program = catalogue()[name].program()
    made = mutants(program)

    assert len({m.program for m in made} | {program}) == len(made) + 1
