"""Which variance keeps what through a layer, and what the laws of the initializers have: derivations and claims."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Integer, Integral, Rational, S, Symbol, exp, oo, pi, sqrt, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, at_least, equal, every, greater, less
from ..program import Program
from ..rule import Claim, Rule
from .kernel import constant, cut, deviation, fan, fan_in, fan_out, gain, limit, sigma, slope, variance, x
from .moments import expectation, moment


def _programs(rule: Rule) -> Mapping[str, Program]:
    cuts = [axis for axis in rule.axes if axis.name == "truncation"]
    return {value: rule.program({"truncation": value}) for value in cuts[0].names} if cuts else {"": rule.program()}


def _is_a_density(rule: Rule) -> Boolean:
    programs = _programs(rule).values()
    return every(*(every(equal(moment(p, 0), 1), equal(moment(p, 1), 0)) for p in programs))


def _variance(rule: Rule) -> Boolean:
    kept = {name: program for name, program in _programs(rule).items() if name != "raw"}
    return every(*(equal(moment(p, 2), p.formula(gain) / p.formula(fan)) for p in kept.values()))


def _raw_variance(rule: Rule) -> Boolean:
    """The truncation constant is the standard deviation of a standard normal that is cut at two, found by integration."""
    raw, whole = (rule.program({"truncation": value}) for value in ("raw", "none"))
    return equal(moment(raw, 2) / moment(whole, 2), raw.let[constant] ** 2)


def _forward(rule: Rule) -> Boolean:
    """fan_in weights on inputs of unit second moment: the sum has unit variance."""
    return every(*(equal(p.formula(fan_in) * moment(p, 2), 1) for n, p in _programs(rule).items() if n != "raw"))


def _through_a_leaky_relu(rule: Rule) -> Boolean:
    """E f(z)² = Var(z)(1 + a²)/2 for any symmetric z, so that fan_in such terms keep the second moment at 1."""
    program = rule.program({"gain": "two"}, ("negative_slope",))
    return equal(program.formula(fan_in) * expectation(program, (slope * x) ** 2, x**2), 1)


def _through_a_relu(rule: Rule) -> Boolean:
    """E relu(z)² = Var(z)/2, which is what the two of the gain makes up for."""
    program = rule.program({"gain": "two"})
    return equal(program.formula(fan_in) * expectation(program, S.Zero, x**2), 1)


def _average(rule: Rule) -> Boolean:
    """Forward asks for the variance 1/fan_in, backward for 1/fan_out; the inverse variance is the mean of the fans."""
    program = rule.program()
    mean = (program.formula(fan_in) + program.formula(fan_out)) / 2
    return equal(1 / moment(program, 2), mean)


def _sigma(program: Program) -> Expr:
    return program.formula(sigma)


def _inverted_average(rule: Rule) -> Boolean:
    """What the deck prints gives the reciprocal of the variance: the same only where that is 1."""
    right, wrong = rule.program(), rule.program(error="inverted_average")
    return equal(right.formula(variance) * wrong.formula(variance), 1)


def _inverted_average_is_right(rule: Rule) -> Boolean:
    return equal(rule.program().formula(variance), rule.program(error="inverted_average").formula(variance))


def _variance_as_deviation(rule: Rule) -> Boolean:
    return equal(_sigma(rule.program()), _sigma(rule.program(error="standard_deviation_for_variance")))


def _third_of_the_variance(rule: Rule) -> Boolean:
    return equal(3 * moment(rule.program(error="limit_without_three"), 2), moment(rule.program(), 2))


def _gain_of_two(rule: Rule) -> Boolean:
    one, two = (rule.program({"gain": value}) for value in ("one", "two"))
    return equal(sqrt(2) * _sigma(one), _sigma(two))


def _corrected_by_the_constant(rule: Rule) -> Boolean:
    raw, corrected = (rule.program({"truncation": value}) for value in ("raw", "corrected"))
    return every(*(equal(raw.formula(s) / raw.let[constant], corrected.formula(s)) for s in (deviation, cut)))


def _truncation_constant(rule: Rule, least: str, most: str) -> Boolean:
    found = rule.program({"truncation": "corrected"}).let[constant]
    return every(greater(found, Rational(least)), less(found, Rational(most)))


def _sum_of_products(program: Program) -> tuple[Step, ...]:
    """A sum S of products of weights and values a, one product after another: the mean of its square."""
    total, value, square, own = symbols("S a v Var_w", real=True)
    done = Symbol("k", integer=True, nonnegative=True)
    more = (total + x * value) ** 2
    return (
        Step(
            "one product more: over the law of its weight S² becomes, on average",
            equal(expectation(program, more, more).expand(), (total**2 + value**2 * moment(program, 2)).expand()),
        ),
        Step(
            "so if k products have k Var_w v, with v the mean of a², one more has",
            equal(done * own * square + own * square, (done + 1) * own * square),
        ),
    )


def _second_moment_is_kept(rule: Rule) -> tuple[Step, ...]:
    """Z is normal of variance v, the activations are relu(z), and the next z is a sum over fan_in of them."""
    v, wanted, z = symbols("v Var_w z", positive=True)
    half = Integral(z**2 * exp(-(z**2) / (2 * v)) / sqrt(2 * pi * v), (z, 0, oo))
    program = rule.program({"gain": "two"})
    number = program.formula(fan_in)
    return (
        Step("the mean square of relu(z) is half of the variance", equal(half, v / 2)),
        *_sum_of_products(program),
        Step(
            "fan_in of them have the variance that z had for one variance of the weights",
            equal(number * wanted * v / 2 - v, number * v / 2 * (wanted - 2 / number)),
        ),
        Step("and this is the rule's", equal(2 / number, program.formula(variance))),
        Step("as the density has it", equal(moment(program, 2), program.formula(variance))),
    )


def _linear_second_moment_is_kept(rule: Rule) -> tuple[Step, ...]:
    """Inputs of unit mean square, and a sum over fan_in of them."""
    wanted = Symbol("Var_w", positive=True)
    program = next(p for name, p in _programs(rule).items() if name != "raw")
    number = program.formula(fan_in)
    return (
        *_sum_of_products(program),
        Step(
            "fan_in of them have the variance 1 for one variance of the weights",
            equal(number * wanted - 1, number * (wanted - 1 / number)),
        ),
        Step("and this is the rule's", equal(1 / number, program.formula(variance))),
        Step("as the density has it", equal(moment(program, 2), program.formula(variance))),
    )


def _between_forward_and_backward(rule: Rule) -> tuple[Step, ...]:
    wanted, program = Symbol("Var_w", positive=True), rule.program()
    into, out = program.formula(fan_in), program.formula(fan_out)
    return (
        *_sum_of_products(program),
        Step(
            "forward there are fan_in products: variances are kept for 1/fan_in",
            equal(into * wanted - 1, into * (wanted - 1 / into)),
        ),
        Step(
            "a gradient is a sum over the fan_out outputs: for 1/fan_out",
            equal(out * wanted - 1, out * (wanted - 1 / out)),
        ),
        Step("both at once only where the fans are equal", equal(1 / into - 1 / out, (out - into) / (into * out))),
        Step(
            "the compromise is the harmonic mean of the two, twice 1 over the sum of the fans",
            equal(2 / (into + out), 2 / (1 / (1 / into) + 1 / (1 / out))),
        ),
        Step(
            "which lies between them",
            at_least((1 / into - 2 / (into + out)) * (2 / (into + out) - 1 / out), 0),
        ),
        Step("and this is the rule's", equal(2 / (into + out), program.formula(variance))),
    )


def _limit_of_a_uniform_law(rule: Rule) -> tuple[Step, ...]:
    bound, spread = symbols("limit sigma", positive=True)
    program = rule.program()
    return (
        Step(
            "the variance between -limit and limit",
            equal(Integral(x**2 / (2 * bound), (x, -bound, bound)), bound**2 / 3),
        ),
        Step("is σ² for limit √3 σ", equal((sqrt(3) * spread) ** 2 / 3, spread**2)),
        Step("and this is the rule's", equal(sqrt(3) * spread, program.let[limit].xreplace({sigma: spread}))),
    )


def limit_is(words: str, numerator: int, *fans: Symbol) -> Claim:
    """The limit of a uniform law written out, as it is printed in papers and slides."""

    def statement(rule: Rule) -> Boolean:
        program = rule.program()
        return equal(program.formula(limit), sqrt(Integer(numerator) / sum(program.formula(fan) for fan in fans)))

    return Claim(f"the limit is {words}", statement)


SUM = "weights are independent of what they weigh, and have the mean 0"
HE_DERIVATION = Derivation(
    "the variance 2/fan_in keeps the second moment through a ReLU",
    f"{SUM}; what enters the ReLU is normal",
    _second_moment_is_kept,
)
LECUN_DERIVATION = Derivation("the variance 1/fan_in keeps the second moment", SUM, _linear_second_moment_is_kept)
GLOROT_DERIVATION = Derivation(
    "forward and backward ask for different variances, and the rule's lies between",
    f"variances of activations and of gradients should both be kept; {SUM}",
    _between_forward_and_backward,
)
UNIFORM_DERIVATION = Derivation(
    "the limit is √3 σ", "the variance of a uniform law is an integral", _limit_of_a_uniform_law
)
CLAIMS = (
    Claim("the density integrates to 1, with mean 0", _is_a_density, "integration"),
    Claim("the variance is gain/fan, unless truncation is raw", _variance, "integration"),
    Claim(
        "the variance used as the standard deviation draws the same weights",
        _variance_as_deviation,
        "lecture deck, line 392 read literally",
        expects="refuted",
    ),
)
TRUNCATED_CLAIMS = (
    Claim("raw truncation takes the square of the truncation constant off", _raw_variance, "integration"),
    Claim("raw truncation of σ over the truncation constant is corrected truncation", _corrected_by_the_constant),
    Claim(
        "the truncation constant lies between 0.87962566103423974 and 0.87962566103423976",
        lambda rule: _truncation_constant(rule, "0.87962566103423974", "0.87962566103423976"),
    ),
    Claim(
        "the published 0.87962566103423978 is the truncation constant, rounded to as many digits",
        lambda rule: _truncation_constant(rule, "0.879625661034239775", "0.879625661034239785"),
        "Keras 3.15.1 and JAX 0.10.2; as a float64 both are the same",
        expects="refuted",
    ),
)
UNIFORM_CLAIMS = (Claim("with σ as the limit the variance is a third of what it should be", _third_of_the_variance),)
FORWARD = Claim(
    "a sum over fan_in inputs keeps their second moment, unless truncation is raw", _forward, "variance of a sum"
)
RELU_CLAIMS = (
    Claim("a leaky ReLU between two layers keeps the second moment", _through_a_leaky_relu, "integration"),
    Claim("a ReLU between two layers keeps the second moment", _through_a_relu, "integration"),
    Claim("gain two is gain one with weights √2 times as large", _gain_of_two),
)
AVERAGE_CLAIMS = (
    Claim("the inverse variance is the mean of the fans", _average, "forward and backward variance"),
    Claim("the inverted average gives the reciprocal variance", _inverted_average),
    Claim(
        "2/(fan_in + fan_out) as the average of the fans draws weights of the same variance",
        _inverted_average_is_right,
        "lecture deck, line 400 read literally",
        expects="refuted",
    ),
)
