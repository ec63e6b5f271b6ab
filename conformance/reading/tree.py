"""What a formula or a line of code says, as a small tree of its own: nothing that is read ever becomes code."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


class Unreadable(ValueError):
    """A formula that cannot be read; the message says at what and why, in one line."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number; `digits` is how many decimals were printed, None where it is meant exactly."""

    value: Fraction
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A letter, a Greek letter or a word, without its style: `base` is `w`, `theta`, `fan`, `lr`, `J`.

    `accents` are hat, tilde, bar and the like; `index` is what stands below, one tree for each part between commas:
    β_1, w_{i,j}, fan_{in}, θ_{t-1}. `mark` is what stands above in parentheses or is no number: (next), (t+1), new, ', *.
    A superscript without parentheses that may be a power stays a power: `Call("^", (name, exponent))`.
    """

    base: str
    accents: tuple[str, ...] = ()
    index: tuple[Tree, ...] = ()
    mark: Tree | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function with its operands.

    Heads: `+ * / ^ neg` (sums and products of two or more; a difference is a sum with a `neg`), `matmul`, `sqrt`, `abs`,
    `floor`, `norm` (of what, order), `sum` and `prod` (body, then index, lower, upper as far as given), `mean`, `var`,
    `grad` (of what, then with respect to what, if said: ∇_θ J(θ)), `partial` (of what, with respect to what: ∂C/∂w),
    `apply` (a name followed at once by parentheses: function first, then its arguments; may be a product after all),
    `cases` (value, condition, value, condition, ...), `< > <= >= != ==` and `and or not` and `otherwise` in conditions,
    `vector` (elements), `interval` (from, to), `dots`, and functions by name: exp log sin cos tanh max min sign erf
    sigmoid relu softmax argmax ... In code also `index` (of what, place), `random` (which distribution, arguments).
    """

    head: str
    args: tuple[Tree, ...]


Tree = Number | Name | Call


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a formula or one statement: sides with a relation between each two.

    Relations: `=`, `:=` (an assignment by arrow, `:=` or code), `< > <= >= !=`, `~` (is distributed as), `approx`,
    `in`, `proportional`. A lone expression has one side. `condition` is what an `if` asks before the row is done.
    `x += y` in code is the row x := x + y.
    """

    sides: tuple[Tree, ...]
    relations: tuple[str, ...] = ()
    condition: Tree | None = None


def walk(tree: Tree) -> list[Tree]:
    """Every tree that stands in `tree`, itself first, those in indices and marks left out."""
    found, open_ones = [], [tree]
    while open_ones:
        one = open_ones.pop()
        found.append(one)
        if isinstance(one, Call):
            open_ones += reversed(one.args)
    return found
