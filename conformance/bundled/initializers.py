"""The initializers of the frameworks and gradspec's own; each function imports only its own framework.

Every function returns `{rule: adapter}` with adapters `(shape, layout, seed, *, dtype, options) -> array` for
`Implementation.sampler`. An adapter refuses a layout that its framework does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

RULES = ("glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform")


@dataclass(frozen=True)
class Sampler:
    """An adapter in the layouts that it has; `accepts` names the options that `draw` takes by keyword."""

    draw: Callable[..., Any]  # (shape, seed, dtype, **options) -> array
    layouts: tuple[str, ...]
    accepts: frozenset[str] = frozenset()

    def __call__(self, shape: tuple[int, ...], layout: str, seed: int, *, dtype: str, **options: float) -> Any:
        if layout not in self.layouts:
            raise NotImplementedError(f"kernels are laid out {' or '.join(self.layouts)}")
        return self.draw(shape, seed, dtype, **({"layout": layout} if len(self.layouts) > 1 else {}), **options)


def torch_initializers() -> dict[str, Sampler]:
    """torch.nn.init; LeCun's is `kaiming_*` for a linear layer."""
    import torch

    def sampler(fill: Callable[..., Any], accepts: frozenset[str] = frozenset(), **fixed: Any) -> Sampler:
        def draw(shape: tuple[int, ...], seed: int, dtype: str, negative_slope: float = 0.0) -> Any:
            more = {"a": negative_slope} if accepts else {}
            weights = torch.empty(shape, dtype=getattr(torch, dtype))
            return fill(weights, generator=torch.Generator().manual_seed(seed), **fixed, **more)

        return Sampler(draw, ("out_in",), accepts)

    init, slope = torch.nn.init, frozenset({"negative_slope"})
    return {
        "glorot_normal": sampler(init.xavier_normal_),
        "glorot_uniform": sampler(init.xavier_uniform_),
        "he_normal": sampler(init.kaiming_normal_, slope),
        "he_uniform": sampler(init.kaiming_uniform_, slope),
        "lecun_normal": sampler(init.kaiming_normal_, nonlinearity="linear"),
        "lecun_uniform": sampler(init.kaiming_uniform_, nonlinearity="linear"),
    }


def keras_initializers() -> dict[str, Sampler]:
    """keras.initializers, on the backend in use; arrays are NumPy's."""
    import keras

    def sampler(rule: str) -> Sampler:
        def draw(shape: tuple[int, ...], seed: int, dtype: str) -> Any:
            initializer = getattr(keras.initializers, rule)(seed=seed)
            return keras.ops.convert_to_numpy(initializer(shape, dtype=dtype))

        return Sampler(draw, ("in_out",))

    return {rule: sampler(rule) for rule in RULES}


def jax_initializers(initializers: Any = None) -> dict[str, Sampler]:
    """jax.nn.initializers, which are told where the inputs and outputs are."""
    import jax

    module = jax.nn.initializers if initializers is None else initializers
    axes = {"in_out": (-2, -1), "out_in": (1, 0)}

    def sampler(rule: str) -> Sampler:
        def draw(shape: tuple[int, ...], seed: int, dtype: str, layout: str) -> Any:
            initializer = getattr(module, rule)(*axes[layout])
            return initializer(jax.random.key(seed), shape, dtype)

        return Sampler(draw, ("in_out", "out_in"))

    return {rule: sampler(rule) for rule in RULES}


def flax_initializers() -> dict[str, Sampler]:
    """flax.linen.initializers."""
    from flax.linen import initializers

    return jax_initializers(initializers)


def gradspec_initializers(library: str, dialect: str | Mapping[str, str]) -> dict[str, Sampler]:
    """Gradspec's own, in `numpy` or `torch`, under a dialect; a vendor's rules are those that the vendor has."""
    from gradspec.fast.initializers import AXES, VENDORS

    offered = VENDORS.get(dialect, {}) if isinstance(dialect, str) else AXES
    values = {} if isinstance(dialect, str) else dict(dialect)

    def sampler(rule: str) -> Sampler:
        chosen = (
            dialect if isinstance(dialect, str) else {a: v for a, v in values.items() if v in AXES[rule].get(a, ())}
        )

        def draw(shape: tuple[int, ...], seed: int, dtype: str, layout: str, **options: float) -> Any:
            if library == "torch":
                import torch

                from gradspec.fast import torch_initializers

                generator = torch.Generator().manual_seed(seed)
                fill = getattr(torch_initializers, rule)
                return fill(
                    shape, layout=layout, generator=generator, dtype=getattr(torch, dtype), dialect=chosen, **options
                )
            import numpy

            from gradspec.fast import numpy_initializers

            fill = getattr(numpy_initializers, rule)
            return fill(
                shape, layout=layout, generator=numpy.random.default_rng(seed), dtype=dtype, dialect=chosen, **options
            )

        accepts = frozenset({"negative_slope"}) if rule.startswith("he_") else frozenset()
        return Sampler(draw, ("in_out", "out_in"), accepts)

    return {rule: sampler(rule) for rule in RULES if rule in offered}
