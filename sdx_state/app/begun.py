"""A tenant that is being read while the files of the project are loaded; imported for large projects alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Generic, TypeVar

from sdx_state.api.endpoints import Endpoints
from sdx_state.api.retry import Wait
from sdx_state.api.stored import Found
from sdx_state.app.opening import ca_file_in, connection_of, state_of, trusted_base
from sdx_state.app.place import Place
from sdx_state.config.settings import Project
from sdx_state.live.ahead import ListsAhead, ReadAhead
from sdx_state.model.ledger import ids_by_kind
from sdx_state.model.urls import BaseUrl
from sdx_state.programs.workers import Workers
from sdx_state.records import replace
from sdx_state.state.backend import Backend
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import Memory, journal_of, recall
from sdx_state.state.outline import Outline

SWITCH = 0.0002  # Seconds that the thread which loads files computes while another could read an answer.

What = TypeVar("What")


class Begun:
    """A tenant that is being read ahead.

    Attributes:
        client: Its API.
        store: Its state.
    """

    def __init__(
        self,
        client: Endpoints,
        store: Backend,
        parallelism: int,
        waits: HeldBack[Wait],
        silences: HeldBack[str],
    ) -> None:
        self.client, self.store = client, store
        self._lists = ListsAhead(client, parallelism)
        self._memory: Future[Memory] = Future()
        self._waits, self._silences = waits, silences
        self._taken = False
        self._interval = sys.getswitchinterval()

    def begin(self) -> None:
        """Recall the state, and read what it asks for. A state that others share is recalled meanwhile."""
        if isinstance(self.store, LocalStore):
            outline = self.store.outline()
            if outline is not None and self._lists.begin(outline.managed):
                self._switch_often()
            if self._recall(outline):
                self._switch_often()
        else:
            Workers(1, "recall").submit(self._recall, None)
            self._switch_often()

    def hand_over(self) -> tuple[Memory | None, ReadAhead | None]:
        """Return the state and what is read of the tenant; the second time, nothing.

        Raises:
            StateError: The state cannot be used.
        """
        if self._taken:
            return None, None
        self._taken = True
        sys.setswitchinterval(self._interval)
        self._silences.release(lambda _: self._memory.done())
        memory = self._memory.result()
        self._waits.release(lambda wait: wait.until <= self.client.machine.now())
        return memory, self._lists.hand_over()

    def end(self) -> None:
        """Abandon what is in flight, and close all connections."""
        sys.setswitchinterval(self._interval)
        self._lists.end()
        self.client.close()

    def _switch_often(self) -> None:
        """Read answers soon: loading files computes all the time, and the other threads run every 5 ms alone."""
        sys.setswitchinterval(min(self._interval, SWITCH))

    def _recall(self, outline: Outline | None) -> bool:
        """Recall the state; return whether lists of children are read ahead from now on."""
        try:
            memory = recall(self.store, journal_of(self.store))
        except Exception as error:  # noqa: BLE001 - raised where the plan needs the state
            self._memory.set_exception(error)
            return False
        self._memory.set_result(memory)
        if outline is None:
            return self._lists.begin(ids_by_kind(memory.ledger.entries))
        if not outline.is_of(memory.saved):  # saved meanwhile: the lists may be older than that
            self._lists.drop()
        return False


class HeldBack(Generic[What]):
    """Reports something once the files are loaded: with errors in them, it reports nothing. Thread-safe."""

    def __init__(self, report: Callable[[What], None]) -> None:
        self._report = report
        self._released = False
        self._last: What | None = None
        self._lock = threading.Lock()

    def __call__(self, what: What) -> None:
        """Report `what`, now or later."""
        with self._lock:
            if not self._released:
                self._last = what
                return
        self._report(what)

    def release(self, is_over: Callable[[What], bool]) -> None:
        """Report the last of what was held back unless that is over, and then everything that comes."""
        with self._lock:
            self._released = True
        if self._last is not None and not is_over(self._last):
            self._report(self._last)


def begun_of(
    project: Project,
    place: Place,
    environ: Mapping[str, str],
    find: Callable[[BaseUrl], Found],
    waiting: Callable[[Wait], None],
) -> Begun:
    """Return the live tenant of a project, of which nothing is read yet; see `reading_ahead`.

    Raises what `open_chosen` does.
    """
    base = trusted_base(project, environ)
    found = find(base)
    waits, silences = HeldBack(waiting), HeldBack(place.about.silent)
    connection = connection_of(project, base, found, ca_file_in(environ), waits)
    store = state_of(project, replace(place, about=replace(place.about, silent=silences)), base, found)
    return Begun(Endpoints(connection, machine=place.machine), store, project.api.parallelism, waits, silences)
