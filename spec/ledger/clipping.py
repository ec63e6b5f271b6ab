"""Gradient clipping, lines 550-560, and the works that the deck refers to at its end, lines 793-794."""

from sympy import Add, Expr, Integer, Rational, Symbol, symbols
from sympy.logic.boolalg import Boolean

from ..constraints import clip_by_norm, clip_by_value
from ..constraints.norms import bound as limit
from ..derivation import at_least, equal, every
from ..example import worked_example
from ..networks.dense import DENSE, d_x, n, p, u
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import i, j
from .entry import Cited, Entry, Form, Known, Measured, Point, Run, Shown, Witness
from .measures import value

R = Rational
PASCANU = Source("Pascanu, Mikolov & Bengio 2013", "algorithm 1")
KERAS = Source("Keras 3.15.1", "keras/src/optimizers/base_optimizer.py")
BY_VALUE, BY_NORM, BY_GLOBAL_NORM = Form("clip_by_value"), Form("clip_by_norm"), Form("clip_by_global_norm")
DECK = (R(9, 10), R(100))
NEAREST_NUMBER = Known("clip_by_value", "an element becomes the nearest number within the bounds")
NEAREST_VECTOR = Known("clip_by_norm", "without epsilon the result is the nearest vector of norm c or less")
BOTH_CLIPPED = "by value [0.9, 1], by norm [0.00899964, 0.9999595]"


def through_a_weight(upstream: Expr, weight: Expr) -> Expr:
    """The gradient that a dense layer of one weight hands back."""
    arrays = {"x": ((1,),), "weights": ((weight,),), "bias": (0,), "upstream": ((upstream,),)}
    return worked_example(DENSE.program({}, ("derivative",)), d_x[i, j], {n: 1, p: 1, u: 1}, (0, 0), **arrays)


def clipped(program: Program, at: Point, gradient: Expr) -> Expr:
    """A gradient of one number, clipped."""
    return program.formula(program.parameter).xreplace(
        {clip_by_value.g: gradient, clip_by_value.bound: at["clip_value"]}
    )


def on_the_way(program: Program, at: Point) -> Expr:
    """What arrives in front of a weight if gradients are clipped behind it already."""
    return clipped(program, at, through_a_weight(clipped(program, at, at["upstream"]), at["weight"]))


def afterwards(program: Program, at: Point) -> Expr:
    """What arrives in front of a weight if gradients are clipped once they are known."""
    return clipped(program, at, through_a_weight(at["upstream"], at["weight"]))


def clipped_vector(program: Program, at: Point) -> tuple[Expr, ...]:
    """A gradient of several numbers, clipped."""
    if program.arrays[0].shape:
        found = value(program, {"epsilon": Integer(0), **at})
        return found if isinstance(found, tuple) else (found,)
    numbers = at["g"]
    if not isinstance(numbers, tuple):
        raise TypeError(f"g={numbers!r}: must be a tuple of numbers; give one for every element")
    return tuple(clipped(program, at, one) for one in numbers)


def _by_value(rule: Rule) -> Boolean:
    first, second = clipped_vector(rule.program(), {"g": DECK, "clip_value": Integer(1)})
    return every(equal(first, R(9, 10)), equal(second, 1))


def _by_norm(rule: Rule) -> Boolean:
    """No further from what is printed than half of its last digit."""
    found = clipped_vector(rule.program(), {"g": DECK, "clip_norm": Integer(1)})
    printed = (R("0.00899964"), R("0.00000001")), (R("0.9999595"), R("0.0000001"))
    return every(
        *(at_least(digit / 2 - abs(one - shown), 0) for one, (shown, digit) in zip(found, printed, strict=True))
    )


def _longer_than_by_norm(rule: Rule) -> Boolean:
    """Of [2, -2], whose squares add up to 2 afterwards, where the bound is 1."""
    found = clipped_vector(rule.program(), {"g": (Integer(2), Integer(-2)), "clip_value": Integer(1)})
    return equal(Add(*(one**2 for one in found)), 2)


def _every_element_within(rule: Rule) -> Boolean:
    """An element is its vector's norm times a number between -1 and 1, which is written as (1 - k²)/(1 + k²)."""
    (c, excess), k, program = symbols("c excess", positive=True), Symbol("k", real=True), rule.program()
    written, squares = program.formula(rule.parameter), program.formula(clip_by_norm.squares)

    def result(norm: Expr, bound: Expr) -> Expr:
        element = norm * (1 - k**2) / (1 + k**2)
        return written.xreplace({clip_by_norm.g[i]: element, squares: norm**2, limit: bound})

    long, short = result(c + excess, c), result(c, c + excess)
    return every(
        at_least((c - long).factor(), 0),
        at_least((c + long).factor(), 0),
        at_least((c + excess - short).together(), 0),
        at_least((c + excess + short).together(), 0),
    )


ENTRIES = (
    Entry(
        id="clip-1",
        lines=(550,),
        kind="text",
        printed="gradients are clipped during backpropagation",
        verdict="convention",
        why="frameworks clip the finished gradient before the update; clipped at every layer on the way it comes out shorter",
        evidence=(
            Witness(
                measured="gradient in front of a weight, clipped on the way and at the end, beside at the end only",
                at={"upstream": R(10), "weight": R(1, 100), "clip_value": R(1)},
                printed=Measured(BY_VALUE, on_the_way),
                canonical=Measured(BY_VALUE, afterwards),
            ),
            Cited(PASCANU),
        ),
        source=PASCANU,
        canonical=BY_NORM,
    ),
    Entry(
        id="clip-code",
        lines=(553, 554),
        kind="code",
        printed="""optimizer = keras.optimizers.SGD(clipvalue=1.0)
model.compile(loss="mse", optimizer=optimizer)""",
        verdict="correct",
        why="runs as it stands, with Keras's learning rate of 0.01; every element of a gradient is kept between -1 and 1",
        evidence=(Run("clipvalue", "trains; the gradient [3, -5] moves weights by [-1, 1] times 0.01"), NEAREST_NUMBER),
        source=KERAS,
        literal=BY_VALUE,
        canonical=BY_VALUE,
    ),
    Entry(
        id="clip-2",
        lines=(557, 558),
        kind="text",
        printed="clipvalue=1.0 and clipnorm=1.0: values between -1.0 and 1.0",
        verdict="correct",
        why="both hold, and clipnorm keeps more than that: the norm is at most 1; of several parameters it is the norm of each, "
        "where global_clipnorm takes all together",
        evidence=(
            NEAREST_NUMBER,
            NEAREST_VECTOR,
            Shown("clip_by_norm", Claim("no element of a clipped gradient exceeds the bound in size", _every_element_within)),
            Shown("clip_by_value", Claim("[2, -2] clipped by value to 1 has the norm √2", _longer_than_by_norm)),
            Known("clip_by_global_norm", "gradients 3 and 4 become 3/5 and 4/5"),
            Known("clip_by_global_norm", "clipping every parameter on its own keeps the common direction"),
            Run("clipnorm_of_two", "clipnorm makes 3 and 4 of two parameters 1 and 1, global_clipnorm 0.6 and 0.8"),
        ),
        source=KERAS,
        literal=BY_NORM,
        canonical=BY_NORM,
    ),
    Entry(
        id="clip-3",
        lines=(559,),
        kind="text",
        printed="clipvalue=1.0: [0.9,100.0] ⇒ [0.9,1.0]",
        verdict="correct",
        why="as printed; the direction changes, which is what clipping by norm avoids",
        evidence=(
            Shown("clip_by_value", Claim("[9/10, 100] becomes [9/10, 1]", _by_value)),
            Known("clip_by_value", "the direction of a gradient of two elements is kept"),
            Run("clipped", BOTH_CLIPPED),
        ),
        source=KERAS,
        literal=BY_VALUE,
        canonical=BY_VALUE,
    ),
    Entry(
        id="clip-4",
        lines=(560,),
        kind="text",
        printed="clipnorm=1.0: [0.9, 100.0] ⇒ [0.00899964, 0.9999595]",
        verdict="correct",
        why="both numbers are right to the digits that are printed, the direction is kept, and the norm is 1",
        evidence=(
            Shown("clip_by_norm", Claim("[9/10, 100] becomes what is printed, to its last digit", _by_norm)),
            Known("clip_by_norm", "the deck's gradient keeps its direction and gets norm 1"),
            Run("clipped", BOTH_CLIPPED),
        ),
        source=PASCANU,
        literal=BY_NORM,
        canonical=BY_NORM,
    ),
    Entry(
        id="ref-1",
        lines=(793, 794),
        kind="text",
        printed="Goodfellow et al., chapters 7 and 8; Géron, chapter 11",
        verdict="correct",
        why="regularisation and optimisation in the one book, the training of deep networks in the other",
        evidence=(
            Cited(Source("Goodfellow, Bengio & Courville 2016, Deep Learning", "chapters 7 and 8")),
            Cited(Source("Géron 2019, Hands-On Machine Learning", "chapter 11")),
        ),
        source=Source("Goodfellow, Bengio & Courville 2016; Géron 2019"),
    ),
)  # fmt: skip
