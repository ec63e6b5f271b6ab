"""kornia: affine warps of images."""

import kornia

from gradspec.conformance.bundled import augmentation
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor


def implementation(name: str) -> Implementation:
    """Build `kornia`."""
    library = Implementation(
        name,
        version=str(kornia.__version__),
        arrays="torch",
        claims=dict.fromkeys(vendor("kornia").rows, "kornia"),
        dtypes=("float64", "float32"),
    )
    augmentation.register_kornia(library)
    return library
