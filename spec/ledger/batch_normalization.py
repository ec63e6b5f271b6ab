"""Batch normalization: lines 488-535."""

from sympy import Add, Expr, Integer, Rational, Symbol, diff, sympify
from sympy.logic.boolalg import Boolean

from ..activations.relu import RELU
from ..derivation import equal, every, greater, unequal
from ..example import worked_example
from ..layers.batch import batch_mean, batch_variance, c, deviation, n
from ..networks.composition import applied
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import epsilon, eta, gradient, j, w
from .entry import Cited, Entry, Form, Known, Measured, Point, Repair, Run, Shown, Witness, apart
from .initialisation import cost
from .measures import value

R = Rational
PAPER = Source("Ioffe & Szegedy 2015", "algorithm 1")
BEFORE = Source("Ioffe & Szegedy 2015", "section 3.2")
TEST = Source("Ioffe & Szegedy 2015", "algorithm 2")
BOOK = Source("Goodfellow, Bengio & Courville 2016", "section 8.7.1")
TRAINING, INFERENCE = Form("batch_normalization"), Form("batch_normalization", options=("inference",))
PLAIN = {"gamma": R(1), "beta": R(0), "epsilon": R(0)}
RULE = "batch_normalization"
MEAN = Known(RULE, "in a batch of any size the mean of the outputs is β")
VARIANCE = Known(RULE, "in a batch of any size their variance is gamma² σ²/(σ² + ε)")
NO_BIAS = Known(RULE, "a number added to every example changes nothing, so that a bias before the layer has no effect")
ALONE = Known(RULE, "one example alone gives 0 whatever it is")


def column(*numbers: Expr | int) -> tuple[tuple[Expr], ...]:
    """A batch of examples of one feature."""
    return tuple((sympify(number),) for number in numbers)


def of_a_column(program: Program, target: Expr, *numbers: Expr | int) -> Expr:
    """A statistic of a batch of one feature."""
    return worked_example(program, target, {n: len(numbers), c: 1}, (0,), x=column(*numbers))


def outputs(program: Program, at: Point) -> tuple[Expr, ...]:
    """What leaves the layer for a batch of one feature, of which all that the point gives is said in numbers."""
    features = {name: (at[name],) for name in ("gamma", "beta", "mean", "variance") if name in at}
    found = value(program, {**at, **features, "x": column(*_numbers(at))})
    return found if isinstance(found, tuple) else (found,)


def _numbers(at: Point) -> tuple[Expr, ...]:
    examples = at["x"]
    if not isinstance(examples, tuple):
        raise TypeError(f"x={examples!r}: must be a tuple of numbers; give one for every example")
    return examples


def only_output(program: Program, at: Point) -> Expr:
    """What leaves the layer for one example."""
    (found,) = outputs(program, at)
    return found


def mean_of_outputs(program: Program, at: Point) -> Expr:
    """The mean of what leaves the layer."""
    found = outputs(program, at)
    return Add(*found) / len(found)


def mean_of_inputs(program: Program, at: Point) -> Expr:
    """The mean of what enters the layer."""
    return of_a_column(program, batch_mean[j], *_numbers(at))


def normalised_and_rectified(program: Program, at: Point) -> tuple[Expr, ...]:
    """The outputs of a ReLU behind the layer."""
    return tuple(applied(RELU, one) for one in outputs(program, at))


def rectified_and_normalised(program: Program, at: Point) -> tuple[Expr, ...]:
    """The outputs of the layer behind a ReLU."""
    return outputs(program, {**at, "x": tuple(applied(RELU, one) for one in _numbers(at))})


def _steps_that_meet(rule: Rule) -> Boolean:
    """On the squared error of u v that should be 1, from (1/2, 1/2) with a rate of 2: alone to 0, together away."""
    dense, (u, v) = Form("dense").program(), (Symbol("u", real=True), Symbol("v", real=True))
    error, step, start = cost(dense, u, v), rule.program().formula(w), {u: R(1, 2), v: R(1, 2)}

    def after(one: Symbol) -> Expr:
        return step.xreplace({gradient(w): diff(error, one).xreplace(start), w: start[one], eta: Integer(2)})

    moved = {one: after(one) for one in (u, v)}
    return every(
        *(equal(error.xreplace({**start, one: moved[one]}), 0) for one in (u, v)),
        greater(error.xreplace(moved), error.xreplace(start)),
    )


def _product_of_two_steps(rule: Rule) -> Boolean:
    """What two layers u v move by, beyond what each moves them by: η² times the product of both gradients."""
    step, layers = rule.program().formula(w), (Symbol("u", real=True), Symbol("v", real=True))
    slopes = (Symbol("gradient_u", real=True), Symbol("gradient_v", real=True))
    first, second = (step.xreplace({gradient(w): slope, w: layer}) for layer, slope in zip(layers, slopes, strict=True))
    u, v = layers
    together, alone = first * second - u * v, (first - u) * v + u * (second - v)
    return every(equal(together - alone, eta**2 * slopes[0] * slopes[1]))


def _three_numbers(rule: Rule) -> Boolean:
    """Of 1, 2 and 6: the mean is 3; the variance is that of the batch, 14/3, and no estimate, which would be 7."""
    program = rule.program()
    found = of_a_column(program, batch_variance[j], 1, 2, 6)
    return every(equal(of_a_column(program, batch_mean[j], 1, 2, 6), 3), equal(found, R(14, 3)), unequal(found, 7))


def _nothing_is_divided_by_zero(rule: Rule) -> Boolean:
    """Of a batch of equal examples: the divisor is the root of ε, above 0 if ε is."""
    small, same, shift = Symbol("small", positive=True), Symbol("same", real=True), Symbol("shift", real=True)
    root = of_a_column(rule.program(), deviation[j], same, same)
    arrays = {"x": column(same, same), "gamma": (Integer(1),), "beta": (shift,)}
    output = worked_example(rule.program(), rule.parameter, {n: 2, c: 1}, (0, 0), **arrays)
    return every(
        greater(root.xreplace({epsilon: small}), 0),
        equal(root.xreplace({epsilon: Integer(0)}), 0),
        equal(output.xreplace({epsilon: small}), shift),
    )


ORDER = Witness(
    measured="outputs for z = -1 and z = 1, normalised and then rectified, beside the other way round",
    at={"x": (R(-1), R(1)), **PLAIN},
    printed=Measured(TRAINING, rectified_and_normalised),
    canonical=Measured(TRAINING, normalised_and_rectified),
)

ENTRIES = (
    Entry(
        id="bn-1",
        lines=(490, 491, 492),
        kind="text",
        printed="layers are updated at once, each as if the others stayed, which can give unexpected results",
        verdict="correct",
        why="what two layers do together moves by the product of both steps as well; each alone can reach the minimum that "
        "both together miss",
        evidence=(
            Shown("gradient_descent", Claim("two layers move by a product of both gradients more", _product_of_two_steps)),
            Shown("gradient_descent", Claim("steps that reach a cost of 0 alone raise it together", _steps_that_meet)),
        ),
        source=BOOK,
    ),
    Entry(
        id="bn-2",
        lines=(493, 494),
        kind="text",
        printed="it makes layers more independent, against inputs whose distribution changes in training",
        verdict="empirical",
        why="an explanation that is disputed: Santurkar et al. 2018 find smoother costs, not steadier distributions",
        evidence=(),
        source=PAPER,
    ),
    Entry(
        id="bn-3",
        lines=(495,),
        kind="text",
        printed="it is put just before the activation function",
        verdict="convention",
        why="as in the work cited; behind the activation is in use too, is what the deck's own code does, and is not the same",
        evidence=(ORDER, Cited(BEFORE)),
        source=BEFORE,
        canonical=TRAINING,
    ),
    Entry(
        id="bn-10",
        lines=(499, 500),
        kind="text",
        printed="inputs are normalised by the statistics of the mini-batch, and no others are named",
        verdict="wrong",
        why="after training there may be no batch, and of one example alone the output is β whatever it is; running "
        "statistics are needed, which the deck leaves out",
        evidence=(
            apart(
                "output for the example 6 alone, in a network that has seen 1, 2 and 6", only_output, TRAINING, INFERENCE,
                x=(R(6),), **PLAIN, mean=R(3), variance=R(14, 3),
            ),
            ALONE,
            Known(RULE, "from variance 1 the column leaves 1 + 6 momentum where the unbiased variance is kept"),
            Known(RULE, "from variance 1 the column leaves 1 + 11/3 momentum where the biased variance is kept"),
            Run("batch_normalization", "0 for one example alone in training; variance 1.03667 after 1, 2 and 6; ε 0.001"),
        ),
        source=TEST,
        literal=TRAINING,
        canonical=INFERENCE,
        suggestion=r"after training: \hat{\mathbf{x}} = \frac{\mathbf{x} - \bar{\mu}}{\sqrt{\bar{v} + \epsilon}}, with "
        "running averages of the means and the variances of the mini-batches",
    ),
    Entry(
        id="bn-4",
        lines=(500,),
        kind="text",
        printed="mean and standard deviation are those of the current mini-batch",
        verdict="assumption",
        why="in training; afterwards they are running averages, and outputs differ",
        evidence=(
            MEAN,
            VARIANCE,
            apart(
                "outputs for the examples 1 and 3, with a running mean of 0 and variance of 1", outputs, TRAINING, INFERENCE,
                x=(R(1), R(3)), **PLAIN, mean=R(0), variance=R(1),
            ),
        ),
        source=PAPER,
        literal=TRAINING,
        canonical=TRAINING,
    ),
    Entry(
        id="bn-5",
        lines=(502,),
        kind="latex",
        printed=r"\mu_{\text{B}} &= \frac{1}{m_{\text{B}}} \sum_{\text{i}=1}^{m_{\text{B}}} \textbf{x}^{(\text{i})}",
        verdict="correct",
        why="the mean of the batch, with which the outputs have the mean β",
        evidence=(Shown(RULE, Claim("of 1, 2 and 6 the mean is 3 and the variance 14/3, not 7", _three_numbers)), MEAN),
        source=PAPER,
        literal=TRAINING,
        canonical=TRAINING,
    ),
    Entry(
        id="bn-6",
        lines=(502,),
        kind="latex",
        printed=r"\tau_{\text{B}}^{2} &= \frac{1}{m_{\text{B}}} \sum_{\text{i}=1}^{m_{\text{B}}} "
        r"(\textbf{x}^{(\text{i})} - \mu_{\text{B}})^{2}",
        verdict="slip",
        why="τ stands for the σ of the lines that follow; the value is right, and is divided by m, not m - 1, on purpose",
        evidence=(
            Shown(RULE, Claim("of 1, 2 and 6 the mean is 3 and the variance 14/3, not 7", _three_numbers)),
            VARIANCE,
        ),
        source=PAPER,
        literal=TRAINING,
        canonical=TRAINING,
        repairs=(Repair("letter", r"\tau_", r"\sigma_"),),
        suggestion=r"\sigma_{\text{B}}^{2} = \frac{1}{m_{\text{B}}} \sum_{\text{i}=1}^{m_{\text{B}}} "
        r"(\textbf{x}^{(\text{i})} - \mu_{\text{B}})^{2}",
        suspect="extraction",
    ),
    Entry(
        id="bn-7",
        lines=(512,),
        kind="latex",
        printed=r"\hat{\mathbf{x}}^{(i)} = rac{\mathbf{x}^{(i)} - \mu_{B}}{\sqrt{\sigma_{B}^{2} + \epsilon}}",
        verdict="correct",
        why="ε stands inside the root, as in the work cited; the variance of what comes out is σ²/(σ² + ε), just below 1",
        evidence=(
            MEAN,
            VARIANCE,
        ),
        source=PAPER,
        literal=TRAINING,
        canonical=TRAINING,
        repairs=(Repair("backslash and letter", "= rac{", r"= \frac{"),),
    ),
    Entry(
        id="bn-12",
        lines=(512,),
        kind="text",
        printed="a number added to every x changes nothing (this follows; it is not printed)",
        verdict="correct",
        why="so that a bias just before the normalisation has no effect, and is left out",
        evidence=(NO_BIAS,),
        source=BEFORE,
        canonical=TRAINING,
    ),
    Entry(
        id="bn-8",
        lines=(513,),
        kind="latex",
        printed=r"\mathbf{z}^{(i)} = \gamma \hat{\mathbf{x}}^{(i)} + eta",
        verdict="slip",
        why="eta is what is left of \\beta, which the legend names; the legend explains a ⊗ too, which is not printed",
        evidence=(
            MEAN,
            Witness(
                measured="mean of the outputs for the examples 1 and 3, where β is 2 and eta 1/10",
                at={"x": (R(1), R(3)), **PLAIN, "beta": R(2), "eta": R(1, 10)},
                printed=Measured(TRAINING, lambda program, at: mean_of_outputs(program, {**at, "beta": at["eta"]})),
                canonical=Measured(TRAINING, mean_of_outputs),
            ),
        ),
        source=PAPER,
        literal=TRAINING,
        canonical=TRAINING,
        repairs=(
            Repair("backslash and letter", "+ eta", r"+ \beta"),
            Repair("operator", r"\gamma \hat", r"\gamma \otimes \hat"),
        ),
        suggestion=r"\mathbf{z}^{(i)} = \gamma \otimes \hat{\mathbf{x}}^{(i)} + \beta",
        suspect="extraction",
    ),
    Entry(
        id="bn-9",
        lines=(515,),
        kind="text",
        printed="**x**⁽ⁱ⁾: the zero-centered and normalized input",
        verdict="slip",
        why="it is the x with a hat that has the mean 0, the one without is the input",
        evidence=(
            Witness(
                measured="mean over the batch 1, 2, 6 of x, beside that of the x with a hat",
                at={"x": (R(1), R(2), R(6)), **PLAIN},
                printed=Measured(TRAINING, mean_of_inputs),
                canonical=Measured(TRAINING, mean_of_outputs),
            ),
            Known(RULE, "the output of the column (1, 2, 6) has mean 0"),
        ),
        source=PAPER,
        literal=TRAINING,
        canonical=TRAINING,
        repairs=(Repair("accent", "**x**⁽ⁱ⁾", "**x̂**⁽ⁱ⁾"),),
        suggestion="**x̂**⁽ⁱ⁾: the zero-centered and normalized input",
        suspect="extraction",
    ),
    Entry(
        id="bn-11",
        lines=(520,),
        kind="text",
        printed="ε is a tiny number that avoids a division by zero",
        verdict="correct",
        why="where all examples are equal the root of ε is what is divided by; Keras adds 0.001, PyTorch 0.00001",
        evidence=(
            Shown(RULE, Claim("of equal examples the divisor is 0 just if ε is", _nothing_is_divided_by_zero)),
            Run("batch_normalization", "0 for one example alone in training; variance 1.03667 after 1, 2 and 6; ε 0.001"),
        ),
        source=PAPER,
        canonical=TRAINING,
    ),
    Entry(
        id="bn-code-1",
        lines=tuple(range(528, 535)),
        kind="code",
        printed="""model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=[28, 28]),
    keras.layers.BatchNormalization(),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.BatchNormalization(),
    keras.layers.Dense(10, activation="softmax")
])""",
        verdict="wrong",
        why="normalises behind the activation where line 495 says just before it; before it no bias is needed, since it "
        "would have no effect",
        evidence=(
            ORDER,
            NO_BIAS,
            Run("normalised_behind", "105418 parameters, 1824 not trained; BatchNormalization follows an activation"),
            Run("normalised_before", "105290 parameters, 1824 not trained; BatchNormalization follows no activation"),
        ),
        source=BEFORE,
        literal=TRAINING,
        canonical=TRAINING,
        suggestion="""model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=[28, 28]),
    keras.layers.BatchNormalization(),
    keras.layers.Dense(128, use_bias=False),
    keras.layers.BatchNormalization(),
    keras.layers.Activation("relu"),
    keras.layers.Dense(10, activation="softmax")
])""",
    ),
)  # fmt: skip
