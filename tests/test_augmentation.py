"""Warps of images: the fast functions against the exact rules, geometry that needs no rule, refusals, and frameworks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from flint import ctx
from torch._subclasses.fake_tensor import FakeTensorMode

from gradspec.conformance import Implementation, Request, judge
from gradspec.conformance.bundled import augmentation as bundled
from gradspec.conformance.judging import essence
from gradspec.fast.functions import augmentation
from gradspec.reference.arithmetic import arithmetic
from gradspec.reference.functions import Values, predict_arrays
from gradspec.spec import Rule, rule

K = 2
AMOUNTS = {
    "shift": ({"row_shift": 0.75, "column_shift": -1.5}, {"row_shift": -2.5, "column_shift": 1.0}),
    "rotate": ({"angle": 24.0}, {"angle": -80.5}),
    "resize": ({"row_factor": 0.75, "column_factor": 2.5}, {"row_factor": 2.0, "column_factor": 0.25}),
}
RULES = list(AMOUNTS)
LAYOUTS = ("channels_last", "channels_first")
FIRST = {"fill": "constant"}
SOME = {
    "shift": {"row_shift": 1, "column_shift": 0},
    "rotate": {"angle": 5},
    "resize": {"row_factor": 2, "column_factor": 2},
}


def images(dtype: str, seed: int = 0) -> np.ndarray:
    """Two images of 3 × 2 pixels in two channels, with few bits."""
    return (np.random.default_rng(seed).integers(-64, 64, (2, 3, 2, 2)) / 16).astype(dtype)


def distinct(found: Rule) -> list[dict[str, str]]:
    """Every dialect, those of one formula once."""
    programs = {essence(found.program(dialect)): dialect for dialect in found.dialects(frozenset())}
    return list(programs.values())


def called(name: str, library: str, layout: str, batch: np.ndarray, **keywords: Any) -> np.ndarray:
    """A fast function's result as NumPy array with the channels last."""
    given: Any = np.moveaxis(batch, 3, 1) if layout == "channels_first" else batch
    given = torch.tensor(given) if library == "torch" else given
    result = getattr(augmentation, name)(given, layout=layout, **keywords)
    assert result.shape == given.shape
    assert result.dtype == given.dtype
    array = np.asarray(result)
    return np.moveaxis(array, 1, 3) if layout == "channels_first" else array


@pytest.mark.parametrize("name", RULES)
def test_the_fast_function_agrees_with_the_exact_one_in_every_dialect(name: str) -> None:
    found = rule(name)
    for number, dialect in enumerate(distinct(found)):
        dtype = ("float32", "float64")[number % 2]
        numbers = {**AMOUNTS[name][number // 2 % 2], "fill_value": 1.25}
        batch = images(dtype, number)
        results = [
            called(name, library, layout, batch, dialect=dialect, **numbers)
            for library in ("numpy", "torch")
            for layout in LAYOUTS
        ]
        for n, c in ((0, 0), (1, 1)):
            given = Values((3, 2), tuple(map(float, batch[n, :, :, c].ravel())))
            with ctx.workprec(200):
                (row,) = predict_arrays(found.program(dialect), [given], numbers, arithmetic(dtype))
            assert all(p.informative for p in row)
            for result in results:
                scores = [p.score(float(x)) for p, x in zip(row, result[n, :, :, c].ravel(), strict=True)]
                assert max(scores) <= K, (dialect, numbers, scores)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_image_may_have_an_amount_of_its_own(dtype: str, library: str, layout: str) -> None:
    batch = images(dtype)
    for name in RULES:
        one, other = ({k: float(np.dtype(dtype).type(v)) for k, v in amounts.items()} for amounts in AMOUNTS[name])
        kind = torch.tensor if library == "torch" else np.array
        own = {k: kind([one[k], other[k]], dtype=getattr(torch, dtype) if library == "torch" else dtype) for k in one}
        together = called(name, library, layout, batch, dialect=FIRST, **own)
        for k, amounts in enumerate((one, other)):
            alone = called(name, library, layout, batch[k : k + 1], dialect=FIRST, **amounts)

            np.testing.assert_allclose(together[k : k + 1], alone, rtol=0, atol=100 * np.finfo(dtype).eps)


def test_a_shift_by_whole_pixels_moves_them() -> None:
    batch = np.arange(24.0).reshape(1, 4, 3, 2)
    moved = augmentation.shift(batch, row_shift=1, column_shift=-1, fill_value=-1.0, dialect=FIRST)

    np.testing.assert_array_equal(moved[:, 1:, :-1], batch[:, :-1, 1:])
    assert (moved[:, 0] == -1).all()
    assert (moved[:, :, -1] == -1).all()


@pytest.mark.parametrize("fill", ["nearest", "reflect", "mirror", "wrap"])
def test_shifts_of_any_size_fill_as_numpy_pads(fill: str) -> None:
    modes = {"nearest": "edge", "reflect": "symmetric", "mirror": "reflect", "wrap": "wrap"}
    line = np.random.default_rng(0).normal(size=4)
    padded = np.pad(line, 9, mode=modes[fill])
    for amount in range(-9, 10):
        moved = augmentation.shift(line[None, None, :, None], row_shift=0, column_shift=amount, dialect={"fill": fill})

        np.testing.assert_array_equal(moved[0, 0, :, 0], padded[9 - amount : 13 - amount])


def test_quarter_turns_are_those_of_numpy() -> None:
    batch = np.random.default_rng(0).normal(size=(2, 5, 5, 3))
    for quarters in range(-3, 4):
        turned = augmentation.rotate(batch, angle=90.0 * quarters, dialect={"fill": "nearest"})

        np.testing.assert_allclose(turned, np.rot90(batch, quarters, (1, 2)), rtol=0, atol=1e-14)


def test_a_factor_of_one_changes_nothing_and_inputs_are_left_alone() -> None:
    batch = images("float64")
    before = batch.copy()
    for dialect in rule("resize").dialects(frozenset()):
        np.testing.assert_array_equal(augmentation.resize(batch, row_factor=1, column_factor=1, dialect=dialect), batch)
    np.testing.assert_array_equal(batch, before)


@pytest.mark.parametrize("name", RULES)
def test_an_image_of_one_pixel_is_legal(name: str) -> None:
    pixel = np.full((1, 1, 1, 1), 3.0)
    for dialect in rule(name).dialects(frozenset()):
        if dialect["fill"] != "constant":
            result = getattr(augmentation, name)(pixel, dialect=dialect, **AMOUNTS[name][0])

            np.testing.assert_allclose(result, pixel, rtol=1e-15)


BAD = [
    ({"layout": "NHWC"}, ValueError, "layout='NHWC': no such layout"),
    ({"fill_value": float("nan")}, ValueError, "fill_value=nan: must lie in"),
    ({"fill_value": "0"}, TypeError, "fill_value='0': must be a real number"),
    ({"dialect": {"fill": "zeros"}}, ValueError, "fill='zeros': no such value"),
    ({"dialect": 3}, TypeError, "dialect=int: must name a vendor"),
    ({"amount": float("inf")}, ValueError, "=inf: must lie in"),
    ({"amount": "1"}, TypeError, "='1': must be a real number"),
    ({"amount": [0.5] * 5}, ValueError, "must have one entry for each of 2 images"),
    ({"images": np.ones((2, 3, 2, 2), int)}, TypeError, "dtype must be float16"),
    ({"images": np.ones((3, 2, 2))}, ValueError, "must have shape (images, height, width, channels)"),
    ({"images": np.ones((2, 0, 2, 2))}, ValueError, "must have entries"),
    ({"images": np.ones((2, 3, 2, 0))}, ValueError, "must have entries"),
]


def refusals(name: str, library: str) -> Iterator[tuple[str, str]]:
    """The message for every bad call, with what it must contain."""
    convert = torch.tensor if library == "torch" else np.asarray
    for change, error, words in BAD:
        keywords: dict[str, Any] = {"dialect": FIRST, **SOME[name], **change}
        given = convert(keywords.pop("images", images("float64")))
        if "amount" in keywords:
            amount = keywords.pop("amount")
            keywords[next(iter(SOME[name]))] = convert(np.array(amount)) if isinstance(amount, list) else amount
        with pytest.raises(error) as caught:
            getattr(augmentation, name)(given, **keywords)
        yield str(caught.value), words


@pytest.mark.parametrize("name", RULES)
def test_bad_input_is_refused_with_one_line_that_is_the_same_in_both_libraries(name: str) -> None:
    ours, theirs = (list(refusals(name, library)) for library in ("numpy", "torch"))

    assert [message for message, words in ours if words not in message or "\n" in message] == []
    assert ours == theirs


def test_a_factor_must_be_positive_and_numpy_arrays_need_a_dialect() -> None:
    with pytest.raises(ValueError, match=r"row_factor=0: must lie in \(0, inf\)"):
        augmentation.resize(images("float64"), row_factor=0, column_factor=1, dialect=FIRST)
    with pytest.raises(TypeError, match="dialect=None"):
        augmentation.rotate(images("float64"), angle=1)


@pytest.mark.parametrize("name", RULES)
def test_nothing_is_read_back_from_a_device(name: str) -> None:
    with FakeTensorMode():
        batch = torch.empty((2, 3, 2, 2), device="cuda")
        for dialect in rule(name).dialects(frozenset()):
            own = {k: torch.empty(2, device="cuda") for k in SOME[name]}

            assert getattr(augmentation, name)(batch, dialect=dialect, **own).device.type == "cuda"


KERAS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of tensors, by Keras
SCIPY = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "reflect": "reflect",
    "mirror": "mirror",
    "wrap": "grid-wrap",
}


def measured(register: Any, arrays: str, dtype: str, **settings: str) -> dict[str, Any]:
    """What the judge finds: rule to result."""
    library = Implementation("somebody's", arrays=arrays)
    register(library, **settings)
    return {r.rule: r for r in judge(library, Request(rules=tuple(library.offers), dtypes=(dtype,))).results}


@pytest.mark.peers
@pytest.mark.parametrize("fill", SCIPY)
def test_scipy_is_identified_in_every_mode(fill: str) -> None:
    pytest.importorskip("scipy")
    for name, result in measured(bundled.register_scipy, "numpy", "float64", mode=SCIPY[fill]).items():
        assert (result.verdict, result.dialect["fill"], result.dialect["interpolation"]) == (
            "unique",
            fill,
            "linear",
        ), name


@pytest.mark.peers
def test_scipy_constant_has_a_whole_edge_and_wrap_is_no_dialect() -> None:
    pytest.importorskip("scipy")
    for result in measured(bundled.register_scipy, "numpy", "float64", mode="constant").values():
        assert (result.verdict, result.dialect["edge"]) == ("unique", "whole")
    for result in measured(bundled.register_scipy, "numpy", "float64", mode="wrap").values():
        assert result.verdict in ("none", "mixed")


@KERAS
@pytest.mark.peers
def test_keras_blends_and_zooms_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # read when Keras is imported first
    pytest.importorskip("keras")
    found = measured(bundled.register_keras, "numpy", "float64")

    for result in found.values():
        assert (result.verdict, result.dialect.get("edge")) == ("unique", "blended"), result.message
    assert found["resize"].dialect["zoom"] == "out"


@KERAS
@pytest.mark.peers
def test_keras_rounds_ties_to_even(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # read when Keras is imported first
    pytest.importorskip("keras")

    found = measured(bundled.register_keras, "numpy", "float64", interpolation="nearest")

    assert found["shift"].dialect.get("interpolation") == "nearest_even", found["shift"].message


@pytest.mark.peers
def test_kornia_blends_and_zooms_in_but_does_not_shift_one_pixel() -> None:
    pytest.importorskip("kornia")
    found = measured(bundled.register_kornia, "torch", "float64")

    assert (found["rotate"].verdict, found["resize"].verdict) == ("unique", "unique")
    assert found["resize"].dialect["zoom"] == "in"
    assert found["shift"].verdict in ("none", "mixed")
