"""The activation functions of every vendor. A derivative at 0 of Keras is that on PyTorch; on JAX leaky_relu has 1."""

from .row import Row, Rows, defaults

ZERO, SLOPE, ONE = ({"derivative_at_zero": value} for value in ("zero", "slope", "one"))
BY_SIGN = {"branches": "by_sign"}
LEAKY, ALPHA = {"negative_slope": "negative_slope"}, {"alpha": "alpha"}

ROWS: Rows = {
    "torch": {
        "sigmoid": Row("torch.sigmoid"),
        "tanh": Row("torch.tanh"),
        "relu": Row("torch.relu", ZERO),
        "leaky_relu": Row("nn.functional.leaky_relu", {**BY_SIGN, **SLOPE}, defaults(negative_slope="0.01"), LEAKY),
        "prelu": Row("nn.functional.prelu", SLOPE),
        "elu": Row("nn.functional.elu", SLOPE, defaults(alpha="1"), ALPHA),
        "softmax": Row("torch.softmax"),
    },
    "keras": {
        "sigmoid": Row("ops.sigmoid"),
        "tanh": Row("activations.tanh"),
        "relu": Row("activations.relu", ZERO),
        "leaky_relu": Row("activations.leaky_relu", BY_SIGN, defaults(negative_slope="0.2"), LEAKY),
        "prelu": Row("layers.PReLU", ZERO, place="keras/src/layers/activations/prelu.py"),
        "elu": Row("activations.elu", SLOPE, defaults(alpha="1"), ALPHA),
        "softmax": Row("ops.softmax"),
    },
    "jax": {
        "sigmoid": Row("jax.nn.sigmoid"),
        "tanh": Row("jax.nn.tanh"),
        "relu": Row("jax.nn.relu", ZERO),
        "leaky_relu": Row("jax.nn.leaky_relu", {**BY_SIGN, **ONE}, defaults(negative_slope="0.01"), LEAKY),
        "elu": Row("jax.nn.elu", SLOPE, defaults(alpha="1"), ALPHA),
        "softmax": Row("jax.nn.softmax"),
    },
    "flax": {
        "sigmoid": Row("linen.sigmoid"),
        "tanh": Row("linen.tanh"),
        "relu": Row("linen.relu", ZERO),
        "leaky_relu": Row("linen.leaky_relu", {**BY_SIGN, **ONE}, defaults(negative_slope="0.01"), LEAKY),
        "prelu": Row("linen.PReLU", ONE),
        "elu": Row("linen.elu", SLOPE, defaults(alpha="1"), ALPHA),
        "softmax": Row("linen.softmax"),
    },
    "sklearn": {
        "sigmoid": Row("ACTIVATIONS['logistic']", place="sklearn/neural_network/_base.py"),
        "tanh": Row("ACTIVATIONS['tanh']", place="sklearn/neural_network/_base.py"),
        "relu": Row("ACTIVATIONS['relu']", ZERO, place="sklearn/neural_network/_base.py"),
        "softmax": Row("ACTIVATIONS['softmax']", place="sklearn/neural_network/_base.py"),
    },
    "tinygrad": {
        "sigmoid": Row("Tensor.sigmoid"),
        "tanh": Row("Tensor.tanh"),
        "relu": Row("Tensor.relu", ZERO),
        "leaky_relu": Row("Tensor.leaky_relu", {**BY_SIGN, **ONE}, defaults(negative_slope="0.01"), {"negative_slope": "neg_slope"}),
        "elu": Row("Tensor.elu", {}, defaults(alpha="1"), ALPHA),  # its derivative at 0 is the named error zero_at_zero
        "softmax": Row("Tensor.softmax"),
    },
    "tfjs": {
        "sigmoid": Row("tf.sigmoid"),
        "tanh": Row("tf.tanh"),
        "relu": Row("tf.relu", ZERO),
        "leaky_relu": Row("tf.leakyRelu", {**BY_SIGN, **SLOPE}, defaults(negative_slope="0.2"), {"negative_slope": "alpha"}),
        "prelu": Row("tf.prelu", SLOPE),
        "elu": Row("tf.elu", ONE, defaults(alpha="1")),
        "softmax": Row("tf.softmax"),
    },
    "deck": {
        "sigmoid": Row("σ", place="lines 307-310"),
        "tanh": Row("tanh", place="line 402"),
        "relu": Row("ReLU", place="line 424"),
        "leaky_relu": Row("LeakyReLU", {"branches": "maximum"}, arguments={"negative_slope": "α"}, place="line 428"),
        "prelu": Row("PReLU", place="line 441"),
        "elu": Row("ELU", ONE, arguments={"alpha": "α"}, place="line 442"),
        "softmax": Row("softmax", place="line 42"),
    },
    "paper": {
        "relu": Row("Nair & Hinton 2010"),
        "leaky_relu": Row("Maas, Hannun & Ng 2013", BY_SIGN, defaults(negative_slope="0.01")),
        "prelu": Row("He et al. 2015"),
        "elu": Row("Clevert, Unterthiner & Hochreiter 2016", SLOPE),
    },
}  # fmt: skip
