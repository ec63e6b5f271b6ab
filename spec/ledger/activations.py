"""Activation functions that do not saturate: lines 421-473."""

from sympy import Expr, Integer, Rational, S, Symbol, diff, exp, log, sympify
from sympy.codegen.cfunctions import expm1
from sympy.logic.boolalg import Boolean

from ..activations.elu import ELU
from ..activations.elu import alpha as depth
from ..activations.scalar import d_x, upstream, x, y
from ..activations.shape import curve, size, slope_of
from ..derivation import equal, every, greater, less
from ..layers.rrelu import slope
from ..layers.rrelu import x as drawn_at
from ..layers.rrelu import y as drawn
from ..optimizers.gradient_descent import GRADIENT_DESCENT
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import gradient, w
from .entry import Entry, Form, Given, Known, Measured, Point, Run, Shown, Witness, apart
from .measures import value

R = Rational
GLOROT = Source("Glorot, Bordes & Bengio 2011")
MAAS = Source("Maas, Hannun & Ng 2013", "section 2")
XU = Source("Xu, Wang, Chen & Li 2015, arXiv:1505.00853", "section 2")
HE_PAPER = Source("He et al. 2015", "section 2.1")
CLEVERT = Source("Clevert, Unterthiner & Hochreiter 2016", "section 3")
GERON = Source("Géron 2019, Hands-On Machine Learning", "chapter 11")
KERAS = Source("Keras 3.15.1", "keras/src/layers/activations")

RELU, RELU_SLOPE, ELU_FORM = Form("relu"), Form("relu", options=("derivative",)), Form("elu")
BY_SIGN, MAXIMUM = (Form("leaky_relu", {"branches": name}) for name in ("by_sign", "maximum"))
UP_TO_ONE = Known("leaky_relu", "a slope up to 1 makes it a maximum")


def slope_at(program: Program, place: Expr) -> Expr:
    """The slope that a function hands back at one input."""
    return program.formula(d_x).xreplace({x: place, upstream: S.One})


def total_gradient(program: Program, at: Point) -> Expr:
    """The gradient of the weight of a unit w x + b, summed over all inputs, where the gradient of each output is 1."""
    inputs = at["x"]
    if not isinstance(inputs, tuple):
        raise TypeError(f"x={inputs!r}: must be a tuple of numbers; give one for every instance")
    return sum((slope_at(program, at["w"] * one + at["b"]) * one for one in inputs), S.Zero)


def _stays_dead(rule: Rule) -> Boolean:
    """A sum that is negative gives 0 and no gradient, and without a gradient nothing moves."""
    step = GRADIENT_DESCENT.program().formula(w)
    return every(
        equal(curve(rule)(-size), 0),
        equal(slope_of(rule)(-size), 0),
        equal(step.xreplace({gradient(w): slope_of(rule)(-size) * Symbol("x", real=True)}), w),
    )


def _levels_off(rule: Rule) -> Boolean:
    """At -ln k, for a k above 1, the curve is at α/k - α and rises with α/k; above 0 it goes on rising with 1."""
    k = 1 + size
    return every(
        equal(curve(rule)(-log(k)).rewrite(exp), depth / k - depth),
        equal(slope_of(rule)(-log(k)).rewrite(exp), depth / k),
        equal(slope_of(rule)(size), 1),
    )


def _flat_below(rule: Rule) -> Boolean:
    return every(equal(slope_of(rule)(size), 1), equal(slope_of(rule)(-size), 0))


def _one_slope_afterwards(rule: Rule) -> Boolean:
    """In training a negative input moves with the slope that was drawn, afterwards with none that could be drawn."""
    training, test = (rule.program({}, options).formula(drawn) for options in ((), ("inference",)))
    below = {drawn_at: -size}
    return every(
        equal(diff(training.xreplace(below), slope), -size),
        equal(diff(test.xreplace(below), slope), 0),
        less(test.xreplace(below), 0),
    )


def _as_printed(rule: Rule) -> Boolean:
    """α (exp(z) - 1) below 0, z above, and at 0 both."""
    written = curve(rule)
    below = written(-size).rewrite(exp)
    return every(
        equal(below / depth, exp(-size) - 1),
        equal(written(size), size),
        equal(written(Integer(0)), 0),
        equal(below.xreplace({size: Integer(0)}), 0),
    )


def _counted(rule: Rule) -> Boolean:
    """The leaky unit multiplies once below 0, the exponential one takes an exponential as well."""
    leaky, exponential = (one.program().formula(y).xreplace({one.arrays[0].symbol: -size}) for one in (rule, ELU))
    return every(
        equal(Integer(len(leaky.atoms(exp, expm1))), 0),
        equal(Integer(len(exponential.atoms(exp, expm1))), 1),
        equal(leaky.count_ops() - (-size).count_ops(), 1),
    )


def _at_minus_one(rule: Rule) -> Boolean:
    """What Keras prints, to five digits."""
    found = curve(rule)(Integer(-1)).xreplace({depth: Integer(1)}).rewrite(exp)
    return every(greater(found, R("-0.632125")), less(found, R("-0.632115")))


ENTRIES = (
    Entry(
        id="act-2",
        lines=(421, 435, 448, 458),
        kind="text",
        printed="nonsaturating activation functions",
        verdict="assumption",
        why="they do not for large positive inputs; below 0 a ReLU is flat, and an ELU levels off at -α",
        evidence=(
            Shown("relu", Claim("the slope is 1 above 0 and 0 below", _flat_below)),
            Shown("elu", Claim("at -ln k it is α/k above -α and rises with α/k, above 0 with 1", _levels_off)),
            Witness(
                measured="slope of a ReLU at z, beside that at -z",
                at={"z": R(-1)},
                printed=Measured(RELU_SLOPE, lambda program, at: slope_at(program, -sympify(at["z"]))),
                canonical=Measured(RELU_SLOPE, lambda program, at: slope_at(program, at["z"])),
            ),
        ),
        source=GLOROT,
    ),
    Entry(
        id="act-1",
        lines=(424,),
        kind="latex",
        printed=r"\operatorname{ReLU}(z) = \max(0, z)",
        verdict="correct",
        why="the larger of 0 and z; which slope it has at 0 is a convention that the value does not show",
        evidence=(
            Known("relu", "the value is the nearest number that is not negative"),
            Known("relu", "the value is half the input and its size together"),
        ),
        source=GLOROT,
        literal=RELU,
        canonical=RELU,
    ),
    Entry(
        id="act-3",
        lines=(425, 426, 427),
        kind="text",
        printed="a ReLU dies when the weighted sum of its inputs is negative",
        verdict="assumption",
        why="only if the sum is negative for every instance of the training set; one that is positive moves it again",
        evidence=(
            Shown("relu", Claim("what is negative gives 0 and no gradient, so that the weights stay", _stays_dead)),
            Witness(
                measured="gradient of the weight over the instances -1 and 1, of which the first has a negative sum",
                at={"w": R(1), "b": R(0), "x": (R(-1), R(1))},
                printed=Given(Integer(0)),
                canonical=Measured(RELU_SLOPE, total_gradient),
            ),
        ),
        source=MAAS,
        canonical=RELU,
    ),
    Entry(
        id="act-4",
        lines=(428, 429),
        kind="latex",
        printed="LeakyReLU_{α}(z) = max(α z, z)",
        verdict="assumption",
        why="α is the slope for z < 0 only if it is at most 1; the maximum of 2z and z is z there",
        evidence=(
            UP_TO_ONE,
            apart("value", value, MAXIMUM, BY_SIGN, negative_slope=R(2), x=R(1)),
            Run("leaky_relu", "101770 parameters; gives -0.3 for -1"),
        ),
        source=MAAS,
        literal=MAXIMUM,
        canonical=BY_SIGN,
    ),
    Entry(
        id="act-5",
        lines=(438, 439),
        kind="text",
        printed="RReLU draws α at random in training and fixes it in testing",
        verdict="correct",
        why="one slope is drawn for every negative input, afterwards all have their mean; from which law is not said",
        evidence=(
            Shown("rrelu", Claim("outputs move with the slope that is drawn, in training only", _one_slope_afterwards)),
            Known("rrelu", "the mean of a uniform slope is (lower + upper)/2, the slope of mean_slope"),
            Run("rrelu", "no such layer"),
        ),
        source=XU,
        canonical=Form("rrelu"),
    ),
    Entry(
        id="act-6",
        lines=(440, 441),
        kind="text",
        printed="PReLU learns α in training",
        verdict="correct",
        why="by the gradient u min(0, z); since α may then pass 1 it takes two branches, not a maximum",
        evidence=(
            Known("prelu", "the slope learns from negative inputs only"),
            Known("prelu", "slopes of 0, 1 and -1 give the rectified unit, the identity and the size"),
            Run("prelu", "one slope for each of 3 inputs is trained, from 0"),
        ),
        source=HE_PAPER,
        canonical=Form("prelu"),
    ),
    Entry(
        id="act-7",
        lines=(442,),
        kind="latex",
        printed=r"ELU_{\alpha}(z) = \begin{cases} \alpha(exp(z) - 1) & \text{if } z < 0 \\ z & \text{if } z \ge 0 \end{cases}",
        verdict="correct",
        why="both branches are 0 at 0, so that it does not matter to which 0 belongs; the slope is continuous for α = 1 only",
        evidence=(
            Shown("elu", Claim("it is α (exp(z) - 1) below 0 and z above, and both are 0 at 0", _as_printed)),
            Known("elu", "no value is below -alpha"),
            Known("elu", "the derivative is continuous just for alpha = 1"),
        ),
        source=CLEVERT,
        literal=ELU_FORM,
        canonical=ELU_FORM,
    ),
    Entry(
        id="act-8",
        lines=(451,),
        kind="text",
        printed="logistic < tanh < ReLU < leaky ReLU < ELU",
        verdict="empirical",
        why="an experience with networks, not an inequality of values: at z = -1 tanh is below the logistic function",
        evidence=(),
        source=GERON,
    ),
    Entry(
        id="act-9",
        lines=(452,),
        kind="text",
        printed="a leaky ReLU is faster than an ELU",
        verdict="assumption",
        why="where an exponential costs more than a multiplication: that is what one takes below 0 and the other does not",
        evidence=(
            Shown("leaky_relu", Claim("below 0 it multiplies once, an ELU takes an exponential", _counted, "counted")),
        ),
        source=GERON,
    ),
    Entry(
        id="act-code-1",
        lines=(462,),
        kind="code",
        printed='keras.layers.Dense(10, activation="elu")',
        verdict="correct",
        why="an ELU with α = 1",
        evidence=(
            Run("elu", "40 parameters for 3 inputs; elu(-1) is -0.63212"),
            Shown("elu", Claim("with α = 1 it is -0.63212 at -1, to five digits", _at_minus_one)),
        ),
        source=CLEVERT,
        canonical=ELU_FORM,
    ),
    Entry(
        id="act-code-2",
        lines=tuple(range(467, 473)),
        kind="code",
        printed="""model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=[28, 28]),
    keras.layers.Dense(128, kernel_initializer="he_normal"),
    keras.layers.LeakyReLU(),
    keras.layers.Dense(10, activation="softmax")
])""",
        verdict="correct",
        why="a dense layer without activation and the leaky one behind it, of slope 0.3; weights that keep the second moment "
        "through it would have a variance smaller by 1 + α²",
        evidence=(
            Run("leaky_relu", "101770 parameters; gives -0.3 for -1"),
            Run("input_shape", "warns: prefer an Input"),
            Known("leaky_relu", "the gain is √(2/(1 + alpha²))"),
        ),
        source=KERAS,
        canonical=BY_SIGN,
    ),
)
