"""Weights drawn from a normal distribution with a variance between what the forward and what the backward pass ask for."""

from ..rule import Rule
from .kernel import (
    FAN_OUT,
    FANS,
    GLOROT,
    INPUTS,
    INVERTED_AVERAGE,
    NORMAL,
    NORMAL_DENSITY,
    NORMAL_ERRORS,
    TRUNCATION,
    density,
    fan,
    fan_in,
    fan_out,
)
from .variance import AVERAGE_CLAIMS, CLAIMS, GLOROT_DERIVATION, TRUNCATED_CLAIMS

GLOROT_NORMAL = Rule(
    name="glorot_normal",
    title="Glorot normal initialization",
    doc="Draws weights from a normal distribution with a variance between what the forward and what the backward pass ask for.",
    kind="sampler",
    parameter=density,
    inputs=INPUTS,
    let={**FANS, fan: (fan_in + fan_out) / 2, **NORMAL},
    update=NORMAL_DENSITY,
    axes=(
        FAN_OUT,
        TRUNCATION,
    ),
    errors=(INVERTED_AVERAGE, *NORMAL_ERRORS),
    derivations=(GLOROT_DERIVATION,),
    claims=(
        *CLAIMS,
        *AVERAGE_CLAIMS,
        *TRUNCATED_CLAIMS,
    ),
    source=GLOROT,
)
