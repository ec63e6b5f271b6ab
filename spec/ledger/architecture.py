"""The first network and the trouble with large ones: lines 22-71."""

from sympy import Expr, Integer, Rational, Symbol, diff, log, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every
from ..example import worked_example
from ..losses.cross_entropy import predictions
from ..losses.mean_squared_error import MEAN_SQUARED_ERROR
from ..networks import dense
from ..networks import feedforward_network as network
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import eta, gradient, i, j, w
from .entry import Cited, Entry, Form, Known, Measured, Point, Run, Shown, Witness
from .measures import settings, value

R = Rational
BOOK = Source("Goodfellow, Bengio & Courville 2016", "chapter 6")
BATCHES = Source("Goodfellow, Bengio & Courville 2016", "section 8.1.3")
LOSS = Source("Goodfellow, Bengio & Courville 2016", "section 6.2.2")
KERAS = Source("Keras 3.15.1", "keras/src/optimizers; keras/src/trainers")
NETWORK, DESCENT = Form("feedforward_network"), Form("gradient_descent")
PARTS = Known("feedforward_network", "it is two dense layers, a rectified unit and the cross entropy")
TRAINED = Run(
    "gradient_descent",
    "27 parameters for 2 features, 4 units and 3 classes; SGD of rate 0.01 and momentum 0; an epoch of 32 examples takes 1 "
    "step, of 33 2",
)
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def _one_layer_adds_up(rule: Rule) -> Boolean:
    """For (0, 0) a unit gives its bias, and with it for (1, 1) what it gives for (0, 1) and (1, 0), whatever its weights."""
    first, second, shift = symbols("w_1 w_2 b", real=True)
    arrays = {"x": CORNERS, "weights": ((first,), (second,)), "bias": (shift,)}
    sizes = {dense.n: 4, dense.p: 2, dense.u: 1}
    found = [worked_example(rule.program(), dense.y[i, j], sizes, (place, 0), **arrays) for place in range(4)]
    return every(equal(found[0], shift), equal(shift + found[3], found[1] + found[2]))


def _hidden_units_tell_corners_apart(rule: Rule) -> Boolean:
    """Of two hidden units, x_1 + x_2 and that less 1: the first class has the logit 1 where just one input is 1, else 0."""
    arrays = {
        "x": CORNERS, "labels": (0, 0, 0, 0), "hidden_weights": ((1, 1), (1, 1)), "hidden_bias": (0, -1),
        "output_weights": ((1, 0), (-2, 0)), "output_bias": (0, 0),
    }  # fmt: skip
    sizes = {network.n: 4, network.p: 2, network.h: 2, network.c: 2}
    logits = [worked_example(rule.program(), network.logit[i, j], sizes, (place, 0), **arrays) for place in range(4)]
    return every(*(equal(logit, wanted) for logit, wanted in zip(logits, (0, 1, 1, 0), strict=True)))


def gradient_of(targets: tuple[Expr, ...], prediction: Expr) -> Expr:
    """The slope of the mean squared error where every target is predicted by the same number."""
    point = Symbol("prediction", real=True)
    found = value(MEAN_SQUARED_ERROR.program(), {"predictions": (point,) * len(targets), "targets": targets})
    return diff(found, point).xreplace({point: prediction})


def after_an_epoch(program: Program, at: Point) -> Expr:
    """The weight after one pass over all targets, `batch` of them for every step, from 0."""
    targets, size = at["targets"], int(str(at["batch"]))
    if not isinstance(targets, tuple):
        raise TypeError(f"targets={targets!r}: must be a tuple of numbers; give one for every example")
    now: Expr = Integer(0)
    for start in range(0, len(targets), size):
        slope = gradient_of(targets[start : start + size], now)
        now = program.formula(w).xreplace({gradient(w): slope, w: now, **settings(program, at)})
    return now


def _batches_are_unbiased(rule: Rule) -> Boolean:
    """Steps from one place for each of two examples are on average the step for both."""
    first, second, here = symbols("target_1 target_2 prediction", real=True)

    def step(*targets: Expr) -> Expr:
        slope = value(rule.program(), {"predictions": (here,) * len(targets), "targets": targets})
        return eta * diff(slope, here)

    return equal((step(first) + step(second)) / 2, step(first, second))


def _minus_the_logarithm(rule: Rule) -> Boolean:
    """Of the share of the label; of a share of 1/2 that is log 2."""
    shares, sizes = (R(1, 4), R(1, 2), R(1, 4)), dict(zip(predictions.shape, (1, 3), strict=True))
    program = rule.program({"input": "probabilities", "renormalise": "yes", "clip": "none"})
    found = worked_example(program, rule.parameter, sizes, predictions=(shares,), labels=(1,))
    return equal(found, log(Integer(2)))


ENTRIES = (
    Entry(
        id="arch-1",
        lines=(22, 24, 25, 26),
        kind="text",
        printed="one input layer, one or more hidden layers, one output layer",
        verdict="convention",
        why="other works call a network without hidden layers feedforward too; it can do less, which a hidden layer makes up for",
        evidence=(
            Shown("dense", Claim("one layer gives in all as much for (0,0), (1,1) as for (0,1), (1,0)", _one_layer_adds_up)),
            Shown(
                "feedforward_network",
                Claim("two hidden units tell (0,1) and (1,0) from (0,0) and (1,1)", _hidden_units_tell_corners_apart),
            ),
            Cited(BOOK),
        ),
        source=BOOK,
        canonical=NETWORK,
    ),
    Entry(
        id="fnn-code-1",
        lines=tuple(range(37, 45)),
        kind="code",
        printed="""n_output = 3
n_hidden = 4
n_features = 2
model = keras.models.Sequential()
model.add(keras.layers.Dense(n_hidden, input_shape=(n_features,), activation="relu"))
model.add(keras.layers.Dense(n_output, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=30)""",
        verdict="correct",
        why="runs, with a warning that an Input should say the shape: two layers of 2·4 + 4 and 4·3 + 3 parameters",
        evidence=(PARTS, TRAINED, Run("input_shape", "warns: prefer an Input")),
        source=KERAS,
        literal=NETWORK,
        canonical=NETWORK,
    ),
    Entry(
        id="fnn-opt-1",
        lines=(43,),
        kind="code",
        printed='model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])',
        verdict="convention",
        why="no batch size is given, so that Keras takes a step for every 32 examples, where the deck's formula has the "
        "gradient of the whole cost; steps of batches are right on average",
        evidence=(
            TRAINED,
            Witness(
                measured="prediction after a pass over the targets 0 and 1 from 0, all at once beside one after the other",
                at={"targets": (R(0), R(1)), "learning_rate": R(1, 4), "batch": R(1)},
                printed=Measured(DESCENT, lambda program, at: after_an_epoch(program, {**at, "batch": 2})),
                canonical=Measured(DESCENT, after_an_epoch),
            ),
            Shown("mean_squared_error", Claim("steps for each of two examples average the step for both", _batches_are_unbiased)),
        ),
        source=BATCHES,
        literal=DESCENT,
        canonical=DESCENT,
    ),
    Entry(
        id="fnn-loss-1",
        lines=(43,),
        kind="code",
        printed='loss="sparse_categorical_crossentropy"',
        verdict="correct",
        why="named, and not worked out: minus the logarithm of the share that the label is given, of shares that a softmax made",
        evidence=(
            Shown("cross_entropy", Claim("of a label whose share is 1/2 it is log 2", _minus_the_logarithm)),
            Known("cross_entropy", "the gradient from logits is the softmax less the label"),
            Run("cross_entropy", "0.69315 for a label whose share is 1/2"),
        ),
        source=LOSS,
        canonical=Form("cross_entropy", {"input": "probabilities", "renormalise": "yes", "clip": "both"}),
    ),
    Entry(
        id="chal-1",
        lines=(52, 53, 54, 68, 69, 70, 71),
        kind="text",
        printed="many parameters fit much and overfit; lower layers are hard to train; large networks train slowly",
        verdict="empirical",
        why="what happens in practice; none of the methods that follow takes a parameter away, they restrain all of them",
        evidence=(),
        source=Source("Goodfellow, Bengio & Courville 2016", "section 5.2"),
    ),
)  # fmt: skip
