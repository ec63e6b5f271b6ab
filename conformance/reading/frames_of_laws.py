"""How slides show the laws of initial weights."""

from __future__ import annotations

from .frame import F, Frame, Role, names

INWARD = (
    "n_in fan_in inputs n fan_i n_inputs d_in n_i in_features n_prev nin fan N in_dim "
    "D_in input_size n_l d input_dim n_input dim_in m n_[l-1] n_h fanin F_in N_in Nin size_in D M"
)
OUTWARD = (
    "n_out fan_out outputs fan_o n_outputs d_out n_o out_features nout out_dim D_out "
    "output_size n_output n_next dim_out n_[l+1] fanout F_out N_out Nout size_out m n_units"
)
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
        (
            {"inputs": F(784), "outputs": F(128), "receptive_field": F(1)},
            {"inputs": F(8), "outputs": F(64), "receptive_field": F(1)},
        ),
        words=words,
        sizes={},
    )


LAWS = (
    _law("glorot_normal", r"glorot|xavier"),
    _law("glorot_uniform", r"glorot|xavier"),
    _law("he_normal", r"\bhe (et al|init|normal|uniform|weight)|kaiming|msra"),
    _law("he_uniform", r"\bhe (et al|init|normal|uniform|weight)|kaiming|msra"),
    _law("lecun_normal", r"lecun"),
    _law("lecun_uniform", r"lecun"),
)
