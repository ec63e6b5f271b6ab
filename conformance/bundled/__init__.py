"""The adapters that ship with gradspec, as a table. Reading it imports no framework.

Each row's module has `implementation(name) -> Implementation`, to be called in a process whose environment
holds the row's `environment` before anything is imported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

HALF = ("bfloat16", "float16")
JAX = {"JAX_ENABLE_X64": "true", "JAX_PLATFORMS": "cpu"}


@dataclass(frozen=True)
class Expectation:
    """A known defect: `rule` gets the verdict `none` in `dtypes` and `versions`.

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
    """One adapter: where it lives, what must be importable, what its process needs, and how to install it."""

    name: str
    module: str
    requires: tuple[str, ...]
    install: str
    environment: Mapping[str, str] = field(default_factory=dict)
    expected: tuple[Expectation, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """List the required modules that are not installed; nothing is imported."""
        return tuple(module for module in self.requires if find_spec(module) is None)


OWN = "pip install gradspec"
TORCH = "pip install 'gradspec[torch]'"
PEERS = "pip install 'gradspec[peers]'"
BOTH = "pip install 'gradspec[peers,torch]'"

BUNDLED = (
    Bundled("gradspec/numpy", "gradspec.conformance.bundled.gradspec_numpy", ("numpy",), OWN),
    Bundled("gradspec/torch", "gradspec.conformance.bundled.gradspec_torch", ("torch",), TORCH),
    Bundled("torch/loop", "gradspec.conformance.bundled.torch", ("torch",), TORCH),
    Bundled("torch/foreach", "gradspec.conformance.bundled.torch", ("torch",), TORCH),
    Bundled(
        "torch/fused",
        "gradspec.conformance.bundled.torch",
        ("torch",),
        TORCH,
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
        BOTH,
        {"KERAS_BACKEND": "torch"},
    ),
    Bundled(
        "keras/jax",
        "gradspec.conformance.bundled.keras",
        ("keras", "jax"),
        PEERS,
        {"KERAS_BACKEND": "jax", **JAX},
    ),
    Bundled("optax", "gradspec.conformance.bundled.optax", ("optax", "jax"), PEERS, JAX),
)


def names() -> tuple[str, ...]:
    """List the names of the bundled adapters."""
    return tuple(entry.name for entry in BUNDLED)


def row(name: str) -> Bundled:
    """Find the row of that name."""
    for entry in BUNDLED:
        if entry.name == name:
            return entry
    raise KeyError(f"no bundled adapter {name!r}; there are {', '.join(names())}")


def rows(prefix: str) -> tuple[Bundled, ...]:
    """Find the rows of a name, or of the part before its slash: `torch` gives `torch/loop` and two more."""
    return tuple(entry for entry in BUNDLED if entry.name == prefix or entry.name.startswith(f"{prefix}/"))
