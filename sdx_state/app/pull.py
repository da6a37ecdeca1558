"""Live -> YAML: write a tenant down, import it, and prove that the next plan is empty before a file is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sdx_state.app.declared import intention_of
from sdx_state.app.live_declarations import LiveDeclarations
from sdx_state.app.observe import Reading
from sdx_state.app.pull_conditions import NotPulled, edits_in, require_matched, require_writable
from sdx_state.app.workspace import Workspace
from sdx_state.apply.approval import Consent, approve
from sdx_state.apply.review import Review
from sdx_state.apply.run import Silence
from sdx_state.config.configuration import Configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Changed, Folder, ProjectFiles, replace_texts
from sdx_state.config.scaffold import is_example
from sdx_state.config.source_text import SourceText
from sdx_state.config.write import drafts_of
from sdx_state.kinds import KINDS
from sdx_state.live import Progress
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.ledger import Ledger
from sdx_state.model.plan import Change, Unmanaged
from sdx_state.model.texts import counted
from sdx_state.plan.build import build_plan
from sdx_state.plan.describe import Description
from sdx_state.plan.divide import divide
from sdx_state.plan.select import named_only
from sdx_state.records import dataclass, replace


@dataclass(frozen=True)
class Draft:
    """A file before and after a pull.

    Attributes:
        name: Its name, relative to the project's folder.
        before: Its text; None if there is no such file.
        after: Its new text; None if it is removed.
    """

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Pulled:
    """The end of a pull. The next plan is empty of writes: if files change, it is made from a fresh reading.

    Attributes:
        files: What was written, or removed.
        resources: How many live resources are declared now.
        imported: How many of them the state did not know before.
        left_out: Live values that YAML cannot declare; they stay as they are and are not managed.
        not_declared: Live resources that no file declares, and that were left alone.
        drafts: The files that change: the text as it was, and as it is now; None for no file.
        written_back: The values of templates, blocks and their items that change, each by its place in a file.
    """

    files: tuple[Path, ...]
    resources: int
    imported: int
    left_out: tuple[Diagnostic, ...]
    not_declared: tuple[Unmanaged, ...]
    drafts: tuple[Draft, ...] = ()
    written_back: tuple[str, ...] = ()


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
    targets: Sequence[str] = (),
) -> Pulled:
    """Write the tenant of `workspace` into the YAML under `folder`: the next plan is empty, or no file is changed.

    Args:
        workspace: The tenant and its state.
        load: Loads the configuration from files, those of the folder for None.
        folder: The project.
        progress: Told of each request.
        waiting: Told how long an earlier run's requests are waited for.
        choices: Asked before an edit is lost, and before anything is declared that was not.
        targets: Globs of the addresses that are pulled, none for all. The next plan is empty for these.

    Raises:
        ConfigurationError: The configuration is invalid.
        NotPulled: Nothing was changed.
        SurveyDynamixError, StateError: As in planning.
        OSError: A file could not be written; all are as they were.
    """
    pull = _Pull(workspace, load, folder, progress, waiting, choices, targets)
    with workspace.writing("pull", waiting) as journal:
        pulled, planned = pull.proposed()
        approved = approve(planned, Consent("low"), workspace.machine.moment())
        written = replace_texts(folder, pull.texts)
        workspace.run(journal, Silence(), "pull").apply(approved)
        return replace(pulled, files=tuple(written))


def show_pull(
    workspace: Workspace,
    load: Callable[[ProjectFiles | None], Configuration],
    folder: Path,
    progress: Progress,
    choices: Choices,
    targets: Sequence[str] = (),
) -> Pulled:
    """Return what `pull` would write, as `Pulled.drafts`. Writes nothing, neither files nor the state.

    Args:
        workspace, load, folder, progress, choices, targets: As for `pull`.

    Raises:
        ConfigurationError, NotPulled, SurveyDynamixError, StateError: As `pull`.
    """
    return _Pull(workspace, load, folder, progress, None, choices, targets).proposed()[0]


class _Pull:
    """One pull, up to where something is written.

    Attributes:
        texts: The new texts of the files that change, None for one that is removed.
    """

    def __init__(
        self,
        workspace: Workspace,
        load: Callable[[ProjectFiles | None], Configuration],
        folder: Path,
        progress: Progress,
        waiting: Callable[[float], None] | None,
        choices: Choices,
        targets: Sequence[str],
    ) -> None:
        self.workspace, self.load, self.folder, self.progress = workspace, load, folder, progress
        self.waiting, self.choices, self.targets = waiting, choices, targets
        self.texts: dict[str, SourceText | None] = {}

    def proposed(self) -> tuple[Pulled, Review]:
        """Return what is to be pulled, and the plan for it, which writes nothing to the tenant."""
        workspace = self.workspace
        before, memory = self.load(None), workspace.memory()
        ledger = memory.saved
        snapshot = workspace.read_all(ledger, self.progress)
        workspace.require_same_tenant(ledger, snapshot)
        example = _untouched_example(before, ledger, self.folder)
        files = Changed(Folder(self.folder), dict.fromkeys(example))
        if example:
            before = self.load(files)
        plan = build_plan(intention_of(before), snapshot, ledger, tenant_scope=workspace.scope)
        live = LiveDeclarations(before, plan, divide(snapshot, workspace.scope).inside, ledger, self.targets)
        wrong = live.unmatched()
        if wrong:
            raise NotPulled("; ".join(one.message for one in wrong), f"Nothing was changed. {wrong[0].help}")
        part = named_only(plan, self.targets)
        require_matched(part, before)
        edits = list(edits_in(part))
        if edits and not self.choices.overwrite(edits):
            raise NotPulled(
                f"never applied, and the tenant says otherwise: {counted(len(edits), 'change')} in the files",
                "Nothing was changed. To keep them: sdx-state apply. To lose them: sdx-state pull --overwrite",
                decide=True,
            )
        first = not before.resources and not ledger.entries
        new = live.new()
        everything = bool(new) and (first or self.choices.take(new))
        described = live.described(everything=everything)
        require_writable(described)
        self.texts.update(files.texts)
        written_back: list[str] = []
        try:
            self.texts.update(_drafts(self.folder, described, before, files, written_back.append))
            after = self.load(Changed(Folder(self.folder), self.texts)) if self.texts else before
        except (ConfigurationError, ValueError) as error:
            raise NotPulled(f"what would be written is not valid: {error}", "Nothing was changed.") from error
        pulled = Pulled(
            files=(),
            resources=sum(live.names(one.address) for one in described.resources if not KINDS[one.kind].lookup_only),
            imported=0,
            left_out=tuple(described.left_out),
            not_declared=() if everything else tuple(new),
            drafts=tuple(_changes(self.folder, self.texts)),
            written_back=tuple(written_back),
        )
        reading = Reading(memory, snapshot, plan)
        planned = self._planned(after, reading)
        return replace(pulled, imported=sum(change.importing for change in planned.plan.changes)), planned

    def _planned(self, after: Configuration, reading: Reading) -> Review:
        """Return the plan of the targets for `after`.

        Raises:
            NotPulled: It would not be empty.
        """
        # Files change only if the tenant did not meanwhile. If none changes, the first reading proves the same.
        read = None if self.texts else reading
        planned = self.workspace.plan(
            intention_of(after), self.progress, graded=not self.targets, waiting=self.waiting, read=read
        )
        planned = replace(planned, plan=named_only(planned.plan, self.targets))
        if planned.plan.errors or any(change.writes for change in planned.plan.changes):
            raise NotPulled(
                "the next plan would not be empty, and is shown above",
                "Nothing was changed. If the tenant is being changed at the moment, pull again.",
                planned.plan,
            )
        return planned


def _changes(folder: Path, texts: Mapping[str, SourceText | None]) -> Iterator[Draft]:
    """Yield each of `texts` that differs from the file of its name."""
    for name, text in sorted(texts.items()):
        encoding = text.encoding if text is not None else "utf-8"
        path = Folder(folder)
        before = path.read(name).decode("utf-8-sig" if encoding == "utf-8" else encoding) if path.has(name) else None
        after = text.text if text is not None else None
        if before != after:
            yield Draft(name, before, after)


def _drafts(
    folder: Path,
    described: Description,
    before: Configuration,
    files: ProjectFiles,
    told: Callable[[str], None],
) -> dict[str, SourceText | None]:
    """Return the texts of the files that change.

    Raises:
        NotPulled: A file cannot contain a value of the tenant.
        ValueError: A name or a text cannot be written at all.
    """
    try:
        variables = before.project.variables
        return dict(drafts_of(folder, described.resources, variables, files, before.resources, told))
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
