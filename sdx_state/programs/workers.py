"""Threads that work while another one computes. The process does not wait for them at its end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class Workers(Executor):
    """Executor whose threads end with the process.

    The process waits at its end for the threads of a `ThreadPoolExecutor`: for a connection that is not established,
    ten seconds. Nothing may be left half done where one of these threads stops, so they only read.

    Args:
        count: Most threads; they are started as they are needed.
        name: Name of the threads.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._calls: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._changed = threading.Condition()
        self._threads = self._idle = 0
        self._over = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call `fn` in a thread, after all that was submitted before; see `Executor`."""
        return self._put(partial(fn, *args, **kwargs), self._calls.append)

    def submit_next(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call `fn` in the next thread that is free, before all that waits."""
        return self._put(partial(fn, *args, **kwargs), self._calls.appendleft)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads once nothing is left to do; return at once, whatever `wait` says."""
        with self._changed:
            self._over = True
            dropped = [*self._calls] if cancel_futures else []
            if cancel_futures:
                self._calls.clear()
            self._changed.notify_all()
        for future, _ in dropped:
            future.cancel()

    def _put(self, call: Callable[[], T], put: Callable[[tuple[Future[T], Callable[[], T]]], None]) -> Future[T]:
        future: Future[T] = Future()
        with self._changed:
            if self._over:
                raise RuntimeError("these workers were ended")
            put((future, call))
            if len(self._calls) > self._idle and self._threads < self._count:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{self._name}_{self._threads}", daemon=True).start()
            self._changed.notify()
        return future

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            _run(*taken)
            del taken  # an idle thread keeps no result alive

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """Wait for a call and return it; None if there are no more."""
        with self._changed:
            while not self._calls:
                if self._over:
                    return None
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            return self._calls.popleft()


def _run(future: Future[T], call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(result)
