"""Early stopping on plain Python numbers: one evaluation of the watched metric per call.

The choices that a dialect makes are in `AXES`, those of the vendors in `VENDORS`, as in `fast.dialects`.
"""

from collections.abc import Mapping
from math import inf, isfinite, isinf, isnan
from numbers import Real
from operator import index
from typing import Any, TypedDict

from .checks import checked_number
from .dialects import _listed, _nearest

#: Axis -> its values. The first value holds where a dialect says nothing about the axis.
AXES: dict[str, tuple[str, ...]] = {
    "baseline_rule": ("initial_best", "counted_untested", "counted", "ignored"),
    "stop_test": ("ge_after_increment", "gt_after_increment", "ge_before_increment", "ge_always"),
    "best_rule": ("on_delta", "ratchet"),
    "tie": ("bad", "good"),
    "nan": ("counts_as_bad", "counts_as_good", "poisons", "stops"),
    "infinite": ("compared", "accepted_first", "replaced", "stops"),
}

_ON_DELTA = {"best_rule": "on_delta", "tie": "bad"}
_KERAS = {"stop_test": "ge_after_increment", **_ON_DELTA, "nan": "poisons", "infinite": "accepted_first"}

#: Vendor -> axis -> value. An absent axis shows only under an option that the vendor lacks.
VENDORS: dict[str, dict[str, str]] = {
    "keras": {**_KERAS, "baseline_rule": "counted_untested"},
    "flax": {"stop_test": "ge_before_increment", **_ON_DELTA, "nan": "poisons", "infinite": "replaced"},
    "sklearn": {
        "stop_test": "gt_after_increment",
        "best_rule": "ratchet",
        "tie": "good",
        "nan": "counts_as_good",
        "infinite": "compared",
    },
    "tfjs": {
        "stop_test": "ge_after_increment",
        **_ON_DELTA,
        "nan": "counts_as_bad",
        "infinite": "compared",
        "baseline_rule": "initial_best",
    },
    "deck": _KERAS,  # the slide calls Keras
    "paper": {"stop_test": "ge_always", **_ON_DELTA, "nan": "counts_as_bad", "infinite": "compared"},  # Goodfellow 2016
}


class State(TypedDict):
    """What is remembered between evaluations; `best_evaluation` counts from 1, and 0 means none yet."""

    stop: bool
    best: float
    best_evaluation: int
    wait: int
    evaluation: int


def early_stopping(
    metric: Any,
    state: State | None = None,
    *,
    patience: int = 0,
    min_delta: float = 0.0,
    maximize: bool = False,
    baseline: float | None = None,
    start_from: int = 0,
    dialect: str | Mapping[str, str],
) -> State:
    """Return the state after one more evaluation of the metric; `state["stop"]` says whether training should end.

    `metric` is a number, a NumPy scalar or an array or tensor of one element; it may be infinite or NaN. `min_delta` and
    `baseline` have its unit. `state` is what the call before returned, and is not changed. `patience` and
    `start_from` count evaluations. The weights to keep are those of `state["best_evaluation"]`. Raises TypeError or
    ValueError for anything else, naming the argument. Source: Prechelt 1998; Goodfellow et al. 2016.
    """
    choice = _choices(dialect)
    value, sign = _number("metric", metric), -1.0 if _flag("maximize", maximize) else 1.0
    patience, first_watched = _count("patience", patience), _count("start_from", start_from)
    min_delta = checked_number("min_delta", min_delta)
    goal = None if baseline is None else sign * _finite("baseline", baseline)
    before = _begin(sign) if state is None else _checked(state)
    evaluation = before["evaluation"] + 1
    if evaluation <= first_watched:
        return {**before, "stop": False, "evaluation": evaluation}

    score, best = sign * value, sign * before["best"]
    bar, first = best, evaluation == first_watched + 1
    if goal is not None and choice["baseline_rule"] == "initial_best":
        bar, first = goal if goal < best else best, False
    anything = (choice["infinite"] == "accepted_first" and first) or (choice["infinite"] == "replaced" and isinf(bar))
    if isnan(score):
        poisoning = choice["nan"] == "poisons" and (first or anything)
        improved = poisoning or choice["nan"] == "counts_as_good"
        moved = poisoning
    else:
        better = score + min_delta <= bar if choice["tie"] == "good" else score + min_delta < bar
        improved = anything or better
        moved = improved if choice["best_rule"] == "on_delta" else anything or score < bar
    progress = improved and _beats(score + min_delta, goal, choice["baseline_rule"])
    wait = 0 if progress else before["wait"] + 1
    exempt = improved if choice["baseline_rule"] == "counted_untested" else progress
    stop = (
        _exhausted(choice["stop_test"], before["wait"], wait, patience, exempt)
        or (choice["nan"] == "stops" and isnan(score))
        or (choice["infinite"] == "stops" and isinf(score))
    )
    return {
        "stop": stop,
        "best": value if moved else before["best"],
        "best_evaluation": evaluation if moved or first else before["best_evaluation"],
        "wait": wait,
        "evaluation": evaluation,
    }


def _beats(score: float, goal: float | None, rule: str) -> bool:
    """Whether an improvement sets the count back; NaN beats no baseline."""
    return goal is None or rule in ("initial_best", "ignored") or score < goal


def _exhausted(test: str, waited: int, wait: int, patience: int, exempt: bool) -> bool:
    if test == "ge_always":
        return wait >= patience
    if exempt:
        return False
    if test == "gt_after_increment":
        return wait > patience
    return (waited if test == "ge_before_increment" else wait) >= patience


def _begin(sign: float) -> State:
    return {"stop": False, "best": sign * inf, "best_evaluation": 0, "wait": 0, "evaluation": 0}


def _choices(dialect: str | Mapping[str, str]) -> dict[str, str]:
    """Return the value of every axis."""
    if isinstance(dialect, str):
        if dialect not in VENDORS:
            raise ValueError(f"dialect={dialect!r}: has no early_stopping; {_nearest(dialect, VENDORS)}")
        dialect = VENDORS[dialect]
    elif not isinstance(dialect, Mapping):
        kind = type(dialect).__name__
        raise TypeError(f"dialect={kind}: must name a vendor or map axes to values; pass one of {_listed(VENDORS)}")
    for axis, value in dialect.items():
        if axis not in AXES:
            raise ValueError(f"dialect axis={axis!r}: early_stopping has no such axis; {_nearest(axis, AXES)}")
        if value not in AXES[axis]:
            raise ValueError(f"{axis}={value!r}: no such value for early_stopping; {_nearest(value, AXES[axis])}")
    return {axis: dialect.get(axis, values[0]) for axis, values in AXES.items()}


def _number(name: str, value: Any) -> float:
    """Return a number, or the one element of an array, as a Python float."""
    if not isinstance(value, Real) and hasattr(value, "item"):
        try:
            value = value.item()
        except (ValueError, RuntimeError):
            shape = tuple(getattr(value, "shape", ()))
            raise ValueError(f"{name}={shape}: must have one element; pass one number an evaluation") from None
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}={type(value).__name__}: must be a real number; pass a Python float")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name}: must fit into a Python float; pass a smaller number") from None


def _finite(name: str, value: Any) -> float:
    number = _number(name, value)
    if not isfinite(number):
        raise ValueError(f"{name}={number}: must be finite; pass a number, or None for none")
    return number


def _count(name: str, value: Any) -> int:
    rule = "must be a whole number, at least 0; pass a Python int"
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r:.40}: {rule}") from None
    if isinstance(value, bool):
        raise TypeError(f"{name}={value}: {rule}")
    if number < 0:
        raise ValueError(f"{name}={number}: {rule}")
    return number


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name}={value!r:.40}: must be a bool; pass True or False")
    return value


def _checked(state: Any) -> State:
    remedy = "pass the state that early_stopping returned, or None to start"
    if not isinstance(state, dict):
        raise TypeError(f"state={type(state).__name__}: must be a dict; {remedy}")
    if state.keys() != State.__annotations__.keys():
        raise ValueError(
            f"state={{{', '.join(map(str, state))}}}: must hold {', '.join(State.__annotations__)}; {remedy}"
        )
    return state  # type: ignore[return-value]
