"""Weights drawn from a uniform distribution with a variance that keeps the second moment of the inputs."""

from ..rule import Rule
from .kernel import FANS, INPUTS, LECUN, SWAPPED_FANS, UNIFORM, UNIFORM_DENSITY, UNIFORM_ERRORS, density, fan, fan_in
from .variance import CLAIMS, FORWARD, LECUN_DERIVATION, UNIFORM_CLAIMS, UNIFORM_DERIVATION, limit_is

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
    claims=(
        *CLAIMS,
        FORWARD,
        *UNIFORM_CLAIMS,
        limit_is("√(3/fan_in)", 3, fan_in),
    ),
    source=LECUN,
)
