"""Gradient descent: w' = w − ηg (Cauchy 1847)."""

from collections.abc import Mapping

from ..arrays import Array, Namespace


def initial_state(settings: Mapping[str, object]) -> dict[str, float]:
    """Return no arrays: the rule has no memory."""
    return {}


def step(
    arrays: Namespace,
    w: Array,
    gradient: Array,
    state: Mapping[str, Array],
    *,
    step_count: int,
    learning_rate: float,
) -> tuple[Array, dict[str, Array]]:
    """Return w' and the (empty) new state; all arrays have one shape."""
    return w - learning_rate * gradient, {}
