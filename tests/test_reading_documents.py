"""Documents are read into pieces: what is a formula, where it stands, and what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradspec.conformance.reading.document import MOST_PIECES, pieces, pieces_of
from gradspec.conformance.reading.finding import Piece
from gradspec.conformance.reading.loading import text_of
from gradspec.conformance.reading.macros import Budget, Macro, definitions, expanded
from gradspec.conformance.reading.rows import rows


def found(text: str, file: str = "deck.md") -> list[tuple[int, str, str]]:
    return [(piece.line, piece.kind, piece.source) for piece in pieces_of(text, file)]


def sources(text: str, file: str = "deck.md") -> list[str]:
    return [piece.source for piece in pieces_of(text, file)]


# -- delimiters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "so $w = w - g$.",
        "so $ w = w - g $.",
        "so $$w = w - g$$",
        "$$\nw = w - g\n$$",
        r"so \(w = w - g\)",
        r"so \\(w = w - g\\) as Jekyll writes it",
        "\\[\nw = w - g\n\\]",
        "so $`w = w - g`$",
        "```math\nw = w - g\n```",
        "\\begin{equation}\nw = w - g \\label{eq:step}\n\\end{equation}",
        "\\begin{equation*}w = w - g\\end{equation*}",
        "\\begin{align}\nw &= w - g \\nonumber\n\\end{align}",
        "$$\\begin{aligned}[t] w &= w - g \\tag{1} \\end{aligned}$$",
        "\\begin{eqnarray}w &=& w - g\\end{eqnarray}",
        "$$\\begin{array}{rcl} w &=& w - g\\end{array}$$",
        "\\begin{multline}w = w \\\\ - g\\end{multline}",
        "\\begin{alignat}{2} w &= w - g\\end{alignat}",
        "\\begin{gather*}w = w - g\\end{gather*}",
        "> $$\n> w = w - g\n> $$",
        "It costs $5 or $10, and $w = w - g$ is free.",
        "Set $HOME and $PATH; $w = w - g$",
        r"It costs \$5, then $w = w - g$, then 3\$",
        "`$a = b$` is code, $w = w - g$ is none, ``$c ` d$`` neither",
        '~~~bash\nx=$a$b\n~~~\n$w = w - g$\n```json\n{"a": "$x$"}\n```',
        "<!-- $a = b$ --> $w = w - g$",
    ],
)
def test_a_formula_is_found_between_its_delimiters(text: str) -> None:
    spaced = [source.replace(">", " ").split() for source in sources(text)]

    assert [["w", "=", "w", "-", "g"]] == spaced


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "It costs 5$ and 10$ there.",
        "From $1,000 to $2,000 per year",
        "echo $HOME and $PATH",
        "a lone $ sign",
        "$\n$\n$",
        "$$\n\n$$",
        "```sh\nexport A=$B$C\n```",
        "    \n",
        "The cost J measures how wrong we are: see the next slide.",
        "loss = high, accuracy = low",
        "eta = 1/4",
        "- β = 1/2",
        "Set N = 4 and the rate p = 0.5 here.",
        "the next step if w = w - g does not help",
        "In general logistic < tanh < ReLU < leaky ReLU (and its variants) < ELU",
        "<a href='x.html' class=\"y\">z</a> and http://a.b/?c=d+e",
        "| α | β = 2 γ |",
        r"a \[note\] in brackets, and one \[without end",
        "$Id: deck.md,v 1.3$ and $commit1:$path",
        "let x = list->first('a') and y = a.b(c) + d",
        "We set w = w − learning rate × gradient.",
    ],
)
def test_prose_and_money_are_no_formulas(text: str) -> None:
    assert [] == sources(text)


def test_what_is_wrapped_in_a_comment_or_verbatim_is_no_formula_in_latex() -> None:
    text = (
        "\\documentclass{beamer}\n% $a = b$\n\\begin{document}\n\\verb|$c$| 50\\% $w = w - g$ % $d$\n"
        "\\begin{comment}\n$e$\n\\end{comment}\n\\begin{verbatim}\nx = x - y * z\n\\end{verbatim}\n"
        "\\begin{lstlisting}[language=bash]\nx=$y\n\\end{lstlisting}\n``quoted'' $f$ `single'\n\\end{document}\n$g$\n"
    )

    assert [(4, "latex", "w = w - g"), (9, "code", "x = x - y * z"), (14, "latex", "f")] == found(text, "deck.tex")
    assert found(text, "deck.tex") == found(text, "-")


@pytest.mark.parametrize(
    "opening", ["$$ w = w", r"\[ w = \eta w", "\\[\nw = w", r"\begin{align} w = w", r"\\[ w = \eta w"]
)
def test_a_display_without_end_does_not_swallow_what_follows(opening: str) -> None:
    text = f"{opening}\n\nThen come some more words that are prose for certain.\n\n$a = b$ and $$c = d$$"
    first, *rest = pieces_of(text, "deck.md")

    assert opening.split() == first.text.split()
    assert ["a = b", "c = d"] == [piece.source for piece in rest]


# -- rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"a &= b \\ c &= d", ["a = b", "c = d"]),
        (r"\begin{split} a &= b \\[2pt] c &= d \end{split}", ["a = b", "c = d"]),
        (r"\begin{aligned} a &= b \\ &= c \\ &\le d \end{aligned}", ["a = b", "a = c", r"a \le d"]),
        (r"a &= b \\ &\quad - c \\ d &= e", [r"a = b \quad - c", "d = e"]),
        (r"a = b + \\ c", ["a = b + c"]),
        (r"a = (b + c \\ d)", ["a = (b + c d)"]),
        (r"w := w - v \\ := c", ["w := w - v", "w := c"]),
        (r"a &= b, & c &= d \\ e &= f", [r"a = b, \qquad c = d", "e = f"]),
        (r"f = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}", None),
        (r"f = \left\{\begin{array}{ll} 1 & x > 0 \\ 0 & x \le 0 \end{array}\right.", None),
        (r"A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", None),
        (r"\sum_{\substack{i \\ j}} a = b", None),
        (r"\begin{cases} x, & x > 0 \\ y, & x \le 0 \end{cases}", None),
        (r"\begin{cases} v = \mu v + g \\ w = w - v \end{cases}", [r"v = \mu v + g", "w = w - v"]),
        (r"\left\{ \begin{aligned} v &= g \\ w &= v \end{aligned} \right.", ["v = g", "w = v"]),
        (r"\text{so} \\ a = b", [r"\text{so}", "a = b"]),
        (r"\\ \\ a = b \\", ["a = b"]),
        (r"a = 5\% \\ b = c", [r"a = 5\%", "b = c"]),
    ],
)
def test_a_formula_is_split_at_its_rows(formula: str, expected: list[str] | None) -> None:
    assert (expected or [formula]) == [row.source for row in rows(formula)]


def test_rows_have_the_line_they_stand_on_and_one_formula() -> None:
    text = "# Momentum\n\nWe do\n$$\n\\begin{aligned}\nv &= \\mu v \\\\\n\n% remark\nw &= w - v\n\\end{aligned}\n$$\nand $x$."
    one, two, three = pieces_of(text, "deck.tex")

    assert (6, 9, 12) == (one.line, two.line, three.line)
    assert one.formula == two.formula != three.formula
    assert ("Momentum We do", "", "and") == (one.before, two.before, three.before)
    assert ("v = \\mu v", "w = w - v") == (one.text, two.text)


# -- code ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```python\nv = mu * v - lr * dx\nx += v\n```", 2),
        ("```\nv = mu * v - lr * dx\nx += v\n```", 2),
        ("~~~ {.python}\n\nv = mu * v - lr * dx\nx += v\n~~~", 3),
        ("- a list\n  ```py\n  v = mu * v - lr * dx\n  x += v\n  ```", 3),
        ("{% highlight python %}\nv = mu * v - lr * dx\nx += v\n{% endhighlight %}", 2),
        ("Indented:\n\n    v = mu * v - lr * dx\n    x += v\n\nThat is all.", 3),
        ("Bare:\nv = mu * v - lr * dx\nx += v\nThat is all.", 2),
        ("- v = mu * v - lr * dx\n- x += v", 1),
        ("1. v = mu * v - lr * dx\n2. x += v", 1),
        ("```python\nv = mu * v - lr * dx\nx += v", 2),
        ("\\begin{minted}{python}\nv = mu * v - lr * dx\nx += v\n\\end{minted}", 2),
        ("\\begin{lstlisting}[language=Python]\nv = mu * v - lr * dx\nx += v\n\\end{lstlisting}", 2),
    ],
)
def test_code_is_one_piece(text: str, line: int) -> None:
    assert [(line, "code", "v = mu * v - lr * dx\nx += v")] == found(text)


def test_a_remark_between_lines_of_code_is_no_heading() -> None:
    assert [(1, "code", "v = mu * v\n# then\nx = x - v")] == found("v = mu * v\n# then\nx = x - v", "deck.txt")


def test_the_functions_of_a_python_file_are_slides_of_their_own() -> None:
    text = "import numpy\n\ndef sgd(w, g):\n    w -= g\n    return w\n\n"
    text += "class Adam:\n    def step(self):\n        self.m = self.m * 2\n"
    done = pieces_of(text, "optimizers.py")

    assert [1, 3, 7, 8] == [piece.line for piece in done]
    assert 4 == len({piece.slide for piece in done})
    assert {"code"} == {piece.kind for piece in done}
    assert "def step(self):\n    self.m = self.m * 2" == done[-1].source
    assert {""} == {piece.before for piece in done}


# -- plain text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("LeakyReLU(z) = max(αz, z)", "LeakyReLU(z) = max(αz, z)"),
        ("- ► Use leaky ReLU instead: LeakyReLU_{α}(z) = max(α z, z).", "LeakyReLU_{α}(z) = max(α z, z)"),
        ("θ ← θ − α ∇J(θ)", "θ ← θ − α ∇J(θ)"),
        ("  3. w := w − α ∂J/∂w", "w := w − α ∂J/∂w"),
        ("σ² = 2/(n_in + n_out) for tanh", "σ² = 2/(n_in + n_out)"),
        ("where v = βv + (1 − β) g², see above", "v = βv + (1 − β) g²"),
        ("w_{t+1} = w_t - \\eta \\nabla J(w_t)", "w_{t+1} = w_t - \\eta \\nabla J(w_t)"),
        ("**m** ← β **m** − η g", "m ← β m − η g"),
        ("y = softmax(Wx + b), where W is a matrix", "y = softmax(Wx + b)"),
        ("clipnorm=1: [0.9, 100] ⇒ [0.009, 0.99996]", "[0.9, 100] → [0.009, 0.99996]"),
    ],
)
def test_an_equation_in_running_text_is_found(line: str, expected: str) -> None:
    (piece,) = pieces_of(f"Some words.\n{line}\nMore words.", "deck.txt")

    assert (2, "text", expected) == (piece.line, piece.kind, piece.source)
    assert piece.text in " ".join(line.split())


def test_a_line_may_state_two_equations() -> None:
    assert ["g = ∇J(θ)", "m = βm + (1−β) g"] == sources("where g = ∇J(θ) and m = βm + (1−β) g", "deck.txt")


def test_a_fraction_that_an_extraction_has_pulled_apart_is_not_read_as_half_of_it() -> None:
    (piece,) = pieces_of("            ∂J(w)\nw = w − η\n             ∂w\n", "deck.txt")

    assert (2, "w = w − η") == (piece.line, piece.text)
    assert "␤" in piece.source


@pytest.mark.parametrize(
    "line",
    [
        "vt = γvt−1 + η∇J(θ)",
        "m = βmt-1 + (1 − β)g",
        "σ(z) = 1/(1 + e−z)",
        "mt = β1m + (1 − β1)gt\f",
        "R(w) = λ‖w‖22\f",
        "w = w − η    ∇J(w)\f",
    ],
)
def test_what_has_lost_its_indices_or_powers_in_an_extraction_is_not_read_without_them(line: str) -> None:
    (piece,) = pieces_of(line, "deck.txt")

    assert piece.source.endswith("\ufffd")
    assert piece.text == " ".join(line.split())


def test_what_an_extraction_leaves_whole_is_read() -> None:
    text = "𝑤 ← 𝑤 − 𝜂\u2061 ∇𝐽(𝑤)\nReLU(z) = max(0, z)\nx -= lr * dx\n\f"

    assert ["w ← w − η ∇J(w)", "ReLU(z) = max(0, z)", "x -= lr * dx"] == sources(text, "-")


# -- slides ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("between", "file"),
    [
        ("\n# Next\n", "deck.md"),
        ("\n\n---\n\n", "deck.md"),
        ("\n\nNext\n====\n", "deck.md"),
        ("\f", "deck.txt"),
        ("\n\n\n\nNext\n\n", "deck.txt"),
        ("\\begin{frame}", "deck.tex"),
        ("\\section{Next}", "deck.tex"),
    ],
)
def test_slides_are_split(between: str, file: str) -> None:
    one, two = pieces_of(f"$a = b$\n{between}\n$c = d$", file)

    assert one.slide < two.slide
    assert "$" not in two.before
    assert len(two.before) < 20


def test_rows_with_text_in_between_are_on_one_slide() -> None:
    done = pieces_of("# Adam\n$a = b$\n\nThen comes\n\n$$c = d$$\n\n\nand\n\n- $e = f$\n", "deck.md")

    assert 1 == len({piece.slide for piece in done})
    assert ["Adam", "Then comes", "and"] == [piece.before for piece in done]


# -- notebooks -------------------------------------------------------------------------------------------------


def notebook(*cells: dict[str, object]) -> str:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def test_a_notebook_is_read_cell_by_cell_with_the_lines_of_its_file() -> None:
    text = notebook(
        {
            "cell_type": "markdown",
            "metadata": {"source": ["no"]},
            "source": ["# Step\n", "\n", "so $w = w - g$\n", "$$a\n", "= b$$"],
        },
        {"cell_type": "raw", "source": ["$raw$"]},
        {"cell_type": "code", "outputs": [{"text": ["$out$"]}], "source": ["\n", "w -= lr * g\n", "x = y * z"]},
        {"cell_type": "markdown", "source": 'all in one string\n$\\alpha "q"$'},
    )
    lines = text.split("\n")
    done = pieces_of(text, "deck.ipynb")

    assert ["w = w - g", "a = b", "w -= lr * g\nx = y * z", '\\alpha "q"'] == [piece.source for piece in done]
    assert ["so $w", "$$a", "w -= lr", "all in"] == [
        next(words for words in ("so $w", "$$a", "w -= lr", "all in") if words in lines[piece.line - 1])
        for piece in done
    ]
    assert len({piece.slide for piece in done}) == 3
    assert done == [Piece("deck.ipynb", *list_of(piece)[1:]) for piece in pieces_of(text, "-")]


def list_of(piece: Piece) -> list[object]:
    return [getattr(piece, name) for name in Piece.__slots__]


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"cells": 3}', '{"cells": [' * 100_000, '{"cells": {"a": 1}, "nbformat": 4}', "nothing"]
)
def test_what_is_no_notebook_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"deck.ipynb: is no notebook.*; open it in Jupyter") as error:
        pieces_of(text, "deck.ipynb")

    assert "\n" not in str(error.value)


def test_cells_without_a_text_are_passed_over() -> None:
    assert ["x"] == sources(
        notebook({"cell_type": "markdown"}, {"source": 3}, {"cell_type": "markdown", "source": ["$x$"]}), "a.ipynb"
    )


# -- macros ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "formula", "expected"),
    [
        (r"\newcommand{\w}{\mathbf{w}}", r"\w = \w - g", r"\mathbf{w} = \mathbf{w} - g"),
        (
            r"\newcommand\pd[2]{\frac{\partial #1}{\partial #2}}",
            r"\pd{C}{w_1} + \pd ab",
            r"\frac{\partial C}{\partial w_1} + \frac{\partial a}{\partial b}",
        ),
        (r"\newcommand{\g}[1][t]{g_{#1}}", r"\g - \g[s]", "g_{t} - g_{s}"),
        (r"\renewcommand{\vec}[1]{\mathbf{#1}}", r"\vec{\vec{x}}", r"\mathbf{\mathbf{x}}"),
        (r"\def\th#1#2{\theta_{#1}^{#2}}", r"\th{t}{2}", r"\theta_{t}^{2}"),
        (r"\let\eps=\varepsilon", r"\eps", r"\varepsilon"),
        (r"\DeclareMathOperator*{\relu}{ReLU}", r"\relu(z)", r"\operatorname{ReLU}(z)"),
        (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert}", r"\norm*{w}", r"\lVert w \rVert"),
        (r"\newcommand{\R}{\in}", r"x\R n", r"x\in n"),
        (r"\newcommand{\a}{\b}\newcommand{\b}{c}", r"\a", "c"),
        (r"\newcommand{\a}{\a}", r"\a + x", r"\a + x"),
        (r"\newcommand{\a}{\b}\newcommand{\b}{\a}", r"\a + x", r"\a + x"),
        ("", r"\ensuremath{x}", "x"),
    ],
)
def test_commands_of_the_document_are_written_out(definition: str, formula: str, expected: str) -> None:
    assert [expected] == sources(f"{definition}\n\n${formula}$\n", "deck.tex")
    assert [expected] == sources(f"$${definition}$$\n\n${formula}$\n", "deck.md")


def test_a_command_counts_from_where_it_is_defined() -> None:
    text = r"$\w$ \newcommand{\w}{a} $\w$ \renewcommand{\w}{b} $\w$"

    assert [r"\w", "a", "b"] == sources(text, "deck.tex")


def test_commands_may_stand_for_delimiters() -> None:
    text = "\\newcommand{\\be}{\\begin{align}}\n\\newcommand{\\ee}{\\end{align}}\n\\be a &= b \\\\\n c &= d \\ee"
    text += "\n\\begin{align}e &= f\\end{align}"

    assert [(3, "latex", "a = b"), (4, "latex", "c = d"), (5, "latex", "e = f")] == found(text, "deck.tex")


def test_commands_that_double_for_ever_are_left_as_they_stand() -> None:
    names = [chr(97 + k) for k in range(26)]
    macros = {
        name: Macro(name, 0, rf"\{other}\{other}") for name, other in zip(names, [*names[1:], "relax"], strict=True)
    }
    budget = Budget()

    assert r"\a" == expanded(r"\a", macros, budget)
    assert 0 < budget.steps


def test_a_document_has_a_thousand_commands_at_most() -> None:
    assert 1_000 == len(definitions(r"\def\a{b}" * 5_000))


# -- files -----------------------------------------------------------------------------------------------------

REFUSED = [
    (b"%PDF-1.7 ...", "a b.pdf", "pdftotext -layout '{}' - | gradspec check -"),
    (b"%PDF-1.7 ...", "deck.txt", "is a PDF"),
    (b"PK\x03\x04 ppt/slides", "deck.pptx", "presentation"),
    (b"PK\x03\x04 word/document.xml", "deck.docx", "pandoc"),
    (b"PK\x03\x04 other", "deck.zip", "archive"),
    (b"\x89PNG\r\n\x1a\n", "deck.png", "picture"),
    (b"\xff\xd8\xff\xe0", "deck", "picture"),
    (bytes(range(256)) * 20, "deck.bin", "is no text"),
    (b"", "deck.md", "is empty"),
    (b" \n\t\n", "deck.md", "is empty"),
    (b"\xef\xbb\xbf \n", "deck.md", "is empty"),
]


@pytest.mark.parametrize(("data", "name", "words"), REFUSED, ids=[f"{name}-{words[:9]}" for _, name, words in REFUSED])
def test_what_is_no_text_is_refused_with_the_remedy(tmp_path: Path, data: bytes, name: str, words: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"^[^\n]*: [^\n]*[;:] [^\n]*\Z") as error:
        pieces(str(file))

    assert words.format(file) in str(error.value)
    assert str(error.value).startswith(str(file))


def test_a_folder_a_device_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path, words in [
        (str(tmp_path), "is a folder"),
        ("/dev/zero", "is a device"),
        (str(tmp_path / "none.md"), "no such file"),
        ("nul\0byte", "cannot"),
        ("x" * 5_000, "File name too long"),
    ]:
        with pytest.raises(ValueError, match=words) as error:
            pieces(path)

        assert "\n" not in str(error.value)
        assert 400 > len(str(error.value))


@pytest.mark.parametrize(
    "data",
    [
        "$w = w − g$\n".encode(),
        b"\xef\xbb\xbf" + "$w = w − g$".encode(),
        "$w = w − g$".encode("utf-16"),
        "\ufeff$w = w − g$".encode("utf-16-be"),
    ],
)
def test_text_is_decoded(data: bytes) -> None:
    assert ["w = w − g"] == sources(text_of(data, "deck.md"))


def test_bytes_that_are_no_utf_8_spoil_nothing_else() -> None:
    assert [(2, "latex", "a = b")] == found(text_of(b"caf\xe9 \x00\x1b[31m\r\n$a = b$\r", "deck.md"))


# -- hostile input ---------------------------------------------------------------------------------------------

# Each of these would take minutes at least if any part of the reader needed time that grows with the square of the length.
BIG = 60_000
HOSTILE = {
    "dollars": "$" * BIG,
    "dollars apart": "$ " * BIG,
    "displays": "$$\n" * BIG,
    "dollars in paragraphs": "$\n\n" * BIG,
    "braces": "$" + "{" * BIG + "$",
    "braces both ways": "$$" + "{" * BIG + "x" + "}" * BIG + "$$",
    "braces alone": "{" * BIG,
    "backticks": "` " * BIG,
    "backticks of all lengths": " ".join("`" * (k % 400 + 1) for k in range(4_000)),
    "fences": "```\n" * BIG,
    "fences that grow": "\n".join("`" * (k + 3) for k in range(1_500)),
    "unclosed fence": "`````\n" + "```\n" * BIG,
    "brackets": r"\[" * BIG,
    "environments": r"\begin{align}" * (BIG // 4),
    "cases": "$" + r"\begin{cases}" * (BIG // 4),
    "ends": r"\end{align}" * (BIG // 4),
    "verbatim": r"\begin{verbatim}" * (BIG // 4),
    "highlights": "{% highlight python %}\n" * (BIG // 8),
    "comments": "<!--" * BIG,
    "newlines": "\n" * (9 * BIG) + "x",
    "spaces": " " * (9 * BIG) + "x",
    "spaces and newlines": " \n\t\n" * BIG + "x",
    "backslashes": "\\" * BIG,
    "headings": "# a\n" * BIG,
    "rules": "---\n" * BIG,
    "quotations": "> " * BIG + "$x$",
    "bullets": "- " * BIG + "a = b",
    "parentheses": "(" * BIG + "= x",
    "signs": "=" * BIG,
    "equations on one line": "w = θ − g " * (BIG // 4),
    "statements": "a=b\n" * BIG,
    "one long statement": "a = " + "b + " * BIG + "c",
    "deep statement": "a = " + "-" * 390 + "b",
    "definitions": r"\def\a{\a\a}" * (BIG // 8),
    "definitions without end": r"\newcommand{\a}{" * (BIG // 8),
    "commands": "".join(rf"\def\{a}{{\{b}\{b}}}" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + r"$\a$ " * 3_000,
    "control characters": "\x00\x01\x1b[31m$x=\x07y$\n" * 1_000,
    "no newline": "words and words " * BIG,
    "surrogates": "$\udc80 = \ud800$\n" * 1_000,
}


@pytest.mark.parametrize("suffix", ["md", "tex"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_in_time_proportional_to_its_length(name: str, suffix: str) -> None:
    done = pieces_of(HOSTILE[name], f"deck.{suffix}")

    assert MOST_PIECES >= len(done)
    assert all(len(piece.text) <= 20_000 and len(piece.before) <= 300 for piece in done)


def test_too_many_formulas_are_refused_in_one_line() -> None:
    with pytest.raises(
        ValueError, match=r"\Adeck.md: has more than \d+ formulas: at most so many are judged; split it\Z"
    ):
        pieces_of("$x$\n" * (MOST_PIECES + 1), "deck.md")


def test_a_formula_that_is_too_long_is_a_piece_with_a_short_text() -> None:
    long, after = pieces_of(f"$$x = {'y + ' * 10_000}z$$\n\n$a = b$", "deck.md")

    assert long.text.endswith("…")
    assert 200 > len(long.text)
    assert 20_000 < len(long.source)
    assert "a = b" == after.source


# -- properties ------------------------------------------------------------------------------------------------

MARKS = [
    "$", "$$", r"\(", r"\)", r"\[", r"\]", r"\\", r"\begin{align}", r"\end{align}", r"\begin{cases}", r"\end{cases}", "&",
    "```", "```python\n", "~~~\n", "\n", "\n\n", "\n\n\n\n", "\f", "# ", "---\n", "%", "x = y + z", "w -= lr * g", "θ ← θ − g",
    "- ", "> ", r"\def\a{b}", r"\a", r"\frac", "\t", "\r", "\0", "é", "words", r"\begin{verbatim}", r"\end{verbatim}", "<!--",
    "-->", "|", "1", " ", "{", "}", "`",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(MARKS), max_size=40).map("".join))


@given(text=TEXTS, suffix=st.sampled_from(["md", "tex", "txt", "py"]))
def test_every_piece_is_inside_its_document(text: str, suffix: str) -> None:
    done = pieces_of(text, f"deck.{suffix}")
    lines = text.split("\n")
    bare = "".join(text.split())

    assert all(1 <= piece.line <= len(lines) for piece in done)
    assert [piece.line for piece in done] == sorted(piece.line for piece in done)
    assert [piece.slide for piece in done] == sorted(piece.slide for piece in done)
    assert all(piece.source.strip() and piece.text.strip() for piece in done)
    for piece in done:
        words = [word for word in piece.text.split() if word != r"\qquad"]
        if "\\" not in text and "&" not in text and ">" not in text and "*" not in text and "%" not in text:
            assert "".join(words) in bare
        assert lines[piece.line - 1].strip()


@given(cells=st.lists(st.tuples(st.sampled_from(["markdown", "code", "raw"]), st.lists(TEXTS, max_size=4)), max_size=4))
def test_every_piece_of_a_notebook_is_inside_its_file(cells: list[tuple[str, list[str]]]) -> None:
    text = notebook(*({"cell_type": kind, "source": parts} for kind, parts in cells))
    count = text.count("\n") + 1

    assert all(1 <= piece.line <= count for piece in pieces_of(text, "deck.ipynb"))


def refusal(text: str | bytes, file: str) -> str:
    """What is said if a document is refused, empty if it is read."""
    try:
        pieces_of(text if isinstance(text, str) else text_of(text, file), file)
    except ValueError as error:
        return str(error)
    return ""


@given(data=st.one_of(st.binary(max_size=80), TEXTS.map(lambda text: text.encode("utf-8", "replace"))))
def test_bytes_are_text_or_refused_in_one_line(data: bytes) -> None:
    assert "\n" not in refusal(data, "deck.md")


@given(text=TEXTS)
def test_notebooks_are_read_or_refused_in_one_line(text: str) -> None:
    assert "\n" not in refusal(text, "deck.ipynb")


# -- the deck --------------------------------------------------------------------------------------------------

DECK = sorted((Path(__file__).parents[2] / "shared" / "deck").glob("*.txt"))


@pytest.mark.deck
def test_the_deck_has_48_delimited_formulas_of_52_rows() -> None:
    done = [piece for file in DECK for piece in pieces(str(file))]
    formulas = [piece for piece in done if piece.kind == "latex"]
    lines = DECK[0].read_text(encoding="utf-8").split("\n")

    assert 52 == len(formulas)
    assert 48 == len({piece.formula for piece in formulas})
    assert {428, 559, 560} == {piece.line for piece in done if piece.kind == "text"}
    assert all(piece.text.split()[0] in lines[piece.line - 1] for piece in done)
    assert all(len({piece.slide for piece in formulas if piece.formula == one.formula}) == 1 for one in formulas)
