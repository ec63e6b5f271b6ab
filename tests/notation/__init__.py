"""Slides in the notations of many courses, generated from a grammar, with what is known about each.

    python -m tests.notation.measure              what a reader misses, accuses or names wrongly, and the shares
    python -m tests.notation.measure --show 20    twenty of the slides
    python -m tests.notation.measure --styles kingma,cs231n --rules adam,momentum

Nothing in here imports what is tested by it, but for `measure.py`. What is true is not typed here: each program is
evaluated and compared with the specification's (`truth.py`), and so is each program with a mistake.
"""

from .specimen import Specimen, corpus
from .styles import HELD_OUT, STYLES

__all__ = ["HELD_OUT", "STYLES", "Specimen", "corpus"]
