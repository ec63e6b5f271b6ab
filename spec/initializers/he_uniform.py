"""Weights drawn from a uniform distribution with a variance that makes up for the half that a ReLU takes away."""

from ..rule import Rule
from .kernel import (
    FANS,
    GAIN,
    HE,
    INPUTS,
    NEGATIVE_SLOPE,
    SWAPPED_FANS,
    UNIFORM,
    UNIFORM_DENSITY,
    UNIFORM_ERRORS,
    density,
    fan,
    fan_in,
)
from .variance import CLAIMS, HE_DERIVATION, RELU_CLAIMS, UNIFORM_CLAIMS, UNIFORM_DERIVATION, limit_is

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
    claims=(
        *CLAIMS,
        *RELU_CLAIMS,
        *UNIFORM_CLAIMS,
        limit_is("√(6/fan_in)", 6, fan_in),
    ),
    source=HE,
)
