"""Decoder of the lines of the journal: which members each event has, and of which types."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import (
    LATEST,
    Malformed,
    Record,
    filled,
    flag,
    mapping_of,
    member,
    natural,
    number,
    optional,
    record,
    text,
)
from sdx_state.kinds.decode import address
from sdx_state.state.codec import hashes

Members = Mapping[str, Callable[[object], object]]

_OVERWRITE: Members = {"address": address, "id": filled}
_SENT: Members = {"operation": filled}
# Events of a later version, and further members, are kept as they are: this version does not use them.
_EVENTS: Mapping[str, Members] = {
    "begin": {"command": text, "who": text},
    "intent": {**_SENT, "address": address, "parent_id": optional(filled)},
    "again": _SENT,
    "name-taken": {"address": address, "parent_id": optional(filled), "id": filled},
    "created": {"operation": filled, "address": address, "id": filled, "fields": hashes, "protect": flag},
    "unconfirmed": {"operation": filled, "address": address},
    "settled": {"operation": filled},
    "update": _OVERWRITE,
    "delete": _OVERWRITE,
    "outcome": {"address": address, "status": text},
    "superseded": {"ended": filled},
    "saving": {"lineage": filled, "serial": natural},
    "saved": {"lineage": filled, "serial": natural},
    "end": {"counts": mapping_of(natural)},
}


def _moment(value: object) -> float:
    found = number(value)
    if found > LATEST:
        raise Malformed("seconds since 1970", value)
    return found


_ALWAYS: Members = {"at": _moment, "run": filled, "event": filled}
_WHERE_PRESENT: Members = {
    "hash": text,
    "previous": text,
    "signature": text,
    "document": text,
    "job": text,
    "commit": text,
    "lost": text,
    "boot": text,
    "uptime": number,
}


def decoded_line(line: bytes) -> Record:
    """Return the content of a line of the journal.

    Raises:
        DecodingError: It is not one.
    """
    content = record(parse(line, OWN_DEPTH))
    for key, decode in _ALWAYS.items():
        member(content, key, decode)
    for key, decode in _EVENTS.get(content["event"], {}).items():
        content[key] = member(content, key, decode)
    for key, decode in _WHERE_PRESENT.items():
        if key in content:
            member(content, key, decode)
    return content


def hash_of_line(line: bytes) -> str:
    """Return the hash that a line of the journal carries, empty if it is not such a line."""
    try:
        return str(record(parse(line, OWN_DEPTH)).get("hash", ""))
    except DecodingError:
        return ""
