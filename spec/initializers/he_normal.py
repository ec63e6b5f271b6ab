"""Weights drawn from a normal distribution with a variance that makes up for the half that a ReLU takes away."""

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
    NORMAL,
    NORMAL_DENSITY,
    NORMAL_ERRORS,
    RAW_VARIANCE,
    RELU,
    SWAPPED_FANS,
    TRUNCATION,
    density,
    fan,
    fan_in,
)

HE_NORMAL = Rule(
    name="he_normal",
    title="He normal initialization",
    doc="Draws weights from a normal distribution with a variance that makes up for the half that a ReLU takes away.",
    kind="sampler",
    parameter=density,
    inputs=INPUTS,
    let={**FANS, fan: fan_in, **NORMAL},
    update=NORMAL_DENSITY,
    options=(NEGATIVE_SLOPE,),
    axes=(
        GAIN,
        TRUNCATION,
    ),
    errors=(SWAPPED_FANS, *NORMAL_ERRORS),
    derivations=(HE_DERIVATION,),
    claims=(*CLAIMS, RELU, LEAKY_RELU, RAW_VARIANCE),
    source=HE,
)
