"""`completion` prints the script of a shell, and the script's questions are answered."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run(**settings: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "sdx_state"], env=os.environ | settings, capture_output=True, check=False
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell):
    ended = run(_SDX_STATE_COMPLETE=f"{shell}_source")
    assert b"sdx_state_completion" in ended.stdout
    assert b"This is a bug" not in ended.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_a_command_begun_is_completed(encoding):
    asked = {"COMP_WORDS": "sdx-state pl", "COMP_CWORD": "1", "PYTHONIOENCODING": encoding}
    ended = run(_SDX_STATE_COMPLETE="bash_complete", **asked)
    assert ended.stdout.split() == [b"plain,plan"]
    assert ended.stderr == b""
