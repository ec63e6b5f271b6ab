"""What the deck's lines against overfitting do, each as a function of the module `keras` that says in words what came of it.

A helper that several modules need is in `snippets_keras`.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .snippets_keras import _classifier, _column, _numbers

Logs = Sequence[Mapping[str, float]]

ACCURACIES = (0.50, 0.54, 0.58, 0.62, 0.66, 0.70)
PLACEHOLDER = """
from tensorflow.keras.callbacks import EarlyStopping
model = tf.keras.models.Sequential(...)
"""  # lines 115 and 118; parsed, never run


# -- the first network -------------------------------------------------------------------------------------------


def _cross_entropy(keras: Any) -> str:
    shares = keras.ops.convert_to_tensor([[0.25, 0.5, 0.25]], dtype="float32")
    labels = keras.ops.convert_to_tensor([1])
    (found,) = _numbers(keras, keras.losses.sparse_categorical_crossentropy(labels, shares))
    return f"{found:.5f} for a label whose share is 1/2"


# -- early stopping ----------------------------------------------------------------------------------------------


def _ellipsis(keras: Any) -> str:
    tree = ast.parse(PLACEHOLDER)
    bound = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
             for alias in node.names}  # fmt: skip
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    free = sorted({node.id for node in names} - bound - set(dir(builtins)))
    try:
        keras.models.Sequential(...)
    except TypeError as error:
        return f"TypeError: {error}; {' and '.join(free)} is imported by no line"
    return f"accepted; {' and '.join(free)} is imported by no line"


def _small_model(keras: Any) -> Any:
    """A compiled classifier of one weight and bias for each of two classes."""
    model = keras.models.Sequential([keras.layers.Input([1]), keras.layers.Dense(2, activation="softmax")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _watched(keras: Any, logs: Logs, **settings: Any) -> tuple[int, int]:
    """After which epoch training ends, and of which epoch the weights are then; every weight is the epoch's number."""
    model, watcher = _small_model(keras), keras.callbacks.EarlyStopping(**settings)
    examples, labels = _column(keras, 0.0, 1.0), keras.ops.convert_to_tensor([0, 1])
    model.evaluate(examples, labels, verbose=0)  # builds the metrics, of which the callback asks which way is up
    watcher.set_model(model)
    watcher.on_train_begin()
    model.stop_training = False
    ended = 0
    for ended, log in enumerate(logs, 1):
        model.set_weights([0 * one + ended for one in model.get_weights()])
        watcher.on_epoch_end(ended - 1, log)
        if model.stop_training:
            break
    watcher.on_train_end()
    return ended, int(_numbers(keras, model.weights[0])[0])


def _early_stopping(keras: Any) -> str:
    """The deck's callback and its repair, where the error on other examples falls and then rises."""
    errors = (1.0, 0.9, 0.8, 0.7, 0.8, 0.9)
    logs = [{"accuracy": a, "val_loss": e} for a, e in zip(ACCURACIES, errors, strict=True)]
    printed, kept = _watched(keras, logs, monitor="accuracy", min_delta=0.05, patience=1)
    repaired, best = _watched(keras, logs, monitor="val_loss", patience=1, restore_best_weights=True)
    return (
        f"ends after epoch {printed} with the weights of epoch {kept}; with val_loss, and the best weights restored, after "
        f"epoch {repaired} with those of epoch {best}"
    )


def _patience_of_zero(keras: Any) -> str:
    """On all accuracies of six epochs that rise or fall by a tenth each."""
    paths = [[5.0]]
    for _ in range(5):
        paths = [[*path, path[-1] + step] for path in paths for step in (1, -1)]
    ends = [
        [
            _watched(keras, [{"accuracy": a / 10} for a in path], monitor="accuracy", patience=patience)[0]
            for path in paths
        ]
        for patience in (0, 1)
    ]
    return f"a patience of 0 ends training as one of 1 does on {sum(map(int.__eq__, *ends))} of {len(paths)} curves"


def _fit_stopped(keras: Any) -> str:
    """The call as it is printed, on examples of one class only, so that there is nothing to improve on for long."""
    examples, labels = _column(keras, *([0.0] * 8)), keras.ops.convert_to_tensor([0] * 8)
    model = _small_model(keras)
    model.set_weights([0 * one for one in model.get_weights()])
    watcher = keras.callbacks.EarlyStopping(monitor="accuracy", min_delta=0.05, patience=1)
    history = model.fit(examples, labels, epochs=500, callbacks=[watcher], verbose=0).history
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watcher = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1)
        without = len(model.fit(examples, labels, epochs=3, callbacks=[watcher], verbose=0).history["loss"])
    warned = any("which is not available" in str(one.message) for one in caught)
    return (
        f"reports {' and '.join(sorted(history))}, ends after {len(history['loss'])} of 500 epochs; val_loss without "
        f"validation data {'warns' if warned else 'does not warn'}, and runs {without} of 3"
    )


# -- penalties and constraints -----------------------------------------------------------------------------------


def _regularizer(keras: Any, name: str, strength: float) -> str:
    """Of three inputs, with 300 weights of 1/2 and 100 biases of 1."""
    regularizer = getattr(keras.regularizers, name)(strength)
    layer = keras.layers.Dense(100, activation="relu", kernel_regularizer=regularizer)
    layer.build((None, 3))
    layer.set_weights([0 * layer.get_weights()[0] + 0.5, 0 * layer.get_weights()[1] + 1])
    return f"300 weights of 0.5 and 100 biases of 1 cost {sum(float(one) for one in layer.losses):.5g}"


def _max_norm(keras: Any) -> str:
    """Of two columns, the first outside the ball and the second within."""
    layer = keras.layers.Dense(100, activation="relu", kernel_constraint=keras.constraints.max_norm(1.0))
    weights = keras.ops.convert_to_tensor([[3.0, 0.3], [4.0, 0.4]], dtype="float64")
    (a, c, b, d) = _numbers(keras, layer.kernel_constraint(weights))
    return f"(3, 4) becomes ({a:.9f}, {b:.9f}), and (0.3, 0.4) becomes ({c:.8f}, {d:.8f})"


def _dropout(keras: Any) -> str:
    layer = keras.layers.Dropout(rate=0.2)
    ones = keras.ops.ones((100, 100))
    training, afterwards = (
        " or ".join(f"{one:.6g}" for one in sorted(set(_numbers(keras, layer(ones, training=training)))))
        for training in (True, False)
    )
    return f"of 1 it makes {training} in training, {afterwards} afterwards"


def _dropped_out(keras: Any) -> str:
    """The deck's network of lines 244-250."""
    layers = keras.layers
    hidden = [layers.Dropout(rate=0.2), layers.Dense(128, activation="relu"), layers.Dropout(rate=0.2)]
    model = _classifier(keras, *hidden)
    last = type(model.layers[-1]).__name__
    return f"{model.count_params()} parameters; no Dropout follows the output" if last == "Dense" else f"ends in {last}"


SNIPPETS: dict[str, Callable[[Any], str]] = {
    "cross_entropy": _cross_entropy,
    "ellipsis": _ellipsis,
    "early_stopping": _early_stopping,
    "patience_of_zero": _patience_of_zero,
    "fit_stopped": _fit_stopped,
    "l1": partial(_regularizer, name="l1", strength=0.1),
    "l2": partial(_regularizer, name="l2", strength=0.01),
    "max_norm": _max_norm,
    "dropout": _dropout,
    "dropped_out": _dropped_out,
}
