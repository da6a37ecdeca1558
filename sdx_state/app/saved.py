"""A saved plan: written for review, and applied only if what would be done now is what was reviewed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from sdx_state.app.witness import agree, witnesses
from sdx_state.apply.approval import PlanStale
from sdx_state.apply.review import Review
from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import mapping_of, member, member_or, record, text
from sdx_state.model.plan import Action, Change, Plan
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.whereabouts import CHECK
from sdx_state.plan.build import Intention
from sdx_state.plan.codec import PlanUnreadable, digest_of, fingerprint_of, from_document, to_document
from sdx_state.records import dataclass, replace
from sdx_state.state.named_files import read_regular, write_output
from sdx_state.state.signing import VARIABLE, SigningKey

OTHER_TENANT = f"Nothing was written. {CHECK}."
DIGEST = "digest"  # of all of the document: of what was consented to and how risky it was, as well
SIGNATURE = "signature"  # of the digest


@dataclass(frozen=True)
class SavedPlan:
    """A plan as it was reviewed.

    Attributes:
        plan: The plan.
        configuration: Hash of what was declared when it was made, None where that does not matter.
        hash: Hash of the document, empty where there is none.
        witnesses: What tells the tenant that it was made for from others.
        proven: Its hash was expected, it is signed, or this machine saved it: consent in it counts.
    """

    plan: Plan
    configuration: str | None
    hash: str = ""
    witnesses: Mapping[str, str] = field(default_factory=dict)
    proven: bool = False


def configuration_hash(intention: Intention) -> str:
    """Return the hash of all that `intention` declares; where it is declared does not matter."""
    digest = hashlib.sha256()
    for address in sorted(intention.resources):
        one = intention.resources[address]
        values = [address, one.values, one.id, sorted(one.ignore), one.protect, one.position, one.upload]
        digest.update(json.dumps(values, ensure_ascii=True, sort_keys=True, default=str).encode() + b"\n")
    orders: list[list[object]] = [[move.before, move.after] for move in intention.moved]
    orders += [[order.address, order.destroy] for order in intention.removed]
    digest.update(json.dumps(orders).encode())
    return f"sha256:{digest.hexdigest()}"


def save_plan(plan: Plan, intention: Intention, snapshot: Snapshot, path: Path, key: SigningKey | None = None) -> str:
    """Write `plan` to `path`, a new file readable by its owner alone: it has texts of the tenant. Return its hash.

    Args:
        plan: What was planned.
        intention: What it was planned from.
        snapshot: What was live.
        path: The file.
        key: Signs it; None for no signature.

    Raises:
        OSError: It could not be written; an older file there is as it was.
    """
    document = {
        **to_document(plan),
        "configuration": configuration_hash(intention),
        "witnesses": witnesses(snapshot),
    }
    digest = digest_of(document)
    document[DIGEST] = digest
    if key is not None:
        document[SIGNATURE] = key.sign("plan", digest)
    written = json.dumps(document, ensure_ascii=True, indent=1, default=str)
    write_output(path, written.encode("ascii") + b"\n")
    return digest


def load_plan(path: Path, key: SigningKey | None = None, expected: str | None = None) -> SavedPlan:
    """Return the plan saved at `path`.

    Args:
        path: The file.
        key: It must be signed with this one; None for any or no signature.
        expected: Its hash must be this one; None for any.

    Raises:
        PlanUnreadable: There is none, it was altered, or another version of the format made it.
        PlanStale: It is another plan than the expected one.
    """
    try:
        document = record(parse(read_regular(path), OWN_DEPTH))
        configuration = member(document, "configuration", text)
        digest = member(document, DIGEST, text)
        known: dict[str, str] = member_or(document, "witnesses", mapping_of(text), {})
    except OSError as error:
        raise PlanUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except DecodingError as error:
        raise PlanUnreadable(f"{path} is not a saved plan: {error}") from error
    del document[DIGEST]
    signature = document.pop(SIGNATURE, None)
    hash = digest_of(document)
    if expected is not None and hash != expected:
        raise PlanStale(
            f"{path} is not the plan that was reviewed: its hash is {hash}, and --expect names {expected}"
        )
    try:
        plan = from_document(document)
    except PlanUnreadable as error:
        raise PlanUnreadable(f"{path} is not a plan that can be used: {error}") from error
    if digest != hash:
        raise PlanUnreadable(f"{path} was altered since it was saved")
    if key is not None and not key.made(signature, "plan", hash):
        raise PlanUnreadable(f"{path} is not signed with {VARIABLE}")
    return SavedPlan(plan, configuration, hash, known, proven=expected is not None or key is not None)


def consent_of(saved: SavedPlan, now: Plan) -> int | None:
    """Return how many deletes of `now`, the rest of what was reviewed, were agreed to when that was planned.

    A number that is not that of the deletes that were reviewed is consent to nothing: it is returned as it is where
    it names something else than `now` deletes, so that the limit says so, and otherwise left out. So is the consent
    of a plan that is not proven: any user who can write to the file could have added it.
    """
    if not saved.proven:
        return None
    consented = saved.plan.consented
    reviewed = sum(change.action is Action.DELETE for change in saved.plan.changes)
    deletes = sum(change.action is Action.DELETE for change in now.changes)
    if consented is None or consented == reviewed:
        return None if consented is None else deletes
    return consented if consented != deletes else None


def allowed_of(saved: SavedPlan) -> tuple[str, ...]:
    """Return the globs of addresses that were allowed when `saved` was planned; none if it is not proven."""
    return saved.plan.allowed if saved.proven else ()


def bound(saved: SavedPlan, now: Plan, intention: Intention, unproven: Snapshot | None = None) -> Plan:
    """Return the part of `now` that was reviewed: what is done already is left out, what is not about it too.

    Args:
        saved: What was reviewed.
        now: What would be done now.
        intention: What is declared now.
        unproven: What is live, where nothing else tells whether it is the same tenant.

    Raises:
        PlanStale: What would be done now is not what was reviewed; the message names what moved.
    """
    reviewed = saved.plan
    if reviewed.tenant != now.tenant:
        raise PlanStale(
            f"this plan was made for the tenant {reviewed.tenant}, and this run talks to {now.tenant}", OTHER_TENANT
        )
    if unproven is not None and not agree(saved.witnesses, unproven):
        message = "nothing shows that these credentials are of the tenant that this plan was made for"
        raise PlanStale(message, OTHER_TENANT)
    if reviewed.lineage and now.lineage and reviewed.lineage != now.lineage:
        raise PlanStale("this plan was made with another state than the one here")
    if saved.configuration is not None and saved.configuration != configuration_hash(intention):
        raise PlanStale("the configuration is not the one that this plan was made from")
    current = {change.address: change for change in now.changes}
    lines = []
    for change in reviewed.changes:
        line = _difference(change, current.get(change.address), now)
        if line is not None:
            lines.append(f"  {change.address}: {line}")
    if lines:
        raise PlanStale("what would be done now is not what was reviewed:\n" + "\n".join(lines))
    about = {change.address for change in reviewed.changes}
    changes = tuple(change for change in now.changes if change.address in about)
    diagnostics = tuple(
        one for one in now.diagnostics if one.address is None or one.address in about or one in intention.diagnostics
    )
    return replace(now, changes=changes, diagnostics=diagnostics, fingerprint=fingerprint_of(changes))


def rest_of(saved: SavedPlan, review: Review, *, proven: bool, risen: bool = True) -> Review:
    """Return `review` narrowed to what is left to do of a plan that was reviewed before.

    Args:
        saved: What was reviewed.
        review: What would be done now.
        proven: The credentials, or the project, name the tenant; otherwise what is live must tell.
        risen: A change that is riskier now than it was reviewed needs further consent.

    Raises:
        PlanStale: As in `bound`.
    """
    plan = bound(saved, review.plan, review.intention, None if proven else review.snapshot)
    return replace(review, plan=plan, reviewed=saved.plan if risen else None)


def _difference(reviewed: Change, now: Change | None, plan: Plan) -> str | None:
    """Return how a change moved since it was reviewed; None where it is the same, or reached already."""
    if now is None:
        gone = reviewed.action in (Action.DELETE, Action.FORGET)
        reached = gone or reviewed.address in plan.ids
        return None if reached else "was in the plan, and is not declared any more"
    if now.action is Action.NO_OP and reviewed.action in (Action.CREATE, Action.UPDATE):
        return None
    if now.action is Action.FORGET and reviewed.action is Action.DELETE and now.id == reviewed.id:
        return None  # another user deleted it
    if reviewed.action is not now.action or reviewed.id != now.id:
        return f"was {_words(reviewed)}, would now be {_words(now)}"
    before = {field.path: (field.before, field.after) for field in reviewed.fields}
    after = {field.path: (field.before, field.after) for field in now.fields}
    moved = sorted(path for path, values in after.items() if before.get(path) != values)
    if moved:
        return f"{', '.join(moved)} differ from what was reviewed"
    return "goes another way than was reviewed" if reviewed.via != now.via else None


def _words(change: Change) -> str:
    return f"{change.action.value} (id {change.id})" if change.id else change.action.value
