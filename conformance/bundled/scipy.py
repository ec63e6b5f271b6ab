"""scipy.ndimage: affine warps of images."""

import scipy

from gradspec.conformance.bundled import augmentation
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor


def implementation(name: str) -> Implementation:
    """Build `scipy`."""
    library = Implementation(
        name,
        version=str(scipy.__version__),
        arrays="numpy",
        claims=dict.fromkeys(vendor("scipy").rows, "scipy"),
        dtypes=("float64", "float32"),
    )
    augmentation.register_scipy(library)
    return library
