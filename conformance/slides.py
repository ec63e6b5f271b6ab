"""What `gradspec slides` does: every entry of the ledger is examined anew, its proofs, its witnesses and its runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Rational, sympify

from gradspec.reference.decide import decide, proved
from gradspec.spec import Claim
from gradspec.spec import rule as find_rule
from gradspec.spec.derivation import greater, less, unequal
from gradspec.spec.ledger.deck import ledger
from gradspec.spec.ledger.entry import Cited, Entry, Evidence, Known, Run, Shown, Value, Witness
from gradspec.spec.lookup import look_up
from gradspec.spec.vendors import VERSIONS

from .reading.finding import Item, Piece, Reading, Verdict
from .reading.report import as_json, counts, print_items, shortened, witness_lines
from .reading.snippets import Outcomes, Started, outcomes, start
from .reading.tree import Row
from .report import visible, write_json
from .workers import in_any_order

DIGITS = 12
WORDS = {"equal": "equal", "at most": "at most that", "at least": "at least that"}
COUNTED = {"proof": "proved", "witness": "witnessed", "run": "run"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one piece of evidence: `holds` is None where there was nothing to decide, or nothing was run."""

    kind: str  # proof | witness | run | source
    holds: bool | None
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Examined:
    """An entry with what became of its evidence."""

    entry: Entry
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing that the verdict rests on has failed."""
        return all(finding.holds is not False for finding in self.findings)


# -- one piece of evidence ---------------------------------------------------------------------------------------


def find(evidence: Evidence, ran: Outcomes | None = None) -> Finding:
    """Examine one piece of evidence; `ran` holds what came of the code that was run, or why none was."""
    if isinstance(evidence, Witness):
        return _witnessed(evidence)
    if isinstance(evidence, Known):
        claims = {claim.name: claim for claim in find_rule(evidence.rule).everything_claimed()}
        return _decided(evidence.rule, look_up(f"claim of {evidence.rule}", evidence.claim, claims))
    if isinstance(evidence, Shown):
        return _decided(evidence.rule, evidence.claim)
    if isinstance(evidence, Run):
        return _compared(evidence, ran or Outcomes("", {}, "nothing was run"))
    return Finding("source", None, {"source": str(evidence.source)})


def _decided(rule: str, claim: Claim) -> Finding:
    decision = decide(find_rule(rule), claim)
    shown: dict[str, Any] = {"rule": rule, "claim": claim.name, "verdict": decision.verdict}
    if decision.verdict != claim.expects:
        shown["expects"] = claim.expects
    if decision.counterexample:
        shown["counterexample"] = {name: str(value) for name, value in decision.counterexample.items()}
    return Finding("proof", decision.verdict == claim.expects, shown)


def _witnessed(witness: Witness) -> Finding:
    printed, canonical = witness.printed(witness.at), witness.canonical(witness.at)
    shown = {
        "measured": witness.measured,
        "at": {name.replace("_", " "): written(value) for name, value in witness.at.items()},
        "printed": written(printed) if witness.says == "equal" else f"{witness.says} {written(printed)}",
        "expected": written(canonical),
    }
    return Finding("witness", separates(printed, canonical, witness.says), shown)


def separates(printed: Value, canonical: Value, says: str) -> bool:
    """Whether the canonical value is certainly not what the deck says: not equal, or beyond a bound."""
    if isinstance(printed, str) or isinstance(canonical, str):
        return bool(printed != canonical)
    if isinstance(printed, tuple) and isinstance(canonical, tuple):
        pairs = zip(printed, canonical, strict=True)
        return any(separates(one, other, says) for one, other in pairs)
    compare = {"equal": unequal, "at most": greater, "at least": less}[says]
    return bool(proved(compare(sympify(canonical), sympify(printed))))


def _compared(run: Run, ran: Outcomes) -> Finding:
    if ran.trouble or run.name not in ran.found:
        return Finding("run", None, {"run": run.name, "expected": run.outcome, "found": f"not run: {ran.trouble}"})
    found = ran.found[run.name]
    return Finding("run", found == run.outcome, {"run": f"{run.name}, {ran.where}", "found": found} | (
        {} if found == run.outcome else {"expected": run.outcome}
    ))  # fmt: skip


def written(value: Any) -> str:
    """Return an exact number as it is, one with many digits or roots as a decimal that ends in an ellipsis."""
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))})"
    if isinstance(value, Rational) and max(abs(value.p), value.q) < 10**DIGITS:
        return str(value)
    text = str(value)
    if not isinstance(value, Expr) or not value.is_number or len(text) < DIGITS:
        return text
    return f"{value.evalf(DIGITS)}…"


# -- all of them --------------------------------------------------------------------------------------------------


def examine(place: tuple[str, int]) -> Finding:
    """Examine a piece of evidence of the ledger, which is known by its entry and number; nothing is run."""
    name, number = place
    return find(ledger()[name].evidence[number])


def examine_all(ran: Started | None) -> list[Examined]:
    """Examine the ledger on all processors."""
    entries = ledger()
    places: dict[Evidence | tuple[str, int], tuple[str, int]] = {}  # a claim that several rest on is decided once
    for entry in entries.values():
        for number, evidence in enumerate(entry.evidence):
            if not isinstance(evidence, (Run, Cited)):
                places.setdefault(_key(entry, number), (entry.id, number))
    found = dict(in_any_order(_with_key, list(places.values()), "examining"))
    of_runs = outcomes(ran)
    return [
        Examined(
            entry,
            tuple(
                find(evidence, of_runs) if isinstance(evidence, (Run, Cited)) else found[places[_key(entry, number)]]
                for number, evidence in enumerate(entry.evidence)
            ),
        )
        for entry in entries.values()
    ]


def _key(entry: Entry, number: int) -> Evidence | tuple[str, int]:
    evidence = entry.evidence[number]
    return evidence if isinstance(evidence, Known) else (entry.id, number)


def _with_key(place: tuple[str, int]) -> tuple[tuple[str, int], Finding]:
    return place, examine(place)


def slides(json: str, html: str) -> int:
    """Examine the ledger, print a table (unless a report goes to standard output), and return the exit code."""
    found = examine_all(start())
    items, names = [item(one) for one in found], [one.entry.id for one in found]
    if html:
        from .checking import write
        from .reading.html import page

        write(page(items, "The ledger of the lecture deck", names), html)
    if json:
        write_json(as_json(items, names), json)
    if "-" not in (json, html):
        print_items([_on_a_terminal(one) for one in items], identifiers=names)
        for line in closing(found):
            print(line)
    for one in found:
        for finding in one.findings:
            if finding.holds is False:
                print(f"gradspec: {one.entry.id}: {failure(finding)}", file=sys.stderr)
    return 0 if all(one.holds for one in found) else 1


def failure(finding: Finding) -> str:
    """Say which piece of evidence no longer holds."""
    what = {"witness": "a witness no longer separates", "proof": "a proof is not found", "run": "a run ends otherwise"}
    return visible(f"{what[finding.kind]}: {'; '.join(witness_lines(finding.shown))}")


def closing(found: Sequence[Examined]) -> Iterator[str]:
    """Yield what the verdicts rest on, and what was not run."""
    findings = [finding for one in found for finding in one.findings]
    held = {kind: sum(f.kind == kind and f.holds is True for f in findings) for kind in COUNTED}
    yield ", ".join(f"{number} {COUNTED[kind]}" for kind, number in held.items() if number)
    failed = sum(f.holds is False for f in findings)
    if failed:
        yield f"{failed} no longer hold"
    idle = [f for f in findings if f.kind == "run" and f.holds is None]
    reasons = dict.fromkeys(str(f.shown["found"]) for f in idle)
    if idle:
        yield visible(f"{len(idle)} {'; '.join(reasons)}")


# -- as an item of a report ---------------------------------------------------------------------------------------


def item(examined: Examined) -> Item:
    """Return an entry as the reports show it, with what it rests on."""
    entry = examined.entry
    named, said = entry.canonical or entry.literal, entry.literal or entry.canonical
    return Item(
        _reading(entry),
        Verdict(
            verdict=entry.verdict,
            rule=named.rule if named else None,
            dialect=dict(said.dialect) if said else {},
            message=entry.why if examined.holds else f"{entry.why} (no longer shown: see below)",
            suggestion=entry.suggestion,
            witness=_shown(examined.findings),
            suspect=entry.suspect,
        ),
    )


def _reading(entry: Entry) -> Reading:
    """What is printed; read, where it is one row."""
    piece = Piece(VERSIONS["deck"], entry.line, entry.printed, entry.kind, entry.printed, entry.line, entry.line)
    found = _rows(entry.printed) if entry.kind == "latex" else []
    return Reading(piece, entry.line, entry.printed, found[0] if len(found) == 1 else None)


def _rows(printed: str) -> list[Row | None]:
    """The rows of a formula, None for one that cannot be read."""
    from .reading.reading import read
    from .reading.rows import rows

    sources = [row.source for row in rows(printed)]
    return [one.row for source in sources for one in read(Piece("", 1, source, "latex", source, 1, 1))]


def _shown(findings: Sequence[Finding]) -> Mapping[str, Any] | None:
    """The first witness by its parts, as a reader's is, then all else in words."""
    witnesses = [finding.shown for finding in findings if finding.kind == "witness"]
    shown: dict[str, Any] = dict(witnesses[0]) if witnesses else {}
    rest: dict[str, list[str]] = {"also": [_in_words(one) for one in witnesses[1:]]}
    for finding in findings:
        one = finding.shown
        if finding.kind == "proof":
            rest.setdefault(one["verdict"], []).append(f"{one['rule']}: {one['claim']}")
        elif finding.kind == "run":
            rest.setdefault("run", []).append(f"{one['run']}: {one['found']}")
        elif finding.kind == "source":
            rest.setdefault("cited", []).append(one["source"])
    shown |= {name: "; ".join(texts) for name, texts in rest.items() if texts}
    return shown or None


def _in_words(witness: Mapping[str, Any]) -> str:
    at = ", ".join(f"{name} = {value}" for name, value in witness["at"].items())
    return f"{witness['measured']}, at {at}: printed {witness['printed']}, expected {witness['expected']}"


def _on_a_terminal(one: Item) -> Item:
    """The item with several rows written on one line, where the reader can read them."""
    from .reading.linear import shown

    reading = one.reading
    if reading.row is not None or reading.piece.kind != "latex":
        return one
    found = _rows(reading.text)
    texts = [shown(row) for row in found if row is not None]
    if len(texts) < len(found):
        return one
    return Item(Reading(reading.piece, reading.line, shortened("; ".join(texts)), None), one.verdict)


__all__ = ["Examined", "Finding", "counts", "examine_all", "find", "item", "separates", "slides"]
