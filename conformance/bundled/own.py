"""gradspec's own fast functions as an implementation, under any dialect."""

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from gradspec.conformance.bridges.names import KEYWORDS, Adapter
from gradspec.conformance.bundled.initializers import gradspec_initializers
from gradspec.conformance.bundled.monitors import gradspec_early_stopping
from gradspec.conformance.bundled.own_functions import layers, register_function
from gradspec.conformance.cases import looks_ahead
from gradspec.conformance.implementation import Implementation
from gradspec.conformance.report import specification_version
from gradspec.spec import Rule, catalogue
from gradspec.spec.vendors import vendor

Dialect = str | Mapping[str, str]


def build(
    name: str, functions: ModuleType, dialect: Dialect | None, *, arrays: str, dtypes: tuple[str, ...]
) -> Implementation:
    """Build an implementation from the functions of `gradspec.fast.numpy` or `gradspec.fast.torch`.

    A vendor's rules are those that the vendor has. Axis values go to every rule that knows them; where they
    say nothing, the rule's first value holds.
    """
    rules = {key: value for key, value in catalogue().items() if hasattr(functions, key) or value.kind == "sampler"}
    dialects = {key: chosen for key, value in rules.items() if (chosen := _chosen(value, dialect)) is not None}
    if dialect is not None and not isinstance(dialect, str):
        known = {(axis.name, value) for each in rules.values() for axis in each.axes for value in axis.names}
        for axis, value in dialect.items() - known:
            raise LookupError(f"{axis}={value!r}: no rule has this axis with this value")
    library = Implementation(
        name,
        version=specification_version(),
        arrays=arrays,
        claims=dialects,
        dtypes=dtypes,
        own=True,
    )
    factories = layers(arrays, functions)
    for name, chosen in dialects.items():
        rule = rules[name]
        if rule.kind == "optimizer":
            library.optimizer(name)(adapter(getattr(functions, name), chosen, point_chosen=looks_ahead(rule)))
        elif rule.kind == "function":
            register_function(library, functions, rule, chosen)
        elif rule.kind == "layer":
            library.layer(name)(factories[name](chosen))
        elif rule.kind == "monitor":
            library.monitor(name)(gradspec_early_stopping(chosen))
        else:
            library.sampler(name)(gradspec_initializers(arrays, chosen)[name])
    return library


def adapter(function: Callable[..., Any], dialect: Dialect, *, point_chosen: bool = False) -> Adapter:
    """Adapt one function `state = function(w, gradient, state, *, learning_rate, ..., dialect)`.

    With `point_chosen` the function gets the gradient as a callable and chooses where to evaluate it.
    """
    offer = {name: (name,) for name in inspect.signature(function).parameters if name in KEYWORDS}

    def start(w: Any, arguments: dict[str, Any]) -> Callable[..., Any]:
        state: Any = None

        def step(gradient: Any, learning_rate: float) -> Any:
            nonlocal state
            state = function(w, gradient, state, learning_rate=learning_rate, dialect=dialect, **arguments)
            return w

        def step_from(gradient_at: Callable[[Any], Any], learning_rate: float) -> Any:
            return step(gradient_at, learning_rate)

        return step_from if point_chosen else step

    return Adapter(offer, {}, start)


def _chosen(rule: Rule, dialect: Dialect | None) -> Dialect | None:
    """Return what the dialect means for one rule; None for a vendor without it."""
    if dialect is None:
        return "torch" if rule.name in vendor("torch").rows else rule.complete({})
    if isinstance(dialect, str):
        return dialect if rule.name in vendor(dialect).rows else None
    values = {axis.name: axis.names for axis in rule.axes}
    return rule.complete({axis: value for axis, value in dialect.items() if value in values.get(axis, ())})
