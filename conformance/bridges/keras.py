"""Any optimizer class of Keras 3 as an adapter, on any backend. Keras is imported when it starts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gradspec.conformance.bridges.names import Adapter, Spelling, adapter, learning_rate_argument

SPELLING: Spelling = {"beta_1": ("beta1",), "beta_2": ("beta2",)}
"""Argument names of keras.optimizers in Keras 3.15."""


def keras_optimizer(optimizer_class: Callable[..., Any], **fixed: Any) -> Adapter:
    """Adapt a Keras 3 optimizer class, for an `Implementation` with `arrays="numpy"`.

    `fixed` goes to the constructor as it is and is not on offer. Keras keeps the learning rate in a variable
    of floatx (`keras/src/optimizers/base_optimizer.py`), which is set to the judged dtype while the optimizer
    is constructed and restored afterwards: with float32, the default, a float64 parameter would step with
    `float32(learning_rate)`.
    """
    rate = learning_rate_argument(optimizer_class)

    def start(w: Any, arguments: dict[str, Any]) -> Callable[[Any, float], Any]:
        import keras

        variable = keras.Variable(w, dtype=w.dtype.name)
        optimizer: Any = None

        def step(gradient: Any, learning_rate: float) -> Any:
            nonlocal optimizer
            if optimizer is None:
                with floatx(w.dtype.name):
                    optimizer = optimizer_class(**arguments, **{rate: learning_rate})
                    optimizer.build([variable])
            optimizer.learning_rate = learning_rate
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
            return keras.ops.convert_to_numpy(variable)

        return step

    return adapter(optimizer_class, SPELLING, fixed, start)


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Change Keras's default float type for the length of a `with` block."""
    import keras

    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
