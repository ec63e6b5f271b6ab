"""The schema of all messages, `messages.json`, enforced on both sides and in both directions."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from .framing import Message


def check(message: Any, *allowed: str) -> Message:
    """Return the message if it is of one of the types `allowed` and as the schema says; raise `ValueError` with its path."""
    from jsonschema.exceptions import best_match

    if not isinstance(message, dict):
        raise ValueError(f"$: {type(message).__name__} is no message; send an object")
    if message.get("type") not in allowed:
        raise ValueError(f"$.type: {_short(message.get('type'))} is not one of {', '.join(allowed)}")
    error = best_match(_validator(message["type"]).iter_errors(message))
    if error is not None:
        raise ValueError(f"{error.json_path}: {_short(error.message, plain=True)}")
    return message


@cache
def _validator(kind: str) -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads(files(__package__).joinpath("messages.json").read_text(encoding="utf-8"))
    return Draft202012Validator({"$defs": schema["$defs"], **schema["messages"][kind]})


def _short(value: Any, *, plain: bool = False) -> str:
    text = value if plain else repr(value)
    return text if len(text) <= 200 else f"{text[:100]} ... {text[-100:]}"
