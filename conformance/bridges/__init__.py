"""Bridges: a framework's optimizer class or factory as an adapter. No framework is imported here."""

from gradspec.conformance.bridges.keras import keras_optimizer
from gradspec.conformance.bridges.optax import optax_transform
from gradspec.conformance.bridges.torch import torch_optimizer

__all__ = ["keras_optimizer", "optax_transform", "torch_optimizer"]
