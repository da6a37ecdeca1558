"""Threads that run one at a time, each until its next request or step of the disk; a seed decides which one is next.

Replaces `ThreadPoolExecutor` in the code under test: the same seed gives the same interleaving.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any


class Stepper:
    """Decides which thread runs next.

    Args:
        chance: Draws the thread.
        now: Tells the time.
        pass_time: Lets so many seconds pass: called only when all threads wait.
        hurry: Tells that no thread waits any more: the process is dead, and each thread must end.
    """

    def __init__(
        self,
        chance: random.Random,
        now: Callable[[], float],
        pass_time: Callable[[float], None],
        hurry: Callable[[], bool],
    ) -> None:
        self.chance, self.now, self.pass_time, self.hurry = chance, now, pass_time, hurry
        self.tasks: list[_Task] = []
        self._here = threading.local()

    def pause(self, seconds: float = 0.0) -> None:
        """Wait, and let other threads run meanwhile."""
        task = getattr(self._here, "task", None)
        if task is None:
            self.pass_time(seconds)
            return
        task.wakes = self.now() + seconds
        task.yielded.release()
        task.go.acquire()

    def step(self) -> None:
        """Let one task go to its next pause, or to its end."""
        awake = [task for task in self.tasks if task.wakes <= self.now() or self.hurry()]
        if not awake:
            self.pass_time(min(task.wakes for task in self.tasks) - self.now())
            return
        task = self.chance.choice(awake)
        task.go.release()
        task.yielded.acquire()
        if task.over:
            task.join()
            self.tasks.remove(task)
            task.pool.next_of_queue()

    def start(self, pool: Pool, work: Callable[[], None]) -> None:
        """Begin a task; it takes its first step when it is chosen."""
        task = _Task(pool, work, self._here)
        self.tasks.append(task)
        task.start()


class _Task(threading.Thread):
    def __init__(self, pool: Pool, work: Callable[[], None], here: threading.local) -> None:
        super().__init__(daemon=True)
        self.pool, self.work, self.here = pool, work, here
        self.go, self.yielded = threading.Semaphore(0), threading.Semaphore(0)
        self.over = False
        self.wakes = 0.0

    def run(self) -> None:
        self.here.task = self
        self.go.acquire()
        self.work()
        self.over = True
        self.yielded.release()


class SteppedFuture(Future):  # type: ignore[type-arg]
    """A future that lets other threads run while one waits for it."""

    stepper: Stepper

    def result(self, timeout: float | None = None) -> Any:
        while not self.done():
            self.stepper.step()
        return super().result(timeout)


class Pool:
    """As `ThreadPoolExecutor`, under a stepper; with one worker at a time it needs no thread at all."""

    stepper: Stepper

    def __init__(self, max_workers: int = 1, thread_name_prefix: str = "") -> None:
        self.max_workers = max_workers
        self.waiting: deque[tuple[SteppedFuture, Callable[[], Any]]] = deque()
        self.active = 0

    def submit(self, call: Callable[..., Any], *arguments: Any) -> SteppedFuture:
        future = SteppedFuture()
        future.stepper = self.stepper
        if self.max_workers == 1:
            _fulfil(future, lambda: call(*arguments))
            return future
        self.waiting.append((future, lambda: call(*arguments)))
        self._fill()
        return future

    def map(self, call: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        futures = [self.submit(call, value) for value in values]
        return (future.result() for future in futures)

    def next_of_queue(self) -> None:
        """Begin what waited for a place."""
        self.active -= 1
        self._fill()

    def shutdown(self, wait: bool = True, cancel_futures: bool = False) -> None:
        if cancel_futures:
            self.waiting.clear()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        while any(task.pool is self for task in self.stepper.tasks):
            self.stepper.step()

    def _fill(self) -> None:
        while self.waiting and self.active < self.max_workers:
            future, work = self.waiting.popleft()
            self.active += 1
            self.stepper.start(self, partial(_fulfil, future, work))


def _fulfil(future: SteppedFuture, work: Callable[[], Any]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - as executors do
        future.set_exception(error)
