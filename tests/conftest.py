"""What every test shares: the Hypothesis profiles, and a bound on the time of a sample of slow tests."""

import os
import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A commit that passed passes again; only `deep` looks at new examples every time. Time is bounded by the
# number of examples: a deadline would fail on a busy machine.
settings.register_profile("default", max_examples=50, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", max_examples=1000, deadline=None, derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--sample-seconds",
        type=float,
        metavar="S",
        help="run the selected tests in a random order and start none after S seconds",
    )
    parser.addoption("--sample-seed", type=int, metavar="N", help="the order of a sample (default: a fresh one)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("sample_seconds") is not None:
        config.pluginmanager.register(_Sample(config), "sample")


class _Sample:
    """Runs as many tests as fit, and says how many that were."""

    def __init__(self, config: pytest.Config) -> None:
        seed = config.getoption("sample_seed")
        self.seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        self.seconds = config.getoption("sample_seconds")
        self.end = time.monotonic() + self.seconds
        self.selected = self.started = 0

    @pytest.hookimpl(trylast=True)  # after the deselection by -m and -k
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        random.Random(self.seed).shuffle(items)
        self.selected = len(items)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        self.end = time.monotonic() + self.seconds
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        if self.started and time.monotonic() > self.end:
            return True  # dealt with: not run, not reported
        self.started += 1
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(
            f"sample: {self.started} of {self.selected} tests started in {self.seconds:g} s; "
            f"same order with --sample-seed={self.seed}"
        )
