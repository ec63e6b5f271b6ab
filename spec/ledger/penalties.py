"""Penalties on weights: lines 143-165."""

from sympy import Expr, Integer, Rational, Symbol, diff, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every, greater
from ..example import worked_example
from ..penalties.weights import d_w, n, penalty, strength, upstream, w
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import i
from .entry import Cited, Entry, Form, Given, Known, Repair, Run, Shown, Witness, apart
from .measures import value

R = Rational
BOOK = Source("Goodfellow, Bengio & Courville 2016", "section 7.1")
CHOICE = Source("Goodfellow, Bengio & Courville 2016", "section 5.3")
LASSO = Source("Tibshirani 1996")
KERAS = Source("Keras 3.15.1", "keras/src/regularizers/regularizers.py")

L1, L1_TWICE = Form("l1"), Form("l1", error="strength_twice")
L2, L2_HALF = Form("l2", {"factor": "one"}), Form("l2", {"factor": "half"})
L2_TWICE = Form("l2", {"factor": "one"}, error="strength_twice")
TOGETHER = "J + lambda R with the lambda that R has is the loss with its penalty"
FORCE = Known("l1", "every weight is pulled towards 0 with the same force")
PROPORTION = Known("l2", "the gradient is in proportion to the weight")
LENGTH = "the penalty of one weight"


def of_weights(program: Program, *weights: Expr | int) -> Expr:
    """The penalty of some weights."""
    return worked_example(program, penalty, {n: len(weights)}, w=weights)


def _linear_in_strength(rule: Rule) -> Boolean:
    """J + λR, where R is the penalty of strength 1, is J and the penalty of strength λ; of two weights."""
    a, b, loss = symbols("a b J", real=True)
    whole = of_weights(rule.program(), a, b)
    return equal(loss + strength * whole.xreplace({strength: Integer(1)}), loss + whole)


def _larger_weights_cost_more(rule: Rule) -> Boolean:
    """Beside another weight, on both sides of 0, which itself costs nothing."""
    weight, more, some = symbols("weight more some", positive=True)
    other = Symbol("other", real=True)

    def cost(first: Expr) -> Expr:
        return of_weights(rule.program(), first, other).xreplace({strength: some})

    return every(
        greater(cost(weight + more) - cost(weight), 0),
        greater(cost(-weight - more) - cost(-weight), 0),
        equal(cost(-weight), cost(weight)),
        equal(of_weights(rule.program(), 0), 0),
    )


def _training_chooses_none(rule: Rule) -> Boolean:
    """On (w - a)²/2 and the penalty: the weight that is best of all with λ, and the error that it leaves."""
    a, some = symbols("a some", positive=True)
    program = rule.program({"factor": "one"}, ("derivative",))
    found = a / (1 + 2 * strength)
    pull = program.formula(d_w[i]).xreplace({w[i]: found, upstream: Integer(1)})
    left = ((found - a) ** 2 / 2).xreplace({strength: some})
    return every(
        equal(found - a + pull, 0),
        equal(left.xreplace({some: Integer(0)}), 0),
        greater(diff(left, some).factor(), 0),
    )


def _of_300(rule: Rule, factor: Expr, wanted: Expr) -> Boolean:
    """300 weights of 1/2."""
    return equal(of_weights(rule.program(), *[R(1, 2)] * 300).xreplace({strength: factor}), wanted)


def _sizes_of_300(rule: Rule) -> Boolean:
    return _of_300(rule, R(1, 10), R(15))


def _squares_of_300(rule: Rule) -> Boolean:
    return _of_300(rule, R(1, 100), R(3, 4))


def _dense(regularizer: str) -> str:
    return f'keras.layers.Dense(100, activation="relu", kernel_regularizer=keras.regularizers.{regularizer})'


LARGER = {
    rule: Shown(rule, Claim("the larger a weight, the larger the penalty", _larger_weights_cost_more))
    for rule in ("l1", "l2")
}
LINEAR = {
    rule: Shown(rule, Claim("lambda times R is the penalty of strength lambda", _linear_in_strength))
    for rule in ("l1", "l2")
}


def twice(name: str, line: int, printed: str, literal: Form, canonical: Form, source: Source, suggestion: str) -> Entry:
    """A penalty that holds λ, where the formula that it is for multiplies with λ."""
    return Entry(
        id=name,
        lines=(line,),
        kind="latex",
        printed=printed,
        verdict="wrong",
        why="line 147 multiplies R(w) by λ, so that λ counts twice, 1/10 as 1/100; the formula that follows has it once",
        evidence=(
            apart(LENGTH, value, literal, canonical, "equal", w=(R(1),), strength=R(1, 2)),
            apart(
                "the penalty of three weights", value, literal, canonical, "equal", w=(R(1, 2),) * 3, strength=R(1, 10)
            ),
            Known(canonical.rule, TOGETHER),
            LINEAR[canonical.rule],
        ),
        source=source,
        literal=literal,
        canonical=canonical,
        suggestion=suggestion,
    )


ENTRIES = (
    Entry(
        id="reg-2",
        lines=(145,),
        kind="text",
        printed="large values of weights are penalised",
        verdict="correct",
        why="both penalties grow with the size of every weight, and pull it towards 0",
        evidence=(LARGER["l1"], LARGER["l2"], FORCE, PROPORTION),
        source=BOOK,
    ),
    Entry(
        id="reg-1",
        lines=(147,),
        kind="latex",
        printed=r"\tilde{\mathtt{J}}(\mathbf{w}) = \mathtt{J}(\mathbf{w}) + \lambda \mathtt{R}(\mathbf{w})",
        verdict="correct",
        why="the cost and λ times a penalty that holds no λ of its own",
        evidence=(LINEAR["l1"], LINEAR["l2"], Known("l2", "weights are taken to be normal")),
        source=BOOK,
    ),
    Entry(
        id="reg-3",
        lines=(151,),
        kind="text",
        printed="how do we determine λ? (asked, and not answered)",
        verdict="correct",
        why="the training examples cannot tell, since their error is least without a penalty: it takes others, for validation",
        evidence=(
            Shown("l2", Claim("the best weight leaves an error that grows with lambda", _training_chooses_none)),
            Cited(CHOICE),
        ),
        source=CHOICE,
    ),
    twice(
        "l1-1",
        155,
        r"R(\mathbf{w}) = \lambda \sum_{i=1}^{n} |w_i|",
        L1_TWICE,
        L1,
        LASSO,
        r"R(\mathbf{w}) = \sum_{i=1}^{n} |w_i|",
    ),
    Entry(
        id="l1-2",
        lines=(155,),
        kind="latex",
        printed=r"\tilde{J}(\mathbf{w}) = J(\mathbf{w}) + \lambda \sum_{i=1}^{n} |w_i|",
        verdict="correct",
        why="λ counts once; the derivative by a weight is λ times its sign, and anything between -λ and λ at 0",
        evidence=(Known("l1", "two weights cost lambda times their sizes"), FORCE, LINEAR["l1"]),
        source=LASSO,
        literal=L1,
        canonical=L1,
    ),
    Entry(
        id="l1-3",
        lines=(155, 163),
        kind="text",
        printed="/1 regression, /2 regression",
        verdict="slip",
        why="the titles of these slides have it right, regularization; a regression may be penalised so, and need not",
        evidence=(
            Witness(
                measured="what ℓ1 and ℓ2 are called",
                at={"lines": (R(143), R(161))},
                printed=Given("regression"),
                canonical=Given("regularization"),
            ),
            Cited(BOOK),
        ),
        source=BOOK,
        repairs=(Repair("letter", "/1", "ℓ1"), Repair("letter", "/2", "ℓ2")),
        suggestion="ℓ1 regularization, ℓ2 regularization",
    ),
    Entry(
        id="l1-code",
        lines=(157,),
        kind="code",
        printed=_dense("l1(0.1)"),
        verdict="correct",
        why="Keras adds 1/10 times the sizes of the weights, as the formula of the cost does; biases are not penalised",
        evidence=(
            Run("l1", "300 weights of 0.5 and 100 biases of 1 cost 15"),
            Shown("l1", Claim("300 weights of 1/2 cost 15 with strength 1/10", _sizes_of_300)),
        ),
        source=KERAS,
        literal=L1,
        canonical=L1,
    ),
    twice(
        "l2-1",
        163,
        r"R(\mathbf{w}) = \lambda \sum_{i=1}^{n} w_i^2",
        L2_TWICE,
        L2,
        BOOK,
        r"R(\mathbf{w}) = \sum_{i=1}^{n} w_i^2",
    ),
    Entry(
        id="l2-2",
        lines=(163,),
        kind="latex",
        printed=r"\tilde{J}(\mathbf{w}) = J(\mathbf{w}) + \lambda \sum_{i=1}^{n} w_i^2",
        verdict="convention",
        why="as in Keras, without the half of the work cited: the pull is 2λw, for gradient descent a weight decay of 2λ, for "
        "Adam none at all",
        evidence=(
            apart(LENGTH, value, L2, L2_HALF, "equal", w=(R(1),), strength=R(1, 2)),
            Known("l2", "the gradient is 2 lambda w, or lambda w with the half"),
            Known("l2", "gradient descent on a penalty of lambda w² is a weight decay of 2 lambda"),
            Known("adam", "no decoupled decay is a penalty on squares where steps are scaled"),
        ),
        source=BOOK,
        literal=L2,
        canonical=L2,
    ),
    Entry(
        id="l2-code",
        lines=(165,),
        kind="code",
        printed=_dense("l2(0.01)"),
        verdict="correct",
        why="Keras adds 1/100 times the squares of the weights, without a half; biases are not penalised",
        evidence=(
            Run("l2", "300 weights of 0.5 and 100 biases of 1 cost 0.75"),
            Shown("l2", Claim("300 weights of 1/2 cost 3/4 with strength 1/100", _squares_of_300)),
        ),
        source=KERAS,
        literal=L2,
        canonical=L2,
    ),
)  # fmt: skip
