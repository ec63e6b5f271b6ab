"""Runs cases on an implementation, in this process or where its `remote` does.

The harness owns the loop, the gradient and every copy.

Nothing that an adapter keeps or returns is trusted to stay as it is: parameters are read out at once, gradients are
compared with what was handed out, and kind, shape and dtype of every result are checked.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from gradspec.reference.arithmetic import number_format
from gradspec.spec import rule as find_rule

from .arrays import ArrayKind, array_kinds
from .calls import call
from .case import AnyCase, Case, FunctionCase, Misbehaviour, Outcome, Slopes, Unsupported
from .implementation import Implementation, Offer
from .layer_calls import call_layer


def run_case(implementation: Implementation, case: AnyCase, *, watch: bool = False) -> Outcome:
    """Return what the implementation does on `case`; raise `Misbehaviour` or `Unsupported` with a one-line reason.

    With `watch`, an adapter that computes with gradspec itself is caught (its own backends excepted).
    """
    if implementation.remote is not None:
        return implementation.remote.run(case)
    found = implementation.offers[case.rule]
    kind = array_kinds()[implementation.arrays]
    try:
        guard = _watching(implementation) if watch and not implementation.own else nullcontext()
        if not isinstance(case, Case) and find_rule(case.rule).kind == "layer":
            return call_layer(found, case, kind, guard)
        if isinstance(case, FunctionCase):
            return call(found, case, kind, guard)
        assert isinstance(case, Case)
        with guard:
            return _run(found, case, kind)
    except (Misbehaviour, Unsupported):
        raise
    except NotImplementedError as error:
        raise Unsupported(f"{case.rule}: {error or 'NotImplementedError'}") from error
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        raise Misbehaviour(f"{case.name}: the adapter raised {type(error).__name__}: {error} ({place})") from error


def _run(found: Offer, case: Case, kind: ArrayKind) -> Outcome:
    shape = case.shape or (len(case.w),)
    keywords = {**case.hyperparameters, **case.options}
    step = found.function(kind.make(case.w, shape, case.dtype), **keywords)
    if not callable(step):
        raise Misbehaviour(
            f"{case.name}: the adapter returned {type(step).__name__}; it must return the function step(gradient, learning_rate)"
        )
    takes_callable = wants_gradient_function(step)
    parameters: list[tuple[float, ...]] = []
    handed_out: list[tuple[float, ...]] = []
    current: Sequence[float] = case.w
    for number, (given, rate) in enumerate(zip(case.steps, case.learning_rates, strict=True), start=1):
        if takes_callable:
            result = step(_gradient_function(given, kind, case, number), rate)
        else:
            values = gradient_at(given, current, case.dtype)
            gradient = kind.make(values, shape, case.dtype)
            result = step(gradient, rate)
            if repr(kind.read(gradient)) != repr(list(values)):  # the text of a float tells its bits, and NaN is NaN
                raise Misbehaviour(
                    f"{case.name}: step {number} changed the gradient it was given; copy it before working on it"
                )
            handed_out.append(values)
        current = _checked(result, kind, case, shape, number)
        parameters.append(tuple(current))
    return Outcome(tuple(parameters), None if takes_callable else tuple(handed_out))


def wants_gradient_function(step: Callable[..., Any]) -> bool:
    """Whether `step` declares `gradient_at` as its first parameter."""
    try:
        names = list(inspect.signature(step).parameters)
    except (TypeError, ValueError):
        return False
    return bool(names) and names[0] == "gradient_at"


def step_on(step: Callable[..., Any], w: Any, gradient: Callable[[Any], Any], learning_rate: float) -> Any:
    """Take one step the way the harness does: hand over the gradient, or the function where `step` declares `gradient_at`."""
    return step(gradient if wants_gradient_function(step) else gradient(w), learning_rate)


def gradient_at(given: tuple[float, ...] | Slopes, point: Sequence[float], dtype: str) -> tuple[float, ...]:
    """The gradient at `point`: exact, then rounded once to the dtype. NaN and infinite points give NaN."""
    if not isinstance(given, Slopes):
        return given
    number = number_format(dtype)
    values = []
    for slope, x, offset in zip(given.slope, point, given.offset, strict=True):
        if x - x != 0:
            values.append(float("nan"))
            continue
        (a, b), (c, d), (e, f) = (real.as_integer_ratio() for real in (slope, x, offset))  # b, d, f: powers of 2
        places, more = b.bit_length() + d.bit_length() - 2, f.bit_length() - 1
        mantissa = (a * c << max(more - places, 0)) + (e << max(places - more, 0))
        values.append(number.nearest(mantissa, -max(places, more)))
    return tuple(values)


def linear_gradient(
    slope: Sequence[float], offset: Sequence[float], array: Callable[[list[float]], Any]
) -> Callable[[Any], Any]:
    """The gradient `slope * x + offset`, rounded once as the harness does; `array` makes an array of the judged dtype."""

    def gradient(point: Any) -> Any:
        dtype = str(point.dtype).removeprefix("torch.")
        return array(list(gradient_at(Slopes(tuple(slope), tuple(offset)), point.tolist(), dtype)))

    return gradient


def _gradient_function(
    given: tuple[float, ...] | Slopes, kind: ArrayKind, case: Case, number: int
) -> Callable[[Any], Any]:
    shape = case.shape or (len(case.w),)

    def gradient(point: Any) -> Any:
        return kind.make(gradient_at(given, _checked(point, kind, case, shape, number), case.dtype), shape, case.dtype)

    return gradient


def _checked(result: Any, kind: ArrayKind, case: Case, shape: tuple[int, ...], number: int) -> list[float]:
    """The numbers in `result`, after its kind, shape and dtype have been found right."""
    if result is None:
        raise Misbehaviour(f"{case.name}: step {number} returned None; it must return the new parameter")
    if not kind.owns(result):
        raise Misbehaviour(f"{case.name}: step {number} returned {type(result).__name__}; it must return {kind.word}")
    if tuple(result.shape) != shape:
        raise Misbehaviour(
            f"{case.name}: step {number} returned shape {tuple(result.shape)}; it must be {shape}, that of the parameter"
        )
    if kind.dtype(result) != case.dtype:
        raise Misbehaviour(
            f"{case.name}: step {number} returned dtype {kind.dtype(result)}; it must be {case.dtype}, that of the parameter"
        )
    return kind.read(result)


OPEN_TO_ADAPTERS = (
    "gradspec.conformance.session",
    "gradspec.conformance.arrays",
    "gradspec.conformance.bridges",
    "gradspec.conformance.bundled.layers",  # its functions are called back by frameworks that differentiate them
)


@contextmanager
def _watching(implementation: Implementation) -> Iterator[None]:
    """Notice calls into gradspec while an adapter runs; an implementation cannot be its own judge's answer."""
    seen: list[str] = []

    def observe(frame: Any, event: str, _: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("gradspec.") and not module.startswith(OPEN_TO_ADAPTERS):
            caller = frame.f_back.f_globals.get("__name__", "") if frame.f_back else ""
            if not caller.startswith("gradspec."):
                seen.append(module)

    before = sys.getprofile()
    sys.setprofile(observe)
    try:
        yield
    finally:
        sys.setprofile(before)
    if seen:
        raise Misbehaviour(
            f"{implementation.name}: the adapter computes with gradspec itself ({seen[0]}); call the implementation to be judged"
        )
