"""The program on the other end: one process group, asked one line at a time, never waited for without end.

One loop writes, reads and watches the clock, so that neither side can block the other. Whatever goes wrong is a `Failure`;
its process is then ended together with all that it has started, and nothing that it wrote is looked at again.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from .framing import PREFIX

CHUNK = 2**16
PAUSE = 0.05  # seconds between looks at whether the program is still there
TOLD = 800  # characters of standard error that a message quotes


class Failure(Exception):
    """What a program did instead of answering: its text starts with `hang`, `crash`, `bad reply`, `wrong id` or `unasked`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a program may take, bytes and lines that it may write, and how often it is started anew."""

    start: float = 60.0
    answer: float = 30.0
    grace: float = 5.0  # to end, when asked to
    line: int = 8 * 2**20
    noise_bytes: int = 2**20  # of lines that are no messages, in one case
    noise_lines: int = 10_000
    errors: int = 2**16  # bytes of standard error that are kept, in one case
    failures: int = 3  # of one rule
    restarts: int = 10


class Process:
    """A program that runs. `ask` gives it a line and returns the line that it answers; `end` ends it."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self.limits = limits
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.input: IO[bytes] = self.process.stdin
        self.output: IO[bytes] = self.process.stdout
        self.errors: IO[bytes] = self.process.stderr
        self.watched = selectors.DefaultSelector()
        for stream in (self.input, self.output, self.errors):
            os.set_blocking(stream.fileno(), False)
        for stream in (self.output, self.errors):
            self.watched.register(stream, selectors.EVENT_READ)
        self.outgoing = b""
        self.unfinished = bytearray()  # a line without its end
        self.lines: list[bytes] = []  # messages that nobody has looked at
        self.told = bytearray()  # the end of standard error, since the last question
        self.noise = 0  # lines that are no messages, since the start
        self.noise_here = [0, 0]  # lines and bytes of them, since the last question

    # -- questions -----------------------------------------------------------------------------------------------

    def ask(self, line: bytes, seconds: float) -> bytes:
        """Return the one message that answers `line`; raise `Failure` if there is none in time, or another one."""
        self.noise_here = [0, 0]
        self.told.clear()
        self._pump(0)
        if self.lines:
            raise Failure("unasked: the program wrote a message that nobody had asked for; answer every request once")
        self._send(line)
        deadline = time.monotonic() + seconds
        while self.outgoing or not self.lines:
            gone = self.process.poll() is not None
            moved = self._pump(max(0.0, min(PAUSE, deadline - time.monotonic())))
            if not moved and (gone or self._closed):
                raise Failure(f"crash: {self._leaving()}")
            if time.monotonic() > deadline and (self.outgoing or not self.lines):
                raise Failure(self._hang(seconds))
        if len(self.lines) > 1:
            raise Failure("unasked: the program answered twice; answer every request once")
        return self.lines.pop()

    def _send(self, line: bytes) -> None:
        self.outgoing = line
        with contextlib.suppress(KeyError):  # it has closed its standard input if it is not to be found later
            self.watched.unregister(self.input)
        self.watched.register(self.input, selectors.EVENT_WRITE)

    @property
    def _closed(self) -> bool:
        return self.output not in self.watched.get_map()

    def _hang(self, seconds: float) -> str:
        words = f"hang: no answer in {seconds:g} s"
        if self.outgoing:
            words += "; the request was not read to its end"
        elif self.unfinished:
            words += "; a line was begun and not ended: write a line feed, and flush"
        return words + self._quoted()

    def _leaving(self) -> str:
        """How the program ended, or that it closed its output."""
        deadline = time.monotonic() + self.limits.grace
        while self.process.poll() is None and time.monotonic() < deadline:
            self._pump(PAUSE)
            if self._closed:
                time.sleep(PAUSE)
        status = self.process.poll()
        words = "the program closed its standard output" if status is None else f"the program {ending(status)}"
        words += " in the middle of a line" if self.unfinished else " before it answered"
        return words + self._quoted()

    def _quoted(self) -> str:
        text = bytes(self.told).decode(errors="replace").strip()
        if not text:
            return ""
        return f"; its standard error ends: {'... ' if len(text) > TOLD else ''}{text[-TOLD:]}"

    # -- bytes ---------------------------------------------------------------------------------------------------

    def _pump(self, seconds: float) -> bool:
        """Write and read what can be at once, wait for it up to `seconds`; tell whether there was anything."""
        moved = False
        for key, _ in self.watched.select(seconds):
            moved = True
            if key.fileobj is self.input:
                self._write()
                continue
            data = os.read(key.fd, CHUNK)
            if not data:
                self.watched.unregister(key.fileobj)
            elif key.fileobj is self.errors:
                self.told += data
                del self.told[: -self.limits.errors]
            else:
                self._split(data)
        return moved

    def _write(self) -> None:
        try:
            self.outgoing = self.outgoing[os.write(self.input.fileno(), self.outgoing[:CHUNK]) :]
        except BrokenPipeError:
            self.outgoing = b""  # whether it has ended or only reads no more shows in its answer
        if not self.outgoing:
            self.watched.unregister(self.input)

    def _split(self, data: bytes) -> None:
        """Sort lines that have been read into messages and noise; raise `Failure` where there is too much of them."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = bytes(self.unfinished) + lines[0]
            self.unfinished.clear()
        self.unfinished += rest
        if len(self.unfinished) > self.limits.line or any(len(line) > self.limits.line for line in lines):
            raise Failure(f"bad reply: a line of more than {self.limits.line} bytes")
        for line in lines:
            if line.startswith(PREFIX):
                self.lines.append(line.removesuffix(b"\r"))
                continue
            self.noise += 1
            self.noise_here[0] += 1
            self.noise_here[1] += len(line) + 1
        if self.noise_here[0] > self.limits.noise_lines or self.noise_here[1] > self.limits.noise_bytes:
            raise Failure(
                f"bad reply: more than {self.limits.noise_lines} lines or {self.limits.noise_bytes} bytes that are no messages; "
                "write them to standard error"
            )

    # -- the end -------------------------------------------------------------------------------------------------

    def end(self, farewell: bytes = b"") -> str:
        """End the program and all that it has started; return how it took `farewell` if that was not well."""
        words = ""
        if farewell and self.process.poll() is None:
            self._send(farewell)
            self._wait(self.limits.grace, last_line=True)
            status = self.process.poll()
            if status is None:
                words = f"did not end within {self.limits.grace:g} s of stop"
            elif status:
                words = f"{ending(status)} after stop"
        if self.process.poll() is None:
            self._kill(signal.SIGTERM)
            self._wait(self.limits.grace)
        self._kill(signal.SIGKILL)
        self.process.wait()
        self.watched.close()
        for stream in (self.input, self.output, self.errors):
            stream.close()
        return words

    def _wait(self, seconds: float, *, last_line: bool = False) -> None:
        """Wait for the program to end; what it still writes is thrown away, its input ends behind the last line."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(Failure):
                self._pump(PAUSE)
            if last_line and not self.outgoing:
                self.input.close()
            self.lines.clear()
            self.unfinished.clear()
            if self._closed:
                time.sleep(PAUSE / 10)

    def _kill(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left in the group
            os.killpg(self.process.pid, number)


def ending(status: int) -> str:
    """Say how a process ended."""
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
