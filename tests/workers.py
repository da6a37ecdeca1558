"""Savings of processor time: workers share rewritten test modules, and look for garbage rarely.

The functions are hooks of pytest, which `conftest.py` imports.
"""

from __future__ import annotations

import gc
import hashlib
import marshal
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest
from _pytest.assertion import rewrite
from _pytest.runner import runtestprotocol

Rewrite = Callable[[Path, pytest.Config], tuple[bytes, CodeType]]


def pytest_configure(config: pytest.Config) -> None:
    """Look for garbage as rarely as the command line does, and share rewritten modules with the other workers.

    pytest rewrites the assertions of a test module when it imports it, which takes as long as all the rest of
    collecting it, and keeps the code beside the module, unless PYTHONDONTWRITEBYTECODE is set: then each worker would
    rewrite all of them.
    """
    gc.set_threshold(100_000, 50, 50)
    base = config.option.basetemp
    if not hasattr(config, "workerinput") or not base or not sys.dont_write_bytecode:
        return
    if hasattr(rewrite, "_rewrite_test"):  # pytest has no public function for it
        once = shared(rewrite._rewrite_test, Path(base).parent / "rewritten")
        setattr(rewrite, "_rewrite_test", once)  # noqa: B010 - a function of another module


def shared(alone: Rewrite, folder: Path) -> Rewrite:
    """Return a function that rewrites a module as `alone` does, and only once for all processes that use `folder`."""

    def rewritten(path: Path, config: pytest.Config) -> tuple[bytes, CodeType]:
        kept = folder / hashlib.sha256(bytes(path)).hexdigest()
        try:
            return b"", marshal.loads(kept.read_bytes())  # noqa: S302 - written by another worker of this run
        except OSError:
            digest, code = alone(path, config)
        folder.mkdir(exist_ok=True)
        mine = kept.with_suffix(f".{os.getpid()}")
        mine.write_bytes(marshal.dumps(code))
        mine.replace(kept)
        return digest, code

    return rewritten


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test in a worker, and report of one that passed its call alone.

    A worker sends six messages for each test, and each takes both processes as long as a test that only compares two
    values. Nothing is made of those of a setup and a teardown that passed, unless an option asks for them.
    """
    option = item.config.option
    if (
        not hasattr(item.config, "workerinput")
        or option.verbose > 0
        or option.durations is not None
        or option.xmlpath
    ):
        return None
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True
