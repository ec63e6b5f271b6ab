"""`gradspec slides`: what it writes and how it leaves, its ledger beside the deck's file, and beside what the reader finds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gradspec.conformance import slides
from gradspec.conformance.altered import refuted
from gradspec.conformance.proving import altered_rules_of
from gradspec.conformance.reading.document import pieces
from gradspec.conformance.reading.finding import VERDICTS, Item
from gradspec.conformance.reading.judging import judged
from gradspec.conformance.reading.report import programs
from gradspec.conformance.reading.snippets import Outcomes, Started, outcomes, snippets, start
from gradspec.spec import rule
from gradspec.spec.ledger.deck import ledger
from gradspec.spec.ledger.entry import Entry, Form, Run, Shown, Witness
from gradspec.spec.ledger.measures import parameter, settings
from gradspec.spec.vendors import vendor

from . import forked

DECK = Path(__file__).parents[2] / "shared/deck/000_cf5a44086d2b9492.txt"
KEYS = [
    "id",
    *("file", "line", "text", "kind", "verdict", "rule", "dialect", "message", "suggestion", "witness", "suspect"),
]
FEW = ("gd-1", "act-4", "act-8", "bn-6", "clip-4", "lr-1")  # of every verdict but one, with each kind of evidence
SLICE = {name: ledger()[name] for name in FEW}


def in_this_process(function: Callable[[Any], Any], work: Iterable[Any], doing: str) -> Iterable[Any]:
    return map(function, work)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, Entry]:
    """The command on a part of the ledger, in this process, with no framework at hand."""
    entries = dict(SLICE)
    monkeypatch.setattr(slides, "ledger", lambda: entries)
    monkeypatch.setattr(slides, "in_any_order", in_this_process)
    monkeypatch.setattr(slides, "start", lambda: Started(None, None, "keras not installed"))
    return entries


# -- the command -----------------------------------------------------------------------------------------------


def test_a_ledger_that_holds_leaves_with_0(few: dict[str, Entry], capsys: pytest.CaptureFixture[str]) -> None:
    code = slides.slides("", "")
    out, err = capsys.readouterr()
    lines = out.splitlines()

    assert (0, "") == (code, err)
    assert [True] * len(few) == [any(line.startswith(f"{name} ") for line in lines) for name in few]
    assert "6 items: 1 correct, 1 assumption, 1 wrong, 2 slip, 1 empirical" in lines
    assert "6 proved, 2 witnessed" in lines
    assert "4 not run: keras not installed" in lines


def with_evidence(entry: Entry, change: Callable[[Any], Any], of: type) -> Entry:
    return replace(entry, evidence=tuple(change(one) if isinstance(one, of) else one for one in entry.evidence))


def test_a_witness_that_no_longer_separates_leaves_with_1(
    few: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    few["act-4"] = with_evidence(few["act-4"], lambda one: replace(one, canonical=one.printed), Witness)
    code = slides.slides("-", "")
    out, err = capsys.readouterr()
    found = {one["id"]: one["message"].endswith("(no longer shown: see below)") for one in json.loads(out)["items"]}

    assert 1 == code
    assert [line] if (line := err.strip()).startswith("gradspec: act-4: a witness no longer separates") else err == ""
    assert {name: name == "act-4" for name in FEW} == found


def test_code_that_runs_otherwise_leaves_with_1(
    few: dict[str, Entry], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {one.name: one.outcome for entry in few.values() for one in entry.evidence if isinstance(one, Run)}
    monkeypatch.setattr(slides, "outcomes", lambda started: Outcomes("Keras 4", found | {"sgd_lr": "accepted"}))
    code = slides.slides("-", "")

    assert 1 == code
    assert "gradspec: lr-1: a run ends otherwise: run: sgd_lr, Keras 4; found: accepted; expected: " in " ".join(
        capsys.readouterr().err.split()
    )


def test_json_has_the_keys_of_a_check_and_the_id(few: dict[str, Entry], tmp_path: Path) -> None:
    target = tmp_path / "slides.json"
    code = slides.slides(str(target), "")
    data = json.loads(target.read_text())

    assert 0 == code
    assert ["items", "counts"] == list(data)
    assert [KEYS] * len(few) == [list(one) for one in data["items"]]
    assert [(e.id, e.line, e.kind, e.verdict, e.suspect) for e in few.values()] == [
        (one["id"], one["line"], one["kind"], one["verdict"], one["suspect"]) for one in data["items"]
    ]
    assert list(data["counts"]) == list(dict.fromkeys((*VERDICTS, "empirical")))
    assert {e.verdict: sum(o.verdict == e.verdict for o in few.values()) for e in few.values()} == {
        verdict: number for verdict, number in data["counts"].items() if number
    }


class Tags(HTMLParser):
    """What a page is made of, and what it asks for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.asked: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.asked += [value or "" for name, value in attrs if name in ("href", "src", "action", "srcset", "data")]


def test_the_page_needs_nothing_from_elsewhere_and_names_every_entry(few: dict[str, Entry], tmp_path: Path) -> None:
    target = tmp_path / "slides.html"
    code = slides.slides("", str(target))
    text = target.read_text(encoding="utf-8")
    page = Tags(text)

    assert 0 == code
    assert text.startswith("<!DOCTYPE html>")
    assert not {"script", "link", "img", "iframe", "object"} & page.tags
    assert all(value.startswith("#") for value in page.asked)
    assert [] == [name for name in FEW if name not in text]
    assert "The ledger of the lecture deck" in text
    assert "@import" not in text
    assert "url(" not in text


def test_a_page_goes_to_standard_output_with_nothing_else(
    few: dict[str, Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    code = slides.slides("", "-")
    out, err = capsys.readouterr()

    assert (0, "") == (code, err)
    assert (True, True) == (out.startswith("<!DOCTYPE html>"), out.endswith("</html>\n"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json", "/nowhere/a"], "--json /nowhere/a: the folder /nowhere does not exist"),
        (["--html", "/nowhere/a"], "--html /nowhere/a: the folder /nowhere does not exist"),
        (["--html", "."], "--html .: is a folder"),
        (["--html", "-", "--json", "-"], "standard output takes one report"),
        (["deck.md"], "unexpected extra argument"),
    ],
)
def test_reports_that_cannot_be_written_leave_with_2(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = forked.run(["slides", *arguments], tmp_path, {})

    assert (2, "") == (done.returncode, done.stdout)
    assert words in done.stderr


# -- what is proved ----------------------------------------------------------------------------------------------

SHOWN = [(entry.id, one) for entry in ledger().values() for one in entry.evidence if isinstance(one, Shown)]


@pytest.mark.parametrize(("name", "shown"), SHOWN, ids=[f"{name}-{one.claim.name}" for name, one in SHOWN])
def test_a_statement_of_the_ledger_is_false_of_an_altered_rule(name: str, shown: Shown) -> None:
    """What holds whatever the rule says shows nothing."""
    found = next(refuted(rule(shown.rule), shown.claim, altered_rules_of(shown.rule)), None)

    assert found is not None, name


# -- what Keras does ---------------------------------------------------------------------------------------------


SLOPE = {"slope": 1, "steps": 3}
PARABOLA = {"momentum": "9/10", "curvature": 1, "steps": 4}
EPSILON = {"slope": "1/10000000", "steps": 1}
START = ("initial_accumulator_value",)


@pytest.mark.parametrize(
    ("run", "name", "options", "at"),
    [
        ("momentum", "momentum", (), PARABOLA),
        ("nesterov", "nesterov", (), PARABOLA),
        ("adagrad", "adagrad", START, SLOPE),
        ("adagrad_from_0", "adagrad", (), SLOPE),
        ("rmsprop", "rmsprop", (), SLOPE),
        ("adam", "adam", (), SLOPE),
        ("adam_at_small_gradients", "adam", (), EPSILON),
    ],
)
def test_what_the_ledger_expects_of_an_optimizer_is_what_the_specification_does(
    run: str, name: str, options: tuple[str, ...], at: dict[str, Any]
) -> None:
    """Keras's dialect and its own settings, in exact numbers, to the five digits that a run is compared in."""
    row = vendor("keras").rows[name]
    dialect = {axis: value for axis, value in row.axes.items() if axis != "weight_decay_form"}
    given = {**row.defaults, **at, "learning_rate": "1/10", "start": 1}
    program = Form(name, dialect, options).program()
    expected = [one.xreplace(settings(program, given)) for one in parameter(program, given)]
    (outcome,) = {
        one.outcome for entry in ledger().values() for one in entry.evidence if isinstance(one, Run) and one.name == run
    }

    assert [f"{float(one):.5g}" for one in expected] == outcome.partition(": ")[2].split(", ")


def test_all_that_is_run_rests_under_an_entry_and_the_other_way_round() -> None:
    named = {one.name for entry in ledger().values() for one in entry.evidence if isinstance(one, Run)}

    assert set(snippets()) == named


@pytest.mark.peers
def test_all_code_of_the_deck_does_in_keras_what_the_ledger_says() -> None:
    ran = outcomes(start())
    expected = {o.name: o.outcome for entry in ledger().values() for o in entry.evidence if isinstance(o, Run)}

    assert "" == ran.trouble
    assert ran.where.startswith("Keras 3.15.1 on ")
    assert expected == {**ran.found}


@pytest.mark.peers
def test_the_whole_command_leaves_with_0_and_has_run_everything(tmp_path: Path) -> None:
    target = tmp_path / "slides.json"
    command = [sys.executable, "-m", "gradspec.conformance", "slides", "--json", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    data = json.loads(target.read_text())

    assert (0, "") == (done.returncode, done.stderr)
    assert list(ledger()) == [one["id"] for one in data["items"]]
    assert "not run" not in done.stdout


# -- beside the deck's file --------------------------------------------------------------------------------------


def bare(text: str) -> str:
    """A formula or a line of code without its spaces and its marks of alignment."""
    return re.sub(r"[\s&]", "", text)


def rows_of(entry: Entry) -> list[str]:
    """What is printed, row by row: rows of code are lines, rows of formulas end in a double backslash."""
    rows = [entry.printed] if r"\begin{cases}" in entry.printed else re.split(r"\\\\|\n", entry.printed)
    return [bare(row) for row in rows]


PRINTED = [entry for entry in ledger().values() if entry.kind in ("latex", "code")]
PROSE = [entry for entry in ledger().values() if entry.kind == "text"]


@pytest.mark.deck
@pytest.mark.parametrize("entry", PRINTED, ids=lambda entry: entry.id)
def test_formulas_and_code_stand_in_the_deck_where_the_ledger_says(entry: Entry) -> None:
    deck = DECK.read_text(encoding="utf-8").splitlines()
    there = [bare(deck[line - 1]) for line in entry.lines]
    rows = rows_of(entry)

    assert [] == [row for row in rows if not any(row in line for line in there)]
    assert entry.kind == "latex" or rows == there or len(rows) == 1


@pytest.mark.deck
def test_the_rest_of_the_ledger_is_prose_on_lines_that_are_not_empty() -> None:
    deck = DECK.read_text(encoding="utf-8").splitlines()
    verbatim = [entry.id for entry in PROSE if any(bare(entry.printed) in bare(deck[k - 1]) for k in entry.lines)]
    print(
        f"{len(PRINTED)} formulas and pieces of code compared; {len(PROSE)} of prose, {len(verbatim)} of them verbatim"
    )

    assert len(ledger()) == len(PRINTED) + len(PROSE)
    assert [] == [(entry.id, k) for entry in PROSE for k in entry.lines if not deck[k - 1].strip()]


# -- beside what the reader finds --------------------------------------------------------------------------------


def is_number(entry: Entry) -> bool:
    """Whether a sentence states a number of its own, not one that counts neurons or steps."""
    return entry.kind == "text" and re.search(r"(?<![\w_])\d", entry.printed) is not None


def is_wrong_as_it_stands(entry: Entry) -> bool:
    """A lost minus is the extraction's for the ledger, which knows the page, and wrong for the reader, who sees the text."""
    lost = entry.suspect == "extraction" and entry.literal is not None and entry.literal.error is not None
    return entry.verdict == "wrong" or lost


def is_about(entry: Entry, item: Item) -> bool:
    """Whether an item of the reader is what an entry speaks of; of sentences the line is all there is to compare."""
    same = bare(item.reading.text) in rows_of(entry)
    return item.reading.line in entry.lines and (same or entry.kind == "text")


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return judged(pieces(str(DECK)), lambda: None)


@pytest.fixture(scope="module")
def accused(items: list[Item]) -> list[list[Item]]:
    """What the reader calls wrong: by program, since all rows of a program share its verdict."""
    groups = [[items[place] for place in places] for places in programs(items)]
    return [group for group in groups if group[0].verdict.verdict == "wrong"]


def shared(entries: Iterable[Entry], groups: Sequence[Sequence[Item]]) -> tuple[list[str], list[str]]:
    """The ids of the entries that some accused item is about, and of those that none is."""
    found, missed = [], []
    for entry in entries:
        hit = any(is_about(entry, item) for group in groups for item in group)
        (found if hit else missed).append(entry.id)
    return found, missed


@pytest.mark.deck
def test_recall_all_formulas_and_numbers_that_the_ledger_calls_wrong_are_found(accused: list[list[Item]]) -> None:
    wrong = [entry for entry in ledger().values() if is_wrong_as_it_stands(entry)]
    found, missed = shared((e for e in wrong if e.kind == "latex" or is_number(e)), accused)
    code, unread = shared((e for e in wrong if e.kind == "code"), accused)
    prose = [entry.id for entry in wrong if entry.kind == "text" and not is_number(entry)]
    print(f"recall of formulas and numbers {len(found)}/{len(found) + len(missed)}: {' '.join(found)}")
    print(f"recall of calls of a framework {len(code)}/{len(code) + len(unread)}; not found: {' '.join(unread)}")
    print(f"{len(prose)} sentences are wrong that state no formula and no number: {' '.join(prose)}")

    assert [] == missed
    assert found


@pytest.mark.deck
def test_precision_nothing_is_accused_that_the_ledger_does_not_call_wrong(accused: list[list[Item]]) -> None:
    wrong = [entry for entry in ledger().values() if is_wrong_as_it_stands(entry)]
    baseless = [
        [(item.reading.line, item.reading.text) for item in group]
        for group in accused
        if not any(is_about(entry, item) for entry in wrong for item in group)
    ]
    print(f"precision {len(accused) - len(baseless)}/{len(accused)} programs and statements")

    assert [] == baseless
    assert accused


@pytest.mark.deck
def test_no_entry_that_the_ledger_calls_correct_is_accused(accused: list[list[Item]]) -> None:
    """A correct row of a program of which another row is wrong carries the program's verdict and is not accused itself."""
    wrong = [entry for entry in ledger().values() if is_wrong_as_it_stands(entry)]
    by_themselves = [g for g in accused if not any(is_about(e, item) for e in wrong for item in g)]
    right = [e for e in ledger().values() if not is_wrong_as_it_stands(e) and (e.kind != "text" or is_number(e))]
    found, spared = shared(right, by_themselves)
    print(f"{len(spared)} of {len(right)} formulas, numbers and pieces of code that are not wrong are not accused")

    assert [] == found
