"""How slides show penalties, and bounds on gradients and weights."""

from __future__ import annotations

from .frame import THREE, F, Frame, Role, names

WEIGHTS = (("w", Role("i", names("w W theta weights weight W1 W2 beta x v u param params"))),)
PENALISED = names(
    "R Omega penalty reg_loss Omega_ R_ l1 l2 regularization reg L_reg R_1 R_2 l1_penalty l2_penalty l2_loss l1_loss P"
)


def _penalty(rule: str, words: str, *options: str) -> Frame:
    batch = {"batch": Role("", names("m N n batch_size M batch num_examples"))} if options else {}
    return Frame(
        rule,
        {
            **dict(WEIGHTS),
            **batch,
            "lambda": Role(
                "",
                names(
                    "lambda lam alpha reg weight_decay strength C c wd lambda_1 lambda_2 lambda1 lambda2 l1 l2 gamma"
                ),
            ),
            "penalty": Role("", names("penalty reg_loss")),
            "cost": Role(
                "",
                names(
                    "J L C E loss cost data_loss J_0 C_0 E_0 L_0 mse MSE L_data J() L() C() E() J_0() "
                    "L_0() E_0() C_0() cost_0"
                ),
            ),
            "measure": Role("", names("R Omega R() Omega() ell ell() Omega_")),
        },
        {
            "penalty": PENALISED,
            "regularised": names(
                "J^tilde L^tilde E^tilde C^tilde J L C E loss cost total_loss L_reg J_reg E_reg L_total"
            ),
            "measure": names("R Omega R_1 R_2 L1 L2"),
        },
        tuple(
            {"w": one, "lambda": strength, "cost": F(11, 7), "batch": F(5)}
            for one, strength in zip(THREE, (F(2, 7), F(3, 2), F(1, 5)), strict=True)
        ),
        (
            {"w": (F(1), F(-2), F(2)), "lambda": F(1, 2), "cost": F(1)},
            {"w": (F(3), F(0), F(4)), "lambda": F(1, 4), "cost": F(0)},
        ),
        names("R Omega penalty"),
        words,
        options=options,
        sizes={"n": 3, "m": 1},
        length=3,
        length_names=frozenset() if options else names("n N d D p m k"),
    )


LONG, SHORT = (F(2), F(-3), F(6)), (F(1, 5), F(-3, 10), F(3, 5))
BOUND = names(
    "c theta threshold tau clip max_norm clip_norm C clip_value eta r delta lambda "
    "max_value clip_threshold g_max t thresh v"
)
GRADIENT = names("g grad gradient G nabla v d dW dw dx delta grads w u")
SHORTENED = names(
    "g g^hat g^tilde g' clipped g_clipped grad g^bar gradient clipped_grad g_c gclip g_clip nabla dW dw grads G"
)
CLIP_NORM = Frame(
    "clip_by_norm",
    {
        "g": Role("i", GRADIENT),
        "c": Role("", BOUND),
        "size": Role("", names("norm n gnorm grad_norm total_norm g_norm l2norm norm_g rho")),
        "epsilon": Role("", names("eps epsilon delta")),
    },
    {"clipped": SHORTENED, "size": names("norm gnorm grad_norm total_norm g_norm")},
    tuple(
        {"g": one, "c": F(6, 7), "epsilon": F(1, 50)} for one in (THREE[0], tuple(x / 9 for x in THREE[1]), THREE[2])
    ),
    ({"g": SHORT, "c": F(1), "epsilon": F(1, 4)}, {"g": LONG, "c": F(1), "epsilon": F(1)}),
    names("clip clip_norm clip_by_norm clip_grad_norm"),
    r"clip",
    sizes={"n": 3},
    length=3,
)
CLIP_VALUE = Frame(
    "clip_by_value",
    {"g": Role("", GRADIENT | names("x z")), "c": Role("", BOUND | names("a b"))},
    {"clipped": SHORTENED | names("y x'")},
    tuple({"g": g, "c": F(6, 7)} for g in (F(-3), F(2), F(-1, 2), F(1, 4))),
    tuple({"g": g, "c": F(1)} for g in (F(2), F(-2), F(1, 2), F(-1, 2))),
    names("clip clip_by_value"),
    r"clip",
)
MAX_NORM = Frame(
    "max_norm",
    {
        "w": Role("i0", names("w W theta weights v weight")),
        "r": Role("", names("r c C max_norm max_value R rho k maximum maxnorm s")),
        "size": Role("0", names("norm n w_norm norms")),
        "epsilon": Role("", names("eps epsilon delta")),
    },
    {"bounded": names("w W theta weights w' v w^hat weight"), "size": names("norm norms w_norm")},
    tuple(
        {"w": tuple((x,) for x in one), "r": F(6, 7), "epsilon": F(1, 50)}
        for one in (THREE[0], tuple(x / 9 for x in THREE[1]), THREE[2])
    ),
    (
        {"w": tuple((x,) for x in SHORT), "r": F(1), "epsilon": F(1, 4)},
        {"w": tuple((x,) for x in LONG), "r": F(1), "epsilon": F(1)},
    ),
    words=r"max[- ]?norm",
    sizes={"n": 3, "m": 1},
    length=3,
)


PENALTIES = (
    _penalty("l1", r"(?<![a-z0-9])(l1|ℓ1|ℓ_1|/1|lasso)(?![a-z0-9])"),
    _penalty("l2", r"(?<![a-z0-9])(l2|ℓ2|ℓ_2|/2|ridge|weight decay|tikhonov)(?![a-z0-9])"),
    _penalty("l1", r"(?!)", "batch_size"),
    _penalty("l2", r"(?!)", "batch_size"),
)
