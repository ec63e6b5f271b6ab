"""Initial weights: what a kernel is drawn from before training starts."""
