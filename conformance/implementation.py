"""What an implementer writes: an `Implementation` and one function per rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, TypeVar

Adapter = Callable[..., Callable[..., Any]]
Function = TypeVar("Function", bound=Adapter)
Claim = str | Mapping[str, str]

ARRAYS = ("numpy", "torch", "jax")


@dataclass(frozen=True, slots=True)
class Offer:
    """One adapter function and the options it can be asked for, by keyword."""

    rule: str
    function: Adapter
    options: frozenset[str]
    hyperparameters: tuple[str, ...]
    derivative: Adapter | None = None


@dataclass(slots=True, eq=False)
class Implementation:
    """Somebody's training rules, ready to be judged.

    `arrays` says what adapters take and return: numpy, torch or jax arrays. `claims` maps a rule to a vendor's name or to
    axis values. `subnormal="flush"` declares that subnormals become zero. `operations` maps a dtype to the wider dtype in
    which its arithmetic is done. `environment` is set before a bundled adapter's framework is imported.
    """

    name: str
    version: str = "unknown"
    arrays: str = "numpy"
    claims: Mapping[str, Claim] = field(default_factory=dict)
    dtypes: tuple[str, ...] = ("float64", "float32")
    subnormal: str = "kept"
    operations: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    offers: dict[str, Offer] = field(default_factory=dict)
    origin: str = ""  # how the command line found it; used in the snippets that it prints

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"Implementation: name={self.name!r}: must be a non-empty text; give the library's name")
        if self.arrays not in ARRAYS:
            raise ValueError(
                f"{self.name}: arrays={self.arrays!r}: must be one of {', '.join(ARRAYS)}{_near(self.arrays, ARRAYS)}"
            )
        if self.subnormal not in ("kept", "flush"):
            raise ValueError(f"{self.name}: subnormal={self.subnormal!r}: must be 'kept' or 'flush'")
        from gradspec.reference.arithmetic import (
            FORMATS,
        )  # late, so that importing an adapter's base stays light

        for dtype in (*self.dtypes, *self.operations, *self.operations.values()):
            if dtype not in FORMATS:
                raise ValueError(
                    f"{self.name}: dtype {dtype!r}: must be one of {', '.join(FORMATS)}{_near(dtype, tuple(FORMATS))}"
                )
        for rule, claim in (self.claims or {}).items():
            claimed_axes(rule, claim)
        self.claims = dict(self.claims or {})

    def optimizer(self, rule: str) -> Callable[[Function], Function]:
        """Register an adapter `(w, *, hyperparameters and options) -> step(gradient, learning_rate) -> w` for `rule`."""
        return self._register("optimizer", rule)

    def function(self, rule: str) -> Callable[[Function], Function]:
        """Register an adapter `(arrays, .., *, hyperparameters and options) -> output, or outputs as a tuple`, for `rule`."""
        return self._register("function", rule)

    def derivative(self, rule: str) -> Callable[[Function], Function]:
        """Register the gradient of the function `rule`, which must be registered first.

        It takes what the function takes, then by position the gradient with respect to every output, and returns that with
        respect to the differentiable inputs: `(x, upstream, *, alpha) -> d_x`.
        """
        from gradspec.spec import rule as find

        if rule not in self.offers:
            raise TypeError(f"{self.name}: derivative of {rule}: the function is not registered; register it first")
        found = find(rule)

        def register(function: Function) -> Function:
            asked = offer(rule, function, (*(a.name for a in found.arrays), *("upstream" for _ in found.update)))
            old = self.offers[rule]
            options = (old.options & asked.options) | {o.name for o in found.options if o.differentiates}
            more = {o.name for o in found.options if set(o.requires) <= options and o.name in asked.options}
            self.offers[rule] = replace(old, derivative=function, options=frozenset(options | more))
            return function

        return register

    def sampler(self, rule: str) -> Callable[[Function], Function]:
        """Register an adapter `(shape, layout, seed) -> array` for `rule`; layout is `in_out` or `out_in`."""
        return self._register("sampler", rule)

    def monitor(self, rule: str) -> Callable[[Function], Function]:
        """Register an adapter `(*, hyperparameters and options) -> observe(metric) -> stop` for `rule`."""
        return self._register("monitor", rule)

    def _register(self, kind: str, rule: str) -> Callable[[Function], Function]:
        from gradspec.spec import rule as find

        if (actual := find(rule).kind) != kind:
            raise TypeError(f"{self.name}: {rule} is registered as {kind}: it is a {actual}; write @....{actual}({rule!r})")

        def register(function: Function) -> Function:
            self.offers[rule] = offer(rule, function)
            return function

        return register


POSITIONAL: dict[str, tuple[str, ...]] = {
    "optimizer": ("w",),
    "sampler": ("shape", "layout", "seed"),
    "monitor": (),
}


def offer(rule_name: str, function: Adapter, wanted: tuple[str, ...] | None = None) -> Offer:
    """Read off which hyperparameters and options `function` takes, and refuse what the rule does not know.

    `wanted` names what it must take by position; without it the kind of the rule says so.
    """
    from gradspec.spec import rule as find

    rule = find(rule_name)
    needed = tuple(h.name for h in rule.hyperparameters if h.name != "learning_rate")
    known = frozenset({*needed, *(o.name for o in rule.options)})
    accepts = getattr(function, "accepts", None)
    if accepts is not None:
        keywords = frozenset(accepts) & known
    else:
        parameters = list(inspect.signature(function).parameters.values())
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            keywords = known
        else:
            keywords = frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
            positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
            if wanted is None:
                wanted = tuple(a.name for a in rule.arrays) if rule.kind == "function" else POSITIONAL[rule.kind]
            if len(positional) != len(wanted):
                raise TypeError(
                    f"{rule_name}: adapter takes {positional}: must take {', '.join(wanted) or 'nothing'} by position; "
                    f"put `*` before the hyperparameters: def adapter({', '.join([*wanted, '*', '...'])})"
                )
    for unknown in sorted(keywords - known):
        raise TypeError(
            f"{rule_name}: adapter keyword {unknown!r}: is not one of {', '.join(sorted(known))}{_near(unknown, known)}"
        )
    if missing := [name for name in needed if name not in keywords]:
        raise TypeError(
            f"{rule_name}: adapter lacks the keyword {missing[0]!r}: every hyperparameter is passed; add it"
        )
    asked = {o.name for o in rule.options if o.differentiates}  # not by keyword
    options = {o.name for o in rule.options if o.name in keywords and set(o.requires) <= keywords | asked}
    return Offer(rule_name, function, frozenset(options), needed)


def claimed_axes(rule_name: str, claim: Claim) -> dict[str, str]:
    """Return the axis values that `claim` (a vendor's name or axis values) means for a rule; `LookupError` if it means none."""
    from gradspec.spec import rule as find
    from gradspec.spec.vendors import vendor

    rule = find(rule_name)
    if isinstance(claim, str):
        found = vendor(claim)
        if rule_name not in found.rows:
            raise LookupError(f"{claim} has no {rule_name}; it has: {', '.join(found.rows)}")
        return dict(found.rows[rule_name].axes)
    for axis, value in claim.items():
        rule.axis(axis).value(value)
    return dict(claim)


def _near(name: Any, names: Any) -> str:
    near = get_close_matches(str(name), list(names), n=1, cutoff=0.0)
    return f"; did you mean {near[0]!r}?" if near else ""
