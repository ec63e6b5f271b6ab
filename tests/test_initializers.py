"""Initializers: densities and their integrals, draws of the fast functions, verdicts, and the rates of both kinds of error."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import comb, exp, prod, sqrt
from typing import Any

import numpy as np
import pytest
import torch
from flint import arb, ctx, fmpq

from gradspec.conformance.bundled import initializers as bundled
from gradspec.conformance.implementation import Implementation
from gradspec.conformance.mutants import mutants
from gradspec.conformance.sampling import LARGE, SamplerCase, judge_sampler, missed, sampler_cases
from gradspec.conformance.significance import (
    accepted_counts,
    divergence,
    miss,
    repeated_block,
    sample_against,
    surprise,
    threshold,
)
from gradspec.conformance.significance import cells as cells_of_distribution
from gradspec.fast import initializers, numpy_initializers, torch_initializers
from gradspec.reference.distribution import Distribution
from gradspec.reference.equality import same_function
from gradspec.spec import Program, Rule, rule
from gradspec.spec.initializers.kernel import inputs, outputs, receptive_field, x

RULES = ("glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform")
SIZES = {receptive_field: 15, inputs: 8, outputs: 64}
POWER = 1e-3  # the largest chance to miss what is wrong
Array = np.ndarray[Any, Any]
Draw = Callable[[np.random.Generator, tuple[int, ...], int, int], Array]


def dialects(one: Rule) -> list[dict[str, str]]:
    return list(one.dialects(frozenset()))


def distribution(name: str, error: str | None = None, **dialect: str) -> Distribution:
    return Distribution(rule(name).program(dialect, error=error), x, SIZES)


# -- the reference ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_every_dialect_and_every_known_error_is_a_distribution_with_mean_zero(name: str) -> None:
    one = rule(name)
    for error in (None, *(e.name for e in one.errors)):
        for dialect in dialects(one):
            found = distribution(name, error, **dialect)

            assert found.mass.contains(1)
            assert found.moment(1).contains(0)


def test_the_truncation_constant_comes_out_of_the_density() -> None:
    raw, whole = (distribution("lecun_normal", truncation=value).moment(2) for value in ("raw", "none"))
    with ctx.workprec(160):
        constant = (raw / whole).sqrt()
        difference = abs(constant - arb("0.87962566103423978"))

    assert difference < 2**-54  # as literals in Keras and JAX have it, to the nearest double


@pytest.mark.parametrize("name", [name for name in RULES if name.startswith("he_")])
def test_the_variance_of_he_makes_up_for_the_slope(name: str) -> None:
    program = rule(name).program({}, ("negative_slope",))
    slope = program.symbols["negative_slope"]
    found = Distribution(program, x, {**SIZES, slope: Fraction(1, 2)})

    with ctx.workprec(160):
        assert abs(found.moment(2) - arb(fmpq(2, 150))) < 1e-40


def test_quantiles_and_probabilities_are_inverse() -> None:
    for name in ("glorot_normal", "glorot_uniform"):
        for share in (1e-4, 0.1, 0.5, 0.9, 1 - 1e-4):
            found = distribution(name)

            assert abs(float(found.below(found.quantile(share))) - share) < 1e-12


def test_a_leaky_truncation_leaves_the_fourth_power_outside() -> None:
    cut = 2 * sqrt(1 / 120) / 0.87962566103423978
    found = distribution("lecun_normal", "leaky_truncation", truncation="corrected")
    outside = float(2 * found.below(-cut))

    assert abs(outside / 0.04550026389635842**4 - 1) < 1e-9


def test_a_quantile_of_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="probability=1"):
        distribution("he_uniform").quantile(1)


# -- significance -------------------------------------------------------------------------------------------------


def tail(total: int, p: float, low: int, high: int) -> float:
    """Return the exact probability of a binomial count outside of [low, high]."""
    return sum(comb(total, k) * p**k * (1 - p) ** (total - k) for k in range(total + 1) if not low <= k <= high)


@pytest.mark.parametrize("p", [0.0, 0.001, 0.03, 0.25, 0.5])
def test_one_count_is_rejected_no_more_often_than_stated(p: float) -> None:
    for alarm in (0.1, 1e-3, 1e-9):
        for total in (10, 200):
            low, high = accepted_counts(total, p, p, threshold(1, alarm))

            assert tail(total, p, low, high) <= alarm
            assert low - 1 < p * total < high + 1


@pytest.mark.parametrize(("p", "actual"), [(0.25, 0.6), (0.5, 0.2), (0.0, 0.1), (0.01, 0.2)])
def test_a_wrong_probability_is_missed_no_more_often_than_stated(p: float, actual: float) -> None:
    beyond = threshold(1, 1e-3)
    low, high = accepted_counts(200, p, p, beyond)

    assert 1 - tail(200, actual, low, high) <= miss(200, actual, p, p, beyond) < 1


def test_a_count_where_nothing_may_be_is_infinitely_surprising() -> None:
    assert surprise(1, 10**6, 0.0, 0.0) == float("inf")
    assert surprise(0, 10**6, 0.0, 0.0) == 0
    assert (0, 0) == accepted_counts(10**6, 0.0, 0.0, threshold(1))
    assert divergence(0.5, 0.5) == 0


def test_right_samples_are_rejected_at_a_rate_below_the_stated_one() -> None:
    found = distribution("he_normal")
    within = cells_of_distribution(found, "float64")
    generator, deviation = np.random.default_rng(1), sqrt(2 / 120)
    beyond, rejected = threshold(len(within), 0.1), 0
    for _ in range(300):
        ordered = np.sort(generator.normal(0, deviation, 4096))
        rejected += any(f.surprise > beyond for f in sample_against(ordered, within))

    assert rejected <= 30


def test_a_block_that_comes_again_is_found_and_chance_is_not() -> None:
    draws = np.random.default_rng(2).standard_normal((64, 64), np.float32)

    assert repeated_block(draws) is None
    assert repeated_block(np.concatenate([draws, draws[3:9]])) == (3 * 64, 64 * 64)


# -- power --------------------------------------------------------------------------------------------------------


def wrong_for(one: Rule) -> Iterator[tuple[Program, Program]]:
    """Yield (what is drawn, the dialect that it is not) for all dialects and all known errors."""
    right = [one.program(d) for d in dialects(one)]
    yield from ((a, b) for a in right for b in right if a != b)
    for error in one.errors:
        based = [d for d in dialects(one) if error.dialect.items() <= d.items()]
        yield from ((one.program(d, error=error.name), b) for d in based for b in right)


def cases_of(one: Rule, layout: str, dtype: str = "float32") -> list[SamplerCase]:
    return [case for case in sampler_cases(one, dtype, frozenset(), seed=0) if case.layout == layout]


@pytest.mark.parametrize("name", RULES)
def test_all_dialects_and_errors_are_told_apart_with_the_stated_power(name: str) -> None:
    one = rule(name)
    cases = cases_of(one, "in_out")
    worst = max((missed(one, drawn, judged, cases) for drawn, judged in wrong_for(one)), default=0.0)

    assert worst <= POWER


@pytest.mark.parametrize(
    ("name", "dialect"),
    [("he_normal", {"truncation": "corrected"}), ("he_uniform", {}), ("glorot_uniform", {})],
)
def test_mutants_are_no_distributions_or_told_apart_or_the_same(name: str, dialect: dict[str, str]) -> None:
    one = rule(name)
    program, cases = one.program(dialect), cases_of(one, "in_out")
    found = mutants(program)

    assert len(found) > 10
    assert [] == [m.change for m in found if not settled(one, program, m.program, cases)]


def settled(one: Rule, program: Program, mutant: Program, cases: list[SamplerCase]) -> bool:
    try:
        if not Distribution(mutant, x, SIZES).mass.contains(1):
            return True
    except (NotImplementedError, ValueError, StopIteration):
        return True  # a scale or a share below zero, or a density that depends on nothing
    return missed(one, mutant, program, cases) <= POWER or same_function(program, mutant)


# -- verdicts -----------------------------------------------------------------------------------------------------


def sampled(name: str, draw: Draw, **settings: Any) -> Any:
    """Judge a sampler that knows its layouts: `draw(generator, shape, fan_in, fan_out)`."""
    library = Implementation("mine")

    @library.sampler(name)
    def adapter(shape: tuple[int, ...], layout: str, seed: int) -> Array:
        return draw(np.random.default_rng(seed), shape, *initializers.fans(shape, layout))

    return judge_sampler(library, name, "float64", **{"level": 0, **settings})


def test_the_gain_is_identified_and_a_wrong_claim_is_shown_with_a_count() -> None:
    result = sampled("he_normal", lambda g, s, i, o: g.normal(0, sqrt(1 / i), s), claim={"gain": "two"})

    assert result.verdict == "unique"
    assert result.dialect == {"gain": "one", "truncation": "none"}
    assert result.agrees is False
    assert "gain: claimed two, measured one" in result.message
    assert str(result.counterexample.inputs["seed"]) in result.counterexample.snippet


WRONG: list[tuple[str, str, Draw]] = [
    ("he_normal", "swapped_fans", lambda g, s, i, o: g.normal(0, sqrt(2 / o), s)),
    ("he_uniform", "limit_without_three", lambda g, s, i, o: g.uniform(-sqrt(2 / i), sqrt(2 / i), s)),
    ("glorot_normal", "inverted_average", lambda g, s, i, o: g.normal(0, sqrt((i + o) / 2), s)),
    ("glorot_normal", "standard_deviation_for_variance", lambda g, s, i, o: g.normal(0, 2 / (i + o), s)),
    ("lecun_uniform", "swapped_fans", lambda g, s, i, o: g.uniform(-sqrt(3 / o), sqrt(3 / o), s)),
]


@pytest.mark.parametrize(("name", "error", "draw"), WRONG)
def test_a_known_error_is_called_by_its_name(name: str, error: str, draw: Draw) -> None:
    result = sampled(name, draw)

    assert result.verdict == "none"
    assert result.named_error == error


def test_raw_truncation_is_identified() -> None:
    def draw(generator: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        weights = numpy_initializers.lecun_normal(
            shape, generator=generator, dtype=np.float64, dialect={"truncation": "raw"}
        )
        own = sqrt(prod(shape[:-1]))  # the fan of the layout in_out
        return weights * own / sqrt(fan_in)

    assert sampled("lecun_normal", draw, claim={"truncation": "raw"}).passes


def test_a_leaky_truncation_is_found_at_the_default_level() -> None:
    def draw(generator: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        values = generator.standard_normal(shape)
        for _ in range(3):
            outside = np.abs(values) >= 2
            values[outside] = generator.standard_normal(int(outside.sum()))
        return values * sqrt(1 / fan_in) / 0.87962566103423978

    result = sampled("lecun_normal", draw, level=2, seed=5)

    assert result.named_error == "leaky_truncation"
    assert "outside of the support" in result.message


def sorted_rows(generator: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
    return np.sort(generator.normal(0, sqrt(1 / fan_in), shape), axis=0)


def growing(generator: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
    weights = generator.normal(0, sqrt(1 / fan_in), shape)
    flat = np.sort(np.abs(weights.reshape(-1)))
    return flat.reshape(shape) * generator.choice([-1, 1], shape)


@pytest.mark.parametrize("draw", [sorted_rows, growing])
def test_numbers_in_an_order_are_rejected(draw: Draw) -> None:
    assert sampled("lecun_normal", draw).verdict in ("none", "error")


BROKEN: list[tuple[Callable[..., Any], str, str]] = [
    (lambda shape, layout, seed: np.zeros(shape), "error", "use the seed"),
    (lambda shape, layout, seed: shape, "error", "must return a numpy array"),
    (lambda shape, layout, seed: np.random.default_rng(seed).normal(size=shape[::-1]), "error", "shape"),
    (lambda shape, layout, seed: np.random.default_rng().normal(size=shape), "error", "second time"),
    (lambda shape, layout, seed: np.full(shape, float(seed)), "error", "come again"),
    (lambda shape, layout, seed: np.full(shape, np.nan), "error", "must be finite"),
    (lambda shape, layout, seed: 1 / 0, "error", "ZeroDivisionError"),
    (lambda shape, layout, seed: np.random.default_rng(seed).normal(size=shape).astype(np.float32), "unsupported", "dtype"),
    (
        lambda shape, layout, seed: np.tile(np.random.default_rng(seed).normal(size=32), prod(shape) // 32).reshape(shape),
        "error",
        "come again",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("adapter", "verdict", "words"), BROKEN)
def test_what_does_not_draw_is_refused_with_a_reason(adapter: Callable[..., Any], verdict: str, words: str) -> None:
    library = Implementation("mine")
    library.sampler("he_normal")(adapter)
    result = judge_sampler(library, "he_normal", "float64", level=0)

    assert result.verdict == verdict
    assert words in result.message
    assert "\n" not in result.message


def test_a_layout_may_be_refused_and_both_may_not() -> None:
    def only(*layouts: str) -> Any:
        def draw(shape: tuple[int, ...], layout: str, seed: int) -> Array:
            if layout not in layouts:
                raise NotImplementedError
            return np.random.default_rng(seed).normal(0, sqrt(1 / initializers.fans(shape, layout)[0]), shape)

        library = Implementation("mine")
        library.sampler("lecun_normal")(draw)
        return judge_sampler(library, "lecun_normal", "float64", level=0)

    assert only("in_out").verdict == only("out_in").verdict == "unique"
    assert only().verdict == "unsupported"


def test_two_rules_in_one_are_mixed() -> None:
    result = sampled("he_normal", lambda g, s, i, o: g.normal(0, sqrt((1 if len(s) == 2 else 2) / i), s))

    assert result.verdict == "mixed"


def test_no_two_judgements_use_the_same_seeds_unless_told_so() -> None:
    seen: list[int] = []

    def draw(shape: tuple[int, ...], layout: str, seed: int) -> Array:
        seen.append(seed)
        limit = sqrt(3 / initializers.fans(shape, layout)[0])
        return np.random.default_rng(seed).uniform(-limit, limit, shape)

    library = Implementation("mine")
    library.sampler("lecun_uniform")(draw)
    for seed in (None, None, 7, 7):
        judge_sampler(library, "lecun_uniform", "float64", level=0, seed=seed)
    quarter = len(seen) // 4

    assert not set(seen[:quarter]) & set(seen[quarter : 2 * quarter])
    assert seen[2 * quarter : 3 * quarter] == seen[3 * quarter :]


# -- the fast functions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_the_fast_functions_draw_from_every_dialect(name: str, library: str) -> None:
    for dialect in dialects(rule(name)):
        mine = Implementation("mine", arrays=library)
        mine.sampler(name)(bundled.gradspec_initializers(library, dialect)[name])
        result = judge_sampler(mine, name, "float32", level=0, claim=dialect)

        assert (result.verdict, result.agrees) == ("unique", True), result.message


def test_the_tables_know_the_axes_of_the_specification() -> None:
    wanted = {name: {axis.name: set(axis.names) for axis in rule(name).axes} for name in RULES}

    assert wanted == {name: {a: set(v) for a, v in axes.items()} for name, axes in initializers.AXES.items()}
    for rows in initializers.VENDORS.values():
        for name, row in rows.items():
            for axis, value in row.items():
                assert rule(name).axis(axis).value(value)


@pytest.mark.parametrize("truncation", ["raw", "corrected"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_weight_lies_beyond_the_cut(truncation: str, dtype: str) -> None:
    shape, dialect = (300, 400), {"truncation": truncation}
    cut = 2 * sqrt(1 / 300) / (1 if truncation == "raw" else 0.87962566103423978)
    unit = float(np.finfo(dtype).eps) / 2
    generator = np.random.default_rng(3)
    ours = numpy_initializers.lecun_normal(shape, generator=generator, dtype=dtype, dialect=dialect)
    theirs = torch_initializers.lecun_normal(
        shape, layout="in_out", generator=torch.Generator().manual_seed(3), dtype=getattr(torch, dtype), dialect=dialect
    )

    for found in (ours, theirs.numpy()):
        assert found.dtype == dtype
        assert 0.99 * cut < np.abs(found.astype(float)).max() <= cut * (1 + 2 * unit)


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"shape": (3,)}, ValueError, "shape=(3,): must be a sequence of at least two"),
    ({"shape": ()}, ValueError, "shape=(): must"),
    ({"shape": (0, 3)}, ValueError, "shape=(0, 3): must"),
    ({"shape": (3, -1)}, ValueError, "shape=(3, -1): must"),
    ({"shape": (3, 2.5)}, TypeError, "shape=(3, 2.5): must"),
    ({"shape": 3}, TypeError, "shape=3: must"),
    ({"layout": "in"}, ValueError, "layout='in': no such layout; choose in_out or out_in"),
    ({"negative_slope": -1.0}, ValueError, "negative_slope=-1.0: must"),
    ({"negative_slope": "a"}, TypeError, "negative_slope='a': must"),
    ({"dialect": "kerras"}, ValueError, "dialect='kerras': no such vendor; did you mean 'keras'"),
    ({"dialect": "sklearn"}, ValueError, "dialect='sklearn': has no he_normal"),
    ({"dialect": {"truncation": "no"}}, ValueError, "truncation='no': no such value for he_normal"),
    ({"dialect": {"cut": "raw"}}, ValueError, "dialect axis='cut': he_normal has no such axis"),
    ({"dialect": 3}, TypeError, "dialect=int: must name a vendor"),
    ({"generator": 3}, TypeError, "generator=int: must be a generator"),
    ({"dtype": "integer"}, TypeError, "dtype=int32: must be float16"),
]


@pytest.mark.parametrize(("wrong", "kind", "words"), BAD)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_bad_input_is_refused_in_the_same_words(
    library: str, wrong: dict[str, Any], kind: type[Exception], words: str
) -> None:
    function: Any = {"numpy": numpy_initializers, "torch": torch_initializers}[library].he_normal
    integer = {"numpy": np.int32, "torch": torch.int32}[library]
    given = {"shape": (3, 4), "dialect": "keras", **wrong}
    if given.get("dtype") == "integer":
        given["dtype"] = integer
    with pytest.raises(kind) as caught:
        function(**given)

    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)
    assert "; " in str(caught.value)


def test_the_same_generator_gives_the_same_weights_and_another_one_others() -> None:
    def numpy_weights(seed: int) -> Array:
        return numpy_initializers.glorot_normal((8, 9), generator=np.random.default_rng(seed), dialect="keras")

    def torch_weights(seed: int) -> Array:
        return torch_initializers.glorot_normal((8, 9), generator=torch.Generator().manual_seed(seed)).numpy()

    for weights in (numpy_weights, torch_weights):
        assert np.array_equal(weights(1), weights(1))
        assert not np.array_equal(weights(1), weights(2))


def test_device_code_reads_nothing_back() -> None:
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        for name in RULES:
            for dialect in dialects(rule(name)):
                found = getattr(torch_initializers, name)((8, 16), device="cuda", dialect=dialect)

                assert found.device.type == "cuda"


@pytest.mark.peers
@pytest.mark.parametrize("name", RULES)
def test_torch_is_what_its_row_says_and_jax_too(name: str) -> None:
    for vendor, arrays in (("torch", "torch"), ("jax", "jax"), ("flax", "jax")):
        library = Implementation(vendor, arrays=arrays)
        library.sampler(name)(getattr(bundled, f"{vendor}_initializers")()[name])
        result = judge_sampler(library, name, "float32", claim=initializers.VENDORS[vendor][name])

        assert result.passes, result.message


def test_the_large_kernel_sees_a_leak_with_the_stated_power() -> None:
    _, rows, columns = LARGE[2]

    assert exp(-rows * columns * 0.04550026389635842**4) <= POWER
