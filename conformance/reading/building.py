"""Puts factors that stand side by side together, when it is known what stands beside what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .differentials import DERIVATIVE, OPERATOR, fraction, product, product_of, with_derivative
from .latex_tables import GREEK
from .tree import Call, Name, Number, Tree, Unreadable

BESIDE, TIMES, OVER = "beside", "times", "over"
TRANSPOSED = frozenset({"top", "intercal"})
FACTORS = frozenset({"alpha", "beta", "gamma", "delta", "epsilon", "eta", "lambda", "mu", "nu", "rho", "tau", "kappa"})
COSTS = frozenset({"J", "L", "C", "E", "F", "Q", "f", "ell"})
MOST_OPERATORS = 60  # each may hold all that follow
MOST_DEPTH = 100  # of trees
MEANS, VARIANCES = frozenset({"E", "mathbb"}), frozenset({"Var", "var", "Variance"})


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor with its scripts. `kind`: name number call parens brackets braces function operator."""

    kind: str
    tree: Tree
    items: tuple[Tree, ...] = ()
    below: tuple[Tree, ...] = ()
    above: Factor | None = None
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """Factors with what connects each to the one before."""

    factors: tuple[tuple[str, Factor], ...]


def factor_of(tree: Tree) -> Factor:
    """Return a finished tree as a factor."""
    return Factor("number" if isinstance(tree, Number) else "name" if isinstance(tree, Name) else "call", tree)


def total(left: Tree, right: Tree) -> Tree:
    """Return a sum, flat on its left side."""
    first = left.args if isinstance(left, Call) and left.head == "+" else (left,)
    return Call("+", (*first, right))


def negative(tree: Tree) -> Tree:
    """Return minus a tree."""
    return Call("neg", (tree,))


def built(term: Term) -> Tree:
    """Return the tree of a term. Raises `Unreadable`."""
    factors = term.factors
    if sum(one.kind in ("operator", "function") for _, one in factors) > MOST_OPERATORS:
        raise Unreadable(f"more than {MOST_OPERATORS} functions in one product: give parts names of their own")
    parts: list[Tree] = []
    place = 0
    while place < len(factors):
        how = factors[place][0]
        other, place = _operand(factors, place)
        if how != OVER:
            parts.append(other)
        elif (derivative := with_derivative(parts, other)) is not None:
            parts = derivative
        else:
            parts = [fraction(product_of(parts), other)]
    return product_of(parts)


Factors = Sequence[tuple[str, Factor]]


def _operand(factors: Factors, place: int) -> tuple[Tree, int]:
    """The operand that begins at `place`, and where the next one does."""
    how, one = factors[place]
    after = place + 1
    if one.kind == "operator":
        return _operated(one, factors, after, how == OVER)
    if isinstance(one.tree, Call) and one.tree.head == OPERATOR and _is_beside(factors, after):
        of, after = _operand(factors, after)
        return Call("partial", (of, one.tree.args[0])), after
    if one.kind == "function":
        return _function(one, factors, after)
    if one.kind == "name" and _is_beside(factors, after) and factors[after][1].kind in ("parens", "brackets"):
        applied = _applied(one, factors[after][1])
        if applied is not None:
            return applied, after + 1
    return scripted(one), after


def _is_beside(factors: Factors, place: int) -> bool:
    return place < len(factors) and factors[place][0] == BESIDE


def _operated(one: Factor, factors: Factors, after: int, below: bool) -> tuple[Tree, int]:
    assert isinstance(one.tree, Name)
    kind = one.tree.base
    if kind == "nabla":
        if one.above is not None:
            raise Unreadable("a second derivative: is not read")
        if not _is_beside(factors, after):
            return Name("nabla", index=one.below), after
        if _is_mean(factors, after):  # ∇ 1/m Σ L is the gradient of all that follows
            return Call("grad", (built(Term(tuple(factors[after:]))), *one.below[:1])), len(factors)
        of, after = _operand(factors, after)
        if isinstance(of, Call) and of.head == "^" and _is_cost(of.args[0]):  # ∇J(w)² is the square of a gradient
            return Call("^", (Call("grad", (of.args[0], *one.below[:1])), of.args[1])), after
        return Call("grad", (of, *one.below[:1])), after
    if kind == "partial":
        order = (scripted(one.above),) if one.above is not None else ()
        if not _is_beside(factors, after):
            return Call(DERIVATIVE, (Name(""), *order) if order else ()), after
        of, after = _operand(factors, after)
        while _is_beside(factors, after) and not below:  # what is differentiated, but not what stands after ∂C/∂w
            more, after = _operand(factors, after)
            of = product(of, more)
        return Call(DERIVATIVE, (of, *order)), after
    if after >= len(factors):
        raise Unreadable("a sum of nothing: what is added is missing")
    rest = Term(tuple(factors[after:]))
    return Call(kind, (built(rest), *_limits(one))), len(factors)


def _is_mean(factors: Factors, place: int) -> bool:
    """Whether a number or a fraction without a function stands before a sum: 1/m Σ."""
    first = factors[place][1]
    plain = first.kind == "number" or (isinstance(first.tree, Call) and first.tree.head == "/")
    after = factors[place + 1][1] if place + 1 < len(factors) else None
    return plain and after is not None and after.kind == "operator" and after.tree == Name("sum")


def _is_cost(tree: Tree) -> bool:
    """Whether a tree is a function at a point, or has the letter of a cost."""
    if isinstance(tree, Call):
        return tree.head == "apply"
    return isinstance(tree, Name) and tree.base in COSTS


def _limits(one: Factor) -> tuple[Tree, ...]:
    if not one.below:
        return ()
    low = one.below[0]
    high = (scripted(one.above),) if one.above is not None else ()
    if isinstance(low, Call) and low.head in ("=", "in") and len(low.args) == 2:
        return (low.args[0], low.args[1], *high)
    return (low,)


def _function(one: Factor, factors: Factors, after: int) -> tuple[Tree, int]:
    assert isinstance(one.tree, Name)
    if not _is_beside(factors, after):
        return scripted(replace(one, kind="name")), after
    if factors[after][1].kind in ("parens", "brackets", "braces"):
        inner = factors[after][1]
        tree: Tree = Call(one.tree.base, inner.items)
        after += 1
        tree = scripted(replace(inner, kind="call", tree=tree))
    else:
        argument, after = _operand(factors, after)
        tree = Call(one.tree.base, (argument,))
    if one.tree.base == "log" and one.below:
        tree = Call("/", (tree, Call("log", one.below[:1])))
    if one.above is None:
        return tree, after
    if one.above.kind not in ("number", "name"):
        raise Unreadable(f"a power of {one.tree.base}: write the inverse or the power of its value")
    return Call("^", (tree, scripted(one.above))), after


def _applied(one: Factor, inner: Factor) -> Tree | None:
    """A name and the parentheses that follow: E[x], Var(x), f(x)."""
    assert isinstance(one.tree, Name)
    base = one.tree.base
    if inner.kind == "brackets":
        if base == "I" and len(inner.items) == 1 and _is_condition(inner.items[0]):
            return indicator(inner.items[0])
        if base not in MEANS and len(base) > 1 and inner.below and base not in FACTORS:
            return scripted(replace(inner, kind="name", tree=Name(f"{base}[{_spelled(inner.items[0])}]")))  # RMS[g]_t
        if base in MEANS and inner.below:
            return scripted(replace(inner, kind="name", tree=Name(f"E[{_spelled(inner.items[0])}]")))
        if base in MEANS or base in VARIANCES:
            return scripted(replace(inner, kind="call", tree=Call("mean" if base in MEANS else "var", inner.items)))
        return None
    if base in FACTORS and inner.above is not None:
        return product(scripted(one), scripted(inner))  # β(g)² is β times a square, σ(z)² the square of a function
    if base in VARIANCES:
        return scripted(replace(inner, kind="call", tree=Call("var", inner.items)))
    if base in MEANS and base != "E":
        return scripted(replace(inner, kind="call", tree=Call("mean", inner.items)))
    if base == "I" and len(inner.items) == 1 and _is_condition(inner.items[0]):
        return indicator(inner.items[0])
    function = replace(one, above=None) if one.above is not None and one.above.kind == "number" else one
    tree: Tree = scripted(replace(inner, kind="call", tree=Call("apply", (scripted(function), *inner.items))))
    return Call("^", (tree, scripted(one.above))) if function is not one and one.above is not None else tree


def _spelled(tree: Tree) -> str:
    if isinstance(tree, Number):
        return str(tree.value)
    if isinstance(tree, Name):
        return tree.base + "".join(tree.accents)
    return "".join([_spelled(tree.args[0]), tree.head, *map(_spelled, tree.args[1:])]) if tree.args else tree.head


def _is_condition(tree: Tree) -> bool:
    return isinstance(tree, Call) and tree.head in CONDITIONS


CONDITIONS = frozenset(["<", ">", "<=", ">=", "!=", "=", "=="])


def indicator(condition: Tree) -> Tree:
    """Return 1 where the condition holds, else 0."""
    if isinstance(condition, Call) and condition.head == "=":
        condition = Call("==", condition.args)
    return Call("cases", (ONE, condition, Number(Fraction(0)), Call("otherwise", ())))


# -- scripts -------------------------------------------------------------------------------------------------


def scripted(one: Factor) -> Tree:
    """Return a factor as a tree, with its scripts as index, mark or power."""
    tree = one.tree
    if one.kind == "parens" and one.items:
        tree = one.items[0] if len(one.items) == 1 else Call("vector", one.items)
    elif one.kind == "brackets":
        tree = one.items[0] if len(one.items) == 1 else Call("interval" if len(one.items) == 2 else "vector", one.items)
    if isinstance(tree, Call) and tree.head in (DERIVATIVE, OPERATOR) and (one.below or one.above):
        raise Unreadable("a second derivative: is not read")
    below = one.below
    if below == (Name("+"),) and one.kind in ("parens", "brackets"):  # the positive part
        tree, below = Call("max", (Number(Fraction(0)), tree)), ()
    if one.primes and not isinstance(tree, Name):
        raise Unreadable("a prime after brackets: name what is differentiated")
    if isinstance(tree, Name):
        if below:
            tree = replace(tree, index=(*tree.index, *_split(below)))
        if one.primes:
            tree = replace(tree, mark=Name("'" * one.primes))
        if one.above is not None and is_mark(one.above) and not _is_exponent(tree, one.above):
            return replace(tree, mark=_mark(one.above))
    elif isinstance(tree, Call) and tree.head == "norm" and below:
        tree = Call("norm", (tree.args[0], below[0]))
    elif below:
        tree = _indexed(tree, below)
    if one.above is None:
        return tree
    if (
        isinstance(tree, Call)
        and is_mark(one.above)
        and isinstance(one.above.tree, Name)
        and one.above.tree.base in TRANSPOSED
    ):
        return Call("transpose", (tree,))
    power = scripted(one.above)
    if tree == Name("e"):
        return Call("exp", (power,))
    return Call("^", (tree, power))


def _indexed(tree: Tree, below: tuple[Tree, ...]) -> Tree:
    """What stands below something that is no name: 1_{x>0}; the component i of a vector is read as it stands."""
    if tree == ONE and len(below) == 1 and _is_condition(below[0]):
        return indicator(below[0])
    if all(isinstance(part, Name) and part.base in COMPONENTS for part in below):
        return tree
    return Call("index", (tree, *below))


COMPONENTS = frozenset({"i", "j", "k", "l", "n", "c", "y"})


def _split(below: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """w_{ij} has two indices."""
    parts: list[Tree] = []
    for one in below:
        letters = (
            isinstance(one, Call)
            and one.head == "*"
            and all((isinstance(a, Name) and len(a.base) == 1) or isinstance(a, Number) for a in one.args)
        )
        parts += one.args if letters and isinstance(one, Call) and one.args[0] != Name("d") else (one,)
    return tuple(parts)


def is_mark(above: Factor) -> bool:
    """Whether what stands above tells which one, and is no power."""
    if above.kind in ("parens", "brackets"):
        return above.above is None and not above.below
    if above.kind == "lone":
        return True
    name = above.tree
    return isinstance(name, Name) and (
        (len(name.base) > 1 and name.base not in GREEK) or name.base in ("*", "'", "+", "-")
    )


def _is_exponent(tree: Name, above: Factor) -> bool:
    """Whether brackets above hold an exponent after all: e^{(x + 1)} against the i-th e."""
    return tree == Name("e") and above.kind == "parens" and not all(isinstance(item, Name) for item in above.items)


def _mark(above: Factor) -> Tree:
    return above.items[0] if above.kind in ("parens", "brackets") and above.items else above.tree


# -- whole trees -----------------------------------------------------------------------------------------------


def checked(tree: Tree) -> Tree:
    """Return the tree, or raise `Unreadable` for a ∂ that belongs to no quotient and for trees that are too deep."""
    open_ones = [(tree, 1)]
    while open_ones:
        one, depth = open_ones.pop()
        if depth > MOST_DEPTH:
            raise Unreadable(
                f"parts of parts {depth} deep: at most {MOST_DEPTH} are read; give parts names of their own"
            )
        if isinstance(one, Call):
            if one.head in (DERIVATIVE, OPERATOR):
                raise Unreadable("a ∂ that belongs to no quotient: write ∂C/∂w")
            open_ones += [(arg, depth + 1) for arg in one.args]
        elif isinstance(one, Name):
            open_ones += [(part, depth + 1) for part in (*one.index, *([one.mark] if one.mark is not None else []))]
    return tree


ONE = Number(Fraction(1))
