"""What `gradspec prove` does: every claim is decided, and tried on altered rules to see what it would refute."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from gradspec.reference.decide import decide, refutes
from gradspec.spec import Rule, catalogue
from gradspec.spec import rule as find_rule

from .altered import altered_rules

VERDICTS = ("proved", "decided", "refuted", "undecided")


@dataclass(frozen=True, slots=True)
class Examined:
    """A claim with its verdict; `points` counts where it was evaluated, `kills` the altered rules that it refutes."""

    rule: str
    claim: str
    kind: str
    expects: str
    verdict: str
    points: int
    kills: int

    @property
    def holds(self) -> bool:
        return self.verdict == self.expects

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the report."""
        return {name: getattr(self, name) for name in self.__slots__}


def examine(rule_name: str, number: int) -> Examined:
    """Decide one claim of a rule, and count the altered rules that it refutes."""
    rule = find_rule(rule_name)
    claim = rule.everything_claimed()[number]
    decision = decide(rule, claim)
    kills = sum(refutes(changed, claim) for changed in _altered(rule_name))
    return Examined(rule.name, claim.name, claim.kind, claim.expects, decision.verdict, decision.points, kills)


@lru_cache(maxsize=2)
def _altered(rule_name: str) -> tuple[Rule, ...]:
    return tuple(altered_rules(find_rule(rule_name)))


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
    return 0 if all(one.holds for one in found) else 1


def _examine_all(rules: Sequence[Rule]) -> list[Examined]:
    """Every claim in the order of the rules, worked out on all processors; a bar on a terminal shows how far it is."""
    from joblib import Parallel, delayed
    from rich.console import Console
    from rich.progress import track

    work = [(rule.name, number) for rule in rules for number in range(len(rule.everything_claimed()))]
    console = Console(stderr=True)
    results = Parallel(n_jobs=-1, return_as="generator_unordered")(delayed(examine)(*one) for one in work)
    shown = track(results, "deciding", len(work), console=console, transient=True, disable=not sys.stderr.isatty())
    by_name = {(one.rule, one.claim): one for one in shown}
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
            table.add_row(f" {one.claim}", one.kind, verdict, str(one.points), str(one.kills))
    console.print(table)
    counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in VERDICTS}
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    idle = sum(not one.kills for one in found)
    print(f"\n{len(found)} claims: {words}; {idle} refute no altered rule")
