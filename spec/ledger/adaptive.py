"""AdaGrad and RMSProp: lines 689-728."""

from sympy import Expr, Integer, Rational, Symbol, diff
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every, less
from ..optimizers.trajectory import flat
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import denominator, epsilon, eta, gradient, s, w
from .entry import Entry, Form, Given, Known, Measured, Point, Repair, Run, Shown, Witness, apart
from .measures import next_parameter, settings
from .optimisers import keyword

R = Rational
DUCHI = Source("Duchi, Hazan & Singer 2011")
HINTON = Source("Tieleman & Hinton 2012", "lecture 6e")
ADAGRAD, ADAGRAD_OUTSIDE = (Form("adagrad", {"epsilon_place": place}) for place in ("inside", "outside"))
RMSPROP, RMSPROP_OUTSIDE = (Form("rmsprop", {"epsilon_place": place}) for place in ("inside", "outside"))


def rate(program: Program, at: Point) -> Expr:
    """The learning rate that a parameter has after a step at the gradient that the point gives, over η."""
    numbers = settings(program, at)
    after = flat(program.formula(s), at["slope"]).xreplace({**program.state, **numbers})
    return 1 / flat(program.formula(denominator), 0).xreplace({**numbers, s: after})


def move(program: Program, at: Point) -> Expr:
    """How far a step goes from w = 0."""
    return -next_parameter(program, at)


def share_of_an_old_square(program: Program, at: Point) -> Expr:
    """What a gradient of 1 counts in the sum or average after so many steps without any other."""
    numbers = settings(program, at)
    total = flat(program.formula(s), 1).xreplace({**program.state, **numbers})
    for _ in range(int(str(at["steps"]))):
        total = flat(program.formula(s), 0).xreplace({**numbers, s: total})
    return total


def _has_its_own_rate(rule: Rule) -> Boolean:
    """The step of a parameter is its own gradient times η over the root of its own squares."""
    program = rule.program({"epsilon_place": "inside"})
    step = program.formula(w)
    return every(
        equal(w - step, eta / program.formula(denominator) * gradient(w)),
        equal(program.formula(denominator) ** 2 - epsilon, program.formula(s)),
        equal(program.formula(s), s + gradient(w) ** 2),
    )


def _larger_sums_have_smaller_rates(rule: Rule) -> Boolean:
    total, rest = Symbol("total", positive=True), {epsilon: Symbol("epsilon_positive", positive=True)}
    own = 1 / flat(rule.program({"epsilon_place": "inside"}).formula(denominator), 0)
    return less(diff(own.xreplace({s: total, **rest}), total), 0)


def _settles(rule: Rule) -> Boolean:
    """At a constant gradient the average stays at its square once it is there, and a step is η."""
    c, program = Symbol("c", positive=True), rule.program({"epsilon_place": "inside"})
    at = {s: c**2, epsilon: Integer(0)}
    return every(
        equal(flat(program.formula(s), c).xreplace(at), c**2),
        equal(w - flat(program.formula(w), c).xreplace(at), eta),
    )


def _goes_round(rule: Rule) -> Boolean:
    """On w²/2 from η/2, with the average at its square: to −η/2 and back, for ever."""
    program, length = rule.program({"epsilon_place": "inside"}), Symbol("eta", positive=True)

    def after(target: Symbol, place: Expr) -> Expr:
        there = {w: place, s: length**2 / 4, epsilon: Integer(0), eta: length}
        return program.formula(target).xreplace(there).replace(gradient, lambda point: point).simplify()

    return every(
        equal(after(w, length / 2), -length / 2),
        equal(after(w, -length / 2), length / 2),
        equal(after(s, length / 2), length**2 / 4),
    )


OWN_RATE = Shown("adagrad", Claim("every parameter is divided by the root of its own squares", _has_its_own_rate))
STEPS = "w after every step at gradients of 1:"
PARAMETER = "for each parameter w_i"

ENTRIES = (
    Entry(
        id="ada-1",
        lines=(691, 692),
        kind="text",
        printed="a learning rate for each parameter, which changes over time",
        verdict="correct",
        why="the rate of a parameter is η over the root of the sum of its own squares, and no other",
        evidence=(OWN_RATE,),
        source=DUCHI,
        canonical=ADAGRAD,
    ),
    Entry(
        id="ada-2",
        lines=(693,),
        kind="text",
        printed="the rate decays faster along steep dimensions",
        verdict="assumption",
        why="true where steep means larger gradients that were met; a dimension of large curvature that starts at its "
        "minimum meets none and keeps its rate",
        evidence=(
            Shown("adagrad", Claim("the larger the sum, the smaller the rate", _larger_sums_have_smaller_rates)),
            Witness(
                measured="rate over η after a step: of x, from (0, 1) on (100 x² + y²)/2, beside that of y",
                at={"slope of x": Integer(0), "slope of y": Integer(1), "epsilon": R(9, 16)},
                printed=Measured(ADAGRAD, lambda program, at: rate(program, {**at, "slope": at["slope of y"]})),
                canonical=Measured(ADAGRAD, lambda program, at: rate(program, {**at, "slope": at["slope of x"]})),
                says="at most",
            ),
        ),
        source=DUCHI,
        canonical=ADAGRAD,
    ),
    Entry(
        id="ada-3",
        lines=(697, 723),
        kind="text",
        printed="for each feature w_i",
        verdict="slip",
        why="w_i is a parameter, not a feature of the data; the formula is as it should be",
        evidence=(OWN_RATE,),
        source=DUCHI,
        canonical=ADAGRAD,
        suggestion=PARAMETER,
    ),
    Entry(
        id="ada-4",
        lines=(699,),
        kind="latex",
        printed=r"\mathbf{s}_{i} &= \mathbf{s}_{i} + (\frac{\partial J(\mathbf{w})}{\partial \mathtt{W}_{i}})^{2} \\ "
        r"\mathtt{W}_{i}^{(\texttt{next})} &= \mathtt{W}_{i} - \frac{\eta}{\sqrt{\mathtt{s}_{i} + \epsilon}} "
        r"\frac{\partial J(\mathbf{w})}{\partial \mathtt{W}_{i}}",
        verdict="convention",
        why="ε stands inside the root, as in Keras; the work cited and PyTorch have it outside",
        evidence=(
            apart(
                "how far the first step goes", move, ADAGRAD, ADAGRAD_OUTSIDE, "equal",
                w=R(0), slope=R(4), epsilon=R(9), learning_rate=R(1),
            ),
            Known("adagrad", "epsilon inside the root is a start value of the sum"),
            Known("adagrad", "an epsilon outside above 0 is inside under no epsilon and no start"),
            Run("adagrad", f"{STEPS} 0.90465, 0.83565, 0.77885"),
            Run("adagrad_from_0", f"{STEPS} 0.9, 0.82929, 0.77155"),
        ),
        source=DUCHI,
        literal=ADAGRAD,
        canonical=ADAGRAD_OUTSIDE,
        repairs=(Repair("letter", r"\mathtt{W}_{i}", r"\mathbf{w}_{i}"),),
    ),
    keyword("lr-3", 701, "optimizer = keras.optimizers.Adagrad(lr=0.001)", "adagrad", "adagrad_lr"),
    Entry(
        id="rms-1",
        lines=(716,),
        kind="text",
        printed="AdaGrad often stops too early in the training of networks",
        verdict="empirical",
        why="an experience with networks; what of it is mathematics is the next entry",
        evidence=(),
        source=Source("Goodfellow, Bengio & Courville 2016", "section 8.5.1"),
    ),
    Entry(
        id="rms-1b",
        lines=(717,),
        kind="text",
        printed="AdaGrad ends up stopping entirely before the global optimum",
        verdict="wrong",
        why="steps get short but their sum has no bound while gradients do not vanish: it is slow, and never stops",
        evidence=(
            Witness(
                measured="how far step 10000 goes at gradients of 1",
                at={"w": R(0), "s": R(9999), "slope": R(1), "epsilon": R(0), "learning_rate": R(1)},
                printed=Given(Integer(0)),
                canonical=Measured(ADAGRAD_OUTSIDE, move),
                says="at most",
            ),
            Known(
                "adagrad",
                "while gradients lie between g and G step n is at least eta g/(G √n), so that steps add up without bound",
            ),
            Known("adagrad", "a constant gradient moves eta over the root of t"),
        ),
        source=DUCHI,
        canonical=ADAGRAD_OUTSIDE,
        suggestion="the learning rate gets scaled down so much that the algorithm becomes very slow before the optimum",
    ),
    Entry(
        id="rms-2",
        lines=(718,),
        kind="text",
        printed="RMSProp fixed the problem of AdaGrad",
        verdict="assumption",
        why="steps no longer shrink to nothing at constant gradients; but then a constant rate goes round a minimum for "
        "ever, so that it has to be lowered",
        evidence=(
            Shown("rmsprop", Claim("at a constant gradient every step comes to have the length η", _settles, "fixed point")),
            Shown("rmsprop", Claim("on w²/2 it goes from η/2 to −η/2 and back", _goes_round, "cycle")),
        ),
        source=HINTON,
        canonical=RMSPROP,
    ),
    Entry(
        id="rms-3",
        lines=(719,),
        kind="text",
        printed="only the gradients of the most recent iterations are accumulated",
        verdict="assumption",
        why="all of them are, with weights that fall geometrically; recent ones prevail, and no old one is ever left out",
        evidence=(
            Known("rmsprop", "a square counts (1 - rho) rho^k after k steps"),
            Known("rmsprop", "the average weighs squares geometrically"),
            Witness(
                measured="what a square of 1 counts 100 steps later",
                at={"rho": R(9, 10), "steps": Integer(100)},
                printed=Given(Integer(0)),
                canonical=Measured(RMSPROP, share_of_an_old_square),
            ),
        ),
        source=HINTON,
        canonical=RMSPROP,
    ),
    Entry(
        id="rms-4",
        lines=(725,),
        kind="latex",
        printed=r"\mathbf{s}_{i} &= \beta \mathbf{s}_{i} + (1 - \beta) (\frac{\partial J(\mathbf{w})}"
        r"{\partial \mathbf{w}_{i}})^{2} \\ \mathbf{w}_{i}^{(\text{next})} &= \mathbf{w}_{i} - "
        r"\frac{\eta}{\sqrt{\mathbf{s}_{i} + \epsilon}} \frac{\partial J(\mathbf{w})}{\partial \mathbf{w}_{i}}",
        verdict="convention",
        why="ε stands inside the root, as in Graves 2013 and Keras; PyTorch has it outside, and the lecture cited has none",
        evidence=(
            apart(
                "how far the first step goes", move, RMSPROP, RMSPROP_OUTSIDE, "equal",
                w=R(0), slope=R(8), rho=R(3, 4), epsilon=R(9), learning_rate=R(1),
            ),
            Known("rmsprop", "an epsilon inside above 0 is outside under no epsilon"),
            Known("rmsprop", "the step minimises the linearised cost in a metric that forgets"),
            Run("rmsprop", f"{STEPS} 0.68377, 0.45436, 0.26226"),
        ),
        source=HINTON,
        literal=RMSPROP,
        canonical=RMSPROP,
    ),
    keyword(
        "lr-4", 727, "optimizer = keras.optimizers.RMSprop(lr=0.001, rho=0.9)", "rmsprop", "rmsprop_lr",
    ),
)  # fmt: skip
