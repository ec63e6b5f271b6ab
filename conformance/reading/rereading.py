"""Other ways in which the rows of a program may be meant: tried before anything in them is called wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .assignments import Assignment, is_own, reads
from .naming import Named, named
from .tree import Call, Name, Tree, walk

GRADIENT = Name("g")
HEADS = ("grad", "partial")


def with_changes_as_gradients(rows: Sequence[Assignment], parameter: str, letters: frozenset[str]) -> list[Assignment]:
    """Return the rows with g for every Δw that nothing gives a value to, none where Δw is added as it stands."""
    key = f"Delta{parameter}"

    def over(tree: Tree) -> Tree:
        if isinstance(tree, Name):
            return GRADIENT if named(tree, letters).key == key else tree
        return Call(tree.head, tuple(map(over, tree.args))) if isinstance(tree, Call) else tree

    changed = [replace(row, expression=over(row.expression)) for row in rows]
    bare = any(GRADIENT in (row.expression, *_terms(row.expression)) for row in changed)
    return [] if bare or any(row.target.key == key for row in rows) or changed == list(rows) else changed


def _terms(tree: Tree) -> tuple[Tree, ...]:
    """The summands of a sum, without their signs."""
    if not isinstance(tree, Call) or tree.head != "+":
        return ()
    return tuple(arg.args[0] if isinstance(arg, Call) and arg.head == "neg" else arg for arg in tree.args)


def starting_anew(rows: Sequence[Assignment], letters: frozenset[str]) -> tuple[str, list[Assignment]] | None:
    """Return the name of a hyperparameter that is overwritten, as in α = α √(1 - β₂ᵗ), and the rows with another one for it.

    None if there is none. Whether the next step begins with the old value or with the new one is not written down.
    """
    gradients = _of_gradients(rows, letters)
    own = [row for row in rows if is_own(row, letters) and row.target.key not in gradients and row.target.time is None]
    if len(own) != 1 or sum(row.target.key == own[0].target.key for row in rows) > 1:
        return None
    (row,) = own
    other = replace(row.name, base=f"{row.name.base}_now")
    place = rows.index(row)
    changed = replace(row, name=other, target=Named(named(other, letters).key, None))
    after = [
        replace(one, expression=_renamed(one.expression, row.target.key, other, letters)) for one in rows[place + 1 :]
    ]
    return row.target.key, [*rows[:place], changed, *after]


def _of_gradients(rows: Sequence[Assignment], letters: frozenset[str]) -> set[str]:
    """The names that gradients go into, at once or by way of other names."""
    found: set[str] = set()
    for _ in rows:
        found |= {
            row.target.key
            for row in rows
            if any(isinstance(one, Call) and one.head in HEADS for one in walk(row.expression))
            or any(read.key in found or read.key.split("_")[0] in _GRADIENTS for read in reads(row.expression, letters))
        }
    return found


_GRADIENTS = frozenset({"g", "grad", "grads", "gradient", "gradients", "nabla", "dx", "dw", "dW", "dtheta"})


def _renamed(tree: Tree, key: str, other: Name, letters: frozenset[str]) -> Tree:
    if isinstance(tree, Name):
        return other if named(tree, letters).key == key else tree
    if isinstance(tree, Call):
        return Call(tree.head, tuple(_renamed(arg, key, other, letters) for arg in tree.args))
    return tree
