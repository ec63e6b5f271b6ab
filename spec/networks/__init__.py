"""Layers put together: a dense layer, a small classifier, and a chain of single neurons."""
