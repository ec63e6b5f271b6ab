"""Activations, losses, penalties, clipping and max-norm: two libraries, gradients, kinks, extremes, refusals."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from gradspec.fast import numpy as fast_numpy
from gradspec.fast import torch as fast_torch

SCALARS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")
ENTRIES = [-100.0, -30.5, -2.0, -1e-4, -1e-20, 1e-20, 3e-5, 0.75, 17.0, 20.0, 100.0]
UPSTREAM = [1.0, -2.0, 0.5, 3.0, -1.0, 0.25, 1.5, -0.75, 2.0, 1.0, -4.0]
LOGITS = [[0.5, -1.0, 2.0], [9.0, -9.0, 0.0], [20.0, -20.0, 1.0], [-0.25, -0.25, -0.25]]
SHARES = [[0.5, 0.25, 0.25], [0.125, 0.5, 0.375], [0.25, 0.5, 0.25], [0.75, 0.125, 0.125]]
LABELS = [0, 1, 2, 1]
GRADIENTS = [[3.0, 4.0], [-12.0, 0.5]]
WEIGHTS = [[3.0, 0.25], [4.0, -0.125], [0.0, 0.5]]
PROBABILITIES = {"input": "probabilities"}
KERAS = {**PROBABILITIES, "renormalise": "yes", "clip": "both"}

Arrays = Sequence[Any]
#: name -> its function and arguments, arrays as lists of numbers, for comparisons of the libraries
CALLS: dict[str, tuple[str, Arrays, dict[str, Any]]] = {
    **{name: (name, [ENTRIES], {}) for name in SCALARS},
    **{f"{name}_gradient": (f"{name}_gradient", [ENTRIES, UPSTREAM], {}) for name in SCALARS},
    "leaky_relu-maximum": ("leaky_relu", [ENTRIES], {"negative_slope": 3.0, "dialect": {"branches": "maximum"}}),
    "prelu": ("prelu", [ENTRIES, [0.25]], {}),
    "prelu_gradient": ("prelu_gradient", [ENTRIES, UPSTREAM, UPSTREAM], {}),
    "softmax": ("softmax", [LOGITS], {}),
    "softmax_gradient": ("softmax_gradient", [LOGITS, SHARES], {"axis": 0}),
    "cross_entropy": ("cross_entropy", [LOGITS, LABELS], {}),
    "cross_entropy_gradient": ("cross_entropy_gradient", [LOGITS, LABELS, 0.5], {}),
    "cross_entropy-probabilities": ("cross_entropy", [SHARES, LABELS], {"dialect": KERAS}),
    "cross_entropy_gradient-probabilities": ("cross_entropy_gradient", [SHARES, LABELS, 0.5], {"dialect": KERAS}),
    "mean_squared_error": ("mean_squared_error", [LOGITS, SHARES], {}),
    "mean_squared_error_gradient": ("mean_squared_error_gradient", [LOGITS, SHARES, 2.0], {}),
    "l1": ("l1", [WEIGHTS], {"strength": 0.1}),
    "l1_gradient": ("l1_gradient", [WEIGHTS, 2.0], {"strength": 0.1}),
    "l2": ("l2", [WEIGHTS], {"strength": 0.1}),
    "l2_gradient": ("l2_gradient", [WEIGHTS, 2.0], {"strength": 0.1}),
    "max_norm": ("max_norm", [WEIGHTS], {"maximum": 1.5}),
    "clip_by_value": ("clip_by_value", [GRADIENTS], {"clip_value": 1.0}),
    "clip_by_norm": ("clip_by_norm", [GRADIENTS], {"clip_norm": 1.0}),
    "clip_by_global_norm": ("clip_by_global_norm", [[GRADIENTS, UPSTREAM]], {"clip_norm": 1.0}),
}
WITHOUT_AXES = {"sigmoid", "tanh", "softmax", "clip_by_value"}
LIBRARIES = pytest.mark.parametrize("functions", [fast_numpy, fast_torch], ids=["numpy", "torch"])
CALL = pytest.mark.parametrize(("name", "given", "keywords"), CALLS.values(), ids=[*CALLS])


def made(functions: Any, values: Any, dtype: str = "float64") -> Any:
    """An array of floating-point numbers, of the labels as integers; a list of arrays of differing shapes; a number."""
    if isinstance(values, float):
        return values
    if values is LABELS:
        return np.array(values) if functions is fast_numpy else torch.tensor(values)
    if values == [GRADIENTS, UPSTREAM]:
        return [made(functions, one, dtype) for one in values]
    if functions is fast_numpy:
        return np.array(values, dtype)
    return torch.tensor(values, dtype=getattr(torch, dtype))


def called(functions: Any, name: str, given: Arrays, dtype: str = "float64", **keywords: Any) -> list[Any]:
    """The results as arrays of NumPy's float64."""
    if name.removesuffix("_gradient") not in WITHOUT_AXES:
        keywords.setdefault("dialect", "torch")
    results = getattr(functions, name)(*(made(functions, one, dtype) for one in given), **keywords)
    listed = results if isinstance(results, (list, tuple)) else [results]
    assert {dtype} == {str(one.dtype).removeprefix("torch.") for one in listed}
    return [np.asarray(one.double() if isinstance(one, torch.Tensor) else one, np.float64) for one in listed]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@CALL
def test_the_libraries_agree_to_a_few_last_places(
    name: str, given: Arrays, keywords: dict[str, Any], dtype: str
) -> None:
    expected = called(fast_numpy, name, given, dtype, **keywords)
    actual = called(fast_torch, name, given, dtype, **keywords)
    # Sums over rows of up to eleven numbers, in any order, of results whose largest terms are below 2 max|result|.
    places = {"float64": 52, "float32": 23, "float16": 10}[dtype]

    for one, other in zip(expected, actual, strict=True):
        assert np.all(np.abs(one - other) <= 16 * 2.0**-places * np.maximum(np.abs(one), 2.0 ** (places - 60)))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@CALL
def test_a_narrower_dtype_gives_the_float64_result_of_its_own_inputs(
    name: str, given: Arrays, keywords: dict[str, Any], dtype: str
) -> None:
    kept = [one if isinstance(one, float) or one is LABELS else rounded(one, dtype) for one in given]
    expected = called(fast_torch, name, kept, **keywords)
    actual = called(fast_torch, name, kept, dtype, **keywords)
    kind = torch.finfo(getattr(torch, dtype))

    for one, other in zip(expected, actual, strict=True):
        assert np.all(np.abs(one - other) <= 16 * kind.eps * np.maximum(np.abs(one), kind.tiny / kind.eps))


def rounded(values: Any, dtype: str) -> Any:
    """The numbers that lists hold in the dtype."""
    if values == [GRADIENTS, UPSTREAM]:
        return values  # exact in every dtype
    return torch.tensor(values, dtype=torch.float64).to(getattr(torch, dtype)).double().tolist()


#: function -> what torch's autograd differentiates in its place, away from kinks
TWINS: dict[str, Callable[..., torch.Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": partial(torch.nn.functional.leaky_relu, negative_slope=0.01),
    "elu": torch.nn.functional.elu,
    "prelu": torch.nn.functional.prelu,
    "softmax": partial(torch.softmax, dim=-1),
    "mean_squared_error": torch.nn.functional.mse_loss,
}


@pytest.mark.parametrize("name", [*TWINS])
@LIBRARIES
def test_a_gradient_is_that_of_automatic_differentiation(functions: Any, name: str) -> None:
    rng = np.random.default_rng(3)
    given = [rng.normal(size=(4, 5)).tolist()]
    given += [[0.25]] if name == "prelu" else [rng.normal(size=(4, 5)).tolist()] if name.startswith("mean") else []
    leaves = [torch.tensor(one, dtype=torch.float64, requires_grad=True) for one in given]
    result = TWINS[name](*leaves)
    upstream: Any = rng.normal(size=result.shape).tolist()
    wanted = leaves if name == "prelu" else leaves[:1]
    expected = torch.autograd.grad(result, wanted, torch.tensor(upstream, dtype=torch.float64))
    actual = called(functions, f"{name}_gradient", [*given, upstream])

    for one, other in zip(expected, actual, strict=True):
        assert np.all(np.abs(one.numpy() - other) <= 1e-14)  # of numbers near 1


@pytest.mark.parametrize("dialect", [{"input": "logits"}, {**PROBABILITIES, "renormalise": "no"}, KERAS], ids=str)
@LIBRARIES
def test_the_gradient_of_cross_entropy_is_that_of_automatic_differentiation(
    functions: Any, dialect: dict[str, str]
) -> None:
    given = LOGITS if dialect["input"] == "logits" else SHARES
    leaf = torch.tensor(given, dtype=torch.float64, requires_grad=True)
    logs = torch.log_softmax(leaf, 1) if dialect["input"] == "logits" else torch.log(leaf)
    if dialect.get("renormalise") == "yes":
        logs = torch.log(leaf / leaf.sum(1, keepdim=True))
    loss = torch.nn.functional.nll_loss(logs, torch.tensor(LABELS))
    (expected,) = torch.autograd.grad(2 * loss, leaf)
    (value,) = called(functions, "cross_entropy", [given, LABELS], dialect=dialect)
    (actual,) = called(functions, "cross_entropy_gradient", [given, LABELS, 2.0], dialect=dialect)

    assert abs(loss.item() - value) <= 1e-13
    assert np.all(np.abs(expected.numpy() - actual) <= 1e-14)


@pytest.mark.parametrize(
    ("name", "value", "keywords", "expected"),
    [
        ("relu", "zero", {}, 0.0),
        ("relu", "half", {}, 0.5),
        ("relu", "one", {}, 1.0),
        ("leaky_relu", "slope", {"negative_slope": 0.25}, 0.25),
        ("leaky_relu", "one", {"negative_slope": 0.25}, 1.0),
        ("leaky_relu", "half", {"negative_slope": 0.25}, 0.625),
        ("elu", "slope", {"alpha": 0.5}, 0.5),
        ("elu", "one", {"alpha": 0.5}, 1.0),
        ("l1", "zero", {"strength": 1.0}, 0.0),
        ("l1", "one", {"strength": 1.0}, 1.0),
    ],
)
@LIBRARIES
def test_the_derivative_at_zero_is_the_one_of_the_dialect(
    functions: Any, name: str, value: str, keywords: dict[str, float], expected: float
) -> None:
    upstream: Any = 4.0 if name == "l1" else [4.0, 4.0]
    dialect = {"derivative_at_zero": value}

    (actual,) = called(functions, f"{name}_gradient", [[0.0, -0.0], upstream], dialect=dialect, **keywords)

    assert [4 * expected] * 2 == actual.tolist()


@pytest.mark.parametrize(("value", "expected"), [("slope", 0.25), ("one", 1.0), ("zero", 0.0)])
@LIBRARIES
def test_prelu_at_zero_teaches_its_slope_nothing(functions: Any, value: str, expected: float) -> None:
    dialect = {"derivative_at_zero": value}

    to_x, to_alpha = called(functions, "prelu_gradient", [[0.0, -2.0], [0.25], [1.0, 3.0]], dialect=dialect)

    assert [expected, 0.75] == to_x.tolist()
    assert [-6.0] == to_alpha.tolist()


@LIBRARIES
def test_a_slope_for_each_channel_gets_the_sum_over_its_channel(functions: Any) -> None:
    x = [[[-1.0, 2.0], [-3.0, -4.0]]]
    upstream = [[[1.0, 1.0], [1.0, 10.0]]]

    _, to_alpha = called(functions, "prelu_gradient", [x, [[0.5], [0.25]], upstream])

    assert [[-1.0], [-43.0]] == to_alpha.tolist()


@LIBRARIES
def test_a_leaky_maximum_takes_the_steeper_line_below_only_up_to_slope_one(functions: Any) -> None:
    steep = {"negative_slope": 3.0}

    assert [-6.0, 2.0] == called(functions, "leaky_relu", [[-2.0, 2.0]], **steep)[0].tolist()
    assert [-2.0, 6.0] == called(functions, "leaky_relu", [[-2.0, 2.0]], dialect="deck", **steep)[0].tolist()


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@LIBRARIES
def test_no_finite_input_gives_nan(functions: Any, dtype: str) -> None:
    largest, least = float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)
    x = [largest, -largest, least, -least, 0.0, 1.0]
    turned = [-largest, largest, -1.0, 0.0, least, largest]

    for name in (*SCALARS, "softmax"):
        assert not np.isnan(called(functions, name, [x], dtype)[0]).any(), name
        assert not np.isnan(called(functions, f"{name}_gradient", [x, turned], dtype)[0]).any(), name
    for name, keywords in (
        ("clip_by_norm", {"clip_norm": 1.0}),
        ("max_norm", {"maximum": 1.0}),
        ("l2", {"strength": 1.0}),
    ):
        assert not np.isnan(called(functions, name, [x], dtype, **keywords)[0]).any(), name
    for upstream in (0.0, 1.0):
        assert not np.isnan(called(functions, "mean_squared_error_gradient", [x, turned, upstream], dtype)[0]).any()
        rows = [[largest, -largest, 0.0]] * 4
        assert not np.isnan(called(functions, "cross_entropy_gradient", [rows, LABELS, upstream], dtype)[0]).any()
        assert not np.isnan(called(functions, "cross_entropy", [rows, LABELS], dtype)[0]).any()


@LIBRARIES
def test_saturated_derivatives_do_not_cancel(functions: Any) -> None:
    x = [20.0, 30.0]

    assert np.allclose(np.exp([-20, -30]), called(functions, "sigmoid_gradient", [x, [1.0, 1.0]])[0], rtol=1e-8, atol=0)
    assert np.allclose(
        4 * np.exp([-40, -60]), called(functions, "tanh_gradient", [x, [1.0, 1.0]])[0], rtol=1e-15, atol=0
    )
    (of_softmax,) = called(functions, "softmax_gradient", [[[50.0, 0.0]], [[1.0, 0.0]]])
    assert np.allclose(np.exp(-50) * np.array([[1, -1]]), of_softmax, rtol=1e-14, atol=0)
    (of_loss,) = called(functions, "cross_entropy_gradient", [[[50.0, 50.0 - 60.0, -60.0]] * 4, LABELS, 4.0])
    assert np.allclose(-np.exp(-60), of_loss[0, 0], rtol=1e-14, atol=0)


@LIBRARIES
def test_wrong_examples_below_the_clip_stop_teaching_unless_the_gradient_is_exact(functions: Any) -> None:
    shares = [[1 - 1e-9, 1e-9, 0.0]] * 4
    dialect = {**PROBABILITIES, "renormalise": "no", "clip": "both"}

    (loss,) = called(functions, "cross_entropy", [shares, LABELS], dialect=dialect)
    (stopped,) = called(functions, "cross_entropy_gradient", [shares, LABELS, 1.0], dialect=dialect)
    (exact,) = called(
        functions,
        "cross_entropy_gradient",
        [shares, LABELS, 4.0],
        dialect={**dialect, "gradient_on_clip": "exact"},
    )

    assert abs((3 * -np.log(1e-7) + 1e-7) / 4 - loss) <= 1e-14
    assert not stopped.any()
    assert np.allclose([-1 / (1 - 1e-9), -1e9, -np.inf, -1e9], exact[range(4), LABELS], rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "keywords", "dialect", "expected"),
    [
        ("mean_squared_error", {}, {"factor": "half"}, 2.5),
        ("mean_squared_error", {}, {"factor": "one"}, 5.0),
        ("l1", {"strength": 0.5, "batch_size": 4}, {"reduction": "sum"}, 2.0),
        ("l1", {"strength": 0.5, "batch_size": 4}, {"reduction": "per_batch"}, 0.5),
        ("l2", {"strength": 0.5}, "keras", 5.0),
        ("l2", {"strength": 0.5}, "torch", 2.5),
        ("l2", {"strength": 0.5, "batch_size": 5}, "sklearn", 0.5),
    ],
)
@LIBRARIES
def test_losses_and_penalties_have_the_factor_of_the_dialect(
    functions: Any, name: str, keywords: dict[str, Any], dialect: Any, expected: float
) -> None:
    given = [[3.0, -1.0]] if name in ("l1", "l2") else [[3.0, -1.0], [0.0, 0.0]]

    assert expected == called(functions, name, given, dialect=dialect, **keywords)[0]


@pytest.mark.parametrize(("scope", "expected"), [("weights", [9.0, 6.0, 0.0]), ("all_parameters", [13.0, 6.0, 4.0])])
@LIBRARIES
def test_a_bias_counts_where_the_scope_says_so(functions: Any, scope: str, expected: list[float]) -> None:
    chosen = {"strength": 1.0, "bias": made(functions, [2.0]), "dialect": {"factor": "one", "scope": scope}}
    results = [*called(functions, "l2", [[3.0]], **chosen), *called(functions, "l2_gradient", [[3.0], 1.0], **chosen)]

    assert expected == [float(x.reshape(())) for x in results]


@pytest.mark.parametrize(
    ("order", "loss_gradient", "expected"),
    [
        ("inside_clip", 3.0, [0.6, 0.8]),
        ("after_clip", 3.0, [1.0, 4.0]),
        ("after_clip", 0.5, [0.5, 4.0]),
        ("inside_clip", 0.0, [0.0, 1.0]),
    ],
)
@LIBRARIES
def test_a_penalty_is_clipped_with_the_loss_or_added_after(
    functions: Any, order: str, loss_gradient: float, expected: list[float]
) -> None:
    loss, dialect = made(functions, [loss_gradient, 0.0]), {"factor": "half", "clip_order": order}
    chosen = {"strength": 1.0, "loss_gradient": loss, "clip_norm": 1.0, "dialect": dialect}
    (actual,) = called(functions, "l2_gradient", [[0.0, 4.0], 1.0], **chosen)

    assert np.all(np.abs(np.array(expected) - actual) <= 2.0**-53)


@LIBRARIES
def test_the_forms_of_the_norm_clips_differ_by_epsilon(functions: Any) -> None:
    clip, epsilon = partial(called, functions, "clip_by_norm", [[3.0, 4.0]]), {"clip_norm": 1.0, "epsilon": 3.0}

    assert np.allclose([0.6, 0.8], clip(dialect={"epsilon_use": "none"}, **epsilon)[0], rtol=1e-15)
    assert [0.375, 0.5] == clip(dialect={"epsilon_use": "always"}, **epsilon)[0].tolist()
    columns = partial(called, functions, "max_norm", [[[3.0, 0.5], [4.0, 0.0]]], maximum=1.0, epsilon=0.5)
    assert np.allclose([[0.6, 0.5], [0.8, 0.0]], columns(dialect="deck")[0], rtol=1e-15)
    assert np.allclose([[3 / 5.5, 0.5], [4 / 5.5, 0.0]], columns(dialect="torch")[0], rtol=1e-15)
    assert np.allclose([[3 / 5.5, 0.25], [4 / 5.5, 0.0]], columns(dialect="keras")[0], rtol=1e-15)


@LIBRARIES
def test_all_gradients_are_shortened_by_one_factor(functions: Any) -> None:
    first, second = called(
        functions, "clip_by_global_norm", [[GRADIENTS, UPSTREAM]], clip_norm=1.0, dialect={"epsilon_use": "none"}
    )

    assert abs(np.sqrt((first**2).sum() + (second**2).sum()) - 1) <= 1e-15


@LIBRARIES
def test_norms_neither_overflow_nor_vanish(functions: Any) -> None:
    exact = {"clip_norm": 1.0, "dialect": {"epsilon_use": "none"}}
    for size in (1e308, 1e-200):
        (large,) = called(functions, "clip_by_norm", [[size, size]], clip_norm=size, dialect={"epsilon_use": "none"})
        assert np.allclose([size / np.sqrt(2)] * 2, large, rtol=1e-15, atol=0)
    assert np.allclose([0.6, 0.8], called(functions, "clip_by_norm", [[3e30, 4e30]], "float32", **exact)[0], rtol=1e-6)


@pytest.mark.parametrize("name", ["clip_by_norm", "clip_by_global_norm"])
@LIBRARIES
def test_what_is_not_finite_gives_the_pattern_of_the_dialect(functions: Any, name: str) -> None:
    def clipped(entry: float, value: str) -> str:
        array = made(functions, [entry, 1.0])
        given = [array] if name == "clip_by_global_norm" else array
        result = getattr(functions, name)(given, clip_norm=1.0, dialect={"nonfinite": value})
        return str((result[0] if isinstance(result, list) else result).tolist())

    infinite, nan = float("inf"), float("nan")
    assert "[nan, 0.0]" == clipped(infinite, "entry_nan")
    assert ["[nan, nan]"] * 3 == [clipped(nan, "entry_nan"), clipped(nan, "all_nan"), clipped(infinite, "all_nan")]
    with pytest.raises(ValueError, match="the norm is infinite or NaN"):
        clipped(infinite, "raise")


@CALL
@LIBRARIES
def test_inputs_are_not_written_to(functions: Any, name: str, given: Arrays, keywords: dict[str, Any]) -> None:
    arrays = [made(functions, one) for one in given]
    flat = [one for array in arrays for one in (array if isinstance(array, list) else [array]) if hasattr(one, "shape")]
    before = [one.tolist() for one in flat]
    chosen = {} if name.removesuffix("_gradient") in WITHOUT_AXES else {"dialect": "torch"}

    getattr(functions, name)(*arrays, **{**chosen, **keywords})

    assert before == [one.tolist() for one in flat]


@CALL
def test_nothing_is_read_back_from_a_gpu(name: str, given: Arrays, keywords: dict[str, Any]) -> None:
    with FakeTensorMode(allow_non_fake_inputs=False), torch.device("cuda"):
        arrays = [made(fast_torch, one, "float32") for one in given]
        result = getattr(fast_torch, name)(*arrays, **keywords)

    listed = result if isinstance(result, (list, tuple)) else [result]
    assert {("cuda", torch.float32)} == {(one.device.type, one.dtype) for one in listed}


REFUSALS: dict[str, tuple[str, Callable[[Any, Callable[..., Any]], Any], type[Exception]]] = {
    "x=list: must be a NumPy array or a torch tensor; pass one": ("sigmoid", lambda f, a: f([1.0]), TypeError),
    "x=array of int64: dtype must be float16, float32, float64 or torch's bfloat16; convert it": (
        "tanh",
        lambda f, a: f(a([1], "int64")),
        TypeError,
    ),
    "upstream=array of float32: must have x's dtype float64; convert it": (
        "sigmoid_gradient",
        lambda f, a: f(a([1.0]), a([1.0], "float32")),
        TypeError,
    ),
    "upstream=array of shape (2,): must have x's shape (1,); reshape it": (
        "relu_gradient",
        lambda f, a: f(a([1.0]), a([1.0, 2.0]), dialect="torch"),
        ValueError,
    ),
    "alpha=array of shape (2,): must have one entry or broadcast to x's shape (3,); reshape it": (
        "prelu",
        lambda f, a: f(a([1.0, 2.0, 3.0]), a([1.0, 2.0]), dialect="torch"),
        ValueError,
    ),
    "axis=1: an array of shape (1,) has no such axis; pass one of its 1": (
        "softmax",
        lambda f, a: f(a([1.0]), axis=1),
        ValueError,
    ),
    "labels=array of float64: dtype must be an integer one; convert it": (
        "cross_entropy",
        lambda f, a: f(a([[1.0]]), a([0.0]), dialect="torch"),
        TypeError,
    ),
    "labels=array of classes: must lie from 0 to 1; leave other examples out": (
        "cross_entropy",
        lambda f, a: f(a([[1.0, 2.0]]), a([-1], "int64"), dialect="torch"),
        ValueError,
    ),
    "batch_size=NoneType: must be an int under per_batch; pass the number of examples": (
        "l1",
        lambda f, a: f(a([1.0]), strength=1.0, dialect={"reduction": "per_batch"}),
        TypeError,
    ),
    "clip_norm=1.0: clips the gradient of loss and penalty; pass loss_gradient too": (
        "l1_gradient",
        lambda f, a: f(a([1.0]), 1.0, strength=1.0, clip_norm=1.0, dialect="torch"),
        ValueError,
    ),
    "loss_gradient=array: is that of w alone, beside a bias; call once for each of them": (
        "l2_gradient",
        lambda f, a: f(a([1.0]), 1.0, strength=1.0, bias=a([1.0]), loss_gradient=a([1.0]), dialect="torch"),
        ValueError,
    ),
    "loss_gradient=array of shape (2,): must have w's shape (1,); reshape it": (
        "l2_gradient",
        lambda f, a: f(a([1.0]), 1.0, strength=1.0, loss_gradient=a([1.0, 2.0]), dialect="torch"),
        ValueError,
    ),
    "clip_value=-1: must lie in [0, inf); pass a number from that interval": (
        "clip_by_value",
        lambda f, a: f(a([1.0]), clip_value=-1),
        ValueError,
    ),
    "dialect='scipy': no such vendor; choose torch, keras, jax, flax, sklearn, tinygrad, tfjs, deck or paper": (
        "relu",
        lambda f, a: f(a([1.0]), dialect="scipy"),
        ValueError,
    ),
}


@pytest.mark.parametrize("message", [*REFUSALS])
@LIBRARIES
def test_a_refusal_reads_the_same_in_both_libraries(functions: Any, message: str) -> None:
    name, call, error = REFUSALS[message]

    def array(values: Any, dtype: str = "float64") -> Any:
        return made(functions, values, dtype)

    with pytest.raises(error) as caught:
        call(getattr(functions, name), array)

    assert message == str(caught.value)


def test_numpy_arrays_need_a_dialect_where_implementations_differ() -> None:
    with pytest.raises(TypeError, match="dialect=None: implementations of relu differ in derivative_at_zero; name a"):
        fast_numpy.relu(np.ones(2))


def test_arrays_of_two_libraries_or_devices_are_refused() -> None:
    with pytest.raises(TypeError, match="upstream=ndarray: must be of x's library torch; convert it"):
        fast_torch.sigmoid_gradient(torch.ones(1), np.ones(1, np.float32))
    with pytest.raises(ValueError, match="upstream=tensor on meta: must be on x's device cpu; move it with to"):
        fast_torch.sigmoid_gradient(torch.ones(1), torch.ones(1, device="meta"))


def test_autograd_does_not_see_the_functions() -> None:
    x = torch.ones(2, requires_grad=True)

    assert not fast_torch.elu(x).requires_grad
