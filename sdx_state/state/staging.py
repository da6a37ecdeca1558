"""New content of a file: written beside it and on the disk before it takes the file's place, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_LONGEST = 50  # characters of the file's name in that of its new content: a name may have 255 bytes


@dataclass(frozen=True)
class Staged:
    """Content that is on the disk under a name of its own.

    Attributes:
        name: Where it is.
        folder: The descriptor of the folder that `name` is in; None for a path.
    """

    name: str
    folder: int | None

    def take_place_of(self, name: str | Path) -> None:
        """Give this content the name `name`, in the same folder. Make the folder's names durable after that."""
        os.replace(self.name, name, src_dir_fd=self.folder, dst_dir_fd=self.folder)

    def discard(self) -> None:
        """Remove this content, if it is still under its own name."""
        with contextlib.suppress(OSError):
            os.unlink(self.name, dir_fd=self.folder)


def stage(name: str | Path, data: bytes, mode: int, *, keep_mode: bool, folder: int | None = None) -> Staged:
    """Return `data`, on the disk and ready to take the place of the file `name`.

    Args:
        name: The file: a path, or a name in `folder`.
        data: Its new content.
        mode: The permissions, as far as the process's umask lets.
        keep_mode: Take the permissions of the file instead, where there is one.
        folder: The descriptor of an open folder.

    Raises:
        OSError: The disk is full, the folder read-only, ...: nothing is left behind.
    """
    head, tail = os.path.split(name)
    # `O_EXCL` refuses a name that is taken, so chance has no say but in which one it is.
    temporary = os.path.join(head, f".{tail[:_LONGEST]}.{secrets.token_hex(4)}.tmp")  # noqa: PTH118 - may be a name
    staged = Staged(temporary, folder)
    descriptor = os.open(temporary, _NEW, mode, dir_fd=folder)
    try:
        try:
            if keep_mode:
                with contextlib.suppress(FileNotFoundError):
                    old = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        staged.discard()
        raise
    return staged


def replace_content(name: str | Path, data: bytes, mode: int, *, keep_mode: bool, folder: int | None = None) -> None:
    """Make `data` the content of the file `name`; see `stage`. Make the folder's names durable after that.

    Raises:
        OSError: As for `stage`: the old file is as it was.
    """
    staged = stage(name, data, mode, keep_mode=keep_mode, folder=folder)
    try:
        staged.take_place_of(name)
    except BaseException:
        staged.discard()
        raise


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
