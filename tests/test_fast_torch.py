"""The rules over torch tensors: every assertion is exact, on bits or on structure."""

import copy
import inspect
import io
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from gradspec.fast import dialects
from gradspec.fast import numpy as fast_numpy
from gradspec.fast import torch as fast
from gradspec.fast.steps import RULES as STEPS

RULES = list(STEPS)
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
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


def numbers(*shape: int, dtype: Any = torch.float64, seed: int = 0) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def bits(tensor: Any) -> tuple[Any, ...]:
    whole = tensor.detach().contiguous().reshape(-1)
    return tensor.dtype, (*tensor.shape,), bytes(whole.view(torch.uint8).tolist()) if whole.numel() else b""


def tensors(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}


@pytest.mark.parametrize(("rule", "dialect", "options"), VARIANTS)
def test_a_gpu_is_never_asked_for_a_value(rule: str, dialect: dict[str, str], options: dict[str, Any]) -> None:
    """A tensor of a fake device has no values: reading one, or branching on one, raises."""
    with FakeTensorMode():
        w = torch.empty(3, 2, device="cuda", dtype=torch.float32)
        a = torch.empty(3, 2, device="cuda", dtype=torch.float32)
        state = None
        for learning_rate in (0.5, 0.25):
            state = call(rule)(
                w, lambda point: a * point, state, learning_rate=learning_rate, dialect=dialect, **options
            )

    assert state is not None
    assert state["step"] == 2
    assert [("cuda", torch.float32, (3, 2))] * len(tensors(state)) == [
        (tensor.device.type, tensor.dtype, (*tensor.shape,)) for tensor in tensors(state).values()
    ]


@pytest.mark.parametrize("rule", RULES)
def test_a_tensor_on_another_device_is_refused(rule: str) -> None:
    with FakeTensorMode():
        w, gradient = torch.empty(3, device="cuda"), torch.empty(3)
        with pytest.raises(ValueError, match=r"^gradient=tensor on cpu: must be on w's device cuda:0; move it"):
            call(rule)(w, gradient)


@pytest.mark.parametrize(("rule", "dialect", "options"), VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_hyperparameter_changes_the_dtype(
    rule: str, dialect: dict[str, str], options: dict[str, Any], dtype: Any
) -> None:
    w = numbers(5, dtype=dtype)
    state = call(rule)(w, lambda point: point, dialect=dialect, **options)

    assert [dtype] * len(tensors(state)) == [tensor.dtype for tensor in tensors(state).values()]
    assert {"step", "first_learning_rate"} >= state.keys() - tensors(state).keys()
    assert state["step"] == 1


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda block: block[:4, :6].clone(),
    "transposed": lambda block: block[:4, :6].clone().T,
    "every other column": lambda block: block[:4, ::2],
    "broken rows": lambda block: block[1:5, 2:5],
    "no entries": lambda block: block[:0],
    "no axes": lambda block: block[3, 4],
    "one entry": lambda block: block[:1, :1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", RULES)
def test_every_layout_gives_the_bits_of_a_contiguous_copy(rule: str, dtype: Any, layout: str) -> None:
    w, gradient = (LAYOUTS[layout](numbers(8, 12, dtype=dtype, seed=seed)) for seed in (1, 2))
    plain, state, plain_state = w.clone(memory_format=torch.contiguous_format), None, None
    for _ in range(3):
        state = call(rule)(w, gradient, state)
        plain_state = call(rule)(plain, gradient.clone(), plain_state)

    assert bits(plain) == bits(w)
    assert plain_state is not None
    assert state is not None
    assert {name: bits(tensor) for name, tensor in tensors(plain_state).items()} == {
        name: bits(tensor) for name, tensor in tensors(state).items()
    }


@pytest.mark.parametrize("rule", RULES)
def test_entries_between_those_of_a_view_are_left_alone(rule: str) -> None:
    block = numbers(8, 12)
    before = block.clone()
    call(rule)(block[::2, 1::3], numbers(4, 4, seed=1))
    untouched = torch.ones(block.shape, dtype=torch.bool)
    untouched[::2, 1::3] = False

    assert bits(before[untouched]) == bits(block[untouched])
    assert not torch.any(before[~untouched] == block[~untouched])


@pytest.mark.parametrize("rule", RULES)
def test_the_state_and_its_tensors_are_updated_in_place(rule: str) -> None:
    w, gradient = numbers(5), numbers(5, seed=1)
    state = call(rule)(w, gradient)
    held, before = tensors(state), copy.deepcopy(tensors(state))
    again = call(rule)(w, gradient, state)

    assert again is state
    assert state["step"] == 2
    for name, tensor in held.items():
        assert state[name] is tensor
        assert bits(before[name]) != bits(tensor)


@pytest.mark.parametrize("shift", [-3, 0, 3])
@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_that_shares_memory_with_w_counts_as_it_was(rule: str, shift: int) -> None:
    block = numbers(40)
    w, gradient = block[5:30], block[5 + shift : 30 + shift]
    separate = w.clone()
    call(rule)(separate, gradient.clone())
    call(rule)(w, gradient)

    assert bits(separate) == bits(w)


@pytest.mark.parametrize("rule", RULES)
def test_the_gradient_is_never_written_to(rule: str) -> None:
    w, gradient = numbers(5), numbers(5, seed=1)
    before, version = bits(gradient), gradient._version
    state = call(rule)(w, gradient)
    call(rule)(w, lambda point: gradient, state)

    assert (before, version) == (bits(gradient), gradient._version)


@pytest.mark.parametrize("rule", RULES)
def test_a_callable_may_differentiate_at_the_point_it_is_given(rule: str) -> None:
    w, same = torch.nn.Parameter(numbers(5)), numbers(5)
    points = []

    def gradient(point: Any) -> Any:
        points.append(bits(point))
        loss = (point.requires_grad_() ** 2).sum()
        (slope,) = torch.autograd.grad(loss, point)
        return slope

    state = call(rule)(w, gradient, dialect={})
    call(rule)(same, lambda point: 2 * point, dialect={})

    assert [bits(numbers(5))] == points
    assert bits(same) == bits(w)
    assert w.requires_grad
    assert w.is_leaf
    assert w.grad is None
    assert not any(tensor.requires_grad for tensor in tensors(state).values())


@pytest.mark.parametrize("rule", RULES)
def test_the_gradient_of_a_parameter_is_a_gradient(rule: str) -> None:
    w = torch.nn.Parameter(numbers(5))
    (w**2).sum().backward()
    assert w.grad is not None
    same, slope = w.detach().clone(), w.grad.clone()
    call(rule)(w, w.grad)
    call(rule)(same, slope)

    assert bits(same) == bits(w)
    assert bits(slope) == bits(w.grad)


@pytest.mark.parametrize("rule", RULES)
def test_a_state_that_was_stored_continues_as_if_it_had_not_been(rule: str) -> None:
    gradients = [numbers(3, 2, seed=seed) for seed in range(4)]
    w, straight = numbers(3, 2), numbers(3, 2)
    state = straight_state = None
    for gradient in gradients:
        straight_state = call(rule)(straight, gradient, straight_state)
        file = io.BytesIO()
        torch.save(call(rule)(w, gradient, state), file)
        file.seek(0)
        state = torch.load(file, weights_only=True)

    assert bits(straight) == bits(w)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["w", "gradient"])
@pytest.mark.parametrize("rule", RULES)
def test_poison_is_carried_where_it_is_and_nowhere_else(rule: str, place: str, poison: float) -> None:
    arrays = {"w": numbers(3), "gradient": numbers(3, seed=1)}
    healthy = arrays["w"].clone()
    call(rule)(healthy, arrays["gradient"].clone())
    arrays[place][1] = poison
    call(rule)(arrays["w"], arrays["gradient"])

    assert not torch.isfinite(arrays["w"][1])
    assert bits(healthy[[0, 2]]) == bits(arrays["w"][[0, 2]])


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_subnormal_numbers_are_kept(dtype: Any) -> None:
    tiny = 2.0 ** {torch.float16: -24, torch.float32: -149, torch.float64: -1074}[dtype]
    w = torch.tensor([tiny * 4], dtype=dtype)
    state = fast.momentum(w, torch.tensor([tiny * 2], dtype=dtype), learning_rate=0.5, momentum=0.5)

    assert bits(torch.tensor([tiny * 3], dtype=dtype)) == bits(w)
    assert bits(torch.tensor([tiny * 2], dtype=dtype)) == bits(state["momentum_buffer"])


def inference(*shape: int) -> Any:
    with torch.inference_mode():
        return torch.ones(shape)


WRONG_TENSORS: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "inference": (inference(3), torch.ones(3), ValueError, "w=inference tensor: is updated in place; pass a"),
    "shared": (
        torch.ones(3, 1).expand(3, 2),
        torch.ones(3, 2),
        ValueError,
        r"w=tensor of strides \(1, 0\): ",
    ),
    "integers": (
        torch.ones(3, dtype=int),
        torch.ones(3),
        TypeError,
        "w=tensor of torch.int64: .*; convert it",
    ),
    "sparse": (
        torch.eye(3).to_sparse(),
        torch.eye(3),
        TypeError,
        "w=tensor of torch.sparse_coo: .*; convert",
    ),
    "list": ([1.0], torch.ones(1), TypeError, "w=list: must be a torch tensor; pass one"),
    "array": (torch.ones(3), np.ones(3), TypeError, "gradient=ndarray: must be a torch tensor; pass one"),
    "dtype": (
        torch.ones(3),
        torch.ones(3).double(),
        TypeError,
        "gradient=tensor of torch.float64: dtype must",
    ),
    "shape": (
        torch.ones(3),
        torch.ones(4),
        ValueError,
        r"gradient=tensor of shape \(4,\): must .*; reshape it",
    ),
    "broadcast": (
        torch.ones(3),
        torch.ones(()),
        ValueError,
        r"gradient=tensor of shape \(\): .*; reshape it",
    ),
    "nothing": (torch.ones(3), None, TypeError, "gradient=NoneType: must be a torch tensor; pass one"),
    "returned": (torch.ones(3), lambda point: 1.0, TypeError, "gradient=float: must be a torch tensor; pass"),
}


@pytest.mark.parametrize("case", WRONG_TENSORS)
@pytest.mark.parametrize("rule", RULES)
def test_wrong_tensors_are_refused(rule: str, case: str) -> None:
    w, gradient, error, message = WRONG_TENSORS[case]
    before = str(w)
    with pytest.raises(error, match=message) as caught:
        call(rule)(w, gradient)

    assert len(str(caught.value).splitlines()) == 1
    assert before == str(w)


@pytest.mark.parametrize(("rule", "dialect", "options"), VARIANTS)
def test_a_gradient_that_raises_changes_nothing(rule: str, dialect: dict[str, str], options: dict[str, Any]) -> None:
    w = numbers(3)
    state = call(rule)(w, lambda point: point, dialect=dialect, **options)
    before = bits(w), copy.deepcopy(state)

    def gradient(point: Any) -> Any:
        raise ZeroDivisionError

    for passed in (None, state):
        with pytest.raises(ZeroDivisionError):
            call(rule)(w, gradient, passed, dialect=dialect, **options)
        with pytest.raises(ValueError, match=r"^gradient=tensor of shape"):
            call(rule)(w, lambda point: torch.ones(4).double(), passed, dialect=dialect, **options)

    assert before[0] == bits(w)
    assert str(before[1]) == str(state)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "gradient_descent"])
def test_a_state_of_another_shape_dtype_or_rule_is_refused(rule: str) -> None:
    w = torch.ones(3)
    for state, error, message in [
        (
            call(rule)(torch.ones(4), torch.ones(4)),
            ValueError,
            r"^state\['\w+'\]=tensor of shape \(4,\): must",
        ),
        (
            call(rule)(w.double(), w.double()),
            TypeError,
            r"^state\['\w+'\]=tensor of torch.float64: dtype must",
        ),
        ({"step": 1}, ValueError, r"^state=\{step\}: must hold step, .*; pass the state"),
    ]:
        with pytest.raises(error, match=message):
            call(rule)(w, w, state)

    assert bits(torch.ones(3)) == bits(w)


def test_a_tensor_is_refused_as_the_gradient_of_a_look_ahead() -> None:
    with pytest.raises(TypeError, match=r"gradient=Tensor: look_ahead takes .*; pass a callable, or choose nest"):
        fast.nesterov(torch.ones(3), torch.ones(3), dialect="paper")


@pytest.mark.parametrize("rule", RULES)
def test_the_dialect_of_torch_is_the_default(rule: str) -> None:
    w, same = numbers(5), numbers(5)
    call(rule)(w, numbers(5, seed=1))
    call(rule)(same, numbers(5, seed=1), dialect="torch")

    assert bits(same) == bits(w)


@pytest.mark.parametrize("rule", RULES)
def test_both_libraries_take_the_same_arguments_but_for_the_default_dialect(rule: str) -> None:
    ours, theirs = (inspect.signature(getattr(module, rule)).parameters for module in (fast, fast_numpy))

    assert [(name, parameter.kind) for name, parameter in theirs.items()] == [
        (name, parameter.kind) for name, parameter in ours.items()
    ]
    assert {name for name in ours if ours[name].default != theirs[name].default} == {"dialect"}
    assert ours["dialect"].default == "torch"
    assert theirs["dialect"].default is inspect.Parameter.empty


@pytest.mark.parametrize("dialect", ["torch", "keras", "optax", "deck", "paper"])
@pytest.mark.parametrize("rule", ["gradient_descent", "momentum", "nesterov"])
def test_both_libraries_give_the_same_bits_where_every_operation_is_exact(rule: str, dialect: str) -> None:
    array = np.arange(-8.0, 8.0)
    tensor = torch.from_numpy(array.copy())
    array_state = tensor_state = None
    options: dict[str, Any] = {} if rule == "gradient_descent" else {"momentum": 0.5}
    for rate in (0.5, 0.25, 0.25):
        keywords = {"learning_rate": rate, "weight_decay": 0.5, "dialect": dialect, **options}
        array_state = getattr(fast_numpy, rule)(array, lambda point: 2 * point, array_state, **keywords)
        tensor_state = call(rule)(tensor, lambda point: 2 * point, tensor_state, **keywords)

    assert array.tobytes() == tensor.numpy().tobytes()
