"""Steps of a hand-off, in an order that works.

Kinds come in the order of writes, each with its children in order. Fields with a step of their own, such as the
numbers of surveys, follow; deletes come last. A step is ticked off when the next plan no longer has it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import field

from sdx_state.handoff.upload import upload_of
from sdx_state.kinds import KINDS, Kind
from sdx_state.kinds.page import Work
from sdx_state.kinds.user import FORMULAS, LICENCES, NO_MAIL, RESET_MAIL, UPLOAD_ONLY_NEW
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH, FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.model.resource import Desired, Source
from sdx_state.model.urls import page
from sdx_state.model.value import Value
from sdx_state.records import dataclass, replace

CSV_NAME = "users.csv"
_VERBS = {Action.CREATE: "Create", Action.UPDATE: "Change", Action.DELETE: "Delete"}
_WORK: Mapping[Action, Work] = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}


@dataclass(frozen=True)
class StepField:
    """One value to enter in the admin UI.

    Attributes:
        path: Name of the field in YAML.
        name: Label of the field in the admin UI.
        before: The live value.
        after: The declared value.
    """

    path: FieldPath
    name: str
    before: Value
    after: Value


@dataclass(frozen=True)
class Step:
    """One step of a hand-off.

    Attributes:
        key: Identifies the step across runs: the same work has the same key.
        title: One line for the step.
        addresses: The resources of the step.
        kind: Name of their kind.
        action: `create`, `update`, `delete` or `upload`.
        id: The live id, if there is one.
        page: Path through the menus of the admin UI.
        link: URL of the start page.
        note: Help for finding the page.
        fields: Values to enter, in the order of the page.
        beware: Warnings before the step.
        source: Place of the declaration.
    """

    key: str
    title: str
    addresses: tuple[Address, ...]
    kind: str
    action: str
    id: str | None
    page: str
    link: str
    note: str = ""
    fields: tuple[StepField, ...] = ()
    beware: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True)
class HandOff:
    """All steps of a hand-off.

    Attributes:
        tenant: Address of the tenant, for display.
        steps: In working order.
        users: The missing users, for the upload.
    """

    tenant: str
    steps: tuple[Step, ...] = ()
    users: tuple[Desired, ...] = field(default=())


def hand_off(plan: Plan, resources: Mapping[Address, Desired], origin: str, links: Mapping[str, str]) -> HandOff:
    """Return the changes of `plan` that need the admin UI or the CSV upload.

    Args:
        plan: A plan with the route of each change.
        resources: The declared resources.
        origin: Scheme and host of the admin UI.
        links: Kind -> URL of its page, with `{id}`; `origin` for other kinds.
    """
    ours = [change for change in plan.changes if change.writes and change.via in ("manual", "csv")]
    users = tuple(resources[change.address] for change in ours if change.via == "csv")
    labels = {change.address: change.label for change in plan.changes}
    labels.update((address, _text(desired.values.get("name"))) for address, desired in resources.items())
    maker = _Maker(labels, resources, origin, links)
    return HandOff(origin, tuple(maker.steps(ours, users)), users)


class _Maker:
    def __init__(
        self,
        labels: Mapping[Address, str],
        resources: Mapping[Address, Desired],
        origin: str,
        links: Mapping[str, str],
    ) -> None:
        self.labels, self.resources, self.origin, self.links = labels, resources, origin, links

    def steps(self, changes: list[Change], users: tuple[Desired, ...]) -> Iterator[Step]:
        staying = [change for change in changes if change.action is not Action.DELETE and change.via == "manual"]
        children: dict[Address, list[Change]] = {}
        for change in staying:
            if change.parent is not None:
                children.setdefault(change.parent, []).append(change)
        for kind in KINDS.values():
            own = {change.address: change for change in staying if change.kind == kind.name}
            if kind.parent is None:
                uploaded = tuple(user for user in users if user.kind == kind.name)
                yield from self._of_kind(kind, own, children, uploaded)
        for change in changes:
            if change.action is Action.DELETE:
                yield self._step(change, [])

    def _of_kind(
        self,
        kind: Kind,
        own: Mapping[Address, Change],
        children: Mapping[Address, list[Change]],
        uploaded: tuple[Desired, ...],
    ) -> Iterator[Step]:
        noun, names = kind.admin_page.later
        if uploaded:
            yield self._upload(kind, uploaded)
        for address in dict.fromkeys([*own, *(one for one in children if one.kind == kind.name)]):
            change = own.get(address)
            now = [one for one in change.fields if one.path.field not in names] if change else []
            if change is not None and (now or change.action is Action.CREATE):
                yield self._step(change, now)
            for child in sorted(children.get(address, ()), key=self._position):
                yield self._step(child, list(child.fields))
        for change in own.values():
            later = [one for one in change.fields if one.path.field in names]
            if later:
                yield self._later(change, later, noun)

    def _position(self, change: Change) -> int:
        desired = self.resources.get(change.address)
        return desired.position if desired else 0

    def _step(self, change: Change, fields: list[FieldChange]) -> Step:
        kind = KINDS[change.kind]
        label = change.label or change.address
        page = kind.admin_page
        parent = self.labels.get(change.parent, "") if change.parent else ""
        way = page.create if change.action is Action.CREATE else page.path
        verb = _VERBS[change.action]
        shown = [shown for one in fields for shown in _typed(kind, one, self._after(change, one))]
        if change.parent is not None and change.action is Action.CREATE:
            place = self._position(change) + 1
            shown.append(StepField(ORDER_PATH, kind.label_of(ORDER_PATH), None, place))
        step = Step(
            key="",
            title=f"{verb} the {kind.noun} {label!r}" + (f" of the {kind.parent} {parent!r}" if parent else ""),
            addresses=(change.address,),
            kind=change.kind,
            action=change.action.value,
            id=change.id,
            page=way.format(label=label, id=change.id or "", parent=parent or f"the {kind.parent}"),
            link=self._link(change.kind, change.id),
            note=page.note.format(id=change.id) if page.note and change.id else "",
            fields=tuple(shown),
            beware=tuple(_beware(change)),
            source=change.source,
        )
        return replace(step, key=_key(step))

    def _after(self, change: Change, one: FieldChange) -> Value:
        if one.path == ORDER_PATH and change.address in self.resources:
            return self.resources[change.address].position + 1
        return one.after

    def _later(self, change: Change, fields: list[FieldChange], noun: str) -> Step:
        step = self._step(replace(change, action=Action.UPDATE), fields)
        owner = KINDS[change.kind].noun
        step = replace(step, title=f"Set the {noun} of the {owner} {change.label or change.address!r}")
        return replace(step, key=_key(step))

    def _upload(self, kind: Kind, users: tuple[Desired, ...]) -> Step:
        count = len(users)
        upload = upload_of(users)
        neutralised, reset = upload.neutralised, upload.resets
        beware = [LICENCES.format(count=count), UPLOAD_ONLY_NEW]
        beware.append(RESET_MAIL.format(count=reset) if reset else NO_MAIL)
        beware += [FORMULAS.format(count=neutralised)] if neutralised else []
        step = Step(
            key="",
            title=f"Upload {CSV_NAME}: {count} missing {kind.noun}{'s' if count != 1 else ''}",
            addresses=tuple(user.address for user in users),
            kind=kind.name,
            action="upload",
            id=None,
            page=kind.admin_page.create,
            link=self._link(kind.name, None),
            beware=tuple(beware),
        )
        return replace(step, key=_key(step))

    def _link(self, kind: str, id: str | None) -> str:
        pattern = self.links.get(kind)
        if pattern is None or ("{id}" in pattern and id is None):
            return f"{self.origin}/"
        return page(self.origin, pattern, id or "")


def _typed(kind: Kind, one: FieldChange, after: Value) -> Iterator[StepField]:
    """Yield the values to enter for one field: one, or one for each language."""
    if not isinstance(after, Mapping):
        yield StepField(one.path, kind.label_of(one.path), one.before, after)
        return
    before = one.before if isinstance(one.before, Mapping) else {}
    for language, text in after.items():
        path = FieldPath.of(one.path, language)
        yield StepField(path, kind.label_of(path), before.get(language), text)


def _beware(change: Change) -> Iterator[str]:
    yield from KINDS[change.kind].admin_page.beware.get(_WORK[change.action], ())
    for risk in change.risks:
        yield f"{risk.level}: {risk.message}"


def _key(step: Step) -> str:
    """Return a name for the work of `step`, which does not depend on the live values."""
    content = [step.action, step.kind, step.addresses, [(one.path, one.after) for one in step.fields]]
    text = json.dumps(content, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""
