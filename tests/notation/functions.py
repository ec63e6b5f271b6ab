"""Rules that are functions, as terms: activations, losses, penalties, bounds, layers and the laws of initial weights.

Roles have the names that the specification gives to the same quantities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from .term import Statement, Term, call, role, sqrt, term

X, Y, ALPHA, ENTRY, J = (role(name) for name in ("x", "y", "alpha", "i", "j"))
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A rule in one arrangement. `quantity` is what of the rule the last statement says; `letters` are what may stand.

    `world` names the numbers at which it is evaluated. `code` is false where nobody writes it in code.
    """

    rule: str
    quantity: str
    statements: tuple[Statement, ...]
    world: str
    dialect: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    letters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    code: bool = True

    def with_value(self, place: int, value: Term) -> tuple[Statement, ...]:
        row = self.statements[place]
        return (*self.statements[:place], Statement(row.target, value, row.note), *self.statements[place + 1 :])


def at(array: Term, *positions: Term) -> Term:
    return Term("at", (array, *positions))


def total(body: Term, position: Term, over: Term) -> Term:
    return Term("sum", (body, position, over))


def size(array: Term) -> Term:
    return Term("size", (array,))


def branch(value: Term | int, head: str, left: Term, right: Term | int, other: Term | int) -> Term:
    return Term("cases", (term(value), call(head, left, right), term(other), Term("otherwise", ())))


def says(value: Term, target: Term = Y) -> tuple[Statement, ...]:
    return (Statement(target, value),)


def exp(value: Term) -> Term:
    return call("exp", value)


INPUT = {"x": ("z", "x")}
INPUT_NAMES = {"x": ("z", "x"), "y": ("a", "out", "y")}


def _activation(rule: str, value: Term, *printed: str, **more: object) -> Case:
    letters = {**INPUT, "y": printed, "alpha": (r"\alpha", "a")}
    names = {**INPUT_NAMES, "alpha": ("alpha", "slope")}
    return Case(rule=rule, quantity="y", statements=says(value), world="number", letters=letters, names=names, **more)  # type: ignore[arg-type]


def _slope(rule: str, value: Term, printed: tuple[str, ...], of: tuple[str, ...], **more: object) -> Case:
    """A derivative, which may be said by the value `y` of the function."""
    letters = {**INPUT, "derivative": printed, "y": of, "alpha": (r"\alpha",)}
    names = {
        "x": ("z", "x"),
        "y": ("a", "y"),
        "derivative": (f"d{rule}", f"{rule}_grad", f"{rule}_prime"),
        "alpha": ("alpha",),
    }
    return Case(
        rule=rule,
        quantity="derivative",
        statements=says(value, role("derivative")),
        world="number",
        options=("derivative",),
        letters=letters,
        names=names,
        **more,  # type: ignore[arg-type]
    )


LEAKY = ("leaky_relu", "prelu")
ACTIVATIONS = (
    _activation("sigmoid", 1 / (1 + exp(-X)), r"\sigma(<x>)", r"\operatorname{sigmoid}(<x>)", r"\text{sigmoid}(<x>)"),
    _activation("sigmoid", exp(X) / (exp(X) + 1), r"\sigma(<x>)", r"\text{sigmoid}(<x>)"),
    _activation("tanh", (exp(X) - exp(-X)) / (exp(X) + exp(-X)), r"\tanh(<x>)", r"\tanh <x>"),
    _activation("relu", call("max", 0, X), r"\text{ReLU}(<x>)", r"\operatorname{ReLU}(<x>)"),
    _activation("relu", branch(X, ">", X, 0, 0), r"\text{ReLU}(<x>)", r"\mathrm{ReLU}(<x>)"),
    _activation(
        "leaky_relu",
        call("max", ALPHA * X, X),
        r"\text{LeakyReLU}(<x>)",
        r"\text{LeakyReLU}_\alpha(<x>)",
        dialect={"branches": "maximum"},
    ),
    _activation(
        "leaky_relu",
        branch(X, ">", X, 0, ALPHA * X),
        r"\text{LeakyReLU}(<x>)",
        dialect={"branches": "by_sign"},
        also=LEAKY,
    ),
    _activation(
        "prelu", call("max", 0, X) + ALPHA * call("min", 0, X), r"\text{PReLU}(<x>)", r"\mathrm{PReLU}(<x>)", also=LEAKY
    ),
    _activation("elu", branch(X, ">", X, 0, ALPHA * (exp(X) - 1)), r"\text{ELU}(<x>)", r"\text{ELU}_\alpha(<x>)"),
    _activation("elu", branch(ALPHA * (exp(X) - 1), "<", X, 0, X), r"\text{ELU}_\alpha(<x>)", r"\mathrm{ELU}(<x>)"),
    _slope("sigmoid", Y * (1 - Y), (r"\sigma'(<x>)", r"\frac{d\sigma}{d<x>}"), (r"\sigma(<x>)",)),
    _slope("tanh", 1 - Y**2, (r"\tanh'(<x>)", r"\frac{d}{d<x>} \tanh(<x>)"), (r"\tanh(<x>)",)),
    _slope("relu", branch(1, ">", X, 0, 0), (r"\text{ReLU}'(<x>)",), (r"\text{ReLU}(<x>)",)),
    _slope(
        "elu",
        branch(1, ">", X, 0, ALPHA * exp(X)),
        (r"\text{ELU}'(<x>)",),
        (r"\text{ELU}(<x>)",),
    ),
)

P, TARGETS, W, LAMBDA = (role(name) for name in ("predictions", "targets", "w", "lambda"))
LOSS, PENALTY = role("loss"), role("penalty")
COST = {
    "loss": ("L", r"\mathcal{L}", "J"),
    "predictions": (r"\hat{y}",),
    "targets": ("y",),
    "i": ("i",),
    "j": ("j",),
    "size": ("n", "N"),
}
COST_NAMES = {"loss": ("loss",), "predictions": ("y_hat", "pred"), "targets": ("y", "target")}
SQUARE = total((at(P, ENTRY) - at(TARGETS, ENTRY)) ** 2, ENTRY, P)
LOSSES = (
    Case(
        rule="mean_squared_error",
        quantity="loss",
        statements=says(1 / size(P) * SQUARE, LOSS),
        world="loss",
        dialect={"factor": "one"},
        letters={**COST, "loss": (r"\text{MSE}", "J", "L")},
        names=COST_NAMES,
    ),
    Case(
        rule="mean_squared_error",
        quantity="loss",
        statements=says(1 / (2 * size(P)) * SQUARE, LOSS),
        world="loss",
        dialect={"factor": "half"},
        letters=COST,
        names=COST_NAMES,
    ),
    Case(
        rule="cross_entropy",
        quantity="loss",
        statements=says(-total(at(TARGETS, ENTRY) * call("log", at(P, ENTRY)), ENTRY, P), LOSS),
        world="shares",
        dialect={"input": "probabilities"},
        letters={
            **COST,
            "loss": (r"\text{CE}", "L", r"\mathcal{L}"),
            "predictions": (r"\hat{y}", "p"),
            "size": ("C", "K"),
        },
        names={"loss": ("loss",), "predictions": ("p", "probs"), "targets": ("y", "onehot")},
    ),
)

WEIGHTS = {
    "w": ("w", r"\mathbf{w}"),
    "lambda": (r"\lambda",),
    "i": ("i",),
    "j": ("j",),
    "size": ("n",),
    "penalty": ("R(<w>)", r"\Omega(<w>)"),
}
WEIGHT_NAMES = {"w": ("w", "W"), "lambda": ("lam", "reg", "weight_decay"), "penalty": ("penalty", "reg_loss")}
SQUARES, SIZES = total(at(W, ENTRY) ** 2, ENTRY, W), total(call("abs", at(W, ENTRY)), ENTRY, W)


def _penalty(rule: str, value: Term, **dialect: str) -> Case:
    return Case(
        rule=rule,
        quantity="penalty",
        statements=says(value, PENALTY),
        world="weights",
        dialect=dialect,
        letters=WEIGHTS,
        names=WEIGHT_NAMES,
    )


PENALTIES = (
    _penalty("l1", LAMBDA * SIZES),
    _penalty("l1", LAMBDA * call("norm1", W)),
    _penalty("l2", LAMBDA * SQUARES, factor="one"),
    _penalty("l2", LAMBDA / 2 * SQUARES, factor="half"),
    _penalty("l2", term(HALF) * LAMBDA * call("norm", W) ** 2, factor="half"),
)

G, BOUND, R = role("g"), role("c"), role("r")
NORM, WEIGHT_NORM = call("norm", G), call("norm", W)
CLIP = {"g": ("g", r"\mathbf{g}"), "c": ("c", r"\theta"), "clipped": (r"\hat{g}", "g'", r"\tilde{g}")}
CLIP_NAMES = {"g": ("g", "grad"), "c": ("c", "threshold", "max_norm"), "clipped": ("clipped", "g_clipped")}
CLIPPED = role("clipped")


def _clipping(rule: str, value: Term, world: str, **more: object) -> Case:
    return Case(
        rule=rule,
        quantity="clipped",
        statements=says(value, CLIPPED),
        world=world,
        letters=CLIP,
        names=CLIP_NAMES,
        **more,  # type: ignore[arg-type]
    )


BY_NORM = ("clip_by_global_norm",)
BOUNDS = (
    _clipping("clip_by_value", call("max", -BOUND, call("min", BOUND, G)), "entry"),
    _clipping("clip_by_value", call("min", BOUND, call("max", -BOUND, G)), "entry"),
    _clipping("clip_by_norm", branch(BOUND * G / NORM, ">", NORM, BOUND, G), "gradient", also=BY_NORM),
    _clipping("clip_by_norm", call("min", 1, BOUND / NORM) * G, "gradient", also=BY_NORM),
    _clipping("clip_by_norm", G / call("max", 1, NORM / BOUND), "gradient", also=BY_NORM),
    Case(
        rule="max_norm",
        quantity="bounded",
        statements=says(branch(W * R / WEIGHT_NORM, ">", WEIGHT_NORM, R, W), role("bounded")),
        world="column",
        letters={"w": (r"\mathbf{w}", "w"), "r": ("r", "c"), "bounded": (r"<w>",)},
        names={"w": ("w", "W"), "r": ("r", "max_norm"), "bounded": ("<w>",)},
    ),
)

MASK, RATE = role("mask"), role("rate")
DROPOUT_LETTERS = {
    "x": ("x", "h", "a"),
    "mask": ("m", "r"),
    "rate": ("p",),
    "y": (r"\tilde{<x>}", r"<x>'"),
}


def _dropout(value: Term, kept: Term, **dialect: str) -> Case:
    return Case(
        rule="dropout",
        quantity="y",
        statements=(Statement(MASK, call("bernoulli", kept)), Statement(Y, value)),
        world="layer",
        dialect=dialect,
        letters=DROPOUT_LETTERS,
        names={"x": ("h", "x"), "mask": ("mask",), "rate": ("p",), "y": ("out",)},
    )


LAYERS = (
    _dropout(MASK * X / (1 - RATE), 1 - RATE, scale_at="train", rate_meaning="drop"),
    _dropout(MASK * X / RATE, RATE, scale_at="train", rate_meaning="keep"),
)

MEAN, VARIANCE, HAT, GAMMA, BETA, EPSILON = (
    role(name) for name in ("batch_mean", "batch_variance", "normalised", "gamma", "beta", "epsilon")
)
MEAN_ROW = Statement(MEAN, 1 / size(X) * total(at(X, ENTRY), ENTRY, X))
VARIANCE_ROW = Statement(VARIANCE, 1 / size(X) * total((at(X, ENTRY) - MEAN) ** 2, ENTRY, X))
ONE = role("one")  # the example that is normalised
NORMALISATION = (
    Case(
        rule="batch_normalization",
        quantity="y",
        statements=(
            MEAN_ROW,
            VARIANCE_ROW,
            Statement(HAT, (at(X, ONE) - MEAN) / sqrt(VARIANCE + EPSILON)),
            Statement(Y, GAMMA * HAT + BETA),
        ),
        world="batch",
        letters={
            "x": ("x", "z"),
            "i": ("i",),
            "one": ("i",),
            "size": ("m", "N"),
            "batch_mean": (r"\mu_B", r"\mu_{\mathcal{B}}", r"\mu"),
            "batch_variance": (r"\sigma_B^2", r"\sigma_{\mathcal{B}}^2", r"\sigma^2"),
            "normalised": (r"\hat{<x>}_i",),
            "gamma": (r"\gamma",),
            "beta": (r"\beta",),
            "epsilon": (r"\epsilon", r"\varepsilon"),
            "y": ("y_i",),
        },
        names={
            "x": ("x",),
            "batch_mean": ("mu", "mean"),
            "batch_variance": ("var",),
            "normalised": ("x_hat", "xhat"),
            "gamma": ("gamma",),
            "beta": ("beta",),
            "epsilon": ("eps",),
            "y": ("out", "y"),
        },
    ),
)

IN, OUT, FAN = role("inputs"), role("outputs"), role("fan")
FANS = {
    "inputs": (r"n_{in}", r"n_{\text{in}}", r"fan_{in}", r"\text{fan}_{\text{in}}"),
    "outputs": ("<outputs>",),
    "fan": ("<average>",),
    "variance": (r"\sigma^2", r"\text{Var}(W)", r"\operatorname{Var}(w)"),
    "sigma": (r"\sigma",),
    "limit": ("r", "a", r"\ell"),
}
FAN_NAMES = {
    "inputs": ("fan_in", "n_in"),
    "outputs": ("<outputs>",),
    "fan": ("<average>",),
    "variance": ("variance", "var"),
    "sigma": ("std", "sigma"),
    "limit": ("limit", "bound"),
}


def _law(rule: str, quantity: str, value: Term, *before: Statement, also: tuple[str, ...] = ()) -> Case:
    return Case(
        rule=rule,
        quantity=quantity,
        statements=(*before, Statement(role(quantity), value)),
        world="fans",
        letters=FANS,
        names=FAN_NAMES,
        also=also,
    )


GLOROT, HE, LECUN = (tuple(f"{who}_{law}" for law in ("normal", "uniform")) for who in ("glorot", "he", "lecun"))
INITIALIZERS = (
    _law("glorot_normal", "variance", 2 / (IN + OUT), also=GLOROT),
    _law("glorot_normal", "variance", 1 / FAN, Statement(FAN, (IN + OUT) / 2), also=GLOROT),
    _law("glorot_normal", "sigma", sqrt(2 / (IN + OUT)), also=GLOROT),
    _law("glorot_uniform", "limit", sqrt(6 / (IN + OUT))),
    _law("he_normal", "variance", 2 / IN, also=HE),
    _law("he_normal", "sigma", sqrt(2 / IN), also=HE),
    _law("he_uniform", "limit", sqrt(6 / IN)),
    _law("lecun_normal", "variance", 1 / IN, also=(*LECUN, *HE)),
    _law("lecun_uniform", "limit", sqrt(3 / IN), also=("he_uniform",)),
)

SOFTMAX = Case(
    rule="softmax",
    quantity="y",
    statements=says(exp(at(X, ONE)) / total(exp(at(X, J)), J, X)),
    world="logits",
    letters={
        "x": ("z", "x"),
        "one": ("i",),
        "j": ("j",),
        "size": ("K", "n"),
        "y": (r"\text{softmax}(<x>)_i", r"\hat{y}_i", "p_i"),
    },
    names={"x": ("z", "logits"), "y": ("p", "probs")},
)

CASES: tuple[Case, ...] = (
    *ACTIVATIONS,
    SOFTMAX,
    *LOSSES,
    *PENALTIES,
    *BOUNDS,
    *LAYERS,
    *NORMALISATION,
    *INITIALIZERS,
)
