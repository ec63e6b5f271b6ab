"""Every frame: how slides show the quantities of each rule, plainer ones first."""

from __future__ import annotations

from .frame import Frame
from .frames_of_activations import ACTIVATIONS, RANDOMIZED
from .frames_of_laws import LAWS
from .frames_of_layers import BATCH, DENSE, DROPOUT, WITHOUT_EPSILON
from .frames_of_losses import LOSSES
from .frames_of_penalties import CLIP_NORM, CLIP_VALUE, MAX_NORM, PENALTIES

FRAMES: tuple[Frame, ...] = (
    *ACTIVATIONS,
    *RANDOMIZED,
    *LOSSES,
    *PENALTIES,
    CLIP_VALUE,
    CLIP_NORM,
    MAX_NORM,
    *DROPOUT,
    *LAWS,
    BATCH,
    WITHOUT_EPSILON,
    *DENSE,
)
