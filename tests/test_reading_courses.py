r"""Documents as courses have them, with start values, counters, remarks and headings: judged from their text on."""

import pytest

from gradspec.conformance.reading.document import pieces_of
from gradspec.conformance.reading.finding import Item
from gradspec.conformance.reading.judging import judged

MOMENTUM = ("correct", "momentum", {"learning_rate_place": "inside", "gain": "one"})
AVERAGED = ("convention", "momentum", {"learning_rate_place": "outside", "gain": "one_minus_momentum"})
ADAM = ("correct", "adam", {"epsilon_place": "outside", "bias_correction": "both"})
HAT = ("convention", "adam", {"epsilon_place": "hat", "bias_correction": "both"})
LOOK_AHEAD = ("correct", "nesterov", {"nesterov_form": "look_ahead"})
STORED = ("convention", "nesterov", {"nesterov_form": "stored_look_ahead"})
ADAGRAD = ("correct", "adagrad", {"epsilon_place": "outside"})
ADAGRAD_INSIDE = ("convention", "adagrad", {"epsilon_place": "inside"})
RMSPROP = ("correct", "rmsprop", {"epsilon_place": "inside"})


def items(text: str) -> list[Item]:
    return judged(pieces_of(text, "notes.md"), lambda: None)


def code(text: str) -> str:
    return f"```python\n{text.strip()}\n```\n"


PROGRAMS = {
    "a start value in code": (
        code("v = 0\nfor t in range(100):\n    v = mu * v - lr * dx\n    x += v"),
        MOMENTUM,
    ),
    "a start value in words": (
        "$v = 0$ at the start, then repeat\n\n$v \\leftarrow \\mu v - \\eta \\nabla_\\theta J(\\theta)$\n\n"
        "$\\theta \\leftarrow \\theta + v$\n",
        MOMENTUM,
    ),
    "a counter": (
        "$m_0 = 0$, $v_0 = 0$, $t = 0$\n\n$t \\leftarrow t + 1$\n\n$g \\leftarrow \\nabla_\\theta J(\\theta)$\n\n"
        "$m \\leftarrow \\beta_1 m + (1 - \\beta_1) g$\n\n$v \\leftarrow \\beta_2 v + (1 - \\beta_2) g \\odot g$\n\n"
        "$\\theta \\leftarrow \\theta - \\alpha \\frac{m / (1 - \\beta_1^t)}{\\sqrt{v / (1 - \\beta_2^t)} + \\epsilon}$\n",
        ADAM,
    ),
    "a counter of another name": (
        code(
            """
m = 0
s = 0
count = 0
while True:
    count += 1
    g = gradient(w)
    m = b1 * m + (1 - b1) * g
    s = b2 * s + (1 - b2) * g ** 2
    w -= rate * (m / (1 - b1 ** count)) / (np.sqrt(s / (1 - b2 ** count)) + eps)
"""
        ),
        ADAM,
    ),
    "two states that begin with 0": (
        code(
            """
square_sum = 0
while True:
    slope = compute_gradient(x)
    square_sum += slope * slope
    x -= rate * slope / (np.sqrt(square_sum) + 1e-7)
"""
        ).replace("slope", "dx"),
        ADAGRAD,
    ),
    "the velocity before in a name of its own": (
        code(
            "v = 0\nwhile True:\n    before_v = v\n    v = rho * v - lr * dx\n    x += -rho * before_v + (1 + rho) * v"
        ),
        STORED,
    ),
    "old and new": (code("v_new = beta * v_old + alpha * g\nw_new = w_old - v_new"), MOMENTUM),
    "old and new squares": (
        code("r_new = beta * r_old + (1 - beta) * g ** 2\nw_new = w_old - alpha / sqrt(r_new + eps) * g"),
        RMSPROP,
    ),
    "new, then carried over": (code("w_new = w - lr * grad\nw = w_new"), ("correct", "gradient_descent", {})),
    "old and new in an index": (
        "$v_{new} = \\mu v_{old} - \\eta \\nabla J(w_{old})$\n\n$w_{new} = w_{old} + v_{new}$\n",
        MOMENTUM,
    ),
    "functions of time": (
        "$V(t) = \\alpha\\, dW + \\beta V(t-1)$\n\n$W(t+1) = W(t) - V(t)$\n",
        MOMENTUM,
    ),
    "functions of another counter": (
        "$v(k) = \\beta v(k-1) + \\eta \\nabla J(w(k))$ and $w(k+1) = w(k) - v(k)$\n",
        MOMENTUM,
    ),
    "letters spelled out": (
        "$m(t) = beta1 * m(t-1) + (1 - beta1) * dW$\n\n$v(t) = beta2 * v(t-1) + (1 - beta2) * dW^2$\n\n"
        "$W(t) = W(t-1) - alpha * sqrt(1 - beta2^t) / (1 - beta1^t) * m(t) / (sqrt(v(t)) + eps)$\n",
        HAT,
    ),
    "a gradient within a sum that is not read": (
        code(
            """
def train(theta, velocity, rate, alpha):
    while not done():
        g = sum([grad(loss(f(x, theta), y), theta) for x, y in batch()])
        velocity = alpha * velocity - rate * g
        theta += velocity
"""
        ),
        MOMENTUM,
    ),
    "a gradient ahead within a sum": (
        code(
            """
def train(theta, velocity, rate, alpha):
    while not done():
        ahead = theta + alpha * velocity
        g = sum([grad(loss(f(x, ahead), y), ahead) for x, y in batch()])
        velocity = alpha * velocity - rate * g
        theta += velocity
"""
        ),
        LOOK_AHEAD,
    ),
    "a step size of this call": (
        code(
            """
def step(grad, x, m, v, i, rate=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    m = (1 - b1) * grad + b1 * m
    v = (1 - b2) * grad ** 2 + b2 * v
    rate = rate * np.sqrt(1 - b2 ** (i + 1)) / (1 - b1 ** (i + 1))
    x = x - rate * m / (np.sqrt(v) + eps)
    return x, m, v
"""
        ),
        HAT,
    ),
    "a state in a table, and the next parameter returned": (
        code(
            """
def update(w, dw, config=None):
    config.setdefault("rate", 1e-2)
    v = config.get("velocity", np.zeros_like(w))
    next_w = None
    v = config["momentum"] * v - config["rate"] * dw
    next_w = w + v
    config["velocity"] = v
    return next_w, config
"""
        ),
        MOMENTUM,
    ),
    "settings unpacked, and a counter among them": (
        code(
            """
def update(x, dx, config):
    beta1, beta2, eps = config["beta1"], config["beta2"], config["epsilon"]
    t, m, v = config["t"], config["m"], config["v"]
    t += 1
    m = beta1 * m + (1 - beta1) * dx
    v = beta2 * v + (1 - beta2) * (dx * dx)
    m_hat = m / (1 - np.power(beta1, t))
    v_hat = v / (1 - np.power(beta2, t))
    x -= config["rate"] * m_hat / (np.sqrt(v_hat) + eps)
    config["t"], config["m"], config["v"] = t, m, v
    return x, config
"""
        ),
        ADAM,
    ),
    "states of an object, named after its parts": (
        code(
            """
class Adam:
    def __init__(self, count):
        self.m_weights = [0.0] * count

    def update(self, layer, grads, t):
        dldw, dldb = grads
        layer.m_weights = self.beta1 * layer.m_weights + (1 - self.beta1) * dldw
        layer.v_weights = self.beta2 * layer.v_weights + (1 - self.beta2) * dldw ** 2
        m_hat = layer.m_weights / (1 - self.beta1 ** t)
        v_hat = layer.v_weights / (1 - self.beta2 ** t)
        layer.weights -= self.rate * m_hat / (np.sqrt(v_hat) + self.epsilon)
"""
        ),
        ADAM,
    ),
    "a gradient that says by what": (
        "```\nv := β * v + (1 - β) * ∇θ J(θ)\nθ := θ - α * v\n```\n",
        AVERAGED,
    ),
    "a change of variables": (
        "With $\\tilde{x}_t = x_t + \\rho v_t$:\n\n$$v_{t+1} = \\rho v_t - \\alpha \\nabla f(\\tilde{x}_t)$$\n"
        "$$\\tilde{x}_{t+1} = \\tilde{x}_t - \\rho v_t + (1 + \\rho) v_{t+1}$$\n",
        STORED,
    ),
    "a change in place of the gradient": (
        "$$v_t \\leftarrow \\gamma v_{t-1} + \\eta \\Delta w_t$$\n$$w_{t+1} \\leftarrow w_t - v_t$$\n",
        MOMENTUM,
    ),
    "weights and biases": (
        "$$V_{dW} = \\beta V_{dW} + (1-\\beta) dW$$\n$$V_{db} = \\beta V_{db} + (1-\\beta) db$$\n"
        "$$W = W - \\alpha V_{dW}$$\n$$b = b - \\alpha V_{db}$$\n",
        AVERAGED,
    ),
    "the change of a weight as velocity": (
        "$$ \\Delta w_t = \\alpha \\Delta w_{t-1} - \\eta \\nabla E $$\n$$ w_{t+1} = w_t + \\Delta w_t$$\n",
        MOMENTUM,
    ),
    "the change of a weight as a function of time": (
        "$\\Delta w(t) = -\\eta \\frac{\\partial E}{\\partial w} + \\alpha \\Delta w(t-1)$, $w(t+1) = w(t) + \\Delta w(t)$\n",
        MOMENTUM,
    ),
    "the last change of a weight": (
        "$$w^{(k+1)} = w^{(k)} - \\eta \\nabla E(w^{(k)}) + \\alpha \\Delta w^{(k)}$$\n"
        "$$\\Delta w^{(k)} = w^{(k)} - w^{(k-1)}$$\n",
        MOMENTUM,
    ),
    "a derivative with a prime": (
        "$W_{new} = W_{old} - \\eta L'(W_{old})$\n",
        ("correct", "gradient_descent", {}),
    ),
    "a rate that is a function of the step": (
        code("velocity = mass * velocity + g\nx = x - step_size(i) * velocity"),
        ("convention", "momentum", {"learning_rate_place": "outside"}),
    ),
    "a derivative by name": (
        code("v = np.zeros(2)\nfor i in range(100):\n    grad = df(x)\n    v = gamma * v + eta * grad\n    x = x - v"),
        MOMENTUM,
    ),
    "a velocity alone": ("$v_t = \\mu v_{t-1} - \\eta \\nabla E$\n", MOMENTUM),
    "the gradient of a mean": (
        "$\\theta \\leftarrow \\theta - \\eta \\nabla_\\theta \\frac{1}{m} \\sum_{i=1}^m L(f(x_i; \\theta), y_i)$\n",
        ("correct", "gradient_descent", {}),
    ),
    "an upside-down delta": (
        "\\\\(w_t = w_{t-1} - \\alpha \\cdot \\bigtriangledown f(w_{t-1})\\\\)\n",
        ("correct", "gradient_descent", {}),
    ),
    "an accumulator that is called G": (
        "$$\\theta_{t+1} = \\theta_t - \\frac{\\eta}{\\sqrt{G_t + \\epsilon}} \\odot g_t$$\n",
        ADAGRAD_INSIDE,
    ),
}


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.values(), ids=list(PROGRAMS))
def test_every_row_of_a_program_is_recognised(text: str, expected: tuple[str, str, dict[str, str]]) -> None:
    verdict, rule, dialect = expected
    found = [one.verdict for one in items(text) if one.verdict.verdict != "unknown" or "moves" in one.verdict.message]

    assert {(verdict, rule)} == {(one.verdict, one.rule) for one in found}
    assert [dialect] * len(found) == [{axis: one.dialect[axis] for axis in dialect} for one in found]


def test_start_values_and_counters_are_rows_of_their_program() -> None:
    text, (verdict, rule, _) = PROGRAMS["a counter"]

    assert [(verdict, rule)] * 8 == [(one.verdict.verdict, one.verdict.rule) for one in items(text)]


def test_a_rate_that_is_overwritten_is_right_if_every_step_begins_with_the_first() -> None:
    rows = """
m = b1 * m + (1 - b1) * g
v = b2 * v + (1 - b2) * g ** 2
lr = lr * np.sqrt(1 - b2 ** t) / (1 - b1 ** t)
w = w - lr * m / (np.sqrt(v) + eps)
"""
    (verdict,) = {(one.verdict.verdict, one.verdict.rule, one.verdict.message[-35:]) for one in items(code(rows))}

    assert ("assumption", "adam", "if every step begins with the first lr"[-35:]) == verdict


def test_corrected_averages_in_place_of_the_averages_are_wrong_in_new_names_too() -> None:
    rows = """
m_new = b1 * m_old + (1 - b1) * g
v_new = b2 * v_old + (1 - b2) * g ** 2
m_new = m_new / (1 - b1 ** t)
v_new = v_new / (1 - b2 ** t)
w_new = w_old - lr * m_new / (sqrt(v_new) + eps)
"""
    found = items(code(rows))

    assert {("wrong", "adam")} == {(one.verdict.verdict, one.verdict.rule) for one in found}
    assert all("moments_overwritten" in one.verdict.message for one in found)


def test_functions_of_one_file_have_names_of_their_own() -> None:
    text = code(
        """
def descent(w, dw, rate):
    w -= rate * dw
    return w


def rolling(w, dw, config):
    v = config.get("velocity", 0)
    v = config["momentum"] * v - config["rate"] * dw
    next_w = w + v
    config["velocity"] = v
    return next_w
"""
    )

    assert ["gradient_descent", *["momentum"] * 4] == [one.verdict.rule for one in items(text)]


def test_a_limit_is_what_it_was_given_last() -> None:
    text = code(
        """
limit = np.sqrt(6 / (F_in + F_out))
W = np.random.uniform(-limit, limit, size=(F_in, F_out))
limit = np.sqrt(6 / F_in)
W = np.random.uniform(-limit, limit, size=(F_in, F_out))
"""
    )

    assert ["glorot_uniform"] * 2 + ["he_uniform"] * 2 == [one.verdict.rule for one in items(text)]


LEFT_ALONE = {
    "optimistic gradient descent": (
        "$$u_t = (\\alpha_t + \\beta_t) g_t - \\beta_t g_{t-1}$$\n$$w_{t+1} = w_t - \\eta_t u_t$$\n"
    ),
    "the green of an image": code("out = torch.addcmul(out, g, w_g)"),
    "variances that are kept": "# Xavier\n\n$\\mathrm{Var}[y] = \\mathrm{Var}[x]$\n",
    "bias-corrected momentum": (
        "$m \\leftarrow \\beta_1 m + (1 - \\beta_1) \\nabla J(\\theta)$\n\n"
        "$\\theta \\leftarrow \\theta - \\eta\\, m/(1-\\beta_1^t)$\n"
    ),
    "GELU": "# GELU and other linear units\n\n$f(x) = x \\cdot \\Phi(x)$\n",
    "leaky ReLU under the name of ReLU": "# Leaky ReLU\n\n$relu(z) = g(z) = a = max(0.01*z, z)$\n",
    "a displacement": "$$\\Delta \\theta_t = -\\eta\\, g_t / r_t$$\n$$\\theta_{t+1} = \\theta_t + \\Delta \\theta_t$$\n",
    "AdaDelta": (
        "$$\\Delta \\theta_t = - \\frac{RMS[\\Delta\\theta]_{t-1}}{RMS[g]_t} g_t$$\n"
        "$$\\theta_{t+1} = \\theta_t + \\Delta \\theta_t$$\n"
    ),
    "money": "It costs $5 million and earned her $10 in all.\n",
}


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=list(LEFT_ALONE))
def test_what_is_no_rule_is_neither_praised_nor_accused(text: str) -> None:
    assert set() == {one.verdict.verdict for one in items(text)} - {"unknown"}


FORMULAS = {
    "a mean with the number of the layer": (
        "# Batch norm\n\n$\\mu^{[l]} = \\frac{1}{m} \\sum_i {z^{[l]}}^{(i)}$\n",
        "correct",
        "batch_normalization",
    ),
    "a variance where a deviation belongs": (
        "# Batch norm\n\n${z_{norm}^{[l]}}^{(i)} = \\frac{{z^{[l]}}^{(i)} - \\mu}{{\\sigma^{[l]}}^2}$\n",
        "wrong",
        "batch_normalization",
    ),
    "cases with a column of commas": (
        "$ReLU(x)=\\left\\lbrace\\begin{array}{cll} x & , & x \\ge 0 \\\\ 0 & , & x < 0 \\end{array}\\right.$\n",
        "correct",
        "relu",
    ),
    "cases whose rows Markdown has joined": (
        "# ELU\n\n$f(x) = \\begin{cases} x & x > 0 \\ \\alpha(e^x - 1) & x \\leq 0 \\end{cases}$\n",
        "correct",
        "elu",
    ),
    "a mean over the members of a set": (
        "# Batch norm\n\n$\\hat\\mu_\\mathcal{B} = \\frac{1}{|\\mathcal{B}|} \\sum_{x \\in \\mathcal{B}} x$\n",
        "correct",
        "batch_normalization",
    ),
    "a layer as a function": (
        "$BN(x) = \\gamma \\frac{x - \\mu_B}{\\sqrt{\\sigma_B^2 + \\epsilon}} + \\beta$\n",
        "correct",
        "batch_normalization",
    ),
    "a layer without ε": (
        "$BN(x) = \\gamma \\frac{x - \\mu_B}{\\sigma_B} + \\beta$\n",
        "assumption",
        "batch_normalization",
    ),
    "a choice by chance": (
        "# Dropout\n\n$h' = \\begin{cases} 0 & \\text{ with probability } p \\\\ \\frac{h}{1-p} & \\text{ otherwise} "
        "\\end{cases}$\n",
        "correct",
        "dropout",
    ),
    "a choice by chance, scaled by the other share": (
        "# Dropout\n\n$h' = \\begin{cases} 0 & \\text{w.p. } p \\\\ \\frac{h}{p} & \\text{otherwise} \\end{cases}$\n",
        "wrong",
        "dropout",
    ),
    "a constraint in brackets": (
        "# Max-norm\n\nrescales w if needed $(w \\leftarrow w \\frac{r}{\\| w \\|_2})$\n",
        "assumption",
        "max_norm",
    ),
    "a function in capital letters": (
        "$Tanh(x)=1-{2 \\over e^{2x}+1}={e^x-e^{-x} \\over e^x+e^{-x}}$\n",
        "correct",
        "tanh",
    ),
    "a name for the value": ("# Sigmoid\n\n$\\sigma(z) = g(z) = a = \\frac{1}{1+e^{-z}}$\n", "correct", "sigmoid"),
}


@pytest.mark.parametrize(("text", "verdict", "rule"), FORMULAS.values(), ids=list(FORMULAS))
def test_formulas_of_courses_get_their_verdict(text: str, verdict: str, rule: str) -> None:
    assert [(verdict, rule)] == [(one.verdict.verdict, one.verdict.rule) for one in items(text)]


WRONG = {
    "powers of what is left of a share": (
        "$m_t = \\beta_1 m_{t-1} + (1-\\beta_1) g_t$, $v_t = \\beta_2 v_{t-1} + (1-\\beta_2) g_t^2$\n\n"
        "$\\hat m_t = m_t/(1-\\beta_1)^t$, $\\hat v_t = v_t/(1-\\beta_2)^t$\n\n"
        "$\\theta_t = \\theta_{t-1} - \\eta \\hat m_t / (\\sqrt{\\hat v_t} + \\epsilon)$\n",
        "adam",
        "\\hat{m}_{t} = \\frac{m_{t}}{1 - \\beta_{1}^{t}}; \\hat{v}_{t} = \\frac{v_{t}}{1 - \\beta_{2}^{t}}",
    ),
    "brackets that are left out": (
        code("cache += dx**2\nx += - rate * dx / np.sqrt(cache) + eps"),
        "adagrad",
        "x = x - rate * dx / (np.sqrt(cache) + eps)",
    ),
    "a derivative upside down": (
        "$$w_{t+1} = w_t - \\eta \\frac{\\partial w}{\\partial C}$$\n",
        "gradient_descent",
        "w_{t + 1} = w_{t} - \\eta \\frac{\\partial C}{\\partial w}",
    ),
    "a rate that divides": (
        "$w \\leftarrow w - \\frac{g}{\\kappa}$\n",
        "gradient_descent",
        "w \\leftarrow w - g \\kappa",
    ),
    "a decay that stands only where the gradient is taken": (
        "$$v_{t+1} = v_t - \\eta \\nabla f(w_t + \\mu v_t)$$\n$$w_{t+1} = w_t + v_{t+1}$$\n",
        "nesterov",
        "v_{t + 1} = \\mu v_{t} - \\eta \\nabla f(w_{t} + \\mu v_{t})",
    ),
}


@pytest.mark.parametrize(("text", "rule", "suggestion"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_comes_with_what_would_be_right(text: str, rule: str, suggestion: str) -> None:
    found = items(text)

    assert [("wrong", rule, suggestion)] * len(found) == [
        (one.verdict.verdict, one.verdict.rule, one.verdict.suggestion) for one in found
    ]
    assert all(one.verdict.witness is not None for one in found)


RIGHT_NUMBERS = """
$$m_t = 0.1 g_t + 0.9 m_{t-1}$$
$$v_t = 0.999 v_{t-1} + 0.001 g_t^2$$
$$\\theta = \\theta - \\eta \\frac{m_t / (1 - 0.9^t)}{\\sqrt{v_t / (1 - 0.999^t)} + \\epsilon}$$
"""
CENTERED = """
$$E[g^2]_t = \\gamma E[g^2]_{t-1} + (1 - \\gamma) g_t^2$$
$$E[g]_t = \\gamma E[g]_{t-1} + (1 - \\gamma) g_t$$
$$\\theta_{t+1} = \\theta_t - \\frac{\\eta}{\\sqrt{E[g^2]_t - E[g]_t^2} + \\epsilon} \\odot g_t$$
"""


@pytest.mark.parametrize(("text", "rule"), [(RIGHT_NUMBERS, "adam"), (CENTERED, "rmsprop")], ids=["adam", "rmsprop"])
def test_the_smaller_share_first_and_squares_of_averages_are_no_slips(text: str, rule: str) -> None:
    verdicts = {(one.verdict.rule, one.verdict.verdict in ("correct", "convention")) for one in items(text)}

    assert {(rule, True)} == verdicts
