"""What scikit-learn's multilayer perceptrons are made of."""

import sklearn

from gradspec.conformance.bundled import activations, losses, monitors
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor


def implementation(name: str) -> Implementation:
    """Build `sklearn`."""
    library = Implementation(
        name,
        version=str(sklearn.__version__),
        arrays="numpy",
        claims=dict.fromkeys(vendor("sklearn").rows, "sklearn"),
        dtypes=("float64", "float32"),
    )
    activations.register_sklearn(library)
    losses.register_sklearn(library)
    library.monitor("early_stopping")(monitors.sklearn_early_stopping())
    return library
