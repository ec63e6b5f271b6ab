"""Rounding of exact fractions to declared formats agrees with what NumPy and torch do."""

import math
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradspec.reference.arithmetic import FORMATS, arithmetic, number_format

NUMPY: dict[str, Any] = {"float16": np.float16, "float32": np.float32, "float64": np.float64}


def dyadic(bits: int, lowest: int, highest: int) -> st.SearchStrategy[Fraction]:
    """Return numbers of so many bits and with exponents between two, of either sign, and zero."""
    return st.builds(
        lambda m, e: Fraction(m) * Fraction(2) ** e, st.integers(-(2**bits), 2**bits), st.integers(lowest, highest)
    )


def cast(dtype: type[np.floating], value: Fraction) -> Fraction | None:
    with np.errstate(over="ignore", under="ignore"):
        result = float(dtype(float(value)))
    return Fraction(result) if np.isfinite(result) else None


@given(dyadic(53, -1074, 900))
def test_rounding_to_float32_agrees_with_numpy(value: Fraction) -> None:
    value = Fraction(float(value))

    assert number_format("float32").round(value) == cast(np.float32, value)


@given(dyadic(53, -85, -20))
def test_rounding_to_float16_agrees_with_numpy(value: Fraction) -> None:
    assert number_format("float16").round(value) == cast(np.float16, value)


@given(st.fractions() | dyadic(120, -1190, 920))
def test_rounding_to_float64_agrees_with_python(value: Fraction) -> None:
    try:
        expected = Fraction(float(value))
    except OverflowError:
        assert number_format("float64").round(value) is None
    else:
        assert expected == number_format("float64").round(value)


@given(dyadic(24, -149, 103))
def test_rounding_to_bfloat16_agrees_with_torch(value: Fraction) -> None:
    cast_by_torch = torch.tensor(float(value), dtype=torch.float32).to(torch.bfloat16).double().item()
    expected = Fraction(cast_by_torch) if np.isfinite(cast_by_torch) else None

    assert expected == number_format("bfloat16").round(value)


@pytest.mark.parametrize("name", FORMATS)
@given(st.integers(-(2**70), 2**70), st.integers(-1300, 1100) | st.integers(-200, 150) | st.integers(-30, 20))
def test_a_number_given_by_mantissa_and_exponent_is_rounded_as_the_fraction_that_it_is(
    name: str, mantissa: int, exponent: int
) -> None:
    rounded = FORMATS[name].round(Fraction(mantissa) * Fraction(2) ** exponent)
    expected = math.copysign(math.inf, mantissa) if rounded is None else float(rounded)

    assert repr(expected) == repr(FORMATS[name].nearest(mantissa, exponent))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("place", [0, 1, 2, 5])
def test_a_tie_goes_to_the_even_neighbour(name: str, place: int) -> None:
    number = FORMATS[name]
    for spacing in (2 * number.unit, number.smallest_subnormal):
        below = (place + 1 / spacing if spacing == 2 * number.unit else place) * spacing
        halfway = below + spacing / 2
        even = below if (below / spacing) % 2 == 0 else below + spacing

        assert even == number.round(halfway)
        assert -even == number.round(-halfway)


@pytest.mark.parametrize("name", FORMATS)
def test_what_rounds_beyond_the_largest_number_overflows(name: str) -> None:
    number = FORMATS[name]
    half = number.largest * number.unit / (2 - 2 * number.unit)

    assert number.largest == number.round(number.largest + half / 2)
    assert number.round(number.largest + half) is None
    assert number.round(-number.largest - half) is None


@pytest.mark.parametrize("name", NUMPY)
def test_the_constants_are_those_of_numpy(name: str) -> None:
    number, info = FORMATS[name], np.finfo(NUMPY[name])

    assert Fraction(float(info.eps)) == 2 * number.unit
    assert Fraction(float(info.tiny)) == number.smallest_normal
    assert Fraction(float(info.smallest_subnormal)) == number.smallest_subnormal
    assert Fraction(float(info.max)) == number.largest


def test_the_constants_of_bfloat16_are_those_of_torch() -> None:
    number, info = FORMATS["bfloat16"], torch.finfo(torch.bfloat16)

    assert Fraction(info.eps) == 2 * number.unit
    assert Fraction(info.tiny) == number.smallest_normal
    assert Fraction(info.max) == number.largest


@pytest.mark.parametrize("name", FORMATS)
@given(st.data())
def test_rounding_changes_nothing_twice_and_stays_within_its_error(name: str, data: st.DataObject) -> None:
    number = FORMATS[name]
    value = data.draw(dyadic(70, number.smallest_exponent - 75, number.largest_exponent - 71))
    rounded = number.round(value)
    assert rounded is not None

    assert rounded == number.round(rounded)
    assert abs(rounded - value) <= max(number.unit * abs(value), number.smallest_subnormal / 2)


def test_underflow_is_half_the_smallest_subnormal_or_with_flushing_the_smallest_normal() -> None:
    assert Fraction(1, 2**150) == arithmetic("float32").underflow
    assert Fraction(1, 2**126) == arithmetic("float32", flush=True).underflow


def test_operations_may_be_wider_than_what_is_stored() -> None:
    how = arithmetic("float16", operations="float32")

    assert ("float32", "float16", "float16") == (how.operations.name, how.storage.name, how.hyperparameters.name)


def test_an_unknown_format_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(LookupError, match="no dtype is called 'flaot32'; did you mean 'float32'"):
        number_format("flaot32")


def test_the_largest_double_is_a_double() -> None:
    largest = Fraction(sys.float_info.max)

    assert largest == number_format("float64").round(largest)
