"""Losses: how far predictions are from what they should be."""
