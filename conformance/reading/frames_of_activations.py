"""How slides show activations and their slopes."""

from __future__ import annotations

from .frame import F, Frame, Role, names

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
        rule,
        slope_roles,
        {"d_x": frozenset()},
        tuple(inputs),
        tuple(nice),
        own,
        words,
        options=("derivative",),
        argument="x",
        derivative=True,
        sizes={"n": 1},
    )
    return value, slope


ACTIVATIONS = (
    *_scalar("sigmoid", "sigma sigmoid Sigmoid logistic sigm logsig varsigma S", r"sigmoid|logistic"),
    *_scalar("tanh", "tanh Tanh", r"tanh|hyperbolic tangent"),
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
SLOPES = {"lower": F(1, 8), "upper": F(1, 3)}
RANDOMIZED = (
    Frame(
        "rrelu",
        {"x": INPUT, "slope": ALPHA},
        {"y": OUT},
        tuple({"x": x, "slope": slope, **SLOPES} for slope in (F(1, 5), F(2, 7)) for x in (F(-7, 3), F(9, 4))),
        tuple({"x": x, "slope": F(1, 4), **SLOPES} for x in (F(1), F(-1))),
        names("RReLU rrelu"),
        r"rrelu|randomi[sz]ed leaky",
        argument="x",
    ),
    Frame(
        "rrelu",
        {"lower": Role("", names("l lower a low min")), "upper": Role("", names("u upper b high max"))},
        {"test_slope": names("alpha a slope r")},
        tuple(
            {"x": F(1), "slope": F(1, 5), "lower": low, "upper": high}
            for low, high in ((F(1, 8), F(1, 3)), (F(1, 9), F(2, 7)))
        ),
        ({"x": F(1), "slope": F(1, 4), "lower": F(1, 8), "upper": F(3, 8)},),
        words=r"rrelu|randomi[sz]ed leaky",
        options=("inference",),
        anonymous=False,
    ),
)
