"""Weights drawn from a normal distribution with a variance that keeps the second moment of the inputs."""

from ..rule import Rule
from .kernel import (
    FANS,
    INPUTS,
    LECUN,
    NORMAL,
    NORMAL_DENSITY,
    NORMAL_ERRORS,
    SWAPPED_FANS,
    TRUNCATION,
    density,
    fan,
    fan_in,
)
from .variance import CLAIMS, FORWARD, LECUN_DERIVATION, TRUNCATED_CLAIMS

LECUN_NORMAL = Rule(
    name="lecun_normal",
    title="LeCun normal initialization",
    doc="Draws weights from a normal distribution with a variance that keeps the second moment of the inputs.",
    kind="sampler",
    parameter=density,
    inputs=INPUTS,
    let={**FANS, fan: fan_in, **NORMAL},
    update=NORMAL_DENSITY,
    axes=(TRUNCATION,),
    errors=(SWAPPED_FANS, *NORMAL_ERRORS),
    derivations=(LECUN_DERIVATION,),
    claims=(
        *CLAIMS,
        FORWARD,
        *TRUNCATED_CLAIMS,
    ),
    source=LECUN,
)
