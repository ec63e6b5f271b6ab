"""Adapters whose introduction, or whose way of living, is wrong in the way that is named on the command line."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from honest import RULES, line, serve, write

Message = dict[str, Any]


def changed(**changes: Any) -> Callable[[Message], None]:
    return lambda told: write(line(told | changes))


def rules(**changes: Any) -> Callable[[Message], None]:
    return changed(rules=RULES | changes)


def twice(told: Message) -> None:
    write(line(told) * 2)


def silent(told: Message) -> None:
    time.sleep(100)


def gone(told: Message) -> None:
    sys.exit(7)


def banner(told: Message) -> None:
    write(b"Welcome to the library, version 1\n" + line(told))


def once(told: Message) -> None:
    """Start one time only: what a crash leaves behind is in the way."""
    lock = Path(sys.argv[2])
    if lock.exists():
        print("locked", file=sys.stderr)
        sys.exit(1)
    lock.touch()
    write(line(told))


def renamed(told: Message) -> None:
    """Be somebody else after the first start."""
    lock = Path(sys.argv[2])
    write(line(told | ({"version": "2"} if lock.exists() else {})))
    lock.touch()


def without(key: str) -> Callable[[Message], None]:
    return lambda told: write(line({name: value for name, value in told.items() if name != key}))


INTRODUCTIONS: dict[str, Callable[[Message], None]] = {
    function.__name__: function for function in (twice, silent, gone, banner, once, renamed)
} | {
    "error": lambda told: write(line({"type": "error", "message": "only protocol 2 is spoken here"})),
    "another_session": changed(session="0" * 16),
    "another_protocol": changed(protocol=2),
    "no_session": without("session"),
    "no_name": without("name"),
    "empty_name": changed(name=""),
    "another_dtype": changed(dtypes=["float64", "double"]),
    "no_rules": changed(rules={}),
    "unknown_rule": rules(adma={}),
    "a_monitor": rules(early_stopping={}),
    "unknown_option": rules(momentum={"options": ["dampenning"]}),
    "half_an_option": rules(rmsprop={"options": ["nesterov"]}),
    "unknown_claim": rules(momentum={"claim": "tocrh"}),
    "claim_of_another_rule": rules(momentum={"claim": "scipy"}),
    "unknown_axis": rules(momentum={"claim": {"gian": "one"}}),
    "fixed_rate": rules(momentum={"fixed": {"momentum": "0" * 16}}),
    "half_a_constant": rules(elu={"fixed": {"alpha": {"float64": "3ff0000000000000"}}}),
    "constant_out_of_its_domain": rules(elu={"fixed": {"alpha": "bff0000000000000"}}),
    "no_number_for_a_constant": rules(elu={"fixed": {"alpha": "7ff8000000000000"}}),
    "narrower_operations": changed(operations={"float64": "float16"}),
    "unknown_constant": rules(tanh={"fixed": {"slope": "0" * 16}}),
    "dying": rules(nesterov={}, adagrad={}, rmsprop={}, adam={}, relu={}),
    "unknown_key": changed(colour="red"),
    "empty_offer": rules(momentum=None),
    "refused_option": rules(gradient_descent={"options": ["weight_decay"]}),
    "false_claim": rules(momentum={"claim": {"learning_rate_place": "outside"}}),
}


def answer(asked: Message, right: Message) -> None:
    """Refuse all options, crash where that is what is to be seen, do well otherwise."""
    if asked["options"]:
        write(line({"type": "unsupported", "id": asked["id"], "reason": ", ".join(asked["options"])}))
    elif sys.argv[1] == "dying" or (asked["rule"] == "gradient_descent" and sys.argv[1] in ("once", "renamed")):
        os._exit(9)
    else:
        write(line(right))


if __name__ == "__main__":
    serve(answer, INTRODUCTIONS[sys.argv[1]])
