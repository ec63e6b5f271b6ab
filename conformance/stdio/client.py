"""Puts cases to a program: messages out, outcomes back. Whatever it does wrong is laid to the case at hand, never hidden.

After a failure the program is ended, with its whole process group, and started anew for the next case. No case is put twice.
"""

from __future__ import annotations

import os
import secrets
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import nan, prod

from gradspec.conformance.case import AnyCase, Misbehaviour, Outcome, Unsupported
from gradspec.conformance.implementation import Implementation
from gradspec.conformance.report import specification_version
from gradspec.conformance.scoring import is_special
from gradspec.conformance.select import CannotStart

from .capabilities import implementation_of
from .framing import Message, decode, encode, tensor
from .process import Failure, Limits, Process
from .requests import request, rows
from .schema import check

PROTOCOL = 1


class Client:
    """A program and the implementation that it says it is. Use `connect`, which ends it in any case."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self.command, self.limits = tuple(command), limits
        self.process: Process | None = None
        self.failures: Counter[str] = Counter()  # by rule
        self.restarts = self.asked = self.noise = 0
        self.stopped = ""  # why it is started no more
        self.notes: list[str] = []
        self.capabilities = self._start()
        try:
            self.implementation: Implementation = implementation_of(self.capabilities)
        except (LookupError, TypeError, ValueError) as error:
            self.end()
            raise Failure(f"capabilities: {error.args[0] if error.args else error}") from error
        self.implementation.remote = self

    def run(self, case: AnyCase) -> Outcome:
        """Return what the program does on `case`; raise `Misbehaviour` or `Unsupported` with a one-line reason."""
        if self.stopped or self.failures[case.rule] >= self.limits.failures:
            reason = self.stopped or f"{case.rule} has failed {self.limits.failures} times"
            raise Misbehaviour(f"{case.name}: not run: {reason}")
        self.asked += 1
        asked = request(case, f"{self.asked}", self.implementation.offers[case.rule].fixed)
        try:
            process = self.process or self._restart()
            line = process.ask(encode(check(asked.message, "run")), self.limits.answer)
            return self._outcome(case, self._reply(line, asked.message["id"]), asked.shapes)
        except Failure as failure:
            self.failures[case.rule] += 1
            self.end()
            raise Misbehaviour(f"{case.name}: {failure}") from failure

    def _reply(self, line: bytes, identity: str) -> Message:
        try:
            reply = check(decode(line), "result", "unsupported", "error")
        except ValueError as error:
            raise Failure(f"bad reply: {error}") from error
        if reply.get("id") != identity:
            raise Failure(f"wrong id: {reply.get('id')!r}; the request has {identity!r}")
        return reply

    def _outcome(self, case: AnyCase, reply: Message, shapes: Sequence[tuple[int, ...]]) -> Outcome:
        if reply["type"] == "unsupported":
            raise Unsupported(f"{case.rule}: {reply['reason']}")
        if reply["type"] == "error":
            if reply.get("refused") and is_special(case):
                return Outcome(tuple((nan,) * prod(shape) for shape in shapes), None, refused=True)
            raise Misbehaviour(f"{case.name}: error: {reply['message']}")
        try:
            return Outcome(rows(reply["outputs"], shapes, case.dtype), None)
        except ValueError as error:
            raise Failure(f"bad reply: {error}") from error

    # -- the process ---------------------------------------------------------------------------------------------

    def _start(self) -> Message:
        """Start the program and return what it can do; raise `Failure` if it does not tell."""
        if os.name != "posix":
            raise Failure("cannot be started: programs are judged on POSIX systems only")
        try:
            self.process = Process(self.command, self.limits)
        except (OSError, ValueError) as error:
            raise Failure(f"cannot be started: {getattr(error, 'strerror', None) or error}") from error
        session = secrets.token_hex(8)
        try:
            line = self.process.ask(encode(check(hello(session, self.limits.line), "hello")), self.limits.start)
            try:
                told = check(decode(line), "capabilities", "error")
            except ValueError as error:
                raise Failure(f"bad reply: {error}") from error
            if told["type"] == "error":
                raise Failure(f"error: {told['message']}")
            for name, wanted in (("session", session), ("protocol", PROTOCOL)):
                if told[name] != wanted:
                    raise Failure(f"bad reply: $.{name}: {told[name]!r}; must be {wanted!r}")
        except BaseException:
            self.end()
            raise
        return {name: value for name, value in told.items() if name != "session"}

    def _restart(self) -> Process:
        if self.restarts == self.limits.restarts:
            self.stopped = f"the program was started anew {self.restarts} times"
            raise Failure(f"not run: {self.stopped}")
        self.restarts += 1
        try:
            told = self._start()
        except Failure as failure:
            raise Failure(f"{failure}; it was started anew") from failure
        if told != self.capabilities:
            raise Failure("bad reply: after a new start the capabilities are others")
        assert self.process is not None
        return self.process

    def end(self, farewell: bytes = b"") -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is None:
            return
        if words := process.end(farewell):
            self.notes.append(words)
        self.noise += process.noise

    def close(self) -> None:
        """Stop the program; what is worth knowing about it stands in `notes` then."""
        self.end(encode({"type": "stop"}))
        if self.noise:
            self.notes.append(f"wrote {self.noise} lines that are no messages to standard output")

    # -- for reports ---------------------------------------------------------------------------------------------

    def replay(self, case: AnyCase, row: int, place: int, got: float, exact: str) -> str:
        """Return a line of shell that puts `case` to the program, with one number that came out and what it should be."""
        asked = request(case, "1", self.implementation.offers[case.rule].fixed).message
        lines = [encode(m).decode().rstrip() for m in (hello("0" * 16, self.limits.line), asked)]
        quoted = " ".join(shlex.quote(line) for line in lines)
        bits = tensor([got], (1,), case.dtype)["data"]
        return (
            f"printf '%s\\n' {quoted} | {shlex.join(self.command)}\n"
            f"# outputs[{row}], number {place} from 0: got {got!r} ({bits}); {exact}"
        )


def hello(session: str, max_line: int) -> Message:
    """Return the first message."""
    return {
        "type": "hello", "protocols": [PROTOCOL], "session": session, "gradspec": specification_version(),
        "max_line": max_line,
    }  # fmt: skip


@contextmanager
def connect(command: Sequence[str], limits: Limits | None = None) -> Iterator[Client]:
    """Start a program, and end it when the block ends; raise `CannotStart`, with one line, if it does not get that far."""
    try:
        client = Client(command, limits or Limits())
    except Failure as failure:
        raise CannotStart(f"{shlex.join(command)}: {failure}") from failure
    try:
        yield client
    except BaseException:
        client.end()  # at once, without a farewell
        raise
    client.close()
