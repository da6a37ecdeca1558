"""The requests in flight: a number of them at a time, fewer after a 429, and more again after some answers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sdx_state.api.errors import RateLimitError
from sdx_state.programs.machine import Machine

MORE_AFTER = 25  # times as many answers as may be in flight, and one more may be; doubled where that was too many


class InFlight:
    """The requests in flight of one client. Thread-safe.

    A server that takes few requests at a time rejects the same one again and again while others go on, until its
    retries are used up. So after a 429 no more are in flight than those others that were at that moment, and those
    that were rejected go first. One that was alone says nothing about how many may be.

    Args:
        limit: Requests in flight at a time.
        machine: Waiting.
    """

    def __init__(self, limit: int, machine: Machine) -> None:
        self._limit = self._most = limit
        self._machine = machine
        self._lock = threading.Lock()
        self._count = 0
        self._waiting: deque[threading.Event] = deque()  # set when the request may be sent, and is counted
        self._answers = 0  # since the limit last changed
        self._more_after = MORE_AFTER
        self._trying = False  # one more than was well
        self._here = threading.local()

    @contextmanager
    def place(self, ended: Callable[[], bool], *, first: bool) -> Iterator[bool]:
        """Wait until one request more may be in flight; the block sends it, and raises `RateLimitError` after a 429.

        Yields whether that took any waiting. Requests that the block sends before, one after another, take no place
        of their own.

        Args:
            ended: Returns True once nobody may wait any more.
            first: It goes before others that wait.
        """
        outer = getattr(self._here, "has_place", False)
        waited = False if outer else self._enter(ended, first)
        rejected, self._here.has_place = False, True
        try:
            yield waited
        except RateLimitError:
            rejected = True
            raise
        finally:
            self._here.has_place = outer
            self._leave(rejected, stays=outer)

    def _enter(self, ended: Callable[[], bool], first: bool) -> bool:
        with self._lock:
            if self._count < self._most and not self._waiting:
                self._count += 1
                return False
            turn = threading.Event()
            (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            self._machine.wait_for(turn, ended)
        except BaseException:
            with self._lock:
                if turn.is_set():
                    self._count -= 1
                    self._let_in()
                else:
                    self._waiting.remove(turn)
            raise
        with self._lock:
            if not turn.is_set():  # nobody may wait any more
                self._waiting.remove(turn)
                self._count += 1
        return True

    def _leave(self, rejected: bool, *, stays: bool) -> None:
        with self._lock:
            others = self._count - 1
            if not stays:
                self._count = others
            if not rejected:
                self._answers += 1
                if self._most < self._limit and self._answers >= self._more_after * self._most:
                    self._most, self._answers, self._trying = self._most + 1, 0, True
            elif others:
                if self._trying:
                    self._more_after, self._trying = 2 * self._more_after, False
                self._most, self._answers = min(others, self._most), 0
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._count < self._most:
            self._count += 1
            self._waiting.popleft().set()
