"""The disk under a state: real files, every step of which can fail, and a power cut that takes what was not synced.

Only synced data survives a power cut: the content of a file, the names in a folder. The replacement of the module
`os` in the code under test reports each step. Nothing else there may change files: no method of a path.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.soak.faults.tenant import Crash

KINDS = ("crash before", "crash half", "crash after", "power cut", "full once", "full from here", "sync fails")


class Disk:
    """Watches the files in one folder.

    Attributes:
        steps: How many steps were taken since faults were set.
        dead: The process is dead: nothing it does reaches the disk.
    """

    def __init__(self, folder: Path, chance: random.Random, told: Callable[[str, str], None]) -> None:
        self.folder = folder
        self.chance = chance
        self.told = told
        self.faults: dict[int, str] = {}
        self.steps = 0
        self.dead = False
        self._full = False
        self._cut = False
        self._opened: dict[int, Path] = {}
        self._content: dict[int, bytes] = {}  # what a power cut leaves of each file
        self._files: dict[Path, int] = {}
        self._names: dict[Path, dict[str, int]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self._files[path] = len(self._files)
                self._content[self._files[path]] = path.read_bytes()
        for parent in (folder, *sorted(path for path in folder.rglob("*") if path.is_dir())):
            self._keep_names(parent)
        self._next = len(self._files)

    def begin(self, faults: dict[int, str]) -> None:
        """Let a new process use the disk, with `faults` at the steps they name."""
        self.faults, self.steps, self.dead, self._full = faults, 0, False, False
        self._opened.clear()

    def durable(self, path: Path) -> bytes:
        """Return what a power cut would leave of `path`, empty if that is nothing."""
        file = self._names.get(Path(path.parent), {}).get(path.name)
        return b"" if file is None else self._content.get(file, b"")

    def die(self) -> None:
        """End the process here."""
        self.dead = True
        raise Crash

    def after_death(self) -> bool:
        """Take what a power cut takes, and tell whether there was one."""
        was_cut, self._cut = self._cut, False
        if was_cut:
            self._lose()
        return was_cut

    def step(self, what: str, do: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Take one step, or fail at it."""
        if self.dead:
            raise Crash
        self.steps += 1
        fault = self.faults.get(self.steps)
        if fault is not None:
            self.told(fault, what)
        takes_room = what in ("create", "write", "sync")
        self._full = self._full or fault == "full from here"
        if takes_room and (self._full or fault == "full once"):
            if half is not None:
                half()
            raise OSError(errno.ENOSPC, "No space left on device")
        if fault == "sync fails" and what in ("sync", "sync folder"):
            raise OSError(errno.EIO, "Input/output error")
        if fault == "crash before":
            self.die()
        if fault == "crash half" and half is not None:
            half()
            self.die()
        done = do()
        if fault in ("crash half", "crash after", "power cut"):
            self._cut = fault == "power cut"
            self.die()
        return done

    # Reports of the module `os`

    def opened(self, descriptor: int, path: Path, new: bool) -> None:
        self._opened[descriptor] = path
        if new:
            self._files[path] = self._next
            self._next += 1

    def synced(self, descriptor: int) -> None:
        path = self._opened.get(descriptor)
        if path is None:
            return
        if path.is_dir():
            self._keep_names(path)
        elif path in self._files:
            self._content[self._files[path]] = path.read_bytes()

    def renamed(self, before: Path, after: Path) -> None:
        if before in self._files:
            self._files[after] = self._files.pop(before)

    def removed(self, path: Path) -> None:
        self._files.pop(path, None)

    def _keep_names(self, folder: Path) -> None:
        self._names[folder] = {path.name: file for path, file in self._files.items() if path.parent == folder}

    def _lose(self) -> None:
        """Put on the disk what a power cut leaves: of the names the synced or the newest, of the content a part."""
        for folder, synced in [*self._names.items()]:
            now = {path.name: file for path, file in self._files.items() if path.parent == folder}
            kept = synced if self.chance.random() < 0.5 else now
            contents = {name: self._survives(folder, name, file, now) for name, file in kept.items()}
            for name in now:
                (folder / name).unlink(missing_ok=True)
                self._files.pop(folder / name, None)
            for name, content in contents.items():
                (folder / name).write_bytes(content)
                self._files[folder / name] = kept[name]
                self._content[kept[name]] = content
            self._keep_names(folder)

    def _survives(self, folder: Path, name: str, file: int, now: dict[str, int]) -> bytes:
        synced = self._content.get(file, b"")
        if now.get(name) != file:
            return synced
        written = (folder / name).read_bytes()
        if not written.startswith(synced):
            return synced
        return written[: len(synced) + int(self.chance.random() * (len(written) - len(synced) + 1))]


class WatchedOs:
    """Replaces the module `os`: each call that changes files is a step of the disk."""

    def __init__(self, disk: Callable[[], Disk]) -> None:
        self._disk = disk

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def _at(self, path: Any, folder: int | None) -> Path:
        """Return where `path` is that was named within an open folder."""
        return Path(path) if folder is None else self._disk()._opened[folder] / path

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        disk, where = self._disk(), self._at(path, dir_fd)
        if not flags & os.O_CREAT:
            descriptor = os.open(path, flags, mode, dir_fd=dir_fd)
        else:
            what = "open" if where.exists() else "create"
            descriptor = disk.step(what, lambda: os.open(path, flags, mode, dir_fd=dir_fd))
        disk.opened(descriptor, where, bool(flags & os.O_CREAT) and where not in disk._files)
        return descriptor

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._disk().step("create", lambda: os.mkdir(path, mode, dir_fd=dir_fd))

    def replace(
        self, before: Any, after: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        disk, one, other = self._disk(), self._at(before, src_dir_fd), self._at(after, dst_dir_fd)

        def do() -> None:
            os.replace(before, after, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
            disk.renamed(one, other)

        disk.step("rename", do)

    rename = replace

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        disk, where = self._disk(), self._at(path, dir_fd)

        def do() -> None:
            os.unlink(path, dir_fd=dir_fd)
            disk.removed(where)

        disk.step("remove", do)

    def write(self, descriptor: int, data: Any) -> int:
        part = bytes(data)[: len(data) // 2]
        disk = self._disk()
        written: int = disk.step("write", lambda: os.write(descriptor, data), half=lambda: os.write(descriptor, part))
        return written

    def fsync(self, descriptor: int) -> None:
        disk = self._disk()

        def do() -> None:
            os.fsync(descriptor)
            disk.synced(descriptor)

        is_folder = (disk._opened.get(descriptor) or Path()).is_dir()
        disk.step("sync folder" if is_folder else "sync", do)

    def ftruncate(self, descriptor: int, length: int) -> None:
        self._disk().step("cut", lambda: os.ftruncate(descriptor, length))


def watched(modules: Iterable[Any], disk: Callable[[], Disk]) -> Callable[[], None]:
    """Give each module a watched `os`, and return what undoes that."""
    before = [(module, module.os) for module in modules]
    for module, _ in before:
        module.os = WatchedOs(disk)

    def undo() -> None:
        for module, real in before:
            module.os = real

    return undo
