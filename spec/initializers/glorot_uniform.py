"""Weights drawn from a uniform distribution with a variance between what the forward and what the backward pass ask for."""

from ..rule import Rule
from .kernel import (
    AVERAGE,
    CLAIMS,
    FAN_OUT,
    FANS,
    GLOROT,
    GLOROT_DERIVATION,
    INPUTS,
    INVERTED_AVERAGE,
    RECIPROCAL,
    UNIFORM,
    UNIFORM_DENSITY,
    UNIFORM_DERIVATION,
    UNIFORM_ERRORS,
    density,
    fan,
    fan_in,
    fan_out,
)

GLOROT_UNIFORM = Rule(
    name="glorot_uniform",
    title="Glorot uniform initialization",
    doc="Draws weights from a uniform distribution with a variance between what the forward and what the backward pass ask for.",
    kind="sampler",
    parameter=density,
    inputs=INPUTS,
    let={**FANS, fan: (fan_in + fan_out) / 2, **UNIFORM},
    update=UNIFORM_DENSITY,
    axes=(FAN_OUT,),
    errors=(INVERTED_AVERAGE, *UNIFORM_ERRORS),
    derivations=(
        GLOROT_DERIVATION,
        UNIFORM_DERIVATION,
    ),
    claims=(*CLAIMS, AVERAGE, RECIPROCAL),
    source=GLOROT,
)
