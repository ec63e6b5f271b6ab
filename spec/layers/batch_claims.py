"""What is claimed about batch normalization, for batches of any size where sums are taken apart by their linearity."""

from collections.abc import Mapping

from sympy import (
    Add,
    Expr,
    Indexed,
    IndexedBase,
    Integer,
    Rational,
    Sum,
    Symbol,
    sqrt,
    symbols,
    sympify,
)
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal
from ..rule import Claim, Rule
from ..sums import factors_out_of_roots, split
from ..symbols import epsilon, i, j, k
from .batch import batch_mean, batch_variance, beta, c, gamma, mean, momentum, n, variance, x, y

DECK = (1, 2, 6)  # mean 3, variance 14/3 of the batch, 7 as an estimate of the population's

d_x, upstream = (IndexedBase(name, shape=(n, c), real=True) for name in ("d_x", "upstream"))


def _placed(expression: Expr, values: Mapping[str, tuple[Expr | int, ...]]) -> Expr:
    """An equation of feature 0 for a batch as long as the values of x, which stand for the elements of the arrays."""
    sized = expression.xreplace({n: Integer(len(values["x"])), j: Integer(0)}).doit()
    known = {e: sympify(values[str(e.base.label)][int(e.indices[0])]) for e in sized.atoms(Indexed)}
    return sized.xreplace(known).doit()


def _column(rule: Rule, numbers: tuple[Expr | int, ...]) -> list[Expr]:
    """One feature of a batch, normalised with γ = 1, β = 0 and ε free."""
    written, values = rule.program().formula(rule.parameter), {"x": numbers, "gamma": (1,), "beta": (0,)}
    return [_placed(written.xreplace({i: Integer(row)}), values) for row in range(len(numbers))]


def _next(rule: Rule, target: Expr, numbers: tuple[int, ...], **dialect: str) -> Expr:
    """The next running statistic of a feature, from mean 0 and variance 1."""
    return _placed(rule.program(dialect).formula(target), {"x": numbers, "mean": (0,), "variance": (1,)}).expand()


def _mean_and_variance_of_the_output(rule: Rule) -> tuple[Step, ...]:
    """Of three examples, of any numbers, with scale γ and shift β."""
    numbers = symbols("x_1:4", real=True)
    scale, shift = symbols("gamma beta", real=True)
    program, average = rule.program(), Add(*numbers) / 3
    spread_there = Add(*((number - average) ** 2 for number in numbers)) / 3
    values = {"x": numbers, "gamma": (scale,), "beta": (shift,)}
    outputs = [_placed(program.formula(rule.parameter).xreplace({i: Integer(k)}), values) for k in range(3)]
    root = sqrt(spread_there + epsilon)
    squares = Add(*((output - shift) ** 2 for output in outputs)) / 3
    return (
        Step("deviations from the mean add up to nothing", equal(Add(*(number - average for number in numbers)), 0)),
        Step(
            "each output is its deviation over the root, scaled and shifted",
            equal(scale * (numbers[0] - average) / root + shift, outputs[0]),
        ),
        Step("so the mean of the outputs is β", equal(Add(*outputs) / 3, shift)),
        Step("and their variance γ² σ²/(σ² + ε)", equal(scale**2 * spread_there / (spread_there + epsilon), squares)),
    )


def _over_the_batch(element: Expr) -> Expr:
    """The sum over all examples of what stands at example i."""
    return split(Sum(element.xreplace({i: k}), (k, 0, n - 1)))


def _moved(expression: Expr, scale: Expr, shift: Expr) -> Expr:
    """The expression for a batch whose every number is scaled and shifted."""
    return expression.replace(lambda e: isinstance(e, Indexed) and e.base == x, lambda e: scale * e + shift)


def _mean_is_beta(rule: Rule) -> Boolean:
    return equal(_over_the_batch(rule.program().formula(y[i, j])) / n, beta[j])


def _variance_of_any_batch(rule: Rule) -> Boolean:
    program = rule.program()
    spread_there = split(program.formula(batch_variance[j]))
    squares = _over_the_batch((program.formula(y[i, j]) - beta[j]) ** 2) / n
    return equal(squares, gamma[j] ** 2 * spread_there / (spread_there + epsilon))


def _blind_to_shifts(rule: Rule) -> Boolean:
    written = rule.program().formula(y[i, j])
    return equal(split(_moved(written, Integer(1), Symbol("shift", real=True))), split(written))


def _blind_to_scales(rule: Rule) -> Boolean:
    written = rule.program().formula(y[i, j]).xreplace({epsilon: Integer(0)})
    scaled = _moved(written, Symbol("scale", positive=True), Integer(0))
    return equal(factors_out_of_roots(split(scaled)), factors_out_of_roots(split(written)))


def _not_blind_to_scales(rule: Rule) -> Boolean:
    """With ε kept, which a small batch is compared with."""
    written = rule.program().formula(y[i, j])
    return equal(split(_moved(written, Symbol("scale", positive=True), Integer(0))), split(written))


def _backward_in_one_line(rule: Rule) -> tuple[Step, ...]:
    """With the gradient u by the outputs, for a batch of any size; r is the root that is divided by."""
    program, root = rule.program({}, ("derivative",)), Symbol("r", positive=True)
    average, under = program.formula(batch_mean[j]), program.formula(batch_variance[j]) + epsilon
    total = Sum(upstream[k, j], (k, 0, n - 1))
    along = Sum(upstream[k, j] * (x[k, j] - average) / root, (k, 0, n - 1))
    back = gamma[j] / (n * root) * (n * upstream[i, j] - total - (x[i, j] - average) / root * along)
    return (
        Step(
            "the sum of u times the normalised inputs",
            equal(split(along), (Sum(upstream[k, j] * x[k, j], (k, 0, n - 1)) - split(average) * total) / root),
        ),
        Step(
            "gamma/(n r) times n u less the sum of u, less the normalised input times that sum",
            equal(split(back), split(program.formula(d_x[i, j]).xreplace({under: root**2}))),
        ),
    )


def _kept_variances_differ_by_a_factor(rule: Rule) -> tuple[Step, ...]:
    """By induction over the batches, all of n examples, from one initial variance v_0."""
    first, biased, faded = symbols("v_0 v_biased faded", nonnegative=True)  # faded: old weight to the power of the step
    ratio = n / (n - 1)
    unbiased = faded * first + ratio * (biased - faded * first)
    now = {"biased": biased, "unbiased": unbiased}
    later = {
        kind: split(rule.program({"running_variance": kind}).formula(variance[j])).xreplace({variance[j]: value})
        for kind, value in now.items()
    }
    next_faded = (1 - momentum) * faded
    return (
        Step("before any batch both are v_0", equal(first + ratio * (first - first), first)),
        Step(
            "if what is kept unbiased is n/(n - 1) of the other, each less what is left of v_0, so it is one batch later",
            equal(next_faded * first + ratio * (later["biased"] - next_faded * first), later["unbiased"]),
        ),
    )


DERIVATIONS = (
    Derivation(
        "the output has mean β and variance γ² σ²/(σ² + ε)",
        "the mean and the variance of what the formula gives",
        _mean_and_variance_of_the_output,
    ),
    Derivation(
        "the gradient by the inputs has a closed form",
        "the chain rule, through the mean and the variance of the batch",
        _backward_in_one_line,
    ),
    Derivation(
        "the two running variances differ by the factor n/(n - 1)",
        "induction over batches of one size",
        _kept_variances_differ_by_a_factor,
    ),
)

CLAIMS = (
    Claim("the output of the column (1, 2, 6) has mean 0", lambda rule: equal(Add(*_column(rule, DECK)), 0)),
    Claim(
        "its mean square is σ²/(σ² + ε), just below 1",
        lambda rule: equal(Add(*(value**2 for value in _column(rule, DECK))) / 3, 14 / (14 + 3 * epsilon)),
    ),
    Claim("in a batch of any size the mean of the outputs is β", _mean_is_beta),
    Claim("in a batch of any size their variance is gamma² σ²/(σ² + ε)", _variance_of_any_batch),
    Claim(
        "a number added to every example changes nothing, so that a bias before the layer has no effect",
        _blind_to_shifts,
    ),
    Claim("without ε a positive factor of every example changes nothing", _blind_to_scales),
    Claim(
        "with ε it changes nothing either",
        _not_blind_to_scales,
        "invariance to scale, which needs ε = 0",
        expects="refuted",
    ),
    Claim("one example alone gives 0 whatever it is", lambda rule: equal(_column(rule, (5,))[0], 0)),
    Claim(
        "from variance 1 the column leaves 1 + 6 momentum where the unbiased variance is kept",
        lambda rule: equal(_next(rule, variance[j], DECK, running_variance="unbiased"), 1 + 6 * momentum),
    ),
    Claim(
        "from variance 1 the column leaves 1 + 11/3 momentum where the biased variance is kept",
        lambda rule: equal(_next(rule, variance[j], DECK, running_variance="biased"), 1 + Rational(11, 3) * momentum),
    ),
    Claim(
        "the two ways of weighing are one with momentum and 1 - momentum exchanged",
        lambda rule: equal(
            _next(rule, mean[j], DECK, momentum_weight="old").subs(momentum, 1 - momentum).expand(),
            _next(rule, mean[j], DECK, momentum_weight="new"),
        ),
    ),
)
