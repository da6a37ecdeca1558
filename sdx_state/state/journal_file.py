"""The lines of a journal in a private file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sdx_state.state.files import append, open_folder, read_private, sync


@dataclass(frozen=True)
class JournalFile:
    """A file that grows by whole lines. Implements `backend.Lines`."""

    path: Path

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self.path)

    def exists(self) -> bool:
        """Tell whether there is one."""
        return self.path.exists()

    def read(self) -> bytes:
        """Return its content."""
        return read_private(self.path)

    def append(self, line: bytes, *, durably: bool) -> None:
        """Write `line` at its end."""
        append(self.path, line, durably=durably)

    def truncate(self, size: int) -> None:
        """Cut off what follows the first `size` bytes."""
        with open_folder(self.path.parent) as folder:
            folder.truncate(self.path.name, size)

    def sync(self) -> None:
        """Bring it to the disk."""
        sync(self.path)
