"""The parts of the project file that have a time: policies that expire, and freezes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sdx_state.config.sift import PROJECT_FILE
from sdx_state.config.tree import Items, Place, Table, items, table
from sdx_state.kinds.timezone import check_timezone
from sdx_state.model.policy import Freeze, Level, Policy
from sdx_state.model.resource import Source

UTC = "UTC"
_LEVELS: dict[str, Level] = {"low": "low", "medium": "medium", "high": "high", "critical": "critical"}


def complaints(layer: Table) -> Iterator[tuple[str, Place, str, str | None]]:
    """Yield what is wrong with the times in `layer`: the code of the rule, where, what, and what to do."""
    for node in items(layer.get("risk")):
        entry = table(node)
        if _day(str(entry["expires"])) is None:
            yield "invalid-date", entry.value_place("expires"), "there is no such day", "write it as 2027-01-31"
    for node in items(layer.get("freeze")):
        entry = table(node)
        zone = str(entry.get("timezone", UTC))
        complaint = check_timezone(zone)
        if complaint is not None:
            yield complaint.code, entry.value_place("timezone"), complaint.message, complaint.help
            continue
        begins, ends = _moment(str(entry["from"]), zone, False), _moment(str(entry["to"]), zone, True)
        for key, moment in (("from", begins), ("to", ends)):
            if moment is None:
                yield (
                    "invalid-date",
                    entry.value_place(key),
                    "there is no such moment",
                    "write it as 2026-12-20T18:00",
                )
        if begins is not None and ends is not None and ends <= begins:
            yield "invalid-date", entry.value_place("to"), "the freeze ends before it begins", None


def read_policies(entries: Items) -> Iterator[Policy]:
    """Yield the policies in `entries`, which have no complaints."""
    for node, place in zip(entries, entries.places, strict=True):
        entry = table(node)
        yield Policy(
            rule=str(entry["rule"]),
            address=str(entry.get("address", "*")),
            level=_LEVELS.get(str(entry.get("level"))),
            reason=str(entry["reason"]),
            expires=_day(str(entry["expires"])) or date.min,
            source=Source(PROJECT_FILE, *place),
        )


def read_freezes(entries: Items) -> Iterator[Freeze]:
    """Yield the freezes in `entries`, which have no complaints."""
    for node, place in zip(entries, entries.places, strict=True):
        entry = table(node)
        zone = str(entry.get("timezone", UTC))
        begins, ends = _moment(str(entry["from"]), zone, False), _moment(str(entry["to"]), zone, True)
        if begins is not None and ends is not None:
            yield Freeze(begins, ends, str(entry["reason"]), Source(PROJECT_FILE, *place))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str, zone: str, end: bool) -> datetime | None:
    """Return the moment `text` in `zone`; a day alone is its beginning, or its end."""
    day, _, clock = text.partition("T")
    parsed = _day(day)
    try:
        at = time.fromisoformat(clock) if clock else time()
    except ValueError:
        return None
    if parsed is None:
        return None
    from zoneinfo import ZoneInfo

    moment = datetime.combine(parsed, at, ZoneInfo(zone))
    return moment + timedelta(days=1) if end and not clock else moment
