"""Measure the start of `sdx-state` in turns with a bare `import click`; prints medians and their ratios.

    python -m tests.benchmarks.startup [--rounds N] [--environments DIR]

The installed wheel is measured (installed.py).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.installed import CHECKOUT, cost, environment, install


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--environments", type=Path, metavar="DIR", help="where environments are kept")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        one = install(CHECKOUT, (chosen.environments or Path(temporary)) / "A")
        commands = {
            "--version": [str(one.program), "--version"],
            "import click": [str(one.python), "-c", "import click"],
        }
        runs = [
            {name: cost(command, environment(), Path(temporary)) for name, command in commands.items()}
            for _ in range(chosen.rounds)
        ]
    for name in commands:
        wall = statistics.median(run[name].wall for run in runs)
        ratio = statistics.median(run[name].wall / run["import click"].wall for run in runs)
        print(f"{name:14} {wall:5.3f} s  ratio {ratio:4.2f}")


if __name__ == "__main__":
    main()
