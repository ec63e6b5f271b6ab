"""Published updates that are no dialect of a rule here and yet so near to one that a reader could take them for a slip."""

from __future__ import annotations

from dataclasses import dataclass

from .optimizers.adam import c1_ahead
from .program import Equations, Program, rewritten
from .rule import Source
from .symbols import beta1, t


@dataclass(frozen=True, slots=True)
class Relative:
    """Equations on top of a rule with `options` switched on."""

    name: str
    rule: str
    options: tuple[str, ...]
    equations: Equations
    source: Source

    def program(self, program: Program) -> Program:
        """Return the rule's `program` with the equations of the relative."""
        return rewritten(program, self.equations)


RELATIVES = (
    Relative(
        "NAdam with one bias correction for both parts",
        "adam",
        ("nesterov",),
        {c1_ahead: 1 - beta1**t},
        Source("Ruder 2016, arXiv:1609.04747", "section 4.8"),
    ),
)
