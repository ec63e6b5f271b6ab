"""Early stopping of Keras, flax and scikit-learn, and gradspec's own; each function imports only its own framework.

Every function returns an adapter `(*, patience, min_delta, options) -> observe(metric) -> stop` for
`Implementation.monitor("early_stopping")`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any

Observe = Callable[[Any], bool]
Factory = Callable[..., Observe]


def keras_early_stopping() -> Factory:
    """Drive `keras.callbacks.EarlyStopping` through its hooks, on an object with the one attribute that it sets."""
    import keras

    def early_stopping(
        *, patience: int, min_delta: float, maximize: bool = False, baseline: float | None = None, start_from: int = 0
    ) -> Observe:
        model, epochs = SimpleNamespace(stop_training=False), count()
        callback = keras.callbacks.EarlyStopping(
            monitor="metric",
            min_delta=min_delta,
            patience=patience,
            mode="max" if maximize else "min",
            baseline=baseline,
            start_from_epoch=start_from,
        )
        callback.set_model(model)
        callback.on_train_begin()

        def observe(metric: Any) -> bool:
            callback.on_epoch_end(next(epochs), {"metric": float(metric)})
            return bool(model.stop_training)

        return observe

    return early_stopping


def flax_early_stopping() -> Factory:
    """Drive `flax.training.early_stopping.EarlyStopping`, which only minimizes."""
    from flax.training.early_stopping import EarlyStopping

    def early_stopping(*, patience: int, min_delta: float) -> Observe:
        current = EarlyStopping(min_delta=min_delta, patience=patience)

        def observe(metric: Any) -> bool:
            nonlocal current
            current = current.update(float(metric))
            return bool(current.should_stop)

        return observe

    return early_stopping


def sklearn_early_stopping() -> Factory:
    """Drive `_update_no_improvement_count` of an `MLPClassifier`: the training loss, or with `maximize` a validation score.

    The count is compared with `n_iter_no_change` here as in `_fit_stochastic` (_multilayer_perceptron.py:759); `fit` itself
    refuses `n_iter_no_change=0`.
    """
    from sklearn.neural_network import MLPClassifier

    def early_stopping(*, patience: int, min_delta: float, maximize: bool = False) -> Observe:
        estimator = MLPClassifier(n_iter_no_change=patience, tol=min_delta, early_stopping=maximize)
        # What `_initialize` sets up, without layers.
        estimator.loss_curve_, estimator.best_loss_ = [], float("inf")
        estimator.validation_scores_, estimator.best_validation_score_ = [], -float("inf")
        estimator._no_improvement_count = 0
        estimator.coefs_, estimator.intercepts_ = [], []
        scores: list[float] = []
        estimator._score = lambda *_, **__: scores[-1]

        def observe(metric: Any) -> bool:
            (scores if maximize else estimator.loss_curve_).append(float(metric))
            estimator._update_no_improvement_count(maximize, None, None, None)
            return bool(estimator._no_improvement_count > estimator.n_iter_no_change)

        return observe

    return early_stopping


def gradspec_early_stopping(dialect: str | Mapping[str, str]) -> Factory:
    """Drive gradspec's own fast function under a dialect."""
    from gradspec.fast.early_stopping import State
    from gradspec.fast.early_stopping import early_stopping as fast

    def early_stopping(
        *, patience: int, min_delta: float, maximize: bool = False, baseline: float | None = None, start_from: int = 0
    ) -> Observe:
        state: State | None = None

        def observe(metric: Any) -> bool:
            nonlocal state
            state = fast(
                metric, state, patience=patience, min_delta=min_delta, maximize=maximize, baseline=baseline,
                start_from=start_from, dialect=dialect,
            )  # fmt: skip
            return state["stop"]

        return observe

    return early_stopping
