"""Code in the manner of NumPy, torch and pseudo code is read as what it does, and what is left out poisons nothing."""

import pytest

from gradspec.conformance.reading import notation as written
from gradspec.conformance.reading import python_code
from gradspec.conformance.reading.finding import Piece
from gradspec.conformance.reading.reading import read

FUNCTIONS = {
    "def sigmoid(x):\n    z = np.exp(-x)\n    return 1 / (1 + z)": "sigmoid(x) = 1 / (1 + np.exp(-x))",
    "def relu(x):\n    if x > 0:\n        return x\n    return 0": "relu(x) = np.where(x > 0, x, 0)",
    "def leaky(x, a=0.01):\n    if x > 0:\n        y = x\n        return y\n    else:\n        return a * x": (
        "leaky(x, a) = np.where(x > 0, x, a * x)"
    ),
    "relu = lambda x: np.where(x > 0, x, 0)": "relu(x) = np.where(x > 0, x, 0)",
    "class ReLU(nn.Module):\n    def forward(self, x):\n        return x.clamp(min=0)": "ReLU(x) = np.maximum(x, 0)",
    "def f(x):\n    x = x - np.max(x)\n    return np.exp(x)": "f(x) = np.exp(x - np.maximum(x))",
}


@pytest.mark.parametrize(("source", "meaning"), FUNCTIONS.items(), ids=FUNCTIONS)
def test_functions_are_formulas(source: str, meaning: str) -> None:
    assert [meaning] == _meanings(source)


def _meanings(source: str) -> list[str]:
    return [written.python(one.row) for one in python_code.statements(source) if one.row is not None]


STEPS = {
    "def step(w, g, lr):\n    w = w - lr * g\n    return w": ["w = w - lr * g"],
    "d = (v.sqrt() / math.sqrt(b)).add_(eps)": ["d = np.sqrt(v) / np.sqrt(b) + eps"],
    "v.mul_(b).addcmul_(g, g, value=1 - b)": ["v = v * b + (1 - b) * g * g"],
    "p.add_(m, alpha=-lr)": ["p = p - lr * m"],
    "m = torch.add(m, g, alpha=0.5)": ["m = m + 0.5 * g"],
    "m.lerp_(g, 1 - b)": ["m = m + (1 - b) * (g - m)"],
    "w.assign_sub(lr * g)": ["w = w - lr * g"],
    "g.clamp_(-c, c)": ["g = np.maximum(np.minimum(g, c), -c)"],
    "assert a < b": ["a < b"],
    "W = rng.normal(scale=s, size=(n, m))": ["W = np.random(normal, 0, s)"],
    "s = np.var(x, ddof=1)": ["s = np.opaque()"],
    "y = x[1:] - x[:-1]": ["y = np.opaque()"],
    "float v = b * v + g;": ["v = b * v + g"],
    "s = Math.sqrt(v)": ["s = np.sqrt(v)"],
    "m .= β1 .* m": ["m = beta[1] * m"],
    "v[i] <- b * v[i] + g": ["v[i] = b * v[i] + g"],
}


@pytest.mark.parametrize(("source", "meaning"), STEPS.items(), ids=STEPS)
def test_steps_are_read(source: str, meaning: list[str]) -> None:
    assert meaning == _meanings(source)


def test_a_condition_of_pseudo_code_holds_for_the_lines_below_it() -> None:
    found = python_code.statements("repeat:\n  if t > 3 then\n    w := w - 1\n  v <- v + 1 then\n")

    assert ["(t > 3)"] == [f"({written.python(one.row.condition)})" for one in found if one.row and one.row.condition]


HOSTILE = (
    "if a > 0:\n    x = 1\n" + "elif a > 1:\n    x = 2\n" * 900,
    "\n".join(" " * k + "if a > 0:" for k in range(90)) + "\n" + " " * 90 + "x = 1",
    "def f(x):\n" + "".join(f"    x = x + x * {k}\n" for k in range(60)) + "    return x * 2",
    "x = " + "(" * 150 + "1" + ")" * 150,
    "x = " + "-" * 20_000 + "1",
    "x = a" + ".b" * 20_000,
    "x = 9**9**9**9",
    "x = \0",
)


@pytest.mark.parametrize("source", HOSTILE, ids=[source[:20] for source in HOSTILE])
def test_hostile_code_is_read_or_refused(source: str) -> None:
    found = read(Piece("deck.md", 1, source, "code", source, 0, 0))

    assert all((one.row is None) is bool(one.trouble) for one in found)
