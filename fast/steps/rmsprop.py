"""RMSProp (Tieleman and Hinton 2012; centered: Graves 2013): s' = ρs + (1−ρ)g², w' = w − η g/√s'."""

from collections.abc import Mapping
from typing import Any

from ..arrays import Array, Namespace


def initial_state(settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the means that these options need."""
    state = {"mean_square": settings["initial_accumulator_value"]}
    if settings["centered"]:
        state["mean_gradient"] = 0.0
    if settings["momentum"] > 0:
        state["momentum_buffer"] = 0.0
    return state


def step(
    arrays: Namespace,
    w: Array,
    gradient: Array,
    state: Mapping[str, Array],
    *,
    step_count: int,
    learning_rate: float,
    rho: float,
    epsilon: float,
    centered: bool,
    momentum: float,
    nesterov: bool,
    bias_correction: bool,
    initial_accumulator_value: float,
    epsilon_place: str,
    learning_rate_place: str,
) -> tuple[Array, dict[str, Array]]:
    """Return w' and the new means; all arrays have one shape."""
    correction = 1.0 - rho**step_count if bias_correction else 1.0
    # Scaled before it is squared: (1−ρ)g² may fit into the dtype where g² does not.
    mean_square = rho * state["mean_square"] + ((1.0 - rho) * gradient) * gradient
    new = {"mean_square": mean_square}
    variance = mean_square / correction if bias_correction else mean_square
    if centered:
        new["mean_gradient"] = rho * state["mean_gradient"] + (1.0 - rho) * gradient
        mean = new["mean_gradient"] / correction if bias_correction else new["mean_gradient"]
        variance = variance - mean * mean  # not clamped: a negative variance is carried as NaN
    if epsilon_place == "inside":
        ratio = gradient / arrays.sqrt(variance + epsilon)
    else:
        ratio = gradient / (arrays.sqrt(variance) + epsilon)

    inside = learning_rate_place == "inside"
    push = learning_rate * ratio if inside else ratio
    displacement = push
    if momentum > 0:
        new["momentum_buffer"] = displacement = momentum * state["momentum_buffer"] + push
        if nesterov:
            displacement = momentum * displacement + push
    if not inside:
        displacement = learning_rate * displacement
    return w - displacement, new
