"""The plan: plain data, made once, never changed after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.ledger import Entry, Step
from sdx_state.model.policy import Level
from sdx_state.model.resource import Source
from sdx_state.model.value import Value

Origin = Literal["config", "drift", "both"]
Via = Literal["api", "csv", "manual", "none"]
Attribution = Literal["branch", "pending", "drift", "both"]


class Action(Enum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NO_OP = "no-op"  # adopted or moved, nothing to write
    FORGET = "forget"  # leaves the state, stays in the tenant


@dataclass(frozen=True)
class FieldChange:
    """One field that differs.

    Attributes:
        path: The field's name; a language or a place inside it follows after a dot.
        before: The live value.
        after: The declared value.
        origin: Whether the configuration changed, the tenant, or both.
        source: Where the declared value stands.
    """

    path: FieldPath
    before: Value
    after: Value
    origin: Origin = "config"
    source: Source | None = None


@dataclass(frozen=True)
class Risk:
    """One reason to look twice.

    Attributes:
        rule: The rule that says so.
        level: How bad it can be.
        message: Why, with the evidence.
        source: Where that is declared which brings it about.
    """

    rule: str
    level: Level
    message: str
    source: Source | None = None


@dataclass(frozen=True)
class Change:
    """What happens to one resource.

    Attributes:
        address: Its address.
        kind: Its kind's name.
        action: What happens.
        id: The live id, unless it is to be created.
        importing: It is adopted: found live, not known before.
        previous: The address it had before a `moved:`.
        fields: What differs, field by field.
        before: The managed values as they are live.
        after: The managed values as declared.
        source: Where it is declared.
        reason: Why, where the fields do not say it.
        via: How it goes: through the API, by CSV upload, by hand, or nothing to do.
        risks: Reasons to look twice.
        label: What a person calls the live resource.
        parent: Address of the survey of a question.
        depends_on: Addresses that must be done before this one.
        protected: It is declared, or was when last applied, as never to be deleted.
        attribution: Whose change it is, if that was asked: this branch's, pending on the base, drift, or several.
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
        """Whether the tenant changes."""
        return self.action in (Action.CREATE, Action.UPDATE, Action.DELETE)


@dataclass(frozen=True)
class Drift:
    """A resource that the tenant changed since it was last applied."""

    address: Address
    kind: str
    id: str
    fields: tuple[FieldChange, ...] = ()
    deleted: bool = False


@dataclass(frozen=True)
class Unmanaged:
    """A live resource that nobody declared: listed, never touched."""

    kind: str
    id: str
    label: str


@dataclass(frozen=True)
class Stored:
    """The stored tenant that a plan was made against.

    Attributes:
        tenant: Its origin and customer, empty where the file does not say it.
        taken: When it was stored, as ISO 8601 in UTC; empty where the file does not say it.
        age: Seconds from then to the plan, None where that is not known.
    """

    tenant: str = ""
    taken: str = ""
    age: int | None = None


@dataclass(frozen=True)
class Summary:
    """The counts of the last line."""

    importing: int = 0
    add: int = 0
    change: int = 0
    destroy: int = 0
    handoff: int = 0
    unmanaged: int = 0
    forget: int = 0
    moved: int = 0


@dataclass(frozen=True)
class Plan:
    """Everything that would happen, and what there is to say about it.

    Attributes:
        tenant: The tenant it was made against.
        lineage: The state's lineage, empty before there is a state.
        changes: In the order of writes; what does not change is left out.
        unchanged: How many managed resources already match.
        drift: What the tenant changed since it was last applied.
        unmanaged: What is live and not declared.
        diagnostics: Errors and warnings.
        fingerprint: Hash of all that would be done: two plans that do the same have the same one.
        targets: The globs it was narrowed to, none if it is whole.
        excludes: The globs it was narrowed by.
        left_out: How many changes are pending that it was narrowed by.
        consented: The exact number of deletes that was agreed to when it was made, if any.
        allowed: Globs of the addresses that were allowed when it was made, whatever their risk.
        stored: What it was made against, where that is a file and not a live tenant.
        ids: Address -> live id of all that is declared and live. Not part of the document: it is found anew.
        entries: What the state knows, under the addresses of this plan; None where no address changed. Not part of
            the document.
        steps: Declared moves from addresses that are declared still, which are made with it. Not part of it either.
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
    ids: Mapping[Address, str] = field(default_factory=dict, compare=False, repr=False)
    entries: Mapping[Address, Entry] | None = field(default=None, compare=False, repr=False)
    steps: frozenset[Step] = field(default=frozenset(), compare=False, repr=False)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that forbid applying, whatever anybody consents to."""
        return tuple(one for one in self.diagnostics if one.severity == "error" and not one.is_limit)

    @property
    def limits(self) -> tuple[Diagnostic, ...]:
        """The safety limits that `apply` would stop at."""
        return tuple(one for one in self.diagnostics if one.is_limit)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes and not self.errors

    @property
    def summary(self) -> Summary:
        """The counts of the last line."""
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
