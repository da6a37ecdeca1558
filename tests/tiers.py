"""The two tiers of the suite: `pytest` is the quick one, `pytest -m "soak or sampled"` what takes long.

The functions are hooks and a fixture of pytest, which `conftest.py` imports.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

QUICK = "not soak"  # as in `addopts`
SOAK = Path(__file__).parent / "soak"
LEFT_OUT = pytest.StashKey[int]()

# The time that an example takes on this machine does not decide whether a property is true.
settings.register_profile("quick", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("soak", max_examples=400, deadline=None, derandomize=True)


def tries(quick: int, soak: int) -> settings:
    """Return settings for a property that costs more than others: how many examples it is tried with in each tier."""
    return settings(
        max_examples=quick if settings().max_examples == settings.get_profile("quick").max_examples else soak
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the tier, and with it how many examples a property is tried with."""
    if config.option.markexpr == QUICK and all(SOAK in (path, *path.parents) for path in _chosen(config)):
        config.option.markexpr = ""  # a command that names only soak tests is meant to run them
    settings.load_profile("quick" if config.option.markexpr == QUICK else "soak")
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a job in the background, and then in its programs
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[LEFT_OUT] = 0


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run chosen files in this process, where a debugger and `print` work.

    Everything else has one process more than there are processors: tests wait for others a third of their time.
    """
    asked = any(one.startswith(("-n", "--numprocesses")) for one in config.invocation_params.args)
    debugging = config.option.capture == "no" or config.option.usepdb or config.option.trace
    alone = not asked and (debugging or all(path.is_file() for path in _chosen(config)))
    return 0 if alone else (os.cpu_count() or 1) + 1


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Import the test modules in another order in each worker.

    All workers import all of them. In one order, each would compile what the others compile at the same moment; so
    each begins with a part of its own, and finds the rest compiled.
    """
    worker = getattr(collector.config, "workerinput", None)
    if worker is None or collector.path != SOAK.parent:
        return
    modules = sorted(path for chosen in _chosen(collector.config) for path in chosen.rglob("test_*.py"))
    begin = len(modules) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for path in modules[begin:] + modules[:begin]:
        name = ".".join(path.relative_to(collector.config.rootpath).with_suffix("").parts)
        with contextlib.suppress(Exception, pytest.skip.Exception):  # collecting it reports why
            importlib.import_module(name)


def _chosen(config: pytest.Config) -> list[Path]:
    return [(config.invocation_params.dir / one.split("::")[0]).resolve() for one in config.args]


@pytest.fixture
def quick(request: pytest.FixtureRequest) -> bool:
    """Tell whether a test is to try a sample of its cases. Its tests run again in the soak tier, to try all."""
    return bool(request.config.option.markexpr == QUICK)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is to be run in the soak tier, before anything is deselected."""
    for item in items:
        if item.path.is_relative_to(SOAK):
            item.add_marker("soak")
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_property or "quick" in getattr(item, "fixturenames", ()):
            item.add_marker("sampled")


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count the soak tests that the quick tier leaves out."""
    for item in items:
        item.config.stash[LEFT_OUT] += item.get_closest_marker("soak") is not None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this worker what was left out."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker left out: each of them collects all tests."""
    here = node.config.stash
    here[LEFT_OUT] = max(here[LEFT_OUT], getattr(node, "workeroutput", {}).get("left out", 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what tests have counted, with `record_property("counted", ...)`, and what was left out."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "counted":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
    if config.stash[LEFT_OUT] and config.option.markexpr == QUICK:
        terminalreporter.write_line(
            f"{config.stash[LEFT_OUT]} soak tests were left out, and of others a sample was tried: "
            'run `pytest -m "soak or sampled"` (tests/soak/README.md)'
        )
