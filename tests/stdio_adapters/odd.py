"""Adapters that do something unusual, which is named on the command line, and are right nevertheless."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from honest import line, serve, write

Message = dict[str, Any]


def noise(asked: Message, right: Message) -> None:
    write(b"step 1 of 1\nwarning: @gs1 is not at the start\n\xff\xfe\n" + line(right))


def noise_behind(asked: Message, right: Message) -> None:
    write(line(right) + b"done\n")


def complaints(asked: Message, right: Message) -> None:
    for _ in range(20):  # more than a pipe holds
        os.write(2, b"deprecated\n" * 1000)
    write(line(right))


def bit_by_bit(asked: Message, right: Message) -> None:
    data = line(right)
    for start in range(0, len(data), 100):
        write(data[start : start + 100])
        time.sleep(0.001)


def carriage_return(asked: Message, right: Message) -> None:
    write(line(right).replace(b"\n", b"\r\n"))


def spaces(asked: Message, right: Message) -> None:
    write(line(right).replace(b"{", b" {\t"))


def children(asked: Message, right: Message) -> None:
    """One that lives on, for every request."""
    child = os.fork()
    if not child:
        time.sleep(100)
    with Path(sys.argv[2]).open("a") as file:
        file.write(f"{child}\n")
    write(line(right))


def deaf_to_stop(asked: Message, right: Message) -> None:
    write(line(right))
    sys.stdin.close()
    time.sleep(100)


if __name__ == "__main__":
    serve(globals()[sys.argv[1]])
