"""Implementations in other processes: what is written, what is read, and that nothing they do deceives or holds up the judge."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gradspec.conformance import Misbehaviour, Outcome, Request, Result, Unsupported, judge
from gradspec.conformance.case import AnyCase, Case
from gradspec.conformance.cases import build_cases
from gradspec.conformance.select import CannotStart
from gradspec.conformance.stdio import framing
from gradspec.conformance.stdio.client import Client, connect
from gradspec.spec import rule

from .stdio import LIMITS, command, gone

IMPATIENT = replace(LIMITS, answer=0.3)
HANGS = ("hang", "hang_and_refuse_to_end", "late", "half_a_line", "complain_and_hang")


def case(name: str, which: int = 1, dtype: str = "float64") -> AnyCase:
    """A case of a rule; the second one is an array with two dimensions."""
    return build_cases(rule(name), dtype, ())[which]


BAD, NEXT = case("gradient_descent"), case("momentum")


@pytest.fixture(scope="module")
def right() -> Outcome:
    """What is right for the next case."""
    with connect(command("honest")) as client:
        return client.run(NEXT)


def refusal(client: Client, put: AnyCase = BAD) -> str:
    """The one line with which a case fails."""
    with pytest.raises(Misbehaviour) as failure:
        client.run(put)
    return str(failure.value)


# -- whatever goes wrong is laid to the case at hand, and the next one is judged right ---------------------------------

FAILURES = {
    "hang": r"hang: no answer in 0\.3 s$",
    "hang_and_refuse_to_end": r"hang: no answer in 0\.3 s$",
    "late": r"hang: no answer in 0\.3 s$",
    "half_a_line": r"hang: no answer in 0\.3 s; a line was begun and not ended: write a line feed, and flush$",
    "complain_and_hang": r"hang: no answer in 0\.3 s; its standard error ends: \.\.\. (.*\n)*still thinking$",
    "leave": r"crash: the program ended with exit status 3 before it answered; "
    r"its standard error ends: Traceback: no such device$",
    "leave_quietly": r"crash: the program ended with exit status 0 before it answered$",
    "leave_in_a_line": r"crash: the program ended with exit status 0 in the middle of a line$",
    "crash": r"crash: the program was ended by SIGSEGV before it answered$",
    "close_output": r"crash: the program closed its standard output before it answered$",
    "leave_a_child": r"crash: the program ended with exit status 5 before it answered$",
    "flood": r"bad reply: more than 10000 lines or 1048576 bytes that are no messages; write them to standard error$",
    "flood_without_end": r"bad reply: a line of more than 100000 bytes$",
    "flood_of_answers": r"unasked: the program answered twice; answer every request once$",
    "answer_twice": r"unasked: the program answered twice; answer every request once$",
    "answer_to_another": r"wrong id: 'another'; the request has '1'$",
    "answer_to_an_earlier_one": r"wrong id: '0'; the request has '1'$",
    "answer_to_nobody": r"wrong id: None; the request has '1'$",
    "garbage": r"bad reply: no JSON: Expecting value at character 0$",
    "nothing": r"bad reply: no JSON: Expecting value at character 0$",
    "two_values": r"bad reply: no JSON: Extra data at character 3$",
    "a_list": r"bad reply: \$: list is no message; send an object$",
    "deep": r"bad reply: nested too deeply$",
    "not_utf_8": r"bad reply: not UTF-8 at byte 10 behind the prefix$",
    "a_comment": r"bad reply: no JSON: Extra data at character 19$",
    "duplicate_key": r"bad reply: the key 'id' stands twice in one object$",
    "nan": r"bad reply: the number NaN: reals travel as bits, in quotes$",
    "infinity": r"bad reply: the number -Infinity: reals travel as bits, in quotes$",
    "a_fraction": r"bad reply: the number 0\.5: reals travel as bits, in quotes$",
    "a_large_number": r"bad reply: the number 9{50}: integers have 32 bits$",
    "long_line": r"bad reply: a line of more than 100000 bytes$",
    "long_message": r"bad reply: \$\.message: 'x+ \.\.\. x+' is too long$",
    "no_type": r"bad reply: \$\.type: None is not one of result, unsupported, error$",
    "another_type": r"bad reply: \$\.type: 'capabilities' is not one of result, unsupported, error$",
    "a_number_for_the_id": r"bad reply: \$\.id: 1 is not of type 'string'$",
    "one_more_key": r"bad reply: \$: Additional properties are not allowed \('elapsed' was unexpected\)$",
    "no_outputs": r"bad reply: \$\.outputs: None is not of type 'array'$",
    "no_output": r"bad reply: \$\.outputs: 0 arrays; must be 2$",
    "text_for_a_number": r"bad reply: \$\.outputs\[0\]\.shape\[1\]: '3' is not of type 'integer'$",
    "true_for_a_number": r"bad reply: \$\.outputs\[0\]\.shape\[0\]: True is not of type 'integer'$",
    "another_shape": r"bad reply: \$\.outputs\[0\]\.shape: \[2, 3, 1\]; must be \[2, 3\]$",
    "another_dtype": r"bad reply: \$\.outputs\[0\]\.dtype: float32; must be float64$",
    "whole_numbers": r"bad reply: \$\.outputs\[0\]\.dtype: int64; must be float64$",
    "no_dtype": r"bad reply: \$\.outputs\[0\]\.dtype: 'double' is not one of \[.*\]$",
    "too_few_digits": r"bad reply: \$\.outputs\[0\]\.data: 94 digits; must be 96: 6 numbers of float64$",
    "too_many_digits": r"bad reply: \$\.outputs\[0\]\.data: 98 digits; must be 96: 6 numbers of float64$",
    "capital_digits": r"bad reply: \$\.outputs\[0\]\.data: 'ABCDEFABABCDEFAB' does not match .*$",
    "a_line_feed_in_the_digits": r"bad reply: \$\.outputs\[0\]\.data: .*$",
    "decimal_digits": r"bad reply: \$\.outputs\[0\]\.data: \['0\.5'\] is not of type 'string'$",
}


@pytest.mark.parametrize("behaviour", FAILURES)
def test_a_failure_is_named_and_the_next_case_is_judged_right(behaviour: str, right: Outcome, tmp_path: Path) -> None:
    limits = IMPATIENT if behaviour in HANGS else LIMITS
    with connect(command("hostile", behaviour, str(tmp_path / "child")), limits) as client:
        failure = refusal(client)
        client.limits = LIMITS
        found = client.run(NEXT)

    assert failure.startswith(f"{BAD.name}: ")
    assert re.match(FAILURES[behaviour], failure.removeprefix(f"{BAD.name}: "))
    assert right == found
    assert (1, "") == (client.restarts, client.stopped)


def test_what_was_answered_too_late_is_not_taken_for_the_next_answer(right: Outcome) -> None:
    with connect(command("hostile", "late"), IMPATIENT) as client:
        failure = refusal(client)
        client.limits = LIMITS
        time.sleep(1.0)
        found = client.run(NEXT)

    assert failure.endswith("hang: no answer in 0.3 s")
    assert right == found


def test_a_message_that_nobody_asked_for_is_laid_to_the_next_case_at_the_latest(right: Outcome) -> None:
    with connect(command("hostile", "answer_once_more_later"), LIMITS) as client:
        client.run(BAD)
        time.sleep(0.3)
        failure = refusal(client, NEXT)
        found = client.run(NEXT)

    assert failure == (
        f"{NEXT.name}: unasked: the program wrote a message that nobody had asked for; answer every request once"
    )
    assert right == found


def test_a_program_that_is_gone_when_it_is_asked_again_has_crashed_then(right: Outcome, tmp_path: Path) -> None:
    child = tmp_path / "child"
    with connect(command("hostile", "answer_by_a_child", str(child)), LIMITS) as client:
        client.run(BAD)
        failure = refusal(client, NEXT)
        found = client.run(NEXT)

    assert re.search(r"crash: the program ended with exit status 0 before it answered$", failure)
    assert right == found
    assert gone(int(child.read_text()))


def test_a_child_that_is_left_behind_holds_nothing_up_and_is_ended(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with connect(command("hostile", "leave_a_child", str(child)), LIMITS) as client:
        started = time.monotonic()
        refusal(client)
        took = time.monotonic() - started
        ended = gone(int(child.read_text()))

    assert took < LIMITS.answer / 2
    assert ended


def test_a_request_that_is_not_read_is_a_hang(tmp_path: Path) -> None:
    ones = (1.0,) * 100_000  # more than a pipe holds
    assert isinstance(NEXT, Case)
    large = replace(NEXT, w=ones, steps=(ones,), learning_rates=(1.0,), shape=None)
    with connect(command("hostile", "hang"), IMPATIENT) as client:
        os.kill(client.process.process.pid, signal.SIGSTOP)  # type: ignore[union-attr]
        failure = refusal(client, large)

    assert f"{NEXT.name}: hang: no answer in 0.3 s; the request was not read to its end" == failure


def test_an_error_and_a_refusal_leave_the_program_running(right: Outcome) -> None:
    with connect(command("hostile", "fails"), LIMITS) as client:
        failure = refusal(client)
        found = client.run(NEXT)
        restarts = client.restarts
    with (
        connect(command("hostile", "refuses"), LIMITS) as client,
        pytest.raises(Unsupported, match=r"^gradient_descent: no such kernel$"),
    ):
        client.run(BAD)

    assert f"{BAD.name}: error: out of memory" == failure
    assert (right, 0) == (found, restarts)


# -- what is unusual and right -----------------------------------------------------------------------------------------

ODD = {
    "noise": ["wrote 3 lines that are no messages to standard output"],
    "noise_behind": ["wrote 1 lines that are no messages to standard output"],
    "complaints": [],
    "bit_by_bit": [],
    "carriage_return": [],
    "spaces": [],
    "deaf_to_stop": ["did not end within 0.3 s of stop"],
}


@pytest.mark.parametrize("behaviour", ODD)
def test_what_is_unusual_is_accepted_and_noted(behaviour: str, right: Outcome) -> None:
    with connect(command("odd", behaviour), LIMITS) as client:
        found = client.run(NEXT)

    assert right == found
    assert (ODD[behaviour], 0) == (client.notes, client.restarts)


def test_children_do_not_outlive_the_judgement(tmp_path: Path) -> None:
    children = tmp_path / "children"
    with connect(command("odd", "children", str(children)), LIMITS) as client:
        client.run(NEXT)
        client.run(BAD)

    found = [int(line) for line in children.read_text().split()]
    assert 2 == len(found)
    assert all(gone(child) for child in found)


# -- how often ---------------------------------------------------------------------------------------------------------


def test_the_third_failure_of_a_rule_is_its_last(right: Outcome) -> None:
    with connect(command("hostile", "crash"), LIMITS) as client:
        failures = [refusal(client) for _ in range(5)]
        asked = client.asked
        found = client.run(NEXT)

    assert ["crash: the program was ended by SIGSEGV before it answered"] * 3 + [
        "not run: gradient_descent has failed 3 times"
    ] * 2 == [failure.removeprefix(f"{BAD.name}: ") for failure in failures]
    assert (3, right) == (asked, found)


def test_after_ten_starts_nothing_is_run_any_more() -> None:
    with connect(command("hostile", "leave_quietly"), replace(LIMITS, failures=100)) as client:
        failures = [refusal(client).removeprefix(f"{BAD.name}: ") for _ in range(13)]
        last = refusal(client, NEXT)

    assert ["crash: the program ended with exit status 0 before it answered"] * 11 == failures[:11]
    assert ["not run: the program was started anew 10 times"] * 2 == failures[11:]
    assert f"{NEXT.name}: not run: the program was started anew 10 times" == last
    assert "the program was started anew 10 times" == client.stopped


def test_no_case_is_put_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv("STDIO_ADAPTER_LOG", str(log))
    with connect(command("hostile", "crash"), LIMITS) as client:
        refusal(client)
        client.run(NEXT)

    asked = [json.loads(line.partition("@gs1 ")[2]) for line in log.read_text().splitlines()]
    assert ["1", "2"] == [message["id"] for message in asked if message["type"] == "run"]


@pytest.mark.parametrize(
    ("introduction", "message"),
    [
        ("once", r"crash: the program ended with exit status 1 before it answered; "
         r"its standard error ends: locked; it was started anew$"),
        ("renamed", r"bad reply: after a new start the capabilities are others$"),
    ],
)  # fmt: skip
def test_a_program_that_does_not_start_again_as_it_was_is_an_error(
    introduction: str, message: str, tmp_path: Path
) -> None:
    with connect(command("stranger", introduction, str(tmp_path / "lock")), LIMITS) as client:
        client.run(NEXT)
        refusal(client)
        failure = refusal(client, NEXT)

    assert re.search(message, failure)


# -- the introduction --------------------------------------------------------------------------------------------------

REFUSED = {
    "silent": r"hang: no answer in 0\.3 s",
    "gone": r"crash: the program ended with exit status 7 before it answered",
    "twice": r"unasked: the program answered twice",
    "error": r"error: only protocol 2 is spoken here",
    "another_session": r"bad reply: \$\.session: '0{16}'; must be '[0-9a-f]{16}'",
    "another_protocol": r"bad reply: \$\.protocol: 2; must be 1",
    "no_session": r"bad reply: \$: 'session' is a required property",
    "no_name": r"bad reply: \$: 'name' is a required property",
    "empty_name": r"bad reply: \$\.name: ''",
    "another_dtype": r"bad reply: \$\.dtypes\[1\]: 'double' is not one of",
    "no_rules": r"bad reply: \$\.rules: {}",
    "empty_offer": r"bad reply: \$\.rules\.momentum: None is not of type 'object'",
    "unknown_key": r"bad reply: \$: .*'colour' was unexpected",
    "unknown_rule": r"capabilities: no rule is called 'adma'; did you mean 'adam'\?",
    "a_monitor": r"capabilities: rules\.early_stopping: a monitor; protocol 1 carries optimizers and functions; leave it out",
    "unknown_option": r"capabilities: .*'dampenning'; did you mean 'dampening'\?",
    "half_an_option": r"capabilities: rules\.rmsprop\.options: nesterov without momentum; offer both or none",
    "unknown_claim": r"capabilities: .*'tocrh'; did you mean 'torch'\?",
    "claim_of_another_rule": r"capabilities: scipy has no momentum; it has: ",
    "unknown_axis": r"capabilities: .*'gian'; did you mean 'gain'\?",
    "fixed_rate": r"capabilities: rules\.momentum\.fixed: the judge chooses all hyperparameters of an optimizer",
    "half_a_constant": r"capabilities: rules\.elu\.fixed\.alpha: lacks float32; give it for every dtype on offer",
    "constant_out_of_its_domain": r"capabilities: elu: alpha=-1\.0",
    "no_number_for_a_constant": r"capabilities: elu: alpha=nan",
    "narrower_operations": r"capabilities: operations\.float64: float16 is narrower",
    "unknown_constant": r"capabilities: .*'slope'",
}


@pytest.mark.parametrize("introduction", REFUSED)
def test_a_program_that_does_not_introduce_itself_properly_cannot_start(introduction: str) -> None:
    limits = replace(LIMITS, start=0.3) if introduction == "silent" else LIMITS

    with pytest.raises(CannotStart) as refused, connect(command("stranger", introduction), limits):
        pass

    assert "\n" not in str(refused.value)
    assert re.search(f"stranger.py {introduction}: {REFUSED[introduction]}", str(refused.value))


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (["/no/such/program"], "/no/such/program: cannot be started: No such file or directory"),
        (["/"], "/: cannot be started: Permission denied"),
        (["a\0b"], "cannot be started: embedded null byte"),
        (["cat"], "cat: bad reply: $.type: 'hello' is not one of capabilities, error"),
        (["true"], "true: crash: the program ended with exit status 0 before it answered"),
        (["yes"], "yes: bad reply: more than 10000 lines or 1048576 bytes that are no messages"),
    ],
)
def test_what_is_no_adapter_at_all_cannot_start(program: list[str], message: str) -> None:
    with pytest.raises(CannotStart) as refused, connect(program, LIMITS):
        pass

    assert message in str(refused.value)


def test_a_banner_before_the_introduction_is_noted() -> None:
    with connect(command("stranger", "banner"), LIMITS) as client:
        name = client.implementation.name

    assert "honest" == name
    assert ["wrote 1 lines that are no messages to standard output"] == client.notes


# -- verdicts ----------------------------------------------------------------------------------------------------------


def judged(program: Sequence[str], *rules: str, dtypes: tuple[str, ...] = ("float64",)) -> list[Result]:
    with connect(program, LIMITS) as client:
        return list(judge(client.implementation, Request(rules=rules, dtypes=dtypes)).results)


def test_an_honest_program_is_identified() -> None:
    found = judged(command("honest"), dtypes=("float64", "float32"))

    assert [("gradient_descent", None), ("momentum", True), ("tanh", None)] == [
        (r.rule, r.agrees) for r in found if r.dtype == "float32"
    ]
    assert {("unique", True)} == {(r.verdict, r.passes) for r in found}


@pytest.mark.parametrize("behaviour", ["crash", "garbage", "answer_to_another", "nan", "another_shape"])
def test_a_failure_is_the_verdict_of_its_rule_and_of_no_other(behaviour: str) -> None:
    bad, good = judged(command("hostile", behaviour), "gradient_descent", "momentum")

    assert ("error", False) == (bad.verdict, bad.passes)
    assert bad.message.startswith("gradient_descent/float64/plain/one: ")
    assert ("unique", True) == (good.verdict, good.passes)


def test_what_is_refused_at_once_is_unsupported() -> None:
    bad, good = judged(command("hostile", "refuses"), "gradient_descent", "momentum")

    assert ("unsupported", "gradient_descent: no such kernel") == (bad.verdict, bad.message)
    assert "unique" == good.verdict


def test_what_is_offered_and_then_refused_is_an_error() -> None:
    (found,) = judged(command("stranger", "refused_option"), "gradient_descent")

    assert "error" == found.verdict
    assert "weight_decay is offered and then refused (gradient_descent: weight_decay)" in found.message


def test_a_false_claim_is_found_out_and_shown_by_a_line_of_shell() -> None:
    (found,) = judged(command("stranger", "false_claim"), "momentum")

    assert ("unique", False) == (found.verdict, found.agrees)
    assert "learning_rate_place: claimed outside, measured inside" in found.message
    assert found.counterexample is not None
    replayed, comment = found.counterexample.snippet.split("\n")
    output = subprocess.run(replayed, shell=True, capture_output=True, text=True, check=True).stdout
    told = json.loads(output.splitlines()[1].removeprefix("@gs1 "))["outputs"][-1]["data"]
    assert [found.counterexample.got] == framing.numbers({"dtype": "float64", "shape": [1], "data": told})
    assert (
        f"# outputs[{found.counterexample.steps - 1}], number 0 from 0: got {found.counterexample.got!r} ({told}); "
        in comment
    )


@pytest.mark.parametrize("name", ["dropout", "early_stopping", "he_normal", "adam"])
def test_rules_that_a_program_does_not_offer_are_unsupported(name: str) -> None:
    (found,) = judged(command("honest"), name)

    assert ("unsupported", f"honest does not offer {name}") == (found.verdict, found.message)
