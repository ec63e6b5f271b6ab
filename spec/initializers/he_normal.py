"""Weights drawn from a normal distribution with a variance that makes up for the half that a ReLU takes away."""

from ..rule import Rule
from .kernel import (
    FANS,
    GAIN,
    HE,
    INPUTS,
    NEGATIVE_SLOPE,
    NORMAL,
    NORMAL_DENSITY,
    NORMAL_ERRORS,
    SWAPPED_FANS,
    TRUNCATION,
    density,
    fan,
    fan_in,
)
from .variance import CLAIMS, HE_DERIVATION, RELU_CLAIMS, TRUNCATED_CLAIMS

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
    claims=(
        *CLAIMS,
        *RELU_CLAIMS,
        *TRUNCATED_CLAIMS,
    ),
    source=HE,
)
