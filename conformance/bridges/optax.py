"""Any optax alias as an adapter. JAX and optax are imported when it starts."""

from collections.abc import Callable
from typing import Any

from gradspec.conformance.bridges.names import Adapter, Spelling, adapter, learning_rate_argument

SPELLING: Spelling = {
    "b1": ("beta1",),
    "b2": ("beta2",),
    "decay": ("rho",),
    "eps": ("epsilon",),
    "eps_root": ("epsilon_root",),
    "initial_scale": ("initial_accumulator_value",),
}
"""Argument names of the aliases in optax 0.2.8."""


def optax_transform(factory: Callable[..., Any], **fixed: Any) -> Adapter:
    """Adapt a factory like `optax.adam`, for an `Implementation` with `arrays="jax"` (or `"numpy"`).

    `fixed` goes to the factory as it is and is not on offer. The factory gets the learning rate as a
    schedule, optax's own way to change it, which returns the current value; updates therefore run op by op,
    since `jax.jit` would freeze it. `optax.inject_hyperparams` would also turn every hyperparameter into an
    array and so compute `1 - b1` in that array's dtype instead of in Python.
    """
    rate = learning_rate_argument(factory)

    def start(w: Any, arguments: dict[str, Any]) -> Callable[[Any, float], Any]:
        import jax
        import numpy
        import optax

        if w.dtype.name == "float64" and not jax.config.jax_enable_x64:
            raise RuntimeError("JAX computes in float32 here; set JAX_ENABLE_X64=true in the environment for float64")
        convert = numpy.asarray if isinstance(w, numpy.ndarray) else jax.numpy.asarray
        parameters = jax.numpy.array(w)
        current = 0.0
        transform = factory(**arguments, **{rate: lambda count: current})
        state = transform.init(parameters)

        def step(gradient: Any, learning_rate: float) -> Any:
            nonlocal current, parameters, state
            current = learning_rate
            updates, state = transform.update(jax.numpy.asarray(gradient), state, parameters)
            parameters = optax.apply_updates(parameters, updates)
            return convert(parameters)

        return step

    return adapter(factory, SPELLING, fixed, start)
