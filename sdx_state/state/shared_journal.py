"""The journal in a shared store: each commit is an object of its own, which is created once and never rewritten.

`journal/NUMBER` contains the lines from that number on that were written together, one object in flight at a time;
`history/NUMBER-RUN` is a closed part, up to that number; `journal/NUMBER.closed` says, to readers of the open part,
that the state closed everything up to that number.
"""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sdx_state.decoding.strict import parse
from sdx_state.decoding.typed import member, record, text
from sdx_state.model.ledger import Head
from sdx_state.programs.machine import Machine
from sdx_state.state.backend import Segment
from sdx_state.state.copies import NAME_OF_A_RUN
from sdx_state.state.errors import JOURNAL_ADVICE, LineTaken, StateError, StateUnusable
from sdx_state.state.store import Careful, Conflict, Sealed, Store, StoreError, unsealed

_COMMIT = re.compile(r"([0-9]{12})")
_MARK = re.compile(r"([0-9]{12})\.closed")
_CLOSED = re.compile(rf"([0-9]{{12}})-{NAME_OF_A_RUN}")


class SharedJournal:
    """Implements `backend.Lines`. Reads the store once, and knows of its own writes. Thread-safe.

    Attributes:
        prefix: Of all keys.
        epoch: Of the lease that it writes under; None for reading only.
        unanswered: Something that was sent may arrive yet.
    """

    def __init__(
        self,
        store: Store,
        prefix: str,
        machine: Machine,
        epoch: int | None = None,
        check: Callable[[], None] = lambda: None,
        committed: Callable[[Head], None] = lambda _: None,
    ) -> None:
        self._store, self.prefix, self._machine, self.epoch = store, prefix, machine, epoch
        self._careful, self._committed = Careful(store, machine, check), committed
        self._unchecked = Careful(store, machine)
        self._keys: list[str] | None = None
        self._commits: dict[int, bytes] = {}
        self._waiting: list[tuple[int, bytes]] = []
        self._written = 0
        self._failure: Exception | None = None
        self.unanswered = False
        self._guard, self._turn = threading.Lock(), threading.Lock()

    @property
    def name(self) -> str:
        """Name in messages."""
        return f"{self._store.name}: {self.prefix}/journal"

    def forget(self) -> None:
        """Read the store again when it is asked for the next time."""
        self._keys = None

    def fetch(self, head: int) -> None:
        """Read all commits after the line `head`, once and for all.

        Raises:
            Vanished: One was closed meanwhile: the state that names `head` is older than the journal.
        """
        for first in self._firsts():
            if first > head:
                self._commit(first)

    def exists(self) -> bool:
        """Tell whether there is any commit, or ever was."""
        return bool(self._listed())

    def read(self, head: Head) -> bytes:
        """Return the lines of all commits after `head`.

        Raises:
            StateUnusable: A commit is missing.
        """
        lines, due = [], head.seq + 1
        for first in self._firsts():
            if first <= head.seq:
                continue  # closed: a crash kept it from being removed
            if first != due:
                raise StateUnusable(f"{self.name}: the lines {due} to {first - 1} are missing", JOURNAL_ADVICE)
            content = self._commit(first)
            lines.append(content)
            due += content.count(b"\n")
        return b"".join(lines)

    def append(self, line: bytes, number: int, *, durably: bool) -> Callable[[], None]:
        """Keep `line` for the next commit, and return what commits it if that has to be now."""
        with self._guard:
            self._waiting.append((number, line))
        return partial(self._commit_up_to, number) if durably else _nothing

    def sync(self) -> None:
        """Commit every line; after a commit that failed, none is committed, and its error is raised again."""
        with self._guard:
            last = self._waiting[-1][0] if self._waiting else 0
        if self._failure is not None:
            raise self._failure
        if last:
            self._commit_up_to(last)

    def newest(self) -> int:
        """Return the number of the last line of the newest closed part."""
        return max((number for number, _ in self._marks()), default=0)

    def holds(self, head: Head) -> bool:
        """Tell whether the closed line that `head` names is kept."""
        return self.newest() >= head.seq or any(first <= head.seq for first in self._firsts())

    def closed(self) -> list[Segment]:
        """Return the closed parts, the oldest first."""
        found = ((key, *key.rpartition("/")[2].split("-", 1)) for key in self._history())
        return [
            Segment(f"{self._store.name}: {key}", int(last), run, partial(self._payload, key))
            for key, last, run in found
        ]

    def bring(self, parts: Sequence[Segment]) -> None:
        """Keep closed parts that come from another backend."""
        for part in parts:
            self._create(f"{self.prefix}/history/{part.last:012}-{part.run}", part.read())
        if parts and self.newest() < parts[-1].last:
            marks, mark = [key for _, key in self._marks()], f"{self.prefix}/journal/{parts[-1].last:012}.closed"
            self._create(mark, b"")
            self._unchecked.delete(marks)
            self._note(added=[mark], removed=marks)

    def mend(self, head: Head, run: str) -> None:
        """Close what the state says is closed; a commit is whole or not there."""
        if isinstance(self._failure, LineTaken):
            self._failure = None  # the lines of the other run are read before anything is written behind them
        if any(first <= head.seq for first in self._firsts()):
            self.close(head, run)

    def close(self, head: Head, run: str) -> None:
        """Write the closed part, then the mark, and then remove the commits."""
        firsts = [first for first in self._firsts() if first <= head.seq]
        marks = [key for number, key in self._marks() if number < head.seq]
        with _as_os_error(self._store.name):
            if self.newest() < head.seq:
                if not any(key.startswith(f"{self.prefix}/history/{head.seq:012}-") for key in self._history()):
                    closed = self.newest()  # an earlier commit that arrived late does not belong to this part
                    content = b"".join(self._commit(first) for first in firsts if first > closed)
                    self._create(f"{self.prefix}/history/{head.seq:012}-{run}", content)
                mark = f"{self.prefix}/journal/{head.seq:012}.closed"
                self._create(mark, b"")
                self._note(added=[mark])
            gone = [*(self._key(first) for first in firsts), *marks]
            self._unchecked.delete(gone)
            self._note(removed=gone)

    def _commit_up_to(self, number: int) -> None:
        """Commit the line `number` and all that wait: those of other threads come along.

        Raises:
            OSError: The store did not confirm it.
            LineTaken: Another run wrote there.
            LockLost: The lease is not held any more.
        """
        with self._turn:
            if self._written >= number:
                return
            if self._failure is not None:
                raise self._failure
            with self._guard:
                taken, self._waiting = self._waiting, []
            first, content = taken[0][0], b"".join(line for _, line in taken)
            key = self._key(first)
            self.unanswered = True
            try:
                with _as_os_error(self._store.name):
                    self._careful.put(key, Sealed(content, self.epoch or 0).encoded(self._machine), None)
            except Conflict as error:
                self.unanswered = False
                self.forget()
                self._failure = LineTaken(
                    f"another run wrote to {self.name}.\nNothing more was sent. Wait until no run is active."
                )
                raise self._failure from error
            except (OSError, StateError) as error:
                self._failure = error  # the commit may arrive yet, and lines behind it would leave a gap without it
                raise
            self.unanswered = False
            self._commits[first] = content
            self._note(added=[key])
            self._written = taken[-1][0]
            self._committed(Head(self._written, member(record(parse(taken[-1][1])), "hash", text)))

    def _create(self, key: str, content: bytes) -> None:
        try:
            self._unchecked.put(key, Sealed(content, self.epoch or 0).encoded(self._machine), None)
        except Conflict:
            found = self._unchecked.get(key)
            if found is None or unsealed(found.content, key).payload != content:
                raise

    def _commit(self, first: int) -> bytes:
        if first not in self._commits:
            self._commits[first] = self._payload(self._key(first))
        return self._commits[first]

    def _payload(self, key: str) -> bytes:
        found = self._unchecked.get(key)
        if found is None:
            raise Vanished(key)
        return unsealed(found.content, f"{self._store.name}: {key}").payload

    def _history(self) -> list[str]:
        keys = self._unchecked.list(f"{self.prefix}/history/")
        return sorted(key for key in keys if _CLOSED.fullmatch(key.rpartition("/")[2]))

    def _listed(self) -> list[str]:
        if self._keys is None:
            self._keys = self._unchecked.list(f"{self.prefix}/journal/")
        return self._keys

    def _note(self, added: Iterable[str] = (), removed: Iterable[str] = ()) -> None:
        if self._keys is not None:
            self._keys = sorted({*self._keys, *added}.difference(removed))

    def _firsts(self) -> list[int]:
        found = (_COMMIT.fullmatch(key.rpartition("/")[2]) for key in self._listed())
        return sorted(int(one[1]) for one in found if one is not None)

    def _marks(self) -> list[tuple[int, str]]:
        found = ((_MARK.fullmatch(key.rpartition("/")[2]), key) for key in self._listed())
        return [(int(one[1]), key) for one, key in found if one is not None]

    def _key(self, first: int) -> str:
        return f"{self.prefix}/journal/{first:012}"


class Vanished(OSError):
    """An object that was listed is not there any more: it was closed meanwhile."""

    def __init__(self, key: str) -> None:
        super().__init__(errno.ENOENT, "it is gone", key)


class _as_os_error:
    """Raise what a store says to a write as the error of the system that the journal knows; conflicts stay.

    What it says to a read stays as it is: its advice is about the store.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, StoreError) and not isinstance(error, Conflict):
            raise OSError(errno.EIO, str(error).partition("\n")[0], self._name) from error


def _nothing() -> None:
    """Return: the line goes along with the next one that is written now."""
