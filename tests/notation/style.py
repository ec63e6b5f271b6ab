"""How a course writes: its letters, its way to say before and after, its operators and its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .updates import Plan

SCALARS = frozenset({
    *("learning_rate", "momentum", "rho", "beta1", "beta2", "epsilon", "epsilon_root", "weight_decay", "dampening"),
    *("step", "rate_now", "step_size", "correction1", "correction2"),
    *("alpha", "rate", "lambda", "r", "c", "inputs", "outputs", "fan", "i", "j", "one", "gamma", "beta", "x", "y"),
    *("batch_mean", "batch_variance", "normalised"),
})  # fmt: skip
STATES = {"first", "second", "mean", "buffer", "largest"}


@dataclass(frozen=True, slots=True)
class Clock:
    """What is put behind a letter: for the parameter and for states before and after the step, and for the rest.

    `step` is the exponent that counts steps, `gradient` the index of the gradient.
    """

    parameter: tuple[str, str] = ("", "")
    state: tuple[str, str] = ("", "")
    local: str = ""
    gradient: str = ""
    step: str = "t"

    def behind(self, name: str, when: str) -> str:
        if name == "gradient":
            return self.gradient
        if name == "parameter":
            return self.parameter[when == "next"]
        if name in STATES:
            return self.state[when == "next"]
        return self.local if when == "local" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A notation; what is a tuple is drawn from, once for each slide.

    `letters` are keyed by role, or by `rule.role` where a rule has its own. `gradient` is what stands for the gradient at
    the parameter, `gradient_at` for that at another `{point}`; `plans` are arrangements that the style uses.
    """

    name: str
    language: str = "latex"  # latex | python | torch
    suffixes: tuple[str, ...] = (".md",)
    letters: Mapping[str, tuple[str, ...]]
    clocks: tuple[Clock, ...] = (Clock(),)
    relations: tuple[str, ...] = ("=",)
    gradient: tuple[str, ...] = ()
    gradient_at: tuple[str, ...] = ()
    scalar_products: tuple[str, ...] = (" ",)
    products: tuple[str, ...] = (r" \odot ",)
    quotients: tuple[str, ...] = ("frac",)  # frac | slash | an operator
    squares: tuple[str, ...] = ("power",)  # power | product
    brackets: tuple[str, ...] = ("()",)
    layouts: tuple[str, ...] = ("displays",)
    plans: tuple[Plan, ...] = (Plan(),)
    numbers: tuple[str, ...] = ("rho", "beta1", "beta2")  # hyperparameters in whose place 0.9 may stand
    numeric: float = 0.0  # how often it does
    module: tuple[str, ...] = ("np",)
    augmented: float = 0.0  # how often x += y stands for x = x + y
    held_out: bool = False  # kept aside: measured at the end, and looked at by nobody who works on a reader

    def of(self, rule: str, name: str) -> tuple[str, ...]:
        found = self.letters.get(f"{rule}.{name}", self.letters.get(name))
        if found is None:
            raise KeyError(f"style={self.name}: has no letter for {rule}.{name}; add one")
        return found
