"""Layers on trial: batch normalization, dropout and RReLU are identified, mistakes in them are named, chance is accounted for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradspec.conformance import Implementation, Result
from gradspec.conformance.case import FunctionCase, SampleCase
from gradspec.conformance.cases import build_cases, contexts
from gradspec.conformance.certificate import certificate
from gradspec.conformance.laws import deviations, law, power
from gradspec.conformance.layer_cases import build_samples
from gradspec.conformance.layers import judge_layer
from gradspec.conformance.mutants import kill
from gradspec.conformance.scoring import score
from gradspec.conformance.session import run_case
from gradspec.conformance.simulation import simulate
from gradspec.reference.arithmetic import arithmetic
from gradspec.spec import rule

DTYPES = ("float64", "float32")
LAYERS = ("batch_normalization", "dropout", "rrelu")
POWER = 0.999
Array = np.ndarray[Any, Any]


class Normalization:
    """A plain batch normalization; each attribute is a place at which implementations differ or err."""

    new, unbiased = True, True
    one_pass = epsilon_outside = unbiased_normalisation = constant_mean = constant_variance = False

    def __init__(self, gamma: Array, beta: Array, *, momentum: float, epsilon: float) -> None:
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.epsilon = gamma.dtype.type(epsilon)
        self.state = (np.zeros_like(gamma), np.ones_like(gamma))

    def statistics(self, x: Array) -> tuple[Array, Array, Array]:
        mean = x.mean(0)
        spread = ((x - mean) ** 2).sum(0)
        if self.one_pass:
            spread = (x * x).sum(0) - len(x) * mean * mean
        return mean, spread / x.dtype.type(len(x)), spread

    def deviation(self, variance: Array) -> Array:
        if self.epsilon_outside:
            return np.sqrt(variance) + self.epsilon
        return np.sqrt(variance + self.epsilon)

    def train(self, x: Array) -> Array:
        if len(x) == 1 and self.unbiased:
            raise ValueError("more than one example is needed")
        mean, variance, spread = self.statistics(x)
        kept = spread / x.dtype.type(len(x) - 1) if self.unbiased else variance
        old = x.dtype.type(1 - self.momentum if self.new else self.momentum)
        one = x.dtype.type(1)
        self.state = (old * self.state[0] + (one - old) * mean, old * self.state[1] + (one - old) * kept)
        used = spread / x.dtype.type(len(x) - 1) if self.unbiased_normalisation else variance
        return self.gamma * ((x - mean) / self.deviation(used)) + self.beta

    def infer(self, x: Array) -> Array:
        return self.gamma * ((x - self.state[0]) / self.deviation(self.state[1])) + self.beta

    def backward(self, x: Array, upstream: Array) -> tuple[Array, Array, Array]:
        mean, variance, _ = self.statistics(x)
        deviation = self.deviation(variance)
        normalised = (x - mean) / deviation
        inner = upstream * self.gamma
        d_x = inner
        if not self.constant_mean:
            d_x = d_x - inner.mean(0)
        if not self.constant_variance:
            d_x = d_x - normalised * (inner * normalised).mean(0)
        return d_x / deviation, (upstream * normalised).sum(0), upstream.sum(0)


class Dropout:
    """A plain dropout; `kept` is the probability of being kept, the factors are those of training and inference."""

    keep, at_train = False, True

    def __init__(self, *, rate: float, seed: int) -> None:
        self.seed, self.random = seed, np.random.default_rng(seed)
        self.kept = rate if self.keep else 1 - rate

    @property
    def factors(self) -> tuple[float, float]:
        return (1 / self.kept, 1.0) if self.at_train else (1.0, self.kept)

    def mask(self, x: Array) -> Array:
        return self.random.random(x.shape) < self.kept

    def train(self, x: Array) -> Array:
        return np.where(self.mask(x), x * x.dtype.type(self.factors[0]), x.dtype.type(0))

    def infer(self, x: Array) -> Array:
        return x * x.dtype.type(self.factors[1])


class Rrelu:
    """A plain RReLU whose slopes, or divisors, are uniform."""

    divisors = mean_divisor = False

    def __init__(self, *, lower: float, upper: float, seed: int) -> None:
        self.lower, self.upper, self.random = lower, upper, np.random.default_rng(seed)

    def slopes(self, x: Array) -> Array:
        if self.divisors:
            return 1 / self.random.uniform(1 / self.upper, 1 / self.lower, x.shape)
        return self.random.uniform(self.lower, self.upper, x.shape)

    def train(self, x: Array) -> Array:
        return np.where(x > 0, x, self.slopes(x).astype(x.dtype) * x)

    def infer(self, x: Array) -> Array:
        slope = 2 / (1 / self.lower + 1 / self.upper) if self.mean_divisor else (self.lower + self.upper) / 2
        return np.where(x > 0, x, x.dtype.type(slope) * x)


def judged(name: str, layer: Callable[..., Any], dtype: str = "float32", level: int = 1, **keywords: Any) -> Result:
    library = Implementation("mine", version="1")
    library.layer(name)(layer)
    return judge_layer(library, name, dtype, partial(run_case, library), level=level, **keywords)


def changed(layer: type, **attributes: Any) -> type:
    return type(layer.__name__, (layer,), attributes)


class NoGradient(Normalization):
    """One that offers no gradient: the attribute is missing, as `hasattr` sees it."""

    @property
    def backward(self) -> Any:  # type: ignore[override]
        raise AttributeError("backward")


# -- what is right ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("unbiased", [True, False])
def test_batch_normalization_is_identified_by_what_it_keeps(new: bool, unbiased: bool) -> None:
    layer = changed(NoGradient, new=new, unbiased=unbiased)
    expected = {
        "momentum_weight": "new" if new else "old",
        "running_variance": "unbiased" if unbiased else "biased",
    }

    found = judged("batch_normalization", layer, claim=expected)

    assert ("unique", expected, True) == (found.verdict, dict(found.dialect), found.agrees), found.message
    assert found.worst is not None
    assert found.worst < 1


def test_the_gradient_of_batch_normalization_is_judged_where_it_is_offered() -> None:
    with_gradient, without = judged("batch_normalization", Normalization), judged("batch_normalization", NoGradient)

    assert "unique" == with_gradient.verdict, with_gradient.message
    assert with_gradient.cases > without.cases


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("at_train", [True, False])
def test_dropout_is_identified(keep: bool, at_train: bool, dtype: str) -> None:
    found = judged("dropout", changed(Dropout, keep=keep, at_train=at_train), dtype)

    assert "unique" == found.verdict, found.message
    expected = {"scale_at": "train" if at_train else "test", "rate_meaning": "keep" if keep else "drop"}
    assert expected == dict(found.dialect)


@pytest.mark.parametrize("divisors", [True, False])
@pytest.mark.parametrize("mean_divisor", [True, False])
def test_rrelu_is_identified(divisors: bool, mean_divisor: bool) -> None:
    found = judged("rrelu", changed(Rrelu, divisors=divisors, mean_divisor=mean_divisor))

    assert "unique" == found.verdict, found.message
    assert {
        "law": "divisor_uniform" if divisors else "slope_uniform",
        "test_slope": "reciprocal_mean_divisor" if mean_divisor else "mean_slope",
    } == dict(found.dialect)


def test_the_message_tells_the_seeds_and_a_given_seed_is_used() -> None:
    one, other = (judged("dropout", Dropout).message for _ in range(2))

    assert "drawn with seeds" in one
    assert one != other
    assert judged("dropout", Dropout, seed=7).message == judged("dropout", Dropout, seed=7).message


def test_a_batch_of_one_may_be_refused_only_where_the_unbiased_variance_is_kept() -> None:
    def refusing(self: Normalization, x: Array) -> Array:
        if len(x) == 1:
            raise ValueError("one")
        return Normalization.train(self, x)

    assert not judged("batch_normalization", changed(NoGradient, unbiased=False, train=refusing)).passes
    assert "unique" == judged("batch_normalization", changed(NoGradient, train=refusing)).verdict


# -- what is wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "mistake", "name"),
    [
        (NoGradient, "one_pass", "one_pass_variance"),
        (NoGradient, "epsilon_outside", "epsilon_outside"),
        (NoGradient, "unbiased_normalisation", "unbiased_normalisation"),
        (Normalization, "constant_mean", "missing_mean_term"),
        pytest.param(Normalization, "constant_variance", "missing_variance_term", marks=pytest.mark.deep),
    ],
)
def test_a_known_mistake_in_batch_normalization_is_named(base: type, mistake: str, name: str) -> None:
    found = judged("batch_normalization", changed(base, **{mistake: True}))

    assert ("none", name) == (found.verdict, found.named_error), found.message


def test_a_one_pass_variance_is_rejected_where_the_mean_is_large() -> None:
    library = Implementation("mine", version="1")
    library.layer("batch_normalization")(changed(NoGradient, one_pass=True))
    (case,) = (c for c in build_cases(rule("batch_normalization"), "float32", ()) if c.name.endswith("/large-mean"))
    assert isinstance(case, FunctionCase)
    assert (16, 2) == case.arrays[0].shape
    assert 1e4 == pytest.approx(np.mean(case.arrays[0].numbers), abs=1)

    program = rule("batch_normalization").program()
    one_pass = rule("batch_normalization").program(error="one_pass_variance")
    outcome = run_case(library, case)

    assert not score(program, case, outcome, arithmetic("float32")).accepted
    allowed = score(one_pass, case, outcome, arithmetic("float32"))
    assert allowed.accepted
    assert any(x is None for row in allowed.rows for x in row)  # its bound is vacuous there


@pytest.mark.parametrize(
    ("factors", "name"),
    [
        (lambda kept: (1.0, 1.0), "never_scaled"),
        (lambda kept: (1 / kept, kept), "scaled_twice"),
        (lambda kept: (1 / (1 - kept), 1.0), "scaled_by_dropped_share"),
    ],
)
def test_a_known_mistake_in_dropout_is_named(factors: Callable[[float], tuple[float, float]], name: str) -> None:
    found = judged("dropout", changed(Dropout, factors=property(lambda self: factors(self.kept))))

    assert ("none", name) == (found.verdict, found.named_error), found.message


def test_divisors_taken_for_slopes_are_named() -> None:
    found = judged(
        "rrelu", changed(Rrelu, slopes=lambda self, x: self.random.uniform(1 / self.upper, 1 / self.lower, x.shape))
    )

    assert ("none", "divisors_as_slopes") == (found.verdict, found.named_error), found.message


ODD = {
    "a rate that is three percent off": changed(Dropout, mask=lambda self, x: self.random.random(x.shape) < self.kept + 0.03),
    "whole columns": changed(Dropout, mask=lambda self, x: self.random.random(x.shape[-1:]) < self.kept),
    "whole rows": changed(Dropout, mask=lambda self, x: self.random.random((*x.shape[:-1], 1)) < self.kept),
    "the same mask on every call": changed(
        Dropout, mask=lambda self, x: np.random.default_rng(self.seed).random(x.shape) < self.kept
    ),
    "the same mask for every seed": changed(
        Dropout, mask=lambda self, x: np.random.default_rng(int(self.random.integers(1) + x.size)).random(x.shape) < self.kept
    ),
    "nothing dropped": changed(Dropout, train=lambda self, x: x.copy()),
    "everything dropped": changed(Dropout, train=lambda self, x: np.zeros_like(x)),
    "only zeros": changed(Dropout, train=lambda self, x: np.zeros_like(x), infer=lambda self, x: np.zeros_like(x)),
    "its input": changed(Dropout, train=lambda self, x: x.copy(), infer=lambda self, x: x.copy()),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_dropout_that_draws_something_else_is_rejected(what: str) -> None:
    found = judged("dropout", ODD[what])

    assert found.verdict in ("none", "mixed"), found.message
    assert not found.passes


@pytest.mark.parametrize("name", ["batch_normalization", "rrelu"])
@pytest.mark.parametrize("answer", [np.zeros_like, np.copy, np.ones_like])
def test_layers_that_do_not_look_at_what_they_are_asked_are_rejected(
    name: str, answer: Callable[[Array], Array]
) -> None:
    base = {"batch_normalization": NoGradient, "rrelu": Rrelu}[name]

    found = judged(name, changed(base, train=lambda self, x: answer(x), infer=lambda self, x: answer(x)))

    assert found.verdict in ("none", "mixed"), found.message


def test_statistics_that_inference_changes_are_rejected() -> None:
    def infer(self: Normalization, x: Array) -> Array:
        y = Normalization.infer(self, x)
        self.state = (self.state[0] + 1, self.state[1])
        return y

    assert "none" == judged("batch_normalization", changed(NoGradient, infer=infer)).verdict


MISBEHAVING = {
    "lacks state": (lambda gamma, beta, *, momentum, epsilon: Dropout(rate=0.5, seed=1), "lacks state"),
    "changes its input": (
        changed(NoGradient, infer=lambda self, x: np.multiply(x, 2, out=x)),
        "the layer changed its input",
    ),
    "returns another shape": (changed(NoGradient, train=lambda self, x: x.reshape(-1)), "y has shape"),
    "returns another dtype": (changed(NoGradient, train=lambda self, x: x.astype("float16")), "y has dtype float16"),
    "raises": (changed(NoGradient, train=lambda self, x: 1 / 0), "raised ZeroDivisionError"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISBEHAVING)
def test_a_layer_that_breaks_the_contract_is_told_how(what: str) -> None:
    layer, words = MISBEHAVING[what]

    found = judged("batch_normalization", layer)

    assert "error" == found.verdict
    assert words in found.message


def test_an_adapter_whose_layers_cannot_be_seeded_is_refused_at_once() -> None:
    library = Implementation("mine", version="1")

    with pytest.raises(TypeError, match="lacks the keyword 'seed'"):
        library.layer("dropout")(lambda *, rate: Dropout(rate=rate, seed=1))
    with pytest.raises(TypeError, match="must take gamma, beta by position"):
        library.layer("batch_normalization")(lambda *, momentum, epsilon: None)


def test_a_counterexample_prints_what_was_got_as_pasted(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from gradspec.conformance import Implementation\nfrom tests.test_layers_of_networks import *\n"
        "wrong = Implementation('wrong', version='1')\n"
        "wrong.layer('batch_normalization')(changed(NoGradient, epsilon_outside=True))\n"
        "wrong.layer('dropout')(ODD['everything dropped'])\n"
    )
    from gradspec.conformance import load

    library = load(str(file))
    for name in ("batch_normalization", "dropout"):
        found = judge_layer(library, name, "float32", partial(run_case, library), level=1)
        assert found.counterexample is not None
        with redirect_stdout(StringIO()) as printed:
            exec(found.counterexample.snippet, {"__name__": "__main__"})

        assert repr(found.counterexample.got) == printed.getvalue().strip()


# -- chance -------------------------------------------------------------------------------------------------------


def laws_of(name: str, case: SampleCase) -> dict[str, Any]:
    """The law of every dialect and named error, by what it is called."""
    found = rule(name)
    programs = {str(sorted(d.items())): found.program(d, ("law",)) for d in found.dialects(frozenset({"law"}))}
    programs |= {e.name: found.program(e.dialect, ("law",), e.name) for e in found.errors if e.under == "law"}
    return {
        words: law(program, case) for words, program in dict.fromkeys(zip(programs, programs.values(), strict=True))
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["dropout", "rrelu"])
def test_another_law_is_found_with_the_stated_power(name: str, dtype: str) -> None:
    for case in build_samples(rule(name), dtype, seed=1):
        laws = laws_of(name, case)
        distinct = [
            (a, b) for a in laws for b in laws if (laws[a].share, laws[a].cells) != (laws[b].share, laws[b].cells)
        ]
        assert distinct
        for right, wrong in distinct:
            assert power(laws[right], laws[wrong], case.size) >= POWER, (right, wrong)


def test_the_power_against_a_rate_that_is_nearly_right_is_what_drawing_shows() -> None:
    (case, *_) = build_samples(rule("dropout"), "float32", seed=1)
    program = rule("dropout").program({}, ("law",))
    right = law(program, case)
    assert right.share is not None
    random = np.random.default_rng(20240229)

    def rejected(share: float) -> bool:
        rows = [tuple((random.random(case.size) < share).astype(float)) for _ in range(3)]
        return bool(deviations(program, case, type(run_outcome)(tuple(rows), None)))

    run_outcome = run_case(_library("dropout", Dropout), case)
    off = type(right)(share=right.share + 0.03)

    assert power(right, off, case.size) >= POWER
    assert power(right, type(right)(share=right.share + 1e-4), case.size) < 0.01
    assert all(rejected(right.share + 0.03) for _ in range(3))
    assert not any(rejected(right.share) for _ in range(3))


def _library(name: str, layer: Callable[..., Any]) -> Implementation:
    library = Implementation("mine", version="1")
    library.layer(name)(layer)
    return library


# -- adequacy -----------------------------------------------------------------------------------------------------


def offered(name: str, *, gradients: bool) -> frozenset[str]:
    return frozenset(o.name for o in rule(name).options if gradients or not o.differentiates)


def check_pairs(name: str, dtype: str, on_offer: frozenset[str]) -> None:
    pairs = certificate(rule(name), dtype, offered=on_offer)

    assert [pair for pair in pairs if pair.case is None and not pair.same] == []
    plain = [pair for pair in pairs if not pair.on]
    if name == "batch_normalization":
        assert all(pair.case is not None for pair in plain)


def check_mutants(name: str, dtype: str, on_offer: frozenset[str], fewest: int) -> None:
    found = rule(name)
    settled = [
        (on, killing) for on in contexts(found, on_offer) for killing in kill(found, found.program({}, on), on, dtype)
    ]

    assert [(on, k.mutant.change) for on, k in settled if not k.settled] == []
    assert sum(k.case is not None for _, k in settled) >= fewest


@pytest.mark.parametrize(
    ("name", "dtype"), [*((n, d) for n in ("dropout", "rrelu") for d in DTYPES), (LAYERS[0], "float32")]
)
def test_every_pair_of_dialects_is_separated_or_proved_the_same(name: str, dtype: str) -> None:
    check_pairs(name, dtype, offered(name, gradients=False))


@pytest.mark.parametrize(
    ("name", "dtype", "fewest"),
    [("dropout", "float64", 50), ("dropout", "float32", 50), ("rrelu", "float64", 60), ("rrelu", "float32", 60),
     ("batch_normalization", "float32", 130)],
)  # fmt: skip
def test_every_mutant_is_killed_or_proved_equivalent(name: str, dtype: str, fewest: int) -> None:
    on_offer = frozenset() if name == "batch_normalization" else offered(name, gradients=False)  # the rest is `deep`
    check_mutants(name, dtype, on_offer, fewest)


@pytest.mark.deep
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_mutant_of_the_gradient_is_killed_or_proved_equivalent(dtype: str) -> None:
    check_pairs("batch_normalization", dtype, offered("batch_normalization", gradients=True))
    check_mutants("batch_normalization", dtype, offered("batch_normalization", gradients=True), 350)


@pytest.mark.parametrize("name", LAYERS)
def test_the_control_passes_where_mutants_die(name: str) -> None:
    found = rule(name)
    for on in contexts(found, offered(name, gradients=False)):
        program = found.program({}, on)
        for case in build_cases(found, "float32", on):
            assert score(program, case, simulate(program, case), arithmetic("float32")).accepted, case.name


# -- real frameworks ----------------------------------------------------------------------------------------------

SCRIPT = """\
import json, sys
from functools import partial
from gradspec.conformance import Implementation
from gradspec.conformance.bundled import layers
from gradspec.conformance.layers import judge_layer
from gradspec.conformance.session import run_case

name, arrays = sys.argv[1:3]
library = Implementation(name, arrays=arrays, subnormal="kept" if "torch" in name else "flush")
for rule, factory in getattr(layers, name.partition("/")[0] + "_layers")().items():
    library.layer(rule)(factory)
print(json.dumps([judge_layer(library, r, d, partial(run_case, library)).as_json()
                  for r in library.offers for d in ("float64", "float32")]))
"""
TORCH_NORMALIZATION = {"momentum_weight": "new", "running_variance": "unbiased"}
KEPT_BIASED = {"momentum_weight": "old", "running_variance": "biased"}
DROPPED = {"scale_at": "train", "rate_meaning": "drop"}
FRAMEWORKS = {
    "torch": ("torch", {}, {
        "batch_normalization": (TORCH_NORMALIZATION, TORCH_NORMALIZATION), "dropout": (DROPPED, DROPPED),
        "rrelu": ({"law": "slope_uniform", "test_slope": "mean_slope"},) * 2,
    }),
    # Under the policy float64 it computes in float32; on torch its variance is taken in one pass.
    "keras/torch": ("numpy", {"KERAS_BACKEND": "torch"}, {
        "batch_normalization": (None, "one_pass_variance"), "dropout": (DROPPED, DROPPED),
    }),
    "keras/jax": ("numpy", {"KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "true", "JAX_PLATFORMS": "cpu"}, {
        "batch_normalization": (None, KEPT_BIASED), "dropout": (DROPPED, DROPPED),
    }),
    "flax": ("jax", {"JAX_ENABLE_X64": "true", "JAX_PLATFORMS": "cpu"}, {
        "batch_normalization": ("one_pass_variance", "one_pass_variance"), "dropout": (DROPPED, DROPPED),
    }),
}  # fmt: skip


@pytest.mark.peers
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_the_layers_of_a_framework_are_what_the_survey_says(name: str) -> None:
    arrays, environment, expected = FRAMEWORKS[name]

    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, arrays], stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, **environment}, timeout=300,
    )  # fmt: skip

    for result in json.loads(run.stdout.splitlines()[-1]):
        answer = expected[result["rule"]][DTYPES.index(result["dtype"])]
        if isinstance(answer, dict):
            assert ("unique", answer) == (result["verdict"], result["dialect"]), result["message"]
        else:
            assert ("none", answer) == (result["verdict"], result["named_error"]), result["message"]
