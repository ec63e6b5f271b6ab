"""The command line. Every import that costs time happens inside the command that needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="gradspec",
    help="The training rules of deep networks, as formulas, as exact truth, and as a judge of other people's code.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

USAGE, CANNOT_START, ABORTED, NOTHING_JUDGED = 2, 3, 4, 5

Json = Annotated[str, typer.Option("--json", metavar="F", help="Write JSON to a file, or to standard output for -.")]


@app.command()
def rules(json: Json = "") -> None:
    """List every rule with its axes and options, and what is implemented."""
    from . import listing

    with_json(listing.rules(), json, listing.print_rules)


@app.command()
def show(
    rule: Annotated[str, typer.Argument(help="Name of a rule, as `gradspec rules` lists them.")],
    dialect: Annotated[
        list[str] | None, typer.Option("--dialect", metavar="AXIS=VALUE", help="Choose a value of an axis; repeatable.")
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
def judge(
    implementations: Annotated[
        list[str] | None, typer.Argument(metavar="[IMPL]...", help="Bundled name or prefix, file.py, or package.module[:name].")
    ] = None,
    like: Annotated[
        str, typer.Option("--like", metavar="NAME", help="Claim a vendor's row, or AXIS=VALUE[,AXIS=VALUE], for every implementation.")
    ] = "",
    rule: Annotated[list[str] | None, typer.Option("--rule", metavar="R", help="Judge this rule only; repeatable.")] = None,
    dtype: Annotated[list[str] | None, typer.Option("--dtype", metavar="D", help="Judge in this dtype; repeatable.")] = None,
    level: Annotated[int, typer.Option("--level", metavar="L", help="How far to go, 0 to 6.", min=0, max=6)] = 2,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the cases.")] = 0,
    json: Json = "",
) -> None:
    """Tell which dialect of every rule an implementation follows. With no IMPL: every implementation found installed."""
    from . import command

    try:
        request = command.request(rule or [], dtype or [], like, level, seed)
        command.writable(json)
        code = command.judge(implementations or [], request, json)
    except command.NoSuchImplementation as error:
        usage(error)
    except (LookupError, ValueError) as error:
        usage(error)
    except command.CannotStart as error:
        fail(str(error), CANNOT_START)
    raise typer.Exit(code)


def with_json(data: object, json: str, otherwise: object) -> None:
    """Write `data` as JSON where asked for, else print it for people."""
    from .report import write_json

    if json:
        try:
            write_json(data, json)
        except OSError as error:
            usage(error)
        if json == "-":
            return
    otherwise(data)  # type: ignore[operator]


def usage(error: Exception) -> NoReturn:
    """Say what was wrong in one line and leave with the exit code for usage errors."""
    message = error.args[0] if isinstance(error, LookupError) and error.args else str(error)
    fail(str(message), USAGE)


def fail(message: str, code: int) -> NoReturn:
    from .report import visible

    typer.echo(f"gradspec: {visible(message)}", err=True)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line; an interruption leaves with the exit code for aborted runs."""
    try:
        code = app(standalone_mode=False)
    except typer.Exit as leaving:
        code = leaving.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("gradspec: interrupted; nothing was written", err=True)
        code = ABORTED
    except Exception as error:
        if not hasattr(error, "format_message"):  # what typer raises for wrong arguments has it
            raise
        typer.echo(f"gradspec: {error.format_message()}; see {Path(sys.argv[0]).name} --help", err=True)
        code = USAGE
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
