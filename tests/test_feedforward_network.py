"""The lecture's classifier, trained: every step of the fast backend, and of Keras, against the exact formulas.

A step is the derived gradient of the network put into the formula of gradient descent: one program, whose bound
follows from the formulas as that of any rule does. Every epoch is judged from the parameters that were observed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from sympy import Indexed, IndexedBase, Integer
from sympy.core.function import AppliedUndef
from tests.libraries import LIBRARIES, Library

from gradspec.conformance.case import FunctionCase, Outcome
from gradspec.conformance.scoring import Scores, score
from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.functions import Values
from gradspec.spec import Program, rule
from gradspec.spec.networks.feedforward_network import PARAMETERS, loss
from gradspec.spec.symbols import eta, w

FEATURES, UNITS, CLASSES, EXAMPLES = 2, 4, 3, 12  # lines 36-42 of the deck; one batch of Keras, which are 32 at most
EPOCHS, RATE = 30, 0.01  # line 45, and Keras's learning rate for "sgd"
SHAPES = ((FEATURES, UNITS), (UNITS,), (UNITS, CLASSES), (CLASSES,))

EPSILON = 1e-7  # of Keras

Parameters = Sequence[np.ndarray]
Step = Callable[[Parameters], tuple[float, list[np.ndarray]]]  # parameters -> loss before, parameters after


@cache
def training_step(clip: str) -> Program:
    """The program (x, labels, parameters) -> (next parameters, loss) at a learning rate."""
    network = rule("feedforward_network").program({"clip": clip}, ("derivative",))
    descent = rule("gradient_descent").program().formula(w)
    let = {**network.let, network.arrays[-1].symbol: Integer(1)}
    update = {}
    for base, (target, gradient) in zip(PARAMETERS, network.update.items(), strict=True):
        assert isinstance(target, Indexed)
        let[target] = gradient
        (call,) = descent.atoms(AppliedUndef)
        moved = IndexedBase(f"next_{base.label}", shape=base.shape, real=True)[target.indices]
        update[moved] = descent.xreplace({call: target}).xreplace({w: base[target.indices]})
    update[loss] = let.pop(loss)
    symbols = {**network.symbols, "learning_rate": eta}
    return Program("training_step", next(iter(update)), let, update, {}, symbols, network.arrays[:-1])


def _examples() -> tuple[np.ndarray, np.ndarray]:
    """A cloud of points for each class; every number is one of float32."""
    random = np.random.default_rng(7)
    labels = random.permutation(np.arange(EXAMPLES) % CLASSES)
    centres = np.array([[1.5, 0.0], [-1.0, 1.25], [-0.5, -1.5]])
    return (centres[labels] + random.standard_normal((EXAMPLES, FEATURES)) / 2).astype("float32"), labels


X, LABELS = _examples()


def start(dtype: str) -> list[np.ndarray]:
    """Glorot's weights and no biases, as Keras has them, in numbers of float32."""
    random = np.random.default_rng(11)
    bounds = (np.sqrt(6 / sum(shape)) for shape in SHAPES)
    drawn = (random.uniform(-b, b, s) * (len(s) == 2) for s, b in zip(SHAPES, bounds, strict=True))
    return [p.astype("float32").astype(dtype) for p in drawn]


def judged(
    dtype: str,
    clip: str,
    before: Parameters,
    after: Parameters,
    cost: float,
    data: tuple[np.ndarray, np.ndarray] = (X, LABELS),
) -> Scores:
    """How far one step is from the exact one, in derived bounds; outputs are the parameters, then the loss."""
    arrays = tuple(Values(a.shape, tuple(map(float, a.ravel()))) for a in (*data, *before))
    numbers = {"learning_rate": RATE, "epsilon": EPSILON}
    case = FunctionCase("step", "feedforward_network", dtype, 0, "", arrays, numbers, {})
    rows = tuple(tuple(map(float, a.ravel())) for a in (*after, np.array(cost)))
    return score(training_step(clip), case, Outcome(rows, None), arithmetic(dtype))


def fit(step: Step, dtype: str, epochs: int, clip: str = "none") -> tuple[list[float], float]:
    """Train, judging every step from where the one before ended: the losses and the worst score."""
    parameters, losses, worst = start(dtype), [], 0.0
    for _ in range(epochs):
        cost, after = step(parameters)
        scores = judged(dtype, clip, parameters, after, cost)
        assert scores.accepted, (len(losses), scores.first_rejection(), scores.worst)
        assert all(s is not None for row in scores.rows for s in row)
        parameters, worst = after, max(worst, scores.worst)
        losses.append(cost)
    return losses, worst


def fast_step(library: Library, dtype: str, clip: str) -> Step:
    """The step of the fast backend."""

    def made(array: np.ndarray) -> Any:
        return library.make(array.tolist(), dtype)

    labels = library.make(LABELS.tolist(), "int64")

    def step(parameters: Parameters) -> tuple[float, list[np.ndarray]]:
        first, first_bias, second, second_bias = map(made, parameters)
        layers = [(first, first_bias, "relu"), (second, second_bias, "softmax")]
        cost, after = library.functions.feedforward_network_step(
            made(X), labels, layers, learning_rate=RATE, dialect={"clip": clip}
        )
        return float(cost), [np.asarray(p) for layer in after for p in layer[:2]]

    return step


def autograd_step(dtype: str, rate: float = RATE, reduction: str = "mean", **changed: Callable[..., Any]) -> Step:
    """The step as torch's own modules take it, or one that is changed."""
    relu = changed.get("relu", torch.relu)
    cost_of = changed.get("loss", lambda z, y: torch.nn.functional.cross_entropy(z, y, reduction=reduction))

    def step(parameters: Parameters) -> tuple[float, list[np.ndarray]]:
        leaves = [torch.tensor(p.tolist(), dtype=getattr(torch, dtype), requires_grad=True) for p in parameters]
        first, first_bias, second, second_bias = leaves
        hidden = relu(torch.tensor(X, dtype=first.dtype) @ first + first_bias)
        cost = cost_of(hidden @ second + second_bias, torch.tensor(LABELS))
        cost.backward()
        torch.optim.SGD(leaves, lr=rate).step()
        return cost.item(), [p.detach().numpy() for p in leaves]

    return step


BACKENDS = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)


@pytest.mark.parametrize("clip", ["none", "both"])
@BACKENDS
def test_every_epoch_of_the_lectures_fit_is_the_exact_step_within_its_bound(library: Library, clip: str) -> None:
    losses, _ = fit(fast_step(library, "float64", clip), "float64", EPOCHS, clip)

    assert sorted(losses, reverse=True) == losses  # it learns
    assert len(set(losses)) == EPOCHS


@BACKENDS
def test_the_first_steps_in_float32_are_exact_within_their_bound(library: Library) -> None:
    losses, worst = fit(fast_step(library, "float32", "none"), "float32", 10)

    assert losses[-1] < losses[0]
    assert worst > 0  # something was rounded


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_modules_of_torch_take_the_exact_step_within_its_bound(dtype: str) -> None:
    losses, _ = fit(autograd_step(dtype), dtype, 10)

    assert losses[-1] < losses[0]


WRONG: dict[str, Step] = {
    "a learning rate off by one in a million": autograd_step("float64", RATE * (1 + 1e-6)),
    "a sum for a mean": autograd_step("float64", reduction="sum"),
    "a hidden layer without activation": autograd_step("float64", relu=lambda z: z),
    "a leaky hidden layer": autograd_step("float64", relu=lambda z: torch.nn.functional.leaky_relu(z, 1e-6)),
    "a softmax too many": autograd_step(
        "float64", loss=lambda z, y: torch.nn.functional.cross_entropy(torch.softmax(z, 1), y)
    ),
    "labels smoothed": autograd_step(
        "float64", loss=lambda z, y: torch.nn.functional.cross_entropy(z, y, label_smoothing=1e-6)
    ),
    "no step": lambda parameters: (autograd_step("float64")(parameters)[0], list(parameters)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_step_is_rejected(name: str) -> None:
    before = start("float64")
    cost, after = WRONG[name](before)

    assert not judged("float64", "none", before, after, cost).accepted


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own variables
@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`:UserWarning")  # the deck does
def test_keras_trains_the_lectures_network_step_by_step_as_the_formulas_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deck's snippet, but for imports, data and where it starts; Keras takes the loss from clipped probabilities."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # read when Keras is imported first
    keras = import_module("keras")
    model = keras.models.Sequential()
    model.add(keras.layers.Dense(UNITS, input_shape=(FEATURES,), activation="relu"))
    model.add(keras.layers.Dense(CLASSES, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    model.set_weights(start("float32"))
    seen = [(float("nan"), model.get_weights())]
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((logs["loss"], model.get_weights()))
    )
    model.fit(X, LABELS, epochs=EPOCHS, callbacks=[watch], verbose=0)

    assert len(seen) == EPOCHS + 1
    assert seen[-1][0] < seen[1][0]
    for epoch, ((_, before), (cost, after)) in enumerate(pairwise(seen)):
        scores = judged("float32", "both", before, after, cost)
        assert scores.accepted, (epoch, scores.first_rejection(), scores.worst)
