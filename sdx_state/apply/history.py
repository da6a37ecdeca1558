"""Records of runs: the plan, and the resources as they were before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime, timezone
from typing import Any

from sdx_state.decoding.typed import (
    Malformed,
    Record,
    filled,
    list_of,
    mapping_of,
    member,
    member_or,
    optional,
    record,
)
from sdx_state.kinds import children_of
from sdx_state.kinds.decode import address as address_of
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Plan
from sdx_state.model.resource import Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.codec import PlanUnreadable, from_document, to_document
from sdx_state.plan.order import order_of
from sdx_state.plan.undo import Past
from sdx_state.records import dataclass
from sdx_state.state.backend import Backend
from sdx_state.state.errors import RUN_ADVICE, RunUnknown, StateUnusable
from sdx_state.state.journal import Journal

LAST = "last"  # name of the newest run
DOCUMENT = "document"  # key of the line that begins a run: the hash of its record
UNPROVEN_ADVICE = (
    "An earlier version of sdx-state wrote it. Without a hash, SDX_STATE_KEY cannot verify it. To undo this run, "
    "revert the configuration and apply it."
)


@dataclass(frozen=True)
class PastRun:
    """One run, from the journal.

    Attributes:
        run: Name of the run.
        begun: Time of its start, in UTC.
        command: The command.
        who: User and host.
        counts: Number of changes by outcome.
        finished: It completed its plan.
        outcomes: Outcome of each change, as far as the journal has it.
        job: URL of the CI job, empty outside of one.
        commit: Git commit of the configuration, empty where that is not known.
    """

    run: str
    begun: datetime
    command: str
    who: str
    counts: Mapping[str, int] = field(default_factory=dict)
    finished: bool = True
    outcomes: Mapping[Address, str] = field(default_factory=dict)
    job: str = ""
    commit: str = ""


def run_document(command: str, plan: Plan, snapshot: Snapshot) -> dict[str, Any]:
    """Return the record of a run before it writes: its plan, and each live resource that it will change.

    For a parent whose children change, the record has the order and ids of all children.
    """
    live = {(one.kind, one.id): one for kind in snapshot.resources for one in snapshot.of(kind)}
    addresses = {(address.kind, id): address for address, id in plan.ids.items()}
    addresses.update(((change.kind, change.id), change.address) for change in plan.changes if change.id)
    before = {}
    parents: dict[Address, None] = {}
    for change in plan.changes:
        if not change.writes:
            continue
        if change.address.parent is not None:
            parents[change.address.parent] = None
        found = live.get((change.kind, change.id or ""))
        if found is not None:
            before[change.address] = {"id": found.id, "parent_id": found.parent_id, "raw": dict(found.raw)}
    ids = {address: id for (_, id), address in addresses.items()}
    orders = {}
    for parent in parents:
        inside = [
            one
            for child in children_of(parent.kind)
            for one in snapshot.of(child.name)
            if one.parent_id == ids.get(parent)
        ]
        inside.sort(key=lambda one: order_of(one.raw, ORDER_PATH))
        orders[parent] = [addresses[one.kind, one.id] for one in inside if (one.kind, one.id) in addresses]
    named = {*orders, *(address for order in orders.values() for address in order)}
    kept = {address: ids[address] for address in sorted(named) if address in ids}
    return {"command": command, "plan": to_document(plan), "before": before, "orders": orders, "ids": kept}


def run_named(journal: Journal, name: str) -> str:
    """Return the run for `name`: its full name or a prefix, or `last` for the newest one.

    Raises:
        RunUnknown: No run or several runs match.
        StateUnusable: The journal cannot be read.
    """
    runs = [line["run"] for _, line in journal.records() if line["event"] == "begin"]
    if name == LAST and runs:
        return str(runs[-1])
    meant = [name] if name in runs else [run for run in dict.fromkeys(runs) if name and run.startswith(name)]
    if len(meant) != 1:
        raise RunUnknown(name, meant)
    return str(meant[0])


def run_kept(store: Backend, journal: Journal, run: str) -> Record:
    """Return the record of `run`.

    Raises:
        RunUnknown: The journal contains no such run.
        StateUnusable: The record does not match the journal, or no longer exists.
    """
    begun = next((one for _, one in journal.records() if one["event"] == "begin" and one.get("run") == run), None)
    if begun is None:
        raise RunUnknown(run)
    hash = begun.get(DOCUMENT)
    if hash is None and store.key is not None:
        raise StateUnusable(f"{journal.name} has no hash for the record of run {run}", UNPROVEN_ADVICE)
    return store.load_run(run, hash)


def past_of(run: str, document: object, journal: Journal) -> Past:
    """Return the record of `run` that `run_document` made, with the created ids from `journal`.

    Raises:
        StateUnusable: The record is damaged.
    """
    try:
        kept = record(document)
        before = {
            address: Live(address.kind, id, raw, parent_id)
            for address, (id, raw, parent_id) in member(kept, "before", mapping_of(_before, address_of)).items()
        }
        orders = member(kept, "orders", mapping_of(list_of(address_of), address_of))
        nothing: dict[Address, str] = {}
        ids = member_or(kept, "ids", mapping_of(filled, address_of), nothing)
        return Past(run, from_document(kept.get("plan")), before, orders, ids, _created_by(run, journal))
    except (Malformed, PlanUnreadable) as error:
        raise StateUnusable(f"the record of run {run} cannot be read: {error}", RUN_ADVICE) from error


def _created_by(run: str, journal: Journal) -> dict[Address, str]:
    created: dict[Address, str] = {}
    for _, line in journal.records():
        if line["event"] == "created" and line["run"] == run:
            created[line["address"]] = line["id"]
        elif line["event"] == "unconfirmed" and line["run"] == run:
            created.pop(line["address"], None)
    return created


def _before(value: object) -> tuple[str, Record, str | None]:
    kept = record(value)
    return member(kept, "id", filled), member(kept, "raw", record), member(kept, "parent_id", optional(filled))


def past_runs(journal: Journal) -> Iterator[PastRun]:
    """Yield the runs that wrote to the tenant, the oldest first.

    Raises:
        StateUnusable: The journal cannot be read.
    """
    begun: dict[str, dict[str, Any]] = {}
    counts: dict[str, Mapping[str, int]] = {}
    so_far: dict[str, dict[Address, str]] = {}
    for _, line in journal.records():
        if line["event"] == "begin":
            begun[line["run"]] = line
        elif line["event"] == "outcome":
            so_far.setdefault(line["run"], {})[line["address"]] = line["status"]
        elif line["event"] == "end":
            counts[line["run"]] = line["counts"]
    for run, line in begun.items():
        when = datetime.fromtimestamp(line["at"], timezone.utc)
        ended = counts.get(run)
        outcomes = so_far.get(run, {})
        reached = Counter(outcomes.values()) if ended is None else ended
        more = line.get("job", ""), line.get("commit", "")
        yield PastRun(run, when, line["command"], line["who"], reached, ended is not None, outcomes, *more)
