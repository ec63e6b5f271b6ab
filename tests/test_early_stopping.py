"""Early stopping: the fast function is the formula, and the judge tells every dialect, error and constant apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import count, product
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import And, Expr, Ge, Gt, Le, Lt, Or, Piecewise, preorder_traversal

from gradspec.conformance import Implementation, Result
from gradspec.conformance.bundled.monitors import (
    flax_early_stopping,
    gradspec_early_stopping,
    keras_early_stopping,
    sklearn_early_stopping,
)
from gradspec.conformance.monitor_cases import Setting, sequences, settings
from gradspec.conformance.monitors import judge_monitor
from gradspec.conformance.mutants import mutants
from gradspec.fast.early_stopping import AXES, VENDORS, early_stopping
from gradspec.reference.monitor import Monitor
from gradspec.spec import Program
from gradspec.spec.early_stopping import EARLY_STOPPING

from .covering import covering_array

OPTIONS = tuple(option.name for option in EARLY_STOPPING.options)
PLAIN = {axis.name: axis.names for axis in EARLY_STOPPING.axes if axis.under is None}
METRICS = (0.0, 0.5, 1.5, nan, inf, -inf)
Factory = Callable[..., Callable[[Any], Any]]


# -- two routes to one rule -----------------------------------------------------------------------------------


def test_fast_states_the_axes_of_the_specification_in_its_order() -> None:
    assert {axis.name: axis.names for axis in EARLY_STOPPING.axes} == AXES


def follow(dialect: Mapping[str, str], keywords: Mapping[str, Any], metrics: tuple[float, ...]) -> None:
    """Compare the whole state after every evaluation."""
    on = tuple(name for name in OPTIONS if name in keywords and keywords[name] is not False)
    numbers = {name: value for name, value in keywords.items() if not isinstance(value, bool)}
    monitor = Monitor(EARLY_STOPPING.program(dialect, on), numbers)
    names = ["stop", *map(str, monitor.program.state)]
    exact, state = monitor.start, None
    for metric in metrics:
        exact, state = (
            monitor.step(exact, metric),
            early_stopping(metric, state, dialect=dialect, **keywords),
        )
        expected = dict(zip(names, exact, strict=True))

        assert bool(expected["stop"]) == state["stop"]
        assert [expected[k] for k in ("wait", "evaluation", "kept")] == [
            state["wait"], state["evaluation"], state["best_evaluation"],
        ]  # fmt: skip
        sign = -1 if keywords.get("maximize") else 1
        assert isnan(state["best"]) or sign * expected["best"] == state["best"]


@pytest.mark.parametrize("dialect", covering_array(PLAIN), ids=lambda d: "-".join(d.values()))
def test_the_fast_function_is_the_formula_on_every_short_sequence(dialect: dict[str, str]) -> None:
    for metrics in product(METRICS, repeat=3):
        follow(dialect, {"patience": 1, "min_delta": 1.0}, metrics)


numbers = st.integers(-16, 16).map(lambda n: n / 8)


@given(
    st.fixed_dictionaries({axis: st.sampled_from(values) for axis, values in AXES.items()}),
    st.fixed_dictionaries(
        {"patience": st.integers(0, 4), "min_delta": st.integers(0, 8).map(lambda n: n / 8)},
        optional={"maximize": st.booleans(), "baseline": numbers, "start_from": st.integers(0, 4)},
    ),
    st.lists(numbers | st.sampled_from((nan, inf, -inf)), max_size=20).map(tuple),
)
def test_the_fast_function_is_the_formula_on_long_sequences_with_any_options(
    dialect: dict[str, str], keywords: dict[str, Any], metrics: tuple[float, ...]
) -> None:
    follow(dialect, keywords, metrics)


def stops(metrics: list[float], dialect: str, **keywords: Any) -> int | None:
    state = None
    for number, metric in enumerate(metrics, start=1):
        state = early_stopping(metric, state, dialect=dialect, **keywords)
        if state["stop"]:
            return number
    return None


def test_the_vendors_stop_where_the_survey_saw_them_stop() -> None:
    """One improvement, then bad evaluations only: p of them for Keras, p + 1 for flax and scikit-learn."""
    flat = [1.0] + [2.0] * 5

    assert [2, 2, 3, 4] == [stops(flat, "keras", patience=p) for p in (0, 1, 2, 3)]
    assert [3, 4, 5] == [stops(flat, "sklearn", patience=p) for p in (1, 2, 3)]
    assert [2, 3, 4, 5] == [stops(flat, "flax", patience=p) for p in (0, 1, 2, 3)]
    assert [1, 2, 3, 4] == [stops(flat, "paper", patience=p) for p in (0, 1, 2, 3)]


def test_a_first_nan_stops_an_improving_run_of_keras_and_flax_but_not_of_others() -> None:
    improving = [nan, 4.0, 3.0, 2.0, 1.0]

    assert [3, 4, None, None] == [
        stops(improving, vendor, patience=2) for vendor in ("keras", "flax", "sklearn", "tfjs")
    ]


def test_the_best_evaluation_of_the_audit_is_kept() -> None:
    """The counterexample of the slide audit: 3, 2, 5/2, 1 with patience 1 stops at the third and keeps the second."""
    state = None
    for metric in (3.0, 2.0, 2.5):
        state = early_stopping(metric, state, patience=1, dialect="deck")
    assert state is not None

    assert (True, 2, 2.0) == (state["stop"], state["best_evaluation"], state["best"])
    assert stops([3.0, 2.0, 2.5, 1.0], "deck", patience=2) is None


@pytest.mark.parametrize("metric", [1, 1.0, np.float32(1), np.array([1.0]), np.int64(1)])
def test_a_metric_may_be_any_single_number(metric: Any) -> None:
    assert early_stopping(metric, dialect="keras")["best"] == 1.0


def test_a_metric_may_be_a_tensor_of_one_element() -> None:
    torch = pytest.importorskip("torch")

    assert early_stopping(torch.ones(1), dialect="keras")["best"] == 1.0


def test_a_state_is_not_changed_by_the_next_evaluation() -> None:
    first = early_stopping(1.0, dialect="keras")
    copy = dict(first)
    early_stopping(2.0, first, dialect="keras")

    assert copy == first


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"patience": -1}, ValueError, "patience=-1: must be a whole number"),
    ({"patience": 1.5}, TypeError, "patience=1.5: must be a whole number"),
    ({"patience": True}, TypeError, "patience=True: must be a whole number"),
    ({"start_from": -2}, ValueError, "start_from=-2: must be a whole number"),
    ({"min_delta": nan}, ValueError, "min_delta=nan: must be at least 0 and finite"),
    ({"min_delta": -1.0}, ValueError, "min_delta=-1.0: must be at least 0 and finite"),
    ({"maximize": "max"}, TypeError, "maximize='max': must be a bool"),
    ({"baseline": inf}, ValueError, "baseline=inf: must be finite"),
    ({"metric": "low"}, TypeError, "metric=str: must be a real number"),
    ({"metric": 1j}, TypeError, "metric=complex: must be a real number"),
    ({"metric": None}, TypeError, "metric=NoneType: must be a real number"),
    ({"metric": np.zeros(2)}, ValueError, r"metric=\(2,\): must have one element"),
    ({"dialect": "kreas"}, ValueError, "did you mean 'keras'"),
    ({"dialect": {"ties": "bad"}}, ValueError, "did you mean 'tie'"),
    ({"dialect": {"tie": "god"}}, ValueError, "did you mean 'good'"),
    ({"dialect": 3}, TypeError, "dialect=int: must name a vendor"),
    ({"state": 3}, TypeError, "state=int: must be a dict"),
    ({"state": {"wait": 1}}, ValueError, "must hold stop, best"),
]


@pytest.mark.parametrize(("wrong", "kind", "message"), REFUSED)
def test_bad_input_is_refused_by_name(wrong: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        early_stopping(**{"metric": 1.0, "dialect": "keras", **wrong})


@pytest.mark.parametrize(("keyword", "value"), [("patience", -1), ("patience", 1.5), ("min_delta", nan)])
def test_the_specification_refuses_the_same_hyperparameters(keyword: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"early_stopping: {keyword}={value}: must lie in"):
        EARLY_STOPPING.check_domain(keyword, value)


# -- the judge ------------------------------------------------------------------------------------------------


def judged(factory: Factory, *, own: bool = True, **settings: Any) -> Result:
    library = Implementation("library", own=own, **settings)
    library.monitor("early_stopping")(factory)
    return judge_monitor(library, "early_stopping", "float32")


def without_options(factory: Factory) -> Factory:
    return lambda *, patience, min_delta: factory(patience=patience, min_delta=min_delta)


def only_baseline(factory: Factory) -> Factory:
    return lambda *, patience, min_delta, baseline=None: factory(
        patience=patience, min_delta=min_delta, baseline=baseline
    )


def includes(found: Mapping[str, Any], dialect: Mapping[str, str]) -> bool:
    return all(value == found[axis] or value in (found[axis] or ()) for axis, value in dialect.items())


EVERY_VALUE = [{axis: values[k % len(values)] for axis, values in PLAIN.items()} for k in range(4)]


@pytest.mark.parametrize("dialect", EVERY_VALUE, ids=lambda d: "-".join(d.values()))
def test_every_axis_value_is_identified(dialect: dict[str, str]) -> None:
    result = judged(without_options(gradspec_early_stopping(dialect)), claims={"early_stopping": dialect})

    assert (result.verdict, result.agrees, result.passes) == ("unique", True, True)
    assert includes(result.dialect, dialect)
    # Testing before counting with >= is testing after counting with >; where ties are good, a first infinity is one.
    same = {"stop_test"} if dialect["stop_test"] in ("gt_after_increment", "ge_before_increment") else set()
    if dialect["tie"] == "good" and dialect["infinite"] in ("compared", "accepted_first"):
        same.add("infinite")
    assert same == {axis for axis, value in result.dialect.items() if isinstance(value, list)}


@pytest.mark.parametrize("baseline_rule", AXES["baseline_rule"])
def test_every_baseline_rule_is_identified(baseline_rule: str) -> None:
    dialect = {**VENDORS["keras"], "baseline_rule": baseline_rule}
    result = judged(only_baseline(gradspec_early_stopping(dialect)))

    assert result.verdict == "unique"
    assert dialect == result.dialect


@pytest.mark.deep
@pytest.mark.parametrize("dialect", covering_array(AXES), ids=lambda d: "-".join(d.values()))
def test_every_pair_of_axis_values_is_identified_with_all_options(dialect: dict[str, str]) -> None:
    result = judged(gradspec_early_stopping(dialect))

    assert result.verdict == "unique"
    assert includes(result.dialect, dialect)


def test_another_claim_is_contradicted_by_a_shortest_sequence_whose_snippet_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Implementation("library", own=True, claims={"early_stopping": {"stop_test": "gt_after_increment"}})
    library.monitor("early_stopping")(without_options(gradspec_early_stopping("keras")))
    result = judge_monitor(library, "early_stopping", "float64")
    assert result.counterexample is not None
    monkeypatch.setattr("gradspec.conformance.load", lambda name: library)
    exec(result.counterexample.snippet, {})

    assert ("unique", False, False) == (result.verdict, result.agrees, result.passes)
    assert "stop_test: claimed gt_after_increment, measured ge_after_increment" in result.message
    assert (2, [0.0, 0.0]) == (result.counterexample.steps, result.counterexample.inputs["metrics"])
    assert capsys.readouterr().out == "True\n"


# -- mistakes, written as people write them ---------------------------------------------------------------------


def mistaken(mistake: str) -> Factory:
    """Keras's rule with one mistake, in plain Python."""

    def early_stopping(*, patience: int, min_delta: float) -> Callable[[float], bool]:
        best, wait = (0.0 if mistake == "best_starts_at_zero" else None), 0

        def observe(metric: float) -> bool:
            nonlocal best, wait
            metric = -float(metric) if mistake == "wrong_direction" else float(metric)
            margin = -min_delta if mistake == "min_delta_reversed" else min_delta
            better = best is None or metric + margin < best
            if better or mistake in ("compared_with_previous", "first_non_decrease"):
                best = metric
            wait = (wait if mistake == "count_not_reset" else 0) if better else wait + 1
            return not better and (mistake == "first_non_decrease" or wait >= patience)

        return observe

    return early_stopping


@pytest.mark.parametrize("error", [error.name for error in EARLY_STOPPING.errors])
def test_a_known_mistake_is_called_by_its_name(error: str) -> None:
    result = judged(mistaken(error))

    assert ("none", error, False) == (result.verdict, result.named_error, result.passes)
    assert result.counterexample is not None


def test_the_same_code_without_a_mistake_passes() -> None:
    assert judged(mistaken("")).passes


@pytest.mark.parametrize("answer", [False, True])
def test_a_constant_fails_with_a_counterexample(answer: bool) -> None:
    result = judged(lambda *, patience, min_delta: lambda metric: answer)

    assert result.verdict in ("none", "mixed")
    assert not result.passes
    assert result.counterexample is not None
    assert result.counterexample.got == answer


def test_switching_between_dialects_is_mixed() -> None:
    """With patience 1 the count is compared in one way, otherwise in the other."""

    def switching(*, patience: int, min_delta: float) -> Callable[[Any], bool]:
        vendor = "sklearn" if patience == 1 else "keras"
        return gradspec_early_stopping({**VENDORS["keras"], "stop_test": VENDORS[vendor]["stop_test"]})(
            patience=patience, min_delta=min_delta
        )

    assert ("mixed", False) == ((result := judged(switching)).verdict, result.passes)


calls = count()
MISBEHAVING: list[tuple[Factory, str]] = [
    (lambda *, patience, min_delta: lambda metric: 1, "observe returned int; it must return True or False"),
    (lambda *, patience, min_delta: None, "returned NoneType; it must return observe"),
    (lambda *, patience, min_delta: lambda metric: 1 / 0, "raised ZeroDivisionError"),
    (lambda *, patience, min_delta: lambda metric: next(calls) % 7 == 0, "depend on earlier calls"),
]


@pytest.mark.parametrize(("factory", "message"), MISBEHAVING)
def test_an_adapter_that_breaks_the_contract_is_an_error(factory: Factory, message: str) -> None:
    result = judged(factory)

    assert result.verdict == "error"
    assert message in result.message


def test_an_adapter_that_asks_gradspec_for_the_answer_is_an_error() -> None:
    def borrowed(*, patience: int, min_delta: float) -> Callable[[Any], bool]:
        state = None

        def observe(metric: Any) -> bool:
            nonlocal state
            state = early_stopping(metric, state, patience=patience, min_delta=min_delta, dialect="keras")
            return state["stop"]

        return observe

    result = judged(borrowed, own=False)

    assert result.verdict == "error"
    assert "computes with gradspec itself" in result.message


@pytest.mark.parametrize("arrays", ["numpy", "torch"])
def test_a_stop_may_be_a_boolean_scalar_of_the_array_library(arrays: str) -> None:
    pytest.importorskip(arrays)

    def below(*, patience: int, min_delta: float) -> Callable[[Any], Any]:
        return lambda metric: metric < 1

    assert judged(below, arrays=arrays).verdict in ("none", "mixed")


def test_what_is_not_offered_is_unsupported() -> None:
    assert judge_monitor(Implementation("empty"), "early_stopping", "float64").verdict == "unsupported"


# -- mutants ----------------------------------------------------------------------------------------------------

OTHER = {Ge: Gt, Gt: Ge, Le: Lt, Lt: Le}


def conditions_changed(expression: Expr) -> Iterator[Expr]:
    """The expression with one condition changed: < and <=, one more, sides exchanged, a part dropped, and for or."""
    for node in dict.fromkeys(preorder_traversal(expression)):
        changed: list[Any] = []
        if type(node) in OTHER:
            left, right = node.args
            changed = [OTHER[type(node)](left, right), node.func(left + 1, right), node.func(right, left)]
        elif isinstance(node, (And, Or)):
            changed = [node.func(*(a for a in node.args if a != part)) for part in node.args]
            changed.append((Or if isinstance(node, And) else And)(*node.args))
        elif isinstance(node, Piecewise) and len(node.args) == 2:
            (then, condition), (otherwise, _) = node.args
            changed = [Piecewise((otherwise, condition), (then, True))]
        yield from (expression.xreplace({node: other}) for other in changed)


def wrong_programs(program: Program) -> set[Program]:
    found = {mutant.program for mutant in mutants(program)}
    for target in program.needed():
        changes = conditions_changed(program.let[target])
        found |= {replace(program, let={**program.let, target: new}) for new in changes}
    for target, expression in program.update.items():
        changes = conditions_changed(expression)
        found |= {replace(program, update={**program.update, target: new}) for new in changes}
    return found - {program}


@cache
def cases(on: tuple[str, ...]) -> list[Setting]:
    offered = settings(EARLY_STOPPING, frozenset(on))
    chosen = [setting for setting in offered if setting.switched_on == on]
    return sorted(chosen, key=lambda setting: len(setting.letters) ** setting.length)


def told_apart(one: Program, other: Program, setting: Setting, depth: int) -> bool:
    """Whether some sequence of the letters, up to `depth`, stops one program and not the other: all of them are walked."""
    first, second = Monitor(one, setting.numbers), Monitor(other, setting.numbers)
    together = {(first.start, second.start)}
    for _ in range(depth):
        after = {(first.step(a, x), second.step(b, x)) for a, b in together for x in setting.letters}
        if any(a[0] != b[0] for a, b in after):
            return True
        together = {pair for pair in after if not pair[0][0]}
    return False


def killed(program: Program, mutant: Program, on: tuple[str, ...]) -> bool:
    try:
        return any(told_apart(program, mutant, setting, setting.length) for setting in cases(on))
    except ZeroDivisionError:  # an implementation that raises does not pass
        return True


def survivors(vendor: str, on: tuple[str, ...]) -> tuple[int, list[Program]]:
    program = EARLY_STOPPING.program(VENDORS[vendor], on)
    wrong = wrong_programs(program)
    return len(wrong), [mutant for mutant in wrong if not killed(program, mutant, on)]


def settle(vendor: str, on: tuple[str, ...]) -> int:
    """Return how many mutants are killed; those that are not must be the same monitor on all far longer sequences."""
    program = EARLY_STOPPING.program(VENDORS[vendor], on)
    number, left = survivors(vendor, on)
    missed = [m for m in left if any(told_apart(program, m, setting, setting.length + 4) for setting in cases(on))]

    assert [] == missed
    return number - len(left)


def test_every_mutant_is_killed_or_is_no_mutant() -> None:
    assert settle("keras", ()) > 100


@pytest.mark.deep
@pytest.mark.parametrize(
    ("vendor", "on"),
    [
        *(("keras", on) for on in (("maximize",), ("baseline",), ("start_from",))),
        *(("tfjs", on) for on in ((), ("baseline",))),
        *(("sklearn", on) for on in ((), ("maximize",))),
        ("flax", ()),
    ],
)
def test_every_mutant_of_every_vendor_is_killed_or_is_no_mutant(vendor: str, on: tuple[str, ...]) -> None:
    assert settle(vendor, on) > 80


def test_the_sequences_of_a_setting_are_all_that_can_be_seen() -> None:
    """Those that end in a stop cover all their continuations."""
    setting = cases(())[0]
    monitor = Monitor(EARLY_STOPPING.program(VENDORS["keras"]), setting.numbers)
    told = [(tuple(map(repr, metrics)), stop) for metrics, stop in sequences(setting, monitor.stops_at)]
    everything = list(product(map(repr, setting.letters), repeat=setting.length))

    assert all(sum(whole[: len(m)] == m for m, _ in told) == 1 for whole in everything)


# -- the frameworks ---------------------------------------------------------------------------------------------

FRAMEWORKS = {"keras": keras_early_stopping, "flax": flax_early_stopping, "sklearn": sklearn_early_stopping}


@pytest.mark.peers
@pytest.mark.parametrize("vendor", FRAMEWORKS)
def test_the_frameworks_are_what_the_table_says(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # read when Keras is imported first
    result = judged(FRAMEWORKS[vendor](), own=False, claims={"early_stopping": VENDORS[vendor]})

    assert ("unique", True) == (result.verdict, result.agrees)
    assert includes(result.dialect, VENDORS[vendor])


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("patience", [1, 2, 3])
@pytest.mark.parametrize(
    "scores", [[0.5, 0.25, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0], [0.5, nan, 0.25, nan, 0.25, 0.25, 0.25, 0.25]]
)
def test_a_whole_fit_of_scikit_learn_stops_where_its_adapter_does(patience: int, scores: list[float]) -> None:
    from sklearn.neural_network import MLPClassifier

    observe = sklearn_early_stopping()(patience=patience, min_delta=0.125, maximize=True)
    stopped = next(number for number, score in enumerate(scores, start=1) if observe(score))
    estimator = MLPClassifier(
        hidden_layer_sizes=(1,), early_stopping=True, n_iter_no_change=patience, tol=0.125, max_iter=len(scores)
    )
    given = iter(scores)
    estimator._score = lambda *_, **__: next(given)
    estimator.fit(np.arange(40.0).reshape(20, 2), [0, 1] * 10)

    assert stopped == estimator.n_iter_
