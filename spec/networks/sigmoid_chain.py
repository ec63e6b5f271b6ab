"""A chain of single neurons, in which gradients vanish or explode: a_j = σ(w_j a_(j−1) + b_j)."""

from collections.abc import Sequence

from sympy import (
    Eq,
    Expr,
    Gt,
    IndexedBase,
    Integer,
    Mul,
    Piecewise,
    Rational,
    S,
    Symbol,
    diff,
    log,
    sqrt,
    symbols,
)
from sympy.logic.boolalg import Boolean

from ..activations import scalar
from ..activations.sigmoid import SIGMOID
from ..derivation import Derivation, Step, at_least, equal, every, greater, less
from ..derivative import differentiated, straight_through
from ..example import worked_example
from ..program import Program
from ..rule import Array, Claim, Form, NamedError, Option, Rule, Source
from ..symbols import i, j
from .composition import applied, constant

n = Symbol("n", integer=True, positive=True)  # chains
depth = Symbol("depth", integer=True, positive=True)
x = IndexedBase("x", shape=(n,), real=True)
weights = IndexedBase("weights", shape=(n, depth), real=True)
biases = IndexedBase("biases", shape=(n, depth), real=True)
a = IndexedBase("a", shape=(n, depth + 1), real=True)  # a_0 is the input
y = IndexedBase("y", shape=(n,), real=True)
d_biases = IndexedBase("d_biases", shape=(n, depth), real=True)
d_a = IndexedBase("d_a", shape=(n, depth + 1), real=True)  # as the derived program names it
layer, further = Symbol("l", integer=True, nonnegative=True), Symbol("further", integer=True, positive=True)

w, b, before = weights[i, j - 1], biases[i, j - 1], a[i, j - 1]
z = w * before + b
z_1, z_2, z_3, z_4 = Z = symbols("z_1:5", real=True)
w_2, w_3, w_4, upstream = symbols("w_2 w_3 w_4 u", nonzero=True)


def _from_input(neuron: Expr) -> Piecewise:
    return Piecewise((x[i], Eq(j, 0)), (neuron, True))


def _slope(value: Expr) -> Expr:
    """σ' at `value`."""
    point = Symbol("point", real=True)
    return diff(applied(SIGMOID, point), point).xreplace({point: value})


def _gradients(rule: Rule, slopes: Sequence[Expr], sums: Sequence[Expr]) -> list[Expr]:
    """∂C/∂b_j of a chain that has these weights from the second one on, and these z_j: biases are chosen so."""
    values = [Integer(1), *(applied(SIGMOID, total) for total in sums)]
    after_first = [Integer(1), *slopes]
    chosen = [total - weight * value for total, weight, value in zip(sums, after_first, values, strict=False)]
    program = rule.program({}, ("derivative",))
    arrays = {"x": (1,), "weights": (after_first,), "biases": (chosen,), "upstream": (upstream,)}
    sizes = {n: 1, depth: len(sums)}
    return [worked_example(program, d_biases[i, j], sizes, (0, place), **arrays) for place in range(len(sums))]


def _nine_factors(rule: Rule) -> tuple[Step, ...]:
    """The lecture's expansion of ∂C/∂b_1 in a chain of four."""
    first, second, third, fourth = _gradients(rule, (w_2, w_3, w_4), Z)
    inner = Symbol("inner", real=True)
    crossed = [diff(weight * inner, inner) for weight in (w_4, w_3, w_2)]
    slopes = [_slope(total) for total in reversed(Z)]
    return (
        Step("∂C/∂b_4 is ∂C/∂a_4 ∂a_4/∂z_4, times ∂z_4/∂b_4 = 1", equal(fourth, upstream * slopes[0])),
        Step("∂C/∂b_3 has ∂z_4/∂a_3 ∂a_3/∂z_3 besides", equal(third, fourth * crossed[0] * slopes[1])),
        Step("∂C/∂b_2 has ∂z_3/∂a_2 ∂a_2/∂z_2 besides", equal(second, third * crossed[1] * slopes[2])),
        Step("∂C/∂b_1 has ∂z_2/∂a_1 ∂a_1/∂z_1 besides", equal(first, second * crossed[2] * slopes[3])),
        Step("all together", equal(Mul(upstream, *slopes, *crossed), first)),
    )


def _one_layer_more(rule: Rule) -> tuple[Step, ...]:
    """The step of the induction over the depth: what is derived for any layer but the last."""
    program = rule.program({}, ("derivative",))
    here = {j: layer, depth: layer + further}  # so many layers stand behind this one
    own = (d_a[i, j + 1] * _slope(weights[i, j] * a[i, j] + biases[i, j])).xreplace(here)
    handed_on, of_bias = (
        equations.xreplace(here) for equations in (program.let[d_a[i, j]], program.update[d_biases[i, j]])
    )
    at_most = Rational(1, 4) - (applied(SIGMOID, z_1) - Rational(1, 2)) ** 2
    return (
        Step("the slope is 1/4 less a square", equal(_slope(z_1), at_most)),
        Step("the bias of a layer gets the gradient of its output times the slope at its z", equal(own, of_bias)),
        Step("and the layer before gets that times the weight", equal(own * weights[i, j].xreplace(here), handed_on)),
    )


def _any_number_of_layers(rule: Rule) -> tuple[Step, ...]:
    """The induction over the layers, for products that are all below 1/4 in size, or all at least 1 + p."""
    program = rule.program({}, ("derivative",))
    k, p, rest = (
        Symbol("k", integer=True, nonnegative=True),
        Symbol("p", positive=True),
        Symbol("rest", nonnegative=True),
    )
    here, there = ({j: at, depth: layer + 1 + further} for at in (layer, layer + 1))
    slope = _slope(weights[i, j] * a[i, j] + biases[i, j]).xreplace(here)
    own, behind = (program.update[d_biases[i, j]].xreplace(at) for at in (here, there))
    own = own.xreplace({d_a[i, j + 1].xreplace(here): program.let[d_a[i, j]].xreplace(there)})
    return (
        *(
            Step(
                f"if k products make 4^(-k) of it at most, one more of size {product} makes less than 4^(-k-1)",
                less(4 ** (-k) * product, 4 ** (-k - 1)),
            )
            for product in (1 / (4 + p), Integer(0))
        ),
        Step(
            "if k products of at least 1 + p in size make (1 + p)^k of it, one more makes (1 + p)^(k + 1) at least",
            at_least((1 + p) ** k * (1 + p + rest) - (1 + p) ** (k + 1), 0),
        ),
        Step(
            "which grows beyond all bounds: if (1 + p)^k is at least 1 + k p, the next is at least 1 + (k + 1) p",
            at_least((1 + k * p) * (1 + p) - (1 + (k + 1) * p), 0),
        ),
        Step(
            "and ∂C/∂b of a layer is that of the next one times such a product: its weight and the slope before it",
            equal(behind * weights[i, j].xreplace(there) * slope, own),
        ),
    )


def _at_most_a_quarter(rule: Rule) -> Boolean:
    """A chain of one neuron: the gradient of its bias is σ'."""
    (only,) = _gradients(rule, (), (z_1,))
    return equal(Rational(1, 4) - only / upstream, (applied(SIGMOID, z_1) - Rational(1, 2)) ** 2)


def _with_products(rule: Rule, second: Expr, third: Expr) -> list[Expr]:
    """∂C/∂b_j where w_2 σ'(z_1) and w_3 σ'(z_2) are the given numbers; the z_j are logarithms of any numbers."""
    sums = [log(number) for number in symbols("e_1:5", positive=True)]
    return _gradients(rule, (second / _slope(sums[0]), third / _slope(sums[1]), w_4), sums)


def _vanishes(rule: Rule) -> Boolean:
    """Every product between -1/4 and 1/4 makes ∂C/∂b_1 sixteen times smaller; against ∂C/∂b_2 just one of them counts."""
    p, q = symbols("p q", real=True)
    second, third = (x / (4 * sqrt(1 + x**2)) for x in (p, q))
    one, two, three, _ = _with_products(rule, second, third)
    return every(greater(1 - (16 * one / three) ** 2, 0), equal(one, second * two))


def _sixteen_is_too_much(rule: Rule) -> Boolean:
    """All weights 1, all z_j = log 2: ∂C/∂b_1 is 2/9 of ∂C/∂b_2 and 4/81 of ∂C/∂b_3."""
    one, two, three, _ = _gradients(rule, (Integer(1),) * 3, (log(2),) * 4)
    return every(equal(9 * one, 2 * two), equal(81 * one, 4 * three))


def _sizes_are_what_counts(rule: Rule) -> Boolean:
    """Products of −2 are below 1/4 too, and make the gradient grow."""
    one, _, three, _ = _with_products(rule, Integer(-2), Integer(-2))
    return equal(one, 4 * three)


def _sixteen_against_the_second(rule: Rule) -> Boolean:
    p, q = symbols("p q", positive=True)
    one, two, *_ = _with_products(rule, 1 / (4 + p), 1 / (4 + q))
    return at_least(two / one, 16)


def _sixteen_whatever_the_signs(rule: Rule) -> Boolean:
    """Products that are below 1/4, and may be far below 0."""
    p, q = symbols("p q", positive=True)
    one, _, three, _ = _with_products(rule, Rational(1, 4) - p, Rational(1, 4) - q)
    return at_least(three**2, 256 * one**2)


def _explodes(rule: Rule) -> Boolean:
    """Weights above 4 at z = 0: every layer makes the gradient larger."""
    p = Symbol("p", positive=True)
    four, three, two, one = reversed(_gradients(rule, (4 * (1 + p),) * 3, (Integer(0),) * 4))
    return every(Gt(three / four, 1), Gt(two / three, 1), Gt(one / two, 1))


ARRAYS = (
    Array(x, "input of every chain"),
    Array(weights, "weights, one row for each chain, from the first neuron to the last"),
    Array(biases, "biases, in the same order"),
)
LAST = {y[i]: a[i, depth]}


def _from_output() -> Form:
    """The gradients with σ' as the sigmoid has it from its own output; derived as those of the rule are."""
    (form,) = (form for form in SIGMOID.forms if form.name == "from_output")
    of_output = form.equations[scalar.d_x].xreplace({scalar.d_y: S.One, scalar.y: applied(SIGMOID, scalar.x)})
    neuron = straight_through(applied(SIGMOID, z), z * constant(of_output.xreplace({scalar.x: z})))
    program = Program("sigmoid_chain", y[i], {a[i, j]: _from_input(neuron)}, LAST, {}, {}, ARRAYS)
    found = differentiated(program, [weights, biases])
    gradients = {s: e for s, e in {**found.let, **found.update}.items() if s not in (*program.let, *LAST)}
    return Form("from_output", gradients, under="derivative")


SIGMOID_CHAIN = Rule(
    name="sigmoid_chain",
    title="Chain of sigmoid neurons",
    doc="One neuron in each layer, of any depth: every one weighs the output of the one before; a batch of such chains.",
    kind="function",
    parameter=y[i],
    arrays=ARRAYS,
    let={a[i, j]: _from_input(applied(SIGMOID, z))},
    update=LAST,
    options=(
        Option(
            "derivative",
            "the gradients with respect to weights and biases, given that with respect to y",
            differentiates=(weights, biases),
        ),
    ),
    errors=(
        NamedError(
            "slope_at_output",
            "the derivative of the sigmoid is taken at the neuron's output, not at what the sigmoid was applied to",
            Source("σ'(a) for σ'(z)", "a sigmoid_prime handed the activation"),
            {a[i, j]: _from_input(straight_through(applied(SIGMOID, z), z * constant(_slope(applied(SIGMOID, z)))))},
            under="derivative",
        ),
        NamedError(
            "slope_dropped",
            "the derivative of the sigmoid is left out of every layer",
            Source("a backward pass of linear neurons"),
            {a[i, j]: _from_input(straight_through(applied(SIGMOID, z), z))},
            under="derivative",
        ),
        NamedError(
            "weight_dropped",
            "the gradient goes from neuron to neuron without their weights",
            Source("∂z_j/∂a_(j−1) left out"),
            {
                a[i, j]: _from_input(
                    straight_through(applied(SIGMOID, z), constant(_slope(z)) * (w * constant(before) + b + before))
                )
            },
            under="derivative",
        ),
    ),
    forms=(_from_output(),),
    derivations=(
        Derivation(
            "of four neurons ∂C/∂b_1 is the product of nine factors", "the chain rule, layer by layer", _nine_factors
        ),
        Derivation(
            "every layer multiplies the gradient by w σ'(z)",
            "the chain rule for any layer of a chain of any depth",
            _one_layer_more,
        ),
        Derivation(
            "sizes below 1/4 make it 4 times smaller with each of any number of layers; of 1 + p and more it explodes",
            "induction over the layers",
            _any_number_of_layers,
        ),
    ),
    claims=(
        Claim("σ' is at most 1/4", _at_most_a_quarter),
        Claim("with |w_2 σ'(z_1)| and |w_3 σ'(z_2)| below 1/4 ∂C/∂b_1 is below 1/16 of ∂C/∂b_3", _vanishes),
        Claim("∂C/∂b_1 need not be 16 times smaller than ∂C/∂b_2", _sixteen_is_too_much),
        Claim("products below 1/4 that are large and negative do not make it smaller", _sizes_are_what_counts),
        Claim(
            "with both products below 1/4 ∂C/∂b_1 is 16 times smaller than ∂C/∂b_2",
            _sixteen_against_the_second,
            "lecture deck, lines 335-337: the factor 16 set against b_2",
            expects="refuted",
        ),
        Claim(
            "products below 1/4 make ∂C/∂b_1 at least 16 times smaller than ∂C/∂b_3, whatever their signs",
            _sixteen_whatever_the_signs,
            "lecture deck, line 335: products below 1/4, not their sizes",
            expects="refuted",
        ),
        Claim("weights above 4 can make it grow with every layer", _explodes),
    ),
    source=Source("lecture deck", "lines 307-338"),
)
