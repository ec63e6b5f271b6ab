"""Update programs in the notations of many courses: what they are, what is wrong with them, what is left alone."""

from collections.abc import Sequence
from fractions import Fraction

import pytest

from gradspec.conformance.reading.candidates import candidates
from gradspec.conformance.reading.finding import Piece, Verdict
from gradspec.conformance.reading.machine import run
from gradspec.conformance.reading.programs import judge
from gradspec.conformance.reading.reading import read
from gradspec.spec import catalogue, rule
from gradspec.spec.relatives import RELATIVES
from gradspec.spec.symbols import t

BOTH = {"epsilon_place": "outside", "bias_correction": "both"}


def verdicts(rows: Sequence[str], kind: str = "latex", before: str = "") -> list[Verdict | None]:
    """Judge the rows of one slide."""
    readings = []
    for line, row in enumerate(rows, start=1):
        piece = Piece("slides.md", line, row, kind, row, 0, line, before if line == 1 else "")
        readings += read(piece)
    assert [] == [one.trouble for one in readings if one.row is None]
    return judge(readings)


def verdict(rows: Sequence[str], kind: str = "latex", before: str = "") -> Verdict:
    """Judge the rows of one slide that are one program."""
    found = verdicts(rows, kind, before)
    (only,) = {id(one): one for one in found}.values()
    assert only is not None
    return only


RIGHT = {
    "gradient descent": (
        [r"\theta_{t+1} = \theta_t - \eta \nabla_\theta J(\theta_t)"],
        "gradient_descent",
        {},
    ),
    "gradient descent with a prime": ([r"w' = w - \eta \frac{\partial C}{\partial w}"], "gradient_descent", {}),
    "gradient descent by arrow": ([r"\theta \leftarrow \theta - \epsilon g"], "gradient_descent", {}),
    "gradient descent over a mini-batch": (
        [r"\theta \gets \theta - \eta \frac{1}{m} \sum_{i=1}^{m} \nabla_\theta L(f(x^{(i)}; \theta), y^{(i)})"],
        "gradient_descent",
        {},
    ),
    "momentum of the deck": (
        [r"m_i = \beta m_i + \eta \frac{\partial J(w)}{\partial w_i}", r"w_i^{(\text{next})} = w_i - m_i"],
        "momentum",
        {"learning_rate_place": "inside", "gain": "one"},
    ),
    "momentum as a velocity": (
        [r"v \leftarrow \alpha v - \epsilon g", r"\theta \leftarrow \theta + v"],
        "momentum",
        {"learning_rate_place": "inside", "gain": "one"},
    ),
    "momentum that collects gradients": (
        [r"v_{t+1} = \rho v_t + \nabla f(x_t)", r"x_{t+1} = x_t - \alpha v_{t+1}"],
        "momentum",
        {"learning_rate_place": "outside", "gain": "one"},
    ),
    "momentum as an average": (
        [r"v_{dW} = \beta v_{dW} + (1 - \beta) dW", r"W := W - \alpha v_{dW}"],
        "momentum",
        {"learning_rate_place": "outside", "gain": "one_minus_momentum"},
    ),
    "a heavy ball": (
        [r"x_{k+1} = x_k - \alpha \nabla f(x_k) + \beta (x_k - x_{k-1})"],
        "momentum",
        {"learning_rate_place": "inside"},
    ),
    "Nesterov": (
        [
            r"v_{t+1} = \mu v_t - \varepsilon \nabla f(\theta_t + \mu v_t)",
            r"\theta_{t+1} = \theta_t + v_{t+1}",
        ],
        "nesterov",
        {"nesterov_form": "look_ahead", "learning_rate_place": "inside"},
    ),
    "Nesterov with a minus": (
        [
            r"v_t = \gamma v_{t-1} + \eta \nabla_\theta J(\theta - \gamma v_{t-1})",
            r"\theta = \theta - v_t",
        ],
        "nesterov",
        {"nesterov_form": "look_ahead", "learning_rate_place": "inside"},
    ),
    "Nesterov with two points": (
        [
            r"y_{t+1} = x_t - \eta \nabla f(x_t)",
            r"x_{t+1} = y_{t+1} + \mu (y_{t+1} - y_t)",
        ],
        "nesterov",
        {"nesterov_form": "stored_look_ahead", "learning_rate_place": "inside"},
    ),
    "AdaGrad": (
        [r"r \leftarrow r + g \odot g", r"\theta \leftarrow \theta - \frac{\epsilon}{\delta + \sqrt{r}} \odot g"],
        "adagrad",
        {"epsilon_place": "outside"},
    ),
    "AdaGrad with ε inside": (
        [
            r"G_t = G_{t-1} + g_t^2",
            r"\theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{G_t + \epsilon}} \odot g_t",
        ],
        "adagrad",
        {"epsilon_place": "inside"},
    ),
    "RMSProp": (
        [
            r"s_t = \beta s_{t-1} + (1-\beta) g_t^2",
            r"w_{t+1} = w_t - \frac{\eta}{\sqrt{s_t} + \epsilon} g_t",
        ],
        "rmsprop",
        {"epsilon_place": "outside"},
    ),
    "RMSProp without ε": (
        [r"v_t = 0.9 v_{t-1} + 0.1 g_t^2", r"w_t = w_{t-1} - \frac{\alpha}{\sqrt{v_t}} g_t"],
        "rmsprop",
        {},
    ),
    "Adam": (
        [
            r"g_t \leftarrow \nabla_\theta f_t(\theta_{t-1})",
            r"m_t \leftarrow \beta_1 \cdot m_{t-1} + (1 - \beta_1) \cdot g_t",
            r"v_t \leftarrow \beta_2 \cdot v_{t-1} + (1 - \beta_2) \cdot g_t^2",
            r"\hat{m}_t \leftarrow m_t / (1 - \beta_1^t)",
            r"\hat{v}_t \leftarrow v_t / (1 - \beta_2^t)",
            r"\theta_t \leftarrow \theta_{t-1} - \alpha \cdot \hat{m}_t / (\sqrt{\hat{v}_t} + \epsilon)",
        ],
        "adam",
        BOTH,
    ),
    "Adam, the efficient form": (
        [
            r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t",
            r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2",
            r"\alpha_t = \alpha \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)",
            r"\theta_t = \theta_{t-1} - \alpha_t m_t / (\sqrt{v_t} + \hat\epsilon)",
        ],
        "adam",
        {"epsilon_place": "hat", "bias_correction": "both"},
    ),
    "AdamW": (
        [
            r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t",
            r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2",
            r"\hat m_t = \frac{m_t}{1 - \beta_1^t}",
            r"\hat v_t = \frac{v_t}{1 - \beta_2^t}",
            r"\theta_t = \theta_{t-1} - \eta \left( \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda \theta_{t-1} \right)",
        ],
        "adam",
        {**BOTH, "weight_decay_form": "decoupled"},
    ),
    "weight decay": ([r"w \leftarrow (1 - \eta \lambda) w - \eta \nabla L(w)"], "gradient_descent", {}),
}


@pytest.mark.parametrize(("rows", "name", "dialect"), RIGHT.values(), ids=RIGHT)
def test_programs_of_many_courses_are_recognised(rows: list[str], name: str, dialect: dict[str, str]) -> None:
    found = verdict(rows)

    assert found.verdict in ("correct", "convention")
    assert name == found.rule
    assert dialect == {axis: found.dialect[axis] for axis in dialect}


CODE = {
    "momentum": ("v = mu * v - lr * dx\nx += v", "momentum", {"learning_rate_place": "inside"}),
    "Nesterov that stores the point ahead": (
        "v_prev = v\nv = mu * v - lr * dx\nx += -mu * v_prev + (1 + mu) * v",
        "nesterov",
        {"nesterov_form": "stored_look_ahead"},
    ),
    "RMSProp": (
        "cache = decay_rate * cache + (1 - decay_rate) * dx**2\nx += -lr * dx / (np.sqrt(cache) + eps)",
        "rmsprop",
        {"epsilon_place": "outside"},
    ),
    "Adam with numbers": (
        "m = 0.9 * m + 0.1 * dx\nv = 0.999 * v + 0.001 * dx**2\nmt = m / (1 - 0.9**t)\nvt = v / (1 - 0.999**t)\n"
        "x -= lr * mt / (np.sqrt(vt) + 1e-8)",
        "adam",
        BOTH,
    ),
    "Adam that counts from 0": (
        "for t in range(steps):\n    m = beta1 * m + (1 - beta1) * g\n    v = beta2 * v + (1 - beta2) * g * g\n"
        "    w = w - alpha * (m / (1 - beta1**(t + 1))) / (np.sqrt(v / (1 - beta2**(t + 1))) + eps)",
        "adam",
        BOTH,
    ),
}


@pytest.mark.parametrize(("source", "name", "dialect"), CODE.values(), ids=CODE)
def test_programs_in_code_are_recognised(source: str, name: str, dialect: dict[str, str]) -> None:
    found = verdict([source], "code")

    assert found.verdict in ("correct", "convention")
    assert name == found.rule
    assert dialect == {axis: found.dialect[axis] for axis in dialect}


ADAM = RIGHT["Adam"][0]
WRONG = {
    "the minus is lost": ([r"w_i^{(next)} = w_i \eta \frac{\partial J(w)}{\partial w_i}"], "gradient_descent"),
    "it climbs": ([r"\theta \leftarrow \theta + \eta \nabla_\theta L(\theta)"], "gradient_descent"),
    "it looks backwards": (
        [r"m_i = \beta m_i + \eta \frac{\partial J(w + \beta m)}{\partial w_i}", r"w_i^{(next)} = w_i - m_i"],
        "nesterov",
    ),
    "the averages are overwritten": (
        [
            r"m^{(next)} = \beta_1 m + (1 - \beta_1) \nabla_w J(w)",
            r"s^{(next)} = \beta_2 s + (1 - \beta_2) \nabla_w J(w) \otimes \nabla_w J(w)",
            r"m^{(next)} = \frac{m}{1 - \beta_1^T}",
            r"s^{(next)} = \frac{s}{1 - \beta_2^T}",
            r"w^{(next)} = w - \eta m \oslash \sqrt{s + \epsilon}",
        ],
        "adam",
    ),
    "the square is lost": ([*ADAM[:2], ADAM[2].replace("g_t^2", "g_t"), *ADAM[3:]], "adam"),
    "the root is lost": ([*ADAM[:5], ADAM[5].replace(r"\sqrt{\hat{v}_t}", r"\hat{v}_t")], "adam"),
    "the betas are exchanged": (
        [*ADAM[:1], ADAM[1].replace("_1", "_2"), ADAM[2].replace(r"\beta_2", r"\beta_1"), *ADAM[3:]],
        "adam",
    ),
    "the wrong bias correction": ([*ADAM[:4], ADAM[4].replace(r"\beta_2", r"\beta_1"), *ADAM[5:]], "adam"),
    "the step is no exponent": ([*ADAM[:3], ADAM[3].replace("^t", ""), *ADAM[4:]], "adam"),
    "averages are exchanged": (
        [*ADAM[:5], r"\theta_t \leftarrow \theta_{t-1} - \alpha \hat{v}_t / (\sqrt{\hat{m}_t} + \epsilon)"],
        "adam",
    ),
    "the weight of what arrives is lost": (
        [r"s_t = \beta s_{t-1} + g_t^2", r"w_{t+1} = w_t - \frac{\eta}{\sqrt{s_t + \epsilon}} g_t"],
        "rmsprop",
    ),
    "the velocity is added": ([r"v_t = \gamma v_{t-1} + \eta g_t", r"\theta = \theta + v_t"], "momentum"),
    "the learning rate divides": (
        [r"v_t = \gamma v_{t-1} + g_t / \eta", r"\theta_t = \theta_{t-1} - v_t"],
        "momentum",
    ),
}


@pytest.mark.parametrize(("rows", "name"), WRONG.values(), ids=WRONG)
def test_slips_are_found_with_a_witness(rows: list[str], name: str) -> None:
    found = verdict(rows, before="Minimise the cost.")

    assert ("wrong", name) == (found.verdict, found.rule)
    assert found.suggestion
    assert found.witness is not None
    assert found.witness["printed"] != found.witness["expected"]


def test_the_suggestion_is_right_when_it_is_put_in() -> None:
    rows = WRONG["the square is lost"][0]
    suggested = verdict(rows).suggestion

    assert suggested is not None
    assert "correct" == verdict([*rows[:2], suggested, *rows[3:]]).verdict


AVERAGE = r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t"
SQUARES = r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2"
PUBLISHED = {
    "AdaBelief": [
        AVERAGE,
        r"s_t = \beta_2 s_{t-1} + (1 - \beta_2)(g_t - m_t)^2",
        r"\theta_t = \theta_{t-1} - \alpha \frac{m_t}{\sqrt{s_t} + \epsilon}",
    ],
    "AdaMax": [
        AVERAGE,
        r"u_t = \max(\beta_2 u_{t-1}, |g_t|)",
        r"\theta_t = \theta_{t-1} - \frac{\alpha}{1 - \beta_1^t} \frac{m_t}{u_t}",
    ],
    "sign descent": [r"\theta_{t+1} = \theta_t - \eta \operatorname{sign}(g_t)"],
    "Lion": [
        r"c_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t",
        r"\theta_t = \theta_{t-1} - \eta (\operatorname{sign}(c_t) + \lambda \theta_{t-1})",
        r"m_t = \beta_2 m_{t-1} + (1 - \beta_2) g_t",
    ],
    "Yogi": [
        AVERAGE,
        r"v_t = v_{t-1} - (1 - \beta_2) \operatorname{sign}(v_{t-1} - g_t^2) g_t^2",
        r"\theta_t = \theta_{t-1} - \alpha \frac{m_t}{\sqrt{v_t} + \epsilon}",
    ],
    "AdaDelta": [
        r"s_t = \rho s_{t-1} + (1 - \rho) g_t^2",
        r"d_t = -\frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{s_t + \epsilon}} g_t",
        r"u_t = \rho u_{t-1} + (1 - \rho) d_t^2",
        r"x_{t+1} = x_t + d_t",
    ],
    "NAdam": [
        AVERAGE,
        SQUARES,
        r"\hat m_t = \frac{m_t}{1 - \beta_1^t}",
        r"\hat v_t = \frac{v_t}{1 - \beta_2^t}",
        r"\theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{\hat v_t} + \epsilon} "
        r"\left(\beta_1 \hat m_t + \frac{(1 - \beta_1) g_t}{1 - \beta_1^t}\right)",
    ],
    "quasi-hyperbolic momentum": [
        r"v_t = \beta v_{t-1} + (1 - \beta) g_t",
        r"\theta_t = \theta_{t-1} - \alpha ((1 - \nu) g_t + \nu v_t)",
    ],
    "normalised descent": [r"w_{t+1} = w_t - \eta \frac{g_t}{\|g_t\|}"],
    "a decreasing rate": [r"w_{t+1} = w_t - \frac{\eta}{\sqrt{t}} g_t"],
    "Newton": [r"x_{k+1} = x_k - \frac{f'(x_k)}{f''(x_k)}"],
    "Newton with a Hessian": [r"\theta \leftarrow \theta - H^{-1} g"],
    "gradient ascent": [r"\theta \leftarrow \theta + \alpha \nabla_\theta J(\theta)"],
    "policy gradient": [r"\theta \leftarrow \theta + \alpha G_t \nabla_\theta \log \pi(a_t | s_t; \theta)"],
    "noise": [r"\theta_{t+1} = \theta_t - \eta \nabla f(\theta_t) + \sqrt{2 \eta} \xi_t"],
    "perceptron": [r"w \leftarrow w + \eta (y - \hat y) x"],
    "an average of weights": [r"\bar\theta_t = \beta \bar\theta_{t-1} + (1 - \beta) \theta_t"],
    "extragradient": [
        r"y_t = x_t - \eta \nabla f(x_t)",
        r"x_{t+1} = x_t - \eta \nabla f(y_t)",
    ],
    "variance reduction": [r"x_{t+1} = x_t - \eta (\nabla f_i(x_t) - \nabla f_i(z) + \mu)"],
}


@pytest.mark.parametrize("rows", PUBLISHED.values(), ids=PUBLISHED)
def test_published_updates_that_are_no_rule_here_are_not_accused(rows: list[str]) -> None:
    readings = []
    for line, row in enumerate(rows):
        readings += read(Piece("slides.md", line, row, "latex", row, 0, line))
    found = judge([one for one in readings if one.row is not None])

    assert "wrong" not in [one.verdict for one in found if one is not None]


ALONE = {
    AVERAGE: "adam",
    SQUARES: "adam",
    r"\hat m_t = \frac{m_t}{1 - \beta_1^t}": "adam",
    r"\theta_t = \theta_{t-1} - \alpha \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}": "adam",
    r"s = s + g^2": "adagrad",
}


@pytest.mark.parametrize(("row", "name"), ALONE.items(), ids=ALONE)
def test_a_row_alone_is_recognised(row: str, name: str) -> None:
    found = verdict([row])

    assert ("correct", name) == (found.verdict, found.rule)


def test_two_programs_of_one_slide_are_told_apart() -> None:
    rows = [
        r"v_t = \gamma v_{t-1} + \eta \nabla J(\theta)",
        r"\theta = \theta - v_t",
        r"v_t = \gamma v_{t-1} + \eta \nabla J(\theta - \gamma v_{t-1})",
        r"\theta = \theta - v_t",
    ]

    assert ["momentum", "momentum", "nesterov", "nesterov"] == [one.rule for one in verdicts(rows) if one is not None]


def test_making_a_reward_large_is_no_slip() -> None:
    rows = [r"\theta \leftarrow \theta + \alpha \nabla_\theta L(\theta)"]

    assert "assumption" == verdict(rows, before="We maximise the reward.").verdict
    assert "wrong" == verdict(rows, before="We minimise the loss.").verdict


@pytest.mark.parametrize("name", [one.name for one in catalogue().values() if one.kind == "optimizer"])
def test_candidates_move_as_the_reference_does(name: str) -> None:
    candidate = next(one for one in candidates() if one.rule == name and one.error is None)
    values = {h.name: Fraction(h.default.p, h.default.q) for h in rule(name).hyperparameters}
    symbols = {str(h.symbol): values[h.name] for h in rule(name).hyperparameters}
    expected = _first_step(name, values)

    (actual,) = run(candidate.machine, Fraction(1), symbols, lambda x: x, 1)

    assert float(expected) == pytest.approx(float(actual), rel=1e-14)


def _first_step(name: str, values: dict[str, Fraction]) -> float:
    program = rule(name).program()
    given = {program.symbols[key]: value for key, value in values.items()}
    formula = program.formula(program.parameter)
    one = {program.parameter: 1, **dict.fromkeys(program.state, 0), **given}
    called = formula.replace(lambda e: e.is_Function and e.func.__name__ == "gradient", lambda e: e.args[0])
    return float(called.subs(one).subs(t, 1))


def test_relatives_are_candidates_that_are_never_taken_for_the_rule() -> None:
    relatives = [one for one in candidates() if one.relative is not None]

    assert {one.name for one in RELATIVES} == {str(one.relative).split(" (")[0] for one in relatives}


@pytest.mark.parametrize("call", ["max(g)", "exp(g, 2)", "log(g, 2)"])
def test_functions_of_another_number_of_operands_are_not_judged(call: str) -> None:
    found = verdicts([f"w = w - lr * np.{call}"], "code")

    assert "wrong" not in [one.verdict for one in found if one is not None]
