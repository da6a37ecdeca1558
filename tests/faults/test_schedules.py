"""Whatever fails, and wherever: nothing is lost, nothing is there twice, and what is said to be done is done.

SDX_NIGHTLY=1 draws 20,000 schedules. The simulator runs in a process of its own, for it steps the product's threads.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
SIMULATOR = Path(__file__).parent / "schedules.py"

pytestmark = pytest.mark.timeout(3600 if NIGHTLY else 280)


@pytest.mark.parametrize("seed", [2, 3])
def test_schedules_of_faults_break_no_rule(seed):
    count = 10_000 if NIGHTLY else 400
    command = [sys.executable, str(SIMULATOR), "--seed", str(seed), "--count", str(count), "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"^(\d+) passed, (\d+) failed$", ended.stdout, re.MULTILINE)
    assert found, ended.stdout + ended.stderr
    assert (int(found[1]), int(found[2])) == (count, 0), ended.stdout
    assert ended.returncode == 0
