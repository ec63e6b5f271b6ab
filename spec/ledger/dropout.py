"""Dropout: lines 218-251."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from sympy import Add, Expr, Integer, Mul, Rational, Symbol, diff, exp, symbols
from sympy.logic.boolalg import Boolean

from ..activations.relu import RELU
from ..derivation import equal, every, greater
from ..layers.dropout import mask, rate, x, y
from ..losses.mean_squared_error import MEAN_SQUARED_ERROR
from ..networks.composition import applied
from ..optimizers.gradient_descent import GRADIENT_DESCENT
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import gradient, w
from .entry import Cited, Entry, Form, Given, Known, Measured, Point, Run, Shown, Witness, apart
from .measures import settings, value

R = Rational
SRIVASTAVA = Source("Srivastava et al. 2014", "sections 3 and 4")
GERON = Source("Géron 2019, Hands-On Machine Learning", "chapter 11")
KERAS = Source("Keras 3.15.1", "keras/src/layers/regularization/dropout.py")

IN_TRAINING = {"scale_at": "train", "rate_meaning": "drop"}
AT_TEST = {"scale_at": "test", "rate_meaning": "drop"}
TRAINING, AFTERWARDS = Form("dropout", IN_TRAINING), Form("dropout", AT_TEST, ("inference",))
NEVER_SCALED = Form("dropout", AT_TEST, ("inference",), "never_scaled")
DROPPING, KEEPING = (Form("dropout", {"rate_meaning": meaning}, ("law",)) for meaning in ("drop", "keep"))
OF_ANY = Known("dropout", "N neurons have 2 to the power N sub-networks, equally likely at rate 1/2")
OF_FOUR = Known(
    "dropout", "at rate 1/2 the sub-networks of 4 neurons are 2⁴ equally likely ones, the empty one among them"
)
IN_KERAS = Run("dropout", "of 1 it makes 0 or 1.25 in training, 1 afterwards")


def output(program: Program, of: Expr, kept: int = 1) -> Expr:
    """What the layer makes of an input that is kept (1) or dropped (0); of the law, how likely that is."""
    return program.formula(y).xreplace({mask: Integer(kept), x: of}).doit()


def _networks(rule: Rule, inputs: int) -> Iterator[tuple[Expr, list[Expr]]]:
    """Every sub-network of some inputs of 1: how likely it is, and what it makes of each."""
    law, layer = rule.program(IN_TRAINING, ("law",)), rule.program(IN_TRAINING)
    for kept in product((0, 1), repeat=inputs):
        chance: Expr = Mul(*(output(law, Integer(1), one) for one in kept))
        yield chance, [output(layer, Integer(1), one) for one in kept]


def _mean(rule: Rule, inputs: int, function: Callable[..., Expr]) -> Expr:
    """The mean over all sub-networks at rate 1/2 of a function of their outputs."""
    half = {rate: R(1, 2)}
    found = _networks(rule, inputs)
    return Add(*(chance.xreplace(half) * function(*(one.xreplace(half) for one in given)) for chance, given in found))


def weighted_sum(program: Program, at: Point) -> Expr:
    """What a linear unit gives for inputs that the layer has let through."""
    inputs, weights = at["x"], at["weights"]
    if not (isinstance(inputs, tuple) and isinstance(weights, tuple)):
        raise TypeError(f"x={inputs!r}, weights={weights!r}: must be tuples of numbers; give one for every input")
    numbers = settings(program, at)
    return Add(*(w * output(program, one).xreplace(numbers) for w, one in zip(weights, inputs, strict=True)))


def functions_in_series(program: Program, at: Point) -> Expr:
    """How many different functions two neurons are, of which the one has the other's output as its only input."""
    numbers, start = settings(program, at), Symbol("start", real=True)
    found: set[Any] = set()
    for first, second in product((0, 1), repeat=2):
        found.add(output(program, output(program, start, first), second).xreplace(numbers))
    return Integer(len(found))


def _dropped_at_the_rate(rule: Rule) -> Boolean:
    law = rule.program({"rate_meaning": "drop"}, ("law",))
    return every(equal(output(law, x, 0), rate), equal(output(law, x, 1), 1 - rate))


def _nothing_passes(rule: Rule) -> Boolean:
    """Of a dropped neuron: its output is 0, hands no gradient back, and the weight before it stays where it is."""
    before, weight = symbols("before weight", real=True)
    dropped = output(rule.program(IN_TRAINING), weight * before, 0)
    slope = diff(dropped, weight)
    return every(
        equal(dropped, 0),
        equal(slope, 0),
        equal(GRADIENT_DESCENT.program().formula(w).xreplace({gradient(w): slope}), w),
    )


def _may_be_kept(rule: Rule) -> Boolean:
    """At any rate below 1, which is written as 1/(1 + k), whatever was drawn before: the law asks for the rate alone."""
    k = Symbol("k", positive=True)
    chance = output(rule.program({"rate_meaning": "drop"}, ("law",)), x, 1)
    return every(
        greater(chance.xreplace({rate: 1 / (1 + k)}).factor(), 0),
        equal(Integer(len(chance.free_symbols - {rate})), 0),
    )


def _right_and_still_wrong(rule: Rule) -> Boolean:
    """The mean squared error of an output that is right, and dropped like others: at rate 1/2 the square of the target."""
    target = Symbol("target", real=True)

    def error(one: Expr) -> Expr:
        return value(MEAN_SQUARED_ERROR.program(), {"predictions": (one * target,), "targets": (target,)})

    return equal(_mean(rule, 1, error), target**2)


def _behind_a_relu(rule: Rule) -> Boolean:
    """Inputs of 1 weighted with 1 and -1 give 0 afterwards, and in training what is not 0 on average."""
    test = rule.program(IN_TRAINING, ("inference",))
    afterwards = applied(RELU, output(test, Integer(1)) - output(test, Integer(1)))
    return every(
        equal(_mean(rule, 2, lambda first, second: applied(RELU, first - second)), R(1, 2)),
        equal(afterwards, 0),
    )


def _geometric_mean(rule: Rule) -> Boolean:
    """Of a softmax of two classes: odds are exponentials of sums, whose geometric mean over all networks is the test's."""
    a, b = symbols("a b", real=True)  # by how much the weights of the first class exceed those of the second
    test = rule.program(IN_TRAINING, ("inference",))
    mean_of_logarithms = _mean(rule, 2, lambda first, second: a * first + b * second)
    return equal(exp(mean_of_logarithms), exp((a + b) * output(test, Integer(1))))


ENTRIES = (
    Entry(
        id="do-1",
        lines=(218,),
        kind="text",
        printed="at each step each neuron drops out with a probability p",
        verdict="correct",
        why="one mask for every neuron and step, which is 0 with the probability p",
        evidence=(
            Shown("dropout", Claim("a neuron is dropped with the probability rate", _dropped_at_the_rate)),
            Known("dropout", "the probabilities of the masks add up to 1"),
        ),
        source=SRIVASTAVA,
        literal=TRAINING,
        canonical=TRAINING,
    ),
    Entry(
        id="do-2",
        lines=(221,),
        kind="text",
        printed="p is the dropout rate",
        verdict="convention",
        why="as in Keras and PyTorch; in the paper p is the probability of keeping",
        evidence=(
            apart("probability that a neuron is dropped", value, DROPPING, KEEPING, "equal", mask=R(0), rate=R(1, 5)),
            Cited(SRIVASTAVA),
        ),
        source=GERON,
        literal=DROPPING,
        canonical=DROPPING,
    ),
    Entry(
        id="do-3",
        lines=(222,),
        kind="text",
        printed="a dropped neuron is ignored entirely during this step",
        verdict="correct",
        why="its output is 0, and so is the gradient that it hands back: the weights before it stay as they are",
        evidence=(Shown("dropout", Claim("what is dropped gives 0, hands back 0, and learns nothing", _nothing_passes)),),
        source=SRIVASTAVA,
        canonical=TRAINING,
    ),
    Entry(
        id="do-4",
        lines=(223,),
        kind="text",
        printed="it may be active during the next step",
        verdict="correct",
        why="masks are drawn anew, with the same probabilities whatever was drawn before; with a p of 1 nothing would be left",
        evidence=(Shown("dropout", Claim("at a rate below 1 a neuron is kept with a probability above 0", _may_be_kept)),),
        source=SRIVASTAVA,
        canonical=TRAINING,
    ),
    Entry(
        id="do-5",
        lines=(224,),
        kind="text",
        printed="output neurons are excluded",
        verdict="convention",
        why="a choice, as in the work cited: an output that is right would be called wrong when it is dropped; inputs may be "
        "dropped, as in the deck's code",
        evidence=(
            Shown("dropout", Claim("a right output that is dropped at rate 1/2 costs its square", _right_and_still_wrong)),
            Run("dropped_out", "101770 parameters; no Dropout follows the output"),
        ),
        source=SRIVASTAVA,
        canonical=TRAINING,
    ),
    Entry(
        id="do-6",
        lines=(225,),
        kind="text",
        printed="after training nothing is dropped, and no scale is named",
        verdict="wrong",
        why="incomplete: sums would be 1/(1 - p) times what they were in training on average; one of both has to be scaled",
        evidence=(
            apart(
                "output of a linear unit after training, beside its mean in training", weighted_sum, NEVER_SCALED, AFTERWARDS,
                "equal", x=(R(1), R(1)), weights=(R(1), R(1)), rate=R(1, 2),
            ),
            Known("dropout", "the mean in training is the output afterwards, though nothing is ever scaled"),
            Known("dropout", "scaled at test, the mean in training is the output afterwards"),
            Known("dropout", "kept inputs are divided by the probability of keeping"),
            Known("dropout", "the variance is the squared input times rate/(1 - rate)"),
            Shown("dropout", Claim("behind a ReLU the means can differ nevertheless", _behind_a_relu)),
            Shown("dropout", Claim("of a softmax it is the geometric mean of the sub-networks", _geometric_mean)),
            IN_KERAS,
        ),
        source=SRIVASTAVA,
        literal=NEVER_SCALED,
        canonical=AFTERWARDS,
        suggestion="after training, neurons don't get dropped anymore, and outputs are multiplied by 1 − p (or, as in Keras, "
        "divided by 1 − p in training)",
    ),
    Entry(
        id="do-7",
        lines=(233, 234),
        kind="text",
        printed="2^N possible networks, N being the number of droppable neurons",
        verdict="assumption",
        why="so many masks, the empty one among them; the networks that they leave need not all be different functions",
        evidence=(
            OF_ANY,
            Witness(
                measured="different functions of two neurons, one behind the other",
                at={"rate": R(1, 2)},
                printed=Given(Integer(2) ** 2),
                canonical=Measured(TRAINING, functions_in_series),
            ),
        ),
        source=SRIVASTAVA,
        canonical=TRAINING,
    ),
    Entry(
        id="do-8",
        lines=(235,),
        kind="text",
        printed="N = 4",
        verdict="correct",
        why="which makes 16 networks",
        evidence=(OF_FOUR,),
        source=SRIVASTAVA,
        canonical=DROPPING,
    ),
    Entry(
        id="do-code",
        lines=tuple(range(244, 251)),
        kind="code",
        printed="""model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=[28, 28]),
    keras.layers.Dropout(rate=0.2),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(rate=0.2),
    keras.layers.Dense(10, activation="softmax")
])""",
        verdict="correct",
        why="runs, with a warning that an Input should say the shape; the rate is that of dropping, and what is kept is divided "
        "by 0.8 in training",
        evidence=(
            Run("dropped_out", "101770 parameters; no Dropout follows the output"),
            Run("input_shape", "warns: prefer an Input"),
            IN_KERAS,
            Known("dropout", "the mean in training is the input"),
        ),
        source=KERAS,
        literal=TRAINING,
        canonical=TRAINING,
    ),
)  # fmt: skip
