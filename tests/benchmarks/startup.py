"""Measure `sdx-state --version` against a bare `import click`, in turns; prints medians and their ratio."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15


def timed(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


runs = [(timed("-m", "sdx_state.cli.main", "--version"), timed("-c", "import click")) for _ in range(ROUNDS)]
ours, bare = statistics.median(a for a, _ in runs), statistics.median(b for _, b in runs)
print(f"--version {ours:.3f} s  import click {bare:.3f} s  ratio {ours / bare:.2f}")
