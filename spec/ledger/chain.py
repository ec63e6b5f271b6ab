"""Vanishing gradients in a chain of single neurons: lines 286-338."""

from collections.abc import Sequence

from sympy import Expr, Integer, Rational, Symbol, diff, log, symbols
from sympy.logic.boolalg import Boolean

from ..activations.shape import slope_of
from ..activations.sigmoid import SIGMOID
from ..derivation import equal, every
from ..example import worked_example
from ..networks.composition import applied
from ..networks.sigmoid_chain import a, d_biases, depth, n
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import i, j
from .entry import Entry, Form, Given, Known, Measured, Point, Repair, Shown, Witness

R = Rational
CHAIN = Form("sigmoid_chain")
GRADIENTS = Form("sigmoid_chain", options=("derivative",))
NIELSEN = Source("Nielsen 2015, Neural Networks and Deep Learning", "chapter 5")
NINE = Known("sigmoid_chain", "of four neurons ∂C/∂b_1 is the product of nine factors")
EVERY_LAYER = Known("sigmoid_chain", "every layer multiplies the gradient by w σ'(z)")
QUARTER = Known("sigmoid_chain", "σ' is at most 1/4")


def gradients(program: Program, at: Point) -> list[Expr]:
    """∂C/∂b_j of four neurons with an input of 1 and a first weight of 1, for given later weights and given z_j."""
    weights: Sequence[Expr] = [Integer(1), *_numbers(at["weights"])]
    sums = _numbers(at["z"])
    outputs = [Integer(1), *(applied(SIGMOID, total) for total in sums)]
    biases = [total - weight * output for total, weight, output in zip(sums, weights, outputs, strict=False)]
    arrays = {"x": (1,), "weights": (weights,), "biases": (biases,), "upstream": (1,)}
    return [worked_example(program, d_biases[i, j], {n: 1, depth: 4}, (0, place), **arrays) for place in range(4)]


def _numbers(values: object) -> tuple[Expr, ...]:
    if not isinstance(values, tuple):
        raise TypeError(f"{values!r}: must be a tuple of numbers; give one for every neuron")
    return values


def ratio(first: int, second: int, program: Program, at: Point) -> Expr:
    """The size of ∂C/∂b_first over that of ∂C/∂b_second."""
    found = gradients(program, at)
    return abs((found[first - 1] / found[second - 1]).simplify())


def first_to_second(program: Program, at: Point) -> Expr:
    """|∂C/∂b_1| over |∂C/∂b_2|."""
    return ratio(1, 2, program, at)


def first_to_third(program: Program, at: Point) -> Expr:
    """|∂C/∂b_1| over |∂C/∂b_3|."""
    return ratio(1, 3, program, at)


def _four_neurons(rule: Rule) -> Boolean:
    """Every output is the sigmoid of a weight times the output before, and a bias."""
    weights, biases, start = symbols("w_1:5", real=True), symbols("b_1:5", real=True), Symbol("start", real=True)
    arrays = {"x": (start,), "weights": (weights,), "biases": (biases,)}
    outputs = [worked_example(rule.program(), a[i, j], {n: 1, depth: 4}, (0, k), **arrays) for k in range(5)]
    neurons = zip(weights, outputs, biases, outputs[1:], strict=False)
    return every(*(equal(applied(SIGMOID, w * before + b), after) for w, before, b, after in neurons))


def _of_the_third_bias(rule: Rule) -> Boolean:
    """What the deck announces and does not print; the gradient by the output of the last neuron is 1."""
    weights, sums = symbols("w_2:5", real=True), symbols("z_1:5", real=True)
    third = gradients(rule.program({}, ("derivative",)), {"weights": weights, "z": sums})[2]
    slope = slope_of(SIGMOID)
    return equal(third, slope(sums[3]) * weights[2] * slope(sums[2]))


def _without_brackets(at: Point) -> tuple[Expr, Expr]:
    """∂z_4/∂a_3 with the ∂ of the numerator on w_4 a_3 alone, and on all of z_4."""
    before = Symbol("a_3", real=True)
    weight, bias = at["w_4"], at["b_4"]
    return diff(weight * before, before) + bias, diff(weight * before + bias, before)


LN2 = (log(2),) * 4

ENTRIES = (
    Entry(
        id="vg-0",
        lines=(288, 292, 293),
        kind="text",
        printed="gradients get smaller towards the lower layers, whose weights stay nearly as they are",
        verdict="assumption",
        why="gradients do go from output to input; they get smaller where the sizes of all w σ'(z) are below 1",
        evidence=(
            EVERY_LAYER,
            Known(
                "sigmoid_chain",
                "sizes below 1/4 make it 4 times smaller with each of any number of layers; of 1 + p and more it explodes",
            ),
            Known("sigmoid_chain", "weights above 4 can make it grow with every layer"),
        ),
        source=NIELSEN,
        canonical=GRADIENTS,
    ),
    Entry(
        id="gd-1",
        lines=(290,),
        kind="latex",
        printed=r"\mathbf{w}^{(\texttt{next})} = \mathbf{w} - \eta rac{\partial \mathtt{J}(\mathbf{w})}{\partial \mathbf{w}}",
        verdict="slip",
        why="gradient descent; the command for a fraction has lost its first two characters",
        evidence=(
            Known(
                "gradient_descent",
                "the step minimises the linearised cost plus the squared distance over twice the learning rate",
            ),
        ),
        source=Source("Cauchy 1847"),
        literal=Form("gradient_descent"),
        canonical=Form("gradient_descent"),
        repairs=(Repair("backslash and letter", r"\eta rac{", r"\eta \frac{"),),
        suspect="extraction",
    ),
    Entry(
        id="vg-1",
        lines=(307, 309, 310),
        kind="latex",
        printed=r"z_j = w_j a_{j-1} + b_j \\ a_4 = \sigma(z_4) = \text{sigmoid}(w_4a_3 + b_4)",
        verdict="correct",
        why="a chain of neurons, each the sigmoid of a weighted output and a bias",
        evidence=(Shown("sigmoid_chain", Claim("of four neurons each is the sigmoid of w a + b", _four_neurons)),),
        source=NIELSEN,
        literal=CHAIN,
        canonical=CHAIN,
    ),
    Entry(
        id="vg-2",
        lines=(320,),
        kind="latex",
        printed=r"\frac{\partial \mathtt{C}}{\partial \mathtt{b}_1} = \frac{\partial \mathtt{C}}{\partial \mathtt{a}_4} "
        r"\times \frac{\partial \mathtt{a}_4}{\partial \mathtt{z}_4} \times \frac{\partial \mathtt{z}_4}{\partial \mathtt{a}_3} "
        r"\times \frac{\partial \mathtt{a}_3}{\partial \mathtt{z}_3} \times \frac{\partial \mathtt{z}_3}{\partial \mathtt{a}_2} "
        r"\times \frac{\partial \mathtt{a}_2}{\partial \mathtt{z}_2} \times \frac{\partial \mathtt{z}_2}{\partial \mathtt{a}_1} "
        r"\times \frac{\partial \mathtt{a}_1}{\partial \mathtt{z}_1} \times \frac{\partial \mathtt{z}_1}{\partial \mathtt{b}_1}",
        verdict="correct",
        why="the chain rule through four neurons",
        evidence=(NINE,),
        source=NIELSEN,
        literal=GRADIENTS,
        canonical=GRADIENTS,
    ),
    Entry(
        id="vg-3",
        lines=(323,),
        kind="latex",
        printed=r"\frac{\partial C}{\partial b_1} = \frac{\partial C}{\partial a_4} \times \frac{\partial a_4}{\partial z_4} "
        r"\times \frac{\partial w_4 a_3 + b_4}{\partial a_3} \times \frac{\partial a_3}{\partial z_3} \times "
        r"\frac{\partial w_3 a_2 + b_3}{\partial a_2} \times \frac{\partial a_2}{\partial z_2} \times "
        r"\frac{\partial w_2 a_1 + b_2}{\partial a_1} \times \frac{\partial a_1}{\partial z_1} \times "
        r"\frac{\partial w_1 a_0 + b_1}{\partial b_1}",
        verdict="slip",
        why="the sums that are differentiated stand without brackets, so that ∂ reaches their first term only",
        evidence=(
            NINE,
            Witness(
                measured="∂z_4/∂a_3",
                at={"w_4": R(2), "b_4": R(3)},
                printed=Measured(CHAIN, lambda program, at: _without_brackets(at)[0]),
                canonical=Measured(CHAIN, lambda program, at: _without_brackets(at)[1]),
            ),
        ),
        source=NIELSEN,
        literal=GRADIENTS,
        canonical=GRADIENTS,
        repairs=tuple(
            Repair("brackets", rf"\partial w_{k} a_{k - 1} + b_{k}", rf"\partial (w_{k} a_{k - 1} + b_{k})")
            for k in (4, 3, 2, 1)
        ),
        suggestion=r"\frac{\partial (w_4 a_3 + b_4)}{\partial a_3}",
    ),
    Entry(
        id="vg-4",
        lines=(325,),
        kind="latex",
        printed=r"\frac{\partial \mathtt{C}}{\partial \mathtt{b}_1} = \frac{\partial \mathtt{C}}{\partial \mathtt{a}_4} \times "
        r"\frac{\partial \mathtt{a}_4}{\partial \mathtt{z}_4} \times \mathtt{w}_4 \times "
        r"\frac{\partial \mathtt{a}_3}{\partial \mathtt{z}_3} \times \mathtt{w}_3 \times "
        r"\frac{\partial \mathtt{a}_2}{\partial \mathtt{z}_2} \times \times \mathtt{w}_2 \times "
        r"\frac{\partial \mathtt{a}_1}{\partial \mathtt{z}_1} \times \mathtt{1}",
        verdict="slip",
        why="the value is right; one sign of multiplication is printed twice",
        evidence=(NINE, EVERY_LAYER),
        source=NIELSEN,
        literal=GRADIENTS,
        canonical=GRADIENTS,
        repairs=(Repair("operator", r"\times \times", r"\times"),),
        suggestion=r"\times \mathtt{w}_2 \times",
    ),
    Entry(
        id="vg-6",
        lines=(331,),
        kind="latex",
        printed=r"\frac{\partial C}{\partial b_3}",
        verdict="correct",
        why="named, and not worked out in the text: it is ∂C/∂a_4 σ'(z_4) w_4 σ'(z_3)",
        evidence=(Shown("sigmoid_chain", Claim("∂C/∂b_3 is ∂C/∂a_4 σ'(z_4) w_4 σ'(z_3)", _of_the_third_bias)),),
        source=NIELSEN,
        canonical=GRADIENTS,
    ),
    Entry(
        id="vg-5",
        lines=(335,),
        kind="text",
        printed="the derivative of the sigmoid is at most 1/4",
        verdict="correct",
        why="implied by the bound of 1/4 with weights below 1 in size; σ' is 1/4 less a square",
        evidence=(QUARTER, Known("sigmoid", "the Lipschitz constant is 1/4")),
        source=NIELSEN,
        canonical=Form("sigmoid", options=("derivative",)),
    ),
    Entry(
        id="vg-7",
        lines=(335,),
        kind="latex",
        printed=r"w_3 \times \frac{\partial a_2}{\partial z_2} < \frac{1}{4} \\ "
        r"w_2 \times \frac{\partial a_1}{\partial z_1} < \frac{1}{4}",
        verdict="wrong",
        why="the sizes have to be below 1/4: products that are large and negative are below it too, and make gradients grow",
        evidence=(
            Witness(
                measured="|∂C/∂b_1| over |∂C/∂b_3|, where both products are -2",
                at={"weights": (R(-9), R(-9), R(1)), "z": LN2},
                printed=Given(R(1, 16)),
                canonical=Measured(GRADIENTS, first_to_third),
                says="at most",
            ),
            Known("sigmoid_chain", "products below 1/4 that are large and negative do not make it smaller"),
            Known(
                "sigmoid_chain",
                "products below 1/4 make ∂C/∂b_1 at least 16 times smaller than ∂C/∂b_3, whatever their signs",
            ),
        ),
        source=NIELSEN,
        canonical=GRADIENTS,
        repairs=(),
        suggestion=r"\left|w_3 \frac{\partial a_2}{\partial z_2}\right| < \frac{1}{4} \text{ and } "
        r"\left|w_2 \frac{\partial a_1}{\partial z_1}\right| < \frac{1}{4}",
    ),
    Entry(
        id="vg-8",
        lines=(337,),
        kind="text",
        printed="∂C/∂b_1 is smaller than ∂C/∂b_2 by a factor of 16 or more",
        verdict="wrong",
        why="between b_1 and b_2 lies one product only, which makes a factor of 4; it takes two, and so b_3, for 16",
        evidence=(
            Witness(
                measured="|∂C/∂b_1| over |∂C/∂b_2|, where both products are 2/9",
                at={"weights": (R(1), R(1), R(1)), "z": LN2},
                printed=Given(R(1, 16)),
                canonical=Measured(GRADIENTS, first_to_second),
                says="at most",
            ),
            Known("sigmoid_chain", "∂C/∂b_1 need not be 16 times smaller than ∂C/∂b_2"),
            Known("sigmoid_chain", "with both products below 1/4 ∂C/∂b_1 is 16 times smaller than ∂C/∂b_2"),
            Known("sigmoid_chain", "with |w_2 σ'(z_1)| and |w_3 σ'(z_2)| below 1/4 ∂C/∂b_1 is below 1/16 of ∂C/∂b_3"),
        ),
        source=NIELSEN,
        canonical=GRADIENTS,
        suggestion=r"\frac{\partial C}{\partial b_1} \text{ is a factor of 16 (or more) smaller than } "
        r"\frac{\partial C}{\partial b_3}",
    ),
    Entry(
        id="vg-9",
        lines=(338,),
        kind="text",
        printed="this is the essential origin of vanishing gradients",
        verdict="empirical",
        why="an opinion on what is essential; that products above 1 in size make gradients explode belongs to it",
        evidence=(),
        source=NIELSEN,
    ),
)
