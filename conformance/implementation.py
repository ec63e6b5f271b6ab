"""What an implementer writes: an `Implementation` and one function per rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from gradspec.spec import Rule

    from .case import AnyCase, Outcome

Adapter = Callable[..., Callable[..., Any]]
Function = TypeVar("Function", bound=Adapter)
Claim = str | Mapping[str, str]
Fixed = float | Mapping[str, float]  # a constant, or one for each dtype

ARRAYS = ("numpy", "torch", "jax")


@dataclass(frozen=True, slots=True)
class Offer:
    """One adapter function and the options it can be asked for, by keyword; `fixed` are constants of its own."""

    rule: str
    function: Adapter
    options: frozenset[str]
    hyperparameters: tuple[str, ...]
    derivative: Adapter | None = None
    fixed: Mapping[str, Fixed] = field(default_factory=dict)

    def constants(self, dtype: str) -> dict[str, float]:
        """What the constants are in a dtype."""
        return {name: value[dtype] if isinstance(value, Mapping) else value for name, value in self.fixed.items()}


class Remote(Protocol):
    """Another program, which does what an implementation does."""

    def run(self, case: AnyCase) -> Outcome:
        """Return what it does on a case; raise `Misbehaviour` or `Unsupported` with a one-line reason."""

    def replay(self, case: AnyCase, row: int, place: int, got: float, exact: str) -> str:
        """Return what to type so that it does that again, with one number that came out and what it should be."""


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
    remote: Remote | None = None  # runs the cases, where that is not done in this process

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

    def function(self, rule: str, **fixed: Fixed) -> Callable[[Function], Function]:
        """Register an adapter `(arrays, .., *, hyperparameters and options) -> output, or outputs as a tuple`, for `rule`.

        `fixed` are hyperparameters that cannot be chosen, with the values that the library has built in: `epsilon=1e-6`,
        or `epsilon={"float64": 2**-52, "float32": 2**-23}`.
        An array that the rule has only under an option comes as a keyword: `(w, *, strength, bias=None)`.
        """
        return self._register("function", rule, fixed)

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
            old = self.offers[rule]
            wanted = (*(a.name for a in found.arrays), *("upstream" for _ in found.update))
            asked = offer(rule, function, wanted, old.fixed)
            options = (old.options & asked.options) | {o.name for o in found.options if o.differentiates}
            more = {o.name for o in found.options if set(o.requires) <= options and o.name in asked.options}
            self.offers[rule] = replace(old, derivative=function, options=frozenset(options | more))
            return function

        return register

    def layer(self, rule: str) -> Callable[[Function], Function]:
        """Register a factory of layers for `rule`; it returns an object that does what training and inference do.

        `batch_normalization`: `(gamma, beta, *, momentum, epsilon)`, arrays of shape (features,). The object has
        `train(x) -> y` and `infer(x) -> y` with x and y of shape (examples, features); `state`, the pair of running mean and
        running variance, which start at 0 and 1; and where it offers gradients `backward(x, upstream) -> d_x, d_gamma, d_beta`,
        those of training. `train` of a batch of one may raise ValueError where the unbiased variance is kept.

        `dropout`: `(*, rate, seed)`; `rrelu`: `(*, lower, upper, seed)`. The object has `train(x) -> y`, which draws anew on
        every call, and `infer(x) -> y`. Equal seeds give equal draws, other seeds others; x has any shape.
        """
        return self._register("layer", rule)

    def sampler(self, rule: str) -> Callable[[Function], Function]:
        """Register an adapter `(shape, layout, seed) -> array` for `rule`; layout is `in_out` or `out_in`."""
        return self._register("sampler", rule)

    def monitor(self, rule: str) -> Callable[[Function], Function]:
        """Register an adapter `(*, hyperparameters and options) -> observe(metric) -> stop` for `rule`."""
        return self._register("monitor", rule)

    def _register(
        self, kind: str, rule: str, fixed: Mapping[str, Fixed] | None = None
    ) -> Callable[[Function], Function]:
        from gradspec.spec import rule as find

        if (actual := find(rule).kind) != kind:
            raise TypeError(
                f"{self.name}: {rule} is registered as {kind}: it is a {actual}; write @....{actual}({rule!r})"
            )

        def register(function: Function) -> Function:
            self.offers[rule] = offer(rule, function, fixed=fixed)
            return function

        return register


POSITIONAL: dict[str, tuple[str, ...]] = {
    "optimizer": ("w",),
    "sampler": ("shape", "layout", "seed"),
    "monitor": (),
}


def _positional(rule: Rule) -> tuple[str, ...]:
    """What an adapter of the rule takes by position."""
    if rule.kind == "function":
        return tuple(a.name for a in rule.arrays)
    return layer_parameters(rule) if rule.kind == "layer" else POSITIONAL[rule.kind]


def layer_parameters(rule: Rule) -> tuple[str, ...]:
    """The arrays that a layer is built with: neither its input, nor what it keeps, nor what it draws."""
    kept = {str(target.base.label) for target in rule.state}
    return tuple(a.name for a in rule.arrays[1:] if a.name not in kept and a.name not in drawn_arrays(rule))


def drawn_arrays(rule: Rule) -> tuple[str, ...]:
    """The arrays that a layer draws at random: those whose law the rule's option `law` states."""
    return tuple(a.name for o in rule.options if o.name == "law" for a in o.arrays)


def offer(
    rule_name: str,
    function: Adapter,
    wanted: tuple[str, ...] | None = None,
    fixed: Mapping[str, Fixed] | None = None,
) -> Offer:
    """Read off which hyperparameters and options `function` takes, and refuse what the rule does not know.

    `wanted` names what it must take by position; without it the kind of the rule says so.
    """
    from gradspec.spec import rule as find

    rule = find(rule_name)
    fixed = fixed or {}
    for name, value in fixed.items():
        for one in value.values() if isinstance(value, Mapping) else [value]:
            rule.check_domain(name, one)
    needed = tuple(h.name for h in rule.hyperparameters if h.name != "learning_rate" and h.name not in fixed)
    if rule.kind == "layer" and drawn_arrays(rule):
        needed = (*needed, "seed")
    options = {o.name: rule.arrays_of(o.name) for o in rule.options if rule.kind != "layer"}
    known = frozenset({*needed, *options, *(array for arrays in options.values() for array in arrays)})
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
                wanted = _positional(rule)
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
    for name in options.keys() & keywords:
        if missing := [array for array in options[name] if array not in keywords]:
            raise TypeError(
                f"{rule_name}: adapter lacks the keyword {missing[0]!r}: {name} comes with that array; add it"
            )
    offered = {o.name for o in rule.options if o.name in keywords and set(o.requires) <= keywords | asked}
    if rule.kind == "layer":  # every layer has them; gradients are offered by its object
        offered = {o.name for o in rule.options if not o.differentiates}
    return Offer(rule_name, function, frozenset(offered), needed, fixed=dict(fixed))


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
