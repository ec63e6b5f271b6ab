"""Layers and networks of the fast backend: one body for both libraries, right at every size of number.

Where a tolerance stands, it counts roundings: `within(k, ..)` allows k units of rounding of the sizes that are summed.
"""

from collections.abc import Callable
from math import exp, log, log1p, sqrt
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from gradspec.fast import dialects
from gradspec.fast import numpy as fast_numpy
from gradspec.fast import torch as fast_torch

from .libraries import KINDS, LIBRARIES, Library

RULES = ("batch_normalization", "dropout", "rrelu", "dense", "feedforward_network", "sigmoid_chain")
BOTH = pytest.mark.parametrize("library", LIBRARIES, ids=[library.name for library in LIBRARIES])
EVERY_KIND = pytest.mark.parametrize(("library", "dtype"), [*KINDS.values()], ids=[*KINDS])
PRECISE = {name: kind for name, kind in KINDS.items() if kind[1] in ("float32", "float64")}
EVERY_PRECISE_KIND = pytest.mark.parametrize(("library", "dtype"), [*PRECISE.values()], ids=[*PRECISE])
LARGEST = {name: float(torch.finfo(getattr(torch, name)).max) for name in ("float16", "bfloat16", "float32", "float64")}
FALSE_ALARM = 1e-9


def of(library: Library) -> Any:
    """Its functions, whose names are not known to the type checker."""
    return library.functions


def made(library: Library, array: Any, dtype: str = "float64") -> Any:
    """The numbers of a NumPy array as an array of the library."""
    return library.make(np.asarray(array).tolist(), dtype)


def whole(library: Library, values: list[Any]) -> Any:
    return np.array(values) if library.name == "numpy" else torch.tensor(values)


def generator(library: Library, seed: int) -> Any:
    return np.random.default_rng(seed) if library.name == "numpy" else torch.Generator().manual_seed(seed)


def read(array: Any) -> np.ndarray[Any, Any]:
    """The numbers of an array, in a precision that holds them exactly."""
    return np.array(array.tolist(), np.longdouble)


def normal(*shape: int, seed: int = 0, dtype: str = "float64") -> np.ndarray[Any, Any]:
    """Normal numbers that the dtype holds exactly, in a longer one."""
    values = np.random.default_rng(seed).standard_normal(shape).astype("float32" if dtype != "float64" else dtype)
    return values.astype(np.longdouble)


def within(roundings: int, dtype: str, sizes: Any) -> Any:
    return roundings * float(torch.finfo(getattr(torch, dtype)).eps) / 2 * np.abs(sizes)


def autograd(function: Callable[..., Any], upstream: Any, *arrays: Any) -> list[np.ndarray[Any, Any]]:
    """The gradients that torch derives, in float64."""
    given = [torch.tensor(np.asarray(array, float), requires_grad=True) for array in arrays]
    return [read(g) for g in torch.autograd.grad(function(*given), given, torch.tensor(np.asarray(upstream, float)))]


# --- Batch normalization ---


def normalised(x: Any, epsilon: float) -> Any:
    centred = x - x.mean(0)
    return centred / np.sqrt((centred**2).mean(0) + epsilon)


@EVERY_PRECISE_KIND
@pytest.mark.parametrize("mean", [0.0, 1e4])
def test_a_batch_gets_mean_0_and_variance_1_whatever_its_mean(library: Library, dtype: str, mean: float) -> None:
    x = (normal(16, 3, dtype="float32") + mean).astype("float32").astype(np.longdouble)
    ones, zeros = made(library, np.ones(3), dtype), made(library, np.zeros(3), dtype)
    expected = normalised(x, 1e-5)
    actual = read(of(library).batch_normalization(made(library, x, dtype), ones, zeros))

    # Sixteen squares, their root and a dozen other operations; the mean costs no more, large or not.
    assert np.all(np.abs(actual - expected) <= within(32, dtype, np.maximum(1, expected)))


@EVERY_PRECISE_KIND
def test_a_batch_of_many_is_normalised_as_well_as_one_of_few(library: Library, dtype: str) -> None:
    x = (normal(20_000, 1, dtype="float32") + 1e4).astype("float32").astype(np.longdouble)
    one, zero = made(library, [1.0], dtype), made(library, [0.0], dtype)
    expected = normalised(x, 1e-5)
    actual = read(of(library).batch_normalization(made(library, x, dtype), one, zero))

    # Sums in whatever order: a random walk of roundings rather than their number.
    assert np.all(np.abs(actual - expected) <= within(int(sqrt(20_000)), dtype, np.maximum(1, expected)))


@BOTH
def test_gradients_of_batch_normalization_are_those_of_autograd_along_any_axis(library: Library) -> None:
    x, gamma, beta, upstream = normal(5, 3, 4), normal(3, seed=1), normal(3, seed=2), normal(5, 3, 4, seed=3)
    expected = autograd(
        lambda x, g, b: torch.nn.functional.batch_norm(x, None, None, g, b, True, 0.1, 0.25), upstream, x, gamma, beta
    )
    arrays = [made(library, array) for array in (x, gamma, beta, upstream)]
    actual = of(library).batch_normalization_gradient(*arrays, epsilon=0.25, axis=1)

    for one, other in zip(expected, actual, strict=True):
        assert np.all(np.abs(one - read(other)) <= within(4 * 20, "float64", max(1, np.abs(one).max())))


@BOTH
def test_an_axis_counts_from_either_end_and_is_the_last_unless_told(library: Library) -> None:
    x, gamma, beta = normal(5, 3, 4), made(library, normal(3)), made(library, normal(3, seed=1))
    f = of(library).batch_normalization
    expected = np.moveaxis(read(f(made(library, np.moveaxis(x, 1, -1)), gamma, beta)), -1, 1)

    for axis in (1, -2):
        actual = read(f(made(library, x), gamma, beta, axis=axis))

        assert np.all(np.abs(expected - actual) <= within(80, "float64", np.maximum(1, expected)))


@BOTH
@pytest.mark.parametrize(
    ("momentum_weight", "running_variance", "expected"),
    [
        ("new", "unbiased", (0.75 + 0.75, 1.5 + 7 / 4)),
        ("new", "biased", (0.75 + 0.75, 1.5 + 14 / 12)),
        ("old", "unbiased", (0.25 + 2.25, 0.5 + 21 / 4)),
        ("old", "biased", (0.25 + 2.25, 0.5 + 14 / 4)),
    ],
)
def test_running_statistics_are_weighed_and_divided_as_the_dialect_says(
    library: Library, momentum_weight: str, running_variance: str, expected: tuple[float, float]
) -> None:
    x, mean, variance = made(library, [[1.0], [2.0], [6.0]]), made(library, [1.0]), made(library, [2.0])
    actual = of(library).batch_normalization_update(
        x,
        mean,
        variance,
        momentum=0.25,
        dialect={"momentum_weight": momentum_weight, "running_variance": running_variance},
    )

    for one, other in zip(expected, actual, strict=True):
        assert abs(one - float(other[0])) <= within(8, "float64", one)


@BOTH
def test_running_statistics_are_those_of_torch_in_torchs_dialect(library: Library) -> None:
    x, mean, variance = normal(7, 3) + 100, torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    torch.nn.functional.batch_norm(torch.tensor(np.asarray(x, float)), mean, variance, training=True, momentum=0.1)
    actual = of(library).batch_normalization_update(
        made(library, x), made(library, np.zeros(3)), made(library, np.ones(3)), momentum=0.1, dialect="torch"
    )

    for one, other in zip((mean, variance), actual, strict=True):
        assert np.all(np.abs(read(one) - read(other)) <= within(32, "float64", read(one)))


@BOTH
def test_inference_uses_the_statistics_it_is_given(library: Library) -> None:
    x, gamma, beta, mean, variance = ([[1.0, 2.0]], [2.0, 4.0], [1.0, 0.5], [3.0, -2.0], [3.75, 0.0])
    arrays = [made(library, array) for array in (x, gamma, beta, mean, variance)]
    actual = of(library).batch_normalization_inference(*arrays, epsilon=0.25)

    assert [[2 * (1 - 3) / 2 + 1, 4 * (2 + 2) / 0.5 + 0.5]] == actual.tolist()


@EVERY_KIND
def test_one_value_alone_gives_beta_and_has_no_unbiased_variance(library: Library, dtype: str) -> None:
    functions = of(library)
    x, gamma, beta = (made(library, array, dtype) for array in ([[3.0, -7.0]], [2.0, 4.0], [0.5, 0.25]))

    assert [[0.5, 0.25]] == functions.batch_normalization(x, gamma, beta).tolist()
    with pytest.raises(ValueError, match="the unbiased variance needs two values for each channel"):
        functions.batch_normalization_update(x, gamma, beta, momentum=0.5, dialect="torch")

    mean, variance = functions.batch_normalization_update(x, gamma, beta, momentum=0.5, dialect="keras")

    assert [2.5, -1.5] == mean.tolist()
    assert [0.25, 0.125] == variance.tolist()


@EVERY_KIND
def test_numbers_of_any_size_are_normalised_without_overflow(library: Library, dtype: str) -> None:
    """Three of four equal: by hand 1/√3 and −√3 times the sign, as long as ε is small beside them."""
    functions = of(library)
    one, zero = made(library, [1.0], dtype), made(library, [0.0], dtype)
    for size in (LARGEST[dtype], 1.0, float(torch.finfo(getattr(torch, dtype)).tiny)):
        x = made(library, [[size], [-size], [size], [size]], dtype)
        actual = read(functions.batch_normalization(x, one, zero, epsilon=0.0))
        expected = np.array([[1], [-3], [1], [1]]) / sqrt(3)

        assert np.all(np.abs(actual - expected) <= within(16, dtype, expected))
        assert np.all(np.isfinite(read(functions.batch_normalization_gradient(x, one, zero, x)[0])))


@EVERY_KIND
def test_equal_values_give_beta_even_without_epsilon(library: Library, dtype: str) -> None:
    one, half = made(library, [1.0], dtype), made(library, [0.5], dtype)
    for size in (LARGEST[dtype], 1.0, 0.0):
        for epsilon in (0.0, 1e-5):
            x = made(library, [[size]] * 4, dtype)

            assert [[0.5]] * 4 == of(library).batch_normalization(x, one, half, epsilon=epsilon).tolist()


# --- Dropout ---

FACTORS = {  # of what is kept at rate 1/4, in training and afterwards
    ("train", "drop"): (4 / 3, 1.0),
    ("train", "keep"): (4.0, 1.0),
    ("test", "drop"): (1.0, 0.75),
    ("test", "keep"): (1.0, 0.25),
}


@BOTH
@pytest.mark.parametrize(("axes", "factors"), [*FACTORS.items()])
def test_kept_inputs_are_scaled_when_the_dialect_says(
    library: Library, axes: tuple[str, str], factors: tuple[float, float]
) -> None:
    functions = of(library)
    dialect = dict(zip(("scale_at", "rate_meaning"), axes, strict=True))
    x, mask = made(library, [3.0, -6.0, 9.0]), whole(library, [True, False, True])
    y, returned = functions.dropout(x, mask, rate=0.25, dialect=dialect)

    assert [3 * factors[0], 0.0, 9 * factors[0]] == y.tolist()
    assert [True, False, True] == returned.tolist()
    assert [3 * factors[1], -6 * factors[1], 9 * factors[1]] == (
        functions.dropout_inference(x, rate=0.25, dialect=dialect).tolist()
    )


@EVERY_KIND
@pytest.mark.parametrize(("rate_meaning", "kept"), [("drop", 0.75), ("keep", 0.25)])
def test_a_mask_keeps_the_share_that_the_rate_says(
    library: Library, dtype: str, rate_meaning: str, kept: float
) -> None:
    count = 20_000
    x = made(library, np.ones(count), dtype)
    y, mask = of(library).dropout(
        x, rate=0.25, generator=generator(library, 1), dialect={"scale_at": "test", "rate_meaning": rate_meaning}
    )

    assert mask.tolist() == (y != 0).tolist()
    # Hoeffding: a right share is further off with probability below the false alarm; the other one is 1/2 away.
    assert abs(sum(mask.tolist()) / count - kept) <= sqrt(log(2 / FALSE_ALARM) / (2 * count)) < 0.1


@BOTH
def test_equal_seeds_draw_equal_masks_and_no_generator_draws_anew(library: Library) -> None:
    x = made(library, np.ones(200))

    def mask(given: Any) -> list[bool]:
        return of(library).dropout(x, rate=0.5, generator=given, dialect="torch")[1].tolist()

    one, other = generator(library, 1), generator(library, 1)

    assert mask(one) == mask(other)
    assert mask(one) == mask(other) != mask(generator(library, 1))
    assert mask(generator(library, 2)) != mask(generator(library, 1))
    assert mask(None) != mask(None)


@BOTH
def test_a_rate_may_keep_everything_or_nothing(library: Library) -> None:
    x = made(library, [3.0, -6.0])
    dropout = of(library).dropout

    assert [3.0, -6.0] == dropout(x, rate=0.0, dialect="torch")[0].tolist()
    assert [0.0, 0.0] == dropout(x, rate=1.0, dialect="torch")[0].tolist()


# --- RReLU ---

LAWS = {  # of the slope between 1/8 and 1/3: the share below it
    "slope_uniform": lambda s: (s - 1 / 8) / (1 / 3 - 1 / 8),
    "divisor_uniform": lambda s: (8 - 1 / s) / (8 - 3),
}


@EVERY_PRECISE_KIND
@pytest.mark.parametrize("law", LAWS)
def test_slopes_follow_the_law_of_the_dialect_and_no_other(library: Library, dtype: str, law: str) -> None:
    count = 20_000
    x = made(library, -np.ones(count), dtype)
    y, slopes = of(library).rrelu(x, generator=generator(library, 3), dialect={"law": law})
    found = np.sort(read(slopes))
    distance = {name: np.abs(below(found) - (np.arange(count) + 0.5) / count).max() for name, below in LAWS.items()}
    allowed = sqrt(log(2 / FALSE_ALARM) / (2 * count)) + 1 / count  # Dvoretzky, Kiefer, Wolfowitz, Massart

    assert (-y).tolist() == slopes.tolist()
    assert [law] == [name for name, found in distance.items() if found <= allowed]
    assert found[0] >= made(library, [1 / 8], dtype).tolist()[0]
    assert found[-1] <= made(library, [1 / 3], dtype).tolist()[0]


@BOTH
def test_given_slopes_are_used_on_the_negative_side_only(library: Library) -> None:
    functions = of(library)
    x, slopes, upstream = (made(library, a) for a in ([-2.0, 0.0, 4.0], [0.25, 0.5, 0.125], [3.0, 5.0, 7.0]))
    y, returned = functions.rrelu(x, slopes, dialect="torch")

    assert [-0.5, 0.0, 4.0] == y.tolist()
    assert [0.25, 0.5, 0.125] == returned.tolist()
    assert [0.75, 2.5, 7.0] == functions.rrelu_gradient(x, slopes, upstream).tolist()


@BOTH
@pytest.mark.parametrize(("value", "slope"), [("mean_slope", 11 / 48), ("reciprocal_mean_divisor", 2 / 11)])
def test_inference_has_one_slope(library: Library, value: str, slope: float) -> None:
    x = made(library, [-1.0, 0.0, 3.0])
    y = of(library).rrelu_inference(x, dialect={"test_slope": value}).tolist()

    assert [0.0, 3.0] == y[1:]
    assert abs(y[0] + slope) <= within(4, "float64", slope)


# --- Dense layers and networks ---


@EVERY_KIND
def test_a_dense_layer_and_its_gradients_are_exact_on_small_whole_numbers(library: Library, dtype: str) -> None:
    x, weights, bias = [[1.0, 2.0], [3.0, -4.0], [0.0, 5.0]], [[2.0, 0.0, -1.0], [1.0, 3.0, 4.0]], [1.0, -1.0, 0.5]
    upstream = [[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [-1.0, 1.0, 3.0]]
    arrays = [made(library, a, dtype) for a in (x, weights, bias)]
    functions = of(library)
    d_x, d_weights, d_bias = functions.dense_gradient(*arrays, made(library, upstream, dtype))
    X, W, U = (np.array(a) for a in (x, weights, upstream))

    assert (X @ W + np.array(bias)).tolist() == functions.dense(*arrays).tolist()
    assert (U @ W.T).tolist() == d_x.tolist()
    assert (X.T @ U).tolist() == d_weights.tolist()
    assert U.sum(0).tolist() == d_bias.tolist()


def network(library: Library, dtype: str = "float64", activation: str = "tanh") -> tuple[Any, Any, list[Any]]:
    """The lecture's network: 2 features, 4 hidden units, 3 classes; 12 examples."""
    layers = [
        (made(library, normal(2, 4, seed=1), dtype), made(library, normal(4, seed=2), dtype), activation),
        (made(library, normal(4, 3, seed=3), dtype), made(library, normal(3, seed=4), dtype), "softmax"),
    ]
    return made(library, normal(12, 2), dtype), whole(library, [0, 1, 2] * 4), layers


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "linear": lambda z: z,
}


@BOTH
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_backpropagation_gives_the_loss_and_gradients_of_autograd(library: Library, activation: str) -> None:
    x, labels, layers = network(library, activation=activation)
    (w1, b1, _), (w2, b2, _) = layers

    def loss_of(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        hidden = FUNCTIONS[activation](torch.tensor(x.tolist(), dtype=torch.float64) @ w1 + b1)
        return torch.nn.functional.cross_entropy(hidden @ w2 + b2, torch.tensor(labels.tolist()))

    parameters = [read(a) for a in (w1, b1, w2, b2)]
    expected = autograd(loss_of, 1.0, *parameters)
    functions = of(library)
    loss, gradients = functions.feedforward_network_gradient(x, labels, layers, dialect="torch")
    _, doubled = functions.feedforward_network_gradient(x, labels, layers, 2.0, dialect="torch")
    value = float(loss_of(*(torch.tensor(np.asarray(a, float)) for a in parameters)))

    assert loss.tolist() == functions.feedforward_network(x, labels, layers, dialect="torch").tolist()
    assert abs(value - loss.tolist()) <= within(64, "float64", value)
    for one, other in zip(expected, [g for pair in gradients for g in pair], strict=True):
        assert np.all(np.abs(one - read(other)) <= within(64, "float64", max(1, np.abs(one).max())))
    assert [[(2 * g).tolist() for g in pair] for pair in gradients] == [[g.tolist() for g in pair] for pair in doubled]


@BOTH
def test_a_step_subtracts_the_rate_times_the_gradients(library: Library) -> None:
    x, labels, layers = network(library)
    functions = of(library)
    loss, gradients = functions.feedforward_network_gradient(x, labels, layers, dialect="torch")
    before, after = functions.feedforward_network_step(x, labels, layers, learning_rate=0.25, dialect="torch")

    assert loss.tolist() == before.tolist()
    for old, slopes, new in zip(layers, gradients, after, strict=True):
        assert old[2] == new[2]
        for parameter, slope, moved in zip(old, slopes, new, strict=False):
            assert (parameter - 0.25 * slope).tolist() == moved.tolist()
    assert functions.feedforward_network(x, labels, after, dialect="torch").tolist() < loss.tolist()


@BOTH
def test_a_network_that_is_sure_keeps_the_digits_of_its_loss_and_gradients(library: Library) -> None:
    """Logits 40 and 0: the loss is ln(1 + e^−40), and 1 − p would be 0."""
    layers = [(made(library, [[40.0, 0.0]]), made(library, [0.0, 0.0]), "softmax")]
    x, labels = made(library, [[1.0]]), whole(library, [0])
    loss, [(_, d_bias)] = of(library).feedforward_network_gradient(x, labels, layers, dialect="torch")
    share = exp(-40) / (1 + exp(-40))

    assert abs(log1p(exp(-40)) - loss.tolist()) <= within(64, "float64", exp(-40))
    assert np.all(np.abs(read(d_bias) - np.array([-share, share])) <= within(64, "float64", share))


# --- Chains ---


@BOTH
@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("depth", [1, 4, 7])
def test_a_chain_and_its_gradients_are_those_of_autograd(library: Library, activation: str, depth: int) -> None:
    x, weights, biases, upstream = normal(6), normal(6, depth, seed=1), normal(6, depth, seed=2), normal(6, seed=3)

    def last(weights: Any, biases: Any) -> Any:
        a = torch.tensor(np.asarray(x, float))
        for j in range(depth):
            a = FUNCTIONS[activation](weights[:, j] * a + biases[:, j])
        return a

    functions = of(library)
    arrays = [made(library, a) for a in (x, weights, biases)]
    y = functions.sigmoid_chain(*arrays, activation=activation)
    actual = functions.sigmoid_chain_gradient(*arrays, made(library, upstream), activation=activation)
    expected_y = read(last(*(torch.tensor(np.asarray(a, float)) for a in (weights, biases))))

    assert np.all(np.abs(expected_y - read(y)) <= within(16 * depth, "float64", max(1, np.abs(expected_y).max())))
    for one, other in zip(autograd(last, upstream, weights, biases), actual, strict=True):
        assert np.all(np.abs(one - read(other)) <= within(16 * depth, "float64", max(1, np.abs(one).max())))


@EVERY_PRECISE_KIND
@pytest.mark.parametrize(
    ("activation", "slope"), [("sigmoid", exp(-40)), ("tanh", 4 * exp(-80))], ids=["sigmoid", "tanh"]
)
def test_a_saturated_neuron_still_has_a_gradient(library: Library, dtype: str, activation: str, slope: float) -> None:
    """At ±40 the derivative is e^−40 to all digits, but one less the square of the output is 0."""
    one, zero = made(library, [[1.0], [1.0]], dtype), made(library, [[0.0], [0.0]], dtype)
    x, upstream = made(library, [40.0, -40.0], dtype), made(library, [1.0, 1.0], dtype)
    _, d_biases = of(library).sigmoid_chain_gradient(x, one, zero, upstream, activation=activation)

    assert np.all(np.abs(read(d_biases) - slope) <= within(16, dtype, slope))


# --- What all of them keep to ---


Call = tuple[tuple[Any, ...], dict[str, Any]]


def calls(library: Library, dtype: str) -> tuple[dict[str, Call], list[Any]]:
    """The arguments of one call of every function, and the arrays among them."""
    x, upstream, slopes = (made(library, normal(4, 3, seed=s), dtype) for s in (0, 1, 2))
    gamma, beta, spread = (made(library, np.abs(normal(3, seed=s)), dtype) for s in (3, 4, 5))
    weights = made(library, normal(3, 3, seed=6), dtype)
    column = made(library, normal(4, seed=7), dtype)
    mask, labels = whole(library, [[True, False, True]] * 4), whole(library, [0, 1, 2, 0])
    classifier = (x, labels, [(weights, beta, "tanh"), (weights, gamma, "softmax")])
    table: dict[str, Call] = {
        "batch_normalization": ((x, gamma, beta), {}),
        "batch_normalization_gradient": ((x, gamma, beta, upstream), {}),
        "batch_normalization_update": ((x, beta, spread), {"momentum": 0.25, "dialect": "keras"}),
        "batch_normalization_inference": ((x, gamma, beta, beta, spread), {}),
        "dropout": ((x, mask), {"rate": 0.25, "dialect": "torch"}),
        "dropout_inference": ((x,), {"rate": 0.25, "dialect": "paper"}),
        "rrelu": ((x, slopes), {"dialect": "torch"}),
        "rrelu_gradient": ((x, slopes, upstream), {}),
        "rrelu_inference": ((x,), {"dialect": "paper"}),
        "dense": ((x, weights, beta), {}),
        "dense_gradient": ((x, weights, beta, upstream), {}),
        "feedforward_network": (classifier, {"dialect": "torch"}),
        "feedforward_network_gradient": (classifier, {"dialect": "keras"}),
        "feedforward_network_step": (classifier, {"learning_rate": 0.5, "dialect": "torch"}),
        "sigmoid_chain": ((column, x, upstream), {}),
        "sigmoid_chain_gradient": ((column, x, upstream, column), {}),
    }
    return table, [x, upstream, slopes, gamma, beta, spread, weights, column, mask, labels]


def results(library: Library, name: str, call: Call) -> list[Any]:
    """All arrays of a result, however they are bundled."""
    return flat(getattr(library.functions, name)(*call[0], **call[1]))


NAMES = [*calls(LIBRARIES[0], "float64")[0]]


def flat(value: Any) -> list[Any]:
    """The arrays in nested tuples and lists."""
    if isinstance(value, (tuple, list)):
        return [array for one in value for array in flat(one)]
    return [] if isinstance(value, str) else [value]


def replaced(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with every tensor in its tuples and lists changed."""
    if isinstance(value, (tuple, list)):
        return type(value)(replaced(one, change) for one in value)
    return change(value) if isinstance(value, torch.Tensor) else value


def test_every_function_of_these_rules_is_offered_by_both_libraries_and_tested_here() -> None:
    offered = {name for name in fast_numpy.__all__ if name.startswith(RULES)}

    assert offered == {name for name in fast_torch.__all__ if name.startswith(RULES)}
    assert offered == {*NAMES}


@EVERY_KIND
@pytest.mark.parametrize("name", NAMES)
def test_nothing_given_is_changed_and_results_have_its_dtype(library: Library, dtype: str, name: str) -> None:
    table, given = calls(library, dtype)
    before = [array.tolist() for array in given]
    found = [array for array in results(library, name, table[name]) if "bool" not in str(array.dtype)]

    assert before == [array.tolist() for array in given]
    assert found
    assert {str(given[0].dtype)} == {str(array.dtype) for array in found}


@pytest.mark.parametrize("name", NAMES)
def test_both_libraries_give_the_same_but_for_the_order_of_sums(name: str) -> None:
    one, other = (results(library, name, calls(library, "float64")[0][name]) for library in LIBRARIES)
    for left, right in zip(one, other, strict=True):
        expected, actual = read(left), read(right)

        assert expected.shape == actual.shape
        assert np.all(np.abs(expected - actual) <= within(64, "float64", max(1, np.abs(expected).max())))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_computed_in_single_and_rounded_once(dtype: torch.dtype, name: str) -> None:
    library = LIBRARIES[1]
    arguments, keywords = calls(library, str(dtype).removeprefix("torch."))[0][name]
    single = replaced(arguments, lambda a: a.to(torch.float32) if a.is_floating_point() else a)
    expected = [a.to(dtype) if a.is_floating_point() else a for a in results(library, name, (single, keywords))]

    assert [a.tolist() for a in expected] == [a.tolist() for a in results(library, name, (arguments, keywords))]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", NAMES)
def test_a_gpu_is_never_asked_for_a_value(name: str, dtype: torch.dtype) -> None:
    """A tensor of a fake device has no values: reading one, or branching on one, raises."""
    arguments, keywords = calls(LIBRARIES[1], "float32")[0][name]

    def faked(tensor: torch.Tensor) -> torch.Tensor:
        wanted = dtype if tensor.is_floating_point() else tensor.dtype
        return torch.empty(tensor.shape, device="cuda", dtype=wanted)

    with FakeTensorMode():
        found = results(LIBRARIES[1], name, (replaced(arguments, faked), keywords))

    assert {"cuda"} == {array.device.type for array in found}


@pytest.mark.parametrize("name", ["dropout", "rrelu"])
def test_drawing_needs_no_value_of_a_gpu_either(name: str) -> None:
    keywords = {"rate": 0.5} if name == "dropout" else {}
    with FakeTensorMode():
        found = getattr(fast_torch, name)(torch.empty(3, 2, device="cuda"), **keywords)

    assert {"cuda"} == {array.device.type for array in found}


def test_gradients_are_not_recorded() -> None:
    x = torch.ones(4, 3, requires_grad=True)

    assert not fast_torch.dense(x, torch.ones(3, 2), torch.ones(2)).requires_grad


REFUSALS: dict[str, tuple[Callable[[Any, Callable[..., Any]], Any], type[Exception], str]] = {
    "an axis that does not exist": (
        lambda f, a: f.dropout(a([1.0]), rate=0.5, dialect={"scale": "train"}),
        ValueError,
        "dialect axis='scale': dropout has no such axis",
    ),
    "a rate above 1": (
        lambda f, a: f.dropout(a([1.0]), rate=1.5, dialect="torch"),
        ValueError,
        r"rate=1.5: must lie in \[0, 1\]; pass a number from that interval",
    ),
    "a mask of numbers": (
        lambda f, a: f.dropout(a([1.0]), a([1.0]), rate=0.5, dialect="torch"),
        TypeError,
        "mask=array of float64: dtype must be bool; compare it with 0",
    ),
    "a seed for a generator": (
        lambda f, a: f.dropout(a([1.0]), rate=0.5, generator=1, dialect="torch"),
        TypeError,
        "generator=int: must be a random generator of the array's library; pass one, or None",
    ),
    "bounds the wrong way round": (
        lambda f, a: f.rrelu(a([1.0]), lower=0.5, upper=0.25, dialect="torch"),
        ValueError,
        r"upper=0.25: must lie in \(0.5, 1\)",
    ),
    "slopes of another shape": (
        lambda f, a: f.rrelu(a([1.0]), a([1.0, 2.0]), dialect="torch"),
        ValueError,
        r"slopes=array of shape \(2,\): must have x's shape \(1,\); reshape it",
    ),
    "a negative epsilon": (
        lambda f, a: f.batch_normalization(a([[1.0]]), a([1.0]), a([1.0]), epsilon=-1.0),
        ValueError,
        r"epsilon=-1.0: must lie in \[0, inf\)",
    ),
    "a momentum above 1": (
        lambda f, a: f.batch_normalization_update(a([[1.0]]), a([1.0]), a([1.0]), momentum=2.0, dialect="keras"),
        ValueError,
        r"momentum=2.0: must lie in \[0, 1\]",
    ),
    "too many scales": (
        lambda f, a: f.batch_normalization(a([[1.0]]), a([1.0, 2.0]), a([1.0])),
        ValueError,
        r"gamma=array of shape \(2,\): must have one entry for each channel, shape \(1,\)",
    ),
    "no axis of channels": (
        lambda f, a: f.batch_normalization(a([1.0]), a([1.0]), a([1.0])),
        ValueError,
        r"x=array of shape \(1,\): must have examples and channels; reshape it",
    ),
    "an axis that is not there": (
        lambda f, a: f.batch_normalization(a([[1.0]]), a([1.0]), a([1.0]), axis=2),
        ValueError,
        r"axis=2: an array of shape \(1, 1\) has no such axis",
    ),
    "an empty batch": (
        lambda f, a: f.batch_normalization(a([[1.0]])[:0], a([1.0]), a([1.0])),
        ValueError,
        r"x=array of shape \(0, 1\): must have entries",
    ),
    "weights lying on their side": (
        lambda f, a: f.dense(a([[1.0, 2.0]]), a([[1.0, 2.0]]), a([1.0])),
        ValueError,
        r"weights=array of shape \(1, 2\): must have one row for each of 2 inputs; transpose or reshape it",
    ),
    "a bias for each example": (
        lambda f, a: f.dense(a([[1.0], [2.0]]), a([[1.0]]), a([1.0, 2.0])),
        ValueError,
        r"bias=array of shape \(2,\): must have one entry for each of 1 units; reshape it",
    ),
    "an upstream of another shape": (
        lambda f, a: f.dense_gradient(a([[1.0]]), a([[1.0]]), a([1.0]), a([[1.0, 2.0]])),
        ValueError,
        r"upstream=array of shape \(1, 2\): must have the output's shape \(1, 1\); reshape it",
    ),
    "another dtype": (
        lambda f, a: f.dense(a([[1.0]]), a([[1.0]], "float32"), a([1.0])),
        TypeError,
        "weights=array of float32: must have x's dtype float64; convert it",
    ),
    "whole numbers": (
        lambda f, a: f.dense(a([[1]], "int64"), a([[1]], "int64"), a([1], "int64")),
        TypeError,
        "x=array of int64: dtype must be float16, float32, float64 or torch's bfloat16; convert it",
    ),
    "no array": (
        lambda f, a: f.dense([[1.0]], a([[1.0]]), a([1.0])),
        TypeError,
        "x=list: must be a NumPy array or a torch tensor; pass one",
    ),
    "no layers": (
        lambda f, a: f.feedforward_network(a([[1.0]]), a([0], "int64"), []),
        ValueError,
        "layers=list: must hold",
    ),
    "a layer without activation": (
        lambda f, a: f.feedforward_network(a([[1.0]]), a([0], "int64"), [(a([[1.0]]), a([1.0]))]),
        ValueError,
        r"layers\[0\]=tuple: must be weights, bias, activation; pass these three",
    ),
    "a last layer that gives no probabilities": (
        lambda f, a: f.feedforward_network(a([[1.0]]), a([0], "int64"), [(a([[1.0]]), a([1.0]), "relu")]),
        ValueError,
        r"layers\[0\] activation='relu': the last must give probabilities; pass 'softmax'",
    ),
    "an activation that does not exist": (
        lambda f, a: f.feedforward_network(
            a([[1.0]]), a([0], "int64"), [(a([[1.0]]), a([1.0]), "sigmiod"), (a([[1.0]]), a([1.0]), "softmax")]
        ),
        ValueError,
        r"layers\[0\] activation='sigmiod': no such activation; did you mean 'sigmoid'",
    ),
    "layers that do not fit together": (
        lambda f, a: f.feedforward_network(
            a([[1.0]]), a([0], "int64"), [(a([[1.0]]), a([1.0]), "tanh"), (a([[1.0], [2.0]]), a([1.0]), "softmax")]
        ),
        ValueError,
        r"layers\[1\] weights=array of shape \(2, 1\): must have one row for each of 1 inputs",
    ),
    "a class that does not exist": (
        lambda f, a: f.feedforward_network(
            a([[1.0]]), a([1], "int64"), [(a([[1.0]]), a([1.0]), "softmax")], dialect="torch"
        ),
        ValueError,
        "labels=array of classes: must lie from 0 to 0",
    ),
    "a negative learning rate": (
        lambda f, a: f.feedforward_network_step(
            a([[1.0]]), a([0], "int64"), [(a([[1.0]]), a([1.0]), "softmax")], learning_rate=-1.0
        ),
        ValueError,
        r"learning_rate=-1.0: must lie in \[0, inf\)",
    ),
    "a chain without neurons": (
        lambda f, a: f.sigmoid_chain(a([1.0]), a([[1.0]])[:, :0], a([[1.0]])[:, :0]),
        ValueError,
        r"weights=array of shape \(1, 0\): must have shape \(1, depth\), with a depth of at least 1",
    ),
    "a chain of no known activation": (
        lambda f, a: f.sigmoid_chain(a([1.0]), a([[1.0]]), a([[1.0]]), activation="softmax"),
        ValueError,
        "activation='softmax': no such activation",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_one_line_and_the_same_in_both_libraries(name: str) -> None:
    call, kind, message = REFUSALS[name]
    said = []
    for library in LIBRARIES:
        with pytest.raises(kind, match=message) as caught:
            call(library.functions, lambda values, dtype="float64", make=library.make: make(values, dtype))
        said.append(str(caught.value))

    assert said[0] == said[1]
    assert "\n" not in said[0]


@pytest.mark.parametrize("name", ["dropout", "rrelu"])
def test_numpy_arrays_need_a_dialect_and_tensors_have_torchs(name: str) -> None:
    keywords = {"rate": 0.5} if name == "dropout" else {}
    with pytest.raises(TypeError, match=f"dialect=None: implementations of {name} differ in"):
        getattr(fast_numpy, name)(np.ones(2), **keywords)
    one, other = (
        getattr(fast_torch, name)(
            torch.full((50,), -1.0), **keywords, generator=torch.Generator().manual_seed(1), **dialect
        )[0].tolist()
        for dialect in ({}, {"dialect": "torch"})
    )

    assert one == other


@pytest.mark.parametrize("rule", ["batch_normalization", "dropout", "rrelu"])
def test_every_vendor_of_a_layer_has_a_row_with_values_that_exist(rule: str) -> None:
    vendors = [name for name, rows in dialects.VENDORS.items() if rule in rows]

    assert {"torch", "paper", "deck"} <= {*vendors}
    for name in vendors:
        assert dialects.resolve(rule, name).items() >= dialects.VENDORS[name][rule].items()
