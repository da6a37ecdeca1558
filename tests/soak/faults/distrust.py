"""Switches for the mechanisms that keep the product from believing what a server, or the moment, seems to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sdx_state.app import observe
from sdx_state.apply import claims, create, live_names, readback, settling
from sdx_state.apply.outcome import Outcome
from sdx_state.model.ledger import Entry
from sdx_state.model.resource import Live
from sdx_state.plan import build, undo
from sdx_state.state import backend
from tests.soak.faults.playing import Patch


def reads_are_prompt() -> list[Patch]:
    """Take the first look after a write for the last word."""
    return [(settling.Settling, "watch", lambda self, address, look, shows: look())]


def absence_is_believed() -> list[Patch]:
    """Take one 404 for proof that something is gone."""

    def gone(self: Any, address: str, kind: Any, id: str) -> bool:
        return self.read(kind, id, None) is None

    return [(readback.ReadBack, "is_gone", gone)]


def unseen_creates_are_forgotten() -> list[Patch]:
    """Plan a create again that was answered a moment ago and does not show yet, and do not look again before it."""
    return [(observe, "_absent", lambda *_: []), (create, "_came_back", lambda *_: None)]


def live_names_are_not_read() -> list[Patch]:
    """Create without a look at what appeared since the plan."""
    return [(live_names.LiveNames, "now", lambda *_: [])]


def live_names_are_read_once() -> list[Patch]:
    """Read the names in a survey before its first create, and never again."""
    children = live_names.LiveNames.children
    return [(live_names.LiveNames, "children", cache(children)), (live_names.LiveNames, "created", lambda *_: None)]


def any_id_is_taken() -> list[Patch]:
    """Believe whatever id a create is answered with."""

    def believing(
        writer: Any, change: Any, kind: Any, desired: Any, id: str, operation: str, hashes: Mapping[str, str]
    ) -> Any:
        writer.ids[change.address] = id
        writer.journal.created(operation, change.address, Entry(id, hashes, desired.protect))
        fault = writer.readback.unproven(desired, Live(kind.name, id, writer.readback.item(kind, id) or {}))
        if fault is not None:
            return Outcome(change, "failed", fault.message, fault.advice, id)
        return Outcome(change, "done", id=id)

    return [(claims.Claims, "take", lambda *_: True), (create, "_settle_for", believing)]


def ids_are_never_used_again() -> list[Patch]:
    """Overwrite and delete any row that has the id."""
    return [(build, "replaced", lambda *_: []), (undo, "replaced", lambda *_: [])]


def any_tenant_will_do() -> list[Patch]:
    """Write to whichever tenant a token is of."""
    return [
        (observe, "require_same_tenant", lambda *_: None),
        (observe, "same_tenant", lambda *_: True),
        (build, "replaced", lambda *_: []),
    ]


def old_items_are_written_back() -> list[Patch]:
    """Lay a PUT over whatever is read, however old."""

    def first(self: Any, address: str, kind: Any, id: str, parent_id: str | None) -> Any:
        return self.read(kind, id, parent_id)

    return [(readback.ReadBack, "whole", first)]


def no_fence() -> list[Patch]:
    """Write on after another process took the lock."""
    return [(backend.Fence, "__call__", lambda _: None)]


SWITCHES: tuple[Callable[[], list[Patch]], ...] = (
    reads_are_prompt,
    absence_is_believed,
    unseen_creates_are_forgotten,
    live_names_are_not_read,
    live_names_are_read_once,
    any_id_is_taken,
    ids_are_never_used_again,
    any_tenant_will_do,
    old_items_are_written_back,
    no_fence,
)
