"""The layers of every vendor that keep or draw something: batch normalization, dropout, RReLU."""

from .row import Row, Rows, defaults

NEW_UNBIASED = {"momentum_weight": "new", "running_variance": "unbiased"}
OLD_BIASED = {"momentum_weight": "old", "running_variance": "biased"}
DROP_AT_TRAIN = {"scale_at": "train", "rate_meaning": "drop"}
TO_EPS = {"momentum": "momentum", "epsilon": "eps"}
TO_EPSILON = {"momentum": "momentum", "epsilon": "epsilon"}

ROWS: Rows = {
    "torch": {
        "batch_normalization": Row(
            "nn.BatchNorm1d", NEW_UNBIASED, defaults(momentum="0.1", epsilon="1e-5"), TO_EPS, "torch/nn/modules/batchnorm.py"
        ),
        "dropout": Row("nn.Dropout", DROP_AT_TRAIN, defaults(rate="0.5"), {"rate": "p"}, "torch/nn/modules/dropout.py"),
        "rrelu": Row(
            "nn.RReLU", {"law": "slope_uniform", "test_slope": "mean_slope"}, defaults(lower="1/8", upper="1/3"),
            {"lower": "lower", "upper": "upper"}, "torch/nn/modules/activation.py",
        ),
    },
    "keras": {
        "batch_normalization": Row(
            "layers.BatchNormalization", OLD_BIASED, defaults(momentum="0.99", epsilon="0.001"), TO_EPSILON,
            "keras/src/layers/normalization/batch_normalization.py",
        ),
        "dropout": Row("layers.Dropout", DROP_AT_TRAIN, {}, {"rate": "rate"}, "keras/src/layers/regularization/dropout.py"),
    },
    "flax": {
        "batch_normalization": Row(
            "linen.BatchNorm", OLD_BIASED, defaults(momentum="0.99", epsilon="1e-5"), TO_EPSILON, "flax/linen/normalization.py"
        ),
        "dropout": Row("linen.Dropout", DROP_AT_TRAIN, {}, {"rate": "rate"}, "flax/linen/stochastic.py"),
    },
    "tinygrad": {  # read in the source
        "batch_normalization": Row(
            "nn.BatchNorm", NEW_UNBIASED, defaults(momentum="0.1", epsilon="1e-5"), TO_EPS, "tinygrad/nn/__init__.py"
        ),
        "dropout": Row("Tensor.dropout", DROP_AT_TRAIN, defaults(rate="0.5"), {"rate": "p"}, "tinygrad/tensor.py"),
    },
    "tfjs": {
        "batch_normalization": Row(
            "layers.batchNormalization", OLD_BIASED, defaults(momentum="0.99", epsilon="0.001"), TO_EPSILON, "tfjs-layers"
        ),
        "dropout": Row("layers.dropout", DROP_AT_TRAIN, {}, {"rate": "rate"}, "tfjs-layers"),
    },
    "paper": {
        "batch_normalization": Row("Ioffe & Szegedy 2015", {"running_variance": "unbiased"}),
        "dropout": Row("Srivastava et al. 2014", {"scale_at": "test", "rate_meaning": "keep"}),
        "rrelu": Row(
            "Xu et al. 2015", {"law": "divisor_uniform", "test_slope": "reciprocal_mean_divisor"},
            defaults(lower="1/8", upper="1/3"),
        ),
    },
    "deck": {
        "batch_normalization": Row("batch normalization", {}, place="lines 502-513"),  # nothing is said of inference
        "dropout": Row("dropout", {"rate_meaning": "drop"}, defaults(rate="0.2"), place="lines 218-246"),  # nor of a scale
        "rrelu": Row("RReLU", place="line 439"),
    },
}  # fmt: skip
