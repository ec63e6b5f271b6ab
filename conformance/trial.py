"""Judges whole implementations: the ones of the caller here, bundled ones in a process of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

from gradspec.spec import catalogue

from .bundled import BUNDLED, Bundled
from .implementation import Claim, Implementation
from .judging import judge_rule
from .select import CannotStart, start
from .session import run_case
from .verdict import Result, Run

DEFAULT_DTYPES = ("float64", "float32")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of every implementation. `like` replaces its own claims."""

    rules: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = DEFAULT_DTYPES
    like: str | Mapping[str, str] | None = None
    level: int = 2
    seed: int = 0

    def claim(self, rule: str) -> Claim | None:
        if not isinstance(self.like, Mapping):
            return self.like
        known = {axis.name for axis in catalogue()[rule].axes}
        return {axis: value for axis, value in self.like.items() if axis in known}


def judge(
    implementation: Implementation, request: Request | None = None, progress: Callable[[str], None] = lambda _: None
) -> Run:
    """Judge every rule asked for (all in scope by default) in every dtype asked for, in this process."""
    request = request or Request()
    # A rule that was not asked for by name is in scope wherever the implementation is a whole library's.
    rules = request.rules or tuple(catalogue())
    results = [
        judge_rule(
            implementation, rule, dtype, partial(run_case, implementation),
            claim=request.claim(rule), level=request.level, seed=request.seed, progress=progress,
        )
        for rule in rules
        for dtype in request.dtypes
        if request.rules or rule in implementation.offers
    ]  # fmt: skip
    return Run(implementation.name, implementation.version, tuple(results), implementation.own)


def judge_bundled(name: str, request: Request) -> Run:
    """Judge a bundled implementation; meant for a fresh process, whose environment is set here before any import."""
    row = next(row for row in BUNDLED if row.name == name)
    os.environ.update(row.environment)
    run = judge(start(row), request)
    return replace(run, results=tuple(_expected(row, run.version, result) for result in run.results))


def _expected(row: Bundled, version: str, result: Result) -> Result:
    """Mark a known defect; one that has gone is an unexpected pass, which fails."""
    known = [e for e in row.expected if e.rule == result.rule and result.dtype in e.dtypes]
    if not known:
        return result
    if not known[0].applies(result.rule, result.dtype, version):
        note = f"a defect known in {', '.join(known[0].versions)} is not expected of {version}"
        return replace(result, message="; ".join(filter(None, (result.message, note))))
    if result.verdict == "none":
        return replace(result, expected=True, message=f"expected: {known[0].reason} ({known[0].link}); {result.message}")
    return replace(result, unexpected_pass=True, message=f"unexpected pass: {known[0].reason} ({known[0].link}); remove the expectation")


def judge_in_workers(
    rows: Sequence[Bundled], request: Request, progress: Callable[[str], None] = lambda _: None, workers: int = 2
) -> list[Run]:
    """Judge bundled implementations, each in its own spawned process, a few at a time."""

    def one(row: Bundled) -> Run:
        progress(f"{row.name}: started")
        try:
            with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
                run = pool.submit(judge_bundled, row.name, request).result()
        except BrokenProcessPool as error:
            raise CannotStart(f"{row.name}: its process died; run it alone: gradspec judge {row.name}") from error
        progress(f"{row.name}: done")
        return run

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, rows))
