"""The dense layer: every unit takes a weighted sum of all inputs, plus its bias."""

from sympy import And, IndexedBase, Mod, Sum, Symbol, diff, floor, symbols

from ..derivation import Derivation, Step, equal
from ..derivative import straight_through
from ..example import example
from ..rule import Array, Claim, NamedError, Option, Rule, Source
from ..symbols import i, j, k

n = Symbol("n", integer=True, positive=True)  # examples
p = Symbol("p", integer=True, positive=True)  # inputs
u = Symbol("u", integer=True, positive=True)  # units
x = IndexedBase("x", shape=(n, p), real=True)
weights = IndexedBase("weights", shape=(p, u), real=True)
bias = IndexedBase("bias", shape=(u,), real=True)
y = IndexedBase("y", shape=(n, u), real=True)
total = IndexedBase("total", shape=(n, u), real=True)
d_x = IndexedBase("d_x", shape=(n, p), real=True)
d_weights = IndexedBase("d_weights", shape=(p, u), real=True)
d_bias = IndexedBase("d_bias", shape=(u,), real=True)

AS_STORED = j * p + k  # where the weight of input k for unit j lies if units come first


def _adds_up(rule: Rule) -> And:
    """Two examples, two inputs, two units: 2 and 3 weighted with a and b."""
    a, b, c = symbols("a b c", real=True)
    written = rule.program().formula(y[i, j])
    arrays = {"x": ((2, 3), (5, 7)), "weights": ((a, b), (b, a)), "bias": (c, 1)}
    values = [example(written, {n: 2, p: 2, u: 2}, {i: row, j: unit}, **arrays) for row in (0, 1) for unit in (0, 1)]
    expected = (2 * a + 3 * b + c, 2 * b + 3 * a + 1, 5 * a + 7 * b + c, 5 * b + 7 * a + 1)
    return And(*(equal(value, wanted) for value, wanted in zip(values, expected, strict=True)))


def _gradients_are_products(rule: Rule) -> And:
    """Of two examples and inputs with one unit: dx = g wᵀ, dW = xᵀ g, and db adds g up."""
    program = rule.program({}, ("derivative",))
    g, h, a, b = symbols("g h a b", real=True)
    arrays = {"x": ((2, 3), (5, 7)), "weights": ((a,), (b,)), "bias": (0,), "upstream": ((g,), (h,))}
    sizes = {n: 2, p: 2, u: 1}
    x_there = example(program.formula(d_x[i, j]), sizes, {i: 1, j: 0}, **arrays)
    weight = example(program.formula(d_weights[i, j]), sizes, {i: 1, j: 0}, **arrays)
    moved = example(program.formula(d_bias[i]), sizes, {i: 0}, **arrays)
    return And(equal(x_there, a * h), equal(weight, 3 * g + 7 * h), equal(moved, g + h))


def _gradients_of_any_size(rule: Rule) -> tuple[Step, ...]:
    """With the gradient u of the cost by the outputs."""
    a, b, rest = symbols("x_ik w_kj rest", real=True)
    upstream = IndexedBase("upstream", shape=(n, u), real=True)
    program = rule.program({}, ("derivative",))
    by_x = Sum(upstream[i, k] * weights[j, k], (k, 0, u - 1))
    by_weight = Sum(x[k, i] * upstream[k, j], (k, 0, n - 1))
    by_bias = Sum(upstream[k, i], (k, 0, n - 1))
    return (
        Step("an output moves with one input by its weight", equal(diff(a * b + rest, a), b)),
        Step("and with one weight by its input", equal(diff(a * b + rest, b), a)),
        Step("added up over the units: u times weights, transposed", equal(by_x, program.formula(d_x[i, j]))),
        Step("over the examples: inputs, transposed, times u", equal(by_weight, program.formula(d_weights[i, j]))),
        Step("and u itself for the bias", equal(by_bias, program.formula(d_bias[i]))),
    )


DENSE = Rule(
    name="dense",
    title="Dense layer",
    doc="Every unit adds up all inputs, each times a weight of its own, and its bias.",
    kind="function",
    parameter=y[i, j],
    arrays=(
        Array(x, "inputs, one row for each example"),
        Array(weights, "weights, one column for each unit"),
        Array(bias, "one for each unit"),
    ),
    let={total[i, j]: Sum(x[i, k] * weights[k, j], (k, 0, p - 1))},
    update={y[i, j]: total[i, j] + bias[j]},
    options=(
        Option(
            "derivative",
            "the gradients with respect to x, weights and bias, given that with respect to y",
            differentiates=(x, weights, bias),
        ),
    ),
    errors=(
        NamedError(
            "transposed_weights",
            "weights stored by unit, as (units, inputs), are taken for (inputs, units)",
            Source(
                "PyTorch 2.13.0 beside Keras 3.15.1", "nn.Linear stores (units, inputs), layers.Dense the transpose"
            ),
            {total[i, j]: Sum(x[i, k] * weights[floor(AS_STORED / u), Mod(AS_STORED, u)], (k, 0, p - 1))},
        ),
        NamedError(
            "bias_missing",
            "the bias is not added",
            Source("use_bias=False"),
            {y[i, j]: total[i, j]},
        ),
        NamedError(
            "bias_per_example",
            "the bias goes from example to example, not from unit to unit",
            Source("a bias broadcast along the wrong axis"),
            {y[i, j]: total[i, j] + bias[Mod(i, u)]},
        ),
        NamedError(
            "bias_gradient_averaged",
            "the gradient of the bias is the mean over the examples, not their sum",
            Source("a mean for a sum"),
            {y[i, j]: total[i, j] + straight_through(bias[j], bias[j] / n)},
            under="derivative",
        ),
    ),
    derivations=(
        Derivation("gradients are matrix products", "the chain rule over all outputs", _gradients_of_any_size),
    ),
    claims=(
        Claim("two units of two inputs give the weighted sums", _adds_up, kind="defined"),
        Claim("gradients are products of the upstream one with weights and inputs", _gradients_are_products),
    ),
    source=Source("lecture deck", "lines 40-42"),
)
