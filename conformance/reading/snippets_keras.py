"""What the deck's lines for Keras do, each as a function of the module `keras` that says in words what came of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

ACCEPTED = "accepted, and holds the numbers that it is given"
SETTINGS = {
    "sgd": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {"rho": 0.9}),
    "adam": ("Adam", {"beta_1": 0.9, "beta_2": 0.999}),
}


def _with_lr(keras: Any, name: str) -> str:
    optimizer, settings = SETTINGS[name]
    try:
        getattr(keras.optimizers, optimizer)(lr=0.001, **settings)
    except ValueError as error:
        return "ValueError: lr is not recognized" if "lr" in str(error) else f"ValueError: {error}"
    return "accepted"


def _with_learning_rate(keras: Any, name: str) -> str:
    optimizer, settings = SETTINGS[name]
    made = getattr(keras.optimizers, optimizer)(learning_rate=0.001, **settings)
    held = all(getattr(made, keyword) == value for keyword, value in settings.items())
    return ACCEPTED if held and abs(float(made.learning_rate) - 0.001) < 2**-30 else "holds other numbers"


def _biases(keras: Any) -> str:
    layer = keras.layers.Dense(10)
    layer.build((None, 3))
    return "0 everywhere" if not keras.ops.convert_to_numpy(layer.bias).any() else "not 0"


def _he_normal(keras: Any) -> str:
    """100,352 weights; with normal ones the variance is off by six standard errors twice in 10⁹ runs, these vary less."""
    layer = keras.layers.Dense(128, activation="relu", kernel_initializer="he_normal")
    layer.build((None, 784))
    weights = keras.ops.convert_to_numpy(layer.kernel).astype("float64")
    off = abs((weights**2).mean() * 784 / 2 - 1)
    if off > 6 * (2 / weights.size) ** 0.5:
        return f"variance off by the factor {1 + off:.3f}"
    return "variance 2/784, within six standard errors"


def _gradient_descent(keras: Any) -> str:
    """The deck's classifier, of lines 580-586, for two features, four hidden units and three classes."""
    model = keras.models.Sequential()
    model.add(keras.layers.Dense(4, input_shape=(2,), activation="relu"))
    model.add(keras.layers.Dense(3, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    steps = []
    for examples in (32, 33):
        features = keras.ops.convert_to_tensor([[k / examples, 1.0] for k in range(examples)])
        classes = keras.ops.convert_to_tensor([k % 3 for k in range(examples)])
        before = int(model.optimizer.iterations)
        model.fit(features, classes, epochs=30, verbose=0)
        steps.append((int(model.optimizer.iterations) - before) / 30)
    used = model.optimizer
    return (
        f"{model.count_params()} parameters for 2 features, 4 units and 3 classes; {type(used).__name__} of rate "
        f"{float(used.learning_rate):.6g} and momentum {float(used.momentum):g}; an epoch of 32 examples takes {steps[0]:g} "
        f"step, of 33 {steps[1]:g}"
    )


# -- activations -------------------------------------------------------------------------------------------------


def _numbers(keras: Any, values: Any) -> list[float]:
    """The elements of a tensor, one after the other."""
    return [float(one) for one in keras.ops.convert_to_numpy(values).ravel()]


def _column(keras: Any, *numbers: float) -> Any:
    """A batch of examples of one feature."""
    return keras.ops.convert_to_tensor([[one] for one in numbers], dtype="float32")


def _elu(keras: Any) -> str:
    layer = keras.layers.Dense(10, activation="elu")
    layer.build((None, 3))
    (value,) = _numbers(keras, layer.activation(_column(keras, -1.0)))
    return f"{layer.count_params()} parameters for 3 inputs; elu(-1) is {value:.5f}"


def _classifier(keras: Any, *hidden: Any) -> Any:
    """The deck's network for images of 28 by 28, with these layers between the image and the softmax."""
    first, last = keras.layers.Flatten(input_shape=[28, 28]), keras.layers.Dense(10, activation="softmax")
    return keras.models.Sequential([first, *hidden, last])


def _leaky_relu(keras: Any) -> str:
    layers = keras.layers
    model = _classifier(keras, layers.Dense(128, kernel_initializer="he_normal"), layers.LeakyReLU())
    (value,) = _numbers(keras, layers.LeakyReLU()(_column(keras, -1.0)))
    return f"{model.count_params()} parameters; gives {value:.7g} for -1"


def _rrelu(keras: Any) -> str:
    return "a layer" if hasattr(keras.layers, "RReLU") else "no such layer"


def _prelu(keras: Any) -> str:
    layer = keras.layers.PReLU()
    layer.build((None, 3))
    (slopes,) = layer.trainable_weights
    start = {f"{one:g}" for one in _numbers(keras, slopes)}
    return f"one slope for each of {slopes.shape[0]} inputs is trained, from {' and '.join(start)}"


def _input_shape(keras: Any) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = _classifier(keras)
    said = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    if not model.built:
        return "does not say what goes in"
    return "warns: prefer an Input" if any("input_shape" in text and "Input(" in text for text in said) else "accepted"


# -- batch normalization -----------------------------------------------------------------------------------------


def _batch_normalization(keras: Any) -> str:
    layer = keras.layers.BatchNormalization()
    layer(_column(keras, 1.0, 2.0, 6.0), training=True)
    (variance,) = _numbers(keras, layer.moving_variance)
    (alone,) = _numbers(keras, layer(_column(keras, 5.0), training=True))
    return f"{alone:g} for one example alone in training; variance {variance:.5f} after 1, 2 and 6; ε {layer.epsilon:g}"


def _normalised(keras: Any, layers: Sequence[Any]) -> str:
    """Count the parameters, and say what the last normalisation follows."""
    model = _classifier(keras, *layers)
    fixed = sum(len(_numbers(keras, one)) for one in model.non_trainable_weights)
    places = [k for k, layer in enumerate(model.layers) if isinstance(layer, keras.layers.BatchNormalization)]
    before = getattr(model.layers[places[-1] - 1], "activation", keras.activations.linear)
    follows = "no activation" if before is keras.activations.linear else "an activation"
    return f"{model.count_params()} parameters, {fixed} not trained; BatchNormalization follows {follows}"


def _normalised_behind(keras: Any) -> str:
    layers = keras.layers
    hidden = layers.Dense(128, activation="relu")
    return _normalised(keras, [layers.BatchNormalization(), hidden, layers.BatchNormalization()])


def _normalised_before(keras: Any) -> str:
    layers = keras.layers
    hidden = [layers.Dense(128, use_bias=False), layers.BatchNormalization(), layers.Activation("relu")]
    return _normalised(keras, [layers.BatchNormalization(), *hidden])


# -- optimizers ----------------------------------------------------------------------------------------------------


def _steps(keras: Any, name: str, gradient: Callable[[float], float], steps: int, **settings: Any) -> str:
    """Where a parameter of 1 is after each step, to five digits."""
    optimizer = getattr(keras.optimizers, name)(learning_rate=0.1, **settings)
    parameter = keras.Variable([1.0], dtype="float32")
    optimizer.build([parameter])
    places = [1.0]
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor([gradient(places[-1])], dtype="float32")], [parameter])
        places += _numbers(keras, parameter)
    return ", ".join(f"{place:.5g}" for place in places[1:])


def _momentum(keras: Any) -> str:
    return f"w after every step on w²/2: {_steps(keras, 'SGD', lambda place: place, 4, momentum=0.9)}"


def _nesterov(keras: Any) -> str:
    steps = _steps(keras, "SGD", lambda place: place, 4, momentum=0.9, nesterov=True)
    return f"w - βm after every step on w²/2: {steps}"


def _at_gradients_of_1(keras: Any, name: str, **settings: Any) -> str:
    return f"w after every step at gradients of 1: {_steps(keras, name, lambda place: 1.0, 3, **settings)}"


def _at_a_gradient_of_epsilon(keras: Any) -> str:
    return f"w after a step at a gradient of ε: {_steps(keras, 'Adam', lambda place: 1e-7, 1, epsilon=1e-7)}"


# -- gradient clipping -------------------------------------------------------------------------------------------


def _moves(keras: Any, optimizer: Any, *gradients: Sequence[float]) -> list[list[float]]:
    """How far a step at these gradients goes from parameters of 0, each over the learning rate, turned round."""
    parameters = [keras.Variable([0.0] * len(one), dtype="float32") for one in gradients]
    optimizer.build(parameters)
    tensors = [keras.ops.convert_to_tensor(one, dtype="float32") for one in gradients]
    optimizer.apply(tensors, parameters)
    rate = float(optimizer.learning_rate)
    return [[-one / rate for one in _numbers(keras, parameter)] for parameter in parameters]


def _clipvalue(keras: Any) -> str:
    optimizer = keras.optimizers.SGD(clipvalue=1.0)
    model = keras.models.Sequential([keras.layers.Input([1]), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=optimizer)
    loss = model.fit(_column(keras, 1.0, 2.0), _column(keras, 1.0, 2.0), epochs=1, verbose=0).history["loss"]
    (moves,) = _moves(keras, keras.optimizers.SGD(clipvalue=1.0), (3.0, -5.0))
    shown = ", ".join(f"{-one:.6g}" for one in moves)
    rate = float(optimizer.learning_rate)
    return f"{'trains' if len(loss) == 1 else 'does not train'}; the gradient [3, -5] moves weights by [{shown}] times {rate:.6g}"


def _clipped(keras: Any) -> str:
    """The deck's two examples, with as many digits as it prints."""
    settings = {"clipvalue": (1, 1), "clipnorm": (8, 7)}
    shown = []
    for name, digits in settings.items():
        optimizer = keras.optimizers.SGD(learning_rate=1.0, **{name: 1.0})
        (moves,) = _moves(keras, optimizer, (0.9, 100.0))
        shown.append(", ".join(f"{one:.{k}f}".removesuffix(".0") for one, k in zip(moves, digits, strict=True)))
    return f"by value [{shown[0]}], by norm [{shown[1]}]"


def _clipnorm_of_two(keras: Any) -> str:
    shown = []
    for name in ("clipnorm", "global_clipnorm"):
        moves = _moves(keras, keras.optimizers.SGD(learning_rate=1.0, **{name: 1.0}), (3.0,), (4.0,))
        shown.append(" and ".join(f"{one:.6g}" for (one,) in moves))
    return f"clipnorm makes 3 and 4 of two parameters {shown[0]}, global_clipnorm {shown[1]}"


SNIPPETS: dict[str, Callable[[Any], str]] = {
    **{f"{name}_lr": partial(_with_lr, name=name) for name in SETTINGS},
    "biases": _biases,
    "he_normal": _he_normal,
    "gradient_descent": _gradient_descent,
    "elu": _elu,
    "leaky_relu": _leaky_relu,
    "rrelu": _rrelu,
    "prelu": _prelu,
    "input_shape": _input_shape,
    "batch_normalization": _batch_normalization,
    "normalised_behind": _normalised_behind,
    "normalised_before": _normalised_before,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": partial(_at_gradients_of_1, name="Adagrad"),
    "adagrad_from_0": partial(_at_gradients_of_1, name="Adagrad", initial_accumulator_value=0),
    "rmsprop": partial(_at_gradients_of_1, name="RMSprop", rho=0.9),
    "adam": partial(_at_gradients_of_1, name="Adam"),
    "adam_at_small_gradients": _at_a_gradient_of_epsilon,
    "clipvalue": _clipvalue,
    "clipped": _clipped,
    "clipnorm_of_two": _clipnorm_of_two,
    **{f"{name}_lr_repaired": partial(_with_learning_rate, name=name) for name in SETTINGS},
}
