"""The program as users have it: the wheel of a checkout, installed into an environment of its own and compiled.

A checkout without bytecode compiles its modules at every start, and so do libraries that were installed without it.
Therefore a benchmark builds the wheel, installs it with its dependencies by `pip`, which compiles both, and clears
`PYTHONDONTWRITEBYTECODE` and `PYTHONPATH` for all that it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """An environment with a wheel installed.

    Attributes:
        python: Its interpreter.
        program: Its `sdx-state`.
    """

    python: Path
    program: Path


@dataclass(frozen=True)
class Cost:
    """The cost of one process.

    Attributes:
        wall: Seconds from its start to its end.
        processor: User and system time in seconds: it depends less on what else the machine does.
        memory: Peak memory in MB.
    """

    wall: float
    processor: float
    memory: float


def install(checkout: Path, folder: Path, *extras: str) -> Installed:
    """Build the wheel of `checkout` and install it into the environment `folder`, which is made if there is none."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    new = not python.exists()
    if new:
        _run(sys.executable, "-m", "venv", str(folder))
    wheels = folder / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    pip = (str(python), "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(checkout))
    (wheel,) = wheels.glob("*.whl")
    _run(*pip, "install", f"{wheel}[{','.join(extras)}]" if extras else str(wheel))
    if not new:
        _run(*pip, "install", "--no-deps", "--force-reinstall", str(wheel))
    return Installed(python, python.with_name("sdx-state"))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment())


def environment(**more: str) -> dict[str, str]:
    """Return the environment of processes that are measured: this one with bytecode, and with `more`."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name not in left_out} | more


def cost(command: list[str], variables: dict[str, str], folder: Path | None = None) -> Cost:
    """Run `command` in `folder` and return its cost; the benchmark ends if it fails."""
    begun = time.perf_counter()
    quiet = subprocess.DEVNULL if "apply" in command else None  # it says what it does line by line
    process = subprocess.Popen(command, env=variables, cwd=folder, stdout=subprocess.DEVNULL, stderr=quiet)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Cost(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
