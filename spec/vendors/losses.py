"""The losses, penalties, constraints and clipping of every vendor. L1 of Keras on JAX has the derivative of JAX at 0."""

from .row import Row, Rows, defaults

LOGITS = {"input": "logits"}
NONE, ALWAYS = {"epsilon_use": "none"}, {"epsilon_use": "always"}
ENTRY, ALL = {"nonfinite": "entry_nan"}, {"nonfinite": "all_nan"}
ONE, HALF, SUM = {"factor": "one"}, {"factor": "half"}, {"reduction": "sum"}
KERNEL = {**SUM, "scope": "weights"}  # kernel_regularizer
IN_LOSS = {**KERNEL, "clip_order": "inside_clip"}
DECAY = {**HALF, **SUM, "scope": "all_parameters"}  # of what an optimizer was given

ROWS: Rows = {
    "torch": {
        "cross_entropy": Row("nn.functional.cross_entropy", LOGITS),
        "mean_squared_error": Row("nn.functional.mse_loss", ONE),
        "l2": Row("weight_decay", {**DECAY, "clip_order": "after_clip"}, {}, {"strength": "weight_decay"}, "torch/optim/sgd.py"),
        "max_norm": Row("torch.renorm(w, 2, 1, r)", {"epsilon_use": "over_only"}, defaults(epsilon="1e-7"), {"maximum": "maxnorm", "epsilon": "built in"}),
        "clip_by_value": Row("nn.utils.clip_grad_value_", {}, {}, {"clip_value": "clip_value"}, "torch/nn/utils/clip_grad.py"),
        "clip_by_global_norm": Row(
            "nn.utils.clip_grad_norm_", {**ALWAYS, **ENTRY}, defaults(epsilon="1e-6"), {"clip_norm": "max_norm", "epsilon": "built in"}, "torch/nn/utils/clip_grad.py:164"
        ),
    },
    "keras": {
        "cross_entropy": Row(
            "losses.sparse_categorical_crossentropy",
            {"input": "probabilities", "renormalise": "yes", "clip": "both", "gradient_on_clip": "zero"}, defaults(epsilon="1e-7"),
            {"epsilon": "keras.config.epsilon()"},
        ),
        "mean_squared_error": Row("losses.mean_squared_error", ONE),
        "l1": Row("regularizers.L1", IN_LOSS, defaults(strength="0.01"), {"strength": "l1"}, "keras/src/regularizers/regularizers.py:198"),
        "l2": Row("regularizers.L2", {**ONE, **IN_LOSS}, defaults(strength="0.01"), {"strength": "l2"}, "keras/src/regularizers/regularizers.py:264"),
        "max_norm": Row("constraints.MaxNorm", ALWAYS, defaults(maximum="2", epsilon="1e-7"), {"maximum": "max_value", "epsilon": "keras.config.epsilon()"}, "keras/src/constraints/constraints.py:109"),
        "clip_by_value": Row("clipvalue", {}, {}, {"clip_value": "clipvalue"}, "keras/src/optimizers/base_optimizer.py:1108"),
        "clip_by_norm": Row("clipnorm", {**NONE, **ENTRY}, {}, {"clip_norm": "clipnorm"}, "keras/src/optimizers/base_optimizer.py:1108"),
        "clip_by_global_norm": Row("global_clipnorm", {**NONE, **ALL}, {}, {"clip_norm": "global_clipnorm"}, "keras/src/optimizers/base_optimizer.py:1190"),
    },
    "optax": {
        "cross_entropy": Row("softmax_cross_entropy_with_integer_labels", LOGITS),
        "mean_squared_error": Row("squared_error", ONE),
        "clip_by_value": Row("clip", {}, {}, {"clip_value": "max_delta"}),
        "l2": Row("add_decayed_weights", DECAY, {}, {"strength": "weight_decay"}),
        "clip_by_norm": Row("clip_by_global_norm of one parameter", {**NONE, **ENTRY}, {}, {"clip_norm": "max_norm"}),
        "clip_by_global_norm": Row("clip_by_global_norm", {**NONE, **ENTRY}, {}, {"clip_norm": "max_norm"}),
    },
    "jax": {
        "l1": Row("λ jax.numpy.abs(w).sum()", {"derivative_at_zero": "one", **SUM}),
        "l2": Row("λ jax.numpy.square(w).sum()", {**ONE, **SUM}),
    },
    "sklearn": {
        "cross_entropy": Row(
            "log_loss", {"input": "probabilities", "renormalise": "no", "clip": "both", "gradient_on_clip": "exact"},
            arguments={"epsilon": "spacing of the dtype"}, place="sklearn/neural_network/_base.py",
        ),
        "mean_squared_error": Row("squared_loss", HALF, place="sklearn/neural_network/_base.py"),
        "l2": Row("alpha", {**HALF, "reduction": "per_batch", "scope": "weights"}, defaults(strength="0.0001"), {"strength": "alpha"}, "sklearn/neural_network/_multilayer_perceptron.py:235"),
    },
    "tinygrad": {
        "cross_entropy": Row("Tensor.sparse_categorical_crossentropy", LOGITS),
        "l2": Row("weight_decay", DECAY, {}, {"strength": "weight_decay"}, "tinygrad/nn/optim.py"),
    },
    "tfjs": {
        "l1": Row("regularizers.l1", KERNEL, defaults(strength="0.01"), {"strength": "l1"}),
        "l2": Row("regularizers.l2", {**ONE, **KERNEL}, defaults(strength="0.01"), {"strength": "l2"}),
        "max_norm": Row("constraints.maxNorm", ALWAYS, defaults(maximum="2", epsilon="1e-7"), {"maximum": "maxValue", "epsilon": "built in"}),
    },
    "deck": {
        "cross_entropy": Row("sparse_categorical_crossentropy", {"input": "probabilities"}, place="line 43"),
        "mean_squared_error": Row("mse", place="line 554"),
        "l1": Row("l1", KERNEL, defaults(strength="0.1"), place="lines 155-157"),
        "l2": Row("l2", {**ONE, **KERNEL}, defaults(strength="0.01"), place="lines 163-165"),
        "max_norm": Row("max-norm", NONE, defaults(maximum="1"), {"maximum": "r"}, "lines 186-195"),
        "clip_by_value": Row("clipvalue", {}, defaults(clip_value="1"), place="lines 553-559"),
        "clip_by_norm": Row("clipnorm", NONE, defaults(clip_norm="1"), place="lines 558-560"),
    },
    "paper": {
        "max_norm": Row("Srivastava et al. 2014", NONE),
        "clip_by_global_norm": Row("Pascanu, Mikolov & Bengio 2013", NONE),
        "l1": Row("Tibshirani 1996", SUM),
    },
}  # fmt: skip
