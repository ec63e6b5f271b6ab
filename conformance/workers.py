"""Work that is spread over all processors."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Work = TypeVar("Work")
Found = TypeVar("Found")

# Formulas are made by the hundred thousand and hardly ever in circles: looking for circles less often saves a tenth.
NEW_OBJECTS = 200_000


def in_any_order(function: Callable[[Work], Found], work: Sequence[Work], doing: str) -> Iterator[Found]:
    """Yield what `function` makes of every piece of work as it is done; a bar on a terminal shows how far it is.

    `function` must be importable by name in another process.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor
    from rich.console import Console
    from rich.progress import track

    jobs = (delayed(_collecting_rarely)(function, one) for one in work)
    results = Parallel(n_jobs=-1, return_as="generator_unordered", batch_size=1)(jobs)
    console = Console(stderr=True)
    try:
        yield from track(results, doing, len(work), console=console, transient=True, disable=not sys.stderr.isatty())
    finally:
        # Nothing is asked of the workers any more; to let them tidy up their formulas would take a second.
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _collecting_rarely(function: Callable[[Work], Found], one: Work) -> Found:
    gc.set_threshold(NEW_OBJECTS)
    return function(one)
