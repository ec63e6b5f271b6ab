"""All entries of the ledger, in the order of the deck."""

from . import (
    activations,
    adam,
    adaptive,
    architecture,
    augmentation,
    batch_normalization,
    chain,
    clipping,
    dropout,
    initialisation,
    max_norm,
    optimisers,
    penalties,
    stopping,
)
from .entry import Entry

PARTS = (
    architecture,
    stopping,
    penalties,
    max_norm,
    dropout,
    augmentation,
    chain,
    initialisation,
    activations,
    batch_normalization,
    clipping,
    optimisers,
    adaptive,
    adam,
)


def ledger() -> dict[str, Entry]:
    """Return every entry by id, in the order of the deck. Raises `ValueError` for an id that is used twice."""
    entries = [entry for part in PARTS for entry in part.ENTRIES]
    named = {entry.id: entry for entry in sorted(entries, key=lambda entry: entry.line)}
    if len(named) < len(entries):
        raise ValueError("an id of the ledger is used twice; ids must be unique")
    return named
