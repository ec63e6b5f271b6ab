"""Weights drawn from a uniform distribution with a variance that keeps the second moment of the inputs."""

from ..rule import Rule
from .kernel import (
    CLAIMS,
    FANS,
    FORWARD,
    INPUTS,
    LECUN,
    LECUN_DERIVATION,
    SWAPPED_FANS,
    UNIFORM,
    UNIFORM_DENSITY,
    UNIFORM_DERIVATION,
    UNIFORM_ERRORS,
    density,
    fan,
    fan_in,
)

LECUN_UNIFORM = Rule(
    name="lecun_uniform",
    title="LeCun uniform initialization",
    doc="Draws weights from a uniform distribution with a variance that keeps the second moment of the inputs.",
    kind="sampler",
    parameter=density,
    inputs=INPUTS,
    let={**FANS, fan: fan_in, **UNIFORM},
    update=UNIFORM_DENSITY,
    errors=(SWAPPED_FANS, *UNIFORM_ERRORS),
    derivations=(
        LECUN_DERIVATION,
        UNIFORM_DERIVATION,
    ),
    claims=(*CLAIMS, FORWARD),
    source=LECUN,
)
