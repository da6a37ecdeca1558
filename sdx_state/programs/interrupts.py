"""Ctrl-C and SIGTERM: put off for moments, and one of them turned into an exception."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came. It ends a command as Ctrl-C does: what was begun is left in order."""


@contextmanager
def postponed() -> Iterator[None]:
    """Put a Ctrl-C or SIGTERM off until the block ends, which must be within seconds.

    The second one is not put off. In a thread other than the main one, which no signal interrupts, does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def put_back() -> None:
        for number, handler in handlers.items():
            if handler is not None:  # None is one that Python did not set, and cannot set again
                signal.signal(number, handler)

    def hold(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            put_back()
            signal.raise_signal(number)

    for number, handler in handlers.items():
        if handler is not None:
            signal.signal(number, hold)
    try:
        yield
    finally:
        put_back()
        if len(came) == 1:
            signal.raise_signal(came[0])


@contextmanager
def terminable() -> Iterator[None]:
    """Raise `Terminated` in the block at the first SIGTERM; the second ends the process at once.

    In a thread other than the main one, which no signal interrupts, does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, lambda *_: os._exit(128 + number))
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)
