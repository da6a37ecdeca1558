"""New content of a file: written beside it and on the disk before it takes the file's place, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.records import dataclass
from sdx_state.state import platform
from sdx_state.state.platform import Directory, DirectoryByPath

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_LONGEST = 50  # characters of the file's name in that of its new content: a name may have 255 bytes


@dataclass(frozen=True)
class Staged:
    """Content that is on the disk under a name of its own.

    Attributes:
        name: Its name.
        directory: The directory that it is in.
    """

    name: str
    directory: Directory

    def take_place_of(self, name: str) -> None:
        """Give this content the name `name`, in the same directory. Make the directory's names durable after that."""
        self.directory.rename(self.name, name)

    def discard(self) -> None:
        """Remove this content, if it is still under its own name."""
        with contextlib.suppress(OSError):
            self.directory.remove(self.name)


def stage(name: str, data: bytes, mode: int, *, keep_mode: bool, directory: Directory) -> Staged:
    """Return `data`, on the disk and ready to take the place of the file `name`.

    Args:
        name: The file.
        data: Its new content.
        mode: The permissions, as far as the process's umask lets.
        keep_mode: Take the permissions of the file instead, where there is one.
        directory: The directory that `name` is in.

    Raises:
        OSError: The disk is full, the directory read-only, ...: nothing is left behind.
    """
    # `O_EXCL` refuses a name that is taken, so chance has no say but in which one it is.
    staged = Staged(f".{name[:_LONGEST]}.{THIS_MACHINE.token(4)}.tmp", directory)
    with errors_naming(name):
        descriptor = directory.open(staged.name, _NEW, mode)
        try:
            try:
                if keep_mode:
                    with contextlib.suppress(FileNotFoundError):
                        platform.copy_mode(descriptor, directory.stat(name))
                write_all(descriptor, data)
                platform.sync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            staged.discard()
            raise
    return staged


def replace_content(name: str, data: bytes, mode: int, *, keep_mode: bool, directory: Directory) -> None:
    """Make `data` the content of the file `name`; see `stage`. Make the directory's names durable after that.

    Raises:
        OSError: As for `stage`: the old file is as it was.
    """
    staged = stage(name, data, mode, keep_mode=keep_mode, directory=directory)
    try:
        with errors_naming(name):
            staged.take_place_of(name)
    except BaseException:
        staged.discard()
        raise


def replace_file(path: Path, data: bytes, mode: int, *, keep_mode: bool) -> None:
    """Make `data` the content of the file `path`, and return when that is on the disk; see `stage`.

    Raises:
        OSError: As for `stage`: the old file is as it was.
    """
    with errors_naming(path):
        replace_content(path.name, data, mode, keep_mode=keep_mode, directory=DirectoryByPath(path.parent))
        sync_folder(path.parent)


@contextlib.contextmanager
def errors_naming(name: str | Path) -> Iterator[None]:
    """Let errors of the system name the file `name`: those about a descriptor name none, or another one."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(name), None
        raise


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    directory = platform.open_directory(folder)
    try:
        directory.sync()
    finally:
        directory.close()
