"""What the initializers share: the fans of a kernel, the two shapes of density, their axes, known errors and claims.

A sampler's parameter is a probability density, written at the point `x`: the first input. Outside of its support it is 0.
Means, variances and the truncation constant are integrals of it, and follow when it is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sympy import (
    Abs,
    And,
    Eq,
    Expr,
    Integral,
    Piecewise,
    S,
    Symbol,
    diff,
    erf,
    exp,
    integrate,
    oo,
    pi,
    piecewise_fold,
    sqrt,
    symbols,
)
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal
from ..rule import Axis, AxisValue, Claim, Equations, NamedError, Option, Program, Rule, Source
from ..symbols import NON_NEGATIVE


def _positive(name: str) -> Symbol:
    return Symbol(name, positive=True)


x = Symbol("x", real=True)  # a weight that may be drawn
density = Symbol("density", nonnegative=True)
receptive_field, inputs, outputs = (
    Symbol(name, integer=True, positive=True) for name in ("receptive_field", "inputs", "outputs")
)
fan_in, fan_out, fan, gain = map(_positive, ("fan_in", "fan_out", "fan", "gain"))
variance, sigma = map(_positive, ("variance", "sigma"))
deviation, bell, mass, limit = map(_positive, ("deviation", "bell", "mass", "limit"))
cut = Symbol("cut", extended_positive=True)
constant = _positive("truncation_constant")  # standard deviation of a standard normal cut at two
slope = Symbol("negative_slope", nonnegative=True)

CANDIDATES = 4  # of the leaky truncation

GLOROT = Source("Glorot & Bengio 2010", "equations 10-12 and 16")
HE = Source("He et al. 2015", "equations 10 and 15")
LECUN = Source("LeCun et al. 1998, Efficient BackProp", "section 4.6; Klambauer et al. 2017")
TORCH = Source("PyTorch 2.13.0", "torch/nn/init.py")
KERAS = Source("Keras 3.15.1", "keras/src/initializers/random_initializers.py:292")
TFJS = Source("TensorFlow.js 4.22.0", "tfjs-layers initializers; tensorflow/tfjs#8594")
TINYGRAD = Source("tinygrad 0.14.0", "tinygrad/mixin/rand.py:204")

INPUTS = {
    x: "a number that may be drawn",
    receptive_field: "weights of the kernel for one input and one output; 1 in a dense layer",
    inputs: "inputs, or input channels, of the layer",
    outputs: "outputs, or output channels, of the layer",
}
FANS: Equations = {
    fan_in: receptive_field * inputs,
    fan_out: receptive_field * outputs,
    gain: S.One,
    variance: gain / fan,
    sigma: sqrt(variance),
}
NORMAL: Equations = {
    constant: sqrt(1 - 4 * exp(-2) / (sqrt(2 * pi) * erf(sqrt(2)))),
    deviation: sigma,  # of the normal distribution before it is cut
    cut: oo,
    mass: erf(cut / (sqrt(2) * deviation)),  # its share inside the cut
    bell: exp(-(x**2) / (2 * deviation**2)) / (sqrt(2 * pi) * deviation),
}
UNIFORM: Equations = {limit: sqrt(3) * sigma}
NORMAL_DENSITY: Equations = {density: Piecewise((bell / mass, Abs(x) <= cut), (0, True))}
UNIFORM_DENSITY: Equations = {density: Piecewise((1 / (2 * limit), Abs(x) <= limit), (0, True))}

TRUNCATION = Axis(
    "truncation",
    "whether draws beyond two standard deviations are drawn again, and whether the variance is restored after it",
    (
        AxisValue("none", {deviation: sigma, cut: oo}, TORCH),
        AxisValue("corrected", {deviation: sigma / constant, cut: 2 * deviation}, KERAS),
        AxisValue("raw", {deviation: sigma, cut: 2 * deviation}, TFJS),
    ),
)
GAIN = Axis(
    "gain",
    "whether the variance makes up for what a ReLU takes away",
    (
        AxisValue("two", {gain: 2 / (1 + slope**2)}, HE),
        AxisValue("one", {gain: 1}, Source("PyTorch 2.13.0", "torch/nn/init.py:kaiming_normal_ with nonlinearity='linear'")),
    ),
)  # fmt: skip
FAN_OUT = Axis(
    "fan_out",
    "whether the outputs of a convolution are counted once for every place of the kernel",
    (
        AxisValue("with_receptive_field", {fan_out: receptive_field * outputs}, KERAS),
        AxisValue("without", {fan_out: outputs}, TINYGRAD),
    ),
)
NEGATIVE_SLOPE = Option(
    "negative_slope",
    "slope of the activation for negative inputs",
    symbol=slope,
    domain=NON_NEGATIVE,
    neutral=0,
    source=Source("He et al. 2015", "equation 15"),
)

SWAPPED_FANS = NamedError(
    "swapped_fans",
    "inputs and outputs are exchanged, as when the kernel of another framework's layout is read",
    Source("layouts: PyTorch has outputs first, Keras and JAX have them last"),
    {fan: fan_out},
)
STANDARD_DEVIATION_FOR_VARIANCE = NamedError(
    "standard_deviation_for_variance",
    "the variance is used as the standard deviation; its root was not taken",
    Source("lecture deck", "line 392, which calls the variances standard deviations"),
    {sigma: variance},
)
INVERTED_AVERAGE = NamedError(
    "inverted_average",
    "the average of the fans is 2/(fan_in + fan_out), so that the variance is the reciprocal of what it should be",
    Source("lecture deck", "line 400"),
    {fan: 2 / (fan_in + fan_out)},
)
LEAKY_TRUNCATION = NamedError(
    "leaky_truncation",
    f"of {CANDIDATES} candidates the first inside the cut is taken, and if all are outside the first of them",
    Source("Keras 3.15.1", "keras/src/backend/torch/random.py:113"),
    {
        density: Piecewise(
            (bell * (1 - (1 - mass) ** CANDIDATES) / mass, Abs(x) <= cut), (bell * (1 - mass) ** (CANDIDATES - 1), True)
        ),
    },
    dialect={"truncation": "corrected"},
)
LIMIT_WITHOUT_THREE = NamedError(
    "limit_without_three",
    "the standard deviation is used as the limit, a third of the variance",
    Source("PyTorch 2.13.0", "torch/nn/modules/linear.py:reset_parameters, U(-1/sqrt(fan_in), 1/sqrt(fan_in))"),
    {limit: sigma},
)
NORMAL_ERRORS = (STANDARD_DEVIATION_FOR_VARIANCE, LEAKY_TRUNCATION)
UNIFORM_ERRORS = (STANDARD_DEVIATION_FOR_VARIANCE, LIMIT_WITHOUT_THREE)


# -- claims --------------------------------------------------------------------------------------------------


curvature, reach = map(_positive, ("curvature", "reach"))


@lru_cache(maxsize=1024)
def _half(function: Expr, shape: Expr, end: Expr) -> Expr:
    """The integral over one side, done once for a bell of any width."""
    return integrate(function * shape, (x, S.Zero, end)).simplify()


def expectation(program: Program, below: Expr, above: Expr) -> Expr:
    """The mean of a function of the weight, given by its formulas `below` and `above` zero, integrated over the support."""
    (inside, where), *outside = piecewise_fold(program.update[density]).args
    if any(piece != 0 for piece, _ in outside):
        return oo  # a density that goes on for ever
    edge = where.gts * Abs(x) / where.lts
    inside = inside.xreplace({bell: program.let.get(bell, bell)})
    falls = (-diff(inside, x) / (2 * x * inside)).simplify()
    if falls.has(x):
        raise ValueError(f"{program.rule}: its density is neither level nor a bell; state moments of another law anew")
    end, shape = (oo if program.let.get(edge) == oo else reach), exp(-curvature * x**2) if falls != 0 else S.One
    total = _half(below.xreplace({x: -x}), shape, end) + _half(above, shape, end)
    total = inside.xreplace({x: S.Zero}) * total.xreplace({curvature: falls, reach: edge})
    for symbol in reversed(program.needed()):
        total = total.xreplace({symbol: program.let[symbol]})
    return total.simplify()


def moment(program: Program, n: int) -> Expr:
    """The mean of the n-th power of a weight."""
    return expectation(program, x**n, x**n)


def _programs(rule: Rule) -> Mapping[str, Program]:
    cuts = [axis for axis in rule.axes if axis.name == "truncation"]
    return {value: rule.program({"truncation": value}) for value in cuts[0].names} if cuts else {"": rule.program()}


def _is_a_density(rule: Rule) -> Boolean:
    programs = _programs(rule).values()
    return And(*(And(Eq(moment(p, 0), 1), Eq(moment(p, 1), 0)) for p in programs))


def _variance(rule: Rule) -> Boolean:
    kept = {name: program for name, program in _programs(rule).items() if name != "raw"}
    return And(*(Eq(moment(p, 2), p.formula(gain) / p.formula(fan)) for p in kept.values()))


def _raw_variance(rule: Rule) -> Boolean:
    """The truncation constant is the standard deviation of a standard normal that is cut at two, found by integration."""
    raw, whole = (rule.program({"truncation": value}) for value in ("raw", "none"))
    return Eq(moment(raw, 2) / moment(whole, 2), raw.let[constant] ** 2)


def _forward(rule: Rule) -> Boolean:
    """fan_in weights on inputs of unit second moment: the sum has unit variance."""
    return And(*(Eq(p.formula(fan_in) * moment(p, 2), 1) for n, p in _programs(rule).items() if n != "raw"))


def _through_a_leaky_relu(rule: Rule) -> Boolean:
    """E f(z)² = Var(z)(1 + a²)/2 for any symmetric z, so that fan_in such terms keep the second moment at 1."""
    program = rule.program({"gain": "two"}, ("negative_slope",))
    return Eq(program.formula(fan_in) * expectation(program, (slope * x) ** 2, x**2), 1)


def _through_a_relu(rule: Rule) -> Boolean:
    """E relu(z)² = Var(z)/2, which is what the two of the gain makes up for."""
    program = rule.program({"gain": "two"})
    return Eq(program.formula(fan_in) * expectation(program, S.Zero, x**2), 1)


def _average(rule: Rule) -> Boolean:
    """Forward asks for the variance 1/fan_in, backward for 1/fan_out; the inverse variance is the mean of the fans."""
    program = rule.program()
    mean = (program.formula(fan_in) + program.formula(fan_out)) / 2
    return Eq(1 / moment(program, 2), mean)


def _inverted_average(rule: Rule) -> Boolean:
    """What the deck prints gives the reciprocal of the variance: the same only where that is 1."""
    right, wrong = rule.program(), rule.program(error="inverted_average")
    return Eq(right.formula(variance) * wrong.formula(variance), 1)


def _second_moment_is_kept(rule: Rule) -> tuple[Step, ...]:
    """Z is normal of variance v, the activations are relu(z), and the next z is a sum over fan_in of them."""
    v, wanted, z = symbols("v Var_w z", positive=True)
    half = Integral(z**2 * exp(-(z**2) / (2 * v)) / sqrt(2 * pi * v), (z, 0, oo))
    program = rule.program({"gain": "two"})
    number = program.formula(fan_in)
    given = number * wanted * v / 2  # of a sum of independent products with mean 0
    return (
        Step("the mean square of relu(z) is half of the variance", equal(half, v / 2)),
        Step(
            "the next variance is the same for one variance of the weights",
            equal(given - v, number * v / 2 * (wanted - 2 / number)),
        ),
        Step(
            "and this is the rule's",
            equal(2 / number, program.formula(variance)),
        ),
        Step("as the density has it", equal(moment(program, 2), program.formula(variance))),
    )


def _linear_second_moment_is_kept(rule: Rule) -> tuple[Step, ...]:
    """Inputs of unit mean square, and a sum over fan_in of them."""
    wanted = Symbol("Var_w", positive=True)
    program = next(p for name, p in _programs(rule).items() if name != "raw")
    number = program.formula(fan_in)
    return (
        Step(
            "the variance of the sum is 1 for one variance of the weights",
            equal(number * wanted - 1, number * (wanted - 1 / number)),
        ),
        Step(
            "and this is the rule's",
            equal(1 / number, program.formula(variance)),
        ),
        Step("as the density has it", equal(moment(program, 2), program.formula(variance))),
    )


def _between_forward_and_backward(rule: Rule) -> tuple[Step, ...]:
    wanted, program = Symbol("Var_w", positive=True), rule.program()
    into, out = program.formula(fan_in), program.formula(fan_out)
    return (
        Step("forward, variances are kept for 1/fan_in", equal(into * wanted - 1, into * (wanted - 1 / into))),
        Step("backward, for 1/fan_out", equal(out * wanted - 1, out * (wanted - 1 / out))),
        Step("both at once only where the fans are equal", equal(1 / into - 1 / out, (out - into) / (into * out))),
        Step(
            "the compromise is the harmonic mean of the two, twice 1 over the sum of the fans",
            equal(2 / (into + out), 2 / (1 / (1 / into) + 1 / (1 / out))),
        ),
        Step("and this is the rule's", equal(2 / (into + out), program.formula(variance))),
    )


def _limit_of_a_uniform_law(rule: Rule) -> tuple[Step, ...]:
    bound, spread_ = symbols("limit sigma", positive=True)
    program = rule.program()
    return (
        Step(
            "the variance between -limit and limit",
            equal(Integral(x**2 / (2 * bound), (x, -bound, bound)), bound**2 / 3),
        ),
        Step("is σ² for limit √3 σ", equal((sqrt(3) * spread_) ** 2 / 3, spread_**2)),
        Step("and this is the rule's", equal(sqrt(3) * spread_, program.let[limit].xreplace({sigma: spread_}))),
    )


HE_DERIVATION = Derivation(
    "the variance 2/fan_in keeps the second moment through a ReLU",
    "independent products with mean 0: variances of their sum add up",
    _second_moment_is_kept,
)
LECUN_DERIVATION = Derivation(
    "the variance 1/fan_in keeps the second moment",
    "independent products with mean 0: variances of their sum add up",
    _linear_second_moment_is_kept,
)
GLOROT_DERIVATION = Derivation(
    "forward and backward ask for different variances, and the rule's lies between",
    "variances of activations and of gradients should both be kept",
    _between_forward_and_backward,
)
UNIFORM_DERIVATION = Derivation(
    "the limit is √3 σ", "the variance of a uniform law is an integral", _limit_of_a_uniform_law
)  # fmt: skip
CLAIMS = (
    Claim("the density integrates to 1, with mean 0", _is_a_density, "integration"),
    Claim("the variance is gain/fan", _variance, "integration"),
)
RAW_VARIANCE = Claim("raw truncation takes the square of the truncation constant off", _raw_variance, "integration")
FORWARD = Claim("a sum over fan_in inputs keeps their second moment", _forward, "variance of a sum")
LEAKY_RELU = Claim("a leaky ReLU between two layers keeps the second moment", _through_a_leaky_relu, "integration")
RELU = Claim("a ReLU between two layers keeps the second moment", _through_a_relu, "integration")
AVERAGE = Claim("the inverse variance is the mean of the fans", _average, "forward and backward variance")
RECIPROCAL = Claim("the inverted average gives the reciprocal variance", _inverted_average)
