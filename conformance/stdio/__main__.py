"""Serves an implementation of Python over the wire: `python -m gradspec.conformance.stdio mine.py`."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str]) -> int:
    """Serve the one implementation that is named; return the exit code."""
    if len(arguments) != 1:
        print("usage: python -m gradspec.conformance.stdio IMPL", file=sys.stderr)
        return 2
    from gradspec.conformance.bundled import rows
    from gradspec.conformance.select import CannotStart, NoSuchImplementation, load

    from .server import serve, standard_output_alone

    sink = standard_output_alone()  # before anything is imported that prints
    for row in rows(arguments[0])[:1]:
        os.environ.update(row.environment)
    try:
        implementation = load(arguments[0])
    except NoSuchImplementation as error:
        print(error.args[0], file=sys.stderr)
        return 2
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 3
    serve(implementation, sink=sink)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
