"""The version is printed without the command line; where it cannot be printed, the command line says so."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sdx_state.version import __version__

PROGRAM = """
import atexit, sys
from sdx_state.cli.start import start
atexit.register(lambda: print("click" in sys.modules, file=sys.stderr))
start()
"""


def run(redirection, *arguments):
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_version_alone_is_printed_without_the_command_line():
    ended = run("", "--version")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"sdx-state {__version__}\n", "False\n")


def test_version_beside_other_options_is_left_to_the_command_line():
    ended = run("", "-C", ".", "--version")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"sdx-state {__version__}\n", "True\n")


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_version_that_cannot_be_printed_is_an_error(redirection):
    ended = run(redirection, "--version")
    assert ended.returncode == 1
    assert "cannot write to stdout" in ended.stderr
    assert "Traceback" not in ended.stderr
