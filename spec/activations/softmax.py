"""Softmax: exponentials as shares of their sum."""

from sympy import Add, And, Eq, Expr, Gt, IndexedBase, Integer, S, Sum, Symbol, diff, exp, symbols

from ..derivation import Derivation, Step, equal
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


def _add_up_to_one(rule: Rule) -> And:
    shares = _three_shares(rule)
    return And(Eq(Add(*shares), 1), *(Gt(share, 0) for share in shares))


def _do_not_see_a_shift(rule: Rule) -> And:
    moved = _three_shares(rule, Symbol("shift", real=True))
    return And(*(Eq(one, other) for one, other in zip(_three_shares(rule), moved, strict=True)))


def _gradient_of_any_size(rule: Rule) -> tuple[Step, ...]:
    """For any number of classes, with the gradient u of the cost by the shares."""
    program = rule.program({}, ("derivative",))
    share, found = program.formula(y[i, j]), program.formula(d_x[i, j])
    own, other, rest = symbols("e_j e_k rest", positive=True)  # exponentials of two logits, and the sum of all others
    one, two = (power / (own + other + rest) for power in (own, other))
    mean = Sum(upstream[i, k] * share.xreplace({j: k}), (k, 0, c - 1))
    return (
        Step("a share grows with its own logit by y_j (1 - y_j)", equal(diff(one, own) * own, one * (1 - one))),
        Step("and falls with another one by y_j y_k", equal(diff(one, other) * other, -one * two)),
        Step("added up, the gradient is y_j (u_j - mean of u)", equal(share * (upstream[i, j] - mean), found)),
    )


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
            lambda rule: And(_add_up_to_one(rule), _do_not_see_a_shift(rule)),
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
