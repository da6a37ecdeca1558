"""The plan as a JSON document, and back.

Field names are Terraform's where it has them, so that tools written for those can read this document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from sdx_state.decoding.typed import (
    Decode,
    Malformed,
    Record,
    anything,
    filled,
    flag,
    list_of,
    member,
    member_or,
    natural,
    one_of,
    optional,
    record,
    text,
)
from sdx_state.kinds import KINDS
from sdx_state.kinds.decode import address, kind_name, source
from sdx_state.model.field_path import ORDER_PATH, FieldPath
from sdx_state.model.plan import (
    Action,
    Attribution,
    Change,
    Drift,
    FieldChange,
    Origin,
    Plan,
    Risk,
    Stored,
    Unmanaged,
    Via,
)
from sdx_state.model.policy import Level
from sdx_state.model.value import Value
from sdx_state.plan.diagnostics import diagnostic, diagnostic_document, source_document
from sdx_state.state.signing import HASH, hash_of

FORMAT_MAJOR, FORMAT_MINOR = 1, 3


class PlanUnreadable(Exception):
    """A document is not a plan that this version can read."""


def fingerprint_of(changes: Sequence[Change]) -> str:
    """Return the hash of all that `changes` would do; where it is declared, and in which order, does not matter."""
    lines = [
        [
            change.address,
            change.action.value,
            change.id,
            change.importing,
            change.previous,
            change.via,
            [[field.path, field.before, field.after] for field in sorted(change.fields, key=lambda one: one.path)],
        ]
        for change in sorted(changes, key=lambda one: (one.address, one.action.value))
    ]
    return digest_of(lines)


def digest_of(value: object) -> str:
    """Return the hash of `value` as JSON; the order of keys does not matter."""
    return HASH + hash_of(value)


def to_document(plan: Plan) -> dict[str, Any]:
    """Return `plan` as the document that `--format json` prints and `--out` saves."""
    summary = plan.summary
    return {
        "format_version": f"{FORMAT_MAJOR}.{FORMAT_MINOR}",
        "tenant": plan.tenant,
        "lineage": plan.lineage,
        "snapshot": (
            {"tenant": plan.stored.tenant, "taken": plan.stored.taken or None, "age_seconds": plan.stored.age}
            if plan.stored is not None
            else None
        ),
        "resource_changes": [_change_document(change) for change in plan.changes],
        "resource_drift": [
            {
                "address": drift.address,
                "type": drift.kind,
                "id": drift.id,
                "deleted": drift.deleted,
                "fields": [_field_document(field) for field in drift.fields],
            }
            for drift in plan.drift
        ],
        "unmanaged": [{"type": one.kind, "id": one.id, "label": one.label} for one in plan.unmanaged],
        "diagnostics": [diagnostic_document(one) for one in plan.diagnostics],
        "summary": {
            "import": summary.importing,
            "add": summary.add,
            "change": summary.change,
            "destroy": summary.destroy,
            "handoff": summary.handoff,
            "unmanaged": summary.unmanaged,
            "forget": summary.forget,
            "moved": summary.moved,
            "unchanged": plan.unchanged,
        },
        "applyable": not plan.errors and not plan.limits and bool(plan.changes),
        "errored": bool(plan.errors),
        "targets": list(plan.targets),
        "excludes": list(plan.excludes),
        "left_out": plan.left_out,
        "allowed_deletes": plan.consented,
        "allowed": list(plan.allowed),
        "fingerprint": plan.fingerprint,
    }


def from_document(document: object) -> Plan:
    """Return the plan in `document`.

    Raises:
        PlanUnreadable: It is not a plan, of another major version, or not what its fingerprint says.
    """
    try:
        plan = _plan(record(document))
    except Malformed as error:
        raise PlanUnreadable(str(error)) from error
    if fingerprint_of(plan.changes) != plan.fingerprint:
        raise PlanUnreadable("its content does not match its fingerprint: it was altered after it was made")
    return plan


def _plan(document: Record) -> Plan:
    version = member(document, "format_version", text)
    if version.partition(".")[0] != str(FORMAT_MAJOR):
        raise PlanUnreadable(f"format_version is {version[:20]}; this version reads {FORMAT_MAJOR}.x")
    return Plan(
        tenant=member(document, "tenant", text),
        lineage=member(document, "lineage", text),
        changes=member(document, "resource_changes", list_of(_change)),
        unchanged=member(member(document, "summary", record), "unchanged", natural),
        drift=member(document, "resource_drift", list_of(_drift)),
        unmanaged=member(document, "unmanaged", list_of(_unmanaged)),
        diagnostics=member(document, "diagnostics", list_of(diagnostic)),
        fingerprint=member(document, "fingerprint", text),
        targets=member(document, "targets", list_of(text)),
        excludes=member(document, "excludes", list_of(text)),
        left_out=member_or(document, "left_out", natural, 0),
        consented=member_or(document, "allowed_deletes", optional(natural), None),
        stored=member_or(document, "snapshot", optional(_stored), None),
        allowed=member_or(document, "allowed", list_of(text), ()),
    )


def _stored(value: object) -> Stored:
    document = record(value)
    return Stored(
        member(document, "tenant", text),
        member(document, "taken", optional(text)) or "",
        member(document, "age_seconds", optional(natural)),
    )


def _change_document(change: Change) -> dict[str, Any]:
    return {
        "address": change.address,
        "type": change.kind,
        "name": change.address.name,
        "id": change.id,
        "previous_address": change.previous,
        "change": {
            "actions": [change.action.value],
            "before": dict(change.before) if change.before or change.action is not Action.CREATE else None,
            "after": dict(change.after) if change.action is not Action.DELETE else None,
            "importing": {"id": change.id} if change.importing else None,
        },
        "action_reason": change.reason,
        "via": change.via,
        "fields": [_field_document(field) for field in change.fields],
        "source": source_document(change.source),
        "risks": [_risk_document(risk) for risk in change.risks],
        "label": change.label,
        "parent": change.parent,
        "depends_on": list(change.depends_on),
        "protected": change.protected,
        "attribution": change.attribution,
    }


_action = one_of(tuple(action.value for action in Action))
_via: Decode[Via] = one_of(get_args(Via))
_level: Decode[Level] = one_of(get_args(Level))
_origin: Decode[Origin] = one_of(get_args(Origin))
_attribution: Decode[Attribution] = one_of(get_args(Attribution))


def _values(value: object) -> Mapping[str, Value]:
    return record(value) if value is not None else {}


def _change(value: object) -> Change:
    document = record(value)
    kind = member(document, "type", kind_name)
    inner = member(document, "change", record)
    actions = member(inner, "actions", list_of(_action))
    if len(actions) != 1:
        raise Malformed("an array of one action", inner["actions"]).inside("actions").inside("change")
    return Change(
        address=member(document, "address", address),
        kind=kind,
        action=Action(actions[0]),
        id=member(document, "id", optional(filled)),
        importing=member(inner, "importing", optional(record)) is not None,
        previous=member(document, "previous_address", optional(address)),
        fields=member(document, "fields", list_of(_field_of(kind))),
        before=member(inner, "before", _values),
        after=member(inner, "after", _values),
        source=member(document, "source", optional(source)),
        reason=member(document, "action_reason", optional(text)),
        via=member(document, "via", _via),
        risks=member(document, "risks", list_of(_risk)),
        label=member(document, "label", text),
        parent=member(document, "parent", optional(address)),
        depends_on=member(document, "depends_on", list_of(address)),
        protected=member(document, "protected", flag),
        attribution=member(document, "attribution", optional(_attribution)),
    )


def _drift(value: object) -> Drift:
    document = record(value)
    kind = member(document, "type", kind_name)
    return Drift(
        address=member(document, "address", address),
        kind=kind,
        id=member(document, "id", filled),
        fields=member(document, "fields", list_of(_field_of(kind))),
        deleted=member(document, "deleted", flag),
    )


def _unmanaged(value: object) -> Unmanaged:
    document = record(value)
    return Unmanaged(
        member(document, "type", kind_name), member(document, "id", filled), member(document, "label", text)
    )


def _risk(value: object) -> Risk:
    document = record(value)
    return Risk(
        rule=member(document, "rule", text),
        level=member(document, "level", _level),
        message=member(document, "message", text),
        source=member_or(document, "source", optional(source), None),
    )


def _risk_document(risk: Risk) -> dict[str, Any]:
    source = source_document(risk.source)
    return {"rule": risk.rule, "level": risk.level, "message": risk.message, "source": source}


def _field_document(field: FieldChange) -> dict[str, Any]:
    return {
        "path": field.path,
        "before": field.before,
        "after": field.after,
        "origin": field.origin,
        "source": source_document(field.source),
    }


def _field_of(kind: str) -> Decode[FieldChange]:
    """Return the decoder of a change of a field of `kind`."""
    known = {*KINDS[kind].by_name, ORDER_PATH}

    def path(value: object) -> FieldPath:
        found = FieldPath(text(value))
        if found.field not in known:
            raise Malformed(f"a path of a field of a {kind}", value)
        return found

    def field(value: object) -> FieldChange:
        document = record(value)
        return FieldChange(
            path=member(document, "path", path),
            before=member(document, "before", anything),
            after=member(document, "after", anything),
            origin=member(document, "origin", _origin),
            source=member(document, "source", optional(source)),
        )

    return field
