"""What is written as LaTeX or Python reads back as what it was, whatever it holds."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gradspec.conformance.reading import latex, python_code
from gradspec.conformance.reading import notation as written
from gradspec.conformance.reading.mathml import mathml
from gradspec.conformance.reading.tree import Call, Name, Number, Tree

STEP_BEFORE = Call("+", (Name("t"), Call("neg", (Number(Fraction(1)),))))
BASES = st.sampled_from(["w", "theta", "v", "s", "x", "beta", "alpha"])
INDICES = st.sampled_from([(), (Name("t"),), (Number(Fraction(1)),), (STEP_BEFORE,)])
MARKS = st.sampled_from([None, None, Name("next"), Call("+", (Name("t"), Number(Fraction(1)))), Name("'")])
NUMBERS = st.sampled_from([Number(Fraction(n)) for n in (0, 1, 2, 10)])
PRINTED = st.one_of(st.builds(Name, BASES, st.sampled_from([(), ("hat",)]), INDICES, MARKS), NUMBERS)
TYPED = st.one_of(st.builds(Name, BASES, st.just(()), INDICES), NUMBERS)
OTHERWISE = Call("otherwise", ())


def _flat(head: str, args: list[Tree]) -> Tree:
    """A product is flat, and a sum on its left side: brackets that say nothing are not kept."""
    parts: list[Tree] = []
    for k, arg in enumerate(args):
        again = isinstance(arg, Call) and arg.head == head and (head == "*" or k == 0)
        parts += arg.args if again and isinstance(arg, Call) else [arg]
    return Call(head, tuple(parts))


def _call(head: str, args: list[Tree]) -> Tree:
    if head in ("+", "*"):
        return _flat(head, args)
    if head == "cases":
        return Call("cases", (args[0], Call(">", (args[0], args[1])), args[1], OTHERWISE))
    if head == "norm":
        return Call("norm", (args[0], Number(Fraction(2))))
    if head == "apply":
        return Call("apply", (Name("f"), args[0]))
    if head in ("grad", "partial"):
        return Call(head, (Call("apply", (Name("J"), args[0])), Name("w")))
    if head == "sum":
        return Call("sum", (args[0], Name("i"), Number(Fraction(1)), Name("n")))
    return Call(head, tuple(args if head in ("/", "^", "max") else args[:1]))


def _trees(leaves: st.SearchStrategy[Tree], heads: str) -> st.SearchStrategy[Tree]:
    return st.recursive(
        leaves,
        lambda inner: st.builds(_call, st.sampled_from(heads.split()), st.lists(inner, min_size=2, max_size=2)),
        max_leaves=10,
    )


BOTH = "+ * / ^ neg sqrt abs norm exp log tanh max cases apply"


@given(_trees(PRINTED, f"{BOTH} grad partial sum"))
def test_latex_reads_back(tree: Tree) -> None:
    text = written.latex(tree)

    assert tree == latex.read(text).row.sides[0], text


@given(_trees(TYPED, BOTH))
def test_python_reads_back(tree: Tree) -> None:
    """In Python -a * b is (-a) * b, which is read as -(a * b): both sides are compared in that form."""
    text = written.python(tree)
    found = python_code.statements(f"y = {text}")[0].row

    assert found is not None
    assert _outward(tree) == _outward(found.sides[1]), text


def _outward(tree: Tree) -> Tree:
    """A tree with the minus of the first factor before the product, and that of the dividend before the quotient."""
    if not isinstance(tree, Call):
        return tree
    args = [_outward(arg) for arg in tree.args]
    first = args[0] if args else None
    if tree.head in ("*", "/") and isinstance(first, Call) and first.head == "neg":
        rest = [first.args[0], *args[1:]]
        return Call("neg", (_flat("*", rest) if tree.head == "*" else Call("/", tuple(rest)),))
    return _flat("*", args) if tree.head == "*" else Call(tree.head, tuple(args))


@given(_trees(PRINTED, f"{BOTH} grad partial sum"))
def test_mathml_is_closed(tree: Tree) -> None:
    text = mathml(tree)

    for tag in ("mrow", "mi", "mn", "mo", "msup", "msub", "mfrac", "msqrt"):
        assert text.count(f"<{tag}>") + text.count(f"<{tag} ") == text.count(f"</{tag}>")
