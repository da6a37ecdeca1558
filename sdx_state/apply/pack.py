"""The hand-off pack: files for a person, written so that nobody's work is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sdx_state.apply.journal import Journal
from sdx_state.apply.outcome import Result
from sdx_state.apply.run import Silence
from sdx_state.apply.workspace import Planned, Workspace, carry_out
from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import filled, list_of, mapping_of, member, record, text
from sdx_state.live import Progress
from sdx_state.plan.build import Intention
from sdx_state.plan.handoff import CSV_NAME, HandOff, hand_off
from sdx_state.plan.model import Plan
from sdx_state.plan.route import by_hand
from sdx_state.report.handoff import handoff_csv, handoff_document, handoff_html, handoff_json, handoff_markdown
from sdx_state.state.files import OpenFolder, open_folder

DOCUMENT = "handoff.json"
FOLDER = "handoff"


@dataclass(frozen=True)
class Pack:
    """What was written.

    Attributes:
        folder: Where.
        files: The files.
        moved_aside: Files that were somebody else's, or edited since: old path -> where it is now.
        done: Titles of the steps of the pack before that are done now.
    """

    folder: Path
    files: tuple[Path, ...] = ()
    moved_aside: Mapping[Path, Path] = field(default_factory=dict)
    done: tuple[str, ...] = ()


def hand_off_of(workspace: Workspace, plan: Plan, planned: Planned, links: Mapping[str, str]) -> HandOff:
    """Return what of `plan` is for a person."""
    return hand_off(plan, planned.intention.resources, workspace.origin, links)


def left_to_do(plan: Plan, result: Result) -> Plan:
    """Return the part of `plan` that a run left to a person, also where the server had promised to take it."""
    return replace(plan, changes=tuple(by_hand(outcome.change) for outcome in result.of("handoff")))


def write_pack(folder: Path, handoff: HandOff) -> Pack:
    """Write `handoff` into `folder`. A file there that is not ours, or was edited, is moved aside and named.

    Raises:
        OSError: `folder` is a link, or a file could not be written.
    """
    contents = {"handoff.md": handoff_markdown(handoff), "handoff.html": handoff_html(handoff)}
    if handoff.users:
        contents[CSV_NAME] = handoff_csv(handoff)
    data = {name: written.encode("utf-8", "replace") for name, written in contents.items()}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in data.items()}
    document = {**record(parse(handoff_json(handoff), OWN_DEPTH)), "files": hashes}
    data[DOCUMENT] = json.dumps(document, ensure_ascii=True, indent=2).encode() + b"\n"
    moved_aside: dict[Path, Path] = {}
    with open_folder(folder, below=folder.parent, shared=True, create=True) as opened:
        before = _earlier(opened)
        for name in sorted({*data, CSV_NAME}):
            if opened.found(name) is None:
                continue
            there = opened.read(name) if opened.is_ours(name) else None
            if not (_is_ours(name, there, before) or (name in data and there == data[name])):
                moved_aside[folder / name] = folder / _aside(opened, name)
        for name, content in data.items():
            opened.write(name, content)
        if CSV_NAME not in data and opened.found(CSV_NAME) is not None:
            opened.remove(CSV_NAME)
    remaining = {step["key"] for step in handoff_document(handoff)["steps"]}
    done = tuple(step["title"] for step in before.get("steps", ()) if step["key"] not in remaining)
    return Pack(folder, tuple(folder / name for name in sorted(data)), moved_aside, done)


def _earlier(folder: OpenFolder) -> dict[str, Any]:
    """Return the document of the pack that is there, empty if there is none that is ours."""
    try:
        document = record(parse(folder.read(DOCUMENT), OWN_DEPTH))
        member(document, "files", mapping_of(text))
        member(document, "steps", list_of(_step))
    except (OSError, DecodingError):
        return {}
    return document


def _step(value: object) -> None:
    step = record(value)
    member(step, "key", filled)
    member(step, "title", filled)


def _is_ours(name: str, content: bytes | None, before: Mapping[str, object]) -> bool:
    if content is None:
        return False
    if name == DOCUMENT:
        return bool(before)
    files = before.get("files")
    return isinstance(files, dict) and files.get(name) == hashlib.sha256(content).hexdigest()


def _aside(folder: OpenFolder, name: str) -> str:
    number = 1
    while folder.found(target := f"{name}.kept-{number}") is not None:
        number += 1
    folder.rename(name, target)
    return target


@dataclass(frozen=True)
class Look:
    """What a look at the tenant found.

    Attributes:
        plan: The plan as it is now.
        handoff: What is left to a person.
        pack: What was written.
    """

    plan: Plan
    handoff: HandOff
    pack: Pack


def look(
    workspace: Workspace,
    journal: Journal,
    intention: Intention,
    folder: Path,
    links: Mapping[str, str],
    progress: Progress,
    forbid: Callable[[Planned], None] = lambda planned: None,
) -> Look:
    """Read the tenant, adopt what is there now, and write what is left into `folder`. Writes nothing to the tenant.

    Args:
        workspace: The tenant and its state.
        journal: Of this run.
        intention: What is declared.
        folder: Where the pack goes.
        links: Kind -> path of its page in the admin UI.
        progress: Told of each request.
        forbid: Called with the plan before anything is written; raises where nobody may be told to do it.

    Raises:
        ApiError, StateError: As in planning.
        OSError: The pack could not be written.
    """
    planned = workspace.plan(intention, progress)
    if planned.plan.errors:
        return Look(planned.plan, HandOff(workspace.origin), Pack(folder))
    forbid(planned)
    settled = tuple(change for change in planned.plan.changes if not change.writes)
    carry_out(
        workspace.run(journal, Silence(), "handoff"), replace(planned, plan=replace(planned.plan, changes=settled))
    )
    handoff = hand_off_of(workspace, planned.plan, planned, links)
    return Look(planned.plan, handoff, write_pack(folder, handoff))
