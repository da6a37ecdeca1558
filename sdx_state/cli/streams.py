"""The standard streams: present also where the caller closed them, and never lost in silence."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

STDIN, STDOUT, STDERR = 0, 1, 2


class OutputLost(Exception):
    """Stdout took no more: a full disk, or a caller that closed it."""


def occupy() -> None:
    """Put something behind each standard stream that the caller closed.

    Otherwise the next file that is opened, such as the state, would get its number, and messages would go into it.
    Reading finds the end. Writing fails, as it does on a full disk, so that no output is lost in silence.
    """
    for number in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDONLY)
            if opened == number:
                os.set_inheritable(number, True)
            else:
                os.dup2(opened, number)
                os.close(opened)
    if sys.stdin is None:
        sys.stdin = open(STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the program
    if sys.stdout is None:
        sys.stdout = open(STDOUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    if sys.stderr is None:
        sys.stderr = open(STDERR, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above


def silence(number: int) -> None:
    """Let what is still to be written to a failed stream go nowhere: the interpreter would end with 120."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, number)
        os.close(nowhere)
