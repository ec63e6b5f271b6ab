"""Bounds on weights and gradients."""
