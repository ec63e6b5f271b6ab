"""Judges whole implementations: the ones of the caller here, bundled ones in a process of their own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import active_children, get_context, resource_tracker
from typing import Any

from gradspec.spec import catalogue

from .bundled import Bundled
from .bundled import row as bundled_row
from .case import AnyCase, Misbehaviour, Outcome
from .implementation import Claim, Implementation
from .judging import judge_rule
from .layers import judge_layer
from .monitors import judge_monitor
from .sampling import judge_sampler
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
        """What `like` says of a rule: axis values go to every rule that knows them."""
        if not isinstance(self.like, Mapping):
            return self.like
        known = {axis.name: axis.names for axis in catalogue()[rule].axes}
        return {axis: value for axis, value in self.like.items() if value in known.get(axis, ())} or None


def judge(
    implementation: Implementation,
    request: Request | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Run:
    """Judge every rule asked for (all in scope by default) in every dtype asked for, in this process."""
    request = request or Request()
    if request.like is not None:
        implementation = replace(implementation, claims={})
    # A rule that was not asked for by name is in scope wherever the implementation is a whole library's.
    rules = request.rules or tuple(catalogue())
    results = [
        judge_one(implementation, rule, dtype, request, progress)
        for rule in rules
        for dtype in request.dtypes
        if request.rules or rule in implementation.offers
    ]
    return Run(implementation.name, implementation.version, tuple(results), implementation.own)


def judge_one(
    implementation: Implementation,
    rule: str,
    dtype: str,
    request: Request,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Judge one rule in one dtype, in the way of its kind."""
    settings: dict[str, Any] = {
        "claim": request.claim(rule), "level": request.level, "seed": request.seed, "progress": progress,
    }  # fmt: skip
    kind = catalogue()[rule].kind
    if kind in ("optimizer", "function", "layer"):
        of_cases = judge_layer if kind == "layer" else judge_rule
        return of_cases(implementation, rule, dtype, partial(run_one_case, implementation), **settings)
    try:
        if kind == "monitor":
            return judge_monitor(implementation, rule, dtype, **settings)
        return judge_sampler(implementation, rule, dtype, **{**settings, "seed": request.seed or None})  # 0: draw anew
    except SystemExit as leaving:
        message = f"the adapter called sys.exit({leaving.code!r}); it must return"
        return Result(rule, dtype, "error", message=message)


def run_one_case(implementation: Implementation, case: AnyCase, *, watch: bool = False) -> Outcome:
    """Do what `run_case` does; an adapter that wants to leave the process misbehaves."""
    try:
        return run_case(implementation, case, watch=watch)
    except SystemExit as leaving:
        raise Misbehaviour(f"{case.name}: the adapter called sys.exit({leaving.code!r}); it must return") from leaving


def judge_bundled(name: str, request: Request) -> Run:
    """Judge a bundled implementation; meant for a fresh process, whose environment is set here before any import."""
    row = bundled_row(name)
    os.environ.update(row.environment)
    with redirect_stdout(sys.stderr):  # standard output is for the report
        run = judge(start(row, request.like), request)
    return replace(run, results=tuple(_expected(row, run.version, result) for result in run.results))


def _expected(row: Bundled, version: str, result: Result) -> Result:
    """Mark a known defect; one that has gone is an unexpected pass, which fails."""
    known = [e for e in row.expected if e.rule == result.rule and result.dtype in e.dtypes]
    if not known:
        return result
    if not known[0].applies(result.rule, result.dtype, version):
        note = f"a defect known in {', '.join(known[0].versions)} is not expected of {version}"
        return replace(result, message="; ".join(filter(None, (result.message, note))))
    if result.verdict in ("none", "mixed"):
        return replace(
            result, expected=True, message=f"expected: {known[0].reason} ({known[0].link}); {result.message}"
        )
    return replace(
        result,
        unexpected_pass=True,
        message=f"unexpected pass: {known[0].reason} ({known[0].link}); remove the expectation",
    )


def judge_in_workers(
    rows: Sequence[Bundled],
    request: Request,
    progress: Callable[[str], None] = lambda _: None,
    workers: int = 2,
) -> list[Run | CannotStart]:
    """Judge bundled implementations, each in its own spawned process, a few at a time; an interruption ends them all."""
    done: list[str] = []

    def one(row: Bundled) -> Run | CannotStart:
        progress(f"judging {row.name}, {len(done)} of {len(rows)} done")
        try:
            with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
                return pool.submit(judge_bundled, row.name, request).result()
        except CannotStart as reason:
            return reason
        except BrokenProcessPool:
            return CannotStart(f"{row.name}: its process died; run it alone: gradspec judge {row.name}")
        finally:
            done.append(row.name)

    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # here, since starting it lets interrupts through again where it is started
    others = active_children()
    pool = ThreadPoolExecutor(workers, initializer=_leave_interrupts_to_the_main_thread)
    try:
        return [future.result() for future in [pool.submit(one, row) for row in rows]]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in active_children():
            if child not in others:
                child.kill()
        raise
    finally:
        pool.shutdown()


def _leave_interrupts_to_the_main_thread() -> None:
    """Block SIGINT in this thread and in the processes that it spawns, which would each print a traceback."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
