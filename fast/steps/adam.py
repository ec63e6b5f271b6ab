"""Adam (Kingma and Ba 2015), with AMSGrad (Reddi et al. 2018) and Nesterov's variant NAdam (Dozat 2016)."""

from collections.abc import Mapping
from math import sqrt

from ..arrays import Array, Namespace


def initial_state(settings: Mapping[str, object]) -> dict[str, float]:
    """Return both moments and, for AMSGrad, the largest second moment so far; all zero."""
    state = {"first_moment": 0.0, "second_moment": 0.0}
    if settings["amsgrad"]:
        state["second_moment_maximum"] = 0.0
    return state


def step(
    arrays: Namespace,
    w: Array,
    gradient: Array,
    state: Mapping[str, Array],
    *,
    step_count: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    amsgrad: bool,
    nesterov: bool,
    epsilon_root: float,
    epsilon_place: str,
    bias_correction: str,
    amsgrad_max: str,
) -> tuple[Array, dict[str, Array]]:
    """Return w' = w − η m̂/(√ŝ + ε) and the new moments; all arrays have one shape."""
    first_correction = second_correction = next_correction = 1.0
    if bias_correction == "both":
        # In double precision whatever the dtype: 1 − 0.999 in float32 is off by 1e-5.
        first_correction = 1.0 - beta1**step_count
        second_correction = 1.0 - beta2**step_count
        next_correction = 1.0 - beta1 ** (step_count + 1)

    first = beta1 * state["first_moment"] + (1.0 - beta1) * gradient
    # Scaled before it is squared: (1−β₂)g² may fit into the dtype where g² does not.
    second = beta2 * state["second_moment"] + ((1.0 - beta2) * gradient) * gradient
    new = {"first_moment": first, "second_moment": second}

    if nesterov:
        direction = (beta1 / next_correction) * first + ((1.0 - beta1) / first_correction) * gradient
    else:
        direction = first / first_correction
    if not amsgrad:
        square = second / second_correction
    elif amsgrad_max == "raw":
        new["second_moment_maximum"] = arrays.maximum(state["second_moment_maximum"], second)
        square = new["second_moment_maximum"] / second_correction
    else:
        square = arrays.maximum(state["second_moment_maximum"], second / second_correction)
        new["second_moment_maximum"] = square

    if epsilon_place == "outside":
        denominator = arrays.sqrt(square) + epsilon
    elif epsilon_place == "inside":
        denominator = arrays.sqrt(square + epsilon)
    elif epsilon_place == "hat":
        # The paper's efficient order of computation adds ε to the uncorrected root; divided by √c₂, that is
        denominator = arrays.sqrt(square) + epsilon / sqrt(second_correction)
    else:  # root_plus_outside
        denominator = arrays.sqrt(square + epsilon_root) + epsilon
    return w - learning_rate * (direction / denominator), new
