"""A tenant in a file: stored once by a user with credentials, planned against by everyone else.

What is known of users becomes pseudonyms, the same ones each time, unless asked otherwise. What is declared is given
the same pseudonyms before it is compared, so the plan is a real one. What the state remembers is stored beside it,
so that the plan knows what is managed, what is protected, and what drifted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, get_args

from sdx_state.app.pseudonyms import Pseudonyms
from sdx_state.app.stored_evidence import StoredEvidence, stored_evidence
from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import (
    Decode,
    Malformed,
    Record,
    filled,
    hexadecimal,
    list_of,
    member,
    member_or,
    natural,
    natural_in_text,
    one_of,
    optional,
    record,
)
from sdx_state.kinds import KINDS, USER, Kind, veils_of
from sdx_state.kinds.identity import identity
from sdx_state.model.address import Address
from sdx_state.model.advised import AdvisedError
from sdx_state.model.ledger import Entry, Head, Ledger
from sdx_state.model.resource import Desired, Live, Shape
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.build import Intention
from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass, replace
from sdx_state.state.codec import from_document, to_document
from sdx_state.state.named_files import read_regular, write_output

FORMAT = 2


class SnapshotUnreadable(AdvisedError):
    """There is no stored tenant where one was to be read."""

    def __init__(self, message: str, advice: str = "Make a new one: sdx-state pull --snapshot FILE") -> None:
        super().__init__(message, advice)


@dataclass(frozen=True)
class StoredTenant:
    """A tenant as it was stored.

    Attributes:
        rows: By collection, what the API answered.
        shape: The wire shape of the answers.
        salt: What the pseudonyms were made with; empty if there are none.
        ledger: What the state remembered; None if there was none.
        evidence: Which tenant it is, as of when, and what was counted in it.
    """

    rows: Mapping[str, list[dict[str, Any]]]
    shape: Shape
    salt: str
    ledger: Ledger | None = None
    evidence: StoredEvidence = field(default_factory=StoredEvidence)

    @property
    def pseudonyms(self) -> Pseudonyms:
        """The pseudonyms that this was stored with."""
        return Pseudonyms(self.salt, self.rows[USER.collection])


def store_tenant(
    snapshot: Snapshot, ledger: Ledger, path: Path, *, personal: bool, evidence: StoredEvidence, machine: Machine
) -> int:
    """Write `snapshot` to `path` (0600) and return how many resources it has.

    Where a tenant is stored at `path` already, its users keep their pseudonyms.

    Args:
        snapshot: The whole tenant.
        ledger: What the state remembers.
        path: The file.
        personal: Keep what is known of users as it is.
        evidence: Which tenant it is, as of when, and what was counted in it.
        machine: Chance.

    Raises:
        OSError: It could not be written.
    """
    salt = "" if personal else _salt_at(path, machine)
    document, count = tenant_document(snapshot, ledger, salt=salt, evidence=evidence)
    write_output(path, document)
    return count


def tenant_document(snapshot: Snapshot, ledger: Ledger, *, salt: str, evidence: StoredEvidence) -> tuple[bytes, int]:
    """Return the stored form of `snapshot`, and how many resources it has.

    Args:
        snapshot: The whole tenant.
        ledger: What the state remembers.
        salt: Makes the pseudonyms of users; empty to keep what is known of them as it is.
        evidence: Which tenant it is, as of when, and what was counted in it.
    """
    by_name = Pseudonyms(salt, ())
    users = [by_name.resource(USER.name, one.raw) for one in snapshot.of(USER.name)]
    pseudonyms = Pseudonyms(salt, users)
    rows: dict[str, list[dict[str, Any]]] = {
        kind.collection: users
        if kind is USER
        else [pseudonyms.resource(kind.name, _with_parent(kind, one)) for one in snapshot.of(kind.name)]
        for kind in _stored()
    }
    document: dict[str, Any] = {"format": FORMAT, "shape": snapshot.shape or "flat", "salt": salt}
    document.update(evidence.document())
    document.update(rows)
    if ledger.serial:
        known = replace(_veiled_ledger(ledger, snapshot, pseudonyms), serial=1, tenant="", journal="", head=Head())
        document["state"] = to_document(known)
    data = json.dumps(document, ensure_ascii=True, indent=1).encode() + b"\n"
    return data, sum(len(listed) for listed in rows.values())


def load_tenant(path: Path) -> StoredTenant:
    """Return the tenant stored at `path`.

    Raises:
        SnapshotUnreadable: It is not one, or of another format.
    """
    try:
        data = read_regular(path)
    except OSError as error:
        raise SnapshotUnreadable(f"{path} cannot be read: {error.strerror}") from error
    return tenant_in(data, str(path))


def tenant_in(data: bytes, where: str) -> StoredTenant:
    """Return the tenant whose stored form is `data`; `where` it is, for messages.

    Raises:
        SnapshotUnreadable: It is none, or of another format.
    """
    try:
        document = record(parse(data, OWN_DEPTH))
        found = member(document, "format", natural)
        if found != FORMAT:
            raise SnapshotUnreadable(f"{where} has format {found}; this version reads {FORMAT}")
        return StoredTenant(
            rows={kind.collection: list(member(document, kind.collection, _rows_of(kind))) for kind in _stored()},
            shape=member(document, "shape", _shape),
            salt=member(document, "salt", hexadecimal),
            ledger=member_or(document, "state", optional(from_document), None),
            evidence=stored_evidence(document),
        )
    except DecodingError as error:
        raise SnapshotUnreadable(f"{where} is not a stored tenant: {error}") from error


_shape: Decode[Shape] = one_of(get_args(Shape))


def _stored() -> list[Kind]:
    return [kind for kind in KINDS.values() if not kind.lookup_only]


def _with_parent(kind: Kind, one: Live) -> Mapping[str, object]:
    return one.raw if kind.parent_field is None else {**one.raw, kind.parent_field: one.parent_id}


def _rows_of(kind: Kind) -> Decode[tuple[Record, ...]]:
    """Return the decoder of the rows of a kind: each with an identity that no other row has."""
    numbers = [name for name in (kind.parent_field, kind.order_field) if name is not None]

    def decode(value: object) -> tuple[Record, ...]:
        rows = list_of(record)(value)
        known = set()
        for index, row in enumerate(rows):
            try:
                for name in numbers:
                    if row.get(name) not in (None, ""):
                        member(row, name, natural_in_text)
                identity = kind.identity_of(
                    str(member(row, kind.identity, filled if kind.named_by_email else natural_in_text))
                )
                if identity in known:
                    raise Malformed("different from those before it", row[kind.identity]).inside(kind.identity)
            except Malformed as error:
                raise error.inside(index) from None
            known.add(identity)
        return rows

    return decode


def veiled(intention: Intention, pseudonyms: Pseudonyms) -> Intention:
    """Return `intention` with pseudonyms in place of what `pseudonyms` are of."""
    if not pseudonyms.salt:
        return intention
    resources = {address: _veiled_desired(one, pseudonyms) for address, one in intention.resources.items()}
    return replace(intention, resources=resources)


def remembered(ledger: Ledger, intentions: Iterable[Intention], pseudonyms: Pseudonyms) -> Ledger:
    """Return the stored `ledger` with the addresses that `intentions` name users by."""
    named: dict[Address, Address] = {}
    for intention in intentions:
        moved = [address for move in intention.moved for address in (move.before, move.after)]
        for address in (*intention.resources, *moved, *(order.address for order in intention.removed)):
            if _tells_of_somebody(address):
                named[_veiled_address(address, pseudonyms)] = address
    return replace(ledger, entries={named.get(address, address): one for address, one in ledger.entries.items()})


def _salt_at(path: Path, machine: Machine) -> str:
    try:
        salt = load_tenant(path).salt
    except SnapshotUnreadable:
        salt = ""
    return salt or machine.token(16)


def _veiled_desired(desired: Desired, pseudonyms: Pseudonyms) -> Desired:
    if KINDS[desired.kind].lookup_only:
        return desired  # a number of the company's own, which is looked up
    return replace(desired, values=pseudonyms.values(desired.kind, desired.values))


def _veiled_ledger(ledger: Ledger, snapshot: Snapshot, pseudonyms: Pseudonyms) -> Ledger:
    live = {
        identity(one.kind, one.id): one.raw
        for kind in KINDS
        if not KINDS[kind].lookup_only and veils_of(kind)
        for one in snapshot.of(kind)
    }
    entries = {}
    for address, entry in ledger.entries.items():
        kind, raw = KINDS[address.kind], live.get(identity(address.kind, entry.id), {})
        applied = _veiled_hashes(kind, entry, raw, ledger, pseudonyms)
        veil = veils_of(kind.name).get(kind.identity, "")
        id = pseudonyms.of(veil, entry.id) if veil else pseudonyms.elsewhere(entry.id)
        entries[_veiled_address(address, pseudonyms)] = replace(entry, id=id, applied=applied)
    return replace(ledger, entries=entries)


def _veiled_hashes(
    kind: Kind, entry: Entry, live: Mapping[str, object], ledger: Ledger, pseudonyms: Pseudonyms
) -> dict[str, str]:
    """Return the hashes of what was applied: of pseudonyms if the value is still live, none if it is unknown."""
    hashes, veils = {}, veils_of(kind.name)
    for path, known in entry.applied.items():
        if not pseudonyms.salt or path not in veils:
            hashes[path] = known
            continue
        normalise = kind.by_name[path].normalise
        if known == ledger.hash(normalise(live.get(path))):
            hashes[path] = ledger.hash(normalise(pseudonyms.of(veils[path], live.get(path))))
    return hashes


def _veiled_address(address: Address, pseudonyms: Pseudonyms) -> Address:
    if not _tells_of_somebody(address):
        return address
    veil = veils_of(address.kind)[KINDS[address.kind].identity]
    return Address(address.kind, pseudonyms.of(veil, address.key))


def _tells_of_somebody(address: Address) -> bool:
    """Tell whether the key of `address` is an identity that tells of a person."""
    kind = KINDS[address.kind]
    return kind.keyed_by_identity and kind.identity in veils_of(kind.name)
