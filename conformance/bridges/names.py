"""How constructors spell the hyperparameters and options of the optimizers, read from their signatures."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

LEARNING_RATE = ("learning_rate", "lr")

KEYWORDS = frozenset(
    (
        "amsgrad",
        "beta1",
        "beta2",
        "bias_correction",
        "centered",
        "dampening",
        "epsilon",
        "epsilon_root",
        "initial_accumulator_value",
        "learning_rate_decay",
        "momentum",
        "nesterov",
        "rho",
        "weight_decay",
    )
)

NEUTRAL: Mapping[str, float | bool] = MappingProxyType(
    {
        "amsgrad": False,
        "centered": False,
        "dampening": 0.0,
        "epsilon_root": 0.0,
        "initial_accumulator_value": 0.0,
        "learning_rate_decay": 0.0,
        "momentum": 0.0,
        "nesterov": False,
        "weight_decay": 0.0,
    }
)
"""Values that switch an option off. Not `bias_correction`: it is an option of RMSProp, but part of Adam."""

Spelling = Mapping[str, tuple[str, ...]]
"""Argument of a constructor -> the gradspec keywords that it carries; one not named here carries itself."""


@dataclass(frozen=True)
class Adapter:
    """An optimizer adapter: `adapter(w, **keywords)` returns `step(gradient, learning_rate)`.

    `accepts` holds the gradspec keywords on offer; `start` gets `w` and the constructor's own arguments.
    Options that are on offer and not asked for are switched off, whatever the constructor's default is
    (`keras.optimizers.Adagrad` and `optax.adagrad` start the accumulator at 0.1).
    """

    offer: Spelling
    neutral: Mapping[str, Any]
    start: Callable[[Any, dict[str, Any]], Callable[..., Any]]

    @property
    def accepts(self) -> frozenset[str]:
        """List the gradspec keywords on offer."""
        return frozenset(keyword for carried in self.offer.values() for keyword in carried)

    def __call__(self, w: Any, /, **keywords: Any) -> Callable[..., Any]:
        """Start at `w`, of which the adapter becomes the owner."""
        unknown = sorted(keywords.keys() - self.accepts)
        if unknown:
            raise TypeError(f"not on offer: {', '.join(unknown)}; on offer: {', '.join(sorted(self.accepts))}")
        arguments = dict(self.neutral)
        for argument, carried in self.offer.items():
            values = tuple(keywords[keyword] for keyword in carried if keyword in keywords)
            if not values:
                continue
            if len(values) < len(carried):
                raise TypeError(f"{argument!r} needs {' and '.join(carried)} together")
            arguments[argument] = values if len(values) > 1 else values[0]
        return self.start(w, arguments)


def parameters(target: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Read the named parameters of a constructor, and of its base classes while `**kwargs` passes them on.

    What a `functools.partial` has decided is left out: `optax.nadam` is `partial(optax.adam, nesterov=True)`.
    """
    found: dict[str, inspect.Parameter] = {}
    for function in constructors(target):
        here = inspect.signature(function).parameters.values()
        for parameter in here:
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                found.setdefault(parameter.name, parameter)
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in here):
            break
    decided = target.keywords if isinstance(target, partial) else {}
    return {name: parameter for name, parameter in found.items() if name != "self" and name not in decided}


def constructors(target: Callable[..., Any]) -> list[Callable[..., Any]]:
    """List a class's `__init__` and those of its base classes; a function is its own constructor."""
    if not inspect.isclass(target):
        return [target]
    return [vars(layer)["__init__"] for layer in target.__mro__[:-1] if "__init__" in vars(layer)]


def adapter(
    target: Callable[..., Any],
    spelling: Spelling,
    fixed: Mapping[str, Any],
    start: Callable[[Any, dict[str, Any]], Callable[..., Any]],
) -> Adapter:
    """Build the adapter of `target`; `fixed` arguments are always passed and not on offer."""
    found = parameters(target)
    unknown = sorted(fixed.keys() - found.keys())
    if unknown:
        raise TypeError(f"{described(target)} has no argument {', '.join(unknown)}; it has {', '.join(found)}")
    offer = {
        name: carried
        for name in found
        if name not in fixed and KEYWORDS.issuperset(carried := spelling.get(name, (name,)))
    }
    neutral = {
        name: NEUTRAL[carried[0]]
        for name, carried in offer.items()
        if carried[0] in NEUTRAL and found[name].default not in (0, None)
    }
    return Adapter(offer, neutral | dict(fixed), start)


def learning_rate_argument(target: Callable[..., Any]) -> str:
    """Find the name under which a constructor takes the learning rate."""
    found = parameters(target)
    for name in LEARNING_RATE:
        if name in found:
            return name
    raise TypeError(f"{described(target)} takes neither of {', '.join(LEARNING_RATE)}; it has {', '.join(found)}")


def described(target: Callable[..., Any]) -> str:
    """Name a class or function for a message."""
    return str(getattr(target, "__qualname__", target))
