"""Earlier states and the documents of runs in a directory: the newest of each, for `state restore` and `undo`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Ledger
from sdx_state.patterns import pattern
from sdx_state.records import dataclass
from sdx_state.state import copies
from sdx_state.state.codec import decode
from sdx_state.state.copies import KEPT, chosen, decoded_run, encoded_run
from sdx_state.state.errors import RUN_ADVICE, UNREADABLE_ADVICE, StateNotSaved, StateUnusable
from sdx_state.state.files import open_folder, read_private, write_atomically
from sdx_state.state.signing import SigningKey, hash_of_bytes

# The only names that are created, and so the only ones that are read or deleted.
GENERATION = pattern(r"[1-9][0-9]{0,18}\.json")
RUN = pattern(rf"(?:{copies.NAME_OF_A_RUN})\.json")


@dataclass(frozen=True)
class LocalCopies:
    """The copies of one state.

    Attributes:
        folder: Directory of the state.
        name: Name of the state.
        key: Signs earlier states; None for no signatures.
    """

    folder: Path
    name: str
    key: SigningKey | None = field(repr=False)

    @property
    def runs_path(self) -> Path:
        """The folder of what is kept of each run."""
        return self.folder / f"{self.name}.runs"

    @property
    def generations_path(self) -> Path:
        """The folder of earlier states."""
        return self.folder / f"{self.name}.generations"

    def keep_state(self, serial: int, data: bytes) -> None:
        """Keep the encoded state `data` of `serial` in a file of its own: damage to one file spares the other.

        Raises:
            OSError: It is not on the disk.
        """
        write_atomically(self.generations_path / f"{serial}.json", data, below=self.folder)
        self._keep_newest(self.generations_path, GENERATION)

    def save_run(self, run: str, document: Mapping[str, object]) -> str:
        """Keep `document` as that of `run`, of all runs the newest `KEPT`, and return its hash for the journal.

        Raises:
            StateNotSaved: It is not on the disk. Nothing may be sent.
        """
        data = encoded_run(document)
        try:
            write_atomically(self.runs_path / f"{run}.json", data, below=self.folder)
            self._keep_newest(self.runs_path, RUN)
        except OSError as error:
            raise StateNotSaved(
                f"{self.runs_path} cannot be written ({error.strerror}).\n"
                "Nothing was sent. Make room, then run the same command again."
            ) from error
        return hash_of_bytes(data)

    def load_run(self, run: str, hash: str | None) -> Record:
        """Return the document of `run`.

        Args:
            run: Its name.
            hash: What the journal says that the document's hash is, None where it says nothing.

        Raises:
            StateUnusable: It is not kept, cannot be read, or is not the document that the journal names.
        """
        path = self.runs_path / f"{run}.json"
        if not RUN.fullmatch(path.name):
            raise StateUnusable(f"nothing is kept of run {run} (that is not the name of a run)", RUN_ADVICE)
        try:
            data = read_private(path, below=self.folder)
        except OSError as error:
            raise StateUnusable(f"nothing is kept of run {run} ({error.strerror})", RUN_ADVICE) from error
        return decoded_run(data, hash, run, str(path))

    def state(self, serial: int | None) -> Ledger:
        """Return the earlier state of `serial`, or the newest that is kept.

        Raises:
            StateUnusable: There is none, or it cannot be trusted.
        """
        path = self.generations_path / f"{chosen(serial, self.serials())}.json"
        try:
            return decode(read_private(path, below=self.folder), str(path), self.key)
        except OSError as error:
            raise StateUnusable(f"{path} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error

    def serials(self) -> list[int]:
        """Return the serials of the earlier states that are kept, the newest last."""
        return sorted(map(int, self._names(self.generations_path, GENERATION)))

    def runs(self) -> list[str]:
        """Return the runs of which something is kept, the newest last."""
        return sorted(self._names(self.runs_path, RUN))

    def _names(self, kept: Path, form: re.Pattern[str]) -> list[str]:
        try:
            with open_folder(kept, below=self.folder) as folder:
                return [name.removesuffix(".json") for name in folder.names(form)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StateUnusable(f"{kept} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error

    def _keep_newest(self, kept: Path, form: re.Pattern[str]) -> None:
        with open_folder(kept, below=self.folder) as folder:
            folder.keep_newest(form, KEPT)
