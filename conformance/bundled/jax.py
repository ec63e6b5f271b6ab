"""jax.nn, on arrays of jax."""

import jax

from gradspec.conformance.bundled import activations, initializers, losses, networks, row
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor


def implementation(name: str) -> Implementation:
    """Build `jax`."""
    library = Implementation(
        name,
        version=str(jax.__version__),
        arrays="jax",
        claims=dict.fromkeys(vendor("jax").rows, "jax"),
        dtypes=("float64", "float32"),
        subnormal="flush",
        environment=row(name).environment,
    )
    activations.register_jax(library)
    losses.register_jax(library)
    networks.register_jax(library)
    for rule, draw in initializers.jax_initializers().items():
        library.sampler(rule)(draw)
    return library
