"""Products and quotients, and the derivatives that quotients of ∂C and ∂w are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .latex_tables import GREEK
from .tree import Call, Name, Number, Tree, Unreadable

DERIVATIVE, OPERATOR = "@d", "@operator"  # ∂x, and ∂/∂w before what it is applied to


def product(left: Tree, right: Tree) -> Tree:
    """Return a product, flat."""
    parts: tuple[Tree, ...] = ()
    for one in (left, right):
        parts += one.args if isinstance(one, Call) and one.head == "*" else (one,)
    return Call("*", parts)


def product_of(parts: Sequence[Tree]) -> Tree:
    """Return the product of parts, flat; a single one as it is."""
    if len(parts) == 1:
        return parts[0]
    return Call(
        "*", tuple(p for one in parts for p in (one.args if isinstance(one, Call) and one.head == "*" else (one,)))
    )


def with_derivative(parts: list[Tree], below: Tree) -> list[Tree] | None:
    """Return the factors with the quotient ∂C/∂w or dC/dw at their end as a derivative, None if there is none."""
    last, before = parts[-1], parts[-2] if len(parts) > 1 else None
    if _is_differential(last) and _is_differential(below):
        return [*parts[:-1], fraction(last, below)]
    by = _differential(below)
    if by and isinstance(below, Name):
        if before == Name("d"):
            return [*parts[:-2], Call("partial", (last, by[0]))]
        if isinstance(last, Name) and (of := _differential(last)):
            return [*parts[:-1], Call("partial", (of[0], by[0]))]
    return None


def _is_differential(tree: Tree) -> bool:
    return isinstance(tree, Call) and tree.head == DERIVATIVE


def fraction(above: Tree, below: Tree) -> Tree:
    """Return a quotient, or the derivative that it is: ∂C/∂w, dC/dw, ∂/∂w, and ∂²C/∂w² as one of the other."""
    if (repeated := _repeated(above, below)) is not None:
        return repeated
    of, by = _differential(above), _differential(below)
    if by is not None and of is not None:
        if by == ():
            raise Unreadable("a derivative with respect to nothing: complete it")
        return Call("partial", (of[0], by[0])) if of else Call(OPERATOR, by)
    if isinstance(below, Call) and below.head == "*" and (first := _differential(below.args[0])) and of:
        return product(Call("partial", (of[0], first[0])), product_of(below.args[1:]))
    return Call("/", (above, below))


def _repeated(above: Tree, below: Tree) -> Tree | None:
    """The derivative of a derivative, None for anything else."""
    if _is_differential(above) and isinstance(above, Call) and len(above.args) == 2:
        of, order = above.args
    elif isinstance(above, Call) and above.head == "*" and above.args[0] in (_d_to(2), _d_to(3)):
        of, order = product_of(above.args[1:]), Number(Fraction(2 if above.args[0] == _d_to(2) else 3))
    else:
        return None
    by = _variables(below)
    if of == Name("") or not isinstance(order, Number) or len(by) != order.value:
        raise Unreadable("a repeated derivative: how often, and with respect to what, do not agree or are not read")
    for variable in reversed(by):
        of = Call("partial", (of, variable))
    return of


def _d_to(order: int) -> Tree:
    return Call("^", (Name("d"), Number(Fraction(order))))


def _variables(below: Tree) -> tuple[Tree, ...]:
    """The variables of ∂w², of ∂w ∂b and of dw²."""
    if isinstance(below, Call) and below.head == "^" and isinstance(below.args[1], Number):
        inner = _variables(below.args[0])
        return inner * int(below.args[1].value) if len(inner) == 1 and 1 < below.args[1].value < 4 else ()
    found = _differential(below)
    if not found:
        return ()
    parts = found[0].args if isinstance(found[0], Call) and found[0].head == "*" else (found[0],)
    variables: tuple[Tree, ...] = ()
    for part in parts:
        if isinstance(part, Call) and part.head == "^" and isinstance(part.args[1], Number) and part.args[1].value < 4:
            variables += (part.args[0],) * int(part.args[1].value)
        else:
            variables += _variables(part) if _is_differential(part) else (part,)
    return variables


def _differential(tree: Tree) -> tuple[Tree, ...] | None:
    """The x of ∂x or dx, nothing for ∂ alone; None if it is no differential. ∂ab + c is taken for ∂(ab + c)."""
    if isinstance(tree, Call) and tree.head == DERIVATIVE:
        return tree.args if len(tree.args) < 2 else None
    if (
        isinstance(tree, Call)
        and tree.head == "+"
        and isinstance(tree.args[0], Call)
        and tree.args[0].head == DERIVATIVE
    ):
        return (Call("+", (*tree.args[0].args, *tree.args[1:])),)
    if tree == Name("d"):
        return ()
    if isinstance(tree, Name) and tree.base[:1] == "d" and (len(tree.base) == 2 or tree.base[1:] in GREEK):
        return (replace(tree, base=tree.base[1:]),)
    if isinstance(tree, Call) and tree.head == "*" and tree.args[0] == Name("d"):
        rest = tree.args[1:]
        return (rest[0] if len(rest) == 1 else Call("*", rest),)
    if isinstance(tree, Call) and tree.head == "apply" and tree.args[0] == Name("d"):
        return tree.args[1:2]
    return None


def at_point(tree: Tree, point: Tree) -> Tree:
    """Return a cost, or a derivative of it, where a bar says that it is taken: ∂J/∂w at w = p is that of J(p)."""
    if isinstance(point, Call) and point.head == "=":
        point = point.args[1]
    if isinstance(tree, Name):
        return Call("apply", (tree, point))
    if isinstance(tree, Call) and tree.head == "apply":
        return Call("apply", (tree.args[0], point))
    if isinstance(tree, Call) and tree.head in ("grad", "partial"):
        return replace(tree, args=(at_point(tree.args[0], point), *tree.args[1:]))
    raise Unreadable("a bar with a point below: is read only after a function or its derivative")
