"""Weight decay: the option that every update rule has, and the three things its number can mean."""

from sympy import Eq, Piecewise, Symbol

from ..rule import Axis, AxisValue, Option, Source
from ..symbols import NON_NEGATIVE, displacement, eta, g, gradient, point, t, w, w_next

decay = Symbol("lambda", nonnegative=True)
eta_first = Symbol("eta_first", nonnegative=True)
eta_first_next = Symbol("eta_first_next", nonnegative=True)

WEIGHT_DECAY = Option(
    "weight_decay",
    "pull the parameter towards zero",
    symbol=decay,
    domain=NON_NEGATIVE,
    neutral=0,
    source=Source("Loshchilov & Hutter 2019, arXiv:1711.05101"),
)

WEIGHT_DECAY_FORM = Axis(
    "weight_decay_form",
    "whether the decay joins the gradient or is subtracted from the parameter, and what multiplies it",
    under="weight_decay",
    values=(
        AxisValue(
            "l2",
            {g: gradient(point) + decay * point},
            Source("PyTorch 2.13.0", "torch/optim/sgd.py, adam.py: weight_decay"),
        ),
        AxisValue(
            "decoupled",
            {w_next: w - eta * decay * w - displacement},
            Source("Keras 3.15.1", "keras/src/optimizers/base_optimizer.py: _apply_weight_decay"),
        ),
        AxisValue(
            # The schedule multiplier is the learning rate relative to the first one.
            "decoupled_schedule",
            {
                eta_first_next: Piecewise((eta, Eq(t, 1)), (eta_first, True)),
                w_next: w - eta / eta_first_next * decay * w - displacement,
                eta_first: eta_first_next,
            },
            Source("Loshchilov & Hutter 2019, arXiv:1711.05101"),
            state={eta_first: 0},
        ),
    ),
)
