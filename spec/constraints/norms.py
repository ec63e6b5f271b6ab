"""What bounds on norms share."""

from sympy import Rational, Symbol

from ..rule import Axis, AxisValue, Hyperparameter, Source
from ..symbols import NON_NEGATIVE, epsilon

bound = Symbol("c", nonnegative=True)
size = Symbol("size", nonnegative=True)
shortened = Symbol("shortened", nonnegative=True)  # what the gradient is multiplied with where it is too long

CLIP_NORM = Hyperparameter("clip_norm", bound, NON_NEGATIVE, Rational(1), "largest norm", "unit of g")


def epsilon_of(default: str) -> Hyperparameter:
    """Return ε with its usual value."""
    return Hyperparameter(
        "epsilon", epsilon, NON_NEGATIVE, Rational(default), "keeps the divisor from zero", "unit of g"
    )


EPSILON_USE = Axis(
    "epsilon_use",
    "whether ε is added to the norm, so that everything is a little shorter than asked",
    (
        AxisValue(
            "none", {shortened: bound / size}, Source("Keras 3.15.1; optax 0.2.8", "clip_by_norm; clip_by_global_norm")
        ),
        AxisValue(
            "always", {shortened: bound / (size + epsilon)}, Source("PyTorch 2.13.0", "torch/nn/utils/clip_grad.py:164")
        ),
    ),
)
