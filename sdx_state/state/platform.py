"""File operations that Linux, macOS and Windows do differently. No other module asks which system it runs on.

Linux and macOS look names up in an open directory, and never follow a link at its end. Windows can do neither, so
there a name is checked before and after it is opened. User ids and permission bits, which Windows does not have, are
not compared there: the access control list of the user's profile protects the files.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import stat
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment] # a module that is missing


def _flag(*names: str) -> int:
    """Return the flags of `os.open` that this system has."""
    flags = 0
    for name in names:
        flags |= getattr(os, name, 0)
    return flags


# Every file is opened as bytes, and is not inherited by child processes.
BYTES = _flag("O_BINARY", "O_CLOEXEC", "O_NOINHERIT")
# Opening a pipe must not wait forever, and a terminal must not become the controlling terminal.
NO_WAIT = _flag("O_NONBLOCK", "O_NOCTTY")
NO_LINK = _flag("O_NOFOLLOW")

_DIRECTORY = os.O_RDONLY | _flag("O_DIRECTORY", "O_CLOEXEC")
_HAS_DIRECTORIES = os.open in os.supports_dir_fd
_LOCKED_BYTE = 1 << 30  # Windows hides a locked range from readers, and the holder of a lock must stay readable
_BUSY = 1.0  # seconds that Windows may refuse to replace a file, while a virus scanner reads it
_PAUSE = 0.02


def effective_user() -> int | None:
    """Return the id of the user whose rights this process has; None where users have no numbers."""
    user = getattr(os, "geteuid", None)
    return None if user is None else user()


def sync(descriptor: int) -> None:
    """Return when all that was written to an open file is on the disk.

    Raises:
        OSError: It is not.
    """
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: `fsync` leaves data in the cache of the disk
    if full is not None:
        try:
            fcntl.fcntl(descriptor, full)
            return
        except OSError as error:  # a network share, for example
            if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                raise
    os.fsync(descriptor)


def lock(descriptor: int, *, wait: bool) -> None:
    """Lock an open file until it is closed, or `unlock` is called, or this process ends.

    Written here, since a lock must keep the file that it locks: libraries for lock files empty or delete it, and its
    content and its identity tell the holder, and whether it is still held.

    Raises:
        BlockingIOError: Another process holds the lock, and `wait` is false.
        OSError: This file system has no locks.
    """
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return
    while not _lock_byte(descriptor, "LK_NBLCK"):
        if not wait:
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
        time.sleep(_PAUSE)


def unlock(descriptor: int) -> None:
    """Release a lock. Call it before the file is closed: Windows releases some time after that."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    else:
        _lock_byte(descriptor, "LK_UNLCK")


def _lock_byte(descriptor: int, mode: str) -> bool:
    """Lock or unlock with the locks of Windows; tell whether that could be done."""
    windows: Any = importlib.import_module("msvcrt")
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
    try:
        windows.locking(descriptor, getattr(windows, mode), 1)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EDEADLK):
            raise
        return False
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)
    return True


def copy_mode(descriptor: int, found: os.stat_result) -> None:
    """Give an open file the permissions of another one, where there are permissions."""
    change = getattr(os, "fchmod", None)
    if change is not None and effective_user() is not None:
        change(descriptor, stat.S_IMODE(found.st_mode))


class Directory(ABC):
    """An open directory. Names are names in it, and a link at a name is never followed.

    Attributes:
        found: What is known of the directory itself.
    """

    found: os.stat_result

    @abstractmethod
    def stat(self, name: str) -> os.stat_result:
        """Return what is at `name`.

        Raises:
            FileNotFoundError: Nothing is.
        """

    @abstractmethod
    def open(self, name: str, flags: int, mode: int) -> int:
        """Return a descriptor of the file `name`; a pipe is not waited for.

        Raises:
            OSError: It cannot be opened, or is a link (ELOOP).
        """

    @abstractmethod
    def open_directory(self, name: str) -> Directory:
        """Return the directory `name`.

        Raises:
            OSError: It cannot be opened, is a link, or no directory (ELOOP, ENOTDIR).
        """

    @abstractmethod
    def make_directory(self, name: str, mode: int) -> None:
        """Create the directory `name`."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return all names."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a name."""

    @abstractmethod
    def rename(self, name: str, other: str) -> None:
        """Give what is at `name` the name `other`, in the place of what has it."""

    @abstractmethod
    def sync(self) -> None:
        """Return when the names are on the disk, as far as this system can tell."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""


class DirectoryByDescriptor(Directory):
    """An open directory where the system looks names up in one."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.found = os.fstat(descriptor)

    def stat(self, name: str) -> os.stat_result:
        return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

    def open(self, name: str, flags: int, mode: int) -> int:
        return os.open(name, flags | BYTES | NO_WAIT | NO_LINK, mode, dir_fd=self._descriptor)

    def open_directory(self, name: str) -> Directory:
        return DirectoryByDescriptor(os.open(name, _DIRECTORY | NO_LINK, dir_fd=self._descriptor))

    def make_directory(self, name: str, mode: int) -> None:
        os.mkdir(name, mode, dir_fd=self._descriptor)

    def names(self) -> list[str]:
        return os.listdir(self._descriptor)  # noqa: PTH208 - an open directory has no path

    def remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self._descriptor)

    def rename(self, name: str, other: str) -> None:
        os.replace(name, other, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class DirectoryByPath(Directory):
    """A directory where the system knows paths alone, as Windows does: what is opened is what was looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.found = path.stat()
        if not stat.S_ISDIR(self.found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))

    def stat(self, name: str) -> os.stat_result:
        return (self._path / name).lstat()

    def open(self, name: str, flags: int, mode: int) -> int:
        path = self._path / name
        with contextlib.suppress(FileNotFoundError):
            self._require_no_link(path)
        descriptor = os.open(path, flags | BYTES | NO_WAIT, mode)
        try:
            if not os.path.samestat(os.fstat(descriptor), path.lstat()):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def open_directory(self, name: str) -> Directory:
        self._require_no_link(self._path / name)
        return DirectoryByPath(self._path / name)

    def make_directory(self, name: str, mode: int) -> None:
        os.mkdir(self._path / name, mode)  # noqa: PTH102 - what changes files goes through `os`, which tests watch

    def names(self) -> list[str]:
        return os.listdir(self._path)  # noqa: PTH208 - as above

    def remove(self, name: str) -> None:
        os.unlink(self._path / name)  # noqa: PTH108 - as above

    def rename(self, name: str, other: str) -> None:
        replace_when_free(self._path / name, self._path / other)

    def sync(self) -> None:
        pass  # Windows writes names down in order, and has no way to wait for it

    def close(self) -> None:
        pass

    def _require_no_link(self, path: Path) -> None:
        found = path.lstat()
        # A junction is a directory that leads elsewhere.
        reparse = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0) & getattr(found, "st_file_attributes", 0)
        if stat.S_ISLNK(found.st_mode) or reparse:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def open_directory(path: Path) -> Directory:
    """Return the directory `path`; links are followed.

    Raises:
        OSError: There is none, or it cannot be opened.
    """
    if not _HAS_DIRECTORIES:
        return DirectoryByPath(path)
    return DirectoryByDescriptor(os.open(path, _DIRECTORY))


def replace_when_free(path: Path, other: Path) -> None:
    """Give what is at `path` the path `other`; where Windows says that another program has it open, try for a second.

    Raises:
        OSError: It could not be done.
    """
    end = time.monotonic() + (_BUSY if sys.platform == "win32" else 0.0)
    while True:
        try:
            os.replace(path, other)  # noqa: PTH105 - what changes files goes through `os`, which tests watch
            return
        except PermissionError:
            if time.monotonic() >= end:
                raise
            time.sleep(_PAUSE)
