"""torch.optim, in its three implementations: loop, foreach, fused. RMSprop has no fused one in torch 2.13."""

import torch

from gradspec.conformance.bridges.torch import torch_optimizer
from gradspec.conformance.implementation import Implementation

FIXED = {
    "torch/loop": {"foreach": False, "fused": False},
    "torch/foreach": {"foreach": True},
    "torch/fused": {"fused": True},
}
RULES = ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam")


def implementation(name: str) -> Implementation:
    """Build one of `torch/loop`, `torch/foreach` and `torch/fused`."""
    fixed = FIXED[name]
    rules = [rule for rule in RULES if (name, rule) != ("torch/fused", "rmsprop")]
    library = Implementation(
        name,
        version=str(torch.__version__),
        arrays="torch",
        claims=dict.fromkeys(rules, "torch"),
        dtypes=("float64", "float32", "bfloat16", "float16"),
    )
    library.optimizer("gradient_descent")(
        torch_optimizer(torch.optim.SGD, momentum=0.0, dampening=0.0, nesterov=False, **fixed)
    )
    library.optimizer("momentum")(torch_optimizer(torch.optim.SGD, nesterov=False, **fixed))
    library.optimizer("nesterov")(torch_optimizer(torch.optim.SGD, nesterov=True, dampening=0.0, **fixed))
    library.optimizer("adagrad")(torch_optimizer(torch.optim.Adagrad, **fixed))
    if "rmsprop" in rules:
        library.optimizer("rmsprop")(torch_optimizer(torch.optim.RMSprop, foreach=fixed["foreach"]))
    library.optimizer("adam")(torch_optimizer(torch.optim.Adam, **fixed))
    return library
