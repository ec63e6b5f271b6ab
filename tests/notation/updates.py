"""The update rules as programs, each in the forms in which books, papers and libraries arrange it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from .term import Program, Statement, Term, call, role, sqrt, substituted, term

W, W1 = role("parameter", "now"), role("parameter", "next")
M, M1 = role("first", "now"), role("first", "next")
S, S1 = role("second", "now"), role("second", "next")
A, A1 = role("mean", "now"), role("mean", "next")
B, B1 = role("buffer", "now"), role("buffer", "next")
TOP, TOP1 = role("largest", "now"), role("largest", "next")
G, M_HAT, S_HAT, A_HAT = (
    role(name, "local") for name in ("gradient", "first_corrected", "second_corrected", "mean_corrected")
)
MOVE, RATE_NOW, BEFORE, UNDER = (role(name, "local") for name in ("move", "rate_now", "before", "denominator"))
C1, C2, SIZE = (role(name, "local") for name in ("correction1", "correction2", "step_size"))
ETA, MU, RHO, BETA1, BETA2, EPSILON, ROOT_EPSILON, DECAY, DAMPENING = (
    role(name)
    for name in (
        "learning_rate",
        "momentum",
        "rho",
        "beta1",
        "beta2",
        "epsilon",
        "epsilon_root",
        "weight_decay",
        "dampening",
    )
)
T = role("step")
STATES = ("first", "second", "mean", "buffer", "largest")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a style decides about the arrangement of a program.

    `named` gives the gradient a row of its own; `velocity` adds the buffer to the parameter, where others subtract it;
    `timed` can speak of a state as it was after its row; `moved` gives the step a row of its own; `merged` leaves
    out rows for what is corrected; `parted` gives rows to denominators and to the corrections themselves.
    """

    named: bool = False
    velocity: bool = False
    timed: bool = True
    moved: bool = False
    merged: bool = False
    parted: bool = False


CHOICES: tuple[tuple[str, Mapping[str, str], tuple[str, ...]], ...] = (
    ("gradient_descent", {}, ()),
    ("momentum", {"learning_rate_place": "inside", "gain": "one"}, ()),
    ("momentum", {"learning_rate_place": "outside", "gain": "one"}, ()),
    ("momentum", {"learning_rate_place": "outside", "gain": "one_minus_momentum"}, ()),
    ("momentum", {"learning_rate_place": "outside", "gain": "one_minus_dampening"}, ("dampening",)),
    (
        "momentum",
        {"learning_rate_place": "outside", "gain": "one_minus_dampening", "first_step": "gradient"},
        ("dampening",),
    ),
    ("nesterov", {"nesterov_form": "look_ahead", "learning_rate_place": "inside"}, ()),
    ("nesterov", {"nesterov_form": "look_ahead", "learning_rate_place": "outside"}, ()),
    ("nesterov", {"nesterov_form": "stored_look_ahead", "learning_rate_place": "inside"}, ()),
    ("nesterov", {"nesterov_form": "stored_look_ahead", "learning_rate_place": "outside"}, ()),
    ("adagrad", {"epsilon_place": "outside"}, ()),
    ("adagrad", {"epsilon_place": "inside"}, ()),
    ("rmsprop", {"epsilon_place": "outside"}, ()),
    ("rmsprop", {"epsilon_place": "inside"}, ()),
    ("rmsprop", {"epsilon_place": "inside"}, ("centered",)),
    ("rmsprop", {"epsilon_place": "outside"}, ("centered",)),
    ("rmsprop", {"epsilon_place": "inside", "learning_rate_place": "inside"}, ("momentum",)),
    ("rmsprop", {"epsilon_place": "outside", "learning_rate_place": "outside"}, ("momentum",)),
    ("adam", {"epsilon_place": "outside", "bias_correction": "both"}, ()),
    ("adam", {"epsilon_place": "inside", "bias_correction": "both"}, ()),
    ("adam", {"epsilon_place": "hat", "bias_correction": "both"}, ()),
    ("adam", {"epsilon_place": "outside", "bias_correction": "none"}, ()),
    ("adam", {"epsilon_place": "inside", "bias_correction": "none"}, ()),
    ("adam", {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": "raw"}, ("amsgrad",)),
    ("adam", {"epsilon_place": "outside", "bias_correction": "both", "amsgrad_max": "corrected"}, ("amsgrad",)),
    ("adam", {"epsilon_place": "root_plus_outside", "bias_correction": "both"}, ("epsilon_root",)),
    ("adam", {"epsilon_place": "outside", "bias_correction": "both"}, ("nesterov",)),
    ("gradient_descent", {"weight_decay_form": "l2"}, ("weight_decay",)),
    ("momentum", {"learning_rate_place": "outside", "gain": "one", "weight_decay_form": "l2"}, ("weight_decay",)),
    ("adam", {"epsilon_place": "outside", "bias_correction": "both", "weight_decay_form": "l2"}, ("weight_decay",)),
    (
        "adam",
        {"epsilon_place": "outside", "bias_correction": "both", "weight_decay_form": "decoupled"},
        ("weight_decay",),
    ),
)


def program(rule: str, dialect: Mapping[str, str], options: tuple[str, ...], plan: Plan, draw: Random) -> Program:
    """Return the rule in one of its arrangements."""
    return Program(rule, dialect, options, RULES[rule](dialect, options, plan, draw))


NUMBERS = {
    "rho": Fraction(9, 10),
    "beta1": Fraction(9, 10),
    "beta2": Fraction(999, 1000),
    "momentum": Fraction(9, 10),
    "epsilon": Fraction(1, 10**8),
}


def printed(one: Program, names: Iterable[str]) -> Program:
    """Return a program with 0.9 in place of β, and 0.1 in place of 1 - β, for the hyperparameters named."""
    change = {1 - role(name): term(1 - NUMBERS[name]) for name in names}
    change |= {role(name): term(NUMBERS[name]) for name in names}
    rows = tuple(Statement(row.target, substituted(row.value, change), row.note) for row in one.statements)
    return Program(one.rule, one.dialect, one.options, rows, one.also)


# -- parts ---------------------------------------------------------------------------------------------------


def _gradient(
    plan: Plan, dialect: Mapping[str, str], options: tuple[str, ...], point: Term = W
) -> tuple[list[Statement], Term]:
    """The rows that a gradient needs, and how the others speak of it."""
    slope = call("gradient", point)
    if "weight_decay" in options and dialect["weight_decay_form"] == "l2":
        slope = slope + DECAY * point
        return [Statement(G, slope)], G
    return ([Statement(G, slope)], G) if plan.named else ([], slope)


def _weighted(share: Term, old: Term, new: Term, draw: Random) -> Term:
    kept = share * old
    return kept + new if draw.random() < 0.8 else new + kept


def _average(share: Term, old: Term, new: Term, draw: Random) -> Term:
    return _weighted(share, old, (1 - share) * new, draw)


def _step(plan: Plan, length: Term, direction: Term, draw: Random, decoupled: bool = False) -> list[Statement]:
    """The rows that take the parameter `length` times `direction` down."""
    if plan.moved and not decoupled:
        return [Statement(MOVE, -(length * direction)), Statement(W1, W + MOVE)]
    if decoupled:
        return [
            draw.choice(
                (
                    Statement(W1, W - length * (direction + DECAY * W)),
                    Statement(W1, W - length * DECAY * W - length * direction),
                    Statement(W1, (1 - length * DECAY) * W - length * direction),
                )
            )
        ]
    return [Statement(W1, W - length * direction)]


def _divided(plan: Plan, over: Term, under: Term, draw: Random, decoupled: bool = False) -> list[Statement]:
    """The rows that take the parameter `ETA over/under` down."""
    if decoupled:
        return _step(plan, ETA, over / under, draw, decoupled)
    if plan.parted:
        return [Statement(UNDER, under), *_step(plan, ETA, over / UNDER, draw)]
    moves = ((ETA / under) * over, (ETA * over) / under, ETA * (over / under))
    move = draw.choice(moves)
    if plan.moved:
        return [Statement(MOVE, -move), Statement(W1, W + MOVE)]
    return [Statement(W1, W - move)]


def _denominator(square: Term, place: str, draw: Random) -> Term:
    if place == "inside":
        return sqrt(square + EPSILON)
    if place == "root_plus_outside":
        return sqrt(square + ROOT_EPSILON) + EPSILON
    return sqrt(square) + EPSILON if draw.random() < 0.7 else EPSILON + sqrt(square)


# -- rules ---------------------------------------------------------------------------------------------------


def _gradient_descent(
    dialect: Mapping[str, str], options: tuple[str, ...], plan: Plan, draw: Random
) -> tuple[Statement, ...]:
    rows, g = _gradient(plan, dialect, options)
    return (*rows, *_step(plan, ETA, g, draw))


def _momentum(dialect: Mapping[str, str], options: tuple[str, ...], plan: Plan, draw: Random) -> tuple[Statement, ...]:
    rows, g = _gradient(plan, dialect, options)
    gains = {"one": None, "one_minus_momentum": 1 - MU, "one_minus_dampening": 1 - DAMPENING}
    gain = gains[dialect["gain"]]
    arriving = g if gain is None else gain * g
    if dialect["learning_rate_place"] == "inside":
        arriving = ETA * arriving
        length = None
    else:
        length = ETA
    sign = plan.velocity and gain is None
    collected = MU * M - arriving if sign else _weighted(MU, M, arriving, draw)
    if dialect.get("first_step") == "gradient":
        collected = Term("cases", (g, call("==", T, 1), collected, Term("otherwise", ())))
    push = M1 if length is None else length * M1
    return (*rows, Statement(M1, collected), Statement(W1, W + push if sign else W - push))


def _nesterov(dialect: Mapping[str, str], options: tuple[str, ...], plan: Plan, draw: Random) -> tuple[Statement, ...]:
    inside = dialect["learning_rate_place"] == "inside"
    if dialect["nesterov_form"] == "look_ahead":
        carried = MU * M if inside else ETA * MU * M
        point = W + carried if plan.velocity else W - carried
        rows, g = _gradient(plan, dialect, options, point)
        arriving = ETA * g if inside else g
        collected = MU * M - arriving if plan.velocity else _weighted(MU, M, arriving, draw)
        push = M1 if inside else ETA * M1
        return (*rows, Statement(M1, collected), Statement(W1, W + push if plan.velocity else W - push))
    rows, g = _gradient(plan, dialect, options)
    if not inside:
        return (*rows, Statement(M1, MU * M + g), Statement(W1, W - ETA * draw.choice((g + MU * M1, MU * M1 + g))))
    if not plan.velocity:
        return (*rows, Statement(M1, MU * M + ETA * g), Statement(W1, W - (MU * M1 + ETA * g)))
    if plan.timed:
        return (*rows, Statement(M1, MU * M - ETA * g), Statement(W1, W - MU * M + (1 + MU) * M1))
    return (
        *rows,
        Statement(BEFORE, M, "copy"),
        Statement(M1, MU * M - ETA * g),
        Statement(W1, W - MU * BEFORE + (1 + MU) * M1),
    )


def _adagrad(dialect: Mapping[str, str], options: tuple[str, ...], plan: Plan, draw: Random) -> tuple[Statement, ...]:
    rows, g = _gradient(plan, dialect, options)
    return (
        *rows,
        Statement(S1, S + g**2),
        *_divided(plan, g, _denominator(S1, dialect["epsilon_place"], draw), draw),
    )


def _rmsprop(dialect: Mapping[str, str], options: tuple[str, ...], plan: Plan, draw: Random) -> tuple[Statement, ...]:
    rows, g = _gradient(plan, dialect, options)
    rows = [*rows, Statement(S1, _average(RHO, S, g**2, draw))]
    square = S1
    if "centered" in options:
        rows.append(Statement(A1, _average(RHO, A, g, draw)))
        square = S1 - A1**2
    under = _denominator(square, dialect["epsilon_place"], draw)
    if "momentum" not in options:
        return (*rows, *_divided(plan, g, under, draw))
    if dialect["learning_rate_place"] == "outside":
        return (*rows, Statement(B1, MU * B + g / under), Statement(W1, W - ETA * B1))
    if plan.velocity:
        return (*rows, Statement(B1, MU * B - ETA / under * g), Statement(W1, W + B1))
    return (*rows, Statement(B1, MU * B + ETA * g / under), Statement(W1, W - B1))


def _adam(dialect: Mapping[str, str], options: tuple[str, ...], plan: Plan, draw: Random) -> tuple[Statement, ...]:
    rows, g = _gradient(plan, dialect, options)
    place, decoupled = dialect["epsilon_place"], dialect.get("weight_decay_form") == "decoupled"
    rows = [
        *rows,
        Statement(M1, _average(BETA1, M, g, draw)),
        Statement(S1, _average(BETA2, S, g**2, draw)),
    ]
    c1, c2 = 1 - BETA1**T, 1 - BETA2**T
    if place == "hat":
        rows.append(Statement(RATE_NOW, draw.choice((ETA * sqrt(c2) / c1, ETA * (sqrt(c2) / c1)))))
        under = sqrt(S1) + EPSILON
        return (*rows, Statement(W1, W - draw.choice((RATE_NOW * M1 / under, RATE_NOW * (M1 / under)))))
    first, second = M1, S1
    if plan.parted and options == () and (place, dialect["bias_correction"]) == ("outside", "both"):
        return (
            *rows,
            Statement(C1, c1),
            Statement(C2, c2),
            Statement(SIZE, ETA / C1),
            Statement(UNDER, sqrt(S1) / sqrt(C2) + EPSILON),
            Statement(W1, W - SIZE * (M1 / UNDER)),
        )
    if dialect["bias_correction"] == "both":
        first, second = M1 / c1, S1 / c2
        if "nesterov" in options:
            first = BETA1 * M1 / (1 - BETA1 ** (T + 1)) + (1 - BETA1) * g / c1
        if not (plan.merged and options == ()):
            rows.append(Statement(M_HAT, first))
            first = M_HAT
        if "amsgrad" in options and dialect["amsgrad_max"] == "raw":
            rows.append(Statement(TOP1, call("max", TOP, S1)))
            rows.append(Statement(S_HAT, TOP1 / c2))
            second = S_HAT
        elif not (plan.merged and options == ()):
            rows.append(Statement(S_HAT, second))
            second = S_HAT
    if "amsgrad" in options and dialect["amsgrad_max"] == "corrected":
        rows.append(Statement(TOP1, call("max", TOP, second)))
        second = TOP1
    return (*rows, *_divided(plan, first, _denominator(second, place, draw), draw, decoupled))


RULES = {
    "gradient_descent": _gradient_descent,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
}
