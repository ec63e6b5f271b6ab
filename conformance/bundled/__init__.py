"""The adapters that ship with gradspec, as a table. Reading it imports no framework.

Each row's module has `implementation(name) -> Implementation`, to be called in a process whose environment
holds the row's `environment` before anything is imported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

DISTRIBUTIONS = {"sklearn": "scikit-learn"}  # where the name to install is not that to import
HALF = ("bfloat16", "float16")
JAX = {"JAX_ENABLE_X64": "true", "JAX_PLATFORMS": "cpu"}


@dataclass(frozen=True)
class Expectation:
    """A known defect: `rule` gets the verdict `none` or `mixed` in `dtypes` and `versions`.

    Versions are compared without the local part (`2.13.0+cpu` is `2.13.0`).
    """

    rule: str
    dtypes: tuple[str, ...]
    versions: tuple[str, ...]
    reason: str
    link: str

    def applies(self, rule: str, dtype: str, version: str) -> bool:
        """Tell whether the defect is expected of this result."""
        return rule == self.rule and dtype in self.dtypes and version.partition("+")[0] in self.versions


@dataclass(frozen=True)
class Bundled:
    """One adapter: where it lives, what must be importable, and what its process needs."""

    name: str
    module: str
    requires: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    expected: tuple[Expectation, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """List the required modules that are not installed; nothing is imported."""
        return tuple(module for module in self.requires if find_spec(module) is None)

    @property
    def install(self) -> str:
        """The line that installs what it needs."""
        return f"pip install {' '.join(DISTRIBUTIONS.get(module, module) for module in self.requires)}"


KERAS_FLOAT64 = Expectation(
    "batch_normalization",
    ("float64",),
    ("3.15.1",),
    "batch normalization computes in float32 under a float64 policy",
    "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/layers/normalization/batch_normalization.py",
)
KERAS_ONE_PASS = Expectation(
    "batch_normalization",
    ("float32",),
    ("3.15.1",),
    "the torch backend takes the variance in one pass, E[x²] − E[x]², as the JAX backend once did",
    "https://github.com/keras-team/keras/pull/18795",
)
KERAS_TRUNCATION = tuple(
    Expectation(
        rule,
        ("float64", "float32"),
        ("3.15.1",),
        "truncated_normal keeps the first of four candidates when all of them are outside the cut",
        "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/torch/random.py#L113",
    )
    for rule in ("glorot_normal", "he_normal", "lecun_normal")
)
KERAS_LOSSES_FLOAT64 = tuple(
    Expectation(
        rule,
        ("float64",),
        ("3.15.1",),
        "operations with Python numbers are done in float32 under a float64 policy",
        "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/common/dtypes.py",
    )
    for rule in ("cross_entropy", "mean_squared_error", "feedforward_network")
)
KERAS_DENSE_FLOAT64 = Expectation(
    "dense",
    ("float64",),
    ("3.15.1",),
    "matrices of float64 are multiplied in float32",
    "https://github.com/keras-team/keras/issues/23704",
)
KERAS_CLIPPING_FLOAT64 = tuple(
    Expectation(
        rule,
        ("float64",),
        ("3.15.1",),
        "the norm is computed in float32 under a float64 policy",
        "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/optimizers/base_optimizer.py#L1108",
    )
    for rule in ("clip_by_norm", "clip_by_global_norm", "l1", "l2")
)
KORNIA_ONE_PIXEL = Expectation(
    "shift",
    ("float64", "float32"),
    ("0.9.0",),
    "an image of one pixel is not moved: coordinates are divided by the size less one",
    "https://github.com/kornia/kornia/blob/main/kornia/geometry/conversions.py",
)
FLAX_ONE_PASS = Expectation(
    "batch_normalization",
    ("float64", "float32"),
    ("0.12.8",),
    "use_fast_variance takes the variance in one pass by default",
    "https://github.com/google/flax/issues/1491",
)

BUNDLED = (
    Bundled("gradspec/numpy", "gradspec.conformance.bundled.gradspec_numpy", ("numpy",)),
    Bundled("gradspec/torch", "gradspec.conformance.bundled.gradspec_torch", ("torch",)),
    Bundled("torch", "gradspec.conformance.bundled.torch", ("torch",)),
    Bundled("torch/loop", "gradspec.conformance.bundled.torch", ("torch",)),
    Bundled("torch/foreach", "gradspec.conformance.bundled.torch", ("torch",)),
    Bundled(
        "torch/fused",
        "gradspec.conformance.bundled.torch",
        ("torch",),
        expected=tuple(
            Expectation(
                rule,
                HALF,
                ("2.13.0",),
                "fused SGD on the CPU leaves whole vector blocks unchanged",
                "https://github.com/pytorch/pytorch/issues/191763",
            )
            for rule in ("gradient_descent", "momentum", "nesterov")
        ),
    ),
    Bundled(
        "keras/torch",
        "gradspec.conformance.bundled.keras",
        ("keras", "torch"),
        {"KERAS_BACKEND": "torch"},
        (
            KERAS_FLOAT64,
            KERAS_DENSE_FLOAT64,
            KERAS_ONE_PASS,
            *KERAS_TRUNCATION,
            *KERAS_LOSSES_FLOAT64,
            *KERAS_CLIPPING_FLOAT64,
        ),
    ),
    Bundled(
        "keras/jax",
        "gradspec.conformance.bundled.keras",
        ("keras", "jax"),
        {"KERAS_BACKEND": "jax", **JAX},
        (KERAS_FLOAT64, *KERAS_LOSSES_FLOAT64),
    ),
    Bundled("optax", "gradspec.conformance.bundled.optax", ("optax", "jax"), JAX),
    Bundled("flax", "gradspec.conformance.bundled.flax", ("flax", "jax"), JAX, (FLAX_ONE_PASS,)),
    Bundled("jax", "gradspec.conformance.bundled.jax", ("jax",), JAX),
    Bundled("scipy", "gradspec.conformance.bundled.scipy", ("scipy",)),
    Bundled("kornia", "gradspec.conformance.bundled.kornia", ("kornia", "torch"), {}, (KORNIA_ONE_PIXEL,)),
    Bundled("sklearn", "gradspec.conformance.bundled.sklearn", ("sklearn",)),
)


def row(name: str) -> Bundled:
    """Find the row of that name."""
    return next(entry for entry in BUNDLED if entry.name == name)


def rows(prefix: str) -> tuple[Bundled, ...]:
    """Find the rows of a name, or of the part before its slash: `torch` gives `torch/loop` and two more."""
    return tuple(entry for entry in BUNDLED if entry.name == prefix or entry.name.startswith(f"{prefix}/"))
