"""The disk under a state: real files, every step of which can fail, and a power cut that takes what was not synced.

Only what `fsync` was asked for survives a power cut: of a file its content, of a folder its names. What stands in for
the module `os` in the code under test tells of each step; paths tell of renames and removals.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tenant import Crash

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

    # What the module `os` and paths tell.

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


class WatchedPath(type(Path())):  # type: ignore[misc]  # the concrete class of this system
    """A path whose renames and removals are steps of the disk of the day."""

    disk: Disk | None = None

    def replace(self, target: Any) -> Any:
        def do() -> None:
            os.replace(self, target)  # noqa: PTH105 - the method itself is what is replaced here
            self.disk.renamed(Path(self), Path(target))

        self.disk.step("rename", do)
        return target

    def unlink(self, missing_ok: bool = False) -> None:
        def do() -> None:
            os.unlink(self)  # noqa: PTH108
            self.disk.removed(Path(self))

        self.disk.step("remove", do)


class WatchedOs:
    """Stands in for the module `os`: what changes files is a step of the disk."""

    def __init__(self, disk: Callable[[], Disk]) -> None:
        self._disk = disk

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        disk, path = self._disk(), Path(path)
        if not flags & os.O_CREAT:
            descriptor = os.open(path, flags, mode)
        else:
            new = not path.exists()
            descriptor = disk.step("create" if new else "open", lambda: os.open(path, flags, mode))
        disk.opened(descriptor, path, bool(flags & os.O_CREAT) and path not in disk._files)
        return descriptor

    def write(self, descriptor: int, data: Any) -> int:
        part = bytes(data)[: len(data) // 2]
        return self._disk().step("write", lambda: os.write(descriptor, data), half=lambda: os.write(descriptor, part))

    def fsync(self, descriptor: int) -> None:
        disk = self._disk()

        def do() -> None:
            os.fsync(descriptor)
            disk.synced(descriptor)

        is_folder = (disk._opened.get(descriptor) or Path()).is_dir()
        disk.step("sync folder" if is_folder else "sync", do)

    def ftruncate(self, descriptor: int, length: int) -> None:
        self._disk().step("cut", lambda: os.ftruncate(descriptor, length))

    def truncate(self, path: Any, length: int) -> None:
        self._disk().step("cut", lambda: os.truncate(path, length))


def watched(modules: Iterable[Any], disk: Callable[[], Disk]) -> Callable[[], None]:
    """Give each module a watched `os`, and return what undoes that."""
    before = [(module, module.os) for module in modules]
    for module, _ in before:
        module.os = WatchedOs(disk)

    def undo() -> None:
        for module, real in before:
            module.os = real

    return undo
