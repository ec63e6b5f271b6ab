"""Losses, penalties, constraints and clipping the way a reader would write them in NumPy, for every dialect and mistake.

Nothing here comes from the formulas of the specification, and gradients are worked out by hand. `mistake` names the
known error that is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy

from gradspec.conformance import Implementation

Dialect = Mapping[str, str]
Array = Any


def cross_entropy(dialect: Dialect, mistake: str | None) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def shares(x: Array) -> Array:
        shifted = numpy.exp(x - x.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)

    def logits(x: Array, epsilon: float) -> Array:
        if mistake == "clipped_logits":
            return numpy.clip(x, epsilon, 1 - epsilon)
        return shares(x) if mistake == "softmax_twice" else x

    def divisor(x: Array) -> int:
        return 1 if mistake == "sum_for_mean" else len(x)

    def loss(predictions: Array, labels: Array, *, epsilon: float) -> Array:
        at = numpy.arange(len(labels)), labels - (mistake == "label_off_by_one")
        if dialect["input"] == "logits":
            x = logits(predictions, epsilon)
            largest = x.max(axis=1)
            each = numpy.log(numpy.exp(x - largest[:, None]).sum(axis=1)) + (largest - x[at])
        else:
            p = predictions
            if dialect["renormalise"] == "yes":
                p = p / p.sum(axis=1, keepdims=True)
            if dialect["clip"] == "both":
                p = numpy.clip(p, epsilon, 1 - epsilon)
            each = -numpy.log(p[at])
        return numpy.asarray(each.sum() / divisor(predictions), predictions.dtype)

    def gradient(predictions: Array, labels: Array, upstream: Array, *, epsilon: float) -> Array:
        rows = numpy.arange(len(labels))
        at = rows, labels - (mistake == "label_off_by_one")
        hit = numpy.zeros_like(predictions)
        hit[at] = 1
        if dialect["input"] == "logits":
            back = shares(logits(predictions, epsilon)) - hit
            if mistake == "clipped_logits":
                back = back * ((predictions >= epsilon) & (predictions <= 1 - epsilon))
            if mistake == "softmax_twice":
                p = shares(predictions)
                back = p * (back - (p * back).sum(axis=1, keepdims=True))
        else:
            mass = predictions.sum(axis=1, keepdims=True) if dialect["renormalise"] == "yes" else 1
            p = predictions / mass
            kept = numpy.clip(p, epsilon, 1 - epsilon) if dialect["clip"] == "both" else p
            back = numpy.where(hit == 1, -1 / kept, 0)
            if dialect["gradient_on_clip"] == "zero":
                back = numpy.where(kept == p, back, 0)
            if dialect["renormalise"] == "yes":
                back = (back - (p * back).sum(axis=1, keepdims=True)) / mass
        return (back * (upstream / divisor(predictions))).astype(predictions.dtype)

    return loss, gradient


def mean_squared_error(dialect: Dialect, mistake: str | None) -> tuple[Callable[..., Any], Callable[..., Any]]:
    half = 0.5 if dialect["factor"] == "half" else 1.0

    def count(x: Array) -> int:
        return 1 if mistake == "sum_for_mean" else x.size

    def loss(predictions: Array, targets: Array) -> Array:
        squares = numpy.square(predictions - targets).sum()
        return numpy.asarray(half * squares / count(predictions), predictions.dtype)

    def gradient(predictions: Array, targets: Array, upstream: Array) -> Array:
        return (upstream * (2 * half) * (predictions - targets) / count(predictions)).astype(predictions.dtype)

    return loss, gradient


def l1(dialect: Dialect, mistake: str | None) -> tuple[Callable[..., Any], Callable[..., Any]]:
    at_zero = 1 if dialect["derivative_at_zero"] == "one" else 0
    return _penalty(
        dialect, mistake, lambda w: numpy.abs(w).sum(), lambda w: numpy.where(w == 0, at_zero, numpy.sign(w))
    )


def l2(dialect: Dialect, mistake: str | None) -> tuple[Callable[..., Any], Callable[..., Any]]:
    half = 0.5 if dialect["factor"] == "half" else 1.0
    return _penalty(dialect, mistake, lambda w: half * numpy.dot(w, w), lambda w: 2 * half * w)


def _penalty(
    dialect: Dialect, mistake: str | None, total: Callable[[Array], Any], slopes: Callable[[Array], Array]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    with_bias = dialect["scope"] == "all_parameters"

    def value(w: Array, *, strength: float, batch_size: float = 1, bias: Array | None = None) -> Array:
        everything = total(w) + (total(bias) if bias is not None and with_bias else 0)
        return numpy.asarray(_weight(dialect, mistake, w, strength, batch_size) * everything, w.dtype)

    def gradient(
        w: Array,
        upstream: Array,
        *,
        strength: float,
        batch_size: float = 1,
        bias: Array | None = None,
        clip_norm: float = numpy.inf,
        loss_gradient: Array | None = None,
    ) -> Array | tuple[Array, Array]:
        pull = _weight(dialect, mistake, w, strength, batch_size) * upstream
        own = (pull * slopes(w)).astype(w.dtype)
        if loss_gradient is not None:
            inside = dialect["clip_order"] == "inside_clip"
            clipped = loss_gradient + own if inside else loss_gradient
            clipped = clipped / max(1.0, numpy.linalg.norm(clipped) / clip_norm)
            return (clipped if inside else clipped + own).astype(w.dtype)
        if bias is None:
            return own
        return own, (pull * slopes(bias) if with_bias else 0 * bias).astype(w.dtype)

    return value, gradient


def _weight(dialect: Dialect, mistake: str | None, w: Array, strength: float, batch_size: float) -> float:
    if mistake == "strength_twice":
        return strength**2
    if mistake == "mean_for_sum":
        return strength / w.size
    return strength / batch_size if dialect["reduction"] == "per_batch" else strength


def max_norm(dialect: Dialect, mistake: str | None) -> tuple[Callable[..., Any], None]:
    def bounded(w: Array, *, maximum: float, epsilon: float) -> Array:
        axis = 1 if mistake == "outgoing_weights" else 0
        norm = numpy.linalg.norm(w, axis=axis, keepdims=True)
        if dialect["epsilon_use"] == "always" and mistake is None:
            return (w * (numpy.clip(norm, 0, maximum) / (norm + epsilon))).astype(w.dtype)
        guard = epsilon if dialect["epsilon_use"] == "over_only" and mistake is None else 0.0
        short = (w * (maximum / (norm + guard))).astype(w.dtype)
        return short if mistake == "always_scaled" else numpy.where(norm > maximum, short, w)

    return bounded, None


def clip_by_value(_: Dialect, mistake: str | None) -> tuple[Callable[..., Any], None]:
    def clipped(g: Array, *, clip_value: float) -> Array:
        if mistake == "from_above_only":
            return numpy.minimum(g, clip_value).astype(g.dtype)
        if mistake == "sign_lost":
            return numpy.where(numpy.abs(g) > clip_value, clip_value, g).astype(g.dtype)
        return numpy.clip(g, -clip_value, clip_value)

    return clipped, None


def clip_by_norm(dialect: Dialect, mistake: str | None) -> tuple[Callable[..., Any], None]:
    def clipped(g: Array, *, clip_norm: float, epsilon: float) -> Array:
        norm = numpy.linalg.norm(g)
        norm = {"squared_norm": norm**2, "root_mean_square": norm / g.size**0.5}.get(mistake or "", norm)
        if mistake == "every_element":
            return numpy.clip(g, -clip_norm, clip_norm)
        return _shortened(dialect, mistake, [g], norm, clip_norm, epsilon)[0]

    return clipped, None


def clip_by_global_norm(dialect: Dialect, mistake: str | None) -> tuple[Callable[..., Any], None]:
    def clipped(first: Array, second: Array, *, clip_norm: float, epsilon: float) -> tuple[Array, ...]:
        norms = [numpy.linalg.norm(first), numpy.linalg.norm(second)]
        norm = (
            norms[0]
            if mistake == "first_norm_only"
            else sum(norms)
            if mistake == "norms_added"
            else numpy.hypot(*norms)
        )
        if mistake == "each_on_its_own":
            parts = zip((first, second), norms, strict=True)
            return tuple(_shortened(dialect, None, [g], own, clip_norm, epsilon)[0] for g, own in parts)
        return tuple(_shortened(dialect, mistake, [first, second], norm, clip_norm, epsilon))

    return clipped, None


def _shortened(
    dialect: Dialect, mistake: str | None, gradients: list[Array], norm: Any, clip_norm: float, epsilon: float
) -> list[Array]:
    if not numpy.isfinite(norm) and dialect["nonfinite"] == "raise":
        raise FloatingPointError("the norm is no number")
    if not numpy.isfinite(norm) and dialect["nonfinite"] == "all_nan":
        return [numpy.full_like(g, numpy.nan) for g in gradients]
    factor = clip_norm / (norm + epsilon if dialect["epsilon_use"] == "always" else norm)
    if factor >= 1 and mistake != "always_scaled":
        factor = 1.0
    return [(g * factor).astype(g.dtype) for g in gradients]


WRITTEN: dict[str, Callable[[Dialect, str | None], tuple[Callable[..., Any], Callable[..., Any] | None]]] = {
    "cross_entropy": cross_entropy,
    "mean_squared_error": mean_squared_error,
    "l1": l1,
    "l2": l2,
    "max_norm": max_norm,
    "clip_by_value": clip_by_value,
    "clip_by_norm": clip_by_norm,
    "clip_by_global_norm": clip_by_global_norm,
}


def naive(rule: str, dialect: Dialect, mistake: str | None = None) -> Implementation:
    """A library that offers one rule in one dialect, perhaps with one mistake; where it divides by zero it says nothing."""
    library = Implementation("naive", claims={rule: dialect})
    function, gradient = WRITTEN[rule](dialect, mistake)
    library.function(rule)(numpy.errstate(all="ignore")(function))
    if gradient is not None:
        library.derivative(rule)(numpy.errstate(all="ignore")(gradient))
    return library
