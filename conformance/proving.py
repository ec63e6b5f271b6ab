"""What `gradspec prove` does: every claim is decided, and tried on altered rules to see what it would refute."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from gradspec.reference.decide import Decision, decide
from gradspec.spec import Rule, catalogue
from gradspec.spec import rule as find_rule

from .altered import Altered, altered_rules, left_over, refuted
from .workers import in_any_order

VERDICTS = ("proved", "decided", "refuted", "undecided")


@dataclass(frozen=True, slots=True)
class Examined:
    """A claim with its verdict; `points` counts where it was evaluated, `refutes` are the numbers of altered rules."""

    rule: str
    claim: str
    kind: str
    expects: str
    decision: Decision
    refutes: frozenset[int]

    @property
    def verdict(self) -> str:
        return self.decision.verdict

    @property
    def kills(self) -> int:
        return len(self.refutes)

    @property
    def holds(self) -> bool:
        return self.verdict == self.expects

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the report."""
        shown = {name: getattr(self, name) for name in ("rule", "claim", "kind", "expects", "verdict")}
        return {**shown, "points": self.decision.points, "kills": self.kills}

    def why(self) -> str:
        """Where the claim is false, or what of it there is no proof of, or nothing."""
        if point := self.decision.counterexample:
            return f"false at {', '.join(f'{name} = {value}' for name, value in point.items())}"
        return "" if self.decision.unproved is None else f"no proof found of {self.decision.unproved}"


def examine(place: tuple[str, int]) -> Examined:
    """Decide one claim, which is known by its rule and number, and try it on the altered rules."""
    rule_name, number = place
    rule = find_rule(rule_name)
    claim = rule.everything_claimed()[number]
    found = frozenset(refuted(rule, claim, altered_rules_of(rule_name)))
    return Examined(rule.name, claim.name, claim.kind, claim.expects, decide(rule, claim), found)


@lru_cache(maxsize=2)
def altered_rules_of(rule_name: str) -> tuple[Altered, ...]:
    """Return the altered rules of a rule of the catalogue; they are made once for all of its claims."""
    return altered_rules(find_rule(rule_name))


def chosen(names: Sequence[str]) -> list[Rule]:
    """Return the rules named, or all; raise `LookupError` naming the nearest one for a name that is none."""
    return [find_rule(name) for name in dict.fromkeys(names)] or list(catalogue().values())


def prove(rules: Sequence[Rule], json: str) -> int:
    """Decide the claims of the rules; print a table unless JSON goes to standard output."""
    from .report import write_json

    found = _examine_all(rules)
    if json:
        write_json({"claims": [one.as_json() for one in found]}, json)
    if json != "-":
        print_claims(found)
        print_definitions(found)
    return 0 if all(one.holds for one in found) else 1


def _examine_all(rules: Sequence[Rule]) -> list[Examined]:
    """Every claim in the order of the rules, worked out on all processors."""
    work = [(rule.name, number) for rule in rules for number in range(len(rule.everything_claimed()))]
    found = in_any_order(examine, work, "deciding")
    by_name = {(one.rule, one.claim): one for one in found}
    return [by_name[rule.name, claim.name] for rule in rules for claim in rule.everything_claimed()]


def print_claims(found: Sequence[Examined]) -> None:
    """Print a table of the claims, a line for each, and what they come to."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule, claim", overflow="fold")
    for name in ("kind", "verdict", "points", "kills"):
        table.add_column(name, justify="right" if name in ("points", "kills") else "left", no_wrap=True)
    for rule, claims in groupby(found, key=lambda one: one.rule):
        table.add_row(rule, "", "", "", "")
        for one in claims:
            verdict = one.verdict if one.holds else f"{one.verdict}, not {one.expects}"
            table.add_row(f" {one.claim}", one.kind, verdict, str(one.decision.points), str(one.kills))
            if why := one.why():
                table.add_row(f"   {why}")
    console.print(table)
    counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in VERDICTS}
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    idle = sum(not one.kills for one in found)
    print(f"\n{len(found)} claims: {words}; {idle} refute no altered rule")


def print_definitions(found: Sequence[Examined]) -> None:
    """Print which equations can be altered with no claim refuted: nothing but their definition says what they are."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("rule, equation", "altered", "defined by"):
        table.add_column(name, justify="right" if name == "altered" else "left", overflow="fold")
    total = left = 0
    for name, claims in groupby(found, key=lambda one: one.rule):
        altered = altered_rules_of(name)
        true = (one.refutes for one in claims if one.verdict != "refuted")  # what is false excludes nothing
        places = left_over(altered, frozenset().union(*true))
        total, left = total + len(altered), left + sum(count for _, count in places.values())
        if places:
            table.add_row(name)
        for place, (source, count) in places.items():
            table.add_row(f" {place}", str(count), str(source))
    print(f"\n{total} altered rules, {total - left} refuted by a claim.")
    if left:
        print("The others come to the same or are excluded by a definition only:\n")
        console.print(table)
