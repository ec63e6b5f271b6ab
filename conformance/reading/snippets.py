"""The code of the lecture deck, run where its framework is installed: what each line does today.

Every function here does what a snippet of the deck does and returns what came of it in words. They are written out:
nothing from a document is ever run. All of them run in one process of their own, whose environment chooses the backend.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Any

from ..bundled import row, rows

SECONDS = 300  # after which the process is ended
PARTS = ("snippets_keras", "snippets_regularisation")  # modules with a table SNIPPETS each
Snippet = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of the snippets, by name, and in which version; `trouble` says why nothing was run."""

    where: str
    found: Mapping[str, str]
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A process that runs the snippets, and the file that it writes to; none where nothing can be run."""

    process: subprocess.Popen[bytes] | None
    output: IO[bytes] | None
    trouble: str = ""


def start() -> Started:
    """Start the snippets in a process of their own."""
    usable = [one for one in rows("keras") if not one.missing()]
    if not usable:
        missing = " and ".join(row("keras/torch").missing()) or "keras"
        return Started(None, None, f"{missing} not installed; {row('keras/torch').install}")
    output = tempfile.TemporaryFile()  # noqa: SIM115  # closed by whoever waits for the process
    environment = {**os.environ, **usable[0].environment}
    command = [sys.executable, "-W", "ignore", "-m", "gradspec.conformance.reading.snippets"]
    process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, env=environment)
    return Started(process, output)


def outcomes(started: Started | None) -> Outcomes:
    """Wait for the snippets and return what came of them."""
    if started is None or started.process is None or started.output is None:
        return Outcomes("", {}, started.trouble if started else "nothing was run")
    try:
        code = started.process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        started.process.kill()
        started.process.wait()
        return Outcomes("", {}, f"Keras took more than {SECONDS} seconds")
    started.output.seek(0)
    written = started.output.read()
    started.output.close()
    if code or not written:
        return Outcomes("", {}, f"Keras could not be started, exit code {code}")
    data = json.loads(written)
    return Outcomes(data["where"], data["found"])


def snippets() -> dict[str, Snippet]:
    """Return every snippet by name. Raises `ValueError` for a name that is used twice."""
    parts = [import_module(f"{__package__}.{part}").SNIPPETS for part in PARTS]
    named = {name: snippet for part in parts for name, snippet in part.items()}
    if len(named) < sum(map(len, parts)):
        raise ValueError("a name of a snippet is used twice; names must be unique")
    return named


def run() -> dict[str, Any]:
    """Run every snippet in this process and return what came of each."""
    import keras

    found = {}
    for name, snippet in snippets().items():
        try:
            found[name] = snippet(keras)
        except Exception as error:  # an outcome like any other: it is compared with the one that is expected
            found[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return {"where": f"Keras {keras.__version__} on {keras.config.backend()}", "found": found}


if __name__ == "__main__":
    report = sys.stdout
    sys.stdout = sys.stderr
    json.dump(run(), report)
