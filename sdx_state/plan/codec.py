"""The plan as a JSON document, and back.

Field names are Terraform's where it has them, so that tools written for those read ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sdx_state.kinds.address import name_of
from sdx_state.kinds.resource import Source
from sdx_state.plan.model import Action, Change, Drift, FieldChange, Finding, Plan, Risk, Unmanaged

FORMAT_MAJOR, FORMAT_MINOR = 1, 1


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
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def to_document(plan: Plan) -> dict[str, Any]:
    """Return `plan` as the document that `--format json` prints and `--out` saves."""
    summary = plan.summary
    return {
        "format_version": f"{FORMAT_MAJOR}.{FORMAT_MINOR}",
        "tenant": plan.tenant,
        "lineage": plan.lineage,
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
        "findings": [
            {
                "severity": finding.severity,
                "message": finding.message,
                "address": finding.address,
                "source": _source_document(finding.source),
                "hint": finding.hint,
                "decide": finding.decide,
                "limit": finding.limit,
            }
            for finding in plan.findings
        ],
        "summary": {
            "import": summary.importing,
            "add": summary.add,
            "change": summary.change,
            "destroy": summary.destroy,
            "handoff": summary.handoff,
            "unmanaged": summary.unmanaged,
            "forget": summary.forget,
            "unchanged": plan.unchanged,
        },
        "applyable": not plan.errors and not plan.limits and bool(plan.changes),
        "errored": bool(plan.errors),
        "targets": list(plan.targets),
        "excludes": list(plan.excludes),
        "allowed_deletes": plan.consented,
        "fingerprint": plan.fingerprint,
    }


def from_document(document: Mapping[str, Any]) -> Plan:
    """Return the plan in `document`.

    Raises:
        PlanUnreadable: It is not a plan, of another major version, or not what its fingerprint says.
    """
    version = str(document.get("format_version", ""))
    if version.partition(".")[0] != str(FORMAT_MAJOR):
        raise PlanUnreadable(f"format_version is {version or 'missing'}; this version reads {FORMAT_MAJOR}.x")
    try:
        plan = Plan(
            tenant=document["tenant"],
            lineage=document["lineage"],
            changes=tuple(_change(one) for one in document["resource_changes"]),
            unchanged=document["summary"]["unchanged"],
            drift=tuple(
                Drift(
                    one["address"],
                    one["type"],
                    one["id"],
                    tuple(_field(field) for field in one["fields"]),
                    one["deleted"],
                )
                for one in document["resource_drift"]
            ),
            unmanaged=tuple(Unmanaged(one["type"], one["id"], one["label"]) for one in document["unmanaged"]),
            findings=tuple(
                Finding(
                    one["severity"],
                    one["message"],
                    one["address"],
                    _source(one["source"]),
                    one["hint"],
                    one["decide"],
                    one.get("limit"),
                )
                for one in document["findings"]
            ),
            fingerprint=document["fingerprint"],
            targets=tuple(document["targets"]),
            excludes=tuple(document["excludes"]),
            consented=document.get("allowed_deletes"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PlanUnreadable(f"it lacks or mangles {error}") from error
    if fingerprint_of(plan.changes) != plan.fingerprint:
        raise PlanUnreadable("its content does not match its fingerprint: it was altered after it was made")
    return plan


def _change_document(change: Change) -> dict[str, Any]:
    return {
        "address": change.address,
        "type": change.kind,
        "name": name_of(change.address),
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
        "source": _source_document(change.source),
        "risks": [_risk_document(risk) for risk in change.risks],
        "label": change.label,
        "parent": change.parent,
        "depends_on": list(change.depends_on),
        "protected": change.protected,
        "attribution": change.attribution,
    }


def _change(document: Mapping[str, Any]) -> Change:
    inner = document["change"]
    (action,) = inner["actions"]
    return Change(
        address=document["address"],
        kind=document["type"],
        action=Action(action),
        id=document["id"],
        importing=inner["importing"] is not None,
        previous=document["previous_address"],
        fields=tuple(_field(field) for field in document["fields"]),
        before=inner["before"] or {},
        after=inner["after"] or {},
        source=_source(document["source"]),
        reason=document["action_reason"],
        via=document["via"],
        risks=tuple(
            Risk(one["rule"], one["level"], one["message"], _source(one.get("source"))) for one in document["risks"]
        ),
        label=document["label"],
        parent=document["parent"],
        depends_on=tuple(document["depends_on"]),
        protected=document["protected"],
        attribution=document["attribution"],
    )


def _risk_document(risk: Risk) -> dict[str, Any]:
    source = _source_document(risk.source)
    return {"rule": risk.rule, "level": risk.level, "message": risk.message, "source": source}


def _field_document(field: FieldChange) -> dict[str, Any]:
    return {
        "path": field.path,
        "before": field.before,
        "after": field.after,
        "origin": field.origin,
        "source": _source_document(field.source),
    }


def _field(document: Mapping[str, Any]) -> FieldChange:
    return FieldChange(
        document["path"],
        document["before"],
        document["after"],
        document["origin"],
        _source(document["source"]),
    )


def _source_document(source: Source | None) -> dict[str, Any] | None:
    return {"file": source.file, "line": source.line, "column": source.column} if source else None


def _source(document: Mapping[str, Any] | None) -> Source | None:
    return Source(document["file"], document["line"], document["column"]) if document else None
