"""gradspec's own fast functions of arrays and layers as adapters, under a dialect for each rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from gradspec.conformance.implementation import Implementation
from gradspec.spec import Rule

Dialect = str | Mapping[str, str]


def register_function(library: Implementation, functions: ModuleType, rule: Rule, dialect: Dialect) -> None:
    """Add a function and, where there is one, its gradient `NAME_gradient`."""
    gradient = getattr(functions, f"{rule.name}_gradient", None)
    library.function(rule.name)(_adapted(getattr(functions, rule.name), rule, dialect))
    if gradient is not None:
        library.derivative(rule.name)(_adapted(gradient, rule, dialect))


def _adapted(function: Callable[..., Any], rule: Rule, dialect: Dialect) -> Callable[..., Any]:
    """Hand over the dialect, and arrays in the way of the function: a list of gradients, a batch of images."""
    parameters = inspect.signature(function).parameters
    chosen = {"dialect": dialect} if "dialect" in parameters else {}
    ignored = {o.name for o in rule.options if o.arrays and not rule.arrays_of(o.name)}  # shapes say as much

    def call(*arrays: Any, **keywords: Any) -> Any:
        keywords = {key: value for key, value in keywords.items() if key not in ignored}
        if "images" in parameters:
            return function(arrays[0][None, :, :, None], **keywords, **chosen)[0, :, :, 0]
        if "layers" in parameters:
            x, labels, *parts = arrays
            layers = [(*parts[:2], "relu"), (*parts[2:4], "softmax")]
            outcome = function(x, labels, layers, *parts[4:], **keywords, **chosen)
            return tuple(g for pair in outcome[1] for g in pair) if isinstance(outcome, tuple) else outcome
        if "gradients" in parameters:
            return tuple(function(list(arrays), **keywords, **chosen))
        return function(*arrays, **keywords, **chosen)

    known = {h.name for h in rule.hyperparameters} | {o.name for o in rule.options}
    known |= {array for o in rule.options for array in rule.arrays_of(o.name)}
    call.accepts = (set(parameters) & known) | ignored  # type: ignore[attr-defined]
    return call


def layers(library: str, functions: ModuleType) -> dict[str, Callable[[Dialect], Callable[..., Any]]]:
    """Return, for every layer, what makes its factory for a dialect."""

    def batch_normalization(dialect: Dialect) -> Callable[..., Any]:
        return lambda gamma, beta, *, momentum, epsilon: _Normalization(
            functions, dialect, gamma, beta, momentum, epsilon
        )

    def dropout(dialect: Dialect) -> Callable[..., Any]:
        def factory(*, rate: float, seed: int) -> _Drawing:
            generator = _generator(library, seed)
            return _Drawing(
                lambda x: functions.dropout(x, rate=rate, generator=generator, dialect=dialect)[0],
                lambda x: functions.dropout_inference(x, rate=rate, dialect=dialect),
            )

        return factory

    def rrelu(dialect: Dialect) -> Callable[..., Any]:
        def factory(*, lower: float, upper: float, seed: int) -> _Drawing:
            generator = _generator(library, seed)
            bounds = {"lower": lower, "upper": upper, "dialect": dialect}
            return _Drawing(
                lambda x: functions.rrelu(x, generator=generator, **bounds)[0],
                lambda x: functions.rrelu_inference(x, **bounds),
            )

        return factory

    return {"batch_normalization": batch_normalization, "dropout": dropout, "rrelu": rrelu}


@dataclass(frozen=True, slots=True)
class _Drawing:
    train: Callable[[Any], Any]
    infer: Callable[[Any], Any]


@dataclass(slots=True)
class _Normalization:
    functions: ModuleType
    dialect: Dialect
    gamma: Any
    beta: Any
    momentum: float
    epsilon: float
    state: tuple[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.state = (0.0 * self.gamma, 0.0 * self.gamma + 1.0)

    def train(self, x: Any) -> Any:
        self.state = self.functions.batch_normalization_update(
            x, *self.state, momentum=self.momentum, dialect=self.dialect
        )
        return self.functions.batch_normalization(x, self.gamma, self.beta, epsilon=self.epsilon)

    def infer(self, x: Any) -> Any:
        return self.functions.batch_normalization_inference(x, self.gamma, self.beta, *self.state, epsilon=self.epsilon)

    def backward(self, x: Any, upstream: Any) -> Any:
        return self.functions.batch_normalization_gradient(x, self.gamma, self.beta, upstream, epsilon=self.epsilon)


def _generator(library: str, seed: int) -> Any:
    if library == "torch":
        import torch

        return torch.Generator().manual_seed(seed)
    import numpy

    return numpy.random.default_rng(seed)
