"""Lines and numbers on the wire: one message per line behind a prefix, floating-point numbers as their bits."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NoReturn

PREFIX = b"@gs1 "
CODES = {"float64": "d", "float32": "f", "float16": "e", "int64": "q"}
WIDTHS = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2, "int64": 8}  # bytes of one number

Message = Mapping[str, Any]


def encode(message: Message) -> bytes:
    """Return the line that carries a message."""
    return PREFIX + json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> Any:
    """Read what stands behind the prefix; raise `ValueError` where it is not strict JSON.

    Refused: duplicate keys, NaN and Infinity, numbers that are no integers of 32 bits (reals travel as bits), bytes that are
    not UTF-8, and whatever is nested too deeply to be read.
    """
    try:
        return json.loads(
            line.removeprefix(PREFIX).decode(),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refused,
            parse_float=_refused,
            parse_int=_integer,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start} behind the prefix") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at character {error.pos}") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:50]!r} stands twice in one object")
        found[key] = value
    return found


def _refused(number: str) -> NoReturn:
    raise ValueError(f"the number {number[:50]}: reals travel as bits, in quotes")


def _integer(digits: str) -> int:
    if len(digits) > 11 or not -(2**31) <= int(digits) < 2**31:
        raise ValueError(f"the number {digits[:50]}: integers have 32 bits")
    return int(digits)


def bits(value: float) -> str:
    """Return the bits of a double as 16 hexadecimal digits, the most significant first."""
    return struct.pack(">d", value).hex()


def number(digits: str) -> float:
    """Return the double with these bits."""
    return float(struct.unpack(">d", bytes.fromhex(digits))[0])


def tensor(values: Sequence[float], shape: Sequence[int], dtype: str) -> Message:
    """Return an array as it travels: the bits of its elements in row-major order, one after the other.

    The dtype must hold every value; those of `int64` are whole.
    """
    if dtype == "bfloat16":  # the upper half of a float32
        data = b"".join(struct.pack(">f", value)[:2] for value in values)
    else:
        given = [int(value) for value in values] if dtype == "int64" else values
        data = struct.pack(f">{len(values)}{CODES[dtype]}", *given)
    return {"dtype": dtype, "shape": list(shape), "data": data.hex()}


def numbers(array: Message) -> list[float]:
    """Return the elements of an array that has travelled; raise `ValueError` unless there are as many as its shape says."""
    dtype, digits = array["dtype"], array["data"]
    count = prod(array["shape"])
    wanted = 2 * WIDTHS[dtype] * count
    if len(digits) != wanted:
        raise ValueError(f"{len(digits)} digits; must be {wanted}: {count} numbers of {dtype}")
    data = bytes.fromhex(digits)
    if dtype == "bfloat16":
        data = b"".join(data[k : k + 2] + b"\0\0" for k in range(0, len(data), 2))
    return [float(value) for value in struct.unpack(f">{count}{CODES.get(dtype, 'f')}", data)]
