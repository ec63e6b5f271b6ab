"""The judge on trial: adapters that compute nonsense, break their contract, or try to fool the judge."""

from __future__ import annotations

import io
import math
import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradspec.conformance import Implementation, Request, Result, judge
from gradspec.conformance.report import print_runs, visible
from gradspec.fast import numpy as fast
from gradspec.reference.evaluate import trajectory
from gradspec.spec import rule

from . import zoo

Array = np.ndarray
Step = Callable[..., Any]
GRADIENT_DESCENT = rule("gradient_descent")


def library(name: str, start: Callable[..., Step]) -> Implementation:
    """One rule, whose adapter takes every hyperparameter and no option."""
    numbers = frozenset(hyperparameter.name for hyperparameter in rule(name).hyperparameters)

    def adapter(w: Array, **keywords: Any) -> Step:
        return start(w, **keywords)

    adapter.accepts = numbers - {"learning_rate"}  # type: ignore[attr-defined]
    made = Implementation("mine")
    made.optimizer(name)(adapter)
    return made


def stepping(change: Callable[[Array, Array, float], Any]) -> Result:
    """Gradient descent whose step is `change(w, gradient, learning_rate)`, as the judge sees it."""

    def start(w: Array) -> Step:
        def step(gradient: Array, learning_rate: float) -> Any:
            nonlocal w
            w = change(w, gradient, learning_rate)
            return w

        return step

    return zoo.judged(library("gradient_descent", start), "gradient_descent")


# -- results that are no update at all ---------------------------------------------------------------------------------

NONSENSE: dict[str, Callable[[Array], Array]] = {
    "zeros": np.zeros_like,
    "the parameter as it was": np.copy,
    "a constant": lambda w: np.full_like(w, 0.25),
    "NaN": lambda w: np.full_like(w, np.nan),
    "infinity": lambda w: np.full_like(w, np.inf),
    "minus infinity": lambda w: np.full_like(w, -np.inf),
}


@pytest.mark.parametrize("dtype", zoo.DTYPES)
@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("name", zoo.RULES)
def test_nonsense_is_no_dialect_and_a_step_shows_it(name: str, nonsense: str, dtype: str) -> None:
    def start(w: Array, **keywords: Any) -> Step:
        return lambda gradient, learning_rate: NONSENSE[nonsense](w)

    found = zoo.judged(library(name, start), name, dtype)

    assert ("none", False, None) == (found.verdict, found.passes, found.worst)
    assert found.counterexample is not None
    assert 1 == found.counterexample.steps
    json = found.as_json()["counterexample"]
    assert json["got"] in (0.0, 0.25, "nan", "inf", "-inf")
    assert (json["score"] is None) == (not math.isfinite(found.counterexample.got))


# -- results of the wrong kind -----------------------------------------------------------------------------------------

WRONG_KIND: dict[str, tuple[Callable[[Array], Any], str]] = {
    "another shape": (lambda w: w.reshape(-1, 1), r"step 1 returned shape \(1, 1\); it must be \(1,\)"),
    "one number": (lambda w: w.sum(), "step 1 returned float64; it must return a numpy array"),
    "another dtype": (lambda w: w.astype(np.float32), "step 1 returned dtype float32; it must be float64"),
    "whole numbers": (lambda w: w.astype(np.int64), "step 1 returned dtype int64; it must be float64"),
    "objects": (lambda w: w.astype(object), "step 1 returned dtype object; it must be float64"),
    "complex numbers": (lambda w: w.astype(complex), "step 1 returned dtype complex128; it must be float64"),
    "a list": (lambda w: w.tolist(), "step 1 returned list; it must return a numpy array"),
    "nothing": (lambda w: None, "step 1 returned None; it must return the new parameter"),
    "a pair": (lambda w: (w, 0), "step 1 returned tuple; it must return a numpy array"),
}


@pytest.mark.parametrize("kind", WRONG_KIND)
def test_a_result_of_the_wrong_kind_is_an_error_that_names_both_kinds(kind: str) -> None:
    change, message = WRONG_KIND[kind]

    found = stepping(lambda w, gradient, learning_rate: change(w - learning_rate * gradient))

    assert ("error", None, False) == (found.verdict, found.counterexample, found.passes)
    assert re.search(message, found.message)
    assert found.message.startswith("gradient_descent/float64/plain/one: ")


def test_an_adapter_that_returns_no_function_is_an_error() -> None:
    found = zoo.judged(library("gradient_descent", lambda w: w), "gradient_descent")

    assert "error" == found.verdict
    assert "the adapter returned ndarray; it must return the function step(gradient, learning_rate)" in found.message


# -- arrays that are shared --------------------------------------------------------------------------------------------


def in_place(w: Array, gradient: Array, learning_rate: float) -> Array:
    w -= learning_rate * gradient
    return w


def a_view(w: Array, gradient: Array, learning_rate: float) -> Array:
    return in_place(w, gradient, learning_rate)[:]


@pytest.mark.parametrize("change", [in_place, a_view])
def test_the_same_array_may_be_returned_at_every_step(change: Callable[[Array, Array, float], Array]) -> None:
    found = stepping(change)

    assert ("unique", True) == (found.verdict, found.passes)


def test_a_result_that_is_overwritten_later_is_judged_by_what_it_was() -> None:
    def start(w: Array) -> Step:
        now, buffer = w.copy(), w.copy()

        def step(gradient: Array, learning_rate: float) -> Array:
            buffer[:] = np.nan  # what was returned last
            now[:] -= learning_rate * gradient
            buffer[:] = now
            return buffer

        return step

    found = zoo.judged(library("gradient_descent", start), "gradient_descent")

    assert ("unique", True) == (found.verdict, found.passes)


def test_the_parameter_and_the_gradient_belong_to_the_adapter_once_the_step_is_over() -> None:
    def start(w: Array) -> Step:
        now, last = w.copy(), w
        w[:] = np.nan

        def step(gradient: Array, learning_rate: float) -> Array:
            nonlocal last
            last[:] = np.nan
            last = gradient
            now[:] -= learning_rate * gradient
            return now.copy()

        return step

    found = zoo.judged(library("gradient_descent", start), "gradient_descent")

    assert ("unique", True) == (found.verdict, found.passes)


@pytest.mark.parametrize("arrays", ["numpy", "torch"])
def test_an_adapter_that_changes_its_gradient_is_told_so(arrays: str) -> None:
    made = Implementation("mine", arrays=arrays)

    @made.optimizer("gradient_descent")
    def adapter(w: Any) -> Step:
        def step(gradient: Any, learning_rate: float) -> Any:
            nonlocal w
            gradient *= learning_rate
            w = w - gradient
            return w

        return step

    found = zoo.judged(made, "gradient_descent")

    assert "error" == found.verdict
    assert "step 1 changed the gradient it was given; copy it before working on it" in found.message


# -- exceptions --------------------------------------------------------------------------------------------------------


def test_an_exception_in_construction_is_an_error_that_names_it_and_its_place() -> None:
    def start(w: Array) -> Step:
        raise ValueError("no such device")

    found = zoo.judged(library("gradient_descent", start), "gradient_descent")

    assert "error" == found.verdict
    assert re.search(
        r"the adapter raised ValueError: no such device \(test_misbehaving_adapters\.py:\d+\)$", found.message
    )


@pytest.mark.parametrize("error", [KeyError("w"), ZeroDivisionError(), AssertionError("never"), RecursionError()])
def test_an_exception_in_a_step_is_an_error_that_names_it(error: Exception) -> None:
    def change(w: Array, gradient: Array, learning_rate: float) -> Array:
        raise error

    found = stepping(change)

    assert "error" == found.verdict
    assert f"the adapter raised {type(error).__name__}" in found.message


def test_an_adapter_that_exits_is_an_error() -> None:
    def change(w: Array, gradient: Array, learning_rate: float) -> Array:
        raise SystemExit(0)

    assert "error" == stepping(change).verdict


def test_an_interruption_by_the_user_is_not_swallowed() -> None:
    def change(w: Array, gradient: Array, learning_rate: float) -> Array:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stepping(change)


def test_an_adapter_that_says_not_implemented_is_unsupported() -> None:
    def change(w: Array, gradient: Array, learning_rate: float) -> Array:
        raise NotImplementedError("no float64 on this chip")

    found = stepping(change)

    assert ("unsupported", True) == (found.verdict, found.passes)
    assert "no float64 on this chip" in found.message


HOSTILE = "[bold]red[/bold] \x1b[31m\x1b]0;title\x07 \r\x08 \u202e \x9b1m"


def test_texts_of_an_adapter_are_shown_as_text() -> None:
    def change(w: Array, gradient: Array, learning_rate: float) -> Array:
        raise ValueError(HOSTILE)

    made = Implementation(f"mine {HOSTILE}", version=HOSTILE)

    @made.optimizer("gradient_descent")
    def adapter(w: Array) -> Step:
        return lambda gradient, learning_rate: change(w, gradient, learning_rate)

    output = io.StringIO()
    print_runs([judge(made, Request(dtypes=("float64",)))], output)
    shown = output.getvalue()

    assert "" == "".join(c for c in shown if not c.isprintable() and c != "\n")
    assert shown.count("[bold]red[/bold]") >= 3  # name, version, message
    assert shown.count(r"\x1b[31m\x1b]0;title\x07") >= 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, λ", "plain, λ"),
        ("[bold]", "[bold]"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b1m", r"\x9b1m"),
        ("\u202e\u2028", r"\u202e\u2028"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
        ("a\rb\tc\nd", r"a\rb\tc\nd"),
    ],
)
def test_control_characters_are_written_out(text: str, expected: str) -> None:
    assert expected == visible(text)


# -- results that depend on more than the inputs -----------------------------------------------------------------------

NOT_AGAIN = "the same case gave another result the second time; results must not depend on earlier calls"


def test_a_random_result_is_an_error() -> None:
    found = stepping(lambda w, gradient, learning_rate: w - learning_rate * gradient * random.random())

    assert "error" == found.verdict
    assert NOT_AGAIN in found.message


def test_a_counter_that_outlives_a_run_is_an_error() -> None:
    calls = 0

    def change(w: Array, gradient: Array, learning_rate: float) -> Array:
        nonlocal calls
        calls += 1
        return np.asarray(w - learning_rate * gradient / calls)

    found = stepping(change)

    assert "error" == found.verdict
    assert NOT_AGAIN in found.message


def test_a_buffer_that_outlives_a_run_is_an_error() -> None:
    made = Implementation("mine")
    buffers: dict[tuple[int, ...], Array] = {}

    @made.optimizer("momentum")
    def adapter(w: Array, *, momentum: float) -> Step:
        def step(gradient: Array, learning_rate: float) -> Array:
            nonlocal w
            buffers[w.shape] = momentum * buffers.get(w.shape, np.zeros_like(w)) + gradient
            w = w - learning_rate * buffers[w.shape]
            return w

        return step

    found = zoo.judged(made, "momentum")

    assert "error" == found.verdict
    assert NOT_AGAIN in found.message


# -- one dialect here, another there -----------------------------------------------------------------------------------


def switching(choose: Callable[[int, float], bool]) -> Implementation:
    """RMSProp with ε outside the root where `choose(length, epsilon)` says so, and inside elsewhere."""
    made = Implementation("mine")

    @made.optimizer("rmsprop")
    def adapter(w: Array, *, rho: float, epsilon: float) -> Step:
        s = np.zeros_like(w)

        def step(gradient: Array, learning_rate: float) -> Array:
            nonlocal w, s
            s = rho * s + (1 - rho) * gradient**2
            root = np.sqrt(s) + epsilon if choose(w.size, epsilon) else np.sqrt(s + epsilon)
            w = w - learning_rate * gradient / root
            return w

        return step

    return made


@pytest.mark.parametrize("choose", [lambda length, epsilon: epsilon < 1e-4, lambda length, epsilon: length > 16])
def test_an_adapter_that_switches_its_dialect_is_mixed(choose: Callable[[int, float], bool]) -> None:
    found = zoo.judged(switching(choose), "rmsprop")

    assert ("mixed", False, None) == (found.verdict, found.passes, found.named_error)
    assert {"inside", "outside"} == set(re.findall(r"epsilon_place=(\w+)", found.message))
    assert found.counterexample is not None


@pytest.mark.parametrize(("choose", "place"), [(lambda *_: True, "outside"), (lambda *_: False, "inside")])
def test_an_adapter_that_could_switch_and_does_not_is_identified(choose: Callable[..., bool], place: str) -> None:
    found = zoo.judged(switching(choose), "rmsprop")

    assert ("unique", place) == (found.verdict, found.dialect["epsilon_place"])


# -- computing with the judge itself -----------------------------------------------------------------------------------


def with_the_reference(w: Array, gradient: Array, learning_rate: float) -> Array:
    (after,) = trajectory(GRADIENT_DESCENT, w.ravel(), [gradient.ravel().tolist()], [learning_rate])
    return np.array([float(x.mid()) for x in after]).reshape(w.shape)


def with_the_fast_functions(w: Array, gradient: Array, learning_rate: float) -> Array:
    fast.gradient_descent(w, gradient, learning_rate=learning_rate, dialect="torch")
    return w


@pytest.mark.parametrize(("change", "module"), [(with_the_reference, "reference"), (with_the_fast_functions, "fast")])
def test_an_adapter_that_computes_with_gradspec_is_an_error(change: Callable[..., Array], module: str) -> None:
    found = stepping(change)

    assert "error" == found.verdict
    assert re.search(rf"mine: the adapter computes with gradspec itself \(gradspec\.{module}", found.message)


# -- what cannot be registered -----------------------------------------------------------------------------------------


def lacks_beta2(w: Array, *, beta1: float, epsilon: float) -> None: ...
def misspelt(w: Array, *, beta1: float, beta2: float, epsilonn: float) -> None: ...
def positional(w: Array, beta1: float, beta2: float, epsilon: float) -> None: ...
def without_parameter(*, beta1: float, beta2: float, epsilon: float) -> None: ...


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        (lacks_beta2, "adam: adapter lacks the keyword 'beta2'"),
        (misspelt, "adam: adapter keyword 'epsilonn': .*; did you mean 'epsilon'?"),
        (positional, r"adam: adapter takes \['w', 'beta1', 'beta2', 'epsilon'\]: .*def adapter\(w, \*, \.\.\.\)"),
        (without_parameter, r"adam: adapter takes \[\]"),
    ],
)
def test_a_signature_that_does_not_fit_is_refused_in_one_line(adapter: Callable[..., Any], message: str) -> None:
    with pytest.raises(TypeError, match=message) as refused:
        Implementation("mine").optimizer("adam")(adapter)

    assert "\n" not in str(refused.value)


def test_an_adapter_that_takes_any_keyword_offers_every_option() -> None:
    made = Implementation("mine")

    @made.optimizer("adam")
    def adapter(w: Array, **keywords: Any) -> None: ...

    assert zoo.everything(rule("adam")) == made.offers["adam"].options


def test_an_option_is_not_offered_without_what_it_requires() -> None:
    made = Implementation("mine")

    @made.optimizer("rmsprop")
    def adapter(w: Array, *, rho: float, epsilon: float, nesterov: bool = False, centered: bool = False) -> None: ...

    assert {"centered"} == made.offers["rmsprop"].options


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"arrays": "nunpy"}, "arrays='nunpy': .*'numpy'"),
        ({"dtypes": ("flota32",)}, "dtype 'flota32': .*'float32'"),
        ({"operations": {"float16": "float31"}}, "dtype 'float31': .*'float3"),
        ({"subnormal": "lost"}, "subnormal='lost': must be 'kept' or 'flush'"),
        ({"claims": {"adma": "torch"}}, "'adma'.*'adam'"),
        ({"claims": {"adam": "tocrh"}}, "'tocrh'.*'torch'"),
        ({"claims": {"adam": {"epsilon_plaec": "hat"}}}, "'epsilon_plaec'.*'epsilon_place'"),
        ({"claims": {"adam": {"epsilon_place": "otside"}}}, "'otside'.*'outside'"),
        ({"claims": {"rmsprop": "sklearn"}}, "sklearn has no rmsprop; it has: "),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_with_the_nearest_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, LookupError), match=message) as refused:
        Implementation("mine", **settings)

    assert "\n" not in str(refused.value)


def test_a_rule_that_does_not_exist_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(LookupError, match=r"no rule is called 'adma'; did you mean 'adam'\?"):
        Implementation("mine").optimizer("adma")


@pytest.mark.parametrize("name", ["", None])
def test_an_implementation_needs_a_name(name: Any) -> None:
    with pytest.raises(ValueError, match="must be a non-empty text"):
        Implementation(name)


def test_an_option_that_is_offered_and_then_refused_is_an_error_and_no_gap() -> None:
    library = Implementation("boasts", version="1")

    @library.optimizer("gradient_descent")
    def descend(w: Any, *, weight_decay: float = 0.0) -> Any:
        if weight_decay:
            raise NotImplementedError("later")

        def step(gradient: Any, learning_rate: float) -> Any:
            return w - learning_rate * gradient

        return step

    (found,) = judge(library, Request(dtypes=("float64",))).results

    assert ("error", False) == (found.verdict, found.passes)
    assert "weight_decay is offered and then refused (gradient_descent: later); leave it out" in found.message
