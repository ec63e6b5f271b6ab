"""The randomized leaky rectified linear unit: the slope of negative inputs is drawn anew for each."""

from sympy import Derivative, Expr, Gt, Interval, Piecewise, Rational, Symbol, expand_log, integrate, log, symbols

from ..derivation import Derivation, Step, equal, greater
from ..rule import Array, Axis, AxisValue, Claim, Hyperparameter, NamedError, Option, Rule, Source

x, y = symbols("x y", real=True)
slope = Symbol("slope", positive=True)
lower, upper = symbols("lower upper", positive=True)
test_slope, density = symbols("test_slope density", nonnegative=True)
least, most = symbols("least most", positive=True)  # the support of the slope

PAPER = "Xu, Wang, Chen & Li 2015"
OF_SLOPES = {density: 1 / (upper - lower)}
OF_DIVISORS = {density: 1 / (slope**2 * (1 / lower - 1 / upper))}
SLOPE = Array(slope, "slope for every negative input", Interval.open(0, 1))


def _moment(rule: Rule, power: int, law: str) -> Expr:
    """The mean of a power of the slope."""
    inside = rule.program({"law": law}, ("law",)).formula(density)
    return integrate(inside * slope**power, (slope, lower, upper))


PUBLISHED = {lower: Rational(1, 8), upper: Rational(1, 3)}


def _density_of_a_reciprocal(rule: Rule) -> tuple[Step, ...]:
    found = rule.program({"law": "divisor_uniform"}, ("law",)).formula(density)
    divisors = 1 / (1 / lower - 1 / upper)  # their density, between 1/upper and 1/lower
    return (
        Step("a divisor falls, as the slope grows, by", equal(Derivative(1 / slope, slope), -1 / slope**2)),
        Step("so many divisors stand for one slope", equal(divisors / slope**2, found)),
    )


def _no_bounds_make_the_laws_equal(rule: Rule) -> tuple[Step, ...]:
    """Divisors between d and d + width, and two slopes that both laws can draw: a level law would have to be steep."""
    d, width, near, further = symbols("d width near further", positive=True)
    slopes, divisors = (
        rule.program({"law": law}, ("law",)).formula(density) for law in ("slope_uniform", "divisor_uniform")
    )
    here, there = {slope: near}, {slope: near + further}
    of_divisors = divisors.xreplace({lower: 1 / (d + width), upper: 1 / d})
    return (
        Step(
            "whatever its bounds, slopes drawn uniformly have one density",
            equal(slopes.xreplace(here), slopes.xreplace(there)),
        ),
        Step("that of divisors between d and d + width is", equal(of_divisors, 1 / (slope**2 * width))),
        Step(
            "which is greater for smaller slopes",
            greater(of_divisors.xreplace(here), of_divisors.xreplace(there)),
        ),
    )


RRELU = Rule(
    name="rrelu",
    title="Randomized leaky rectified linear unit",
    doc="The input where it is positive, a random slope times it where it is negative; afterwards one slope for all.",
    kind="layer",
    parameter=y,
    arrays=(Array(x, "input"), SLOPE),
    hyperparameters=(
        Hyperparameter("lower", lower, Interval.open(0, 1), Rational(1, 8), "smallest slope"),
        Hyperparameter("upper", upper, Interval.open(0, 1), Rational(1, 3), "largest slope, above the smallest"),
    ),
    let={test_slope: (lower + upper) / 2, least: lower, most: upper, **OF_SLOPES},
    update={y: Piecewise((x, x > 0), (slope * x, True))},
    options=(
        Option(
            "inference",
            "after training: one slope for all",
            equations={y: Piecewise((x, x > 0), (test_slope * x, True))},
            source=Source(PAPER, "section 2.4"),
        ),
        Option(
            "law",
            "in place of the output, the density of the slope",
            equations={y: Piecewise((0, slope < least), (0, slope > most), (density, True))},
            arrays=(SLOPE,),
            source=Source(PAPER, "section 2.4"),
        ),
    ),
    axes=(
        Axis(
            "law",
            "whether the slope is drawn uniformly, or the number by which the input is divided",
            (
                AxisValue("slope_uniform", OF_SLOPES, Source("PyTorch 2.13.0", "torch.nn.RReLU")),
                AxisValue("divisor_uniform", OF_DIVISORS, Source(PAPER, "x/a with a uniform between 3 and 8")),
            ),
            under="law",
        ),
        Axis(
            "test_slope",
            "the slope after training",
            (
                AxisValue("mean_slope", {test_slope: (lower + upper) / 2}, Source("PyTorch 2.13.0", "torch.nn.RReLU")),
                AxisValue(
                    "reciprocal_mean_divisor", {test_slope: 2 / (1 / lower + 1 / upper)}, Source(PAPER, "x/((l + u)/2)")
                ),
            ),
            under="inference",
        ),
    ),
    errors=(
        NamedError(
            "divisors_as_slopes",
            "divisors are drawn, and the input is multiplied by them",
            Source(PAPER, "a uniform between 3 and 8, read as a slope"),
            {density: 1 / (1 / lower - 1 / upper), least: 1 / upper, most: 1 / lower},
            under="law",
        ),
    ),
    derivations=(
        Derivation(
            "uniform divisors give slopes of density 1/slope², scaled",
            "a probability is the same, whichever of two variables it is written in",
            _density_of_a_reciprocal,
        ),
        Derivation(
            "no bounds of slopes drawn uniformly give the law of divisors drawn uniformly",
            "two laws that are equal have equal densities at every slope that can be drawn",
            _no_bounds_make_the_laws_equal,
        ),
    ),
    claims=(
        Claim(
            "slopes drawn uniformly have density of mass 1",
            lambda rule: equal(_moment(rule, 0, "slope_uniform").simplify(), 1),
        ),
        Claim("and so have those of divisors", lambda rule: equal(_moment(rule, 0, "divisor_uniform").simplify(), 1)),
        Claim(
            "the mean of a uniform slope is (lower + upper)/2, the slope of mean_slope",
            lambda rule: equal((_moment(rule, 1, "slope_uniform") - _test(rule, "mean_slope")).simplify(), 0),
        ),
        Claim(
            "the mean slope of divisors between 3 and 8 is ln(8/3)/5",
            lambda rule: equal(_published(_moment(rule, 1, "divisor_uniform")), expand_log(log(Rational(8, 3)) / 5)),
        ),
        Claim(
            "dividing by the mean divisor, 2/11, is less than the mean of the slopes",
            lambda rule: Gt(
                _published(_moment(rule, 1, "divisor_uniform")), _published(_test(rule, "reciprocal_mean_divisor"))
            ),
        ),
        Claim(
            "published slopes average to 11/48",
            lambda rule: equal(_published(_test(rule, "mean_slope")), Rational(11, 48)),
        ),
        Claim(
            "published divisors average to 11/2",
            lambda rule: equal(_published(_test(rule, "reciprocal_mean_divisor")), Rational(2, 11)),
        ),
    ),
    source=Source(f"{PAPER}; lecture deck", "line 438, which only names it"),
)


def _test(rule: Rule, value: str) -> Expr:
    return rule.program({"test_slope": value}, ("inference",)).formula(test_slope)


def _published(value: Expr) -> Expr:
    return value.subs(PUBLISHED).simplify()
