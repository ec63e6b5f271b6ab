"""What a program says it can do, as an `Implementation`, and back. Claims are stated here and measured by the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from gradspec.conformance.implementation import Fixed, Implementation, Offer
from gradspec.reference.arithmetic import FORMATS
from gradspec.spec import Rule
from gradspec.spec import rule as find_rule

from .framing import Message, bits, number
from .requests import KINDS, gradients


def implementation_of(told: Message) -> Implementation:
    """Return the implementation that a program says it is; raise `LookupError` or `ValueError` at what does not exist."""
    offers = {name: _offer(find_rule(name), offered, told["dtypes"]) for name, offered in told["rules"].items()}
    for dtype, wider in told.get("operations", {}).items():
        if FORMATS[wider].precision < FORMATS[dtype].precision:
            raise ValueError(
                f"operations.{dtype}: {wider} is narrower; arrays are computed in a wider dtype, or in their own"
            )
    return Implementation(
        told["name"],
        version=told["version"],
        claims={name: offered["claim"] for name, offered in told["rules"].items() if "claim" in offered},
        dtypes=tuple(told["dtypes"]),
        subnormal=told.get("subnormal", "kept"),
        operations=told.get("operations", {}),
        offers=offers,
    )


def _offer(rule: Rule, told: Message, dtypes: Sequence[str]) -> Offer:
    if rule.kind not in KINDS:
        raise ValueError(
            f"rules.{rule.name}: a {rule.kind}; protocol 1 carries {' and '.join(f'{k}s' for k in KINDS)}; leave it out"
        )
    options = frozenset(told.get("options", ()))
    for name in options:
        lacking = [other for other in rule.option(name).requires if other not in options]
        if lacking:
            raise ValueError(f"rules.{rule.name}.options: {name} without {lacking[0]}; offer both or none")
    fixed = {name: _fixed(value) for name, value in told.get("fixed", {}).items()}
    if fixed and rule.kind != "function":
        raise ValueError(f"rules.{rule.name}.fixed: the judge chooses all hyperparameters of an {rule.kind}")
    for name, value in fixed.items():
        for dtype in dtypes:
            if isinstance(value, Mapping) and dtype not in value:
                raise ValueError(f"rules.{rule.name}.fixed.{name}: lacks {dtype}; give it for every dtype on offer")
            rule.check_domain(name, value[dtype] if isinstance(value, Mapping) else value)
    chosen = (h.name for h in rule.hyperparameters if h.name != "learning_rate" and h.name not in fixed)
    derivative = _elsewhere if gradients(rule) & options else None
    return Offer(rule.name, _elsewhere, options, tuple(chosen), derivative, fixed)


def capabilities_of(implementation: Implementation, session: str, protocol: int) -> Message:
    """Return what an implementation in this process can do; rules that the protocol does not carry are left out."""
    rules = {
        name: {
            "options": [o.name for o in find_rule(name).options if o.name in found.options],
            **({"claim": _claim(implementation.claims[name])} if name in implementation.claims else {}),
            **({"fixed": {k: _bits(v) for k, v in found.fixed.items()}} if found.fixed else {}),
        }
        for name, found in implementation.offers.items()
        if find_rule(name).kind in KINDS
    }
    return {
        "type": "capabilities", "protocol": protocol, "session": session, "name": implementation.name,
        "version": implementation.version, "dtypes": list(implementation.dtypes), "rules": rules,
        "subnormal": implementation.subnormal, "operations": dict(implementation.operations),
    }  # fmt: skip


def _claim(claim: Any) -> Any:
    return claim if isinstance(claim, str) else dict(claim)


def _fixed(told: Any) -> Fixed:
    return number(told) if isinstance(told, str) else {dtype: number(value) for dtype, value in told.items()}


def _bits(value: Fixed) -> Any:
    return {dtype: bits(one) for dtype, one in value.items()} if isinstance(value, Mapping) else bits(value)


def _elsewhere(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("this implementation is another program: its cases are put to it by Implementation.remote")
