"""What travels between the judge and a program: lines, numbers, messages, whole cases and back."""

from __future__ import annotations

import io
import json
import math
import re
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradspec.conformance import Implementation, Outcome, Request, Run, judge, load
from gradspec.conformance.bundled import row
from gradspec.conformance.case import AnyCase
from gradspec.conformance.cases import build_cases, contexts
from gradspec.conformance.session import run_case
from gradspec.conformance.stdio import framing, schema
from gradspec.conformance.stdio.capabilities import capabilities_of, implementation_of
from gradspec.conformance.stdio.client import Client, connect
from gradspec.conformance.stdio.requests import case_of, request
from gradspec.conformance.stdio.server import answer, serve
from gradspec.conformance.trial import judge_in_workers
from gradspec.spec import catalogue, rule

from .stdio import SERVED


@pytest.fixture(scope="module")
def own() -> Implementation:
    """gradspec's functions for NumPy."""
    return load("gradspec/numpy")


# -- lines and numbers -------------------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -2.5, math.inf, -math.inf, math.nan]
LARGEST = {
    "float64": sys.float_info.max,
    "float32": 2.0**128 - 2.0**104,
    "bfloat16": 2.0**128 - 2.0**120,
    "float16": 65504.0,
}
SMALLEST = {"float64": 2.0**-1074, "float32": 2.0**-149, "bfloat16": 2.0**-133, "float16": 2.0**-24}


@pytest.mark.parametrize("dtype", LARGEST)
def test_numbers_travel_without_loss(dtype: str) -> None:
    values = [*SPECIAL, LARGEST[dtype], -LARGEST[dtype], SMALLEST[dtype], -SMALLEST[dtype]]
    array = framing.tensor(values, (len(values),), dtype)

    assert repr(values) == repr(framing.numbers(json.loads(json.dumps(array))))
    assert 2 * framing.WIDTHS[dtype] * len(values) == len(array["data"])


def test_labels_travel_as_whole_numbers() -> None:
    array = framing.tensor([0.0, 3.0, -1.0], (3,), "int64")

    assert "00000000000000000000000000000003ffffffffffffffff" == array["data"]
    assert [0.0, 3.0, -1.0] == framing.numbers(array)


@given(st.floats(allow_nan=False))
def test_a_setting_travels_as_the_bits_of_a_double(value: float) -> None:
    assert struct.pack(">d", value).hex() == framing.bits(value)
    assert repr(value) == repr(framing.number(framing.bits(value)))


def reason(data: bytes, kind: str) -> str:
    """Why a line is no message; nothing if it is one."""
    try:
        schema.check(framing.decode(b"@gs1 " + data), kind)
    except ValueError as error:
        return str(error) or "no reason"
    return ""


@given(st.binary(max_size=60))
def test_what_is_no_json_is_refused_with_a_reason(data: bytes) -> None:
    found = reason(data, "result")

    assert found not in ("", "no reason")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "outputs", "data"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["result", "unsupported", "error", "capabilities"]))
def test_any_json_is_a_message_or_refused_with_its_path(value: Any, kind: str) -> None:
    if isinstance(value, dict):
        value["type"] = kind
    found = reason(json.dumps(value).encode(), kind)
    allowed = isinstance(value, dict) and value == {"type": "result", "id": value.get("id"), "outputs": []}

    assert found.startswith("$") or allowed


def test_every_message_of_the_schema_is_described_to_authors() -> None:
    described = (Path(schema.__file__).parent / "README.md").read_text()
    messages = json.loads((Path(schema.__file__).parent / "messages.json").read_text())["messages"]

    assert {"hello", "capabilities", "run", "result", "unsupported", "error", "stop"} == messages.keys()
    for message in messages.values():
        for key in message["properties"]:
            assert f"`{key}`" in described


def test_the_exchange_that_is_shown_to_authors_is_one(own: Implementation) -> None:
    described = (Path(schema.__file__).parent / "README.md").read_text()
    (text,) = re.findall("```text\n(.*?)```", described, re.DOTALL)
    lines = re.sub(r"\n {9}", "", text).splitlines()
    said = [(who, framing.decode(line.encode())) for who, line in (shown.split(maxsplit=1) for shown in lines)]

    assert ["hello", "capabilities", "run", "result", "stop"] == [message["type"] for _, message in said]
    for who, message in said:
        assert ("program" if message["type"] in ("capabilities", "result") else "judge") == who
        schema.check(message, message["type"])
    assert answer(own, said[2][1]) == said[3][1]


# -- both ways alike ---------------------------------------------------------------------------------------------------

CARRIED = [name for name, found in catalogue().items() if found.kind in ("optimizer", "function")]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CARRIED)
def test_what_is_done_here_is_done_over_the_wire(name: str, dtype: str, own: Implementation) -> None:
    """Every case of the default level: as a message, as JSON, as a case again, and the outcome all the way back."""
    remote = _Wire(own)
    there = implementation_of(json.loads(json.dumps(capabilities_of(own, "0" * 16, 1))))
    there.remote = remote

    found = there.offers[name]
    assert (own.offers[name].options, own.claims[name]) == (found.options, there.claims[name])
    for on in contexts(rule(name), found.options):
        for put in build_cases(rule(name), dtype, on):
            here, beyond = run_case(own, put), run_case(there, put)
            assert repr(here.parameters) == repr(beyond.parameters)
            assert here.refused == beyond.refused


class _Wire(Client):
    """A client without a process: the server is called."""

    def __init__(self, implementation: Implementation) -> None:
        self.implementation = self.served = implementation

    def run(self, case: AnyCase) -> Outcome:
        asked = request(case, "a-1", self.implementation.offers[case.rule].fixed)
        message = schema.check(framing.decode(framing.encode(asked.message)), "run")
        assert case.switched_on == case_of(message).switched_on
        told = framing.encode(schema.check(answer(self.served, message), "result", "error"))
        return self._outcome(case, self._reply(told, "a-1"), asked.shapes)


def serving(path: Path) -> list[str]:
    return [sys.executable, "-m", "gradspec.conformance.stdio", str(path)]


def test_an_implementation_of_python_is_judged_alike_here_and_as_a_program(tmp_path: Path) -> None:
    """Looking ahead, fixed constants, prints on standard output; a monitor is left out."""
    (tmp_path / "mine.py").write_text(SERVED)
    asked = Request(rules=("nesterov", "elu"), dtypes=("float32",))
    here = judge(load(str(tmp_path / "mine.py")), asked)
    with connect(serving(tmp_path / "mine.py")) as client:
        there = judge(client.implementation, asked)
        offered = set(client.implementation.offers)

    assert {"nesterov", "elu"} == offered
    assert ("look_ahead", False) == (here.results[0].dialect["nesterov_form"], here.results[0].agrees)
    for one, other in zip(here.results, there.results, strict=True):
        assert replace(one, counterexample=None) == replace(other, counterexample=None)
    assert [] == client.notes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"@gs1 {", "bad request: no JSON"),
        (b'@gs1 {"type":"hello"}', "bad request: $.type: 'hello' is not one of run, stop"),
        (b'@gs1 {"type":"run","id":"1"}', "bad request: $: "),
    ],
)
def test_the_bridge_refuses_what_the_schema_does_not_allow(own: Implementation, line: bytes, message: str) -> None:
    hello = framing.encode({"type": "hello", "protocols": [1], "session": "0" * 16, "gradspec": "1", "max_line": 65536})
    sink = io.BytesIO()
    serve(own, io.BytesIO(hello + line + b"\n"), sink)

    told = framing.decode(sink.getvalue().splitlines()[1])
    assert "error" == told["type"]
    assert told["message"].startswith(message)


@pytest.mark.peers
@pytest.mark.parametrize("name", ["torch/fused", "optax"])
def test_a_framework_is_judged_alike_in_its_own_process_and_as_a_program(name: str) -> None:
    asked = Request(rules=("momentum", "adam"))
    (here,) = judge_in_workers([row(name)], asked)
    with connect(serving(Path(name))) as client:
        there = judge(client.implementation, asked)

    assert isinstance(here, Run)
    assert [(r.verdict, r.agrees, r.dialect, r.cases) for r in here.results] == [
        (r.verdict, r.agrees, r.dialect, r.cases) for r in there.results
    ]
