"""Momentum (Polyak 1964): m' = μm + κg, w' = w − ηm', with η outside or inside the buffer m and a gain κ."""

from collections.abc import Mapping

from ..arrays import Array, Namespace


def initial_state(settings: Mapping[str, object]) -> dict[str, float]:
    """Return the buffer m, zero."""
    return {"momentum_buffer": 0.0}


def step(
    arrays: Namespace,
    w: Array,
    gradient: Array,
    state: Mapping[str, Array],
    *,
    step_count: int,
    learning_rate: float,
    momentum: float,
    dampening: float,
    learning_rate_place: str,
    gain: str,
    first_step: str,
) -> tuple[Array, dict[str, Array]]:
    """Return w' and the new buffer; all arrays have one shape."""
    inside = learning_rate_place == "inside"
    if first_step == "gradient" and step_count == 1:
        buffer = learning_rate * gradient if inside else gradient
    else:
        gains = {"one": 1.0, "one_minus_dampening": 1.0 - dampening, "one_minus_momentum": 1.0 - momentum}
        factor = gains[gain]
        weight = factor * learning_rate if inside else factor
        push = gradient if weight == 1.0 else weight * gradient
        buffer = momentum * state["momentum_buffer"] + push
    displacement = buffer if inside else learning_rate * buffer
    return w - displacement, {"momentum_buffer": buffer}
