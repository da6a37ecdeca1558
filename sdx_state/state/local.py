"""The state in a folder on this machine: one file, beside it a lock that the kernel releases if we die."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path

from sdx_state.model.ledger import Ledger
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.records import dataclass, replace
from sdx_state.state.backend import Fence
from sdx_state.state.codec import decode, encode
from sdx_state.state.copies import WithCopies
from sdx_state.state.errors import OLDER_ADVICE, UNREADABLE_ADVICE, CopyNotKept, StateNotSaved, StateUnusable
from sdx_state.state.files import open_folder, read_private, write_atomically
from sdx_state.state.holder import About, Holder
from sdx_state.state.journal_file import JournalFile
from sdx_state.state.ledger import new_ledger, require_lineage, require_tenant
from sdx_state.state.local_copies import LocalCopies
from sdx_state.state.lock_file import holding, is_left_behind, locked
from sdx_state.state.move_file import read_move, write_move
from sdx_state.state.moving import Move, require_here
from sdx_state.state.outline import Outline, outline_of
from sdx_state.state.signing import SigningKey

KEPT_PLANS = 200  # hashes of saved plans


@dataclass(frozen=True)
class LocalStore(WithCopies):
    """The state file of one tenant in one folder.

    Attributes:
        folder: Usually `.sdx` of the project.
        name: Stem of the file: one for each environment, and one for the sandbox.
        tenant: The tenant that this run talks to; a state of another one is refused. None where no tenant is asked.
        key: Signs what is written; what is read must be signed with it. None for no signatures.
        machine: Time, and names of what is new.
        about: This run, for others who find the state locked.
        moving: This run moves the state: marks of a move do not stop it.
        lineage: That of the state, if the project pins it; empty otherwise.
    """

    folder: Path
    name: str
    tenant: str | None
    key: SigningKey | None = None
    machine: Machine = THIS_MACHINE
    about: About = field(default_factory=About)
    moving: bool = False
    lineage: str = ""

    @property
    def path(self) -> Path:
        """The state file."""
        return self.folder / f"{self.name}.json"

    @property
    def journal_path(self) -> Path:
        """The journal of writes beside it."""
        return self.folder / f"{self.name}.journal.jsonl"

    @property
    def lines(self) -> JournalFile:
        """The lines of the journal."""
        return JournalFile(self.journal_path)

    @property
    def shared(self) -> bool:
        """False: commands that only read the tenant may write here."""
        return False

    def of(self, tenant: str) -> LocalStore:
        """Return the same store, for a run that talks to `tenant`."""
        return replace(self, tenant=tenant)

    def unsigned(self) -> LocalStore:
        """Return the same store, without the key for signatures."""
        return replace(self, key=None)

    def exists(self) -> bool:
        """Tell whether a state was ever saved here.

        Raises:
            StateUnusable: It was moved away.
        """
        self._require_here()
        return self.has_state()

    def has_state(self) -> bool:
        """Tell whether a state is there, whatever the mark of a move says."""
        return self.path.exists()

    @property
    def where(self) -> str:
        """The state, as messages name it."""
        return str(self.path)

    def for_move(self) -> LocalStore:
        """Return the same state, for the run that moves it."""
        return replace(self, moving=True)

    @property
    def move_path(self) -> Path:
        """The file with the mark of a move."""
        return self.folder / f"{self.name}.move"

    def move(self) -> Move | None:
        """Return the mark of a move, None if there is none."""
        return read_move(self.move_path)

    def mark(self, move: Move | None) -> None:
        """Replace the mark of a move. The lock must be held."""
        write_move(self.move_path, move)

    def _require_here(self) -> None:
        if not self.moving:
            require_here(self.move(), self.where)

    @property
    def lock_path(self) -> Path:
        """The file that a run locks."""
        return self.folder / f"{self.name}.lock"

    def load(self) -> Ledger:
        """Return what is remembered, or a new ledger where there has never been one.

        Raises:
            StateUnusable: What is there cannot be trusted, is another tenant's, or is not of the pinned lineage.
        """
        self._require_ours()
        self._require_here()
        try:
            data = read_private(self.path)
        except FileNotFoundError:
            require_lineage(None, self.lineage, self.where)
            return replace(new_ledger(self.machine), tenant=self.tenant or "")
        except OSError as error:
            raise StateUnusable(f"{self.path} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error
        ledger = decode(data, str(self.path), self.key)
        require_tenant(ledger, self.tenant, str(self.path))
        require_lineage(ledger, self.lineage, self.where)
        return ledger

    def outline(self) -> Outline | None:
        """Return what the state file says at a glance, None if `load` may refuse it."""
        try:
            self._require_ours()
            self._require_here()
            found = outline_of(read_private(self.path))
        except (OSError, StateUnusable):
            return None
        if found is None or found.tenant != self.tenant or self.lineage not in ("", found.lineage):
            return None
        return found

    def _require_ours(self) -> None:
        """Refuse everything of this state that others may have put here, before anything is sent.

        Raises:
            ForeignFile: Something is a link, a pipe, ..., or others can write in the folder.
        """
        try:
            with open_folder(self.folder) as folder:
                for file in (self.path, self.journal_path, self.lock_path):
                    folder.require_ours(file.name)
            for kept in (self.runs, self.generations, self.lines.history):
                with suppress(FileNotFoundError), open_folder(kept, below=self.folder):
                    pass
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateUnusable(f"{self.folder} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error

    def save(self, ledger: Ledger) -> Ledger:
        """Write `ledger` with the next serial and return it as written. The lock must be held.

        Raises:
            StateNotSaved: The old file is as it was, or the disk did not confirm the new one; the message says which.
            CopyNotKept: The new file is in place; only the copy of it is missing.
        """
        ledger = replace(ledger, serial=ledger.serial + 1, tenant=self.tenant or ledger.tenant)
        data = encode(ledger, self.key)
        try:
            write_atomically(self.path, data)
        except OSError as error:
            now = (
                "The new one is there, and may not outlive a power cut"
                if self._holds(data)
                else "The old one is as it was"
            )
            raise StateNotSaved(
                f"the state could not be saved to {self.path} ({error.strerror}). {now}.\n"
                "Make room, then run the same command again: whatever was done is found again by its name."
            ) from error
        try:
            self._copies.keep_state(ledger.serial, data)
        except OSError as error:
            raise CopyNotKept(
                f"the state was saved to {self.path} (serial {ledger.serial}), but its copy for `state restore` "
                f"could not be kept in {self.generations} ({error.strerror}).\n"
                "Nothing is lost. Make room; the next save keeps a copy again.",
                ledger,
            ) from error
        return ledger

    def _holds(self, data: bytes) -> bool:
        try:
            return read_private(self.path) == data
        except OSError:
            return False

    def require_newest(self, ledger: Ledger, serials: Mapping[str, int]) -> None:
        """Compare a loaded ledger with the highest serial that open lines saw saved, and with what is closed.

        Raises:
            StateUnusable: An older state was put in the place of a newer one.
        """
        newest = serials.get(ledger.lineage, 0)
        if ledger.serial and (
            ledger.serial < newest or ledger.head.seq < self.lines.newest() or self.has_newer_copy(ledger)
        ):
            raise StateUnusable(
                f"{self.path} is older (serial {ledger.serial}) than the last one saved here: a copy was put back",
                OLDER_ADVICE,
            )

    @property
    def runs(self) -> Path:
        """The directory of the documents of runs."""
        return self._copies.runs_path

    @property
    def generations(self) -> Path:
        """The directory of earlier states."""
        return self._copies.generations_path

    @property
    def _copies(self) -> LocalCopies:
        return LocalCopies(self.folder, self.name, self.key)

    @property
    def plans_path(self) -> Path:
        """The file with the hashes of the plans that were saved on this machine."""
        return self.folder / f"{self.name}.plans"

    def saved_plans(self) -> list[str]:
        """Return the hashes of the newest plans that were saved on this machine, the newest last.

        Raises:
            StateUnusable: They cannot be read.
        """
        try:
            return read_private(self.plans_path).decode("ascii", "replace").split()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StateUnusable(f"{self.plans_path} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error

    def remember_plan(self, hash: str) -> None:
        """Remember that the plan with `hash` was saved on this machine.

        Raises:
            StateUnusable: The hashes of earlier plans cannot be read.
            StateNotSaved: It is not on the disk.
        """
        newest = [one for one in self.saved_plans() if one != hash][1 - KEPT_PLANS :]
        try:
            write_atomically(self.plans_path, "".join(f"{one}\n" for one in (*newest, hash)).encode("ascii"))
        except OSError as error:
            raise StateNotSaved(f"{self.plans_path} cannot be written ({error.strerror})") from error

    @contextmanager
    def lock(self, purpose: str) -> Iterator[Fence]:
        """Hold the lock of this state while the block runs, and give it a fence: call that before each write.

        The fence raises `LockLost` where the lock file is not the one that is held any more.

        Raises:
            StateLocked: Another run holds the lock; the message says which, where and since when.
            StateUnusable: Others can write in the folder.
            StateNotSaved: The folder cannot be written.
        """
        self._require_ours()
        with locked(self.lock_path, purpose, self.about, self.machine) as fence:
            self._require_here()
            yield fence

    def running(self) -> Holder | None:
        """Return the run that holds the lock, None if there is none. Changes nothing.

        Raises:
            StateUnusable: The lock file cannot be read.
        """
        return holding(self.lock_path)

    def unlock(self, id: str) -> bool:
        """Clear what a dead run left in the lock file; tell whether there was anything.

        Raises:
            StateLocked: A living run holds the lock; only its end frees it.
            StateNotSaved: The file cannot be written, or names another lock than `id`.
        """
        if not is_left_behind(self.lock_path, id):
            return False
        with self.lock("state unlock"):
            return True
