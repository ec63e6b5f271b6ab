"""What bounds on norms share."""

from sympy import Rational, Symbol

from ..nonfinite import nan_unless_finite, refused_unless_finite
from ..rule import Axis, AxisValue, Hyperparameter, Source
from ..symbols import NON_NEGATIVE, epsilon

bound = Symbol("c", nonnegative=True)
size = Symbol("size", nonnegative=True)
length = Symbol("length", nonnegative=True)  # the norm that is compared with the bound and divided by
checked = Symbol("checked", nonnegative=True)  # the same, after a look at whether it is a number

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
        AxisValue("none", {length: size}, Source("Keras 3.15.1; optax 0.2.8", "clip_by_norm; clip_by_global_norm")),
        AxisValue("always", {length: size + epsilon}, Source("PyTorch 2.13.0", "torch/nn/utils/clip_grad.py:164")),
    ),
)
NONFINITE = Axis(
    "nonfinite",
    "what becomes of gradients whose norm is infinite or NaN; a NaN norm leaves nothing but NaN, if it is not refused",
    (
        AxisValue(
            "entry_nan",  # infinity / infinity is NaN, and all else is divided by infinity
            {checked: length},
            Source("PyTorch 2.13.0; optax 0.2.8", "clip_grad_norm_; clip_by_global_norm"),
        ),
        AxisValue(
            "all_nan",
            {checked: nan_unless_finite(length)},
            Source("Keras 3.15.1", "global_clipnorm; keras/src/optimizers/base_optimizer.py:1190"),
        ),
        AxisValue(
            "raise",
            {checked: refused_unless_finite(length)},
            Source("PyTorch 2.13.0", "clip_grad_norm_(error_if_nonfinite=True)"),
        ),
    ),
)
