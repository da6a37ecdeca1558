"""Reading of lists before a plan asks for them, while the files of the project are loaded.

Loading takes one processor and the tenant none, so that both at a time take as long as the longer one. But the
interpreter runs one thread at a time: where answers are prompt, reading meanwhile only delays the loading. So the few
lists of whole kinds are begun with, and the many lists of children follow if the first answer was slow.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from functools import partial

from sdx_state.api.answer import Rows
from sdx_state.api.endpoints import Endpoints
from sdx_state.kinds import KINDS, Kind, children_of
from sdx_state.live.lists import ListKey, list_rows
from sdx_state.programs.machine import Uptime
from sdx_state.programs.workers import Workers
from sdx_state.records import dataclass

SLOW = 0.02  # Seconds to the first answer from which on reading ahead pays.


@dataclass(frozen=True)
class ReadAhead:
    """Lists that were asked for before the plan was.

    Attributes:
        lists: Those that are in flight, waiting, or read. They are taken out as they are used.
        workers: The threads that read them: as many as requests may be in flight, so they read everything else too.
        requests: Number of requests that were sent so far.
        seconds: Time that they took.
        since: Uptime of the machine before the first one: a row that was created after it may not be in a list.
    """

    lists: dict[ListKey, Future[Rows]]
    workers: Workers
    requests: int
    seconds: float
    since: Uptime


class ListsAhead:
    """Reads the lists that the plan of a known state asks for, `parallelism` requests at a time. Thread-safe.

    These are lists of managed kinds, and lists of the children of managed resources that the tenant lists. A plan of
    everything asks for all of them, whatever is declared. Telephone numbers are not looked up, which is paid for.

    Args:
        client: The API, which nothing else uses meanwhile.
        parallelism: Requests in flight at a time.
    """

    def __init__(self, client: Endpoints, parallelism: int) -> None:
        self._client = client
        self._clock = client.machine.monotonic
        self._workers = Workers(parallelism, "ahead")
        self._lists: dict[ListKey, Future[Rows]] = {}
        self._lock = threading.Lock()
        self._over = False
        self._requests = client.requests
        self._since, self._begun = client.machine.uptime(), self._clock()
        self._ended = self._begun

    def begin(self, managed: Mapping[str, Collection[str]]) -> bool:
        """Read the lists of managed kinds, and those of children if the first answer does not come promptly.

        Return whether it did not, after at most `SLOW` seconds. Children are asked for once the list of their parents
        is read: what is wrong with credentials, for example, is found by the same request as without reading ahead.

        Args:
            managed: Kind -> ids of the managed resources; of kinds without children, ids may be missing.
        """
        kinds = [
            kind
            for kind in KINDS.values()
            if kind.parent is None
            and not kind.lookup_only
            and not managed.keys().isdisjoint((kind.name, *(one.name for one in children_of(kind.name))))
        ]
        if not kinds:
            return False
        self._since, self._begun = self._client.machine.uptime(), self._clock()
        self._ended = self._begun
        lists = [(kind, self._read(kind)) for kind in kinds]
        if self._client.tried_within(SLOW):
            return False
        for kind, listed in lists:
            if listed is not None and children_of(kind.name):
                listed.add_done_callback(partial(self._read_children, kind, managed.get(kind.name, ())))
        return True

    def hand_over(self) -> ReadAhead:
        """Return what was begun, and begin nothing more."""
        with self._lock:
            self._over = True
            done = all(one.done() for one in self._lists.values())
            end = self._ended if done else self._clock()
            requests = self._client.requests - self._requests
            lists, self._lists = self._lists, {}
            return ReadAhead(lists, self._workers, requests, end - self._begun, self._since)

    def drop(self) -> None:
        """Give up the lists that were begun, and begin nothing more."""
        with self._lock:
            self._over = True
            dropped, self._lists = self._lists, {}
        for one in dropped.values():
            one.cancel()

    def end(self) -> None:
        """Abandon everything that is still in flight. It is not waited for."""
        with self._lock:
            self._over = True
        self._client.abandon()
        self._workers.shutdown(cancel_futures=True)

    def _read_children(self, parent: Kind, known: Collection[str], listed: Future[Rows]) -> None:
        """Ask for the children of the `known` parents that are listed, in their order."""
        if listed.cancelled() or listed.exception() is not None:
            return
        for child in children_of(parent.name):
            for raw in listed.result():
                id = str(raw[parent.identity])
                if id in known and self._read(child, id) is None:
                    return

    def _read(self, kind: Kind, parent_id: str | None = None) -> Future[Rows] | None:
        """Ask for a list; return None if nothing more is read ahead."""
        with self._lock:
            if self._over:
                return None
            future = self._workers.submit(list_rows, self._client, kind, parent_id)
            self._lists[kind.name, parent_id] = future
        future.add_done_callback(self._note)
        return future

    def _note(self, _: Future[Rows]) -> None:
        self._ended = self._clock()
