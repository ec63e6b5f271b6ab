"""Which name a symbol of a deck is, and when: θ_{t-1}, w^{(next)} and m' are θ, w and m at other times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .tree import Call, Name, Number, Row, Tree, walk

ALWAYS_TIME = frozenset({"t", "T", "tau"})
SOMETIMES_TIME = frozenset({"k", "n", "s", "i", "j", "l"})
RUNNING = frozenset({"i", "j", "k", "l"})  # positions inside a vector, or the number of a layer or an example
NEXT_WORDS = frozenset({"next", "new", "updated", "prime", "'", "+", "plus"})
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
    """Every index, mark, bare power and lone argument of a name, with the name."""
    found = []
    for one in walk(tree):
        if isinstance(one, Name):
            found += [(one.base, part) for part in (*one.index, *([one.mark] if one.mark else []))]
        if isinstance(one, Call) and one.head in ("^", "apply") and len(one.args) == 2:
            name, stamp = one.args
            found += [(name.base, stamp)] if isinstance(name, Name) else []
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
        if found is None and time is None and isinstance(part, Name) and not part.index:
            found = word_as_time(part.base)
        if found is not None and time is None:
            time = found
        elif not (isinstance(part, Name) and part.base in RUNNING and not part.index):
            parts.append(_spelled(part))
    if name.mark is not None:
        word = name.mark.base if isinstance(name.mark, Name) else ""
        if (said := word_as_time(word)) is not None:
            time = said
        else:
            time = as_time(name.mark, letters) or time
            parts += [word] if len(word) > 1 or word == "*" else []  # v^{max} is not v
    key = "_".join([name.base, *parts]) + "".join(f"^{accent}" for accent in name.accents)
    return Named(key, time)


def word_as_time(word: str) -> Time | None:
    """Return what `new` or `old` says, or None for another word."""
    return Time("", 1) if word in NEXT_WORDS else Time("", 0) if word in OLD_WORDS else None


def _spelled(tree: Tree) -> str:
    """A tree as part of a name."""
    if isinstance(tree, Number):
        return str(tree.value)
    if isinstance(tree, Name):
        return "_".join([tree.base, *map(_spelled, tree.index)]) + "".join(f"^{accent}" for accent in tree.accents)
    return tree.head + "".join(map(_spelled, tree.args))


def with_arguments_as_times(tree: Tree, letters: frozenset[str]) -> Tree:
    """Return the tree with w(t+1) read as w at t + 1."""
    if not isinstance(tree, Call):
        return tree
    if tree.head == "apply" and len(tree.args) == 2:
        name, stamp = tree.args
        if isinstance(name, Name) and name.mark is None and as_time(stamp, letters) is not None:
            return replace(name, mark=stamp)
    return replace(tree, args=tuple(with_arguments_as_times(arg, letters) for arg in tree.args))


def with_powers_as_times(tree: Tree, bases: frozenset[str], letters: frozenset[str]) -> Tree:
    """Return the tree with w^{t+1} read as w at t + 1 for names that are assigned so."""
    if not isinstance(tree, Call):
        return tree
    args = tuple(with_powers_as_times(arg, bases, letters) for arg in tree.args)
    if tree.head == "^" and isinstance(args[0], Name) and args[0].base in bases and as_time(args[1], letters):
        return replace(args[0], mark=args[1])
    return replace(tree, args=args)


def with_words_as_times(rows: Sequence[Row | None], code: Sequence[bool]) -> list[Row | None]:
    """The rows with w_new and w_old in code as w at two times, unless one of them is carried over by hand."""
    given = {row.sides[0].base for row, is_code in zip(rows, code, strict=True)
             if row is not None and is_code and isinstance(row.sides[0], Name)}  # fmt: skip
    stems = {stem for base in given if (stem := _stem(base)[0]) and stem not in given}
    carried = {stem for base in given if (stem := _stem(base)[0]) and _stem(base)[1] in OLD_WORDS}

    def over(tree: Tree) -> Tree:
        if isinstance(tree, Name):
            stem, word = _stem(tree.base)
            known = stem in stems - carried and tree.mark is None
            return Name(stem, tree.accents, tree.index, Name(word)) if known else tree
        return Call(tree.head, tuple(map(over, tree.args))) if isinstance(tree, Call) else tree

    return [
        replace(row, sides=tuple(map(over, row.sides))) if row is not None and is_code and stems - carried else row
        for row, is_code in zip(rows, code, strict=True)
    ]


def _stem(base: str) -> tuple[str, str]:
    """The w and the new of w_new and new_w, two times nothing for another name."""
    words = NEXT_WORDS | OLD_WORDS
    stem, _, word = base.rpartition("_")
    if word not in words:
        word, _, stem = base.partition("_")
    return (stem, word) if stem and word in words else ("", "")
