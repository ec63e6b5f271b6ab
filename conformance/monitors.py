"""Judges rules that watch a metric and say when to stop by asking which dialects explain every short sequence of metrics.

The answers are few, so they are exhausted: every sequence over a small alphabet that holds ties, NaN and infinities is
put to the implementation, up to a length at which every patience of the cases is used up. Dialects that agree on all
of them are reported together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf, isnan

from gradspec.reference.monitor import Monitor
from gradspec.spec import Program, Rule
from gradspec.spec import rule as find_rule
from gradspec.spec.vendors import vendor

from .case import Misbehaviour, Unsupported
from .implementation import Claim, Implementation, claimed_axes
from .monitor_cases import DELTAS, Metrics, MonitorCase, Runner, Setting, Stop, run_monitor, sequences, settings
from .programs import program_of
from .verdict import AxisResult, Counterexample, Result

Dialect = tuple[tuple[str, str], ...]
Programs = dict[tuple[Dialect, tuple[str, ...], str | None], Program]

# Rules are compared by identity, so that one that is changed at run time is another one.
_PROGRAMS: dict[int, tuple[Rule, Programs]] = {}


def judge_monitor(
    implementation: Implementation,
    rule_name: str,
    dtype: str,
    run: Runner | None = None,
    *,
    claim: Claim | None = None,
    level: int = 2,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Return the verdict on one monitor in one dtype. `claim` replaces the implementation's own; nothing is random."""
    rule = find_rule(rule_name)
    run = run or partial(run_monitor, implementation)
    claimed = _claimed(implementation, rule_name, claim)
    if rule_name not in implementation.offers or dtype not in implementation.dtypes:
        lacking = rule_name if rule_name not in implementation.offers else dtype
        return Result(
            rule_name, dtype, "unsupported", claimed=claimed, message=f"{implementation.name} does not offer {lacking}"
        )
    offered = implementation.offers[rule_name].options
    try:
        seen = _run_all(rule, offered, dtype, level, run)
    except Unsupported as reason:
        return Result(rule_name, dtype, "unsupported", claimed=claimed, message=str(reason))
    except Misbehaviour as reason:
        return Result(rule_name, dtype, "error", claimed=claimed, message=str(reason))
    progress(f"{implementation.name} {rule_name} {dtype}: {sum(map(len, seen.values()))} cases")
    return _Trial(implementation, rule, dtype, offered, seen, claimed, run).result()


Seen = Mapping[Setting, list[tuple[Metrics, Stop]]]


def _claimed(implementation: Implementation, rule_name: str, claim: Claim | None) -> dict[str, str] | None:
    stated = claim if claim is not None else implementation.claims.get(rule_name)
    if stated is None or (isinstance(claim, str) and rule_name not in vendor(claim).rows):
        return None
    return claimed_axes(rule_name, stated)


def _run_one(run: Runner, setting: Setting, dtype: str, metrics: Metrics) -> Stop:
    first = not setting.options and metrics == setting.letters[:1] * setting.length  # watching takes time
    return run(MonitorCase(setting, dtype, metrics), watch=first)


def _run_all(rule: Rule, offered: frozenset[str], dtype: str, level: int, run: Runner) -> Seen:
    """Run every sequence, and the shorter half of the settings once more in reverse order; both must agree."""
    seen = {
        setting: list(sequences(setting, partial(_run_one, run, setting, dtype)))
        for setting in settings(rule, offered, level)
    }
    for setting in sorted(seen, key=lambda s: len(seen[s]), reverse=True)[len(seen) // 2 :]:
        for metrics, stop in reversed(seen[setting]):
            case = MonitorCase(setting, dtype, metrics)
            if run(case) != stop:
                raise Misbehaviour(
                    f"{case.name}: stopped elsewhere the second time; results must not depend on earlier calls"
                )
    return seen


@dataclass(frozen=True, slots=True)
class _Trial:
    """Everything about one monitor while it is being judged."""

    implementation: Implementation
    rule: Rule
    dtype: str
    offered: frozenset[str]
    seen: Seen
    claimed: Mapping[str, str] | None
    run: Runner

    def program(self, dialect: Dialect, setting: Setting, error: str | None = None) -> Program:
        on = setting.switched_on
        names = {axis.name for axis in self.rule.visible_axes(on)}
        key = (tuple((a, v) for a, v in dialect if a in names), on, error)
        known = _PROGRAMS.setdefault(id(self.rule), (self.rule, {}))[1]
        if key not in known:
            known[key] = program_of(self.rule, dict(key[0]), on, error)
        return known[key]

    def accepts(self, program: Program, setting: Setting) -> bool:
        monitor = Monitor(program, setting.numbers)
        return all(monitor.stops_at(metrics) == stop for metrics, stop in self.seen[setting])

    def survivors(self, dialects: Iterable[Dialect], error: str | None = None) -> list[Dialect]:
        left = list(dialects)
        for setting in self.seen:
            told: dict[Program, bool] = {}
            kept = []
            for dialect in left:
                program = self.program(dialect, setting, error)
                if program not in told:
                    told[program] = self.accepts(program, setting)
                if told[program]:
                    kept.append(dialect)
            left = kept
            if not left:
                break
        return left

    # -- the verdict -----------------------------------------------------------------------------------------

    def dialects(self) -> list[Dialect]:
        return [tuple(d.items()) for d in self.rule.dialects(self.offered)]

    @property
    def cases(self) -> int:
        return sum(map(len, self.seen.values()))

    def result(self) -> Result:
        left = self.survivors(self.dialects())
        if not left:
            return self.unexplained()
        found = self.describe(left)
        wrong = [
            axis for axis, value in (self.claimed or {}).items()
            if (measured := found[axis]) is not None and value not in ([measured] if isinstance(measured, str) else measured)
        ]  # fmt: skip
        agrees = None if self.claimed is None else not wrong
        message, counterexample = ("identified, nothing claimed" if self.claimed is None else ""), None
        if wrong and self.claimed is not None:
            message = ", ".join(f"{axis}: claimed {self.claimed[axis]}, measured {found[axis]}" for axis in wrong)
            counterexample = self.counterexample(self.nearest(left[0]))
            message = _with_values(message, counterexample)
        return Result(
            self.rule.name, self.dtype, "unique", found, self.claimed, agrees, cases=self.cases,
            counterexample=counterexample, message=message,
        )  # fmt: skip

    def describe(self, left: list[Dialect]) -> dict[str, AxisResult]:
        described: dict[str, AxisResult] = {axis.name: None for axis in self.rule.axes}
        for name in (axis.name for axis in self.rule.visible_axes(self.offered)):
            values = list(dict.fromkeys(dict(d)[name] for d in left))
            described[name] = values[0] if len(values) == 1 else values
        return described

    def unexplained(self) -> Result:
        """No dialect is left: a named error, a mixture, or none. A single stop tells little, so errors are tried first."""
        error = self.named_error()
        mixed = error is None and self.mixed()
        words = f"named error {error}: {self.rule.error(error).doc}" if error else "no dialect explains every case"
        if mixed:
            words = "every case is explained by some dialect, no dialect explains all"
        found = self.counterexample(self.nearest())
        return Result(
            self.rule.name, self.dtype, "mixed" if mixed else "none", {axis.name: None for axis in self.rule.axes}, self.claimed,
            None if self.claimed is None else False, named_error=error, cases=self.cases, counterexample=found,
            message=_with_values(words, found),
        )  # fmt: skip

    def named_error(self) -> str | None:
        for error in self.rule.errors:
            if error.under is not None and error.under not in self.offered:
                continue
            based = [d for d in self.dialects() if set(error.dialect.items()) <= set(d)]
            if self.survivors(based, error.name):
                return error.name
        return None

    def mixed(self) -> bool:
        for setting, results in self.seen.items():
            programs = dict.fromkeys(self.program(d, setting) for d in self.dialects())
            monitors = [Monitor(program, setting.numbers) for program in programs]
            for metrics, stop in results:
                at = next((k for k, m in enumerate(monitors) if m.stops_at(metrics) == stop), None)
                if at is None:
                    return False
                monitors.insert(0, monitors.pop(at))  # what explains one case often explains the next
        return True

    def nearest(self, measured: Dialect | None = None) -> Dialect:
        """The dialect to compare with: as claimed, and else as measured or as explains most of the first settings."""
        claimed = (self.claimed or {}).items()
        wanted = [d for d in self.dialects() if all(dict(d).get(axis, value) == value for axis, value in claimed)]
        if measured is not None:
            return max(wanted, key=lambda d: len(set(d) & set(measured)))
        first = list(self.seen)[: 2 * len(DELTAS)]
        count: dict[Program, int] = {}

        def explained(dialect: Dialect) -> int:
            program = self.program(dialect, first[0])
            if program not in count:
                monitors = [(Monitor(program, setting.numbers), self.seen[setting]) for setting in first]
                count[program] = sum(m.stops_at(ms) == stop for m, results in monitors for ms, stop in results[::7])
            return count[program]

        return max(wanted or self.dialects(), key=explained)

    def counterexample(self, dialect: Dialect) -> Counterexample | None:
        """A shortest sequence on which the implementation is not the dialect, seen once more on the implementation."""
        found = []
        for setting, results in self.seen.items():
            monitor = Monitor(self.program(dialect, setting), setting.numbers)
            for metrics, stop in results:
                expected = monitor.stops_at(metrics)
                if expected != stop:
                    apart = min(n for n in (stop, expected) if n is not None)
                    shown = metrics[:apart]
                    simple = (
                        apart,
                        len(setting.options),
                        sum(x - x != 0 for x in shown),
                        sum(map(abs, setting.numbers.values())),
                    )
                    found.append((simple, setting, shown, stop == apart))
        for _, setting, metrics, stopped in sorted(found, key=lambda item: item[0])[:20]:
            case = MonitorCase(setting, self.dtype, metrics)
            try:
                again = self.run(case) == len(metrics)
            except (Misbehaviour, Unsupported):
                continue
            if again == stopped:
                return self.shown(case, stopped, dialect)
        return None

    def shown(self, case: MonitorCase, stopped: bool, dialect: Dialect) -> Counterexample:
        setting = case.setting
        names = {axis.name for axis in self.rule.visible_axes(setting.switched_on)}
        visible = {axis: value for axis, value in dialect if axis in names}
        inputs = {
            "rule": setting.rule, "dtype": case.dtype, "metrics": [_plain(x) for x in case.metrics],
            "hyperparameters": dict(setting.hyperparameters), "options": dict(setting.options),
        }  # fmt: skip
        code = snippet(self.implementation, case, stopped, visible)
        return Counterexample(inputs, len(case.metrics), float(stopped), str(int(not stopped)), inf, visible, code)


def _plain(metric: float) -> float | str:
    return metric if metric - metric == 0 else str(metric)


def _with_values(words: str, found: Counterexample | None) -> str:
    if found is None:
        return words
    did, should = ("stops", "goes on") if found.got else ("goes on", "stops")
    keywords = {**found.inputs["hyperparameters"], **found.inputs["options"]}
    under = ", ".join(f"{name}={value}" for name, value in keywords.items())
    metrics = ", ".join(map(str, found.inputs["metrics"]))
    return f"{words}; after metrics {metrics} with {under} it {did}, exact: it {should}"


SCALAR = {
    "numpy": ("import numpy", "numpy.{}"),
    "torch": ("import torch", "lambda x: torch.tensor(x, dtype=torch.{})"),
    "jax": ("import jax.numpy", "jax.numpy.{}"),
}


def snippet(implementation: Implementation, case: MonitorCase, stopped: bool, dialect: Mapping[str, str]) -> str:
    """Code that replays the case on the implementation and prints what it does beside what the dialect says."""
    library, scalar = SCALAR[implementation.arrays]
    keywords = ", ".join(f"{name}={value!r}" for name, value in case.setting.keywords.items())
    target = implementation.origin or implementation.name
    environment = [f"os.environ[{k!r}] = {v!r}" for k, v in implementation.environment.items()]
    what = " ".join(f"{axis}={value}" for axis, value in dialect.items())
    special = [
        n
        for n, there in (("inf", any(abs(x) == inf for x in case.metrics)), ("nan", any(map(isnan, case.metrics))))
        if there
    ]
    return "\n".join([
        *(["import os", "", *environment, ""] if environment else []),
        *([f"from math import {', '.join(special)}", ""] if special else []),
        library,
        "from gradspec.conformance import load",
        "",
        f"scalar = {scalar.format(case.dtype)}",
        f"observe = load({target!r}).offers[{case.setting.rule!r}].function({keywords})",
        f"stops = [bool(observe(scalar(metric))) for metric in {list(case.metrics)!r}]",
        f"print(stops[-1])  # got {stopped}; {what}: {not stopped}",
    ])  # fmt: skip
