"""The symbols of batch normalization, which its rule and what is claimed about it share."""

from sympy import IndexedBase, Symbol, symbols

n, c = symbols("n c", integer=True, positive=True)
x, y, centred, normalised = (IndexedBase(name, shape=(n, c), real=True) for name in ("x", "y", "centred", "normalised"))
gamma, beta, mean, batch_mean = (
    IndexedBase(name, shape=(c,), real=True) for name in ("gamma", "beta", "mean", "batch_mean")
)
variance, spread, batch_variance, kept_variance, used_variance, scale_variance, deviation = (
    IndexedBase(name, shape=(c,), nonnegative=True)
    for name in (
        "variance",
        "spread",
        "batch_variance",
        "kept_variance",
        "used_variance",
        "scale_variance",
        "deviation",
    )
)
new_weight, old_weight = symbols("new_weight old_weight", nonnegative=True)
examples = Symbol("examples", integer=True, positive=True)
freedom = Symbol("freedom", integer=True, nonnegative=True)  # independent deviations from the mean
momentum = Symbol("momentum", nonnegative=True)
