"""What of a plan a person has to do, as steps in an order that works.

Kinds come in the order of writes, each with its children in their order, and then what is set in a step of its own,
such as the numbers of surveys; what is deleted comes last. Nothing has to be remembered to tick a step off: the next
plan no longer has it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

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

CSV_NAME = "users.csv"
_VERBS = {Action.CREATE: "Create", Action.UPDATE: "Change", Action.DELETE: "Delete"}
_WORK: Mapping[Action, Work] = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}


@dataclass(frozen=True)
class StepField:
    """One value to type.

    Attributes:
        path: The field's name in YAML.
        name: What a person calls it.
        before: What stands there now.
        after: What must stand there.
    """

    path: FieldPath
    name: str
    before: Value
    after: Value


@dataclass(frozen=True)
class Step:
    """One thing for a person to do.

    Attributes:
        key: Names the step across runs: the same work has the same key.
        title: What is done, in a line.
        addresses: The resources it is about.
        kind: Their kind's name.
        action: `create`, `update`, `delete` or `upload`.
        id: The live id, where there is one.
        page: The way through the admin UI's menus.
        link: Where the way begins.
        note: What helps to find the place.
        fields: What to type, in the order of the page.
        beware: What to think of first.
        source: Where it is declared.
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
    """All that a person has to do.

    Attributes:
        tenant: The tenant's address, for people.
        steps: In the order in which they work.
        users: The missing users, for the upload.
    """

    tenant: str
    steps: tuple[Step, ...] = ()
    users: tuple[Desired, ...] = field(default=())


def hand_off(plan: Plan, resources: Mapping[Address, Desired], origin: str, links: Mapping[str, str]) -> HandOff:
    """Return what of `plan` goes by hand or by upload.

    Args:
        plan: A plan that says of each change how it goes.
        resources: What is declared.
        origin: Scheme and host that people log in to.
        links: Kind -> address of its page, with `{id}`; for kinds without one links lead to `origin`.
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
    """Yield what is typed into the page for one field: a value, or one for each language."""
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
    """Return a name for the work of `step`: what and where, not what stands there now."""
    content = [step.action, step.kind, step.addresses, [(one.path, one.after) for one in step.fields]]
    text = json.dumps(content, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""
