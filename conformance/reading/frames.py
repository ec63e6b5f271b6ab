"""Where the quantities of the rules meet the names of a slide: which letters usually stand for what, and at which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

Names = frozenset[str]
PLACE = 1  # of the entry that a free index stands for


def names(words: str) -> Names:
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Role:
    """A quantity of a rule as a slide shows it.

    `places` says which entry of the specification's array it is: `i` runs, `0` is the first. `usual` are the names
    that it often has.
    """

    places: str
    usual: Names


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A rule with its inputs at hand. `targets` are the quantities that a row can say, with usual names on its left side.

    `functions` are names that stand before parentheses, `words` what the prose calls the rule. `inputs` are numbers
    for each point, `nice` those at which a mistake is shown.
    """

    rule: str
    roles: Mapping[str, Role]
    targets: Mapping[str, Names]
    inputs: tuple[Mapping[str, object], ...]
    nice: tuple[Mapping[str, object], ...]
    functions: Names = frozenset()
    words: str = "(?!)"
    options: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    length: int = 0
    length_names: Names = frozenset()
    argument: str | None = None
    derivative: bool = False
    anonymous: bool = True  # whether a row can be recognised by its right side alone
    condition: str = ""  # under which the rule is what the frame has


F = Fraction
OUT = names("y a h f g o out output phi z_next act activation")
INPUT = Role("", names("x z a h u v s t net inp input inputs X Z logit in"))
ALPHA = Role("", names("alpha a slope negative_slope k c p alpha_i a_i leak leakiness lambda beta"))
VALUE = Role("", names("y a f h s sigma out output tanh p sig"))


def _scalar(rule: str, functions: str, words: str, *slopes: str, places: str = "") -> tuple[Frame, Frame]:
    roles = {"x": Role(places, INPUT.usual), "y": Role(places, OUT)}
    roles |= {slope: Role("0" if places else "", ALPHA.usual) for slope in slopes}
    xs = (F(-7, 3), F(9, 4), F(-2, 5), F(1, 3))

    def point(x: object, slope: object) -> dict[str, object]:
        held = {"x": x, **dict.fromkeys(slopes, slope), "upstream": F(1)}
        held |= {"d_y": F(1)} if not places else {}
        if places:
            held = {key: (value,) for key, value in held.items()}
        return held | ({"n": 1} if places else {})

    inputs = [point(x, slope) for slope in ((F(1, 5), F(7, 5)) if slopes else (F(1, 5),)) for x in xs]
    nice = [point(x, F(1, 2)) for x in (F(1), F(-1), F(2), F(-2), "log 2", "-log 2", "log 3", F(0))]
    value = Frame(
        rule, roles, {"y": OUT}, tuple(inputs), tuple(nice), names(functions), words, argument="x", sizes={"n": 1}
    )
    own = names(functions)
    slope_roles = {**roles, "y": Role(places, VALUE.usual | own)}
    slope = Frame(
        rule, slope_roles, {"d_x": frozenset()}, tuple(inputs), tuple(nice), own, words,
        options=("derivative",), argument="x", derivative=True, sizes={"n": 1},
    )  # fmt: skip
    return value, slope


ACTIVATIONS = (
    *_scalar("sigmoid", "sigma sigmoid logistic sigm logsig varsigma S", r"sigmoid|logistic"),
    *_scalar("tanh", "tanh", r"tanh|hyperbolic tangent"),
    *_scalar("relu", "ReLU relu RELU Relu ReLu rectifier", r"(?<![a-z])relus?(?![a-z])|rectifie[rd]|rectified linear"),
    *_scalar(
        "leaky_relu",
        "LeakyReLU leaky_relu LReLU lrelu leakyrelu LeakyRelu leakyReLU leaky LeakyReLu Leaky",
        r"leaky",
        "alpha",
    ),
    *_scalar("prelu", "PReLU prelu PRelu", r"prelu|parametric", "alpha", places="0"),
    *_scalar("elu", "ELU elu Elu", r"(?<![a-z])elus?(?![a-z])|exponential linear", "alpha"),
)
P3 = ((F(1, 3), F(-2), F(5, 7)), (F(-1, 2), F(3, 4), F(2)), (F(2), F(-1, 5), F(-4, 3)))
SOFTMAX = Frame(
    "softmax",
    {"x": Role("0i", names("z x a s f o logits scores u v h Z X y net")), "y": Role("0i", OUT | names("p y^hat"))},
    {"y": names("p y y^hat probs prob a o q h s out output probabilities S pi")},
    tuple({"x": (row,)} for row in P3),
    tuple({"x": (row,)} for row in (("log 2", "log 3", F(0)), (F(0), "log 2", F(0)))),
    names("softmax Softmax sigma smax"),
    r"soft-?max",
    sizes={"n": 1, "c": 3},
    length=3,
    length_names=names("n K C k c N m d"),
    argument="x",
)
PREDICTED = names(
    "y^hat p pred y_hat y_pred yhat predictions output out f o a h y^tilde prediction preds y x_hat t^hat"
)
WANTED = names("y t target y_true targets d label labels Y truth y_target")
COUNTS = names("n N m M K k C D d T batch_size B")
MSE = Frame(
    "mean_squared_error",
    {"predictions": Role("i", PREDICTED), "targets": Role("i", WANTED), "loss": Role("", frozenset())},
    {"loss": names("MSE mse loss L J E C cost ell l Loss error mean_squared_error Cost err")},
    tuple({"predictions": one, "targets": other} for one, other in zip(P3, (P3[1], P3[2], P3[0]), strict=True)),
    ({"predictions": (F(3), F(1), F(2)), "targets": (F(1), F(1), F(4))}, {"predictions": (F(2),) * 3, "targets": (F(1),) * 3}),
    names("MSE mse L J E C ell l loss"),
    r"mean[- ]squared?|\bmse\b|squared[- ]error|quadratic (loss|cost)",
    sizes={"n": 3},
    length=3,
    length_names=COUNTS,
)  # fmt: skip
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
            "lambda": Role("", names("lambda lam alpha reg weight_decay strength C c wd lambda_1 lambda_2 lambda1 lambda2 l1 l2 gamma")),
            "penalty": Role("", names("penalty reg_loss")),
            "cost": Role("", names("J L C E loss cost data_loss J_0 C_0 E_0 L_0 mse MSE L_data J() L() C() E() J_0() L_0() E_0() C_0() cost_0")),
            "measure": Role("", names("R Omega R() Omega() ell ell() Omega_")),
        },
        {"penalty": PENALISED, "regularised": names("J^tilde L^tilde E^tilde C^tilde J L C E loss cost total_loss L_reg J_reg E_reg L_total"), "measure": names("R Omega R_1 R_2 L1 L2")},
        tuple({"w": one, "lambda": strength, "cost": F(11, 7), "batch": F(5)} for one, strength in zip(P3, (F(2, 7), F(3, 2), F(1, 5)), strict=True)),
        ({"w": (F(1), F(-2), F(2)), "lambda": F(1, 2), "cost": F(1)}, {"w": (F(3), F(0), F(4)), "lambda": F(1, 4), "cost": F(0)}),
        names("R Omega penalty"),
        words,
        options=options,
        sizes={"n": 3, "m": 1},
        length=3,
        length_names=frozenset() if options else names("n N d D p m k"),
    )  # fmt: skip


LONG, SHORT = (F(2), F(-3), F(6)), (F(1, 5), F(-3, 10), F(3, 5))
BOUND = names(
    "c theta threshold tau clip max_norm clip_norm C clip_value eta r delta lambda max_value clip_threshold g_max t thresh"
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
    tuple({"g": one, "c": F(6, 7), "epsilon": F(1, 50)} for one in (P3[0], tuple(x / 9 for x in P3[1]), P3[2])),
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
    tuple({"w": tuple((x,) for x in one), "r": F(6, 7), "epsilon": F(1, 50)} for one in (P3[0], tuple(x / 9 for x in P3[1]), P3[2])),
    ({"w": tuple((x,) for x in SHORT), "r": F(1), "epsilon": F(1, 4)}, {"w": tuple((x,) for x in LONG), "r": F(1), "epsilon": F(1)}),
    words=r"max[- ]?norm",
    sizes={"n": 3, "m": 1},
    length=3,
)  # fmt: skip
DROPOUT_ROLES = {
    "x": Role("", names("x h a y H z A H1 activations inputs H2 X input")),
    "mask": Role("", names("m r d mask M D U1 U2 delta z epsilon b xi B mu drop_mask keep_mask e")),
    "rate": Role("", names("p rate drop_rate dropout_rate keep_prob p_keep keep p_drop q drop_prob dropout keep_probability p_dropout prob")),
}  # fmt: skip
DROPPED = names("y h a out x' h' h^tilde x^tilde a^tilde y^tilde H H1 H2 x a' A output h^hat a^hat x^hat z'")
DROPOUT = tuple(
    Frame(
        "dropout",
        DROPOUT_ROLES,
        {"y": DROPPED},
        tuple({"x": x, "mask": F(mask), "rate": rate} for mask in (1, 0) for x, rate in ((F(5, 3), F(1, 5)), (F(-2, 3), F(2, 7)))),
        ({"x": F(1), "mask": F(1), "rate": F(1, 4)}, {"x": F(1), "mask": F(0), "rate": F(1, 4)}),
        names("dropout"),
        r"drop-?out|\bdropp",
        options=on,
        anonymous=False,
    )
    for on in ((), ("inference",))
)  # fmt: skip
INWARD = "n_in fan_in inputs n fan_i n_inputs d_in n_i in_features n_prev nin fan N in_dim D_in input_size n_l d input_dim n_input dim_in m n_[l-1] n_h fanin D M"
OUTWARD = "n_out fan_out outputs fan_o n_outputs d_out n_o out_features nout out_dim D_out output_size n_output n_next dim_out n_[l+1] fanout m n_units"
AVERAGE = "fan_avg n_avg fan_average fan_mean avg n_bar n^bar fan n_average fan_av"


def _law(rule: str, words: str) -> Frame:
    return Frame(
        rule,
        {
            "inputs": Role("", names(INWARD)),
            "outputs": Role("", names(OUTWARD)),
            "fan": Role("", names(AVERAGE)),
            "variance": Role("", names("variance var sigma^2 v Var")),
            "sigma": Role("", names("sigma std stddev sd s std_dev scale sigma_w")),
            "limit": Role("", names("limit bound r a ell l lim b epsilon")),
        },
        {
            "fan": names(AVERAGE) if rule.startswith("glorot") else frozenset(),
            "variance": names("variance var Var sigma_w_squared v sigma2 w_var"),
            "sigma": names("sigma std stddev sd std_dev scale sigma_w s stdev weight_scale stdv"),
            "limit": names("limit bound r a ell l lim b epsilon scale init_range"),
        },
        tuple({"inputs": F(one), "outputs": F(other), "receptive_field": F(1)} for one, other in ((7, 12), (5, 3))),
        ({"inputs": F(784), "outputs": F(128), "receptive_field": F(1)}, {"inputs": F(8), "outputs": F(64), "receptive_field": F(1)}),
        words=words,
        sizes={},
    )  # fmt: skip


LAWS = (
    _law("glorot_normal", r"glorot|xavier"),
    _law("glorot_uniform", r"glorot|xavier"),
    _law("he_normal", r"\bhe (et al|init|normal|uniform|weight)|kaiming|msra"),
    _law("he_uniform", r"\bhe (et al|init|normal|uniform|weight)|kaiming|msra"),
    _law("lecun_normal", r"lecun"),
    _law("lecun_uniform", r"lecun"),
)
BATCHES = ((F(1, 3), F(-2), F(5, 7), F(3, 2)), (F(2), F(1, 4), F(-1), F(-3, 5)))
BATCH = Frame(
    "batch_normalization",
    {
        "x": Role("i0", names("x z a h X u inputs H input Z v")),
        "y": Role("i0", names("y z out")),
        "batch_mean": Role("0", names("mu mu_B mean m mu_batch batch_mean sample_mean mean_B x^bar avg mu_b E[x] mu_j mean_x E[x()] xbar")),
        "batch_variance": Role("0", names("sigma^2 var variance sigma_B^2 v sample_var batch_var Var[x] var_B sigma2 tau_B^2 s^2 sigma_b^2 sample_variance variance_x")),
        "normalised": Role("i0", names("x^hat xhat x_hat x_norm z^hat z_norm a^hat h^hat x^tilde norm u^hat normed normalized x_normalized z_hat zhat")),
        "centred": Role("i0", names("xmu x_mu centered diff xc x_centered")),
        "deviation": Role("0", names("sqrtvar stddev sd")),
        "root": Role("0", names("sigma sigma_B std s sigma_b")),
        "gamma": Role("0", names("gamma scale g gain")),
        "beta": Role("0", names("beta shift b bias offset")),
        "epsilon": Role("", names("epsilon eps delta")),
        "mean": Role("0", names("running_mean moving_mean mu_run mean_run mu_running mu^bar running_mu mu^hat mu_ema r_mean")),
        "variance": Role("0", names("running_var moving_var moving_variance running_variance var_run sigma_run^2 v^bar sigma^hat^2")),
        "momentum": Role("", names("momentum alpha rho m beta decay lambda gamma tau")),
    },
    {
        "batch_mean": names("mu mu_B mean m mu_batch batch_mean sample_mean mean_B x^bar mu_b xbar E[x] mu_j"),
        "batch_variance": names("var variance v sample_var batch_var var_B sigma2 sample_variance"),
        "centred": names("xmu x_mu centered diff xc x_centered"),
        "deviation": names("sqrtvar std stddev sd"),
        "normalised": names("x^hat xhat x_hat x_norm z^hat z_norm a^hat h^hat x^tilde norm normed normalized x_normalized z_hat zhat"),
        "y": names("y z out z^tilde BN output y_hat h^tilde a^tilde z_norm x_out s"),
        "next_mean": names("running_mean moving_mean mu_run mean_run mu_running mu^bar running_mu mu^hat mu_ema mu"),
        "next_variance": names("running_var moving_var moving_variance running_variance var_run v^bar"),
    },
    tuple(
        {"x": tuple((x,) for x in one), "gamma": (F(5, 4),), "beta": (F(-1, 6),), "epsilon": F(1, 50), "momentum": F(3, 10), "mean": (F(2, 3),), "variance": (F(7, 5),)}
        for one in BATCHES
    ),
    ({"x": ((F(0),), (F(0),), (F(4),), (F(4),)), "gamma": (F(2),), "beta": (F(1),), "epsilon": F(5), "momentum": F(1, 10), "mean": (F(0),), "variance": (F(1),)},),
    names("BN BatchNorm batchnorm batch_norm"),
    r"batch[- ]?norm",
    sizes={"n": 4, "c": 1},
    length=4,
    length_names=names("m m_B N n B batch_size D M |B|"),
    anonymous=False,
)  # fmt: skip
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
        tuple({"x": (one[:p],), "weights": tuple((x,) for x in other[:p]), "bias": (F(3, 8),)} for one, other in zip(P3, (P3[1], P3[2], P3[0]), strict=True)),
        ({"x": ((F(2), F(1), F(1))[:p],), "weights": ((F(3),), (F(1),), (F(1),))[:p], "bias": (F(1),)},),
        words=r"dense|fully[- ]connected|linear (layer|unit|function)|affine|pre-?activation|weighted sum|perceptron|neuron",
        sizes={"n": 1, "p": p, "u": 1},
        length=p if p > 1 else 0,
        length_names=names("n d D p m N n_in K"),
    )
    for p, place in ((1, "0"), (3, "i"))
)  # fmt: skip
CROSS_ENTROPY = Frame(
    "cross_entropy",
    {
        "predictions": Role("i", PREDICTED | names("q probs s sigma probabilities")),
        "targets": Role("i", WANTED | names("p onehot one_hot y_one_hot")),
        "label": Role("", names("y c k label labels t y_i target")),
    },
    {"loss": names("L ell J C loss E CE cost cross_entropy l H Loss ce L_i xent")},
    (
        *({"predictions": (F(1, 5), F(1, 2), F(3, 10)), "targets": tuple(F(k == one) for k in range(3)), "label": F(one)} for one in (1, 0, 2)),
        {"predictions": (F(1, 7), F(2, 7), F(4, 7)), "targets": (F(1, 6), F(1, 3), F(1, 2))},
    ),
    ({"predictions": (F(1, 4), F(1, 2), F(1, 4)), "targets": (F(0), F(1), F(0)), "label": F(1)},),
    names("CE L J H ell cross_entropy"),
    r"cross[- ]entropy|log[- ]likelihood|log[- ]loss|\bnll\b|negative log",
    sizes={"n": 1, "c": 3},
    length=3,
    length_names=COUNTS,
)  # fmt: skip
BINARY = Frame(
    "cross_entropy",
    {"predictions": Role("", PREDICTED | names("a q sigma")), "targets": Role("", WANTED)},
    CROSS_ENTROPY.targets | {"loss": CROSS_ENTROPY.targets["loss"] | names("BCE bce")},
    tuple({"predictions": p, "targets": y} for p, y in ((F(1, 5), F(1)), (F(3, 7), F(0)), (F(3, 4), F(1, 3)))),
    ({"predictions": F(1, 2), "targets": F(1)}, {"predictions": F(1, 4), "targets": F(1)}, {"predictions": F(1, 4), "targets": F(0)}),
    names("BCE CE L J H ell"),
    CROSS_ENTROPY.words,
    sizes={"n": 1, "c": 2},
)  # fmt: skip

WITHOUT_EPSILON = replace(
    BATCH,
    inputs=tuple({**one, "epsilon": F(0)} for one in BATCH.inputs),
    nice=({**BATCH.nice[0], "x": ((F(1),), (F(1),), (F(5),), (F(5),)), "epsilon": F(0)},),
    roles={name: role for name, role in BATCH.roles.items() if name != "epsilon"},
    targets={name: usual for name, usual in BATCH.targets.items() if name in ("normalised", "deviation")},
    condition="the variance is not 0, since no ε is added to it",
)
SHARES = ((F(1, 5), F(1, 2), F(3, 10)), (F(1, 7), F(2, 7), F(4, 7)))
BINARY_BATCH = replace(
    BINARY,
    roles={"predictions": Role("i", PREDICTED | names("a q sigma")), "targets": Role("i", WANTED)},
    inputs=tuple({"predictions": (F(1, 5), F(3, 7), F(3, 4)), "targets": wanted} for wanted in ((F(1), F(0), F(1)), (F(0), F(1, 3), F(1)))),
    nice=({"predictions": (F(1, 2), F(1, 4), F(1, 2)), "targets": (F(1), F(0), F(1))},),
    length=3,
    length_names=COUNTS,
    sizes={"n": 1, "c": 2},
)
BATCH_OF_SHARES = replace(
    CROSS_ENTROPY,
    roles={name: Role("ii", role.usual) for name, role in CROSS_ENTROPY.roles.items() if name != "label"},
    inputs=(
        {"predictions": (*SHARES, SHARES[0][::-1]), "targets": ((F(1), F(0), F(0)), (F(0), F(0), F(1)), (F(1, 4), F(1, 4), F(1, 2)))},
        {"predictions": (*SHARES[::-1], SHARES[0]), "targets": ((F(0), F(1), F(0)), (F(1), F(0), F(0)), (F(0), F(1), F(0)))},
    ),
    nice=({"predictions": ((F(1, 4), F(1, 2), F(1, 4)),) * 3, "targets": ((F(0), F(1), F(0)),) * 3},),
)
FRAMES: tuple[Frame, ...] = (
    *ACTIVATIONS,
    SOFTMAX,
    MSE,
    CROSS_ENTROPY,
    BINARY,
    BINARY_BATCH,
    BATCH_OF_SHARES,
    _penalty("l1", r"(?<![a-z0-9])(l1|ℓ1|ℓ_1|/1|lasso)(?![a-z0-9])"),
    _penalty("l2", r"(?<![a-z0-9])(l2|ℓ2|ℓ_2|/2|ridge|weight decay|tikhonov)(?![a-z0-9])"),
    _penalty("l1", r"(?!)", "batch_size"),
    _penalty("l2", r"(?!)", "batch_size"),
    CLIP_VALUE,
    CLIP_NORM,
    MAX_NORM,
    *DROPOUT,
    *LAWS,
    BATCH,
    WITHOUT_EPSILON,
    *DENSE,
)
