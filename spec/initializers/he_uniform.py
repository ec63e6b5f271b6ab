"""Weights drawn from a uniform distribution with a variance that makes up for the half that a ReLU takes away."""

from ..rule import Rule
from .kernel import (
    CLAIMS,
    FANS,
    GAIN,
    HE,
    HE_DERIVATION,
    INPUTS,
    LEAKY_RELU,
    NEGATIVE_SLOPE,
    RELU,
    SWAPPED_FANS,
    UNIFORM,
    UNIFORM_DENSITY,
    UNIFORM_DERIVATION,
    UNIFORM_ERRORS,
    density,
    fan,
    fan_in,
)

HE_UNIFORM = Rule(
    name="he_uniform",
    title="He uniform initialization",
    doc="Draws weights from a uniform distribution with a variance that makes up for the half that a ReLU takes away.",
    kind="sampler",
    parameter=density,
    inputs=INPUTS,
    let={**FANS, fan: fan_in, **UNIFORM},
    update=UNIFORM_DENSITY,
    options=(NEGATIVE_SLOPE,),
    axes=(GAIN,),
    errors=(SWAPPED_FANS, *UNIFORM_ERRORS),
    derivations=(
        HE_DERIVATION,
        UNIFORM_DERIVATION,
    ),
    claims=(*CLAIMS, RELU, LEAKY_RELU),
    source=HE,
)
