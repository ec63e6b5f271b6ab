"""The adapters of `stdio_adapters`, started with little patience."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from gradspec.conformance.stdio.process import Limits

ADAPTERS = Path(__file__).parent / "stdio_adapters"
LIMITS = Limits(grace=0.3, line=100_000)

SERVED = """
import numpy
from gradspec.conformance import Implementation

mylib = Implementation("mylib", version="1.2", claims={"nesterov": "keras", "elu": "torch"}, dtypes=("float32",))
print("this is my library")

@mylib.optimizer("nesterov")
def nesterov(w, *, momentum):
    m = numpy.zeros_like(w)
    def step(gradient_at, learning_rate):
        nonlocal w, m
        print("stepping")
        m = momentum * m + learning_rate * gradient_at(w - momentum * m)
        w = w - m
        return w
    return step

@mylib.function("elu", alpha=1.0)
def elu(x):
    return numpy.where(x > 0, x, numpy.expm1(numpy.minimum(x, 0)))

@mylib.monitor("early_stopping")
def early_stopping(*, patience, min_delta): ...
"""


def command(adapter: str, *arguments: str) -> list[str]:
    return [sys.executable, "-S", str(ADAPTERS / f"{adapter}.py"), *arguments]


def gone(pid: int) -> bool:
    """Whether a process ends within two seconds."""
    for _ in range(40):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and " Z " in Path(f"/proc/{pid}/stat").read_text():
            return True  # dead, and not yet fetched by whoever inherited it
        time.sleep(0.05)
    return False
