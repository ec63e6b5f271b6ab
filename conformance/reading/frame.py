"""A rule as slides show it: which names usually stand for what, and at which numbers it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

Names = frozenset[str]
PLACE = 1  # of the entry that a free index stands for


def names(words: str) -> Names:
    """Return the words as a set."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Role:
    """A quantity of a rule as a slide shows it.

    `places` says which entry of the specification's array it is: `i` runs, `0` is the first. `usual` are the names
    that it often has.
    """

    places: str
    usual: Names


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A rule with its inputs at hand. `targets` are the quantities that a row can say, with usual names on its left side.

    `functions` are names that stand before parentheses, `words` what the prose calls the rule. `inputs` are numbers
    for each point, `nice` those at which a mistake is shown.
    """

    rule: str
    roles: Mapping[str, Role]
    targets: Mapping[str, Names]
    inputs: tuple[Mapping[str, object], ...]
    nice: tuple[Mapping[str, object], ...]
    functions: Names = frozenset()
    words: str = "(?!)"
    options: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    length: int = 0
    length_names: Names = frozenset()
    argument: str | None = None
    derivative: bool = False
    anonymous: bool = True  # whether a row can be recognised by its right side alone
    condition: str = ""  # under which the rule is what the frame has


F = Fraction
THREE = ((F(1, 3), F(-2), F(5, 7)), (F(-1, 2), F(3, 4), F(2)), (F(2), F(-1, 5), F(-4, 3)))
