"""jax.nn, on arrays of jax."""

import jax

from gradspec.conformance.bundled import activations, row
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
    return library
