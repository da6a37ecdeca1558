"""Moving a state to another backend, with its history, so that a cut leaves it complete in one of the two.

The target is marked as incomplete before anything is copied, and the mark is removed only after the source is marked
as moved away. So no run can use both, whenever a move is cut off; the next one begins again, or finishes it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sdx_state.config.files import Folder
from sdx_state.config.project import load_project
from sdx_state.config.settings import Project
from sdx_state.config.sift import PROJECT_FILE, Excluded, Found
from sdx_state.model.advised import AdvisedError
from sdx_state.model.ledger import Ledger
from sdx_state.records import dataclass, replace
from sdx_state.state.backend import Backend, Fence
from sdx_state.state.errors import StateUnusable
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import journal_of, keep, open_journal, recall, verified
from sdx_state.state.moving import Movable, Move, require_here
from sdx_state.state.shared import SharedStore
from sdx_state.state.signing import hash_of_bytes


class NotMigrated(AdvisedError):
    """The state cannot be moved."""


@dataclass(frozen=True)
class _FormerFile:
    """Serves one file as the project file. Implements `config.files.ProjectFiles`."""

    path: Path

    def find(self, excluded: Excluded) -> Found:
        return Found(excluded=excluded)

    def has(self, name: str) -> bool:
        return name == PROJECT_FILE

    def read(self, name: str) -> bytes:
        return Folder(self.path.parent).read(self.path.name if name == PROJECT_FILE else name)


def former_project(path: Path, environment: str | None) -> Project:
    """Return the project as an earlier version of its project file, at `path`, describes it.

    Raises:
        ConfigurationError: It cannot be used.
    """
    return load_project(path.parent, environment, {}, _FormerFile(path))


def movable(store: Backend) -> Movable:
    """Return `store` for a move.

    Raises:
        NotMigrated: A package keeps it: it is moved by `state pull` and `state push`.
    """
    if isinstance(store, LocalStore | SharedStore):
        return store.for_move()
    raise NotMigrated(
        "only the backends of sdx-state can be moved", "Use `sdx-state state pull` and `sdx-state state push`."
    )


def require_movable(source: Movable, target: Movable) -> None:
    """Return if the state can be moved. Writes nothing.

    Raises:
        NotMigrated: There is nothing to move, or another state is in the target.
        StateUnusable: One of the two cannot be read, or was moved elsewhere.
    """
    if source.where == target.where:
        raise NotMigrated(
            f"the state is in {target.where} already",
            "Name the new backend under `state` in sdx.yaml, and the old sdx.yaml with --from.",
        )
    leaving, arriving = source.move(), target.move()
    if _is_nearly_done(leaving, arriving) or _is_done(source, target):
        return
    require_here(leaving, source.where)
    if not source.has_state():
        raise NotMigrated(f"there is no state in {source.where}", "Check --from, and --env.")
    if not target.has_state() and arriving is None:
        return
    ours = source.load()
    lineage = arriving.lineage if arriving is not None else target.load().lineage
    if arriving is None or lineage != ours.lineage:
        raise NotMigrated(
            f"{target.where} has a state already (lineage {lineage}; the one to be moved has {ours.lineage})",
            "Choose another place for the state. If that one is not needed, remove it first.",
        )


def migrate(source: Movable, target: Movable, fence: Fence, onto: Fence) -> Ledger:
    """Move the state with its history, and return it. The locks of both must be held.

    Args:
        source: The old backend.
        target: The new one.
        fence: Of the lock of the source.
        onto: Of the lock of the target.

    Raises:
        NotMigrated: An interrupted run must be finished first, or what was copied is not what is read.
        StateError: One of the two does not answer, refuses, or cannot be read.
    """
    require_movable(source, target)
    if _is_done(source, target):
        return target.load()
    leaving, arriving = source.move(), target.move()
    if leaving is None or not _is_nearly_done(leaving, arriving):
        leaving = _copied(source, target, fence, onto)
        source.mark(leaving)
    target.mark(None)
    return target.for_move().load()


def _is_nearly_done(leaving: Move | None, arriving: Move | None) -> bool:
    """Tell whether only the last step of an earlier move is missing."""
    return leaving is not None and arriving is not None and leaving.gone and leaving.id == arriving.id


def _is_done(source: Movable, target: Movable) -> bool:
    """Tell whether an earlier move had come to its end, whatever became of its process then."""
    leaving = source.move()
    return (
        leaving is not None
        and leaving.gone
        and leaving.other == target.where
        and target.move() is None
        and target.has_state()
        and target.load().lineage == leaving.lineage
    )


def _copied(source: Movable, target: Movable, fence: Fence, onto: Fence) -> Move:
    """Copy everything, compare what is read back, and return the mark for the source."""
    journal = open_journal(source, fence)
    memory = recall(source, journal)
    if memory.unfinished.pending:
        raise NotMigrated(
            f"a run was interrupted in {source.where}, and {len(memory.unfinished.pending)} creates have no end",
            "Finish it in the old backend: sdx-state apply. Then move the state.",
        )
    ledger = keep(source, journal, memory.ledger)  # closes the journal, so that there is nothing open to copy
    move = Move(source.machine.token(8), False, source.where, ledger.lineage)
    target.mark(move)
    onto()
    target.lines.bring(source.lines.closed())
    for run in source.kept_runs():
        target.save_run(run, source.load_run(run, None))
    for serial in source.kept_serials():
        with suppress(StateUnusable):  # a damaged generation does not prevent the move
            target.keep_generation(source.generation(serial))
    saved = target.save(ledger)
    _require_equal(source, target.for_move(), ledger, saved)
    return Move(move.id, True, target.where, ledger.lineage)


def _require_equal(source: Movable, fresh: Movable, ledger: Ledger, saved: Ledger) -> None:
    """Return if what is read back is the state that was copied, with all of its journal."""
    there = fresh.load()
    expected = replace(ledger, serial=saved.serial, tenant=saved.tenant)
    lines = verified(fresh, journal_of(fresh)).lines
    hashes = [[(part.last, hash_of_bytes(part.read())) for part in one.lines.closed()] for one in (source, fresh)]
    runs = [one.kept_runs() for one in (source, fresh)]
    if there != expected or lines != ledger.head.seq or hashes[0] != hashes[1] or runs[0] != runs[1]:
        raise NotMigrated(
            f"what was copied to {fresh.where} is not what is read there",
            "The old backend is unchanged. Check that nothing else writes there, and run the command again.",
        )
