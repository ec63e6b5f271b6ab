"""flax: linen's layers and activations, and its early stopping."""

import flax

from gradspec.conformance.bundled import activations, initializers, layers, monitors, networks, row
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor


def implementation(name: str) -> Implementation:
    """Build `flax`."""
    library = Implementation(
        name,
        version=str(flax.__version__),
        arrays="jax",
        claims=dict.fromkeys(vendor("flax").rows, "flax"),
        dtypes=("float64", "float32"),
        subnormal="flush",
        environment=row(name).environment,
    )
    activations.register_flax(library)
    networks.register_flax(library)
    for rule, layer in layers.flax_layers().items():
        library.layer(rule)(layer)
    library.monitor("early_stopping")(monitors.flax_early_stopping())
    for rule, draw in initializers.flax_initializers().items():
        library.sampler(rule)(draw)
    return library
