"""Live -> YAML: write a tenant down, import it, and prove that the next plan is empty before a file is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from sdx_state.app.advised import AdvisedError
from sdx_state.app.declared import intention_of
from sdx_state.app.observe import Reading
from sdx_state.app.workspace import Workspace
from sdx_state.apply.approval import Consent, approve
from sdx_state.apply.run import Silence
from sdx_state.config.configuration import Configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Changed, Folder, ProjectFiles, replace_texts
from sdx_state.config.sayable import why_not
from sdx_state.config.scaffold import is_example
from sdx_state.config.source_text import SourceText
from sdx_state.config.write import drafts_of
from sdx_state.kinds import child_names
from sdx_state.kinds.identity import Identity, identity
from sdx_state.live import Progress
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Action, Change, Plan, Unmanaged
from sdx_state.model.resource import Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.texts import counted
from sdx_state.plan.build import build_plan
from sdx_state.plan.describe import Description, Place, describe, place_of
from sdx_state.plan.divide import divide
from sdx_state.plan.rename import key_changes
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Pulled:
    """The end of a pull. The next plan is empty of writes: if files change, it is made from a fresh reading.

    Attributes:
        files: What was written, or removed.
        resources: How many live resources are declared now.
        imported: How many of them the state did not know before.
        left_out: Live values that YAML cannot declare; they stay as they are and are not managed.
        not_declared: Live resources that no file declares, and that were left alone.
    """

    files: tuple[Path, ...]
    resources: int
    imported: int
    left_out: tuple[Diagnostic, ...]
    not_declared: tuple[Unmanaged, ...]


class NotPulled(AdvisedError):
    """A pull has changed nothing.

    Attributes:
        plan: The plan that shows why, if that is to be looked at.
        decide: A person has to decide.
    """

    def __init__(self, message: str, advice: str, plan: Plan | None = None, *, decide: bool = False) -> None:
        super().__init__(message, advice)
        self.plan = plan
        self.decide = decide


class Choices(Protocol):
    """Choices of a person."""

    def overwrite(self, edits: list[Change]) -> bool:
        """Tell whether the tenant's values replace what was changed in the files and never applied."""

    def take(self, new: list[Unmanaged]) -> bool:
        """Tell whether live resources are written down that no file declares."""


def pull(
    workspace: Workspace,
    load: Callable[[ProjectFiles | None], Configuration],
    folder: Path,
    progress: Progress,
    waiting: Callable[[float], None],
    choices: Choices,
) -> Pulled:
    """Write the tenant of `workspace` into the YAML under `folder`: the next plan is empty, or no file is changed.

    Args:
        workspace: The tenant and its state.
        load: Loads the configuration from files, those of the folder for None.
        folder: The project.
        progress: Told of each request.
        waiting: Told how long an earlier run's requests are waited for.
        choices: Asked before an edit is lost, and before anything is declared that was not.

    Raises:
        ConfigurationError: The configuration is invalid.
        NotPulled: Nothing was changed.
        SurveyDynamixError, StateError: As in planning.
        OSError: A file could not be written; all are as they were.
    """
    with workspace.writing("pull", waiting) as journal:
        before, memory = load(None), workspace.memory()
        ledger = memory.saved
        snapshot = workspace.read_all(ledger, progress)
        workspace.require_same_tenant(ledger, snapshot)
        example = _untouched_example(before, ledger, folder)
        files = Changed(Folder(folder), dict.fromkeys(example))
        if example:
            before = load(files)
        plan = build_plan(intention_of(before), snapshot, ledger, tenant_scope=workspace.scope)
        _require_matched(plan, before)
        edits = list(_edits(plan))
        if edits and not choices.overwrite(edits):
            raise NotPulled(
                f"never applied, and the tenant says otherwise: {counted(len(edits), 'change')} in the files",
                "Nothing was changed. To keep them: sdx-state apply. To lose them: sdx-state pull --overwrite",
                decide=True,
            )
        first = not before.resources and not ledger.entries
        new = list(plan.unmanaged)
        everything = bool(new) and (first or choices.take(new))
        inside = divide(snapshot, workspace.scope).inside
        described = _described(before, plan, inside, ledger, everything=everything)
        _require_writable(described)
        drafts: dict[str, SourceText | None] = dict(files.texts)
        try:
            drafts.update(_drafts(folder, described, before, files))
            after = load(Changed(Folder(folder), drafts)) if drafts else before
        except (ConfigurationError, ValueError) as error:
            raise NotPulled(f"what would be written is not valid: {error}", "Nothing was changed.") from error
        # Files change only if the tenant did not meanwhile. If none changes, the first reading proves the same.
        read = None if drafts else Reading(memory, snapshot, plan)
        planned = workspace.plan(intention_of(after), progress, waiting=waiting, read=read)
        if planned.plan.errors or any(change.writes for change in planned.plan.changes):
            raise NotPulled(
                "the next plan would not be empty, and is shown above",
                "Nothing was changed. If the tenant is being changed at the moment, pull again.",
                planned.plan,
            )
        approved = approve(planned, Consent("low"), workspace.machine.moment())
        written = replace_texts(folder, drafts)
        workspace.run(journal, Silence(), "pull").apply(approved)
        imported = sum(change.importing for change in planned.plan.changes)
        left = () if everything else tuple(new)
        return Pulled(tuple(written), len(described.resources), imported, tuple(described.left_out), left)


def _require_writable(described: Description) -> None:
    """Return if every declared field has a value that can be declared.

    Raises:
        NotPulled: One has not: the file would keep its value, and the next plan would change the tenant.
    """
    found = sorted((str(address), name, why) for (address, name), why in described.unwritable.items())
    if found:
        listed = "; ".join(f"{address}: {name}: {why}" for address, name, why in found[:5])
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        names = ", ".join(dict.fromkeys(name for _, name, _ in found))
        message = f"the tenant has values that cannot be declared: {listed}{more}"
        advice = "Nothing was changed. Correct them in the tenant, or do not manage these fields: "
        raise NotPulled(message, f"{advice}`ignore: [{names}]`. Then pull again.", decide=True)


def _drafts(
    folder: Path, described: Description, before: Configuration, files: ProjectFiles
) -> dict[str, SourceText | None]:
    """Return the texts of the files that change.

    Raises:
        NotPulled: A file cannot contain a value of the tenant.
        ValueError: A name or a text cannot be written at all.
    """
    try:
        return dict(drafts_of(folder, described.resources, before.project.variables, files, before.resources))
    except ConfigurationError as error:
        ways = "; or ".join(dict.fromkeys(one.help for one in error.diagnostics if one.help))
        message = f"a file cannot contain what is in the tenant: {error}"
        raise NotPulled(message, f"Nothing was changed. Before the next pull: {ways}", decide=True) from error


def _untouched_example(before: Configuration, ledger: Ledger, folder: Path) -> list[str]:
    """Return the file that `init` wrote as an example, if it is unchanged and nothing else is declared."""
    if ledger.entries or len(before.files) != 1 or before.moved or before.removed:
        return []
    text = Folder(folder).read(before.files[0]).decode("utf-8-sig")
    return [before.files[0]] if is_example(before.files[0], text) else []


def _require_matched(plan: Plan, before: Configuration) -> None:
    """Return if each declared resource is a live one.

    Raises:
        NotPulled: One is not, so that a pull would declare something twice or lose a declaration.
    """
    if plan.errors:
        advice = "Nothing was changed. Deal with the errors above, then pull again."
        raise NotPulled("the files and the tenant do not fit together", advice, plan, decide=True)
    renamed = key_changes(plan.changes, before.moved)
    if renamed:
        lines = "\n".join(f"moved: [{{from: {before}, to: {after}}}]" for before, after in renamed)
        what = ", ".join(f"{before} is now {after}" for before, after in renamed)
        message = f"keys were changed in the files, and the state knows the old ones: {what}"
        raise NotPulled(message, f"Nothing was changed. Say it in a file, then pull again:\n{lines}", decide=True)
    created = [change for change in plan.changes if change.action is Action.CREATE]
    if created:
        names = ", ".join(change.address for change in created[:5]) + (", ..." if len(created) > 5 else "")
        message = f"declared, and not in the tenant: {counted(len(created), 'resource')}: {names}"
        advice = "Nothing was changed. Create them: sdx-state apply. Or take them out of the files, then pull again."
        raise NotPulled(message, advice, decide=True)


def _edits(plan: Plan) -> Iterator[Change]:
    """Yield what the files say otherwise than the last apply, and the tenant says otherwise than the files."""
    for change in plan.changes:
        removed = change.action is Action.DELETE
        if removed or (change.writes and any(field.origin != "drift" for field in change.fields)):
            yield change


def _described(
    before: Configuration, plan: Plan, snapshot: Snapshot, ledger: Ledger, *, everything: bool
) -> Description:
    """Return the tenant as declarations: what is declared, what was, and everything else if that is wanted."""
    entries = ledger.entries if plan.entries is None else plan.entries  # under the addresses of today
    parents = {address: entry.id for address, entry in entries.items() if address.parent is None}
    parents |= {address: id for address, id in plan.ids.items() if address.parent is None}
    known: dict[Place, Address] = {}

    def place(address: Address, id: str) -> Place:
        return (*identity(address.kind, id), parents.get(address.parent) if address.parent else None)

    known.update((place(address, id), address) for address, id in plan.ids.items())
    for address, entry in entries.items():
        known.setdefault(place(address, entry.id), address)

    def identities(action: Action) -> set[Identity]:
        return {identity(one.kind, one.id) for one in plan.changes if one.action is action and one.id is not None}

    back, forgotten = identities(Action.DELETE), identities(Action.FORGET)
    unmanaged = {identity(one.kind, one.id) for one in plan.unmanaged}
    children = child_names()

    def included(live: Live) -> bool:
        if known.get(place_of(live)) in before.resources:
            return True
        one = identity(live.kind, live.id)
        if one in forgotten:
            return False
        # A child of a parent that no file declares comes with it.
        return one in back or everything or (live.kind in children and one not in unmanaged)

    return describe(snapshot, known, before.resources, why_not, included)
