"""The dialects as this layer understands them: which choices each rule leaves open, and who made which.

Stated a second time on purpose, so that a comparison with another table means something.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_WEIGHT_DECAY_FORM = ("l2", "decoupled", "decoupled_schedule")
_NONFINITE = ("entry_nan", "all_nan", "raise")
_PENALTY = {
    "reduction": ("sum", "per_batch"),
    "scope": ("weights", "all_parameters"),
    "clip_order": ("inside_clip", "after_clip"),
}

_FILLS = ("constant", "nearest", "reflect", "mirror", "wrap")
_EDGES = ("blended", "whole")

#: Rule -> axis -> its values. The first value holds where a dialect says nothing about the axis.
AXES: dict[str, dict[str, tuple[str, ...]]] = {
    "gradient_descent": {"weight_decay_form": _WEIGHT_DECAY_FORM},
    "momentum": {
        "learning_rate_place": ("inside", "outside"),
        "gain": ("one", "one_minus_dampening", "one_minus_momentum"),
        "first_step": ("zeros", "gradient"),
        "weight_decay_form": _WEIGHT_DECAY_FORM,
    },
    "nesterov": {
        "nesterov_form": ("look_ahead", "stored_look_ahead"),
        "learning_rate_place": ("inside", "outside"),
        "weight_decay_form": _WEIGHT_DECAY_FORM,
    },
    "adagrad": {
        "epsilon_place": ("outside", "inside", "inside_guarded"),
        "weight_decay_form": _WEIGHT_DECAY_FORM,
    },
    "rmsprop": {
        "epsilon_place": ("inside", "outside"),
        "learning_rate_place": ("inside", "outside"),
        "weight_decay_form": _WEIGHT_DECAY_FORM,
    },
    "adam": {
        "epsilon_place": ("outside", "inside", "hat", "root_plus_outside"),
        "bias_correction": ("both", "none"),
        "amsgrad_max": ("raw", "corrected"),
        "weight_decay_form": _WEIGHT_DECAY_FORM,
    },
    "sigmoid": {},
    "tanh": {},
    "relu": {"derivative_at_zero": ("zero", "half", "one")},
    "leaky_relu": {"branches": ("by_sign", "maximum"), "derivative_at_zero": ("slope", "one", "half")},
    "prelu": {"derivative_at_zero": ("slope", "one", "zero")},
    "elu": {"derivative_at_zero": ("slope", "one")},
    "softmax": {},
    "rrelu": {
        "law": ("slope_uniform", "divisor_uniform"),
        "test_slope": ("mean_slope", "reciprocal_mean_divisor"),
    },
    "dropout": {"scale_at": ("train", "test"), "rate_meaning": ("drop", "keep")},
    "batch_normalization": {"momentum_weight": ("new", "old"), "running_variance": ("unbiased", "biased")},
    "dense": {},
    "feedforward_network": {"clip": ("none", "both")},
    "sigmoid_chain": {},
    "cross_entropy": {
        "input": ("logits", "probabilities"),
        "renormalise": ("yes", "no"),
        "clip": ("none", "both"),
        "gradient_on_clip": ("zero", "exact"),
    },
    "mean_squared_error": {"factor": ("one", "half")},
    "l1": {"derivative_at_zero": ("zero", "one"), **_PENALTY},
    "l2": {"factor": ("one", "half"), **_PENALTY},
    "max_norm": {"epsilon_use": ("none", "over_only", "always")},
    "clip_by_value": {},
    "clip_by_norm": {"epsilon_use": ("none", "always"), "nonfinite": _NONFINITE},
    "clip_by_global_norm": {"epsilon_use": ("none", "always"), "nonfinite": _NONFINITE},
    "shift": {"fill": _FILLS, "edge": _EDGES, "interpolation": ("linear", "nearest", "nearest_even")},
    "rotate": {"fill": _FILLS, "edge": _EDGES, "interpolation": ("linear", "nearest")},
    "resize": {
        "fill": _FILLS,
        "edge": _EDGES,
        "interpolation": ("linear", "nearest", "nearest_even"),
        "zoom": ("in", "out"),
    },
}

_INSIDE_FROM_ZERO = {"learning_rate_place": "inside", "gain": "one", "first_step": "zeros"}
_OUTSIDE_FROM_ZERO = {"learning_rate_place": "outside", "gain": "one", "first_step": "zeros"}
_STORED_INSIDE = {"nesterov_form": "stored_look_ahead", "learning_rate_place": "inside"}
_STORED_OUTSIDE = {"nesterov_form": "stored_look_ahead", "learning_rate_place": "outside"}
_LOOK_AHEAD_INSIDE = {"nesterov_form": "look_ahead", "learning_rate_place": "inside"}
_ALL_INSIDE = {"epsilon_place": "inside", "learning_rate_place": "inside"}
_SMOOTH: dict[str, dict[str, str]] = {"sigmoid": {}, "tanh": {}, "softmax": {}}
_AT_ZERO, _AT_SLOPE, _AT_ONE = ({"derivative_at_zero": value} for value in ("zero", "slope", "one"))
_BY_SIGN = {"branches": "by_sign"}
_SUM = {"reduction": "sum"}
_KERNEL = {**_SUM, "scope": "weights"}
_IN_THE_LOSS = {**_KERNEL, "clip_order": "inside_clip"}
_WEIGHT_DECAY = {"factor": "half", **_SUM, "scope": "all_parameters"}
_CLIP_ALWAYS = {"epsilon_use": "always", "nonfinite": "entry_nan"}
_INVERTED = {"dropout": {"scale_at": "train", "rate_meaning": "drop"}}
_NEW_UNBIASED = {"batch_normalization": {"momentum_weight": "new", "running_variance": "unbiased"}}
_OLD_BIASED = {"batch_normalization": {"momentum_weight": "old", "running_variance": "biased"}}
_UNCLIPPED: dict[str, dict[str, str]] = {"dense": {}, "feedforward_network": {"clip": "none"}, "sigmoid_chain": {}}
_CLIPPED = {**_UNCLIPPED, "feedforward_network": {"clip": "both"}}
_L2 = {"weight_decay_form": "l2"}
_DECOUPLED = {"weight_decay_form": "decoupled"}

#: Vendor -> rule -> axis -> value. An absent rule is not provided by the vendor. An absent axis shows only
#: under an option that the vendor lacks, or (optax's weight decay) is left to the caller.
VENDORS: dict[str, dict[str, dict[str, str]]] = {
    "torch": {
        "gradient_descent": _L2,
        "momentum": {
            "learning_rate_place": "outside",
            "gain": "one_minus_dampening",
            "first_step": "gradient",  # dampening is skipped once
            **_L2,
        },
        "nesterov": {**_STORED_OUTSIDE, **_L2},
        "adagrad": {"epsilon_place": "outside", **_L2},
        "rmsprop": {"epsilon_place": "outside", "learning_rate_place": "outside", **_L2},
        "adam": {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": "raw", **_L2},
        **_SMOOTH,
        "relu": _AT_ZERO,
        "leaky_relu": {**_BY_SIGN, **_AT_SLOPE},
        "prelu": _AT_SLOPE,
        "elu": _AT_SLOPE,
        "rrelu": {"law": "slope_uniform", "test_slope": "mean_slope"},
        **_INVERTED,
        **_NEW_UNBIASED,
        **_UNCLIPPED,
        "cross_entropy": {"input": "logits"},
        "mean_squared_error": {"factor": "one"},
        "l1": {**_AT_ZERO, **_SUM},
        "l2": {**_WEIGHT_DECAY, "clip_order": "after_clip"},
        "max_norm": {"epsilon_use": "over_only"},  # renorm
        "clip_by_value": {},
        "clip_by_norm": _CLIP_ALWAYS,  # clip_grad_norm_ of one parameter
        "clip_by_global_norm": _CLIP_ALWAYS,
    },
    "keras": {
        "gradient_descent": _DECOUPLED,
        "momentum": {**_INSIDE_FROM_ZERO, **_DECOUPLED},
        "nesterov": {**_STORED_INSIDE, **_DECOUPLED},
        "adagrad": {"epsilon_place": "inside", **_DECOUPLED},
        "rmsprop": {**_ALL_INSIDE, **_DECOUPLED},
        "adam": {"epsilon_place": "hat", "bias_correction": "both", "amsgrad_max": "raw", **_DECOUPLED},
        **_SMOOTH,
        "relu": _AT_ZERO,
        "leaky_relu": _BY_SIGN,  # its derivative at 0 is the backend's: the slope on torch, 1 on JAX
        "prelu": _AT_ZERO,
        "elu": _AT_SLOPE,
        **_INVERTED,
        **_OLD_BIASED,
        **_CLIPPED,
        "cross_entropy": {"input": "probabilities", "renormalise": "yes", "clip": "both", "gradient_on_clip": "zero"},
        "mean_squared_error": {"factor": "one"},
        "l1": _IN_THE_LOSS,  # its derivative at 0 is zero on torch, one on JAX
        "l2": {"factor": "one", **_IN_THE_LOSS},
        "max_norm": {"epsilon_use": "always"},
        "clip_by_value": {},
        "clip_by_norm": {"epsilon_use": "none", "nonfinite": "entry_nan"},
        "clip_by_global_norm": {"epsilon_use": "none", "nonfinite": "all_nan"},
    },
    "optax": {
        "gradient_descent": {},
        "momentum": _OUTSIDE_FROM_ZERO,
        "nesterov": _STORED_OUTSIDE,
        "adagrad": {"epsilon_place": "inside_guarded"},
        "rmsprop": _ALL_INSIDE,
        "adam": {"epsilon_place": "root_plus_outside", "bias_correction": "both", "amsgrad_max": "corrected"},
        "cross_entropy": {"input": "logits"},
        "l2": _WEIGHT_DECAY,  # add_decayed_weights
        "clip_by_value": {},
        "clip_by_global_norm": {"epsilon_use": "none", "nonfinite": "entry_nan"},
    },
    "jax": {
        **_SMOOTH,
        "relu": _AT_ZERO,
        "leaky_relu": {**_BY_SIGN, **_AT_ONE},
        "elu": _AT_SLOPE,
        **_UNCLIPPED,
    },
    "flax": {
        **_SMOOTH,
        "relu": _AT_ZERO,
        "leaky_relu": {**_BY_SIGN, **_AT_ONE},
        "prelu": _AT_ONE,
        "elu": _AT_SLOPE,
        **_INVERTED,
        **_OLD_BIASED,
        **_UNCLIPPED,
    },
    "sklearn": {
        "gradient_descent": {},
        "momentum": _INSIDE_FROM_ZERO,
        "nesterov": _STORED_INSIDE,
        "adam": {"epsilon_place": "hat", "bias_correction": "both"},
        **_SMOOTH,
        "relu": _AT_ZERO,
        "cross_entropy": {"input": "probabilities", "renormalise": "no", "clip": "both", "gradient_on_clip": "exact"},
        "mean_squared_error": {"factor": "half"},
        "l2": {"factor": "half", "reduction": "per_batch", "scope": "weights"},
    },
    "tinygrad": {
        "gradient_descent": _L2,
        "momentum": {**_OUTSIDE_FROM_ZERO, **_L2},
        "nesterov": {**_STORED_OUTSIDE, **_L2},
        "adam": {"epsilon_place": "outside", "bias_correction": "both"},
        **_SMOOTH,
        "relu": _AT_ZERO,
        "leaky_relu": {**_BY_SIGN, **_AT_ONE},
        "elu": {},  # its derivative at 0 is 0, which is neither one-sided derivative
        **_INVERTED,
        **_NEW_UNBIASED,
        "cross_entropy": {"input": "logits"},
        "l2": _WEIGHT_DECAY,
    },
    "tfjs": {
        "gradient_descent": {},
        "momentum": _OUTSIDE_FROM_ZERO,
        "nesterov": _STORED_OUTSIDE,
        "adagrad": {"epsilon_place": "inside"},
        "rmsprop": _ALL_INSIDE,
        "adam": {"epsilon_place": "outside", "bias_correction": "both"},
        **_SMOOTH,
        "relu": _AT_ZERO,
        "leaky_relu": {**_BY_SIGN, **_AT_SLOPE},
        "prelu": _AT_SLOPE,
        "elu": _AT_ONE,
        **_INVERTED,
        **_OLD_BIASED,
        "cross_entropy": {"input": "probabilities", "renormalise": "yes", "clip": "both"},
        "mean_squared_error": {"factor": "one"},
        "l1": _KERNEL,
        "l2": {"factor": "one", **_KERNEL},
        "max_norm": {"epsilon_use": "always"},
    },
    "deck": {
        "gradient_descent": {},
        "momentum": _INSIDE_FROM_ZERO,
        "nesterov": _LOOK_AHEAD_INSIDE,  # as the slide means it; its sign in front of μm is an error
        "adagrad": {"epsilon_place": "inside"},
        "rmsprop": {"epsilon_place": "inside"},
        "adam": {"epsilon_place": "inside", "bias_correction": "both"},
        **_SMOOTH,
        "relu": {},
        "leaky_relu": {"branches": "maximum"},
        "prelu": {},
        "elu": _AT_ONE,
        "rrelu": {},
        "dropout": {"rate_meaning": "drop"},
        "batch_normalization": {},
        **_CLIPPED,
        "cross_entropy": {"input": "probabilities"},
        "l1": _KERNEL,
        "l2": {"factor": "one", **_KERNEL},
        "max_norm": {"epsilon_use": "none"},
        "clip_by_value": {},
        "clip_by_norm": {"epsilon_use": "none"},
    },
    "paper": {
        "gradient_descent": {},
        "momentum": _INSIDE_FROM_ZERO,  # Sutskever et al. 2013
        "nesterov": _LOOK_AHEAD_INSIDE,  # Sutskever et al. 2013
        "adagrad": {"epsilon_place": "outside"},  # Duchi, Hazan and Singer 2011
        "rmsprop": _ALL_INSIDE,  # Graves 2013
        "adam": {
            "epsilon_place": "outside",  # Kingma and Ba 2015, algorithm 1
            "bias_correction": "both",
            "amsgrad_max": "raw",  # Reddi, Kale and Kumar 2018
            "weight_decay_form": "decoupled_schedule",  # Loshchilov and Hutter 2019
        },
        "relu": {},  # Nair and Hinton 2010
        "leaky_relu": _BY_SIGN,  # Maas, Hannun and Ng 2013
        "prelu": {},  # He et al. 2015
        "elu": _AT_SLOPE,  # Clevert, Unterthiner and Hochreiter 2016
        "rrelu": {"law": "divisor_uniform", "test_slope": "reciprocal_mean_divisor"},  # Xu et al. 2015
        "dropout": {"scale_at": "test", "rate_meaning": "keep"},  # Srivastava et al. 2014
        "batch_normalization": {"running_variance": "unbiased"},  # Ioffe and Szegedy 2015
        "max_norm": {"epsilon_use": "none"},  # Srivastava et al. 2014
        "clip_by_global_norm": {"epsilon_use": "none"},  # Pascanu, Mikolov and Bengio 2013
    },
}


def resolve(rule: str, dialect: str | Mapping[str, str]) -> dict[str, str]:
    """Return the value of every axis of the rule.

    `dialect` is a vendor's name or a mapping from axis to value; an axis it leaves out gets its
    first value. Raises ValueError for an unknown rule, vendor, axis or value and for a vendor without the
    rule, TypeError for anything else.
    """
    if rule not in AXES:
        raise ValueError(f"rule={rule!r}: no such rule; {_nearest(rule, AXES)}")
    if isinstance(dialect, str):
        chosen: Mapping[str, str] = _vendor_values(rule, dialect)
    elif isinstance(dialect, Mapping):
        chosen = dialect
    else:
        kind = type(dialect).__name__
        raise TypeError(f"dialect={kind}: must name a vendor or map axes to values; pass one of {_listed(VENDORS)}")
    axes = AXES[rule]
    for axis, value in chosen.items():
        if axis not in axes:
            raise ValueError(f"dialect axis={axis!r}: {rule} has no such axis; {_nearest(axis, axes)}")
        if value not in axes[axis]:
            raise ValueError(f"{axis}={value!r}: no such value for {rule}; {_nearest(value, axes[axis])}")
    return {axis: chosen.get(axis, values[0]) for axis, values in axes.items()}


def _vendor_values(rule: str, vendor: str) -> Mapping[str, str]:
    """Return what the vendor chose for the rule."""
    if rule in VENDORS.get(vendor, {}):
        return VENDORS[vendor][rule]
    offering = [name for name, rules in VENDORS.items() if rule in rules]
    if vendor in VENDORS:
        raise ValueError(f"dialect={vendor!r}: has no {rule}; choose {_listed(offering)}")
    raise ValueError(f"dialect={vendor!r}: no such vendor; {_nearest(vendor, offering)}")


def _nearest(name: object, valid: Iterable[str]) -> str:
    """Return the remedy for a misspelled name: the nearest valid one, and all of them."""
    names = list(valid)
    close = get_close_matches(str(name), names, n=1)
    return f"did you mean {close[0]!r}? Valid: {', '.join(names)}" if close else f"choose {_listed(names)}"


def _listed(names: Iterable[str]) -> str:
    """Return "a, b or c"."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
