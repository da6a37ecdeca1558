"""A tenant in a file: stored once by whoever has credentials, planned against by everyone else.

Users' names, telephone numbers and e-mail addresses become pseudonyms, the same ones each time, unless asked
otherwise. What is declared is given the same pseudonyms before it is compared, so the plan is a real one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sdx_state.kinds import QUESTION, SURVEY, USER
from sdx_state.kinds.field import Value
from sdx_state.kinds.resource import Desired
from sdx_state.kinds.snapshot import Snapshot
from sdx_state.kinds.user import PERSONAL
from sdx_state.plan.build import Intention
from sdx_state.state.files import write_atomically

FORMAT = 1


class SnapshotUnreadable(Exception):
    """A file is not a stored tenant."""


@dataclass(frozen=True)
class StoredTenant:
    """A tenant as it was stored.

    Attributes:
        rows: By collection, what the API answered.
        shape: The wire shape of the answers.
        salt: What the pseudonyms were made with; empty if there are none.
    """

    rows: Mapping[str, list[dict[str, Any]]]
    shape: Literal["flat", "nested"]
    salt: str


def store_tenant(snapshot: Snapshot, path: Path, *, personal: bool) -> int:
    """Write `snapshot` to `path` (0600) and return how many resources it holds.

    Args:
        snapshot: The whole tenant.
        path: The file.
        personal: Keep users' names, telephone numbers and e-mail addresses as they are.

    Raises:
        OSError: It could not be written.
    """
    salt = "" if personal else secrets.token_hex(16)
    rows: dict[str, list[dict[str, Any]]] = {
        SURVEY.collection: [dict(one.raw) for one in snapshot.of(SURVEY.name)],
        QUESTION.collection: [{**one.raw, "survey_id": one.parent_id} for one in snapshot.of(QUESTION.name)],
        USER.collection: [_veiled(dict(one.raw), salt) for one in snapshot.of(USER.name)],
    }
    document = {"format": FORMAT, "shape": snapshot.shape or "flat", "salt": salt, **rows}
    write_atomically(path, json.dumps(document, ensure_ascii=True, indent=1).encode() + b"\n")
    return sum(len(listed) for listed in rows.values())


def load_tenant(path: Path) -> StoredTenant:
    """Return the tenant stored at `path`.

    Raises:
        SnapshotUnreadable: It is not one, or of a newer format.
    """
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise SnapshotUnreadable(f"{path} has format {document['format']}; this version reads {FORMAT}")
        rows = {
            kind.collection: [dict(row) for row in document[kind.collection]] for kind in (SURVEY, QUESTION, USER)
        }
        shape: Literal["flat", "nested"] = "nested" if document["shape"] == "nested" else "flat"
        return StoredTenant(rows, shape, str(document["salt"]))
    except OSError as error:
        raise SnapshotUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SnapshotUnreadable(f"{path} is not a stored tenant") from error


def veiled(intention: Intention, salt: str) -> Intention:
    """Return `intention` with the pseudonyms of `salt` in place of users' personal data."""
    if not salt:
        return intention
    resources = {address: _veiled_desired(one, salt) for address, one in intention.resources.items()}
    return replace(intention, resources=resources)


def _veiled_desired(desired: Desired, salt: str) -> Desired:
    if desired.kind != USER.name:
        return desired
    values: dict[str, Value] = dict(_veiled(dict(desired.values), salt))
    return replace(desired, values=values)


def _veiled(row: dict[str, Any], salt: str) -> dict[str, Any]:
    return {
        name: _pseudonym(name, value, salt) if name in PERSONAL and salt else value for name, value in row.items()
    }


def _pseudonym(name: str, value: object, salt: str) -> object:
    normalised = USER.by_name[name].normalise(value)
    if not isinstance(normalised, str):
        return value
    digest = hmac.new(bytes.fromhex(salt), f"{name}\0{normalised}".encode(), hashlib.sha256).hexdigest()
    if name == "email":
        return f"user-{digest[:16]}@pseudonym.invalid"
    return f"User {digest[:12]}" if name == "name" else f"+999{int(digest[:12], 16) % 10**10:010d}"
