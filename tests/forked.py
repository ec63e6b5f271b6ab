"""`gradspec` in processes that are forked off one that has imported it already, which saves each a second.

Run as a program this is the process that they are forked off: it reads requests as lines of JSON and answers with exit
codes. What a fresh process does differently (environment, terminals, signals) is tested with fresh ones.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TextIO

STREAMS = ("stdout", "stderr")


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command line in `folder`, its standard input closed; raise `TimeoutError` after two minutes."""
    asked, answers = _server()
    with tempfile.TemporaryDirectory() as outside:
        files = {name: str(Path(outside) / name) for name in STREAMS}
        request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment), **files}
        print(json.dumps(request), file=asked, flush=True)
        code = answers.readline().strip()
        if not code:
            raise TimeoutError(f"{' '.join(arguments)}: ended by a signal, or after two minutes")
        out, err = (Path(files[name]).read_text() for name in STREAMS)
    return subprocess.CompletedProcess(list(arguments), int(code), out, err)


@cache
def _server() -> tuple[TextIO, TextIO]:
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None

    @atexit.register
    def close() -> None:
        process.communicate()

    return process.stdin, process.stdout


def _serve() -> None:
    from gradspec.conformance import __main__, command, listing, page, report, trial  # noqa: F401
    from gradspec.spec import catalogue

    catalogue()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            answers.close()
            return _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        print("" if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status), file=answers, flush=True)
    return None


def _become(request: Mapping[str, Any]) -> None:
    """Go on as the process that was asked for."""
    from gradspec.conformance.__main__ import main

    signal.alarm(120)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in enumerate(STREAMS, 1):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT), number)
    sys.argv[1:] = request["arguments"]
    sys.path[0] = request["folder"]  # as with `python -m`
    main()


if __name__ == "__main__":
    _serve()
