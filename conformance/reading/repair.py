"""The smallest change that makes a program a known rule, and how it is written in the notation of the deck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from .assignments import Assignment
from .edits import edits, exchanged, is_gradient, with_powers_inside
from .matching import Match
from .naming import named
from .notation import latex, python
from .tree import Call, Name, Row, Tree, walk

MOST_EDITS = 800
PLAIN_HEADS = frozenset(
    {
        "+",
        "*",
        "/",
        "neg",
        "^",
        "sqrt",
        "max",
        "min",
        "grad",
        "partial",
        "cases",
        "==",
        "<",
        ">",
        "<=",
        ">=",
        "otherwise",
    }
)
Judge = Callable[[Sequence[Assignment]], Match | None]


@dataclass(frozen=True, slots=True)
class Repair:
    """What to change, in the row that is reading number `place`; `suggestion` is to paste."""

    place: int
    words: str
    suggestion: str
    match: Match


def repaired(
    rows: Sequence[Assignment],
    parameter: str,
    letters: frozenset[str],
    written: Sequence[Row | None],
    judge: Judge,
) -> Repair | None:
    """Return the smallest change after which `judge` recognises the program, or None if there is none."""
    reused = _with_names_of_their_own(rows, letters)
    if reused is not None and (match := judge([changed for changed, _ in reused])) is not None:
        changed = [(row, expression) for row, expression in reused if row not in rows]
        text = "; ".join(_written(written[row.place], row, name) for row, name in changed)
        first = next(row for row, _ in changed)
        return Repair(first.place, "names of their own for what is computed from the averages", text, match)
    if not all(_is_plain(row.expression) for row in rows):
        return None
    names = _names(rows)
    step = _step(rows)
    found: list[Repair] = []
    tried = 0
    for k, row in enumerate(rows):
        for edit in edits(row.expression, names, step):
            tried += 1
            if tried > MOST_EDITS:
                break
            changed_row = replace(row, expression=edit.tree)
            match = judge([*rows[:k], changed_row, *rows[k + 1 :]])
            if match is None:
                continue
            repair = Repair(row.place, edit.words, _written(written[row.place], changed_row, None), match)
            if match.candidate.canonical and not match.turned:
                return repair
            found.append(repair)
    best = next((one for one in found if not one.match.turned), None)
    if best is not None or found:
        return best or found[0]
    return _everywhere(rows, written, judge) or _exchanged(rows, letters, written, names, judge)


def _everywhere(rows: Sequence[Assignment], written: Sequence[Row | None], judge: Judge) -> Repair | None:
    """The repair of a slip that is made in several rows alike: (1 - β)^t for 1 - β^t."""
    changed = [replace(row, expression=with_powers_inside(row.expression)) for row in rows]
    touched = [row for row, before in zip(changed, rows, strict=True) if row.expression != before.expression]
    if not touched or (match := judge(changed)) is None:
        return None
    text = "; ".join(_written(written[row.place], row, None) for row in touched)
    return Repair(touched[0].place, "the power of the share, not of what is left of it", text, match)


def _exchanged(
    rows: Sequence[Assignment],
    letters: frozenset[str],
    written: Sequence[Row | None],
    names: Sequence[Name],
    judge: Judge,
) -> Repair | None:
    """The repair that puts two names in each other's place: in one row, in all, or in those of the averages only."""
    own = [
        row for row in rows if row.target.key in {named(one, letters).key for one in _outside_gradients(row.expression)}
    ]
    for one, other in combinations(names, 2):
        if is_gradient(one) != is_gradient(other):
            continue
        for chosen in (*([row] for row in rows), list(rows), own):
            changed = [
                replace(row, expression=exchanged(row.expression, one, other)) if row in chosen else row for row in rows
            ]
            touched = [row for row, before in zip(changed, rows, strict=True) if row.expression != before.expression]
            if not touched or (match := judge(changed)) is None:
                continue
            text = "; ".join(_written(written[row.place], row, None) for row in touched)
            return Repair(touched[0].place, f"{latex(one)} and {latex(other)} exchanged", text, match)
    return None


def _is_plain(tree: Tree) -> bool:
    """Whether a formula is of the kind that the rules are made of; signs, norms and the like belong to other rules."""
    return all(one.head in PLAIN_HEADS for one in walk(tree) if isinstance(one, Call) and not _in_a_gradient(one, tree))


def _in_a_gradient(one: Call, tree: Tree) -> bool:
    return any(
        one is inner
        for gradient in walk(tree)
        if isinstance(gradient, Call) and gradient.head in ("grad", "partial")
        for inner in walk(gradient)
    )


def _names(rows: Sequence[Assignment]) -> list[Name]:
    """The names of a program as they are written, each once, without those of costs."""
    read = [name for row in rows for name in _outside_gradients(row.expression)]
    read += [name for row in rows for name in _factors_in_gradients(row.expression)]
    return list(dict.fromkeys([*read, *(row.name for row in rows)]))


def _outside_gradients(tree: Tree) -> list[Name]:
    if isinstance(tree, Name):
        return [tree]
    if isinstance(tree, Call) and tree.head not in ("grad", "partial"):
        return [name for arg in tree.args for name in _outside_gradients(arg)]
    return []


def _factors_in_gradients(tree: Tree) -> list[Name]:
    """The β and the m of ∇J(w + βm): a decay may be written there and be lost elsewhere."""
    gradients = [one for one in walk(tree) if isinstance(one, Call) and one.head in ("grad", "partial")]
    products = [one for gradient in gradients for one in walk(gradient) if isinstance(one, Call) and one.head == "*"]
    return [arg for product in products for arg in product.args if isinstance(arg, Name)]


def _step(rows: Sequence[Assignment]) -> Tree:
    """How a program writes the number of a step: what stands as exponent somewhere, else t."""
    powers = (one for row in rows for one in walk(row.expression) if isinstance(one, Call) and one.head == "^")
    steps = (power.args[1] for power in powers if any(isinstance(one, Name) for one in walk(power.args[1])))
    return next(steps, Name("t"))


def _written(row: Row | None, changed: Assignment, name: Name | None) -> str:
    assert row is not None
    whole = Row((name or row.sides[0], changed.expression), (row.relations[0],))
    return python(whole) if changed.code else latex(whole)


# -- names that are used twice -----------------------------------------------------------------------------------


def _with_names_of_their_own(
    rows: Sequence[Assignment], letters: frozenset[str]
) -> list[tuple[Assignment, Name | None]] | None:
    """The program with a hat on every name that is given a second value, and the names of the rows that changed."""
    counts = Counter(row.target.key for row in rows)
    twice = {key for key, count in counts.items() if count == 2}
    if not twice:
        return None
    met: Counter[str] = Counter()
    hatted: set[str] = set()
    changed: list[tuple[Assignment, Name | None]] = []
    for row in rows:
        key = row.target.key
        expression = _with_hats(row.expression, frozenset(hatted), letters)
        met[key] += 1
        if key in twice and met[key] == 2:
            hatted.add(key)
            name = Name(row.name.base, (*row.name.accents, "hat"), row.name.index)
            target = named(name, letters)
            changed.append((replace(row, target=target, expression=_marked(row.expression, key, letters, row)), name))
        else:
            changed.append((replace(row, expression=expression), None))
    return changed


def _with_hats(tree: Tree, keys: frozenset[str], letters: frozenset[str]) -> Tree:
    if isinstance(tree, Name):
        return replace(tree, accents=(*tree.accents, "hat")) if named(tree, letters).key in keys else tree
    if isinstance(tree, Call):
        return Call(tree.head, tuple(_with_hats(arg, keys, letters) for arg in tree.args))
    return tree


def _marked(tree: Tree, key: str, letters: frozenset[str], row: Assignment) -> Tree:
    """The row that computes the corrected value, reading the value that was just given: m at the next step."""
    time = row.target.time
    if time is None:
        return tree
    mark = Name("next") if not time.letter else None
    if isinstance(tree, Name) and mark is not None and named(tree, letters).key == key and tree.mark is None:
        return replace(tree, mark=mark)
    if isinstance(tree, Call):
        return Call(tree.head, tuple(_marked(arg, key, letters, row) for arg in tree.args))
    return tree
