"""Rows of other courses are read as they are meant: conditions, several statements, derivatives, words, damage."""

import pytest

from gradspec.conformance.reading import latex
from gradspec.conformance.reading import notation as written
from gradspec.conformance.reading.finding import Piece
from gradspec.conformance.reading.reading import read
from gradspec.conformance.reading.tree import Call, Name, Number, Row, Tree, Unreadable


def told(tree: Tree) -> str:
    """A tree with all that it holds, in brackets."""
    if isinstance(tree, Number):
        return str(tree.value)
    if isinstance(tree, Name):
        base = "".join([tree.base, *(f"^{accent}" for accent in tree.accents)])
        index = f"[{','.join(map(told, tree.index))}]" if tree.index else ""
        return base + index + (f"{{{told(tree.mark)}}}" if tree.mark is not None else "")
    return f"({' '.join([tree.head, *map(told, tree.args)])})"


def said(source: str, plain: bool = False) -> str:
    """All statements of a row."""
    return "; ".join(_row(one.row) for one in latex.readings(source, plain))


def _row(row: Row) -> str:
    text = told(row.sides[0])
    for relation, side in zip(row.relations, row.sides[1:], strict=True):
        text += f" {relation} {told(side)}"
    return text if row.condition is None else f"{text} if {told(row.condition)}"


STATEMENTS = {
    r"m_0 = 0, \quad v_0 = 0": "m[0] = 0; v[0] = 0",
    r"\beta_1 = 0.9, \beta_2 = 0.999": "beta[1] = 9/10; beta[2] = 999/1000",
    r"a = b \quad\text{and}\quad c = d": "a = b; c = d",
    r"z = w x \qquad a = \sigma(z)": "z = (* w x); a = (apply sigma z)",
    r"x_1, \dots, x_n \sim \mathcal{N}(0, 1)": "(vector x[1] (dots) x[n]) ~ (apply N 0 1)",
    r"\beta_1, \beta_2 \in [0, 1)": "(vector beta[1] beta[2]) in (interval 0 1)",
    r"w_i = w_i - g_i, \quad i = 1, \dots, n": "w[i] = (+ w[i] (neg g[i]))",
    r"w = w - g \quad \forall w": "w = (+ w (neg g))",
    r"v = \beta v + g, \quad 0 < \beta < 1": "v = (+ (* beta v) g)",
    r"w = w - g \quad (3)": "w = (+ w (neg g))",
    r"w = w - g \tag*{(3)}": "w = (+ w (neg g))",
    r"w = w - g \quad \text{(SGD)}": "w = (+ w (neg g))",
    r"w = w - g \quad \text{momentum}": "w = (+ w (neg g))",
    r"(1)\; w = w - g": "w = (+ w (neg g))",
    r"\text{Step 1: } w = w - g": "w = (+ w (neg g))",
    r"f: x \mapsto \max(0, x)": "(apply f x) = (max 0 x)",
    r"w \mathrel{-}= g": "w := (+ w (neg g))",
    "x += v": "x := (+ x v)",
}


@pytest.mark.parametrize(("source", "meaning"), STATEMENTS.items(), ids=STATEMENTS)
def test_a_row_says_each_of_its_statements(source: str, meaning: str) -> None:
    assert meaning == said(source)


CONDITIONS = {
    r"w \leftarrow r w \text{ if } \|w\| > r": "w := (* r w) if (> (norm w 2) r)",
    r"\text{if } t = 1: \quad v = g": "v = g if (== t 1)",
    r"v = g \text{ if the norm is too large}": "v = g if (opaque)",
    r"f(x) = \alpha x \text{ for } x < 0": "(apply f x) = (cases (* alpha x) (< x 0))",
    r"f(x) = x, \; x \ge 0": "(apply f x) = (cases x (>= x 0))",
    r"f(x) = x \text{ if } x > 0, \quad 0 \text{ otherwise}": "(apply f x) = (cases x (> x 0) 0 (otherwise))",
    r"f(x) = \begin{cases} x & \text{if $x > 0$} \\ 0 & \text{else} \end{cases}": (
        "(apply f x) = (cases x (> x 0) 0 (otherwise))"
    ),
    r"f(x) = \begin{cases} 1 & \text{for } a < x \text{ and } x < b \\ 0 & \text{otherwise} \end{cases}": (
        "(apply f x) = (cases 1 (and (< a x) (< x b)) 0 (otherwise))"
    ),
    r"\mathbf{1}_{x > 0}": "(cases 1 (> x 0) 0 (otherwise))",
    r"(x)_+": "(max 0 x)",
}


@pytest.mark.parametrize(("source", "meaning"), CONDITIONS.items(), ids=CONDITIONS)
def test_conditions_are_kept(source: str, meaning: str) -> None:
    assert meaning == said(source)


DERIVATIVES = {
    r"\eta\,\partial J/\partial w_i": "(* eta (partial J w[i]))",
    r"\eta \cdot \partial J(w) / \partial w \cdot x": "(* eta (partial (apply J w) w) x)",
    r"\frac{\partial^2 J}{\partial w^2}": "(partial (partial J w) w)",
    r"\frac{\partial^2 J}{\partial w_i \partial w_j}": "(partial (partial J w[j]) w[i])",
    r"\frac{d^2 J}{dw^2}": "(partial (partial J w) w)",
    r"\nabla J(w)^2": "(^ (grad (apply J w)) 2)",
    r"\nabla J^2": "(^ (grad J) 2)",
    r"\nabla \|w\|^2": "(grad (^ (norm w 2) 2))",
    r"\frac{\partial J}{\partial w}\Big|_{w = w_t}": "(partial (apply J w[t]) w)",
    r"\nabla J \big|_{w - \beta m}": "(grad (apply J (+ w (neg (* beta m)))))",
    r"\left.\frac{\partial J}{\partial w}\right|_{w_t}": "(partial (apply J w[t]) w)",
}


@pytest.mark.parametrize(("source", "meaning"), DERIVATIVES.items(), ids=DERIVATIVES)
def test_derivatives_are_read(source: str, meaning: str) -> None:
    assert meaning == said(source)


NOTATION = {
    r"|a||b| + |x + |y||": "(+ (* (abs a) (abs b)) (abs (+ x (abs y))))",
    r"p(y | x) = |z|": "(apply p y x) = (abs z)",
    r"\lfloor x \rfloor": "(floor x)",
    r"\log_2 x": "(/ (log x) (log 2))",
    r"\mathbb{E}[x^2] - \mathbb{E}[x]^2": "(+ (mean (^ x 2)) (neg (^ (mean x) 2)))",
    r"RMS[g]_t": "RMS[g][t]",
    r"e^{\theta_t} + x^{\gamma} + e^{(x+1)} + e^{(i)}": "(+ (exp theta[t]) (^ x gamma) (exp (+ x 1)) e{i})",
    r"\text{learning rate} \cdot g": "(* learning_rate g)",
    r"\operatorname*{arg\,min}_w J(w)": "(argmin (apply J w))",
    r"{a \over b} + \underbrace{c}_{\text{cost}}": "(+ (/ a b) c)",
    r"\rho = 50\%": "rho = 1/2",
    r"10^-8": "(^ 10 (neg 8))",
    r"w1 + \beta2": "(+ w[1] beta[2])",
    r"a \times \times b": "(* a b)",
}


@pytest.mark.parametrize(("source", "meaning"), NOTATION.items(), ids=NOTATION)
def test_notation_is_read(source: str, meaning: str) -> None:
    assert meaning == said(source)


PLAIN = {
    "s ← s + g²; w ← w − η g/√(s+ε)": "s := (+ s (^ g 2)); w := (+ w (neg (/ (* eta g) (sqrt (+ s epsilon)))))",
    "σ(x) = 1/(1+e^(-x))": "(apply sigma x) = (/ 1 (+ 1 (exp (neg x))))",
    "θj := θj − α ∂J(θ)/∂θj": "theta[j] := (+ theta[j] (neg (* alpha (partial (apply J theta) theta[j]))))",
    "θ = θ - alpha * dJ/dθ": "theta = (+ theta (neg (* alpha (partial J theta))))",
    "f(x) = x if x > 0 else 0": "(apply f x) = (cases x (> x 0) 0 (otherwise))",
    "L = −Σᵢ yᵢ log pᵢ": "L = (neg (sum (* y[i] (log p[i])) i))",
    "𝐰 ← 𝐰 − 𝜂𝛁𝐽(𝐰)": "w := (+ w (neg (* eta (grad (apply J w)))))",
    "m̂ₜ = mₜ/(1 − β₁ᵗ)": "m^hat[t] = (/ m[t] (+ 1 (neg (^ beta[1] t))))",
    "ŵ = w̃": "w^hat = w^tilde",
}


@pytest.mark.parametrize(("line", "meaning"), PLAIN.items(), ids=PLAIN)
def test_plain_text_is_read(line: str, meaning: str) -> None:
    assert meaning == said(line, plain=True)


REFUSED = (r"a \pm b", r"\tanh^{-1}(x)", "n!", r"\int x", r"a = 1 \Rightarrow b = 2", r"x > 0 : y = 1", r"\partial^2 J")


@pytest.mark.parametrize("source", REFUSED)
def test_what_would_be_read_wrongly_is_refused(source: str) -> None:
    with pytest.raises(Unreadable):
        latex.readings(source)


DEEP = (
    r"\sum " * 800 + "x",
    r"\nabla " * 600 + "x",
    r"\log " * 900 + "x",
    r"\sqrt " * 800 + "x",
    r"\hat " * 900 + "x",
    "a" + "/b" * 900,
    "|" * 900 + "x" + "|" * 900,
    r"\frac{d}{dx}" * 150 + "y",
    r"\partial " * 500 + "x",
    r"\begin{cases}" * 90 + "x",
    "x^(" * 90 + "1" + ")" * 90,
)


@pytest.mark.parametrize("source", DEEP, ids=[source[:12] for source in DEEP])
def test_towers_of_anything_are_refused(source: str) -> None:
    piece = Piece("deck.md", 1, source, "latex", source, 0, 0)

    assert [None] == [one.row for one in read(piece)]
    assert all(len(one.trouble) < 200 for one in read(piece))


def test_a_condition_is_written_and_read_back() -> None:
    row = Row((Name("w"), Name("v")), (":=",), Call(">", (Name("x"), Name("r"))))

    assert row == latex.read(written.latex(row)).row
