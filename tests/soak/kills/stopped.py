"""Stop an apply (SIGSTOP) at named points for longer than its lease, let another one take over, and continue it.

    python -m tests.soak.kills.stopped --store postgres

A thread that is stopped before its check sends nothing more to tenant or state. One that had passed it sends that one
request. Nothing reaches the state any more, and no line the journal.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sdx_state.api.transport import HttpTransport
from sdx_state.state.lease import Lease
from sdx_state.state.object_store import ObjectStore
from sdx_state.state.postgres import PostgresStore
from tests.soak.kills.bench import a_bench, in_child
from tests.soak.kills.shared_bench import STORES, SharedBench

THREADS = 2  # of an apply of the bench


@dataclass(frozen=True)
class Point:
    """The point at which an apply is stopped.

    Attributes:
        owner: The class.
        method: Its method, before which it stops.
        matches: Tells by the arguments whether a call counts.
        nth: Which of these calls.
        sends: Requests that write to the tenant and may be sent afterwards.
    """

    owner: tuple[type, ...]
    method: str
    matches: Callable[..., bool]
    nth: int
    sends: int


STORE = (ObjectStore, PostgresStore)
POINTS = {
    "before a check": Point((Lease,), "check", lambda *_: True, 12, THREADS - 1),
    "behind the check of a create": Point((HttpTransport,), "send", lambda one: one.method == "POST", 2, THREADS),
    "behind the check of an update": Point((HttpTransport,), "send", lambda one: one.method == "PUT", 1, THREADS),
    "before a commit": Point(STORE, "put", lambda key, *_: "/journal/0" in key, 4, THREADS - 1),
    "before the state is saved": Point(STORE, "put", lambda key, *_: key.endswith("/state"), 2, 0),
}


def _run(bench: SharedBench, point: Point, told: int) -> None:
    """Apply, stop at the point, and tell of what is written after that: `w` tenant, `s` state."""
    seen, stopped = 0, False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def stopping(owner: Any) -> None:
        original = getattr(owner, point.method)

        def wrapped(self: Any, *arguments: Any) -> Any:
            nonlocal seen
            if not stopped and point.matches(*arguments):
                seen += 1
                if seen == point.nth:
                    stop()
            return original(self, *arguments)

        setattr(owner, point.method, wrapped)

    def telling(owner: Any, method: str, of: Callable[..., bytes]) -> None:
        original = getattr(owner, method)

        def wrapped(self: Any, *arguments: Any) -> Any:
            late = stopped  # what was on its way by then arrived before the other run took over
            result = original(self, *arguments)
            if late and (what := of(*arguments)):
                os.write(told, what)
            return result

        setattr(owner, method, wrapped)

    telling(HttpTransport, "send", lambda request: b"w" if request.writes else b"")
    for store in STORE:  # a write that conflicts raises, and is not told of
        telling(
            store, "put", lambda key, *_: b"s" if key.endswith("/state") else b"j" if "/journal/0" in key else b""
        )
    for owner in point.owner:
        stopping(owner)
    bench.apply()


def fault_at(bench: SharedBench, point: Point) -> str | None:
    """Stop an apply at `point`, and return what is wrong afterwards, None if nothing is."""
    bench.reset()
    reader, writer = os.pipe()
    child = in_child(lambda: _run(bench, point, writer))
    os.close(writer)
    _, status = os.waitpid(child, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        os.close(reader)
        return f"it never got there (status {status})"
    wrong = bench.do(bench.fault_after_recovery)  # takes the lease over, once its time is up
    os.kill(child, signal.SIGCONT)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as told:
        wrote = told.read()
    if wrong is not None:
        return f"the next run: {wrong}"
    if wrote.count(b"w") > point.sends:
        return f"{wrote.count(b'w')} requests were sent after another run had taken over"
    if wrote.count(b"s"):
        return "the state was written after another run had taken over"
    if not wrote.count(b"w"):  # a commit that arrives after its part was closed is ignored, and does no harm
        return bench.do(bench.fault_after_recovery)
    return None


def main() -> int:
    """Stop at each point, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=STORES, default="postgres")
    chosen = parser.parse_args()
    failed = 0
    with a_bench(STORES[chosen.store]) as bench:
        for name, point in POINTS.items():
            wrong = fault_at(bench, point)
            failed += wrong is not None
            print(f"{chosen.store}, stopped {name}: {wrong or 'right'}", flush=True)
    print(f"{len(POINTS) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
