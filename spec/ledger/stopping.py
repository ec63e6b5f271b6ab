"""Early stopping: lines 104-127."""

from sympy import Expr, Integer, Min, Rational, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every, greater, less
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import eta, gradient, w
from .entry import Entry, Form, Given, Known, Measured, Point, Run, Shown, Witness
from .measures import evaluations, last_parameter, settings, watched

R = Rational
GOODFELLOW = Source("Goodfellow, Bengio & Courville 2016", "algorithm 7.1")
CAPACITY = Source("Goodfellow, Bengio & Courville 2016", "sections 5.2 and 7.8")
PRECHELT = Source("Prechelt 1998", "Early stopping - but when?")
KERAS = Source("Keras 3.15.1", "keras/src/callbacks/early_stopping.py")
DESCENT = Form("gradient_descent")
FIRST_RISE = Form("early_stopping", error="first_non_decrease")
PATIENT = Form("early_stopping", {"stop_test": "ge_always"})
OF_LOSSES, OF_ACCURACIES = Form("early_stopping"), Form("early_stopping", options=("maximize",))

TWO_MINIMA = (R(3), R(2), R(5, 2), R(1))
ACCURACIES = tuple(R(k, 100) for k in (50, 54, 58, 62, 66, 70))
ERRORS = tuple(1 - one for one in ACCURACIES)


def error(program: Program, at: Point) -> Expr:
    """w²/2 after the last step."""
    return last_parameter(program, at) ** 2 / 2


def places(program: Program, optimum: Expr, numbers: dict[str, Expr], steps: int) -> list[Expr]:
    """The parameter at the start, which is 0, and after every step on (w - optimum)²/2."""
    found: list[Expr] = [Integer(0)]
    for _ in range(steps):
        known = {**settings(program, numbers), w: found[-1]}
        found.append(program.formula(w).xreplace(known).replace(gradient, lambda point: point - optimum))
    return found


def change_of_validation_error(program: Program, at: Point) -> Expr:
    """By how much (w - v)²/2 changes with the last of some steps on (w - o)²/2."""
    numbers = {"learning_rate": at["learning_rate"]}
    before, after = places(program, at["training_optimum"], numbers, int(str(at["steps"])))[-2:]
    return ((after - at["validation_optimum"]) ** 2 - (before - at["validation_optimum"]) ** 2) / 2


def least_met(program: Program, at: Point) -> Expr:
    """The least of the validation errors that are met before training ends."""
    errors = at["errors"]
    if not isinstance(errors, tuple):
        raise TypeError(f"errors={errors!r}: must be a tuple of numbers; give one for every evaluation")
    return Min(*errors[: watched(program, at, "errors")[0]])


def _falls_then_rises(rule: Rule) -> Boolean:
    """Training from 0 towards 1 where 1/2 is best for other examples: their error falls twice and rises from then on."""
    step, place = rule.program().formula(w), Rational(9, 16)
    half = places(rule.program(), Integer(1), {"learning_rate": R(1, 4)}, 4)
    found = [(one - R(1, 2)) ** 2 for one in half]
    nearer = (step.xreplace({w: place, eta: R(1, 4)})).replace(gradient, lambda point: point - 1)
    return every(
        less(found[1], found[0]),
        less(found[2], found[1]),
        greater(found[3], found[2]),
        greater(found[4], found[3]),
        greater((nearer - R(1, 2)) ** 2, (place - R(1, 2)) ** 2),
    )


def _falls_for_ever(rule: Rule) -> Boolean:
    """With one optimum for all examples a step leaves (1 - η h)² of every error, of training or of validation."""
    place, optimum, curvature = symbols("place optimum h", real=True)
    after = (
        rule.program().formula(w).xreplace({w: place}).replace(gradient, lambda point: curvature * (point - optimum))
    )
    return equal((after - optimum) ** 2, (1 - eta * curvature) ** 2 * (place - optimum) ** 2)


def _finds_the_only_minimum(rule: Rule) -> Boolean:
    """Of an error that falls twice and then rises: training ends with the rise, and the least error is known."""
    least = symbols("least", nonnegative=True)
    first, second, rise = symbols("first second rise", positive=True)
    values = (least + first + second, least + second, least, least + rise)
    program = rule.program(error="first_non_decrease")
    number, _ = watched(program, {"errors": values, "min_delta": 0}, "errors")
    return every(equal(Integer(number), len(values)), equal(values[number - 2], least))


ENTRIES = (
    Entry(
        id="es-1",
        lines=(104,),
        kind="text",
        printed="the error goes down as the training steps go by",
        verdict="assumption",
        why="with small steps on the whole cost; with a learning rate that is too large the error grows",
        evidence=(
            Known("gradient_descent", "on a parabola of curvature h it converges exactly where 0 < η h < 2"),
            Witness(
                measured="error w²/2 after 3 steps from w = 1, beside that before",
                at={"start": R(1), "learning_rate": R(3), "curvature": R(1), "steps": 3},
                printed=Given(R(1, 2)),
                canonical=Measured(DESCENT, error),
                says="at most",
            ),
        ),
        source=GOODFELLOW,
        canonical=DESCENT,
    ),
    Entry(
        id="es-2",
        lines=(105, 106),
        kind="text",
        printed="after a while the validation error goes back up",
        verdict="assumption",
        why="where what is best for the training examples is not best for others, and lies further away; else it never does",
        evidence=(
            Shown("gradient_descent", Claim("towards 1, where 1/2 is best, an error falls and then rises", _falls_then_rises)),
            Shown("gradient_descent", Claim("with one optimum for all every error shrinks by (1 - η h)²", _falls_for_ever)),
            Witness(
                measured="change of the validation error with the 20th step, where all examples have one optimum",
                at={"training_optimum": R(1), "validation_optimum": R(1), "learning_rate": R(1, 4), "steps": 20},
                printed=Given(R(0)),
                canonical=Measured(DESCENT, change_of_validation_error),
                says="at least",
            ),
        ),
        source=CAPACITY,
        canonical=DESCENT,
    ),
    Entry(
        id="es-3",
        lines=(107,),
        kind="text",
        printed="training stops when the validation error reaches a minimum",
        verdict="assumption",
        why="that it was a minimum shows only afterwards, and may hold of a first of several; hence a patience, and the best "
        "parameters are kept",
        evidence=(
            Shown("early_stopping", Claim("stopping at the first rise finds the only minimum", _finds_the_only_minimum)),
            Known("early_stopping", "stopping at the first metric that is no better finds the least of 3, 2, 5/2, 1"),
            Witness(
                measured="least validation error that is met, stopping at the first rise beside a patience of 2",
                at={"errors": TWO_MINIMA, "patience": R(2), "min_delta": R(0)},
                printed=Measured(FIRST_RISE, least_met),
                canonical=Measured(PATIENT, least_met),
            ),
            Known("early_stopping", "ge_always stops at the p-th bad evaluation in a row and not before, p >= 1"),
        ),
        source=PRECHELT,
        canonical=PATIENT,
        suggestion="stop when the validation error has not improved for some evaluations, and return to the best parameters",
    ),
    Entry(
        id="es-code-1",
        lines=(115, 118),
        kind="code",
        printed="""from tensorflow.keras.callbacks import EarlyStopping
model = tf.keras.models.Sequential(...)""",
        verdict="assumption",
        why="if the dots stand for a list of layers, and tensorflow is imported as tf as well; printed so, the second line fails",
        evidence=(Run("ellipsis", "TypeError: 'ellipsis' object is not iterable; tf is imported by no line"),),
        source=Source("Keras 3.15.1", "keras/src/models/sequential.py"),
    ),
    Entry(
        id="es-code-2",
        lines=(122, 125, 127),
        kind="code",
        printed="""model.compile(optimizer='sgd', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
earlystop_callback = EarlyStopping(monitor='accuracy', min_delta=0.05, patience=1)
model.fit(x_train, y_train, epochs=500, callbacks=[earlystop_callback])""",
        verdict="wrong",
        why="line 107 stops at the minimum of the validation error; this watches the training accuracy, ends at the first epoch "
        "that adds less than five points to it, and keeps the last weights instead of the best",
        evidence=(
            Witness(
                measured="epochs until training ends, of which each adds 4 points to both accuracies",
                at={"accuracies": ACCURACIES, "validation_errors": ERRORS, "min_delta": R(1, 20), "patience": R(1)},
                printed=Measured(OF_ACCURACIES, evaluations("accuracies")),
                canonical=Measured(
                    OF_LOSSES, lambda program, at: evaluations("validation_errors")(program, {**at, "min_delta": 0})
                ),
            ),
            Known("early_stopping", "with ge_after_increment a patience of 0 is a patience of 1"),
            Run(
                "early_stopping",
                "ends after epoch 2 with the weights of epoch 2; with val_loss, and the best weights restored, after epoch 5 "
                "with those of epoch 4",
            ),
            Run("patience_of_zero", "a patience of 0 ends training as one of 1 does on 32 of 32 curves"),
            Run(
                "fit_stopped",
                "reports accuracy and loss, ends after 2 of 500 epochs; val_loss without validation data warns, and runs 3 of 3",
            ),
        ),
        source=KERAS,
        literal=OF_ACCURACIES,
        canonical=OF_LOSSES,
        suggestion="""earlystop_callback = EarlyStopping(monitor='val_loss', patience=10, restore_best_weights=True)
model.fit(x_train, y_train, epochs=500, validation_data=(x_valid, y_valid), callbacks=[earlystop_callback])""",
    ),
)  # fmt: skip
