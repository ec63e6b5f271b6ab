"""The judge: it asks which dialects of a rule can still explain everything that was seen.

Every case is judged against every dialect. What remains decides: one function `unique`, several `ambiguous`, none
`none`, and `mixed` where each case is explained by some dialect but no dialect explains all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from gradspec.reference.arithmetic import Arithmetic
from gradspec.reference.equality import same_function
from gradspec.spec import Program, Rule
from gradspec.spec import rule as find_rule
from gradspec.spec.vendors import vendor

from .case import AnyCase, FunctionCase, Misbehaviour, Outcome, SampleCase, Unsupported
from .cases import build_cases, contexts
from .counterexample import find_counterexample
from .function_counterexample import find_function_counterexample
from .implementation import Claim, Implementation, claimed_axes
from .layer_counterexample import sample_counterexample
from .scoring import K, Scores, declared, program_for, score
from .verdict import AxisResult, Counterexample, Result

Runner = Callable[..., Outcome]  # (case, watch=False) -> outcome
Dialect = tuple[tuple[str, str], ...]  # axis and value, in the rule's order


@dataclass(frozen=True, slots=True)
class Seen:
    """A case with what the implementation did on it."""

    case: AnyCase
    outcome: Outcome


def judge_rule(
    implementation: Implementation,
    rule_name: str,
    dtype: str,
    run: Runner,
    *,
    claim: Claim | None = None,
    level: int = 2,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Return the verdict on one rule in one dtype. `claim` replaces the implementation's own."""
    rule = find_rule(rule_name)
    found = implementation.offers.get(rule_name)
    offered = found.options if found is not None else frozenset()
    cases = cases_for(implementation, rule, dtype, level, seed)
    return judge_cases(implementation, rule, dtype, run, cases, offered, claim=claim, progress=progress)


def cases_for(implementation: Implementation, rule: Rule, dtype: str, level: int, seed: int) -> list[AnyCase]:
    """Return the cases of an optimizer or a function, for the options that are offered and the constants that are fixed."""
    found = implementation.offers.get(rule.name)
    offered = found.options if found is not None else frozenset()
    cases = [c for on in contexts(rule, offered) for c in build_cases(rule, dtype, on, level=level, seed=seed)]
    if found is not None and found.fixed and dtype in implementation.dtypes:
        constants = found.constants(dtype)
        cases = [replace(c, hyperparameters={**c.hyperparameters, **constants}) for c in cases]
    return cases


def judge_cases(
    implementation: Implementation,
    rule: Rule,
    dtype: str,
    run: Runner,
    cases: list[AnyCase],
    offered: frozenset[str],
    *,
    claim: Claim | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Return the verdict that these cases give, which show the options `offered`."""
    rule_name = rule.name
    claimed = _claimed(implementation, rule_name, claim)
    if rule_name not in implementation.offers or dtype not in implementation.dtypes:
        lacking = rule_name if rule_name not in implementation.offers else dtype
        return Result(
            rule_name, dtype, "unsupported", claimed=claimed, message=f"{implementation.name} does not offer {lacking}"
        )
    progress(f"{implementation.name} {rule_name} {dtype}: {len(cases)} cases")
    try:
        seen = _run_all(cases, run)
    except Unsupported as reason:
        return Result(rule_name, dtype, "unsupported", claimed=claimed, message=str(reason))
    except Misbehaviour as reason:
        return Result(rule_name, dtype, "error", claimed=claimed, agrees=None, cases=len(cases), message=str(reason))
    how = declared(dtype, implementation.operations, implementation.subnormal)
    return _Trial(implementation, rule, dtype, offered, seen, how, claimed, run).result()


def _claimed(implementation: Implementation, rule_name: str, claim: Claim | None) -> dict[str, str] | None:
    stated = claim if claim is not None else implementation.claims.get(rule_name)
    if stated is None or (isinstance(claim, str) and rule_name not in vendor(claim).rows):
        return None  # `--like sklearn` says nothing about rules that scikit-learn lacks
    return claimed_axes(rule_name, stated)


def _run_all(cases: list[AnyCase], run: Runner) -> list[Seen]:
    """Run every case twice, the second time in reverse order; both runs must agree to the bit."""
    first = []
    for k, case in enumerate(cases):
        try:
            first.append(run(case, watch=k < 3 or case.level == 0))
        except Unsupported as reason:
            if k == 0:
                raise
            offered = ", ".join(case.options) or "the rule"  # a refusal here would hide what was seen so far
            raise Misbehaviour(
                f"{case.name}: {offered} is offered and then refused ({reason}); leave it out of the signature"
            ) from reason
    for case, outcome in zip(reversed(cases), reversed(first), strict=True):
        again = run(case)
        if repr(again.parameters) != repr(outcome.parameters):
            raise Misbehaviour(
                f"{case.name}: the same case gave another result the second time; results must not depend on earlier calls"
            )
    return [Seen(case, outcome) for case, outcome in zip(cases, first, strict=True)]


class _Trial:
    """Everything about one rule in one dtype while it is being judged."""

    def __init__(
        self,
        implementation: Implementation,
        rule: Rule,
        dtype: str,
        offered: frozenset[str],
        seen: list[Seen],
        how: Arithmetic,
        claimed: Mapping[str, str] | None,
        run: Runner,
    ) -> None:
        self.implementation, self.rule, self.dtype, self.offered = implementation, rule, dtype, offered
        self.seen, self.how, self.claimed, self.run = seen, how, claimed, run
        self.table: dict[tuple[str, Dialect, str | None], Scores] = {}
        self.equal: dict[tuple[str, object], Scores] = {}
        self.programs: dict[tuple[Dialect, frozenset[str], str | None], Program] = {}
        axes = rule.visible_axes(offered)
        self.measured = tuple(axis.name for axis in axes)
        self.dialects: list[Dialect] = [tuple(d.items()) for d in rule.dialects(offered)]

    # -- scores --------------------------------------------------------------------------------------------------

    def visible(self, dialect: Dialect, case: AnyCase) -> Dialect:
        names = {axis.name for axis in self.rule.visible_axes(case.switched_on)}
        return tuple((axis, value) for axis, value in dialect if axis in names)

    def program(self, visible: Dialect, case: AnyCase, error: str | None = None) -> Program:
        """The program that a dialect means for a case, put together once."""
        chosen = (visible, case.switched_on, error)
        if chosen not in self.programs:
            self.programs[chosen] = essence(program_for(self.rule, dict(visible), case, error))
        return self.programs[chosen]

    def scores(self, dialect: Dialect, seen: Seen, error: str | None = None) -> Scores:
        """Scores of a dialect on a case; dialects that are the same formula there are evaluated once."""
        visible = self.visible(dialect, seen.case)
        key = (seen.case.name, visible, error)
        if key not in self.table:
            program = self.program(visible, seen.case, error)
            same = (seen.case.name, program.key)
            if same not in self.equal:
                self.equal[same] = score(program, seen.case, seen.outcome, self.how)
            self.table[key] = self.equal[same]
        return self.table[key]

    def accepts(self, dialect: Dialect, seen: Seen, error: str | None = None) -> bool:
        return self.scores(dialect, seen, error).accepted

    def survivors(self, dialects: Iterable[Dialect], error: str | None = None) -> list[Dialect]:
        """Dialects that every case allows; cases come context by context, so that few reach the later ones."""
        left = list(dialects)
        for seen in self.seen:
            left = [d for d in left if self.accepts(d, seen, error)]
        return left

    # -- the verdict ---------------------------------------------------------------------------------------------

    def result(self) -> Result:
        left = self.survivors(self.dialects)
        if not left:
            return self.unexplained()
        clash = next((pair for pair in combinations(left, 2) if not self.same(*pair)), None)
        dialect = self.describe(left)
        agrees = None if self.claimed is None else self.agreement(dialect)
        worst = max((self.scores(left[0], s).worst for s in self.seen), default=0.0)
        verdict, message = ("unique", "") if clash is None else ("ambiguous", self.undecided_by(*clash))
        counterexample = None
        if agrees is False:
            counterexample, message = self.contradiction(dialect)
        elif verdict == "unique" and self.claimed is None:
            message = "identified, nothing claimed"
        return Result(
            self.rule.name, self.dtype, verdict, dialect, self.claimed, agrees, worst=worst, cases=len(self.seen),
            uninformative=self.uninformative(left), counterexample=counterexample, message=message,
        )  # fmt: skip

    def same(self, one: Dialect, other: Dialect) -> bool:
        """Whether two dialects are provably one function under every set of options that was asked for."""
        asked = {seen.case.switched_on: seen for seen in self.seen}
        return all(
            same_function(program_for(self.rule, dict(one), s.case), program_for(self.rule, dict(other), s.case))
            for s in asked.values()
        )

    def describe(self, left: list[Dialect]) -> dict[str, AxisResult]:
        """Per axis the value, the values that no input separates, or None where its option is not on offer."""
        described: dict[str, AxisResult] = {axis.name: None for axis in self.rule.axes}
        for name in self.measured:
            values = list(dict.fromkeys(dict(d)[name] for d in left))
            described[name] = values[0] if len(values) == 1 else values
        return described

    def agreement(self, dialect: Mapping[str, AxisResult]) -> bool:
        return not self.disagreeing(dialect)

    def disagreeing(self, dialect: Mapping[str, AxisResult]) -> list[str]:
        claimed = self.claimed or {}
        return [
            axis for axis, value in claimed.items()
            if (found := dialect.get(axis)) is not None and value not in ([found] if isinstance(found, str) else found)
        ]  # fmt: skip

    def uninformative(self, left: list[Dialect]) -> int:
        """Elements that decide nothing: an unbounded accepted set, or one that every neighbouring dialect allows too."""
        count = 0
        for seen in self.seen:
            mine = self.scores(left[0], seen)
            rivals = [r for r in (self.scores(d, seen) for d in self.neighbours(left[0], seen.case)) if not r.accepted]
            for step, row in enumerate(mine.rows):
                for i, own in enumerate(row):
                    allowed = [r.rows[step][i] for r in rivals]
                    count += own is None or (bool(allowed) and all(a is None or a <= K for a in allowed))
        return count

    def neighbours(self, dialect: Dialect, case: AnyCase) -> list[Dialect]:
        """Dialects that differ in one axis that this case is there to show: its option's axes, or those without option."""
        shown = {
            a.name for a in self.rule.visible_axes(case.switched_on) if (a.under is not None) == bool(case.options)
        }
        own = dict(dialect)
        return [
            d
            for d in self.dialects
            if sum(own[k] != v for k, v in d) == 1 and any(own[k] != v and k in shown for k, v in d)
        ]

    def undecided_by(self, one: Dialect, other: Dialect) -> str:
        differ = [f"{axis} {a} or {b}" for (axis, a), (_, b) in zip(one, other, strict=True) if a != b]
        probe = "judge float64, where these are separated" if self.dtype != "float64" else "judge at a higher level"
        return f"{', '.join(differ)}: no case in {self.dtype} decides; {probe}"

    # -- disagreement --------------------------------------------------------------------------------------------

    def contradiction(self, dialect: Mapping[str, AxisResult]) -> tuple[Counterexample | None, str]:
        """A case that the claimed dialect does not allow, and a sentence on the axis, step and values."""
        axes = self.disagreeing(dialect)
        claimed = self.claimed or {}
        words = ", ".join(f"{axis}: claimed {claimed[axis]}, measured {dialect[axis]}" for axis in axes)
        wanted = [d for d in self.dialects if all(dict(d).get(axis, value) == value for axis, value in claimed.items())]
        if not wanted:
            return None, words
        found = self.counterexample(wanted[0], None)
        return found, words if found is None else f"{words}; {_values(found)}"

    def unexplained(self) -> Result:
        error = self.named_error()  # first: a known error may well be one dialect here and another one there
        mixed = error is None and all(any(self.accepts(d, seen) for d in self.dialects) for seen in self.seen)
        nearest = self.nearest()
        found = self.counterexample(nearest, error)
        words = f"named error {error}: {self.rule.error(error).doc}" if error else "no dialect explains every case"
        if mixed:
            words = "every case is explained by some dialect, no dialect explains all: " + self.switching()
        if found is not None:
            words = f"{words}; {_values(found)}"
        return Result(
            self.rule.name, self.dtype, "mixed" if mixed else "none", {axis.name: None for axis in self.rule.axes}, self.claimed,
            None if self.claimed is None else False, named_error=error, cases=len(self.seen), counterexample=found, message=words,
        )  # fmt: skip

    def switching(self) -> str:
        """Two cases with the dialects that explain them, which have nothing in common."""
        told = [(s.case.name, frozenset(d for d in self.dialects if self.accepts(d, s))) for s in self.seen]
        for (one, first), (other, second) in combinations(told, 2):
            if not first & second:
                return f"{one} is {_name(sorted(first)[0])}, {other} is {_name(sorted(second)[0])}"
        return "three or more cases are needed to see it"

    def named_error(self) -> str | None:
        """The first known error that explains everything."""
        for error in self.rule.errors:
            if error.under is not None and error.under not in self.offered:
                continue
            based = [d for d in self.dialects if all(dict(d).get(a, v) == v for a, v in error.dialect.items())]
            if self.survivors(based, error.name):
                return error.name
        return None

    def nearest(self) -> Dialect:
        """The dialect to compare with: the claimed one, else the one that explains most cases, then the least far off."""
        if self.claimed is not None:
            for dialect in self.dialects:
                if all(dict(dialect).get(axis, value) == value for axis, value in self.claimed.items()):
                    return dialect

        def distance(dialect: Dialect) -> tuple[int, float]:
            found = [self.scores(dialect, seen) for seen in self.seen]
            return sum(not s.accepted for s in found), min((s.worst for s in found if not s.accepted), default=0.0)

        return min(self.dialects, key=distance)

    def counterexample(self, dialect: Dialect, error: str | None) -> Counterexample | None:
        rejected = [s for s in self.seen if not self.accepts(dialect, s)]
        if not rejected:
            return None
        plain = [s for s in rejected if not s.case.options] or rejected

        def rejects(case: AnyCase, outcome: Outcome) -> Scores:
            return score(self.program(self.visible(dialect, case), case), case, outcome, self.how)

        first = min(plain, key=lambda s: rejects(s.case, s.outcome).first_rejection() or (99, 0))
        find: Callable[..., Counterexample | None] = find_counterexample
        if isinstance(first.case, SampleCase):
            return sample_counterexample(
                self.implementation, self.rule, first.case, first.outcome, dict(dialect), self.run
            )
        if isinstance(first.case, FunctionCase):
            find = find_function_counterexample
        return find(
            self.implementation,
            self.rule,
            first.case,
            first.outcome,
            dict(self.visible(dialect, first.case)),
            rejects,
            self.run,
            self.how,
        )


def essence(program: Program) -> Program:
    """The program without equations that it does not use, so that dialects which do not differ here are seen to be equal."""
    return replace(
        program,
        let={target: program.let[target] for target in program.needed()},
        forms=tuple(essence(form) for form in program.forms),
    )


def _values(found: Counterexample) -> str:
    return f"step {found.steps}: got {found.got!r}, exact {found.exact}"


def _name(dialect: Dialect) -> str:
    return " ".join(f"{axis}={value}" for axis, value in dialect)
