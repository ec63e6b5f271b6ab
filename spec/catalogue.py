"""Finds every rule. Nothing registers itself; a rule exists because a module of this package defines one."""

from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from .lookup import look_up
from .rule import Rule


@cache
def catalogue() -> dict[str, Rule]:
    """Return every rule of the specification by name, simplest first (in the order of the deck)."""
    rules: dict[str, Rule] = {}
    package = import_module("gradspec.spec")
    for info in walk_packages(package.__path__, "gradspec.spec."):
        for value in vars(import_module(info.name)).values():
            if isinstance(value, Rule) and rules.setdefault(value.name, value) is not value:
                raise ValueError(f"two rules are called {value.name!r}; the second is in {info.name}")
    return {name: rules[name] for name in sorted(rules, key=_deck_order)}


def of_kind(*kinds: str) -> dict[str, Rule]:
    """Return the rules of these kinds by name, in the order of the catalogue."""
    return {name: rule for name, rule in catalogue().items() if rule.kind in kinds}


def rule(name: str) -> Rule:
    """Return the rule called `name`, or raise `LookupError` naming the nearest one."""
    return look_up("rule", name, catalogue())


DECK_ORDER = (
    "gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam",
    "sigmoid", "tanh", "relu", "leaky_relu", "rrelu", "prelu", "elu", "softmax",
    "cross_entropy", "mean_squared_error", "l1", "l2",
    "max_norm", "clip_by_value", "clip_by_norm", "clip_by_global_norm",
    "dropout", "early_stopping",
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform",
    "batch_normalization", "shift", "rotate", "resize", "dense", "feedforward_network", "sigmoid_chain",
)  # fmt: skip


def _deck_order(name: str) -> tuple[int, str]:
    return (DECK_ORDER.index(name) if name in DECK_ORDER else len(DECK_ORDER), name)
