"""L1: the sum of the sizes of the weights."""

from sympy import Abs, Eq, Expr, IndexedBase, Integer, Max, Piecewise, Sum, Symbol, diff, sign, symbols
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, greater, less
from ..example import example
from ..minimum import least
from ..rule import Axis, AxisValue, Claim, NamedError, Rule, Source
from ..symbols import i, j
from .weights import (
    BATCH_SIZE,
    BIAS,
    CLIP_NORM,
    CLIP_ORDER,
    DERIVATIVE,
    PRINTED_COMPOSITION,
    REDUCTION,
    SCOPE,
    STRENGTH,
    WEIGHTS,
    bias,
    bias_total,
    d_w,
    divisor,
    everything,
    m,
    n,
    penalty,
    strength,
    total,
    upstream,
    w,
)

size = IndexedBase("size", shape=(n,), nonnegative=True)
bias_size = IndexedBase("bias_size", shape=(m,), nonnegative=True)


def _zero_at_zero(number: Expr) -> Piecewise:
    return Piecewise((number, number > 0), (0 * number, Eq(number, 0)), (-number, True))


def _one_at_zero(number: Expr) -> Piecewise:
    return Piecewise((number, number >= 0), (-number, True))


def _adds_up_sizes(rule: Rule) -> Boolean:
    """Of two weights."""
    a, b = Symbol("a", real=True), Symbol("b", real=True)
    return equal(example(rule.program().formula(penalty), {n: 2}, {}, w=(a, b)), strength * (Abs(a) + Abs(b)))


def _pulls_with_constant_force(rule: Rule) -> tuple[Step, ...]:
    one, rest = symbols("size rest", positive=True)  # the size of one weight, and the sum of those of the others
    found = rule.program({"reduction": "sum", "derivative_at_zero": "zero"}, ("derivative",)).formula(d_w[i])
    cost = strength * (one + rest)
    positive, negative = (found.xreplace({w[i]: side}) for side in (one, -one))
    return (
        Step("the slope by the size of a weight", equal(diff(cost, one), strength)),
        Step(
            "for a positive weight, times the gradient u by the penalty, it is the rule's",
            equal(strength * upstream, positive),
        ),
        Step("for a negative one it points the other way", equal(-strength * upstream, negative)),
    )


def _soft_threshold(rule: Rule) -> tuple[Step, ...]:
    """Of one weight x: the v of least (v - x)²/(2η) + R(v), R being the rule's penalty."""
    rate, excess, v = symbols("eta excess v", positive=True)
    slack, reach = Symbol("slack", nonnegative=True), rate * strength

    def cost(place: Expr, weight: Expr) -> Expr:
        return (place - weight) ** 2 / (2 * rate) + example(rule.program().formula(penalty), {n: 1}, {}, w=(place,))

    found = rule.program({"reduction": "sum", "derivative_at_zero": "zero"}, ("derivative",)).formula(d_w[i])
    pull = found.xreplace({w[i]: excess, upstream: Integer(1)})
    far = reach + excess
    return (
        *least(cost(v, far), v, excess),
        Step(
            "of a weight of at most eta lambda the cost rises to the right of 0",
            greater(diff(cost(v, reach - slack), v), 0),
        ),
        Step("and falls towards 0 from the left", less(-diff(cost(-v, slack - reach), v), 0)),
        Step("so what is left of a weight beyond is", equal(sign(far) * Max(abs(far) - reach, 0), far - rate * pull)),
    )


L1 = Rule(
    name="l1",
    title="L1 penalty",
    doc="λ times the sum of the sizes of the weights.",
    kind="function",
    parameter=penalty,
    arrays=(WEIGHTS,),
    hyperparameters=(STRENGTH,),
    let={
        size[i]: _zero_at_zero(w[i]),
        bias_size[i]: _zero_at_zero(bias[i]),
        total: Sum(size[j], (j, 0, n - 1)),
        bias_total: Sum(bias_size[j], (j, 0, m - 1)),
        everything: total,
        divisor: Integer(1),
    },
    update={penalty: strength * everything / divisor},
    options=(DERIVATIVE, BATCH_SIZE, BIAS, CLIP_NORM),
    axes=(
        Axis(
            "derivative_at_zero",
            "what stands for the derivative of the size at 0, where it can be anything from -1 to 1",
            (
                AxisValue(
                    "zero",
                    {size[i]: _zero_at_zero(w[i]), bias_size[i]: _zero_at_zero(bias[i])},
                    Source("PyTorch 2.13.0", "torch.abs"),
                ),
                AxisValue(
                    "one",
                    {size[i]: _one_at_zero(w[i]), bias_size[i]: _one_at_zero(bias[i])},
                    Source("JAX 0.10.2", "jax.numpy.abs; jax-ml/jax#37820"),
                ),
            ),
            under="derivative",
        ),
        REDUCTION,
        SCOPE,
        CLIP_ORDER,
    ),
    errors=(
        NamedError(
            "strength_twice",
            "λ is counted twice",
            Source("lecture deck", "lines 147-155 read together"),
            {penalty: strength**2 * everything},
        ),
        NamedError(
            "mean_for_sum",
            "the sizes are averaged, not added up",
            Source("a mean in place of a sum"),
            {penalty: strength * everything / n},
        ),
    ),
    derivations=(
        Derivation(
            "every weight is pulled towards 0 with the same force",
            "the derivative of the penalty",
            _pulls_with_constant_force,
        ),
        Derivation(
            "a proximal step sets small weights to 0 and moves others by eta lambda",
            "least (v - x)²/(2η) plus the penalty of v",
            _soft_threshold,
        ),
    ),
    claims=(
        Claim("two weights cost lambda times their sizes", _adds_up_sizes, kind="defined"),
        PRINTED_COMPOSITION,
    ),
    source=Source("Tibshirani 1996; lecture deck", "line 155"),
)
