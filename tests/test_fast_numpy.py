"""The rules over NumPy arrays: every assertion is exact, on bits or on structure."""

import copy
import itertools
import pickle
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradspec.fast import dialects
from gradspec.fast import numpy as fast
from gradspec.fast.steps import RULES as STEPS

RULES = list(STEPS)
DTYPES = [np.float16, np.float32, np.float64]
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "gradient_descent": [{}],
    "momentum": [{}, {"dampening": 0.5}],
    "nesterov": [{}],
    "adagrad": [{}, {"initial_accumulator_value": 0.5, "learning_rate_decay": 0.25}],
    "rmsprop": [
        {},
        {"centered": True, "bias_correction": True},
        {"momentum": 0.5, "nesterov": True, "initial_accumulator_value": 0.5},
    ],
    "adam": [{}, {"amsgrad": True}, {"nesterov": True, "epsilon_root": 0.25}],
}


def variants() -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """Yield every combination of axis values with every set of options, with weight decay."""
    for rule, axes in ((rule, dialects.AXES[rule]) for rule in RULES):
        for values in itertools.product(*axes.values()):
            for options in OPTIONS[rule]:
                yield rule, dict(zip(axes, values, strict=True)), {**options, "weight_decay": 0.125}


VARIANTS = list(variants())


def call(rule: str) -> Callable[..., dict[str, Any]]:
    return getattr(fast, rule)  # type: ignore[no-any-return]


def plainly(rule: str) -> dict[str, Any]:
    """Return a dialect in which the rule takes a plain array as its gradient."""
    return {"dialect": "torch" if rule == "nesterov" else {}}


def numbers(shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def bits(array: Any) -> tuple[Any, ...]:
    return array.dtype, array.shape, array.tobytes()


def trajectory(rule: str, w: Any, gradients: list[Any], **keywords: Any) -> list[Any]:
    """Return the bits of w and of the state after each step; w is changed."""
    state, seen = None, []
    for gradient in gradients:
        state = call(rule)(w, gradient, state, **keywords)
        seen.append((bits(w), {name: bits(np.asarray(value)) for name, value in state.items()}))
    return seen


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda block: block[:4, :6].copy(),
    "transposed": lambda block: block[:4, :6].copy().T,
    "Fortran": lambda block: np.asfortranarray(block[:4, :6]),
    "every other column": lambda block: block[:4, ::2],
    "backwards": lambda block: block[::-1, ::-1],
    "broken rows": lambda block: block[1:5, 2:5],
    "no entries": lambda block: block[:0],
    "no axes": lambda block: block[3, 4, ...],
    "one entry": lambda block: block[:1, :1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", RULES)
def test_every_layout_gives_the_bits_of_a_contiguous_copy(rule: str, dtype: Any, layout: str) -> None:
    w, gradient = (LAYOUTS[layout](numbers((8, 12), dtype, seed)) for seed in (1, 2))
    expected = trajectory(rule, w.copy(), [gradient.copy()] * 3, **plainly(rule))

    assert expected == trajectory(rule, w, [gradient] * 3, **plainly(rule))


@pytest.mark.parametrize("rule", RULES)
def test_entries_between_those_of_a_view_are_left_alone(rule: str) -> None:
    block = numbers((8, 12))
    before = block.copy()
    call(rule)(block[::2, 1::3], numbers((4, 4), seed=1), **plainly(rule))
    untouched = np.ones(block.shape, bool)
    untouched[::2, 1::3] = False

    assert bits(before[untouched]) == bits(block[untouched])
    assert not np.any(before[~untouched] == block[~untouched])


@pytest.mark.parametrize(("rule", "dialect", "options"), VARIANTS)
def test_slices_give_the_bits_of_the_whole_array(
    rule: str, dialect: dict[str, str], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = numbers((101,), np.float32, 1), numbers((101,), np.float32, 2)
    keywords = {"dialect": dialect, **options}
    gradients = [lambda point: a * point + b] * 4
    monkeypatch.setattr(fast, "_SLICE_BYTES", 7 * a.itemsize)
    sliced = trajectory(rule, numbers((101,), np.float32), gradients, **keywords)
    monkeypatch.setattr(fast, "_SLICE_BYTES", 1 << 20)

    assert trajectory(rule, numbers((101,), np.float32), gradients, **keywords) == sliced


@pytest.mark.parametrize(("rule", "dialect", "options"), VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_hyperparameter_changes_the_dtype(
    rule: str, dialect: dict[str, str], options: dict[str, Any], dtype: Any
) -> None:
    w = numbers((5,), dtype)
    promoting = {name: value if isinstance(value, bool) else np.float64(value) for name, value in options.items()}
    state = call(rule)(w, lambda point: point, dialect=dialect, learning_rate=Fraction(1, 3), **promoting)
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}

    assert {name: np.dtype(dtype) for name in arrays} == {name: array.dtype for name, array in arrays.items()}
    assert {"step", "first_learning_rate"} >= state.keys() - arrays.keys()
    assert state["step"] == 1


@pytest.mark.parametrize("rule", RULES)
def test_the_state_and_its_arrays_are_updated_in_place(rule: str) -> None:
    w, gradient = numbers((5,)), numbers((5,), seed=1)
    state = call(rule)(w, gradient, **plainly(rule))
    arrays = {name: value for name, value in state.items() if name != "step"}
    before = copy.deepcopy(arrays)
    again = call(rule)(w, gradient, state, **plainly(rule))

    assert again is state
    assert state["step"] == 2
    for name, array in arrays.items():
        assert state[name] is array
        assert bits(before[name]) != bits(array)


@pytest.mark.parametrize("rule", RULES)
def test_the_gradient_is_never_written_to(rule: str) -> None:
    w, gradient = numbers((5,)), numbers((5,), seed=1)
    before = bits(gradient)
    gradient.flags.writeable = False
    state = call(rule)(w, gradient, **plainly(rule))
    call(rule)(w, lambda point: gradient, state, **plainly(rule))

    assert before == bits(gradient)


@pytest.mark.parametrize("shift", [-3, 0, 3])
@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_that_shares_memory_with_w_counts_as_it_was(
    rule: str, shift: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "_SLICE_BYTES", 32)
    block = numbers((40,))
    w, gradient = block[5:30], block[5 + shift : 30 + shift]
    separate = w.copy()
    call(rule)(separate, gradient.copy(), **plainly(rule))
    call(rule)(w, gradient, **plainly(rule))

    assert bits(separate) == bits(w)


@pytest.mark.parametrize("rule", RULES)
def test_a_callable_sees_a_read_only_point_at_w(rule: str) -> None:
    w = numbers((5,))
    before, points = bits(w), []

    def gradient(point: Any) -> Any:
        points.append(bits(point))
        with pytest.raises(ValueError, match="read-only"):
            point[...] = 0
        return 2 * point

    call(rule)(w, gradient, **plainly(rule))

    assert [before] == points
    assert w.flags.writeable


@pytest.mark.parametrize("rule", RULES)
def test_the_identity_is_a_gradient_even_though_it_returns_w_itself(rule: str) -> None:
    w = numbers((5,))
    copied = w.copy()
    call(rule)(copied, lambda point: point.copy(), dialect={})
    call(rule)(w, lambda point: point, dialect={})

    assert bits(copied) == bits(w)


def test_a_scalar_is_a_gradient_of_an_array_without_axes() -> None:
    w = np.array(3.0, np.float32)
    fast.gradient_descent(w, lambda point: 2 * point, learning_rate=0.25, dialect={})

    assert bits(np.array(1.5, np.float32)) == bits(w)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
@pytest.mark.parametrize("rule", RULES)
def test_a_state_that_was_stored_continues_as_if_it_had_not_been(rule: str, copied: Callable[[Any], Any]) -> None:
    gradients = [numbers((3, 2), seed=seed) for seed in range(4)]
    w = numbers((3, 2))
    expected = trajectory(rule, w.copy(), gradients, **plainly(rule))[-1][0]
    state = None
    for gradient in gradients:
        state = copied(call(rule)(w, gradient, state, **plainly(rule)))

    assert expected == bits(w)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["w", "gradient"])
@pytest.mark.parametrize("rule", RULES)
def test_poison_is_carried_where_it_is_and_nowhere_else(rule: str, place: str, poison: float) -> None:
    arrays = {"w": numbers((3,)), "gradient": numbers((3,), seed=1)}
    healthy = arrays["w"].copy()
    call(rule)(healthy, arrays["gradient"].copy(), **plainly(rule))
    arrays[place][1] = poison
    with np.errstate(all="raise"):  # even then: an error in mid-update would leave half of it
        call(rule)(arrays["w"], arrays["gradient"], **plainly(rule))

    assert not np.isfinite(arrays["w"][1])
    assert bits(healthy[[0, 2]]) == bits(arrays["w"][[0, 2]])


def test_a_centered_variance_below_zero_is_carried_as_nan() -> None:
    state = {"step": 1, "mean_square": np.array([0.0]), "mean_gradient": np.array([1.0])}
    w = np.array([1.0])
    fast.rmsprop(w, np.array([0.0]), state, centered=True, dialect="torch")

    assert np.isnan(w).all()


def test_neutral_options_do_nothing_to_infinite_parameters() -> None:
    w = np.array([np.inf, -np.inf])
    fast.gradient_descent(w, np.ones(2), weight_decay=0.0, dialect="keras")

    assert bits(np.array([np.inf, -np.inf])) == bits(w)


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormal_numbers_are_kept(dtype: Any) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    w = np.array([tiny * 4], dtype)
    state = fast.momentum(w, np.array([tiny * 2], dtype), learning_rate=0.5, momentum=0.5, dialect="torch")

    assert bits(np.array([tiny * 3], dtype)) == bits(w)
    assert bits(np.array([tiny * 2], dtype)) == bits(state["momentum_buffer"])


def test_no_warning_is_given_on_overflow_or_division_by_zero() -> None:
    w = np.array([1.0, 1.0], np.float16)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        state = fast.adagrad(w, np.array([6e4, 0], np.float16), learning_rate=1e9, epsilon=0.0, dialect="paper")

    assert caught == []
    assert np.isposinf(state["accumulator"][0])
    assert np.isnan(w[1])


@pytest.mark.parametrize("view", ["contiguous", "transposed", "strided"])
@pytest.mark.parametrize("rule", RULES)
def test_memory_beyond_the_state_does_not_grow_with_the_array(rule: str, view: str) -> None:
    block = np.ones((2048, 2048), np.float32)
    gradient = np.ones_like(block)
    w = {"contiguous": block, "transposed": block.T, "strided": block[:, ::2]}[view]
    if view == "strided":
        gradient = np.ones(w.shape, np.float32)
    state = call(rule)(w, gradient, **plainly(rule))
    tracemalloc.start()
    try:
        call(rule)(w, gradient, state, **plainly(rule))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20 * fast._SLICE_BYTES < w.nbytes


READ_ONLY = np.ones(3)
READ_ONLY.flags.writeable = False
SHARED = np.lib.stride_tricks.as_strided(np.ones(4), (3, 2), (8, 8), writeable=True)

WRONG_ARRAYS: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "read-only": (READ_ONLY, np.ones(3), ValueError, "w=read-only array: .*; pass a writable copy"),
    "shared": (SHARED, np.ones((3, 2)), ValueError, r"w=array of strides \(8, 8\): .*; pass a copy"),
    "integers": (np.ones(3, int), np.ones(3), TypeError, "w=array of int64: .*; convert it with astype"),
    "complex": (np.ones(3, complex), np.ones(3), TypeError, "w=array of complex128: .*; convert it with"),
    "other bytes": (np.ones(3, ">f8"), np.ones(3), TypeError, "w=array of >f8: .*; convert it with astype"),
    "list": ([1.0], np.ones(1), TypeError, "w=list: must be a NumPy array; pass one"),
    "scalar": (np.float64(1), np.float64(1), TypeError, "w=float64: must be a NumPy array; pass one"),
    "dtype": (
        np.ones(3),
        np.ones(3, np.float32),
        TypeError,
        "gradient=array of float32: dtype must be float64;",
    ),
    "shape": (
        np.ones(3),
        np.ones(4),
        ValueError,
        r"gradient=array of shape \(4,\): must have w's shape \(3,\);",
    ),
    "broadcast": (np.ones(3), np.ones(1), ValueError, r"gradient=array of shape \(1,\): .*; reshape it"),
    "nothing": (np.ones(3), None, TypeError, "gradient=NoneType: must be a NumPy array; pass one"),
    "returned": (np.ones(3), lambda point: 1.0, TypeError, "gradient=float: must be a NumPy array; pass one"),
}


@pytest.mark.parametrize("case", WRONG_ARRAYS)
@pytest.mark.parametrize("rule", RULES)
def test_wrong_arrays_are_refused(rule: str, case: str) -> None:
    w, gradient, error, message = WRONG_ARRAYS[case]
    before = copy.deepcopy(w)
    with pytest.raises(error, match=message) as caught:
        call(rule)(w, gradient, **plainly(rule))

    assert len(str(caught.value).splitlines()) == 1
    assert np.array_equal(before, w)


WRONG_NUMBERS = [
    ("adam", "learning_rate", -0.1, ValueError, "learning_rate=-0.1: must be at least 0 and finite; pass"),
    ("adam", "learning_rate", np.inf, ValueError, "learning_rate=inf: must be at least 0 and finite; pass"),
    ("adam", "learning_rate", np.nan, ValueError, "learning_rate=nan: must be at least 0 and finite; pass"),
    ("adam", "learning_rate", 10**400, ValueError, "learning_rate=int: must be at least 0 and finite; pass"),
    ("adam", "learning_rate", "0.1", TypeError, "learning_rate='0.1': must be a real number; pass"),
    (
        "adam",
        "learning_rate",
        np.ones((2, 2)),
        TypeError,
        "learning_rate=ndarray: must be a real number; pass",
    ),
    ("adam", "learning_rate", True, TypeError, "learning_rate=True: must be a real number; pass"),
    ("adam", "beta1", 1, ValueError, "beta1=1: must be at least 0 and less than 1; pass"),
    ("adam", "beta2", -0.5, ValueError, "beta2=-0.5: must be at least 0 and less than 1; pass"),
    ("adam", "epsilon_root", -1.0, ValueError, "epsilon_root=-1.0: must be at least 0 and finite; pass"),
    ("adam", "amsgrad", 1, TypeError, "amsgrad=1: must be a bool; pass True or False"),
    ("momentum", "momentum", 1.5, ValueError, "momentum=1.5: must be at least 0 and less than 1; pass"),
    ("momentum", "dampening", 1.5, ValueError, "dampening=1.5: must be between 0 and 1; pass"),
    ("rmsprop", "rho", 1.0, ValueError, "rho=1.0: must be at least 0 and less than 1; pass"),
    (
        "rmsprop",
        "nesterov",
        True,
        ValueError,
        "nesterov=True: has no effect without momentum; pass momentum > 0",
    ),
    ("adagrad", "learning_rate_decay", -1.0, ValueError, "learning_rate_decay=-1.0: must be at least 0"),
    (
        "adagrad",
        "initial_accumulator_value",
        -1.0,
        ValueError,
        "initial_accumulator_value=-1.0: must be at least",
    ),
    (
        "gradient_descent",
        "weight_decay",
        -1.0,
        ValueError,
        "weight_decay=-1.0: must be at least 0 and finite",
    ),
]


@pytest.mark.parametrize(("rule", "name", "value", "error", "message"), WRONG_NUMBERS)
def test_hyperparameters_outside_their_domain_are_refused(
    rule: str, name: str, value: object, error: type[Exception], message: str
) -> None:
    w = np.ones(3)
    with pytest.raises(error, match=message) as caught:
        call(rule)(w, np.ones(3), **{name: value}, **plainly(rule))

    assert len(str(caught.value).splitlines()) == 1
    assert bits(np.ones(3)) == bits(w)


def test_the_ends_of_the_domains_are_accepted() -> None:
    w = np.ones(1)
    fast.momentum(w, np.ones(1), learning_rate=0, momentum=0, dampening=1, dialect="torch")
    fast.adam(w, np.ones(1), learning_rate=0, beta1=0, beta2=0, epsilon=0, dialect="torch")

    assert bits(np.ones(1)) == bits(w)


WRONG_STATES: dict[str, tuple[Callable[[str], Any], type[Exception], str]] = {
    "another rule's": (
        lambda rule: {"step": 1, "elsewhere": np.ones(3)},
        ValueError,
        "must hold step.*; pass the",
    ),
    "no dict": (lambda rule: [1], TypeError, "state=list: must be a dict; pass the state"),
    "no count": (lambda rule: {**started(rule), "step": 1.0}, TypeError, "'step'.=1.0: must be an int; pass"),
    "a bool": (lambda rule: {**started(rule), "step": True}, TypeError, "'step'.=True: must be an int; pass"),
    "negative": (
        lambda rule: {**started(rule), "step": -1},
        ValueError,
        "'step'.=-1: must be at least 0; pass",
    ),
}


def started(rule: str, shape: tuple[int, ...] = (3,), dtype: Any = np.float64) -> dict[str, Any]:
    return call(rule)(np.ones(shape, dtype), np.ones(shape, dtype), **plainly(rule))


@pytest.mark.parametrize("case", WRONG_STATES)
@pytest.mark.parametrize("rule", RULES)
def test_wrong_states_are_refused(rule: str, case: str) -> None:
    make, error, message = WRONG_STATES[case]
    w, state = np.ones(3), make(rule)
    before = copy.deepcopy(state)
    with pytest.raises(error, match=message):
        call(rule)(w, np.ones(3), state, **plainly(rule))

    assert str(before) == str(state)
    assert bits(np.ones(3)) == bits(w)


@pytest.mark.parametrize(("rule", "other"), list(itertools.permutations(RULES, 2)))
def test_the_state_of_another_rule_is_refused(rule: str, other: str) -> None:
    with pytest.raises(ValueError, match=r"^state=\{step.*\}: must hold step.*; pass the state that this rule"):
        call(rule)(np.ones(3), np.ones(3), started(other), **plainly(rule))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "gradient_descent"])
def test_a_state_of_another_shape_or_dtype_or_one_that_is_read_only_is_refused(rule: str) -> None:
    w = np.ones(3)
    with pytest.raises(ValueError, match=r"^state\['\w+'\]=array of shape \(4,\): must have w's shape \(3,\);"):
        call(rule)(w, w, started(rule, (4,)), **plainly(rule))
    with pytest.raises(TypeError, match=r"^state\['\w+'\]=array of float32: dtype must be float64; convert"):
        call(rule)(w, w, started(rule, dtype=np.float32), **plainly(rule))
    frozen = started(rule)
    for array in frozen.values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    with pytest.raises(ValueError, match=r"^state\['\w+'\]=read-only array: is updated in place; pass"):
        call(rule)(w, w, frozen, **plainly(rule))

    assert bits(np.ones(3)) == bits(w)


def test_options_that_need_other_arrays_are_refused_for_a_state_without_them() -> None:
    with pytest.raises(ValueError, match=r"must hold step, .*second_moment_maximum; .* same options"):
        fast.adam(np.ones(3), np.ones(3), started("adam"), amsgrad=True, dialect={})
    with pytest.raises(ValueError, match=r"must hold step, mean_square, momentum_buffer; .* same options"):
        fast.rmsprop(np.ones(3), np.ones(3), started("rmsprop"), momentum=0.5, dialect={})


@pytest.mark.parametrize(("rule", "dialect", "options"), VARIANTS)
def test_a_gradient_that_raises_changes_nothing(rule: str, dialect: dict[str, str], options: dict[str, Any]) -> None:
    w = numbers((3,))
    state = call(rule)(w, lambda point: point, dialect=dialect, **options)
    before = bits(w), pickle.dumps(state)

    def gradient(point: Any) -> Any:
        raise ZeroDivisionError

    for passed in (None, state):
        with pytest.raises(ZeroDivisionError):
            call(rule)(w, gradient, passed, dialect=dialect, **options)
        with pytest.raises(ValueError, match=r"^gradient=array of shape"):
            call(rule)(w, lambda point: np.ones(4), passed, dialect=dialect, **options)

    assert before == (bits(w), pickle.dumps(state))


def test_an_array_is_refused_as_the_gradient_of_a_look_ahead() -> None:
    with pytest.raises(TypeError, match=r"gradient=ndarray: look_ahead takes .*; pass a callable, or choose nest"):
        fast.nesterov(np.ones(3), np.ones(3), dialect="paper")


def test_a_look_ahead_evaluates_the_gradient_at_the_next_point_of_a_zero_gradient() -> None:
    points: list[float] = []

    def gradient(point: Any) -> Any:
        points.append(float(point[0]))
        return np.ones(1)

    for place in ("inside", "outside"):
        w, state = np.array([8.0]), None
        for learning_rate in (0.5, 0.25):
            state = fast.nesterov(
                w,
                gradient,
                state,
                learning_rate=learning_rate,
                momentum=0.5,
                dialect={"nesterov_form": "look_ahead", "learning_rate_place": place},
            )

    # Both stand at 7.5 after the first step; the buffer is 0.5 inside and 1 outside.
    assert [8.0, 7.5 - 0.5 * 0.5, 8.0, 7.5 - 0.25 * 0.5 * 1.0] == points


def steps(rule: str, dialect: Any, gradients: list[float], rates: list[float], **options: Any) -> list[float]:
    """Return the positions from 0 on, for dyadic numbers of which every intermediate is exact."""
    w, state, positions = np.zeros(1), None, []
    for gradient, rate in zip(gradients, rates, strict=True):
        state = call(rule)(w, np.array([float(gradient)]), state, learning_rate=rate, dialect=dialect, **options)
        positions.append(float(w[0]))
    return positions


def test_a_falling_learning_rate_tells_the_places_of_momentum_apart() -> None:
    inside = steps("momentum", "keras", [1, 1], [1, 0.25], momentum=0.5)
    outside = steps("momentum", "optax", [1, 1], [1, 0.25], momentum=0.5)

    assert [-1, -1 - (0.5 + 0.25)] == inside
    assert [-1, -1 - 0.25 * 1.5] == outside


def test_dampening_is_skipped_at_the_first_step_of_torch_only() -> None:
    damped = {"learning_rate_place": "outside", "gain": "one_minus_dampening"}

    assert [-1, -1 - 0.75] == steps("momentum", "torch", [1, 1], [1, 1], momentum=0.5, dampening=0.75)
    assert [-0.25, -0.625] == steps("momentum", damped, [1, 1], [1, 1], momentum=0.5, dampening=0.75)
    assert [-0.25] == steps("momentum", {"gain": "one_minus_momentum"}, [1], [1], momentum=0.75)


def test_an_accumulator_of_zero_is_guarded_by_optax_only() -> None:
    assert [0.0] == steps("adagrad", "optax", [0], [1], epsilon=0)
    assert np.isnan(steps("adagrad", "keras", [0], [1], epsilon=0)).all()


def test_the_epsilon_of_adam_stands_in_four_places() -> None:
    # g = 2, β₂ = 3/4: ŝ = 4, √c₂ = 1/2, so that every denominator below is 4 and the ratio 1/2.
    exact = {"beta1": 0.5, "beta2": 0.75}

    assert [-0.5] == steps("adam", "torch", [2], [1], epsilon=2, **exact)
    assert [-0.5] == steps("adam", "deck", [2], [1], epsilon=12, **exact)
    assert [-0.5] == steps("adam", "keras", [2], [1], epsilon=1, **exact)
    assert [-0.4] == steps("adam", "optax", [2], [1], epsilon_root=12, epsilon=1, **exact)
    assert [-1.0] == steps("adam", {"bias_correction": "none"}, [2], [1], epsilon=0, **exact)


def test_the_largest_second_moment_is_taken_before_or_after_the_correction() -> None:
    # β₂ = 3/4 and g = 4, then 0: the second moment is 4, then 3; corrected it is 16, then 48/7.
    def maximum(vendor: str) -> float:
        state = None
        for gradient in (4.0, 0.0):
            w = np.zeros(1)
            state = fast.adam(w, np.array([gradient]), state, beta2=0.75, amsgrad=True, dialect=vendor)
        return float(state["second_moment_maximum"][0]) if state else 0.0

    assert maximum("torch") == 4
    assert maximum("optax") == 16


def test_weight_decay_takes_three_forms() -> None:
    def after(form: str) -> float:
        w, state = np.array([16.0]), None
        for rate in (0.5, 0.25):
            dialect = {"weight_decay_form": form}
            state = fast.momentum(
                w, np.zeros(1), state, learning_rate=rate, momentum=0.5, weight_decay=0.25, dialect=dialect
            )
        return float(w[0])

    # Joined to the gradient it enters the buffer: m = 2, w = 14; m = 1 + 14/16.
    assert after("l2") == 14 - (1 + 14 / 16)
    assert after("decoupled") == 16 * (1 - 1 / 8) * (1 - 1 / 16)
    assert after("decoupled_schedule") == 16 * (1 - 1 / 4) * (1 - 1 / 8)


def test_a_decay_by_the_schedule_needs_a_first_learning_rate() -> None:
    w = np.ones(1)
    state = fast.adam(w, np.ones(1), learning_rate=0.0, dialect="paper")
    message = r"^first_learning_rate=0.0: decoupled_schedule divides .*; start from a positive learning_rate$"
    with pytest.raises(ValueError, match=message):
        fast.adam(w, np.ones(1), state, learning_rate=0.1, weight_decay=0.1, dialect="paper")

    assert state["step"] == 1
    assert bits(np.ones(1)) == bits(w)


def test_the_learning_rate_of_adagrad_decays_from_the_second_step_on() -> None:
    positions = steps("adagrad", {}, [3, 4], [1, 1], epsilon=0, learning_rate_decay=1.0)

    assert [-1, -1 - 0.5 * (4 / 5)] == positions


@pytest.mark.parametrize(("rule", "vendor"), list(itertools.product(RULES, dialects.VENDORS)))
def test_a_vendor_resolves_to_one_value_per_axis_or_names_those_that_have_the_rule(rule: str, vendor: str) -> None:
    chosen = dialects.VENDORS[vendor].get(rule)
    if chosen is None:
        with pytest.raises(ValueError, match=rf"^dialect='{vendor}': has no {rule}; choose torch, keras, optax.* or"):
            dialects.resolve(rule, vendor)
        return
    values = dialects.resolve(rule, vendor)

    assert list(dialects.AXES[rule]) == list(values)
    assert chosen.items() <= values.items()
    assert values == dialects.resolve(rule, chosen)


@pytest.mark.parametrize("rule", RULES)
def test_an_axis_left_out_takes_its_first_value(rule: str) -> None:
    assert {axis: values[0] for axis, values in dialects.AXES[rule].items()} == dialects.resolve(rule, {})


@pytest.mark.parametrize(
    ("rule", "dialect", "error", "message"),
    [
        ("adan", "torch", ValueError, "^rule='adan': no such rule; did you mean 'adam'"),
        ("adam", "pytorch", ValueError, "^dialect='pytorch': no such vendor; did you mean 'torch'"),
        ("adam", "", ValueError, "^dialect='': no such vendor; choose torch, keras, .* or paper$"),
        (
            "adam",
            {"epsilon": "hat"},
            ValueError,
            "^dialect axis='epsilon': adam has no such axis; did you mean",
        ),
        ("adam", {"epsilon_place": "insde"}, ValueError, "^epsilon_place='insde': .*; did you mean 'inside'"),
        (
            "rmsprop",
            {"epsilon_place": "hat"},
            ValueError,
            "^epsilon_place='hat': .*; choose inside or outside$",
        ),
        (
            "adam",
            {"epsilon_place": ["hat"]},
            ValueError,
            r"^epsilon_place=\['hat'\]: no such value for adam;",
        ),
        (
            "adam",
            None,
            TypeError,
            "^dialect=NoneType: must name a vendor or map axes to values; pass one of torch",
        ),
    ],
)
def test_names_that_do_not_exist_are_answered_with_the_nearest_that_do(
    rule: str, dialect: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        dialects.resolve(rule, dialect)

    assert len(str(caught.value).splitlines()) == 1


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, min_side=0), elements=st.floats(width=32)),
    st.sampled_from(VARIANTS),
)
def test_any_numbers_at_all_leave_dtype_shape_and_gradient_as_they_were(
    w: Any, variant: tuple[str, dict[str, str], dict[str, Any]]
) -> None:
    rule, dialect, options = variant
    gradient = w.copy()
    before = bits(gradient)
    shape, dtype = w.shape, w.dtype
    state = None
    for _ in range(3):
        state = call(rule)(w, lambda point: gradient, state, dialect=dialect, **options)

    assert (shape, dtype) == (w.shape, w.dtype)
    assert before == bits(gradient)
