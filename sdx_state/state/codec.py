"""The ledger as bytes, with a checksum over them. Loading is strict: an empty file is corrupt, never "no state"."""

from __future__ import annotations

import hashlib
import json
from weakref import WeakValueDictionary

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import (
    Malformed,
    filled,
    flag,
    list_of,
    mapping_of,
    member,
    member_or,
    natural,
    record,
    text,
)
from sdx_state.garbage import uncollected
from sdx_state.kinds.decode import address
from sdx_state.model.ledger import Entry, Head, Ledger, Lookup, Step
from sdx_state.state.errors import SIGNATURE_ADVICE, STATE_ADVICE, VERSION_ADVICE, StateOfAnother, StateUnusable
from sdx_state.state.ledger import shared_id, with_identities
from sdx_state.state.signing import VARIABLE, SigningKey, hash_of

FORMAT_MAJOR, FORMAT_MINOR = 1, 2
SIGNATURE = "signature"
_HEAD = b'{"checksum":"sha256:'
_BODY = b'","state":'
_TAIL = b"}\n"
_TEXT = frozenset({str})
_NO_STEPS: tuple[Step, ...] = ()
# Decoded states that are still in use, by checksum: a run that locks the state reads it a second time.
_in_use: WeakValueDictionary[str, Ledger] = WeakValueDictionary()


def encode(ledger: Ledger, key: SigningKey | None = None) -> bytes:
    """Return `ledger` as one JSON document that carries its own checksum, and its signature if there is a `key`."""
    document = to_document(ledger)
    if key is not None:
        document[SIGNATURE] = key.sign("state", hash_of(document))
    body = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
    return _HEAD + hashlib.sha256(body).hexdigest().encode() + _BODY + body + _TAIL


def decode(data: bytes, where: str, key: SigningKey | None = None) -> Ledger:
    """Return the ledger in `data`, which was read from `where`.

    Raises:
        StateUnusable: It is empty, damaged, not a state at all, written by a newer version, or not signed with `key`.
    """
    if not data.strip():
        raise StateUnusable(
            f"{where} is empty: an interrupted copy, or a full disk when it was copied here", STATE_ADVICE
        )
    digest_end = len(_HEAD) + 64
    if not data.startswith(_HEAD) or data[digest_end : digest_end + len(_BODY)] != _BODY or not data.endswith(_TAIL):
        raise StateUnusable(f"{where} is not a state file, or is cut off", STATE_ADVICE)
    body = data[digest_end + len(_BODY) : -len(_TAIL)]
    checksum = hashlib.sha256(body).hexdigest()
    if checksum.encode() != data[len(_HEAD) : digest_end]:
        raise StateUnusable(f"{where} is damaged: its checksum does not match its content", STATE_ADVICE)
    if key is None and (known := _in_use.get(checksum)) is not None:
        return known
    try:
        with uncollected():
            ledger = _ledger_in(body, where, key)
    except DecodingError as error:
        raise StateUnusable(f"{where} is not a state that this version can read: {error}", STATE_ADVICE) from error
    shared = shared_id(ledger.entries)
    if shared is not None:
        raise StateUnusable(f"{where} has one id under two addresses, {shared[0]} and {shared[1]}", STATE_ADVICE)
    if key is None:
        _in_use[checksum] = ledger
    return ledger


def _ledger_in(body: bytes, where: str, key: SigningKey | None) -> Ledger:
    document = record(parse(body))
    version = member(document, "format", text)
    if version.partition(".")[0] != str(FORMAT_MAJOR):
        raise StateOfAnother(
            f"{where} has format {version[:20]}, written by another version of sdx-state "
            f"(this one reads {FORMAT_MAJOR}.x)",
            VERSION_ADVICE,
        )
    signature = document.pop(SIGNATURE, None)
    if key is not None and not key.made(signature, "state", hash_of(document)):
        raise StateUnusable(f"{where} is not signed with {VARIABLE}", SIGNATURE_ADVICE)
    return from_document(document)


def to_document(ledger: Ledger) -> dict[str, object]:
    """Return `ledger` as a JSON document."""
    document: dict[str, object] = {
        "format": f"{FORMAT_MAJOR}.{FORMAT_MINOR}",
        "lineage": ledger.lineage,
        "serial": ledger.serial,
        "tenant": ledger.tenant,
        "resources": {address: _entry_document(entry) for address, entry in ledger.entries.items()},
        "lookups": {key: [answer.country_code, answer.phone_type] for key, answer in ledger.lookups.items()},
    }
    if ledger.journal:
        document["journal"] = ledger.journal
    if ledger.head.seq:
        document["head"] = {"seq": ledger.head.seq, "hash": ledger.head.hash}
    if ledger.steps:
        document["moved"] = [list(step) for step in sorted(ledger.steps)]
    return document


def from_document(document: object) -> Ledger:
    """Return the ledger in `document`.

    Raises:
        Malformed: It is not one.
    """
    state = record(document)
    return Ledger(
        lineage=member(state, "lineage", filled),
        serial=member(state, "serial", natural),
        tenant=member(state, "tenant", text),
        entries=with_identities(member(state, "resources", mapping_of(_entry, address))),
        lookups=member(state, "lookups", mapping_of(_lookup)),
        journal=member_or(state, "journal", text, ""),
        head=member_or(state, "head", _head, Head()),
        steps=frozenset(member_or(state, "moved", list_of(_step), _NO_STEPS)),
    )


def _entry_document(entry: Entry) -> dict[str, object]:
    document: dict[str, object] = {"id": entry.id, "applied": entry.applied}
    if entry.protect:
        document["protect"] = True
    return document


def _entry(value: object) -> Entry:
    # In the innermost loop of every plan, one condition proves what the decoders below would say.
    entry = value if type(value) is dict else record(value)
    id, applied = entry.get("id"), entry.get("applied")
    if (
        type(id) is str
        and id
        and type(applied) is dict
        and _TEXT.issuperset(map(type, applied.values()))
        and entry.get("protect", False) is False
    ):
        return Entry(id, applied)
    return Entry(
        id=member(entry, "id", filled),
        applied=member(entry, "applied", hashes),
        protect=member_or(entry, "protect", flag, False),
    )


def hashes(value: object) -> dict[str, str]:
    """Return hashes by field path."""
    found = record(value)
    for path, digest in found.items():  # the innermost loop of every plan: no call for each value
        if type(digest) is not str:
            raise Malformed("a hash", digest).inside(path)
    return found


def _head(value: object) -> Head:
    head = record(value)
    return Head(member(head, "seq", natural), member(head, "hash", filled))


def _step(value: object) -> Step:
    if type(value) is not list or len(value) != 2:
        raise Malformed("two addresses", value)
    return address(value[0]), address(value[1])


def _lookup(value: object) -> Lookup:
    if type(value) is not list or [type(one) for one in value] != [str, str]:
        raise Malformed("a country code and a phone type", value)
    return Lookup(*value)
