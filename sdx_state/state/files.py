"""Files written so that a crash leaves the old content or the new, never something between."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import stat
from pathlib import Path

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def make_private_folder(folder: Path) -> None:
    """Create `folder`, readable by its owner alone, unless it is there already."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def why_not_private(folder: Path) -> str | None:
    """Return why what lies in `folder` may be somebody else's doing, None if only its owner can write there."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return None
    if found.st_mode & stat.S_IWOTH:
        return f"{folder} can be written by everybody: chmod o-w {shlex.quote(str(folder))}"
    # As root, of a container for example, one works in folders of others.
    if os.geteuid() not in (0, found.st_uid):
        return f"{folder} belongs to another user (uid {found.st_uid})"
    return None


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` (0600): temporary file, fsync, rename, fsync of the folder.

    Raises:
        OSError: The disk is full, the folder read-only, ...: the old file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def append(path: Path, data: bytes, *, durably: bool) -> None:
    """Append `data` to `path` (0600); if `durably`, return only when it and all before it is on the disk.

    Raises:
        OSError: It could not be written whole; what was written of it is taken back where that is possible.
    """
    created = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        size = os.fstat(descriptor).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if durably:
                os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    if created:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_newest(folder: Path, count: int) -> None:
    """Delete all but the `count` newest JSON files in `folder`."""
    files = sorted(folder.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in files[:-count]:
        path.unlink()
