"""`gradspec check`: what it writes, and how it leaves."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from xml.dom import minidom

import pytest

from gradspec.conformance import checking
from gradspec.conformance.reading import linear, plain
from gradspec.conformance.reading.canonical import canonical
from gradspec.conformance.reading.document import pieces_of
from gradspec.conformance.reading.finding import VERDICTS, Item, Piece, Reading, Verdict
from gradspec.conformance.reading.html import page
from gradspec.conformance.reading.latex import read
from gradspec.conformance.reading.report import as_json, counts, exit_code, formula, print_items, programs
from gradspec.spec import catalogue

ITEM = ["file", "line", "text", "kind", "verdict", "rule", "dialect", "message", "suggestion", "witness", "suspect"]
RIGHT = "# Descent\n\nWe step downhill: $w \\leftarrow w - \\eta \\nabla J(w)$\n"
WRONG = "# Descent\n\nWe step uphill:\n\n$$w \\leftarrow w + \\eta \\nabla J(w)$$\n"


def check(*arguments: str, given: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
    data = given.encode() if isinstance(given, str) else given
    done = subprocess.run(
        [sys.executable, "-m", "gradspec.conformance", "check", *arguments],
        capture_output=True,
        input=data,
        timeout=120,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def item(verdict: str = "wrong", text: str = "w = w + g", line: int = 3, slide: int = 1, **more: object) -> Item:
    piece = Piece("deck.md", line, text, "latex", text, slide, line)
    try:
        row = read(text).row
    except ValueError:
        row = None
    return Item(Reading(piece, line, text, row), Verdict(verdict=verdict, **more))  # type: ignore[arg-type]


# -- the command -----------------------------------------------------------------------------------------------


def test_what_is_wrong_is_told_with_witness_and_suggestion(tmp_path: Path) -> None:
    document, report, web = tmp_path / "deck.md", tmp_path / "report.json", tmp_path / "report.html"
    document.write_text(RIGHT + WRONG)
    done = check(str(document), "--json", str(report), "--html", str(web))
    data = json.loads(report.read_text())
    right, wrong = data["items"]

    assert 1 == done.returncode, done.stderr
    assert "" == done.stderr
    assert [ITEM, ITEM] == [list(one) for one in data["items"]]
    assert list(VERDICTS) == list(data["counts"])
    assert (1, 1, 2) == (data["counts"]["correct"], data["counts"]["wrong"], sum(data["counts"].values()))
    assert (3, "correct", "gradient_descent") == (right["line"], right["verdict"], right["rule"])
    assert (8, "wrong", "gradient_descent") == (wrong["line"], wrong["verdict"], wrong["rule"])
    assert wrong["witness"]["printed"] != wrong["witness"]["expected"]
    assert "-" in wrong["suggestion"]
    assert "w ← w + η ∇J(w)" in done.stdout
    assert f"{document}:8: wrong" in done.stdout
    assert wrong["suggestion"] in done.stdout
    assert "2 items: 1 correct, 1 wrong" in done.stdout
    assert "gradient_descent" in web.read_text()


def test_a_document_without_mistakes_leaves_with_0_and_comes_through_a_pipe() -> None:
    done = check("-", "--json", "-", given=RIGHT)
    data = json.loads(done.stdout)

    assert 0 == done.returncode
    assert "" == done.stderr
    assert ["-"] == [one["file"] for one in data["items"]]


@pytest.mark.parametrize("text", ["Nothing here but words, and $5 or $10.\n", "```python\nimport os\n```\n", "x"])
def test_a_document_without_formulas_leaves_with_5(text: str) -> None:
    done = check("-", "--json", "-", given=text)

    assert 5 == done.returncode
    assert {"items": [], "counts": dict.fromkeys(VERDICTS, 0)} == json.loads(done.stdout)
    assert "no formula was found" in done.stderr


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"%PDF-1.5", "deck.pdf", "pdftotext -layout {} - | gradspec check -"),
        (b"", "deck.md", "is empty"),
        (b"\x00\x01\x02", "deck.md", "is no text"),
        (None, "deck.md", "no such file"),
    ],
)
def test_what_cannot_be_read_leaves_with_2_and_one_line(
    tmp_path: Path, data: bytes | None, name: str, words: str
) -> None:
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    done = check(str(file), "--json", str(tmp_path / "report.json"))

    assert 2 == done.returncode
    assert "" == done.stdout
    assert [True] == [words.format(file) in line for line in done.stderr.splitlines()]
    assert not (tmp_path / "report.json").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--json", "/nowhere/a"], "--json /nowhere/a: the folder /nowhere does not exist"),
        (["--html", "/nowhere/a"], "--html /nowhere/a: the folder /nowhere does not exist"),
        (["--html", "/"], "--html /: is a folder"),
        (["--html", "-", "--json", "-"], "standard output takes one report"),
    ],
)
def test_reports_that_cannot_be_written_are_refused_before_any_work(more: list[str], words: str) -> None:
    json, html = ("/nowhere/a", "") if "--json" == more[0] else ("", more[1])
    if len(more) == 4:
        json, html = "-", "-"
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        checking.documents(["deck.md"], json, html)


def test_a_document_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"-: is given twice; name each document once"):
        checking.documents(["-", "-"], "", "")


def test_documents_are_judged_each_by_itself() -> None:
    one = pieces_of("$m = \\beta m + \\eta \\nabla J(w)$", "a.md")
    two = pieces_of("$w = w - m$", "b.md")
    apart = [*checking.judge(one), *checking.judge(two)]

    assert one[0].slide == two[0].slide  # which is no reason to read them as one program
    assert apart == checking.judge([*one, *two])


def test_an_interrupted_check_leaves_with_4_and_writes_nothing(tmp_path: Path) -> None:
    document, reports = tmp_path / "deck.md", tmp_path / "reports"
    reports.mkdir()
    document.write_text(
        "".join(f"# Slide {k}\n$$v = \\mu v + (1 + \\mu) {k} g^3$$ $$w = w - v s + {k}$$\n" for k in range(20_000))
    )
    command = [
        sys.executable,
        "-m",
        "gradspec.conformance",
        "check",
        str(document),
        "--json",
        str(reports / "a"),
        "--html",
        str(reports / "b"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        time.sleep(5)  # long enough to have begun, far too short to be done
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)

    assert 4 == process.returncode
    assert "gradspec: interrupted; nothing was written\n" == told.decode()
    assert [] == list(reports.iterdir())


def test_nothing_of_a_document_is_ever_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    calls = [f"__import__('os').system('touch {trap}')", f"open('{trap}', 'w')", f"exec(\"open('{trap}', 'w')\")"]
    text = "".join(f"```python\nw = w - lr * {call}\n```\n\n    w -= {call}\n\n\\[w = {call}\\]\n\n" for call in calls)
    text += "$w = 9^{9^{9^{9}}}$\n\n```\nw = w - 9**9**9**9 * g\n```\n"
    items = checking.judge(pieces_of(text, "deck.md"))

    assert 5 <= len(items)
    assert {"unknown", "unreadable"} == {found.verdict.verdict for found in items}
    assert not trap.exists()


def test_what_cannot_be_read_keeps_nothing_else_from_being_judged() -> None:
    text = "$\\frac{a}{$ and $" + "{" * 6_000 + "$ and $\\a\\b\\c$\n\n" + WRONG
    verdicts = [found.verdict.verdict for found in checking.judge(pieces_of(text, "deck.md"))]

    assert ["unreadable", "unreadable"] == verdicts[:2]
    assert "wrong" == verdicts[-1]


# -- the table -------------------------------------------------------------------------------------------------


def printed(items: list[Item], identifiers: list[str] | None = None) -> str:
    stream = io.StringIO()
    print_items(items, stream, identifiers)
    return stream.getvalue()


def test_rows_of_a_program_share_one_explanation() -> None:
    shared = {"rule": "momentum", "message": "why it is wrong", "suggestion": "m = x"}
    items = [item(line=1, **shared), item(line=2, **shared), item(line=9, slide=2, **shared), item("unknown", line=10)]
    told = printed(items)

    assert [[0, 1], [2], [3]] == programs(items)
    assert 4 == told.count("why it is wrong")
    assert "deck.md:1, 2: wrong" in told
    assert "deck.md:9: wrong" in told
    assert "4 items: 3 wrong, 1 unknown" in told


def test_identifiers_are_a_column_and_a_key() -> None:
    items = [item(), item("correct", line=4)]
    told = printed(items, ["S-one", "S-two"])

    assert "S-one, deck.md:3: wrong" in told
    assert ["S-one", "S-two"] == [one["id"] for one in as_json(items, ["S-one", "S-two"])["items"]]
    assert "<td>S-two</td>" in page(items, "The ledger", ["S-one", "S-two"])


def test_nothing_of_a_document_moves_the_cursor_or_colours_the_terminal() -> None:
    nasty = "\x1b[31m[bold red]w[/] \x07\u202e\x9b2J [link=file:///x]y[/link]"
    told = printed(
        [item(text=nasty, message=nasty, suggestion=nasty, witness={nasty: nasty}, rule=nasty, suspect=nasty)], [nasty]
    )

    assert not [c for c in told if not c.isprintable() and c != "\n"]
    assert "[bold red]w[/]" in told


def test_counts_have_every_verdict_and_decide_how_the_command_leaves() -> None:
    assert dict.fromkeys(VERDICTS, 0) | {"slip": 1, "empirical": 1} == counts([item("slip"), item("empirical")])
    assert 5 == exit_code([])
    assert 1 == exit_code([item("correct"), item("wrong")])
    assert {0} == {exit_code([item(verdict)]) for verdict in (*VERDICTS, "empirical") if verdict != "wrong"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"w_i^{(next)} = w_i - \eta \frac{\partial J(w)}{\partial w_i}", "w_i^(next) = w_i − η ∂J(w)/∂w_i"),
        (r"\hat m_{t+1} \leftarrow m / (1 - \beta_1^{t})", "m̂_{t+1} ← m/(1 − β_1^t)"),
        (r"\tilde{J} = J + \lambda \sum_{i=1}^{n} |w_i|", "J̃ = J + λ Σ_(i=1)^n |w_i|"),
        (r"\sqrt{s + \epsilon} \ge 0.50", "√(s + ε) ≥ 0.50"),
        (r"\|w\|_2 = -(a - b)^2", "‖w‖_2 = −(a − b)²"),
        (
            r"f(z) = \begin{cases} z & \text{if } z \ge 0 \\ 0 & \text{otherwise} \end{cases}",
            "f(z) = { z if z ≥ 0; 0 otherwise }",
        ),
        (r"a / (b c) - (d - e)", "a/(b c) − (d − e)"),
    ],
)
def test_formulas_are_shown_on_one_line(source: str, expected: str) -> None:
    assert expected == formula(item(text=source).reading)


@pytest.mark.parametrize(
    "source",
    [
        r"w = w - \eta \nabla J(w)",
        r"m = \beta m + (1 - \beta) g^2",
        r"x = a / (b + c) - (d - e) f",
        r"y = \max(0, z) + \exp(-z)",
        "a = -b^2",
    ],
)
def test_what_is_shown_reads_as_what_was_read(source: str) -> None:
    row = read(source).row

    assert row == plain.read(linear.shown(row)).row


# -- the page --------------------------------------------------------------------------------------------------

VOID = {"meta", "input", "br"}


class Checker(HTMLParser):
    """Checks that each tag is closed where it should be, and collects what a page asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.wrong: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


def checked(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    return checker


def test_the_page_is_whole_and_needs_nothing_from_elsewhere() -> None:
    items = checking.judge(
        pieces_of(RIGHT + WRONG + "\n$\\frac{a}{$ and $x$ and\n\n```\nw -= lr * g\n```\n", "deck.md")
    )
    text = page(items)
    checker = checked(text)
    links = [value for name, value in checker.attributes if name in ("href", "src", "action", "srcset", "data")]

    assert ([], []) == (checker.wrong, checker.open)
    assert not {"script", "link", "img", "iframe", "object"} & set(checker.tags)
    assert all(value is not None and value.startswith("#item-") for value in links)
    assert {"http://www.w3.org/1998/Math/MathML"} == {value for name, value in checker.attributes if name == "xmlns"}
    assert text.count("http") == text.count("http://www.w3.org/1998/Math/MathML") + text.count("http-equiv")
    assert not [name for name, _ in checker.attributes if name.startswith("on")]
    assert 5 == text.count('<tr id="item-')
    assert f">{counts(items)['wrong']}</b>wrong" in text


def test_the_page_shows_what_is_printed_beside_the_rule() -> None:
    (one,) = checking.judge(pieces_of(WRONG, "deck.md"))
    text = page([one])
    before, after = text.split('<td class="canonical">')

    assert one.verdict.message in text
    assert "<math" in before
    assert canonical("gradient_descent", ()) in after
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_nothing_of_a_document_becomes_markup() -> None:
    nasty = "</td><script>alert('x')</script>&amp;\x1b\x00\u202e<math><mi>"
    checker = checked(
        page(
            [item(text=nasty, message=nasty, suggestion=nasty, witness={nasty: nasty}, rule=nasty, suspect=nasty)],
            nasty,
            [nasty],
        )
    )

    assert "script" not in checker.tags
    assert "math" not in checker.tags
    assert ([], []) == (checker.wrong, checker.open)


def test_the_equations_of_every_rule_and_dialect_are_well_formed() -> None:
    for name, rule in catalogue().items():
        for axis in rule.axes:
            for value in axis.names:
                root = minidom.parseString(canonical(name, ((axis.name, value),))).documentElement

                assert root is not None
                assert root.getElementsByTagName("mtr"), (name, axis.name, value)


def test_there_are_no_equations_of_what_is_no_rule() -> None:
    assert "" == canonical("nothing", ())
    assert canonical("adam", ()) == canonical("adam", (("colour", "red"), ("epsilon_place", "nowhere")))


def test_numbers_of_a_witness_are_written_out() -> None:
    told = printed([item(witness={"start": Fraction(1, 2), "rates": {"eta": "1/4", "beta": [1, 2]}})])

    assert "start: 1/2" in told
    assert "rates: eta = 1/4, beta = (1, 2)" in told
