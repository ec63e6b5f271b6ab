"""Softmax: exponentials as shares of their sum."""

from collections.abc import Sequence

from sympy import Add, Expr, Gt, IndexedBase, Integer, Rational, S, Sum, Symbol, diff, exp, log, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, at_least, equal, every
from ..example import worked_example
from ..rule import Array, Claim, NamedError, Option, Rule, Source
from ..symbols import i, j, k

n, c = Symbol("n", integer=True, positive=True), Symbol("c", integer=True, positive=True)
x = IndexedBase("x", shape=(n, c), real=True)
y = IndexedBase("y", shape=(n, c), real=True)
d_x = IndexedBase("d_x", shape=(n, c), real=True)
upstream = IndexedBase("upstream", shape=(n, c), real=True)
total = IndexedBase("total", shape=(n,), positive=True)
over_rows = IndexedBase("column_total", shape=(c,), positive=True)


def _three_shares(rule: Rule, shift: Expr = S.Zero) -> list[Expr]:
    """The row of outputs for three inputs, each moved by `shift`."""
    row = symbols("x_0 x_1 x_2", real=True)
    written = rule.program().formula(y[i, j]).xreplace({c: Integer(3)}).doit()
    values = {x[i, k]: row[k] + shift for k in range(3)}
    return [written.xreplace({j: Integer(k)}).xreplace(values) for k in range(3)]


def _add_up_to_one(rule: Rule) -> Boolean:
    shares = _three_shares(rule)
    return every(equal(Add(*shares), 1), *(Gt(share, 0) for share in shares))


def _do_not_see_a_shift(rule: Rule) -> Boolean:
    moved = _three_shares(rule, Symbol("shift", real=True))
    return every(*(equal(one, other) for one, other in zip(_three_shares(rule), moved, strict=True)))


def _gradient_of_any_size(rule: Rule) -> tuple[Step, ...]:
    """For any number of classes, with the gradient u of the cost by the shares."""
    program = rule.program({}, ("derivative",))
    share, found = program.formula(y[i, j]), program.formula(d_x[i, j])
    (own, other), rest = (
        symbols("e_j e_k", positive=True),
        Symbol("rest", nonnegative=True),
    )  # exponentials of two logits, and the sum of all others
    one, two = (power / (own + other + rest) for power in (own, other))
    mean = Sum(upstream[i, k] * share.xreplace({j: k}), (k, 0, c - 1))
    return (
        Step("a share grows with its own logit by y_j (1 - y_j)", equal(diff(one, own) * own, one * (1 - one))),
        Step("and falls with another one by y_j y_k", equal(diff(one, other) * other, -one * two)),
        Step("added up, the gradient is y_j (u_j - mean of u)", equal(share * (upstream[i, j] - mean), found)),
    )


def _three_gradients(rule: Rule, weights: Sequence[Expr], directions: Sequence[Expr]) -> list[Expr]:
    """The Jacobian times a vector, where three exponentials are in the ratio of the weights."""
    program = rule.program({}, ("derivative",))
    logits = tuple(log(weight) for weight in weights)
    sizes, arrays = {n: 1, c: 3}, {"x": (logits,), "upstream": (directions,)}
    return [worked_example(program, d_x[i, j], sizes, (0, place), **arrays) for place in range(3)]


def _never_turns_back(rule: Rule) -> Boolean:
    """vᵀ J v is the sum of y_j y_k (v_j - v_k)² over all pairs."""
    weights, v = symbols("e_0:3", positive=True), symbols("v_0:3", real=True)
    y_0, y_1, y_2 = (weight / Add(*weights) for weight in weights)
    product = Add(*(one * other for one, other in zip(v, _three_gradients(rule, weights, v), strict=True)))
    pairs = y_0 * y_1 * (v[0] - v[1]) ** 2 + y_0 * y_2 * (v[0] - v[2]) ** 2 + y_1 * y_2 * (v[1] - v[2]) ** 2
    return every(equal(product, pairs), at_least(pairs, 0))


def _rows_of_the_jacobian(rule: Rule) -> Boolean:
    """It is symmetric; a row's entries add up to 0, and their sizes to 2 y (1 - y), which is 1/2 less a square."""
    weights = one, _, rest = symbols("e_0:3", positive=True)
    half, difference = Rational(1, 2), (Integer(1), Integer(-1), Integer(0))
    rows = [_three_gradients(rule, weights, [Integer(k == place) for k in range(3)]) for place in range(3)]
    along = _three_gradients(rule, (one, one, rest), difference)
    equal_share = one / (2 * one + rest)
    facts = [equal(found, equal_share * part) for found, part in zip(along, difference, strict=True)]
    for place, row in enumerate(rows):
        share, others = weights[place] / Add(*weights), [entry for k, entry in enumerate(row) if k != place]
        facts += [equal(row[k], rows[k][place]) for k in range(place)]
        facts += [at_least(-entry, 0) for entry in others]
        facts += [equal(Add(*row), 0), equal(half - (row[place] - Add(*others)), 2 * (share - half) ** 2)]
    return every(*facts)


SOFTMAX = Rule(
    name="softmax",
    title="Softmax",
    doc="Turns every row of numbers into positive shares that add up to 1.",
    kind="function",
    parameter=y[i, j],
    arrays=(Array(x, "logits, one row for each example"),),
    let={total[i]: Sum(exp(x[i, k]), (k, 0, c - 1)), over_rows[j]: Sum(exp(x[k, j]), (k, 0, n - 1))},
    update={y[i, j]: exp(x[i, j]) / total[i]},
    options=(
        Option("derivative", "the gradient with respect to x, given that with respect to y", differentiates=(x,)),
    ),
    errors=(
        NamedError(
            "over_examples",
            "the shares of a column add up to 1, not those of a row: taken over the wrong axis",
            Source("TensorFlow.js 4.22.0", "softmax layer: its default axis is 1"),
            {y[i, j]: exp(x[i, j]) / over_rows[j]},
        ),
    ),
    claims=(
        Claim(
            "three shares are positive, add up to 1 and do not see a number added to all inputs",
            lambda rule: every(_add_up_to_one(rule), _do_not_see_a_shift(rule)),
        ),
        Claim(
            "of three shares the Jacobian never turns a change back: v times J v is a sum of squares",
            _never_turns_back,
        ),
        Claim(
            "of three shares the Lipschitz constant is 1/2",
            _rows_of_the_jacobian,
            "the circles of Gershgorin; along (1, -1, 0) the slope comes as near to 1/2 as two equal shares do",
        ),
    ),
    derivations=(
        Derivation(
            "the gradient is the share times what u exceeds its mean by",
            "the chain rule over all shares",
            _gradient_of_any_size,
        ),
    ),
    source=Source("Goodfellow, Bengio & Courville 2016", "section 6.2.2"),
)
