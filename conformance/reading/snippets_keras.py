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


def _biases(keras: Any) -> str:
    layer = keras.layers.Dense(10)
    layer.build((None, 3))
    return "0 everywhere" if not keras.ops.convert_to_numpy(layer.bias).any() else "not 0"


def _he_normal(keras: Any) -> str:
    """100,352 weights; with normal ones the variance is off by six standard errors twice in 10⁹ runs, these vary less."""
    layer = keras.layers.Dense(128, activation="relu", kernel_initializer="he_normal")
    layer.build((None, 784))
    weights = keras.ops.convert_to_numpy(layer.kernel).astype("float64")
    off = abs((weights**2).mean() * 784 / 2 - 1)
    if off > 6 * (2 / weights.size) ** 0.5:
        return f"variance off by the factor {1 + off:.3f}"
    return "variance 2/784, within six standard errors"


SNIPPETS: dict[str, Callable[[Any], str]] = {
    **{f"{name}_lr": partial(_with_lr, name=name) for name in SETTINGS},
    "biases": _biases,
    "he_normal": _he_normal,
    **{f"{name}_lr_repaired": partial(_with_learning_rate, name=name) for name in SETTINGS},
}
