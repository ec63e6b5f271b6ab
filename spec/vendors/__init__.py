"""Which implementation answers which question how: axis values, default constants, argument names, versions, places.

Semantic axes and default constants are kept apart: most surprises between frameworks come from one, many from the other.
Arguments map gradspec's keyword to the vendor's. A row without an axis leaves it open. One module for each family of rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..lookup import look_up
from . import activations, augmentation, initializers, layers, losses, networks, optimizers, training
from .row import Row


@dataclass(frozen=True, slots=True)
class Vendor:
    """An implementation, a paper or a deck, in a stated version."""

    name: str
    version: str
    rows: Mapping[str, Row]


VERSIONS = {
    "torch": "2.13.0",
    "keras": "3.15.1",
    "optax": "0.2.8",
    "flax": "0.12.8",
    "jax": "0.10.2",
    "sklearn": "1.9.1",
    "tinygrad": "0.14.0",
    "tfjs": "4.22.0",
    "scipy": "1.17.1",
    "kornia": "0.9.0",
    "torchvision": "0.28.0",
    "deck": "KTH ID2223, training deep feedforward networks",
    "paper": "the works cited by each rule",
}
FAMILIES = (optimizers, activations, losses, layers, networks, training, initializers, augmentation)
VENDORS: dict[str, Vendor] = {
    name: Vendor(name, version, {rule: row for family in FAMILIES for rule, row in family.ROWS.get(name, {}).items()})
    for name, version in VERSIONS.items()
}


def vendor(name: str) -> Vendor:
    """Return the vendor called `name`, or raise `LookupError` naming the nearest one."""
    return look_up("vendor", name, VENDORS)


__all__ = ["VENDORS", "VERSIONS", "Row", "Vendor", "vendor"]
