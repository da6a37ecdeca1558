"""State on a server with the protocol of Terraform's `http` backend: GitLab, Gitea, Forgejo.

The server stores one document for each address, and every write as a new version of it. So all objects of a state are
members of one document, whose `serial` grows by one with each write: the three servers refuse a serial that was used,
which makes every write conditional. Writes need the lock of the server, which never expires (`state unlock ID`).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import member, record, text
from sdx_state.records import replace
from sdx_state.state.errors import LockLost, StateLocked
from sdx_state.state.holder import Holder, holder_in
from sdx_state.state.http_document import Document, document_in
from sdx_state.state.http_requests import HttpSettings, Reply, Send, plain
from sdx_state.state.store import FOREIGN_ADVICE, Conflict, Found, StoreRefused, Unclear

TRIES = 5  # of one write whose serial another write has used
ACCESS_ADVICE = (
    "Check TF_HTTP_USERNAME and TF_HTTP_PASSWORD, or CI_JOB_TOKEN. In GitLab a Developer can only read the state; "
    "locking and writing need the role Maintainer."
)
PROBE_ADVICE = (
    "Nothing can be locked there. Use the Terraform state of GitLab, Gitea or Forgejo, a store of objects with "
    "conditional writes, or PostgreSQL."
)
_HELD, _USED = {409, 423}, {409, 422}


class HttpStore:
    """Implements `store.Store`, and locks by the server's own lock. Thread-safe.

    Attributes:
        name: Name in messages.
        lost: Why the server refused a write, empty while it did not.
    """

    def __init__(self, settings: HttpSettings, send: Send) -> None:
        self._settings, self._send = settings, send
        self.name = plain(settings.address)
        self._guard = threading.RLock()
        self._known: Document | None = None
        self._lock_id, self.lost, self._written = "", "", False

    def get(self, key: str) -> Found | None:
        """Return the object `key`, None if there is none; a read of the state reads the whole document again."""
        with self._guard:
            if key.endswith("/state"):
                self._known = None
            found = self._document().objects.get(key)
        return Found(found[0], str(found[1])) if found is not None else None

    def put(self, key: str, content: bytes, version: str | None) -> str:
        """Write `content` if the object has `version` still, or if there is none and `version` is None."""

        def changed(document: Document) -> Document:
            found = document.objects.get(key)
            if (str(found[1]) if found is not None else None) != version:
                raise Conflict(f"{self.name}: {key} has changed")
            serial = document.serial + 1
            return Document(serial, {**document.objects, key: (content, serial)}, self._lock_id)

        return str(self._write(changed).serial)

    def list(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, in order."""
        with self._guard:
            return sorted(key for key in self._document().objects if key.startswith(prefix))

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the objects `keys`, those that there are."""

        def changed(document: Document) -> Document:
            left = {key: one for key, one in document.objects.items() if key not in keys}
            return (
                document if len(left) == len(document.objects) else Document(document.serial + 1, left, self._lock_id)
            )

        self._write(changed)

    def free(self, id: str) -> bool:
        """Free the lock `id`; return False if the server has no such lock.

        Raises:
            StateLocked: Another run has the lock.
            StoreError: The server does not answer, or refuses.
        """
        method, url = self._settings.unlock
        with self._guard:
            self._lock_id = "" if self._lock_id == id else self._lock_id
        reply = self._send(method, url, {"ID": id}, json.dumps({"ID": id}).encode())
        if reply.status in (200, 202, 204):
            return True
        if reply.status == 404:
            return False
        if reply.status in _HELD:
            other = _holder_in(reply)
            if other is not None and other.id != id:
                raise StateLocked(f"the lock is {other.id}, not {id}.\nNothing was changed.")
            return False
        raise self._refused(reply, "unlocking")

    def lock(self, holder: Holder) -> Holder | None:
        """Try to take the lock for `holder`, and return another run that has it.

        Raises:
            StoreError: The server does not answer, or refuses.
        """
        reply = self._ask_for_lock(holder)
        if reply.status in _HELD:
            other = _holder_in(reply)
            if other is None:
                raise Unclear(f"{self.name} refused the lock ({reply.status}) without saying who has it")
            if other.id != holder.id:  # otherwise an answer to this run's own request was lost
                return other
        with self._guard:
            self._lock_id, self.lost, self._known, self._written = holder.id, "", None, False
        return None

    def probe(self, holder: Holder) -> None:
        """Try to take the lock, which this run has, for another run, `holder`.

        Raises:
            StoreRefused: The server gave it to both.
            StoreError: The server does not answer, or refuses.
        """
        if self._ask_for_lock(holder).status not in _HELD:
            raise StoreRefused(f"{self.name} gave its lock to two runs at once", PROBE_ADVICE)

    def _ask_for_lock(self, holder: Holder) -> Reply:
        method, url = self._settings.lock
        info = {
            "ID": holder.id,
            "Operation": holder.purpose,
            "Info": json.dumps(vars(holder)),
            "Who": f"{holder.user}@{holder.host}",
            "Version": "sdx-state",
            "Created": f"{holder.begun:%Y-%m-%dT%H:%M:%SZ}",
            "Path": "",
        }
        reply = self._send(method, url, {}, json.dumps(info).encode())
        if reply.status not in (200, 201, *_HELD):
            raise self._refused(reply, "locking")
        return reply

    def _document(self) -> Document:
        if self._known is None:
            reply = self._send("GET", self._settings.address, {}, None)
            if reply.status in (204, 404):
                self._known = Document()
            elif reply.status == 200:
                self._known = document_in(reply.body, self.name)
            else:
                raise self._refused(reply, "reading")
        return self._known

    def _write(self, change: Callable[[Document], Document]) -> Document:
        with self._guard:
            query = {"ID": self._lock_id} if self._lock_id else {}
            for _ in range(TRIES):
                before = self._document()
                after = change(before)
                if after is before:
                    return before
                self._known = None
                reply = self._send(self._settings.update, self._settings.address, query, after.encoded())
                if reply.status in (200, 201, 204):
                    self._known, self._written = after, True
                    return after
                if reply.status not in _USED | _HELD:
                    raise self._refused(reply, "writing")
                there = self._document()
                if there.serial < after.serial:
                    raise self._loss(f"the server refused a write with HTTP {reply.status}")
                if self._written and there.writer != self._lock_id:
                    raise self._loss("another run has taken it")
            raise Unclear(f"{self.name}: other writes used {TRIES} serials")

    def _loss(self, why: str) -> LockLost:
        self.lost = why
        return LockLost(
            f"the lock of {self.name} is not held any more ({why}): another run may be writing.\n"
            "Nothing more was sent. What was done is in the journal: wait until no run is active, then apply again."
        )

    def _refused(self, reply: Reply, doing: str) -> StoreRefused | Unclear:
        what = f"{self.name}: {doing} failed with HTTP {reply.status}"
        if reply.status >= 500 or reply.status in (408, 425, 429):
            return Unclear(what)
        if reply.status in (401, 403, 404):
            return StoreRefused(what, ACCESS_ADVICE)
        if reply.status in (411, 413):
            return StoreRefused(f"{what}: the state is too large for this server", "Ask for a higher limit.")
        return StoreRefused(what, FOREIGN_ADVICE)


def _holder_in(reply: Reply) -> Holder | None:
    """Return the run that a lock info describes, None if the answer is not one."""
    try:
        info = record(parse(reply.body))
        id = member(info, "ID", text)
    except DecodingError:
        return None
    if not id:
        return None
    with suppress(DecodingError):
        return replace(holder_in(parse(str(info.get("Info", "")))), id=id)
    who, operation = str(info.get("Who") or "unknown"), str(info.get("Operation") or "another program")
    return Holder(operation, 0, who, 0.0, id)
