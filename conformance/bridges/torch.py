"""Any `torch.optim.Optimizer` as an adapter. torch is imported when it starts."""

from collections.abc import Callable
from typing import Any

from gradspec.conformance.bridges.names import Adapter, Spelling, adapter, learning_rate_argument

SPELLING: Spelling = {
    "alpha": ("rho",),
    "betas": ("beta1", "beta2"),
    "eps": ("epsilon",),
    "lr_decay": ("learning_rate_decay",),
}
"""Argument names of torch.optim in torch 2.13."""


def torch_optimizer(optimizer_class: Callable[..., Any], **fixed: Any) -> Adapter:
    """Adapt a `torch.optim.Optimizer` subclass, for an `Implementation` with `arrays="torch"`.

    `fixed` goes to the constructor as it is (`foreach=False`, `nesterov=True`) and is not on offer. The
    optimizer is constructed with the first learning rate; later ones are written to its `param_groups`, as
    torch's schedulers do. Gradients are handed over as copies, since an optimizer may change `grad` in place.
    """
    rate = learning_rate_argument(optimizer_class)

    def start(w: Any, arguments: dict[str, Any]) -> Callable[[Any, float], Any]:
        import torch

        parameter = torch.nn.Parameter(w)
        optimizer: Any = None

        def step(gradient: Any, learning_rate: float) -> Any:
            nonlocal optimizer
            if optimizer is None:
                optimizer = optimizer_class([parameter], **arguments, **{rate: learning_rate})
            for group in optimizer.param_groups:
                group[rate] = learning_rate
            parameter.grad = gradient.clone()
            optimizer.step()
            return parameter.detach()

        return step

    return adapter(optimizer_class, SPELLING, fixed, start)
