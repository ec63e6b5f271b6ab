"""The command line. Every import that costs time happens inside the command that needs it."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from traceback import print_exc
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="gradspec",
    help="The training rules of deep networks, as formulas, as exact truth, and as a judge of other people's code.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

USAGE, ABORTED = 2, 4

Json = Annotated[str, typer.Option("--json", metavar="F", help="Write JSON to a file, or to standard output for -.")]


@app.command()
def rules(json: Json = "") -> None:
    """List every rule with its axes and options, and what is implemented."""
    from . import listing, report

    try:
        report.writable(json)
    except ValueError as error:
        usage(error)
    data = listing.rules()
    if json:
        report.write_json(data, json)
    if json != "-":
        listing.print_rules(data)


@app.command()
def show(
    rule: Annotated[str, typer.Argument(help="Name of a rule, as `gradspec rules` lists them.")],
    dialect: Annotated[
        list[str] | None,
        typer.Option("--dialect", metavar="AXIS=VALUE", help="Choose a value of an axis; repeatable."),
    ] = None,
    format: Annotated[str, typer.Option("--format", help="text, latex, mathml or json.")] = "text",
) -> None:
    """Show a rule: its formulas in one dialect, hyperparameters, options, axes, known errors and sources."""
    from . import page

    try:
        text = page.show(rule, dialect or [], format)
    except (LookupError, ValueError) as error:
        usage(error)
    typer.echo(text)


@app.command()
def prove(
    rules: Annotated[list[str] | None, typer.Argument(metavar="[RULE]...", help="Names of rules; all if none.")] = None,
    json: Json = "",
) -> None:
    """Derive and decide every claim about the rules, and count the altered rules that each refutes."""
    # Before SymPy is imported, here and in the workers: its own 1,000 entries do not hold the formulas of one rule.
    os.environ.setdefault("SYMPY_CACHE_SIZE", "200000")
    from . import proving, report

    try:
        chosen = proving.chosen(rules or [])
        report.writable(json)
    except (LookupError, ValueError) as error:
        usage(error)
    raise typer.Exit(proving.prove(chosen, json))


@app.command()
def judge(
    implementations: Annotated[
        list[str] | None,
        typer.Argument(metavar="[IMPL]...", help="Bundled name or prefix, file.py, or package.module[:name]."),
    ] = None,
    program: Annotated[
        str | None,
        typer.Option("--exec", metavar="CMD", help="Judge a program that answers lines of JSON: conformance/stdio."),
    ] = None,
    like: Annotated[
        str,
        typer.Option(
            "--like",
            metavar="NAME",
            help="Claim a vendor's row, or AXIS=VALUE[,AXIS=VALUE], for every implementation.",
        ),
    ] = "",
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="R", help="Judge this rule only; repeatable.")
    ] = None,
    dtype: Annotated[
        list[str] | None, typer.Option("--dtype", metavar="D", help="Judge in this dtype; repeatable.")
    ] = None,
    level: Annotated[int, typer.Option("--level", metavar="L", help="How far to go, 0 to 6.", min=0, max=6)] = 2,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the cases.")] = 0,
    json: Json = "",
) -> None:
    """Tell which dialect of every rule an implementation follows. With no IMPL: every implementation found installed."""
    from . import command, report

    try:
        request = command.request(rule or [], dtype or [], like, level, seed)
        words = command.words_of(program) if program is not None else ()
        report.writable(json)
    except (LookupError, ValueError) as error:
        usage(error)
    try:
        code = command.judge(implementations or [], request, json, words)
    except command.NoSuchImplementation as error:
        usage(error)
    raise typer.Exit(code)


@app.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE|-...", help="Markdown, LaTeX, notebook, Python or text; - for standard input."),
    ],
    json: Json = "",
    html: Annotated[str, typer.Option("--html", metavar="F", help="Write one self-contained page to a file.")] = "",
) -> None:
    """Judge the formulas and the code of a document: which rule each states, and what is wrong with it."""
    from . import checking

    try:
        found = checking.documents(files, json, html)
    except ValueError as error:
        usage(error)
    raise typer.Exit(checking.check(found, json, html))


@app.command()
def slides(
    json: Json = "",
    html: Annotated[str, typer.Option("--html", metavar="F", help="Write one self-contained page to a file.")] = "",
) -> None:
    """Examine the ledger of the lecture deck: a verdict on every statement, with its proof or its witness."""
    os.environ.setdefault("SYMPY_CACHE_SIZE", "200000")  # before SymPy is imported, as for proofs
    from . import checking, slides

    try:
        checking.documents([], json, html)  # nothing to read, but the reports must be possible to write
    except ValueError as error:
        usage(error)
    raise typer.Exit(slides.slides(json, html))


@app.command()
def vectors(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A folder: new, empty, or written by this command.")],
    lint: Annotated[
        bool, typer.Option("--lint", help="Write nothing; say what is wrong with the files there.")
    ] = False,
) -> None:
    """Write vector files: cases with the numbers that every dialect allows, to be judged in any language."""
    from .vectors import command

    try:
        code = command.lint(folder) if lint else command.make(folder)
    except ValueError as error:
        usage(error)
    raise typer.Exit(code)


def usage(error: Exception) -> NoReturn:
    """Say what was wrong in one line and leave with the exit code for usage errors."""
    message = error.args[0] if isinstance(error, LookupError) and error.args else str(error)
    say(str(message))
    raise typer.Exit(USAGE)


def say(message: str) -> None:
    """Write one line to standard error."""
    from .report import visible

    typer.echo(f"gradspec: {visible(message)}", err=True)


def main() -> None:
    """Run the command line; an interruption leaves with the exit code for aborted runs."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without ε must not end a run
    given = sys.argv[1:]
    try:
        code = app(given or ["--help"], prog_name="gradspec", standalone_mode=False)
        sys.stdout.flush()
        if code == 130:  # what typer makes of an interruption
            raise KeyboardInterrupt
    except typer.Exit as leaving:
        code = leaving.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted; nothing was written")
        code = ABORTED
    except (BrokenPipeError, SystemExit):  # rich makes the first into the second
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ABORTED
    except Exception as error:
        told = getattr(error, "format_message", None)  # what typer raises for wrong arguments has it
        if told:
            say(f"{told().rstrip('.')}; see gradspec --help")
            code = USAGE
        else:
            print_exc()
            say("this is a defect of gradspec itself; please report it with the lines above")
            code = ABORTED
    sys.exit(code or (0 if given else USAGE))


if __name__ == "__main__":
    main()
