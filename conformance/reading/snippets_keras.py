"""What the deck's lines for Keras do, each as a function of the module `keras` that says in words what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

ACCEPTED = "accepted, and holds the numbers that it is given"
SETTINGS = {
    "sgd": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {"rho": 0.9}),
    "adam": ("Adam", {"beta_1": 0.9, "beta_2": 0.999}),
}


def _with_lr(keras: Any, name: str) -> str:
    optimizer, settings = SETTINGS[name]
    try:
        getattr(keras.optimizers, optimizer)(lr=0.001, **settings)
    except ValueError as error:
        return "ValueError: lr is not recognized" if "lr" in str(error) else f"ValueError: {error}"
    return "accepted"


def _with_learning_rate(keras: Any, name: str) -> str:
    optimizer, settings = SETTINGS[name]
    made = getattr(keras.optimizers, optimizer)(learning_rate=0.001, **settings)
    held = all(getattr(made, keyword) == value for keyword, value in settings.items())
    return ACCEPTED if held and abs(float(made.learning_rate) - 0.001) < 2**-30 else "holds other numbers"


SNIPPETS: dict[str, Callable[[Any], str]] = {
    **{f"{name}_lr": partial(_with_lr, name=name) for name in SETTINGS},
    **{f"{name}_lr_repaired": partial(_with_learning_rate, name=name) for name in SETTINGS},
}
