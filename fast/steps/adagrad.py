"""AdaGrad (Duchi, Hazan and Singer 2011): s' = s + g², w' = w − η g/√s', with ε beside or inside the root."""

from collections.abc import Mapping
from typing import Any

from ..arrays import Array, Namespace


def initial_state(settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the accumulator s at the value that was asked for."""
    return {"accumulator": settings["initial_accumulator_value"]}


def step(
    arrays: Namespace,
    w: Array,
    gradient: Array,
    state: Mapping[str, Array],
    *,
    step_count: int,
    learning_rate: float,
    epsilon: float,
    initial_accumulator_value: float,
    learning_rate_decay: float,
    epsilon_place: str,
) -> tuple[Array, dict[str, Array]]:
    """Return w' and the new accumulator; all arrays have one shape."""
    accumulator = state["accumulator"] + gradient * gradient
    if epsilon_place == "outside":
        ratio = gradient / (arrays.sqrt(accumulator) + epsilon)
    else:
        ratio = gradient / arrays.sqrt(accumulator + epsilon)
    if epsilon_place == "inside_guarded":
        # Where squares have underflowed to zero, too. Compared with `==`, since `> 0` would hide a NaN.
        ratio = arrays.where(accumulator == 0, 0.0, ratio)
    rate = learning_rate / (1.0 + (step_count - 1) * learning_rate_decay)
    return w - rate * ratio, {"accumulator": accumulator}
