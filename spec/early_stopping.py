"""Early stopping: training ends when the watched metric has not improved for too long.

Everything is over the extended reals. That a metric is no number at all (NaN) is an input of its own, since no comparison
of formulas can see it; flags are 0 or 1.
"""

from __future__ import annotations

from sympy import And, Eq, Min, Or, Piecewise, Rational, Reals, S, oo

from .early_stopping_claims import CLAIMS, DERIVATIONS
from .monitoring import (
    ahead,
    alarmed,
    baseline,
    best,
    direction,
    diverged,
    evaluation,
    exhausted,
    flag,
    free,
    fresh,
    held,
    improved,
    keeps,
    kept,
    metric,
    min_delta,
    moved,
    patience,
    poisoned,
    progress,
    reference,
    score,
    start_from,
    stop,
    tested,
    undefined,
    wait,
    wait_next,
    watched,
)
from .rule import Axis, AxisValue, Hyperparameter, NamedError, Option, Rule, Source
from .symbols import NON_NEGATIVE

KERAS = Source("Keras 3.15.1", "keras/src/callbacks/early_stopping.py")
KERAS_PULL = Source("Keras after 3.15.1", "keras-team/keras#23559")
TENSORFLOW = Source("TensorFlow 2.5", "tensorflow/python/keras/callbacks.py; tensorflow/tensorflow#46429")
FLAX = Source("flax 0.12.8", "flax/training/early_stopping.py")
SKLEARN = Source("scikit-learn 1.9.1", "sklearn/neural_network/_multilayer_perceptron.py:799")
TFJS = Source("TensorFlow.js 4.22.0", "tfjs-layers/src/callbacks.ts")
LIGHTNING = Source("PyTorch Lightning", "lightning/pytorch/callbacks/early_stopping.py: check_finite")
GOODFELLOW = Source("Goodfellow, Bengio & Courville 2016")

ANY, INFINITE = Eq(free, 1), Or(Eq(reference, oo), Eq(reference, -oo))
DEFINED, WATCHED, TESTED = Eq(undefined, 0), Eq(watched, 1), Eq(tested, 1)
MOVES = And(WATCHED, Eq(moved, 1), Eq(held, 0))
BETTER = Or(ANY, Eq(ahead, 1))


EARLY_STOPPING = Rule(
    name="early_stopping",
    title="Early stopping",
    doc="Ends training when the watched metric has not improved for `patience` evaluations.",
    kind="monitor",
    parameter=stop,
    inputs={
        metric: "what is watched, at this evaluation; any number where it is undefined",
        undefined: "1 where the metric is NaN, else 0",
    },
    hyperparameters=(
        Hyperparameter("patience", patience, S.Naturals0, Rational(0), "bad evaluations that are put up with"),
        Hyperparameter(
            "min_delta", min_delta, NON_NEGATIVE, Rational(0), "by how much better counts as better", "metric"
        ),
    ),
    state={best: oo, wait: 0, evaluation: 0, kept: 0},
    let={
        direction: 1,
        score: direction * metric,  # smaller is better
        watched: flag(evaluation >= start_from),
        fresh: flag(Eq(evaluation, start_from)),
        reference: best,
        free: 0,  # whether a number is an improvement whatever it is
        ahead: flag(score + min_delta < reference),
        improved: flag(And(DEFINED, BETTER)),
        moved: flag(And(DEFINED, Eq(improved, 1))),
        held: 0,  # whether the best value stays whatever comes
        keeps: flag(Or(MOVES, Eq(fresh, 1))),  # whether the weights of this evaluation are the ones to keep
        progress: improved,
        tested: 1 - progress,
        wait_next: Piecewise((0, Eq(progress, 1)), (wait + 1, True)),
        exhausted: flag(And(TESTED, wait_next >= patience)),
        alarmed: 0,
        diverged: 0,
    },
    update={
        stop: flag(And(WATCHED, Or(Eq(exhausted, 1), Eq(alarmed, 1), Eq(diverged, 1)))),
        best: Piecewise((score, MOVES), (best, True)),
        wait: Piecewise((wait_next, WATCHED), (wait, True)),
        evaluation: evaluation + 1,
        kept: Piecewise((evaluation + 1, And(WATCHED, Eq(keeps, 1))), (kept, True)),
    },
    options=(
        Option("maximize", "larger is better: an accuracy instead of a loss", equations={direction: -1}, source=KERAS),
        Option(
            "baseline",
            "a value that is to be beaten",
            symbol=baseline,
            domain=Reals,
            neutral=None,
            unit="metric",
            source=KERAS,
        ),
        Option(
            "start_from",
            "evaluations that are ignored at the beginning",
            symbol=start_from,
            domain=S.Naturals0,
            neutral=0,
            source=Source("Keras 3.15.1", "keras/src/callbacks/early_stopping.py: start_from_epoch"),
        ),
    ),
    axes=(
        Axis(
            "baseline_rule",
            "what an evaluation counts for that improves on the best one but not on the baseline",
            (
                AxisValue("initial_best", {reference: Min(best, direction * baseline), fresh: 0}, TFJS),
                AxisValue(
                    "counted_untested",
                    {
                        progress: flag(And(DEFINED, Eq(improved, 1), score + min_delta < direction * baseline)),
                        tested: 1 - improved,
                    },
                    KERAS,
                ),
                AxisValue(
                    "counted",
                    {progress: flag(And(DEFINED, Eq(improved, 1), score + min_delta < direction * baseline))},
                    TENSORFLOW,
                ),
                AxisValue("ignored", {progress: improved}, KERAS_PULL),
            ),
            under="baseline",
        ),
        Axis(
            "stop_test",
            "how the count of bad evaluations is compared with the patience, and when",
            (
                AxisValue("ge_after_increment", {exhausted: flag(And(TESTED, wait_next >= patience))}, KERAS),
                AxisValue("gt_after_increment", {exhausted: flag(And(TESTED, wait_next > patience))}, SKLEARN),
                AxisValue("ge_before_increment", {exhausted: flag(And(TESTED, wait >= patience))}, FLAX),
                AxisValue("ge_always", {exhausted: flag(wait_next >= patience)}, GOODFELLOW),
            ),
        ),
        Axis(
            "best_rule",
            "whether the best value moves only by more than min_delta or on any improvement",
            (
                AxisValue("on_delta", {moved: flag(And(DEFINED, Eq(improved, 1)))}, KERAS),
                AxisValue("ratchet", {moved: flag(And(DEFINED, Or(ANY, score < reference)))}, SKLEARN),
            ),
        ),
        Axis(
            "tie",
            "whether a metric that is better by just min_delta is an improvement",
            (
                AxisValue("bad", {ahead: flag(score + min_delta < reference)}, KERAS),
                AxisValue("good", {ahead: flag(score + min_delta <= reference)}, SKLEARN),
            ),
        ),
        Axis(
            "nan",
            "what a NaN does",
            (
                AxisValue("counts_as_bad", {improved: flag(And(DEFINED, BETTER))}, TFJS),
                AxisValue("counts_as_good", {improved: flag(Or(Eq(undefined, 1), BETTER))}, SKLEARN),
                AxisValue(
                    "poisons",  # as the first value it becomes the best one, and nothing is better than NaN
                    {
                        held: poisoned,
                        keeps: flag(Or(MOVES, Eq(fresh, 1), And(Eq(undefined, 1), Eq(improved, 1)))),
                        improved: Piecewise(
                            (0, Eq(poisoned, 1)),
                            (flag(Or(Eq(fresh, 1), ANY)), Eq(undefined, 1)),
                            (flag(BETTER), True),
                        ),
                        poisoned: Piecewise((1, And(WATCHED, Eq(undefined, 1), Eq(improved, 1))), (poisoned, True)),
                    },
                    KERAS,
                    state={poisoned: 0},
                ),
                AxisValue("stops", {improved: flag(And(DEFINED, BETTER)), alarmed: undefined}, LIGHTNING),
            ),
        ),
        Axis(
            "infinite",
            "what an infinite metric, or an infinite best value, does",
            (
                AxisValue("compared", {free: 0}, TFJS),
                AxisValue("accepted_first", {free: fresh}, KERAS),
                AxisValue("replaced", {free: flag(INFINITE)}, FLAX),
                AxisValue("stops", {diverged: flag(And(DEFINED, Or(Eq(metric, oo), Eq(metric, -oo))))}, LIGHTNING),
            ),
        ),
    ),
    errors=(
        NamedError(
            "first_non_decrease",
            "training stops at the first evaluation that is no better than the one before; a patience is not waited for",
            Source("lecture deck", "line 107, read literally"),
            {moved: 1 - undefined, exhausted: 1 - improved},
        ),
        NamedError(
            "wrong_direction",
            "the metric is compared the wrong way round, so that improvements count as bad",
            Source("a loss monitored with mode='max'"),
            {score: -direction * metric},
        ),
        NamedError(
            "compared_with_previous",
            "the metric is compared with the evaluation before instead of the best one",
            Source("a best value that is overwritten at every evaluation"),
            {moved: 1 - undefined, held: 0, poisoned: Piecewise((undefined, WATCHED), (poisoned, True))},
        ),
        NamedError(
            "count_not_reset",
            "the count of bad evaluations is never set back, so that they need not be in a row",
            Source("a lost `wait = 0`"),
            {wait_next: wait + 1 - progress},
        ),
        NamedError(
            "min_delta_reversed",
            "min_delta has the wrong sign, so that a little worse counts as better",
            Source("Keras 3.15.1", "keras/src/callbacks/monitor_callback.py: `min_delta *= -1` exists to avoid it"),
            {ahead: flag(score - min_delta < reference)},
        ),
        NamedError(
            "best_starts_at_zero",
            "the best value starts at zero, which no positive loss ever beats",
            Source("a best value initialized as for an accuracy"),
            {reference: Min(best, 0)},
        ),
    ),
    derivations=DERIVATIONS,
    claims=CLAIMS,
    source=Source("Prechelt 1998; Goodfellow, Bengio & Courville 2016; lecture deck", "lines 102-127"),
)
