"""Every pair of dialects is told apart by a case of the default level, or proved to be one function."""

from __future__ import annotations

from functools import cache

import pytest

from gradspec.conformance.cases import build_cases, contexts
from gradspec.conformance.certificate import Separation, certificate
from gradspec.spec import catalogue, of_kind

SLOW = ("rotate", "resize")  # trees of a whole image for every pixel
RULES = [
    pytest.param(name, marks=pytest.mark.deep) if name in SLOW else name for name in of_kind("optimizer", "function")
]
SAME_BY_PROOF = {
    # One function each: the gain is 1, so that skipping it changes nothing; ε > 0; c₂ = 1 without correction;
    # without a buffer or a denominator, λw in the gradient or beside it is the same step.
    "gradient_descent": 1,
    "momentum": 10,
    "nesterov": 0,
    "adagrad": 6,
    "rmsprop": 0,
    "adam": 13,
    "cross_entropy": 36,  # logits are neither divided nor clipped; what is not clipped has one gradient
    "shift": 12,  # without a constant there is no edge to blend with
    "rotate": 8,
    "resize": 24,
}


@cache
def pairs_of(name: str, dtype: str) -> list[Separation]:
    return certificate(catalogue()[name], dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", RULES)
def test_every_pair_of_dialects_is_separated_or_proved_the_same(name: str, dtype: str) -> None:
    pairs = pairs_of(name, dtype)

    smallest = min((pair.margin for pair in pairs if pair.case is not None), default=float("inf"))
    print(f"{name} {dtype}: {len(pairs)} pairs, smallest margin {smallest:.3g}")
    assert [pair for pair in pairs if pair.case is None and not pair.same] == []
    assert sum(pair.same for pair in pairs) == SAME_BY_PROOF.get(name, 0)


@pytest.mark.parametrize("name", RULES)
def test_the_separating_cases_belong_to_the_default_level(name: str) -> None:
    rule = catalogue()[name]
    on_offer = frozenset(option.name for option in rule.options)

    names = {case.name for on in contexts(rule, on_offer) for case in build_cases(rule, "float64", on)}

    assert {pair.case for pair in pairs_of(name, "float64") if pair.case is not None} <= names


@pytest.mark.deep
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", of_kind("optimizer"))
def test_low_precision_lists_the_pairs_it_cannot_separate(name: str, dtype: str) -> None:
    open_pairs = [p for p in certificate(catalogue()[name], dtype) if p.case is None and not p.same]
    known = {("adam", "bfloat16"): {("amsgrad_max", "raw", "corrected")}}.get((name, dtype), set())

    differences = {
        (axis, value, other[1])
        for p in open_pairs
        for (axis, value), other in zip(p.one, p.other, strict=True)
        if value != other[1]
    }
    print(f"{name} {dtype}: {len(open_pairs)} pairs not separated: {sorted(differences)}")
    assert differences <= known
