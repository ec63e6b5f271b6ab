"""How slides show dropout, batch normalization and dense layers."""

from __future__ import annotations

from dataclasses import replace

from .frame import THREE, F, Frame, Role, names

DROPOUT_ROLES = {
    "x": Role("", names("x h a y H z A H1 activations inputs H2 X input")),
    "mask": Role("", names("m r d mask M D U1 U2 delta z epsilon b xi B mu drop_mask keep_mask e")),
    "rate": Role(
        "",
        names(
            "p rate drop_rate dropout_rate keep_prob p_keep keep p_drop q drop_prob dropout "
            "keep_probability p_dropout prob"
        ),
    ),
}
DROPPED = names("y h a out x' h' h^tilde x^tilde a^tilde y^tilde H H1 H2 x a' A output h^hat a^hat x^hat z'")
DROPOUT = tuple(
    Frame(
        "dropout",
        DROPOUT_ROLES,
        {"y": DROPPED},
        tuple(
            {"x": x, "mask": F(mask), "rate": rate}
            for mask in (1, 0)
            for x, rate in ((F(5, 3), F(1, 5)), (F(-2, 3), F(2, 7)))
        ),
        ({"x": F(1), "mask": F(1), "rate": F(1, 4)}, {"x": F(1), "mask": F(0), "rate": F(1, 4)}),
        names("dropout"),
        r"drop-?out|\bdropp",
        options=on,
        anonymous=False,
    )
    for on in ((), ("inference",))
)
BATCHES = ((F(1, 3), F(-2), F(5, 7), F(3, 2)), (F(2), F(1, 4), F(-1), F(-3, 5)))
BATCH = Frame(
    "batch_normalization",
    {
        "x": Role("i0", names("x z a h X u inputs H input Z v")),
        "y": Role("i0", names("y z out")),
        "batch_mean": Role(
            "0",
            names(
                "mu mu_B mu_B^hat mean m mu_batch batch_mean sample_mean mean_B x^bar avg mu_b E[x] mu_j mean_x E[x()] xbar"
            ),
        ),
        "batch_variance": Role(
            "0",
            names(
                "sigma^2 var variance sigma_B^2 sigma_B^hat^2 v sample_var batch_var Var[x] var_B sigma2 tau_B^2 "
                "s^2 sigma_b^2 sample_variance variance_x"
            ),
        ),
        "normalised": Role(
            "i0",
            names(
                "x^hat xhat x_hat x_norm z^hat z_norm a^hat h^hat x^tilde norm u^hat normed "
                "normalized x_normalized z_hat zhat"
            ),
        ),
        "centred": Role("i0", names("xmu x_mu centered diff xc x_centered")),
        "deviation": Role("0", names("sqrtvar stddev sd")),
        "root": Role("0", names("sigma sigma_B sigma_B^hat std s sigma_b")),
        "gamma": Role("0", names("gamma scale g gain")),
        "beta": Role("0", names("beta shift b bias offset")),
        "epsilon": Role("", names("epsilon eps delta")),
        "mean": Role(
            "0", names("running_mean moving_mean mu_run mean_run mu_running mu^bar running_mu mu^hat mu_ema r_mean")
        ),
        "variance": Role(
            "0", names("running_var moving_var moving_variance running_variance var_run sigma_run^2 v^bar sigma^hat^2")
        ),
        "momentum": Role("", names("momentum alpha rho m beta decay lambda gamma tau")),
    },
    {
        "batch_mean": names("mu mu_B mean m mu_batch batch_mean sample_mean mean_B x^bar mu_b xbar E[x] mu_j"),
        "batch_variance": names("var variance v sample_var batch_var var_B sigma2 sample_variance"),
        "centred": names("xmu x_mu centered diff xc x_centered"),
        "deviation": names("sqrtvar std stddev sd"),
        "normalised": names(
            "x^hat xhat x_hat x_norm z^hat z_norm a^hat h^hat x^tilde norm normed normalized x_normalized z_hat zhat"
        ),
        "y": names("y z out z^tilde BN output y_hat h^tilde a^tilde z_norm x_out s"),
        "next_mean": names("running_mean moving_mean mu_run mean_run mu_running mu^bar running_mu mu^hat mu_ema mu"),
        "next_variance": names("running_var moving_var moving_variance running_variance var_run v^bar"),
    },
    tuple(
        {
            "x": tuple((x,) for x in one),
            "gamma": (F(5, 4),),
            "beta": (F(-1, 6),),
            "epsilon": F(1, 50),
            "momentum": F(3, 10),
            "mean": (F(2, 3),),
            "variance": (F(7, 5),),
        }
        for one in BATCHES
    ),
    (
        {
            "x": ((F(0),), (F(0),), (F(4),), (F(4),)),
            "gamma": (F(2),),
            "beta": (F(1),),
            "epsilon": F(5),
            "momentum": F(1, 10),
            "mean": (F(0),),
            "variance": (F(1),),
        },
    ),
    names("BN BatchNorm batchnorm batch_norm"),
    r"batch[- ]?norm",
    sizes={"n": 4, "c": 1},
    length=4,
    length_names=names("m m_B N n B batch_size D M |B|"),
    anonymous=False,
)
DENSE_ROLES = {
    "x": names("x a h X A inputs input H"),
    "weights": names("w W weights theta Theta W1 W2 weight kernel"),
    "bias": names("b B bias b1 b2 c theta_0"),
}
SUMS = names("z y a s u net h o f v out Z logits scores")
DENSE = tuple(
    Frame(
        "dense",
        {
            "x": Role("0" + place, DENSE_ROLES["x"]),
            "weights": Role(place + "0", DENSE_ROLES["weights"]),
            "bias": Role("0", DENSE_ROLES["bias"]),
        },
        {"y": SUMS},
        tuple(
            {"x": (one[:p],), "weights": tuple((x,) for x in other[:p]), "bias": (F(3, 8),)}
            for one, other in zip(THREE, (THREE[1], THREE[2], THREE[0]), strict=True)
        ),
        ({"x": ((F(2), F(1), F(1))[:p],), "weights": ((F(3),), (F(1),), (F(1),))[:p], "bias": (F(1),)},),
        words=r"dense|fully[- ]connected|linear (layer|unit|function)|affine|pre-?activation|weighted sum|perceptron|neuron",
        sizes={"n": 1, "p": p, "u": 1},
        length=p if p > 1 else 0,
        length_names=names("n d D p m N n_in K"),
    )
    for p, place in ((1, "0"), (3, "i"))
)
WITHOUT_EPSILON = replace(
    BATCH,
    inputs=tuple({**one, "epsilon": F(0)} for one in BATCH.inputs),
    nice=({**BATCH.nice[0], "x": ((F(1),), (F(1),), (F(5),), (F(5),)), "epsilon": F(0)},),
    roles={name: role for name, role in BATCH.roles.items() if name != "epsilon"},
    targets={name: usual for name, usual in BATCH.targets.items() if name in ("y", "normalised", "deviation")},
    condition="the variance is not 0, since no ε is added to it",
)
