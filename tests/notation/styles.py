"""The notations that a reader may be developed on, and the one that is kept aside."""

from .held_out import OPTIMISATION
from .styles_in_code import CS231N, IN_PLACE, JAX, SCRATCH
from .styles_in_latex import GERON, GOODFELLOW, KINGMA, NG, NIELSEN, PYTORCH, RUDER, SUPERSCRIPT, SUTSKEVER

STYLES = (
    GOODFELLOW,
    KINGMA,
    CS231N,
    GERON,
    RUDER,
    NG,
    PYTORCH,
    IN_PLACE,
    SUTSKEVER,
    NIELSEN,
    JAX,
    SUPERSCRIPT,
    SCRATCH,
)
HELD_OUT = (OPTIMISATION,)
