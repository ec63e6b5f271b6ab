"""Judges layers: the same elimination of dialects, on calls of training and inference and on what is drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradspec.spec import rule as find_rule

from .arrays import array_kinds
from .case import AnyCase, FunctionCase, SampleCase
from .cases import build_cases, contexts
from .implementation import Claim, Implementation, drawn_arrays
from .judging import Runner, judge_cases
from .layer_calls import build
from .layer_cases import LAW, build_samples
from .significance import FALSE_ALARM
from .verdict import Result


def judge_layer(
    implementation: Implementation,
    rule_name: str,
    dtype: str,
    run: Runner,
    *,
    claim: Claim | None = None,
    level: int = 2,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Return the verdict on one layer in one dtype, as `judge_rule` does for functions.

    What a layer draws is read off its outputs and tested against the law of every dialect: a right layer is rejected with
    probability 1e-9 at most. With seed 0 every judgement draws anew, and the message says with which seeds.
    """
    rule = find_rule(rule_name)
    offered = _offered(implementation, rule_name, dtype)
    cases: list[AnyCase] = [
        case
        for on in contexts(rule, offered)
        if LAW not in on
        for case in build_cases(rule, dtype, on, level=level, seed=seed)
    ]
    samples = build_samples(rule, dtype, level=level, seed=seed) if drawn_arrays(rule) else []
    result = judge_cases(implementation, rule, dtype, run, [*cases, *samples], offered, claim=claim, progress=progress)
    return replace(result, message="; ".join(filter(None, (result.message, _drawn_with(samples, result)))))


def _offered(implementation: Implementation, rule_name: str, dtype: str) -> frozenset[str]:
    """The options on offer: gradients where a layer has `backward`."""
    found = implementation.offers.get(rule_name)
    if found is None or dtype not in implementation.dtypes:
        return frozenset()
    rule = find_rule(rule_name)
    first = next(case for case in build_cases(rule, dtype, (), level=0) if isinstance(case, FunctionCase))
    try:
        layer = build(found, first, array_kinds()[implementation.arrays], 0)
    except Exception:  # the same is met again, and reported, where the case is run
        return found.options
    gradients = {o.name for o in rule.options if o.differentiates} if hasattr(layer, "backward") else set()
    return found.options | gradients


def _drawn_with(samples: list[SampleCase], result: Result) -> str:
    if not samples or result.verdict in ("unsupported", "error"):
        return ""
    seeds = " and ".join(str(case.seed) for case in samples)
    return f"drawn with seeds {seeds}, false alarms {FALSE_ALARM:g}"
