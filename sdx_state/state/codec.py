"""The ledger as bytes, with a checksum over them. Loading is strict: an empty file is corrupt, never "no state"."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sdx_state.state.errors import StateUnusable
from sdx_state.state.ledger import Entry, Ledger, Lookup

FORMAT_MAJOR, FORMAT_MINOR = 1, 0
_HEAD = b'{"checksum":"sha256:'
_BODY = b'","state":'
_TAIL = b"}\n"


def encode(ledger: Ledger) -> bytes:
    """Return `ledger` as one JSON document that carries its own checksum."""
    body = json.dumps(to_document(ledger), ensure_ascii=True, separators=(",", ":")).encode()
    return _HEAD + hashlib.sha256(body).hexdigest().encode() + _BODY + body + _TAIL


def decode(data: bytes, where: str) -> Ledger:
    """Return the ledger in `data`, which was read from `where`.

    Raises:
        StateUnusable: It is empty, damaged, not a state at all, or written by a newer version.
    """
    if not data.strip():
        raise StateUnusable(f"{where} is empty: an interrupted copy, or a full disk when it was copied here")
    digest_end = len(_HEAD) + 64
    if not data.startswith(_HEAD) or data[digest_end : digest_end + len(_BODY)] != _BODY or not data.endswith(_TAIL):
        raise StateUnusable(f"{where} is not a state file, or is cut off")
    body = data[digest_end + len(_BODY) : -len(_TAIL)]
    if hashlib.sha256(body).hexdigest().encode() != data[len(_HEAD) : digest_end]:
        raise StateUnusable(f"{where} is damaged: its checksum does not match its content")
    document = json.loads(body)
    major = str(document.get("format", "")).partition(".")[0]
    if major != str(FORMAT_MAJOR):
        raise StateUnusable(
            f"{where} has format {document.get('format')}, written by another version of sdx-state "
            f"(this one reads {FORMAT_MAJOR}.x)"
        )
    return from_document(document)


def to_document(ledger: Ledger) -> dict[str, object]:
    """Return `ledger` as a JSON document."""
    return {
        "format": f"{FORMAT_MAJOR}.{FORMAT_MINOR}",
        "lineage": ledger.lineage,
        "serial": ledger.serial,
        "tenant": ledger.tenant,
        "resources": {address: _entry_document(entry) for address, entry in ledger.entries.items()},
        "lookups": {key: [answer.country_code, answer.phone_type] for key, answer in ledger.lookups.items()},
    }


def from_document(document: Mapping[str, Any]) -> Ledger:
    """Return the ledger in `document`.

    Raises:
        KeyError, TypeError, AttributeError: It is not one.
    """
    return Ledger(
        lineage=document["lineage"],
        serial=document["serial"],
        tenant=document["tenant"],
        entries={address: _entry(entry) for address, entry in document["resources"].items()},
        lookups={key: Lookup(*answer) for key, answer in document["lookups"].items()},
    )


def _entry_document(entry: Entry) -> dict[str, object]:
    document: dict[str, object] = {"id": entry.id, "applied": entry.applied}
    if entry.protect:
        document["protect"] = True
    return document


def _entry(document: Mapping[str, object]) -> Entry:
    applied = document["applied"]
    return Entry(
        id=str(document["id"]),
        applied=applied if isinstance(applied, dict) else {},
        protect=document.get("protect") is True,
    )
