"""The plan: immutable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Literal

from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.ledger import Entry, Step
from sdx_state.model.policy import Level
from sdx_state.model.resource import Source
from sdx_state.model.value import Value
from sdx_state.records import dataclass

Origin = Literal["config", "drift", "both"]
Via = Literal["api", "csv", "manual", "none"]
Attribution = Literal["branch", "pending", "drift", "both"]


class Action(Enum):
    """The action on a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NO_OP = "no-op"  # Imported, moved or unchanged: nothing to write.
    FORGET = "forget"  # Stops managing it: removed from the state, not from the tenant.


@dataclass(frozen=True)
class FieldChange:
    """One field that differs.

    Attributes:
        path: Name of the field; a language or a place inside it follows after a dot.
        before: The live value.
        after: The declared value.
        origin: The cause: configuration, tenant, or both.
        source: Place of the declared value.
    """

    path: FieldPath
    before: Value
    after: Value
    origin: Origin = "config"
    source: Source | None = None


@dataclass(frozen=True)
class Risk:
    """One risk of a change.

    Attributes:
        rule: Id of the rule.
        level: Level of the risk.
        message: The reason, with the evidence.
        source: Place of the declaration that causes it.
    """

    rule: str
    level: Level
    message: str
    source: Source | None = None


@dataclass(frozen=True)
class Change:
    """The change of one resource.

    Attributes:
        address: Its address.
        kind: Its kind's name.
        action: The action.
        id: The live id, unless it is to be created.
        importing: It is imported: an existing live resource that was not managed.
        previous: Its address before a `moved:`.
        fields: The differences, by field.
        before: The managed values, live.
        after: The managed values, as declared.
        source: Where it is declared.
        reason: The reason, if the fields do not show it.
        via: Route: API, CSV upload, by hand, or nothing to do.
        risks: Its risks.
        label: Name of the live resource for users.
        parent: Address of the survey of a question.
        depends_on: Addresses whose changes must come first.
        protected: It is protected in the configuration, or was at the last apply.
        attribution: Cause of the change, if requested: this branch, pending on the base, drift, or several.
    """

    address: Address
    kind: str
    action: Action
    id: str | None = None
    importing: bool = False
    previous: Address | None = None
    fields: tuple[FieldChange, ...] = ()
    before: Mapping[str, Value] = field(default_factory=dict)
    after: Mapping[str, Value] = field(default_factory=dict)
    source: Source | None = None
    reason: str | None = None
    via: Via = "none"
    risks: tuple[Risk, ...] = ()
    label: str = ""
    parent: Address | None = None
    depends_on: tuple[Address, ...] = ()
    protected: bool = False
    attribution: Attribution | None = None

    @property
    def writes(self) -> bool:
        """True if it changes the tenant."""
        return self.action in (Action.CREATE, Action.UPDATE, Action.DELETE)


@dataclass(frozen=True)
class Drift:
    """A resource that changed in the tenant after the last apply."""

    address: Address
    kind: str
    id: str
    fields: tuple[FieldChange, ...] = ()
    deleted: bool = False


@dataclass(frozen=True)
class Unmanaged:
    """A live resource that is not declared: listed, never changed."""

    kind: str
    id: str
    label: str


@dataclass(frozen=True)
class Stored:
    """The stored tenant of a plan.

    Attributes:
        tenant: Its origin and customer, empty if the file does not contain them.
        taken: Time of storage, ISO 8601 in UTC; empty if the file does not contain it.
        age: Age at the plan in seconds, None if unknown.
    """

    tenant: str = ""
    taken: str = ""
    age: int | None = None


@dataclass(frozen=True)
class Summary:
    """The counts of the summary line."""

    importing: int = 0
    add: int = 0
    change: int = 0
    destroy: int = 0
    handoff: int = 0
    unmanaged: int = 0
    forget: int = 0
    moved: int = 0


@dataclass(frozen=True)
class Effort:
    """The requests that `apply` sends for a plan: an estimate.

    Attributes:
        requests: Number of requests: those that read the tenant again, and those of the writes.
        seconds: Time that they take at the pace of the requests that the plan was made from.
    """

    requests: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """All changes, with findings about them.

    Attributes:
        tenant: Its tenant.
        lineage: Lineage of the state, empty without a state.
        changes: The changes, in the order of writes.
        unchanged: Number of managed resources without a change.
        drift: Changes in the tenant after the last apply.
        unmanaged: Live resources that are not declared.
        diagnostics: Errors and warnings.
        fingerprint: Hash of the changes: equal for plans with equal changes.
        targets: The globs of --target, empty without.
        excludes: The globs of --exclude.
        left_out: Number of pending changes outside the targets.
        consented: The exact number of deletes that was approved with the plan, if any.
        allowed: Globs of addresses that were approved with the plan, at any risk.
        stored: The stored tenant, if the plan was made from a file.
        effort: What `apply` will send; None if nothing was read from a tenant.
        ids: Address -> live id of every declared live resource. Not part of the document.
        entries: The entries of the state under the addresses of this plan; None if no address changed. Not part
            of the document.
        steps: Moves of this plan from addresses that are still declared. Not part of the document.
    """

    tenant: str
    lineage: str
    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    drift: tuple[Drift, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    fingerprint: str = ""
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    left_out: int = 0
    consented: int | None = None
    allowed: tuple[str, ...] = ()
    stored: Stored | None = None
    effort: Effort | None = field(default=None, compare=False, repr=False)
    ids: Mapping[Address, str] = field(default_factory=dict, compare=False, repr=False)
    entries: Mapping[Address, Entry] | None = field(default=None, compare=False, repr=False)
    steps: frozenset[Step] = field(default=frozenset(), compare=False, repr=False)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that prevent applying and that no consent covers."""
        return tuple(one for one in self.diagnostics if one.severity == "error" and not one.is_limit)

    @property
    def limits(self) -> tuple[Diagnostic, ...]:
        """The violations of safety limits."""
        return tuple(one for one in self.diagnostics if one.is_limit)

    @property
    def empty(self) -> bool:
        """True if there is nothing to do."""
        return not self.changes and not self.errors

    @property
    def summary(self) -> Summary:
        """The counts of the summary line."""
        by_api = [change for change in self.changes if change.via in ("api", "none")]
        return Summary(
            importing=sum(change.importing for change in self.changes),
            add=sum(change.action is Action.CREATE for change in by_api),
            change=sum(change.action is Action.UPDATE for change in by_api),
            destroy=sum(change.action is Action.DELETE for change in by_api),
            handoff=sum(change.writes and change.via in ("csv", "manual") for change in self.changes),
            unmanaged=len(self.unmanaged),
            forget=sum(change.action is Action.FORGET for change in self.changes),
            moved=sum(change.previous is not None for change in self.changes),
        )
