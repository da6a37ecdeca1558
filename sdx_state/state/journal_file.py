"""The journal in a folder: a file that grows by lines is its open part, and each closed part is another file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from sdx_state.model.ledger import Head
from sdx_state.patterns import pattern
from sdx_state.records import dataclass
from sdx_state.state.backend import Segment
from sdx_state.state.copies import NAME_OF_A_RUN
from sdx_state.state.files import append, open_folder, read_private, sync, write_atomically
from sdx_state.state.journal_lines import hash_of_line

SUFFIX = ".journal.jsonl"
CLOSED = pattern(rf"([0-9]{{12}})-({NAME_OF_A_RUN})\.jsonl")


@dataclass(frozen=True)
class JournalFile:
    """Implements `backend.Lines`.

    Attributes:
        path: The file of the open part.
    """

    path: Path

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self.path)

    @property
    def history(self) -> Path:
        """The folder of the closed parts."""
        return self.path.with_name(f"{self.path.name.removesuffix(SUFFIX).removesuffix('.jsonl')}.history")

    def exists(self) -> bool:
        """Tell whether there is any part."""
        return self.path.exists() or self.newest() > 0

    def read(self, head: Head) -> bytes:
        """Return the content of the file; nothing if all of it is closed, and a crash kept it from being removed."""
        content = read_private(self.path)
        return b"" if head.seq and _last_hash(content) == head.hash else content

    def append(self, line: bytes, number: int, *, durably: bool) -> Callable[[], None]:
        """Write `line` at the end of the file."""
        append(self.path, line, durably=durably)
        return _nothing

    def mend(self, head: Head, run: str) -> None:
        """Move the file if it is closed, and cut off a last line that a crash left half written.

        A process that was killed may not have made its lines durable, nor the name of the file.
        """
        try:
            content = read_private(self.path)
        except FileNotFoundError:
            return
        if head.seq and _last_hash(content) == head.hash:
            self.close(head, run)
            return
        if not content.endswith(b"\n"):
            with open_folder(self.path.parent) as folder:
                folder.truncate(self.path.name, content.rfind(b"\n") + 1)
        self.sync()

    def sync(self) -> None:
        """Bring the file to the disk."""
        if self.path.exists():
            sync(self.path)

    def newest(self) -> int:
        """Return the number of the last line of the newest closed part, 0 if there is none."""
        try:
            with open_folder(self.history, below=self.path.parent) as folder:
                name = folder.greatest(CLOSED)
        except FileNotFoundError:
            return 0
        return int(name[:12]) if name is not None else 0

    def holds(self, head: Head) -> bool:
        """Tell whether the line that `head` names is kept."""
        if self.newest() >= head.seq:
            return True
        try:
            return _last_hash(read_private(self.path)) == head.hash
        except FileNotFoundError:
            return False

    def closed(self) -> list[Segment]:
        """Return the closed parts, the oldest first."""
        below = self.path.parent
        return [
            Segment(
                str(self.history / name),
                int(name[:12]),
                name[13:].removesuffix(".jsonl"),
                partial(read_private, self.history / name, below=below),
            )
            for name in sorted(self._names())
        ]

    def close(self, head: Head, run: str) -> None:
        """Copy the file to the closed parts, then remove it: a crash between leaves lines twice, never none."""
        with suppress(FileNotFoundError):
            content = read_private(self.path)
            if self.newest() < head.seq:
                write_atomically(self.history / f"{head.seq:012}-{run}.jsonl", content, below=self.path.parent)
            else:  # a run that was killed had copied it, and may not have made its name durable
                with open_folder(self.history, below=self.path.parent) as folder:
                    folder.sync_names()
            with open_folder(self.path.parent) as folder:
                folder.remove(self.path.name)

    def bring(self, parts: Sequence[Segment]) -> None:
        """Keep closed parts that come from another backend."""
        for part in parts:
            write_atomically(self.history / f"{part.last:012}-{part.run}.jsonl", part.read(), below=self.path.parent)

    def _names(self) -> list[str]:
        try:
            with open_folder(self.history, below=self.path.parent) as folder:
                return folder.names(CLOSED)
        except FileNotFoundError:
            return []


def _nothing() -> None:
    """Return: the line is written already."""


def _last_hash(content: bytes) -> str:
    """Return the hash in the last whole line, empty if that is not a line of a journal."""
    _, _, last = content.rstrip(b"\n").rpartition(b"\n")
    return hash_of_line(last)
