"""Adapters that go wrong in one way, which is named on the command line, at gradient descent; the rest they do right."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from honest import line, serve, write

Message = dict[str, Any]
Behaviour = Callable[[Message], None]
FOREVER = 100.0


def hang(right: Message) -> None:
    time.sleep(FOREVER)


def hang_and_refuse_to_end(right: Message) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(FOREVER)


def late(right: Message) -> None:
    time.sleep(1.0)
    write(line(right))


def half_a_line(right: Message) -> None:
    write(line(right)[:20])
    time.sleep(FOREVER)


def complain_and_hang(right: Message) -> None:
    for _ in range(1000):
        os.write(2, b"still thinking\n" * 100)
    time.sleep(FOREVER)


def leave(right: Message) -> None:
    print("Traceback: no such device", file=sys.stderr)
    sys.exit(3)


def leave_quietly(right: Message) -> None:
    sys.exit(0)


def leave_in_a_line(right: Message) -> None:
    write(line(right)[:20])
    sys.exit(0)


def crash(right: Message) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def close_output(right: Message) -> None:
    os.close(1)
    time.sleep(FOREVER)


def leave_a_child(right: Message) -> None:
    """The child holds all pipes open."""
    child = os.fork()
    if not child:
        time.sleep(FOREVER)
    Path(sys.argv[2]).write_text(str(child))
    os._exit(5)


def answer_by_a_child(right: Message) -> None:
    """The child answers and lives on; the parent is gone at the next request."""
    child = os.fork()
    if child:
        Path(sys.argv[2]).write_text(str(child))
        os._exit(0)
    write(line(right))
    time.sleep(FOREVER)


def flood(right: Message) -> None:
    while True:
        write(b"loading ...\n" * 1000)


def flood_without_end(right: Message) -> None:
    while True:
        write(b"." * 10_000)


def flood_of_answers(right: Message) -> None:
    while True:
        write(line(right) * 100)


def answer_twice(right: Message) -> None:
    write(line(right) * 2)


def answer_once_more_later(right: Message) -> None:
    write(line(right))
    time.sleep(0.1)
    write(line(right))


def answer_to_another(right: Message) -> None:
    write(line(right | {"id": "another"}))


def answer_to_an_earlier_one(right: Message) -> None:
    write(line(right | {"id": str(int(right["id"]) - 1)}))


def answer_to_nobody(right: Message) -> None:
    write(line({"type": "error", "message": "where am I?"}))


def raw(text: bytes) -> Behaviour:
    return lambda right: write(b"@gs1 " + text + b"\n")


def changed(**changes: Any) -> Behaviour:
    return lambda right: write(line(right | changes))


def first_output(change: Callable[[Message], Any]) -> Behaviour:
    """The right result, but for one change of its first array."""

    def behave(right: Message) -> None:
        first, *others = right["outputs"]
        write(line(right | {"outputs": [first | change(first), *others]}))

    return behave


def fails(right: Message) -> None:
    write(line({"type": "error", "id": right["id"], "message": "out of memory"}))


def refuses(right: Message) -> None:
    write(line({"type": "unsupported", "id": right["id"], "reason": "no such kernel"}))


BEHAVIOURS: dict[str, Behaviour] = {
    function.__name__: function
    for function in (
        hang, hang_and_refuse_to_end, late, half_a_line, complain_and_hang, leave, leave_quietly, leave_in_a_line, crash,
        close_output, leave_a_child, answer_by_a_child, flood, flood_without_end, flood_of_answers, answer_twice,
        answer_once_more_later, answer_to_another, answer_to_an_earlier_one, answer_to_nobody, fails, refuses,
    )
} | {
    "garbage": raw(b"segmentation fault"),
    "nothing": raw(b""),
    "two_values": raw(b"{} {}"),
    "a_list": raw(b"[1]"),
    "deep": raw(b"[" * 90_000),
    "not_utf_8": raw(b'{"type": "\xff"}'),
    "a_comment": raw(b'{"type": "result"} // done'),
    "duplicate_key": raw(b'{"type": "result", "id": "1", "id": "2", "outputs": []}'),
    "nan": raw(b'{"type": "result", "id": "1", "outputs": [NaN]}'),
    "infinity": raw(b'{"type": "result", "id": "1", "outputs": [-Infinity]}'),
    "a_fraction": raw(b'{"type": "result", "id": "1", "outputs": [0.5]}'),
    "a_large_number": raw(b'{"type": "result", "id": "1", "outputs": [' + b"9" * 5000 + b"]}"),
    "long_line": raw(b'{"type": "error", "message": "' + b"x" * 200_000 + b'"}'),
    "long_message": raw(b'{"type": "error", "id": "1", "message": "' + b"x" * 20_000 + b'"}'),
    "no_type": changed(type=None),
    "another_type": changed(type="capabilities"),
    "a_number_for_the_id": changed(id=1),
    "one_more_key": changed(elapsed=3),
    "no_outputs": changed(outputs=None),
    "no_output": changed(outputs=[]),
    "text_for_a_number": first_output(lambda first: {"shape": [str(size) for size in first["shape"]]}),
    "true_for_a_number": first_output(lambda first: {"shape": [True]}),
    "another_shape": first_output(lambda first: {"shape": [*first["shape"], 1]}),
    "another_dtype": first_output(lambda first: {"dtype": "float32", "data": first["data"][:8] * len(first["shape"])}),
    "whole_numbers": first_output(lambda first: {"dtype": "int64"}),
    "no_dtype": first_output(lambda first: {"dtype": "double"}),
    "too_few_digits": first_output(lambda first: {"data": first["data"][:-2]}),
    "too_many_digits": first_output(lambda first: {"data": first["data"] + "00"}),
    "capital_digits": first_output(lambda first: {"data": "ABCDEFAB" * 2}),
    "a_line_feed_in_the_digits": first_output(lambda first: {"data": first["data"][:-1] + "\n"}),
    "decimal_digits": first_output(lambda first: {"data": ["0.5"]}),
}  # fmt: skip


def answer(asked: Message, right: Message) -> None:
    if asked["rule"] == "gradient_descent":
        BEHAVIOURS[sys.argv[1]](right)
    else:
        write(line(right))


if __name__ == "__main__":
    serve(answer)
