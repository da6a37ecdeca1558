"""How many requests are in flight at one time: fewer after a 429, and more again after some answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sdx_state.api.errors import RateLimitError
from sdx_state.programs.machine import Machine

MORE_AFTER = 25  # times as many answers as may be in flight, and one more may be; doubled where that was too many
LOOK = 0.02  # seconds between two looks for a place


class InFlight:
    """The requests in flight of one client. Thread-safe.

    A server that takes few requests at a time rejects the same one again and again while others go on, until its
    retries are used up. So after a 429 no more are in flight than those others that were at that moment, and those
    that were rejected go first. One that was alone says nothing about how many may be.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._lock = threading.Lock()
        self._count = self._peak = 0
        self._most: int | None = None  # no limit before the first 429
        self._answers = 0  # since the limit last changed
        self._more_after = MORE_AFTER
        self._trying = False  # one more than was well
        self._again = 0  # requests waiting for a place that were sent before

    @contextmanager
    def place(self, ended: Callable[[], bool], *, again: bool) -> Iterator[None]:
        """Wait until one request more may be in flight; the block sends it, and raises `RateLimitError` after a 429.

        Args:
            ended: Returns True once nobody may wait any more.
            again: The request was sent before: others wait until it has a place.
        """
        with self._lock:
            self._again += again
        try:
            while not self._entered(again=again, anyway=ended()):
                self._machine.wait(LOOK, ended)
        finally:
            with self._lock:
                self._again -= again
        rejected = False
        try:
            yield
        except RateLimitError:
            rejected = True
            raise
        finally:
            self._left(rejected)

    def _entered(self, *, again: bool, anyway: bool) -> bool:
        with self._lock:
            full = self._most is not None and (self._count >= self._most or (self._again > 0 and not again))
            if full and not anyway:
                return False
            self._count += 1
            self._peak = max(self._peak, self._count)
            return True

    def _left(self, rejected: bool) -> None:
        with self._lock:
            self._count -= 1
            if rejected and self._count:
                if self._trying:
                    self._more_after, self._trying = 2 * self._more_after, False
                self._most, self._answers = min(self._count, self._most or self._count), 0
            elif self._most is not None and not rejected:
                self._answers += 1
                if self._answers >= self._more_after * self._most:
                    more = self._most + 1
                    self._most, self._answers, self._trying = None if more >= self._peak else more, 0, True
