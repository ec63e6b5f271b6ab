"""The initializers of every vendor: what a kernel is drawn from."""

from .row import Row, Rows, defaults

NAMES = {
    "glorot_normal": "GlorotNormal", "glorot_uniform": "GlorotUniform", "he_normal": "HeNormal", "he_uniform": "HeUniform",
    "lecun_normal": "LecunNormal", "lecun_uniform": "LecunUniform",
}  # fmt: skip
SLOPE = {"negative_slope": "a"}
WITH_FIELD, TWO = {"fan_out": "with_receptive_field"}, {"gain": "two"}


def _six(truncation: str, prefix: str, place: str) -> dict[str, Row]:
    """Rows of a library that has all six, differing from others in the truncation; `prefix` ends in a dot."""
    first = {"glorot": WITH_FIELD, "he": TWO, "lecun": {}}
    rows = {}
    for rule, name in NAMES.items():
        family, _, distribution = rule.partition("_")
        cut = {"truncation": truncation} if distribution == "normal" else {}
        rows[rule] = Row(prefix + (name if prefix == "initializers." else rule), {**first[family], **cut}, place=place)
    return rows


ROWS: Rows = {
    "torch": {
        "glorot_normal": Row("nn.init.xavier_normal_", {**WITH_FIELD, "truncation": "none"}, place="torch/nn/init.py"),
        "glorot_uniform": Row("nn.init.xavier_uniform_", WITH_FIELD, place="torch/nn/init.py"),
        "he_normal": Row("nn.init.kaiming_normal_", {**TWO, "truncation": "none"}, {}, SLOPE, "torch/nn/init.py"),
        "he_uniform": Row("nn.init.kaiming_uniform_", TWO, {}, SLOPE, "torch/nn/init.py"),
        "lecun_normal": Row("nn.init.kaiming_normal_(nonlinearity='linear')", {"truncation": "none"}, place="torch/nn/init.py"),
        "lecun_uniform": Row("nn.init.kaiming_uniform_(nonlinearity='linear')", {}, place="torch/nn/init.py"),
    },
    "keras": _six("corrected", "initializers.", "keras/src/initializers/random_initializers.py:292"),
    "jax": _six("corrected", "nn.initializers.", "jax/_src/nn/initializers.py:340"),
    "flax": _six("corrected", "linen.initializers.", "flax/linen/initializers.py, from jax.nn.initializers"),
    "tinygrad": {
        "glorot_uniform": Row("Tensor.glorot_uniform", {"fan_out": "without"}, place="tinygrad/mixin/rand.py:204"),
        "he_normal": Row(
            "Tensor.kaiming_normal", {**TWO, "truncation": "none"}, defaults(negative_slope="0.01"), SLOPE, "tinygrad/mixin/rand.py:236"
        ),
        "he_uniform": Row("Tensor.kaiming_uniform", TWO, defaults(negative_slope="0.01"), SLOPE, "tinygrad/mixin/rand.py:220"),
    },
    "tfjs": _six("raw", "initializers.", "tfjs-layers/src/initializers.ts; tensorflow/tfjs#8594"),
    "sklearn": {
        "glorot_uniform": Row("MLPClassifier, other activations than logistic", {}, place="sklearn/neural_network/_multilayer_perceptron.py"),
    },
    "paper": {
        "glorot_uniform": Row("Glorot & Bengio 2010, equation 16", {}),
        "he_normal": Row("He et al. 2015, equation 10; slope: equation 15", {**TWO, "truncation": "none"}),
    },
    "deck": {
        "glorot_normal": Row("Glorot initialization", {}, place="line 402, with the average of line 400 corrected"),
        "he_normal": Row("He initialization", TWO, place="line 403"),
    },
}  # fmt: skip
