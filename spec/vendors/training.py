"""What watches or surrounds training, of every vendor: early stopping."""

from .row import Row, Rows, defaults

ON_DELTA = {"best_rule": "on_delta", "tie": "bad"}
KERAS = {"stop_test": "ge_after_increment", **ON_DELTA, "nan": "poisons", "infinite": "accepted_first"}
PATIENCE = {"patience": "patience", "min_delta": "min_delta"}

ROWS: Rows = {
    "keras": {
        "early_stopping": Row(
            "callbacks.EarlyStopping", {**KERAS, "baseline_rule": "counted_untested"}, defaults(patience="0", min_delta="0"),
            {**PATIENCE, "maximize": "mode", "baseline": "baseline", "start_from": "start_from_epoch"},
            "keras/src/callbacks/early_stopping.py",
        ),
    },
    "flax": {
        "early_stopping": Row(
            "training.early_stopping.EarlyStopping",
            {"stop_test": "ge_before_increment", **ON_DELTA, "nan": "poisons", "infinite": "replaced"},
            defaults(patience="0", min_delta="0"), PATIENCE, "flax/training/early_stopping.py",
        ),
    },
    "sklearn": {
        "early_stopping": Row(
            "MLPClassifier",
            {"stop_test": "gt_after_increment", "best_rule": "ratchet", "tie": "good", "nan": "counts_as_good", "infinite": "compared"},
            defaults(patience="10", min_delta="0.0001"),
            {"patience": "n_iter_no_change", "min_delta": "tol", "maximize": "early_stopping"},
            "sklearn/neural_network/_multilayer_perceptron.py:799",
        ),
    },
    "tfjs": {
        "early_stopping": Row(
            "callbacks.earlyStopping",
            {"stop_test": "ge_after_increment", **ON_DELTA, "nan": "counts_as_bad", "infinite": "compared", "baseline_rule": "initial_best"},
            defaults(patience="0", min_delta="0"),
            {"patience": "patience", "min_delta": "minDelta", "maximize": "mode", "baseline": "baseline"}, "tfjs-layers callbacks",
        ),
    },
    "deck": {
        "early_stopping": Row("EarlyStopping", KERAS, defaults(patience="1", min_delta="0.05"), PATIENCE, "lines 115-125"),
    },
    "paper": {
        "early_stopping": Row(
            "Goodfellow, Bengio & Courville 2016",
            {"stop_test": "ge_always", **ON_DELTA, "nan": "counts_as_bad", "infinite": "compared"},
        ),
    },
}  # fmt: skip
