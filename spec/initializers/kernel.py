"""What the initializers share: the fans of a kernel, the two shapes of density, their axes and known errors.

A sampler's parameter is a probability density, written at the point `x`: the first input. Outside of its support it is 0.
Its means and variances are integrals of it (`moments.py`); the truncation constant is a closed form, which a claim compares
with them.
"""

from __future__ import annotations

from sympy import Abs, Piecewise, S, Symbol, erf, exp, oo, pi, sqrt

from ..program import Equations
from ..rule import Axis, AxisValue, NamedError, Option, Source
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
