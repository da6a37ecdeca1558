"""Chosen test files run in one process, for debugging, and all other runs use all processors; `-n` always wins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.tiers import pytest_xdist_auto_num_workers

ROOT = Path(__file__).parents[1]
FILE = "tests/test_layout.py"


def workers(*arguments):
    """Return how many processes a run from the root of the repository gets."""
    named = [one for one in arguments if one.startswith("tests")] or ["tests"]
    option = SimpleNamespace(
        capture="no" if "-s" in arguments else "fd", usepdb="--pdb" in arguments, trace="--trace" in arguments
    )
    given = SimpleNamespace(args=arguments, dir=ROOT)
    return pytest_xdist_auto_num_workers(SimpleNamespace(args=named, option=option, invocation_params=given))


@pytest.mark.parametrize(
    "arguments",
    [
        [FILE],
        [f"{FILE}::test_x"],
        ["-s", "tests/model"],
        ["--pdb", "tests/model"],
        ["--trace", "tests"],
    ],
)
def test_one_process_is_used_for_files_and_for_debugging(arguments):
    assert workers(*arguments) == 0


@pytest.mark.parametrize(
    "arguments", [[], ["tests/model"], [FILE, "tests/model"], ["-n", "auto", FILE], ["-nauto", "-s"]]
)
def test_all_processors_are_used_for_folders_or_when_asked(arguments):
    assert workers(*arguments) == (os.cpu_count() or 1) + 1


@pytest.mark.soak
def test_a_file_that_is_named_is_run_in_this_process():
    command = [sys.executable, "-m", "pytest", "-s", f"{FILE}::test_another_name_would_be_noticed"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert "bringing up nodes" not in ended.stdout


def test_soak_tests_of_the_state_are_in_the_step_of_the_backends():
    marked = re.compile(r"mark\.soak|@everywhere|@on\(|\braw_store\b")
    files = [one for one in (ROOT / "tests" / "state").glob("test_*.py") if marked.search(one.read_text("utf-8"))]
    tried = (ROOT / ".ci" / "backends").read_text()
    assert len(files) > 2
    assert [one.name for one in files if f"tests/state/{one.name}" not in tried] == []
