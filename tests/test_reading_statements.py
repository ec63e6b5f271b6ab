"""Statements in the notations of many courses: what they are, what is wrong with them, what is left alone."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest

from gradspec.conformance.reading.finding import Piece, Reading, Verdict
from gradspec.conformance.reading.reading import read
from gradspec.conformance.reading.statements import judge
from gradspec.conformance.reading.tree import Call, Name, Number, Row, Tree


def readings(rows: Sequence[str], kind: str = "latex", before: str = "", slide: int = 0) -> list[Reading]:
    """The rows of one slide, with prose before the first."""
    found = []
    for line, row in enumerate(rows, start=1):
        found += read(Piece("slides.md", line, row, kind, row, slide, line, before if line == 1 else ""))
    assert [] == [one.trouble for one in found if one.row is None]
    return found


def verdicts(rows: Sequence[str], kind: str = "latex", before: str = "") -> list[Verdict | None]:
    return judge(readings(rows, kind, before))


def verdict(row: str, kind: str = "latex", before: str = "") -> Verdict:
    (only,) = verdicts([row], kind, before)
    assert only is not None
    return only


LINKED = " ".join(
    [
        r"\frac{\partial L}{\partial w} =",
        r"\frac{\partial L}{\partial a}",
        r"\frac{\partial a}{\partial z}",
        r"\frac{\partial z}{\partial w}",
    ]
)
CORRECT = {
    "sigmoid": (r"\sigma(z) = \frac{1}{1 + e^{-z}}", "sigmoid"),
    "sigmoid over e^z": (r"\sigma(z) = \frac{e^z}{1 + e^z}", "sigmoid"),
    "sigmoid by tanh": (r"\sigma(x) = \frac{1}{2}(1 + \tanh(x/2))", "sigmoid"),
    "sigmoid under another name": (r"f(x) = \frac{1}{1 + \exp(-x)}", "sigmoid"),
    "sigmoid of a neuron": (r"\sigma(z_j) = \frac{1}{1 + e^{-z_j}}", "sigmoid"),
    "slope of the sigmoid": (r"\sigma'(z) = \sigma(z)(1 - \sigma(z))", "sigmoid"),
    "slope of the sigmoid by its exponential": (r"\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2}", "sigmoid"),
    "slope by d/dx": (r"\frac{d}{dx}\sigma(x) = \sigma(x)(1 - \sigma(x))", "sigmoid"),
    "tanh": (r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}", "tanh"),
    "tanh by sigmoid": (r"\tanh(z) = 2\sigma(2z) - 1", "tanh"),
    "ReLU": (r"\operatorname{ReLU}(z) = \max(0, z)", "relu"),
    "ReLU by cases": (r"f(x) = \begin{cases} x & x > 0 \\ 0 & \text{otherwise}\end{cases}", "relu"),
    "ReLU by an indicator": (r"f(x) = x \cdot \mathbb{1}[x > 0]", "relu"),
    "leaky ReLU with a number": (r"\text{LeakyReLU}(x) = \max(0, x) + 0.01 \min(0, x)", "leaky_relu"),
    "PReLU": (r"\text{PReLU}(x) = \max(0, x) + a \min(0, x)", "prelu"),
    "ELU": (
        r"\text{ELU}_\alpha(z) = \begin{cases} \alpha(e^z - 1) & \text{if } z < 0 \\ z & \text{if } z \ge 0 \end{cases}",
        "elu",
    ),
    "RReLU": (r"\text{RReLU}(x) = \begin{cases} x & x \ge 0 \\ a x & \text{otherwise} \end{cases}", "rrelu"),
    "softmax": (r"\text{softmax}(z)_i = \frac{e^{z_i}}{\sum_{j=1}^K e^{z_j}}", "softmax"),
    "softmax as σ": (r"\sigma(\mathbf{z})_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}", "softmax"),
    "mean squared error": (r"L = \frac{1}{n} \sum_{i=1}^n (y_i - \hat{y}_i)^2", "mean_squared_error"),
    "cross entropy from logits": (r"L_i = -\log\left(\frac{e^{f_{y_i}}}{\sum_j e^{f_j}}\right)", "cross_entropy"),
    "L1": (r"R(w) = \lambda \sum_i |w_i|", "l1"),
    "L1 norm": (r"\|w\|_1 = \sum_i |w_i|", "l1"),
    "regularised cost": (r"\tilde{J}(\theta) = J(\theta) + \lambda \Omega(\theta)", "l1"),
    "L2": (r"R(w) = \lambda \sum_i w_i^2", "l2"),
    "clipping by norm": (r"\hat{g} = \min(1, c/\|g\|)\, g", "clip_by_norm"),
    "clipping by value": (r"\hat{g} = \max(-c, \min(c, g))", "clip_by_value"),
    "He": (r"\sigma^2 = \frac{2}{fan_{in}}", "he_normal"),
    "Glorot": (r"\operatorname{Var}(W) = \frac{2}{n_{in} + n_{out}}", "glorot_normal"),
    "Glorot's average": (r"fan_{avg} = \frac{fan_{in} + fan_{out}}{2}", "glorot_normal"),
    "normal law": (r"W \sim \mathcal{N}(0, \frac{2}{n_{in}})", "he_normal"),
    "normal law by its deviation": (r"W \sim \mathcal{N}(0, \sqrt{2/n_{in}})", "he_normal"),
    "uniform law": (
        r"W \sim U\left[-\frac{\sqrt{6}}{\sqrt{n_{in}+n_{out}}}, \frac{\sqrt{6}}{\sqrt{n_{in}+n_{out}}}\right]",
        "glorot_uniform",
    ),
    "dense layer": (r"z_j = w_j a_{j-1} + b_j", "dense"),
    "dense layer of vectors": (r"z = W^T x + b", "dense"),
    "dense layer by a sum": (r"z = \sum_{i=1}^n w_i x_i + b", "dense"),
    "chain rule": (
        LINKED,
        "sigmoid_chain",
    ),
    "chain of neurons": (
        r"\frac{\partial C}{\partial b_1} = \sigma'(z_1) w_2 \sigma'(z_2) w_3 \sigma'(z_3) \frac{\partial C}{\partial a_3}",
        "sigmoid_chain",
    ),
    "bound of a slope": (r"0 < \sigma'(z) \le \frac{1}{4}", "sigmoid"),
    "greatest slope": (r"\max_z \sigma'(z) = \frac{1}{4}", "sigmoid"),
}
BATCH = (
    r"\mu_B = \frac{1}{m} \sum_{i=1}^m x_i",
    r"\sigma_B^2 = \frac{1}{m} \sum_{i=1}^m (x_i - \mu_B)^2",
    r"\hat{x}_i = \frac{x_i - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}",
    r"y_i = \gamma \hat{x}_i + \beta",
)


@pytest.mark.parametrize(("row", "rule"), CORRECT.values(), ids=CORRECT)
def test_what_is_right_is_recognised(row: str, rule: str) -> None:
    found = verdict(row)

    assert ("correct", rule) == (found.verdict, found.rule)


CODE = {
    "sigmoid": ("def sigmoid(x):\n    return 1 / (1 + np.exp(-x))", "correct", "sigmoid"),
    "slope of tanh": ("def tanh_grad(x):\n    return 1 - np.tanh(x) ** 2", "correct", "tanh"),
    "softmax": ("probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)", "correct", "softmax"),
    "mean squared error": ("loss = np.mean((y_pred - y_true) ** 2)", "correct", "mean_squared_error"),
    "cross entropy": ("loss = -np.log(probs[y])", "convention", "cross_entropy"),
    "He": ("w = np.random.randn(fan_in, fan_out) * np.sqrt(2.0 / fan_in)", "correct", "he_normal"),
    "normal law": ("W = np.random.normal(0, np.sqrt(2 / fan_in), size=(a, b))", "correct", "he_normal"),
    "limit": ("limit = np.sqrt(6 / (fan_in + fan_out))", "correct", "glorot_uniform"),
    "clipping": (
        "norm = np.linalg.norm(g)\nif norm > c:\n    g = g * c / norm",
        "correct",
        "clip_by_norm",
    ),
    "running mean": (
        "running_mean = momentum * running_mean + (1 - momentum) * sample_mean",
        "convention",
        "batch_normalization",
    ),
    "scaled mask": ("U1 = (np.random.rand(*H1.shape) < p) / p\nH1 *= U1", "correct", "dropout"),
    "dropout scaled at test": ("U1 = np.random.rand(*H1.shape) < p\nH1 *= U1", "convention", "dropout"),
    "inverted dropout": ("mask = np.random.rand(*h.shape) > p\nh = h * mask / (1 - p)", "correct", "dropout"),
}


@pytest.mark.parametrize(("code", "expected", "rule"), CODE.values(), ids=CODE)
def test_code_is_recognised(code: str, expected: str, rule: str) -> None:
    found = verdicts([code], "code")[-1]

    assert found is not None
    assert (expected, rule) == (found.verdict, found.rule)


DIALECTS = {
    "halves of squares": (r"L = \frac{1}{2n} \sum_i (y_i - \hat{y}_i)^2", "", "mean_squared_error", {"factor": "half"}),
    "halved L2": (r"R(w) = \frac{\lambda}{2} \|w\|_2^2", "", "l2", {"factor": "half"}),
    "L2 per batch": (r"R(w) = \frac{\lambda}{2m} \sum_{i=1}^n w_i^2", "", "l2", {"factor": "half"}),
    "from probabilities": (r"L = -\sum_i y_i \log \hat{y}_i", "", "cross_entropy", {"input": "probabilities"}),
    "two classes": (r"L = -y\log\hat{y} - (1-y)\log(1-\hat{y})", "", "cross_entropy", {"input": "probabilities"}),
    "two classes, averaged": (
        r"J = -\frac{1}{m}\sum_{i=1}^m \left[ y^{(i)} \log h_\theta(x^{(i)}) + (1-y^{(i)})\log(1-h_\theta(x^{(i)}))\right]",
        "",
        "cross_entropy",
        {"input": "probabilities"},
    ),
    "no gain": (r"\operatorname{Var}(w) = \frac{1}{fan_{in}}", "", "he_normal", {"gain": "one"}),
    "squares added up": (r"E = \frac{1}{2} \sum_k (t_k - y_k)^2", "", "mean_squared_error", {"factor": "half"}),
}


@pytest.mark.parametrize(("row", "before", "rule", "dialect"), DIALECTS.values(), ids=DIALECTS)
def test_conventions_are_named(row: str, before: str, rule: str, dialect: Mapping[str, str]) -> None:
    found = verdict(row, before=before)

    assert ("convention", rule) == (found.verdict, found.rule)
    assert dialect.items() <= found.dialect.items()


ASSUMED = {
    "leaky ReLU as a maximum": (r"\text{LeakyReLU}_\alpha(z) = \max(\alpha z, z)", "", "leaky_relu"),
    "no ε": (r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2}}", "Batch normalization", "batch_normalization"),
    "a condition in words": (r"g \leftarrow \frac{c}{\|g\|} g", "If the norm exceeds c, we clip:", "clip_by_norm"),
    "a bound of a product": (r"w_3 \frac{\partial a_2}{\partial z_2} < \frac{1}{4}", "Assume", "sigmoid_chain"),
}


@pytest.mark.parametrize(("row", "before", "rule"), ASSUMED.values(), ids=ASSUMED)
def test_what_holds_under_a_condition_is_an_assumption(row: str, before: str, rule: str) -> None:
    found = verdict(row, before=before)

    assert ("assumption", rule) == (found.verdict, found.rule)


def test_batch_normalization_is_recognised_without_its_name() -> None:
    found = verdicts(BATCH)

    assert [("correct", "batch_normalization")] * 4 == [(one.verdict, one.rule) for one in found if one is not None]


def test_a_norm_and_the_condition_above_it_are_one_constraint() -> None:
    rows = [r"\|w_j\|_2 > r", r"w_j \leftarrow w_j \frac{r}{\|w_j\|_2}"]
    found = verdicts(rows, before="Max-norm regularization")

    assert [("correct", "max_norm")] * 2 == [(one.verdict, one.rule) for one in found if one is not None]


WRONG = {
    "sign in a sigmoid": (r"\sigma(x) = \frac{1}{1 + e^{x}}", "", r"\sigma(x) = \frac{1}{1 + e^{-x}}", ("1/3", "2/3")),
    "sign in a slope": (
        r"\sigma'(x) = \sigma(x)(1 + \sigma(x))",
        "",
        r"\sigma'(x) = \sigma(x) (1 - \sigma(x))",
        ("10/9", "2/9"),
    ),
    "min for max": (r"\text{ReLU}(x) = \min(0, x)", "", r"\text{ReLU}(x) = \max(0, x)", ("0", "1")),
    "square missing": (
        r"\text{MSE} = \frac{1}{n} \sum_{i=1}^n (y_i - \hat{y}_i)",
        "",
        r"\text{MSE} = \frac{1}{n} \sum_{i=1}^{n} (y_{i} - \hat{y}_{i})^{2}",
        ("0", "8/3"),
    ),
    "two strengths": (
        r"R(w) = \lambda^2 \sum_i w_i^2",
        "L2 penalty",
        r"R(w) = \lambda \sum_{i} w_{i}^{2}",
        ("9/4", "9/2"),
    ),
    "inverted average": (
        r"fan_{avg} = \frac{2}{fan_{in} + fan_{out}}",
        "",
        r"\text{fan}_{\text{avg}} = \frac{\text{fan}_{\text{in}} + \text{fan}_{\text{out}}}{2}",
        ("1/456", "456"),
    ),
    "half a variance": (
        r"\operatorname{Var}(W) = \frac{1}{n_{in} + n_{out}}",
        "Xavier initialization",
        r"\text{Var}(W) = \frac{2}{n_{\text{in}} + n_{\text{out}}}",
        ("1/912", "1/456"),
    ),
    "the root of a norm": (
        r"\|w_j\|_2 = \sum_i w_{ij}^2",
        "",
        r"\lVert w_{j} \rVert_{2} = \sqrt{\sum_{i} w_{i,j}^{2}}",
        ("49/100", "7/10"),
    ),
    "minus ε": (
        r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2 - \epsilon}}",
        "Batch normalization",
        r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^{2} + \epsilon}}",
        ("no number", "-2/3"),
    ),
    "ε outside": (
        r"\hat{x} = \frac{x - \mu}{\sigma + \epsilon}",
        "Batch normalization",
        r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^{2} + \epsilon}}",
        ("-2/7", "-2/3"),
    ),
    "a link missing": (
        r"\frac{\partial L}{\partial w} = \frac{\partial L}{\partial a}\frac{\partial z}{\partial w}",
        "",
        LINKED,
        ("4", "8"),
    ),
    "a link upside down": (
        LINKED.replace(r"\frac{\partial a}{\partial z}", r"\frac{\partial z}{\partial a}"),
        "",
        LINKED,
        ("2", "8"),
    ),
}


@pytest.mark.parametrize(("row", "before", "suggestion", "shown"), WRONG.values(), ids=WRONG)
def test_slips_get_the_smallest_repair_and_exact_numbers(
    row: str, before: str, suggestion: str, shown: tuple[str, str]
) -> None:
    found = verdict(row, before=before)

    assert "wrong" == found.verdict
    assert suggestion == found.suggestion
    assert found.witness is not None
    assert shown == (found.witness["printed"], found.witness["expected"])


@pytest.mark.parametrize(("row", "before", "suggestion", "shown"), WRONG.values(), ids=WRONG)
def test_suggestions_are_right(row: str, before: str, suggestion: str, shown: tuple[str, str]) -> None:
    found = verdict(suggestion, before=before)

    assert found.verdict in ("correct", "convention")


def test_the_share_that_is_divided_by_follows_from_the_mask() -> None:
    mask, scaled = verdicts(["mask = np.random.rand(*h.shape) > p\nh = h * mask / p"], "code")

    assert mask is not None
    assert "correct" == mask.verdict
    assert scaled is not None
    assert "wrong" == scaled.verdict
    assert "h = h * mask / (1 - p)" == scaled.suggestion


def test_only_the_row_with_the_slip_is_wrong() -> None:
    rows = (BATCH[0], BATCH[1].replace(")^2", ")"), *BATCH[2:])
    found = verdicts(rows, before="Batch normalization")

    assert ["correct", "wrong", "correct", "correct"] == [one.verdict for one in found if one is not None]


LEFT_ALONE = {
    "a bound on weights": (r"\sigma(z) \ge \frac{1}{2}", "Predict class 1 if"),
    "a cell of an LSTM": (r"h_t = o_t \odot \tanh(c_t)", "LSTM with dropout"),
    "exponentials before they are divided": (r"y = \exp(x)", "Softmax maps to the simplex"),
    "a gain of its own": (r"a = \text{gain} \times \sqrt{\frac{6}{fan_{in} + fan_{out}}}", "Glorot initialization"),
    "swish": (r"\text{swish}(x) = x \sigma(\beta x)", "Activations beside ReLU and sigmoid"),
    "ReLU6": (r"\text{ReLU6}(x) = \min(\max(0, x), 6)", "ReLU6, a ReLU that is cut"),
    "softplus": (r"f(x) = \log(1 + e^x)", "Softplus, a smooth ReLU"),
    "GELU": (r"\text{GELU}(x) = x \Phi(x)", ""),
    "an unbiased variance": (r"s^2 = \frac{1}{n-1} \sum_i (x_i - \bar{x})^2", "Statistics"),
    "the mean of a sample": (r"\bar{x} = \frac{1}{n} \sum_i x_i", "Statistics"),
    "Huber": (r"L = \frac{1}{2} (y - \hat{y})^2 \text{ if } |y - \hat{y}| < \delta", "Beside the mean squared error"),
    "fan-out mode": (r"\operatorname{Var}(w) = \frac{2}{fan_{out}}", "He initialization"),
    "a line": (r"y = m x + c", ""),
    "a Bernoulli label": (r"y \sim \text{Bernoulli}(\theta)", ""),
    "attention": (r"\text{Attention}(Q, K, V) = \text{softmax}(QK^T / \sqrt{d}) V", "Softmax"),
    "convexity": (r"f(\lambda x + (1 - \lambda) y) \le \lambda f(x) + (1 - \lambda) f(y)", ""),
    "weighted squares": (r"L = \frac{1}{n} \sum_i v_i (y_i - \hat{y}_i)^2", "Weighted mean squared error"),
    "a delta": (r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", "Backpropagation with the sigmoid"),
    "a derivative that is none of the chain": (
        r"\frac{\partial C}{\partial w_{jk}} = a_k \delta_j",
        "Backpropagation",
    ),
}


@pytest.mark.parametrize(("row", "before"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_nothing_else_is_accused(row: str, before: str) -> None:
    (found,) = verdicts([row], before=before)

    assert found is None or found.verdict in ("unknown", "convention", "assumption")


def test_the_slope_after_training_is_recognised() -> None:
    found = verdict(r"a = \frac{l + u}{2}", before="RReLU at test time")

    assert ("correct", "rrelu") == (found.verdict, found.rule)


def test_a_label_that_is_drawn_is_no_mask() -> None:
    rows = [r"y \sim \text{Bernoulli}(p)", r"L = -y \log \hat{y} - (1 - y) \log(1 - \hat{y})"]

    assert [None, "cross_entropy"] == [one and one.rule for one in verdicts(rows)]


def test_labels_state_nothing() -> None:
    assert [None] * 4 == verdicts([r"\frac{\partial C}{\partial b_1}", r"\mu_B", r"w_{ij}", r"\sigma(z_j)"])


def test_code_on_the_way_to_a_result_is_not_accused() -> None:
    code = "p = np.exp(z - np.max(z))\np = p / np.sum(p)"
    found = verdicts([code], "code", "Softmax")

    assert "wrong" not in [one.verdict for one in found if one is not None]


# -- what rows on earlier slides say -------------------------------------------------------------------------


def test_a_penalty_that_is_multiplied_twice_is_found_from_an_earlier_slide() -> None:
    earlier = readings([r"\tilde{J}(w) = J(w) + \lambda R(w)"])
    (alone,) = judge(readings([r"R(w) = \lambda \sum_i |w_i|"], slide=1))
    (found,) = judge(readings([r"R(w) = \lambda \sum_i |w_i|"], slide=1), earlier)

    assert alone is not None
    assert "correct" == alone.verdict
    assert found is not None
    assert ("wrong", "l1") == (found.verdict, found.rule)
    assert r"R(w) = \sum_{i} \lvert w_{i} \rvert" == found.suggestion
    assert {"inputs": {"lambda": "1/2", "w": "(1, -2, 2)"}, "printed": "5/4", "expected": "5/2"} == found.witness


CLAIM = "be a factor of 16 (or more) smaller than"


def factor(rows: Sequence[str], second: str) -> list[Verdict | None]:
    """Judge assumed bounds and the claim that follows."""
    found = readings([*rows, r"\frac{\partial C}{\partial b_1}"])
    return judge([*found, *readings([second], before=CLAIM)])


def test_a_factor_that_the_bounds_do_not_give_is_refuted() -> None:
    rows = [
        r"w_3 \frac{\partial a_2}{\partial z_2} < \frac{1}{4}",
        r"w_2 \frac{\partial a_1}{\partial z_1} < \frac{1}{4}",
    ]
    *bounds, _, claim = factor(rows, r"\frac{\partial C}{\partial b_2}")

    assert ["wrong", "wrong"] == [one.verdict for one in bounds if one is not None]
    assert claim is not None
    assert "wrong" == claim.verdict
    assert r"\frac{\partial C}{\partial b_{3}}" == claim.suggestion
    assert claim.witness is not None
    assert "2/9" == claim.witness["expected"]


def test_a_factor_follows_from_bounds_on_sizes() -> None:
    rows = [
        r"|w_3 \frac{\partial a_2}{\partial z_2}| < \frac{1}{4}",
        r"|w_2 \frac{\partial a_1}{\partial z_1}| < \frac{1}{4}",
    ]
    *bounds, _, claim = factor(rows, r"\frac{\partial C}{\partial b_3}")

    assert ["assumption", "assumption"] == [one.verdict for one in bounds if one is not None]
    assert claim is not None
    assert "correct" == claim.verdict


def test_a_weight_of_the_wrong_layer_is_found_where_the_chain_is_defined() -> None:
    chain = r"\frac{\partial C}{\partial b_1} = \sigma'(z_1) w_2 \sigma'(z_2) w_2 \sigma'(z_3) \frac{\partial C}{\partial a_3}"
    alone = verdicts([chain])[-1]
    found = verdicts([r"z_j = w_j a_{j-1} + b_j", chain])[-1]

    assert alone is None or alone.verdict != "wrong"
    assert found is not None
    assert "wrong" == found.verdict
    assert found.suggestion is not None
    assert "w_{3}" in found.suggestion


# -- numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected", "rule"),
    [
        ("clipvalue=1.0: [0.9,100.0] ⇒ [0.9,1.0]", "correct", "clip_by_value"),
        ("clipnorm=1.0: [0.9, 100.0] ⇒ [0.00899964, 0.9999595]", "correct", "clip_by_norm"),
        ("clipnorm=1.0: [0.9, 100.0] ⇒ [0.9, 1.0]", "wrong", "clip_by_norm"),
        ("clipvalue=1.0: [0.9, -100.0] ⇒ [0.9, 1.0]", "wrong", "clip_by_value"),
    ],
)
def test_numbers_of_an_example_are_worked_out(text: str, expected: str, rule: str) -> None:
    source = text.split(": ")[1].replace("⇒", "→")
    (found,) = judge(read(Piece("slides.md", 1, text, "text", source, 0, 0, "")))

    assert found is not None
    assert (expected, rule) == (found.verdict, found.rule)


# -- hostile rows --------------------------------------------------------------------------------------------


def reading(*sides: Tree) -> Reading:
    piece = Piece("slides.md", 1, "", "latex", "", 0, 0, "sigmoid")
    return Reading(piece, 1, "", Row(sides, ("=",) * (len(sides) - 1)))


def tower(height: int) -> Tree:
    found: Tree = NINE
    for _ in range(height):
        found = Call("^", (NINE, found))
    return found


ONE, NINE = Number(Fraction(1)), Number(Fraction(9))
SIGMA = Call("apply", (Name("sigma"), Name("z")))


@pytest.mark.parametrize(
    "right",
    [
        tower(3),
        Call("+", tuple(Name(f"x{k}") for k in range(2000))),
        Call("/", (Name("z"), Number(Fraction(0)))),
        Call("exp", (Call("exp", (Call("exp", (Name("z"),)),)),)),
        Call("sum", (Name("z"), Name("i"), ONE, tower(3))),
        Call("cases", ()),
        Call("max", ()),
        Call("unheard", (Name("z"),)),
    ],
)
def test_hostile_rows_are_unknown_or_nothing(right: Tree) -> None:
    (found,) = judge([reading(SIGMA, right)])

    assert found is None or found.verdict == "unknown"
