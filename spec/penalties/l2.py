"""L2: the sum of the squares of the weights."""

from sympy import Expr, Integer, Rational, Sum, Symbol, diff, exp, expand_log, log, pi, sqrt
from sympy.logic.boolalg import Boolean

from ..derivation import Derivation, Step, equal, every
from ..example import example, worked_example
from ..optimizers.gradient_descent import GRADIENT_DESCENT
from ..optimizers.weight_decay import decay
from ..rule import Axis, AxisValue, Claim, NamedError, Rule, Source
from ..symbols import gradient, i, j
from ..symbols import w as parameter
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
    batch_size,
    bias,
    bias_total,
    bound,
    d_w,
    divisor,
    everything,
    factor,
    m,
    n,
    penalty,
    strength,
    total,
    upstream,
    w,
)


def _shrinks_in_proportion(rule: Rule) -> Boolean:
    """λΣw² pulls with 2λw, its half with λw: the same number means twice the decay. Of the first of two weights."""
    a, b = Symbol("a", real=True), Symbol("b", real=True)
    gradients = (rule.program({"factor": value}, ("derivative",)).formula(d_w[i]) for value in ("one", "half"))
    whole, half = (example(g, {n: 2}, {i: 0}, w=(a, b)) for g in gradients)
    return every(equal(whole, 2 * strength * a * upstream), equal(half, strength * a * upstream))


def _is_clipped_or_not(rule: Rule) -> Boolean:
    """One weight of 10, no gradient of the loss, all else 1: a pull of 20 is cut to 1, or comes after the cut."""
    on = ("derivative", "clip_norm")
    orders = (rule.program({"clip_order": value}, on) for value in ("inside_clip", "after_clip"))
    pulls = (worked_example(p, d_w[i], {n: 1}, (0,), w=(10,), loss_gradient=(0,), upstream=1) for p in orders)
    inside, after = (pull.subs({strength: 1, bound: 1}) for pull in pulls)
    return every(equal(inside, 1), equal(after, 20))


def _gradient_of_any_size(rule: Rule) -> tuple[Step, ...]:
    one, rest = Symbol("w_i", real=True), Symbol("rest", real=True)  # one weight, and the sum of the others' squares
    cost = strength * (one**2 + rest)
    found = rule.program({"factor": "one", "reduction": "sum"}, ("derivative",)).formula(d_w[i])
    return (
        Step("the slope by one weight", equal(diff(cost, one), 2 * strength * one)),
        Step("times the gradient u by the penalty it is the rule's", equal(2 * strength * w[i] * upstream, found)),
    )


def _normal_weights(rule: Rule) -> tuple[Step, ...]:
    """Of one weight; weights are independent, so that their logarithms add up."""
    one, sigma = Symbol("w_0", real=True), Symbol("sigma", positive=True)
    cost = example(rule.program({"factor": "half", "reduction": "sum"}).formula(penalty), {n: 1}, {}, w=(one,))
    density = exp(-(one**2) / (2 * sigma**2)) / (sqrt(2 * pi) * sigma)
    constant = log(2 * pi) / 2 + log(sigma)
    return (
        Step(
            "minus the logarithm of the density", equal(-expand_log(log(density)), one**2 / (2 * sigma**2) + constant)
        ),
        Step(
            "is the halved penalty of strength 1/σ², and a constant",
            equal(one**2 / (2 * sigma**2), cost.xreplace({strength: 1 / sigma**2})),
        ),
    )


def _step_on(pull: Expr) -> Expr:
    """Gradient descent on the loss and a penalty with this gradient."""
    slope = gradient(parameter)
    return GRADIENT_DESCENT.program().formula(parameter).xreplace({slope: slope + pull})


def _decayed(amount: Expr) -> Expr:
    program = GRADIENT_DESCENT.program({"weight_decay_form": "decoupled"}, ("weight_decay",))
    return program.formula(parameter).xreplace({decay: amount})


def _is_weight_decay(rule: Rule) -> tuple[Step, ...]:
    whole, half = (
        rule.program({"factor": value, "reduction": "sum"}, ("derivative",))
        .formula(d_w[i])
        .xreplace({w[i]: parameter, upstream: Integer(1)})
        for value in ("one", "half")
    )
    return (
        Step("half the squares pull as a decay of lambda does", equal(_decayed(strength), _step_on(half))),
        Step("all of them as twice that", equal(_decayed(2 * strength), _step_on(whole))),
    )


def _is_divided_by_the_examples(rule: Rule) -> Boolean:
    """As scikit-learn does: its alpha over the number of examples is the decay."""
    program = rule.program({"factor": "half", "reduction": "per_batch"}, ("derivative", "batch_size"))
    pull = program.formula(d_w[i]).xreplace({w[i]: parameter, upstream: Integer(1)})
    return equal(_step_on(pull), _decayed(strength / batch_size))


L2 = Rule(
    name="l2",
    title="L2 penalty",
    doc="λ, or half of it, times the sum of the squares of the weights.",
    kind="function",
    parameter=penalty,
    arrays=(WEIGHTS,),
    hyperparameters=(STRENGTH,),
    let={
        total: Sum(w[j] ** 2, (j, 0, n - 1)),
        bias_total: Sum(bias[j] ** 2, (j, 0, m - 1)),
        everything: total,
        factor: Integer(1),
        divisor: Integer(1),
    },
    update={penalty: factor * strength * everything / divisor},
    options=(DERIVATIVE, BATCH_SIZE, BIAS, CLIP_NORM),
    axes=(
        Axis(
            "factor",
            "whether the squares are halved",
            (
                AxisValue("one", {factor: Integer(1)}, Source("Keras 3.15.1; lecture deck", "line 163")),
                AxisValue(
                    "half",
                    {factor: Rational(1, 2)},
                    Source("Goodfellow, Bengio & Courville 2016; PyTorch's weight_decay"),
                ),
            ),
        ),
        REDUCTION,
        SCOPE,
        CLIP_ORDER,
    ),
    errors=(
        NamedError(
            "strength_twice",
            "λ is counted twice",
            Source("lecture deck", "lines 147-163 read together"),
            {penalty: factor * strength**2 * everything},
        ),
        NamedError(
            "mean_for_sum",
            "the squares are averaged, not added up",
            Source("a mean in place of a sum"),
            {penalty: factor * strength * everything / n},
        ),
    ),
    derivations=(
        Derivation(
            "the gradient is in proportion to the weight", "the derivative of the penalty", _gradient_of_any_size
        ),
        Derivation(
            "weights are taken to be normal", "the most probable weights, before any example is seen", _normal_weights
        ),
        Derivation(
            "gradient descent on a penalty of lambda w² is a weight decay of 2 lambda",
            "the step on the sum of both",
            _is_weight_decay,
        ),
    ),
    claims=(
        Claim("the gradient is 2 lambda w, or lambda w with the half", _shrinks_in_proportion),
        Claim("divided by the number of examples it is a decay of lambda/n", _is_divided_by_the_examples),
        PRINTED_COMPOSITION,
        Claim("clipping spares a penalty that is added after it", _is_clipped_or_not),
    ),
    source=Source("lecture deck", "line 163"),
)
