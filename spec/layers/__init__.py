"""Layers that behave differently in training and afterwards."""
