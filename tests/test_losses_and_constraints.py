"""Losses, penalties, constraints and clipping: written plainly in NumPy in every dialect, and recognised as what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from math import inf, nan, sqrt
from typing import Any

import numpy
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from gradspec.conformance import Implementation, Request, judge
from gradspec.conformance.verdict import Result
from gradspec.reference.functions import Values, exactly
from gradspec.reference.special import Kind, kind_of, kinds
from gradspec.spec import rule
from gradspec.spec.vendors import vendor

from .naive_losses import WRITTEN, naive

CLIPS = pytest.mark.parametrize("name", ["clip_by_norm", "clip_by_global_norm"])


def judged(library: Implementation, name: str, dtype: str = "float64") -> Result:
    (result,) = judge(library, Request(rules=(name,), dtypes=(dtype,))).results
    return result


LONG = ("cross_entropy", "float64")
# Those of cross entropy that somebody ships; the others take as long again.
SHIPPED = [
    {"input": "logits"},
    {"input": "probabilities", "renormalise": "yes", "clip": "both", "gradient_on_clip": "zero"},
    {"input": "probabilities", "renormalise": "no", "clip": "both", "gradient_on_clip": "exact"},
    {"input": "probabilities", "renormalise": "no", "clip": "none"},
]


def _close(dialect: dict[str, str], first: dict[str, str] | None) -> bool:
    """Whether at most one value is another one."""
    return first is None or sum(first[axis] != value for axis, value in dialect.items()) <= 1


def every_dialect() -> Iterator[Any]:
    for name in WRITTEN:
        made = rule(name)
        plain = [made.complete(dialect) for dialect in SHIPPED] if name == "cross_entropy" else None
        first = made.complete({}) if name in ("l1", "l2") else None
        for dialect in made.dialects(frozenset(option.name for option in made.options)):
            for dtype in ("float64", "float32"):
                often = (plain is None or dialect in plain) and (name, dtype) != LONG and _close(dialect, first)
                words = "-".join([name, *dialect.values(), dtype])
                yield pytest.param(name, dialect, dtype, marks=[pytest.mark.deep] * (not often), id=words)


SLOW = ("clipped_logits", "softmax_twice")  # every dialect is tried before they are
ERRORS = [
    pytest.param(name, error.name, dtype, marks=[pytest.mark.deep] * (error.name in SLOW or (name, dtype) == LONG))
    for name in WRITTEN
    for error in rule(name).errors
    for dtype in ("float64", "float32")
]


@pytest.mark.parametrize(("name", "dialect", "dtype"), [*every_dialect()])
def test_a_plain_implementation_of_every_dialect_is_identified(name: str, dialect: dict[str, str], dtype: str) -> None:
    result = judged(naive(name, dialect), name, dtype)

    assert result.verdict == "unique", result.message
    assert result.agrees, result.message
    for axis, value in dialect.items():
        assert value in (result.dialect[axis] or ()), axis


@pytest.mark.parametrize(("name", "error", "dtype"), ERRORS)
def test_a_plain_implementation_of_every_known_error_is_recognised(name: str, error: str, dtype: str) -> None:
    made = rule(name)
    result = judged(naive(name, made.complete(made.error(error).dialect), error), name, dtype)

    assert (result.verdict, result.named_error) == ("none", error), result.message
    assert result.counterexample is not None


# -- numbers of the deck ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("element", "printed"), [(0, "0.00899964"), (1, "0.9999595")])
def test_the_gradient_of_the_deck_is_shortened_to_the_numbers_it_prints(element: int, printed: str) -> None:
    """[0.9, 100] with clipnorm=1.0; every printed digit is right."""
    with ctx.workprec(200):
        (clipped,) = exactly(
            rule("clip_by_norm").program(), [Values((2,), (0.9, 100.0))], {"clip_norm": 1.0, "epsilon": 0.0}
        )
    digit = Decimal(printed)
    half = Decimal((0, (5,), int(digit.as_tuple().exponent) - 1))

    assert abs(Decimal(clipped[element].mid().str(25, radius=False)) - digit) <= half
    assert clipped[element].rad() < 1e-30


def test_the_gradient_of_the_deck_is_clipped_to_its_ones() -> None:
    ((*clipped,),) = exactly(rule("clip_by_value").program(), [Values((2,), (0.9, 100.0))], {"clip_value": 1.0})

    assert [float(x.mid()) for x in clipped] == [0.9, 1.0]


def test_probabilities_stop_teaching_where_they_were_clipped_and_logits_do_not() -> None:
    """Logits [20, -20] with the label at the second: e^-40 lies below Keras's 1e-7."""
    made = rule("cross_entropy")
    label, one = Values((1,), (1.0,)), Values((), (1.0,))
    logits = Values((1, 2), (20.0, -20.0))
    shares = Values((1, 2), (1 / (1 + numpy.exp(-40.0)), 1 / (1 + numpy.exp(40.0))))
    keras = {"input": "probabilities", "renormalise": "yes", "clip": "both", "gradient_on_clip": "zero"}
    numbers = {"epsilon": 1e-7}
    ((from_logits,),) = exactly(made.program({"input": "logits"}), [logits, label], numbers)
    ((from_shares,),) = exactly(made.program(keras), [shares, label], numbers)
    (pull,) = exactly(made.program({"input": "logits"}, ("derivative",)), [logits, label, one], numbers)
    (none,) = exactly(made.program(keras, ("derivative",)), [shares, label, one], numbers)

    assert from_logits.overlaps(40 + (-arb(40)).exp().log1p())
    assert from_shares.overlaps(-arb(1e-7).log())
    assert [round(float(x.mid())) for x in pull] == [1, -1]
    assert [float(x.mid()) for x in none] == [0, 0]


# -- what bounds do to norms --------------------------------------------------------------------------------------------


@given(
    st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=6),
    st.floats(2**-10, 1e6),
    st.sampled_from(["none", "always"]),
)
def test_clipping_never_enlarges_and_leaves_no_norm_above_the_bound(g: list[float], c: float, use: str) -> None:
    program = rule("clip_by_norm").program({"epsilon_use": use})
    with ctx.workprec(400):
        (clipped,) = exactly(program, [Values((len(g),), tuple(g))], {"clip_norm": c, "epsilon": 2.0**-20})
        norm = sum((x * x for x in clipped), clipped[0] * 0).sqrt()

    assert not norm > c
    assert all(not abs(after) > abs(before) for before, after in zip(g, clipped, strict=True))
    assert all(not after * before < 0 for before, after in zip(g, clipped, strict=True))


@given(st.lists(st.floats(-4, 4), min_size=4, max_size=4), st.sampled_from(["none", "over_only", "always"]))
def test_no_column_is_longer_than_the_bound_afterwards(w: list[float], use: str) -> None:
    with ctx.workprec(400):
        (bounded,) = exactly(
            rule("max_norm").program({"epsilon_use": use}),
            [Values((2, 2), tuple(w))],
            {"maximum": 1.5, "epsilon": 2.0**-20},
        )
        columns = [(bounded[k] * bounded[k] + bounded[k + 2] * bounded[k + 2]).sqrt() for k in (0, 1)]

    assert not any(norm > 1.5 for norm in columns)


def test_a_thousand_uses_of_the_guarded_bound_shorten_what_was_short_enough() -> None:
    """Keras's form is no identity below the bound: every use takes ε from the norm."""
    always, over_only = (
        naive("max_norm", {"epsilon_use": use}).offers["max_norm"].function for use in ("always", "over_only")
    )
    w = column = numpy.array([[0.3], [0.4]])
    epsilon = 2.0**-20
    for _ in range(1000):
        w, column = always(w, maximum=2.0, epsilon=epsilon), over_only(column, maximum=2.0, epsilon=epsilon)
    ((*once, _),) = exactly(
        rule("max_norm").program({"epsilon_use": "always"}),
        [Values((2, 1), (0.3, 0.4))],
        {"maximum": 2.0, "epsilon": epsilon},
    )
    norm = (arb(0.3) ** 2 + arb(0.4) ** 2).sqrt()

    assert float(numpy.linalg.norm(column)) == 0.5
    # A use takes ε n/(n + ε) from a norm n: less than ε, and more than ε - ε²/n, which exceeds ε - 4 ε² above n = 1/4.
    assert 1000 * (epsilon - 4 * epsilon**2) < 0.5 - float(numpy.linalg.norm(w)) < 1000 * epsilon
    assert once[0].overlaps(arb(0.3) * norm / (norm + epsilon))


# -- infinities and NaN -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "policy", "expected"),
    [
        (inf, "entry_nan", ["0", "nan", "0"]),
        (-inf, "entry_nan", ["0", "nan", "0"]),
        (nan, "entry_nan", ["nan", "nan", "nan"]),
        (inf, "all_nan", ["nan", "nan", "nan"]),
        (nan, "all_nan", ["nan", "nan", "nan"]),
        (inf, "raise", ["refused"] * 3),
        (nan, "raise", ["refused"] * 3),
    ],
)
def test_a_norm_that_is_no_number_has_the_effect_that_frameworks_show(
    value: float, policy: str, expected: list[str]
) -> None:
    program = rule("clip_by_norm").program({"nonfinite": policy})
    (found,) = kinds(program, [Values((3,), (1.0, value, 2.0))], {"clip_norm": 1.0, "epsilon": 0.0})

    assert [kind.name for kind in found] == expected


@CLIPS
@pytest.mark.parametrize("error", [ValueError, RuntimeError, ArithmeticError, FloatingPointError])
def test_a_refusal_is_one_whatever_error_it_raises(name: str, error: type[Exception]) -> None:
    dialect = rule(name).complete({"nonfinite": "raise"})
    plain = naive(name, dialect).offers[name].function

    def refusing(*gradients: Any, **numbers: float) -> Any:
        if not all(numpy.isfinite(g).all() for g in gradients):
            raise error("not finite")
        return plain(*gradients, **numbers)

    refusing.accepts = {"clip_norm", "epsilon"}  # type: ignore[attr-defined]
    library = Implementation("refusing", claims={name: dialect})
    library.function(name)(refusing)

    assert judged(library, name).agrees


@CLIPS
def test_an_error_on_ordinary_numbers_is_no_refusal(name: str) -> None:
    def broken(*gradients: Any, **numbers: float) -> Any:
        raise ValueError("not today")

    broken.accepts = {"clip_norm", "epsilon"}  # type: ignore[attr-defined]
    library = Implementation("broken")
    library.function(name)(broken)
    result = judged(library, name)

    assert result.verdict == "error"
    assert "not today" in result.message


def _kept(g: Any) -> Any:
    return numpy.where(numpy.isfinite(g), g, 0).astype(g.dtype)


def _largest(g: Any) -> Any:
    return numpy.nan_to_num(g, posinf=2.0**20, neginf=-(2.0**20))


@pytest.mark.parametrize("treat", [_kept, _largest])
def test_another_answer_to_infinities_is_no_dialect_and_is_shown_in_code_that_runs(
    treat: Callable[[Any], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    dialect = rule("clip_by_norm").complete({})
    plain = naive("clip_by_norm", dialect).offers["clip_by_norm"].function

    def forgiving(g: Any, *, clip_norm: float, epsilon: float) -> Any:
        return plain(treat(g), clip_norm=clip_norm, epsilon=epsilon)

    library = Implementation("forgiving", claims={"clip_by_norm": dialect})
    library.function("clip_by_norm")(forgiving)
    result = judged(library, "clip_by_norm")

    assert result.verdict in ("none", "mixed")
    assert result.counterexample is not None
    code = result.counterexample.snippet.replace("load('forgiving')", "library")
    exec(code.replace("from gradspec.conformance import load\n", ""), {"library": library})
    assert kind_of(float(capsys.readouterr().out)) == kind_of(result.counterexample.got)


@pytest.mark.parametrize(("value", "name"), [(0.0, "0"), (-0.0, "0"), (inf, "inf"), (-inf, "-inf"), (nan, "nan")])
def test_numbers_of_a_kind_are_taken_for_one_another(value: float, name: str) -> None:
    assert kind_of(value) == name
    assert Kind(name).score(value) == 0
    assert Kind(name).score(sqrt(2)) == inf
    assert kind_of(Kind(name).example) == name


# -- the survey of the frameworks ---------------------------------------------------------------------------------------

COLUMNS = ["deck", "torch", "keras", "optax", "sklearn", "tfjs"]
SURVEY: dict[tuple[str, str], list[str | None]] = {
    ("cross_entropy", "input"): ["probabilities", "logits", "probabilities", "logits", "probabilities", None],
    ("mean_squared_error", "factor"): [None, "one", "one", "one", "half", None],
    ("l2", "factor"): ["one", "half", "one", "half", "half", "one"],
    ("l2", "reduction"): ["sum", "sum", "sum", "sum", "per_batch", "sum"],
    ("l2", "scope"): ["weights", "all_parameters", "weights", "all_parameters", "weights", "weights"],
    ("l2", "clip_order"): [None, "after_clip", "inside_clip", None, None, None],
    ("max_norm", "epsilon_use"): ["none", "over_only", "always", None, None, "always"],
    ("clip_by_norm", "epsilon_use"): ["none", None, "none", "none", None, None],
    ("clip_by_norm", "nonfinite"): [None, None, "entry_nan", "entry_nan", None, None],
    ("clip_by_global_norm", "epsilon_use"): [None, "always", "none", "none", None, None],
    ("clip_by_global_norm", "nonfinite"): [None, "entry_nan", "all_nan", "entry_nan", None, None],
}
CELLS = [(*cell, name, x) for cell, found in SURVEY.items() for name, x in zip(COLUMNS, found, strict=True)]


@pytest.mark.parametrize(("name", "axis", "column", "expected"), CELLS)
def test_every_axis_value_is_the_one_of_the_survey(name: str, axis: str, column: str, expected: str | None) -> None:
    row = vendor(column).rows.get(name)

    assert expected == (row.axes.get(axis) if row else None)
