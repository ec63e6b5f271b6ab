"""What `gradspec vectors` does: writes the vectors of all rules to a folder, or says what is wrong with one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .building import MANIFEST, all_files
from .folder import usable, write
from .linting import defects


def make(name: str) -> int:
    """Write the folder; raise `ValueError` with one line where it cannot or must not be written."""
    usable(name)  # before any work is done
    texts = all_files()
    write(texts, name)
    count, size = json.loads(texts[MANIFEST])["count"], sum(len(text) for text in texts.values())
    print(f"{count} vectors in {len(texts)} files, {size / 1e6:.1f} MB")
    return 0


def lint(name: str) -> int:
    """Print what is wrong with a folder, a line for each defect; raise `ValueError` where it is no folder."""
    from ..report import visible

    folder = Path(name)
    try:
        if not folder.is_dir():
            raise ValueError(f"{name}: is no folder; name one that gradspec vectors has written")
        found = 0
        for defect in defects(folder):
            found += 1
            print(visible(defect))
    except OSError as error:
        raise ValueError(f"{name}: cannot be read: {error.strerror}; name another folder") from error
    if found:
        print(f"{found} defect{'s' * (found != 1)}", file=sys.stderr)
        return 1
    count = json.loads((folder / MANIFEST).read_bytes())["count"]
    print(f"{count} vectors: no defect")
    return 0
