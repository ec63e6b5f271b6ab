"""A folder of vectors with few rules in it."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

from gradspec.conformance.vectors.building import (
    MANIFEST,
    MANIFEST_SCHEMA,
    VECTORS_SCHEMA,
    files_of,
    manifest,
    schema_text,
)

from . import forked

FEW = ("elu", "clip_by_norm", "gradient_descent")  # with jumps, refusals and NaN among them
PLAIN, SPECIAL = "gradient_descent.level-0.float32.json", "clip_by_norm.level-2.float32.json"


@cache
def texts() -> dict[str, str]:
    """The text of every file by name."""
    found = {name: text for rule in FEW for name, text in files_of(rule).items()}
    found |= {name: schema_text(name) for name in (VECTORS_SCHEMA, MANIFEST_SCHEMA)}
    return {**found, MANIFEST: manifest(found)}


def gradspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    return forked.run(arguments, folder, dict(os.environ))
