"""Keras 3, whose backend KERAS_BACKEND chooses before Keras is imported."""

import keras

from gradspec.conformance.bridges.keras import keras_optimizer
from gradspec.conformance.bundled import (
    activations,
    augmentation,
    initializers,
    layers,
    losses,
    monitors,
    networks,
    row,
)
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor


def implementation(name: str) -> Implementation:
    """Build `keras/torch` or `keras/jax`."""
    backend = name.removeprefix("keras/")
    if keras.config.backend() != backend:
        raise RuntimeError(f"Keras runs on {keras.config.backend()} here; {name} needs KERAS_BACKEND={backend}")
    library = Implementation(
        name,
        version=str(keras.__version__),
        arrays="numpy",
        claims=dict.fromkeys(vendor("keras").rows, "keras"),
        dtypes=("float64", "float32"),
        subnormal="flush" if backend == "jax" else "kept",
        environment=row(name).environment,
    )
    optimizers = keras.optimizers
    library.optimizer("gradient_descent")(keras_optimizer(optimizers.SGD, momentum=0.0, nesterov=False))
    library.optimizer("momentum")(keras_optimizer(optimizers.SGD, nesterov=False))
    library.optimizer("nesterov")(keras_optimizer(optimizers.SGD, nesterov=True))
    library.optimizer("adagrad")(keras_optimizer(optimizers.Adagrad))
    library.optimizer("rmsprop")(keras_optimizer(optimizers.RMSprop))
    library.optimizer("adam")(keras_optimizer(optimizers.Adam))
    activations.register_keras(library)
    losses.register_keras(library)
    networks.register_keras(library)
    augmentation.register_keras(library)
    for rule, layer in layers.keras_layers().items():
        library.layer(rule)(layer)
    library.monitor("early_stopping")(monitors.keras_early_stopping())
    for rule, draw in initializers.keras_initializers().items():
        library.sampler(rule)(draw)
    return library
