"""Refusals that need no array library: every message reads `name=value: rule; remedy` on one line."""

from collections.abc import Mapping, Sequence
from math import inf
from numbers import Real

_BELOW_ONE = {"momentum", "beta1", "beta2", "rho"}
_UP_TO_ONE = {"dampening"}
_FLAGS = {"amsgrad", "bias_correction", "centered", "nesterov"}


def checked_hyperparameters(values: Mapping[str, object]) -> dict[str, float | bool]:
    """Return the values as Python floats and booleans, or raise TypeError or ValueError.

    As Python floats, because NumPy's own scalars would change the dtype of what they are multiplied with.
    """
    checked = {
        name: _flag(name, value) if name in _FLAGS else checked_number(name, value) for name, value in values.items()
    }
    if checked.get("nesterov") and checked.get("momentum") == 0:
        raise ValueError("nesterov=True: has no effect without momentum; pass momentum > 0")
    return checked


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name}={_shown(value)}: must be a bool; pass True or False")
    return value


def checked_number(name: str, value: object) -> float:
    """Return the value as a Python float, or raise unless it lies in the domain that goes with the name."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}={_shown(value)}: must be a real number; pass a Python float")
    try:
        number = float(value)
    except OverflowError:
        number = inf
    if name in _BELOW_ONE:
        valid, domain = 0 <= number < 1, "at least 0 and less than 1"
    elif name in _UP_TO_ONE:
        valid, domain = 0 <= number <= 1, "between 0 and 1"
    else:
        valid, domain = 0 <= number < inf, "at least 0 and finite"
    if not valid:
        raise ValueError(f"{name}={_shown(value)}: must be {domain}; pass a number from that interval")
    return number


def checked_state(state: object, names: Sequence[str]) -> tuple[dict[str, object], int]:
    """Return the state and its number of steps, or raise unless it has just these names beside `step`."""
    remedy = "pass the state that this rule returned under the same options, or None to start"
    if not isinstance(state, dict):
        raise TypeError(f"state={type(state).__name__}: must be a dict; {remedy}")
    if state.keys() != {"step", *names}:
        found, expected = ", ".join(map(str, state)), ", ".join(["step", *names])
        raise ValueError(f"state={{{found}}}: must hold {expected}; {remedy}")
    step = state["step"]
    if isinstance(step, bool) or not isinstance(step, int):
        raise TypeError(f"state['step']={_shown(step)}: must be an int; {remedy}")
    if step < 0:
        raise ValueError(f"state['step']={step}: must be at least 0; {remedy}")
    return state, step


def overlaps(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Return whether entries of an array may share memory, so that an update in place has no meaning.

    Sufficient for distinct entries: each stride exceeds what all shorter ones together can reach.
    """
    reach = 0
    axes = ((abs(stride), size) for stride, size in zip(strides, shape, strict=True) if size > 1)
    for stride, size in sorted(axes):
        if stride <= reach:
            return 0 not in shape
        reach += stride * (size - 1)
    return False


def _shown(value: object) -> str:
    """Return the value if it is a number or a word, and otherwise its type: an array has many lines."""
    shown = repr(value)
    return shown if isinstance(value, (Real, str)) and len(shown) <= 40 else type(value).__name__
