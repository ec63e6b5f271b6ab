"""torch: torch.optim in its three implementations, loop, foreach and fused, and everything else under one name.

RMSprop has no fused implementation in torch 2.13.
"""

import torch

from gradspec.conformance.bridges.torch import torch_optimizer
from gradspec.conformance.bundled import activations, initializers, layers, losses, networks
from gradspec.conformance.implementation import Implementation
from gradspec.spec.vendors import vendor

FIXED = {
    "torch/loop": {"foreach": False, "fused": False},
    "torch/foreach": {"foreach": True},
    "torch/fused": {"fused": True},
}
RULES = ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam")


def implementation(name: str) -> Implementation:
    """Build one of `torch`, `torch/loop`, `torch/foreach` and `torch/fused`."""
    if name == "torch":
        return _without_optimizers()
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


def _without_optimizers() -> Implementation:
    library = Implementation(
        "torch",
        version=str(torch.__version__),
        arrays="torch",
        claims=dict.fromkeys(set(vendor("torch").rows) - set(RULES), "torch"),
        dtypes=("float64", "float32", "bfloat16", "float16"),
    )
    activations.register_torch(library)
    losses.register_torch(library)
    networks.register_torch(library)
    for rule, layer in layers.torch_layers().items():
        library.layer(rule)(layer)
    for rule, draw in initializers.torch_initializers().items():
        library.sampler(rule)(draw)
    return library
