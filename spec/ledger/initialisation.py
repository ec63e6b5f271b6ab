"""Initial weights: lines 365-405."""

from sympy import Expr, Integer, Rational, S, Symbol, diff, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..activations.tanh import TANH
from ..derivation import equal, every, unequal
from ..example import worked_example
from ..initializers.kernel import fan_in, fan_out, inputs, outputs, receptive_field, x
from ..initializers.moments import expectation
from ..losses.mean_squared_error import MEAN_SQUARED_ERROR
from ..networks.composition import applied
from ..networks.dense import d_x, n, p, u
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import eta, gradient, i, j, w
from .entry import Cited, Entry, Form, Known, Measured, Point, Run, Shown, Witness, apart
from .measures import deviation_of_weights, value, variance_of_weights

R = Rational
GLOROT_PAPER = Source("Glorot & Bengio 2010", "equations 10-12 and 16")
HE_PAPER = Source("He et al. 2015", "equations 10 and 15")
BOOK = Source("Goodfellow, Bengio & Courville 2016", "section 8.4")
GLOROT, HE = Form("glorot_normal"), Form("he_normal")
INVERTED = Form("glorot_normal", error="inverted_average")
BETWEEN = Known("glorot_normal", "forward and backward ask for different variances, and the rule's lies between")


def cost(program: Program, first: Expr, second: Expr) -> Expr:
    """The squared error of a linear network of two weights, one after the other, that should give 1 for 1."""
    hidden = worked_example(
        program, program.parameter, {n: 1, p: 1, u: 1}, (0, 0), x=((1,),), weights=((first,),), bias=(0,)
    )
    output = worked_example(
        program, program.parameter, {n: 1, p: 1, u: 1}, (0, 0), x=((hidden,),), weights=((second,),), bias=(0,)
    )
    found = value(MEAN_SQUARED_ERROR.program(), {"predictions": (output,), "targets": (1,)})
    return found if isinstance(found, Expr) else found[0]


def _of_two_units(first: Expr, second: Expr) -> Expr:
    """The squared error of v tanh(w) of one unit and another, each given as (w, v), that should give 1 for 1."""
    output = sum((v * applied(TANH, weight) for weight, v in (first, second)), S.Zero)
    found = value(MEAN_SQUARED_ERROR.program(), {"predictions": (output,), "targets": (1,)})
    return found if isinstance(found, Expr) else found[0]


def _of_one_unit() -> tuple[Expr, Symbol, Symbol]:
    weight, v = symbols("w_1 v_1", real=True)
    return _of_two_units((weight, v), (Integer(0), Integer(0))), weight, v


def _zero_is_a_fixed_point(rule: Rule) -> Boolean:
    """Gradient descent on v tanh(w): from zeros it never moves, from elsewhere it does."""
    error, weight, v = _of_one_unit()
    step = rule.program().formula(w)

    def after(parameter: Symbol, at: dict[Symbol, Expr]) -> Expr:
        return step.xreplace({gradient(w): diff(error, parameter).xreplace(at), w: at[parameter]})

    zeros = {weight: Integer(0), v: Integer(0)}
    other = {weight: Integer(0), v: Integer(1)}
    return every(
        equal(after(weight, zeros), 0),
        equal(after(v, zeros), 0),
        unequal(diff(error, weight).xreplace(other), 0),
    )


def _symmetry_is_kept(rule: Rule) -> Boolean:
    """Two units with the same weights in and out get the same gradients; with other weights out they do not."""
    a, b, c, d = symbols("w_1 v_1 w_2 v_2", real=True)
    error = _of_two_units((a, b), (c, d))
    step = rule.program().formula(w)
    alike = {c: a, d: b}
    moved = [
        step.xreplace({gradient(w): diff(error, one).xreplace(alike), w: one.xreplace(alike)}) for one in (a, b, c, d)
    ]
    apart_ = {a: Integer(1), c: Integer(1), b: Integer(1), d: Integer(2)}
    first, second = (
        step.xreplace({gradient(w): diff(error, one).xreplace(apart_), w: one.xreplace(apart_), eta: Integer(1)})
        for one in (a, c)
    )
    return every(equal(moved[0], moved[2]), equal(moved[1], moved[3]), unequal(first, second))


def _both_are_kept_of_correlated_inputs(rule: Rule) -> Boolean:
    """Two inputs that are always equal, one output: weights that add up to 1 and whose squares add up to 2."""
    t, back = symbols("t u", real=True)
    weights = (((1 + sqrt(3)) / 2,), ((1 - sqrt(3)) / 2,))
    forward = worked_example(
        rule.program(), rule.parameter, {n: 1, p: 2, u: 1}, (0, 0), x=((t, t),), weights=weights, bias=(0,)
    )
    program = rule.program({}, ("derivative",))
    arrays = {"x": ((t, t),), "weights": weights, "bias": (0,), "upstream": ((back,),)}
    by_input = [worked_example(program, d_x[i, j], {n: 1, p: 2, u: 1}, (0, k), **arrays) for k in (0, 1)]
    return every(equal(forward, t), equal((by_input[0] ** 2 + by_input[1] ** 2) / 2, back**2))


def _fans_of_a_dense_layer(rule: Rule) -> Boolean:
    dense = {receptive_field: Integer(1)}
    program = rule.program()
    return every(
        equal(program.formula(fan_in).xreplace(dense), inputs), equal(program.formula(fan_out).xreplace(dense), outputs)
    )


def _unit_slope_at_zero(rule: Rule) -> Boolean:
    point = Symbol("point", real=True)
    curve = rule.program().formula(rule.parameter).xreplace({rule.arrays[0].symbol: point})
    return every(
        equal(curve.xreplace({point: Integer(0)}), 0), equal(diff(curve, point).xreplace({point: Integer(0)}), 1)
    )


def kept_forward(program: Program, at: Point) -> Expr:
    """The variance behind a layer of as many inputs as outputs over that before it, its activation let through."""
    both = expectation(program, sum((x**2,)), x**2)
    return _of_square_layer(program, both)


def kept_behind_relu(program: Program, at: Point) -> Expr:
    """The second moment behind the activation, for weights of the same law as what they weigh."""
    return _of_square_layer(program, expectation(program, S.Zero, x**2))


def _of_square_layer(program: Program, mean: Expr) -> Expr:
    square = {inputs: Integer(8), outputs: Integer(8), receptive_field: Integer(1)}
    return (program.formula(fan_in) * mean).xreplace(square).doit().simplify()


def slope_at_zero(program: Program, at: Point) -> Expr:
    """The derivative at 0."""
    point = Symbol("point", real=True)
    return diff(program.formula(program.parameter).xreplace({program.arrays[0].symbol: point}), point).xreplace(
        {point: at["z"]}
    )


ENTRIES = (
    Entry(
        id="init-1",
        lines=(367,),
        kind="text",
        printed="the non-linearity makes the cost non-convex",
        verdict="wrong",
        why="not as a cause: a linear network of two layers has a cost that is not convex, and the logistic loss is "
        "convex with its non-linearity",
        evidence=(
            Witness(
                measured="cost (1 - uv)² of a linear network halfway between (1, 1) and (-1, -1), where it is 0",
                at={"u": R(0), "v": R(0)},
                printed=Measured(Form("dense"), lambda program, at: cost(program, Integer(1), Integer(1)) / 2
                                 + cost(program, Integer(-1), Integer(-1)) / 2),
                canonical=Measured(Form("dense"), lambda program, at: cost(program, at["u"], at["v"])),
                says="at most",
            ),
            Known("sigmoid", "it is strictly increasing"),
        ),
        source=Source("Goodfellow, Bengio & Courville 2016", "section 6.2"),
        suggestion="the non-linearity of a neural network causes most interesting cost functions to become nonconvex",
    ),
    Entry(
        id="init-2",
        lines=(368,),
        kind="text",
        printed="gradient descent depends on where it starts",
        verdict="correct",
        why="in a network v tanh(w x) it never leaves a start of zeros, and does leave others",
        evidence=(
            Shown(
                "gradient_descent",
                Claim("zeros are a fixed point of v tanh(w), others are not", _zero_is_a_fixed_point),
            ),
        ),
        source=BOOK,
    ),
    Entry(
        id="init-3",
        lines=(377, 378, 379),
        kind="text",
        printed="two units with the same inputs and activation must start from different parameters",
        verdict="assumption",
        why="true if the weights behind them are equal too; different ones behind them separate the units, and different "
        "ones before them need not give different functions",
        evidence=(
            Shown("gradient_descent", Claim("units that are alike, before and behind, stay alike", _symmetry_is_kept)),
            Known("tanh", "it is odd and strictly increasing"),
        ),
        source=BOOK,
    ),
    Entry(
        id="init-4",
        lines=(381,),
        kind="text",
        printed="biases are set to constants, and only weights drawn at random",
        verdict="convention",
        why="zeros in Keras; other frameworks draw biases too",
        evidence=(Run("biases", "0 everywhere"), Cited(Source("PyTorch 2.13.0", "torch/nn/modules/linear.py draws biases"))),
        source=BOOK,
    ),
    Entry(
        id="init-5",
        lines=(389, 390),
        kind="text",
        printed="variances are kept, forward of outputs and backward of gradients",
        verdict="assumption",
        why="with independent weights of mean 0 and units that let everything through; a ReLU halves the second moment",
        evidence=(
            BETWEEN,
            Witness(
                measured="second moment behind a layer of 8 inputs and 8 units over that before it, through a ReLU",
                at={"inputs": R(8), "outputs": R(8)},
                printed=Measured(GLOROT, kept_forward),
                canonical=Measured(GLOROT, kept_behind_relu),
            ),
        ),
        source=GLOROT_PAPER,
        canonical=GLOROT,
    ),
    Entry(
        id="init-6",
        lines=(391,),
        kind="text",
        printed="both at once only if there are as many inputs as neurons",
        verdict="assumption",
        why="for inputs that are not correlated; two inputs that are always equal let one unit keep both",
        evidence=(
            BETWEEN,
            Shown("dense", Claim("of two equal inputs one unit keeps both variances", _both_are_kept_of_correlated_inputs)),
        ),
        source=GLOROT_PAPER,
        canonical=GLOROT,
    ),
    Entry(
        id="init-7",
        lines=(392,),
        kind="text",
        printed="a normal distribution with the following standard deviation",
        verdict="slip",
        why="what follows are variances, σ²; taken for standard deviations the weights would be too small",
        evidence=(
            apart(
                "standard deviation of the weights of a layer of 784 inputs and 128 units", deviation_of_weights,
                Form("glorot_normal", error="standard_deviation_for_variance"), GLOROT, "equal",
                inputs=R(784), outputs=R(128),
            ),
            Known("glorot_normal", "the variance used as the standard deviation draws the same weights"),
        ),
        source=GLOROT_PAPER,
        literal=Form("glorot_normal", error="standard_deviation_for_variance"),
        canonical=GLOROT,
        suggestion="using normal distribution with mean 0 and the following variance",
    ),
    Entry(
        id="init-12",
        lines=(398,),
        kind="text",
        printed="fan_in counts the inputs of a layer, fan_out its neurons",
        verdict="correct",
        why="for dense layers; a convolution counts every place of its kernel",
        evidence=(Shown("glorot_normal", Claim("of a dense layer the fans are inputs and outputs", _fans_of_a_dense_layer)),),
        source=GLOROT_PAPER,
        canonical=GLOROT,
    ),
    Entry(
        id="init-8",
        lines=(400,),
        kind="latex",
        printed=r"fan_{avg} = \frac{2}{fan_{in} + fan_{out}}",
        verdict="wrong",
        why="upside down: of two equal fans the average would be 1 over them; with σ² = 1/fan_avg variances become reciprocals",
        evidence=(
            apart(
                "variance of the weights of a layer of 784 inputs and 128 units", variance_of_weights, INVERTED, GLOROT,
                "equal", inputs=R(784), outputs=R(128),
            ),
            Known("glorot_normal", "2/(fan_in + fan_out) as the average of the fans draws weights of the same variance"),
            Known("glorot_normal", "the inverted average gives the reciprocal variance"),
        ),
        source=GLOROT_PAPER,
        literal=INVERTED,
        canonical=GLOROT,
        suggestion=r"fan_{avg} = \frac{fan_{in} + fan_{out}}{2}",
    ),
    Entry(
        id="init-9",
        lines=(402,),
        kind="latex",
        printed=r"\sigma^2 = \frac{1}{fan_{avg}}",
        verdict="correct",
        why="with fan_avg the mean of the fans, not with the one that is printed above it",
        evidence=(Known("glorot_normal", "the inverse variance is the mean of the fans"), BETWEEN),
        source=GLOROT_PAPER,
        literal=GLOROT,
        canonical=GLOROT,
    ),
    Entry(
        id="init-10",
        lines=(402,),
        kind="text",
        printed="Glorot for none, logistic, sigmoid and tanh",
        verdict="assumption",
        why="for activations of slope 1 and value 0 at 0; logistic and sigmoid are one function, whose slope there is 1/4",
        evidence=(
            Shown("tanh", Claim("at 0 it has the value 0 and the slope 1", _unit_slope_at_zero)),
            apart("slope of the activation at 0", slope_at_zero, Form("tanh"), Form("sigmoid"), "equal", z=R(0)),
        ),
        source=GLOROT_PAPER,
        canonical=GLOROT,
        suggestion="Glorot initialization, for none, tanh, logistic and softmax",
    ),
    Entry(
        id="init-11",
        lines=(403,),
        kind="latex",
        printed=r"\sigma^2 = \frac{2}{fan_{in}}",
        verdict="correct",
        why="the second moment is kept through a ReLU, which halves it; for a leaky one the 2 is divided by 1 + α²",
        evidence=(
            Known("he_normal", "the variance 2/fan_in keeps the second moment through a ReLU"),
            Known("he_normal", "a leaky ReLU between two layers keeps the second moment"),
        ),
        source=HE_PAPER,
        literal=HE,
        canonical=HE,
    ),
    Entry(
        id="init-code",
        lines=(405,),
        kind="code",
        printed='keras.layers.Dense(10, activation="relu", kernel_initializer="he_normal")',
        verdict="correct",
        why="Keras draws from a normal law that is cut at two standard deviations and widened, so that the variance is 2/fan_in",
        evidence=(
            Known("he_normal", "the variance is gain/fan, unless truncation is raw"),
            Run("he_normal", "variance 2/784, within six standard errors"),
        ),
        source=HE_PAPER,
        canonical=Form("he_normal", {"truncation": "corrected"}),
    ),
)  # fmt: skip
