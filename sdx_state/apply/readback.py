"""Reads before and after a write: the base of a PUT, and its verification."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Literal

from sdx_state.api.answer import Row
from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import GoneError, NotFoundError, SurveyDynamixError
from sdx_state.apply.outcome import Withheld
from sdx_state.apply.settling import STOPPED, Settling
from sdx_state.kinds import KINDS
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.diff import differences
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Fault:
    """A write without the expected effect, though the server reported no error.

    Attributes:
        message: The fault.
        advice: The next step for the user.
        status: Status of the change.
        error: The API error behind it, if there was one.
    """

    message: str
    advice: str
    status: Literal["failed", "handoff"] = "failed"
    error: SurveyDynamixError | None = field(default=None, compare=False)


class ReadBack:
    """Reader of single resources during a run. Thread-safe.

    Attributes:
        client: The API.
        snapshot: The live resources when the plan was made.
        settling: Waits for writes to show.
    """

    def __init__(self, client: Endpoints, snapshot: Snapshot, waits: Settling) -> None:
        self.client = client
        self.snapshot = snapshot
        self.settling = waits
        self._rows = {(live.kind, live.id, live.parent_id): live for kind in KINDS for live in snapshot.of(kind)}

    def item(self, kind: Kind, id: str) -> Row | None:
        """Return the current resource `id`, None if it is not found.

        Raises:
            GoneError: It was deleted.
        """
        try:
            return self.client.endpoint(kind.collection).get(id)
        except NotFoundError:
            return None

    def is_gone(self, address: Address, kind: Kind, id: str) -> bool:
        """Return True if the resource is proven to be deleted: by 410, or by a 404 that lasts for the settle time.

        False if it exists, or if the run was stopped first.
        """

        def is_there() -> bool:
            return self.read(kind, id, None) is not None

        try:
            if self.item(kind, id) is not None:
                return False
        except GoneError:
            return True
        return not self.settling.returns(address, is_there) and not self.settling.halted()

    def read(self, kind: Kind, id: str, parent_id: str | None) -> Live | None:
        """Return the current resource, with the fields that only its list has (survey and position of a question)."""
        try:
            raw = self.client.endpoint(kind.collection).get(id)
        except (NotFoundError, GoneError):
            return None
        row = self._rows.get((kind.name, id, parent_id))
        listed = {}
        if row is not None:
            shown_in_lists = (kind.parent_field, kind.order_field)
            listed = {name: row.raw[name] for name in shown_in_lists if name is not None and name in row.raw}
        return Live(kind.name, id, {**listed, **raw}, parent_id)

    def whole(self, address: Address, kind: Kind, id: str, parent_id: str | None) -> Live | None:
        """Return the base of a PUT. If it differs from the plan, another client edited it, or the answer is old.

        A PUT over an old answer would revert an edit, so the list must show the same values first. A field that
        differs between list and item for the whole settle time differs by design of the server.

        Raises:
            Withheld: The run was stopped before the list showed the same values.
        """
        planned = self._rows.get((kind.name, id, parent_id))

        def look() -> tuple[Live | None, bool]:
            live = self.read(kind, id, parent_id)
            if live is None or planned is None or _agree(kind, live.raw, planned.raw):
                return live, True
            row = self._listed(kind, id, parent_id)
            return live, row is not None and _agree(kind, live.raw, row)

        lists = ("list", kind.name)
        live, certain = self.settling.watch(address, look, lambda seen: seen[1] or lists in self.settling.ignored)
        if not certain:
            if self.settling.halted():
                message = f"the run was stopped while list and item of {kind.noun} {id} differed"
                raise Withheld(message, "nothing was written to it. Run apply again", "failed")
            self.settling.ignored.add(lists)
        return live

    def require_same(self, address: Address, kind: Kind, seen: Live) -> None:
        """Check the base of a PUT again before the PUT is retried.

        Raises:
            Withheld: It differs from `seen`, or the run was stopped.
        """
        now = self.whole(address, kind, seen.id, seen.parent_id)
        if now is None or not _agree(kind, now.raw, seen.raw):
            raise Withheld(f"{kind.noun} {seen.id} changed in the tenant before the write was retried")

    def _listed(self, kind: Kind, id: str, parent_id: str | None) -> Row | None:
        endpoint = self.client.endpoint(kind.collection)
        if kind.keyed_by_identity:
            rows = endpoint.list(**{kind.identity: id})
        else:
            rows = endpoint.list(**({kind.parent_field: parent_id} if kind.parent_field else {}))
        wanted = kind.identity_of(id)
        return next((row for row in rows if kind.identity_of(str(row[kind.identity])) == wanted), None)

    def verified(
        self, address: Address, desired: Desired, before: Live, written: Collection[str]
    ) -> tuple[Live | None, Fault | None]:
        """Read until the write shows. Return the resource and its fault, if any.

        A field with the value of `before` may only be late. A field with a third value was rewritten by the server:
        waiting does not help.
        """
        kind = KINDS[before.kind]

        def late(live: Live | None) -> list[str]:
            if live is None:
                return [kind.identity]
            wrong = dict.fromkeys(path.field for path, _, _ in differences(desired, live, self.snapshot.shape))
            old = [name for name in wrong if name in written and _same(kind, name, before, live)]
            return [name for name in old if (kind.name, name) not in self.settling.ignored]

        after = self.settling.watch(
            address, lambda: self.read(kind, before.id, before.parent_id), lambda live: not late(live)
        )
        if self.settling.halted():
            if late(after):
                return after, Fault(f"it was written, but {STOPPED}", "run apply again")
        else:
            self.settling.ignored.update((kind.name, name) for name in late(after))
        return after, self.unproven(desired, after) if after is not None else None

    def unproven(self, desired: Desired, live: Live) -> Fault | None:
        """Return the fault of `live` if it differs from `desired`."""
        found = differences(desired, live, self.snapshot.shape)
        if not found:
            return None
        paths = ", ".join(path for path, _, _ in found)
        return Fault(
            f"the server accepted the write, but reading it back shows another value for {paths}",
            "the server rewrites or ignores it: declare the value that it returns, or list the field under `ignore`",
        )


def _same(kind: Kind, name: str, before: Live, after: Live) -> bool:
    field = kind.by_name[name]
    return read_field(field, before.raw) == read_field(field, after.raw)


def _agree(kind: Kind, one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Return True if two answers about one resource agree in all common fields except the position."""
    apart = (kind.parent_field, kind.order_field)
    return all(other[name] == value for name, value in one.items() if name in other and name not in apart)
