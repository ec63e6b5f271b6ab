"""One call, checked and laid out, before any array is touched: shared by the NumPy and the torch backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .checks import checked_hyperparameters, checked_number, checked_state
from .dialects import resolve
from .steps import RULES

_FIRST_LEARNING_RATE = "first_learning_rate"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one step of a rule will do, with every number and choice settled.

    Arrays are `Any` here, between the libraries' own types and the protocol that the steps are written in.
    """

    rule: str
    step_count: int  #: of the step to be taken, from 1
    settings: dict[str, Any]  #: the keywords of the rule's `step`
    buffers: dict[str, float]  #: the arrays of the state, and what a new one is filled with
    penalty: float  #: λ of a weight decay that joins the gradient
    shrinkage: float  #: the share of the old parameter that a decoupled weight decay takes away
    extra: dict[str, float]  #: what the state remembers beside arrays

    @property
    def looks_ahead(self) -> bool:
        """Whether the gradient is wanted at a point other than the parameter."""
        return self.settings.get("nesterov_form") == "look_ahead"

    def point(self, w: Any, state: Mapping[str, Any]) -> Any:
        """Return the look-ahead point, of w's shape."""
        names = ("learning_rate", "momentum", "learning_rate_place")
        return RULES[self.rule].look_ahead(w, state, **{name: self.settings[name] for name in names})

    def advance(
        self, arrays: Any, w: Any, gradient: Any, point: Any, state: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Return the new parameter and state; all arrays have one shape, nothing is changed.

        A weight decay of zero is left out, not multiplied by zero: 0 × inf is NaN.
        """
        if self.penalty:
            gradient = gradient + self.penalty * point
        step = RULES[self.rule].step
        new_w, new_state = step(arrays, w, gradient, state, step_count=self.step_count, **self.settings)
        if self.shrinkage:
            new_w = new_w - self.shrinkage * w
        return new_w, new_state

    def finished(self, state: dict[str, Any] | None, buffers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the state after the step: the one that was passed, or a new one around the buffers."""
        if state is None:
            return {"step": self.step_count, **buffers, **self.extra}
        state["step"] = self.step_count
        return state


def plan(
    rule: str,
    state: dict[str, Any] | None,
    dialect: str | Mapping[str, str],
    hyperparameters: Mapping[str, object],
) -> Plan:
    """Check everything but the arrays and return what to do, or raise TypeError or ValueError."""
    settings: dict[str, Any] = {**checked_hyperparameters(hyperparameters), **resolve(rule, dialect)}
    weight_decay, form = settings.pop("weight_decay"), settings.pop("weight_decay_form")
    buffers: dict[str, float] = RULES[rule].initial_state(settings)
    scheduled = form == "decoupled_schedule"
    learning_rate: float = settings["learning_rate"]
    step_count, extra = 1, {_FIRST_LEARNING_RATE: learning_rate} if scheduled else {}
    if state is not None:
        checked, steps = checked_state(state, [*buffers, *extra])
        step_count = steps + 1
        extra = {name: checked_number(name, checked[name]) for name in extra}
    shrinkage = 0.0
    if weight_decay and form == "decoupled":
        shrinkage = learning_rate * weight_decay
    elif weight_decay and scheduled:
        if extra[_FIRST_LEARNING_RATE] == 0:
            raise ValueError(
                "first_learning_rate=0.0: decoupled_schedule divides the learning rate by the first one; "
                "start from a positive learning_rate"
            )
        shrinkage = learning_rate / extra[_FIRST_LEARNING_RATE] * weight_decay
    penalty = weight_decay if form == "l2" else 0.0
    return Plan(rule, step_count, settings, buffers, penalty, shrinkage, extra)
