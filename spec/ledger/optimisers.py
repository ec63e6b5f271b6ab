"""Gradient descent, momentum and Nesterov momentum: lines 571-675."""

from sympy import Expr, Integer, Piecewise, Rational, sqrt
from sympy.logic.boolalg import Boolean

from ..derivation import equal, every, greater, less
from ..optimizers.trajectory import on_a_parabola
from ..program import Program
from ..rule import Claim, Rule, Source
from ..symbols import gradient, m, mu, w
from .entry import Entry, Form, Given, Keyword, Known, Point, Repair, Run, Shown, Witness, apart
from .measures import last_size, looked_at, parameter, settings, state_called

CAUCHY = Source("Cauchy 1847")
SUTSKEVER = Source("Sutskever et al. 2013", "equations 1-4")
KERAS = Source("Keras 3.15.1", "keras/src/optimizers")
R = Rational

DESCENT, LOST_MINUS = Form("gradient_descent"), Form("gradient_descent", error="lost_minus")
INSIDE = {"learning_rate_place": "inside", "gain": "one", "first_step": "zeros"}
HEAVY_BALL, OUTSIDE = Form("momentum", INSIDE), Form("momentum", {**INSIDE, "learning_rate_place": "outside"})
LOOK_AHEAD = {"nesterov_form": "look_ahead", "learning_rate_place": "inside"}
NESTEROV, LOOK_BACK = Form("nesterov", LOOK_AHEAD), Form("nesterov", LOOK_AHEAD, error="look_ahead_wrong_sign")

MINUS = Repair("minus", r"_{i} \eta", r"_{i} - \eta")


def lost_minus(name: str, line: int, printed: str) -> Entry:
    """One of the three places where the minus of gradient descent is not in the text."""
    return Entry(
        id=name,
        lines=(line,),
        kind="latex",
        printed=printed,
        verdict="slip",
        why="read as it stands, factors are multiplied and a minimum is no fixed point; the minus is there on line 290",
        evidence=(
            Known(
                "gradient_descent",
                "the step minimises the linearised cost plus the squared distance over twice the learning rate",
            ),
            apart(
                "w after one step on J = w²/2", parameter, LOST_MINUS, DESCENT, "equal",
                start=R(1), learning_rate=R(1, 10), curvature=R(1), steps=1,
            ),
        ),
        source=CAUCHY,
        literal=LOST_MINUS,
        canonical=DESCENT,
        repairs=(MINUS,),
        suggestion=printed.replace(MINUS.printed, MINUS.repaired),
        suspect="extraction",
    )  # fmt: skip


def keyword(name: str, line: int, printed: str, rule: str, run: str, also: tuple[Known, ...] = ()) -> Entry:
    """An optimizer of Keras that is given its learning rate as `lr`."""
    return Entry(
        id=name,
        lines=(line,),
        kind="code",
        printed=printed,
        verdict="wrong",
        why="Keras calls the learning rate learning_rate; lr was accepted by old versions and is refused by Keras 3",
        evidence=(
            Witness(
                measured="keyword of the learning rate",
                at={"framework": "Keras 3.15.1"},
                printed=Given("lr"),
                canonical=Keyword("keras", rule, "learning_rate"),
            ),
            *also,
            Run(run, "ValueError: lr is not recognized"),
            Run(f"{run}_repaired", "accepted, and holds the numbers that it is given"),
        ),
        source=KERAS,
        canonical=Form(rule),
        suggestion=printed.replace("(lr=", "(learning_rate="),
    )


def _escapes(rule: Rule) -> Boolean:
    """Two pits, at 1 with the cost 0 and at -1 with the cost -1/10, each a parabola; both rules start from 3."""
    edge = R(-1, 20)  # where the parabolas meet

    def end(program: Program, numbers: dict[str, Expr]) -> Expr:
        given, now = settings(program, numbers), {**program.state, w: Integer(3)}
        slope = Piecewise((w - 1, w > edge), (w + 1, True))
        for _ in range(40):
            known = {**given, **now}
            now = {
                target: program.formula(target).xreplace(known).replace(gradient, lambda at: slope.xreplace({w: at}))
                for target in program.update
            }
        return now[w]

    plain = end(DESCENT.program(), {"learning_rate": R(1, 2)})
    heavy = end(rule.program(INSIDE), {"learning_rate": R(1, 2), "momentum": R(3, 4)})
    return every(
        less(abs(plain - 1), R(1, 1000)),
        less(abs(heavy + 1), R(1, 100)),
        less((heavy + 1) ** 2 / 2 - R(1, 10), (plain - 1) ** 2 / 2),
    )


def _areas(rule: Rule) -> Boolean:
    """A factor above 1 in size remains where the product of both is above 1."""
    step = on_a_parabola(rule.program(INSIDE), Integer(1), (m,))
    return every(equal(step.det().expand(), mu), greater(step.det().expand().xreplace({mu: R(11, 10)}), 1))


def radius(program: Program, at: Point) -> Expr:
    """By how much a step shrinks w²/2 in the end: the larger of two real factors, both positive."""
    step = on_a_parabola(program, Integer(1), (m,)).xreplace(settings(program, at))
    return (step.trace() + sqrt(step.trace() ** 2 - 4 * step.det())) / 2


ENTRIES = (
    lost_minus("gd-2", 574, r"w_{i}^{(next)} = w_{i} \eta \frac{\partial J(w)}{\partial w_{i}}"),
    Entry(
        id="gd-code",
        lines=(580, 581, 585, 586),
        kind="code",
        printed="""model.add(keras.layers.Dense(n_hidden, input_shape=(n_features,), activation="relu"))
model.add(keras.layers.Dense(n_output, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=30)""",
        verdict="correct",
        why="runs, with a warning; by gradient descent on batches of 32, with Keras's learning rate of 0.01 and no momentum",
        evidence=(
            Run(
                "gradient_descent", "27 parameters for 2 features, 4 units and 3 classes; SGD of rate 0.01 and momentum 0; an "
                "epoch of 32 examples takes 1 step, of 33 2",
            ),
            Run("input_shape", "warns: prefer an Input"),
        ),
        source=KERAS,
        canonical=DESCENT,
    ),
    Entry(
        id="mom-1",
        lines=(614, 615, 616),
        kind="text",
        printed="momentum is the resistance to a change of motion",
        verdict="empirical",
        why="an analogy with mechanics, where that resistance is called inertia",
        evidence=(),
        source=SUTSKEVER,
    ),
    lost_minus(
        "gd-3",
        623,
        r"\mathbf{w}_{i}^{(\text{next})} = \mathbf{w}_{i} \eta \frac{\partial J(\mathbf{w})}{\partial \mathbf{w}_{i}}",
    ),
    Entry(
        id="mom-2",
        lines=(625,),
        kind="text",
        printed="it can help to escape from bad local minima",
        verdict="correct",
        why="it can: with the same rate and start momentum ends in the deeper of two pits, gradient descent in the other",
        evidence=(Shown("momentum", Claim("of two pits momentum ends in the deeper one", _escapes, "exact trajectory")),),
        source=SUTSKEVER,
        canonical=HEAVY_BALL,
    ),
    lost_minus(
        "gd-4",
        633,
        r"\mathbf{w}_{i}^{(\text{next})} = \mathbf{w}_{i} \eta \frac{\partial J(\mathbf{w})}{\partial \mathbf{w}_{i}}",
    ),
    Entry(
        id="mom-3",
        lines=(635,),
        kind="text",
        printed="the local gradient is added to the momentum vector",
        verdict="slip",
        why="the formula beside it adds the gradient times the learning rate; to add the gradient itself is another dialect",
        evidence=(
            Known("momentum", "inside and outside agree while the learning rate is constant"),
            apart(
                "m after a step at a gradient of 1", state_called("m"), OUTSIDE, HEAVY_BALL, "equal",
                learning_rate=R(1, 10), momentum=R(9, 10), slope=R(1), steps=1,
            ),
        ),
        source=Source("lecture deck", "line 637"),
        literal=OUTSIDE,
        canonical=HEAVY_BALL,
        suggestion="at each iteration, it adds the learning rate times the local gradient to the momentum vector",
    ),
    Entry(
        id="mom-4",
        lines=(637,),
        kind="latex",
        printed=r"\mathtt{m}_{\mathtt{i}} &= \beta \mathtt{m}_{\mathtt{i}} + \eta \frac{\partial \mathtt{J}(\mathtt{w})}"
        r"{\partial \mathtt{w}_{\mathtt{i}}} \\ \mathtt{w}_{\mathtt{i}}^{(\mathtt{next})} &= \mathtt{w}_{\mathtt{i}}"
        r" - \mathtt{m}_{\mathtt{i}}",
        verdict="convention",
        why="the learning rate stands inside the buffer, as in the work cited; PyTorch has it outside, which shows "
        "when the learning rate changes",
        evidence=(
            Known("momentum", "momentum is a step of gradient descent and a share of the last move"),
            Known("momentum", "inside and outside agree while the learning rate is constant"),
            Known("momentum", "under a schedule inside is outside with no fixed momentum"),
            apart(
                "w after every step at a gradient of 1", parameter, HEAVY_BALL, OUTSIDE, "equal",
                momentum=R(1, 2), slope=R(1), steps=2, learning_rates=(R(1, 10), R(1, 20)),
            ),
            Run("momentum", "w after every step on w²/2: 0.9, 0.72, 0.486, 0.2268"),
        ),
        source=SUTSKEVER,
        literal=HEAVY_BALL,
        canonical=HEAVY_BALL,
    ),
    Entry(
        id="mom-5",
        lines=(639,),
        kind="text",
        printed="β lies between 0 and 1",
        verdict="correct",
        why="gradients then count in all 1/(1 - β) times; with a β above 1 nothing converges, since areas grow",
        evidence=(
            Known("momentum", "at a constant gradient it settles at steps of eta/(1 - mu) times that"),
            Shown("momentum", Claim("a step on a parabola makes areas β times as large", _areas, "determinant")),
        ),
        source=SUTSKEVER,
        canonical=HEAVY_BALL,
    ),
    keyword("lr-1", 642, "optimizer = keras.optimizers.SGD(lr=0.001, momentum=0.9)", "momentum", "sgd_lr"),
    Entry(
        id="nest-1",
        lines=(662,),
        kind="text",
        printed="Nesterov momentum is faster than momentum",
        verdict="wrong",
        why="not in general: with small steps it is a little slower, with large ones it diverges where momentum converges",
        evidence=(
            apart(
                "what a step leaves of the error on w²/2 in the end", radius, HEAVY_BALL, NESTEROV, "at most",
                learning_rate=R(1, 20), momentum=R(1, 2),
            ),
            apart(
                "size of w after 8 steps on w²/2", last_size, HEAVY_BALL, NESTEROV, "at most",
                learning_rate=R(3), momentum=R(9, 10), start=R(1), curvature=R(1), steps=8,
            ),
            Known("nesterov", "Nesterov momentum shrinks w²/2 faster than momentum, with eta 1/20 and half the buffer kept"),
            Known("nesterov", "there a step of it leaves 0.8932 of the error, and one of momentum 0.8850"),
            Known("nesterov", "with eta 3 and momentum 9/10 on w²/2 it diverges where momentum converges"),
        ),
        source=Source("Nesterov 1983"),
        canonical=NESTEROV,
        suggestion="often faster than vanilla Momentum optimization, with learning rates that suit both",
    ),
    Entry(
        id="nest-2",
        lines=(663,),
        kind="text",
        printed="the second gradient is taken at w + βm",
        verdict="wrong",
        why="a step is w - m here, so that the buffer alone carries w to w - βm; w + βm lies behind",
        evidence=(
            apart(
                "where the gradient is taken", looked_at, LOOK_BACK, NESTEROV, "equal",
                w=R(1), m=R(1, 2), momentum=R(1, 2), learning_rate=R(1),
            ),
            Known("nesterov", "the deck's look-ahead point is the next parameter at zero gradient"),
        ),
        source=SUTSKEVER,
        literal=LOOK_BACK,
        canonical=NESTEROV,
        suggestion="the point located at w − βm",
    ),
    Entry(
        id="nest-4",
        lines=(669,),
        kind="text",
        printed="the gradient is taken a little ahead in the direction of the momentum",
        verdict="correct",
        why="that is what the canonical form does; the formula below it does the opposite",
        evidence=(Known("nesterov", "the look-ahead point is the next parameter at zero gradient"),),
        source=SUTSKEVER,
        canonical=NESTEROV,
    ),
    Entry(
        id="nest-3",
        lines=(671, 672),
        kind="latex",
        printed=r"\mathbf{m}_{i} = \beta \mathbf{m}_{i} + \eta \frac{\partial \mathbf{J}(\mathbf{w} + \beta \mathbf{m})}"
        r"{\partial \mathbf{w}_{i}} \\ \mathbf{w}_{i}^{(\text{next})} = \mathbf{w}_{i} - \mathbf{m}_{i}",
        verdict="wrong",
        why="the gradient is taken behind, not ahead: the rule goes round for ever where the canonical one is done in a step",
        evidence=(
            apart(
                "w after every step on J = w²/2", parameter, LOOK_BACK, NESTEROV, "equal",
                start=R(1), learning_rate=R(1), momentum=R(1, 2), curvature=R(1), steps=6,
            ),
            apart(
                "w after every step on J = w²/2", parameter, LOOK_BACK, NESTEROV, "equal",
                start=R(1), learning_rate=R(1, 2), momentum=R(9, 10), curvature=R(1), steps=3,
            ),
            Known("nesterov", "looking backwards diverges on a parabola where η h > 1/μ − 1"),
            Known("nesterov", "the deck's look-ahead point is the next parameter at zero gradient"),
            Run("nesterov", "w - βm after every step on w²/2: 0.81, 0.5751, 0.32732, 0.093888"),
        ),
        source=SUTSKEVER,
        literal=LOOK_BACK,
        canonical=NESTEROV,
        suggestion=r"\mathbf{m}_{i} = \beta \mathbf{m}_{i} + \eta \frac{\partial \mathbf{J}(\mathbf{w} - \beta \mathbf{m})}"
        r"{\partial \mathbf{w}_{i}}",
    ),
    keyword(
        "lr-2",
        674,
        "optimizer = keras.optimizers.SGD(lr=0.001, momentum=0.9, nesterov=True)",
        "nesterov",
        "nesterov_lr",
        (Known("nesterov", "the stored form is the look-ahead form in the variable w - mu m"),),
    ),
)  # fmt: skip
