"""Nesterov's momentum: the gradient is taken at a look-ahead point, or that point is the stored parameter.

Sutskever et al. 2013 for the first form, Bengio et al. 2012 for the second. The buffer has a name of its
own, so that a state of `momentum` is refused.
"""

from collections.abc import Mapping

from ..arrays import Array, Namespace


def initial_state(settings: Mapping[str, object]) -> dict[str, float]:
    """Return the buffer m, zero."""
    return {"nesterov_buffer": 0.0}


def look_ahead(
    w: Array, state: Mapping[str, Array], *, learning_rate: float, momentum: float, learning_rate_place: str
) -> Array:
    """Return the point at which the gradient is wanted: where w would go if the gradient were zero."""
    weight = momentum if learning_rate_place == "inside" else learning_rate * momentum
    return w - weight * state["nesterov_buffer"]


def step(
    arrays: Namespace,
    w: Array,
    gradient: Array,
    state: Mapping[str, Array],
    *,
    step_count: int,
    learning_rate: float,
    momentum: float,
    nesterov_form: str,
    learning_rate_place: str,
) -> tuple[Array, dict[str, Array]]:
    """Return w' and the new buffer; all arrays have one shape."""
    inside = learning_rate_place == "inside"
    push = learning_rate * gradient if inside else gradient
    buffer = momentum * state["nesterov_buffer"] + push
    displacement = buffer if nesterov_form == "look_ahead" else momentum * buffer + push
    if not inside:
        displacement = learning_rate * displacement
    return w - displacement, {"nesterov_buffer": buffer}
