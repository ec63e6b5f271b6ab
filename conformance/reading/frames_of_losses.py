"""How slides show softmax and losses."""

from __future__ import annotations

from dataclasses import replace

from .frame import THREE, F, Frame, Role, names
from .frames_of_activations import OUT

SOFTMAX = Frame(
    "softmax",
    {"x": Role("0i", names("z x a s f o logits scores u v h Z X y net")), "y": Role("0i", OUT | names("p y^hat"))},
    {"y": names("p y y^hat probs prob a o q h s out output probabilities S pi")},
    tuple({"x": (row,)} for row in THREE),
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
    tuple(
        {"predictions": one, "targets": other} for one, other in zip(THREE, (THREE[1], THREE[2], THREE[0]), strict=True)
    ),
    (
        {"predictions": (F(3), F(1), F(2)), "targets": (F(1), F(1), F(4))},
        {"predictions": (F(2),) * 3, "targets": (F(1),) * 3},
    ),
    names("MSE mse L J E C ell l loss"),
    r"mean[- ]squared?|\bmse\b|squared[- ]error|quadratic (loss|cost)",
    sizes={"n": 3},
    length=3,
    length_names=COUNTS,
)

CROSS_ENTROPY = Frame(
    "cross_entropy",
    {
        "predictions": Role("i", PREDICTED | names("q probs s sigma probabilities")),
        "targets": Role("i", WANTED | names("p onehot one_hot y_one_hot")),
        "label": Role("", names("y c k label labels t y_i target")),
    },
    {"loss": names("L ell J C loss E CE cost cross_entropy l H Loss ce L_i xent")},
    (
        *(
            {
                "predictions": (F(1, 5), F(1, 2), F(3, 10)),
                "targets": tuple(F(k == one) for k in range(3)),
                "label": F(one),
            }
            for one in (1, 0, 2)
        ),
        {"predictions": (F(1, 7), F(2, 7), F(4, 7)), "targets": (F(1, 6), F(1, 3), F(1, 2))},
    ),
    ({"predictions": (F(1, 4), F(1, 2), F(1, 4)), "targets": (F(0), F(1), F(0)), "label": F(1)},),
    names("CE L J H ell cross_entropy"),
    r"cross[- ]entropy|log[- ]likelihood|log[- ]loss|\bnll\b|negative log",
    sizes={"n": 1, "c": 3},
    length=3,
    length_names=COUNTS,
)
BINARY = Frame(
    "cross_entropy",
    {"predictions": Role("", PREDICTED | names("a q sigma")), "targets": Role("", WANTED)},
    {"loss": CROSS_ENTROPY.targets["loss"] | names("BCE bce")},
    tuple({"predictions": p, "targets": y} for p, y in ((F(1, 5), F(1)), (F(3, 7), F(0)), (F(3, 4), F(1, 3)))),
    (
        {"predictions": F(1, 2), "targets": F(1)},
        {"predictions": F(1, 4), "targets": F(1)},
        {"predictions": F(1, 4), "targets": F(0)},
    ),
    names("BCE CE L J H ell"),
    CROSS_ENTROPY.words,
    sizes={"n": 1, "c": 2},
)

SHARES = ((F(1, 5), F(1, 2), F(3, 10)), (F(1, 7), F(2, 7), F(4, 7)))
BINARY_BATCH = replace(
    BINARY,
    roles={"predictions": Role("i", PREDICTED | names("a q sigma")), "targets": Role("i", WANTED)},
    inputs=tuple(
        {"predictions": (F(1, 5), F(3, 7), F(3, 4)), "targets": wanted}
        for wanted in ((F(1), F(0), F(1)), (F(0), F(1, 3), F(1)))
    ),
    nice=({"predictions": (F(1, 2), F(1, 4), F(1, 2)), "targets": (F(1), F(0), F(1))},),
    length=3,
    length_names=COUNTS,
    sizes={"n": 1, "c": 2},
)
BATCH_OF_SHARES = replace(
    CROSS_ENTROPY,
    roles={name: Role("ii", role.usual) for name, role in CROSS_ENTROPY.roles.items() if name != "label"},
    inputs=(
        {
            "predictions": (*SHARES, SHARES[0][::-1]),
            "targets": ((F(1), F(0), F(0)), (F(0), F(0), F(1)), (F(1, 4), F(1, 4), F(1, 2))),
        },
        {
            "predictions": (*SHARES[::-1], SHARES[0]),
            "targets": ((F(0), F(1), F(0)), (F(1), F(0), F(0)), (F(0), F(1), F(0))),
        },
    ),
    nice=({"predictions": ((F(1, 4), F(1, 2), F(1, 4)),) * 3, "targets": ((F(0), F(1), F(0)),) * 3},),
)


LOSSES = (SOFTMAX, MSE, CROSS_ENTROPY, BINARY, BINARY_BATCH, BATCH_OF_SHARES)
