"""Weights drawn from a uniform distribution with a variance between what the forward and what the backward pass ask for."""

from ..rule import Rule
from .kernel import (
    FAN_OUT,
    FANS,
    GLOROT,
    INPUTS,
    INVERTED_AVERAGE,
    UNIFORM,
    UNIFORM_DENSITY,
    UNIFORM_ERRORS,
    density,
    fan,
    fan_in,
    fan_out,
)
from .variance import AVERAGE_CLAIMS, CLAIMS, GLOROT_DERIVATION, UNIFORM_CLAIMS, UNIFORM_DERIVATION, limit_is

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
    claims=(
        *CLAIMS,
        *AVERAGE_CLAIMS,
        *UNIFORM_CLAIMS,
        limit_is("√(6/(fan_in + fan_out))", 6, fan_in, fan_out),
    ),
    source=GLOROT,
)
