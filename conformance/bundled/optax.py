"""optax: its aliases of optimizers, losses and clipping. AMSGrad is an alias of its own there, offered here as Adam's option."""

from typing import Any

import optax

from gradspec.conformance.bridges.optax import optax_transform
from gradspec.conformance.bundled import losses, row
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor


def implementation(name: str) -> Implementation:
    """Build `optax`."""
    library = Implementation(
        name,
        version=str(optax.__version__),
        arrays="jax",
        claims=dict.fromkeys(vendor("optax").rows, "optax"),
        dtypes=("float64", "float32"),
        subnormal="flush",
        environment=row(name).environment,
    )
    library.optimizer("gradient_descent")(optax_transform(optax.sgd, momentum=None, nesterov=False))
    library.optimizer("momentum")(optax_transform(optax.sgd, nesterov=False))
    library.optimizer("nesterov")(optax_transform(optax.sgd, nesterov=True))
    library.optimizer("adagrad")(optax_transform(optax.adagrad))
    library.optimizer("rmsprop")(optax_transform(optax.rmsprop))
    library.optimizer("adam")(optax_transform(adam))
    losses.register_optax(library)
    return library


def adam(
    learning_rate: Any,
    b1: float,
    b2: float,
    eps: float,
    eps_root: float = 0.0,
    *,
    nesterov: bool = False,
    amsgrad: bool = False,
) -> Any:
    """Call `optax.adam`, or `optax.amsgrad`, which has no `nesterov`."""
    if amsgrad:
        if nesterov:
            raise NotImplementedError("optax.amsgrad has no nesterov")
        return optax.amsgrad(learning_rate, b1, b2, eps, eps_root)
    return optax.adam(learning_rate, b1, b2, eps, eps_root, nesterov=nesterov)
