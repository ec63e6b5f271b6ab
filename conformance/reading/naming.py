"""Which name a symbol of a deck is, and when: θ_{t-1}, w^{(next)} and m' are θ, w and m at other times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .tree import Call, Name, Number, Tree, walk

ALWAYS_TIME = frozenset({"t", "T", "tau"})
SOMETIMES_TIME = frozenset({"k", "n", "s", "i", "j", "l"})
RUNNING = frozenset({"i", "j", "k", "l"})  # positions inside a vector, or the number of a layer or an example
NEXT_WORDS = frozenset({"next", "new", "prime", "'", "+", "plus"})
OLD_WORDS = frozenset({"old", "prev", "previous", "before", "-"})


@dataclass(frozen=True, slots=True)
class Time:
    """A step: `letter` and how far from it, or no letter and `next` (1) or `old` (0)."""

    letter: str
    shift: int


@dataclass(frozen=True, slots=True)
class Named:
    """A name without its time, and its time if it tells one."""

    key: str
    time: Time | None


def time_letters(trees: Sequence[Tree]) -> frozenset[str]:
    """Return the letters that count steps in these formulas: t always, others where names are read one step apart."""
    shifts: dict[tuple[str, str], set[int]] = {}
    for tree in trees:
        for base, stamp in _stamps(tree):
            time = as_time(stamp, SOMETIMES_TIME)
            if time is not None:
                shifts.setdefault((base, time.letter), set()).add(time.shift)
    return ALWAYS_TIME | {letter for (_, letter), seen in shifts.items() if len(seen) > 1}


def _stamps(tree: Tree) -> list[tuple[str, Tree]]:
    """Every index, mark and bare power of a name, with the name."""
    found = []
    for one in walk(tree):
        if isinstance(one, Name):
            found += [(one.base, part) for part in (*one.index, *([one.mark] if one.mark else []))]
        if isinstance(one, Call) and one.head == "^" and isinstance(one.args[0], Name):
            found.append((one.args[0].base, one.args[1]))
    return found


def as_time(tree: Tree, letters: frozenset[str]) -> Time | None:
    """Return what `t`, `t+1` or `t-1` says, or None for what is no step."""
    if isinstance(tree, Name) and tree.base in letters and not (tree.index or tree.accents or tree.mark):
        return Time(tree.base, 0)
    if isinstance(tree, Call) and tree.head == "+" and len(tree.args) == 2:
        letter, shift = tree.args
        sign = 1
        if isinstance(shift, Call) and shift.head == "neg":
            sign, shift = -1, shift.args[0]
        time = as_time(letter, letters)
        if time is not None and isinstance(shift, Number) and shift.value in (1, 2):
            return Time(time.letter, sign * int(shift.value))
    return None


def named(name: Name, letters: frozenset[str]) -> Named:
    """Return which name this is and when."""
    time: Time | None = None
    parts = []
    for part in name.index:
        found = as_time(part, letters)
        if found is not None and time is None:
            time = found
        elif not (isinstance(part, Name) and part.base in RUNNING and not part.index):
            parts.append(_spelled(part))
    if name.mark is not None:
        word = name.mark.base if isinstance(name.mark, Name) else ""
        if word in NEXT_WORDS:
            time = Time("", 1)
        elif word in OLD_WORDS:
            time = Time("", 0)
        else:
            time = as_time(name.mark, letters) or time
            parts += [word] if len(word) > 1 or word == "*" else []  # v^{max} is not v
    key = "_".join([name.base, *parts]) + "".join(f"^{accent}" for accent in name.accents)
    return Named(key, time)


def _spelled(tree: Tree) -> str:
    """A tree as part of a name."""
    if isinstance(tree, Number):
        return str(tree.value)
    if isinstance(tree, Name):
        return "_".join([tree.base, *map(_spelled, tree.index)]) + "".join(f"^{accent}" for accent in tree.accents)
    return tree.head + "".join(map(_spelled, tree.args))


def with_powers_as_times(tree: Tree, bases: frozenset[str], letters: frozenset[str]) -> Tree:
    """Return the tree with w^{t+1} read as w at t + 1 for names that are assigned so."""
    if not isinstance(tree, Call):
        return tree
    args = tuple(with_powers_as_times(arg, bases, letters) for arg in tree.args)
    if tree.head == "^" and isinstance(args[0], Name) and args[0].base in bases and as_time(args[1], letters):
        return replace(args[0], mark=args[1])
    return replace(tree, args=args)
