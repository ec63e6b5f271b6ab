"""Any implementation of this process as a program on the other end: the bridge that lets both ways be tested alike."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import IO, Any

from gradspec.conformance.case import Misbehaviour, Unsupported
from gradspec.conformance.implementation import Implementation
from gradspec.conformance.session import run_case

from .capabilities import capabilities_of
from .framing import Message, decode, encode, tensor
from .requests import case_of, request
from .schema import check

PROTOCOL = 1


def serve(implementation: Implementation, source: IO[bytes] | None = None, sink: IO[bytes] | None = None) -> None:
    """Answer requests from `source` (standard input) on `sink` (standard output) until `stop` or the end.

    What the implementation prints goes to standard error. A line that is no message is answered by an error. Raises
    `ValueError` if the first one is no hello.
    """
    source = source or sys.stdin.buffer
    sink = sink or standard_output_alone()
    hello = check(decode(source.readline()), "hello")
    if PROTOCOL not in hello["protocols"]:
        _write(sink, {"type": "error", "message": f"protocols {hello['protocols']}: only {PROTOCOL} is spoken here"})
        return
    _write(sink, check(capabilities_of(implementation, hello["session"], PROTOCOL), "capabilities"))
    for line in source:
        try:
            message = check(decode(line), "run", "stop")
        except ValueError as error:
            _write(sink, {"type": "error", "message": f"bad request: {error}"})
            continue
        if message["type"] == "stop":
            return
        _write(sink, check(answer(implementation, message), "result", "unsupported", "error"))


def answer(implementation: Implementation, message: Message) -> Message:
    """Return the answer to one request."""
    identity = message["id"]
    if message["rule"] not in implementation.offers or message["dtype"] not in implementation.dtypes:
        return {"type": "unsupported", "id": identity, "reason": f"{message['rule']} in {message['dtype']}"}
    try:
        case = case_of(message)
        outcome = run_case(implementation, case)
        if outcome.refused:
            return {"type": "error", "id": identity, "message": "infinities and NaN are refused", "refused": True}
        shapes = request(case, identity, {}).shapes
    except Unsupported as reason:
        return {"type": "unsupported", "id": identity, "reason": str(reason)}
    except (Misbehaviour, LookupError, ValueError) as error:
        return {"type": "error", "id": identity, "message": str(error)}
    outputs = [tensor(values, shape, case.dtype) for values, shape in zip(outcome.parameters, shapes, strict=True)]
    return {"type": "result", "id": identity, "outputs": outputs}


def standard_output_alone() -> IO[bytes]:
    """Return what is standard output; whoever writes there from now on writes to standard error."""
    sink = os.fdopen(os.dup(1), "wb")
    sys.stdout.flush()
    os.dup2(2, 1)
    return sink


def _write(sink: IO[bytes], message: Mapping[str, Any]) -> None:
    sink.write(encode(message))
    sink.flush()
