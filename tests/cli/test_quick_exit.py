"""The end of the process: nothing that was to happen there is lost, and it ends as the interpreter would end it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import atexit, sys, threading
from sdx_state.cli.quick_exit import exit_quickly

go = threading.Event()
atexit.register(print, "registered first, runs last")
atexit.register(print, "registered")
sys.stdout.write("written")
{before}
exit_quickly({code})
sys.stderr.write("returned")
go.set()
sys.exit({code})
"""
QUICK = "writtenregistered\nregistered first, runs last\n"


def ended(code: object = 3, before: str = "", *flags: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(code=repr(code), before=before)
    return subprocess.run([sys.executable, *flags, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 3])
def test_process_ends_with_its_code_its_output_and_what_was_registered(code):
    found = ended(code)
    assert (found.returncode, found.stdout, found.stderr) == (code, QUICK, "")


@pytest.mark.parametrize(
    ("before", "flags"),
    [
        ("sys.settrace(lambda *_: None)", ()),
        ("sys.setprofile(lambda *_: None)", ()),
        ("hasattr(sys, 'monitoring') and sys.monitoring.use_tool_id(2, 'x') or sys.settrace(lambda *_: None)", ()),
        ("", ("-X", "dev")),
        ("threading.Thread(target=lambda: (go.wait(), print('worked'))).start()", ()),
    ],
)
def test_interpreter_ends_a_process_that_is_watched_or_works(before, flags):
    found = ended(3, before, *flags)
    assert (found.returncode, found.stderr) == (3, "returned")
    assert ("worked" in found.stdout) is ("worked" in before)


def test_thread_that_is_abandoned_at_the_end_does_not_delay_it():
    found = ended(3, "threading.Thread(target=go.wait, daemon=True).start()")
    assert (found.returncode, found.stdout, found.stderr) == (3, QUICK, "")


def test_output_that_cannot_be_written_ends_as_the_interpreter_ends_it(tmp_path: Path):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    with Path("/dev/full").open("w") as full:
        program = PROGRAM.format(code="3", before="")
        command = [sys.executable, "-c", program]
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        found = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environ, check=False)
    assert found.returncode == 120
    assert found.stderr.startswith("returned")
