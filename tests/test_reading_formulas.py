"""Formulas and code are read as what they say, in many spellings, and whatever is thrown at the reader is refused in one line."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradspec.conformance.reading import latex, plain, python_code
from gradspec.conformance.reading import notation as written
from gradspec.conformance.reading.mathml import mathml
from gradspec.conformance.reading.tree import Call, Name, Number, Row, Tree, Unreadable

# What the lecture deck prints, what it says in the manner of Python, and what has to be repaired.
DECK = (
    (
        r"\tilde{\mathtt{J}}(\mathbf{w}) = \mathtt{J}(\mathbf{w}) + \lambda \mathtt{R}(\mathbf{w})",
        r"J_tilde(w) = J(w) + lambda * R(w)",
        (),
    ),
    (
        r"R(\mathbf{w}) = \lambda \sum_{i=1}^{n} |w_i|",
        r"R(w) = lambda * sum(np.abs(w[i]), i, 1, n)",
        (),
    ),
    (
        r"\tilde{J}(\mathbf{w}) = J(\mathbf{w}) + \lambda \sum_{i=1}^{n} |w_i|",
        r"J_tilde(w) = J(w) + lambda * sum(np.abs(w[i]), i, 1, n)",
        (),
    ),
    (
        r"R(\mathbf{w}) = \lambda \sum_{i=1}^{n} w_i^2",
        r"R(w) = lambda * sum(w[i]**2, i, 1, n)",
        (),
    ),
    (
        r"\tilde{J}(\mathbf{w}) = J(\mathbf{w}) + \lambda \sum_{i=1}^{n} w_i^2",
        r"J_tilde(w) = J(w) + lambda * sum(w[i]**2, i, 1, n)",
        (),
    ),
    (
        r"||w_j||_2 > r",
        r"np.linalg.norm(w[j], 2) > r",
        (),
    ),
    (
        r"\mathbf{w}_{j} \leftarrow \mathbf{w}_{j} \frac{\mathbf{r}}{||\mathbf{w}_{j}||_{2}}",
        r"w[j] = w[j] * (r / np.linalg.norm(w[j], 2))",
        (),
    ),
    (
        r"||\mathbf{w}_{j}||_{2} = (\sum_{i} w_{i,j}^{2})^{\frac{1}{2}} = \sqrt{w_{1,j}^{2} + w_{2,j}^{2} + \dots + w_{n,j}^{2}}",
        r"np.linalg.norm(w[j], 2) = sum(w[i][j]**2, i)**(1 / 2) = np.sqrt(w[1][j]**2 + w[2][j]**2 + np.dots() + w[n][j]**2)",
        (),
    ),
    (
        r"\mathbf{w}^{(\texttt{next})} = \mathbf{w} - \eta rac{\partial \mathtt{J}(\mathbf{w})}{\partial \mathbf{w}}",
        r"w = w - eta * partial(J(w), w)",
        ("rac{ for \\frac{",),
    ),
    (
        r"\sigma(z_j)",
        r"sigma(z[j])",
        (),
    ),
    (
        r"z_j = w_j a_{j-1} + b_j",
        r"z[j] = w[j] * a[j - 1] + b[j]",
        (),
    ),
    (
        r"a_4 = \sigma(z_4) = \text{sigmoid}(w_4a_3 + b_4)",
        r"a[4] = sigma(z[4]) = sigmoid(w[4] * a[3] + b[4])",
        (),
    ),
    (
        r"\left(\frac{\partial C}{\partial b_1}\right)",
        r"partial(C, b[1])",
        (),
    ),
    (
        r"\frac{\partial \mathtt{C}}{\partial \mathtt{b}_1} = \frac{\partial \mathtt{C}}{\partial \mathtt{a}_4} \times \frac{\partial \mathtt{a}_4}{\partial \mathtt{z}_4} \times \frac{\partial \mathtt{z}_4}{\partial \mathtt{a}_3} \times \frac{\partial \mathtt{a}_3}{\partial \mathtt{z}_3} \times \frac{\partial \mathtt{z}_3}{\partial \mathtt{a}_2} \times \frac{\partial \mathtt{a}_2}{\partial \mathtt{z}_2} \times \frac{\partial \mathtt{z}_2}{\partial \mathtt{a}_1} \times \frac{\partial \mathtt{a}_1}{\partial \mathtt{z}_1} \times \frac{\partial \mathtt{z}_1}{\partial \mathtt{b}_1}",
        r"partial(C, b[1]) = partial(C, a[4]) * partial(a[4], z[4]) * partial(z[4], a[3]) * partial(a[3], z[3]) * partial(z[3], a[2]) * partial(a[2], z[2]) * partial(z[2], a[1]) * partial(a[1], z[1]) * partial(z[1], b[1])",
        (),
    ),
    (
        r"\frac{\partial C}{\partial b_1} = \frac{\partial C}{\partial a_4} \times \frac{\partial a_4}{\partial z_4} \times \frac{\partial w_4 a_3 + b_4}{\partial a_3} \times \frac{\partial a_3}{\partial z_3} \times \frac{\partial w_3 a_2 + b_3}{\partial a_2} \times \frac{\partial a_2}{\partial z_2} \times \frac{\partial w_2 a_1 + b_2}{\partial a_1} \times \frac{\partial a_1}{\partial z_1} \times \frac{\partial w_1 a_0 + b_1}{\partial b_1}",
        r"partial(C, b[1]) = partial(C, a[4]) * partial(a[4], z[4]) * partial(w[4] * a[3] + b[4], a[3]) * partial(a[3], z[3]) * partial(w[3] * a[2] + b[3], a[2]) * partial(a[2], z[2]) * partial(w[2] * a[1] + b[2], a[1]) * partial(a[1], z[1]) * partial(w[1] * a[0] + b[1], b[1])",
        (),
    ),
    (
        r"\frac{\partial \mathtt{C}}{\partial \mathtt{b}_1} = \frac{\partial \mathtt{C}}{\partial \mathtt{a}_4} \times \frac{\partial \mathtt{a}_4}{\partial \mathtt{z}_4} \times \mathtt{w}_4 \times \frac{\partial \mathtt{a}_3}{\partial \mathtt{z}_3} \times \mathtt{w}_3 \times \frac{\partial \mathtt{a}_2}{\partial \mathtt{z}_2} \times \times \mathtt{w}_2 \times \frac{\partial \mathtt{a}_1}{\partial \mathtt{z}_1} \times \mathtt{1}",
        r"partial(C, b[1]) = partial(C, a[4]) * partial(a[4], z[4]) * w[4] * partial(a[3], z[3]) * w[3] * partial(a[2], z[2]) * w[2] * partial(a[1], z[1]) * 1",
        ("an operator twice in a row",),
    ),
    (
        r"\frac{\partial C}{\partial b_3}",
        r"partial(C, b[3])",
        (),
    ),
    (
        r"w_3 \times \frac{\partial a_2}{\partial z_2} < \frac{1}{4}",
        r"w[3] * partial(a[2], z[2]) < 1 / 4",
        (),
    ),
    (
        r"w_2 \times \frac{\partial a_1}{\partial z_1} < \frac{1}{4}",
        r"w[2] * partial(a[1], z[1]) < 1 / 4",
        (),
    ),
    (
        r"\frac{\partial C}{\partial b_1}",
        r"partial(C, b[1])",
        (),
    ),
    (
        r"\frac{\partial C}{\partial b_2}",
        r"partial(C, b[2])",
        (),
    ),
    (
        r"fan_{avg} = \frac{2}{fan_{in} + fan_{out}}",
        r"fan[avg] = 2 / (fan[in] + fan[out])",
        (),
    ),
    (
        r"\sigma^2 = \frac{1}{fan_{avg}}",
        r"sigma**2 = 1 / fan[avg]",
        (),
    ),
    (
        r"\sigma^2 = \frac{2}{fan_{in}}",
        r"sigma**2 = 2 / fan[in]",
        (),
    ),
    (
        r"\operatorname{ReLU}(z) = \max(0, z)",
        r"ReLU(z) = np.maximum(0, z)",
        (),
    ),
    (
        r"ELU_{\alpha}(z) = \begin{cases} \alpha(exp(z) - 1) & \text{if } z < 0 \\ z & \text{if } z \ge 0 \end{cases}",
        r"ELU[alpha](z) = np.where(z < 0, alpha(np.exp(z) - 1), z)",
        (),
    ),
    (
        r"\mu_{\text{B}} = \frac{1}{m_{\text{B}}} \sum_{\text{i}=1}^{m_{\text{B}}} \textbf{x}^{(\text{i})}",
        r"mu[B] = 1 / m[B] * sum(x, i, 1, m[B])",
        (),
    ),
    (
        r"\tau_{\text{B}}^{2} = \frac{1}{m_{\text{B}}} \sum_{\text{i}=1}^{m_{\text{B}}} (\textbf{x}^{(\text{i})} - \mu_{\text{B}})^{2}",
        r"tau[B]**2 = 1 / m[B] * sum((x - mu[B])**2, i, 1, m[B])",
        (),
    ),
    (
        r"\mu_{\rm B}",
        r"mu[B]",
        (),
    ),
    (
        r"\sigma_{\rm B}",
        r"sigma[B]",
        (),
    ),
    (
        r"\hat{\mathbf{x}}^{(i)} = rac{\mathbf{x}^{(i)} - \mu_{B}}{\sqrt{\sigma_{B}^{2} + \epsilon}}",
        r"x_hat = (x - mu[B]) / np.sqrt(sigma[B]**2 + epsilon)",
        ("rac{ for \\frac{",),
    ),
    (
        r"\mathbf{z}^{(i)} = \gamma \hat{\mathbf{x}}^{(i)} + eta",
        r"z = gamma * x_hat + beta",
        ("eta for \\beta",),
    ),
    (
        r"w_{i}^{(next)} = w_{i} \eta \frac{\partial J(w)}{\partial w_{i}}",
        r"w[i] = w[i] * eta * partial(J(w), w[i])",
        (),
    ),
    (
        r"\mathbf{w}_{i}^{(\text{next})} = \mathbf{w}_{i} \eta \frac{\partial J(\mathbf{w})}{\partial \mathbf{w}_{i}}",
        r"w[i] = w[i] * eta * partial(J(w), w[i])",
        (),
    ),
    (
        r"\mathtt{m}_{\mathtt{i}} = \beta \mathtt{m}_{\mathtt{i}} + \eta \frac{\partial \mathtt{J}(\mathtt{w})}{\partial \mathtt{w}_{\mathtt{i}}}",
        r"m[i] = beta * m[i] + eta * partial(J(w), w[i])",
        (),
    ),
    (
        r"\mathtt{w}_{\mathtt{i}}^{(\mathtt{next})} = \mathtt{w}_{\mathtt{i}} - \mathtt{m}_{\mathtt{i}}",
        r"w[i] = w[i] - m[i]",
        (),
    ),
    (
        r"\nabla 1",
        r"grad(1)",
        (),
    ),
    (
        r"\nabla 2",
        r"grad(2)",
        (),
    ),
    (
        r"\mathbf{m}_{i} = \beta \mathbf{m}_{i} + \eta \frac{\partial \mathbf{J}(\mathbf{w} + \beta \mathbf{m})}{\partial \mathbf{w}_{i}}",
        r"m[i] = beta * m[i] + eta * partial(J(w + beta * m), w[i])",
        (),
    ),
    (
        r"\mathbf{w}_{i}^{(\text{next})} = \mathbf{w}_{i} - \mathbf{m}_{i}",
        r"w[i] = w[i] - m[i]",
        (),
    ),
    (
        r"\mathtt{w}_{\mathtt{i}},",
        r"w[i]",
        (),
    ),
    (
        r"\mathbf{s}_{i} = \mathbf{s}_{i} + (\frac{\partial J(\mathbf{w})}{\partial \mathtt{W}_{i}})^{2}",
        r"s[i] = s[i] + partial(J(w), W[i])**2",
        (),
    ),
    (
        r"\mathtt{W}_{i}^{(\texttt{next})} = \mathtt{W}_{i} - \frac{\eta}{\sqrt{\mathtt{s}_{i} + \epsilon}} \frac{\partial J(\mathbf{w})}{\partial \mathtt{W}_{i}}",
        r"W[i] = W[i] - eta / np.sqrt(s[i] + epsilon) * partial(J(w), W[i])",
        (),
    ),
    (
        r"\mathbf{s}_{i} = \beta \mathbf{s}_{i} + (1 - \beta) (\frac{\partial J(\mathbf{w})}{\partial \mathbf{w}_{i}})^{2}",
        r"s[i] = beta * s[i] + (1 - beta) * partial(J(w), w[i])**2",
        (),
    ),
    (
        r"\mathbf{w}_{i}^{(\text{next})} = \mathbf{w}_{i} - \frac{\eta}{\sqrt{\mathbf{s}_{i} + \epsilon}} \frac{\partial J(\mathbf{w})}{\partial \mathbf{w}_{i}}",
        r"w[i] = w[i] - eta / np.sqrt(s[i] + epsilon) * partial(J(w), w[i])",
        (),
    ),
    (
        r"\mathbf{m}^{(\text{next})} = \beta_1 \mathbf{m} + (1 - \beta_1) \nabla_{\mathbf{w}} \mathbf{J}(\mathbf{w})",
        r"m = beta[1] * m + (1 - beta[1]) * grad(J(w), w)",
        (),
    ),
    (
        r"\mathbf{s}^{(\text{next})} = \beta_2 \mathbf{s} + (1 - \beta_2) \nabla_{\mathbf{w}} \mathbf{J}(\mathbf{w}) \otimes \nabla_{\mathbf{w}} \mathbf{J}(\mathbf{w})",
        r"s = beta[2] * s + (1 - beta[2]) * grad(J(w), w) * grad(J(w), w)",
        (),
    ),
    (
        r"\mathbf{m}^{(\text{next})} = \frac{\mathbf{m}}{1 - \beta_1^T}",
        r"m = m / (1 - beta[1]**T)",
        (),
    ),
    (
        r"\mathbf{s}^{(\text{next})} = \frac{\mathbf{s}}{1 - \beta_2^T}",
        r"s = s / (1 - beta[2]**T)",
        (),
    ),
    (
        r"\mathbf{w}^{(\text{next})} = \mathbf{w} - n\mathbf{m} \oslash \sqrt{\mathbf{s} + \epsilon}",
        r"w = w - n * m / np.sqrt(s + epsilon)",
        (),
    ),
)


@pytest.mark.parametrize(("source", "meaning", "repairs"), DECK, ids=[source for source, *_ in DECK])
def test_formulas_of_the_deck_are_read(source: str, meaning: str, repairs: tuple[str, ...]) -> None:
    found = latex.read(source)

    assert meaning == written.python(found.row)
    assert repairs == found.repairs


SPELLINGS = {
    r"\theta_{t+1} \gets \theta_t - \eta\,\nabla_{\theta}\mathcal{L}(\theta_t)": "theta[t + 1] = theta[t] - eta * grad(L(theta[t]), theta)",
    r"w \leftarrow w - \alpha\, dW": "w = w - alpha * dW",
    r"\frac12 x^2": "1 / 2 * x**2",
    r"\tfrac{1}{2}\left(y - \hat y\right)^2": "1 / 2 * (y - y_hat)**2",
    r"x_t^2": "x[t]**2",
    r"x^2_t": "x[t]**2",
    r"\sqrt[3]{x}": "np.sqrt(x, 3)",
    r"\left\lVert w \right\rVert_1": "np.linalg.norm(w, 1)",
    r"\|w\|^2": "np.linalg.norm(w, 2)**2",
    r"|x|": "np.abs(x)",
    r"e^{-z}": "np.exp(-z)",
    r"\frac{1}{1+e^{-z}}": "1 / (1 + np.exp(-z))",
    r"\frac{d\sigma}{dz}": "partial(sigma, z)",
    r"\partial C / \partial w_{jk}": "partial(C, w[j][k])",
    r"\frac{\partial}{\partial w} J(w)": "partial(J(w), w)",
    r"\max\{0, z\}": "np.maximum(0, z)",
    r"\operatorname{Var}(W) = \frac{2}{n_{\text{in}}}": "var(W) = 2 / n[in]",
    r"\mathbb{E}[x^2]": "mean(x**2)",
    r"W \sim \mathcal{N}(0, \sigma^2)": "W ~ N(0, sigma**2)",
    r"10^{-8}": "10**(-8)",
    r"1{,}000 x": "1000 * x",
    r"a \cdot b \times c \odot d": "a * b * c * d",
    r"f(x) = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}": "f(x) = np.where(x > 0, x, 0)",
    r"f(x) = \left\{ \begin{array}{ll} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{array} \right.": "f(x) = np.where(x > 0, x, 0)",
    r"\widehat{m_t} = m_t / (1 - \beta_1^t)": "m_hat[t] = m[t] / (1 - beta[1]**t)",
    r"w = w - m \quad (\text{update})": "w = w - m",
    r"w = w - m,": "w = w - m",
    r"w = w - m \text{ where } m = 0": "w = w - m",
    r"\beta(\nabla J)^2": "beta * grad(J)**2",
    r"\sigma(z)^2": "sigma(z)**2",
    r"-\sum_k y_k \log p_k": "-sum(y[k] * np.log(p[k]), k)",
}


@pytest.mark.parametrize(("source", "meaning"), SPELLINGS.items(), ids=SPELLINGS)
def test_spellings_of_other_courses_are_read(source: str, meaning: str) -> None:
    assert meaning == written.python(latex.read(source).row)


PLAIN = {
    "θ ← θ − α ∇J(θ)": "theta = theta - alpha * grad(J(theta))",
    "LeakyReLU(z) = max(αz, z)": "LeakyReLU(z) = np.maximum(alpha * z, z)",
    "w = w - lr * grad": "w = w - lr * grad",
    "s = ρ s + (1 − ρ) g²": "s = rho * s + (1 - rho) * g**2",
    "x ≤ √(a)": "x <= np.sqrt(a)",
}


@pytest.mark.parametrize(("line", "meaning"), PLAIN.items(), ids=PLAIN)
def test_formulas_in_plain_text_are_read(line: str, meaning: str) -> None:
    assert meaning == written.python(plain.read(line).row)


CODE = {
    "v = mu * v - lr * dx": ["v = mu * v - lr * dx"],
    "x += v": ["x = x + v"],
    "x -= lr * m / (np.sqrt(v) + 1e-8)": ["x = x - lr * m / (np.sqrt(v) + 0.00000001)"],
    "a, b = b, a": ["a = np.opaque()", "b = np.opaque()"],
    "w, v = w - v, mu * v + g": ["w = w - v", "v = mu * v + g"],
    "v, w = mu * v + g, w - v": ["w = w - v", "v = mu * v + g"],
    "s = torch.where(x > 0, x, alpha * (torch.exp(x) - 1))": ["s = np.where(x > 0, x, alpha * (np.exp(x) - 1))"],
    "h = np.maximum(0, x)": ["h = np.maximum(0, x)"],
    "g = np.clip(g, -c, c)": ["g = np.maximum(np.minimum(g, c), -c)"],
    "self.m[key] = self.beta1 * self.m[key]": ["m[key] = beta1 * m[key]"],
    "m.mul_(b).add_(g, alpha=1 - b)": ["m = m * b + (1 - b) * g"],
    "p.data.addcdiv_(-lr, m, d)": ["p = p - lr * (m / d)"],
    "def relu(x):\n    return np.maximum(0, x)": ["relu(x) = np.maximum(0, x)"],
    "if norm > c:\n    g = g * c / norm": ["g = g * c / norm"],
    "print(x)\nimport numpy\nx = y ** 2": ["x = y**2"],
    ">>> w = w - lr * g": ["w = w - lr * g"],
    "%matplotlib inline\nw = w - lr * g": ["w = w - lr * g"],
    "w <- w - lr * g": ["w = w - lr * g"],
    "g = grad(loss)(w - mu * v)": ["g = grad(w - mu * v)"],
}


@pytest.mark.parametrize(("source", "meaning"), CODE.items(), ids=CODE)
def test_statements_of_code_are_read(source: str, meaning: list[str]) -> None:
    rows = [one.row for one in python_code.statements(source)]

    assert meaning == [written.python(row) for row in rows if row is not None]


HOSTILE = {
    "nested braces": "{" * 100_000,
    "nested brackets": "(" * 500 + "x" + ")" * 500,
    "nested roots": r"\sqrt{" * 200 + "x" + "}" * 200,
    "long": "x+" * 3_000,
    "many symbols": "x" * 4_000,
    "many digits": "9" * 1_000,
    "a huge exponent": "1e99999",
    "unbalanced": r"\frac{a}{b",
    "a lone backslash": "a + \\",
    "controls": "\x1b[31m a \x07",
    "an unknown command": r"\input{/etc/passwd}",
    "two powers": "x^2^3",
    "a sum of nothing": r"\sum_i",
    "a derivative of nothing": r"\partial",
    "a matrix": r"\begin{pmatrix} 1 \end{pmatrix}",
    "nothing": r"\quad",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_is_refused_in_one_line(source: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        latex.read(source)

    assert 0 < len(str(refusal.value)) < 200
    assert "\n" not in str(refusal.value)


def test_towers_of_powers_are_trees_and_never_numbers() -> None:
    nine = Number(Fraction(9))

    assert Call("^", (nine, Call("^", (nine, Call("^", (nine, nine)))))) == latex.read("9^{9^{9^{9}}}").row.sides[0]


@given(st.text(alphabet=r"\{}()[]^_|&$abfracsqtnum=+-*/<>,;'1290. ∇∂θ²", max_size=60))
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        row = latex.read(source).row
    except Unreadable:
        return
    assert mathml(row).startswith("<math")


@given(st.text(alphabet="abxw_=+-*/().[]{}:,\n '\"1290", max_size=80))
def test_any_code_is_read_or_passed_over(source: str) -> None:
    for one in python_code.statements(source):
        assert (one.row is None) is bool(one.trouble)


@pytest.mark.parametrize(
    "source", ["x = __import__('os').system('true')", "x = eval('1')", "x = (lambda: 1)()", "x = a.__class__"]
)
def test_no_code_is_run_or_taken_for_a_formula(source: str) -> None:
    rows = [one.row for one in python_code.statements(source) if one.row is not None]

    assert [] == [row for row in rows if not (row.sides[1] == python_code.OPAQUE or isinstance(row.sides[1], Call))]


# -- and back ------------------------------------------------------------------------------------------------

NAMES = st.builds(
    Name,
    st.sampled_from(("w", "theta", "v", "s", "x", "beta")),
    st.sampled_from(((), ("hat",))),
    st.sampled_from(
        ((), (Name("t"),), (Number(Fraction(1)),), (Call("+", (Name("t"), Call("neg", (Number(Fraction(1)),)))),))
    ),
)
NUMBERS = st.builds(Number, st.sampled_from([Fraction(n) for n in (0, 1, 2, 10)]))


def _sum(args: list[Tree]) -> Tree:
    return Call("+", tuple(args))


TREES = st.recursive(
    st.one_of(NAMES, NUMBERS),
    lambda inner: st.one_of(
        st.builds(lambda a, b: Call("/", (a, b)), inner, inner),
        st.builds(lambda a: Call("sqrt", (a,)), inner),
        st.builds(lambda a, b: Call("^", (a, b)), NAMES, NUMBERS),
        st.builds(_sum, st.lists(st.one_of(NAMES, NUMBERS), min_size=2, max_size=3)),
        st.builds(lambda a, b: Call("*", (a, b)), NAMES, NAMES),
    ),
    max_leaves=8,
)


@given(TREES)
def test_latex_reads_back_as_what_was_written(tree: Tree) -> None:
    assert tree == latex.read(written.latex(tree)).row.sides[0]


@given(TREES)
def test_a_row_reads_back_as_what_was_written(tree: Tree) -> None:
    row = Row((Name("y"), tree), (":=",))

    assert row == latex.read(written.latex(row)).row
