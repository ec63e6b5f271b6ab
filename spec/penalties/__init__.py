"""Penalties on large weights, added to the loss."""
