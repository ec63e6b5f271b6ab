"""Measures a reader on the corpus: what it recognises, what it misses, what it accuses.

A right slide is recognised when every verdict on it that names a rule names the right one, in a dialect that does the
same, and at least one does; one verdict of `wrong` on it is a false accusation. A mistake is found when some row of
its program is called `wrong`; it is found in place when the row is the one that was altered.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .specimen import Specimen, corpus
from .styles import STYLES

RECOGNISED = ("correct", "convention", "assumption")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader made of a specimen: `verdicts` are (line, verdict, rule, dialect, message) for each item."""

    specimen: Specimen
    verdicts: tuple[tuple[int, str, str | None, dict[str, str], str], ...]

    @property
    def wrong_lines(self) -> tuple[int, ...]:
        return tuple(line for line, verdict, *_ in self.verdicts if verdict == "wrong")

    @property
    def good(self) -> bool:
        """Whether the reader was right about the slide."""
        return self.found if self.specimen.error else self.recognised

    @property
    def accused(self) -> bool:
        return self.specimen.error is None and bool(self.wrong_lines)

    @property
    def found(self) -> bool:
        return any(line in self.specimen.rows for line in self.wrong_lines)

    @property
    def in_place(self) -> bool:
        return self.specimen.line in self.wrong_lines

    @property
    def recognised(self) -> bool:
        named = [v for v in self.verdicts if v[0] in self.specimen.rows and v[2] is not None]
        return (
            not self.wrong_lines
            and any(verdict in RECOGNISED for _, verdict, *_ in named)
            and all(_fits(self.specimen, rule, dialect) for _, _, rule, dialect, _ in named)
        )


def _fits(specimen: Specimen, rule: str | None, dialect: dict[str, str]) -> bool:
    if rule not in (specimen.rule, *specimen.also):
        return False
    return all(dialect[axis] in values for axis, values in specimen.dialect.items() if axis in dialect)


def outcome(specimen: Specimen) -> Outcome:
    """Let the reader judge a specimen."""
    from gradspec.conformance.reading.document import pieces_of
    from gradspec.conformance.reading.judging import judged

    items: Iterable[Any] = judged(pieces_of(specimen.text, f"slide{specimen.file_suffix}"), lambda: None)
    return Outcome(
        specimen,
        tuple(
            (i.reading.line, i.verdict.verdict, i.verdict.rule, dict(i.verdict.dialect), i.verdict.message)
            for i in items
        ),
    )


def shares(outcomes: Sequence[Outcome]) -> str:
    """Return a table of what was recognised and found, by style, rule and mistake."""
    lines = []
    for title, key in (
        ("style", lambda s: s.style),
        ("rule", lambda s: s.rule),
        ("mistake", lambda s: s.error or "(none)"),
    ):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for one in outcomes:
            here = counts[key(one.specimen)]
            if one.specimen.error is None:
                here["right"] += 1
                here["recognised"] += one.recognised
                here["accused"] += one.accused
            else:
                here["wrong"] += 1
                here["found"] += one.found
                here["in place"] += one.in_place
        lines.append(f"{title:24} {'recognised':>12} {'accused':>8} {'found':>12} {'in place':>9}")
        for name, c in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
            lines.append(
                f"{name:24} {c['recognised']:6}/{c['right']:<5} {c['accused']:8} {c['found']:6}/{c['wrong']:<5} {c['in place']:9}"
            )
        lines.append("")
    return "\n".join(lines)


def _report(one: Outcome) -> str:
    specimen = one.specimen
    told = "false accusation" if one.accused else "not found" if specimen.error else "not recognised"
    head = (
        f"{told}: {specimen.style} {specimen.rule} {dict(specimen.dialect)} {specimen.error or ''} line {specimen.line}"
    )
    verdicts = [f"    {v}" for v in one.verdicts]
    return "\n".join([f"== {head}", *(f"  | {line}" for line in specimen.text.splitlines()), *verdicts])


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--styles", default="", help="comma separated")
    parser.add_argument("--rules", default="", help="comma separated")
    parser.add_argument("--errors", default="", help="comma separated; 'none' for slides without a mistake")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--misses", type=int, default=10, help="how many misses to print")
    parser.add_argument("--show", type=int, default=0, help="print so many slides and judge nothing")
    chosen = parser.parse_args(arguments)
    styles = [s for s in STYLES if not chosen.styles or s.name in chosen.styles.split(",")]
    specimens = [
        s
        for s in corpus(styles, chosen.seed)
        if (not chosen.rules or s.rule in chosen.rules.split(","))
        and (not chosen.errors or (s.error or "none") in chosen.errors.split(","))
    ]
    if chosen.show:
        for specimen in specimens[:: max(1, len(specimens) // chosen.show)]:
            print(
                f"== {specimen.style} {specimen.rule} {dict(specimen.dialect)} {specimen.error or ''} {specimen.line or ''}"
            )
            print(specimen.text)
        return
    outcomes = [outcome(specimen) for specimen in specimens]
    misses = [one for one in outcomes if not one.good]
    misses.sort(key=lambda one: not one.accused)
    for one in misses[: chosen.misses]:
        print(_report(one), end="\n\n")
    print(shares(outcomes))


if __name__ == "__main__":
    main(sys.argv[1:])
