"""The program. The command line is imported where it is needed, which it is not to print the version."""

from __future__ import annotations

import sys

from sdx_state.version import __version__


def start() -> None:
    """Run the command line; `--version` alone takes a third of the time without it."""
    if sys.argv[1:] == ["--version"] and _printed(f"sdx-state {__version__}\n"):
        return
    from sdx_state.cli.main import entry
    from sdx_state.cli.quick_exit import exit_quickly

    try:
        entry()
    except SystemExit as ended:
        exit_quickly(ended.code)
        raise


def _printed(line: str) -> bool:
    """Print `line`; return False where that fails: the command line says why."""
    try:
        if sys.stdout is not None:
            sys.stdout.write(line)
            sys.stdout.flush()
            return True
    except (OSError, ValueError):
        pass
    return False
