"""Adam: lines 742-769."""

from sympy import Integer, Rational, Symbol
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every
from ..optimizers.adam import c1, c2
from ..optimizers.momentum import MOMENTUM
from ..optimizers.rmsprop import RMSPROP
from ..optimizers.trajectory import flat
from ..rule import Claim, Rule, Source
from ..symbols import beta1, beta2, epsilon, eta, g, m, m_next, mu, rho, s, s_next, t, w
from .adaptive import STEPS, move
from .entry import Entry, Form, Known, Measured, Repair, Run, Shown, Witness, apart
from .measures import last_size, parameter, state_called
from .optimisers import HEAVY_BALL, INSIDE, keyword

R = Rational
PAPER = Source("Kingma & Ba 2015, arXiv:1412.6980", "Algorithm 1")
BOTH = {"bias_correction": "both"}
ADAM, ADAM_OUTSIDE = (Form("adam", {**BOTH, "epsilon_place": place}) for place in ("inside", "outside"))
OVERWRITTEN = Form("adam", ADAM.dialect, error="moments_overwritten")
AT_ONCE = Form("adam", ADAM.dialect, error="moments_overwritten_at_once")
AVERAGE = Form("momentum", {**INSIDE, "gain": "one_minus_momentum"})
AT = {"learning_rate": R(1), "beta1": R(9, 10), "beta2": R(999, 1000), "epsilon": R(0), "slope": R(1)}
UNBIASED = Known("adam", "the bias corrections are unbiased for stationary gradients")
SMALL = Known(
    "adam",
    "with the deck's overwritten moments 12 steps at gradients of 1 add up to 1.28763 eta, s is then more than 2 10^24",
)


def _averages(rule: Rule) -> Boolean:
    """Fixed points, and what arrives: both are averages, of gradients and of their squares."""
    program, c = rule.program(BOTH), Symbol("c", real=True)
    return every(
        equal(program.let[m_next].xreplace({m: c, g: c}), c),
        equal(program.let[s_next].xreplace({s: c**2, g: c}), c**2),
        equal(program.let[m_next], beta1 * m + (1 - beta1) * g),
        equal(program.let[s_next], beta2 * s + (1 - beta2) * g**2),
    )


def _by_elements(rule: Rule) -> Boolean:
    """A parameter whose own gradients have all been 0 stays, whatever those of others."""
    start = {m: Integer(0), s: Integer(0), epsilon: Symbol("epsilon_positive", positive=True)}
    step = flat(rule.program(ADAM.dialect).formula(w), 0)
    return equal(step.xreplace(start), w)


def _like_both(rule: Rule) -> Boolean:
    """Without corrections m is momentum with averaged gradients, and s RMSProp's average."""
    program = rule.program({"bias_correction": "none", "epsilon_place": "inside"})
    momentum = MOMENTUM.program(AVERAGE.dialect).formula(m).xreplace({mu: beta1, eta: Integer(1)})
    squares = RMSPROP.program({"epsilon_place": "inside"}).formula(s).xreplace({rho: beta2})
    return every(equal(program.formula(m), momentum), equal(program.formula(s), squares))


def _divides_by_zero(rule: Rule) -> Boolean:
    program = rule.program(BOTH)
    return every(*(equal(program.let[c].xreplace({t: Integer(0)}), 0) for c in (c1, c2)))


AVERAGES = Shown("adam", Claim("m and s are averages of gradients and of squares", _averages, "fixed points"))


def overwritten(name: str, line: int, printed: str, state: str, intermediate: str) -> Entry:
    """One of the two rows that put a corrected average in the place of the average."""
    return Entry(
        id=name,
        lines=(line,),
        kind="latex",
        printed=printed,
        verdict="wrong",
        why="the corrected average takes the place of the average and is corrected again at every step: steps all but "
        "end; if all lines are read as one moment, nothing moves at all",
        evidence=(
            apart(
                f"{state} that is stored after every step at gradients of 1",
                state_called(state),
                OVERWRITTEN,
                ADAM,
                "equal",
                **AT,
                steps=3,
            ),
            apart("w after every step at gradients of 1", parameter, OVERWRITTEN, ADAM, "equal", **AT, steps=3),
            apart(
                "size of w after 3 steps at gradients of 1",
                last_size,
                AT_ONCE,
                ADAM,
                "equal",
                **{**AT, "epsilon": R(1, 4)},
                steps=3,
            ),
            Known("adam", "moments that are overwritten by their corrected values are too large"),
            SMALL,
        ),
        source=PAPER,
        literal=OVERWRITTEN,
        canonical=ADAM,
        suggestion=printed.replace(rf"\mathbf{{{state}}}^{{(\text{{next}})}}", intermediate),
    )


ENTRIES = (
    Entry(
        id="adam-0",
        lines=(744, 745, 746),
        kind="text",
        printed="like momentum, it keeps a decaying average of gradients",
        verdict="slip",
        why="momentum as printed on line 637 keeps a sum, 1/(1 - β) times as large; with that much more learning rate "
        "the average does the same",
        evidence=(
            Known("momentum", "the average of gradients is the sum of gradients with a rate of eta (1 - mu)"),
            apart(
                "m after every step at a gradient of 1", state_called("m"), AVERAGE, HEAVY_BALL, "equal",
                learning_rate=R(1), momentum=R(9, 10), slope=R(1), steps=2,
            ),
        ),
        source=PAPER,
        literal=AVERAGE,
        canonical=HEAVY_BALL,
        suggestion="where Momentum optimization keeps a decaying sum of past gradients, it keeps a decaying average",
    ),
    Entry(
        id="adam-1",
        lines=(753,),
        kind="latex",
        printed=r"\mathbf{m}^{(\text{next})} = \beta_1 \mathbf{m} + (1 - \beta_1) \nabla_{\mathbf{w}} \mathbf{J}(\mathbf{w})",
        verdict="correct",
        why="as in the work cited",
        evidence=(AVERAGES, UNBIASED),
        source=PAPER,
        literal=ADAM,
        canonical=ADAM,
    ),
    Entry(
        id="adam-2",
        lines=(755,),
        kind="latex",
        printed=r"\mathbf{s}^{(\text{next})} = \beta_2 \mathbf{s} + (1 - \beta_2) \nabla_{\mathbf{w}} \mathbf{J}(\mathbf{w}) "
        r"\otimes \nabla_{\mathbf{w}} \mathbf{J}(\mathbf{w})",
        verdict="correct",
        why="as in the work cited",
        evidence=(AVERAGES, UNBIASED),
        source=PAPER,
        literal=ADAM,
        canonical=ADAM,
    ),
    overwritten("adam-3", 756, r"\mathbf{m}^{(\text{next})} = \frac{\mathbf{m}}{1 - \beta_1^T}", "m", r"\hat{\mathbf{m}}"),
    Entry(
        id="adam-5",
        lines=(756, 757),
        kind="text",
        printed="the exponent T of the corrections",
        verdict="convention",
        why="T counts steps from 1; from 0 the first step would divide by 0, and the number of all steps would not correct",
        evidence=(
            Witness(
                measured="how far the first step goes",
                at={**AT, "w": R(0), "T": "1, or 10 for the number of all steps"},
                printed=Measured(ADAM, lambda program, at: move(program, {**at, "t": Integer(10)})),
                canonical=Measured(ADAM, lambda program, at: move(program, {**at, "t": Integer(1)})),
            ),
            Shown("adam", Claim("counted from 0 the first step would divide by 0", _divides_by_zero)),
            UNBIASED,
        ),
        source=PAPER,
        literal=ADAM,
        canonical=ADAM,
    ),
    overwritten("adam-4", 757, r"\mathbf{s}^{(\text{next})} = \frac{\mathbf{s}}{1 - \beta_2^T}", "s", r"\hat{\mathbf{s}}"),
    Entry(
        id="adam-6",
        lines=(758,),
        kind="latex",
        printed=r"\mathbf{w}^{(\text{next})} = \mathbf{w} - n\mathbf{m} \oslash \sqrt{\mathbf{s} + \epsilon}",
        verdict="slip",
        why="n is bound to nothing and stands where the learning rate belongs; read as a number of its own it would scale "
        "every step",
        evidence=(
            Witness(
                measured="w after a step at a gradient of 1, where n is 2 and η is 1",
                at={**AT, "steps": Integer(1), "n": R(2)},
                printed=Measured(ADAM, lambda program, at: parameter(program, {**at, "learning_rate": at["n"]})),
                canonical=Measured(ADAM, parameter),
            ),
            Known("adam", "without epsilon the first step is the learning rate against the sign"),
        ),
        source=PAPER,
        literal=ADAM,
        canonical=ADAM,
        repairs=(Repair("letter", r"n\mathbf{m}", r"\eta\mathbf{m}"),),
        suggestion=r"\mathbf{w}^{(\text{next})} = \mathbf{w} - \eta\hat{\mathbf{m}} \oslash \sqrt{\hat{\mathbf{s}} + \epsilon}",
        suspect="extraction",
    ),
    Entry(
        id="adam-7",
        lines=(758,),
        kind="text",
        printed="ε inside the root",
        verdict="convention",
        why="the work cited has ε outside of the root, added to it; with small gradients the steps are not alike",
        evidence=(
            apart("how far the first step goes", move, ADAM, ADAM_OUTSIDE, "equal", **{**AT, "slope": R(4), "epsilon": R(9)},
                  w=R(0), t=1),
            apart("how far the first step goes", move, ADAM, ADAM_OUTSIDE, "equal",
                  **{**AT, "slope": R(1, 10**8), "epsilon": R(1, 10**8)}, w=R(0), t=1),
            Known("adam", "an epsilon inside above 0 is outside under no epsilon"),
            Run("adam", f"{STEPS} 0.9, 0.8, 0.7"),
            Run("adam_at_small_gradients", "w after a step at a gradient of ε: 0.99693"),
        ),
        source=PAPER,
        literal=ADAM,
        canonical=ADAM_OUTSIDE,
    ),
    Entry(
        id="adam-8",
        lines=(760,),
        kind="text",
        printed="⊗ and ⊘ work element by element",
        verdict="correct",
        why="the rule is one for every element by itself",
        evidence=(Shown("adam", Claim("a parameter without gradients stays, whatever those of others", _by_elements)),),
        source=PAPER,
        canonical=ADAM,
    ),
    Entry(
        id="adam-9",
        lines=(761,),
        kind="text",
        printed="steps 1, 2 and 5 are like momentum and RMSProp",
        verdict="correct",
        why="step 1 is the buffer of momentum with averaged gradients, steps 2 and 5 are RMSProp's",
        evidence=(
            Shown("adam", Claim("m is the buffer of momentum, s the average of RMSProp", _like_both)),
            Known("rmsprop", "it is Adam with a beta1 of 0 and without correction"),
        ),
        source=PAPER,
        canonical=ADAM,
    ),
    Entry(
        id="adam-10",
        lines=(762,),
        kind="text",
        printed="m and s start at 0 and are biased towards it; steps 3 and 4 make up for that",
        verdict="correct",
        why="for stationary gradients the weights add up to 1 - β^t, by which both are divided; it is m and s that grow, "
        "not the step",
        evidence=(
            UNBIASED,
            Known("adam", "without correction and epsilon the first step is eta (1 - beta1)/sqrt(1 - beta2), or 3.16 eta"),
        ),
        source=PAPER,
        canonical=ADAM,
    ),
    keyword(
        "lr-5", 768, "optimizer = keras.optimizers.Adam(lr=0.001, beta_1=0.9, beta_2=0.999)", "adam", "adam_lr",
    ),
)  # fmt: skip
