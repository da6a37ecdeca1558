"""Counts that were stored with a tenant: the evidence of plans made without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta, timezone
from typing import Any

from sdx_state.decoding.typed import (
    Malformed,
    Record,
    mapping_of,
    member_or,
    natural,
    natural_in_text,
    optional,
    record,
    text,
)
from sdx_state.kinds import QUESTION, SURVEY
from sdx_state.live.evidence import Counted
from sdx_state.model.address import Address
from sdx_state.model.evidence import Counts, Question
from sdx_state.model.plan import Stored
from sdx_state.records import dataclass

BELIEVED = timedelta(days=7)  # after that a count of zero says nothing of today
_COUNTED = (SURVEY.name, QUESTION.name)


@dataclass(frozen=True)
class StoredEvidence:
    """Facts about a stored tenant besides its resources.

    Attributes:
        tenant: Its origin and customer, empty where the file does not say it.
        taken: When it was read, in UTC; None where the file does not say it.
        counts: What was counted then.
    """

    tenant: str = ""
    taken: datetime | None = None
    counts: Counted = field(default_factory=dict)

    def of(self, asked: Mapping[Address, Question], now: datetime) -> dict[Address, Counts]:
        """Return what is known of what is `asked`; a zero only while it is believed."""
        return {address: self._known(question, now) for address, question in asked.items()}

    def source(self, now: datetime) -> Stored:
        """Return how a plan that is made `now` names what it was made against."""
        if self.taken is None:
            return Stored(self.tenant)
        return Stored(self.tenant, _written(self.taken), max(0, int((now - self.taken).total_seconds())))

    def document(self) -> dict[str, Any]:
        """Return the members of the file that contain it."""
        counts: dict[str, dict[str, Any]] = {kind: {} for kind in _COUNTED}
        for kind, id in sorted(self.counts, key=lambda one: (one[0], len(one[1]), one[1])):
            found = self.counts[kind, id]
            counts[kind][id] = {"responses": found.responses}
            if kind == SURVEY.name:
                counts[kind][id]["pending"] = found.pending
        return {"tenant": self.tenant, "taken": _written(self.taken) if self.taken else None, "counts": counts}

    def _known(self, question: Question, now: datetime) -> Counts:
        found = self.counts.get((question.kind, question.id))
        if found is None or self.taken is None:
            return Counts()
        if now - self.taken > BELIEVED:
            found = Counts(found.responses or None, found.pending or None)
        return Counts(found.responses, found.pending, f"{self.taken:%Y-%m-%d %H:%M} UTC")


def stored_evidence(document: Record) -> StoredEvidence:
    """Return the evidence in the `document` of a stored tenant; earlier versions stored none.

    Raises:
        Malformed: It is damaged.
    """
    by_kind = member_or(document, "counts", optional(mapping_of(mapping_of(_counts, _id), text)), None) or {}
    return StoredEvidence(
        member_or(document, "tenant", text, ""),
        member_or(document, "taken", optional(_moment), None),
        {(kind, id): by_kind[kind][id] for kind in _COUNTED if kind in by_kind for id in by_kind[kind]},
    )


def _counts(value: object) -> Counts:
    found = record(value)
    return Counts(
        member_or(found, "responses", optional(natural), None), member_or(found, "pending", optional(natural), None)
    )


def _id(value: object) -> str:
    natural_in_text(value)
    return str(value)


def _moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        raise Malformed("a time as ISO 8601", value) from None
    if found.tzinfo is None:
        raise Malformed("a time with its time zone", value)
    return found.astimezone(timezone.utc)


def _written(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds")
